//! The census: how many pods each owner has, in which state, by their labels.
//!
//! A ReplicaSet of a thousand pods is looked at whenever one of them changes. Counting them each time would make
//! the work grow with the square of their number, so the cache counts as they come and go. Pods of one owner
//! nearly all carry the same labels; whoever asks decides once per set of labels whether a selector matches.

use imbl::OrdMap;
use smol_str::SmolStr;

use crate::object::{Object, Pod, Resource, StringMap, is_terminating, labels, owner};

/// How many pods are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Neither finished nor being deleted.
    pub active: usize,
    /// Active, and their Ready condition is True.
    pub ready: usize,
    /// Being deleted, and not finished.
    pub terminating: usize,
}

impl Tally {
    fn of(pod: &Pod) -> Self {
        let unfinished = !pod.is_finished();
        let ends = is_terminating(&pod.metadata);
        let active = unfinished && !ends;
        Self {
            active: usize::from(active),
            ready: usize::from(active && pod.is_ready()),
            terminating: usize::from(unfinished && ends),
        }
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            active: self.active + other.active,
            ready: self.ready + other.ready,
            terminating: self.terminating + other.terminating,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            active: self.active.saturating_sub(other.active),
            ready: self.ready.saturating_sub(other.ready),
            terminating: self.terminating.saturating_sub(other.terminating),
        }
    }
}

/// Pods by their labels.
type Groups = OrdMap<StringMap, Tally>;

/// The pods of a cache, counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Census {
    /// By the uid of the managing owner.
    owned: OrdMap<SmolStr, Groups>,
    /// By namespace.
    ownerless: OrdMap<SmolStr, Groups>,
}

/// Where a pod is counted.
#[derive(PartialEq)]
struct Place<'a> {
    owner: Option<&'a str>,
    namespace: &'a str,
    labels: &'a StringMap,
}

impl<'a> Place<'a> {
    fn of(pod: &'a Pod) -> Self {
        Self {
            owner: owner::controller(&pod.metadata).map(|owner| owner.uid.as_str()),
            namespace: pod.metadata.namespace.as_deref().unwrap_or(""),
            labels: labels(&pod.metadata),
        }
    }
}

/// Where an object is counted and as what, if it is a pod.
fn counted(object: Option<&Object>) -> Option<(Place<'_>, Tally)> {
    let pod = object.and_then(Pod::of)?;
    Some((Place::of(pod), Tally::of(pod)))
}

impl Census {
    /// An object of the cache changed, came or went.
    pub(super) fn changed(&mut self, old: Option<&Object>, new: Option<&Object>) {
        let (old, new) = (counted(old), counted(new));
        if old == new {
            return;
        }
        if let Some((place, tally)) = old {
            self.update(&place, |sum| sum.minus(tally));
        }
        if let Some((place, tally)) = new {
            self.update(&place, |sum| sum.plus(tally));
        }
    }

    fn update(&mut self, place: &Place<'_>, change: impl FnOnce(Tally) -> Tally) {
        let (families, name) = match place.owner {
            Some(uid) => (&mut self.owned, uid),
            None => (&mut self.ownerless, place.namespace),
        };
        if !families.contains_key(name) {
            families.insert(name.into(), Groups::new());
        }
        let Some(groups) = families.get_mut(name) else { return };
        let tally = change(groups.get(place.labels).copied().unwrap_or_default());
        match tally == Tally::default() {
            true => groups.remove(place.labels),
            false => groups.insert(place.labels.clone(), tally),
        };
        if groups.is_empty() {
            families.remove(name);
        }
    }

    /// The pods whose managing owner has this uid, counted by their labels.
    pub(super) fn of_owner(&self, uid: &str) -> impl Iterator<Item = (&StringMap, Tally)> {
        self.owned.get(uid).into_iter().flatten().map(|(labels, tally)| (labels, *tally))
    }

    /// The pods of a namespace that nobody owns, counted by their labels.
    pub(super) fn ownerless(&self, namespace: &str) -> impl Iterator<Item = (&StringMap, Tally)> {
        self.ownerless.get(namespace).into_iter().flatten().map(|(labels, tally)| (labels, *tally))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::{pod, with};
    use serde_json::json;

    #[test]
    fn pods_are_counted_as_they_come_change_and_go() {
        let mut census = Census::default();
        let owner = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "u", "controller": true});
        let owned = with(pod("a", "web"), json!({"metadata": {"ownerReferences": [owner]}}));
        let ready = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}});
        let ready = with(owned.clone(), ready).into_object();
        let (owned, orphan) = (owned.into_object(), pod("b", "web").into_object());
        let tally = |active, ready| Tally { active, ready, terminating: 0 };
        let numbers = |census: &Census| {
            let of = |all: &mut dyn Iterator<Item = (&StringMap, Tally)>| all.map(|(_, tally)| tally).collect();
            let lists: [Vec<Tally>; 2] =
                [of(&mut census.of_owner("u")), of(&mut census.ownerless("default"))];
            lists
        };
        census.changed(None, Some(&owned));
        census.changed(None, Some(&orphan));
        assert_eq!(numbers(&census), [vec![tally(1, 0)], vec![tally(1, 0)]]);
        census.changed(Some(&owned), Some(&ready));
        assert_eq!(numbers(&census), [vec![tally(1, 1)], vec![tally(1, 0)]]);
        census.changed(Some(&orphan), Some(&owned));
        assert_eq!(numbers(&census), [vec![tally(2, 1)], vec![]]);
        census.changed(Some(&owned), None);
        census.changed(Some(&ready), None);
        assert_eq!(numbers(&census), [vec![], vec![]]);
    }
}
