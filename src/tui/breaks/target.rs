//! What the break menu can be about.

use smol_str::SmolStr;

use crate::engine::World;
use crate::object::{Kind, Object, ObjectRef, Pod, Resource, labels};
use crate::trace::text;
use crate::tui::model::{leads_to, owners};

/// What is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BreakTarget {
    /// An object, and what it stands on.
    Object(ObjectRef),
    /// The link of a component or a node to the API server.
    Link(SmolStr),
}

impl BreakTarget {
    /// `pod login-x4h2s on node-1`, `link of the scheduler`.
    pub fn words(&self, world: &World) -> String {
        match self {
            Self::Object(object) => {
                let words = text::object_words(object);
                let node = world.object(object).and_then(Pod::of).and_then(|pod| pod.node.as_deref());
                node.map_or(words.clone(), |node| format!("{words} on {node}"))
            }
            Self::Link(end) => format!("link of {} to the API server", text::component(end)),
        }
    }
}

/// What keys are aimed at where an object itself has little that breaks: a pod that it keeps or leads to.
pub fn aim(world: &World, object: &ObjectRef) -> ObjectRef {
    let belongs = |pod: &&Pod| match world.object(object) {
        Some(Object::Service(service)) => leads_to(service, labels(&pod.metadata)),
        _ => owners(world, &ObjectRef::new(Kind::Pod, pod.key())).contains(object),
    };
    let mut pods = world.list_as::<Pod>(Some(&object.key.namespace)).filter(|pod| pod.is_active());
    pods.find(belongs).map_or_else(|| object.clone(), |pod| ObjectRef::new(Kind::Pod, pod.key()))
}

/// Kinds of objects that have entries of their own.
const KINDS: &[Kind] = &[Kind::Deployment, Kind::DaemonSet, Kind::Pod, Kind::Node];

/// Everything that can be chosen: workloads, pods, nodes, then the links of all components.
pub fn targets(world: &World) -> Vec<BreakTarget> {
    let objects = KINDS.iter().flat_map(|kind| world.list(*kind, None).map(Object::reference));
    let whole = ["apiserver", "etcd"];
    let components = world.components().into_iter().map(|state| state.name);
    let ends = components.filter(|name| !whole.contains(&name.as_str())).chain(world.node_names());
    objects.map(BreakTarget::Object).chain(ends.map(BreakTarget::Link)).collect()
}
