//! Eviction: a deletion that asks first.
//!
//! Who empties a node does not delete its pods but *evicts* them: a POST to the pod's `eviction` subresource. The
//! server looks for the PodDisruptionBudget that covers the pod. If that has room, its `disruptionsAllowed` goes
//! down by one in the same request, and the pod is noted in `disruptedPods`, so that a second eviction cannot
//! use the same room before the disruption controller has counted again. Without room the answer is 429, and
//! `kubectl drain` asks again every five seconds.
//!
//! ```text
//! evict web-1   minAvailable 2, 3 healthy: 1 may go    done; 0 may go
//! evict web-2   0 may go                               429, until a replacement is ready
//! ```
//!
//! A pod that has not started, has ended or is on its way out costs nobody anything and goes unasked. The texts
//! and their order are those of `pkg/registry/core/pod/storage/eviction.go`. Its retries after conflicts are not
//! needed: nothing comes between the steps of one request here. Left out: dry runs.

use std::sync::Arc;

use k8s_openapi::api::core::v1::PodCondition;
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetStatus};

use super::server::Session;
use super::{Cause, DeleteOptions, Reply, Status};
use crate::object::{
    Key, Kind, Object, ObjectMeta, ObjectRef, Pod, Resource, conditions, disruption, is_terminating,
};

/// The reason of the cause that names the budget.
const CAUSE: &str = "DisruptionBudget";
const REFUSAL: &str = "Cannot evict pod as it would violate the pod's disruption budget.";
/// More evictions than these that the disruption controller has not confirmed are too many
/// (`MaxDisruptedPodSize`).
const UNCONFIRMED_MAX: usize = 2_000;
/// When a client is told to ask again while a budget is new, in seconds.
const ASK_AGAIN_SECS: u32 = 10;

impl Session<'_> {
    /// Deletes a pod on behalf of somebody who empties a node, unless a disruption budget forbids it.
    pub(super) fn evict(&mut self, pod: &Key, options: &DeleteOptions) -> Result<Reply, Status> {
        let target = ObjectRef::new(Kind::Pod, pod.clone());
        self.namespace_must_accept(&target)?;
        let object = self.find(&target)?;
        let Object::Pod(found) = &object else { return Err(Status::not_found(&target)) };
        if !is_free(found) {
            let budgets: Vec<PodDisruptionBudget> = self.budgets_of(found).cloned().collect();
            match budgets.as_slice() {
                [] => {}
                [budget] => self.charge(budget, found)?,
                _ => return Err(too_many_budgets()),
            }
        }
        check_preconditions(&object, options)?;
        self.mark_disrupted(object);
        self.delete(&target, &DeleteOptions { resource_version: None, ..options.clone() })?;
        Ok(Reply::Done)
    }

    fn budgets_of<'a>(&'a self, pod: &'a Pod) -> impl Iterator<Item = &'a PodDisruptionBudget> {
        let budgets = self.server.etcd.list(Kind::PodDisruptionBudget, pod.metadata.namespace.as_deref());
        budgets.filter_map(PodDisruptionBudget::of).filter(|budget| disruption::covers(budget, pod))
    }

    /// Takes the eviction of a running pod out of its budget.
    fn charge(&mut self, budget: &PodDisruptionBudget, pod: &Pod) -> Result<(), Status> {
        if !pod.is_ready() && may_go_unhealthy(budget) {
            return Ok(());
        }
        let status = check(budget)?;
        let mut charged = PodDisruptionBudgetStatus {
            disruptions_allowed: Some(disruption::allowed(&status) - 1),
            ..status
        };
        let now = self.now.to_api();
        if disruption::allowed(&charged) == 0 {
            disruption::set_condition(&mut charged, now.clone());
        }
        let name = pod.metadata.name.clone().unwrap_or_default();
        charged.disrupted_pods.get_or_insert_default().insert(name, now);
        self.put(PodDisruptionBudget { status: Some(charged), ..budget.clone() }.into_object());
        Ok(())
    }

    /// Says in the pod's status why it is about to go (`addConditionAndDeletePod`).
    fn mark_disrupted(&mut self, mut object: Object) {
        let Object::Pod(pod) = &mut object else { return };
        let known = pod.condition("DisruptionTarget");
        let since =
            known.filter(|known| known.status == "True").and_then(|known| known.last_transition_time.clone());
        let condition = PodCondition {
            type_: "DisruptionTarget".to_owned(),
            status: "True".to_owned(),
            reason: Some("EvictionByEvictionAPI".to_owned()),
            message: Some("Eviction API: evicting".to_owned()),
            last_transition_time: Some(since.unwrap_or_else(|| self.now.to_api())),
            ..PodCondition::default()
        };
        if known == Some(&condition) {
            return;
        }
        let status = Arc::make_mut(&mut Arc::make_mut(pod).status);
        let list = status.conditions.get_or_insert_default();
        match list.iter_mut().find(|known| known.type_ == condition.type_) {
            Some(known) => *known = condition,
            None => list.push(condition),
        }
        self.put(object);
    }
}

