//! Quality of service: who goes first when a node runs out of memory.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::PodSpec;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::object::quantity::milli;

/// The class of a pod (`pkg/apis/core/helper/qos`): `Guaranteed` if every container's CPU and memory are
/// limited and fully requested, `BestEffort` if nothing is asked for, `Burstable` in between.
pub fn class(spec: &PodSpec) -> &'static str {
    let containers = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    let (mut asked, mut guaranteed) = (false, true);
    for container in containers {
        let resources = container.resources.clone().unwrap_or_default();
        let amount = |list: &Option<BTreeMap<String, Quantity>>, name: &str| {
            list.as_ref()
                .and_then(|list| list.get(name))
                .and_then(|amount| milli(&amount.0))
                .filter(|n| *n > 0)
        };
        for name in ["cpu", "memory"] {
            let (request, limit) = (amount(&resources.requests, name), amount(&resources.limits, name));
            asked |= request.is_some() || limit.is_some();
            guaranteed &= limit.is_some() && request == limit;
        }
    }
    match (asked, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn classes_follow_requests_and_limits() {
        let full = json!({"cpu": "1", "memory": "1Gi"});
        for (resources, expected) in [
            (json!([{}]), "BestEffort"),
            (json!([{"requests": {"cpu": "1"}}]), "Burstable"),
            (json!([{"requests": full, "limits": full}]), "Guaranteed"),
            (json!([{"requests": full, "limits": full}, {}]), "Burstable"),
            (json!([{"requests": {"cpu": "0"}}]), "BestEffort"),
        ] {
            let container = |resources: &Value| json!({"name": "c", "resources": resources});
            let containers: Vec<Value> = resources.as_array().unwrap().iter().map(container).collect();
            let spec: PodSpec = serde_json::from_value(json!({"containers": containers})).unwrap();
            assert_eq!(class(&spec), expected, "{resources}");
        }
    }
}
