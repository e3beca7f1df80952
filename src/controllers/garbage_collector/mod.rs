//! The garbage collector: it removes what nobody owns any more.
//!
//! An object names its owners (`metadata.ownerReferences`, by uid). Deleting an owner deletes nothing else: the
//! garbage collector finds dependents whose owners are gone, and deletes them. How an owner goes is up to
//! whoever deletes it:
//!
//! | propagation | what happens |
//! |---|---|
//! | background | the owner goes at once, its dependents follow |
//! | foreground | the owner stays with the finalizer `foregroundDeletion` until its dependents are gone |
//! | orphan | the owner stays with the finalizer `orphan` until its dependents no longer name it; they stay |
//!
//! The collector's picture may be old, and a wrong deletion cannot be undone. So before it deletes it asks the
//! API server for the object and for each owner that is not there, and every request carries the uid. Left
//! out: circles of owners that block each other, and references across namespaces
//! (`pkg/controller/garbagecollector`).

mod graph;

use serde_json::json;
use smol_str::{SmolStr, ToSmolStr, format_smolstr};

use graph::{
    Graph, Standing, blocks, has_finalizer, owners, place_of, waits_for_dependents, waits_for_orphans,
};

use crate::apiserver::{Call, DeleteOptions, FOREGROUND, ORPHAN, Patch, Propagation, Sub};
use crate::client::{
    Cache, Change, Context, Effect, Interest, Limit, Limits, Loop, Never, Outcome, Plan, Step, Verdict, Write,
};
use crate::object::{Kind, Object, ObjectMeta, ObjectRef, OwnerReference, is_terminating};
use crate::time::VirtualTime;

/// The garbage collector.
#[derive(Clone, Debug, Default)]
pub struct GarbageCollector {
    graph: Graph,
}

/// An object that names the observed one as its owner.
#[derive(Clone, Debug)]
struct Dependent {
    reference: ObjectRef,
    uid: Option<String>,
    blocks: bool,
}

/// What it saw.
#[derive(Clone, Debug)]
pub struct Seen {
    object: Object,
    owners: Vec<(OwnerReference, Standing)>,
    dependents: Vec<Dependent>,
}

impl Loop for GarbageCollector {
    type Seen = Seen;
    type Op = Never;

    fn component(&self) -> SmolStr {
        "controller/garbage-collector".into()
    }

    /// Everything that can own or be owned; not Events, of which there are many.
    fn interests(&self) -> Vec<Interest> {
        Kind::ALL.iter().filter(|kind| **kind != Kind::Event).map(|kind| Interest::all(*kind)).collect()
    }

    /// Twice the usual rate, for each deletion takes two requests (`startGarbageCollectorController`).
    fn limits(&self) -> Limits {
        let Limit { per_second, burst } = Limit::CONTROLLER;
        Limits { requests: Some(Limit { per_second: 2 * per_second, burst }), events: None }
    }

    /// `--concurrent-gc-syncs`.
    fn workers(&self) -> usize {
        20
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        let (old, new) = (change.old.as_ref(), change.new.as_ref());
        match (old, new) {
            // The same name, but another object: the first one went unseen.
            (Some(gone), Some(came)) if gone.meta().uid != came.meta().uid => {
                self.gone(gone, cx);
                self.there(None, came, cx);
            }
            (old, Some(object)) => self.there(old, object, cx),
            (Some(gone), None) => self.gone(gone, cx),
            (None, None) => {}
        }
    }

    fn observe(&mut self, item: &ObjectRef, cache: &Cache, _now: VirtualTime) -> Option<Seen> {
        let object = cache.get(item.kind, &item.key)?.clone();
        let meta = object.meta();
        let uid = meta.uid.as_deref().unwrap_or("");
        let standing = |owner: &OwnerReference| self.graph.standing(owner, &item.key.namespace, cache);
        let owners = owners(meta).iter().map(|owner| (owner.clone(), standing(owner))).collect();
        let dependents = self.graph.dependents(uid).filter_map(|reference| {
            let meta = cache.get(reference.kind, &reference.key)?.meta();
            Some(Dependent { reference: reference.clone(), uid: meta.uid.clone(), blocks: blocks(meta, uid) })
        });
        let dependents = dependents.collect();
        Some(Seen { object, owners, dependents })
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        let owners: Vec<String> =
            seen.owners.iter().map(|(owner, standing)| owner_words(owner, *standing)).collect();
        let owners = if owners.is_empty() { "no owner".to_owned() } else { owners.join(", ") };
        match seen.dependents.len() {
            0 => owners.to_smolstr(),
            number => format_smolstr!("{owners}; {number} depend on it"),
        }
    }