/// Whether the pod's going is no disruption: it never started, has ended, or goes already (`canIgnorePDB`).
fn is_free(pod: &Pod) -> bool {
    pod.is_finished() || pod.phase() == "Pending" || is_terminating(&pod.metadata)
}

/// Whether the budget lets a pod go that is not ready: always, or if it has all the healthy pods it needs.
fn may_go_unhealthy(budget: &PodDisruptionBudget) -> bool {
    let policy = budget.spec.as_ref().and_then(|spec| spec.unhealthy_pod_eviction_policy.as_deref());
    let status = budget.status.clone().unwrap_or_default();
    let (healthy, needed) = (status.current_healthy.unwrap_or(0), status.desired_healthy.unwrap_or(0));
    policy == Some("AlwaysAllow") || (healthy >= needed && needed > 0)
}

/// The budget's status, if it has room for one eviction (`checkAndDecrement`).
fn check(budget: &PodDisruptionBudget) -> Result<PodDisruptionBudgetStatus, Status> {
    let ObjectMeta { name, generation, .. } = &budget.metadata;
    let name = name.as_deref().unwrap_or("");
    let status = budget.status.clone().unwrap_or_default();
    if status.observed_generation.unwrap_or(0) < generation.unwrap_or(0) {
        let why = format!("The disruption budget {name} is still being processed by the server.");
        return Err(Status { retry_after_secs: Some(ASK_AGAIN_SECS), ..refused(why) });
    }
    if status.disruptions_allowed.is_some_and(|allowed| allowed < 0) {
        return Err(forbidden(name, "pdb disruptions allowed is negative"));
    }
    if status.disrupted_pods.as_ref().is_some_and(|pods| pods.len() > UNCONFIRMED_MAX) {
        let why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
        return Err(forbidden(name, why));
    }
    match disruption::allowed(&status) {
        0 => Err(refused(no_room(name, &status))),
        _ => Ok(status),
    }
}

/// Why a budget has no room, in the words of the server.
fn no_room(name: &str, status: &PodDisruptionBudgetStatus) -> String {
    let condition = conditions::get(status.conditions.as_ref(), disruption::ALLOWED);
    let said = condition.filter(|condition| condition.status == "False" && !condition.message.is_empty());
    let (needed, healthy) = (status.desired_healthy.unwrap_or(0), status.current_healthy.unwrap_or(0));
    let cannot = format!("The disruption budget {name} does not allow evicting pods currently");
    match said {
        // The numbers of a failed sync cannot be trusted.
        Some(said) if said.reason == disruption::SYNC_FAILED => {
            format!("{cannot} because it failed sync: {}", said.message)
        }
        _ if healthy <= needed => {
            format!("The disruption budget {name} needs {needed} healthy pods and has {healthy} currently")
        }
        Some(said) => format!("{cannot} ({}): {}", said.reason, said.message),
        None => cannot,
    }
}

fn refused(why: String) -> Status {
    let cause = Cause { reason: CAUSE.to_owned(), message: why, field: String::new() };
    Status::too_many_requests(REFUSAL, vec![cause])
}

fn forbidden(name: &str, why: &str) -> Status {
    Status {
        code: 403,
        reason: "Forbidden",
        message: format!("poddisruptionbudget.policy \"{name}\" is forbidden: {why}"),
        name: name.to_owned(),
        group: "policy".to_owned(),
        kind: "poddisruptionbudget".to_owned(),
        ..Status::default()
    }
}

fn too_many_budgets() -> Status {
    let message =
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    Status { code: 500, message: message.to_owned(), ..Status::default() }
}

