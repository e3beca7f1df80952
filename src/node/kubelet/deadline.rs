//! A pod's time limit, `activeDeadlineSeconds`.
//!
//! It counts from the pod's start on its node, whatever its containers do, restarts and image pulls included. The
//! kubelet looks once a second; when the limit is over it stops the containers with their usual grace, and the pod
//! is Failed with the reason DeadlineExceeded (`pkg/kubelet/active_deadline.go`). Jobs whose pods must not hang
//! rest on it.

use super::Kubelet;
use super::worker::{Stage, Worker};
use crate::time::{Span, VirtualTime};

/// The reason of the pod and of the Event.
pub const REASON: &str = "DeadlineExceeded";
/// The text beside it.
pub const MESSAGE: &str = "Pod was active on the node longer than the specified deadline";

impl Kubelet {
    /// When the kubelet notices that the pod's time is over, if it has a limit and may still run.
    pub(super) fn deadline(&self, worker: &Worker) -> Option<VirtualTime> {
        let ends = matches!(worker.stage, Stage::Stopping | Stage::Stopped(_) | Stage::Done);
        let limit = worker.pod.spec.active_deadline_seconds.filter(|_| !ends && !worker.overdue)?;
        Some(self.next_tick(worker.since + Span::api_secs(limit)))
    }
}
