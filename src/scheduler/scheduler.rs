//! The scheduler's loop.

use std::collections::VecDeque;
use std::sync::Arc;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::{Namespace, Node};
use smol_str::{SmolStr, format_smolstr};

use super::cluster::Cluster;
use super::cycle::attempt;
use super::hints::Happening;
use super::node_info::NodeInfo;
use super::plan::{Op, plan};
use super::plugins::Incoming;
use super::queue::{FLUSH_EVERY, PARKED_MAX, SchedulingQueue, Written, backoff};
use crate::apiserver::Call;
use crate::client::{
    Cache, Change, Context, EventStyle, Explanation, Interest, Limit, Limits, Loop, Outcome, Plan, Recorder,
    Verdict, Waiting,
};
use crate::object::{Kind, Object, ObjectRef, Pod, Resource, is_terminating, labels};
use crate::random::Stream;
use crate::time::{Span, VirtualTime};
use crate::trace::Cause;

/// The name that pods ask for in `spec.schedulerName`, and that its events show.
const NAME: &str = "default-scheduler";
/// Explanations kept, one per pod.
const EXPLANATIONS_MAX: usize = 1000;

/// kube-scheduler.
#[derive(Clone, Debug)]
pub struct Scheduler {
    cluster: Cluster,
    queue: SchedulingQueue,
    random: Stream,
    /// Where in the cluster the next attempt begins to look.
    start: usize,
    explanations: OrdMap<ObjectRef, Arc<Explanation>>,
    /// The items of `explanations`, oldest first.
    explained: VecDeque<ObjectRef>,
    /// Whether the alarm for pods that were parked too long is set.
    flush_at: Option<VirtualTime>,
}

/// What an attempt starts from.
#[derive(Clone, Debug)]
pub struct Seen {
    incoming: Arc<Incoming>,
    nodes: usize,
    start: usize,
    draw: u64,
    written: Option<Written>,
}

impl Scheduler {
    /// A scheduler that has seen nothing yet.
    pub fn new(seed: u64) -> Self {
        Self {
            cluster: Cluster::default(),
            queue: SchedulingQueue::default(),
            random: Stream::new(seed, "scheduler"),
            start: 0,
            explanations: OrdMap::new(),
            explained: VecDeque::new(),
            flush_at: None,
        }
    }

    /// The recorder of its events.
    pub fn recorder() -> Recorder {
        Recorder::new(NAME, "", EventStyle::Series)
    }

