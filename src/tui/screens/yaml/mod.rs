//! The YAML screen: a manifest is edited, its problems are shown as it is typed, and what it will cause.
//!
//! ```text
//! ┏━ login.yaml   want (what you ask for)  Ln 13 Col 15  TYPING ━┓┌─ What this edit will cause ──┐
//! ┃ 12  spec:                                                   ┃│ SCALING: only the number ...  │
//! ┃!13    replcas: 5                                            ┃│                               │
//! ┃       ^^^^^^^ unknown field "spec.replcas"                  ┃│               EXPECTED  NOW   │
//! ┃       did you mean replicas?  tab: fix it                   ┃│ pods started  2         1     │
//! ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 error ━┛└───────────────────────────────┘
//! ```
//!
//! Letters are text until Esc; then they are the keys that they are everywhere. Nothing is sent before `a`
//! (apply) or `s` (save).

mod buffer;
mod causes;
mod guess;
mod open;
mod text;

use std::collections::BTreeMap;

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use self::open::Open;
use crate::engine::View;
use crate::manifests::{Diagnostic, parse};
use crate::object::{Key, Kind, Object, ObjectRef, owner};
use crate::preview::{Forecast, Refused};
use crate::tui::app::{App, Effect, Flow};
use crate::tui::keymap::Command;
use crate::tui::screen::Screen;

/// From this width on, the text and what it will cause stand side by side.
const WIDE: u16 = 100;
/// Owners of owners that are followed to a manifest.
const DEPTH: usize = 4;

/// What the YAML screen keeps.
#[derive(Default)]
pub(in crate::tui) struct State {
    /// The manifests as they are on disk.
    disk: BTreeMap<String, String>,
    open: Option<Open>,
    /// Where both do not stand side by side: whether what the edit causes has more room than the text.
    causes_first: bool,
}

/// Paints the screen.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let [left, right] = match area.width >= WIDE {
        true => Layout::horizontal([Constraint::Percentage(54), Constraint::Min(40)]).areas(area),
        false => {
            let text = if app.yaml.causes_first { 25 } else { 58 };
            Layout::vertical([Constraint::Percentage(text), Constraint::Min(6)]).areas(area)
        }
    };
    text::draw(frame, left, app, app.yaml.open.as_ref());
    causes::draw(frame, right, app, app.yaml.open.as_ref());
}

/// The cluster changed: what came true of the last edit is counted, whichever screen is shown.
pub(super) fn follow(app: &mut App) {
    let App { yaml, live, trail, .. } = app;
    if let Some(open) = &mut yaml.open {
        open.follow(live, trail.turns);
    }
}

/// Opens the manifest that describes the selected object, or its owner.
pub(super) fn open_for_selection(app: &mut App) -> Option<Effect> {
    let target = app.target()?;
    let Some((file, line)) = file_of(app, &target) else {
        app.complain(format!("no manifest in {} describes {target}", app.folder));
        return None;
    };
    app.run(Command::Go(Screen::Yaml));
    let stays = app.yaml.open.as_ref().is_some_and(|open| open.file == file || open.is_edited());
    if !stays {
        open_file(app, &file);
    }
    let open = app.yaml.open.as_mut()?;
    if open.file != file {
        let file = open.file.clone();
        let words = format!("{file} has changes that are not saved: <save> saves them, <quit> gives them up");
        app.say(app.keymap.told(&words));
        return None;
    }
    open.buffer.go_to(line, 1);
    open.typing = true;
    open.foresee()
}

/// Opens the first manifest if none is open.
pub(super) fn arrive(app: &mut App) {
    if app.yaml.open.is_none() {
        let target = app.target();
        let found = target.and_then(|target| file_of(app, &target)).map(|(file, _)| file);
        if let Some(file) = found.or_else(|| app.yaml.disk.keys().next().cloned()) {
            open_file(app, &file);
        }
    }
}

fn open_file(app: &mut App, file: &str) {
    if let Some(text) = app.yaml.disk.get(file) {
        app.yaml.open = Some(Open::new(file, text));
    }
}

/// The file and the line that describe an object, or the nearest owner of it that a file describes.
fn file_of(app: &App, target: &ObjectRef) -> Option<(String, usize)> {
    let documents = app.yaml.disk.iter().flat_map(|(file, text)| parse(file, text).unwrap_or_default());
    let places: BTreeMap<ObjectRef, (String, usize)> = documents
        .map(|document| {
            let line = document.locate("metadata.name").0;
            (document.object_ref(), (document.source.file.to_string(), line))
        })
        .collect();
    let mut here = target.clone();
    for _ in 0..DEPTH {
        if let Some(place) = places.get(&here) {
            return Some(place.clone());
        }
        let owner = app.view.object(&here).map(Object::meta).and_then(owner::controller)?;
        here = ObjectRef::new(
            Kind::from_name(&owner.kind)?,
            Key::new(here.key.namespace.clone(), owner.name.as_str()),
        );
    }
    None
}

/// What commands mean on this screen.
pub(super) fn command(app: &mut App, command: Command) -> Flow {
    let Some(mut open) = app.yaml.open.take() else { return Flow::Pass };
    if command == Command::Back {
        return Flow::Done(back(app, open));
    }
    let flow = open.command(app, command);
    let stays = matches!(flow, Flow::Pass);
    app.yaml.open = Some(open);
    match command {
        Command::NextPanel if stays => app.yaml.causes_first = !app.yaml.causes_first,
        Command::LastPanel if stays => next_file(app),
        _ => return flow,
    }
    Flow::Done(None)
}

