//! The scheduling queue: pods without a node.
//!
//! A pod is *active* (it is to be tried, most important first), or *parked*: it fitted nowhere, and waits until
//! something happens that could help, five minutes at most. After an attempt a pod is *backing off* for a
//! second, then two, up to ten; since 1.33 that only sends it to the end of the line, for the scheduler takes
//! pods from the back-off queue as soon as no other is active (`SchedulerPopFromBackoffQ`). Pods with closed
//! scheduling gates are not tried at all.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;

use super::cluster::Cluster;
use super::demand::priority;
use super::hints::{Happening, may_help};
use super::plugins::{Incoming, Plugin};
use crate::object::{ObjectRef, Pod};
use crate::time::{Span, VirtualTime};

/// The first back-off (`podInitialBackoffSeconds`); it doubles.
const FIRST_BACKOFF: Span = Span::secs(1);
/// The longest back-off (`podMaxBackoffSeconds`).
const LAST_BACKOFF: Span = Span::secs(10);
/// A parked pod is tried again after this long at the latest
/// (`DefaultPodMaxInUnschedulablePodsDuration`).
pub const PARKED_MAX: Span = Span::secs(300);
/// How often that is looked at (`flushUnschedulablePodsLeftover`).
pub const FLUSH_EVERY: Span = Span::secs(30);
/// How many pods may be taken from the back-off queue because of one happening. The real scheduler takes time
/// for each and so cannot take many before its back-off is over; ours takes none.
const EARLY_MAX: usize = 64;

/// What was last written into a pod's status, so that it is not written twice before the watch shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The condition's message.
    pub message: SmolStr,
    /// `status.nominatedNodeName`.
    pub nominated: Option<SmolStr>,
}

#[derive(Clone, Debug)]
struct Parked {
    since: VirtualTime,
    rejectors: Vec<Plugin>,
    incoming: Arc<Incoming>,
}

#[derive(Clone, Debug)]
struct Entry {
    pod: Arc<Pod>,
    /// Orders pods of equal priority: greater is later.
    serial: u64,
    attempts: u32,
    backs_off_until: VirtualTime,
    written: Option<Written>,
}

/// All pods without a node.
#[derive(Clone, Debug, Default)]
pub struct SchedulingQueue {
    pods: BTreeMap<ObjectRef, Entry>,
    /// Those of `pods` that wait until something happens; the others are active.
    parked: BTreeMap<ObjectRef, Parked>,
    serial: u64,
}

/// How long a pod backs off after so many attempts.
pub fn backoff(attempts: u32) -> Span {
    FIRST_BACKOFF.times(1 << attempts.saturating_sub(1).min(10)).min(LAST_BACKOFF)
}

