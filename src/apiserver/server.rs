//! The function: request in, answer and writes out.

use std::sync::Arc;

use k8s_openapi::api::core::v1 as core;
use smol_str::SmolStr;

use super::read::check_fields;
use super::strategy::{
    count_templates, drop_status, has_generation, is_finalized, is_status_writable_with_spec, keep_meta,
    keep_meta_of_status_update, take_namespace_finalizers,
};
use super::{
    Answer, Call, Patch, Reply, Request, Status, Sub, admission, decode, defaults, patch, validation,
};
use crate::etcd::{Etcd, Record, Snapshot};
use crate::network::ServiceIps;
use crate::object::{Key, Kind, Object, ObjectMeta, ObjectRef, Resource};
use crate::random::Stream;
use crate::time::VirtualTime;

/// Letters that `generateName` appends, and the longest base it keeps (`names.SimpleNameGenerator`).
const SUFFIX_LETTERS: usize = 5;
const BASE_MAX: usize = 58;
/// Namespaces that the API server itself makes when it starts.
const SYSTEM_NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];
/// Specifications kept to be shared with new pods that are alike.
const SPECS_SHARED: usize = 64;

/// What came of a request.
#[derive(Clone, Debug)]
pub struct Served {
    /// The answer.
    pub answer: Answer,
    /// What was stored, in order.
    pub writes: Vec<Record>,
}

/// The API server with etcd behind it.
#[derive(Clone, Debug)]
pub struct ApiServer {
    pub(super) etcd: Etcd,
    pub(super) random: Stream,
    service_ips: ServiceIps,
    specs: Vec<Arc<core::PodSpec>>,
    snapshot: Option<Snapshot>,
}

/// One request's work on the store.
pub(super) struct Session<'a> {
    pub(super) server: &'a mut ApiServer,
    pub(super) now: VirtualTime,
    pub(super) writes: Vec<Record>,
}

impl ApiServer {
    /// A server before an empty store.
    pub fn new(seed: u64) -> Self {
        Self {
            etcd: Etcd::default(),
            random: Stream::new(seed, "apiserver"),
            service_ips: ServiceIps::default(),
            specs: Vec::new(),
            snapshot: None,
        }
    }

    /// The store, to be read.
    pub fn etcd(&self) -> &Etcd {
        &self.etcd
    }

    /// Makes what a cluster cannot be without, where it is missing: the system namespaces and the Service
    /// `kubernetes`. The real server does so when it starts and every few seconds.
    pub fn bootstrap(&mut self, now: VirtualTime) -> Vec<Record> {
        let mut writes = Vec::new();
        for name in SYSTEM_NAMESPACES {
            let value =
                serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            writes.extend(self.create_if_missing(value, now));
        }
        let service = serde_json::json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "kubernetes", "namespace": "default",
                "labels": {"component": "apiserver", "provider": "kubernetes"}},
            "spec": {"clusterIP": "10.96.0.1", "ports": [
                {"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}]},
        });
        writes.extend(self.create_if_missing(service, now));
        writes
    }

    fn create_if_missing(&mut self, value: serde_json::Value, now: VirtualTime) -> Vec<Record> {
        let Ok(object) = Object::from_value(value) else { return Vec::new() };
        if self.etcd.get(&object.reference()).is_some() {
            return Vec::new();
        }
        let user = SmolStr::new_static("apiserver");
        self.serve(&Request { user, call: Call::Create { object, dry_run: false } }, now).writes
    }

    /// Keeps a snapshot of the store, for [`ApiServer::restore`].
    pub fn take_snapshot(&mut self) {
        self.snapshot = Some(self.etcd.snapshot());
    }

    /// Whether there is a snapshot.
    pub fn has_snapshot(&self) -> bool {
        self.snapshot.is_some()
    }

    /// Loses the store's content.
    pub fn lose_data(&mut self) {
        self.etcd.lose();
        self.service_ips = ServiceIps::default();
    }

    /// Goes back to the snapshot; nothing happens without one.
    pub fn restore(&mut self) {
        let Some(snapshot) = &self.snapshot else { return };
        self.etcd.restore(snapshot);
        self.service_ips = ServiceIps::default();
        let services: Vec<Object> = self.etcd.list(Kind::Service, None).cloned().collect();
        for service in &services {
            self.service_ips.reserve(service);
        }
    }

    /// Forgets the history of writes.
    pub fn compact(&mut self) {
        self.etcd.compact();
    }

