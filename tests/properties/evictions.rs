//! An eviction never breaks a PodDisruptionBudget.
//!
//! A budget knows only evictions, so nothing else takes pods down here: no crash, no dead node, no other wish. But
//! whoever keeps the numbers may be late, cut off or stopped, several people may empty nodes at once, and the
//! replacements may not come. Whatever happens, after every instant at least as many pods are healthy as the budget
//! says. A connection is cut for less than the two minutes for which an announced eviction is believed.

use std::cell::Cell;

use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kubeloop::apiserver::{Call, DeleteOptions, Patch, Sub};
use kubeloop::engine::{Act, Fault, Way, World};
use kubeloop::object::{Key, Kind, Object, ObjectRef, Pod, is_terminating};
use kubeloop::random::Stream;
use kubeloop::time::Span;
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::Run;
use super::laws::unhealed;

const NODES: [&str; 3] = ["node-1", "node-2", "node-3"];
/// Who has a part in it.
const PARTS: [&str; 5] = [
    "controller/disruption",
    "controller/replicaset",
    "controller/deployment",
    "scheduler",
    "controller/pod-gc",
];

/// What a run of one seed came to.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) granted: Cell<u64>,
    pub(crate) refused: Cell<u64>,
}

/// How many pods there are to be, and how many of them must stay healthy.
struct Shop {
    replicas: u64,
    needed: u64,
}

/// A Deployment with a budget.
fn open(run: &mut Run, random: &mut Stream) -> Shop {
    let replicas = random.between(2, 8);
    let percent = random.below(101);
    let (spec, needed) = match random.below(4) {
        0 => (json!({"minAvailable": percent % (replicas + 1)}), percent % (replicas + 1)),
        1 => (json!({"minAvailable": format!("{percent}%")}), (replicas * percent).div_ceil(100)),
        2 => (json!({"maxUnavailable": percent % (replicas + 1)}), replicas - percent % (replicas + 1)),
        _ => {
            (json!({"maxUnavailable": format!("{percent}%")}), replicas - (replicas * percent).div_ceil(100))
        }
    };
    let policy =
        [Value::Null, json!("IfHealthyBudget"), json!("AlwaysAllow")][random.below(3) as usize].clone();
    let selector = json!({"matchLabels": {"app": "web"}});
    let mut budget = json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": "default"},
        "spec": spec,
    });
    budget["spec"]["selector"] = selector.clone();
    budget["spec"]["unhealthyPodEvictionPolicy"] = policy;
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas, "selector": selector,
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "pizza/login:1.2.3"}]},
            },
        },
    });
    for value in [deployment, budget] {
        let object = Object::from_value(value).expect("an object");
        run.act(
            format!("create {}", object.to_value()["spec"]),
            Act::Api(Call::Create { object, dry_run: false }),
        );
    }
    if !run.engine.run_while(Span::secs(120), |world| unhealed(world).is_none()) {
        run.fail("the shop did not open");
    }
    Shop { replicas, needed }
}

fn healthy(world: &World) -> u64 {
    let pods = world.list_as::<Pod>(Some("default"));
    pods.filter(|pod| pod.is_ready() && !is_terminating(&pod.metadata)).count() as u64
}

impl Shop {
    fn check(&self, run: &Run) {
        let healthy = healthy(run.engine.world());
        if healthy < self.needed {
            run.fail(&format!(
                "{healthy} pods are healthy, the budget needs {} of {}",
                self.needed, self.replicas
            ));
        }
    }

    /// Lets time pass and looks at the budget after every instant.
    fn pass(&self, run: &mut Run, span: Span) {
        let until = run.engine.now() + span;
        while run.engine.world().next_time().is_some_and(|next| next <= until) {
            run.engine.step_instant();
            self.check(run);
        }
        run.engine.run_until(until);
    }

    /// Evicts a pod if the budget has room.
    fn evict(&self, run: &mut Run, pod: &Key, tally: &Tally) {
        let call = Call::Evict { pod: pod.clone(), options: DeleteOptions::default() };
        let granted = run.act(format!("evict {}", pod.name), Act::Api(call));
        let count = if granted { &tally.granted } else { &tally.refused };
        count.set(count.get() + 1);
        self.check(run);
    }
}

fn pods(run: &Run, on: Option<&str>) -> Vec<Key> {
    let all = run.engine.world().list_as::<Pod>(Some("default"));
    let here = all.filter(|pod| on.is_none() || pod.node_name() == on);
    here.map(|pod| Key::new("default", pod.metadata.name.clone().unwrap_or_default())).collect()
}

