//! Deletion: at once, with grace, or held by finalizers.
//!
//! A pod on a node gets a deletion timestamp in the future and goes when its kubelet says that it has ended.
//! Everything else goes at once, unless finalizers hold it: `foregroundDeletion` until its dependents are gone,
//! `orphan` until they have lost their owner, a Namespace until its content is gone.

use std::sync::Arc;

use super::server::Session;
use super::strategy::{has_generation, is_finalized};
use super::{DeleteOptions, Propagation, Status, admission};
use crate::object::{Kind, Object, ObjectRef, is_terminating};
use crate::time::Span;

/// The finalizer of an owner that goes after its dependents.
pub const FOREGROUND: &str = "foregroundDeletion";
/// The finalizer of an owner whose dependents stay.
pub const ORPHAN: &str = "orphan";

impl Session<'_> {
    /// Deletes an object; the answer is the object as it is then, or as it was when it went.
    pub(super) fn delete(&mut self, target: &ObjectRef, options: &DeleteOptions) -> Result<Object, Status> {
        let mut object = self.find(target)?;
        check_preconditions(&object, options)?;
        admission::namespace_for_delete(target)?;
        if let Object::Namespace(_) = object {
            return Ok(self.delete_namespace(object));
        }
        let grace = grace_period(&object, options);
        let was_terminating = is_terminating(object.meta());
        if was_terminating {
            let left = object.meta().deletion_grace_period_seconds.unwrap_or(0);
            if grace >= left && grace > 0 {
                return Ok(object);
            }
        }
        let finalizers = object.meta().finalizers.clone();
        if let Some(propagation) = options.propagation {
            mark_propagation(&mut object, propagation);
        }
        let held = object.meta().finalizers.as_ref().is_some_and(|finalizers| !finalizers.is_empty());
        let graceful = object.kind() == Kind::Pod;
        if was_terminating && held && !graceful && object.meta().finalizers == finalizers {
            // Asked for again, and its finalizers still hold it: there is nothing to write.
            return Ok(object);
        }
        if held || graceful {
            self.mark_deleted(&mut object, grace, was_terminating);
        }
        if graceful && grace == 0 {
            // As the real server does: a last write without grace, then the removal.
            object = self.put(object);
        }
        match is_finalized(&object) || (!held && !graceful) {
            true => Ok(self.remove(object)),
            false if graceful && grace == 0 => Ok(object),
            false => Ok(self.put(object)),
        }
    }

    /// The namespace is Terminating from now on; its controller empties it and lets it go.
    fn delete_namespace(&mut self, mut object: Object) -> Object {
        if is_terminating(object.meta()) {
            return match is_finalized(&object) {
                true => self.remove(object),
                false => object,
            };
        }
        // No grace is told of: what holds it is its content.
        object.meta_mut().deletion_timestamp = Some(self.now.to_api());
        if let Object::Namespace(namespace) = &mut object {
            let status = Arc::make_mut(namespace).status.get_or_insert_default();
            status.phase = Some("Terminating".to_owned());
        }
        match is_finalized(&object) {
            true => self.remove(object),
            false => self.put(object),
        }
    }

    fn mark_deleted(&self, object: &mut Object, grace_secs: i64, again: bool) {
        let at = self.now + Span::api_secs(grace_secs);
        let generation = has_generation(object.kind());
        let meta = object.meta_mut();
        meta.deletion_timestamp = Some(at.to_api());
        meta.deletion_grace_period_seconds = Some(grace_secs);
        if generation && !again {
            meta.generation = Some(meta.generation.unwrap_or(0) + 1);
        }
    }
}

/// `rest.BeforeDelete`.
fn check_preconditions(object: &Object, options: &DeleteOptions) -> Result<(), Status> {
    let meta = object.meta();
    let mismatch = |what: &str, wanted: &str, there: &str, perhaps: &str| {
        let why = format!(
            "the {what} in the precondition ({wanted}) does not match the {what} in record ({there}). The object \
             might have been {perhaps}"
        );
        Err(Status::precondition_failed(&object.reference(), &why))
    };
    if let Some(uid) = &options.uid
        && meta.uid.as_ref() != Some(uid)
    {
        let there = meta.uid.as_deref().unwrap_or("");
        return mismatch("UID", uid, there, "deleted and then recreated");
    }
    if let Some(version) = &options.resource_version
        && meta.resource_version.as_ref() != Some(version)
    {
        let there = meta.resource_version.as_deref().unwrap_or("");
        return mismatch("ResourceVersion", version, there, "modified");
    }
    Ok(())
}

/// Only a pod that may be running somewhere needs time to end (`podStrategy.CheckGracefulDelete`).
fn grace_period(object: &Object, options: &DeleteOptions) -> i64 {
    let Object::Pod(pod) = object else { return 0 };
    if pod.node_name().is_none() || pod.is_finished() {
        return 0;
    }
    let own = pod.spec.termination_grace_period_seconds.unwrap_or(30);
    // A negative period counts as one second.
    match options.grace_period_secs.unwrap_or(own) {
        negative if negative < 0 => 1,
        seconds => seconds,
    }
}

fn mark_propagation(object: &mut Object, propagation: Propagation) {
    let finalizers = object.meta_mut().finalizers.get_or_insert_default();
    finalizers.retain(|finalizer| finalizer != FOREGROUND && finalizer != ORPHAN);
    match propagation {
        Propagation::Background => {}
        Propagation::Foreground => finalizers.push(FOREGROUND.to_owned()),
        Propagation::Orphan => finalizers.push(ORPHAN.to_owned()),
    }
    if finalizers.is_empty() {
        object.meta_mut().finalizers = None;
    }
}