impl SchedulingQueue {
    /// Takes over a pod's newest state. Says why the pod is to be tried now, if it is.
    pub fn update(&mut self, item: &ObjectRef, pod: &Arc<Pod>) -> Option<&'static str> {
        match self.pods.get_mut(item) {
            Some(entry) if entry.pod.metadata.uid == pod.metadata.uid => {
                let changed = differs(&entry.pod, pod);
                entry.pod = Arc::clone(pod);
                if changed {
                    self.parked.remove(item);
                }
                changed.then_some("the pod changed")
            }
            _ => {
                self.serial += 1;
                let entry = Entry {
                    pod: Arc::clone(pod),
                    serial: self.serial,
                    attempts: 0,
                    backs_off_until: VirtualTime::ZERO,
                    written: None,
                };
                self.parked.remove(item);
                self.pods.insert(item.clone(), entry);
                Some("a pod without a node")
            }
        }
    }

    /// A pod has a node or is gone.
    pub fn remove(&mut self, item: &ObjectRef) {
        self.pods.remove(item);
        self.parked.remove(item);
    }

    /// Whether every pod has a node.
    pub fn is_empty(&self) -> bool {
        self.pods.is_empty()
    }

    /// Whether this pod waits for a node.
    pub fn contains(&self, item: &ObjectRef) -> bool {
        self.pods.contains_key(item)
    }

    /// The parked pods, with the time after which each is tried again in any case.
    pub fn set_aside(&self) -> impl Iterator<Item = (&ObjectRef, VirtualTime)> {
        self.parked.iter().map(|(item, parked)| (item, parked.since + PARKED_MAX))
    }

    /// How many pods are parked.
    pub fn parked(&self) -> usize {
        self.parked.len()
    }

    /// What was last written into the pod's status.
    pub fn written(&self, item: &ObjectRef) -> Option<&Written> {
        self.pods.get(item)?.written.as_ref()
    }

    /// A pod was tried.
    pub fn tried(&mut self, item: &ObjectRef, now: VirtualTime) {
        if let Some(entry) = self.pods.get_mut(item) {
            entry.attempts += 1;
            entry.backs_off_until = now + backoff(entry.attempts);
            self.parked.remove(item);
        }
    }

    /// A pod fits nowhere: it waits until something happens that could change the mind of one of `rejectors`.
    pub fn park(
        &mut self,
        item: &ObjectRef,
        incoming: Arc<Incoming>,
        rejectors: Vec<Plugin>,
        written: Written,
        now: VirtualTime,
    ) {
        self.serial += 1;
        if let Some(entry) = self.pods.get_mut(item) {
            entry.serial = self.serial;
            entry.written = Some(written);
            self.parked.insert(item.clone(), Parked { since: now, rejectors, incoming });
        }
    }

    /// Something happened: the pods to be tried again, and in how long.
    pub fn happened(
        &mut self,
        what: Happening<'_>,
        cluster: &Cluster,
        now: VirtualTime,
    ) -> Vec<(ObjectRef, Span)> {
        let helped = |parked: &Parked| {
            let mut rejectors = parked.rejectors.iter();
            parked.rejectors.is_empty()
                || rejectors.any(|plugin| may_help(*plugin, &parked.incoming, what, cluster))
        };
        let mut early = 0;
        let mut woken = Vec::new();
        for item in self.unpark(helped) {
            let until = self.pods.get(&item).map_or(now, |entry| entry.backs_off_until);
            let mut delay = until.since(now);
            if delay > Span::ZERO && early < EARLY_MAX {
                (early, delay) = (early + 1, Span::ZERO);
            }
            woken.push((item, delay));
        }
        woken
    }

    /// Pods that were parked for too long.
    pub fn overdue(&mut self, now: VirtualTime) -> Vec<ObjectRef> {
        self.unpark(|parked| now - parked.since > PARKED_MAX)
    }

    fn unpark(&mut self, which: impl Fn(&Parked) -> bool) -> Vec<ObjectRef> {
        let chosen = self.parked.iter().filter(|(_, parked)| which(parked)).map(|(item, _)| item.clone());
        let chosen: Vec<ObjectRef> = chosen.collect();
        for item in &chosen {
            self.parked.remove(item);
        }
        chosen
    }

    /// The place in line: who does not back off, who is more important, who was here first.
    pub fn rank(&self, item: &ObjectRef, now: VirtualTime) -> (bool, Reverse<i32>, u64) {
        match self.pods.get(item) {
            Some(entry) => (entry.backs_off_until > now, Reverse(priority(&entry.pod)), entry.serial),
            None => (true, Reverse(i32::MIN), u64::MAX),
        }
    }
}

