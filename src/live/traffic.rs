//! Synthetic clients: the first ones come when the shop is open, for requests before that would only fail.

use k8s_openapi::api::core::v1::Service;
use smol_str::{SmolStr, format_smolstr};

use super::session::Session;
use crate::engine::World;
use crate::engine::{Act, Input};
use crate::expression::facts::is_settled;

/// Requests per second by Service, as long as they have not begun.
pub(super) type Wanted = Vec<(SmolStr, u32)>;

/// Lets the clients begin if somebody is there to answer. Gives back what still waits.
pub(super) fn start(wanted: Wanted, session: &mut Session) -> Wanted {
    if wanted.is_empty() || !is_open(session.engine.world()) {
        return wanted;
    }
    for (service, per_second) in wanted {
        let (namespace, name) = service.split_once('/').unwrap_or(("default", &service));
        if session.engine.world().get::<Service>(namespace, name).is_some() {
            let title = format_smolstr!("clients began to use {name}");
            let act = Act::Traffic { service: service.clone(), per_second };
            // The Service is there; nothing else can refuse it.
            let _begun = session.apply(Input::new("timer", title, act));
        }
    }
    Vec::new()
}

/// Whether all is as wanted, and every node has the rules for it: they are written up to a second later.
fn is_open(world: &World) -> bool {
    let proxies = world.loops().filter(|look| look.component.starts_with("kube-proxy/"));
    is_settled(world) && { proxies }.all(|look| look.unfinished().next().is_none())
}
