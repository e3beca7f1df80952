//! The network between pods: addresses, names, packets, and clients that send them.
//!
//! Kubernetes asks three things of a network. Every pod has an address of its own, taken from the range of its
//! node ([`pod_cidr`], `10.244.N.0/24`). Every Service has an address that never changes and belongs to no
//! machine ([`ServiceIps`], `10.96.0.0/16`), and a name ([`dns`]). And on every node something turns the
//! Service's address into a pod's: that is kube-proxy, a part of the node.
//!
//! A request is three packets: the client's to the proxy of the node by which it enters, the proxy's to the
//! node of the pod that it chose, and the answer straight back. [`Clients`] are the people who use the shop:
//! they send requests at a rate and count what became of them.
//!
//! Left out: bytes, connections, bandwidth, network policies, IPv6, and the way from pod to pod in its parts
//! (bridges, tunnels). Who owns an address is looked up in one table, the [`Directory`].

mod addresses;
mod clients;
mod directory;
pub mod dns;
pub mod hop;
mod service_ips;

use std::sync::Arc;

use smol_str::SmolStr;

pub use addresses::{FIRST_POD, LAST_POD, pod_cidr, pod_ip, range_of};
pub use clients::{Bucket, Clients, PodTraffic, Rate, ServiceTraffic, TrafficLook};
pub use directory::{Directory, Place};
pub use service_ips::ServiceIps;

use crate::actor::ActorId;
use crate::object::Key;

/// What changes in the network, told to nodes and clients by whoever runs the cluster.
#[derive(Clone, Debug, PartialEq)]
pub enum NetworkCommand {
    /// Nodes came, went, or changed power: this is who owns which addresses from now on.
    Directory(Arc<Directory>),
    /// Clients send requests to this Service at this rate from now on (for [`Clients`] only).
    Traffic {
        /// The Service.
        service: Key,
        /// Its port; 0 is its first one.
        port: i32,
        /// How many requests; none at rate 0.
        rate: Rate,
    },
}

/// A request between pods, or its answer, on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Packet {
    /// Which request it belongs to: who sent it, and that sender's own number.
    pub from: ActorId,
    /// The sender's number for the request.
    pub number: u64,
    /// What it carries.
    pub body: PacketBody,
}

/// What a packet carries.
#[derive(Clone, Debug, PartialEq)]
pub enum PacketBody {
    /// A request to a Service, at the proxy of the node where the client is.
    ToService {
        /// `namespace/name` of the Service.
        service: Key,
        /// The Service's port; 0 is its first one.
        port: i32,
        /// The path: `/`; none for a connection without a request.
        path: Option<SmolStr>,
    },
    /// A request to a pod's address, at the pod's node.
    ToPod {
        /// The pod's IP.
        ip: SmolStr,
        /// The port in the pod.
        port: i32,
        /// The path; none for a connection without a request.
        path: Option<SmolStr>,
        /// The node whose rules chose this address; empty if whoever asked named it.
        via: SmolStr,
    },
    /// A node asks the DNS, for a program of its own, and this is when it is answered.
    Lookup,
    /// A client that got no answer asks the proxy by which it entered where its request went. That is what
    /// a person would look up in the node's connection table (`conntrack -L`).
    Unanswered,
    /// The answer, on its way back.
    Answer(PacketAnswer),
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq)]
pub struct PacketAnswer {
    /// What became of the connection.
    pub fate: Fate,
    /// The HTTP status code; 0 when no server answered or none was asked.
    pub code: u16,
    /// The pod that answered or should have.
    pub pod: SmolStr,
    /// The image tag of the container that answered: `1.2.3`.
    pub version: SmolStr,
    /// What was answered.
    pub body: SmolStr,
    /// Where it failed, in words; empty when it did not.
    pub hop: SmolStr,
}

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A server took it.
    Served,
    /// Somebody said that nobody takes it.
    Refused,
    /// A server took it and closed it: it speaks another language.
    Closed,
    /// The node that has addresses like this one said that no pod has it.
    Unreachable,
    /// Nothing was heard of it.
    Lost,
}

impl PacketAnswer {
    /// The answer of somebody on the way who could not pass the request on.
    pub fn failed(fate: Fate, hop: SmolStr) -> Self {
        let empty = SmolStr::default();
        Self { fate, code: 0, pod: empty.clone(), version: empty.clone(), body: empty, hop }
    }

    /// Whether a server answered with success.
    pub fn is_ok(&self) -> bool {
        (200..400).contains(&self.code)
    }
}
