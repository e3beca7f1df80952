//! The state of the dashboard, and how keys and ticks change it.

mod branches;
mod clock;
mod mouse;
mod overlay;
mod related;
mod texts;
mod why;

use std::collections::{BTreeSet, VecDeque};

pub use branches::BranchesView;
pub use clock::Goal;
use crossterm::event::KeyCode;
pub use overlay::Overlay;
use ratatui::layout::Size;
use smol_str::SmolStr;

use super::breaks;
use super::command::{Prompt, PromptKind};
use super::glyphs::Glyphs;
use super::keymap::{self, Command};
use super::model::{Comets, Row, StoryView, current_story, filtered, fold, rows};
use super::pace::Pace;
use super::screen::Screen;
use super::screens::{self, Panel};
use super::theme::Theme;
use crate::engine::{Branch, Input, View};
use crate::expression::Breakpoints;
use crate::object::{Key, Kind, ObjectRef};
use crate::time::{Span, VirtualTime};
use crate::trace::EventId;
use crate::trace::text::Vocabulary;

pub use why::WhyView;

/// Rows that a page key moves.
const PAGE: usize = 8;
/// How long a toast stays, in ticks of the rim (about 15 a second).
const TOAST_TICKS: u32 = 60;
/// The places of `g` are shown when no letter followed for this long: 400 ms.
pub(super) const GOING_TICKS: u32 = 6;
/// Toasts on the screen at most.
const TOASTS_MAX: usize = 3;

/// So much of what was said is kept.
const SAID_MAX: usize = 500;

/// What the rim is to do.
#[derive(Clone)]
pub enum Effect {
    /// Hand this to the engine.
    Input(Box<Input>),
    /// Go on until something like this happens.
    RunTo(Goal),
    /// Show the cluster as it was at this instant.
    Seek(VirtualTime),
    /// Go on from this instant, and forget everything after it.
    Fork(VirtualTime),
    /// Go on with a run that was left.
    TakeUp(Box<Branch>),
    /// Put this text into the clipboard.
    Copy(String),
    /// Open an editor on the manifest of this object.
    Edit(ObjectRef),
    /// Delete what a removed document described.
    Prune(ObjectRef),
    /// Run a kubectl command.
    Kubectl(String),
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// End.
    Quit,
}

/// What came of a command that a screen was offered.
pub(super) enum Flow {
    /// It is not this screen's; the dashboard itself may know it.
    Pass,
    /// It is done, and this is left for the rim to do.
    Done(Option<Effect>),
}

/// A message for a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What it says.
    pub text: String,
    /// Whether something is wrong; then it stays until Esc.
    pub error: bool,
    left: u32,
}

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
    /// The screen that is shown.
    pub screen: Screen,
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
    /// In which words things are told.
    pub vocabulary: Vocabulary,
    /// What is over the screen.
    pub overlay: Option<Overlay>,
    /// The line that is being typed.
    pub prompt: Option<Prompt>,
    /// Only rows that contain this are shown.
    pub filter: String,
    /// Whether `g` was pressed, and for how many ticks nothing followed.
    pub going: Option<u32>,
    /// Whether the mouse is taken.
    pub mouse: bool,
    /// Everything that was said, oldest first.
    pub said: VecDeque<(VirtualTime, String)>,
    pub(super) history: Vec<String>,
    /// Messages for a moment.
    pub toasts: Vec<Toast>,
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
    /// The station on the wire that is selected.
    pub picked: usize,
    /// The node that is selected.
    pub node: SmolStr,
    /// Whether what really runs is shown.
    pub x_ray: bool,
    /// The uid of the selected row.
    pub selected: String,
    toggled: BTreeSet<String>,
    /// What the Loop screen shows.
    pub(super) lens: screens::LensState,
    /// What the Time screen shows.
    pub(super) time: screens::TimeState,
    /// Moments at which the clock stops.
    pub breakpoints: Breakpoints,
    /// Runs that were left.
    pub branches: Vec<Branch>,
    branches_made: usize,
    /// Counts the turns of the run: at each, events get other meanings.
    pub(super) generation: u64,
    /// The last event before a step that is being made, and where the step goes.
    stepping: Option<(EventId, Goal)>,
}

