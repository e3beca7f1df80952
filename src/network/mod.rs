//! The network between pods: addresses, packets, hops.

use smol_str::SmolStr;

use crate::actor::ActorId;

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
        service: crate::object::Key,
        /// The Service's port.
        port: i32,
        /// The path: `/`.
        path: SmolStr,
    },
    /// A request to a pod's address, at the pod's node.
    ToPod {
        /// The pod's IP.
        ip: SmolStr,
        /// The port in the pod.
        port: i32,
        /// The path.
        path: SmolStr,
    },
    /// The answer, on its way back.
    Answer(PacketAnswer),
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq)]
pub struct PacketAnswer {
    /// The HTTP status code; 0 when no server answered.
    pub code: u16,
    /// The pod that answered or should have.
    pub pod: SmolStr,
    /// The image tag of the container that answered: `1.2.3`.
    pub version: SmolStr,
    /// Where it failed, in words; empty when it did not.
    pub hop: SmolStr,
}
/// Stand-in
#[derive(Clone, Debug, Default)]
pub struct ServiceIps;
impl ServiceIps {
    /// x
    pub fn allocate(&mut self, _o: &mut crate::object::Object) -> Result<(), crate::apiserver::Status> {
        Ok(())
    }
    /// x
    pub fn update(
        &mut self,
        _s: &crate::object::Object,
        _o: &mut crate::object::Object,
    ) -> Result<(), crate::apiserver::Status> {
        Ok(())
    }
    /// x
    pub fn reserve(&mut self, _o: &crate::object::Object) {}
    /// x
    pub fn release(&mut self, _o: &crate::object::Object) {}
}
