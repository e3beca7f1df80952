//! What one would type for a deed, so that keys and menus teach the command line.

use smol_str::SmolStr;

use crate::apiserver::Call;
use crate::engine::{Act, EtcdAct, Fault, Input, Way};
use crate::node::{ImageFault, NodeCommand};
use crate::object::Key;

/// Something that is done by key, with the line that does the same.
pub fn by_key(title: impl Into<SmolStr>, act: Act) -> Input {
    let line = typed(&act).unwrap_or_default();
    Input::new("key", title, act).typed(line)
}

/// The line that does the same, if there is one: `kubectl delete pod x4h2s`, `break node node-1 power-off`.
pub fn typed(act: &Act) -> Option<String> {
    match act {
        Act::Api(Call::Delete { target, .. }) => {
            let namespace = match target.key.namespace.as_str() {
                "" | "default" => String::new(),
                other => format!(" -n {other}"),
            };
            Some(format!("kubectl delete {} {}{namespace}", target.kind.info().singular, target.key.name))
        }
        // What was there before is at hand, but in no file.
        Act::Api(Call::Update { dry_run: false, .. }) => Some("kubectl replace -f -".to_owned()),
        Act::Api(Call::Create { dry_run: false, .. }) => Some("kubectl create -f -".to_owned()),
        Act::Fault(Fault::OnNode { node, command }) => on_node(node, command),
        Act::Fault(fault) => broken(fault),
        Act::AddNode(spec) => Some(format!("node add {}", spec.name)),
        Act::RemoveNode(name) => Some(format!("node remove {name}")),
        Act::Traffic { service, per_second } => {
            let service = service.strip_prefix("default/").unwrap_or(service);
            Some(format!("traffic {service} {per_second}"))
        }
        Act::Api(_) => None,
    }
}

fn on_node(node: &str, command: &NodeCommand) -> Option<String> {
    // The words after `break` are about pods of the usual namespace.
    let usual = |pod: &Key| (pod.namespace == "default").then(|| pod.name.clone());
    Some(match command {
        NodeCommand::ExitContainer { pod, container: None, code } => {
            format!("break container-exit {} {code}", usual(pod)?)
        }
        NodeCommand::OomKill { pod, container: None } => format!("break oom-kill {}", usual(pod)?),
        NodeCommand::Probe { pod, kind, fail } => {
            format!("break probe {} {kind} {}", usual(pod)?, if *fail { "fail" } else { "pass" })
        }
        NodeCommand::SlowStart { pod, by } => format!("break slow-start {} {by}", usual(pod)?),
        NodeCommand::StopKubelet => format!("break node {node} stop-kubelet"),
        NodeCommand::StartKubelet => format!("break node {node} start-kubelet"),
        _ => return None,
    })
}

fn broken(fault: &Fault) -> Option<String> {
    Some(match fault {
        Fault::Power { node, power } => format!("break node {node} {}", power.verb()),
        Fault::Cut { a, b, way: Way::Both } => format!("break cut {a} {b}"),
        Fault::Heal { a, b } => format!("break heal {a} {b}"),
        Fault::Latency { a, b, of } => format!("break latency {a} {b} {of}"),
        Fault::Drop { a, b, next } => format!("break drop {a} {b} {next}"),
        Fault::Component { name, start } => {
            format!("break component {name} {}", if *start { "start" } else { "stop" })
        }
        Fault::Etcd(act) => {
            let verb = match act {
                EtcdAct::Snapshot => "snapshot",
                EtcdAct::LoseData => "lose-data",
                EtcdAct::Restore => "restore",
                EtcdAct::Compact => "compact",
            };
            format!("break component etcd {verb}")
        }
        Fault::Image { image, fault: ImageFault::NotFound } => format!("break image {image} not-found"),
        Fault::Image { image, fault: ImageFault::Found } => format!("break image {image} found"),
        Fault::Cut { .. } | Fault::Image { .. } | Fault::OnNode { .. } => return None,
    })
}
