//! A component's connection to the API server: requests in flight, lists and watches.
//!
//! Each interest is first listed, then watched from the list's revision (a *reflector*). A watch that broke, or on
//! which something was lost, is resumed from the last revision seen; if that is too old (410 Gone), all is listed
//! anew and the difference becomes changes. Reconnecting waits 0.8 s, doubling to 30 s (client-go's reflector). All that
//! waits for one connection waits together (in client-go each reflector waits for itself), so that a component
//! does not act for a second on a world of which it sees one half before and one half after.

mod hearing;

pub use hearing::{Deafness, Hearing};

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::Cache;
use super::limit::{Bucket, Limits};
use super::reflector::{Change, Interest, Reflector, Source, Stage, replace};
use crate::actor::{ActorId, Message, Notice, Outbox, RequestTag, WatchTag};
use crate::apiserver::{Answer, Call, Picture, Reply, Request};
use crate::object::Kind;
use crate::random::Stream;
use crate::time::{Span, VirtualTime};
use crate::trace::{Cause, Data, Parent, Verb};

/// A request without an answer is given up after this long.
const REQUEST_TIMEOUT: Span = Span::secs(10);
/// A connection on which nothing was heard for this long is given up (HTTP/2 ping after 30 s, 15 s to answer).
const SILENCE_TIMEOUT: Span = Span::secs(45);
/// The first delay before reconnecting; it doubles.
const FIRST_RECONNECT: Span = Span::millis(800);
/// The longest delay before reconnecting.
const LAST_RECONNECT: Span = Span::secs(30);

/// What a message means to the component.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// The cache changed.
    Changed(Change),
    /// A request of the component was answered.
    Answered {
        /// The request's number, as [`Connection::request`] returned it.
        number: u64,
        /// The answer.
        answer: Answer,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    List(usize),
    Watch(usize),
    Own,
}

/// Requests in flight, lists and watches of one component.
#[derive(Clone, Debug)]
pub struct Connection {
    client: u8,
    user: SmolStr,
    next_number: u64,
    next_watch: u32,
    pending: BTreeMap<u64, (Purpose, VirtualTime)>,
    /// The same by the time at which they are sent.
    sent: BTreeSet<(VirtualTime, u64)>,
    /// Requests that wait until the limit lets them go.
    held: BTreeMap<(VirtualTime, u64), (Box<Request>, Parent)>,
    requests: Option<Bucket>,
    events: Option<Bucket>,
    reflectors: Vec<Reflector>,
    heard: VirtualTime,
    random: Stream,
}

impl Connection {
    /// A connection of the component `user`, which is the client number `client` of its actor.
    pub fn new(client: u8, user: SmolStr, interests: Vec<Interest>, seed: u64) -> Self {
        let random = Stream::new(seed, &format!("connection/{user}"));
        let reflectors =
            interests.into_iter().map(|interest| Reflector::new(Source::Each(interest))).collect();
        Self {
            client,
            user,
            next_number: 1,
            next_watch: 1,
            pending: BTreeMap::new(),
            sent: BTreeSet::new(),
            held: BTreeMap::new(),
            requests: None,
            events: None,
            reflectors,
            heard: VirtualTime::ZERO,
            random,
        }
    }

    /// The same for a component that follows these kinds by pictures, if there are any.
    pub fn following(mut self, kinds: Vec<Kind>) -> Self {
        if !kinds.is_empty() {
            self.reflectors.push(Reflector::new(Source::Pictures(kinds)));
        }
        self
    }

    /// The same with limits.
    pub fn limited(mut self, limits: Limits) -> Self {
        (self.requests, self.events) = (limits.requests.map(Bucket::new), limits.events.map(Bucket::new));
        self
    }

    /// Numbers requests and watches apart from those of earlier processes.
    pub fn restarted(&mut self, life: u32) {
        self.next_number = u64::from(life) << 32 | 1;
        self.next_watch = life << 16 | 1;
    }

    /// The component has just started, because of this: so are its first lists and watches.
    pub fn started(&mut self, cause: Parent) {
        for reflector in self.reflectors.iter_mut().filter(|reflector| reflector.seen.is_none()) {
            reflector.cause = cause;
        }
    }

    /// Replaces drafts by the events that they became.
    pub fn numbered(&mut self, events: &[Cause]) {
        self.reflectors.iter_mut().for_each(|reflector| reflector.cause.settle(events));
        self.held.values_mut().for_each(|(_, cause)| cause.settle(events));
    }

    /// Who is connected.
    pub fn user(&self) -> &SmolStr {
        &self.user
    }

    /// Whether everything was listed at least once (`HasSynced`).
    pub fn is_synced(&self) -> bool {
        self.reflectors.iter().all(|reflector| reflector.seen.is_some())
    }

    /// Whether all watches are open.
    pub fn is_connected(&self) -> bool {
        self.reflectors.iter().all(|reflector| reflector.stage == Stage::Watching)
    }

