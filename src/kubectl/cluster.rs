//! What a command needs of a cluster.
//!
//! kubectl knows nothing of engines and worlds: it asks an API server. [`Reads`] and [`Cluster`] are that door.
//! In process it is the engine itself (or whoever keeps one and journals its inputs first); over a network it
//! could be HTTP.

use smol_str::SmolStr;

use crate::apiserver::table::{self, Table};
use crate::apiserver::{Answer, Call, Filter, Reply, Status, Sub};
use crate::engine::{Applied, Engine, Input, World};
use crate::node::Log;
use crate::object::{Key, Kind, Object, ObjectRef};
use crate::time::VirtualTime;

/// A cluster that can be asked.
pub trait Reads {
    /// The instant.
    fn now(&self) -> VirtualTime;

    /// Answers a request that changes nothing: a read, or what would write as a dry run.
    fn read(&self, call: &Call) -> Answer;

    /// What a container printed, or the one before it.
    ///
    /// # Errors
    /// The refusals of the API server and of the kubelet.
    fn log(&self, pod: &Key, container: &str, previous: bool) -> Result<Log, Box<Status>>;
}

/// A cluster to which something can be done.
pub trait Cluster: Reads {
    /// Does something.
    fn apply(&mut self, input: Input) -> Applied;
}

impl Reads for World {
    fn now(&self) -> VirtualTime {
        Self::now(self)
    }

    fn read(&self, call: &Call) -> Answer {
        Self::read(self, call)
    }

    fn log(&self, pod: &Key, container: &str, previous: bool) -> Result<Log, Box<Status>> {
        self.container_log(pod, container, previous)
    }
}

impl Reads for Engine {
    fn now(&self) -> VirtualTime {
        Self::now(self)
    }

    fn read(&self, call: &Call) -> Answer {
        self.world().read(call)
    }

    fn log(&self, pod: &Key, container: &str, previous: bool) -> Result<Log, Box<Status>> {
        self.world().container_log(pod, container, previous)
    }
}

impl Cluster for Engine {
    fn apply(&mut self, input: Input) -> Applied {
        Self::apply(self, input)
    }
}

/// The questions that commands ask.
pub(super) trait Ask: Reads {
    /// One object; the refusal says that there is none of this name, or that nobody answers.
    fn get(&self, target: &ObjectRef) -> Result<Object, Box<Status>> {
        match self.read(&Call::Get { target: target.clone(), sub: Sub::Main })? {
            Reply::Object(object) => Ok(object),
            _ => Err(Box::new(Status::not_found(target))),
        }
    }

    /// One object, if there is one of this name.
    fn find(&self, target: &ObjectRef) -> Result<Option<Object>, Box<Status>> {
        match self.get(target) {
            Ok(object) => Ok(Some(object)),
            Err(status) if status.reason == "NotFound" => Ok(None),
            Err(status) => Err(status),
        }
    }

    /// The objects of a kind that match, in key order.
    fn list(&self, kind: Kind, filter: Filter) -> Result<Vec<Object>, Box<Status>> {
        match self.read(&Call::List { kind, filter })? {
            Reply::List { items, .. } => Ok(items),
            _ => Ok(Vec::new()),
        }
    }

    /// The objects of a kind in a namespace, or in all.
    fn list_in(&self, kind: Kind, namespace: Option<&str>) -> Result<Vec<Object>, Box<Status>> {
        let namespace = namespace.filter(|_| kind.is_namespaced()).map(SmolStr::from);
        self.list(kind, Filter { namespace, ..Filter::default() })
    }

    /// Objects of a kind with what a person wants to see of them.
    fn table(&self, kind: Kind, objects: &[Object]) -> Table {
        table::render(kind, objects, self.now())
    }
}

impl<T: Reads + ?Sized> Ask for T {}
