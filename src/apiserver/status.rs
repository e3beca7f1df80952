//! Refusals: `metav1.Status`, with the codes, reasons and texts of the real API server.

use serde_json::{Value, json};

use crate::object::{Kind, KindInfo, ObjectRef};

/// Why a request was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Status {
    /// The HTTP status code.
    pub code: u16,
    /// A word for programs: `NotFound`, `Conflict`, `Invalid`, ...
    pub reason: &'static str,
    /// The sentence that kubectl prints.
    pub message: String,
    /// The object's name.
    pub name: String,
    /// The object's group.
    pub group: String,
    /// The object's kind, or its plural for some reasons, as the real server does.
    pub kind: String,
    /// The object's uid, where a precondition failed.
    pub uid: String,
    /// Each single finding.
    pub causes: Vec<Cause>,
    /// When to try again.
    pub retry_after_secs: Option<u32>,
}

/// One finding of a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// `FieldValueRequired`, `FieldValueInvalid`, ...
    pub reason: String,
    /// What is wrong.
    pub message: String,
    /// Where: `spec.replicas`.
    pub field: String,
}

impl Status {
    fn about(code: u16, reason: &'static str, info: &KindInfo, name: &str, message: String) -> Self {
        Self {
            code,
            reason,
            message,
            name: name.to_owned(),
            group: info.group.to_owned(),
            kind: info.plural.to_owned(),
            ..Self::default()
        }
    }

    /// 404: no such object.
    pub fn not_found(target: &ObjectRef) -> Self {
        let (info, name) = (target.kind.info(), &target.key.name);
        Self::about(404, "NotFound", info, name, format!("{} \"{name}\" not found", info.resource()))
    }

    /// 409: there is one of this name already.
    pub fn already_exists(target: &ObjectRef) -> Self {
        let (info, name) = (target.kind.info(), &target.key.name);
        Self::about(
            409,
            "AlreadyExists",
            info,
            name,
            format!("{} \"{name}\" already exists", info.resource()),
        )
    }

    /// 409: the object is not as the request assumes.
    pub fn conflict(target: &ObjectRef, why: &str) -> Self {
        let (info, name) = (target.kind.info(), &target.key.name);
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", info.resource());
        Self::about(409, "Conflict", info, name, message)
    }

    /// 409: a deletion was meant for another object. Unlike other conflicts it names the kind, not the resource.
    pub fn precondition_failed(target: &ObjectRef, why: &str) -> Self {
        let (info, name) = (target.kind.info(), target.key.name.as_str());
        let kind = info.qualified_name();
        let message = format!("Operation cannot be fulfilled on {kind} \"{name}\": {why}");
        Self { kind: info.name.to_owned(), ..Self::about(409, "Conflict", info, name, message) }
    }

    /// 409: the binding does not fit the pod as it is.
    pub fn unbindable(target: &ObjectRef, why: &str) -> Self {
        let name = &target.key.name;
        let message = format!("Operation cannot be fulfilled on pods/binding \"{name}\": {why}");
        Self {
            kind: "pods/binding".to_owned(),
            ..Self::about(409, "Conflict", target.kind.info(), name, message)
        }
    }

    /// 409: the object that is stored under this name has another uid (`storage.NewInvalidObjError`).
    pub fn other_uid(target: &ObjectRef, asked: &str, there: &str) -> Self {
        let key = &target.key;
        let place = match key.namespace.is_empty() {
            true => key.name.to_string(),
            false => format!("{}/{}", key.namespace, key.name),
        };
        let why = format!(
            "StorageError: invalid object, Code: 4, Key: /registry/{}/{place}, ResourceVersion: 0, \
             AdditionalErrorMsg: Precondition failed: UID in precondition: {asked}, UID in object meta: {there}",
            storage_prefix(target.kind)
        );
        Self::conflict(target, &why)
    }

