//! The kubelet: sees to it that the pods bound to its node run there.
//!
//! It watches the pods of its node and has the container runtime ([`super::runtime`]) do what they ask for. It
//! reports what became of it as the pods' status: nobody else knows. Like every component it compares and
//! acts: *which containers should run, which do, what is the difference?*
//!
//! Four things wake it for a pod: the pod changed in the API; a step that it was waiting for ended (an image
//! arrived, a container was created); the runtime was asked, once a second, and something had changed
//! (the *pod lifecycle event generator*, PLEG); a probe came to a verdict. What failed is tried again after 10
//! to 15 s.
//!
//! - [`worker`]: what it remembers of a pod, and the stages of a sync.
//! - [`observe`], [`plan`], `perform`: the loop; `rounds`: what happens by the clock.
//! - [`status`], [`conditions`]: what it reports.
//! - [`probes`], [`termination`], `deadline`, [`backoff`], [`mod@env`], [`volumes`], [`admission`], `images`: its rules.
//!
//! Left out: static pods, eviction under pressure, in-place resizing, ephemeral containers, container
//! garbage collection, cgroups and devices. A node with nothing to do is not looked at every 10 s: a look that
//! changes nothing would only fill the trace.

pub mod admission;
pub mod backoff;
pub mod conditions;
mod deadline;
pub mod env;
mod images;
pub mod observe;
mod perform;
pub mod plan;
pub mod probes;
pub mod resources;
mod rounds;
pub mod status;
pub mod termination;
pub mod volumes;
pub mod worker;
mod workers;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_openapi::api::core::v1::Container;
use smol_str::{SmolStr, format_smolstr};

use self::backoff::BackOff;
use self::observe::Seen;
use self::plan::Actions;
use self::probes::ProbeKind;
use self::termination::Hooks;
use self::worker::{Stage, Worker, grace_of};
use self::workers::Workers;
use super::NodeConfig;
use super::runtime::Runtime;
use crate::apiserver::{Call, Filter, Sub};
use crate::client::{Cache, Change, Context, Effect, Interest, Limit, Limits, Loop, Outcome, Plan};
use crate::object::selector::{Requirement, Selector};
use crate::object::{Key, Kind, Object, ObjectRef, Pod, is_terminating, quantity, revision};
use crate::random::Stream;
use crate::time::{Span, VirtualTime};
use crate::trace::{Cause, Parent};

/// What the kubelet can do on its machine.
#[derive(Clone, Debug)]
pub enum Op {
    /// Begin a sync with these actions; what fails is tried again at this time.
    Sync(Actions, VirtualTime),
    /// Mount the volumes.
    Mount,
    /// Make the sandbox.
    AddSandbox,
    /// Run the container that was created.
    Run,
    /// Go on with the sync.
    Continue,
    /// Put the new contents of ConfigMaps and Secrets into the volumes that show them.
    Refresh,
    /// Stop all containers.
    Stop,
    /// Take the sandbox down.
    CleanUp,
    /// The pod has ended and its object stays.
    Finish,
    /// Nothing is left of the pod.
    Forget,
}

/// The kubelet of one node.
#[derive(Clone, Debug)]
pub struct Kubelet {
    component: SmolStr,
    config: Arc<NodeConfig>,
    capacity: Arc<BTreeMap<&'static str, i128>>,
    /// What runs on the machine. It outlives the kubelet: see [`Kubelet::into_runtime`].
    pub runtime: Runtime,
    workers: Workers,
    back_off: BackOff,
    pull_back_off: BackOff,
    probe_timers: BTreeSet<(VirtualTime, Key, SmolStr, ProbeKind)>,
    hooks: Hooks,
    /// Pods of which the runtime has news that the kubelet will see when it asks next.
    unseen: BTreeMap<SmolStr, Parent>,
    relist_at: VirtualTime,
    /// Within each second, when it asks.
    phase: Span,
    random: Stream,
}

impl Kubelet {
    /// A kubelet that has just started on a machine with this runtime.
    pub fn new(config: Arc<NodeConfig>, runtime: Runtime) -> Self {
        let component = format_smolstr!("kubelet/{}", config.name);
        let mut random = Stream::new(config.seed, &component);
        let phase = Span::micros(random.below(config.timings.relist.as_micros()));
        let amount = |text: &str| quantity::milli(text).unwrap_or(0);
        let capacity = BTreeMap::from([
            ("cpu", amount(&config.cpu)),
            ("memory", amount(&config.memory)),
            ("pods", i128::from(super::MAX_PODS) * 1000),
        ]);
        Self {
            component,
            capacity: Arc::new(capacity),
            config,
            runtime,
            workers: Workers::default(),
            back_off: BackOff::default(),
            pull_back_off: BackOff::default(),
            probe_timers: BTreeSet::new(),
            hooks: Hooks::new(),
            unseen: BTreeMap::new(),
            relist_at: VirtualTime::NEVER,
            phase,
            random,
        }
    }

