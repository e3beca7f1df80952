//! One look at a Deployment: what is decided, in which order.
//!
//! ```text
//! claim        adopt and release ReplicaSets            then look again
//! pause        note "paused" or "resumed"
//! revision     number the new set                       then look again
//! paused?      scale, clean the history up
//! scaled?      scale all sets in proportion             a scaling is settled before a rollout goes on
//! Recreate     old sets to 0, wait, new set up
//! Rolling      new set up if the budget allows, else old sets down
//! report       status and conditions
//! ```
//!
//! A decision depends on what was seen and nothing else, so the same function gives the plan at the start and is
//! asked again at the end for what to report (`syncDeployment` in `deployment_controller.go`).

use std::sync::Arc;

use k8s_openapi::api::apps::v1::DeploymentStatus;
use smol_str::format_smolstr;

use super::seen::Seen;
use super::steps::{Held, Sync, status_write};
use super::{budget, history, recreate, revision, rolling, scaling, status, words};
use crate::apiserver::{Call, Status, Sub};
use crate::client::{Effect, Never, Note, Outcome, Plan, Step, Write};
use crate::object::{Kind, Object, annotation, is_terminating, owner};
use crate::time::VirtualTime;

/// What is reported at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// Nothing: the next look does it.
    Nothing,
    /// Numbers and availability.
    Numbers,
    /// The progress of the rollout too.
    Progress,
}

/// The plan of a look.
pub(super) fn plan(seen: &Seen, now: VirtualTime) -> Plan {
    let mut sync = decide(seen, now);
    let mut plan = Plan::idle(words::verdict(&sync));
    plan.waits_for = words::waits_for(&sync);
    plan.steps = std::mem::take(&mut sync.steps);
    if plan.is_idle() {
        match sync.new_status() {
            Some(status) => plan = plan.then(sync.status_write(status)),
            None if sync.report == Report::Progress => {
                if let Some(wait) = status::deadline_check(&seen.deployment, now) {
                    plan = plan.again_after(wait);
                    plan.waits_for = "for progress, or for the progress deadline".into();
                }
            }
            None => {}
        }
    }
    plan
}

/// What remains to be written when all requests of the plan have ended.
pub(super) fn conclude(seen: &Seen, outcomes: &[Outcome], now: VirtualTime) -> Vec<Step<Never>> {
    let sync = decide(seen, now);
    if sync.steps.is_empty() {
        return Vec::new();
    }
    if let Some(refusal) = sync.created_by.and_then(|at| outcomes.get(at)).and_then(Outcome::refusal) {
        return sync.creation_refused(refusal);
    }
    if outcomes.iter().any(|outcome| !matches!(outcome, Outcome::Done(_))) {
        return Vec::new();
    }
    let write = sync.new_status().map(|status| sync.status_write(status));
    write.map(|write| Step { effects: vec![Effect::Write(write)], must_succeed: true }).into_iter().collect()
}

/// Decides what is to be done, apart from the report.
pub(super) fn decide(seen: &Seen, now: VirtualTime) -> Sync<'_> {
    let mut sync = Sync::new(seen, now);
    let claims = seen.sets.writes(Kind::Deployment, &seen.deployment.metadata);
    if !claims.is_empty() {
        sync.why.extend(seen.sets.words());
        sync.push(claims.into_iter().map(Effect::Write).collect());
        sync.report = Report::Nothing;
        return sync;
    }
    if is_terminating(&seen.deployment.metadata) {
        sync.why.push("it is being deleted: nothing is rolled out any more".to_owned());
        sync.report = Report::Numbers;
        return sync;
    }
    sync.pause_conditions();
    if !sync.renew_revision() {
        return sync;
    }
    let spec = seen.spec();
    if spec.paused == Some(true) {
        sync.report = Report::Numbers;
        scaling::scale(&mut sync);
        history::clean(&mut sync);
    } else if scaling::is_due(&sync) {
        sync.report = Report::Numbers;
        scaling::scale(&mut sync);
    } else if budget::is_recreate(&seen.deployment) {
        sync.report = Report::Progress;
        recreate::roll(&mut sync);
    } else {
        sync.report = Report::Progress;
        rolling::roll(&mut sync);
    }
    sync
}

