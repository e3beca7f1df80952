//! Chaos with a budget: so many random faults, one after the other, each mended before the next.
//!
//! Chaos engineering asks "does it heal?", not "can everything be broken at once?". So there is a budget: a number of
//! faults, and never more than one lasting one at a time. What does not heal by itself (a node without power, a cut
//! link, a stopped controller, a failing probe) is mended after half the interval, and only then the next fault comes.
//! A budget that is used up leaves a cluster that is whole or on its way there.
//!
//! The draw depends on the run's seed and on the instant at which it began, and every fault is an [`Input`] in the
//! journal: the same session replays to the same end.
//!
//! Left out: wishes are never changed (no scaling, no editing), etcd never loses data, and the API server is not
//! stopped: then nothing would heal, which is a lesson of its own.

use smol_str::{SmolStr, format_smolstr};

use crate::apiserver::{Call, DeleteOptions};
use crate::engine::{Act, Fault, Input, NodePower, Way, World};
use crate::node::NodeCommand;
use crate::object::{Key, Kind, ObjectRef, Pod, Resource, is_terminating};
use crate::random::Stream;
use crate::time::{Span, VirtualTime};

/// Components that may be stopped for a while.
const COMPONENTS: &[&str] =
    &["scheduler", "controller/deployment", "controller/replicaset", "controller/endpointslice"];
/// How slow a slow link is, one way.
const SLOW: Span = Span::millis(500);

/// Random faults to come.
#[derive(Clone, Debug)]
pub struct Chaos {
    stream: Stream,
    left: u32,
    every: Span,
    next: VirtualTime,
    /// What mends the last fault, if it lasts.
    mend: Option<Input>,
}

/// A fault, and what mends it if it does not heal by itself.
struct Mishap {
    fault: Input,
    mend: Option<Input>,
}

impl Chaos {
    /// `budget` faults, the first one at once and then one `every` so often.
    pub fn new(seed: u64, now: VirtualTime, budget: u32, every: Span) -> Self {
        let stream = Stream::new(seed, &format!("chaos at {}", now.micros()));
        Self { stream, left: budget, every, next: now, mend: None }
    }

    /// Nothing more is broken; what is broken is mended at the next occasion.
    pub fn end(&mut self) {
        self.left = 0;
    }

    /// Faults that are still to come.
    pub fn left(&self) -> u32 {
        self.left
    }

    /// Whether the budget is used up and everything is mended.
    pub fn is_over(&self) -> bool {
        self.left == 0 && self.mend.is_none()
    }

    /// When it wants to do something next.
    pub fn next_time(&self) -> Option<VirtualTime> {
        (!self.is_over()).then_some(self.next)
    }

    /// What is to be done at this instant, if anything.
    pub fn due(&mut self, world: &World) -> Option<Input> {
        if self.is_over() || world.now() < self.next {
            return None;
        }
        let half = Span::micros(self.every.as_micros() / 2).max(Span::millis(1));
        if let Some(mend) = self.mend.take() {
            self.next = world.now() + half;
            return Some(mend);
        }
        let Some(mishap) = self.draw(world) else {
            // Nothing is there that could break: perhaps later.
            self.next = world.now() + self.every;
            return None;
        };
        self.left -= 1;
        self.next = world.now() + if mishap.mend.is_some() { half } else { self.every };
        self.mend = mishap.mend;
        Some(mishap.fault)
    }

    /// First the kind of thing, then which one: many pods do not make the other faults rare.
    fn draw(&mut self, world: &World) -> Option<Mishap> {
        let pods: Vec<(Key, SmolStr)> = world
            .list(Kind::Pod, None)
            .filter_map(Pod::of)
            .filter(|pod| pod.phase() == "Running" && !is_terminating(&pod.metadata))
            .filter_map(|pod| Some((pod.key(), pod.node.clone()?)))
            .collect();
        let nodes: Vec<SmolStr> = world
            .nodes()
            .filter(|state| state.powered() && !state.cut_off)
            .map(|state| state.name.clone())
            .collect();
        let pod = pick(&mut self.stream, &pods).cloned();
        let node = pick(&mut self.stream, &nodes).cloned();
        let component = pick(&mut self.stream, COMPONENTS).copied();
        let pod = pod.filter(|(_, node)| nodes.contains(node));
        let mut able: Vec<Mishap> = Vec::new();
        if let Some((key, node)) = &pod {
            able.extend(of_pod(key, node));
        }
        able.extend(node.iter().flat_map(of_node));
        let runs = |name: &&str| world.components().iter().any(|state| state.name == **name && state.running);
        able.extend(component.filter(|name| runs(name)).map(of_component));
        let chosen = usize::try_from(self.stream.below(able.len() as u64)).ok()?;
        (chosen < able.len()).then(|| able.swap_remove(chosen))
    }
}

fn pick<'a, T>(stream: &mut Stream, all: &'a [T]) -> Option<&'a T> {
    all.get(usize::try_from(stream.below(all.len() as u64)).ok()?)
}

fn input(title: impl Into<SmolStr>, act: Act) -> Input {
    Input::new("chaos", title, act)
}

