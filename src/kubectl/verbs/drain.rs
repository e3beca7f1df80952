//! `kubectl drain`: cordons nodes and evicts their pods, one request for each, again and again where a
//! disruption budget forbids it.

use std::collections::BTreeMap;

use super::cordon::{self, Nodes};
use super::{Look, Verb};
use crate::apiserver::{Call, DeleteOptions, Filter};
use crate::kubectl::cluster::Ask;
use crate::kubectl::grammar::duration;
use crate::kubectl::kinds;
use crate::kubectl::output::Fault;
use crate::kubectl::running::{Context, Step, Task};
use crate::object::selector::Selector;
use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource, is_terminating, owner};
use crate::time::{Span, VirtualTime};

/// How long kubectl waits before it tries an eviction again.
const RETRY: Span = Span::secs(5);

/// Drain node in preparation for maintenance
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  drain node-3 --ignore-daemonsets
  drain node-3 --ignore-daemonsets --force  also pods that nobody replaces")]
pub struct Drain {
    #[command(flatten)]
    nodes: Nodes,
    /// Ignore DaemonSet-managed pods
    #[arg(long)]
    ignore_daemonsets: bool,
    /// Continue even if there are pods that do not declare a controller
    #[arg(long)]
    force: bool,
    /// Continue even if there are pods using emptyDir (local data that will be deleted when the node is drained)
    #[arg(long)]
    delete_emptydir_data: bool,
    /// Force drain to use delete, even if eviction is supported. This will bypass checking PodDisruptionBudgets
    #[arg(long)]
    disable_eviction: bool,
    /// Period of time in seconds given to each pod to terminate gracefully; -1 is its own period
    #[arg(long, default_value_t = -1, allow_negative_numbers = true, value_name = "SECONDS")]
    grace_period: i64,
    /// The length of time to wait before giving up, zero means infinite
    #[arg(long, value_parser = duration, default_value = "0s")]
    timeout: Span,
    /// Label selector to filter pods on the node
    #[arg(long, value_name = "SELECTOR")]
    pod_selector: Option<String>,
}

impl Verb for Drain {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let nodes = self.nodes.read("drain", cx)?;
        for node in &nodes {
            cordon::set(node, true, cx)?;
        }
        let until = (self.timeout != Span::ZERO).then(|| cx.cluster.now() + self.timeout);
        let draining = Draining {
            drain: *self,
            left: nodes.iter().map(Object::reference).collect(),
            evictions: None,
            failed: Vec::new(),
            until,
        };
        Box::new(draining).poll(cx)
    }

    fn preview(&self, look: &Look<'_>) -> String {
        match self.nodes.names(look) {
            Err(why) => why,
            Ok(names) => format!(
                "will keep new pods away from {names} and evict those there; what has a controller comes back elsewhere"
            ),
        }
    }
}

/// A pod that is to go.
struct Eviction {
    pod: Key,
    uid: Option<String>,
    state: State,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// It is tried, or tried again, from this instant on.
    Due(VirtualTime),
    /// The pod is asked to go, and still there.
    Going,
}

/// Nodes that are emptied, one after the other.
struct Draining {
    drain: Drain,
    left: Vec<ObjectRef>,
    /// The pods of the first node, once they were looked up.
    evictions: Option<Vec<Eviction>>,
    failed: Vec<(ObjectRef, String)>,
    until: Option<VirtualTime>,
}

