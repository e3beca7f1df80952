//! The table of kinds: every kind of object that this cluster knows.
//!
//! One row gives a kind its Rust type, its names and its scope; from the rows come [`Kind`], [`Object`] and
//! the conversions. What a kind *does* lives with the API server (defaults, validation) and with the
//! component that acts on it.

use std::sync::Arc;

use k8s_openapi::api::{
    apps::v1 as apps, coordination::v1 as coordination, core::v1 as core, discovery::v1 as discovery,
    policy::v1 as policy,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{Key, ObjectRef, Pod};

/// Whether objects of a kind live in a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Objects of this kind have a namespace.
    Namespaced,
    /// There is one set of them for the whole cluster.
    Cluster,
}

/// What the API calls a kind.
#[derive(Debug)]
pub struct KindInfo {
    /// `Deployment`.
    pub name: &'static str,
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// `v1`.
    pub version: &'static str,
    /// `deployments`: the resource's name in paths and on the command line.
    pub plural: &'static str,
    /// `deployment`.
    pub singular: &'static str,
    /// `deploy`.
    pub short_names: &'static [&'static str],
    /// Whether it lives in a namespace.
    pub scope: Scope,
}

impl KindInfo {
    /// `apps/v1`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        match self.group {
            "" => self.version.to_owned(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// `Deployment.apps`, or `Pod` for the core group: how messages name the kind.
    pub fn qualified_name(&self) -> String {
        match self.group {
            "" => self.name.to_owned(),
            group => format!("{}.{group}", self.name),
        }
    }

    /// `deployments.apps`, or `pods` for the core group: how messages name the resource.
    pub fn resource(&self) -> String {
        match self.group {
            "" => self.plural.to_owned(),
            group => format!("{}.{group}", self.plural),
        }
    }
}

/// Why a document is no object of this cluster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// `apiVersion` or `kind` is missing or not text.
    #[error("Object '{0}' is missing in the document")]
    NoKind(&'static str),
    /// No such kind in this cluster.
    #[error("no matches for kind \"{kind}\" in version \"{api_version}\"")]
    UnknownKind {
        /// What the document says.
        api_version: String,
        /// What the document says.
        kind: String,
    },
    /// A field has the wrong shape.
    #[error("{path}: {message}")]
    Field {
        /// Where: `spec.replicas`.
        path: String,
        /// What is wrong there.
        message: String,
    },
}

/// A type that some kind of object has.
pub trait Resource: Sized {
    /// Its kind.
    const KIND: Kind;
    /// The object as this type, if it is one.
    fn of(object: &Object) -> Option<&Self>;
    /// The object as this type, shared, if it is one.
    fn shared(object: &Object) -> Option<&Arc<Self>>;
    /// Puts it behind [`Object`].
    fn into_object(self) -> Object;
    /// Its metadata.
    fn meta(&self) -> &ObjectMeta;