impl App {
    /// A dashboard on this cluster.
    pub fn new(view: View, theme: Theme, glyphs: Glyphs, folder: String) -> Self {
        let mut app = Self {
            rows: Vec::new(),
            story: None,
            live: view.clone(),
            view,
            cursor: None,
            event: None,
            screen: Screen::default(),
            pace: Pace::default(),
            theme,
            glyphs,
            vocabulary: Vocabulary::default(),
            overlay: None,
            prompt: None,
            filter: String::new(),
            going: None,
            mouse: false,
            said: VecDeque::new(),
            history: Vec::new(),
            toasts: Vec::new(),
            banner: None,
            folder,
            focus: Panel::default(),
            zoomed: false,
            size: Size::new(120, 36),
            comets: Comets::default(),
            picked: 0,
            node: SmolStr::default(),
            x_ray: false,
            selected: String::new(),
            toggled: BTreeSet::new(),
            lens: screens::LensState::default(),
            time: screens::TimeState::default(),
            breakpoints: Breakpoints::default(),
            branches: Vec::new(),
            branches_made: 0,
            generation: 0,
            stepping: None,
        };
        app.refresh();
        app
    }

    /// The cluster changed. What is shown stays as it is while it is the past.
    pub fn see(&mut self, view: View) {
        self.live = view;
        if self.cursor.is_none() {
            self.view = self.live.clone();
            self.comets.feed(&self.view);
            self.event = self.event.filter(|_| self.pace.paused);
            self.arrive();
        }
        self.refresh();
    }

    /// The terminal has this size now.
    pub fn resize(&mut self, size: Size) {
        if size != self.size {
            self.size = size;
            self.refresh();
        }
    }

    /// Shows the cluster as it was at an instant; the clock stands still meanwhile.
    pub fn see_past(&mut self, view: View) {
        self.cursor = Some(view.now());
        self.view = view;
        self.pace.paused = true;
        self.refresh();
    }

    /// Shows what is now again.
    pub fn see_live(&mut self) {
        self.cursor = None;
        self.event = None;
        self.see(self.live.clone());
    }

    /// Brings what is derived from the view up to date.
    pub(super) fn refresh(&mut self) {
        let before = self.selected_index();
        self.rows = rows(&self.view, &self.toggled);
        if !self.filter.is_empty() {
            self.rows = filtered(std::mem::take(&mut self.rows), &self.filter);
        }
        if self.rows.len() > screens::rows_room(self) {
            self.rows = fold(std::mem::take(&mut self.rows), &self.selected, &self.toggled);
        }
        self.story = current_story(&self.view);
        let nodes = self.view.node_names();
        if !nodes.contains(&self.node) {
            self.node = nodes.first().cloned().unwrap_or_default();
        }
        screens::refresh(self);
        // The selection follows its object; if that is gone, what stands in its place is selected.
        if !self.rows.iter().any(|row| row.uid == self.selected) {
            let index = before.unwrap_or(0).min(self.rows.len().saturating_sub(1));
            self.selected = self.rows.get(index).map(|row| row.uid.clone()).unwrap_or_default();
        }
    }

    /// The selected row's place.
    pub fn selected_index(&self) -> Option<usize> {
        self.rows.iter().position(|row| row.uid == self.selected)
    }

    /// The selected row.
    pub fn selected_row(&self) -> Option<&Row> {
        self.rows.iter().find(|row| row.uid == self.selected)
    }

    /// The object that commands are about: what is selected in the panel that has the focus.
    pub fn target(&self) -> Option<ObjectRef> {
        match self.focus {
            Panel::Nodes => Some(ObjectRef::new(Kind::Node, Key::new("", self.node.as_str()))),
            _ => self.selected_row().map(|row| row.object.clone()),
        }
    }

