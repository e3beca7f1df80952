//! What expressions can ask about.
//!
//! | name | gives |
//! |---|---|
//! | `pods(SEL)`, `pods(SEL, NS)` | numbers of pods, and the pods themselves in `items` |
//! | `deployment(N)`, `replicaset(N)`, `daemonset(N)` (and `N, NS`) | numbers, conditions and reasons |
//! | `node(N)`, `nodes()` | `ready`, `cordoned`, `taints`, `pods`, `cpu_requested`, `memory_requested` |
//! | `service(N)`, `traffic(N)` | `endpoints`, `cluster_ip`; `ok`, `failed`, `error_rate`, `by_version` |
//! | `object(KIND, NAME)` (and `NS`) | the API object |
//! | `events(FILTER)` | recorded Kubernetes events |
//! | `orphans`, `unscheduled` | pods without a live owner that once had one; pods without a node |
//! | `quiet`, `settled`, `t` | nothing is under way; all is as wanted; seconds since the start |
//! | `did("A")`, `stalled("60s")`, `answered(ID)`, `right(ID)`, `host(NAME)` | in lessons: the learner |
//! | `min("E")`, `max("E")`, `when("E")` | over the history since the start |

mod cluster;
mod events;
mod learner;
mod pods;
mod workloads;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Moments, Stamp};
use crate::engine::World;
use crate::object::selector::Selector;
use crate::object::{Key, Kind, ObjectRef};

pub use cluster::is_settled;

/// The namespace that is meant when none is named.
const DEFAULT_NAMESPACE: &str = "default";
const CALLS: &[&str] = &[
    "pods",
    "deployment",
    "replicaset",
    "daemonset",
    "node",
    "nodes",
    "service",
    "traffic",
    "object",
    "events",
    "did",
    "stalled",
    "answered",
    "right",
    "host",
    "min",
    "max",
    "when",
];
/// Kinds that an expression could ask for in a larger cluster.
const ABSENT: &[(&str, &str)] = &[("statefulset", "StatefulSet"), ("job", "Job"), ("cronjob", "CronJob")];
const NAMES: &[&str] = &["orphans", "unscheduled", "quiet", "settled", "t"];

/// Condition types that an object may not have yet; asking for them gives null.
const CONDITIONS: &[&str] = &["conditions", "reasons"];

/// Whether there is a call of this name.
pub(super) fn is_call(name: &str) -> bool {
    CALLS.contains(&name)
}

/// Whether there is a name without arguments like this.
pub(super) fn is_name(name: &str) -> bool {
    NAMES.contains(&name)
}

/// The calls.
pub(super) fn calls() -> impl Iterator<Item = &'static str> {
    CALLS.iter().copied()
}

/// The kind that a call would be about if the cluster had it.
pub(super) fn absent(name: &str) -> Option<&'static str> {
    ABSENT.iter().find(|(call, _)| *call == name).map(|(_, kind)| *kind)
}

/// The names without arguments.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().copied()
}

/// Whether a field is taken from a fact.
pub(super) type Takes<'a> = &'a dyn Fn(&str) -> bool;

/// A fact with several fields, of which only those are worked out that are taken from it: a fact may be asked for
/// after every instant.
struct Fields<'a> {
    takes: Takes<'a>,
    fields: Map<String, Value>,
}

impl<'a> Fields<'a> {
    fn new(takes: Takes<'a>) -> Self {
        Self { takes, fields: Map::new() }
    }

    fn with<V: Into<Value>>(mut self, name: &str, value: impl FnOnce() -> V) -> Self {
        if (self.takes)(name) {
            self.fields.insert(name.to_owned(), value().into());
        }
        self
    }

    fn into_value(self) -> Value {
        self.fields.into()
    }
}

/// What an expression's value can depend on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depends {
    /// It may change with the objects, and with whether the cluster is quiet.
    pub objects: bool,
    /// It may change as time goes by.
    pub time: bool,
    /// It may change with the requests of synthetic clients.
    pub traffic: bool,
    /// It may change with what a learner does or answers.
    pub learner: bool,
}

impl Depends {
    /// What either depends on.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            objects: self.objects || other.objects,
            time: self.time || other.time,
            traffic: self.traffic || other.traffic,
            learner: self.learner || other.learner,
        }
    }

    /// Whether it can change although no object does.
    pub fn on_more(self) -> bool {
        self.time || self.traffic || self.learner
    }
}

/// Something about the cluster.
#[derive(Clone, Debug)]
pub(in crate::expression) enum Fact {
    Pods { selector: Selector, namespace: String },
    Workload(ObjectRef),
    Node(String),
    Nodes,
    Service(Key),
    Traffic(Key),
    Object(ObjectRef),
    Events(events::Wanted),
    Learner(learner::Ask),
    Orphans,
    Unscheduled,
    Quiet,
    Settled,
    Time,
}

