//! News of pods, for the controllers that make them: whom it concerns, and what of it was expected.

use smol_str::format_smolstr;

use super::claim::{Owner, owner_of, wake_for_orphan};
use super::expectations::Expectations;
use super::pod_control::news;
use crate::client::{Change, Context};
use crate::object::{Key, ObjectRef, Pod, Resource, is_terminating};

/// Wakes the owners that a change of a pod concerns, and ticks off what they expected.
pub fn pod_changed<R: Owner>(change: &Change, expectations: &mut Expectations, cx: &mut Context<'_>) {
    let (old, new) = (change.old.as_ref().and_then(Pod::of), change.new.as_ref().and_then(Pod::of));
    let Some(pod) = new.or(old) else { return };
    let (key, cache) = (pod.key(), cx.cache);
    let owner = |pod: &Pod| owner_of::<R>(&pod.metadata, cache);
    let mut wake = |owner: &Key, what: &str| {
        let why = format_smolstr!("pod {} {what}", key.name);
        cx.wake(ObjectRef::new(R::KIND, owner.clone()), why);
    };
    let (was, is) = (old.and_then(owner), new.and_then(owner));
    if let Some(owner) = was.filter(|owner| is.as_ref() != Some(owner)) {
        // It is gone, or it has another owner now: either way its old one is one short.
        expectations.deleted(&owner, &key);
        wake(&owner, if new.is_none() { "is gone" } else { "has another owner" });
    }
    let Some(pod) = new else { return };
    match is {
        Some(owner) => {
            if is_terminating(&pod.metadata) {
                expectations.deleted(&owner, &key);
            } else if old.is_none() {
                expectations.created(&owner);
            }
            wake(&owner, &news(old, pod));
        }
        None => wake_for_orphan::<R>("pod", old.map(|pod| &*pod.metadata), &pod.metadata, cx),
    }
}
