//! Which components a cluster has, and how each is made.

use std::sync::Arc;

use smol_str::SmolStr;

use super::config::ClusterConfig;
use crate::actor::Actor;
use crate::client::{EventStyle, Loop, LoopActor, Recorder, Shell};
use crate::controllers;

use crate::network::Clients;
use crate::node::{Node, NodeConfig};
use crate::scheduler::Scheduler;

/// With more nodes than this, kube-proxies share pictures of the cluster: see [`crate::apiserver::Picture`].
const LARGE_CLUSTER: usize = 64;

/// What a slot is for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Role {
    /// The API server, which the world holds itself.
    ApiServer,
    /// A controller of the controller manager, by its short name.
    Controller,
    /// The scheduler.
    Scheduler,
    /// A worker node.
    Node(Arc<NodeConfig>),
    /// Synthetic clients.
    Clients,
    /// Nothing any more: a node that was taken away.
    Gone,
}

impl Role {
    /// Whether it is a worker node.
    pub(super) fn is_node(&self) -> bool {
        matches!(self, Self::Node(_))
    }

    /// The component that is client number `client` of this slot's actor.
    pub(super) fn component(&self, name: &SmolStr, client: u8) -> SmolStr {
        match (self, client) {
            (Self::Node(_), 1) => smol_str::format_smolstr!("kube-proxy/{name}"),
            (Self::Node(_), _) => smol_str::format_smolstr!("kubelet/{name}"),
            _ => name.clone(),
        }
    }
}

/// How a controller is made, given the name that its Events show and a seed.
type Make = fn(&str, u64) -> Box<dyn Actor>;

/// The controllers: their names in the trace, the names that their Events show, and how each is made.
const CONTROLLERS: &[(&str, &str, Make)] = &[
    ("controller/deployment", "deployment-controller", make::<controllers::deployment::DeploymentController>),
    (
        "controller/replicaset",
        "replicaset-controller",
        make::<controllers::replica_set::ReplicaSetController>,
    ),
    (
        "controller/endpointslice",
        "endpoint-slice-controller",
        make::<controllers::endpoint_slice::EndpointSliceController>,
    ),
    ("controller/endpoints", "endpoint-controller", make::<controllers::endpoints::EndpointsController>),
    ("controller/node-lifecycle", "node-controller", make::<controllers::node_lifecycle::NodeLifecycle>),
    (
        "controller/taint-eviction",
        "taint-eviction-controller",
        make::<controllers::taint_eviction::TaintEviction>,
    ),
    (
        "controller/garbage-collector",
        "garbage-collector-controller",
        make::<controllers::garbage_collector::GarbageCollector>,
    ),
    ("controller/namespace", "namespace-controller", make::<controllers::namespace::NamespaceController>),
    ("controller/pod-gc", "pod-garbage-collector", make::<controllers::pod_gc::PodGc>),
    (
        "controller/serviceaccount",
        "service-account-controller",
        make::<controllers::service_account::ServiceAccounts>,
    ),
    (
        "controller/root-ca-publisher",
        "root-ca-certificate-publisher",
        make::<controllers::service_account::RootCaPublisher>,
    ),
    ("controller/daemonset", "daemonset-controller", make::<controllers::daemon_set::DaemonSetController>),
    ("controller/disruption", "controllermanager", make::<controllers::disruption::DisruptionController>),
];

/// The components besides the API server and the nodes, in starting order.
pub(super) fn control_plane(_config: &ClusterConfig) -> Vec<(SmolStr, Role)> {
    let controllers = CONTROLLERS.iter().map(|(name, _, _)| (SmolStr::from(*name), Role::Controller));
    controllers.chain([("scheduler".into(), Role::Scheduler), ("clients".into(), Role::Clients)]).collect()
}

/// A component with an empty memory. `life` counts its starts, so that a restarted one does not repeat itself.
pub(super) fn build(role: &Role, name: &str, config: &ClusterConfig, life: u32) -> Option<Box<dyn Actor>> {
    let seed = config.seed.wrapping_add(u64::from(life) << 32);
    match role {
        Role::ApiServer | Role::Gone => None,
        Role::Controller => CONTROLLERS
            .iter()
            .find(|(known, _, _)| *known == name)
            .map(|(_, events, make)| make(events, seed)),
        Role::Scheduler => {
            let shell = Shell::new(Scheduler::new(seed), 0, Scheduler::recorder(), seed);
            Some(Box::new(LoopActor::new(shell)))
        }
        Role::Node(node) => {
            let follows_pictures = config.nodes.len() > LARGE_CLUSTER;
            Some(Box::new(Node::new(NodeConfig { seed, follows_pictures, ..(**node).clone() })))
        }
        Role::Clients => Some(Box::new(Clients::new(seed, Arc::default()))),
    }
}

/// The actor of a loop that starts with nothing in mind.
fn make<L: Loop + Default>(events: &str, seed: u64) -> Box<dyn Actor> {
    let recorder = Recorder::new(events, "", EventStyle::Core);
    Box::new(LoopActor::new(Shell::new(L::default(), 0, recorder, seed)))
}