/// Whether something besides the status changed, such as labels, tolerations or gates (`isPodUpdated`).
fn differs(old: &Pod, new: &Pod) -> bool {
    let same_spec = Arc::ptr_eq(&old.spec, &new.spec) || old.spec == new.spec;
    let (a, b) = (&old.metadata, &new.metadata);
    !same_spec || a.labels != b.labels || a.annotations != b.annotations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Key, Kind};
    use crate::scheduler::fixture::{asking, node, pod};
    use crate::scheduler::node_info::NodeInfo;
    use serde_json::json;

    fn item(name: &str) -> ObjectRef {
        ObjectRef::new(Kind::Pod, Key::new("default", name))
    }

    fn parked(queue: &mut SchedulingQueue, pod: &Arc<Pod>, rejector: Plugin, now: VirtualTime) -> ObjectRef {
        let item = item(pod.metadata.name.as_deref().unwrap());
        queue.update(&item, pod);
        queue.tried(&item, now);
        let written = Written { message: SmolStr::default(), nominated: None };
        queue.park(&item, Arc::new(Incoming::of(pod)), vec![rejector], written, now);
        item
    }

    #[test]
    fn back_off_doubles_from_one_to_ten_seconds() {
        let seconds: Vec<u64> = (1..=6).map(|attempts| backoff(attempts).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 10, 10]);
    }

    #[test]
    fn the_important_come_first_then_the_early_and_those_that_back_off_last() {
        let mut queue = SchedulingQueue::default();
        let vip = pod("vip", json!({"spec": {"priority": 7}}));
        let tried = parked(&mut queue, &asking("a", "1"), Plugin::NodeResourcesFit, VirtualTime::ZERO);
        for pod in [&asking("z", "1"), &asking("b", "1"), &vip] {
            queue.update(&item(pod.metadata.name.as_deref().unwrap()), pod);
        }
        let mut line = vec![tried, item("b"), item("vip"), item("z")];
        line.sort_by_key(|item| queue.rank(item, VirtualTime::ZERO));
        assert_eq!(line, [item("vip"), item("z"), item("b"), item("a")]);
    }

    #[test]
    fn only_what_could_help_wakes_a_parked_pod() {
        let mut queue = SchedulingQueue::default();
        let cluster = Cluster::default();
        let now = VirtualTime::from_micros(20_000_000);
        let info = |changes| {
            let mut info = NodeInfo::named("n".into());
            info.set_node(node("n", changes));
            info
        };
        let picky = pod("picky", json!({"spec": {"nodeSelector": {"disk": "ssd"}}}));
        let huge = parked(&mut queue, &asking("huge", "100"), Plugin::NodeResourcesFit, VirtualTime::ZERO);
        let picky = parked(&mut queue, &picky, Plugin::NodeAffinity, VirtualTime::ZERO);
        let (plain, ssd) = (info(json!({})), info(json!({"metadata": {"labels": {"disk": "ssd"}}})));
        assert_eq!(queue.happened(Happening::NodeAdded(&plain), &cluster, now), []);
        let labelled = queue.happened(Happening::NodeLabels(&plain, &ssd), &cluster, now);
        assert_eq!(labelled, [(picky, Span::ZERO)]);
        let larger = info(json!({"status": {"allocatable": {"cpu": "200"}}}));
        let grown = queue.happened(Happening::NodeAllocatable(&plain, &larger), &cluster, now);
        assert_eq!((grown, queue.parked()), (vec![(huge, Span::ZERO)], 0));
    }

    #[test]
    fn nobody_is_parked_for_ever() {
        let mut queue = SchedulingQueue::default();
        let pod = parked(&mut queue, &asking("a", "1"), Plugin::NodeResourcesFit, VirtualTime::ZERO);
        assert_eq!(queue.overdue(VirtualTime::ZERO + PARKED_MAX), []);
        assert_eq!(queue.overdue(VirtualTime::ZERO + PARKED_MAX + Span::TICK), [pod]);
    }

    #[test]
    fn a_status_write_is_no_reason_to_try_again_but_new_tolerations_are() {
        let mut queue = SchedulingQueue::default();
        let first = pod("a", json!({}));
        assert!(queue.update(&item("a"), &first).is_some());
        let status = pod("a", json!({"status": {"nominatedNodeName": "n"}}));
        assert_eq!(queue.update(&item("a"), &status), None);
        let tolerant = pod("a", json!({"spec": {"tolerations": [{"operator": "Exists"}]}}));
        assert_eq!(queue.update(&item("a"), &tolerant), Some("the pod changed"));
    }
}
