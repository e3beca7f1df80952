//! The Time screen: what happened when, why, and what it changed.
//!
//! ```text
//! ┏━ Lanes ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 column = 5ms   / filter ━┓
//! ┃ story           ├──── #7 you deleted pod login-x4h2s ────┤ healed ┃
//! ┃ you             ▌                                                 ┃
//! ┃ replicaset       ▌▌                                               ┃
//! ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ cursor 00:39.4 ━┛
//! ┌─ Why? ──────────────────────────────────┐┌─ What changed at #7.6 ─┐
//! │ you deleted pod login-x4h2s        #7.1 ││ etcd  rev 1041 -> 1042 │
//! └─────────────────────────────────────────┘└────────────────────────┘
//! ```

mod causes;
mod changes;
mod filter;
mod lanes;
mod ribbon;
mod stories;
mod window;

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};

use crate::trace::text::{Vocabulary, capitalised, told};
use crate::trace::{Event, EventId};
use crate::tui::app::{App, Effect, Flow};
use crate::tui::keymap::Command;
use crate::tui::model::chain::{Chain, chain};
use crate::tui::model::change::{Change, change};
use crate::tui::model::lanes::{Lanes, lane_name};
use crate::tui::model::marks::{Bookmarks, bookmarks};
use crate::tui::screens::body;

/// From this width on, causes and changes stand side by side.
const WIDE: u16 = 100;
/// Below this height, one panel is shown at a time.
const POCKET: u16 = 14;
/// From this height on, the lanes get more than half.
const ROOMY: u16 = 26;

/// What the Time screen keeps.
#[derive(Default)]
pub(in crate::tui) struct State {
    lanes: Lanes,
    /// How many events there were when the lanes were last brought up to date.
    total: u64,
    /// Steps of zoom away from the scale that shows the whole story; more is finer.
    zoom: i32,
    /// Which turn of the run the lanes belong to.
    turns: u64,
    filter: String,
    /// Whether keys go into the filter.
    typing: bool,
    /// The panel that is shown where only one has room.
    focus: Part,
    /// The event that is explained, and how.
    here: Option<(EventId, Vocabulary)>,
    chain: Chain,
    change: Option<Result<Change, String>>,
    marks: Bookmarks,
}

/// A panel of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Lanes,
    Causes,
    Changes,
}

impl Part {
    const ALL: [Self; 3] = [Self::Lanes, Self::Causes, Self::Changes];

    fn next(self, forward: bool) -> Self {
        let index = self as usize + if forward { 1 } else { Self::ALL.len() - 1 };
        Self::ALL[index % Self::ALL.len()]
    }
}

/// Paints the screen.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    for (part, place) in places(app, area) {
        match part {
            Part::Lanes => lanes::lanes(frame, place, app),
            Part::Causes => causes::causes(frame, place, app, area.width < WIDE),
            Part::Changes => changes::changes(frame, place, app),
        }
    }
}

/// The lanes on another screen.
pub(super) fn pinned(frame: &mut Frame<'_>, area: Rect, app: &App) {
    lanes::lanes(frame, area, app);
}

/// The panels that have room, each with its place.
fn places(app: &App, area: Rect) -> Vec<(Part, Rect)> {
    let focus = app.time.focus;
    if app.zoomed || area.height < POCKET {
        return vec![(focus, area)];
    }
    // With little room, the causes get as much of it as the lanes.
    let least = if area.height < ROOMY { area.height / 2 } else { area.height * 2 / 5 };
    let most = area.height.saturating_sub(least.max(7));
    let above = lanes::rows_wanted(app, area.width).min(most).max(6);
    let [above, below] = Layout::vertical([Constraint::Length(above), Constraint::Min(3)]).areas(area);
    if area.width < WIDE {
        let part = if focus == Part::Changes { Part::Changes } else { Part::Causes };
        return vec![(Part::Lanes, above), (part, below)];
    }
    let [left, right] = Layout::horizontal([Constraint::Percentage(58), Constraint::Min(40)]).areas(below);
    vec![(Part::Lanes, above), (Part::Causes, left), (Part::Changes, right)]
}