    /// Whether requests of the component itself are unanswered.
    pub fn is_asking(&self) -> bool {
        self.pending.values().any(|(purpose, _)| *purpose == Purpose::Own)
    }

    /// Sends a request of the component; the answer comes as [`Incoming::Answered`] with this number.
    pub fn request(&mut self, call: Call, cause: Parent, out: &mut Outbox) -> u64 {
        let wait = self.requests.as_mut().map_or(Span::ZERO, |bucket| bucket.take(out.now));
        self.send(call, Purpose::Own, wait, cause, out)
    }

    /// Sends a request that records an Event; nobody waits for the answer.
    pub fn tell(&mut self, call: Call, cause: Parent, out: &mut Outbox) {
        let bucket = self.events.as_mut().or(self.requests.as_mut());
        let wait = bucket.map_or(Span::ZERO, |bucket| bucket.take(out.now));
        self.send(call, Purpose::Own, wait, cause, out);
    }

    fn send(&mut self, call: Call, purpose: Purpose, wait: Span, cause: Parent, out: &mut Outbox) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        let at = out.now + wait;
        self.pending.insert(number, (purpose, at));
        self.sent.insert((at, number));
        let data = Data::Request { verb: call.verb().into(), subresource: call.subresource().into() };
        let event = out.record(&self.user, call.target(), [cause], data);
        let request = Box::new(Request { user: self.user.clone(), call });
        match wait {
            Span::ZERO => self.dispatch(number, request, event, out),
            _ => _ = self.held.insert((at, number), (request, event)),
        }
        number
    }

    fn dispatch(&self, number: u64, request: Box<Request>, cause: Parent, out: &mut Outbox) {
        let tag = RequestTag { client: self.client, number };
        out.send(ActorId::APISERVER, Message::Request { tag, request }, cause);
    }

    /// Starts what is due: lists, watches, and giving up on what is unanswered. Answers of requests that
    /// timed out are returned as refusals.
    pub fn tick(&mut self, out: &mut Outbox) -> Vec<Incoming> {
        let now = out.now;
        while let Some(entry) = self.held.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((_, number), (request, cause)) = entry.remove_entry();
            self.dispatch(number, request, cause, out);
        }
        let mut incoming = Vec::new();
        while let Some(&(sent, number)) = self.sent.first()
            && now - sent >= REQUEST_TIMEOUT
        {
            let refusal = crate::apiserver::Status::unreachable("no answer from the API server within 10s");
            let answer = Err(Box::new(refusal));
            let nobody = Parent::Known(Cause::NONE);
            incoming.extend(self.answered(number, answer, nobody, &mut Cache::default(), out));
        }
        if now - self.heard >= SILENCE_TIMEOUT && self.is_connected() && !self.reflectors.is_empty() {
            self.hangup(Parent::Known(Cause::NONE), now);
        }
        for index in 0..self.reflectors.len() {
            if matches!(self.reflectors[index].stage, Stage::Idle(at) if at <= now) {
                self.open(index, out);
            }
        }
        incoming
    }

    /// When [`Connection::tick`] has something to do next.
    pub fn next_due(&self) -> Option<VirtualTime> {
        let timeout = self.sent.first().map(|(sent, _)| *sent + REQUEST_TIMEOUT);
        let held = self.held.first_key_value().map(|((at, _), _)| *at);
        let reconnects = self.reflectors.iter().filter_map(|reflector| match reflector.stage {
            Stage::Idle(at) => Some(at),
            _ => None,
        });
        let silence =
            (!self.reflectors.is_empty() && self.is_connected()).then(|| self.heard + SILENCE_TIMEOUT);
        timeout.into_iter().chain(held).chain(reconnects).chain(silence).min()
    }

    fn open(&mut self, index: usize, out: &mut Outbox) {
        let reflector = &mut self.reflectors[index];
        let parent = reflector.cause;
        let watch = self.next_watch;
        let (call, purpose) = match (reflector.source.clone(), reflector.seen) {
            (Source::Each(Interest { kind, filter }), None) => {
                reflector.stage = Stage::Listing;
                (Call::List { kind, filter }, Purpose::List(index))
            }
            (source, since) => {
                self.next_watch += 1;
                (reflector.watch, reflector.received, reflector.stage) = (watch, 0, Stage::Opening);
                let call = match source {
                    Source::Each(Interest { kind, filter }) => {
                        Call::Watch { kind, filter, since: since.unwrap_or(0), watch }
                    }
                    Source::Pictures(kinds) => Call::Follow { kinds, watch },
                };
                (call, Purpose::Watch(index))
            }
        };
        self.send(call, purpose, Span::ZERO, parent, out);
    }

    /// Takes an answer, which arrived by `cause`; `cache` follows a list.
    pub fn answered(
        &mut self,
        number: u64,
        answer: Answer,
        cause: Parent,
        cache: &mut Cache,
        out: &mut Outbox,
    ) -> Vec<Incoming> {
        let Some((purpose, sent)) = self.pending.remove(&number) else {
            return Vec::new();
        };
        self.sent.remove(&(sent, number));
        self.heard = out.now;
        match (purpose, answer) {
            (Purpose::Own, answer) => vec![Incoming::Answered { number, answer }],
            (Purpose::List(index), Ok(Reply::List { items, revision })) => {
                let reflector = &mut self.reflectors[index];
                (reflector.seen, reflector.attempts, reflector.cause) = (Some(revision), 0, cause);
                let changes = match &self.reflectors[index].source {
                    Source::Each(interest) => replace(interest, items, cache),
                    Source::Pictures(_) => Vec::new(),
                };
                self.open(index, out);
                changes.into_iter().map(Incoming::Changed).collect()
            }
            (Purpose::Watch(index), Ok(_)) => {
                let reflector = &mut self.reflectors[index];
                (reflector.stage, reflector.attempts) = (Stage::Watching, 0);
                reflector.cause = Parent::Known(Cause::NONE);
                Vec::new()
            }
            (Purpose::Watch(index), Err(status)) if status.code == 410 => {
                (self.reflectors[index].seen, self.reflectors[index].cause) = (None, cause);
                self.open(index, out);
                Vec::new()
            }
            (Purpose::List(index) | Purpose::Watch(index), _) => {
                self.retry(index, out.now);
                Vec::new()
            }
        }
    }

    /// Takes a notice of a watch, which arrived by `cause`; the cache follows.
    pub fn noticed(
        &mut self,
        (watch, sequence): (u32, u64),
        notice: Notice,
        cause: Parent,
        cache: &mut Cache,
        now: VirtualTime,
    ) -> Option<Change> {
        self.received((watch, sequence), notice.revision, cause, now)?;
        match notice.verb {
            Verb::Deleted => {
                let key = notice.object.key();
                let old = cache.remove(notice.object.kind(), &key)?;
                // The deletion carries the object's last state, which may be newer than what was cached.
                let last = if notice.object.meta().uid == old.meta().uid { notice.object } else { old };
                Some(Change { old: Some(last), new: None })
            }
            _ => {
                let old = cache.insert(notice.object.clone());
                Some(Change { old, new: Some(notice.object) })
            }
        }
    }

    /// Takes a picture, which arrived by `cause`. Returns whether it is the next one that was expected.
    pub fn pictured(&mut self, at: (u32, u64), picture: &Picture, cause: Parent, now: VirtualTime) -> bool {
        self.received(at, picture.revision, cause, now).is_some()
    }

    /// Something arrives on a watch; none if it is on none of today's, or something was lost before it.
    fn received(
        &mut self,
        (watch, sequence): (u32, u64),
        revision: u64,
        cause: Parent,
        now: VirtualTime,
    ) -> Option<()> {
        self.heard = now;
        let reflector = self.reflectors.iter_mut().find(|reflector| {
            reflector.watch == watch && matches!(reflector.stage, Stage::Watching | Stage::Opening)
        })?;
        if sequence != reflector.received + 1 {
            // Something was lost in between: look at everything again.
            (reflector.stage, reflector.cause) = (Stage::Idle(now), cause);
            return None;
        }
        (reflector.received, reflector.seen) = (sequence, Some(revision));
        Some(())
    }

    /// Compares what was sent with what arrived; a watch that lost something is opened again.
    pub fn pinged(&mut self, sent: &[(WatchTag, u64)], now: VirtualTime) {
        self.heard = now;
        let counts: BTreeMap<u32, u64> = sent
            .iter()
            .filter(|(tag, _)| tag.client == self.client)
            .map(|(tag, count)| (tag.watch, *count))
            .collect();
        for reflector in &mut self.reflectors {
            let known = counts.get(&reflector.watch);
            if reflector.stage == Stage::Watching && known.is_none_or(|count| *count > reflector.received) {
                reflector.stage = Stage::Idle(now);
            }
        }
    }

    /// The connection broke because of `cause`: everything is opened again, after a while.
    pub fn hangup(&mut self, cause: Parent, now: VirtualTime) {
        for index in 0..self.reflectors.len() {
            if matches!(self.reflectors[index].stage, Stage::Watching | Stage::Opening) {
                self.reflectors[index].cause = cause;
                self.retry(index, now);
            }
        }
    }

    fn retry(&mut self, index: usize, now: VirtualTime) {
        let waiting = self.reflectors.iter().find_map(|other| match other.stage {
            Stage::Idle(at) if at > now => Some(at),
            _ => None,
        });
        let reflector = &mut self.reflectors[index];
        let base = FIRST_RECONNECT.times(1 << reflector.attempts.min(10)).min(LAST_RECONNECT);
        reflector.attempts += 1;
        let at = waiting.unwrap_or_else(|| now + base + Span::micros(self.random.below(base.as_micros())));
        reflector.stage = Stage::Idle(at);
    }
}
