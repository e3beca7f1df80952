//! Steps: what one look at a Deployment can do, and in what order it does it.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use smol_str::{SmolStr, format_smolstr};

use super::budget::{Budget, replicas};
use super::seen::{Seen, name, size};
use super::sync::Report;
use super::{revision, status};
use crate::apiserver::{Call, Sub};
use crate::client::{Effect, Never, Note, Step, Write};
use crate::object::{Object, annotation};
use crate::time::VirtualTime;

/// A ReplicaSet with the size that it will have when the steps so far are done.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub set: Arc<ReplicaSet>,
    pub size: i32,
    /// Whether an earlier step writes it, so that its resource version is not known.
    written: bool,
}

impl Held {
    fn new(set: &Arc<ReplicaSet>) -> Self {
        Self { set: set.clone(), size: size(set), written: false }
    }

    pub fn name(&self) -> &str {
        name(&self.set)
    }
}

/// One of the Deployment's sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    New,
    Old(usize),
}

/// A look in the making.
pub(super) struct Sync<'a> {
    pub seen: &'a Seen,
    pub now: VirtualTime,
    /// The set with the Deployment's template, if there is one or it is about to be created.
    pub new: Option<Held>,
    /// All others, oldest first.
    pub old: Vec<Held>,
    /// The Deployment with what is written to its status midway.
    pub draft: Arc<Deployment>,
    pub steps: Vec<Step<Never>>,
    /// Whether the draft is written; then a report at the end would be refused.
    pub is_draft_written: bool,
    /// Which of the writes creates the new set.
    pub created_by: Option<usize>,
    pub report: Report,
    /// The reason for all this, in words.
    pub why: Vec<String>,
}

impl<'a> Sync<'a> {
    /// A look that has decided nothing yet.
    pub fn new(seen: &'a Seen, now: VirtualTime) -> Self {
        Self {
            seen,
            now,
            new: seen.new_set().map(Held::new),
            old: seen.old_sets().map(Held::new).collect(),
            draft: seen.deployment.clone(),
            steps: Vec::new(),
            is_draft_written: false,
            created_by: None,
            report: Report::Nothing,
            why: Vec::new(),
        }
    }

    /// The draft, to be changed.
    pub fn draft(&mut self) -> &mut Deployment {
        Arc::make_mut(&mut self.draft)
    }

    /// `spec.replicas`.
    pub fn replicas(&self) -> i32 {
        replicas(&self.seen.deployment)
    }

    /// What the rollout may do.
    pub fn budget(&self) -> Budget {
        Budget::of(&self.seen.deployment)
    }

    /// The sizes of all sets together.
    pub fn total(&self) -> i32 {
        self.all().map(|(_, held)| held.size).sum()
    }

    /// All sets: the old ones, oldest first, then the new one.
    pub fn all(&self) -> impl Iterator<Item = (Which, &Held)> {
        let old = self.old.iter().enumerate().map(|(index, held)| (Which::Old(index), held));
        old.chain(self.new.iter().map(|held| (Which::New, held)))
    }

    fn held(&self, which: Which) -> Option<&Held> {
        match which {
            Which::New => self.new.as_ref(),
            Which::Old(index) => self.old.get(index),
        }
    }

    fn held_mut(&mut self, which: Which) -> Option<&mut Held> {
        match which {
            Which::New => self.new.as_mut(),
            Which::Old(index) => self.old.get_mut(index),
        }
    }

    /// Changes a set's size and says so in an Event. Returns whether its size differs.
    pub fn scale(&mut self, which: Which, to: i32) -> bool {
        self.held(which).is_some_and(|held| held.size != to) && self.resize(which, to)
    }

