//! Amounts of resources, as integers: thousandths of a CPU, bytes, pieces.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use smol_str::SmolStr;

use crate::object::{is_sidecar, quantity};

/// CPU that a container without a CPU request counts with when nodes are scored
/// (`DefaultMilliCPURequest` in `pkg/scheduler/util/pod_resources.go`).
const DEFAULT_CPU_MILLI: i64 = 100;
/// Memory that a container without a memory request counts with (`DefaultMemoryRequest`: 200 MiB).
const DEFAULT_MEMORY: i64 = 200 * 1024 * 1024;

/// Amounts of everything that pods ask for and nodes have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Thousandths of a CPU.
    pub cpu_milli: i64,
    /// Bytes of memory.
    pub memory: i64,
    /// Bytes of local disk.
    pub ephemeral_storage: i64,
    /// Everything else by name: `nvidia.com/gpu`, `hugepages-2Mi`.
    pub extended: BTreeMap<SmolStr, i64>,
}

type List = BTreeMap<String, Quantity>;

impl Resources {
    /// Reads a list of quantities; `pods` is no resource that a pod asks for and is left out.
    pub fn of(list: Option<&List>) -> Self {
        let mut all = Self::default();
        for (name, quantity) in list.into_iter().flatten() {
            let milli = quantity::milli(&quantity.0).unwrap_or(0);
            let units = clamp((milli + 999) / 1000);
            match name.as_str() {
                "cpu" => all.cpu_milli = clamp(milli),
                "memory" => all.memory = units,
                "ephemeral-storage" => all.ephemeral_storage = units,
                "pods" => {}
                other => {
                    all.extended.insert(other.into(), units);
                }
            }
        }
        all
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.combine(other, i64::saturating_add);
    }

    /// Takes `other` away.
    pub fn subtract(&mut self, other: &Self) {
        self.combine(other, i64::saturating_sub);
    }

    /// Raises each amount to at least that of `other`.
    fn raise_to(&mut self, other: &Self) {
        self.combine(other, i64::max);
    }

    fn combine(&mut self, other: &Self, with: fn(i64, i64) -> i64) {
        self.cpu_milli = with(self.cpu_milli, other.cpu_milli);
        self.memory = with(self.memory, other.memory);
        self.ephemeral_storage = with(self.ephemeral_storage, other.ephemeral_storage);
        for (name, amount) in &other.extended {
            let entry = self.extended.entry(name.clone()).or_default();
            *entry = with(*entry, *amount);
        }
        self.extended.retain(|_, amount| *amount != 0);
    }

    /// Whether nothing is asked for.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Whether `self` has more of something than `before`.
    pub fn exceeds(&self, before: &Self) -> bool {
        self.cpu_milli > before.cpu_milli
            || self.memory > before.memory
            || self.ephemeral_storage > before.ephemeral_storage
            || self.extended.iter().any(|(name, amount)| amount > before.extended.get(name).unwrap_or(&0))
    }
}

fn clamp(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

/// What a pod asks for (`resource.PodRequests`): the sum of its containers and sidecars, or the greatest init
/// container with the sidecars before it if that is more, or what the pod itself states; and the overhead.
pub fn pod_requests(spec: &PodSpec) -> Resources {
    total(spec, |container| {
        Resources::of(container.resources.as_ref().and_then(|resources| resources.requests.as_ref()))
    })
}

/// The same with the defaults for what a container does not state, so that pods without requests are spread
/// as well. Used for scoring only.
pub fn pod_requests_for_scoring(spec: &PodSpec) -> Resources {
    total(spec, |container| {
        let stated = container.resources.as_ref().and_then(|resources| resources.requests.as_ref());
        let mut requests = Resources::of(stated);
        if stated.is_none_or(|list| !list.contains_key("cpu")) {
            requests.cpu_milli = DEFAULT_CPU_MILLI;
        }
        if stated.is_none_or(|list| !list.contains_key("memory")) {
            requests.memory = DEFAULT_MEMORY;
        }
        requests
    })
}

fn total(spec: &PodSpec, of: impl Fn(&Container) -> Resources) -> Resources {
    let mut sum = Resources::default();
    for container in &spec.containers {
        sum.add(&of(container));
    }
    let (mut sidecars, mut start) = (Resources::default(), Resources::default());
    for container in spec.init_containers.iter().flatten() {
        let mut while_it_runs = of(container);
        if is_sidecar(container) {
            sum.add(&while_it_runs);
            sidecars.add(&while_it_runs);
            while_it_runs = Resources::default();
        }
        while_it_runs.add(&sidecars);
        start.raise_to(&while_it_runs);
    }
    sum.raise_to(&start);
    if let Some(stated) = spec.resources.as_ref().and_then(|resources| resources.requests.as_ref()) {
        let pod_level = Resources::of(Some(stated));
        if stated.contains_key("cpu") {
            sum.cpu_milli = pod_level.cpu_milli;
        }
        if stated.contains_key("memory") {
            sum.memory = pod_level.memory;
        }
    }
    sum.add(&Resources::of(spec.overhead.as_ref()));
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn spec(value: Value) -> PodSpec {
        serde_json::from_value(value).unwrap()
    }

    fn asks(cpu: &str) -> Value {
        json!({"requests": {"cpu": cpu}})
    }

    #[test]
    fn the_greater_of_start_and_run_counts() {
        let spec = spec(json!({
            "initContainers": [
                {"name": "early", "resources": asks("900m")},
                {"name": "side", "restartPolicy": "Always", "resources": asks("100m")},
                {"name": "late", "resources": asks("500m")},
            ],
            "containers": [{"name": "a", "resources": asks("200m")}, {"name": "b", "resources": asks("300m")}],
            "overhead": {"cpu": "50m"},
        }));
        // Run: 200 + 300 + 100. Start: max(900, 100 + 500). Plus overhead.
        assert_eq!(pod_requests(&spec).cpu_milli, 950);
    }

    #[test]
    fn the_pods_own_statement_beats_its_containers() {
        let spec = spec(json!({
            "resources": {"requests": {"cpu": "2"}},
            "containers": [{"name": "a", "resources": {"requests": {"cpu": "1", "memory": "1Mi"}}}],
        }));
        let requests = pod_requests(&spec);
        assert_eq!((requests.cpu_milli, requests.memory), (2000, 1024 * 1024));
    }

    #[test]
    fn what_is_not_stated_has_a_default_only_for_scoring() {
        let spec = spec(json!({"containers": [{"name": "a"}, {"name": "b", "resources": asks("0")}]}));
        assert!(pod_requests(&spec).is_nothing());
        let scoring = pod_requests_for_scoring(&spec);
        assert_eq!((scoring.cpu_milli, scoring.memory), (100, 2 * DEFAULT_MEMORY));
    }
}
