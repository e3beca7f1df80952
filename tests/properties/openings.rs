//! The clusters with which the seeds begin.
//!
//! Switching a cluster on and opening the shop takes as long as a minute of trouble. So it is done a few times, each
//! with other chances, and a seed begins with a copy of one of these; what happens then is the seed's own.

use std::sync::OnceLock;

use kubeloop::engine::driver::Inline;
use kubeloop::engine::{ClusterConfig, Engine, View};
use kubeloop::script::is_up;
use kubeloop::time::Span;

use super::Run;
use super::laws::{Laws, unhealed};

/// So many different ones there are of each kind.
const OPENINGS: usize = 16;

static SHOPS: [OnceLock<View>; OPENINGS] = [const { OnceLock::new() }; OPENINGS];
static CLUSTERS: [OnceLock<View>; OPENINGS] = [const { OnceLock::new() }; OPENINGS];

/// A pizza shop that is open, on nodes on which space is short now and then.
pub(crate) fn shop(seed: u64) -> Run {
    begin(&SHOPS, seed, |chance| {
        let mut config = ClusterConfig::with_nodes(3, chance);
        for node in &mut config.nodes {
            // Seven pods of the shop fit on a node.
            node.cpu = "700m".to_owned();
        }
        let mut run = switched_on(config, seed);
        run.apply_manifests();
        if !run.engine.run_while(Span::secs(120), |world| unhealed(world).is_none()) {
            run.fail("the shop did not open");
        }
        run.engine.view()
    })
}

/// A cluster with room for all, and nothing on it.
pub(crate) fn cluster(seed: u64) -> Run {
    begin(&CLUSTERS, seed, |chance| switched_on(ClusterConfig::with_nodes(3, chance), seed).engine.view())
}

fn begin(kept: &[OnceLock<View>; OPENINGS], seed: u64, open: impl Fn(u64) -> View) -> Run {
    let chance = seed % OPENINGS as u64;
    Run::beginning_with(kept[chance as usize].get_or_init(|| open(chance)), seed)
}

fn switched_on(config: ClusterConfig, seed: u64) -> Run {
    let engine = Engine::new(config, Box::new(Inline));
    let mut run = Run { engine, seed, done: Vec::new(), laws: Laws::default() };
    if !run.engine.run_while(Span::secs(120), is_up) {
        run.fail("the cluster did not come up");
    }
    run
}
