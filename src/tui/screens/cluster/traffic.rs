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

use std::collections::BTreeMap;

use k8s_openapi::api::discovery::v1::EndpointSlice;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use smol_str::SmolStr;

use super::layout::Panel;
use crate::network::ServiceTraffic;
use crate::object::{Key, labels};
use crate::tui::app::App;
use crate::tui::glyphs::Sign;
use crate::tui::screens::panel::{Frills, panel};
use crate::tui::theme::Role;
use crate::tui::wrap::wrap;

/// What happened longer ago is not drawn as news, and does not count for shares.
const RECENT: crate::time::Span = crate::time::Span::secs(10);
/// So many requests may have one among them that fails: 99.9% are to be answered.
const MAY_FAIL_ONE_IN: u64 = 1000;
/// The time for which an error budget is made.
const HOUR: crate::time::Span = crate::time::Span::secs(3600);
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
        lines.extend(shares(app, service, traffic, width));
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
    let (failed, all) = traffic.recent(RECENT.as_secs(), app.view.now());
    let share = ((all - failed) * 1000).checked_div(all).unwrap_or(1000);
    let role = if failed == 0 { Role::Ok } else { Role::Warn };
    Line::from(vec![
        Span::raw(format!(" svc/{} {} ", service.name, traffic.rate)),
        Span::styled(format!("ok {}.{}%", share / 10, share % 10), app.theme.style(role)),
        Span::raw(format!("  {failed} failed ")),
    ])
}

/// How much of the error budget is spent: the objective is three nines, so of the requests of an hour one in a
/// thousand may fail.
fn budget<'a>(all: impl Iterator<Item = &'a ServiceTraffic>) -> String {
    let hourly = |one: &ServiceTraffic| HOUR.as_micros() / one.rate.interval().as_micros().max(1);
    let (sent, failed) = all.fold((0, 0), |(sent, failed), one| (sent + hourly(one), failed + one.failed));
    let allowed = (sent / MAY_FAIL_ONE_IN).max(1);
    let verdict = if failed > allowed { "overspent" } else { "kept" };
    format!("budget: {failed} of {allowed} an hour, {verdict}")
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

/// Who answered how many of the requests of the last seconds: each version if there are several, and each pod, also
/// those that get none.
fn shares<'a>(app: &App, service: &Key, traffic: &ServiceTraffic, width: usize) -> Vec<Line<'a>> {
    let shares = traffic.shares(RECENT.as_secs(), app.view.now());
    let percent = |count: u64| (count * 100 + shares.ok / 2) / shares.ok.max(1);
    let of = |pod: &SmolStr| percent(shares.by_pod.get(pod).copied().unwrap_or(0));
    let end = |pod: &SmolStr| pod.rsplit('-').next().unwrap_or(pod).to_owned();
    let endpoints = endpoints(app, service);
    let (ready, unready): (Vec<_>, Vec<_>) = endpoints.iter().partition(|(_, ready)| **ready);
    let mut words: Vec<(String, Role)> = Vec::new();
    if shares.by_version.len() > 1 {
        let versions = shares.by_version.iter();
        words.extend(
            versions.map(|(version, count)| (format!("v{version} {}%", percent(*count)), Role::Want)),
        );
    }
    words.extend(ready.iter().map(|(pod, _)| (format!("{} {}%", end(pod), of(pod)), Role::Text)));
    let gone = shares.by_pod.keys().filter(|pod| !endpoints.contains_key(*pod));
    words.extend(gone.map(|pod| (format!("{} {}% removed", end(pod), of(pod)), Role::Muted)));
    words
        .extend(unready.iter().map(|(pod, _)| (format!("{} {}% not ready", end(pod), of(pod)), Role::Muted)));
    flow(app, words, width)
}

/// The pods behind a Service, and whether requests are to be sent to them. One that is ending is none of them.
fn endpoints(app: &App, service: &Key) -> BTreeMap<SmolStr, bool> {
    let mine = |slice: &&EndpointSlice| {
        labels(&slice.metadata).get("kubernetes.io/service-name").is_some_and(|of| *of == service.name)
    };
    let slices = app.view.list_as::<EndpointSlice>(Some(&service.namespace)).filter(mine);
    let pods = slices.flat_map(|slice| slice.endpoints.iter().flatten()).filter_map(|endpoint| {
        let conditions = endpoint.conditions.as_ref();
        let is_ending = conditions.and_then(|conditions| conditions.terminating) == Some(true);
        let ready = conditions.and_then(|conditions| conditions.ready) != Some(false);
        let pod = endpoint.target_ref.as_ref()?.name.as_deref()?;
        (!is_ending).then(|| (SmolStr::from(pod), ready))
    });
    pods.collect()
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

/// Why requests failed, and how many for each reason, the newest reason first.
fn reasons<'a>(app: &App, traffic: &ServiceTraffic, width: usize) -> Vec<Line<'a>> {
    if traffic.failures.is_empty() {
        return vec![Line::styled(" no request has failed", app.theme.style(Role::Muted))];
    }
    let mut reasons: Vec<_> = traffic.failures.iter().collect();
    reasons.sort_by_key(|(_, (_, at))| std::cmp::Reverse(*at));
    let lines = reasons.into_iter().take(REASONS).flat_map(|(hop, (count, at))| {
        let role = if app.view.now() - *at < RECENT { Role::Bad } else { Role::Muted };
        let words = wrap(&format!("{at} {count}x {hop}"), width.saturating_sub(3));
        words
            .into_iter()
            .enumerate()
            .map(move |(index, words)| (format!("{}{words}", if index == 0 { " " } else { "   " }), role))
    });
    lines.map(|(words, role)| Line::styled(words, app.theme.style(role))).collect()
}
