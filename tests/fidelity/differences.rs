//! What differs from the recordings, and why.

/// A difference with its reason.
#[derive(Debug)]
pub struct Difference {
    /// The scenario; `*` for all.
    pub scenario: &'static str,
    /// The fact, with `*` for any text at its end.
    pub fact: &'static str,
    /// Why it differs.
    pub reason: &'static str,
}

impl Difference {
    /// Whether it is about this fact.
    pub fn covers(&self, scenario: &str, fact: &str) -> bool {
        let scenario = self.scenario == "*" || self.scenario == scenario;
        scenario
            && match self.fact.split_once('*') {
                Some((start, end)) => {
                    fact.len() >= start.len() + end.len() && fact.starts_with(start) && fact.ends_with(end)
                }
                None => fact == self.fact,
            }
    }
}

/// How `differences.md` begins.
pub fn heading() -> String {
    "# What differs from the recordings\n\n\
     Made by `UPDATE_GOLDENFILES=1 cargo test --test fidelity`; the reasons are in `differences.rs`. In each \
     block, `-` is what the real cluster did, `+` is what this one does.\n"
        .to_owned()
}

/// Everything that differs.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        scenario: "e2_never_ready",
        fact: "Event Unhealthy about Pod web/rs2 pod",
        reason: "The recording's kubelet was set to sync each pod every 10 s instead of 60 s, and each sync of \
             an unready container asks its readiness probe at once, besides its period.",
    },
    Difference {
        scenario: "f_unschedulable",
        fact: "Event FailedScheduling about Pod *",
        reason: "Three taints are set and taken away within 40 ms. Each of these writes is worth another attempt \
             to the scheduler; the real one needs milliseconds for each attempt and so misses the states \
             between, ours sees them all.",
    },
    Difference {
        scenario: "g_node_failure",
        fact: "Event NodeHas*",
        reason: "The real kubelet records these once in each of the four tries in which it registers and reports \
             after a start; ours needs one.",
    },
    Difference {
        scenario: "g_node_failure",
        fact: "Event NodeReady about Node node6",
        reason: "As for NodeHasSufficientMemory: one report here, two there.",
    },
    Difference {
        scenario: "g_node_failure",
        fact: "Event Rebooted about Node node6",
        reason: "The recording's machines have no boot id, so that their kubelets cannot notice a reboot; real machines \
             have one.",
    },
    Difference {
        scenario: "g_node_failure",
        fact: "Events about Node node6: order of kubelet",
        reason: "As for Rebooted.",
    },
    Difference {
        scenario: "g_node_failure",
        fact: "Pod web/rs1 pod: life 1",
        reason: "After the restart the kubelet reports each dead pod twice in quick succession; of this pod the \
             recording has only the newest, of those of `fast` it has both.",
    },
    Difference {
        scenario: "i_service_endpointslice",
        fact: "Event FailedMount about Pod web/rs1 pod",
        reason: "Once the recording's kubelet had no configmap yet when it wanted to mount it: chance on a busy \
             machine.",
    },
    Difference {
        scenario: "i_service_endpointslice",
        fact: "Events about Pod web/rs1 pod: order of kubelet",
        reason: "As for FailedMount.",
    },
    Difference {
        scenario: "i_service_endpointslice",
        fact: "endpoints of web*",
        reason: "Pods that end at once are terminating for some milliseconds. Whether the EndpointSlice \
             controller looks in between is chance: for four of the six it did not in the recording, here it \
             does for all.",
    },
    Difference {
        scenario: "k_daemonset",
        fact: "Event FailedMount about Pod agent pod",
        reason: "As in i_service_endpointslice: once the recording's kubelet had no configmap yet when it wanted \
             to mount it.",
    },
    Difference {
        scenario: "k_daemonset",
        fact: "Events about Pod agent pod: order of kubelet",
        reason: "As for FailedMount.",
    },
    Difference {
        scenario: "q_bare_vs_rs_pod",
        fact: "Deployment web: conditions",
        reason: "The real controller was slow to look this once and saw the pods at its first look; everywhere \
             else it has the same step as ours.",
    },
    Difference {
        scenario: "r_label_orphan_adopt",
        fact: "Pod adoptme: life 1",
        reason: "The real controller asks for the set once more before it adopts, so that the scheduler is first; ours \
             adopts at once. The kubelet's first report and the deletion race as well: in the two lives of this \
             recording each was first once.",
    },
    Difference {
        scenario: "r_label_orphan_adopt",
        fact: "Pod newbie: life 1",
        reason: "The real controller asks for the set once more before it adopts, so that the scheduler is first; ours \
             adopts at once. The kubelet's first report and the deletion race as well: in the two lives of this \
             recording each was first once.",
    },
    Difference {
        scenario: "r_label_orphan_adopt",
        fact: "Pod web pod: life *",
        reason: "The pod whose label was taken away skipped a state in the recording, so it is counted apart \
             there; here its life holds those of its five siblings.",
    },
];
