//! The Loop screen: one controller under the glass.
//!
//! ```text
//! ┏━ Loop lens: the ReplicaSet controller, ReplicaSet login-6f9c ━━━ arrows: other loop ━┓
//! ┃ woken by: pod x4h2s is being deleted   loop 38 of it   queue: 0                      ┃
//! ┃ ┌─ 1 OBSERVE ────┐    ┌─ 2 COMPARE ────┐    ┏━ 3 ACT ━━━━━━━━┓    ┌─ 4 WAIT ───────┐ ┃
//! ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛
//! ┌─ Who knows what ───────────────┐┌─ The whole algorithm ──────────────────────────────┐
//! ┌─ Last loops ───────────────────┐┌─ Work queue ───────────────────────────────────────┐
//! ```

mod boxes;
mod code;
mod history;
mod knowledge;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use smol_str::SmolStr;

use crate::object::ObjectRef;
use crate::trace::text::{self, capitalised};
use crate::tui::app::{App, Flow, Goal};
use crate::tui::keymap::{Command, Hint};
use crate::tui::model::lens::{self, Diary, Lens, Trip};
use crate::tui::screen::Screen;
use crate::tui::screens::body;

/// From this width on, the last loops and the work queue stand side by side.
const WIDE: u16 = 100;
/// Below this, one panel is shown at a time.
const POCKET: u16 = 18;
const NARROW: u16 = 80;
/// The height of the boxes with their panel: without the way back below them, and with it.
const BOXES: (u16, u16) = (8, 11);
/// From this height on, the way back is drawn below the boxes.
const TALL: u16 = 26;

/// What the Loop screen keeps.
#[derive(Default)]
pub(in crate::tui) struct State {
    component: SmolStr,
    item: Option<ObjectRef>,
    /// What it is about while the arrows go from loop to loop: not every loop knows the same objects.
    about: Option<ObjectRef>,
    /// The panel that is shown where only one has room.
    focus: Part,
    lens: Lens,
    diary: Diary,
}

impl State {
    /// The run is another one: its events have other meanings under the same numbers.
    pub(in crate::tui) fn forget(&mut self) {
        self.diary = Diary::default();
    }
}

/// A panel of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Boxes,
    Knowledge,
    Code,
    Loops,
    Queue,
}

impl Part {
    const ALL: [Self; 5] = [Self::Boxes, Self::Knowledge, Self::Code, Self::Loops, Self::Queue];

    fn next(self, forward: bool) -> Self {
        let index = self as usize + if forward { 1 } else { Self::ALL.len() - 1 };
        Self::ALL[index % Self::ALL.len()]
    }
}

/// Paints the screen.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    for (part, place) in places(app, area) {
        match part {
            Part::Boxes => boxes::boxes(frame, place, app, place.height >= BOXES.1),
            Part::Knowledge => knowledge::knowledge(frame, place, app),
            Part::Code => code::code(frame, place, app),
            Part::Loops => history::loops(frame, place, app),
            Part::Queue => history::queue(frame, place, app),
        }
    }
}

/// The panels that have room, each with its place.
fn places(app: &App, area: Rect) -> Vec<(Part, Rect)> {
    let focus = app.lens.focus;
    if app.zoomed || area.height < POCKET || area.width < NARROW {
        return vec![(focus, area)];
    }
    let tall = area.height >= TALL;
    let above = if tall { BOXES.1 } else { BOXES.0 };
    let lines = u16::try_from(app.lens.lens.algorithm().len()).unwrap_or(6) + 2;
    let middle = lines.clamp(7, if tall { 13 } else { 8 });
    let [above, middle, below] =
        Layout::vertical([Constraint::Length(above), Constraint::Length(middle), Constraint::Min(3)])
            .areas(area);
    let [knows, code] = Layout::horizontal([Constraint::Percentage(45), Constraint::Min(30)]).areas(middle);
    let mut all = vec![(Part::Boxes, above), (Part::Knowledge, knows), (Part::Code, code)];
    if area.width < WIDE {
        all.push((if focus == Part::Queue { Part::Queue } else { Part::Loops }, below));
        return all;
    }
    let [loops, queue] = Layout::horizontal([Constraint::Percentage(64), Constraint::Min(36)]).areas(below);
    all.extend([(Part::Loops, loops), (Part::Queue, queue)]);
    all
}

/// Brings the lens up to date.
pub(super) fn refresh(app: &mut App) {
    refresh_loop(app);
    let veil = app.veil();
    app.lens.lens = std::mem::take(&mut app.lens.lens).with_knowledge(&app.view, veil.as_deref());
}

/// The same without who knows what.
fn refresh_loop(app: &mut App) {
    if app.lens.component.is_empty() {
        choose(app);
    }
    if app.lens.item.is_none() {
        app.lens.item = lens::items(&app.view, &app.lens.component).into_iter().next();
    }
    let State { component, item, diary, .. } = &mut app.lens;
    app.lens.lens = Lens::new(&app.view, diary, component, item.as_ref(), app.event);
}

/// The phases of a loop, on another screen.
pub(super) fn pinned(frame: &mut Frame<'_>, area: Rect, app: &App) {
    boxes::boxes(frame, area, app, false);
}

/// The loop of the selected object is under the glass.
pub(super) fn follow_selection(app: &mut App) {
    choose(app);
    refresh_loop(app);
}

/// The loop of the selected object, and the screen that shows it.
pub(super) fn open_for_selection(app: &mut App) {
    choose(app);
    app.screen = Screen::Loop;
    app.refresh();
}

