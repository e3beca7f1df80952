//! The four phases as boxes; the current one is heavy.
//!
//! ```text
//! ┃ ┌─ 1 OBSERVE ────┐   ┌─ 2 COMPARE ────┐   ┏━ 3 ACT NOW ━━━━┓   ┌─ 4 WAIT ───────┐ ┃
//! ┃ │ 2 pods, 2 ready│──▸│ want 3         │──▸┃ create a pod   ┃──▸│ for a change   │ ┃
//! ┃ │ 1 terminating  │   │ have 2         │   ┃                ┃   │                │ ┃
//! ┃ │                │   │ gap  -1        │   ┃                ┃   │                │ ┃
//! ┃ └────────────────┘   └────────────────┘   ┗━━━━━━━━━━━━━━━━┛   └────────────────┘ ┃
//! ┃         ▴                                                             │           ┃
//! ┃         └────────── again when something it watches changes ──────────┘           ┃
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Wrap};

use super::Part;
use crate::trace::{Phase, text};
use crate::tui::app::App;
use crate::tui::model::lens::{Lens, Trip};
use crate::tui::screen::Screen;
use crate::tui::screens::chain::cut;
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;

const PHASES: [(Phase, &str); 4] = [
    (Phase::Observe, "1 OBSERVE"),
    (Phase::Compare, "2 COMPARE"),
    (Phase::Act, "3 ACT"),
    (Phase::Wait, "4 WAIT"),
];

pub(super) fn boxes(frame: &mut Frame<'_>, area: Rect, app: &App, tall: bool) {
    let lens = &app.lens.lens;
    let item = lens.item.as_ref().map(|item| format!(", {}", text::object_words(item))).unwrap_or_default();
    let title = format!("Loop lens: {}{item}", text::component(&lens.component));
    let here = app.screen == Screen::Loop;
    let hint = if here {
        "left right: component   up down: object   . , phase"
    } else {
        "the loop of what is selected"
    };
    let frills = Frills {
        title: &title,
        top_right: if here { "arrows: other loop" } else { "" },
        bottom_right: hint,
        focused: here && app.lens.focus == Part::Boxes,
    };
    let inside = panel(frame, area, app, &frills);
    let [woken, row, back] =
        Layout::vertical([Constraint::Length(1), Constraint::Length(5), Constraint::Min(0)]).areas(inside);
    frame.render_widget(Paragraph::new(woken_by(app, lens, usize::from(woken.width))), woken);
    let gap = if area.width >= 100 { 5 } else { 3 };
    let width = (row.width.saturating_sub(2 + 3 * gap)) / 4;
    for (index, (phase, name)) in PHASES.into_iter().enumerate() {
        let index = u16::try_from(index).unwrap_or(0);
        let x = row.x + 1 + index * (width + gap);
        let place = Rect::new(x, row.y, width, row.height).intersection(row);
        one(frame, place, app, phase, name);
        if index < 3 {
            let middle = Rect::new(place.right(), row.y + 2, gap, 1).intersection(row);
            let dash = app.glyphs.pick("─", "-").repeat(usize::from(gap.saturating_sub(1)));
            let arrow = format!("{dash}{}", app.glyphs.pick("▸", ">"));
            frame.render_widget(Paragraph::new(arrow).style(app.theme.style(Role::Border)), middle);
        }
    }
    if tall {
        way_back(frame, back, app, width, gap);
    }
}

fn woken_by<'a>(app: &App, lens: &Lens, width: usize) -> Line<'a> {
    if !lens.running {
        return Line::styled(" stopped: it hears nothing and does nothing", app.theme.style(Role::Bad));
    }
    let connection = if lens.deaf.is_empty() { String::new() } else { format!("   {}", lens.deaf) };
    let right = format!("{} loops so far   queue {}{connection} ", lens.loops, lens.queue.len());
    let by = match lens.trip() {
        Some(trip) => format!(" woken at {} by: {}", trip.at, trip.by),
        None => " not woken lately".to_owned(),
    };
    let room = width.saturating_sub(right.chars().count() + 1);
    Line::from(vec![
        Span::raw(fit(&by, room)),
        Span::raw(" "),
        Span::styled(right, app.theme.style(if lens.deaf.is_empty() { Role::Muted } else { Role::Bad })),
    ])
}