    /// The cluster as the scheduler counts it, assumptions included.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    fn node_changed(&mut self, old: Option<&Arc<Node>>, new: Option<&Arc<Node>>, cx: &mut Context<'_>) {
        let alone = |node: &Arc<Node>| {
            let mut info = NodeInfo::named(node.key().name);
            info.set_node(Arc::clone(node));
            info
        };
        match (old, new) {
            (Some(old), None) => {
                let old = alone(old);
                self.cluster.remove_node(&old.name);
                self.happened(Happening::NodeGone(&old), "a node left", cx);
            }
            (None, Some(new)) => {
                let name = new.key().name;
                self.cluster.set_node(&name, Arc::clone(new));
                self.happened(Happening::NodeAdded(&alone(new)), "a node joined", cx);
            }
            (Some(old), Some(new)) => {
                self.cluster.set_node(&new.key().name, Arc::clone(new));
                if self.queue.is_empty() {
                    return;
                }
                let (old, new) = (alone(old), alone(new));
                if old.taints() != new.taints() || (old.is_cordoned() && !new.is_cordoned()) {
                    self.happened(Happening::NodeTaints(&old, &new), "a node's taints changed", cx);
                }
                if old.labels() != new.labels() {
                    self.happened(Happening::NodeLabels(&old, &new), "a node's labels changed", cx);
                }
                if old.allocatable != new.allocatable || old.pods_max != new.pods_max {
                    self.happened(Happening::NodeAllocatable(&old, &new), "a node's size changed", cx);
                }
            }
            (None, None) => {}
        }
    }

    fn pod_changed(&mut self, old: Option<&Arc<Pod>>, new: Option<&Arc<Pod>>, cx: &mut Context<'_>) {
        if let (Some(before), Some(after)) = (old, new)
            && (before.metadata.uid != after.metadata.uid || (before.node.is_some() && after.node.is_none()))
        {
            // Deleted and made anew between two looks; or etcd went back to before it was bound.
            self.pod_changed(old, None, cx);
            return self.pod_changed(None, new, cx);
        }
        let Some(item) = new.or(old).map(|pod| ObjectRef::new(Kind::Pod, pod.key())) else { return };
        match new {
            Some(pod) if !pod.is_finished() => match &pod.node {
                Some(node) => self.pod_on_node(item, old, pod, node, cx),
                None => self.pod_without_node(item, pod, cx),
            },
            _ => {
                self.queue.remove(&item);
                self.cluster.nominate(&item.key, None);
                let left = self.cluster.remove_pod(&item.key);
                if new.is_none() {
                    self.explanations.remove(&item);
                }
                if let Some(placed) = left {
                    self.happened(Happening::PodGone(&placed), "a pod left its node", cx);
                }
            }
        }
    }

    fn pod_on_node(
        &mut self,
        item: ObjectRef,
        old: Option<&Arc<Pod>>,
        pod: &Arc<Pod>,
        node: &SmolStr,
        cx: &mut Context<'_>,
    ) {
        self.queue.remove(&item);
        self.cluster.nominate(&item.key, None);
        self.cluster.place(item.key.clone(), node, Arc::clone(pod));
        let is_new = old.is_none_or(|old| old.node.is_none());
        let relabelled = old.is_some_and(|old| old.metadata.labels != pod.metadata.labels);
        if (is_new || relabelled)
            && let Some(placed) = self.cluster.placed(&item.key).cloned()
        {
            self.happened(Happening::PodThere(&placed), "a pod came onto a node", cx);
        }
    }

    fn pod_without_node(&mut self, item: ObjectRef, pod: &Arc<Pod>, cx: &mut Context<'_>) {
        let ours = pod.spec.scheduler_name.as_deref().unwrap_or(NAME) == NAME;
        if !ours || is_terminating(&pod.metadata) {
            self.queue.remove(&item);
            self.cluster.nominate(&item.key, None);
            if let Some(placed) = self.cluster.forget(&item.key) {
                self.happened(Happening::PodGone(&placed), "a pod goes before it was bound", cx);
            }
            return;
        }
        if self.cluster.is_placed(&item.key, pod.metadata.uid.as_deref().unwrap_or("")) {
            // Assumed; the binding is on its way.
            return;
        }
        if let Some(node) = pod.status.nominated_node_name.as_deref().filter(|name| !name.is_empty()) {
            let demand = Incoming::of(pod).demand;
            self.cluster.nominate(&item.key, Some((&node.into(), demand)));
        }
        if let Some(why) = self.queue.update(&item, pod) {
            cx.wake(item, why);
        }
    }

    /// Wakes the parked pods that this could help.
    fn happened(&mut self, what: Happening<'_>, why: &'static str, cx: &mut Context<'_>) {
        for (item, delay) in self.queue.happened(what, &self.cluster, cx.now) {
            cx.wake_after(item, delay, why);
        }
    }

    fn explain(&mut self, explanation: &Arc<Explanation>) {
        let item = explanation.pod.clone();
        if self.explanations.insert(item.clone(), Arc::clone(explanation)).is_none() {
            self.explained.push_back(item);
        }
        while self.explained.len() > EXPLANATIONS_MAX {
            if let Some(oldest) = self.explained.pop_front() {
                self.explanations.remove(&oldest);
            }
        }
    }

    fn begin_after(&mut self, evaluated: usize) {
        self.start = (self.start + evaluated).checked_rem(self.cluster.size()).unwrap_or(0);
    }
}

/// Names of the gates that keep the pod from being scheduled.
fn closed_gates(pod: &Pod) -> Vec<&str> {
    pod.spec.scheduling_gates.iter().flatten().map(|gate| gate.name.as_str()).collect()
}

impl Scheduler {
    /// Looks in a while whether a pod has been set aside for too long.
    fn flush_later(&mut self, cx: &mut Context<'_>) {
        self.flush_at = Some(cx.now + FLUSH_EVERY);
        cx.alarm(FLUSH_EVERY, 0);
    }
}

impl Loop for Scheduler {
    type Seen = Seen;
    type Op = Op;

    fn component(&self) -> SmolStr {
        SmolStr::new_static("scheduler")
    }

    fn interests(&self) -> Vec<Interest> {
        // Nodes first: a pod that is seen before them would fail for nothing.
        [Kind::Node, Kind::Namespace, Kind::Pod].map(Interest::all).to_vec()
    }

    fn limits(&self) -> Limits {
        Limits { requests: Some(Limit::NODE), events: Some(Limit::NODE) }
    }

    /// Attempts are made one after the other, but a binding is not waited for.
    fn workers(&self) -> usize {
        usize::MAX
    }

    fn order(&self, ready: &mut VecDeque<ObjectRef>, now: VirtualTime) {
        if ready.len() > 1 {
            ready.make_contiguous().sort_by_cached_key(|item| self.queue.rank(item, now));
        }
    }

    /// A failed binding is tried again with the pods' back-off, not that of work queues.
    fn retry_after(&self, failures: u32) -> Span {
        backoff(failures + 1)
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        let (old, new) = (change.old.as_ref(), change.new.as_ref());
        match change.object() {
            Some(Object::Node(_)) => {
                self.node_changed(old.and_then(Node::shared), new.and_then(Node::shared), cx);
            }
            Some(Object::Pod(_)) => {
                self.pod_changed(old.and_then(Pod::shared), new.and_then(Pod::shared), cx);
            }
            Some(Object::Namespace(namespace)) => {
                let names = new.and_then(Namespace::of).map(|new| labels(&new.metadata).clone());
                self.cluster.set_namespace(namespace.key().name, names);
            }
            _ => {}
        }
    }

