//! The signs with what they mean, for the help and for the free room beside the nodes.

use super::glyphs::{Glyphs, PodState, Sign};

/// The states of pods in lines of at most so many cells: `◌ waiting  ◔ starting  ◒ not ready`.
pub(super) fn states(glyphs: Glyphs, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for state in PodState::all() {
        let words = format!("{} {}", glyphs.state(state), state.word());
        match lines.last_mut() {
            Some(line) if line.chars().count() + 2 + words.chars().count() <= width => {
                line.push_str("  ");
                line.push_str(&words);
            }
            _ => lines.push(words),
        }
    }
    lines
}

/// Every sign in a line of its own.
pub(super) fn lines(glyphs: Glyphs) -> Vec<String> {
    let sign = |sign| glyphs.sign(sign);
    let mut lines: Vec<String> = PodState::all()
        .map(|state| sign_line(glyphs.state(state), &format!("pod: {}", state.word())))
        .collect();
    lines.extend([
        sign_line("=", "gap: there is what is wanted"),
        sign_line("-1", "gap: one is missing, and nobody acts"),
        sign_line("-1~", "gap: one is missing, and it is on its way: nobody needs to ask for a second one"),
        sign_line("+1", "gap: there is one too many"),
        sign_line("+", "in front of a row: wanted, on its way"),
        sign_line("-", "in front of a row: not wanted any more, on its way out"),
        sign_line("o c a w", "a loop: observe, compare, act, wait; where it is stands in brackets: [W]"),
        sign_line(sign(Sign::Comet), "wire: a message on its way"),
        sign_line(sign(Sign::Watch), "wire: a watch; the API server tells what changes"),
        sign_line(sign(Sign::Cut), "wire: a link that is cut"),
        sign_line(sign(Sign::AllOk), "traffic: all requests of this second were answered"),
        sign_line(sign(Sign::SomeFailed), "traffic: some failed"),
        sign_line(sign(Sign::AllFailed), "traffic: all failed"),
    ]);
    lines
}

fn sign_line(sign: &str, meaning: &str) -> String {
    format!("sign {sign:<8} {meaning}")
}

/// Whether a line of the legend answers what somebody asks about.
pub(super) fn is_about(line: &str, topic: &str) -> bool {
    matches!(topic, "sign" | "signs" | "legend") || line.to_lowercase().contains(topic)
}
