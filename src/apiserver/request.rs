//! What can be asked of the API server, and what it answers.
//!
//! These are the requests of the REST API without HTTP: the same verbs, options and refusals. In process they
//! stay typed; JSON appears only in patches and at the rim.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;

use super::status::Status;
use crate::object::selector::Selector;
use crate::object::{Key, Kind, Object, ObjectRef};

/// A request with who sends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The component or person: `controller/replicaset`, `kubelet/node-1`, `you`.
    pub user: SmolStr,
    /// What is asked.
    pub call: Call,
}

/// The part of an object that a request is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sub {
    /// The object itself.
    #[default]
    Main,
    /// Its status: the rest is left alone.
    Status,
    /// Its number of replicas, as an `autoscaling/v1` Scale.
    Scale,
    /// What holds a namespace (`spec.finalizers`): the rest is left alone.
    Finalize,
}

impl Sub {
    /// As it stands in a path; empty for the object itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::Main => "",
            Self::Status => "status",
            Self::Scale => "scale",
            Self::Finalize => "finalize",
        }
    }
}

/// Which objects a list or watch is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    /// Only this namespace; all if none.
    pub namespace: Option<SmolStr>,
    /// Only with these labels.
    pub labels: Selector,
    /// Only with these fields: `spec.nodeName=node-1`.
    pub fields: Selector,
}

/// How an object is changed by a patch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Patch {
    /// `application/merge-patch+json` (RFC 7386).
    Merge(Value),
    /// `application/strategic-merge-patch+json`: lists merge by the API's keys.
    Strategic(Value),
    /// `application/json-patch+json` (RFC 6902).
    Json(Value),
}

/// What becomes of an owner's dependents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Propagation {
    /// The owner goes at once, the garbage collector removes the dependents afterwards.
    Background,
    /// The dependents go first.
    Foreground,
    /// The dependents stay and lose their owner.
    Orphan,
}

/// Options of a deletion (`metav1.DeleteOptions`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeleteOptions {
    /// Seconds to end gracefully; the pod's own number if none. 0 removes the object at once.
    pub grace_period_secs: Option<i64>,
    /// Background if none.
    pub propagation: Option<Propagation>,
    /// Refused with 409 if the object has another uid.
    pub uid: Option<String>,
    /// Refused with 409 if the object has another resource version.
    pub resource_version: Option<String>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Call {
    /// One object.
    Get {
        /// Which.
        target: ObjectRef,
        /// Itself, or its scale.
        sub: Sub,
    },
    /// All objects of a kind.
    List {
        /// Which kind.
        kind: Kind,
        /// Which of them.
        filter: Filter,
    },
    /// To hear of every change from now on.
    Watch {
        /// Which kind.
        kind: Kind,
        /// Which of them.
        filter: Filter,
        /// Changes after this revision, as a list returned it.
        since: u64,
        /// The asker's own number for this watch.
        watch: u32,
    },
    /// To be given pictures of the whole store from now on: at once, and at most once a second when an object of
    /// these kinds has changed.
    Follow {
        /// Which kinds.
        kinds: Vec<Kind>,
        /// The asker's own number for this watch.
        watch: u32,
    },
    /// To store a new object.
    Create {
        /// The object.
        object: Object,
        /// Check everything, store nothing.
        dry_run: bool,
    },
    /// To replace an object or its status.
    Update {
        /// The whole new object.
        object: Object,
        /// Itself, or its status.
        sub: Sub,
        /// Check everything, store nothing.
        dry_run: bool,
    },
    /// To change parts of an object.
    Patch {
        /// Which.
        target: ObjectRef,
        /// How.
        patch: Patch,
        /// Itself, its status or its scale.
        sub: Sub,
        /// Check everything, store nothing.
        dry_run: bool,
    },
    /// To set the number of replicas (PUT of the scale subresource).
    Scale {
        /// Which.
        target: ObjectRef,
        /// How many.
        replicas: i32,
    },
    /// To delete an object.
    Delete {
        /// Which.
        target: ObjectRef,
        /// How.
        options: DeleteOptions,
    },
    /// To delete all objects that match.
    DeleteCollection {
        /// Which kind.
        kind: Kind,
        /// Which of them.
        filter: Filter,
        /// How.
        options: DeleteOptions,
    },
    /// To assign a pod to a node; only the scheduler does.
    Bind {
        /// The pod.
        pod: Key,
        /// Refused with 409 if the pod has another uid.
        uid: String,
        /// The node's name.
        node: SmolStr,
    },
    /// To delete a pod unless a disruption budget forbids it.
    Evict {
        /// The pod.
        pod: Key,
        /// How.
        options: DeleteOptions,
    },
}

impl Call {
    /// The verb as the trace names it.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Get { .. } => "get",
            Self::List { .. } => "list",
            Self::Watch { .. } | Self::Follow { .. } => "watch",
            Self::Create { .. } => "create",
            Self::Update { .. } | Self::Scale { .. } => "update",
            Self::Patch { .. } => "patch",
            Self::Delete { .. } => "delete",
            Self::DeleteCollection { .. } => "deletecollection",
            Self::Bind { .. } | Self::Evict { .. } => "create",
        }
    }

    /// The subresource as the trace names it; empty for none.
    pub fn subresource(&self) -> &'static str {
        match self {
            Self::Get { sub, .. } | Self::Update { sub, .. } | Self::Patch { sub, .. } => sub.name(),
            Self::Scale { .. } => "scale",
            Self::Bind { .. } => "binding",
            Self::Evict { .. } => "eviction",
            _ => "",
        }
    }

    /// The kind of the object it is about, if it is about one.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Get { target, .. }
            | Self::Patch { target, .. }
            | Self::Scale { target, .. }
            | Self::Delete { target, .. } => Some(target.kind),
            Self::Create { object, .. } | Self::Update { object, .. } => Some(object.kind()),
            Self::Bind { .. } | Self::Evict { .. } => Some(Kind::Pod),
            Self::List { .. } | Self::Watch { .. } | Self::Follow { .. } | Self::DeleteCollection { .. } => {
                None
            }
        }
    }

    /// The object it is about, if it is about one. A new object without a name yet has its `generateName`.
    pub fn target(&self) -> Option<ObjectRef> {
        match self {
            Self::Get { target, .. }
            | Self::Patch { target, .. }
            | Self::Scale { target, .. }
            | Self::Delete { target, .. } => Some(target.clone()),
            Self::Create { object, .. } | Self::Update { object, .. } => {
                let mut reference = object.reference();
                if reference.key.name.is_empty() {
                    reference.key.name = object.meta().generate_name.as_deref().unwrap_or("").into();
                }
                Some(reference)
            }
            Self::Bind { pod, .. } | Self::Evict { pod, .. } => Some(ObjectRef::new(Kind::Pod, pod.clone())),
            Self::List { .. } | Self::Watch { .. } | Self::Follow { .. } | Self::DeleteCollection { .. } => {
                None
            }
        }
    }
}

/// What the API server answers when it agrees.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The object as it is now (or was when it was removed).
    Object(Object),
    /// Objects and the revision at which they were read.
    List {
        /// The objects in key order.
        items: Vec<Object>,
        /// The revision.
        revision: u64,
    },
    /// The watch is open.
    Watching,
    /// An object that is no [`Object`] of ours: a Scale, a Status.
    Value(Value),
    /// It is done; there is nothing to show.
    Done,
}

/// What the API server answers.
pub type Answer = Result<Reply, Box<Status>>;