    /// Says something for a moment.
    pub fn say(&mut self, text: impl Into<String>) {
        self.toast(text.into(), false);
    }

    /// Says that something is wrong; it stays until Esc.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.toast(text.into(), true);
    }

    fn toast(&mut self, text: String, error: bool) {
        self.said.push_back((self.live.now(), text.clone()));
        if self.said.len() > SAID_MAX {
            self.said.pop_front();
        }
        self.toasts.retain(|toast| toast.text != text);
        self.toasts.push(Toast { text, error, left: TOAST_TICKS });
        let extra = self.toasts.len().saturating_sub(TOASTS_MAX);
        self.toasts.drain(..extra);
    }

    /// Wall time goes by. Returns whether the screen changes by that.
    pub fn tick(&mut self) -> bool {
        let going = self.going;
        self.going = going.map(|ticks| ticks.saturating_add(1));
        let shown = going.is_some_and(|ticks| ticks + 1 == GOING_TICKS);
        let before = self.toasts.len();
        for toast in &mut self.toasts {
            toast.left = toast.left.saturating_sub(1);
        }
        self.toasts.retain(|toast| toast.error || toast.left > 0);
        self.comets.tick() || self.toasts.len() != before || shown
    }

    /// Whether something on the screen ends by itself.
    pub fn is_animating(&self) -> bool {
        self.toasts.iter().any(|toast| !toast.error) || self.comets.is_playing() || self.going.is_some()
    }

    /// Shows a text over the screen.
    pub fn show_text(&mut self, title: String, text: &str) {
        self.overlay =
            Some(Overlay::Text { title, lines: text.lines().map(str::to_owned).collect(), top: 0 });
    }

    /// A key was pressed.
    pub fn key(&mut self, key: KeyCode) -> Option<Effect> {
        let effect = match (self.prompt.take(), self.overlay.take()) {
            (Some(prompt), overlay) => {
                self.overlay = overlay;
                self.prompt_key(prompt, key)
            }
            (None, Some(overlay)) => self.overlay_key(overlay, key),
            (None, None) if self.going.take().is_some() => self.go(key),
            (None, None) => match screens::key(self, key) {
                Flow::Done(effect) => effect,
                Flow::Pass => self.run(keymap::command(key, self.screen)?),
            },
        };
        self.unless_past(effect)
    }

    /// Does what a command says: the screen that is shown first, then the dashboard.
    pub(super) fn run(&mut self, command: Command) -> Option<Effect> {
        match screens::command(self, command) {
            Flow::Done(effect) => effect,
            Flow::Pass => self.command(command),
        }
    }

    /// The letter after `g`.
    fn go(&mut self, key: KeyCode) -> Option<Effect> {
        let place = keymap::PLACES.iter().find(|(letter, ..)| key == KeyCode::Char(*letter));
        place.and_then(|(_, command, _)| self.run(*command))
    }

    /// A text was pasted.
    pub fn paste(&mut self, text: &str) {
        if let Some(prompt) = &mut self.prompt {
            prompt.insert(text);
            prompt.look(&self.view);
        }
    }

    /// The past is read-only: what would act in it is refused with a word about what to do instead.
    fn unless_past(&mut self, effect: Option<Effect>) -> Option<Effect> {
        let acts =
            matches!(effect, Some(Effect::Input(_) | Effect::RunTo(_) | Effect::Edit(_) | Effect::Prune(_)));
        if self.cursor.is_none() || !acts {
            return effect;
        }
        self.say("This is the past: it cannot be changed. End goes back to live, F goes on from here.");
        None
    }

    fn command(&mut self, command: Command) -> Option<Effect> {
        match command {
            Command::Up => self.select(-1),
            Command::Down => self.select(1),
            Command::PageUp => self.select(-(PAGE as isize)),
            Command::PageDown => self.select(PAGE as isize),
            Command::First => self.select(isize::MIN / 2),
            Command::Last if self.cursor.is_some() => self.see_live(),
            Command::Last => self.select(isize::MAX / 2),
            Command::Unfold => self.describe(),
            Command::NextPanel | Command::LastPanel | Command::Left | Command::Right => {}
            Command::Zoom => {
                self.zoomed = !self.zoomed;
                self.refresh();
            }
            Command::Pause => {
                let was_past = self.cursor.is_some();
                self.see_live();
                self.pace.paused = !was_past && !self.pace.paused;
            }
            Command::StepEvent => return self.step_forward(),
            Command::StepBack => return self.step_back(),
            Command::Fork => match self.cursor {
                Some(at) => return Some(Effect::Fork(at)),
                None => self.say("F goes on from a moment of the past; go back with , first"),
            },
            Command::Go(screen) => {
                self.screen = screen;
                self.refresh();
            }
            Command::NextEvent => return self.skip(),
            Command::Slower => self.pace.shift(false),
            Command::Faster => self.pace.shift(true),
            Command::RealTime => self.pace.real_time(),
            Command::Follow => self.pace.set(super::pace::Mode::Follow),
            Command::Break => {
                let object = self.target();
                self.overlay = Some(Overlay::Break(breaks::entries(&self.view, object.as_ref()), 0));
            }
            // Only some screens know these.
            Command::Diff | Command::Wider | Command::Finer => {}
            Command::Loop => return screens::loop_of_selection(self),
            Command::Branches => self.open_branches(),
            Command::Why => self.why(),
            Command::Edit => return self.target().map(Effect::Edit),
            Command::Vocabulary => {
                self.vocabulary = self.vocabulary.next();
                self.say(format!("told in {}", self.vocabulary.name()));
                self.refresh();
            }
            Command::Describe => self.describe(),
            Command::Logs => self.logs(),
            Command::XRay => self.x_ray = !self.x_ray,
            Command::Theme => {
                self.theme = self.theme.next();
                self.say(format!("theme {}", self.theme.name));
            }
            Command::Ascii => {
                self.glyphs = match self.glyphs {
                    Glyphs::Unicode => Glyphs::Ascii,
                    Glyphs::Ascii => Glyphs::Unicode,
                };
            }
            Command::Help => self.overlay = Some(Overlay::Help { at: 0, search: String::new() }),
            Command::CommandLine => self.ask(PromptKind::Command, ""),
            Command::Filter => {
                self.filter.clear();
                self.ask(PromptKind::Filter, "");
            }
            Command::GoTo => self.going = Some(0),
            Command::ToOwner | Command::ToNode | Command::ToService => self.go_to_related(command),
            Command::Scale => self.scale(),
            Command::Copy => {
                let name = self.target()?.key.name.to_string();
                self.say(format!("copied {name}"));
                return Some(Effect::Copy(name));
            }
            Command::Mouse => {
                self.mouse = !self.mouse;
                self.say(if self.mouse { "mouse on; m leaves it to the terminal" } else { "mouse off" });
                return Some(Effect::Mouse(self.mouse));
            }
            Command::Back => {
                if !self.filter.is_empty() {
                    self.filter.clear();
                    self.refresh();
                    return None;
                }
                if self.toasts.iter().any(|toast| toast.error) {
                    self.toasts.retain(|toast| !toast.error);
                    return None;
                }
                return Some(Effect::Quit);
            }
        }
        None
    }

    fn select(&mut self, by: isize) {
        let here = self.selected_index().unwrap_or(0);
        let there = here.saturating_add_signed(by).min(self.rows.len().saturating_sub(1));
        if let Some(row) = self.rows.get(there) {
            self.selected.clone_from(&row.uid);
        }
    }

    /// Unfolds or folds the selected row; what has nothing below it is described.
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