impl Task for Draining {
    fn poll(mut self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        while let Some(node) = self.left.first().cloned() {
            let evictions = match self.evictions.take() {
                Some(evictions) => Ok(evictions),
                None => self.drain.begin(&node, cx),
            };
            let outcome = evictions.and_then(|mut evictions| {
                self.drain.go_on(&mut evictions, cx)?;
                match self.until {
                    Some(until) if cx.cluster.now() >= until && !evictions.is_empty() => {
                        Err(format!("global timeout reached: {}", go_duration(self.drain.timeout)))
                    }
                    _ => Ok(evictions),
                }
            });
            match outcome {
                Ok(evictions) if evictions.is_empty() => {
                    cx.out.line(format!("{} drained", kinds::label(&node)))
                }
                Ok(evictions) => {
                    let due = evictions.iter().filter_map(|eviction| match eviction.state {
                        State::Due(at) => Some(at),
                        State::Going => None,
                    });
                    let next = due.chain(self.until).min();
                    self.evictions = Some(evictions);
                    return Ok(Step::Wait(self, next));
                }
                Err(why) => {
                    let name = &node.key.name;
                    cx.out.error(format!(
                        "error: unable to drain node \"{name}\" due to error: {why}, continuing command..."
                    ));
                    self.failed.push((node, why));
                }
            }
            self.left.remove(0);
        }
        self.end(cx)
    }
}

impl Draining {
    fn end(&self, cx: &mut Context<'_>) -> Result<Step, Fault> {
        if self.failed.is_empty() {
            return Ok(Step::Done);
        }
        cx.out.error("There are pending nodes to be drained:");
        self.failed.iter().for_each(|(node, _)| cx.out.error(format!(" {}", node.key.name)));
        Err(Fault::Plain(self.failed.iter().map(|(_, why)| why.clone()).collect::<Vec<_>>().join("\n")))
    }
}