fn of_pod(pod: &Key, node: &SmolStr) -> Vec<Mishap> {
    let name = &pod.name;
    let on_node =
        |title: SmolStr, command| input(title, Act::Fault(Fault::OnNode { node: node.clone(), command }));
    let exit = |code| NodeCommand::ExitContainer { pod: pod.clone(), container: None, code };
    let probe = |fail| NodeCommand::Probe { pod: pod.clone(), kind: "readiness".into(), fail };
    let target = ObjectRef::new(Kind::Pod, pod.clone());
    let delete = Call::Delete { target, options: DeleteOptions::default() };
    let alone = |fault| Mishap { fault, mend: None };
    vec![
        alone(input(format_smolstr!("chaos deleted pod {name}"), Act::Api(delete))),
        alone(on_node(format_smolstr!("chaos killed the container of pod {name}"), exit(137))),
        alone(on_node(format_smolstr!("the container of pod {name} crashed"), exit(1))),
        alone(on_node(
            format_smolstr!("pod {name} ran out of memory"),
            NodeCommand::OomKill { pod: pod.clone(), container: None },
        )),
        Mishap {
            fault: on_node(format_smolstr!("the readiness probe of pod {name} began to fail"), probe(true)),
            mend: Some(on_node(
                format_smolstr!("the readiness probe of pod {name} passes again"),
                probe(false),
            )),
        },
    ]
}

fn of_node(node: &SmolStr) -> Vec<Mishap> {
    let act = |title: SmolStr, fault| input(title, Act::Fault(fault));
    let power = |power| Fault::Power { node: node.clone(), power };
    let command = |command| Fault::OnNode { node: node.clone(), command };
    let (a, b) = (node.clone(), SmolStr::new_static("apiserver"));
    vec![
        Mishap { fault: act(format_smolstr!("{node} reboots"), power(NodePower::Reboot)), mend: None },
        Mishap {
            fault: act(format_smolstr!("{node} lost power"), power(NodePower::Off)),
            mend: Some(act(format_smolstr!("{node} has power again"), power(NodePower::On))),
        },
        Mishap {
            fault: act(format_smolstr!("the kubelet of {node} stopped"), command(NodeCommand::StopKubelet)),
            mend: Some(act(
                format_smolstr!("the kubelet of {node} started"),
                command(NodeCommand::StartKubelet),
            )),
        },
        Mishap {
            fault: act(
                format_smolstr!("the network between {node} and the API server was cut"),
                Fault::Cut { a: a.clone(), b: b.clone(), way: Way::Both },
            ),
            mend: Some(act(
                format_smolstr!("the network between {node} and the API server is whole again"),
                Fault::Heal { a: a.clone(), b: b.clone() },
            )),
        },
        Mishap {
            fault: act(
                format_smolstr!("the network between {node} and the API server is slow"),
                Fault::Latency { a: a.clone(), b: b.clone(), of: SLOW },
            ),
            mend: Some(act(
                format_smolstr!("the network between {node} and the API server is quick again"),
                Fault::Latency { a, b, of: Span::ZERO },
            )),
        },
    ]
}

fn of_component(name: &'static str) -> Mishap {
    let words = crate::trace::text::component(name);
    let act = |title: SmolStr, start| input(title, Act::Fault(Fault::Component { name: name.into(), start }));
    Mishap {
        fault: act(format_smolstr!("{words} stopped"), false),
        mend: Some(act(format_smolstr!("{words} started"), true)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::driver::Inline;
    use crate::engine::{ClusterConfig, Engine};
    use crate::expression::facts::is_settled;
    use crate::manifests::{parse, send};

    const SHOP: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: nginx}]}
";

    /// Lets chaos have its way; the titles of what it did, and the cluster afterwards.
    fn storm(seed: u64, budget: u32) -> (Vec<SmolStr>, Engine) {
        let config = ClusterConfig { seed, ..ClusterConfig::default() };
        let mut engine = Engine::new(config, Box::new(Inline));
        let mut story = None;
        for document in parse("shop.yaml", SHOP).expect("it is well-formed") {
            engine.run_while(Span::secs(30), crate::script::is_up);
            send::send(&mut engine, &document, "file", "shop.yaml", &mut story).expect("it is applied");
        }
        engine.run_until(engine.now() + Span::secs(30));
        let mut chaos = Chaos::new(seed, engine.now(), budget, Span::secs(20));
        let mut done = Vec::new();
        while let Some(at) = chaos.next_time() {
            engine.run_until(at);
            if let Some(input) = chaos.due(engine.world()) {
                done.push(input.title.clone());
                let applied = engine.apply(input);
                assert!(applied.refused.is_none(), "{:?}: {:?}", done.last(), applied.refused);
            }
        }
        (done, engine)
    }

    #[test]
    fn a_storm_ends_and_the_cluster_heals() {
        for seed in 1..=8 {
            let (done, mut engine) = storm(seed, 6);
            assert!(done.len() >= 6, "{done:?}");
            let began = engine.now();
            engine.run_while(Span::secs(900), is_settled);
            assert!(is_settled(engine.world()), "seed {seed}: not whole 15 min after {began}: {done:?}");
        }
    }

    #[test]
    fn the_same_seed_is_the_same_storm() {
        assert_eq!(storm(3, 5).0, storm(3, 5).0);
        assert_ne!(storm(3, 5).0, storm(4, 5).0);
    }

    #[test]
    fn what_lasts_is_mended_before_the_next_fault() {
        for seed in 1..=8 {
            let (_, engine) = storm(seed, 10);
            let world = engine.world();
            assert!(world.nodes().all(|node| !node.cut_off), "seed {seed}");
            assert!(world.components().iter().all(|state| state.running), "seed {seed}");
        }
    }
}