    fn compare(&self, item: &ObjectRef, seen: &Seen, _now: VirtualTime) -> Plan {
        let meta = seen.object.meta();
        if waits_for_orphans(meta) {
            return let_dependents_go(item, seen);
        }
        if waits_for_dependents(meta) {
            return wait_for_dependents(item, seen);
        }
        if is_terminating(meta) {
            return Plan::idle(Verdict::nothing("it is being deleted already"));
        }
        if seen.owners.is_empty() {
            return Plan::idle(Verdict::nothing("nobody owns it, so it stays until somebody deletes it"));
        }
        let is_safe = |standing: &Standing| matches!(standing, Standing::There | Standing::UnknownKind);
        if seen.owners.iter().all(|(_, standing)| is_safe(standing)) {
            let (owner, standing) = &seen.owners[0];
            return Plan::idle(Verdict::nothing(format_smolstr!(
                "{}: it stays",
                owner_words(owner, *standing)
            )));
        }
        let words: Vec<String> =
            seen.owners.iter().map(|(owner, standing)| owner_words(owner, *standing)).collect();
        let has = |wanted| seen.owners.iter().any(|(_, standing)| *standing == wanted);
        let why = match (has(Standing::Gone), has(Standing::WaitsForDependents)) {
            (true, _) => "it has lost its owner: I ask once more whether that is so, then it goes",
            (_, true) => "its owner waits for it to go: I look at it once more, then it goes",
            _ => "I never saw its owner: before I delete it I ask whether that is really gone",
        };
        let mut asks = vec![get(item.clone())];
        asks.extend(questions(seen).map(|(_, place)| get(place)));
        Plan::idle(Verdict::new("a living owner", words.join(", "), "-1", why)).then_all(asks)
    }

    fn conclude(
        &self,
        item: &ObjectRef,
        seen: &Seen,
        outcomes: &[Outcome],
        _now: VirtualTime,
    ) -> Vec<Step<Never>> {
        let meta = seen.object.meta();
        if outcomes.iter().any(|outcome| outcome.refusal().is_some()) {
            return Vec::new();
        }
        let write = match (waits_for_orphans(meta), waits_for_dependents(meta)) {
            (true, _) => {
                outcomes.last().and_then(Outcome::object).map(|object| without_finalizer(object, ORPHAN))
            }
            (_, true) => {
                outcomes.last().and_then(Outcome::object).map(|object| without_finalizer(object, FOREGROUND))
            }
            _ => collect(item, seen, outcomes),
        };
        let step = |write| Step { effects: vec![Effect::Write(write)], must_succeed: true };
        write.map(step).into_iter().collect()
    }
}

impl GarbageCollector {
    fn there(&mut self, old: Option<&Object>, object: &Object, cx: &mut Context<'_>) {
        let (item, meta) = (object.reference(), object.meta());
        let before = old.map(|old| owners(old.meta())).unwrap_or_default();
        let cache = cx.cache;
        if before != owners(meta) {
            self.graph.follow(&item, before, owners(meta));
            let unsafe_owner = owners(meta).iter().find_map(|owner| {
                let standing = self.graph.standing(owner, &item.key.namespace, cache);
                let safe = matches!(standing, Standing::There | Standing::UnknownKind);
                (!safe).then(|| owner_words(owner, standing))
            });
            if let Some(words) = unsafe_owner {
                cx.wake(item.clone(), words);
            }
            self.wake_waiting_owners(&item, before, "a dependent no longer holds it", cx);
        }
        let is_new = |is: fn(&ObjectMeta) -> bool| is(meta) && !old.is_some_and(|old| is(old.meta()));
        if is_new(waits_for_orphans) {
            cx.wake(item.clone(), "it wants its dependents to stay without it");
        }
        if is_new(waits_for_dependents) {
            for dependent in self.graph.dependents(meta.uid.as_deref().unwrap_or("")) {
                cx.wake(dependent.clone(), format_smolstr!("its owner {} waits for it to go", item.key.name));
            }
            cx.wake(item, "it wants its dependents to go first");
        }
    }

