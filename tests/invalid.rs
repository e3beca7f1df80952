//! Recorded refusals of the real API server, compared exactly.

use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kubeloop::apiserver::{Cause, Status, admission, decode, defaults, validation};
use kubeloop::network::ServiceIps;
use kubeloop::object::{Kind, Object, Resource};
use serde_json::{Value, json};

type Checked = Result<Object, Status>;

fn refused(object: &Object, causes: Vec<Cause>) -> Checked {
    let name = object.meta().name.clone().unwrap_or_default();
    match causes.is_empty() {
        true => Ok(object.clone()),
        false => Err(Status::invalid(object.kind(), &name, causes)),
    }
}

/// The steps of a create in the server's order, in a cluster with the namespace of the cases, its default
/// account, and two Services.
fn create(kind: Kind, namespace: Option<&str>, value: &Value) -> Checked {
    let mut object = decode::strict(kind, value)?;
    object.meta_mut().namespace = namespace.map(str::to_owned);
    let known = namespace.is_some_and(|name| name.starts_with("t-")).then(Namespace::default);
    admission::namespace_for_create(&admission::subject(&object), known.as_ref())?;
    defaults::apply(&mut object);
    if let Object::Pod(pod) = &mut object {
        let mut admitted = (**pod).clone();
        let account = (admission::service_account_name(&admitted) == "default").then(ServiceAccount::default);
        admission::pod(&mut admitted, account.as_ref(), Time::from(jiff::Timestamp::UNIX_EPOCH))?;
        object = admitted.into_object();
    }
    let causes = validation::create(&object);
    let mut object = refused(&object, causes)?;
    if kind == Kind::Service {
        allocate(&mut object)?;
    }
    Ok(object)
}

/// The allocators of a cluster in which one address and one node port are taken.
fn allocate(object: &mut Object) -> Result<(), Status> {
    let taken = json!({"metadata": {"name": "taken", "namespace": "t-x"}, "spec": {
        "type": "NodePort", "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"],
        "ports": [{"port": 80, "nodePort": 30123}]
    }});
    let mut allocators = ServiceIps::default();
    allocators.reserve(&decode::strict(Kind::Service, &taken)?);
    allocators.allocate(object)
}

fn update(kind: Kind, value: &Value, old: &Value) -> Checked {
    let mut new = decode::strict(kind, value)?;
    let old = decode::strict(kind, old)?;
    defaults::apply(&mut new);
    ServiceIps::prepare(&old, &mut new);
    let causes = validation::update(&new, &old);
    refused(&new, causes)
}

fn scale(name: &str, replicas: &Value) -> Result<(), Status> {
    let causes = validation::scale(i32::try_from(replicas.as_i64().unwrap()).unwrap());
    Err(Status::invalid_scale(name, causes))
}

