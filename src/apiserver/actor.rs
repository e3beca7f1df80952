//! The API server as an actor: requests arrive, writes go to etcd, notices to whoever watches.
//!
//! When etcd does not answer, neither can the API server: requests wait and then fail, watches stay open and
//! silent. When the API server itself stops, all connections break.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::watch::{Notification, Watches};
use super::{Answer, ApiServer, Call, Picture, Reply, Request, Status};
use crate::actor::{ActorId, Delivery, Message, Outbox, RequestTag, WatchTag};
use crate::etcd::{Record, WatchError};
use crate::object::Object;
use crate::random::Stream;
use crate::time::{Span, VirtualTime};
use crate::trace::{Cause, Data, Parent};

/// How long an API server waits for etcd before it gives up.
const ETCD_TIMEOUT: Span = Span::secs(7);
/// How often connections are checked and bookmarks sent.
const PING_EVERY: Span = Span::secs(30);
/// How often followers are given a picture at most.
const PICTURE_EVERY: Span = Span::secs(1);
/// The alarm for the next picture; all others are for pings.
const PICTURE_ALARM: u64 = 1;

/// How long the API server takes. The defaults come from recordings of a real one on two cores.
#[derive(Clone, Copy, Debug)]
pub struct Latencies {
    /// A read from its cache.
    pub read: Span,
    /// A write: etcd has to have it on disk.
    pub write: Span,
    /// Up to this much more, at random.
    pub jitter: Span,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { read: Span::micros(600), write: Span::micros(1_800), jitter: Span::micros(700) }
    }
}

/// The API server with its open watches.
#[derive(Clone, Debug)]
pub struct Server {
    api: ApiServer,
    watches: Watches,
    latencies: Latencies,
    random: Stream,
    etcd_answers: bool,
    booted: bool,
    /// Whether the alarm for the next picture is set.
    picture_due: bool,
}

impl Server {
    /// An API server before an empty etcd.
    pub fn new(seed: u64) -> Self {
        Self {
            api: ApiServer::new(seed),
            watches: Watches::default(),
            latencies: Latencies::default(),
            random: Stream::new(seed, "apiserver/latency"),
            etcd_answers: true,
            booted: false,
            picture_due: false,
        }
    }

    /// The API server's state, to be read.
    pub fn api(&self) -> &ApiServer {
        &self.api
    }

    /// Whether etcd answers.
    pub fn etcd_answers(&self) -> bool {
        self.etcd_answers
    }

    /// How many notices each watch of an actor was sent.
    pub fn sent_to(&self, who: ActorId) -> Vec<(WatchTag, u64)> {
        self.watches.sent_to(who)
    }

    /// Handles everything that is due at this instant.
    pub fn handle(&mut self, inbox: Vec<Delivery>, out: &mut Outbox) {
        for delivery in inbox {
            match delivery.message {
                Message::Request { tag, request } => {
                    self.request(delivery.from, tag, *request, delivery.cause, out)
                }
                Message::Alarm { token: PICTURE_ALARM } => self.send_pictures(delivery.cause.into(), out),
                Message::Alarm { .. } => self.ping(out),
                Message::Closed { client } => self.watches.close_client(delivery.from, client),
                _ => {}
            }
        }
    }

    /// Starts the server: system objects are made if missing, and connections are checked from now on.
    pub fn start(&mut self, cause: Parent, out: &mut Outbox) {
        if !std::mem::replace(&mut self.booted, true) {
            out.alarm(PING_EVERY, 0, Parent::Known(Cause::NONE));
        }
        self.bootstrap(cause, out);
    }

    fn bootstrap(&mut self, cause: Parent, out: &mut Outbox) {
        if self.etcd_answers {
            let writes = self.api.bootstrap(out.now);
            self.publish(&writes, "apiserver", cause, out);
        }
    }

    /// Answers a request at once, without a message: what a person does while time stands still.
    pub fn answer_now(&mut self, request: &Request, cause: Parent, out: &mut Outbox) -> Answer {
        if !self.etcd_answers {
            return Err(Box::new(etcd_silent()));
        }
        let served = self.api.serve(request, out.now);
        self.publish(&served.writes, &request.user, cause, out);
        served.answer
    }

    /// What the answer to a request is at this instant, without doing anything.
    pub fn peek(&self, call: &Call, now: VirtualTime) -> Answer {
        match self.etcd_answers {
            true => self.api.peek(call, now),
            false => Err(Box::new(etcd_silent())),
        }
    }