/// Opens the file after this one: not every file describes something that is there to be selected.
fn next_file(app: &mut App) {
    let Some(open) = &app.yaml.open else { return };
    if open.is_edited() {
        let file = open.file.clone();
        return app
            .warn(app.keymap.told(&format!("{file} has changes that are not saved: <save> saves them")));
    }
    let after = app.yaml.disk.keys().find(|file| **file > open.file).or_else(|| app.yaml.disk.keys().next());
    if let Some(file) = after.cloned() {
        open_file(app, &file);
    }
}

/// Closes the file; changes are lost only if it is said twice.
fn back(app: &mut App, mut open: Open) -> Option<Effect> {
    if open.is_edited() && !open.leaving {
        open.leaving = true;
        app.warn(app.keymap.told(&format!(
            "{} has changes that are not saved.\n<save> saves them, <quit> again gives them up",
            open.file
        )));
        app.yaml.open = Some(open);
    } else {
        app.leave_screen();
    }
    None
}

/// Keys are text while it is typed.
pub(super) fn key(app: &mut App, key: KeyCode) -> Flow {
    let Some(mut open) = app.yaml.open.take() else { return Flow::Pass };
    let flow = open.key(key);
    app.yaml.open = Some(open);
    flow
}

/// While letters are text, keys do nothing: what to press first, and what then.
pub(super) fn typing_hint(app: &App) -> Option<String> {
    app.yaml.open.as_ref().filter(|open| open.typing)?;
    let words =
        "Esc leave typing, then: <apply> apply  <diff> diff  <save> save  <predict> predict  <undo> undo";
    Some(app.keymap.told(words))
}

/// The words above the hints.
pub(super) fn narration(app: &App) -> Option<(&'static str, String, String)> {
    let open = app.yaml.open.as_ref()?;
    let (now, next) = open.narration(&app.folder);
    Some(("NOW", app.keymap.told(&now), app.keymap.told(&next)))
}

impl App {
    /// Ends the program. A text that is not saved is given up only if that is said twice.
    pub fn leave(&mut self) -> Option<Effect> {
        let Some(open) = self.yaml.open.as_mut().filter(|open| open.is_edited() && !open.leaving) else {
            return Some(Effect::Quit);
        };
        open.leaving = true;
        let file = open.file.clone();
        self.say(format!(
            "{file} has changes that are not saved.\n4 shows them; the same again gives them up"
        ));
        None
    }

    /// The manifests on disk are these now. A file that is being edited stays as it is.
    pub fn manifests(&mut self, texts: BTreeMap<String, String>) {
        let changed = self.yaml.open.as_mut().and_then(|open| {
            let text = texts.get(&open.file)?;
            open.disk_is(text).then(|| open.file.clone())
        });
        self.yaml.disk = texts;
        if let Some(file) = changed {
            self.say(format!("{file} changed on disk.\nYour text here stays; s writes it over the other."));
        }
    }

    /// A text was pasted while a manifest is edited.
    pub(in crate::tui) fn paste_yaml(&mut self, text: &str) -> Option<Effect> {
        let open = self.yaml.open.as_mut().filter(|open| open.typing)?;
        open.buffer.insert(text);
        open.edited()
    }

    /// What an edit will cause is known now.
    pub(in crate::tui) fn foreseen_yaml(&mut self, forecast: Result<Forecast, Refused>) {
        let Some(open) = &mut self.yaml.open else { return };
        match forecast {
            Ok(forecast) => open.forecast = Some(forecast),
            Err(Refused::Document(problem)) => open.problems = vec![*problem],
            Err(Refused::Words(reason)) => self.complain(reason),
        }
    }

    /// The edited text was sent, or refused. `before` is the cluster as it was before that.
    pub fn applied(&mut self, before: &View, result: Result<(), Box<Diagnostic>>) {
        let turn = self.trail.turns;
        let Some(open) = &mut self.yaml.open else { return };
        match result {
            Ok(()) => {
                open.compare_with_reality(before, turn);
                let (file, what) = (open.file.clone(), open.changes_in_words());
                self.echo(format!("kubectl apply -f {file}"));
                let back = self.keymap.told("<undo> on another screen takes it back, <why> says why");
                self.say(format!("applied {file}{what}\n{back}"));
            }
            Err(problem) => {
                let text = format!("{}: {}", problem.place(), problem.message);
                open.problems = vec![*problem];
                self.complain(text);
            }
        }
    }

    /// The edited text was written to its file, or could not be. `before` is the cluster before that.
    pub fn saved(&mut self, before: &View, result: Result<(), String>) {
        let turn = self.trail.turns;
        let Some(open) = &mut self.yaml.open else { return };
        match result {
            Ok(()) => {
                open.saved();
                // What was applied already changes nothing when it is saved.
                if open.reality.is_none() {
                    open.compare_with_reality(before, turn);
                }
                let file = open.file.clone();
                self.say(format!("you saved {file}"));
            }
            Err(reason) => self.complain(reason),
        }
    }
}

#[cfg(test)]
mod tests;