    /// The same, but also refreshes the annotations of a set whose size does not change.
    pub fn resize(&mut self, which: Which, to: i32) -> bool {
        let Some(held) = self.held(which) else { return false };
        let from = held.size;
        if revision::has_size(&held.set, &self.seen.deployment) && from == to {
            return false;
        }
        let mut set = (*held.set).clone();
        revision::annotate_size(&mut set, &self.seen.deployment);
        set.spec.get_or_insert_default().replicas = Some(to);
        if held.written {
            set.metadata.resource_version = None;
        }
        let name = held.name().to_owned();
        let set = Arc::new(set);
        if let Some(held) = self.held_mut(which) {
            (held.set, held.size, held.written) = (set.clone(), to, true);
        }
        let object = Object::ReplicaSet(set);
        let did = match from == to {
            true => format_smolstr!("note the new size on ReplicaSet {name}"),
            false => format_smolstr!("scale ReplicaSet {name} from {from} to {to}"),
        };
        let call = Call::Update { object, sub: Sub::Main, dry_run: false };
        self.push(vec![Effect::Write(Write::new(call, did))]);
        if from != to {
            let way = if to > from { "up" } else { "down" };
            self.note(format!("Scaled {way} replica set {name} from {from} to {to}"));
        }
        from != to
    }

    /// Creates the set for the Deployment's template, as large as `size` makes it, and notes its revision.
    pub fn create_new_set(&mut self, size: impl FnOnce(&Self) -> i32) {
        let number = revision::next(self.seen.old_sets().map(|set| &**set));
        let mut set = revision::new_set(&self.seen.deployment, number);
        self.new = Some(Held { set: Arc::new(set.clone()), size: 0, written: true });
        let size = size(self);
        set.spec.get_or_insert_default().replicas = Some(size);
        let name = name(&set).to_owned();
        let set = Arc::new(set);
        self.new = Some(Held { set: set.clone(), size, written: true });
        self.created_by = Some(self.writes());
        let call = Call::Create { object: Object::ReplicaSet(set), dry_run: false };
        let did = format_smolstr!("create ReplicaSet {name} with {size} replicas");
        self.push(vec![Effect::Write(Write::new(call, did))]);
        if size > 0 {
            self.note(format!("Scaled up replica set {name} from 0 to {size}"));
        }
        let mut changed = self.set_revision(&number.to_string());
        if status::deadline(&self.seen.deployment).is_some() {
            let message = format!("Created new replica set \"{name}\"");
            let (now, status) = (self.now, self.draft().status.get_or_insert_default());
            status::set_progressing(status, "True", "NewReplicaSetCreated", message, now);
            changed = true;
        }
        // After a resumption was reported this write would be refused; the next look catches up.
        if changed && !self.is_draft_written {
            self.write_draft(format_smolstr!("report that ReplicaSet {name} was created"));
        }
    }

    /// Notes the revision on the draft. Returns whether it differs.
    pub fn set_revision(&mut self, revision: &str) -> bool {
        if annotation(&self.draft.metadata, revision::REVISION) == Some(revision) {
            return false;
        }
        let annotations = self.draft().metadata.annotations.get_or_insert_default();
        annotations.insert(revision::REVISION.to_owned(), revision.to_owned());
        true
    }

    /// Writes the draft's status and annotations in the middle of a look.
    pub fn write_draft(&mut self, did: SmolStr) {
        let write = status_write(self.draft.clone(), did);
        self.push(vec![Effect::Write(write)]);
        self.is_draft_written = true;
    }

    /// Adds a step; later ones are left out if it fails.
    pub fn push(&mut self, effects: Vec<Effect<Never>>) {
        self.steps.push(Step { effects, must_succeed: true });
    }

    fn note(&mut self, message: String) {
        let about = Object::Deployment(self.seen.deployment.clone());
        self.push(vec![Effect::Note(Note::normal(about, "ScalingReplicaSet", message))]);
    }

    fn writes(&self) -> usize {
        let effects = self.steps.iter().flat_map(|step| &step.effects);
        effects.filter(|effect| matches!(effect, Effect::Write(_))).count()
    }
}

/// The request that writes a Deployment's status.
pub(super) fn status_write(deployment: Arc<Deployment>, did: SmolStr) -> Write {
    let object = Object::Deployment(deployment);
    Write::new(Call::Update { object, sub: Sub::Status, dry_run: false }, did)
}
