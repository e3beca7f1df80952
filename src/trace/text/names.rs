//! What components are called: one long name for sentences, one short name for columns, and no third.

use smol_str::{SmolStr, format_smolstr};

/// A component's id without its folder, its name in a sentence, and its name in a column: at most ten cells.
const NAMES: &[(&str, &str, &str)] = &[
    ("apiserver", "the API server", "api-server"),
    ("scheduler", "the scheduler", "sched"),
    ("clients", "the clients", "clients"),
    ("deployment", "the Deployment controller", "dep-ctl"),
    ("replicaset", "the ReplicaSet controller", "rs-ctl"),
    ("daemonset", "the DaemonSet controller", "ds-ctl"),
    ("endpointslice", "the EndpointSlice controller", "endpts"),
    ("endpoints", "the Endpoints controller", "ep-ctl"),
    ("node-lifecycle", "the node lifecycle controller", "node-ctl"),
    ("taint-eviction", "the taint eviction controller", "evictor"),
    ("garbage-collector", "the garbage collector", "gc"),
    ("pod-gc", "the pod garbage collector", "pod-gc"),
    ("namespace", "the Namespace controller", "ns-ctl"),
    ("serviceaccount", "the ServiceAccount controller", "sa-ctl"),
    ("root-ca-publisher", "the root CA publisher", "ca-ctl"),
    ("disruption", "the disruption controller", "pdb-ctl"),
];

fn named(name: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    NAMES.iter().find(|(id, ..)| *id == name)
}

/// What people call a component: `the ReplicaSet controller`, `the kubelet on node-1`.
pub fn component(id: &str) -> String {
    match id.split_once('/') {
        Some(("controller", name)) => {
            named(name).map_or_else(|| format!("the {name} controller"), |(_, long, _)| (*long).to_owned())
        }
        Some((part @ ("kubelet" | "kube-proxy"), node)) => format!("the {part} on {node}"),
        Some(("runtime", node)) => format!("the container runtime on {node}"),
        Some(_) => id.to_owned(),
        None => named(id).map_or(id, |(_, long, _)| long).to_owned(),
    }
}

/// What broke or was mended, with a component's name instead of its id: `the API server stopped`.
pub fn fault_words(what: &str) -> String {
    match what.split_once(' ') {
        Some((part, happened)) => format!("{} {happened}", component(part)),
        None => what.to_owned(),
    }
}

/// A lost message, with the components' names instead of their ids: `a watch event from the API server to the scheduler`.
pub fn lost_words(what: &str) -> String {
    let ends = what.split_once(" from ").and_then(|(what, ends)| Some((what, ends.split_once(" to ")?)));
    match ends {
        Some((what, (from, to))) => format!("{what} from {} to {}", component(from), component(to)),
        None => what.to_owned(),
    }
}

/// A component's name in a column: `rs-ctl`, `kubelet n1`. A controller may be named without its folder.
pub fn short_component(id: &str) -> SmolStr {
    let short = |name: &str| named(name).map_or(name.into(), |(.., short)| SmolStr::new_static(short));
    match id.split_once('/') {
        Some(("controller", name)) => short(name),
        Some((part, node)) => format_smolstr!("{part} {}", short_node(node)),
        None => short(id),
    }
}

/// `n1` for `node-1`: the narrow drawing of a node's name.
pub fn short_node(name: &str) -> SmolStr {
    match name.rsplit_once('-') {
        Some((first, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            first.chars().take(1).chain(number.chars()).collect()
        }
        _ => name.chars().take(6).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::driver::Inline;
    use crate::engine::{ClusterConfig, Engine};

    /// A part of the cluster without an entry would be called by its id in one place and otherwise in another.
    #[test]
    fn every_component_has_its_two_names_and_no_two_share_one() {
        let engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
        let ids = engine.world().components().into_iter().map(|component| component.name);
        let named: Vec<(String, SmolStr)> = ids.map(|id| (component(&id), short_component(&id))).collect();
        assert!(named.len() > 14, "{named:?}");
        for (index, (long, short)) in named.iter().enumerate() {
            assert!(long == "etcd" || long.starts_with("the ") && !long.contains('-'), "{long}");
            assert!(
                short.len() <= 10 && !long.contains(short.as_str())
                    || long == short
                    || matches!(short.as_str(), "sched" | "clients"),
                "{short}"
            );
            assert!(named[index + 1..].iter().all(|other| other.0 != *long && other.1 != *short), "{long}");
        }
    }

    #[test]
    fn parts_of_a_node_are_named_with_it() {
        assert_eq!(component("kubelet/node-1"), "the kubelet on node-1");
        assert_eq!(short_component("kubelet/node-1"), "kubelet n1");
        assert_eq!(short_component("controller/replicaset"), short_component("replicaset"));
    }

    #[test]
    fn nodes_are_short_by_their_number() {
        assert_eq!(short_node("node-1"), "n1");
        assert_eq!(short_node("control"), "contro");
    }
}
