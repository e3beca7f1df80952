//! The state of the dashboard, and how keys and ticks change it.

mod branches;
mod breaks;
mod clock;
mod effect;
mod inspect;
mod keys;
mod lesson;
mod mouse;
mod outlook;
mod overlay;
mod presenter;
mod related;
mod said;
mod selection;
mod text_view;
mod texts;
mod why;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

pub use branches::BranchesView;
pub use breaks::{BreakMenu, TargetSearch};
pub use clock::Goal;
use clock::Trail;
pub use effect::Effect;
pub(super) use effect::Flow;
pub use inspect::InspectView;
pub use lesson::{LessonAct, SAY_FIRST};
pub use outlook::Outlook;
pub use overlay::Overlay;
pub use presenter::{Presenter, PromptBook, SceneAct, Stance};
use ratatui::layout::Size;
pub use said::Toast;
use smol_str::SmolStr;
pub use text_view::TextView;

use super::command::Prompt;
use super::glyphs::Glyphs;
use super::keymap::Keymap;
use super::look::Depth;
use super::model::about::Reports;
use super::model::glow::Glow;
use super::model::{Comets, Roster, Row, StoryView, current_story, filtered, fold, rows};
use super::motion::Motion;
use super::pace::Pace;
use super::screen::Screen;
use super::screens::{self, Panel};
use super::settings::Settings;
use super::theme::Theme;
use crate::engine::{Branch, View};
use crate::expression::Breakpoints;
use crate::network::TrafficLook;
use crate::object::ObjectRef;
use crate::time::{Span, VirtualTime};
use crate::trace::EventId;
use crate::trace::text::Vocabulary;

pub use why::WhyView;

/// Rows that a page key moves.
const PAGE: usize = 8;
/// The places of `g` are shown when no letter followed for this long: 400 ms.
pub(super) const GOING_TICKS: u32 = 6;
/// The dashboard.
pub struct App {
    /// The cluster as it is now.
    pub live: View,
    /// The cluster as it is shown: now, or at the time cursor.
    pub view: View,
    /// The moment of the past that every screen shows; none is now.
    pub cursor: Option<VirtualTime>,
    /// The event at the cursor; none is the last one.
    pub event: Option<EventId>,
    /// The step that is told right now, while what follows from a deed is told step by step.
    pub told: Option<EventId>,
    /// The screen that is shown.
    pub screen: Screen,
    /// The pods by owner and node.
    pub(super) roster: Roster,
    /// The Events about the selected object.
    pub(super) reports: Reports,
    /// The rows of the table.
    pub rows: Vec<Row>,
    /// The story on the screen.
    pub story: Option<StoryView>,
    /// How fast time goes by.
    pub pace: Pace,
    /// The looks.
    pub theme: Theme,
    /// The signs.
    pub glyphs: Glyphs,
    /// What each key does.
    pub keymap: Keymap,
    /// How much moves.
    pub motion: Motion,
    /// How many colours the terminal shows.
    pub depth: Depth,
    /// In which words things are told.
    pub vocabulary: Vocabulary,
    /// What is over the screen.
    pub overlay: Option<Overlay>,
    /// Objects that no file describes any more, with the file that did: whether they go, too, is still to be asked.
    pub(super) gone: Vec<(ObjectRef, String)>,
    /// The line that is being typed.
    pub prompt: Option<Prompt>,
    /// The screen with which the program was opened.
    pub home: Screen,
    /// The screen before this one, to which the way back leads.
    pub(super) before: Screen,
    /// Only rows that contain this are shown.
    pub filter: String,
    /// Whether `g` was pressed, and for how many ticks nothing followed.
    pub going: Option<u32>,
    /// Whether the mouse is taken.
    pub mouse: bool,
    /// Everything that was said, oldest first.
    pub said: VecDeque<(VirtualTime, String)>,
    /// How many messages there were in all.
    pub said_count: u64,
    pub(super) history: Vec<String>,
    /// Messages for a moment.
    pub toasts: Vec<Toast>,
    /// What one would have typed for what was done last.
    pub(super) echoed: Option<String>,
    /// What is wrong with a manifest, as long as it is.
    pub banner: Option<String>,
    /// Where the manifests are.
    pub folder: String,
    /// The panel that keys go to.
    pub focus: Panel,
    /// Whether that panel has the whole screen.
    pub zoomed: bool,
    /// The size of the terminal.
    pub size: Size,
    /// The messages on the wire.
    pub comets: Comets,
    /// What changed a moment ago.
    pub(super) glow: Glow,
    /// The station on the wire that is selected.
    pub picked: usize,
    /// The node that is selected.
    pub node: SmolStr,
    /// What became of the requests of synthetic clients, as it is shown.
    pub(super) ribbon: Option<Arc<TrafficLook>>,
    /// Whether that stays as it is for now, whatever is sent: traffic changes more slowly than all else.
    pub ribbon_rests: bool,
    /// Whether what really runs is shown.
    pub x_ray: bool,
    /// The uid of the selected row.
    pub selected: String,
    heir: selection::Heir,
    /// What the Loop screen shows.
    pub(super) lens: screens::LensState,
    /// What the Time screen shows.
    pub(super) time: screens::TimeState,
    /// What the YAML screen shows.
    pub(super) yaml: screens::YamlState,
    /// What the Learn screen shows.
    pub(super) learn: screens::LearnState,
    /// The scene on the stage, if there is one.
    pub presenter: Option<Presenter>,
    /// What is expected of what is selected in the break menu.
    pub outlook: Outlook,
    /// Whether that is shown only after somebody said what will follow.
    pub predicts_first: bool,
    /// Moments at which the clock stops.
    pub breakpoints: Breakpoints,
    /// Runs that were left.
    pub branches: Vec<Branch>,
    /// Where the clock comes from and goes to.
    pub(super) trail: Trail,
    toggled: BTreeSet<String>,
}