    /// Its namespace and name.
    fn key(&self) -> Key {
        Key::of(self.meta())
    }
}

macro_rules! kinds {
    ($( $kind:ident $type:ty, $group:literal $version:literal, $plural:literal $singular:literal [$($short:literal),*], $scope:ident, $shape:ident; )*) => {
        /// A kind of object.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Kind {
            $( #[doc = concat!("A ", stringify!($kind), ".")] $kind, )*
        }

        impl Kind {
            /// Every kind, in table order.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// What the API calls it.
            pub fn info(self) -> &'static KindInfo {
                match self {
                    $( Self::$kind => {
                        const INFO: KindInfo = KindInfo {
                            name: stringify!($kind), group: $group, version: $version, plural: $plural,
                            singular: $singular, short_names: &[$($short),*], scope: Scope::$scope,
                        };
                        &INFO
                    } )*
                }
            }
        }

        /// The JSON schema of every kind, in table order; the types they are made of are left in the generator.
        pub(super) fn schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(Kind, schemars::Schema)> {
            vec![$( (Kind::$kind, generator.subschema_for::<$type>()) ),*]
        }

        /// Any object. Cloning shares it.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Object {
            $( #[doc = concat!("A ", stringify!($kind), ".")] $kind(Arc<$type>), )*
        }

        impl Object {
            /// Its kind.
            pub fn kind(&self) -> Kind {
                match self { $( Self::$kind(_) => Kind::$kind, )* }
            }

            /// Its metadata.
            pub fn meta(&self) -> &ObjectMeta {
                match self { $( Self::$kind(object) => &object.metadata, )* }
            }

            /// Its metadata for change; the object is copied if it is shared.
            pub fn meta_mut(&mut self) -> &mut ObjectMeta {
                match self { $( Self::$kind(object) => kinds!(@meta $kind Arc::make_mut(object)), )* }
            }

            /// Whether both have the same specification, that is everything but metadata and status.
            /// Objects of different kinds never do.
            pub fn same_spec(&self, other: &Self) -> bool {
                match (self, other) {
                    $( (Self::$kind(a), Self::$kind(b)) => kinds!(@same_spec $shape a b), )*
                    _ => false,
                }
            }

            /// Whether both report the same status. A kind without a status is always equal.
            pub fn same_status(&self, other: &Self) -> bool {
                match (self, other) {
                    $( (Self::$kind(a), Self::$kind(b)) => kinds!(@same_status $shape a b), )*
                    _ => false,
                }
            }

            /// Takes over the status of `other`; nothing happens if it is of another kind or has none.
            pub fn take_status(&mut self, other: &Self) {
                match (self, other) {
                    $( (Self::$kind(a), Self::$kind(b)) => kinds!(@take_status $shape a b), )*
                    _ => {}
                }
            }

            /// Takes over the specification of `other`; nothing happens if it is of another kind.
            pub fn take_spec(&mut self, other: &Self) {
                match (self, other) {
                    $( (Self::$kind(a), Self::$kind(b)) => kinds!(@take_spec $shape a b), )*
                    _ => {}
                }
            }

            /// As JSON, with `apiVersion` and `kind`.
            pub fn to_value(&self) -> Value {
                let value = match self { $( Self::$kind(object) => serde_json::to_value(object), )* };
                value.unwrap_or_default()
            }

            /// Reads an object of a known kind. Unknown fields are ignored, as the API server's decoder does
            /// unless it is asked to be strict.
            ///
            /// # Errors
            /// The path and reason of the first field of the wrong shape.
            pub fn decode(kind: Kind, value: Value) -> Result<Self, DecodeError> {
                match kind {
                    $( Kind::$kind => serde_path_to_error::deserialize::<_, $type>(value)
                        .map(|object| Self::$kind(Arc::new(object)))
                        .map_err(|error| DecodeError::Field {
                            path: error.path().to_string(), message: error.inner().to_string(),
                        }), )*
                }
            }
        }

        $( impl Resource for $type {
            const KIND: Kind = Kind::$kind;
            fn of(object: &Object) -> Option<&Self> {
                Self::shared(object).map(|shared| &**shared)
            }
            fn shared(object: &Object) -> Option<&Arc<Self>> {
                match object { Object::$kind(object) => Some(object), _ => None }
            }
            fn into_object(self) -> Object {
                Object::$kind(Arc::new(self))
            }
            fn meta(&self) -> &ObjectMeta {
                &self.metadata
            }
        } )*
    };
    (@meta Pod $object:expr) => { Arc::make_mut(&mut $object.metadata) };
    (@meta $kind:ident $object:expr) => { &mut $object.metadata };
    // A kind's shape: `pod` is ours, `full` has spec and status, `spec` only a spec, `plain` neither:
    // then all but the metadata is its content.
    (@same_spec pod $a:ident $b:ident) => { $a.spec == $b.spec && $a.node == $b.node };
    (@same_spec plain $a:ident $b:ident) => {{
        let mut b = (**$b).clone();
        b.metadata = $a.metadata.clone();
        **$a == b
    }};
    (@same_spec $shape:ident $a:ident $b:ident) => { $a.spec == $b.spec };
    (@same_status plain $a:ident $b:ident) => {{ let _ = ($a, $b); true }};
    (@same_status spec $a:ident $b:ident) => {{ let _ = ($a, $b); true }};
    (@same_status $shape:ident $a:ident $b:ident) => { $a.status == $b.status };
    (@take_status plain $a:ident $b:ident) => {{ let _ = ($a, $b); }};
    (@take_status spec $a:ident $b:ident) => {{ let _ = ($a, $b); }};
    (@take_status $shape:ident $a:ident $b:ident) => { Arc::make_mut($a).status = $b.status.clone() };
    (@take_spec pod $a:ident $b:ident) => {{
        let a = Arc::make_mut($a);
        a.spec = $b.spec.clone();
        a.node = $b.node.clone();
    }};
    (@take_spec plain $a:ident $b:ident) => {{
        let a = Arc::make_mut($a);
        let metadata = std::mem::take(&mut a.metadata);
        *a = (**$b).clone();
        a.metadata = metadata;
    }};
    (@take_spec $shape:ident $a:ident $b:ident) => { Arc::make_mut($a).spec = $b.spec.clone() };
}

