//! Traffic: requests of synthetic clients, on the time axis.
//!
//! ```text
//! ┌─ Traffic ─────────────────────────────┐
//! │ svc/login  10/s  ok 98.3%   failed 2  │
//! │ ▮▮▮▮▮▮▮▮▮▮▮▯▮▮▮▮▮▮▮▮▮▮▮▮▮▮            │
//! │ budget: 2 of 36 an hour spent, kept   │
//! │ k2x9v 34%  p7mqd 33%  w8s4n 33%       │
//! │ 2x connection refused by 10.244...    │
//! └───────────────────────────────────────┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span as Words};
use ratatui::widgets::Paragraph;

use super::layout::Panel;
use crate::network::ServiceTraffic;
use crate::object::Key;
use crate::time::{Span, VirtualTime};
use crate::tui::app::App;
use crate::tui::glyphs::Sign;
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;

/// What happened longer ago is not drawn as news.
const RECENT: Span = Span::secs(10);
/// What share of requests is to be answered, in words.
const OBJECTIVE: &str = "99.9%";
/// The same as the number of requests of which one may fail.
const MAY_FAIL_ONE_IN: u64 = 1000;
/// The time for which an error budget is made.
const HOUR: Span = Span::secs(3600);
/// Reasons for failures that are listed.
const REASONS: usize = 3;

pub(super) fn traffic(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let look = app.ribbon.as_ref();
    let failed: u64 = look.iter().flat_map(|look| look.services.values()).map(|one| one.failed).sum();
    let below = format!("{failed} failed");
    let focused = app.focus == Panel::Traffic;
    let inside =
        panel(frame, area, app, &Frills { title: "Traffic", top_right: "", bottom_right: &below, focused });
    let width = usize::from(inside.width);
    let mut lines = Vec::new();
    for (service, traffic) in look.iter().flat_map(|look| &look.services) {
        lines.push(head(app, service, traffic));
        lines.push(Line::from(buckets(app, traffic, width.saturating_sub(1))));
        lines.push(budget(app, traffic, width));
        lines.extend(shares(app, traffic, width));
        lines.extend(last(app, traffic, width));
    }
    if lines.is_empty() {
        lines.push(Line::styled(" No synthetic clients.", app.theme.style(Role::Muted)));
    }
    frame.render_widget(Paragraph::new(lines), inside);
}

/// The first Service in one line: for small screens.
pub(in crate::tui) fn ribbon<'a>(app: &App, width: usize) -> Vec<Words<'a>> {
    let Some((service, traffic)) = app.ribbon.as_ref().and_then(|look| look.services.iter().next()) else {
        return vec![Words::styled(" no synthetic clients", app.theme.style(Role::Muted))];
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
        Words::raw(format!(" svc/{} {} ", service.name, traffic.rate)),
        Words::styled(format!("ok {}.{}%", share / 10, share % 10), app.theme.style(role)),
        Words::raw(format!("  {} failed ", traffic.failed)),
    ])
}

/// How much of the error budget is spent: the objective is three nines, so of the requests of an hour one in a
/// thousand may fail.
fn budget<'a>(app: &App, traffic: &ServiceTraffic, width: usize) -> Line<'a> {
    let of_an_hour = HOUR.as_micros() / traffic.rate.interval().as_micros().max(1);
    let allowed = (of_an_hour / MAY_FAIL_ONE_IN).max(1);
    let role = match traffic.failed {
        0 => Role::Muted,
        failed if failed <= allowed => Role::Warn,
        _ => Role::Bad,
    };
    let verdict = if traffic.failed > allowed { "overspent" } else { "kept" };
    let spent = format!("{} of {allowed} an hour spent, {verdict}", traffic.failed);
    let long = format!(" error budget {OBJECTIVE}: {spent}");
    // What is cut is not the number.
    let words = if long.chars().count() <= width { long } else { format!(" budget: {spent}") };
    Line::styled(words, app.theme.style(role))
}

/// One sign a second, newest last.
fn buckets<'a>(app: &App, traffic: &ServiceTraffic, width: usize) -> Vec<Words<'a>> {
    let skip = traffic.buckets.len().saturating_sub(width);
    let signs = traffic.buckets.iter().skip(skip).map(|bucket| match (bucket.ok, bucket.failed) {
        (_, 0) => (Sign::AllOk, Role::Ok),
        (0, _) => (Sign::AllFailed, Role::Bad),
        _ => (Sign::SomeFailed, Role::Warn),
    });
    let mut spans = vec![Words::raw(" ")];
    spans.extend(
        signs.map(|(sign, role)| Words::styled(app.glyphs.sign(sign).to_owned(), app.theme.style(role))),
    );
    spans
}

/// Who answered how much of it: each pod, and each version if there are several.
fn shares<'a>(app: &App, traffic: &ServiceTraffic, width: usize) -> Vec<Line<'a>> {
    let total: u64 = traffic.by_pod.values().map(|pod| pod.ok).sum::<u64>().max(1);
    let pods: Vec<String> = traffic
        .by_pod
        .iter()
        .filter(|(_, pod)| app.view.now() - pod.last <= RECENT)
        .map(|(name, pod)| {
            let end = name.rsplit('-').next().unwrap_or(name);
            let failed = if pod.failed > 0 { format!(" {} failed", pod.failed) } else { String::new() };
            format!("{end} {}%{failed}", pod.ok * 100 / total)
        })
        .collect();
    let versions: u64 = traffic.by_version.values().sum::<u64>().max(1);
    let versions: Vec<String> = match traffic.by_version.len() {
        0 | 1 => Vec::new(),
        _ => traffic
            .by_version
            .iter()
            .map(|(version, ok)| format!("v{version} {}%", ok * 100 / versions))
            .collect(),
    };
    let rows =
        [(pods, Role::Text), (versions, Role::Want)].into_iter().filter(|(words, _)| !words.is_empty());
    rows.map(|(words, role)| {
        Line::styled(fit(&format!(" {}", words.join("  ")), width), app.theme.style(role))
    })
    .collect()
}

/// The newest reason for which a request failed, and how often each did.
fn last<'a>(app: &App, traffic: &ServiceTraffic, width: usize) -> Vec<Line<'a>> {
    if traffic.failures.is_empty() {
        return vec![Line::styled(" no request has failed", app.theme.style(Role::Muted))];
    }
    let mut reasons: Vec<_> = traffic.failures.iter().collect();
    reasons.sort_by_key(|(_, (_, at))| std::cmp::Reverse(*at));
    let role = |at| if app.view.now() - at < RECENT { Role::Bad } else { Role::Muted };
    let line = |(hop, (count, at)): (&smol_str::SmolStr, &(u64, VirtualTime))| {
        let what = format!(" {count}x {hop}");
        let long = format!("{what}, last at {at}");
        // The hop is what matters: the time goes first.
        let words = if long.chars().count() <= width { long } else { fit(&what, width) };
        Line::styled(words, app.theme.style(role(*at)))
    };
    reasons.into_iter().take(REASONS).map(line).collect()
}
