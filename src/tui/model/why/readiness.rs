//! What an object still waits for until it is ready.

use k8s_openapi::api::core::v1::{ContainerStatus, Node, Service};
use smol_str::SmolStr;

use super::origin::{killed, last};
use super::{Evidence, Finding};
use crate::engine::World;
use crate::object::{Kind, ObjectRef, Pod, Resource, conditions, is_terminating, labels, owner};
use crate::time::VirtualTime;
use crate::trace::{Data, Event};
use crate::tui::glyphs::PodState;
use crate::tui::model::pods::{last_heard, node_is_silent, pod_state};
use crate::tui::model::traffic::{Failure, RECENT, failures};

/// Reasons for failed requests that are told.
const REASONS: usize = 4;

/// Whether something is missing at an object.
pub(super) fn is_open(world: &World, object: &ObjectRef) -> bool {
    let is_over = |failure: &Failure| world.now() - failure.last > RECENT;
    not_ready(world, object).findings.iter().any(|finding| match finding {
        Finding::Ready(_) => false,
        Finding::RequestsFailed(failure) => !is_over(failure),
        _ => true,
    })
}

/// Why it is not ready, or that it is.
pub(super) fn not_ready(world: &World, object: &ObjectRef) -> Evidence {
    let evidence = match object.kind {
        Kind::Pod => pod(world, object),
        Kind::Node => node(world, object),
        Kind::Service => service(world, object),
        _ => workload(world, object),
    };
    let mut evidence = match evidence.findings.is_empty() {
        true => Evidence { findings: vec![Finding::Ready(object.clone())], event: None },
        false => evidence,
    };
    evidence.findings.extend(failed_requests(world, object));
    evidence
}

/// Why requests to a Service failed lately.
fn failed_requests(world: &World, object: &ObjectRef) -> Vec<Finding> {
    let look = world.traffic().filter(|_| object.kind == Kind::Service);
    let traffic = look.as_ref().and_then(|look| look.services.get(&object.key));
    let all = traffic.map(|traffic| failures(world, traffic, REASONS)).unwrap_or_default();
    all.into_iter().map(Finding::RequestsFailed).collect()
}

fn pod(world: &World, object: &ObjectRef) -> Evidence {
    let Some(pod) = world.object(object).and_then(Pod::of).filter(|pod| !is_terminating(&pod.metadata))
    else {
        // Who is to go, or is gone, gets no requests any more.
        let ended = killed(world, object);
        let is_harmed = !ended.findings.iter().any(|finding| matches!(finding, Finding::Unharmed(_)));
        return if is_harmed { ended } else { Evidence::default() };
    };
    if pod.is_finished()
        || (pod.is_ready() && !pod.node_name().is_some_and(|node| node_is_silent(world, node)))
    {
        return Evidence::default();
    }
    let Some(node) = pod.node_name() else { return unplaced(world, object, pod) };
    let mut findings = Vec::new();
    if node_is_silent(world, node) {
        findings.push(silent(world, node));
    }
    let machine = world.machine(node);
    let look = machine.as_ref().and_then(|machine| machine.pods.get(&object.key));
    for status in pod.status.container_statuses.iter().flatten() {
        let until = look
            .and_then(|look| look.containers.iter().find(|container| container.name == status.name.as_str()))
            .and_then(|container| container.back_off_until);
        findings.extend(container(status, until));
    }
    let probe = last(world, object, |data| matches!(data, Data::Probe { changed: true, .. }));
    let turned = last(world, object, |data| {
        matches!(data, Data::Probe { changed: true, .. } | Data::Container { .. })
            || matches!(data, Data::Write { detail, .. } if detail == "not ready" || detail.starts_with("node "))
    });
    if findings.is_empty() || all_run(pod) {
        findings.extend(probe.as_deref().and_then(failing));
    }
    if let Some(doing) = look.map(|look| look.doing.clone()).filter(|doing| !doing.is_empty()) {
        findings.push(Finding::UnderWay { node: node.into(), doing });
    }
    if findings.is_empty() {
        let ready = pod.condition("Ready");
        findings.extend(ready.map(|ready| Finding::Condition {
            name: "Ready".into(),
            status: ready.status.as_str().into(),
            reason: text(ready.reason.as_ref()),
            message: text(ready.message.as_ref()),
        }));
    }
    Evidence { findings, event: turned.map(|event| event.id) }
}

fn text(text: Option<&String>) -> SmolStr {
    text.map(|text| SmolStr::from(text.as_str())).unwrap_or_default()
}

fn all_run(pod: &Pod) -> bool {
    let mut statuses = pod.status.container_statuses.iter().flatten().peekable();
    statuses.peek().is_some()
        && statuses.all(|status| status.state.as_ref().is_some_and(|state| state.running.is_some()))
}

fn failing(event: &Event) -> Option<Finding> {
    match &event.data {
        Data::Probe { container, passed: false, output, .. } => {
            Some(Finding::ProbeFails { container: container.clone(), output: output.clone() })
        }
        _ => None,
    }
}

fn container(status: &ContainerStatus, until: Option<VirtualTime>) -> Option<Finding> {
    let name = SmolStr::from(status.name.as_str());
    let state = status.state.as_ref()?;
    if let Some(waiting) = &state.waiting {
        return Some(Finding::ContainerWaits {
            container: name,
            reason: text(waiting.reason.as_ref()),
            message: text(waiting.message.as_ref()),
            until,
        });
    }
    if let Some(ended) = &state.terminated {
        let reason = text(ended.reason.as_ref());
        return Some(Finding::Exited { container: name, code: ended.exit_code, reason, until, root: None });
    }
    (!status.ready).then(|| Finding::ProbeFails { container: name, output: SmolStr::default() })
}