kinds! {
    Namespace core::Namespace, "" "v1", "namespaces" "namespace" ["ns"], Cluster, full;
    Node core::Node, "" "v1", "nodes" "node" ["no"], Cluster, full;
    Pod Pod, "" "v1", "pods" "pod" ["po"], Namespaced, pod;
    ReplicaSet apps::ReplicaSet, "apps" "v1", "replicasets" "replicaset" ["rs"], Namespaced, full;
    Deployment apps::Deployment, "apps" "v1", "deployments" "deployment" ["deploy"], Namespaced, full;
    Service core::Service, "" "v1", "services" "service" ["svc"], Namespaced, full;
    Endpoints core::Endpoints, "" "v1", "endpoints" "endpoints" ["ep"], Namespaced, plain;
    EndpointSlice discovery::EndpointSlice, "discovery.k8s.io" "v1", "endpointslices" "endpointslice" [], Namespaced, plain;
    ConfigMap core::ConfigMap, "" "v1", "configmaps" "configmap" ["cm"], Namespaced, plain;
    Secret core::Secret, "" "v1", "secrets" "secret" [], Namespaced, plain;
    ServiceAccount core::ServiceAccount, "" "v1", "serviceaccounts" "serviceaccount" ["sa"], Namespaced, plain;
    Lease coordination::Lease, "coordination.k8s.io" "v1", "leases" "lease" [], Namespaced, spec;
    Event core::Event, "" "v1", "events" "event" ["ev"], Namespaced, plain;
    PodDisruptionBudget policy::PodDisruptionBudget, "policy" "v1", "poddisruptionbudgets" "poddisruptionbudget" ["pdb"], Namespaced, full;
    DaemonSet apps::DaemonSet, "apps" "v1", "daemonsets" "daemonset" ["ds"], Namespaced, full;
    ControllerRevision apps::ControllerRevision, "apps" "v1", "controllerrevisions" "controllerrevision" [], Namespaced, plain;
}

impl Kind {
    /// `Deployment`.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// Whether writes of this kind go on all the time, whatever happens: leases, and Events, which only tell.
    pub fn is_background(self) -> bool {
        matches!(self, Self::Lease | Self::Event)
    }

    /// Whether its objects live in a namespace.
    pub fn is_namespaced(self) -> bool {
        self.info().scope == Scope::Namespaced
    }

    /// The kind that is exactly called so: `Deployment`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The kind that a person means: plural, singular, short or full name in any case, or
    /// `deployments.apps`.
    pub fn from_resource(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        Self::ALL.iter().copied().find(|kind| {
            let info = kind.info();
            word == info.plural
                || word == info.singular
                || info.short_names.contains(&word.as_str())
                || word == info.resource()
        })
    }

    /// The kind of this `apiVersion` and `kind`.
    pub fn from_type(api_version: &str, kind: &str) -> Option<Self> {
        Self::from_name(kind).filter(|found| found.info().api_version() == api_version)
    }
}

impl Object {
    /// Its namespace and name.
    pub fn key(&self) -> Key {
        Key::of(self.meta())
    }

    /// Its kind, namespace and name.
    pub fn reference(&self) -> ObjectRef {
        ObjectRef::new(self.kind(), self.key())
    }

    /// Reads any object; `apiVersion` and `kind` say what it is.
    ///
    /// # Errors
    /// When they are missing or unknown, or a field has the wrong shape.
    pub fn from_value(value: Value) -> Result<Self, DecodeError> {
        let text = |field| value.get(field).and_then(Value::as_str).ok_or(DecodeError::NoKind(field));
        let (kind, api_version) = (text("kind")?, text("apiVersion")?);
        let kind = Kind::from_type(api_version, kind).ok_or_else(|| DecodeError::UnknownKind {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
        })?;
        Self::decode(kind, value)
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
