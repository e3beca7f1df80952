//! The state of the dashboard, and how keys and ticks change it.

mod overlay;
mod texts;

use std::collections::BTreeSet;

use crossterm::event::KeyCode;
pub use overlay::Overlay;
use ratatui::layout::Size;
use smol_str::SmolStr;

use super::breaks;
use super::glyphs::Glyphs;
use super::keymap::{self, Command};
use super::model::{Comets, Row, StoryView, current_story, fold, rows};
use super::pace::Pace;
use super::screen::Screen;
use super::screens::{self, Panel};
use super::theme::Theme;
use crate::engine::{Input, View};
use crate::object::{Key, Kind, ObjectRef};
use crate::time::{Span, VirtualTime};
use crate::trace::Class;

/// Rows that a page key moves.
const PAGE: usize = 8;
/// How long a toast stays, in ticks of the rim (about 15 a second).
const TOAST_TICKS: u32 = 60;
/// Toasts on the screen at most.
const TOASTS_MAX: usize = 3;

/// What the rim is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Hand this to the engine.
    Input(Box<Input>),
    /// Go on to the next event that is no heartbeat.
    StepEvent,
    /// Go on to the next thing that somebody waits for.
    Skip,
    /// Show the cluster as it was at this instant.
    Seek(VirtualTime),
    /// Go on from this instant, and forget everything after it.
    Fork(VirtualTime),
    /// Open an editor on the manifest of this object.
    Edit(ObjectRef),
    /// Delete what a removed document described.
    Prune(ObjectRef),
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
    /// What is over the screen.
    pub overlay: Option<Overlay>,
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
            screen: Screen::default(),
            pace: Pace::default(),
            theme,
            glyphs,
            overlay: None,
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
        self.see(self.live.clone());
    }

    /// Brings what is derived from the view up to date.
    pub(super) fn refresh(&mut self) {
        let before = self.selected_index();
        self.rows = rows(&self.view, &self.toggled);
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
        self.toasts.retain(|toast| toast.text != text);
        self.toasts.push(Toast { text, error, left: TOAST_TICKS });
        let extra = self.toasts.len().saturating_sub(TOASTS_MAX);
        self.toasts.drain(..extra);
    }

    /// Wall time goes by. Returns whether the screen changes by that.
    pub fn tick(&mut self) -> bool {
        let before = self.toasts.len();
        for toast in &mut self.toasts {
            toast.left = toast.left.saturating_sub(1);
        }
        self.toasts.retain(|toast| toast.error || toast.left > 0);
        self.comets.tick() || self.toasts.len() != before
    }

    /// Whether something on the screen ends by itself.
    pub fn is_animating(&self) -> bool {
        self.toasts.iter().any(|toast| !toast.error) || self.comets.is_playing()
    }

    /// A key was pressed.
    pub fn key(&mut self, key: KeyCode) -> Option<Effect> {
        let effect = match self.overlay.take() {
            Some(overlay) => self.overlay_key(overlay, key),
            None => match screens::key(self, key) {
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

    /// The past is read-only: what would act in it is refused with a word about what to do instead.
    fn unless_past(&mut self, effect: Option<Effect>) -> Option<Effect> {
        let acts = matches!(
            effect,
            Some(Effect::Input(_) | Effect::StepEvent | Effect::Skip | Effect::Edit(_) | Effect::Prune(_))
        );
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
            Command::NextEvent => return Some(Effect::Skip),
            Command::Slower => self.pace.shift(false),
            Command::Faster => self.pace.shift(true),
            Command::RealTime => self.pace.real_time(),
            Command::Follow => self.pace.set(super::pace::Mode::Follow),
            Command::Break => {
                let object = self.target();
                self.overlay = Some(Overlay::Break(breaks::entries(&self.view, object.as_ref()), 0));
            }
            Command::Why => self.why(),
            Command::Edit => return self.target().map(Effect::Edit),
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
            Command::Help => self.overlay = Some(Overlay::Help(0)),
            Command::Back => {
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

    /// One event on: in the past towards now, else the cluster goes on by one.
    fn step_forward(&mut self) -> Option<Effect> {
        self.pace.paused = true;
        let Some(here) = self.cursor else { return Some(Effect::StepEvent) };
        let next = self.moments().find(|at| *at > here);
        match next.filter(|at| *at < self.live.now()) {
            Some(at) => Some(Effect::Seek(at)),
            None => {
                self.see_live();
                None
            }
        }
    }

    /// One event back.
    fn step_back(&mut self) -> Option<Effect> {
        self.pace.paused = true;
        let here = self.cursor.unwrap_or(self.live.now());
        let before = self.moments().take_while(|at| *at < here).last();
        if before.is_none() {
            self.say("Nothing older is kept.");
        }
        before.map(Effect::Seek)
    }

    /// The moments at which something happened that explains the cluster, oldest first.
    fn moments(&self) -> impl Iterator<Item = VirtualTime> + '_ {
        self.live.log().of_class(Class::Decision).map(|event| event.at)
    }

    /// How long ago the story began, for the title.
    pub fn story_age(&self) -> Span {
        self.story.as_ref().map_or(Span::ZERO, |story| story.took)
    }
}