    /// 409: somebody else wrote the object first.
    pub fn stale(target: &ObjectRef) -> Self {
        Self::conflict(
            target,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    /// 403: not allowed.
    pub fn forbidden(target: &ObjectRef, why: &str) -> Self {
        let (info, name) = (target.kind.info(), &target.key.name);
        Self::about(
            403,
            "Forbidden",
            info,
            name,
            format!("{} \"{name}\" is forbidden: {why}", info.resource()),
        )
    }

    /// 422: the object breaks the API's rules; one cause per finding.
    pub fn invalid(kind: Kind, name: &str, causes: Vec<Cause>) -> Self {
        let info = kind.info();
        Self::invalid_as(info.name, info.group, &info.qualified_name(), name, causes)
    }

    /// 422: the same about a number of replicas (`Scale.autoscaling`).
    pub fn invalid_scale(name: &str, causes: Vec<Cause>) -> Self {
        Self::invalid_as("Scale", "autoscaling", "Scale.autoscaling", name, causes)
    }

    fn invalid_as(kind: &str, group: &str, title: &str, name: &str, causes: Vec<Cause>) -> Self {
        // The sentence names each finding once, the list of causes as often as it was made.
        let mut findings: Vec<String> = Vec::new();
        for finding in causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)) {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
        let text = match findings.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        Self {
            code: 422,
            reason: "Invalid",
            message: format!("{title} \"{name}\" is invalid: {text}"),
            name: name.to_owned(),
            group: group.to_owned(),
            kind: kind.to_owned(),
            causes,
            ..Self::default()
        }
    }

    /// 400: the request cannot be understood.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self { code: 400, reason: "BadRequest", message: message.into(), ..Self::default() }
    }

    /// 410: the revision asked for was compacted away.
    pub fn gone(message: impl Into<String>) -> Self {
        Self { code: 410, reason: "Expired", message: message.into(), ..Self::default() }
    }

    /// 500: something behind the API server failed.
    pub fn internal(message: impl Into<String>) -> Self {
        Self { code: 500, reason: "InternalError", message: message.into(), ..Self::default() }
    }

    /// No answer at all: the API server does not run, or no message gets through. No HTTP code.
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self { code: 0, reason: "Unreachable", message: message.into(), ..Self::default() }
    }

    /// 429: a disruption budget forbids the eviction.
    pub fn too_many_requests(message: impl Into<String>, causes: Vec<Cause>) -> Self {
        Self { code: 429, reason: "TooManyRequests", message: message.into(), causes, ..Self::default() }
    }

    /// As the body of an HTTP answer.
    pub fn to_value(&self) -> Value {
        let mut details = serde_json::Map::new();
        let mut put = |key: &str, value: &str| {
            if !value.is_empty() {
                details.insert(key.to_owned(), value.into());
            }
        };
        put("name", &self.name);
        put("group", &self.group);
        put("kind", &self.kind);
        put("uid", &self.uid);
        if !self.causes.is_empty() {
            let causes: Vec<Value> = self.causes.iter().map(Cause::to_value).collect();
            details.insert("causes".to_owned(), causes.into());
        }
        if let Some(seconds) = self.retry_after_secs {
            details.insert("retryAfterSeconds".to_owned(), seconds.into());
        }
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message,
        });
        if let Some(fields) = status.as_object_mut() {
            if !self.reason.is_empty() {
                fields.insert("reason".to_owned(), self.reason.into());
            }
            if !details.is_empty() {
                fields.insert("details".to_owned(), details.into());
            }
            fields.insert("code".to_owned(), self.code.into());
        }
        status
    }
}

/// Where a kind is kept in etcd: under its plural, but for the oldest kinds.
fn storage_prefix(kind: Kind) -> &'static str {
    match kind {
        Kind::Node => "minions",
        Kind::Service => "services/specs",
        Kind::Endpoints => "services/endpoints",
        other => other.info().plural,
    }
}

impl Cause {
    fn to_value(&self) -> Value {
        let mut cause = serde_json::Map::new();
        for (key, value) in [("reason", &self.reason), ("message", &self.message), ("field", &self.field)] {
            if !value.is_empty() {
                cause.insert(key.to_owned(), value.as_str().into());
            }
        }
        cause.into()
    }
}