/// Takes in what happened, and explains the event at the cursor.
pub(super) fn refresh(app: &mut App) {
    let total = app.live.log().total();
    if app.trail.turns != app.time.turns {
        // The run is another one: its events have other meanings under the same numbers.
        let (zoom, focus, filter) = (app.time.zoom, app.time.focus, std::mem::take(&mut app.time.filter));
        app.time = State { zoom, focus, filter, turns: app.trail.turns, ..State::default() };
    }
    let here = app.event_here();
    let id = here.as_ref().map(|event| (event.id, app.vocabulary));
    if total == app.time.total && id == app.time.here {
        return;
    }
    app.time.total = total;
    app.time.lanes.absorb(&app.live);
    app.time.here = id;
    let Some(event) = here else {
        (app.time.chain, app.time.change) = (Chain::default(), None);
        return;
    };
    app.time.chain = chain(&app.live, event.id, app.vocabulary);
    app.time.marks = bookmarks(&app.live, event.story);
    app.time.change = match change(&app.view, &event) {
        Some(Err(_)) => change(&app.live, &event),
        other => other,
    };
}

/// A click gives a panel the focus; on the lanes it puts the cursor there.
pub(super) fn click(app: &mut App, at: Position) -> Option<Effect> {
    let hit = places(app, body(app)).into_iter().find(|(_, place)| place.contains(at));
    app.time.focus = hit.map_or(app.time.focus, |(part, _)| part);
    match drag(app, at) {
        Flow::Done(effect) => effect,
        Flow::Pass => None,
    }
}

/// The cursor follows the mouse over the lanes.
pub(super) fn drag(app: &mut App, at: Position) -> Flow {
    let lanes = places(app, body(app)).into_iter().find(|(part, _)| *part == Part::Lanes);
    match lanes.filter(|(_, place)| place.contains(at)) {
        Some((_, place)) => Flow::Done(lanes::cursor_to(app, place, at)),
        None => Flow::Pass,
    }
}

/// What commands mean on this screen.
pub(super) fn command(app: &mut App, command: Command) -> Flow {
    let effect = match command {
        Command::PageUp => app.story_step(false),
        Command::PageDown => app.story_step(true),
        Command::Left => app.instant_step(false),
        Command::Right => app.instant_step(true),
        Command::Up => lanes::lane_step(app, false),
        Command::Down => lanes::lane_step(app, true),
        Command::First => app.go_to_start(),
        Command::Last => {
            app.see_live();
            None
        }
        Command::Open => app.go_to_cause(),
        Command::Wider | Command::Finer => {
            lanes::zoom(app, if command == Command::Finer { 1 } else { -1 });
            None
        }
        Command::Filter => {
            app.time.typing = true;
            None
        }
        Command::NextPanel | Command::LastPanel => {
            app.time.focus = app.time.focus.next(command == Command::NextPanel);
            None
        }
        Command::Copy => Some(Effect::Copy(app.time.chain.lines().join("\n"))),
        Command::Diff => {
            whole_change(app);
            None
        }
        Command::Back if !app.time.filter.is_empty() => {
            app.time.filter.clear();
            None
        }
        _ => return Flow::Pass,
    };
    Flow::Done(effect)
}

/// Keys go into the filter while it is typed.
pub(super) fn key(app: &mut App, key: KeyCode) -> Flow {
    match app.time.typing {
        true => filter::key(&mut app.time, key),
        false => Flow::Pass,
    }
}

/// Whether a step may stop at an event: its lane is shown.
pub(super) fn shows(app: &App, event: &Event) -> bool {
    app.time.filter.is_empty() || filter::matches(&app.time.filter, &lane_name(event))
}

/// The sentence of the event at the cursor.
pub(super) fn narration(app: &App) -> Option<(&'static str, String, String)> {
    let event = app.event_here()?;
    let label = if app.cursor.is_some() { "THEN" } else { "NOW" };
    let sentence = capitalised(&told(&event, app.vocabulary));
    // A story that begins here is no news about itself.
    let words = |text: &str| text.trim_end_matches('.').to_lowercase();
    let in_one_line = app.time.chain.in_one_line.clone();
    let next = if words(&in_one_line) == words(&sentence) { String::new() } else { in_one_line };
    Some((label, sentence, next))
}

fn whole_change(app: &mut App) {
    let title = match &app.time.change {
        Some(Ok(change)) => format!("{}  revision {}", change.head, change.revision),
        _ => {
            return app
                .say(app.keymap.told(
                    "Only a write to etcd changes objects. The keys <back> and <step> lead to others.",
                ));
        }
    };
    let lines = changes::whole(app);
    app.show_text(title, &lines.join("\n"));
}