    fn request(&mut self, from: ActorId, tag: RequestTag, request: Request, cause: Cause, out: &mut Outbox) {
        let object = request.call.target();
        if !self.etcd_answers {
            let answer = Err(Box::new(etcd_silent()));
            out.post(from, ETCD_TIMEOUT, Message::Response { tag, answer, object }, cause.into());
            return;
        }
        if let Call::Watch { kind, filter, since, watch } = &request.call {
            let watch_tag = WatchTag { client: tag.client, watch: *watch };
            let took = self.latency(self.latencies.read);
            let (answer, missed) = match self.api.etcd().since(*kind, *since) {
                Ok(records) => (self.api.serve(&request, out.now).answer, records),
                Err(error) => (Err(Box::new(gone(error))), Vec::new()),
            };
            let opened = answer.is_ok();
            out.post(from, took, Message::Response { tag, answer, object: None }, cause.into());
            if opened {
                for notification in self.watches.open(from, watch_tag, *kind, filter.clone(), &missed) {
                    let write = Parent::Write(notification.notice.revision);
                    post(notification, took, write, out);
                }
            }
            return;
        }
        if let Call::Follow { kinds, watch } = &request.call {
            let watch_tag = WatchTag { client: tag.client, watch: *watch };
            let took = self.latency(self.latencies.read);
            let answer = self.api.serve(&request, out.now).answer;
            out.post(from, took, Message::Response { tag, answer, object: None }, cause.into());
            self.watches.follow(from, watch_tag, kinds.clone());
            let picture = self.picture();
            self.send_picture((from, watch_tag), picture, took, cause.into(), out);
            return;
        }
        let served = self.api.serve(&request, out.now);
        let wrote = !served.writes.is_empty();
        let took = self.latency(if wrote { self.latencies.write } else { self.latencies.read });
        let last = self.publish_after(&served.writes, &request.user, cause.into(), took, out);
        let object = match &served.answer {
            // A generated name is known only now.
            Ok(Reply::Object(created)) => Some(created.reference()),
            _ => object,
        };
        out.post(from, took, Message::Response { tag, answer: served.answer, object }, last);
    }

    fn publish(&mut self, writes: &[Record], by: &str, cause: Parent, out: &mut Outbox) {
        let took = self.latency(self.latencies.write);
        self.publish_after(writes, by, cause, took, out);
    }

    /// Records the writes and tells whoever watches; returns the last write, or the cause if there is none.
    fn publish_after(
        &mut self,
        writes: &[Record],
        by: &str,
        cause: Parent,
        took: Span,
        out: &mut Outbox,
    ) -> Parent {
        let mut last = cause;
        for record in writes {
            let data = Data::Write {
                verb: record.verb,
                revision: record.revision,
                changed: record.changed(),
                by: by.into(),
                detail: detail(record),
            };
            last = out.record(&SmolStr::new_static("etcd"), Some(record.object.reference()), [cause], data);
            if let (Object::Pod(pod), true) = (&record.object, was_bound(record)) {
                let node = pod.node.clone().unwrap_or_default();
                last = out.record(&by.into(), Some(record.object.reference()), [last], Data::Bind { node });
            }
            for notification in self.watches.notify(record) {
                post(notification, took, last, out);
            }
            if self.watches.is_followed(record.object.kind())
                && !std::mem::replace(&mut self.picture_due, true)
            {
                out.alarm(PICTURE_EVERY, PICTURE_ALARM, last);
            }
        }
        last
    }

    fn picture(&self) -> Arc<Picture> {
        let etcd = self.api.etcd();
        Arc::new(Picture::new(etcd.revision(), etcd.objects().clone()))
    }

    fn send_pictures(&mut self, cause: Parent, out: &mut Outbox) {
        self.picture_due = false;
        let picture = self.picture();
        for follower in self.watches.followers() {
            self.send_picture(follower, picture.clone(), Span::ZERO, cause, out);
        }
    }

    fn send_picture(
        &mut self,
        (to, tag): (ActorId, WatchTag),
        picture: Arc<Picture>,
        delay: Span,
        cause: Parent,
        out: &mut Outbox,
    ) {
        if let Some(sequence) = self.watches.next_picture(to, tag) {
            out.post(to, delay, Message::Picture { tag, sequence, picture }, cause);
        }
    }

    fn latency(&mut self, base: Span) -> Span {
        base + Span::micros(self.random.below(self.latencies.jitter.as_micros()))
    }

