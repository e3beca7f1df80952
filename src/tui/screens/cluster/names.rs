//! Short names and strips: the same cells wherever a loop or a node is drawn.

use crate::trace::Phase;

/// A loop's name in at most eight cells.
pub(in crate::tui) fn short_loop(name: &str) -> &str {
    match name {
        "deployment" => "dep-ctl",
        "replicaset" => "rs-ctl",
        "daemonset" => "ds-ctl",
        "endpointslice" => "endpts",
        "endpoints" => "ep-ctl",
        "node-lifecycle" => "node-ctl",
        "taint-eviction" => "evictor",
        "garbage-collector" => "gc",
        "namespace" => "ns-ctl",
        "serviceaccount" => "sa-ctl",
        "root-ca-publisher" => "ca-ctl",
        "disruption" => "pdb-ctl",
        "scheduler" => "sched",
        other => other,
    }
}

/// `n1` for `node-1`: the narrow drawing of a node's name.
pub(in crate::tui) fn short_node(name: &str) -> String {
    match name.rsplit_once('-') {
        Some((first, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            first.chars().take(1).chain(number.chars()).collect()
        }
        _ => name.chars().take(6).collect(),
    }
}

/// ` o  c [A] w `: the four phases, the one that runs in brackets; twelve cells, and it survives without colour.
pub(in crate::tui) fn strip(phase: Phase) -> String {
    [(Phase::Observe, 'o'), (Phase::Compare, 'c'), (Phase::Act, 'a'), (Phase::Wait, 'w')]
        .map(|(each, letter)| match each == phase {
            true => format!("[{}]", letter.to_ascii_uppercase()),
            false => format!(" {letter} "),
        })
        .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_are_twelve_cells_and_all_differ() {
        let strips = [Phase::Observe, Phase::Compare, Phase::Act, Phase::Wait].map(strip);
        assert!(strips.iter().all(|strip| strip.chars().count() == 12));
        assert!(strips.iter().enumerate().all(|(index, strip)| !strips[index + 1..].contains(strip)));
    }

    #[test]
    fn nodes_are_short_by_their_number() {
        assert_eq!(short_node("node-1"), "n1");
        assert_eq!(short_node("control"), "contro");
    }
}