    fn gone(&mut self, object: &Object, cx: &mut Context<'_>) {
        let (item, meta) = (object.reference(), object.meta());
        let uid = meta.uid.as_deref().unwrap_or("");
        self.graph.follow(&item, owners(meta), &[]);
        self.graph.went(uid);
        for dependent in self.graph.dependents(uid) {
            cx.wake(
                dependent.clone(),
                format_smolstr!("its owner {} {} is gone", item.kind.name(), item.key.name),
            );
        }
        self.wake_waiting_owners(&item, owners(meta), "a dependent is gone", cx);
    }

    fn wake_waiting_owners(
        &self,
        item: &ObjectRef,
        owners: &[OwnerReference],
        why: &'static str,
        cx: &mut Context<'_>,
    ) {
        let cache = cx.cache;
        for owner in owners {
            let Some(place) = place_of(owner, &item.key.namespace) else { continue };
            if self.graph.standing(owner, &item.key.namespace, cache) == Standing::WaitsForDependents {
                cx.wake(place, why);
            }
        }
    }
}

fn owner_words(owner: &OwnerReference, standing: Standing) -> String {
    let what = match standing {
        Standing::There => "exists",
        Standing::WaitsForDependents => "waits for its dependents to go",
        Standing::Gone => "is gone",
        Standing::NeverSeen => "was never seen",
        Standing::UnknownKind => "is of a kind that I do not know",
    };
    format!("its owner {} {} {what}", owner.kind, owner.name)
}

fn get(target: ObjectRef) -> Write {
    let words = format_smolstr!("ask for {target}");
    Write::new(Call::Get { target, sub: Sub::Main }, words).tolerating(&["NotFound"])
}

/// Owners that must be asked for, and where they would be, in order. Also those that were seen to go: a restored
/// etcd brings objects back, and the question goes out together with the one for the object itself.
fn questions(seen: &Seen) -> impl Iterator<Item = (&OwnerReference, ObjectRef)> {
    let namespace = seen.object.meta().namespace.as_deref().unwrap_or("");
    let doubted = |standing: &Standing| matches!(standing, Standing::Gone | Standing::NeverSeen);
    let doubtful = seen.owners.iter().filter(move |(_, standing)| doubted(standing));
    doubtful.filter_map(move |(owner, _)| Some((owner, place_of(owner, namespace)?)))
}

/// What is to be done with an object now that the answers are there (`attemptToDeleteItem`).
fn collect(item: &ObjectRef, seen: &Seen, outcomes: &[Outcome]) -> Option<Write> {
    let latest = outcomes.first()?.object()?;
    let meta = latest.meta();
    if meta.uid != seen.object.meta().uid || is_terminating(meta) {
        return None;
    }
    let answers: Vec<(&OwnerReference, Standing)> = questions(seen)
        .zip(outcomes.get(1..).unwrap_or_default())
        .map(|((owner, _), outcome)| (owner, graph::standing_of(owner, outcome.object().map(Object::meta))))
        .collect();
    let standing = |owner: &OwnerReference| {
        let answered =
            answers.iter().find(|(asked, _)| asked.uid == owner.uid).map(|(_, standing)| *standing);
        let known =
            seen.owners.iter().find(|(known, _)| known.uid == owner.uid).map(|(_, standing)| *standing);
        // An owner that came meanwhile has its own wake-up.
        answered.or(known).unwrap_or(Standing::There)
    };
    let of = |wanted: &[Standing]| -> Vec<&OwnerReference> {
        owners(meta).iter().filter(|owner| wanted.contains(&standing(owner))).collect()
    };
    let solid = of(&[Standing::There, Standing::UnknownKind]);
    let (dangling, waiting) = (of(&[Standing::Gone]), of(&[Standing::WaitsForDependents]));
    if dangling.is_empty() && waiting.is_empty() {
        return None;
    }
    if !solid.is_empty() {
        let uids: Vec<&str> = dangling.iter().chain(&waiting).map(|owner| owner.uid.as_str()).collect();
        return Some(without_owners(
            item,
            meta.uid.as_deref(),
            &uids,
            "drop the owners that are gone; others remain",
        ));
    }
    let propagation = match waiting.is_empty() {
        false if !seen.dependents.is_empty() => Propagation::Foreground,
        _ if has_finalizer(meta, ORPHAN) => Propagation::Orphan,
        _ if has_finalizer(meta, FOREGROUND) => Propagation::Foreground,
        _ => Propagation::Background,
    };
    let options =
        DeleteOptions { propagation: Some(propagation), uid: meta.uid.clone(), ..DeleteOptions::default() };
    let delete = Call::Delete { target: item.clone(), options };
    let did = match waiting.is_empty() {
        true => "delete it: nobody owns it any more",
        false => "delete it: its owner waits for that",
    };
    Some(Write::new(delete, did).tolerating(&["NotFound"]))
}