fn one(frame: &mut Frame<'_>, area: Rect, app: &App, phase: Phase, name: &str) {
    let lens = &app.lens.lens;
    let here = lens.running && lens.phase == Some(phase);
    let role = if here { Role::Focus } else { Role::Border };
    let title = if here { format!(" {name} NOW ") } else { format!(" {name} ") };
    let block = Block::bordered()
        .border_set(app.glyphs.border(here))
        .border_style(app.theme.style(role))
        .title_top(Line::styled(title, app.theme.style(role)));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let lines = match lens.trip() {
        Some(trip) if reached(lens.phase, phase) => content(app, trip, phase, usize::from(inside.width)),
        _ => Vec::new(),
    };
    let lines: Vec<Line<'_>> = lines.into_iter().map(Line::raw).collect();
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }), inside);
}

/// Whether a phase has begun when another one is shown.
fn reached(shown: Option<Phase>, phase: Phase) -> bool {
    let place = |phase: Phase| PHASES.iter().position(|(known, _)| *known == phase);
    shown.is_some_and(|shown| place(phase) <= place(shown))
}

fn content(app: &App, trip: &Trip, phase: Phase, width: usize) -> Vec<String> {
    match phase {
        Phase::Observe => vec![trip.saw.to_string()],
        Phase::Compare if trip.want.is_empty() => vec![trip.why.to_string()],
        // With their ends: in a narrow box the beginnings, which hold the numbers, must stay.
        Phase::Compare => [("want", &trip.want), ("have", &trip.have), ("gap ", &trip.gap)]
            .map(|(name, value)| cut(&format!("{name} {value}"), width))
            .to_vec(),
        Phase::Act => {
            let acts = trip.acts_until(app.lens.lens.at.filter(|at| trip.phase_of(*at).is_some()));
            match (acts, trip.idle) {
                (0, true) => vec!["nothing to do".to_owned()],
                (0, false) => vec!["...".to_owned()],
                (acts, _) => {
                    let first = acts.saturating_sub(3);
                    trip.acts[first..acts].iter().map(ToString::to_string).collect()
                }
            }
        }
        Phase::Wait => match &trip.waits {
            None => vec!["for the API server's answer".to_owned()],
            Some(waits) => {
                let mut lines = vec![waits.what.to_string()];
                let left = waits.until.and_then(|until| {
                    (until > app.view.now()).then(|| format!("again in {}", until - app.view.now()))
                });
                lines.extend(left);
                lines
            }
        },
    }
}

fn way_back(frame: &mut Frame<'_>, area: Rect, app: &App, width: u16, gap: u16) {
    if area.height == 0 {
        return;
    }
    let trip = app.lens.lens.trip();
    let why = trip.map(|trip| format!(" because: {}", trip.why)).unwrap_or_default();
    let from = usize::from(1 + width / 2);
    let to = usize::from(1 + 3 * (width + gap) + width / 2);
    let pick = |unicode, ascii| app.glyphs.pick(unicode, ascii);
    let words = " again when something it watches changes ";
    let room = to.saturating_sub(from + 1);
    let dashes = room.saturating_sub(words.len());
    let dash = pick("─", "-");
    let lower = format!(
        "{}{}{}{words}{}{}",
        " ".repeat(from),
        pick("└", "+"),
        dash.repeat(dashes / 2),
        dash.repeat(dashes - dashes / 2),
        pick("┘", "+")
    );
    let upper = format!("{}{}{}{}", " ".repeat(from), pick("▴", "^"), " ".repeat(room), pick("│", "|"));
    let border = app.theme.style(Role::Border);
    let lines = vec![Line::styled(upper, border), Line::styled(lower, border), Line::raw(why)];
    frame.render_widget(Paragraph::new(lines), area);
}
