//! What is wrong with a deed before it is done: a slip of a name, a fault that hits nothing.

use crate::engine::{Act, Fault, World};
use crate::manifests::nearest;
use crate::node::NodeCommand;
use crate::object::Key;

/// Why nothing would come of a deed, as far as one can see it from here.
pub(super) fn refusal(world: &World, act: &Act) -> Option<String> {
    match act {
        Act::AddNode(spec) if world.node_names().contains(&spec.name) => {
            Some(format!("there is a node {} already", spec.name))
        }
        Act::RemoveNode(name) => no_node(world, name),
        Act::Fault(Fault::Power { node, .. }) => no_node(world, node),
        Act::Fault(Fault::OnNode {
            node,
            command: NodeCommand::ExitContainer { pod, .. } | NodeCommand::OomKill { pod, .. },
        }) => not_running(world, node, pod),
        _ => None,
    }
}

fn no_node(world: &World, name: &str) -> Option<String> {
    let names = world.node_names();
    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    if names.contains(&name) {
        return None;
    }
    Some(match nearest(name, names.iter().copied()) {
        Some(near) => format!("there is no node {name}; did you mean {near}?"),
        None => format!("there is no node {name}; there are {}", names.join(", ")),
    })
}

/// A container that does not run can neither exit nor be killed.
fn not_running(world: &World, node: &str, pod: &Key) -> Option<String> {
    let machine = world.machine(node);
    let look = machine.as_ref().and_then(|machine| machine.pods.get(pod));
    let runs = look.is_some_and(|pod| pod.containers.iter().any(|container| container.state == "running"));
    (!runs).then(|| format!("no container of pod {} runs now", pod.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::driver::Inline;
    use crate::engine::{ClusterConfig, Engine, NodePower, NodeSpec};

    #[test]
    fn slips_are_told_before_anything_is_done() {
        let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
        assert!(engine.run_while(crate::time::Span::secs(60), crate::script::is_up));
        let exit = NodeCommand::ExitContainer { pod: Key::new("default", "web"), container: None, code: 1 };
        for (act, words) in [
            (Act::RemoveNode("nod-2".into()), "did you mean node-2?"),
            (Act::RemoveNode("worker".into()), "there are node-1, node-2, node-3"),
            (Act::AddNode(NodeSpec::new("node-1")), "already"),
            (Act::Fault(Fault::Power { node: "node-9".into(), power: NodePower::Off }), "no node node-9"),
            (
                Act::Fault(Fault::OnNode { node: "node-1".into(), command: exit }),
                "no container of pod web runs",
            ),
        ] {
            let told = refusal(engine.world(), &act);
            assert!(told.as_ref().is_some_and(|told| told.contains(words)), "{act:?}: {told:?}");
        }
        assert_eq!(refusal(engine.world(), &Act::RemoveNode("node-3".into())), None);
        assert_eq!(refusal(engine.world(), &Act::AddNode(NodeSpec::new("node-4"))), None);
    }
}
