//! What comes next: whose clock runs out first, or what the thing that is under way leads to.

use k8s_openapi::api::core::v1::Service;

use super::health::{Outage, outages};
use super::lens::caretaker;
use super::pods::{last_heard, node_is_silent, unready};
use super::story::short_words;
use super::why::{lacking, paused_rollout};
use crate::client::Deafness;
use crate::controllers::node_lifecycle::health::GRACE;
use crate::engine::World;
use crate::object::{Kind, ObjectRef, Pod, Resource, labels};
use crate::time::{Span, VirtualTime};
use crate::trace::text;
use smol_str::{SmolStr, format_smolstr};

/// A clock that runs longer than this is no answer while something is being done.
const NEAR: Span = Span::secs(60);

/// A moment at which somebody will do something, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// When.
    pub at: VirtualTime,
    /// Who: a component.
    pub who: SmolStr,
    /// What it will do: `deletes pod x4h2s`.
    pub what: String,
    /// What would stop the clock: `unless node-1 is heard of`.
    pub unless: String,
}

impl Clock {
    fn new(at: VirtualTime, who: impl Into<SmolStr>, what: String) -> Self {
        Self { at, who: who.into(), what, unless: String::new() }
    }

    fn unless(self, what: String) -> Self {
        Self { unless: format!(", unless {what}"), ..self }
    }
}

/// Who waits for what: the nearest clock of something that is not as wanted. A clock that runs for minutes, such as
/// the deadline of a rollout, says little while a pod is on its way.
pub(super) fn next(world: &World) -> String {
    let clock = first_clock(world);
    let near = clock.as_ref().is_some_and(|clock| clock.at - world.now() <= NEAR);
    let paused = paused_rollout(world).filter(|_| !near && world.is_quiet());
    match (clock, on_its_way(world), paused) {
        (_, Some(coming), _) if !near => format!("Next: {coming}."),
        (.., Some(name)) => {
            format!("Next: nothing, until somebody runs kubectl rollout resume deployment/{name}.")
        }
        (Some(Clock { at, who, what, unless }), ..) => {
            format!("Next: {} {what} in {}{unless}.", text::component(&who), at - world.now())
        }
        (None, ..) if world.is_quiet() => "Next: nothing, until something changes.".to_owned(),
        (None, ..) => String::new(),
    }
}

/// The clock that all wait for: nobody does anything before it runs out.
pub fn awaited(world: &World) -> Option<Clock> {
    world.is_quiet().then(|| first_clock(world)).flatten()
}

/// Whether a clock runs that will mend what is missing, or have it mended. The deadline of a rollout only tells of it.
pub fn mends(world: &World) -> bool {
    clocks(world).any(|clock| clock.who != "controller/deployment")
}

/// Who would act on what is missing if he heard of it comes first of all.
fn first_clock(world: &World) -> Option<Clock> {
    let deaf = redials(world);
    let missed = missing(world).filter(|_| !deaf.is_empty()).and_then(|item| caretaker(world, &item));
    let of_it = deaf.into_iter().find(|clock| Some(&clock.who) == missed.as_ref());
    of_it.or_else(|| clocks(world).min_by_key(|clock| clock.at))
}

/// Something that is missing.
fn missing(world: &World) -> Option<ObjectRef> {
    let pod = || unready(world).next().map(|pod| ObjectRef::new(Kind::Pod, pod.key()));
    lacking(world).or_else(pod)
}

fn clocks(world: &World) -> impl Iterator<Item = Clock> {
    let others = alarms(world).chain(evictions(world)).chain(silences(world)).chain(probes(world));
    others.chain(redials(world))
}

/// Who does not hear of changes, and when that ends. While nobody answers, all dial in vain.
fn redials(world: &World) -> Vec<Clock> {
    let outages = outages(world);
    if matches!(outages.first(), Some(Outage::ApiServer | Outage::Etcd)) {
        return Vec::new();
    }
    let clock = |outage| {
        let Outage::Deaf(who, deaf) = outage else { return None };
        let who = if world.node(&who).is_some() { format_smolstr!("kubelet/{who}") } else { who };
        match deaf {
            Deafness::Asking => None,
            Deafness::Dials(at) => Some(Clock::new(at, who, "has no open watch and dials again".to_owned())),
            Deafness::Missed(at) => Some(Clock::new(at, who, "has missed changes and finds out".to_owned())),
        }
    };
    outages.into_iter().filter_map(clock).collect()
}

/// The alarms that loops have set about what is not as wanted.
fn alarms(world: &World) -> impl Iterator<Item = Clock> {
    world.loops().flat_map(|look| {
        // A node's own heartbeat is no news.
        let telling = look
            .unfinished()
            .filter(|waiting| waiting.item.kind != Kind::Node && !waiting.item.kind.is_background());
        let first = telling.min_by_key(|waiting| waiting.until);
        first.map(|waiting| {
            let what = format!("looks at {} again", short_words(&waiting.item));
            Clock::new(waiting.until, look.component.clone(), what)
        })
    })
}

/// Pods whose patience with their node's taints runs out.
fn evictions(world: &World) -> impl Iterator<Item = Clock> {
    const WHO: &str = "controller/taint-eviction";
    let look = world.loop_of(WHO);
    let first = look.and_then(|look| look.waiting.iter().min_by_key(|waiting| waiting.until).cloned());
    first.into_iter().map(|waiting| {
        let node = world.object(&waiting.item).and_then(Pod::of).and_then(Pod::node_name);
        let clock = Clock::new(waiting.until, WHO, format!("deletes {}", short_words(&waiting.item)));
        clock.unless(format!("{} is heard of", node.unwrap_or("its node")))
    })
}