    /// The runtime, when the kubelet stops.
    pub fn into_runtime(self) -> Runtime {
        self.runtime
    }

    /// What it does about each pod, in words, and until when it keeps which containers back.
    pub fn workers(&self) -> impl Iterator<Item = (&Key, &Worker)> {
        self.workers.iter().map(|(key, worker)| (key, &**worker))
    }

    /// The pods that the machine has from before; the kubelet looks at each when it has heard from the API.
    pub fn inherited(&self) -> Vec<Key> {
        self.runtime.sandboxes().map(|sandbox| sandbox.key.clone()).collect()
    }

    /// The next of the instants, a second apart, at which it asks the runtime and cleans up.
    fn next_tick(&self, now: VirtualTime) -> VirtualTime {
        let period = self.config.timings.relist.as_micros().max(1);
        let passed = (now.micros() + period - self.phase.as_micros() % period) % period;
        now + Span::micros(period - passed)
    }

    /// When to try again what fails now: after `retry` and up to half as much more, at the next tick.
    fn next_retry(&mut self, now: VirtualTime) -> VirtualTime {
        let retry = self.config.timings.retry;
        let jitter = Span::micros(self.random.below(retry.as_micros() / 2));
        self.next_tick(now + retry + jitter)
    }

    fn pod_changed(&mut self, old: Option<&Pod>, new: &Pod, cx: &mut Context<'_>) {
        let item = ObjectRef::new(Kind::Pod, Key::of(&new.metadata));
        let Some(old) = old else { return cx.wake(item, "a pod was bound to this node") };
        let (before, after) = (&old.metadata, &new.metadata);
        if is_terminating(after)
            && before.deletion_grace_period_seconds != after.deletion_grace_period_seconds
        {
            return cx.wake(item, "its deletion was asked for");
        }
        if before.uid != after.uid {
            return cx.wake(item, "another pod of this name");
        }
        if before.labels != after.labels || before.annotations != after.annotations || old.spec != new.spec {
            self.refreshed(&item.key);
            self.mark_stale(&item.key);
            return cx.wake(item, "the pod was changed");
        }
        if let Some(worker) = self.workers.get_mut(&item.key).filter(|_| revision(after) < revision(before)) {
            // Somebody restored a backup of the store: what was reported since is lost.
            worker.stored = None;
        }
        if let Some(worker) = self.workers.get(&item.key) {
            let ours = worker.stored.as_ref().is_some_and(|(stored, _)| *stored >= revision(after));
            if !ours && worker.sending.is_none() && old.status != new.status {
                // Noticed by the status manager's round every 10 s (`syncPeriod`), not by the change: while the
                // node counts as not ready, the node lifecycle controller answers each correction at once.
                cx.wake_after(item, self.config.timings.retry, "somebody else changed its status");
            }
        }
    }

    /// Something is new about a pod: what failed is tried again at once.
    fn refreshed(&mut self, key: &Key) {
        if let Some(worker) = self.workers.get_mut(key) {
            worker.fresh = true;
        }
    }

    fn mark_stale(&mut self, key: &Key) {
        if let Some(worker) = self.workers.get_mut(key) {
            worker.stale_volumes = true;
        }
    }

    /// Pods that show a changed ConfigMap or Secret in a volume get it with their next sync.
    fn shown_changed(&mut self, kind: Kind, source: &Key, cx: &mut Context<'_>) {
        let shows = |worker: &Worker| worker.has_sandbox && volumes::shows(&worker.pod, kind, &source.name);
        let keys: Vec<Key> = self
            .workers
            .iter()
            .filter(|(key, worker)| key.namespace == source.namespace && shows(worker))
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            self.mark_stale(&key);
            let longest = self.config.timings.sync + self.config.timings.sync_jitter;
            let wait = Span::micros(self.random.below(longest.as_micros()));
            let why = format_smolstr!(
                "its regular look; a volume shows {} {}, which changed",
                kind.name(),
                source.name
            );
            cx.wake_after(ObjectRef::new(Kind::Pod, key), wait.max(Span::TICK), why);
        }
    }

    fn reported(&mut self, item: &ObjectRef, outcome: &Outcome, cx: &mut Context<'_>) {
        let Some(worker) = self.workers.get_mut(&item.key) else { return };
        worker.sending = None;
        match outcome {
            Outcome::Done(Some(Object::Pod(pod))) => {
                worker.stored = Some((revision(&pod.metadata), pod.status.clone()));
                let waits = matches!(worker.stage, Stage::Stopped(_) | Stage::Done);
                if worker.report_again || (waits && is_terminating(&worker.pod.metadata)) {
                    cx.wake(item.clone(), "its status was stored");
                }
            }
            Outcome::Refused(status) if status.reason == "NotFound" => {}
            Outcome::Refused(status) if status.reason == "Conflict" => {
                cx.wake_after(item.clone(), self.config.timings.conflict, "its status had changed meanwhile");
            }
            // The status manager tries everything again every 10 s.
            _ => cx.wake_after(item.clone(), self.config.timings.retry, "report its status again"),
        }
    }
}