impl Sync<'_> {
    /// Says in the Progressing condition that the Deployment was paused or resumed, so that the time in between
    /// does not count towards the deadline (`checkPausedConditions`).
    fn pause_conditions(&mut self) {
        if status::deadline(&self.seen.deployment).is_none() {
            return;
        }
        let reason = status::progressing(self.seen.status());
        let reason = reason.and_then(|condition| condition.reason.as_deref());
        if reason == Some(status::DEADLINE_EXCEEDED) {
            return;
        }
        let is_noted = reason == Some("DeploymentPaused");
        let (reason, message) = match self.seen.spec().paused == Some(true) {
            true if !is_noted => ("DeploymentPaused", "Deployment is paused"),
            false if is_noted => ("DeploymentResumed", "Deployment is resumed"),
            _ => return,
        };
        let mut status = self.seen.status().clone();
        status::set_progressing(&mut status, "Unknown", reason, message.to_owned(), self.now);
        self.draft().status = Some(status);
        self.write_draft(format_smolstr!("report: {message}"));
    }

    /// Gives an existing new set the next revision number and the Deployment the same number. Returns whether the
    /// look can go on: a set that was just annotated has to be seen first (upstream writes it twice from the same
    /// copy, is refused, and begins again).
    fn renew_revision(&mut self) -> bool {
        let Some(new) = &self.new else { return true };
        let deployment = &self.seen.deployment;
        let number = revision::next(self.seen.old_sets().map(|set| &**set));
        let name = new.name().to_owned();
        let min_ready = self.seen.spec().min_ready_seconds;
        let set_min_ready = new.set.spec.as_ref().and_then(|spec| spec.min_ready_seconds);
        let annotations = revision::annotations(&new.set, deployment, number);
        if annotations.is_some() || set_min_ready.unwrap_or(0) != min_ready.unwrap_or(0) {
            let mut set = (*new.set).clone();
            set.metadata.annotations = annotations.or(set.metadata.annotations);
            set.spec.get_or_insert_default().min_ready_seconds = min_ready;
            let revision = revision::revision(&set);
            self.why
                .push(format!("{name} is the set for the template again: it becomes revision {revision}"));
            let object = Object::ReplicaSet(Arc::new(set));
            let did = format_smolstr!("note revision {revision} on ReplicaSet {name}");
            let call = Call::Update { object, sub: Sub::Main, dry_run: false };
            self.push(vec![Effect::Write(Write::new(call, did))]);
            self.report = Report::Nothing;
            return false;
        }
        let revision = annotation(&new.set.metadata, revision::REVISION).unwrap_or("").to_owned();
        let mut changed = self.set_revision(&revision);
        let progressing = self.draft.status.as_ref().and_then(status::progressing);
        if status::deadline(deployment).is_some() && progressing.is_none() {
            let message = format!("Found new replica set \"{name}\"");
            let (now, status) = (self.now, self.draft().status.get_or_insert_default());
            status::set_progressing(status, "True", "FoundNewReplicaSet", message, now);
            changed = true;
        }
        if changed && self.is_draft_written {
            self.report = Report::Nothing;
            return false;
        }
        if changed {
            self.write_draft(format_smolstr!("note revision {revision} on the Deployment"));
        }
        true
    }

    /// The status to be reported, if it differs from what the Deployment says.
    pub fn new_status(&self) -> Option<DeploymentStatus> {
        let status = match self.report {
            _ if self.is_draft_written => return None,
            Report::Nothing => return None,
            Report::Numbers => status::numbers(self.seen, self.now),
            Report::Progress => status::progress(self.seen, self.now),
        };
        (status != *self.seen.status()).then_some(status)
    }

    fn status_write(&self, status: DeploymentStatus) -> Write {
        let mut deployment = (*self.seen.deployment).clone();
        let did = format_smolstr!("report {}", words::numbers(&status));
        deployment.status = Some(status);
        // Refused, if somebody wrote the Deployment meanwhile: that write's own notice leads to the next look.
        status_write(Arc::new(deployment), did).tolerating(&["NotFound", "Conflict"])
    }

    /// The new set could not be created: its name is taken by another template's set (then the hash must differ),
    /// or the API server refuses it (then the condition says so).
    fn creation_refused(&self, refusal: &Status) -> Vec<Step<Never>> {
        let mut deployment = (*self.seen.deployment).clone();
        let mut status = self.seen.status().clone();
        let mut effects = Vec::new();
        if refusal.reason == "AlreadyExists" {
            // Not in the cache yet: then it may be our own, and the next look will know.
            let Some(other) = &self.seen.in_the_way else { return Vec::new() };
            let uid = self.seen.deployment.metadata.uid.as_deref().unwrap_or("");
            if owner::is_controlled_by(&other.metadata, uid)
                && revision::has_template(other, &self.seen.deployment)
            {
                return Vec::new();
            }
            status.collision_count = Some(status.collision_count.unwrap_or(0) + 1);
        } else if refusal.causes.iter().any(|cause| cause.reason == "NamespaceTerminating") {
            return Vec::new();
        } else {
            let set = self.new.as_ref().map(Held::name).unwrap_or_default();
            let message = format!("Failed to create new replica set \"{set}\": {}", refusal.message);
            let about = Object::Deployment(self.seen.deployment.clone());
            effects.push(Effect::Note(Note::warning(about, "ReplicaSetCreateError", message.clone())));
            if status::deadline(&deployment).is_some() {
                status::set_progressing(&mut status, "False", "ReplicaSetCreateError", message, self.now);
            }
        }
        if status != *self.seen.status() {
            deployment.status = Some(status);
            let did = "report that the new ReplicaSet could not be created".into();
            effects.push(Effect::Write(status_write(Arc::new(deployment), did)));
        }
        vec![Step { effects, must_succeed: true }]
    }
}
