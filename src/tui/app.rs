//! The state of the dashboard, and how keys and ticks change it.

use std::collections::BTreeSet;

use crossterm::event::KeyCode;
use smol_str::format_smolstr;

use super::breaks::{self, BreakEntry};
use super::glyphs::Glyphs;
use super::keymap::{self, Command};
use super::model::{Row, StoryView, current_story, rows};
use super::pace::Pace;
use super::theme::Theme;
use crate::apiserver::{Call, DeleteOptions};
use crate::engine::{Act, Input, View};
use crate::object::{Kind, ObjectRef};
use crate::time::{Span, VirtualTime};
use crate::trace::text;

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
    /// Open an editor on the manifest of this object.
    Edit(ObjectRef),
    /// Delete what a removed document described.
    Prune(ObjectRef),
    /// End.
    Quit,
}

/// Something over the screen.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys; which one is selected.
    Help(usize),
    /// The break menu; which entry is selected.
    Break(Vec<BreakEntry>, usize),
    /// A text; how far it is scrolled.
    Text {
        /// Its title.
        title: String,
        /// Its lines.
        lines: Vec<String>,
        /// The first line that is shown.
        top: usize,
    },
    /// A question before objects are deleted, because their documents are gone.
    Prune(ObjectRef, String),
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
    /// The cluster as it is shown.
    pub view: View,
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
    /// Which panel is shown where only one has room.
    pub panel: usize,
    /// Whether what really runs is shown.
    pub x_ray: bool,
    /// The uid of the selected row.
    pub selected: String,
    folded: BTreeSet<String>,
}

impl App {
    /// A dashboard on this cluster.
    pub fn new(view: View, theme: Theme, glyphs: Glyphs, folder: String) -> Self {
        let mut app = Self {
            rows: Vec::new(),
            story: None,
            view,
            pace: Pace::default(),
            theme,
            glyphs,
            overlay: None,
            toasts: Vec::new(),
            banner: None,
            folder,
            panel: 0,
            x_ray: false,
            selected: String::new(),
            folded: BTreeSet::new(),
        };
        app.refresh();
        app
    }

    /// The cluster changed.
    pub fn see(&mut self, view: View) {
        self.view = view;
        self.refresh();
    }

    fn refresh(&mut self) {
        let before = self.selected_index();
        self.rows = rows(&self.view, &self.folded);
        self.story = current_story(&self.view);
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
        self.toasts.len() != before
    }

    /// Whether something on the screen ends by itself.
    pub fn is_animating(&self) -> bool {
        self.toasts.iter().any(|toast| !toast.error)
    }

    /// A key was pressed.
    pub fn key(&mut self, key: KeyCode) -> Option<Effect> {
        match self.overlay.take() {
            Some(overlay) => self.overlay_key(overlay, key),
            None => self.command(keymap::command(key)?),
        }
    }