fn choose(app: &mut App) {
    let selected = app.target();
    let found = selected.and_then(|object| Some((lens::caretaker(&app.view, &object)?, object)));
    let (component, item) = match found {
        Some((component, object)) => (component, Some(object)),
        None => (SmolStr::new_static("controller/replicaset"), None),
    };
    (app.lens.component, app.lens.item, app.lens.about) = (component, item, None);
}

/// A click gives a panel the focus.
pub(super) fn click(app: &mut App, at: Position) {
    let hit = places(app, body(app)).into_iter().find(|(_, place)| place.contains(at));
    app.lens.focus = hit.map_or(app.lens.focus, |(part, _)| part);
}

/// What commands mean on this screen.
pub(super) fn command(app: &mut App, command: Command) -> Flow {
    match command {
        Command::Left => other_component(app, false),
        Command::Right => other_component(app, true),
        Command::Up => other_item(app, false),
        Command::Down => other_item(app, true),
        Command::NextPanel | Command::LastPanel => {
            app.lens.focus = app.lens.focus.next(command == Command::NextPanel);
        }
        Command::Open if app.lens.focus == Part::Code => code::explain(app),
        Command::Open if matches!(app.lens.focus, Part::Knowledge | Part::Queue) => return Flow::Pass,
        Command::Open => {
            let shown = app.lens.lens.at.or(app.lens.lens.trip().map(|trip| trip.first()));
            app.screen = Screen::Time;
            let effect = shown.and_then(|event| app.go_to(event));
            app.refresh();
            return Flow::Done(effect);
        }
        _ => return Flow::Pass,
    }
    Flow::Done(None)
}

fn other_component(app: &mut App, next: bool) {
    let all = lens::components(&app.view);
    let Some(component) = neighbour(&all, &app.lens.component, next) else { return };
    let about = app.lens.about.clone().or_else(|| app.lens.item.clone());
    app.lens.item = kin(lens::items(&app.view, &component), about.as_ref());
    (app.lens.component, app.lens.about) = (component, about);
    app.refresh();
}

/// The item that has most to do with what the lens is about: the same, its owner or Service, else the first.
fn kin(items: Vec<ObjectRef>, about: Option<&ObjectRef>) -> Option<ObjectRef> {
    let near = |item: &&ObjectRef| match about {
        Some(about) if **item == *about => usize::MAX,
        // An owner's name is the beginning of the names of what it owns, and a Service's often is.
        Some(about) if about.key.name.starts_with(item.key.name.as_str()) => item.key.name.len(),
        _ => 0,
    };
    let best = items.iter().rev().max_by_key(near).cloned();
    best.or_else(|| items.into_iter().next())
}

fn other_item(app: &mut App, next: bool) {
    let all = lens::items(&app.view, &app.lens.component);
    let found = match &app.lens.item {
        Some(item) => neighbour(&all, item, next),
        None => all.first().cloned(),
    };
    if found.is_some() {
        (app.lens.item, app.lens.about) = (found, None);
        app.refresh();
    }
}

/// The one after or before, around the corner.
fn neighbour<T: Clone + PartialEq>(all: &[T], here: &T, next: bool) -> Option<T> {
    let count = all.len().max(1);
    let index = all.iter().position(|one| one == here).unwrap_or(if next { count - 1 } else { 0 });
    let index = if next { index + 1 } else { index + count - 1 } % count;
    all.get(index).cloned()
}

/// The object under the glass.
pub(super) fn subject(app: &App) -> Option<ObjectRef> {
    app.lens.item.clone()
}

/// Says what Enter opens in the panel that has the keys, and that arrows go to other loops.
pub(in crate::tui) fn sort_hints(app: &App, hints: &mut Vec<Hint<'_>>) {
    let mut all = hints.iter_mut().enumerate();
    let Some((at, open)) = all.find(|(_, hint)| hint.command == Some(Command::Open)) else { return };
    open.words = match app.lens.focus {
        Part::Code => "explain line",
        Part::Knowledge | Part::Queue => "open object",
        Part::Boxes | Part::Loops => "in Time",
    };
    hints.insert(at + 1, Hint { label: "arrows", command: None, words: "other loop" });
}

/// A step goes to the next phase of this loop.
pub(super) fn goal(app: &App) -> Goal {
    match &app.lens.item {
        Some(item) => Goal::Phase { component: app.lens.component.clone(), item: item.clone() },
        None => Goal::Step,
    }
}

/// The phase that is shown, in a sentence.
pub(super) fn narration(app: &App) -> Option<(&'static str, String, String)> {
    let lens = &app.lens.lens;
    let label = if app.cursor.is_some() { "THEN" } else { "NOW" };
    let who = text::component(&lens.component);
    if !lens.running {
        let follows = "Nobody does its work. What it is responsible for stays as it is.";
        return Some((label, format!("{who} is stopped."), follows.to_owned()));
    }
    let sentence = match lens.at.and_then(|at| app.live.event(at)) {
        Some(event) => text::told(event, app.vocabulary),
        None => match lens.trip() {
            Some(Trip { waits: Some(waits), .. }) if waits.what.is_empty() => {
                format!("{who} waits until something that it watches changes.")
            }
            Some(Trip { waits: Some(waits), .. }) => format!("{who} waits {}.", waits.what),
            Some(_) => format!("{who} has asked for something and waits for the answer."),
            None => format!("{who} has not looked at this object lately."),
        },
    };
    let sentence = capitalised(&sentence);
    Some((label, sentence, "It acts on what it has SEEN, never on what woke it.".to_owned()))
}
