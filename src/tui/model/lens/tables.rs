//! The algorithms themselves, as data: what each controller does, in the order in which it does it.

use super::algorithm::{Row, When};

use When::{Act, Compare, Observe, Wait};

/// Components by name, or by the beginning of it for those that there are on every node.
const TABLES: &[(&str, &[Row])] = &[
    (
        "controller/deployment",
        &[
            (Observe, "sets = the ReplicaSets that it owns"),
            (Compare, "does the newest set have all pods, available?"),
            (Act(&["create ReplicaSet"]), "if no set has this template: create one"),
            (Act(&["scale ReplicaSet"]), "scale new up, old down, within the limits"),
            (Act(&["delete ReplicaSet", "delete old", "delete the"]), "delete sets beyond the history limit"),
            (Act(&["note revision"]), "number the revision"),
            (Act(&["report", "adopt", "release"]), "status = pods counted"),
            (Wait, "wait until a set changes"),
        ],
    ),
    (
        "controller/replicaset",
        &[
            (Observe, "active = its pods, not finished, not ending"),
            (Compare, "diff = active - want"),
            (Act(&["create a pod"]), "if diff < 0: create(-diff pods)"),
            (Act(&["delete pod"]), "if diff > 0: delete(diff pods)"),
            (Act(&["adopt", "release"]), "adopt or release pods by their labels"),
            (Act(&["report"]), "status = pods counted"),
            (Wait, "wait until a pod or the set changes"),
        ],
    ),
    (
        "controller/endpointslice",
        &[
            (Observe, "pods = those that match the selector"),
            (Compare, "does the slice list the same addresses?"),
            (Act(&["create an endpoint slice"]), "if there is no slice: create it"),
            (Act(&["update endpoint slice"]), "if it differs: add, mark, remove addresses"),
            (Act(&["delete endpoint slice"]), "if a slice is left over: delete it"),
            (Wait, "wait until a pod or the Service changes"),
        ],
    ),
    (
        "controller/endpoints",
        &[
            (Observe, "pods = those that match the selector"),
            (Compare, "does the Endpoints object list the same?"),
            (Act(&["write the endpoints"]), "if it differs: write the list"),
            (Act(&["delete the endpoints"]), "if the Service is gone: delete it"),
            (Wait, "wait until a pod or the Service changes"),
        ],
    ),
    (
        "controller/node-lifecycle",
        &[
            (Observe, "last = newest lease or status of the node"),
            (Compare, "is last older than 50s?"),
            (Act(&["mark all its conditions"]), "if so: mark its conditions Unknown"),
            (Act(&["mark it not ready"]), "mark its pods not ready"),
            (Act(&["set taints"]), "keep new pods away (NoSchedule)"),
            (Act(&["taint it", "remove its NoExecute"]), "tell pods to leave (NoExecute), or not to"),
            (Wait, "look again in 5s"),
        ],
    ),
    (
        "controller/taint-eviction",
        &[
            (Observe, "taints = NoExecute taints of the pod's node"),
            (Compare, "how long does the pod tolerate them?"),
            (Act(&["mark it as disrupted"]), "if that is over: mark it as disrupted"),
            (Act(&["delete the pod"]), "and delete it"),
            (Wait, "wait until its patience ends, or the taint"),
        ],
    ),
    (
        "controller/garbage-collector",
        &[
            (Observe, "owners = what its ownerReferences name"),
            (Compare, "does one of them exist?"),
            (Act(&["ask", "look"]), "if in doubt: ask the API server"),
            (Act(&["delete it"]), "if none exists: delete it"),
            (
                Act(&["remove the owner", "drop", "take", "let", "remove its"]),
                "if some are gone: forget those",
            ),
            (Act(&["remove the finalizer"]), "when all below is gone: let it go"),
            (Wait, "wait until an owner goes"),
        ],
    ),
    (
        "controller/namespace",
        &[
            (Observe, "is the namespace Terminating?"),
            (Compare, "what is left in it?"),
            (Act(&["delete all its"]), "delete everything, kind by kind"),
            (Act(&["look which"]), "look what is left"),
            (Act(&["write what is left"]), "say so in its conditions"),
            (Act(&["let"]), "if it is empty: remove the finalizer"),
            (Wait, "look again, the longer the older"),
        ],
    ),
    (
        "controller/pod-gc",
        &[
            (Observe, "pods that nobody will end any more"),
            (Compare, "is its node gone, or are there too many?"),
            (Act(&["ask whether"]), "if its node is unseen: ask once more"),
            (Act(&["mark it Failed"]), "mark it Failed"),
            (Act(&["delete it"]), "and delete it without grace"),
            (Wait, "look again in 20s"),
        ],
    ),
    (
        "controller/serviceaccount",
        &[
            (Observe, "accounts = ServiceAccounts of the namespace"),
            (Compare, "is there one called default?"),
            (Act(&["create"]), "if not: create it"),
            (Wait, "wait until a namespace or account changes"),
        ],
    ),
    (
        "controller/root-ca-publisher",
        &[
            (Observe, "map = ConfigMap kube-root-ca.crt"),
            (Compare, "is it there, with the certificate?"),
            (Act(&["create"]), "if not: create it"),
            (Act(&["write the certificate"]), "if it was changed: write it again"),
            (Wait, "wait until a namespace or the map changes"),
        ],
    ),
    (
        "scheduler",
        &[
            (Observe, "nodes = all, with what their pods ask for"),
            (Compare, "filter the nodes that fit, score those"),
            (Act(&["assume"]), "take the best; count the pod there at once"),
            (Act(&["bind it"]), "write nodeName (the binding)"),
            (Act(&["delete the less important"]), "if none fits: may a lesser pod go?"),
            (Act(&["set it aside"]), "if none fits: set the pod aside"),
            (Act(&["say why", "note that"]), "and say why in its status"),
            (Wait, "wait until a node or pod changes"),
        ],
    ),
    (
        "kubelet/",
        &[
            (Observe, "pod = what the API says; what runs here"),
            (Compare, "do the containers run as wanted?"),
            (Act(&["mount", "wait for the volumes", "write the new contents"]), "1. volumes"),
            (Act(&["make the sandbox"]), "2. a sandbox: address and network"),
            (Act(&["start", "go on with", "pull", "end this round"]), "3. pull images, create containers"),
            (Act(&["run container"]), "4. run them, probe them"),
            (Act(&["keep back"]), "if one failed: wait longer each time"),
            (
                Act(&[
                    "stop",
                    "kill",
                    "take the sandbox down",
                    "forget",
                    "delete the object",
                    "the pod has ended",
                    "the grace",
                    "all containers have ended",
                ]),
                "if it is to go: stop, clean up, let go",
            ),
            (
                Act(&[
                    "report",
                    "register",
                    "renew the node's lease",
                    "make the node's lease",
                    "look whether",
                    "refuse",
                ]),
                "report to the API: status, lease",
            ),
            (Wait, "wait for news of pod, containers, probes"),
        ],
    ),
    (
        "kube-proxy/",
        &[
            (Observe, "endpoints = ready ones in the slices"),
            (Compare, "do this node's rules send to the same?"),
            (Act(&["write the rules"]), "if not: write the rules"),
            (Act(&["remove the rules"]), "if the Service is gone: remove them"),
            (Wait, "wait until a slice or Service changes"),
        ],
    ),
];

/// The algorithm of a component; empty if there is none for it.
pub(super) fn rows(component: &str) -> &'static [Row] {
    let fits = |name: &str| component == name || (name.ends_with('/') && component.starts_with(name));
    TABLES.iter().find(|(name, _)| fits(name)).map_or(&[], |(_, rows)| rows)
}