    /// Answers a request at this instant.
    pub fn serve(&mut self, request: &Request, now: VirtualTime) -> Served {
        let mut session = Session { server: self, now, writes: Vec::new() };
        let answer = session.answer(&request.call).map_err(Box::new);
        Served { answer, writes: session.writes }
    }
}

impl Session<'_> {
    fn answer(&mut self, call: &Call) -> Result<Reply, Status> {
        match call {
            Call::Get { target, sub: Sub::Scale } => self.server.scale_of(target),
            Call::Get { target, .. } => self.find(target).map(Reply::Object),
            Call::List { kind, filter } => self.server.list(*kind, filter),
            Call::Watch { kind, filter, .. } => check_fields(*kind, filter).map(|()| Reply::Watching),
            Call::Follow { .. } => Ok(Reply::Watching),
            Call::Create { object, dry_run } => self.create(object.clone(), *dry_run).map(Reply::Object),
            Call::Update { object, sub, dry_run } => {
                let stored = self.find(&object.reference())?;
                self.update(&stored, object.clone(), *sub, *dry_run).map(Reply::Object)
            }
            Call::Patch { target, patch, sub: Sub::Scale, .. } => self.patch_scale(target, patch),
            Call::Patch { target, patch, sub, dry_run } => {
                self.patch(target, patch, *sub, *dry_run).map(Reply::Object)
            }
            Call::Scale { target, replicas } => self.scale(target, *replicas, None),
            Call::Delete { target, options } => self.delete(target, options).map(Reply::Object),
            Call::DeleteCollection { kind, filter, options } => {
                let Reply::List { items, revision } = self.server.list(*kind, filter)? else {
                    return Ok(Reply::Done);
                };
                let mut deleted = Vec::new();
                for object in items {
                    deleted.push(self.delete(&object.reference(), options)?);
                }
                Ok(Reply::List { items: deleted, revision })
            }
            Call::Bind { pod, uid, node } => self.bind(pod, uid, node),
            Call::Evict { pod, options } => self.evict(pod, options),
        }
    }

    /// The stored object.
    pub(super) fn find(&self, target: &ObjectRef) -> Result<Object, Status> {
        self.server.find(target)
    }

    fn create(&mut self, mut object: Object, dry_run: bool) -> Result<Object, Status> {
        let kind = object.kind();
        self.namespace_must_accept(&admission::subject(&object))?;
        self.name(&mut object);
        let target = object.reference();
        if object.meta().resource_version.as_deref().is_some_and(|version| !version.is_empty()) {
            let message = "resourceVersion should not be set on objects to be created".to_owned();
            return Err(Status { code: 500, message, ..Status::default() });
        }
        let exists = self.server.etcd.get(&target).is_some();
        self.stamp(&mut object);
        drop_status(&mut object);
        defaults::apply(&mut object);
        count_templates(None, &mut object);
        self.admit(&mut object)?;
        let causes = validation::create(&object);
        if !causes.is_empty() {
            return Err(Status::invalid(kind, &target.key.name, causes));
        }
        if exists {
            return Err(Status::already_exists(&target));
        }
        if kind == Kind::Service {
            self.server.service_ips.allocate(&mut object)?;
        }
        self.share_spec(&mut object);
        Ok(if dry_run { object } else { self.put(object) })
    }

    /// Refuses to make something, an object or a subresource of one, in a namespace that is missing or dying.
    pub(super) fn namespace_must_accept(&self, subject: &ObjectRef) -> Result<(), Status> {
        let target = ObjectRef::new(Kind::Namespace, Key::cluster(subject.key.namespace.clone()));
        let namespace = self.server.etcd.get(&target).and_then(core::Namespace::of);
        admission::namespace_for_create(subject, namespace)
    }

    fn name(&mut self, object: &mut Object) {
        let meta = object.meta_mut();
        let unnamed = meta.name.as_deref().unwrap_or("").is_empty();
        if let (true, Some(base)) = (unnamed, meta.generate_name.as_deref().filter(|base| !base.is_empty())) {
            let base: String = base.chars().take(BASE_MAX).collect();
            meta.name = Some(format!("{base}{}", self.server.random.suffix(SUFFIX_LETTERS)));
        }
    }

    fn stamp(&mut self, object: &mut Object) {
        let generation = has_generation(object.kind()).then_some(1);
        let uid = self.server.random.uuid();
        let now = self.now;
        let meta = object.meta_mut();
        meta.uid = Some(uid);
        meta.creation_timestamp = Some(now.to_api());
        meta.generation = generation;
        meta.deletion_timestamp = None;
        meta.deletion_grace_period_seconds = None;
        meta.self_link = None;
        meta.managed_fields = None;
        meta.resource_version = None;
    }

    fn admit(&self, object: &mut Object) -> Result<(), Status> {
        if let Object::Node(node) = object {
            admission::node(Arc::make_mut(node));
        }
        let Object::Pod(pod) = object else { return Ok(()) };
        let namespace = pod.metadata.namespace.as_deref().unwrap_or("");
        let account =
            ObjectRef::new(Kind::ServiceAccount, Key::new(namespace, admission::service_account_name(pod)));
        let account = self.server.etcd.get(&account).and_then(core::ServiceAccount::of);
        admission::pod(Arc::make_mut(pod), account, self.now.to_api())
    }

    /// Lets a new pod share the specification of an earlier one that is equal to its own.
    fn share_spec(&mut self, object: &mut Object) {
        let Object::Pod(pod) = object else { return };
        let specs = &mut self.server.specs;
        match specs.iter().position(|spec| *spec == pod.spec) {
            Some(found) => Arc::make_mut(pod).spec = specs[found].clone(),
            None => {
                if specs.len() >= SPECS_SHARED {
                    specs.remove(0);
                }
                specs.push(pod.spec.clone());
            }
        }
    }

    /// Replaces an object or its status; what a client may not change stays as it is.
    pub(super) fn update(
        &mut self,
        stored: &Object,
        mut object: Object,
        sub: Sub,
        dry_run: bool,
    ) -> Result<Object, Status> {
        let target = stored.reference();
        let (old, new) = (stored.meta(), object.meta());
        let version = new.resource_version.as_deref().filter(|version| !version.is_empty());
        if version.is_some_and(|version| Some(version) != old.resource_version.as_deref()) {
            return Err(Status::stale(&target));
        }
        if new.uid.as_deref().is_some_and(|uid| !uid.is_empty() && Some(uid) != old.uid.as_deref()) {
            let uid = |meta: &ObjectMeta| meta.uid.clone().unwrap_or_default();
            return Err(Status::other_uid(&target, &uid(new), &uid(old)));
        }
        match sub {
            Sub::Status => {
                let mut whole = stored.clone();
                whole.take_status(&object);
                keep_meta_of_status_update(&object, &mut whole);
                object = whole;
            }
            Sub::Finalize => {
                let mut whole = stored.clone();
                take_namespace_finalizers(&object, &mut whole);
                object = whole;
            }
            Sub::Main | Sub::Scale => {
                take_namespace_finalizers(stored, &mut object);
                if !is_status_writable_with_spec(object.kind()) {
                    object.take_status(stored);
                }
                defaults::apply(&mut object);
                ServiceIps::prepare(stored, &mut object);
            }
        }
        keep_meta(stored, &mut object);
        count_templates(Some(stored), &mut object);
        let causes = match sub {
            Sub::Status => validation::update_status(&object, stored),
            Sub::Main | Sub::Scale | Sub::Finalize => validation::update(&object, stored),
        };
        if !causes.is_empty() {
            return Err(Status::invalid(target.kind, &target.key.name, causes));
        }
        if object.kind() == Kind::Service && sub == Sub::Main {
            self.server.service_ips.update(stored, &mut object)?;
        }
        if has_generation(object.kind()) && !object.same_spec(stored) {
            object.meta_mut().generation = Some(old.generation.unwrap_or(0) + 1);
        }
        if dry_run || object == *stored {
            return Ok(object);
        }
        Ok(match is_finalized(&object) {
            true => self.remove(object),
            false => self.put(object),
        })
    }

    fn patch(
        &mut self,
        target: &ObjectRef,
        patch: &Patch,
        sub: Sub,
        dry_run: bool,
    ) -> Result<Object, Status> {
        let stored = self.find(target)?;
        let patched = patch::apply(target.kind, &stored.to_value(), patch)?;
        if let Some(why) = decode::faults(target.kind, &patched) {
            return Err(patch::undecodable(target.kind, &stored.to_value(), patch, &why));
        }
        let object = decode::strict(target.kind, &patched)?;
        self.update(&stored, object, sub, dry_run)
    }

    /// Stores an object.
    pub(super) fn put(&mut self, object: Object) -> Object {
        let record = self.server.etcd.put(object, self.now);
        let object = record.object.clone();
        self.writes.push(record);
        object
    }

    /// Removes an object, which was in this state at last.
    pub(super) fn remove(&mut self, last: Object) -> Object {
        let Some(record) = self.server.etcd.remove(last.clone(), self.now) else { return last };
        if record.object.kind() == Kind::Service {
            self.server.service_ips.release(&record.object);
        }
        let object = record.object.clone();
        self.writes.push(record);
        object
    }
}
