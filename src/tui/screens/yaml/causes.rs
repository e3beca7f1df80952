//! What an edit will cause, and afterwards what it did cause.
//!
//! ```text
//! ┌─ What this edit will cause ────────────── dry run, nothing sent ─┐
//! │ Deployment default/login                                         │
//! │ SCALING: only the number of pods changes ...                     │
//! │   spec.replicas: 3 -> 5                                          │
//! │                    EXPECTED        GUESS     SO FAR              │
//! │ rs/login-6f9c      3 -> 5                    3 -> 5              │
//! │ pods started       2               2         1                   │
//! └──────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use smol_str::SmolStr;

use super::open::{Open, Reality};
use crate::preview::Forecast;
use crate::tui::app::{App, SAY_FIRST};
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;
use crate::tui::wrap::{cut, wrap};

/// Fields that are listed; `d` shows all.
const FIELDS: usize = 6;
/// Cells and lines of the panel's frame.
const BORDERS: usize = 2;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, open: Option<&Open>) {
    let sent = open.is_some_and(|open| open.reality.is_some());
    let (title, top_right) = match sent {
        true => ("What this edit caused", "it was sent"),
        false => ("What this edit will cause", "dry run, nothing sent"),
    };
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let lines = open.map(|open| said(app, open, width.saturating_sub(BORDERS))).unwrap_or_default();
    let hidden = (lines.len() + BORDERS).saturating_sub(height);
    let more = if hidden > 0 { format!("{hidden} more lines: tab") } else { String::new() };
    let inside = panel(frame, area, app, &Frills { title, top_right, bottom_right: &more, focused: false });
    frame.render_widget(Paragraph::new(lines), inside);
}

fn said<'a>(app: &App, open: &Open, width: usize) -> Vec<Line<'a>> {
    let style = |role| app.theme.style(role);
    if let Some(problem) = open.problems.first() {
        let text = format!(" ! cannot apply yet: fix the error on line {}", problem.line);
        return vec![Line::styled(text, style(Role::Bad))];
    }
    if let Some(guess) = open.guess.as_ref().filter(|guess| guess.is_asking()) {
        let words = match open.typing || !open.is_edited() {
            true => {
                "Predict first: what follows stays hidden until you have said it. <edit>: change the text, then Esc."
            }
            false => "Predict first, then see. Enter goes on, Esc ends.",
        };
        let words = wrap(&app.keymap.told(words), width.saturating_sub(2).max(10));
        let mut lines: Vec<Line<'a>> =
            words.into_iter().map(|words| Line::styled(format!(" {words}"), style(Role::Focus))).collect();
        if open.typing || !open.is_edited() {
            return lines;
        }
        lines.extend(guess.lines().into_iter().map(|line| Line::raw(format!(" {line}"))));
        return lines;
    }
    if app.guess_is_open() && open.reality.is_none() {
        let lines = wrap(&app.keymap.told(SAY_FIRST), width.saturating_sub(2).max(10));
        return lines.into_iter().map(|line| Line::styled(format!(" {line}"), style(Role::Muted))).collect();
    }
    let expected = match &open.reality {
        Some(reality) => reality.expected.as_ref(),
        None => open.forecast.as_ref(),
    };
    let Some(forecast) = expected else {
        let text =
            if open.is_edited() { " It is being worked out ..." } else { " Change something: e, then type." };
        let mut lines = vec![Line::styled(text, style(Role::Muted))];
        if let Some(reality) = &open.reality {
            lines.extend(table(app, open, None, Some(reality), width));
        }
        return lines;
    };
    if forecast.changes.is_empty() && open.reality.is_none() {
        let words = "The cluster is as this text says: nothing would change.";
        let lines = wrap(words, width.saturating_sub(2).max(10));
        return lines.into_iter().map(|line| Line::raw(format!(" {line}"))).collect();
    }
    let mut lines = changes(app, forecast, width);
    lines.extend(table(app, open, Some(forecast), open.reality.as_ref(), width));
    for obstacle in forecast.obstacles() {
        let pieces = wrap(obstacle, width.saturating_sub(4).max(10));
        lines.extend(pieces.into_iter().map(|piece| Line::styled(format!(" ! {piece}"), style(Role::Bad))));
    }
    lines
}

