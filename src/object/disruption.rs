//! What a PodDisruptionBudget says: for whom it holds, and whether it has room for an eviction.
//!
//! Three components read a budget: the disruption controller, which keeps its numbers; the API server, which asks
//! it before each eviction; and the scheduler, which spares its pods when it makes room.

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::selector::Selector;
use super::{Pod, conditions, labels};

/// The condition that says whether a pod may be evicted.
pub const ALLOWED: &str = "DisruptionAllowed";
/// Its reason when the budget's numbers could not be worked out.
pub const SYNC_FAILED: &str = "SyncFailed";

/// Whether the budget is about this pod. A budget without a selector is about none, one with an empty selector
/// about every pod of its namespace.
pub fn covers(budget: &PodDisruptionBudget, pod: &Pod) -> bool {
    let selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
    budget.metadata.namespace == pod.metadata.namespace
        && selector.is_some_and(|selector| Selector::from_api(selector).matches(labels(&pod.metadata)))
}

/// How many pods may be evicted now.
pub fn allowed(status: &PodDisruptionBudgetStatus) -> i32 {
    status.disruptions_allowed.unwrap_or(0)
}

/// Makes the condition say what the number says (`UpdateDisruptionAllowedCondition`).
pub fn set_condition(status: &mut PodDisruptionBudgetStatus, now: Time) {
    let (truth, reason) = match allowed(status) > 0 {
        true => ("True", "SufficientPods"),
        false => ("False", "InsufficientPods"),
    };
    let condition = Condition {
        type_: ALLOWED.to_owned(),
        status: truth.to_owned(),
        reason: reason.to_owned(),
        message: String::new(),
        observed_generation: status.observed_generation,
        last_transition_time: now,
    };
    conditions::set(status.conditions.get_or_insert_default(), condition);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::{Object, Resource};

    fn budget(selector: serde_json::Value) -> PodDisruptionBudget {
        let value = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"name": "web", "namespace": "shop"}, "spec": {"selector": selector}});
        PodDisruptionBudget::of(&Object::from_value(value).unwrap()).unwrap().clone()
    }

    #[test]
    fn no_selector_covers_nothing_and_an_empty_one_everything() {
        let value = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web-1", "namespace": "shop", "labels": {"app": "web"}}});
        let object = Object::from_value(value).unwrap();
        let pod = Pod::of(&object).unwrap();
        for (selector, covered) in [
            (json!(null), false),
            (json!({}), true),
            (json!({"matchLabels": {"app": "web"}}), true),
            (json!({"matchLabels": {"app": "api"}}), false),
        ] {
            assert_eq!(covers(&budget(selector.clone()), pod), covered, "{selector}");
        }
        let mut elsewhere = budget(json!({}));
        elsewhere.metadata.namespace = Some("other".to_owned());
        assert!(!covers(&elsewhere, pod));
    }

    #[test]
    fn the_conditions_time_moves_only_when_its_answer_does() {
        let at = |second: i64| Time(jiff::Timestamp::from_second(second).unwrap());
        let mut status = PodDisruptionBudgetStatus::default();
        let mut told = |allowed: i32, second: i64| {
            status.disruptions_allowed = Some(allowed);
            set_condition(&mut status, at(second));
            let condition = status.conditions.as_ref().unwrap()[0].clone();
            (condition.status, condition.reason, condition.last_transition_time == at(second))
        };
        assert_eq!(told(0, 1), ("False".to_owned(), "InsufficientPods".to_owned(), true));
        assert_eq!(told(0, 2), ("False".to_owned(), "InsufficientPods".to_owned(), false));
        assert_eq!(told(2, 3), ("True".to_owned(), "SufficientPods".to_owned(), true));
        assert_eq!(told(1, 4), ("True".to_owned(), "SufficientPods".to_owned(), false));
    }
}