/// `30s`, `1m30s`, as Go prints a duration.
fn go_duration(span: Span) -> String {
    let (minutes, seconds) = (span.as_secs() / 60, span.as_secs() % 60);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

impl Drain {
    /// The pods of a node that have to go. Pods that may not go are an error, and then none goes.
    fn begin(&self, node: &ObjectRef, cx: &mut Context<'_>) -> Result<Vec<Eviction>, String> {
        let labels = Selector::parse(self.pod_selector.as_deref().unwrap_or(""))?;
        let filter = Filter { labels, ..Filter::of_node(&node.key.name) };
        let found = cx.cluster.list(Kind::Pod, filter).map_err(|status| Fault::from(status).entry())?;
        let (mut errors, mut warnings) = (BTreeMap::new(), BTreeMap::new());
        let mut evictions = Vec::new();
        for pod in found.iter().filter_map(Pod::of) {
            let key = Key::of(&pod.metadata);
            match self.judge(pod) {
                Verdict::Go => {}
                Verdict::Stay(warning) => {
                    warnings.entry(warning).or_insert_with(Vec::new).push(key.to_string());
                    continue;
                }
                Verdict::GoWith(warning) => {
                    warnings.entry(warning).or_insert_with(Vec::new).push(key.to_string())
                }
                Verdict::Refuse(error) => {
                    errors.entry(error).or_insert_with(Vec::new).push(key.to_string());
                    continue;
                }
            }
            let state =
                if is_terminating(&pod.metadata) { State::Going } else { State::Due(cx.cluster.now()) };
            evictions.push(Eviction { pod: key, uid: pod.metadata.uid.clone(), state });
        }
        let texts = |found: &BTreeMap<&str, Vec<String>>, start: &str| {
            let all = found.iter().map(|(what, pods)| format!("{start}{what}: {}", pods.join(", ")));
            all.collect::<Vec<_>>()
        };
        if !errors.is_empty() {
            return Err(texts(&errors, "cannot delete ").join(", "));
        }
        if !warnings.is_empty() {
            cx.out.error(format!("Warning: {}", texts(&warnings, "").join("; ")));
        }
        Ok(evictions)
    }

    fn judge(&self, pod: &Pod) -> Verdict {
        let has_empty_dir = pod.spec.volumes.iter().flatten().any(|volume| volume.empty_dir.is_some());
        match owner::controller(&pod.metadata).map(|owner| owner.kind.as_str()) {
            // A finished pod of a DaemonSet may go.
            Some("DaemonSet") if !pod.is_finished() => match self.ignore_daemonsets {
                true => Verdict::Stay("ignoring DaemonSet-managed Pods"),
                false => Verdict::Refuse("DaemonSet-managed Pods (use --ignore-daemonsets to ignore)"),
            },
            _ if has_empty_dir && !pod.is_finished() && !self.delete_emptydir_data => {
                Verdict::Refuse("Pods with local storage (use --delete-emptydir-data to override)")
            }
            None if !pod.is_finished() => match self.force {
                true => Verdict::GoWith("deleting Pods that declare no controller"),
                false => {
                    Verdict::Refuse("cannot delete Pods that declare no controller (use --force to override)")
                }
            },
            _ if has_empty_dir && !pod.is_finished() => Verdict::GoWith("deleting Pods with local storage"),
            _ => Verdict::Go,
        }
    }

    /// Tries what is due, and looks which pods are gone.
    fn go_on(&self, evictions: &mut Vec<Eviction>, cx: &mut Context<'_>) -> Result<(), String> {
        let now = cx.cluster.now();
        let mut left = Vec::new();
        for mut eviction in std::mem::take(evictions) {
            if matches!(eviction.state, State::Due(at) if at <= now) && !self.evict(&mut eviction, cx)? {
                continue;
            }
            if eviction.state == State::Going && is_gone(&eviction, cx)? {
                let did = if self.disable_eviction { "deleted" } else { "evicted" };
                cx.out.line(format!("pod/{} {did}", eviction.pod.name));
                continue;
            }
            left.push(eviction);
        }
        *evictions = left;
        Ok(())
    }

    /// Asks once for an eviction. Returns false if there is nothing left to be evicted.
    fn evict(&self, eviction: &mut Eviction, cx: &mut Context<'_>) -> Result<bool, String> {
        let Key { namespace, name } = eviction.pod.clone();
        cx.out.line(format!("evicting pod {namespace}/{name}"));
        let grace_period_secs = (self.grace_period >= 0).then_some(self.grace_period);
        let options = DeleteOptions { grace_period_secs, ..DeleteOptions::default() };
        let target = ObjectRef::new(Kind::Pod, eviction.pod.clone());
        let call = match self.disable_eviction {
            true => Call::Delete { target, options },
            false => Call::Evict { pod: eviction.pod.clone(), options },
        };
        let again = State::Due(cx.cluster.now() + RETRY);
        match cx.write(call) {
            Ok(_) => eviction.state = State::Going,
            Err(fault) if fault.is_not_found() => return Ok(false),
            Err(Fault::Refused(status)) if status.code == 429 => {
                cx.out.error(format!(
                    "error when evicting pods/\"{name}\" -n \"{namespace}\" (will retry after 5s): {}",
                    status.message
                ));
                eviction.state = again;
            }
            Err(Fault::Refused(status))
                if status.causes.iter().any(|cause| cause.reason == "NamespaceTerminating") =>
            {
                cx.out.error(format!(
                    "error when evicting pod \"{name}\" from terminating namespace \"{namespace}\" (will retry after \
                     5s): {}",
                    status.message
                ));
                eviction.state = again;
            }
            Err(Fault::Refused(status)) if status.code != 0 => {
                return Err(format!(
                    "error when evicting pods/\"{name}\" -n \"{namespace}\": {}",
                    status.message
                ));
            }
            Err(fault) => return Err(fault.entry()),
        }
        Ok(true)
    }
}

fn is_gone(eviction: &Eviction, cx: &Context<'_>) -> Result<bool, String> {
    let target = ObjectRef::new(Kind::Pod, eviction.pod.clone());
    let found = cx.cluster.find(&target).map_err(|status| Fault::from(status).entry())?;
    Ok(found.is_none_or(|object| object.meta().uid != eviction.uid))
}

enum Verdict {
    Go,
    GoWith(&'static str),
    Stay(&'static str),
    Refuse(&'static str),
}
