//! The budget of a rollout: how many pods more and how many available pods less are allowed.
//!
//! `maxSurge` and `maxUnavailable` are numbers or percentages of `spec.replicas`. A percentage rounds up for the
//! surge and down for the unavailable, so that both err towards availability. Both may come out as 0, and then
//! nothing could ever move: so one pod may be unavailable (`ResolveFenceposts` in
//! `pkg/controller/deployment/util/deployment_util.go`).

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::object::quantity::scaled;

/// What a rollout may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Pods above `spec.replicas`.
    pub surge: i32,
    /// Pods below `spec.replicas` that need not be available.
    pub unavailable: i32,
}

/// `spec.replicas`.
pub fn replicas(deployment: &Deployment) -> i32 {
    deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1).max(0)
}

/// Whether old pods go before new ones come.
pub fn is_recreate(deployment: &Deployment) -> bool {
    let strategy = deployment.spec.as_ref().and_then(|spec| spec.strategy.as_ref());
    strategy.and_then(|strategy| strategy.type_.as_deref()) == Some("Recreate")
}

impl Budget {
    /// The budget of this Deployment; nothing for Recreate, which has none.
    pub fn of(deployment: &Deployment) -> Self {
        if is_recreate(deployment) {
            return Self::default();
        }
        let replicas = replicas(deployment);
        let strategy = deployment.spec.as_ref().and_then(|spec| spec.strategy.as_ref());
        let rolling = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
        // 25% each is the API's default.
        let value = |given: Option<&IntOrString>, up| scaled(given.unwrap_or(&quarter()), replicas, up);
        let surge = value(rolling.and_then(|rolling| rolling.max_surge.as_ref()), true);
        let unavailable = value(rolling.and_then(|rolling| rolling.max_unavailable.as_ref()), false);
        let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
        Self { surge, unavailable: unavailable.min(replicas) }
    }
}

fn quarter() -> IntOrString {
    IntOrString::String("25%".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::{deployment, with};
    use serde_json::{Value, json};

    fn budget(replicas: i32, surge: Value, unavailable: Value) -> (i32, i32) {
        let rolling = json!({ "maxSurge": surge, "maxUnavailable": unavailable });
        let spec = json!({ "spec": { "strategy": { "type": "RollingUpdate", "rollingUpdate": rolling } } });
        let budget = Budget::of(&with(deployment("web", replicas), spec));
        (budget.surge, budget.unavailable)
    }

    #[test]
    fn surge_rounds_up_and_unavailable_rounds_down() {
        for (replicas, surge, unavailable, result) in [
            (4, json!("25%"), json!("25%"), (1, 1)),
            (3, json!("25%"), json!("25%"), (1, 0)),
            (10, json!("30%"), json!("20%"), (3, 2)),
            (7, json!("30%"), json!("30%"), (3, 2)),
            (1, json!("25%"), json!("25%"), (1, 0)),
            (4, json!(2), json!(0), (2, 0)),
            (4, json!(0), json!("10%"), (0, 1)),
            (0, json!("25%"), json!("25%"), (0, 0)),
            (2, json!(0), json!(5), (0, 2)),
            (3, json!("100%"), json!("0%"), (3, 0)),
        ] {
            assert_eq!(
                budget(replicas, surge.clone(), unavailable.clone()),
                result,
                "{replicas} {surge} {unavailable}"
            );
        }
    }
}