    fn command(&mut self, command: Command) -> Option<Effect> {
        match command {
            Command::Up => self.select(-1),
            Command::Down => self.select(1),
            Command::PageUp => self.select(-(PAGE as isize)),
            Command::PageDown => self.select(PAGE as isize),
            Command::First => self.select(isize::MIN / 2),
            Command::Last => self.select(isize::MAX / 2),
            Command::Unfold => self.unfold(),
            Command::NextPanel => self.panel = (self.panel + 1) % 4,
            Command::Pause => self.pace.paused = !self.pace.paused,
            Command::StepEvent => {
                self.pace.paused = true;
                return Some(Effect::StepEvent);
            }
            Command::NextEvent => return Some(Effect::Skip),
            Command::Slower => self.pace.shift(false),
            Command::Faster => self.pace.shift(true),
            Command::RealTime => self.pace.real_time(),
            Command::Follow => self.pace.set(super::pace::Mode::Follow),
            Command::Break => {
                let object = self.selected_row().map(|row| row.object.clone());
                self.overlay = Some(Overlay::Break(breaks::entries(&self.view, object.as_ref()), 0));
            }
            Command::Why => self.why(),
            Command::Edit => return self.selected_row().map(|row| Effect::Edit(row.object.clone())),
            Command::Describe => self.describe(),
            Command::Logs => self.logs(),
            Command::Delete => return self.delete(),
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

    fn unfold(&mut self) {
        let Some(row) = self.selected_row() else { return };
        match row.open {
            Some(true) => self.folded.insert(row.uid.clone()),
            Some(false) => self.folded.remove(&row.uid.clone()),
            None => return self.describe(),
        };
        self.refresh();
    }

    fn delete(&mut self) -> Option<Effect> {
        let object = self.selected_row()?.object.clone();
        if object.kind != Kind::Pod {
            self.say(format!("d deletes pods; the selected row is a {}", object.kind.name()));
            return None;
        }
        let title = format_smolstr!("you deleted {}", text::object_words(&object));
        self.say(format!("kubectl delete pod {}", object.key.name));
        let call = Call::Delete { target: object, options: DeleteOptions::default() };
        Some(Effect::Input(Box::new(Input::new("key", title, Act::Api(call)))))
    }

    fn why(&mut self) {
        let Some(object) = self.selected_row().map(|row| row.object.clone()) else { return };
        let title = format!("Why is {} as it is?", text::object_words(&object));
        let mut lines = Vec::new();
        match self.view.last_write(&object) {
            None => lines
                .push("Nothing was written to it lately; the trace keeps only what is recent.".to_owned()),
            Some(event) => {
                lines.push("What led to the last change of it, from the beginning:".to_owned());
                lines.push(String::new());
                for (depth, cause) in self.view.why_briefly(event.id).iter().enumerate() {
                    let step = if depth == 0 { "" } else { self.glyphs.sign(super::glyphs::Sign::Step) };
                    let indent = " ".repeat(depth.saturating_sub(1).min(8) * 2);
                    lines.push(format!("{indent}{step} {}  {}", cause.at, text::sentence(cause)));
                }
            }
        }
        lines.push(String::new());
        lines.push("Who has looked at it last, and why nothing or something follows:".to_owned());
        for look in self.view.loops() {
            if let Some(verdict) = look.verdicts.get(&object) {
                let waits = look.waiting.iter().find(|waiting| waiting.item == object);
                let again = waits.map(|waiting| format!(" (again in {})", waiting.until - self.view.now()));
                lines.push(format!(
                    "  {}: {}{}",
                    text::component(&look.component),
                    verdict.why,
                    again.unwrap_or_default()
                ));
            }
        }
        lines.extend(super::model::placement(&self.view, &object));
        self.overlay = Some(Overlay::Text { title, lines, top: 0 });
    }

    fn describe(&mut self) {
        let Some(object) = self.selected_row().map(|row| row.object.clone()) else { return };
        let Some(found) = self.view.object(&object) else { return };
        let yaml = serde_yaml::to_string(&found.to_value()).unwrap_or_default();
        let lines = yaml.lines().map(str::to_owned).collect();
        self.overlay =
            Some(Overlay::Text { title: format!("{object}  (kubectl get -o yaml)"), lines, top: 0 });
    }

    fn logs(&mut self) {
        let Some(row) = self.selected_row().filter(|row| row.object.kind == Kind::Pod) else {
            return self.say("l shows the logs of a pod; select one");
        };
        let (object, node) = (row.object.clone(), row.node.clone());
        let machine = self.view.machine(&node);
        let look = machine.as_ref().and_then(|machine| machine.pods.get(&object.key));
        let mut lines = Vec::new();
        let shown = |(at, line): &(VirtualTime, smol_str::SmolStr)| format!("{at} {line}");
        for container in look.iter().flat_map(|pod| &pod.containers) {
            if !container.previous_log.is_empty() {
                lines.push(format!("-- {} before its restart (kubectl logs --previous) --", container.name));
                lines.extend(container.previous_log.iter().map(shown));
            }
            lines.push(format!("-- {} --", container.name));
            lines.extend(container.log.iter().map(shown));
        }
        if lines.is_empty() {
            lines.push("No container of this pod runs on a node that has power.".to_owned());
        }
        self.overlay =
            Some(Overlay::Text { title: format!("kubectl logs {}", object.key.name), lines, top: 0 });
    }

    fn overlay_key(&mut self, overlay: Overlay, key: KeyCode) -> Option<Effect> {
        let close = matches!(key, KeyCode::Esc | KeyCode::Char('q'));
        match overlay {
            Overlay::Prune(object, file) => match key {
                KeyCode::Char('y') | KeyCode::Enter => return Some(Effect::Prune(object)),
                KeyCode::Char('n') => {}
                _ if close => {}
                _ => self.overlay = Some(Overlay::Prune(object, file)),
            },
            _ if close => {}
            Overlay::Help(at) => return self.help_key(at, key),
            Overlay::Break(entries, at) => return self.break_key(entries, at, key),
            Overlay::Text { title, lines, top } => {
                let last = lines.len().saturating_sub(1);
                let top = match key {
                    KeyCode::Down | KeyCode::Char('j') => (top + 1).min(last),
                    KeyCode::Up | KeyCode::Char('k') => top.saturating_sub(1),
                    KeyCode::PageDown | KeyCode::Char(' ') => (top + PAGE).min(last),
                    KeyCode::PageUp => top.saturating_sub(PAGE),
                    KeyCode::Home => 0,
                    KeyCode::End => last,
                    _ => top,
                };
                self.overlay = Some(Overlay::Text { title, lines, top });
            }
        }
        None
    }

    fn help_key(&mut self, at: usize, key: KeyCode) -> Option<Effect> {
        let last = keymap::BINDINGS.len().saturating_sub(1);
        match key {
            KeyCode::Char('?') => None,
            KeyCode::Enter => keymap::BINDINGS.get(at).and_then(|binding| self.command(binding.command)),
            KeyCode::Down => {
                self.overlay = Some(Overlay::Help((at + 1).min(last)));
                None
            }
            KeyCode::Up => {
                self.overlay = Some(Overlay::Help(at.saturating_sub(1)));
                None
            }
            other => match keymap::command(other) {
                Some(command) => self.command(command),
                None => {
                    self.overlay = Some(Overlay::Help(at));
                    None
                }
            },
        }
    }

    fn break_key(&mut self, entries: Vec<BreakEntry>, at: usize, key: KeyCode) -> Option<Effect> {
        let last = entries.len().saturating_sub(1);
        let chosen = match key {
            KeyCode::Down => return self.keep_break(entries, (at + 1).min(last)),
            KeyCode::Up => return self.keep_break(entries, at.saturating_sub(1)),
            KeyCode::Enter => Some(at),
            other => breaks::of_key(&entries, other),
        };
        let Some(entry) = chosen.and_then(|index| entries.get(index)) else {
            return self.keep_break(entries, at);
        };
        match entry.input.clone() {
            Ok(input) => {
                self.say(input.title.to_string());
                Some(Effect::Input(Box::new(input)))
            }
            Err(reason) => {
                self.say(format!("{}: {reason}", entry.name));
                None
            }
        }
    }

    fn keep_break(&mut self, entries: Vec<BreakEntry>, at: usize) -> Option<Effect> {
        self.overlay = Some(Overlay::Break(entries, at));
        None
    }

    /// How long ago the story began, for the title.
    pub fn story_age(&self) -> Span {
        self.story.as_ref().map_or(Span::ZERO, |story| story.took)
    }
}
