//! Recorded manifests and what the real API server made of them.

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kubeloop::apiserver::{admission, decode, defaults, validation};
use kubeloop::object::{Kind, Object, Resource};
use serde_json::Value;

/// The letters of the service-account volume are random in the real cluster.
fn forget_letters(value: &mut Value) {
    match value {
        Value::String(text) if text.starts_with("kube-api-access-") => "kube-api-access".clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(forget_letters),
        Value::Object(fields) => fields.values_mut().for_each(forget_letters),
        _ => {}
    }
}

/// Addresses and ports that the allocators chose.
fn take_over_allocated(ours: &mut Value, real: &Value) {
    if real["kind"] != "Service" {
        return;
    }
    for field in ["clusterIP", "clusterIPs", "healthCheckNodePort"] {
        if let Some(value) = real["spec"].get(field) {
            ours["spec"][field] = value.clone();
        }
    }
    for (index, port) in real["spec"]["ports"].as_array().into_iter().flatten().enumerate() {
        if let Some(value) = port.get("nodePort") {
            ours["spec"]["ports"][index]["nodePort"] = value.clone();
        }
    }
}

#[test]
fn manifests_become_what_the_real_server_stored() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("fixtures/defaults/cases.json")).unwrap();
    assert!(cases.len() > 20);
    let now: Time = serde_json::from_value("2026-11-20T22:55:51Z".into()).unwrap();
    let mut failures = Vec::new();
    for case in &cases {
        let kind = Kind::from_name(case["applied"]["kind"].as_str().unwrap()).unwrap();
        let mut object = decode::strict(kind, &case["applied"]).unwrap();
        defaults::apply(&mut object);
        if let Object::Pod(pod) = &mut object {
            let mut admitted = (**pod).clone();
            if let Err(status) = admission::pod(&mut admitted, Some(&ServiceAccount::default()), now.clone())
            {
                failures.push(status.message);
                continue;
            }
            object = admitted.into_object();
        }
        assert_eq!(validation::create(&object), [], "{}", case["applied"]);
        let (mut ours, mut real) = (object.to_value(), case["stored"].clone());
        take_over_allocated(&mut ours, &real);
        forget_letters(&mut ours);
        forget_letters(&mut real);
        let mut fields = vec!["spec", "data", "type"];
        if matches!(
            kind,
            Kind::Pod
                | Kind::Service
                | Kind::Deployment
                | Kind::ReplicaSet
                | Kind::DaemonSet
                | Kind::PodDisruptionBudget
        ) {
            fields.push("status");
        }
        for field in fields {
            if ours.get(field) != real.get(field) {
                let show = |value: &Value| value.get(field).map(ToString::to_string).unwrap_or_default();
                failures.push(format!(
                    "{} {} {field}\n  real: {}\n  ours: {}",
                    case["source"],
                    case["applied"]["metadata"]["name"],
                    show(&real),
                    show(&ours)
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}:\n{}", failures.len(), failures.join("\n"));
}
