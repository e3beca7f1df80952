//! The node's own object and lease: how the control plane knows that it is there.
//!
//! At its start the kubelet registers its Node (or takes over the one of this name). From then on it tells two
//! things: every 10 s, by renewing a small Lease, that it lives; and, when something changed or at least every
//! 5 minutes, how the machine is. If the lease is not renewed, the node lifecycle controller sets the node's
//! conditions to Unknown; nobody else can tell a dead node from a silent one.
//!
//! A Node that is deleted stays away until its kubelet is started again (`registrationCompleted`). Only if the store lost
//! it while nobody watched does the kubelet register anew, so that a cluster with an empty etcd has nodes.
//!
//! Left out: pressure (memory, disk and processes always suffice), the volumes in use, and certificates.

mod report;

use std::sync::Arc;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::api::core::v1::Node;
use smol_str::{SmolStr, format_smolstr};

use super::{NodeConfig, node_notes};
use crate::apiserver::{Call, Filter, Sub};
use crate::client::{Cache, Change, Context, Interest, Limits, Loop, Outcome, Plan, Verdict, Write};
use crate::object::selector::{Requirement, Selector};
use crate::object::{Key, Kind, Object, ObjectMeta, ObjectRef, OwnerReference, Resource};
use crate::random::Stream;
use crate::time::{Span, VirtualTime};
use crate::trace::{Cause, Parent};
use report::{same, turned};

/// The namespace of the leases.
const LEASES: &str = "kube-node-lease";
/// How long a lease holds (`nodeLeaseDurationSeconds`).
const LEASE_SECS: i32 = 40;
/// What does not count as a failure of this loop: it goes on by its own clock, or a node that was cut off would be
/// silent for long after.
const TOLERATED: &[&str] = &[
    "NotFound",
    "AlreadyExists",
    "Conflict",
    "Unreachable",
    "InternalError",
    "Timeout",
    "Forbidden",
    "Expired",
];
/// How soon a failed renewal or report is tried again.
const RETRY: Span = Span::secs(2);

/// The loop that keeps the Node object and the lease up to date.
#[derive(Clone, Debug)]
pub struct NodeStatusLoop {
    config: Arc<NodeConfig>,
    /// Made up at each start of the machine, as Linux does: a kubelet that finds another one in the last report says
    /// that the node was rebooted.
    boot_id: SmolStr,
    /// Images of the machine with their sizes: told by the node before each run.
    images: Arc<Vec<(SmolStr, u64)>>,
    /// When the lease was last renewed.
    renewed: Option<VirtualTime>,
    /// What is known of the lease.
    lease: KnownLease,
    /// When the status was last written.
    reported: Option<VirtualTime>,
    /// Whether the process has just started: its events are still to be recorded.
    starting: bool,
    /// Whether its watch is open.
    connected: bool,
    /// Somebody deleted the Node: it is not registered again by this process.
    struck_off: bool,
}

/// What is known of the lease.
#[derive(Clone, Debug)]
enum KnownLease {
    /// Nothing: look first.
    Unknown,
    /// There is none.
    Missing,
    /// As the API server last gave it.
    Known(Box<Lease>),
}

/// What it has seen.
#[derive(Clone, Debug)]
pub struct Seen {
    node: Option<Arc<Node>>,
}

impl NodeStatusLoop {
    /// The loop of a kubelet that has just started.
    pub fn new(config: Arc<NodeConfig>) -> Self {
        Self {
            boot_id: Stream::new(config.seed, &format!("boot/{}", config.name)).uuid().into(),
            config,
            images: Arc::default(),
            renewed: None,
            lease: KnownLease::Unknown,
            reported: None,
            starting: true,
            connected: false,
            struck_off: false,
        }
    }

    /// When the lease was last renewed; boot if never.
    pub fn renewed(&self) -> VirtualTime {
        self.renewed.unwrap_or(VirtualTime::ZERO)
    }

    /// The node that it is about.
    pub fn node(&self) -> ObjectRef {
        ObjectRef::new(Kind::Node, Key::cluster(self.config.name.clone()))
    }

    /// The lease that it renews.
    pub fn lease(&self) -> ObjectRef {
        ObjectRef::new(Kind::Lease, Key::new(LEASES, self.config.name.clone()))
    }