/// The grace of a container that a probe condemned: the probe's own if it has one (KEP-2238).
fn kill_grace(worker: &Worker, container: &Container) -> Span {
    let own = [ProbeKind::Startup, ProbeKind::Liveness].into_iter().find_map(|kind| {
        let state = worker.probes.get(&(SmolStr::from(container.name.as_str()), kind))?;
        let probe = kind.of(container)?;
        state.is_fatal(kind).then_some(probe.termination_grace_period_seconds)?
    });
    own.map_or_else(|| grace_of(&worker.pod), Span::api_secs)
}

impl Loop for Kubelet {
    type Seen = Seen;
    type Op = Op;

    fn component(&self) -> SmolStr {
        self.component.clone()
    }

    fn interests(&self) -> Vec<Interest> {
        let here = Requirement::In("spec.nodeName".to_owned(), vec![self.config.name.to_string()]);
        let fields = Selector { requirements: vec![here] };
        vec![
            Interest { kind: Kind::Pod, filter: Filter { fields, ..Filter::default() } },
            Interest::all(Kind::ConfigMap),
            Interest::all(Kind::Secret),
            Interest::all(Kind::Service),
        ]
    }

    /// What it saw is of no use once it was compared.
    fn keeps_seen(&self) -> bool {
        false
    }

    fn limits(&self) -> Limits {
        Limits { requests: Some(Limit::NODE), events: Some(Limit::NODE) }
    }

    /// Each pod has a worker of its own.
    fn workers(&self) -> usize {
        usize::MAX
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        match (&change.old, &change.new) {
            (old, Some(Object::Pod(new))) => {
                let old = match old {
                    Some(Object::Pod(old)) => Some(&**old),
                    _ => None,
                };
                self.pod_changed(old, new, cx);
            }
            (Some(old @ Object::Pod(last)), None) => {
                // Its last state says how much grace it has left.
                if let Some(worker) = self.workers.get_mut(&old.key())
                    && worker.uid == worker::uid_of(last)
                {
                    worker.pod = last.clone();
                }
                cx.wake(old.reference(), "it is gone from the API");
            }
            (_, Some(shown @ (Object::ConfigMap(_) | Object::Secret(_)))) => {
                self.shown_changed(shown.kind(), &shown.key(), cx);
            }
            _ => {}
        }
    }

    fn observe(&mut self, item: &ObjectRef, cache: &Cache, now: VirtualTime) -> Option<Seen> {
        self.gather(item, cache, now)
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        let phase = if seen.gone { "gone from the API" } else { seen.worker.pod.phase() };
        let doing = seen.worker.doing();
        let running: Vec<&str> = match seen.worker.stage {
            // Only while it waits for containers to end does it know of an end at once.
            Stage::Killing(_) | Stage::Stopping => seen.running.iter().map(SmolStr::as_str).collect(),
            _ => seen.worker.view.running().map(SmolStr::as_str).collect(),
        };
        let running = if running.is_empty() { "nothing".to_owned() } else { running.join(", ") };
        match doing.is_empty() {
            true => format_smolstr!("{phase}; running: {running}"),
            false => format_smolstr!("{phase}; running: {running}; {doing}"),
        }
    }

    fn compare(&self, _item: &ObjectRef, seen: &Seen, now: VirtualTime) -> Plan<Op> {
        plan::compare(seen, now)
    }

    fn intend(&mut self, item: &ObjectRef, plan: &Plan<Op>, _now: VirtualTime) {
        let mut effects = plan.steps.iter().flat_map(|step| &step.effects);
        let deletes = effects
            .any(|effect| matches!(effect, Effect::Send(write) if matches!(write.call, Call::Delete { .. })));
        if let (true, Some(worker)) = (deletes, self.workers.get_mut(&item.key)) {
            worker.deleted = true;
        }
    }

    fn ended(&mut self, item: &ObjectRef, call: &Call, outcome: &Outcome, cx: &mut Context<'_>) {
        match call {
            Call::Update { sub: Sub::Status, .. } => self.reported(item, outcome, cx),
            Call::Delete { .. } => {
                if let (Some(worker), Some(_)) = (self.workers.get_mut(&item.key), outcome.refusal()) {
                    worker.deleted = false;
                    cx.wake_after(item.clone(), self.config.timings.retry, "delete its object again");
                }
            }
            _ => {}
        }
    }

    fn perform(&mut self, item: &ObjectRef, op: Op, cx: &mut Context<'_>) {
        self.operate(item, op, cx);
    }

    fn numbered(&mut self, events: &[Cause]) {
        self.runtime.numbered(events);
        self.unseen.values_mut().for_each(|cause| cause.settle(events));
        self.hooks.values_mut().for_each(|(_, cause)| cause.settle(events));
    }

    /// Work in progress: steps of syncs, and news of the runtime that it has not asked for yet.
    fn pending(&self) -> usize {
        self.workers.under_way() + self.unseen.len()
    }
}
