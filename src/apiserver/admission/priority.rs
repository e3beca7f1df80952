//! Priority: which pods may push others aside.
//!
//! This cluster has no PriorityClass objects, so only the two built-in classes exist.

use k8s_openapi::api::core::v1::PodSpec;

/// The classes that every cluster has (`pkg/apis/scheduling`).
const BUILT_IN: &[(&str, i32)] =
    &[("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

/// Sets the priority that the pod's class means.
pub fn admit(spec: &mut PodSpec) -> Result<(), String> {
    let priority = match spec.priority_class_name.as_deref() {
        None | Some("") => 0,
        Some(class) => BUILT_IN
            .iter()
            .find(|(name, _)| *name == class)
            .map(|(_, priority)| *priority)
            .ok_or_else(|| format!("no PriorityClass with name {class} was found"))?,
    };
    if let Some(own) = spec.priority.filter(|own| *own != priority) {
        return Err(format!(
            "the integer value of priority ({own}) must not be provided in pod spec; priority admission \
             controller computed {priority} from the given PriorityClass name"
        ));
    }
    spec.priority = Some(priority);
    spec.preemption_policy.get_or_insert_with(|| "PreemptLowerPriority".to_owned());
    Ok(())
}
