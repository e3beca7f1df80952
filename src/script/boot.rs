//! When a cluster is up.

use smol_str::SmolStr;

use crate::engine::World;
use crate::expression::facts::is_settled;
use crate::object::{Key, Kind, ObjectRef};

/// Whether a cluster is up: all nodes have registered and are Ready, and nothing is under way.
pub fn is_up(world: &World) -> bool {
    let ready = |name: &SmolStr| {
        world.get::<k8s_openapi::api::core::v1::Node>("", name).is_some_and(|node| {
            let conditions = node.status.as_ref().and_then(|status| status.conditions.as_ref());
            crate::object::conditions::is_true(conditions, "Ready")
        })
    };
    let account = ObjectRef::new(Kind::ServiceAccount, Key::new("default", "default"));
    world.object(&account).is_some() && world.node_names().iter().all(ready) && is_settled(world)
}
