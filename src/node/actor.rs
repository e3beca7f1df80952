//! The node as an actor: hands each message to the component that it is for.

use std::sync::Arc;

use super::{MachineLook, NodeConfig};
use crate::actor::{Actor, Delivery, Look, Outbox};
use crate::trace::Cause;

/// One worker node: machine, kubelet, container runtime, kube-proxy.
#[derive(Clone)]
pub struct Node {
    config: NodeConfig,
}

impl Node {
    /// A node whose power has just come on: nothing runs on it.
    pub fn new(config: NodeConfig) -> Self {
        Self { config }
    }
}

impl Actor for Node {
    fn handle(&mut self, _inbox: Vec<Delivery>, _out: &mut Outbox) {}

    fn numbered(&mut self, _events: &[Cause]) {}

    fn is_busy(&self) -> bool {
        false
    }

    fn clone_actor(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }

    fn look(&self) -> Look {
        let machine = MachineLook { node: self.config.name.clone(), ..MachineLook::default() };
        Look { machine: Some(Arc::new(machine)), ..Look::default() }
    }
}
