//! Field selectors: the few fields by which objects can be picked on the server's side.

use crate::object::selector::Selector;
use crate::object::{Kind, Object, StringMap};

use super::Filter;

impl Filter {
    /// Whether an object is meant.
    pub fn matches(&self, object: &Object) -> bool {
        let namespace = object.meta().namespace.as_deref().unwrap_or("");
        self.namespace.as_ref().is_none_or(|wanted| *wanted == namespace)
            && (self.labels.requirements.is_empty()
                || self.labels.matches(crate::object::labels(object.meta())))
            && (self.fields.requirements.is_empty() || self.fields.matches(&fields(object)))
    }

    /// The node name, if the filter is for the pods of one node: what every kubelet watches.
    pub fn node_name(&self) -> Option<&str> {
        use crate::object::selector::Requirement;
        self.fields.requirements.iter().find_map(|requirement| match requirement {
            Requirement::In(field, values) if field == "spec.nodeName" => values.first().map(String::as_str),
            _ => None,
        })
    }

    /// The pods of one node.
    pub fn of_node(name: &str) -> Self {
        let fields = StringMap::from([("spec.nodeName".to_owned(), name.to_owned())]);
        Self { fields: Selector::from_map(&fields), ..Self::default() }
    }
}

/// The selectable fields of an object. Absent ones are empty, as in the real server.
fn fields(object: &Object) -> StringMap {
    let meta = object.meta();
    let mut fields = StringMap::from([
        ("metadata.name".to_owned(), meta.name.clone().unwrap_or_default()),
        ("metadata.namespace".to_owned(), meta.namespace.clone().unwrap_or_default()),
    ]);
    let mut put = |field: &str, value: Option<&str>| {
        fields.insert(field.to_owned(), value.unwrap_or("").to_owned());
    };
    match object {
        Object::Pod(pod) => {
            put("spec.nodeName", pod.node_name());
            put("spec.restartPolicy", pod.spec.restart_policy.as_deref());
            put("spec.schedulerName", pod.spec.scheduler_name.as_deref());
            put("spec.serviceAccountName", pod.spec.service_account_name.as_deref());
            put("status.phase", Some(pod.phase()));
            put("status.podIP", pod.status.pod_ip.as_deref());
            put("status.nominatedNodeName", pod.status.nominated_node_name.as_deref());
        }
        Object::Node(node) => {
            let spec = node.spec.as_ref();
            let unschedulable = spec.and_then(|spec| spec.unschedulable).unwrap_or(false);
            put("spec.unschedulable", Some(if unschedulable { "true" } else { "false" }));
        }
        Object::Namespace(namespace) => {
            put("status.phase", namespace.status.as_ref().and_then(|status| status.phase.as_deref()));
        }
        Object::Secret(secret) => put("type", secret.type_.as_deref()),
        Object::Service(service) => {
            let spec = service.spec.as_ref();
            put("spec.clusterIP", spec.and_then(|spec| spec.cluster_ip.as_deref()));
            put("spec.type", spec.and_then(|spec| spec.type_.as_deref()));
        }
        Object::Event(event) => {
            let about = &event.involved_object;
            put("involvedObject.kind", about.kind.as_deref());
            put("involvedObject.namespace", about.namespace.as_deref());
            put("involvedObject.name", about.name.as_deref());
            put("involvedObject.uid", about.uid.as_deref());
            put("involvedObject.apiVersion", about.api_version.as_deref());
            put("involvedObject.resourceVersion", about.resource_version.as_deref());
            put("involvedObject.fieldPath", about.field_path.as_deref());
            put("reason", event.reason.as_deref());
            put("reportingComponent", event.reporting_component.as_deref());
            put("source", event.source.as_ref().and_then(|source| source.component.as_deref()));
            put("type", event.type_.as_deref());
        }
        Object::ReplicaSet(set) => {
            let replicas = set.status.as_ref().map_or(0, |status| status.replicas);
            put("status.replicas", Some(&replicas.to_string()));
        }
        _ => {}
    }
    fields
}

/// The fields by which every kind can be picked.
const EVERYWHERE: [&str; 2] = ["metadata.name", "metadata.namespace"];

/// Whether objects of a kind can be picked by a field.
pub fn is_selectable(kind: Kind, field: &str) -> bool {
    EVERYWHERE.contains(&field) || own_fields(kind).contains(&field)
}

/// The refusal of a field that is not selectable. Kinds with fields of their own have a text of their own.
pub fn not_selectable(kind: Kind, field: &str) -> String {
    match own_fields(kind) {
        [] => {
            let [name, namespace] = EVERYWHERE;
            format!("{field:?} is not a known field selector: only {name:?}, {namespace:?}")
        }
        _ => format!("field label not supported: {field}"),
    }
}

fn own_fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Pod => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        Kind::Node => &["spec.unschedulable"],
        Kind::Namespace => &["status.phase"],
        Kind::Secret => &["type"],
        Kind::Service => &["spec.clusterIP", "spec.type"],
        Kind::ReplicaSet => &["status.replicas"],
        Kind::Event => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        _ => &[],
    }
}
