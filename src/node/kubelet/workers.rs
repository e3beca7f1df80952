//! The kubelet's pod workers, and in how many of them something is under way.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use super::worker::{Stage, Worker};
use crate::object::Key;

/// All workers of a kubelet, by pod. A worker's stage is changed only while it is taken out, so that the number of
/// those with something under way need not be counted each time somebody asks.
#[derive(Clone, Debug, Default)]
pub(super) struct Workers {
    by_pod: BTreeMap<Key, Arc<Worker>>,
    under_way: usize,
}

/// Whether a step of a sync is under way. What waits for a fault to be mended, or for containers to end, does not
/// count.
fn is_under_way(worker: &Worker) -> bool {
    match worker.stage {
        Stage::Mounting(_) => worker.mount_failures == 0,
        Stage::Preparing(_) | Stage::Pulling(_) | Stage::Starting(..) | Stage::Stopped(_) => true,
        Stage::Idle | Stage::Killing(_) | Stage::Stopping | Stage::Done => false,
    }
}

impl Workers {
    /// Puts a worker in.
    pub(super) fn insert(&mut self, pod: Key, worker: Arc<Worker>) {
        self.under_way += usize::from(is_under_way(&worker));
        if let Some(old) = self.by_pod.insert(pod, worker) {
            self.under_way -= usize::from(is_under_way(&old));
        }
    }

    /// Takes a worker out.
    pub(super) fn remove(&mut self, pod: &Key) -> Option<Arc<Worker>> {
        let worker = self.by_pod.remove(pod)?;
        self.under_way -= usize::from(is_under_way(&worker));
        Some(worker)
    }

    /// A worker, to be changed in anything but its stage.
    pub(super) fn get_mut(&mut self, pod: &Key) -> Option<&mut Worker> {
        self.by_pod.get_mut(pod).map(Arc::make_mut)
    }

    /// In how many workers something is under way.
    pub(super) fn under_way(&self) -> usize {
        self.under_way
    }
}

impl Deref for Workers {
    type Target = BTreeMap<Key, Arc<Worker>>;
    fn deref(&self) -> &Self::Target {
        &self.by_pod
    }
}
