//! Pictures: all that the store holds at one revision, for those who follow many objects on many nodes.
//!
//! Every kube-proxy needs every EndpointSlice. In a cluster of a thousand nodes each slice that changes would make
//! a thousand notices, and each node would work out the same rules. A *follower* is told at most once a second that
//! something changed, with the whole picture; it is the store's own map, so it costs nothing to hand out, and what one
//! follower works out from it the others share.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

use imbl::OrdMap;

use crate::object::{Key, Object, ObjectRef, Resource};

/// All objects at one revision.
pub struct Picture {
    /// The revision.
    pub revision: u64,
    objects: OrdMap<ObjectRef, Object>,
    shared: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Picture {
    /// A picture of these objects.
    pub fn new(revision: u64, objects: OrdMap<ObjectRef, Object>) -> Self {
        Self { revision, objects, shared: OnceLock::new() }
    }

    /// The objects of a type in key order.
    pub fn all_as<R: Resource + 'static>(&self) -> impl Iterator<Item = &Arc<R>> {
        let start = ObjectRef::new(R::KIND, Key::new("", ""));
        let objects = self.objects.range(start..).take_while(|(reference, _)| reference.kind == R::KIND);
        objects.filter_map(|(_, object)| R::shared(object))
    }

    /// What follows from the picture alone: worked out by the first who asks, the same for all. All who share a
    /// picture must ask for the same type.
    pub fn share<T: Send + Sync + 'static>(&self, work_out: impl Fn(&Self) -> T) -> Arc<T> {
        let shared = self.shared.get_or_init(|| Arc::new(work_out(self))).clone();
        shared.downcast().unwrap_or_else(|_| Arc::new(work_out(self)))
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture").field("revision", &self.revision).finish_non_exhaustive()
    }
}

impl PartialEq for Picture {
    fn eq(&self, other: &Self) -> bool {
        self.revision == other.revision
    }
}
