//! `kubeloop fidelity`: what is as in Kubernetes, what is simplified, what is absent. One table, from which this
//! page comes.

use super::Exit;
use super::args::Output;

/// How near a feature is to the real thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Degree {
    Real,
    Simplified,
    Absent,
}

use Degree::{Absent, Real, Simplified};

/// Feature, degree, what that means.
const SHEET: &[(&str, Degree, &str)] = &[
    (
        "API: get, list, watch, create, update, patch, delete",
        Real,
        "revisions, conflicts, selectors, 410 Gone, preconditions, dry run",
    ),
    ("API: strategic merge, JSON merge, JSON patch", Real, "merge keys from the API's own description"),
    ("API: server-side apply", Absent, "kubectl apply is client-side here"),
    (
        "kubectl",
        Simplified,
        "in process, texts and tables of kubectl 1.32; no exec, attach, port-forward, cp, debug, auth, diff, kustomize, Go templates",
    ),
    (
        "API: validation and defaults",
        Real,
        "codes, reasons, causes and texts of 1.36 for the kinds that exist",
    ),
    ("API: users, RBAC, admission webhooks", Absent, "everybody may do everything"),
    (
        "Kinds",
        Simplified,
        "Namespace, Node, Pod, ReplicaSet, Deployment, Service, EndpointSlice, Endpoints, ConfigMap, Secret, ServiceAccount, Lease, Event, PodDisruptionBudget, DaemonSet, ControllerRevision",
    ),
    (
        "StatefulSet, Job, CronJob, HPA, volume claims",
        Absent,
        "not there yet; a pod that names a claim waits for it",
    ),
    ("etcd", Simplified, "revisions, history, compaction, snapshot and restore; one member, no quorum"),
    (
        "Deployment controller",
        Real,
        "RollingUpdate, Recreate, surge and unavailable, minReadySeconds, deadline, pause, undo, proportional scaling",
    ),
    ("ReplicaSet controller", Real, "adoption, release, expectations, slow start, the ranking for deletion"),
    (
        "DaemonSet controller",
        Real,
        "eligible nodes, pinned pods, RollingUpdate with unavailable or surge, OnDelete, revisions and undo, back-off",
    ),
    (
        "PodDisruptionBudget and eviction",
        Real,
        "numbers and shares of what owners want, 429 with the real texts, unhealthyPodEvictionPolicy; no dry runs",
    ),
    ("Endpoints and EndpointSlice controllers", Real, "without topology hints and IPv6"),
    (
        "Node lifecycle and taint eviction",
        Real,
        "50 s grace, conditions, taints, rate limits, zones, tolerationSeconds",
    ),
    (
        "Garbage collector, namespace, pod GC, ServiceAccount",
        Real,
        "background, foreground and orphan deletion",
    ),
    (
        "Scheduler",
        Simplified,
        "the usual filters and scores with upstream's weights; no volumes, no extenders, no gang scheduling",
    ),
    (
        "Preemption",
        Simplified,
        "less important pods make room, with the real choice and texts; only the two built-in PriorityClasses, and budgets are not looked at",
    ),
    (
        "Limits of clients",
        Real,
        "20 requests a second for a controller, 50 for the scheduler and a kubelet, budgets for events",
    ),
    (
        "Caches",
        Simplified,
        "each controller watches for itself, so that it can be cut off by itself; a real controller manager shares its caches",
    ),
    (
        "Kubelet",
        Simplified,
        "pod lifecycle, probes, back-off, grace, hooks, configuration; no host network, device plugins, static pods, pod-level resources; a Node that etcd lost is registered again",
    ),
    (
        "Container runtime",
        Simplified,
        "containers are simulated: images from a catalogue, commands interpreted in virtual time",
    ),
    (
        "Image pulls",
        Simplified,
        "0.2 s for every image; unknown names run a generic server, typos of known names fail",
    ),
    (
        "kube-proxy",
        Simplified,
        "random choice among ready endpoints as iptables and nftables do; no session affinity beyond ClientIP",
    ),
    ("Network", Simplified, "requests and answers between pods; no bytes, bandwidth or network policies"),
    (
        "DNS",
        Simplified,
        "names of Services and pod addresses, with the suffixes of the pod's namespace; always answered, by what the node's kube-proxy has seen; no headless Services, no names outside",
    ),
    (
        "wget, curl, nc, nslookup in containers",
        Simplified,
        "texts and exit codes of busybox and curl, through DNS and kube-proxy in virtual time; not in exec probes and hooks, except to the container itself; no TLS, no IPv6",
    ),
    (
        "Service account volume name",
        Simplified,
        "its suffix depends on the pod template; in a real cluster it is random for each pod",
    ),
    ("pod-template-hash", Simplified, "the same alphabet and length, another hash: it is opaque in both"),
    ("Latencies", Simplified, "medians of recordings on two cores with a little jitter"),
];

/// Prints the sheet.
pub(super) fn fidelity(output: Output) -> anyhow::Result<Exit> {
    match output {
        Output::Text => {
            for (feature, degree, meaning) in SHEET {
                let degree = match degree {
                    Real => "real",
                    Simplified => "simplified",
                    Absent => "absent",
                };
                println!("{degree:<11} {feature}\n            {meaning}");
            }
        }
        Output::Json => {
            let rows: Vec<serde_json::Value> = SHEET
                .iter()
                .map(|(feature, degree, meaning)| serde_json::json!({"feature": feature, "degree": degree, "meaning": meaning}))
                .collect();
            println!("{}", serde_json::to_string_pretty(&rows)?);
        }
    }
    Ok(Exit::Done)
}
