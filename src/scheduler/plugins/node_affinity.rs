//! Node selectors and node affinity: on which nodes a pod must or would rather be, by their labels.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{
    NodeSelectorRequirement, NodeSelectorTerm, PodSpec, PreferredSchedulingTerm,
};

use super::{Incoming, Plugin, Rejection};
use crate::object::StringMap;
use crate::scheduler::node_info::NodeInfo;

/// `spec.nodeSelector` and the required part of the node affinity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequiredNodes {
    selector: StringMap,
    /// One of these must hold; none means that nothing is required, an empty list that nothing can hold.
    terms: Option<Vec<NodeSelectorTerm>>,
}

impl RequiredNodes {
    /// Reads a pod's specification.
    pub fn of(spec: &PodSpec) -> Self {
        let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
        let required =
            affinity.and_then(|node| node.required_during_scheduling_ignored_during_execution.as_ref());
        Self {
            selector: spec.node_selector.clone().unwrap_or_default(),
            terms: required.map(|required| required.node_selector_terms.clone()),
        }
    }

    /// Whether a node will do.
    pub fn match_node(&self, node: &NodeInfo) -> bool {
        let labels = node.labels();
        self.selector.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.terms.as_ref().is_none_or(|terms| terms.iter().any(|term| matches_term(term, node)))
    }

    /// The only nodes that can match because every term names its nodes, as those of a DaemonSet's pods do.
    pub fn named(&self) -> Option<BTreeSet<String>> {
        let terms = self.terms.as_ref().filter(|terms| !terms.is_empty())?;
        let mut named = BTreeSet::new();
        for term in terms {
            let by_name = term
                .match_fields
                .iter()
                .flatten()
                .filter(|field| field.key == "metadata.name" && field.operator == "In");
            let sets = by_name.map(|field| field.values.iter().flatten().cloned().collect::<BTreeSet<_>>());
            named.append(&mut sets.reduce(|one, other| &one & &other)?);
        }
        Some(named)
    }
}

/// The pod's node selector and required affinity must hold.
pub fn filter(incoming: &Incoming, node: &NodeInfo) -> Option<Rejection> {
    (!incoming.nodes.match_node(node))
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
    let met = wishes.iter().filter(|wish| wish.weight != 0 && matches_term(&wish.preference, node));
    met.map(|wish| i64::from(wish.weight)).sum()
}

/// All expressions of a term must hold; a term without any holds nowhere.
fn matches_term(term: &NodeSelectorTerm, node: &NodeInfo) -> bool {
    let labels = term.match_expressions.as_deref().unwrap_or_default();
    let fields = term.match_fields.as_deref().unwrap_or_default();
    let name = |key: &str| (key == "metadata.name").then_some(node.name.as_str());
    (!labels.is_empty() || !fields.is_empty())
        && labels.iter().all(|one| holds(one, node.labels().get(&one.key).map(String::as_str)))
        && fields.iter().all(|one| holds(one, name(&one.key)))
}

fn holds(requirement: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    let listed = || value.is_some_and(|value| values.iter().any(|one| one == value));
    let compared = |by: fn(&i64, &i64) -> bool| {
        let [bound] = values else { return false };
        let number = |text: &str| text.parse::<i64>().ok();
        matches!((value.and_then(number), number(bound)), (Some(have), Some(bound)) if by(&have, &bound))
    };
    match requirement.operator.as_str() {
        "In" => listed(),
        "NotIn" => !listed(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => compared(i64::gt),
        "Lt" => compared(i64::lt),
        _ => false,
    }
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
    fn every_operator_holds_as_documented() {
        for (key, operator, values, passes) in [
            ("disk", "In", json!(["ssd", "nvme"]), true),
            ("disk", "NotIn", json!(["hdd"]), true),
            ("gone", "NotIn", json!(["hdd"]), true),
            ("gone", "Exists", json!(null), false),
            ("gone", "DoesNotExist", json!(null), true),
            ("cores", "Gt", json!(["7"]), true),
            ("cores", "Gt", json!(["8"]), false),
            ("cores", "Lt", json!(["9"]), true),
            ("disk", "Lt", json!(["9"]), false),
            ("disk", "Like", json!(["ssd"]), false),
        ] {
            let expression = json!({"key": key, "operator": operator, "values": values});
            let pod = requiring(json!([{"matchExpressions": [expression]}]));
            assert_eq!(filter(&pod, &info()).is_none(), passes, "{key} {operator}");
        }
    }

    #[test]
    fn one_term_must_hold_with_all_its_expressions() {
        let expression = |key: &str| json!({"key": key, "operator": "Exists"});
        let both = requiring(json!([{"matchExpressions": [expression("disk"), expression("gone")]}]));
        assert!(filter(&both, &info()).is_some());
        let either = requiring(json!([
            {"matchExpressions": [expression("gone")]}, {"matchExpressions": [expression("disk")]},
        ]));
        assert!(filter(&either, &info()).is_none());
        assert!(filter(&requiring(json!([{}])), &info()).is_some(), "an empty term holds nowhere");
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
