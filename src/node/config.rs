//! What a node is made of, and how long things take on it.

use k8s_openapi::api::core::v1::Taint;
use smol_str::{SmolStr, format_smolstr};

use crate::network;
use crate::object::StringMap;
use crate::time::Span;

/// What a node is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeConfig {
    /// Its name: `node-1`.
    pub name: SmolStr,
    /// Its number, from 0: gives its pod addresses, `10.244.INDEX.0/24`, and its own address.
    pub index: u32,
    /// CPU, as a quantity: `4`.
    pub cpu: String,
    /// Memory, as a quantity: `8Gi`.
    pub memory: String,
    /// Labels besides those that every kubelet sets.
    pub labels: StringMap,
    /// Taints that it registers with.
    pub taints: Vec<Taint>,
    /// The seed of the run.
    pub seed: u64,
    /// Whether its kube-proxy follows the cluster by pictures, as in a cluster of very many nodes.
    pub follows_pictures: bool,
    /// How long things take.
    pub timings: Timings,
}

impl NodeConfig {
    /// A node of 4 CPU and 8 GiB, as the recordings have them.
    pub fn new(name: impl Into<SmolStr>, index: u32, seed: u64) -> Self {
        Self {
            name: name.into(),
            index,
            cpu: "4".to_owned(),
            memory: "8Gi".to_owned(),
            labels: StringMap::new(),
            taints: Vec::new(),
            seed,
            follows_pictures: false,
            timings: Timings::default(),
        }
    }

    /// The range of its pod addresses: `10.244.0.0/24`.
    pub fn pod_cidr(&self) -> SmolStr {
        network::pod_cidr(self.index)
    }

    /// Its own address.
    pub fn address(&self) -> SmolStr {
        format_smolstr!("172.18.{}.{}", self.index / 250, self.index % 250 + 2)
    }
}

/// How long things take on a node. The defaults are the recorded ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timings {
    /// How often the kubelet asks the runtime what runs (PLEG relist, `plegRelistPeriod`).
    pub relist: Span,
    /// How often each pod is looked at even if nothing happened (`--sync-frequency`; 60 s unless set, 10 s in
    /// the recordings).
    pub sync: Span,
    /// How much longer the wait for the next look may be, at random (`workerResyncIntervalJitterFactor` 0.5).
    pub sync_jitter: Span,
    /// The retry after a failed look (`backOffPeriod`).
    pub retry: Span,
    /// From a pod's arrival to the first attempt to mount its volumes (the volume manager's 100 ms loop).
    pub mount: Span,
    /// From mounted volumes to the sandbox (volumes are waited for by polling every 300 ms).
    pub sandbox: Span,
    /// Creating and starting a container.
    pub start: Span,
    /// The retry of a status report that was refused because the pod had changed.
    pub conflict: Span,
    /// How often the lease is renewed (a quarter of `nodeLeaseDurationSeconds`).
    pub lease: Span,
    /// How often an unchanged node status is written (`nodeStatusReportFrequency`).
    pub status_report: Span,
    /// How often the node status is computed (`--node-status-update-frequency`).
    pub status_update: Span,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            relist: Span::secs(1),
            sync: Span::secs(10),
            sync_jitter: Span::secs(5),
            retry: Span::secs(10),
            mount: Span::millis(95),
            sandbox: Span::millis(200),
            start: Span::millis(10),
            conflict: Span::millis(10),
            lease: Span::secs(10),
            status_report: Span::secs(300),
            status_update: Span::secs(10),
        }
    }
}
