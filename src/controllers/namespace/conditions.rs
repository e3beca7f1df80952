//! The conditions of a namespace that is to go: what is left of its content.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Namespace, NamespaceCondition};

use crate::object::Object;
use crate::time::VirtualTime;

/// The conditions of a terminating namespace, in order, each with reason and message when all is well.
const CONDITIONS: [(&str, &str, &str); 5] = [
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    ("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
    ("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
];

/// What is left, counted.
#[derive(Debug, Default)]
pub(super) struct Totals {
    /// By `configmaps.` or `deployments.apps`: the real texts keep the dot of the core group.
    resources: BTreeMap<String, usize>,
    finalizers: BTreeMap<String, usize>,
    /// What is there although nothing explains it.
    unexpected: Option<String>,
}

impl Totals {
    /// Everything that is left.
    pub(super) fn of(left: &[&Object]) -> Self {
        let mut totals = Self::default();
        for object in left {
            let info = object.kind().info();
            *totals.resources.entry(format!("{}.{}", info.plural, info.group)).or_default() += 1;
            for finalizer in object.meta().finalizers.iter().flatten() {
                *totals.finalizers.entry(finalizer.clone()).or_default() += 1;
            }
        }
        totals
    }

    /// Pods have outlived their grace, and nothing holds them.
    pub(super) fn unexpected_pods(namespace: &str) -> Self {
        let text = format!(
            "failed to delete pods for namespace: {namespace}, err: unexpected items still remain in namespace: \
             {namespace} for gvr: /v1, Resource=pods"
        );
        Self { unexpected: Some(text), ..Self::default() }
    }

    /// The finding for a condition, if it is one: reason and message (`ProcessContentTotals`).
    fn finding(&self, condition: &str) -> Option<(&'static str, String)> {
        let join = |map: &BTreeMap<String, usize>, words: &str| {
            map.iter()
                .map(|(what, number)| format!("{what} {words} {number} resource instances"))
                .collect::<Vec<_>>()
        };
        match condition {
            "NamespaceDeletionContentFailure" => {
                let what = self.unexpected.as_ref()?;
                Some((
                    "ContentDeletionFailed",
                    format!("Failed to delete all resource types, 1 remaining: {what}"),
                ))
            }
            "NamespaceContentRemaining" if !self.resources.is_empty() => {
                let list = join(&self.resources, "has").join(", ");
                Some(("SomeResourcesRemain", format!("Some resources are remaining: {list}")))
            }
            "NamespaceFinalizersRemaining" if !self.finalizers.is_empty() => {
                let list = join(&self.finalizers, "in").join(", ");
                let text = format!("Some content in the namespace has finalizers remaining: {list}");
                Some(("SomeFinalizersRemain", text))
            }
            _ => None,
        }
    }
}

/// The namespace with its conditions up to date; none if they are (`namespaceConditionUpdater.Update`).
pub(super) fn with_conditions(namespace: &Namespace, totals: &Totals, now: VirtualTime) -> Option<Namespace> {
    let mut updated = namespace.clone();
    let list = updated.status.get_or_insert_default().conditions.get_or_insert_default();
    for (kind, reason, message) in CONDITIONS {
        let (status, reason, message) = match totals.finding(kind) {
            Some((reason, message)) => ("True", reason, message),
            None => ("False", reason, message.to_owned()),
        };
        let wanted = NamespaceCondition {
            type_: kind.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message),
            last_transition_time: Some(now.to_api()),
        };
        match list.iter_mut().find(|condition| condition.type_ == kind) {
            None => list.push(wanted),
            Some(known) if known.status != wanted.status => *known = wanted,
            Some(known) => (known.reason, known.message) = (wanted.reason, wanted.message),
        }
    }
    (updated != *namespace).then_some(updated)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::controllers::rig::object;

    #[test]
    fn a_condition_keeps_its_time_unless_its_status_changes() {
        let namespace: Namespace = serde_json::from_value(json!({
            "metadata": {"name": "shop"},
            "status": {"conditions": [{
                "type": "NamespaceContentRemaining", "status": "False", "reason": "ContentRemoved",
                "message": "All content successfully removed", "lastTransitionTime": "2026-01-05T08:00:01Z",
            }]},
        }))
        .unwrap();
        let held = object(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "held", "namespace": "shop", "finalizers": ["example.com/hold"]},
        }));
        let at = VirtualTime::from_micros(9_000_000);
        let conditions = |totals: &Totals| {
            with_conditions(&namespace, totals, at).unwrap().status.unwrap().conditions.unwrap()
        };
        let same = conditions(&Totals::default());
        assert_eq!(same[0].last_transition_time, Some(VirtualTime::from_micros(1_000_000).to_api()));
        let changed = conditions(&Totals::of(&[&held]));
        assert_eq!(changed[0].last_transition_time, Some(at.to_api()));
    }
}
