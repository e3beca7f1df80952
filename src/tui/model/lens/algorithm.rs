//! The algorithm of each controller as a few lines of pseudo-code, and the line that a trip is at.
//!
//! The lines are data. Which one is current follows from the recorded phase; an act is told by the words that it
//! was recorded with, so each act line names the beginnings of the acts that it stands for.

use super::trips::Trip;
use crate::trace::Phase;

/// When a line is current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// While it observes.
    Observe,
    /// While it compares.
    Compare,
    /// While it does something whose words begin like this.
    Act(&'static [&'static str]),
    /// While it waits.
    Wait,
}

/// A line of pseudo-code and when it is current.
pub(super) type Row = (When, &'static str);

/// Where a trip stands on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineState {
    /// It has not come to it.
    Ahead,
    /// It is there.
    Here,
    /// It has passed it.
    Passed,
    /// It passed it without doing what the line says.
    Skipped,
}

/// A line of the algorithm as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The pseudo-code.
    pub text: &'static str,
    /// The actual values beside it.
    pub values: String,
    /// The same in a word: `yes`, `no`, `2 - 3 = -1`.
    pub brief: String,
    /// Where the trip stands.
    pub state: LineState,
    when: When,
}

impl Line {
    /// What a line of its kind is for.
    pub fn means(&self) -> &'static str {
        match self.when {
            When::Observe => {
                "OBSERVE: it reads its own cache, which its watches keep up to date. It does not ask the API server, so what it sees may be late."
            }
            When::Compare => {
                "COMPARE: what is wanted against what it has seen. Only the difference decides what follows; by what it was woken does not matter."
            }
            When::Act(_) => {
                "ACT: it writes to the API server and waits for the answer. It tells nobody else: whoever watches will see it."
            }
            When::Wait => {
                "WAIT: it sleeps. A change of something that it watches wakes it, or the clock that it has set."
            }
        }
    }
}

/// Whether there is an algorithm for a component.
pub fn knows_component(component: &str) -> bool {
    !super::tables::rows(component).is_empty()
}

/// The algorithm of a component, with a trip's numbers and the line that it is at.
pub fn algorithm(component: &str, trip: Option<&Trip>, at: Option<(Phase, usize)>) -> Vec<Line> {
    let rows = super::tables::rows(component);
    let current = trip.zip(at).and_then(|(trip, (phase, acts))| current(rows, trip, phase, acts));
    let line = |(index, (when, text)): (usize, &Row)| {
        let passed = current.is_some_and(|current| index < current);
        let state = match (current == Some(index), passed) {
            (true, _) => LineState::Here,
            (_, true) if matches!(when, When::Act(words) if !did(trip, words)) => LineState::Skipped,
            (_, true) => LineState::Passed,
            _ => LineState::Ahead,
        };
        let reached = matches!(state, LineState::Here | LineState::Passed | LineState::Skipped);
        let values = trip.filter(|_| reached).map(|trip| values(when, trip)).unwrap_or_default();
        let brief = trip.filter(|_| reached).map(|trip| brief(when, trip)).unwrap_or_default();
        Line { text, values, brief, state, when: *when }
    };
    rows.iter().enumerate().map(line).collect()
}

/// The lines of a component that stand for an act with these words.
pub fn lines_of_act(component: &str, words: &str) -> usize {
    let stands = |when: &When| matches!(when, When::Act(starts) if begins(words, starts));
    super::tables::rows(component).iter().filter(|(when, _)| stands(when)).count()
}

fn current(rows: &[Row], trip: &Trip, phase: Phase, acts: usize) -> Option<usize> {
    let of = |wanted: When| rows.iter().position(|(when, _)| *when == wanted);
    match phase {
        Phase::Observe => of(When::Observe),
        Phase::Compare => of(When::Compare),
        Phase::Wait => of(When::Wait),
        Phase::Act => {
            let words = trip.acts.get(acts.saturating_sub(1)).or(trip.acts.last())?;
            rows.iter().position(|(when, _)| matches!(when, When::Act(starts) if begins(words, starts)))
        }
    }
}

fn begins(words: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| words.starts_with(start))
}

fn did(trip: Option<&Trip>, starts: &[&str]) -> bool {
    trip.is_some_and(|trip| trip.acts.iter().any(|words| begins(words, starts)))
}

fn brief(when: &When, trip: &Trip) -> String {
    match when {
        When::Act(starts) => (if did(Some(trip), starts) { "yes" } else { "no" }).to_owned(),
        When::Compare => values(when, trip),
        When::Observe | When::Wait => String::new(),
    }
}

fn values(when: &When, trip: &Trip) -> String {
    match when {
        When::Observe => trip.saw.to_string(),
        When::Compare => match (trip.have.parse::<i64>(), trip.want.parse::<i64>()) {
            (Ok(have), Ok(want)) => format!("{have} - {want} = {}", have - want),
            _ if trip.want.is_empty() => trip.why.to_string(),
            _ => format!("gap {}", trip.gap),
        },
        When::Act(starts) => {
            let acts: Vec<&str> =
                trip.acts.iter().map(|words| words.as_str()).filter(|words| begins(words, starts)).collect();
            match acts.as_slice() {
                [] => "no".to_owned(),
                [one] => format!("yes: {one}"),
                [one, ..] => format!("yes, {} times: {one}", acts.len()),
            }
        }
        When::Wait => match &trip.waits {
            Some(waits) => waits.what.to_string(),
            None => String::new(),
        },
    }
}
