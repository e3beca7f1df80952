//! Traffic: requests of synthetic clients, on the time axis.
//!
//! ```text
//! ┌─ Traffic ─────────────────────────────┐
//! │ svc/login  10/s  ok 98.3%   failed 2  │
//! │ ▮▮▮▮▮▮▮▮▮▮▮▯▮▮▮▮▮▮▮▮▮▮▮▮▮▮            │
//! │ last: connection refused by 10.244... │
//! └───────────────────────────────────────┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::network::ServiceTraffic;
use crate::object::Key;
use crate::tui::app::App;
use crate::tui::glyphs::Sign;
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;

pub(in crate::tui) fn traffic(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let inside = panel(frame, area, app, &Frills { title: "Traffic", ..Frills::default() });
    let width = usize::from(inside.width);
    let look = app.view.traffic();
    let mut lines = Vec::new();
    for (service, traffic) in look.iter().flat_map(|look| &look.services) {
        lines.push(head(app, service, traffic));
        lines.push(Line::from(buckets(app, traffic, width.saturating_sub(1))));
        lines.push(last(app, traffic, width));
    }
    if lines.is_empty() {
        lines.push(Line::styled(" No synthetic clients.", app.theme.style(Role::Muted)));
    }
    frame.render_widget(Paragraph::new(lines), inside);
}

/// The first Service in one line: for small screens.
pub(in crate::tui) fn ribbon<'a>(app: &App, width: usize) -> Vec<Span<'a>> {
    let look = app.view.traffic();
    let Some((service, traffic)) = look.as_ref().and_then(|look| look.services.iter().next()) else {
        return vec![Span::styled(" no synthetic clients", app.theme.style(Role::Muted))];
    };
    let mut spans = head(app, service, traffic).spans;
    let used: usize = spans.iter().map(|span| span.content.chars().count()).sum();
    spans.extend(buckets(app, traffic, width.saturating_sub(used + 1)));
    spans
}

fn head<'a>(app: &App, service: &Key, traffic: &ServiceTraffic) -> Line<'a> {
    let (ok, failed) =
        traffic.buckets.iter().rev().take(10).fold((0, 0), |(ok, failed), bucket| {
            (ok + u64::from(bucket.ok), failed + u64::from(bucket.failed))
        });
    let share = (ok * 1000).checked_div(ok + failed).unwrap_or(1000);
    let role = if failed == 0 { Role::Ok } else { Role::Warn };
    Line::from(vec![
        Span::raw(format!(" svc/{} {} ", service.name, traffic.rate)),
        Span::styled(format!("ok {}.{}%", share / 10, share % 10), app.theme.style(role)),
        Span::raw(format!("  {} failed ", traffic.failed)),
    ])
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

fn last<'a>(app: &App, traffic: &ServiceTraffic, width: usize) -> Line<'a> {
    let text = match &traffic.last_failure {
        Some((at, hop)) => format!(" last failure at {at}: {hop}"),
        None => " no request has failed".to_owned(),
    };
    Line::styled(fit(&text, width), app.theme.style(Role::Muted))
}