    /// Tells which images the machine has.
    pub fn set_images(&mut self, images: impl Iterator<Item = (SmolStr, u64)>) {
        self.images = Arc::new(images.collect());
    }

    fn lease_call(&self, node: &Node, now: VirtualTime) -> Call {
        let owner = OwnerReference {
            api_version: "v1".to_owned(),
            kind: "Node".to_owned(),
            name: self.config.name.to_string(),
            uid: node.metadata.uid.clone().unwrap_or_default(),
            ..OwnerReference::default()
        };
        let mut lease = match &self.lease {
            KnownLease::Known(lease) => (**lease).clone(),
            KnownLease::Missing => Lease {
                metadata: ObjectMeta {
                    name: Some(self.config.name.to_string()),
                    namespace: Some(LEASES.to_owned()),
                    ..ObjectMeta::default()
                },
                spec: None,
            },
            KnownLease::Unknown => return Call::Get { target: self.lease(), sub: Sub::Main },
        };
        lease.metadata.owner_references = Some(vec![owner]);
        lease.spec = Some(LeaseSpec {
            holder_identity: Some(self.config.name.to_string()),
            lease_duration_seconds: Some(LEASE_SECS),
            renew_time: Some(now.to_api_micro()),
            ..LeaseSpec::default()
        });
        match &self.lease {
            KnownLease::Known(_) => {
                Call::Update { object: lease.into_object(), sub: Sub::Main, dry_run: false }
            }
            _ => Call::Create { object: lease.into_object(), dry_run: false },
        }
    }

    fn renew(&self, seen: &Seen, now: VirtualTime) -> Plan {
        let every = self.config.timings.lease;
        let Some(node) = &seen.node else {
            let plan = Plan::idle(Verdict::nothing("there is no node object"));
            return if self.struck_off { plan } else { plan.again_after(Span::secs(1)) };
        };
        if let (KnownLease::Known(_), Some(renewed)) = (&self.lease, self.renewed)
            && renewed + every > now
        {
            let wait = (renewed + every).since(now);
            return Plan::idle(Verdict::nothing("the lease was renewed lately")).polling_after(wait);
        }
        let have = match self.renewed {
            Some(renewed) => format_smolstr!("{} old", now - renewed),
            None => "never renewed".into(),
        };
        let verdict = Verdict::new("renewed every 10s", have, "!", "tell that the node lives");
        let did = match &self.lease {
            KnownLease::Known(_) => "renew the node's lease",
            KnownLease::Missing => "make the node's lease",
            KnownLease::Unknown => "look whether the node has a lease",
        };
        let write = Write::new(self.lease_call(node, now), did).tolerating(TOLERATED);
        Plan::idle(verdict).then(write).polling_after(every)
    }

    fn register_or_report(&self, seen: &Seen, now: VirtualTime) -> Plan {
        let Some(node) = &seen.node else {
            if self.struck_off {
                let why = "somebody deleted the node; a kubelet registers it only when it starts";
                return Plan::idle(Verdict::nothing(why));
            }
            let verdict = Verdict::new("a node object", "none", "-1", "register this node");
            let call = Call::Create { object: self.object(now).into_object(), dry_run: false };
            return Plan::idle(verdict).then(Write::new(call, "register the node").tolerating(TOLERATED));
        };
        let old = node.status.clone().unwrap_or_default();
        let status = self.status(Some(&old), now);
        let due = self.reported.map(|reported| reported + self.config.timings.status_report);
        let changed = !same(&old, &status);
        if !changed && due.is_some_and(|due| due > now) {
            let wait = due.map_or(Span::TICK, |due| due.since(now));
            return Plan::idle(Verdict::nothing("the node's status is as reported")).polling_after(wait);
        }
        let verdict = match (changed, self.reported) {
            (true, _) if turned(&old, &status) => {
                Verdict::new("reported as it is", "an old report", "!", "the node's conditions changed")
            }
            // How the node is, is known: only word of it is due.
            (true, _) => Verdict::nothing("what is on the node changed: report its status"),
            (false, None) => Verdict::nothing("nothing was reported since the start: report the status"),
            (false, Some(_)) => Verdict::nothing("5 minutes have passed: report the status again"),
        };
        let mut object = (**node).clone();
        object.status = Some(status.clone());
        let call = Call::Update { object: object.into_object(), sub: Sub::Status, dry_run: false };
        let write = Write::new(call, "report the node's status").tolerating(TOLERATED);
        let mut plan = Plan::idle(verdict).then(write);
        for note in node_notes::status(node, &old, &status, self.starting) {
            plan = plan.noting(note);
        }
        plan.polling_after(self.config.timings.status_report)
    }
}