/// The preconditions in the words of the eviction, which differ from those of a deletion.
fn check_preconditions(pod: &Object, options: &DeleteOptions) -> Result<(), Status> {
    let ObjectMeta { name, uid, resource_version, .. } = pod.meta();
    let conflict = |what: &str, wanted: &str, there: &Option<String>, perhaps: &str| {
        let (name, there) = (name.as_deref().unwrap_or(""), there.as_deref().unwrap_or(""));
        let message = format!(
            "Operation cannot be fulfilled on Pod \"{name}\": the {what} in the precondition ({wanted}) does not \
             match the {what} in record ({there}). The object might have been {perhaps}"
        );
        let (name, kind) = (name.to_owned(), "Pod".to_owned());
        Err(Status { code: 409, reason: "Conflict", message, name, kind, ..Status::default() })
    };
    match (&options.uid, &options.resource_version) {
        (Some(wanted), _) if Some(wanted) != uid.as_ref() => {
            conflict("UID", wanted, uid, "deleted and then recreated")
        }
        (_, Some(wanted)) if Some(wanted) != resource_version.as_ref() => {
            conflict("ResourceVersion", wanted, resource_version, "modified")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::apiserver::{Answer, ApiServer, Call, Patch, Request, Sub};
    use crate::time::{Span, VirtualTime};

    /// An API server with a namespace, a running pod `web-1`, and a budget `web` with this status.
    struct Shop {
        api: ApiServer,
        now: VirtualTime,
    }

    impl Shop {
        fn new() -> Self {
            let mut shop = Self { api: ApiServer::new(1), now: VirtualTime::ZERO + Span::secs(60) };
            shop.create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}));
            shop.create(json!({"apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": {"name": "default", "namespace": "shop"}}));
            shop.create(json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": "web-1", "namespace": "shop", "labels": {"app": "web"}},
                "spec": {"nodeName": "node-1", "containers": [{"name": "c", "image": "web:1"}]}}));
            shop.pod_status("Running", "True");
            shop
        }

        fn ask(&mut self, call: Call) -> Answer {
            self.api.serve(&Request { user: "test".into(), call }, self.now).answer
        }

        fn create(&mut self, value: Value) {
            let object = Object::from_value(value).unwrap();
            self.ask(Call::Create { object, dry_run: false }).unwrap();
        }

        fn patch(&mut self, target: &ObjectRef, patch: Value) {
            let patch = Patch::Merge(patch);
            self.ask(Call::Patch { target: target.clone(), patch, sub: Sub::Status, dry_run: false })
                .unwrap();
        }

        fn pod_status(&mut self, phase: &str, ready: &str) {
            let since = self.now.to_api();
            let condition = json!({"type": "Ready", "status": ready, "lastTransitionTime": since});
            self.patch(&pod(), json!({"status": {"phase": phase, "conditions": [condition]}}));
        }

        fn budget(&mut self, name: &str, spec: Value, status: Value) {
            let mut spec = spec;
            spec["selector"] = json!({"matchLabels": {"app": "web"}});
            self.create(json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
                "metadata": {"name": name, "namespace": "shop"}, "spec": spec}));
            self.patch(&budget(name), json!({"status": status}));
        }

        fn evict(&mut self) -> Result<Reply, Box<Status>> {
            self.ask(Call::Evict { pod: pod().key, options: DeleteOptions::default() })
        }

        fn get(&self, target: &ObjectRef) -> Value {
            self.api.etcd().get(target).map(Object::to_value).unwrap_or_default()
        }
    }

    fn pod() -> ObjectRef {
        ObjectRef::new(Kind::Pod, Key::new("shop", "web-1"))
    }

    fn budget(name: &str) -> ObjectRef {
        ObjectRef::new(Kind::PodDisruptionBudget, Key::new("shop", name))
    }

    #[test]
    fn an_eviction_takes_its_place_out_of_the_budget_and_marks_the_pod() {
        let mut shop = Shop::new();
        let status = json!({"observedGeneration": 1, "disruptionsAllowed": 1, "currentHealthy": 3,
            "desiredHealthy": 2, "expectedPods": 3});
        shop.budget("web", json!({"minAvailable": 2}), status);
        assert_eq!(shop.evict(), Ok(Reply::Done));
        let budget = shop.get(&budget("web"));
        assert_eq!(budget["status"]["disruptionsAllowed"], 0);
        assert_eq!(budget["status"]["disruptedPods"], json!({"web-1": shop.now.to_api()}));
        assert_eq!(budget["status"]["conditions"][0]["reason"], "InsufficientPods");
        assert_eq!(budget["metadata"]["generation"], 1);
        let pod = shop.get(&pod());
        assert!(pod["metadata"]["deletionTimestamp"].is_string());
        let mark = &pod["status"]["conditions"][1];
        assert_eq!(
            (&mark["type"], &mark["reason"]),
            (&json!("DisruptionTarget"), &json!("EvictionByEvictionAPI"))
        );
        // It goes already: evicting it again costs nothing.
        assert_eq!(shop.evict(), Ok(Reply::Done));
    }

    #[test]
    fn a_budget_without_room_refuses_in_the_recorded_words() {
        let mut shop = Shop::new();
        let status = json!({"observedGeneration": 1, "disruptionsAllowed": 0, "currentHealthy": 3,
            "desiredHealthy": 3, "expectedPods": 3});
        shop.budget("web", json!({"maxUnavailable": 0}), status);
        let refusal = shop.evict().unwrap_err().to_value();
        let cause = json!({"reason": "DisruptionBudget",
            "message": "The disruption budget web needs 3 healthy pods and has 3 currently"});
        assert_eq!(
            refusal,
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "message": "Cannot evict pod as it would violate the pod's disruption budget.",
                "reason": "TooManyRequests", "details": {"causes": [cause]}, "code": 429})
        );
        assert!(shop.get(&pod())["metadata"]["deletionTimestamp"].is_null());
    }

    #[test]
    fn what_a_budget_says_depends_on_why_it_has_no_room() {
        let said = |status: Value| {
            let mut shop = Shop::new();
            shop.budget("web", json!({"maxUnavailable": 1}), status);
            let refusal = *shop.evict().unwrap_err();
            (refusal.code, refusal.retry_after_secs, refusal.causes[0].message.clone())
        };
        let told = |reason: &str| {
            json!({"observedGeneration": 1, "disruptionsAllowed": 0, "currentHealthy": 4, "desiredHealthy": 3,
                "conditions": [{"type": "DisruptionAllowed", "status": "False", "reason": reason, "message": "why",
                    "lastTransitionTime": "2026-01-05T08:00:00Z"}]})
        };
        let text = |text: &str| format!("The disruption budget web {text}");
        assert_eq!(said(json!({})), (429, Some(10), text("is still being processed by the server.")));
        let failed = text("does not allow evicting pods currently because it failed sync: why");
        assert_eq!(said(told("SyncFailed")), (429, None, failed));
        assert_eq!(
            said(told("Other")),
            (429, None, text("does not allow evicting pods currently (Other): why"))
        );
        let bare = json!({"observedGeneration": 1, "disruptionsAllowed": 0, "currentHealthy": 4, "desiredHealthy": 3});
        assert_eq!(said(bare), (429, None, text("does not allow evicting pods currently")));
    }

    #[test]
    fn pods_that_are_not_ready_go_by_the_budgets_policy() {
        let evict = |policy: Value, healthy: i32| {
            let mut shop = Shop::new();
            shop.pod_status("Running", "False");
            let status = json!({"observedGeneration": 1, "disruptionsAllowed": 0, "currentHealthy": healthy,
                "desiredHealthy": 2, "expectedPods": 3});
            shop.budget("web", json!({"minAvailable": 2, "unhealthyPodEvictionPolicy": policy}), status);
            shop.evict().is_ok()
        };
        for policy in [json!(null), json!("IfHealthyBudget")] {
            assert_eq!((evict(policy.clone(), 2), evict(policy, 1)), (true, false));
        }
        assert!(evict(json!("AlwaysAllow"), 1));
    }

    #[test]
    fn a_pod_that_does_not_run_goes_unasked() {
        for phase in ["Pending", "Succeeded", "Failed"] {
            let mut shop = Shop::new();
            shop.pod_status(phase, "False");
            shop.budget("web", json!({"maxUnavailable": 0}), json!({"observedGeneration": 1}));
            assert!(shop.evict().is_ok(), "{phase}");
        }
    }

    #[test]
    fn two_budgets_for_one_pod_and_a_dying_namespace_are_refused() {
        let mut shop = Shop::new();
        for name in ["one", "two"] {
            shop.budget(
                name,
                json!({"maxUnavailable": 1}),
                json!({"disruptionsAllowed": 1, "observedGeneration": 1}),
            );
        }
        let refusal = shop.evict().unwrap_err();
        assert_eq!(refusal.code, 500);
        assert!(refusal.message.starts_with("This pod has more than one PodDisruptionBudget"));
        assert_eq!(refusal.to_value().get("reason"), None);
        let namespace = ObjectRef::new(Kind::Namespace, Key::cluster("shop"));
        shop.ask(Call::Delete { target: namespace, options: DeleteOptions::default() }).unwrap();
        let refusal = shop.evict().unwrap_err();
        assert_eq!(
            refusal.message,
            "pods \"web-1\" is forbidden: unable to create new content in namespace shop because it is being \
             terminated"
        );
        let elsewhere = Call::Evict { pod: Key::new("nowhere", "web-1"), options: DeleteOptions::default() };
        assert_eq!(shop.ask(elsewhere).unwrap_err().message, "namespaces \"nowhere\" not found");
    }

    #[test]
    fn another_pod_of_the_same_name_is_left_alone() {
        let mut shop = Shop::new();
        let options = DeleteOptions { uid: Some("other".to_owned()), ..DeleteOptions::default() };
        let refusal = shop.ask(Call::Evict { pod: pod().key, options }).unwrap_err();
        assert_eq!((refusal.code, refusal.reason), (409, "Conflict"));
        assert!(refusal.message.contains("the UID in the precondition (other) does not match"), "{refusal}");
        assert!(shop.get(&pod())["metadata"]["deletionTimestamp"].is_null());
    }
}
