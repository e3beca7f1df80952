//! How long a pod puts up with the taints of its node.

use k8s_openapi::api::core::v1::{Node, Taint};
use smol_str::{SmolStr, ToSmolStr};

use crate::object::{Pod, placement};
use crate::time::Span;

/// How long a pod stays on its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Nothing drives it out.
    NoTaint,
    /// It tolerates everything there is, for ever.
    ForEver,
    /// It tolerates what there is for this long; the key of the taint that it tolerates least.
    For(Span, SmolStr),
    /// It does not tolerate the taint of this key.
    None(SmolStr),
}

/// The taints of a node that drive pods out.
pub(super) fn no_execute(node: &Node) -> Vec<Taint> {
    let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_ref());
    taints.into_iter().flatten().filter(|taint| taint.effect == "NoExecute").cloned().collect()
}

/// The least patience over all taints (`GetMatchingTolerations`, `getMinTolerationTime`).
pub(super) fn patience(pod: &Pod, taints: &[Taint]) -> Patience {
    if taints.is_empty() {
        return Patience::NoTaint;
    }
    let tolerations = pod.spec.tolerations.as_deref().unwrap_or_default();
    let mut least: Option<(Span, SmolStr)> = None;
    for taint in taints {
        let Some(covering) = placement::toleration(tolerations, taint) else {
            return Patience::None(taint.key.to_smolstr());
        };
        let Some(seconds) = covering.toleration_seconds else { continue };
        let span = Span::api_secs(seconds);
        if least.as_ref().is_none_or(|(shortest, _)| span < *shortest) {
            least = Some((span, taint.key.to_smolstr()));
        }
    }
    least.map_or(Patience::ForEver, |(span, key)| Patience::For(span, key))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

    #[test]
    fn patience_is_the_least_over_all_taints() {
        let taints = |taints: Value| {
            let node: Node = serde_json::from_value(json!({"spec": {"taints": taints}})).unwrap();
            no_execute(&node)
        };
        let both = taints(json!([
            {"key": UNREACHABLE, "effect": "NoExecute"}, {"key": "gpu", "value": "a", "effect": "NoExecute"},
            {"key": "other", "effect": "NoSchedule"},
        ]));
        let pod = |tolerations: Value| -> Pod {
            serde_json::from_value(json!({
                "metadata": {"name": "web"}, "spec": {"containers": [], "tolerations": tolerations},
            }))
            .unwrap()
        };
        let of = |tolerations: Value| patience(&pod(tolerations), &both);
        let gpu = |value: &str| json!({"key": "gpu", "value": value, "tolerationSeconds": 7});
        let unreachable = json!({"key": UNREACHABLE, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
        assert_eq!(of(json!([unreachable, gpu("a")])), Patience::For(Span::secs(7), "gpu".into()));
        assert_eq!(of(json!([unreachable, gpu("b")])), Patience::None("gpu".into()));
        assert_eq!(of(json!([{"operator": "Exists", "effect": "NoExecute"}])), Patience::ForEver);
        assert_eq!(patience(&pod(json!([])), &[]), Patience::NoTaint);
    }
}
