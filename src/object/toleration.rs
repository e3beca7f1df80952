//! Tolerations: which taints of a node a pod puts up with.

use k8s_openapi::api::core::v1::{Taint, Toleration};

/// Whether a toleration is about this taint (`Toleration.ToleratesTaint`).
pub fn covers(toleration: &Toleration, taint: &Taint) -> bool {
    let stated = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
    let effect_fits = stated(&toleration.effect).is_none_or(|effect| effect == taint.effect);
    let key_fits = stated(&toleration.key).is_none_or(|key| key == taint.key);
    let value_fits = match toleration.operator.as_deref().unwrap_or("Equal") {
        "Exists" => true,
        "Equal" | "" => {
            stated(&toleration.key).is_some()
                && toleration.value.as_deref().unwrap_or("") == taint.value.as_deref().unwrap_or("")
        }
        _ => false,
    };
    effect_fits && key_fits && value_fits
}
