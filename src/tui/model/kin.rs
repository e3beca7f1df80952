//! What belongs to an object: who keeps it, and which Services lead to it.

use k8s_openapi::api::core::v1::Service;

use crate::engine::World;
use crate::object::selector::Selector;
use crate::object::{Key, Kind, ObjectRef, StringMap, owner};

/// Owners of owners that are followed.
const DEPTH: usize = 8;

/// The owner of an object, the owner of that, and so on: the ReplicaSet and the Deployment of a pod.
pub fn owners(world: &World, object: &ObjectRef) -> Vec<ObjectRef> {
    let above = |here: &ObjectRef| {
        let owner = owner::controller(world.object(here)?.meta())?;
        let kind = Kind::from_name(&owner.kind)?;
        Some(ObjectRef::new(kind, Key::new(here.key.namespace.clone(), owner.name.as_str())))
    };
    std::iter::successors(above(object), above).take(DEPTH).collect()
}

/// Whether a Service leads to pods with these labels.
pub fn leads_to(service: &Service, labels: &StringMap) -> bool {
    let selector = service.spec.as_ref().and_then(|spec| spec.selector.as_ref());
    selector.is_some_and(|selector| !selector.is_empty() && Selector::from_map(selector).matches(labels))
}
