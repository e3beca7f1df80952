//! From what a step says to what the engine does.

use k8s_openapi::api::core::v1::Container;
use smol_str::{SmolStr, format_smolstr};

use super::step::{FaultStep, PodFault};
use crate::engine::{Act, EtcdAct, Fault, NodePower, World};
use crate::node::{ImageFault, NodeCommand};
use crate::object::selector::Selector;
use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource, labels};
use crate::time::Span;
use crate::trace::text::component;

/// The greatest exit code that a program can have.
const CODE_MAX: i32 = 255;
/// The kinds of probes.
const PROBES: [&str; 3] = ["readiness", "liveness", "startup"];

/// The objects that a selector or name means: the first `count` by name. A name of an object hits that one.
pub(super) fn select(
    world: &World,
    kind: Kind,
    namespace: &str,
    target: &str,
    count: usize,
) -> Result<Vec<ObjectRef>, String> {
    let namespace = if kind.is_namespaced() { namespace } else { "" };
    let named = ObjectRef::new(kind, Key::new(namespace, target));
    if world.object(&named).is_some() {
        return Ok(vec![named]);
    }
    let word = kind.info().singular;
    if !target.contains(['=', '!', ',', ' ']) {
        return Err(format!("{word} \"{target}\" does not exist"));
    }
    let selector = Selector::parse(target)?;
    let matching = world.list(kind, Some(namespace)).filter(|object| selector.matches(labels(object.meta())));
    let mut found: Vec<ObjectRef> =
        matching.filter(|object| is_target(object)).map(Object::reference).collect();
    found.truncate(count);
    match found.is_empty() {
        true => Err(format!("no {word} matches \"{target}\"")),
        false => Ok(found),
    }
}

/// A pod that is finished or ending is no target: what was meant is one that lives.
fn is_target(object: &Object) -> bool {
    Pod::of(object).is_none_or(Pod::is_active)
}

/// What a fault comes to on a pod that it hits.
type OnPod = Box<dyn Fn(Key, Option<SmolStr>) -> (SmolStr, NodeCommand)>;

/// A fault as far as it is known without a cluster.
pub(super) enum Plan<'a> {
    OnPods(&'a PodFault, OnPod),
    Whole(SmolStr, Fault),
}

/// The acts of a fault with their titles.
pub(super) fn acts(step: &FaultStep, world: &World) -> Result<Vec<(SmolStr, Act)>, String> {
    match plan(step)? {
        Plan::OnPods(fault, act) => on_pods(world, fault, &act),
        Plan::Whole(title, fault) => Ok(vec![(title, Act::Fault(fault))]),
    }
}

/// What a fault says to do; on what, a cluster will tell.
pub(super) fn plan(step: &FaultStep) -> Result<Plan<'_>, String> {
    let verb = step.verb.as_deref();
    if let Some(fault) = &step.container_exit {
        let code = fault.code.unwrap_or(1);
        if !(0..=CODE_MAX).contains(&code) {
            return Err(format!("code: a program exits with 0 to {CODE_MAX}, not {code}"));
        }
        return on_pod(fault, move |pod, container| {
            (
                format_smolstr!("container of pod {} exits with code {code}", pod.name),
                NodeCommand::ExitContainer { pod, container, code },
            )
        });
    }
    if let Some(fault) = &step.oom_kill {
        return on_pod(fault, |pod, container| {
            (
                format_smolstr!("container of pod {} runs out of memory", pod.name),
                NodeCommand::OomKill { pod, container },
            )
        });
    }
    if let Some(fault) = &step.probe {
        let fail = one_of(verb.or(Some("fail")), &["fail", "pass"])? == "fail";
        let kind = SmolStr::from(one_of(fault.kind.as_deref(), &PROBES)?);
        return on_pod(fault, move |pod, _| {
            let title =
                format_smolstr!("{kind} probe of pod {} {}", pod.name, if fail { "fails" } else { "passes" });
            (title, NodeCommand::Probe { pod, kind: kind.clone(), fail })
        });
    }
    if let Some(fault) = &step.slow_start {
        let by = Span::parse(fault.by.as_deref().unwrap_or("30s"))?;
        return on_pod(fault, move |pod, _| {
            (format_smolstr!("pod {} starts {by} slower", pod.name), NodeCommand::SlowStart { pod, by })
        });
    }
    other_fault(step, verb).map(|(title, fault)| Plan::Whole(title, fault))
}

fn on_pod(
    fault: &PodFault,
    act: impl Fn(Key, Option<SmolStr>) -> (SmolStr, NodeCommand) + 'static,
) -> Result<Plan<'_>, String> {
    match fault.count {
        Some(0) => Err("count: must be 1 or more".to_owned()),
        _ => Ok(Plan::OnPods(fault, Box::new(act))),
    }
}