#[test]
fn refusals_are_those_of_the_real_server() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("fixtures/invalid/cases.json")).unwrap();
    assert!(cases.len() > 50);
    let mut failures = Vec::new();
    for case in &cases {
        let kind = Kind::from_name(case["kind"].as_str().unwrap()).unwrap();
        let result = match case["verb"].as_str().unwrap() {
            "create" => create(kind, case["namespace"].as_str(), &case["object"]).map(drop),
            "update" => update(kind, &case["object"], &case["old"]).map(drop),
            _ => scale("ok", &case["replicas"]),
        };
        let answer = result.map_or_else(|status| status.to_value(), |()| Value::Null);
        if answer != case["status"] {
            failures.push(format!("{}\n  real: {}\n  ours: {answer}", case["name"], case["status"]));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

fn findings(kind: Kind, value: Value) -> Vec<String> {
    match create(kind, Some("t-x"), &value) {
        Ok(_) => Vec::new(),
        Err(status) if status.causes.is_empty() => vec![status.message],
        Err(status) => {
            status.causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect()
        }
    }
}

fn pod(spec: Value) -> Vec<String> {
    findings(Kind::Pod, json!({"metadata": {"name": "p"}, "spec": spec}))
}

fn container(field: &str, value: Value) -> Vec<String> {
    pod(json!({"containers": [{"name": "c", "image": "i", field: value}]}))
}

#[test]
fn containers_are_looked_at_in_every_part() {
    for (field, value, expected) in [
        ("ports", json!([{"containerPort": 0}]), "ports[0].containerPort: Required value"),
        (
            "ports",
            json!([{"containerPort": 80, "protocol": "tcp"}]),
            "ports[0].protocol: Unsupported value: \"tcp\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
        ),
        (
            "env",
            json!([{"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]),
            "env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty",
        ),
        ("livenessProbe", json!({}), "livenessProbe: Required value: must specify a handler type"),
        (
            "livenessProbe",
            json!({"tcpSocket": {"port": 80}, "successThreshold": 2}),
            "livenessProbe.successThreshold: Invalid value: 2: must be 1",
        ),
        (
            "readinessProbe",
            json!({"tcpSocket": {"port": 80}, "periodSeconds": -1}),
            "readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            "resources",
            json!({"requests": {"cpu": "-1"}}),
            "resources.requests[cpu]: Invalid value: \"-1\": must be greater than or equal to 0",
        ),
        (
            "resources",
            json!({"limits": {"gpus": "1"}}),
            "resources.limits[gpus]: Invalid value: \"gpus\": must be a standard resource type or fully qualified",
        ),
        (
            "lifecycle",
            json!({"preStop": {"sleep": {"seconds": 60}}}),
            "lifecycle.preStop.sleep: Invalid value: 60: must be non-negative and less than \
             terminationGracePeriodSeconds (30)",
        ),
    ] {
        let found = container(field, value);
        assert_eq!(
            found.first().map(String::as_str),
            Some(&*format!("spec.containers[0].{expected}")),
            "{found:?}"
        );
    }
}

#[test]
fn pods_are_looked_at_in_every_part() {
    let with =
        |field: &str, value: Value| pod(json!({"containers": [{"name": "c", "image": "i"}], field: value}));
    for (field, value, expected) in [
        ("volumes", json!([{"name": "v", "configMap": {}}]), "volumes[0].configMap.name: Required value"),
        (
            "volumes",
            json!([{"name": "v", "emptyDir": {}, "secret": {"secretName": "s"}}]),
            "volumes[0].secret: Forbidden: may not specify more than 1 volume type",
        ),
        (
            "nodeSelector",
            json!({"a": "b c"}),
            "nodeSelector: Invalid value: \"b c\": a valid label must be an empty string or consist of alphanumeric \
             characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or \
             'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ),
        (
            "tolerations",
            json!([{"operator": "Exists", "tolerationSeconds": 5, "effect": "NoSchedule"}]),
            "tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when \
             `tolerationSeconds` is set",
        ),
        (
            "affinity",
            json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}}),
            "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: \
             must have at least one node selector term",
        ),
        (
            "initContainers",
            json!([{"name": "c", "image": "i", "livenessProbe": {"tcpSocket": {"port": 1}}}]),
            "initContainers[0].name: Duplicate value: \"c\"",
        ),
        (
            "dnsPolicy",
            json!("Cluster"),
            "dnsPolicy: Unsupported value: \"Cluster\": supported values: \"ClusterFirstWithHostNet\", \
             \"ClusterFirst\", \"Default\", \"None\"",
        ),
        (
            "activeDeadlineSeconds",
            json!(0),
            "activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
        ),
    ] {
        let found = with(field, value);
        assert_eq!(found.first().map(String::as_str), Some(&*format!("spec.{expected}")), "{found:?}");
    }
}

#[test]
fn other_kinds_have_their_rules() {
    let named = |kind: Kind, mut value: Value| {
        value["metadata"] = json!({"name": "x"});
        findings(kind, value)
    };
    for (kind, value, expected) in [
        (
            Kind::Service,
            json!({"spec": {"ports": [{"port": 80}, {"port": 81}]}}),
            "spec.ports[0].name: Required value",
        ),
        (
            Kind::Service,
            json!({"spec": {"ports": [{"port": 80, "nodePort": 30001}]}}),
            "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
        ),
        (
            Kind::Service,
            json!({"spec": {"type": "Internal", "ports": [{"port": 80}]}}),
            "spec.type: Unsupported value: \"Internal\": supported values: \"ClusterIP\", \"ExternalName\", \
             \"LoadBalancer\", \"NodePort\"",
        ),
        (Kind::Service, json!({"spec": {"type": "ExternalName"}}), "spec.externalName: Required value"),
        (Kind::Secret, json!({"type": "kubernetes.io/tls"}), "data[tls.crt]: Required value"),
        (
            Kind::ConfigMap,
            json!({"data": {"a": "1"}, "binaryData": {"a": "MQ=="}}),
            "data[a]: Invalid value: \"a\": duplicate of key present in binaryData",
        ),
        (
            Kind::Lease,
            json!({"spec": {"leaseDurationSeconds": 0}}),
            "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
        ),
        (
            Kind::EndpointSlice,
            json!({"addressType": "IPv4", "endpoints": [{"addresses": ["127.0.0.1"]}]}),
            "endpoints[0].addresses[0]: Invalid value: \"127.0.0.1\": may not be in the loopback range \
             (127.0.0.0/8, ::1/128)",
        ),
        (
            Kind::ReplicaSet,
            json!({"spec": {"replicas": -1}}),
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        ),
    ] {
        let found = named(kind, value);
        assert_eq!(found.first().map(String::as_str), Some(expected), "{found:?}");
    }
}

#[test]
fn budgets_and_daemons_have_theirs() {
    let budget = |spec: Value| {
        let mut spec = spec;
        spec["selector"] = json!({"matchLabels": {"app": "x"}});
        findings(Kind::PodDisruptionBudget, json!({"metadata": {"name": "x"}, "spec": spec}))
    };
    let template =
        json!({"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let daemon = |field: &str, value: Value| {
        let mut spec = json!({"selector": {"matchLabels": {"app": "x"}}, "template": template});
        spec[field] = value;
        findings(Kind::DaemonSet, json!({"metadata": {"name": "x"}, "spec": spec}))
    };
    let rolling =
        |numbers: Value| daemon("updateStrategy", json!({"type": "RollingUpdate", "rollingUpdate": numbers}));
    let revision = json!({"metadata": {"name": "x"}, "revision": -1});
    for (found, expected) in [
        (budget(json!({"minAvailable": 1})), vec![]),
        (
            budget(json!({"minAvailable": 1, "maxUnavailable": "20%"})),
            vec![
                "spec: Invalid value: {\"MinAvailable\":1,\"Selector\":{\"matchLabels\":{\"app\":\"x\"}},\
                 \"MaxUnavailable\":\"20%\",\"UnhealthyPodEvictionPolicy\":null}: minAvailable and maxUnavailable \
                 cannot be both set",
            ],
        ),
        (
            budget(json!({"minAvailable": -1})),
            vec!["spec.minAvailable: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            budget(json!({"maxUnavailable": "101%"})),
            vec!["spec.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%"],
        ),
        (
            budget(json!({"maxUnavailable": 1, "unhealthyPodEvictionPolicy": "Never"})),
            vec![
                "spec.unhealthyPodEvictionPolicy: Unsupported value: \"Never\": supported values: \"AlwaysAllow\", \
                 \"IfHealthyBudget\"",
            ],
        ),
        (daemon("minReadySeconds", json!(0)), vec![]),
        (
            daemon("selector", json!({"matchLabels": {"app": "y"}})),
            vec![
                "spec.template.metadata.labels: Invalid value: {\"app\":\"x\"}: `selector` does not match template \
                 `labels`",
            ],
        ),
        (
            daemon("selector", json!({})),
            vec!["spec.selector: Invalid value: {}: empty selector is invalid for daemonset"],
        ),
        (
            rolling(json!({"maxUnavailable": 0})),
            vec![
                "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0",
            ],
        ),
        (
            rolling(json!({"maxUnavailable": 1, "maxSurge": 1})),
            vec![
                "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is \
                 non-zero",
            ],
        ),
        (
            daemon("updateStrategy", json!({"type": "Recreate"})),
            vec![
                "spec.updateStrategy: Unsupported value: {\"Type\":\"Recreate\",\"RollingUpdate\":null}: supported \
                 values: \"RollingUpdate\", \"OnDelete\"",
            ],
        ),
        (
            findings(Kind::ControllerRevision, revision),
            vec![
                "data: Required value: data is mandatory",
                "revision: Invalid value: -1: must be greater than or equal to 0",
            ],
        ),
    ] {
        assert_eq!(found, expected);
    }
}

#[test]
fn what_may_not_change_is_kept() {
    let changed = |kind: Kind, old: Value, new: Value| {
        let with_meta = |mut value: Value| {
            value["metadata"] = json!({"name": "x", "namespace": "t-x", "resourceVersion": "1"});
            value
        };
        match update(kind, &with_meta(new), &with_meta(old)) {
            Ok(_) => Vec::new(),
            Err(status) => status.causes.iter().map(|c| format!("{}: {}", c.field, c.message)).collect(),
        }
    };
    assert_eq!(
        changed(Kind::ConfigMap, json!({"immutable": true, "data": {"a": "1"}}), json!({"data": {"a": "2"}})),
        [
            "immutable: Forbidden: field is immutable when `immutable` is set",
            "data: Forbidden: field is immutable when `immutable` is set"
        ]
    );
    let service = |ip: &str| json!({"spec": {"clusterIP": ip, "ports": [{"port": 80}], "type": "ClusterIP"}});
    let mut old = service("10.96.0.7");
    old["spec"]["clusterIPs"] = json!(["10.96.0.7"]);
    old["spec"]["ipFamilies"] = json!(["IPv4"]);
    assert_eq!(
        changed(Kind::Service, old, service("10.96.0.8")),
        ["spec.clusterIPs[0]: Invalid value: [\"10.96.0.8\"]: may not change once set"]
    );
    assert_eq!(
        changed(Kind::Secret, json!({"type": "Opaque"}), json!({"type": "kubernetes.io/x"})),
        ["type: Invalid value: \"kubernetes.io/x\": field is immutable"]
    );
}