impl Fact {
    /// What this call asks for.
    pub(super) fn parse(name: &str, args: &[String]) -> Result<Self, String> {
        let named = |kind: Option<Kind>| {
            let (name, namespace) = match args {
                [name] => (name.as_str(), DEFAULT_NAMESPACE),
                [name, namespace] => (name.as_str(), namespace.as_str()),
                _ => {
                    return Err(format!(
                        "`{name}` takes a name in quotes, and a namespace if it is not default"
                    ));
                }
            };
            Ok((kind, Key::new(namespace, name)))
        };
        let none = |fact: Self| match args {
            [] => Ok(fact),
            _ => Err(format!("`{name}` takes no arguments")),
        };
        if let Some(ask) = learner::Ask::parse(name, args) {
            return ask.map(Self::Learner);
        }
        match name {
            "pods" => {
                let (selector, namespace) = match args {
                    [selector] => (selector, DEFAULT_NAMESPACE),
                    [selector, namespace] => (selector, namespace.as_str()),
                    _ => {
                        return Err(
                            "`pods` takes a label selector in quotes, such as pods('app=web')".to_owned()
                        );
                    }
                };
                Ok(Self::Pods { selector: Selector::parse(selector)?, namespace: namespace.to_owned() })
            }
            "deployment" | "replicaset" | "daemonset" => {
                let (kind, key) = named(Kind::from_resource(name))?;
                let kind = kind.ok_or_else(|| format!("there is no kind \"{name}\""))?;
                Ok(Self::Workload(ObjectRef::new(kind, key)))
            }
            "service" => named(None).map(|(_, key)| Self::Service(key)),
            "traffic" => named(None).map(|(_, key)| Self::Traffic(key)),
            "node" => match args {
                [name] => Ok(Self::Node(name.clone())),
                _ => Err("`node` takes a name in quotes, such as node('node-1')".to_owned()),
            },
            "object" => object_reference(args).map(Self::Object),
            "events" => events::Wanted::parse(args).map(Self::Events),
            "nodes" => none(Self::Nodes),
            "orphans" => none(Self::Orphans),
            "unscheduled" => none(Self::Unscheduled),
            "quiet" => none(Self::Quiet),
            "settled" => none(Self::Settled),
            "t" => none(Self::Time),
            other => Err(format!("there is no `{other}`")),
        }
    }

    /// What its value can depend on.
    pub(super) fn stamp(&self, world: &World) -> Stamp {
        let kinds: &[Kind] = match self {
            Self::Pods { .. } | Self::Unscheduled => &[Kind::Pod],
            Self::Workload(target) | Self::Object(target) => &[target.kind],
            Self::Node(_) | Self::Nodes => &[Kind::Node, Kind::Pod],
            Self::Service(_) => &[Kind::Service, Kind::EndpointSlice],
            Self::Events(_) => &[Kind::Event],
            Self::Traffic(key) => {
                let look = world.traffic();
                let service = look.as_ref().and_then(|look| look.services.get(key));
                return Stamp {
                    revision: world.revision_of(Kind::Service),
                    traffic: service.map_or(0, |service| service.ok + service.failed),
                    ..Stamp::default()
                };
            }
            Self::Learner(_) | Self::Orphans | Self::Quiet | Self::Settled | Self::Time => {
                return Stamp { revision: world.revision(), quiet: world.is_quiet(), traffic: 0 };
            }
        };
        let revision = kinds.iter().map(|kind| world.revision_of(*kind)).max().unwrap_or(0);
        Stamp { revision, ..Stamp::default() }
    }

    /// What its value can depend on, in general.
    pub(super) fn depends(&self) -> Depends {
        match self {
            Self::Time => Depends { time: true, ..Depends::default() },
            Self::Learner(ask) => ask.depends(),
            Self::Traffic(_) => Depends { objects: true, traffic: true, ..Depends::default() },
            _ => Depends { objects: true, ..Depends::default() },
        }
    }

    /// Its value on the cluster as it is, or what is missing. A field that is not taken from it may be
    /// left out.
    pub(super) fn value(&self, world: &World, moments: &Moments, takes: Takes<'_>) -> Result<Value, String> {
        Ok(match self {
            Self::Pods { selector, namespace } => pods::summary(world, selector, namespace, takes),
            Self::Workload(target) => workloads::summary(world, target, takes)?,
            Self::Node(name) => cluster::node(world, name)?,
            Self::Nodes => cluster::nodes(world),
            Self::Service(key) => cluster::service(world, key)?,
            Self::Traffic(key) => cluster::traffic(world, key)?,
            Self::Object(target) => world.object(target).ok_or_else(|| missing(target))?.to_value(),
            Self::Events(wanted) => events::matching(world, wanted),
            Self::Learner(ask) => ask.value(world.now(), moments)?,
            Self::Orphans => pods::orphans(world).into(),
            Self::Unscheduled => pods::unscheduled(world).into(),
            Self::Quiet => world.is_quiet().into(),
            Self::Settled => is_settled(world).into(),
            Self::Time => moments.seconds(world.now()).into(),
        })
    }
}

fn object_reference(args: &[String]) -> Result<ObjectRef, String> {
    let (kind, name, namespace) = match args {
        [kind, name] => (kind, name, DEFAULT_NAMESPACE),
        [kind, name, namespace] => (kind, name, namespace.as_str()),
        _ => {
            return Err("`object` takes a kind and a name in quotes, such as object('Pod', 'web')".to_owned());
        }
    };
    let kind = Kind::from_name(kind)
        .or_else(|| Kind::from_resource(kind))
        .ok_or_else(|| format!("there is no kind \"{kind}\""))?;
    let key =
        if kind.is_namespaced() { Key::new(namespace, name.as_str()) } else { Key::cluster(name.as_str()) };
    Ok(ObjectRef::new(kind, key))
}

/// That an object does not exist, in words.
fn missing(target: &ObjectRef) -> String {
    let kind = target.kind.info().singular;
    match target.key.namespace.as_str() {
        "" | DEFAULT_NAMESPACE => format!("{kind} \"{}\" does not exist", target.key.name),
        namespace => format!("{kind} \"{}\" does not exist in namespace {namespace}", target.key.name),
    }
}

/// A condition that is asked for but not there yet is null.
pub(super) fn fill_conditions(value: &mut Value, fields: &BTreeSet<Vec<String>>) {
    for path in fields {
        if let [map, condition, ..] = path.as_slice()
            && CONDITIONS.contains(&map.as_str())
            && let Some(map) = value.get_mut(map).and_then(Value::as_object_mut)
        {
            map.entry(condition.clone()).or_insert(Value::Null);
        }
    }
}