fn other_fault(step: &FaultStep, verb: Option<&str>) -> Result<(SmolStr, Fault), String> {
    let link = |ends: &[String; 2]| (SmolStr::from(ends[0].as_str()), SmolStr::from(ends[1].as_str()));
    if let Some(image) = &step.image {
        let fault = match one_of(verb.or(Some("not-found")), &["not-found", "found"])? {
            "found" => ImageFault::Found,
            _ => ImageFault::NotFound,
        };
        let title = format_smolstr!("image {image} {}", verb.unwrap_or("not-found"));
        return Ok((title, Fault::Image { image: image.as_str().into(), fault }));
    }
    if let Some(node) = &step.node {
        return node_fault(node, verb);
    }
    if let Some(ends) = &step.cut {
        let (a, b) = link(ends);
        let title = format_smolstr!("the link between {} and {} is cut", component(&a), component(&b));
        return Ok((title, Fault::Cut { a, b, way: step.way.unwrap_or_default() }));
    }
    if let Some(ends) = &step.heal {
        let (a, b) = link(ends);
        return Ok((
            format_smolstr!("the link between {} and {} is whole again", component(&a), component(&b)),
            Fault::Heal { a, b },
        ));
    }
    if let Some(ends) = &step.latency {
        let (a, b) = link(ends);
        let of = Span::parse(step.of.as_deref().ok_or("latency needs `of`, such as of: 200ms")?)?;
        return Ok((
            format_smolstr!("messages between {} and {} take {of} longer", component(&a), component(&b)),
            Fault::Latency { a, b, of },
        ));
    }
    if let Some(ends) = &step.drop {
        let (a, b) = link(ends);
        let next = step.next.unwrap_or(1);
        return Ok((
            format_smolstr!("the next {next} messages from {} to {} are lost", component(&a), component(&b)),
            Fault::Drop { a, b, next },
        ));
    }
    match &step.component {
        Some(name) => component_fault(name, verb),
        None => Err("a fault needs one of container-exit, oom-kill, probe, image, slow-start, node, cut, heal, latency, drop, component".to_owned()),
    }
}

fn node_fault(node: &str, verb: Option<&str>) -> Result<(SmolStr, Fault), String> {
    let verb = one_of(verb, &["power-off", "power-on", "reboot", "stop-kubelet", "start-kubelet"])?;
    let name = SmolStr::from(node);
    let power = |power| Fault::Power { node: name.clone(), power };
    let command = |command| Fault::OnNode { node: name.clone(), command };
    Ok(match verb {
        "power-off" => (format_smolstr!("{node} loses power"), power(NodePower::Off)),
        "power-on" => (format_smolstr!("{node} has power again"), power(NodePower::On)),
        "reboot" => (format_smolstr!("{node} reboots"), power(NodePower::Reboot)),
        "stop-kubelet" => (format_smolstr!("the kubelet of {node} stops"), command(NodeCommand::StopKubelet)),
        _ => (format_smolstr!("the kubelet of {node} starts"), command(NodeCommand::StartKubelet)),
    })
}

fn component_fault(name: &str, verb: Option<&str>) -> Result<(SmolStr, Fault), String> {
    if name == "etcd" {
        let act = match one_of(verb, &["stop", "start", "snapshot", "lose-data", "restore", "compact"])? {
            "snapshot" => Some(("a snapshot of etcd is taken", EtcdAct::Snapshot)),
            "lose-data" => Some(("etcd loses its data", EtcdAct::LoseData)),
            "restore" => Some(("etcd is restored from its snapshot", EtcdAct::Restore)),
            "compact" => Some(("etcd forgets its history", EtcdAct::Compact)),
            _ => None,
        };
        if let Some((title, act)) = act {
            return Ok((title.into(), Fault::Etcd(act)));
        }
    }
    let start = one_of(verb, &["stop", "start"])? == "start";
    let title = format_smolstr!("{} {}", component(name), if start { "starts" } else { "stops" });
    Ok((title, Fault::Component { name: name.into(), start }))
}

fn on_pods(world: &World, fault: &PodFault, act: &OnPod) -> Result<Vec<(SmolStr, Act)>, String> {
    let namespace = fault.namespace.as_deref().unwrap_or("default");
    let pods = select(world, Kind::Pod, namespace, &fault.pod, fault.count.unwrap_or(1))?;
    let container = fault.container.as_deref().map(SmolStr::from);
    let on = |target: ObjectRef| {
        let pod = world.object(&target).and_then(Pod::of);
        let pod = pod.ok_or_else(|| format!("pod \"{}\" does not exist", target.key.name))?;
        let node = pod.node.clone().ok_or_else(|| format!("pod {} is on no node yet", target.key.name))?;
        fits(pod, fault)?;
        let (title, command) = act(target.key, container.clone());
        Ok((title, Act::Fault(Fault::OnNode { node, command })))
    };
    pods.into_iter().map(on).collect()
}

/// Whether a pod has the container and the probe that a fault is about.
fn fits(pod: &Pod, fault: &PodFault) -> Result<(), String> {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let all = || pod.spec.init_containers.iter().flatten().chain(&pod.spec.containers);
    if let Some(container) = &fault.container
        && all().all(|spec| spec.name != *container)
    {
        let names: Vec<&str> = all().map(|spec| spec.name.as_str()).collect();
        return Err(format!("pod {name} has no container \"{container}\"; it has {}", names.join(", ")));
    }
    let Some(kind) = &fault.kind else { return Ok(()) };
    let has = |spec: &Container| match kind.as_str() {
        "readiness" => spec.readiness_probe.is_some(),
        "liveness" => spec.liveness_probe.is_some(),
        _ => spec.startup_probe.is_some(),
    };
    match all().any(has) {
        true => Ok(()),
        false => Err(format!("pod {name} has no {kind} probe")),
    }
}

fn one_of<'a>(word: Option<&'a str>, known: &[&'static str]) -> Result<&'a str, String> {
    match word {
        Some(word) if known.contains(&word) => Ok(word),
        Some(word) => Err(format!("\"{word}\" is not one of {}", known.join(", "))),
        None => Err(format!("say what to do: one of {}", known.join(", "))),
    }
}
