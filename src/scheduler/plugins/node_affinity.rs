//! Node selectors and node affinity: on which nodes a pod must or would rather be, by their labels.

use k8s_openapi::api::core::v1::{PodSpec, PreferredSchedulingTerm};

use super::{Incoming, Plugin, Rejection};
use crate::object::placement::term_holds;
use crate::scheduler::node_info::NodeInfo;

/// The pod's node selector and required affinity must hold.
pub fn filter(incoming: &Incoming, node: &NodeInfo) -> Option<Rejection> {
    (!incoming.matches_node(node))
        .then(|| Rejection::final_(Plugin::NodeAffinity, "node(s) didn't match Pod's node affinity/selector"))
}

/// The wishes of the pod's node affinity; a weight counts if its term holds.
pub fn preferred(spec: &PodSpec) -> &[PreferredSchedulingTerm] {
    let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let wishes = affinity.and_then(|node| node.preferred_during_scheduling_ignored_during_execution.as_ref());
    wishes.map_or(&[], |wishes| wishes.as_slice())
}

/// The sum of the weights of the wishes that this node meets.
pub fn score(wishes: &[PreferredSchedulingTerm], node: &NodeInfo) -> i64 {
    let met = wishes
        .iter()
        .filter(|wish| wish.weight != 0 && term_holds(&wish.preference, &node.name, node.labels()));
    met.map(|wish| i64::from(wish.weight)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::fixture;
    use serde_json::{Value, json};

    fn requiring(terms: Value) -> Incoming {
        let required =
            json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}});
        Incoming::of(&fixture::pod("web", json!({"spec": {"affinity": {"nodeAffinity": required}}})))
    }

    fn info() -> NodeInfo {
        let mut info = NodeInfo::named("n1".into());
        info.set_node(fixture::node("n1", json!({"metadata": {"labels": {"disk": "ssd", "cores": "8"}}})));
        info
    }

    #[test]
    fn terms_by_name_leave_only_those_nodes() {
        let field = |name: &str| json!({"key": "metadata.name", "operator": "In", "values": [name]});
        let two = requiring(json!([{"matchFields": [field("n1")]}, {"matchFields": [field("n2")]}]));
        let named: Vec<String> = two.only.clone().unwrap().into_iter().collect();
        assert_eq!((filter(&two, &info()), named.join(",").as_str()), (None, "n1,n2"));
        let open = json!({"matchExpressions": [{"key": "disk", "operator": "Exists"}]});
        assert_eq!(requiring(json!([{"matchFields": [field("n1")]}, open])).only, None);
    }

    #[test]
    fn met_wishes_add_up() {
        let wish = |weight: i32, key: &str| json!({"weight": weight, "preference": {"matchExpressions": [{"key": key, "operator": "Exists"}]}});
        let preferred_terms = json!([wish(10, "disk"), wish(5, "cores"), wish(80, "gone")]);
        let affinity =
            json!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred_terms}});
        let pod = fixture::pod("web", json!({"spec": {"affinity": affinity}}));
        assert_eq!(score(preferred(&pod.spec), &info()), 15);
    }
}
