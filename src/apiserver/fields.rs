//! Field selectors: the few fields by which objects can be picked on the server's side.

use std::borrow::Cow;

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
            && self.fields.matches_by(|name| field(object, name))
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

/// A selectable field of an object. An absent one is empty, as in the real server; there is none of another name.
fn field<'a>(object: &'a Object, name: &str) -> Option<Cow<'a, str>> {
    let meta = object.meta();
    let text = match (object, name) {
        (_, "metadata.name") => meta.name.as_deref(),
        (_, "metadata.namespace") => meta.namespace.as_deref(),
        (Object::Pod(pod), _) => match name {
            "spec.nodeName" => pod.node_name(),
            "spec.restartPolicy" => pod.spec.restart_policy.as_deref(),
            "spec.schedulerName" => pod.spec.scheduler_name.as_deref(),
            "spec.serviceAccountName" => pod.spec.service_account_name.as_deref(),
            "status.phase" => Some(pod.phase()),
            "status.podIP" => pod.status.pod_ip.as_deref(),
            "status.nominatedNodeName" => pod.status.nominated_node_name.as_deref(),
            _ => return None,
        },
        (Object::Node(node), "spec.unschedulable") => {
            let spec = node.spec.as_ref();
            let unschedulable = spec.and_then(|spec| spec.unschedulable).unwrap_or(false);
            Some(if unschedulable { "true" } else { "false" })
        }
        (Object::Namespace(namespace), "status.phase") => {
            namespace.status.as_ref().and_then(|status| status.phase.as_deref())
        }
        (Object::Secret(secret), "type") => secret.type_.as_deref(),
        (Object::Service(service), _) => {
            let spec = service.spec.as_ref();
            match name {
                "spec.clusterIP" => spec.and_then(|spec| spec.cluster_ip.as_deref()),
                "spec.type" => spec.and_then(|spec| spec.type_.as_deref()),
                _ => return None,
            }
        }
        (Object::Event(event), _) => {
            let about = &event.involved_object;
            match name {
                "involvedObject.kind" => about.kind.as_deref(),
                "involvedObject.namespace" => about.namespace.as_deref(),
                "involvedObject.name" => about.name.as_deref(),
                "involvedObject.uid" => about.uid.as_deref(),
                "involvedObject.apiVersion" => about.api_version.as_deref(),
                "involvedObject.resourceVersion" => about.resource_version.as_deref(),
                "involvedObject.fieldPath" => about.field_path.as_deref(),
                "reason" => event.reason.as_deref(),
                "reportingComponent" => event.reporting_component.as_deref(),
                "source" => event.source.as_ref().and_then(|source| source.component.as_deref()),
                "type" => event.type_.as_deref(),
                _ => return None,
            }
        }
        (Object::ReplicaSet(set), "status.replicas") => {
            let replicas = set.status.as_ref().map_or(0, |status| status.replicas);
            return Some(replicas.to_string().into());
        }
        _ => return None,
    };
    Some(text.unwrap_or("").into())
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
