//! Requests of clients, as far as a person wants to know: who got how many of them, which failed where and why, in
//! which story, and how much of the error budget is spent.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use k8s_openapi::api::discovery::v1::EndpointSlice;
use smol_str::{SmolStr, format_smolstr};

use super::hearing::deaf_clause;
use super::story::is_by_the_clock;
use crate::engine::World;
use crate::network::{ServiceTraffic, hop};
use crate::object::{Key, labels};
use crate::time::{Span, VirtualTime};
use crate::trace::{Class, Data, EventId};
use crate::tui::theme::Role;

/// What happened longer ago is not drawn as news, and does not count for shares.
pub const RECENT: Span = Span::secs(10);
/// So many requests may have one among them that fails: 99.9% are to be answered.
const MAY_FAIL_ONE_IN: u64 = 1000;
/// The time for which an error budget is made.
const HOUR: Span = Span::secs(3600);

/// Requests that failed for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where, in words.
    pub hop: SmolStr,
    /// How many.
    pub count: u64,
    /// The last time.
    pub last: VirtualTime,
    /// The story that went on then.
    pub story: Option<u64>,
    /// What the kube-proxy that sent them there does about it: `it writes its rules in 0.4s`; empty if none did.
    pub proxy: String,
}

/// Why requests failed, the newest reason first, and so many reasons at most.
pub fn failures(world: &World, traffic: &ServiceTraffic, most: usize) -> Vec<Failure> {
    let mut newest: Vec<_> = traffic.failures.iter().collect();
    newest.sort_by_key(|(_, (_, last))| Reverse(*last));
    let failure = |(hop, (count, last)): (&SmolStr, &(u64, VirtualTime))| Failure {
        story: story_at(world, *last),
        proxy: hop::still_sends(hop).map(|node| proxy(world, node)).unwrap_or_default(),
        hop: hop.clone(),
        count: *count,
        last: *last,
    };
    newest.into_iter().take(most).map(failure).collect()
}

/// The number of the story that had begun last.
fn story_at(world: &World, at: VirtualTime) -> Option<u64> {
    let mut stories = world.stories().rev().filter(|(_, story)| story.began <= at);
    let story = stories.find(|(id, _)| !world.event(EventId(id.0)).is_some_and(|root| is_by_the_clock(root)));
    story.map(|(_, story)| story.number)
}

/// The last request that failed so, if it is remembered.
pub fn last_of(world: &World, hop: &str) -> Option<EventId> {
    let same = |data: &Data| matches!(data, Data::Traffic { hop: at, .. } if at == hop);
    world.log().of_class(Class::Traffic).rev().find(|event| same(&event.data)).map(|event| event.id)
}

/// What the kube-proxy on a node does about rules that are too old.
fn proxy(world: &World, node: &str) -> String {
    let component = format_smolstr!("kube-proxy/{node}");
    let Some(look) = world.loop_of(&component) else {
        return "it is stopped: its rules stay as they are".to_owned();
    };
    if let Some(deaf) = world.deafness(&component) {
        return format!("it {}", deaf_clause(deaf, world.now()));
    }
    let waits = look.unfinished().map(|waiting| waiting.until).min();
    match waits {
        Some(until) => format!("it has not written its rules yet: it does in {}", until.since(world.now())),
        None if !look.ready.is_empty() => "it has not written its rules yet".to_owned(),
        None => "it has written its rules since".to_owned(),
    }
}

/// How much of the error budget is spent: the objective is three nines, so of the requests of an hour one in a
/// thousand may fail.
pub fn budget<'a>(all: impl Iterator<Item = &'a ServiceTraffic>) -> String {
    let hourly = |one: &ServiceTraffic| HOUR.as_micros() / one.rate.interval().as_micros().max(1);
    let (sent, failed) = all.fold((0, 0), |(sent, failed), one| (sent + hourly(one), failed + one.failed));
    let allowed = (sent / MAY_FAIL_ONE_IN).max(1);
    let verdict = if failed > allowed { "overspent" } else { "kept" };
    format!("budget: {failed} of {allowed} an hour, {verdict}")
}

/// `98.3%`: how many of the requests of the last seconds were answered, and how many failed.
pub fn rate_and_share(traffic: &ServiceTraffic, now: VirtualTime) -> (String, u64) {
    let (failed, all) = traffic.recent(RECENT.as_secs(), now);
    let share = ((all - failed) * 1000).checked_div(all).unwrap_or(1000);
    (format!("{}.{}%", share / 10, share % 10), failed)
}

/// Who answered how many of the requests of the last seconds: each version if there are several, and each pod, also
/// those that get none.
pub fn shares(world: &World, service: &Key, traffic: &ServiceTraffic) -> Vec<(String, Role)> {
    let shares = traffic.shares(RECENT.as_secs(), world.now());
    let percent = |count: u64| (count * 100 + shares.ok / 2) / shares.ok.max(1);
    let of = |pod: &SmolStr| percent(shares.by_pod.get(pod).copied().unwrap_or(0));
    let end = |pod: &SmolStr| pod.rsplit('-').next().unwrap_or(pod).to_owned();
    let endpoints = endpoints(world, service);
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
    words
}

/// The pods behind a Service, and whether requests are to be sent to them. One that is ending is none of them.
fn endpoints(world: &World, service: &Key) -> BTreeMap<SmolStr, bool> {
    let mine = |slice: &&EndpointSlice| {
        labels(&slice.metadata).get("kubernetes.io/service-name").is_some_and(|of| *of == service.name)
    };
    let slices = world.list_as::<EndpointSlice>(Some(&service.namespace)).filter(mine);
    let pods = slices.flat_map(|slice| slice.endpoints.iter().flatten()).filter_map(|endpoint| {
        let conditions = endpoint.conditions.as_ref();
        let is_ending = conditions.and_then(|conditions| conditions.terminating) == Some(true);
        let ready = conditions.and_then(|conditions| conditions.ready) != Some(false);
        let pod = endpoint.target_ref.as_ref()?.name.as_deref()?;
        (!is_ending).then(|| (SmolStr::from(pod), ready))
    });
    pods.collect()
}
