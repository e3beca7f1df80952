//! The last loops, most of which did nothing, and the work queue.
//!
//! ```text
//! ┌─ Last loops about this object ──────────────────────────────────────────────┐
//! │  t        WOKEN BY                       WANT HAVE GAP  DID                 │
//! │  00:32.4  pod p7mqd changed              4    4    =    nothing             │
//! │ ▸00:39.3  pod x4h2s is being deleted     4    3    -1   create a pod        │
//! └─────────────────── most loops do nothing: that is what healthy looks like ──┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Part;
use crate::trace::text;
use crate::tui::app::App;
use crate::tui::glyphs::Sign;
use crate::tui::model::lens::Trip;
use crate::tui::screens::chain::cut;
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;

pub(super) fn loops(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let lens = &app.lens.lens;
    let idle = lens.trips.iter().filter(|trip| trip.acts.is_empty()).count();
    let words = match idle * 2 > lens.trips.len() {
        true => "most loops do nothing: that is what healthy looks like".to_owned(),
        false => format!("{idle} of {} did nothing", lens.trips.len()),
    };
    let focused = app.lens.focus == Part::Loops;
    let frills = Frills {
        title: "Last loops about this object",
        top_right: if focused { "enter: in Time" } else { "" },
        bottom_right: &words,
        focused,
    };
    let inside = panel(frame, area, app, &frills);
    let (width, height) = (usize::from(inside.width), usize::from(inside.height));
    let columns = Columns::of(width);
    let head = format!(
        "  {:<9}{}{}{}{}DID",
        "t",
        fit("WOKEN BY", columns.by),
        fit("WANT", columns.number),
        fit("HAVE", columns.number),
        fit("GAP", columns.gap)
    );
    let mut lines = vec![Line::styled(head, app.theme.style(Role::Muted))];
    if height < 3 {
        lines.clear();
    }
    let room = height - lines.len();
    let last = (lens.shown + 1).max(room).min(lens.trips.len());
    let first = last.saturating_sub(room);
    let shown = lens.trips.iter().enumerate().skip(first).take(room);
    let mut rows: Vec<Line<'_>> =
        shown.map(|(index, trip)| row(app, trip, index == lens.shown, &columns)).collect();
    rows.reverse();
    lines.extend(rows);
    if lens.trips.is_empty() {
        lines.push(Line::styled("  It has not looked at this object lately.", app.theme.style(Role::Muted)));
    }
    frame.render_widget(Paragraph::new(lines), inside);
}

/// Widths in cells.
struct Columns {
    by: usize,
    number: usize,
    gap: usize,
    did: usize,
}

impl Columns {
    fn of(width: usize) -> Self {
        let (number, gap) = (if width >= 90 { 8 } else { 6 }, 5);
        let by = width.saturating_sub(11 + 2 * number + gap) / 2;
        Self { by, number, gap, did: width.saturating_sub(11 + by + 2 * number + gap) }
    }
}

fn row<'a>(app: &App, trip: &Trip, here: bool, columns: &Columns) -> Line<'a> {
    let did = match (trip.acts.as_slice(), &trip.waits) {
        ([], _) => "nothing".to_owned(),
        ([one], Some(_)) => one.to_string(),
        (acts, waits) => {
            let more = if waits.is_none() { " (running)" } else { "" };
            format!("{}{more}", acts.join("; "))
        }
    };
    let narrow = |text: &str, width: usize| format!("{} ", fit(text, width.saturating_sub(1)));
    let number = |text: &str, width: usize| {
        let first = text.split(' ').next().filter(|word| word.parse::<i64>().is_ok());
        let text = if text.chars().count() < width { text } else { first.unwrap_or(text) };
        format!("{} ", fit(&cut(text, width.saturating_sub(1)), width.saturating_sub(1)))
    };
    let mark = if here { app.glyphs.sign(Sign::Closed) } else { " " };
    let text = format!(
        " {mark}{:<9}{}{}{}{}",
        trip.at.to_string(),
        narrow(&trip.by, columns.by),
        number(&trip.want, columns.number),
        number(&trip.have, columns.number),
        number(&trip.gap, columns.gap)
    );
    let did = cut(&did, columns.did);
    let role = match (here, trip.acts.is_empty()) {
        (true, _) => Role::Focus,
        (false, true) => Role::Muted,
        (false, false) => Role::Text,
    };
    Line::from(vec![
        Span::styled(text, app.theme.style(role)),
        Span::styled(did, app.theme.style(if trip.acts.is_empty() { Role::Muted } else { Role::Busy })),
    ])
}

/// The work queue: what is worked on, what is ready, and what waits for which reason and how long.
pub(super) fn queue(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let lens = &app.lens.lens;
    let title = format!("Work queue: {}", lens.queue.len());
    let focused = app.lens.focus == Part::Queue;
    let frills =
        Frills { title: &title, bottom_right: "each object stands in it once", focused, ..Frills::default() };
    let inside = panel(frame, area, app, &frills);
    let (width, height) = (usize::from(inside.width), usize::from(inside.height));
    let now = app.view.now();
    let mut lines: Vec<Line<'_>> = lens
        .queue
        .iter()
        .take(height)
        .map(|queued| {
            let when = match (queued.until, queued.working) {
                (_, true) => "working".to_owned(),
                (None, false) => "now".to_owned(),
                (Some(until), false) => format!("in {}", until.since(now)),
            };
            let mine = lens.item.as_ref() == Some(&queued.item);
            let role = if mine { Role::Focus } else { Role::Text };
            let room = width.saturating_sub(11);
            let name = text::object_words(&queued.item);
            let words = match queued.why.is_empty() {
                true => name,
                false => format!("{name}: {}", queued.why),
            };
            let words = cut(&words, room);
            Line::from(vec![
                Span::styled(format!(" {when:<9} "), app.theme.style(Role::Want)),
                Span::styled(words, app.theme.style(role)),
            ])
        })
        .collect();
    if lens.queue.is_empty() {
        let words = " empty: it sleeps until a watch wakes it";
        lines.push(Line::styled(words, app.theme.style(Role::Muted)));
    }
    frame.render_widget(Paragraph::new(lines), inside);
}