impl App {
    /// A dashboard on this cluster.
    pub fn new(view: View, theme: Theme, glyphs: Glyphs, folder: String) -> Self {
        let mut app = Self {
            roster: Roster::default(),
            reports: Reports::default(),
            rows: Vec::new(),
            story: None,
            live: view.clone(),
            view,
            cursor: None,
            event: None,
            told: None,
            screen: Screen::default(),
            pace: Pace::default(),
            theme,
            glyphs,
            keymap: Keymap::default(),
            motion: Motion::default(),
            depth: Depth::default(),
            vocabulary: Vocabulary::default(),
            overlay: None,
            gone: Vec::new(),
            prompt: None,
            home: Screen::default(),
            before: Screen::default(),
            filter: String::new(),
            going: None,
            mouse: false,
            said: VecDeque::new(),
            said_count: 0,
            history: Vec::new(),
            toasts: Vec::new(),
            echoed: None,
            banner: None,
            folder,
            focus: Panel::default(),
            zoomed: false,
            size: Size::new(120, 36),
            comets: Comets::default(),
            glow: Glow::default(),
            picked: 0,
            node: SmolStr::default(),
            ribbon: None,
            ribbon_rests: false,
            x_ray: false,
            selected: String::new(),
            heir: selection::Heir::default(),
            lens: screens::LensState::default(),
            time: screens::TimeState::default(),
            yaml: screens::YamlState::default(),
            learn: screens::LearnState::default(),
            presenter: None,
            outlook: Outlook::default(),
            predicts_first: false,
            breakpoints: Breakpoints::default(),
            branches: Vec::new(),
            trail: Trail::default(),
            toggled: BTreeSet::new(),
        };
        app.refresh();
        app
    }

    /// The user wants it so. The theme is chosen by the rim, which knows the terminal.
    pub fn set_up(&mut self, settings: &Settings) {
        self.glyphs = settings.glyphs;
        self.keymap = settings.keymap.clone();
        self.motion = settings.motion;
        self.mouse = settings.mouse;
        self.vocabulary = settings.vocabulary;
        self.pace.set(settings.speed);
        if let Some(words) = settings.chosen_signs() {
            self.say(self.keymap.told(&words));
        }
        self.refresh();
    }

    /// The same looks and keys as another dashboard in the same terminal.
    pub fn look_like(&mut self, other: &Self) {
        (self.theme, self.glyphs) = (other.theme.clone(), other.glyphs);
        (self.motion, self.depth, self.mouse) = (other.motion, other.depth, other.mouse);
        (self.vocabulary, self.size) = (other.vocabulary, other.size);
        self.keymap = other.keymap.clone();
    }

    /// The terminal has this size now.
    pub fn resize(&mut self, size: Size) {
        if size != self.size {
            self.size = size;
            self.refresh();
        }
    }

    /// Brings what is derived from the view up to date.
    pub(super) fn refresh(&mut self) {
        self.roster.follow(&self.view);
        self.rows = rows(&self.view, &self.roster, &self.toggled, self.spot().as_ref());
        if !self.filter.is_empty() {
            self.rows = filtered(std::mem::take(&mut self.rows), &self.filter);
        }
        if self.rows.len() > screens::rows_room(self) {
            self.rows = fold(std::mem::take(&mut self.rows), &self.selected, &self.toggled);
        }
        if self.cursor.is_none() {
            self.glow.feed(&self.rows, &self.view);
            self.glow.haunt(&mut self.rows);
        }
        self.story = current_story(&self.view);
        if !self.ribbon_rests {
            self.ribbon = self.view.traffic();
        }
        self.refresh_inspector();
        let nodes = self.view.node_names();
        if !nodes.contains(&self.node) {
            self.node = nodes.first().cloned().unwrap_or_default();
        }
        screens::refresh(self);
        self.keep_selection();
    }

    /// Unfolds or folds the selected row; what has nothing below it is opened.
    pub(super) fn unfold(&mut self) {
        let Some(row) = self.selected_row() else { return };
        if row.open.is_none() {
            return self.describe();
        }
        let uid = row.uid.clone();
        if !self.toggled.remove(&uid) {
            self.toggled.insert(uid);
        }
        self.refresh();
    }

    /// How long ago the story began, for the title.
    pub fn story_age(&self) -> Span {
        self.story.as_ref().map_or(Span::ZERO, |story| story.took)
    }
}