    fn observe(&mut self, item: &ObjectRef, cache: &Cache, now: VirtualTime) -> Option<Seen> {
        let pod = cache.get_as::<Pod>(&item.key)?;
        let uid = pod.metadata.uid.as_deref().unwrap_or("");
        let waits = pod.node.is_none() && !pod.is_finished() && !is_terminating(&pod.metadata);
        if !waits || self.cluster.is_placed(&item.key, uid) || !self.queue.contains(item) {
            return None;
        }
        if closed_gates(pod).is_empty() {
            self.queue.tried(item, now);
        }
        Some(Seen {
            incoming: Arc::new(Incoming::of(pod)),
            nodes: self.cluster.size(),
            start: self.start,
            draw: self.random.bits(),
            written: self.queue.written(item).cloned(),
        })
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        let requests = &seen.incoming.demand.requests;
        let (cpu, memory) = (requests.cpu_milli, requests.memory / (1024 * 1024));
        match seen.nodes {
            1 => {
                format_smolstr!("it has no node and asks for {cpu}m CPU, {memory}Mi memory; there is 1 node")
            }
            nodes => format_smolstr!(
                "it has no node and asks for {cpu}m CPU, {memory}Mi memory; there are {nodes} nodes"
            ),
        }
    }

    fn compare(&self, _item: &ObjectRef, seen: &Seen, now: VirtualTime) -> Plan<Op> {
        let gates = closed_gates(&seen.incoming.pod);
        if !gates.is_empty() {
            let why = format_smolstr!("its scheduling gates are closed: {}", gates.join(", "));
            let want = format_smolstr!("a node for pod {}", seen.incoming.key.name);
            return Plan::idle(Verdict::new(want, "no node", "-1", why))
                .waiting_for("until its scheduling gates are removed");
        }
        let decision = attempt(&self.cluster, &seen.incoming, now, seen.start, seen.draw);
        plan(&seen.incoming, decision, seen.written.as_ref(), now)
    }

    fn perform(&mut self, item: &ObjectRef, op: Op, cx: &mut Context<'_>) {
        match op {
            Op::Assume { node, incoming, evaluated, explanation } => {
                self.explain(&explanation);
                self.cluster.nominate(&item.key, None);
                let (pod, demand) = (Arc::clone(&incoming.pod), Arc::clone(&incoming.demand));
                self.cluster.assume(item.key.clone(), &node, pod, demand);
                self.begin_after(evaluated);
            }
            Op::Park { incoming, rejectors, evaluated, explanation, written } => {
                self.explain(&explanation);
                let demand = Arc::clone(&incoming.demand);
                let nominated = written.nominated.clone();
                self.cluster.nominate(&item.key, nominated.as_ref().map(|node| (node, demand)));
                self.queue.park(item, incoming, rejectors, written, cx.now);
                self.begin_after(evaluated);
                if self.flush_at.is_none() {
                    self.flush_later(cx);
                }
            }
        }
    }

    fn ended(&mut self, _item: &ObjectRef, call: &Call, outcome: &Outcome, cx: &mut Context<'_>) {
        let Call::Bind { pod, .. } = call else { return };
        if !matches!(outcome, Outcome::Done(_))
            && let Some(placed) = self.cluster.forget(pod)
        {
            self.happened(Happening::PodGone(&placed), "a binding failed", cx);
        }
    }

    fn alarm(&mut self, _token: u64, _cause: Cause, cx: &mut Context<'_>) {
        for item in self.queue.overdue(cx.now) {
            cx.wake(item, format_smolstr!("it has waited for {PARKED_MAX}"));
        }
        self.flush_at = None;
        if self.queue.parked() > 0 {
            self.flush_later(cx);
        }
    }

    fn set_aside(&self) -> Vec<Waiting> {
        let Some(flush_at) = self.flush_at else { return Vec::new() };
        let waiting = self.queue.set_aside().map(|(item, over)| {
            // It is looked at the clock only every half a minute.
            let rounds = over.since(flush_at).as_micros() / FLUSH_EVERY.as_micros();
            let more = if over >= flush_at { rounds + 1 } else { 0 };
            let why = SmolStr::new_static(
                "set aside until something changes that could make it fit, or until then",
            );
            Waiting { item: item.clone(), until: flush_at + FLUSH_EVERY.times(more), why }
        });
        waiting.collect()
    }

    fn explanations(&self) -> OrdMap<ObjectRef, Arc<Explanation>> {
        self.explanations.clone()
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
