//! What a pod asks for, added up: for its status and for admission.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodSpec, PodStatus, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::object::{is_sidecar, quantity};

/// Fills in the resources of the whole pod.
pub fn fill(spec: &PodSpec, status: &mut PodStatus) {
    let requests = requested(spec);
    let list = |amounts: &BTreeMap<String, i128>| -> BTreeMap<String, Quantity> {
        amounts.iter().map(|(name, milli)| (name.clone(), Quantity(write(name, *milli)))).collect()
    };
    status.resources = Some(ResourceRequirements {
        requests: (!requests.is_empty()).then(|| list(&requests)),
        ..ResourceRequirements::default()
    });
    status.allocated_resources = (!requests.is_empty()).then(|| list(&requests));
}

/// Amounts by resource, in thousandths.
pub type Requests = BTreeMap<String, i128>;

/// What a pod requests, in thousandths: the sum of its containers and sidecars, or what an init container
/// needs if that is more (`k8s.io/component-helpers/resource.PodRequests`).
pub fn requested(spec: &PodSpec) -> Requests {
    let mut sum = BTreeMap::new();
    for container in &spec.containers {
        add(&mut sum, &of(container));
    }
    let (mut sidecars, mut peak) = (BTreeMap::new(), BTreeMap::new());
    for container in spec.init_containers.iter().flatten() {
        let mut now = of(container);
        if is_sidecar(container) {
            add(&mut sum, &now);
            add(&mut sidecars, &now);
            now.clone_from(&sidecars);
        } else {
            add(&mut now, &sidecars);
        }
        raise(&mut peak, &now);
    }
    raise(&mut sum, &peak);
    let overhead = spec.overhead.iter().flatten();
    add(
        &mut sum,
        &overhead.filter_map(|(name, amount)| Some((name.clone(), quantity::milli(&amount.0)?))).collect(),
    );
    sum
}

fn of(container: &Container) -> BTreeMap<String, i128> {
    let requests = container.resources.as_ref().and_then(|resources| resources.requests.as_ref());
    let amounts = requests.into_iter().flatten();
    amounts.filter_map(|(name, amount)| Some((name.clone(), quantity::milli(&amount.0)?))).collect()
}

fn add(sum: &mut BTreeMap<String, i128>, more: &BTreeMap<String, i128>) {
    for (name, amount) in more {
        *sum.entry(name.clone()).or_default() += amount;
    }
}

fn raise(sum: &mut BTreeMap<String, i128>, least: &BTreeMap<String, i128>) {
    for (name, amount) in least {
        let entry = sum.entry(name.clone()).or_default();
        *entry = (*entry).max(*amount);
    }
}

/// An amount as a quantity: CPU in thousandths, all else in whole units with a binary suffix if it fits.
fn write(name: &str, milli: i128) -> String {
    if milli % 1000 != 0 {
        return format!("{milli}m");
    }
    let units = milli / 1000;
    let suffixes = [(1_i128 << 40, "Ti"), (1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")];
    let fits = suffixes.iter().find(|(size, _)| name != "cpu" && units != 0 && units % size == 0);
    match fits {
        Some((size, suffix)) => format!("{}{suffix}", units / size),
        None => units.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_init_container_counts_only_where_it_needs_more() {
        let spec: PodSpec = serde_json::from_value(json!({
            "containers": [
                {"name": "a", "resources": {"requests": {"cpu": "500m", "memory": "64Mi"}}},
                {"name": "b", "resources": {"requests": {"cpu": "1"}}}
            ],
            "initContainers": [{"name": "i", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]
        }))
        .unwrap();
        let sum = requested(&spec);
        assert_eq!(write("cpu", sum["cpu"]), "1500m");
        assert_eq!(write("memory", sum["memory"]), "1Gi");
    }
}