impl Loop for NodeStatusLoop {
    type Seen = Seen;
    type Op = crate::client::Never;

    fn component(&self) -> SmolStr {
        format_smolstr!("kubelet/{}", self.config.name)
    }

    fn interests(&self) -> Vec<Interest> {
        let me = Requirement::In("metadata.name".to_owned(), vec![self.config.name.to_string()]);
        let fields = Selector { requirements: vec![me] };
        vec![Interest { kind: Kind::Node, filter: Filter { fields, ..Filter::default() } }]
    }

    /// Heartbeats go through a client of their own, which nothing holds up (`heartbeatClient`).
    fn limits(&self) -> Limits {
        Limits { requests: None, events: None }
    }

    fn connected(&mut self, open: bool, _now: VirtualTime) {
        self.connected = open;
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        if let Some(note) = node_notes::schedulable(&self.config.name, change) {
            cx.note(note);
        }
        let (node, lease) = (self.node(), self.lease());
        let status = |object: &Option<Object>| match object {
            Some(Object::Node(node)) => node.status.clone(),
            _ => None,
        };
        match (&change.old, &change.new) {
            (None, Some(_)) => {
                self.struck_off = false;
                // Another cluster, or an empty etcd: the lease may be gone as well.
                cx.cause = Parent::Known(Cause::NONE);
                cx.wake(node, "the node was registered");
                cx.wake(lease, "the node was registered");
            }
            (Some(_), None) => {
                (self.lease, self.reported) = (KnownLease::Unknown, None);
                self.struck_off = self.connected;
                cx.wake(node, "the node's object is gone");
            }
            (old, new) => {
                let (Some(old), Some(new)) = (status(old), status(new)) else { return };
                if !same(&old, &new) {
                    cx.wake(node, "somebody changed the node's status");
                }
            }
        }
    }

    fn observe(&mut self, _item: &ObjectRef, cache: &Cache, _now: VirtualTime) -> Option<Seen> {
        let node = cache.get_as::<Node>(&Key::cluster(self.config.name.clone())).cloned();
        Some(Seen { node })
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        match &seen.node {
            Some(_) => format_smolstr!("the node is registered; lease renewed at {}", self.renewed()),
            None => "the node is not registered".into(),
        }
    }

    fn compare(&self, item: &ObjectRef, seen: &Seen, now: VirtualTime) -> Plan {
        match item.kind {
            Kind::Lease => self.renew(seen, now),
            _ => self.register_or_report(seen, now),
        }
    }

    fn ended(&mut self, _item: &ObjectRef, call: &Call, outcome: &Outcome, cx: &mut Context<'_>) {
        let object = outcome.object();
        match (call.target().map(|target| target.kind), object) {
            (Some(Kind::Lease), Some(object)) => {
                if let Some(lease) = Lease::of(object) {
                    self.lease = KnownLease::Known(Box::new(lease.clone()));
                }
                match call {
                    Call::Get { .. } => cx.wake(self.lease(), "there is a lease"),
                    _ => self.renewed = Some(cx.now),
                }
            }
            (Some(Kind::Lease), None) => match (&self.lease, call) {
                (KnownLease::Unknown, Call::Get { .. }) => {
                    self.lease = KnownLease::Missing;
                    cx.wake(self.lease(), "there is no lease");
                }
                _ => {
                    self.lease = KnownLease::Unknown;
                    cx.wake_after(self.lease(), RETRY, "renew the lease again");
                }
            },
            (Some(Kind::Node), Some(_)) if matches!(call, Call::Update { .. }) => {
                self.reported = Some(cx.now);
                self.starting = false;
            }
            (Some(Kind::Node), None) => cx.wake_after(self.node(), RETRY, "report the node again"),
            _ => {}
        }
    }
}
