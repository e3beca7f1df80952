//! The strip of a loop's phases: the same cells wherever a loop is drawn.

use crate::trace::Phase;

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
}
