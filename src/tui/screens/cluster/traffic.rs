//! Traffic: requests of synthetic clients, on the time axis.
//!
//! ```text
//! ┌─ Traffic ──── budget: 2 of 36 an hour, kept ┐
//! │ svc/login 10/s ok 98.3%  2 failed           │
//! │ ▮▮▮▮▮▮▮▮▮▮▮▯▮▮▮▮▮▮▮▮▮▮▮▮▮▮                  │
//! │ k2x9v 34%  p7mqd 33%  w8s4n 33%             │
//! │ 02:10.4 2x connection refused by 10.244...  │
//! └─────────────────────── 2 failed in story #7 ┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::layout::Panel;
use crate::network::ServiceTraffic;
use crate::object::Key;
use crate::tui::app::App;
use crate::tui::glyphs::Sign;
use crate::tui::model::traffic::{RECENT, budget, failures, rate_and_share, shares};
use crate::tui::screens::panel::{Frills, panel};
use crate::tui::theme::Role;
use crate::tui::wrap::wrap;

/// Reasons for failures that are listed.
const REASONS: usize = 3;

pub(super) fn traffic(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let look = app.ribbon.as_ref();
    let all = || look.iter().flat_map(|look| look.services.values());
    let (top, below) = match all().next() {
        Some(_) => (budget(all()), lost(app, all())),
        None => Default::default(),
    };
    let focused = app.focus == Panel::Traffic;
    let frills = Frills { title: "Traffic", top_right: &top, bottom_right: &below, focused };
    let inside = panel(frame, area, app, &frills);
    let width = usize::from(inside.width);
    let mut lines = Vec::new();
    for (service, traffic) in look.iter().flat_map(|look| &look.services) {
        lines.push(head(app, service, traffic));
        lines.push(Line::from(buckets(app, traffic, width.saturating_sub(1))));
        lines.extend(flow(app, shares(&app.view, service, traffic), width));
        lines.extend(reasons(app, traffic, width));
    }
    if lines.is_empty() {
        lines.push(Line::styled(" No synthetic clients.", app.theme.style(Role::Muted)));
    }
    frame.render_widget(Paragraph::new(lines), inside);
}

/// The first Service in one line: for small screens.
pub(in crate::tui) fn ribbon<'a>(app: &App, width: usize) -> Vec<Span<'a>> {
    let Some((service, traffic)) = app.ribbon.as_ref().and_then(|look| look.services.iter().next()) else {
        return vec![Span::styled(" no synthetic clients", app.theme.style(Role::Muted))];
    };
    let mut spans = head(app, service, traffic).spans;
    if traffic.failed > 0 {
        spans.push(Span::raw(format!(" {} in all ", traffic.failed)));
    }
    let used: usize = spans.iter().map(|span| span.content.chars().count()).sum();
    spans.extend(buckets(app, traffic, width.saturating_sub(used + 1)));
    spans
}

/// How the requests of the last seconds went.
fn head<'a>(app: &App, service: &Key, traffic: &ServiceTraffic) -> Line<'a> {
    let (share, failed) = rate_and_share(traffic, app.view.now());
    let role = if failed == 0 { Role::Ok } else { Role::Warn };
    Line::from(vec![
        Span::raw(format!(" svc/{} {} ", service.name, traffic.rate)),
        Span::styled(format!("ok {share}"), app.theme.style(role)),
        Span::raw(format!("  {failed} failed ")),
    ])
}

/// How many requests failed since the last story began, or at all.
fn lost<'a>(app: &App, all: impl Iterator<Item = &'a ServiceTraffic>) -> String {
    let story = app.story.as_ref().and_then(|story| Some((story.number, app.view.story(story.id)?.began)));
    match story {
        Some((number, began)) => {
            let failed: u64 = all.map(|one| one.failed_since(began)).sum();
            format!("{failed} failed in story #{number}")
        }
        None => format!("{} failed", all.map(|one| one.failed).sum::<u64>()),
    }
}

/// One sign a second, newest last.
fn buckets<'a>(app: &App, traffic: &ServiceTraffic, width: usize) -> Vec<Span<'a>> {
    let skip = traffic.buckets.len().saturating_sub(width);
    let signs = traffic.buckets.iter().skip(skip).map(|bucket| match (bucket.ok, bucket.failed) {
        (_, 0) => (Sign::AllOk, Role::Ok),
        (0, _) => (Sign::AllFailed, Role::Bad),
        _ => (Sign::SomeFailed, Role::Warn),
    });
    let mut spans = vec![Span::raw(" ")];
    spans.extend(
        signs.map(|(sign, role)| Span::styled(app.glyphs.sign(sign).to_owned(), app.theme.style(role))),
    );
    spans
}

/// Words side by side, in as many lines as they need.
fn flow<'a>(app: &App, words: Vec<(String, Role)>, width: usize) -> Vec<Line<'a>> {
    let mut lines: Vec<Line<'a>> = Vec::new();
    let mut used = usize::MAX;
    for (word, role) in words {
        let length = word.chars().count() + 2;
        if used.saturating_add(length) > width + 1 {
            (used, lines) = (1, [lines, vec![Line::raw(" ")]].concat());
        }
        used += length;
        if let Some(line) = lines.last_mut() {
            line.push_span(Span::styled(format!("{word}  "), app.theme.style(role)));
        }
    }
    lines
}

/// Why requests failed, how many for each reason and in which story, the newest reason first.
fn reasons<'a>(app: &App, traffic: &ServiceTraffic, width: usize) -> Vec<Line<'a>> {
    if traffic.failures.is_empty() {
        return vec![Line::styled(" no request has failed", app.theme.style(Role::Muted))];
    }
    let lines = failures(&app.view, traffic, REASONS).into_iter().flat_map(|failure| {
        let role = if app.view.now() - failure.last < RECENT { Role::Bad } else { Role::Muted };
        let story = failure.story.map(|story| format!(" #{story}")).unwrap_or_default();
        let words = format!("{} {}x {}{story}", failure.last, failure.count, failure.hop);
        let words = wrap(&words, width.saturating_sub(3));
        words
            .into_iter()
            .enumerate()
            .map(move |(index, words)| (format!("{}{words}", if index == 0 { " " } else { "   " }), role))
    });
    lines.map(|(words, role)| Line::styled(words, app.theme.style(role))).collect()
}
