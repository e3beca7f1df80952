//! The teller: each event that a person would tell, as a sentence with its story's number and its time.
//!
//! Who follows by ear wants few sentences. What another event tells anyway is left out: the kubelet's and the
//! scheduler's acts show in what becomes of containers and pods, each kube-proxy does what the endpoint slice says.
//!
//! A story that healed is told to have healed; one that rests without being healed is told to wait, with whoever's
//! clock runs. Requests that fail come by the dozen: they are counted and told together, once a second.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::answers;
use crate::engine::{View, World};
use crate::time::{Span, VirtualTime};
use crate::trace::text::{Vocabulary, capitalised, told};
use crate::trace::{Class, ContainerChange, Data, Event, EventId, StoryId};
use crate::tui::model::chain::chain;
use crate::tui::model::is_whole;
use crate::tui::model::{event_sentence, headline, in_vain, is_told, now_sentence};

/// Failed requests are told together, so often at most.
const TOGETHER: Span = Span::secs(1);

/// What was told so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Teller {
    /// The last event that was looked at.
    last: EventId,
    /// The last event that was told.
    told: Option<EventId>,
    /// Stories that were told and have not healed; whether anything followed from what began them.
    open: BTreeMap<StoryId, bool>,
    /// The last line, which is not said twice in a row.
    line: String,
    /// Whether it was told that they wait.
    waiting: bool,
    /// Requests that failed and were not told yet, by Service and hop: how many, and when the first did.
    failed: BTreeMap<(SmolStr, SmolStr), (u32, VirtualTime)>,
    /// When failed requests were told last.
    counted: Option<VirtualTime>,
}

/// An event as a line: `#4 00:41.2 You deleted pod login-x.`
pub(super) fn line(world: &World, event: &Event, vocabulary: Vocabulary) -> String {
    let text = match &event.data {
        // An act that explains itself needs no comparison beside it.
        Data::Act { did, .. } if !did.contains(": ") => event_sentence(world, event, vocabulary),
        // Who reads the log learns the line, too.
        Data::Input { typed, .. } if !typed.is_empty() => format!("{}: {typed}", told(event, vocabulary)),
        _ => format!("{}{}.", told(event, vocabulary), in_vain(world, event)),
    };
    marked(world, event.story, event.at, &text)
}

/// Whether another event tells the same.
fn is_detail(event: &Event) -> bool {
    const SHOWN_ELSEWHERE: &[&str] = &["kubelet/", "kube-proxy/", "scheduler", "controller/endpoints"];
    match &event.data {
        Data::Act { .. } => {
            let who = event.component.as_str();
            who != "controller/endpointslice" && SHOWN_ELSEWHERE.iter().any(|part| who.starts_with(part))
        }
        Data::Container { change, .. } => {
            matches!(change, ContainerChange::Pulled | ContainerChange::Created | ContainerChange::Removed)
        }
        _ => false,
    }
}

/// Whether it is where a story begins, and not what follows from it.
fn is_root(event: &Event) -> bool {
    matches!(event.data, Data::Input { .. } | Data::Node { .. } | Data::Fault { .. })
}

/// A sentence with its story's number and its time. What nobody and nothing began, such as a report by the clock,
/// belongs to no story.
fn marked(world: &World, story: StoryId, at: VirtualTime, text: &str) -> String {
    let text = capitalised(text);
    match world.story(story) {
        Some(story) => format!("#{} {at} {text}", story.number),
        None => format!("no story {at} {text}"),
    }
}

impl Teller {
    /// A teller to whom everything so far is known.
    pub(super) fn new(world: &World) -> Self {
        Self { last: world.log().last_id().unwrap_or_default(), ..Self::default() }
    }

    /// What happened since the last time.
    pub(super) fn hear(&mut self, view: &View, vocabulary: Vocabulary) -> Vec<String> {
        let mut lines = Vec::new();
        for event in view.log().after(Class::Traffic, self.last) {
            if let Data::Traffic { service, hop, ok: false, .. } = &event.data {
                self.failed.entry((service.clone(), hop.clone())).or_insert((0, event.at)).0 += 1;
            }
        }
        let last = view.log().last_id().unwrap_or_default();
        for event in view.log().oldest_first(std::mem::replace(&mut self.last, last)) {
            if !is_told(event) || is_detail(event) {
                continue;
            }
            self.told = Some(event.id);
            self.waiting = false;
            if event.story != StoryId::default() {
                *self.open.entry(event.story).or_default() |= !is_root(event);
            }
            let line = line(view, event, vocabulary);
            if line != self.line {
                self.line.clone_from(&line);
                lines.push(line);
            }
        }
        lines.extend(self.failures(view));
        lines.extend(self.rest(view));
        lines
    }

    fn failures(&mut self, world: &World) -> Vec<String> {
        let soon = self.counted.is_some_and(|at| world.now().since(at) < TOGETHER);
        if self.failed.is_empty() || soon {
            return Vec::new();
        }
        self.counted = Some(world.now());
        let story = self.open.keys().next_back().copied().unwrap_or_default();
        let failed = std::mem::take(&mut self.failed).into_iter();
        let told = failed.map(|((service, hop), (count, at))| {
            let requests = if count == 1 { "request" } else { "requests" };
            marked(world, story, at, &format!("{count} {requests} to {service} failed: {hop}."))
        });
        told.collect()
    }

    /// Whether the stories that are open have healed, or wait for something.
    fn rest(&mut self, world: &World) -> Vec<String> {
        if self.open.is_empty() || !world.is_quiet() {
            return Vec::new();
        }
        if is_whole(world) {
            let open = std::mem::take(&mut self.open).into_iter();
            let healed = open.filter(|(_, followed)| *followed).filter_map(|(story, _)| {
                let info = world.story(story)?;
                let took = info.last_at - info.began;
                let text = format!("healed: all is as wanted, {took} after it began.");
                Some(marked(world, story, info.last_at, &text))
            });
            return healed.collect();
        }
        if !self.open.values().any(|followed| *followed) || std::mem::replace(&mut self.waiting, true) {
            return Vec::new();
        }
        let (_, words) = headline(world);
        let (_, next) = now_sentence(world, None, Vocabulary::Plain);
        let story = self.open.keys().next_back().copied().unwrap_or_default();
        vec![marked(world, story, world.now(), format!("not healed yet: {words}. {next}").trim_end())]
    }

    /// Why the last thing that was told happened.
    pub(super) fn why(&self, world: &World, vocabulary: Vocabulary) -> Vec<String> {
        match self.told {
            Some(event) => answers::causes(&chain(world, event, vocabulary)),
            None => vec!["Nothing was told yet. why NAME asks about an object: why node-1.".to_owned()],
        }
    }
}