/// Takes owners off an object's list, if it still is the object of this uid
/// (`GenerateDeleteOwnerRefStrategicMergeBytes`).
fn without_owners(target: &ObjectRef, uid: Option<&str>, owners: &[&str], did: &'static str) -> Write {
    let deletions: Vec<_> = owners.iter().map(|uid| json!({"$patch": "delete", "uid": uid})).collect();
    let patch = Patch::Strategic(json!({"metadata": {"uid": uid, "ownerReferences": deletions}}));
    let call = Call::Patch { target: target.clone(), patch, sub: Sub::Main, dry_run: false };
    Write::new(call, did).tolerating(&["NotFound"])
}

/// Takes a finalizer off an object as it was just read.
fn without_finalizer(object: &Object, name: &str) -> Write {
    let meta = object.meta();
    let kept: Vec<&String> =
        meta.finalizers.iter().flatten().filter(|finalizer| *finalizer != name).collect();
    let patch = json!({"metadata": {"resourceVersion": meta.resource_version, "finalizers": kept}});
    let call = Call::Patch {
        target: object.reference(),
        patch: Patch::Merge(patch),
        sub: Sub::Main,
        dry_run: false,
    };
    Write::new(call, format_smolstr!("remove the finalizer {name}")).tolerating(&["NotFound"])
}

/// The orphan finalizer: the dependents stay and no longer name this owner.
fn let_dependents_go(item: &ObjectRef, seen: &Seen) -> Plan {
    let uid = seen.object.meta().uid.as_deref().unwrap_or("");
    let number = seen.dependents.len();
    let why = "its dependents are to stay: each one forgets its owner, and then it goes";
    let verdict =
        Verdict::new("no dependents", format_smolstr!("{number}"), format_smolstr!("{number:+}"), why);
    let drop = |dependent: &Dependent| {
        without_owners(&dependent.reference, dependent.uid.as_deref(), &[uid], "make it an orphan")
    };
    Plan::idle(verdict).then_all(seen.dependents.iter().map(drop).collect()).then(get(item.clone()))
}

/// The foreground finalizer: the owner goes when no dependent blocks it any more. Each dependent was woken when
/// the owner began to wait, and sees itself that its owner waits.
fn wait_for_dependents(item: &ObjectRef, seen: &Seen) -> Plan {
    let blocking: Vec<&Dependent> = seen.dependents.iter().filter(|dependent| dependent.blocks).collect();
    if blocking.is_empty() {
        let verdict =
            Verdict::new("no dependents", "none", "=", "its dependents are gone: now it may go itself");
        return Plan::idle(verdict).then(get(item.clone()));
    }
    let number = blocking.len();
    let why = "its dependents go first: I wait for them";
    let verdict =
        Verdict::new("no dependents", format_smolstr!("{number}"), format_smolstr!("{number:+}"), why);
    Plan::idle(verdict).waiting_for(format_smolstr!("for {number} dependents to go"))
}

#[cfg(test)]
mod tests;