/// A pod without a node: what the scheduler said, or that there is no scheduler.
fn unplaced(world: &World, object: &ObjectRef, pod: &Pod) -> Evidence {
    let look = world.loop_of("scheduler");
    let mut findings = Vec::new();
    if look.is_none() {
        findings.push(Finding::Stopped("scheduler".into()));
    }
    let explained = look.as_ref().and_then(|look| look.explanations.get(object));
    let message = explained.map(|explanation| explanation.message.clone()).or_else(|| {
        pod.condition("PodScheduled").and_then(|condition| condition.message.as_deref().map(SmolStr::from))
    });
    let message = message.unwrap_or_else(|| "nobody has looked for one yet".into());
    findings.push(Finding::NoNode { message });
    let looked = last(world, object, |data| matches!(data, Data::Compare { .. } | Data::Write { .. }));
    Evidence { findings, event: looked.map(|event| event.id) }
}

/// That a kubelet's node is silent, if the control plane has noticed.
pub(super) fn silence(world: &World, kubelet: &str) -> Option<Finding> {
    let node = kubelet.strip_prefix("kubelet/")?;
    node_is_silent(world, node).then(|| silent(world, node))
}

fn silent(world: &World, node: &str) -> Finding {
    let since = last_heard(world, node).map(|heard| world.now().since(heard));
    Finding::NodeSilent { node: node.into(), since }
}

fn node(world: &World, object: &ObjectRef) -> Evidence {
    let Some(node) = world.object(object).and_then(Node::of) else { return Evidence::default() };
    let list = node.status.as_ref().and_then(|status| status.conditions.as_ref());
    let Some(ready) = conditions::get(list, "Ready") else { return Evidence::default() };
    if ready.status == "True" {
        return Evidence::default();
    }
    let condition = Finding::Condition {
        name: "Ready".into(),
        status: ready.status.as_str().into(),
        reason: text(ready.reason.as_ref()),
        message: text(ready.message.as_ref()),
    };
    let marked = last(world, object, |data| {
        matches!(data, Data::Compare { gap, .. } if gap != "=") || matches!(data, Data::Node { .. })
    });
    Evidence {
        findings: vec![silent(world, &object.key.name), condition],
        event: marked.map(|event| event.id),
    }
}

fn service(world: &World, object: &ObjectRef) -> Evidence {
    let Some(service) = world.object(object).and_then(Service::of) else { return Evidence::default() };
    let selector = service.spec.as_ref().and_then(|spec| spec.selector.clone()).unwrap_or_default();
    let matches = |pod: &&Pod| {
        pod.is_active()
            && !selector.is_empty()
            && selector.iter().all(|(key, value)| labels(&pod.metadata).get(key) == Some(value))
    };
    let pods: Vec<&Pod> = world.list_as::<Pod>(Some(&object.key.namespace)).filter(matches).collect();
    too_few(world, object, &pods, pods.len().max(usize::from(!selector.is_empty())))
}

fn workload(world: &World, object: &ObjectRef) -> Evidence {
    let Some(found) = world.object(object) else { return Evidence::default() };
    let value = found.to_value();
    let Some(want) = value.pointer("/spec/replicas").and_then(serde_json::Value::as_u64) else {
        return Evidence::default();
    };
    let uid = found.meta().uid.clone().unwrap_or_default();
    let owned = |owner: Option<&crate::object::OwnerReference>, uid: &str| {
        owner.is_some_and(|owner| owner.uid == uid)
    };
    let sets: Vec<String> = world
        .list(Kind::ReplicaSet, None)
        .filter(|set| owned(owner::controller(set.meta()), &uid))
        .filter_map(|set| set.meta().uid.clone())
        .collect();
    let mine = |pod: &&Pod| {
        let owner = owner::controller(&pod.metadata);
        pod.is_active() && (owned(owner, &uid) || sets.iter().any(|set| owned(owner, set)))
    };
    let pods: Vec<&Pod> = world.list_as::<Pod>(None).filter(mine).collect();
    let missing = too_few(world, object, &pods, usize::try_from(want).unwrap_or(usize::MAX));
    if !missing.findings.is_empty() {
        return missing;
    }
    // As many as wanted, but a new version may be stuck while the old one serves.
    let below = world.list(Kind::ReplicaSet, None).filter(|set| owned(owner::controller(set.meta()), &uid));
    let stuck = below.map(|set| workload(world, &set.reference()));
    stuck.into_iter().find(|evidence| !evidence.findings.is_empty()).unwrap_or_default()
}

/// Fewer ready pods than wanted: how many, and what the first of the others waits for.
fn too_few(world: &World, object: &ObjectRef, pods: &[&Pod], want: usize) -> Evidence {
    let is_ready = |pod: &&&Pod| pod_state(world, pod).0 == PodState::Ready;
    let ready = pods.iter().filter(is_ready).count();
    if ready >= want {
        return Evidence::default();
    }
    let mut findings = vec![Finding::TooFew { object: object.clone(), ready, want }];
    let first = pods.iter().find(|pod| !is_ready(pod));
    let below = first.map(|first| pod(world, &ObjectRef::new(Kind::Pod, Resource::key(*first))));
    let event = below.as_ref().and_then(|below| below.event);
    findings.extend(below.into_iter().flat_map(|below| below.findings));
    let made = || last(world, object, |data| matches!(data, Data::Compare { .. }));
    Evidence { findings, event: event.or_else(|| made().map(|event| event.id)) }
}
