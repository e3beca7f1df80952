//! Where a pod may be: node selectors, node affinity, taints and tolerations.
//!
//! The scheduler asks this before it places a pod, the DaemonSet controller before it makes one, and taint eviction
//! afterwards. They must not differ, so the rules stand here.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Taint, Toleration};

use super::StringMap;

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

    /// Whether the node of this name with these labels will do.
    pub fn match_node(&self, name: &str, labels: &StringMap) -> bool {
        self.selector.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.terms.as_ref().is_none_or(|terms| terms.iter().any(|term| term_holds(term, name, labels)))
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

/// Whether all expressions of a term hold for the node of this name with these labels; a term without any holds
/// nowhere.
pub fn term_holds(term: &NodeSelectorTerm, name: &str, labels: &StringMap) -> bool {
    let expressions = term.match_expressions.as_deref().unwrap_or_default();
    let fields = term.match_fields.as_deref().unwrap_or_default();
    let field = |key: &str| (key == "metadata.name").then_some(name);
    (!expressions.is_empty() || !fields.is_empty())
        && expressions.iter().all(|one| holds(one, labels.get(&one.key).map(String::as_str)))
        && fields.iter().all(|one| holds(one, field(&one.key)))
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

/// The first of these tolerations that is about the taint (`Toleration.ToleratesTaint`).
pub fn toleration<'a>(tolerations: &'a [Toleration], taint: &Taint) -> Option<&'a Toleration> {
    tolerations.iter().find(|toleration| covers(toleration, taint))
}

/// Whether a pod with this specification tolerates the taint, for however long.
pub fn tolerates(spec: &PodSpec, taint: &Taint) -> bool {
    toleration(spec.tolerations.as_deref().unwrap_or_default(), taint).is_some()
}

fn covers(toleration: &Toleration, taint: &Taint) -> bool {
    let stated = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
    let effect_fits = stated(&toleration.effect).is_none_or(|effect| effect == taint.effect);
    let key_fits = stated(&toleration.key).is_none_or(|key| key == taint.key);
    let value_fits = match toleration.operator.as_deref().unwrap_or("Equal") {
        "Exists" => true,
        "Equal" | "" => {
            toleration.key.as_deref().is_some_and(|key| !key.is_empty())
                && toleration.value.as_deref().unwrap_or("") == taint.value.as_deref().unwrap_or("")
        }
        _ => false,
    };
    effect_fits && key_fits && value_fits
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn requiring(terms: Value) -> RequiredNodes {
        let required =
            json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}});
        let spec = json!({"containers": [], "affinity": {"nodeAffinity": required}});
        RequiredNodes::of(&serde_json::from_value(spec).unwrap())
    }

    fn fits(nodes: &RequiredNodes) -> bool {
        let labels = [("disk", "ssd"), ("cores", "8")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        nodes.match_node("n1", &labels.into())
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
            assert_eq!(
                fits(&requiring(json!([{"matchExpressions": [expression]}]))),
                passes,
                "{key} {operator}"
            );
        }
    }

    #[test]
    fn one_term_must_hold_with_all_its_expressions() {
        let expression = |key: &str| json!({"key": key, "operator": "Exists"});
        let both = requiring(json!([{"matchExpressions": [expression("disk"), expression("gone")]}]));
        assert!(!fits(&both));
        let either = requiring(json!([
            {"matchExpressions": [expression("gone")]}, {"matchExpressions": [expression("disk")]},
        ]));
        assert!(fits(&either));
        assert!(!fits(&requiring(json!([{}]))), "an empty term holds nowhere");
    }

    #[test]
    fn terms_by_name_leave_only_those_nodes() {
        let field = |name: &str| json!({"key": "metadata.name", "operator": "In", "values": [name]});
        let two = requiring(json!([{"matchFields": [field("n1")]}, {"matchFields": [field("n2")]}]));
        let named: Vec<String> = two.named().unwrap().into_iter().collect();
        assert_eq!((fits(&two), named.join(",").as_str()), (true, "n1,n2"));
        let open = json!({"matchExpressions": [{"key": "disk", "operator": "Exists"}]});
        assert_eq!(requiring(json!([{"matchFields": [field("n1")]}, open])).named(), None);
    }

    #[test]
    fn a_toleration_covers_by_key_value_and_effect() {
        let taint: Taint =
            serde_json::from_value(json!({"key": "pool", "value": "gpu", "effect": "NoSchedule"})).unwrap();
        for (tolerations, passes) in [
            (json!([]), false),
            (json!([{"operator": "Exists"}]), true),
            (json!([{"key": "pool", "operator": "Exists"}]), true),
            (json!([{"key": "pool", "value": "gpu"}]), true),
            (json!([{"key": "pool", "value": "gpu", "effect": "NoExecute"}]), false),
            (json!([{"key": "pool", "value": "ssd"}]), false),
            (json!([{"key": "other", "operator": "Exists"}]), false),
            (json!([{"value": "gpu"}]), false),
        ] {
            let spec = json!({"containers": [], "tolerations": tolerations});
            assert_eq!(tolerates(&serde_json::from_value(spec).unwrap(), &taint), passes, "{tolerations}");
        }
    }
}