fn changes<'a>(app: &App, forecast: &Forecast, width: usize) -> Vec<Line<'a>> {
    let style = |role| app.theme.style(role);
    let mut lines = Vec::new();
    for change in &forecast.changes {
        lines.push(Line::styled(format!(" {}", change.object), style(Role::Focus)));
        let words = wrap(change.nature.words(), width.saturating_sub(2).max(10));
        lines.extend(words.into_iter().map(|piece| Line::raw(format!(" {piece}"))));
        let fields = change.fields.iter().take(FIELDS);
        lines.extend(fields.map(|field| Line::styled(fit(&format!("   {field}"), width), style(Role::Want))));
        if change.fields.len() > FIELDS {
            let more = change.fields.len() - FIELDS;
            lines.push(Line::styled(
                app.keymap.told(&format!("   and {more} more: <diff> shows them")),
                style(Role::Muted),
            ));
        }
    }
    lines
}

/// What was expected beside what was guessed and what came true.
fn table<'a>(
    app: &App,
    open: &Open,
    forecast: Option<&Forecast>,
    reality: Option<&Reality>,
    width: usize,
) -> Vec<Line<'a>> {
    let expected = forecast.map(Forecast::rows).unwrap_or_default();
    let real = reality.map(real_rows).unwrap_or_default();
    let mut labels: Vec<SmolStr> = expected.iter().map(|(label, _)| label.clone()).collect();
    labels.extend(
        real.iter()
            .map(|(label, _)| label.clone())
            .filter(|label| !labels.contains(label))
            .collect::<Vec<_>>(),
    );
    let guess = open.guess.as_ref();
    let columns = 1 + usize::from(guess.is_some()) + usize::from(reality.is_some());
    let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let first = longest.min(width / (columns + 1)).max(18.min(width / 2));
    let each = width.saturating_sub(first + 3) / columns;
    let value = |rows: &[(SmolStr, String)], label: &SmolStr| {
        rows.iter().find(|(known, _)| known == label).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let heads = [Some("EXPECTED"), guess.map(|_| "YOUR GUESS"), reality.map(|_| "SO FAR")];
    let heads: Vec<&str> = heads.into_iter().flatten().collect();
    let muted = app.theme.style(Role::Muted);
    // Columns stand a cell apart. Values that are longer stand below each other, each behind its heading.
    let side_by_side = |label: &str, values: &[String]| {
        let mut spans = vec![Span::styled(format!(" {}  ", fit(label, first)), muted)];
        let cell = |value: &String| Span::raw(format!("{} ", fit(value, each.saturating_sub(1))));
        spans.extend(values.iter().map(cell));
        vec![Line::from(spans)]
    };
    let below = |label: &str, values: &[String]| {
        let value = |(head, value): (&&str, &String)| {
            let head = Span::styled(format!("   {} ", fit(&head.to_lowercase(), 10)), muted);
            Line::from(vec![head, Span::raw(cut(value, width.saturating_sub(15)))])
        };
        let label = Line::styled(format!(" {label}"), muted);
        std::iter::once(label).chain(heads.iter().zip(values).map(value)).collect()
    };
    let names: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let mut lines: Vec<Line<'a>> =
        side_by_side("", &names).into_iter().map(|line| line.style(muted)).collect();
    for label in &labels {
        let guessed = guess.map(|guess| guess.of(label).unwrap_or_default());
        let values = [Some(value(&expected, label)), guessed, reality.map(|_| value(&real, label))];
        let values: Vec<String> = values.into_iter().flatten().collect();
        let fits = label.chars().count() <= first && values.iter().all(|value| value.chars().count() < each);
        lines.extend(if fits { side_by_side(label, &values) } else { below(label, &values) });
    }
    lines
}

/// What came true, in the lines of the forecast.
fn real_rows(reality: &Reality) -> Vec<(SmolStr, String)> {
    let seen = reality.watch.seen();
    let mut rows = seen.rows(reality.watch.lasted());
    rows.push(("settled after".into(), format!("{} (last change)", seen.took)));
    rows
}
