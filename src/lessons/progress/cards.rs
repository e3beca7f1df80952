//! The cards: what the lessons that were passed leave one with, and what the answers show of one's beliefs.

use super::{Belief, Progress, profile};
use crate::lessons::Catalog;
use crate::lessons::catalog::Misconception;
use crate::lessons::session::Sure;

/// The beliefs that questions exposed, and the cards of the lessons that were passed, in lines. With words, the cards
/// of all lessons that have them.
pub fn cards(catalog: &Catalog, progress: &Progress, words: &str) -> Vec<String> {
    let is_index = words.trim().is_empty();
    let found = catalog.search(words);
    let shown = found.iter().filter(|lesson| !is_index || progress.is_passed(&lesson.id));
    let cards: Vec<String> = shown.map(|lesson| catalog.card(lesson)).collect();
    let mut lines = if is_index { beliefs(catalog, progress) } else { Vec::new() };
    lines.push(match is_index {
        true => format!("CARDS   {} of {} lessons passed", cards.len(), found.len()),
        false => format!("CARDS WITH \"{}\"", words.trim()),
    });
    for card in &cards {
        lines.push(String::new());
        lines.extend(
            card.lines()
                .map(|line| if line.starts_with("- ") { format!("  {line}") } else { line.to_owned() }),
        );
    }
    if cards.is_empty() {
        lines.push(
            if is_index { "A lesson that you pass leaves its card here." } else { "There are none." }
                .to_owned(),
        );
    }
    lines
}

/// What is believed still, then what was given up.
fn beliefs(catalog: &Catalog, progress: &Progress) -> Vec<String> {
    let profile = profile(progress);
    let met: Vec<(&Misconception, &Belief)> =
        catalog.misconceptions().iter().filter_map(|known| Some((known, profile.get(&known.id)?))).collect();
    let mut lines = vec!["WHAT YOUR ANSWERS SHOW".to_owned()];
    if met.is_empty() {
        lines.push(
            "Nothing yet: each prediction of a lesson is about something that many people believe."
                .to_owned(),
        );
    }
    for (known, belief) in met.iter().filter(|(_, belief)| belief.holds) {
        lines.push(format!("  still believed  {}", known.belief));
        lines.push(format!("                  {}", answers(belief)));
        lines.push(format!("                  What shows it: {}", known.exposed));
        lines.push(format!("                  Lessons: {}", lessons(catalog, &known.id)));
    }
    for (known, belief) in met.iter().filter(|(_, belief)| !belief.holds && belief.held > 0) {
        lines.push(format!("  given up        {}", known.belief));
        lines.push(format!("                  {}", answers(belief)));
    }
    let never = met.iter().filter(|(_, belief)| belief.held == 0).count();
    if never > 0 {
        lines.push(format!("  never believed  {never} more that you were asked about"));
    }
    lines.push(String::new());
    lines
}

/// `chosen 2 of 3 times, at most certain`.
fn answers(belief: &Belief) -> String {
    let sure = match belief.sure {
        Some(Sure::Guess) => ", as a guess",
        Some(Sure::Fairly) => ", fairly sure",
        Some(Sure::Certain) => ", and certain of it",
        None => "",
    };
    let times = if belief.met == 1 { "time" } else { "times" };
    format!("Chosen {} of {} {times}{sure}.", belief.held, belief.met)
}

/// The numbers of the lessons that expose a belief.
fn lessons(catalog: &Catalog, id: &str) -> String {
    let all = catalog.lessons().iter().filter(|lesson| lesson.busts.iter().any(|busts| busts.name == id));
    all.map(|lesson| lesson.number()).collect::<Vec<_>>().join(", ")
}
