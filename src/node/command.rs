//! What happens to a machine from outside: the faults.

use smol_str::SmolStr;

use super::actor::{KUBELET, PROXY, STATUS};
use super::{Node, NodeCommand};
use crate::actor::Outbox;
use crate::object::Key;
use crate::trace::{NodeChange, Parent};
use crate::workload::ExitReason;

impl Node {
    /// Carries out a command. One that is about a pod that is not here does nothing.
    pub(super) fn command(&mut self, command: NodeCommand, cause: Parent, out: &mut Outbox) {
        match command {
            NodeCommand::ExitContainer { pod, container, code } => {
                self.exit(&pod, container, code, ExitReason::of(code), cause, out);
            }
            NodeCommand::OomKill { pod, container } => {
                self.exit(&pod, container, 137, ExitReason::OomKilled, cause, out);
            }
            NodeCommand::Probe { pod, kind, fail } => {
                let is_here = self.runtime().named(&pod).is_some()
                    || self.kubelet.logic().workers().any(|(key, _)| *key == pod);
                if is_here || !fail {
                    self.runtime().probe_faults.set(pod, kind, fail.then_some(cause));
                }
            }
            NodeCommand::SlowStart { pod, by } => {
                if let Some(uid) = self.runtime().named(&pod) {
                    self.runtime().slow_start(&uid, by, out.now);
                }
            }
            NodeCommand::Image { image, fault } => self.runtime().images.fault(&image, &fault),
            NodeCommand::StopKubelet if self.kubelet_runs => {
                self.kubelet_runs = false;
                self.runtime().images.cancel();
                self.record(NodeChange::KubeletStopped, cause, out);
                self.disconnect(KUBELET, cause, out);
                self.disconnect(STATUS, cause, out);
            }
            NodeCommand::StartKubelet if !self.kubelet_runs => {
                let started = self.record(NodeChange::KubeletStarted, cause, out);
                self.start_kubelet(started, out);
            }
            NodeCommand::StopKubeProxy if self.proxy_runs => {
                self.proxy_runs = false;
                self.disconnect(PROXY, cause, out);
            }
            NodeCommand::StartKubeProxy if !self.proxy_runs => self.start_proxy(cause),
            NodeCommand::StopKubelet
            | NodeCommand::StartKubelet
            | NodeCommand::StopKubeProxy
            | NodeCommand::StartKubeProxy => {}
        }
    }

    fn exit(
        &mut self,
        pod: &Key,
        container: Option<SmolStr>,
        code: i32,
        reason: ExitReason,
        cause: Parent,
        out: &mut Outbox,
    ) {
        let Some(uid) = self.runtime().named(pod) else { return };
        let Some(name) = container.or_else(|| self.first_container(pod, &uid)) else { return };
        self.runtime().force_exit(&uid, &name, code, reason, cause, out.now);
    }

    /// The first of the pod's containers that runs, in the order of its specification.
    fn first_container(&self, pod: &Key, uid: &str) -> Option<SmolStr> {
        let kubelet = self.kubelet.logic();
        let running = |name: &str| {
            let sandbox = kubelet.runtime.sandbox(uid);
            sandbox
                .and_then(|sandbox| sandbox.containers.get(name))
                .is_some_and(|container| container.is_running())
        };
        let specified = kubelet.workers().find(|(key, _)| *key == pod);
        let specified = specified.and_then(|(_, worker)| {
            let mut names = worker.pod.spec.containers.iter().map(|container| container.name.as_str());
            names.find(|name| running(name)).map(SmolStr::from)
        });
        specified.or_else(|| {
            let sandbox = kubelet.runtime.sandbox(uid)?;
            sandbox.containers.keys().find(|name| running(name)).cloned()
        })
    }
}
