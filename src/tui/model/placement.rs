//! Why a pod is where it is: the scheduler's table, node by node.

use crate::engine::World;
use crate::object::ObjectRef;

/// The table of the scheduler's last attempt for a pod; nothing for anything else.
pub fn placement(world: &World, pod: &ObjectRef) -> Vec<String> {
    let Some(explanation) = world.loop_of("scheduler").and_then(|look| look.explanations.get(pod).cloned())
    else {
        return Vec::new();
    };
    let mut lines = vec![String::new(), format!("What the scheduler weighed at {}:", explanation.at)];
    for node in &explanation.nodes {
        let verdict = match &node.rejected {
            Some(rejection) => format!("{}: {}", rejection.plugin, rejection.reasons.join(", ")),
            None if node.scores.is_empty() => "fits".to_owned(),
            None => {
                let scores: Vec<String> =
                    node.scores.iter().map(|score| format!("{} {}", score.plugin, score.weighted)).collect();
                format!("{} points ({})", node.total, scores.join(", "))
            }
        };
        let chosen = if explanation.chosen.as_ref() == Some(&node.node) { "*" } else { " " };
        lines.push(format!(" {chosen} {:<10} {verdict}", node.node));
    }
    lines.push(format!("  {}", explanation.message));
    lines
}