/// Nodes that are out of reach and have not been called silent yet: when they will be.
fn silences(world: &World) -> impl Iterator<Item = Clock> {
    let out = outages(world).into_iter().filter_map(|outage| match outage {
        Outage::Dead(node) | Outage::CutOff(node) if !node_is_silent(world, &node) => Some(node),
        _ => None,
    });
    out.filter_map(|node| {
        let judged = last_heard(world, &node)? + GRACE;
        let clock = Clock::new(judged, "controller/node-lifecycle", format!("calls {node} silent"));
        (judged > world.now()).then(|| clock.unless("it is heard of".to_owned()))
    })
}

/// The probes that may change what is not as wanted.
fn probes(world: &World) -> impl Iterator<Item = Clock> {
    unready(world).filter_map(|pod| {
        let node = pod.node_name()?;
        let (kind, at) = world.machine(node)?.pods.get(&pod.key())?.probe?;
        let what = short_words(&ObjectRef::new(Kind::Pod, pod.key()));
        let what = format!("runs the {kind} probe of {what}");
        Some(Clock::new(at, format_smolstr!("kubelet/{node}"), what))
    })
}

/// What follows from the first pod that somebody works on.
fn on_its_way(world: &World) -> Option<String> {
    let at_work = |pod: &&Pod| {
        let machine = pod.node_name().and_then(|node| world.machine(node));
        machine.is_some_and(|machine| machine.pods.get(&pod.key()).is_some_and(|look| !look.doing.is_empty()))
    };
    let pod = unready(world).find(at_work)?;
    let key = pod.key();
    let service = world.list_as::<Service>(Some(&key.namespace)).find(|service| selects(service, pod));
    let what = short_words(&ObjectRef::new(Kind::Pod, key.clone()));
    Some(match service.and_then(|service| service.metadata.name.as_deref()) {
        Some(service) => format!("when {what} is ready, svc/{service} sends it requests"),
        None => format!("when its containers run, {what} is ready"),
    })
}

fn selects(service: &Service, pod: &Pod) -> bool {
    let selector = service.spec.as_ref().and_then(|spec| spec.selector.as_ref());
    selector.is_some_and(|selector| {
        !selector.is_empty()
            && selector.iter().all(|(key, value)| labels(&pod.metadata).get(key) == Some(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::Call;
    use crate::engine::driver::Inline;
    use crate::engine::{Act, ClusterConfig, Engine, Fault, Input, NodePower};
    use crate::object::Object;
    use serde_json::json;

    #[test]
    fn a_probe_that_comes_sooner_is_named_before_the_deadline_of_the_rollout() {
        let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
        assert!(engine.run_while(Span::secs(60), crate::script::is_up));
        assert_eq!(next(engine.world()), "Next: nothing, until something changes.");
        let labels = json!({"app": "web"});
        let probe =
            json!({"httpGet": {"path": "/", "port": 8080}, "initialDelaySeconds": 40, "periodSeconds": 20});
        let container = json!({"name": "web", "image": "pizza/login:1.2.3", "readinessProbe": probe});
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels}, "spec": {"containers": [container]}}},
        });
        let service = json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "shop", "namespace": "default"},
            "spec": {"selector": labels, "ports": [{"port": 80}]},
        });
        for object in [service, deployment] {
            let object = Object::from_value(object).unwrap();
            let call = Call::Create { object, dry_run: false };
            assert_eq!(engine.apply(Input::new("test", "it begins", Act::Api(call))).refused, None);
        }
        let pulls = |world: &World| unready(world).any(|pod| pod.node_name().is_some());
        assert!(engine.run_while(Span::secs(5), pulls));
        assert!(engine.run_while(Span::secs(5), |world| on_its_way(world).is_some()));
        let pulling = next(engine.world());
        assert!(pulling.ends_with("is ready, svc/shop sends it requests."), "{pulling}");
        assert!(engine.run_while(Span::secs(20), |world| probes(world).next().is_some()));
        engine.run_until(engine.now() + Span::secs(10));
        let probing = next(engine.world());
        assert!(probing.contains(" runs the readiness probe of pod "), "{probing}");
        assert!(
            alarms(engine.world()).any(|clock| clock.what.contains("Deployment")),
            "its clock runs as well"
        );
    }

    #[test]
    fn while_a_node_is_silent_the_clocks_that_judge_it_are_named() {
        let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
        assert!(engine.run_while(Span::secs(60), crate::script::is_up));
        let container = json!({"name": "web", "image": "pizza/login:1.2.3"});
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"},
            "spec": {"nodeName": "node-1", "containers": [container]},
        });
        let call = Call::Create { object: Object::from_value(pod).unwrap(), dry_run: false };
        engine.apply(Input::new("test", "it begins", Act::Api(call)));
        engine.run_until(engine.now() + Span::secs(20));
        let off = Fault::Power { node: "node-1".into(), power: NodePower::Off };
        engine.apply(Input::new("test", "the plug is pulled", Act::Fault(off)));
        engine.run_until(engine.now() + Span::secs(5));
        let unnoticed = next(engine.world());
        assert!(
            unnoticed.contains("calls node-1 silent in 4") || unnoticed.contains("calls node-1 silent in 3"),
            "{unnoticed}"
        );
        engine.run_until(engine.now() + Span::secs(70));
        let waits = next(engine.world());
        assert!(waits.contains("the taint eviction controller deletes pod web in 4m"), "{waits}");
    }
}