fn cordon(run: &mut Run, node: &str, on: bool) {
    let target = ObjectRef::new(Kind::Node, Key::cluster(node));
    let patch = Patch::Merge(json!({"spec": {"unschedulable": on.then_some(true)}}));
    let call = Call::Patch { target, patch, sub: Sub::Main, dry_run: false };
    run.act(format!("{node} cordoned: {on}"), Act::Api(call));
}

/// People empty nodes while the control plane has its troubles.
pub(crate) fn empty_nodes(run: &mut Run, seed: u64, tally: &Tally) {
    let mut random = Stream::new(seed, "evictions");
    let shop = open(run, &mut random);
    for _ in 0..random.between(10, 40) {
        match random.below(10) {
            0..4 => {
                let all = pods(run, None);
                if let Some(pod) = all.get(random.below(all.len().max(1) as u64) as usize) {
                    shop.evict(run, pod, tally);
                }
            }
            4 | 5 => {
                let node = NODES[random.below(3) as usize];
                cordon(run, node, true);
                for pod in pods(run, Some(node)) {
                    shop.evict(run, &pod, tally);
                }
            }
            6 => cordon(run, NODES[random.below(3) as usize], false),
            7 => {
                let (name, start) = (PARTS[random.below(5) as usize], random.chance(2, 3));
                run.act(
                    format!("{name} runs: {start}"),
                    Act::Fault(Fault::Component { name: name.into(), start }),
                );
            }
            _ => trouble(run, &mut random, &shop),
        }
        let pause = match random.below(3) {
            0 => Span::millis(random.between(0, 20)),
            1 => Span::millis(random.between(20, 5_000)),
            _ => Span::secs(random.between(5, 60)),
        };
        shop.pass(run, pause);
    }
    mend(run, &shop);
    take_all_that_is_left(run, &shop, tally);
}

/// A connection is slow, loses messages, or is cut for a while.
fn trouble(run: &mut Run, random: &mut Stream, shop: &Shop) {
    let (a, b) = (SmolStr::from(PARTS[random.below(5) as usize]), SmolStr::new_static("apiserver"));
    let fault = match random.below(3) {
        0 => Fault::Latency { a, b, of: Span::millis(random.between(1, 3_000)) },
        1 => Fault::Drop { a, b, next: random.between(1, 5) as u32 },
        _ => {
            let way = [Way::Both, Way::To, Way::From][random.below(3) as usize];
            run.act(format!("{a} cut {way:?}"), Act::Fault(Fault::Cut { a: a.clone(), b: b.clone(), way }));
            shop.pass(run, Span::secs(random.between(1, 90)));
            Fault::Heal { a, b }
        }
    };
    run.act(format!("{fault:?}"), Act::Fault(fault));
}

fn mend(run: &mut Run, shop: &Shop) {
    for name in PARTS {
        run.act(format!("mend {name}"), Act::Fault(Fault::Component { name: name.into(), start: true }));
        let heal = Fault::Heal { a: name.into(), b: "apiserver".into() };
        run.act(format!("mend the link of {name}"), Act::Fault(heal));
    }
    for node in NODES {
        cordon(run, node, false);
    }
    let limit = run.engine.now() + Span::secs(600);
    while let Some(ill) = unhealed(run.engine.world()) {
        if run.engine.now() > limit {
            run.fail(&format!("not whole ten minutes after all was mended: {ill}"));
        }
        shop.pass(run, Span::millis(100));
    }
}

/// All evicted at once: as many go as the budget has room for, and no more.
fn take_all_that_is_left(run: &mut Run, shop: &Shop, tally: &Tally) {
    let budget = run.engine.world().get::<PodDisruptionBudget>("default", "web").cloned();
    let allowed = budget.and_then(|budget| budget.status).and_then(|status| status.disruptions_allowed);
    let room = shop.replicas - shop.needed;
    if allowed.map(i64::from) != i64::try_from(room).ok() {
        run.fail(&format!("the budget allows {allowed:?} evictions, {room} are possible"));
    }
    let before = tally.granted.get();
    for pod in pods(run, None) {
        shop.evict(run, &pod, tally);
    }
    if tally.granted.get() - before != room {
        run.fail(&format!("{} evictions were granted, {room} were possible", tally.granted.get() - before));
    }
}