    fn ping(&mut self, out: &mut Outbox) {
        self.bootstrap(Parent::Known(Cause::NONE), out);
        for (actor, sent) in self.watches.sent() {
            out.send(actor, Message::Ping { sent }, Parent::Known(Cause::NONE));
        }
        out.alarm(PING_EVERY, 0, Parent::Known(Cause::NONE));
    }

    /// The process stops: every connection breaks.
    pub fn stop(&mut self, cause: Parent, out: &mut Outbox) {
        (self.booted, self.picture_due) = (false, false);
        self.hang_up(cause, out);
    }

    fn hang_up(&mut self, cause: Parent, out: &mut Outbox) {
        for actor in self.watches.close_all() {
            out.send(actor, Message::Hangup, cause);
        }
    }

    /// A client's process ended; its watches are gone.
    pub fn forget(&mut self, who: ActorId) {
        self.watches.close(who);
    }

    /// etcd stops or starts to answer. What the cluster cannot be without may have got lost meanwhile.
    pub fn set_etcd(&mut self, answers: bool, cause: Parent, out: &mut Outbox) {
        self.etcd_answers = answers;
        self.bootstrap(cause, out);
    }

    /// etcd's content is kept aside.
    pub fn take_snapshot(&mut self) {
        self.api.take_snapshot();
    }

    /// Whether a snapshot was kept.
    pub fn has_snapshot(&self) -> bool {
        self.api.has_snapshot()
    }

    /// etcd comes back empty: connections break, everybody lists anew, and there is nothing.
    pub fn lose_data(&mut self, cause: Parent, out: &mut Outbox) {
        self.api.lose_data();
        self.hang_up(cause, out);
        self.bootstrap(cause, out);
    }

    /// etcd comes back with the snapshot's content: connections break, everybody lists anew.
    pub fn restore(&mut self, cause: Parent, out: &mut Outbox) {
        self.api.restore();
        self.hang_up(cause, out);
    }

    /// etcd forgets its history.
    pub fn compact(&mut self) {
        self.api.compact();
    }
}

fn post(notification: Notification, delay: Span, cause: Parent, out: &mut Outbox) {
    let Notification { to, tag, sequence, notice } = notification;
    out.post(to, delay, Message::Watch { tag, sequence, notice }, cause);
}

fn etcd_silent() -> Status {
    Status { code: 500, message: "etcdserver: request timed out".to_owned(), ..Status::default() }
}

fn gone(error: WatchError) -> Status {
    Status::gone(match error {
        WatchError::Compacted { asked, oldest } => format!("too old resource version: {asked} ({oldest})"),
        WatchError::Future { asked, newest } => {
            format!("Too large resource version: {asked}, current: {newest}")
        }
    })
}

fn was_bound(record: &Record) -> bool {
    matches!((&record.previous, &record.object), (Some(Object::Pod(before)), Object::Pod(after))
        if before.node.is_none() && after.node.is_some())
}

/// The change in a few words, where a few words say it.
fn detail(record: &Record) -> SmolStr {
    let Some(previous) = &record.previous else { return SmolStr::default() };
    match (previous, &record.object) {
        (Object::Pod(old), Object::Pod(new)) if old.node != new.node => {
            format_smolstr!("node {}", new.node_name().unwrap_or("none"))
        }
        (Object::Pod(old), Object::Pod(new)) if old.phase() != new.phase() => {
            format_smolstr!("phase {} -> {}", old.phase(), new.phase())
        }
        (Object::Pod(old), Object::Pod(new)) if old.is_ready() != new.is_ready() => {
            (if new.is_ready() { "ready" } else { "not ready" }).into()
        }
        (Object::Deployment(old), Object::Deployment(new)) => {
            let replicas = |spec: &Option<k8s_openapi::api::apps::v1::DeploymentSpec>| {
                spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1)
            };
            replicas_detail(replicas(&old.spec), replicas(&new.spec))
        }
        (Object::ReplicaSet(old), Object::ReplicaSet(new)) => {
            let replicas = |spec: &Option<k8s_openapi::api::apps::v1::ReplicaSetSpec>| {
                spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1)
            };
            replicas_detail(replicas(&old.spec), replicas(&new.spec))
        }
        (old, new) if old.meta().deletion_timestamp != new.meta().deletion_timestamp => {
            "deletion asked for".into()
        }
        _ => SmolStr::default(),
    }
}

fn replicas_detail(old: i32, new: i32) -> SmolStr {
    if old == new { SmolStr::default() } else { format_smolstr!("replicas {old} -> {new}") }
}
