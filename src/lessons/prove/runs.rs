//! Everything that is played on one seed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::engine::World;
use crate::lessons::lesson::{Lesson, Way};
use crate::lessons::play::{Manner, Played, play};
use crate::lessons::session::{GoalState, Session, Standing, Tracker, Trouble, Truth};
use crate::script::{Place, ScriptError, Step};
use crate::time::{Span, VirtualTime};

/// How long nothing is done, if the lesson does not end before.
const IDLE: Span = Span::secs(15 * 60);

/// What was played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Which {
    /// Nothing: time goes by.
    Idle,
    /// A solution, by its place in the file.
    Solution(usize),
    /// A near-miss.
    NearMiss(usize),
    /// A presenter's script.
    Demo(usize),
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) truth: Option<Truth>,
    pub(super) early: bool,
    pub(super) late: bool,
}

/// What came of playing.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) passed: bool,
    /// How each goal stood at the end: whether it was reached, and its value in words.
    pub(super) goals: BTreeMap<String, (bool, String)>,
    /// The questions that were asked.
    pub(super) questions: BTreeMap<String, Judged>,
    pub(super) failure: Option<ScriptError>,
    pub(super) troubles: Vec<String>,
    pub(super) found: BTreeSet<String>,
    pub(super) missing: Vec<(Place, String, String)>,
    /// How long each step took that was passed.
    pub(super) took: Vec<Span>,
    /// The goals that were met at the moment at which their step began, and those that were not.
    pub(super) met: BTreeMap<String, bool>,
}

/// Everything that was played on one seed.
#[derive(Clone, Debug)]
pub struct Runs {
    pub(super) seed: u64,
    pub(super) runs: Vec<(Which, Result<Facts, Trouble>)>,
}

impl Runs {
    /// Plays a lesson on the n-th seed, from 0: the first one is the lesson's own. Everything is played: nothing at
    /// all, the solutions, the near-misses, the demos.
    pub fn of(lesson: &Arc<Lesson>, number: u64) -> Self {
        let own = lesson.world.config(&lesson.images, None).seed;
        let seed = own.wrapping_add(number);
        let ways = |ways: &[Way], which: fn(usize) -> Which| -> Vec<(Which, Vec<Step>)> {
            ways.iter().enumerate().map(|(index, way)| (which(index), way.steps.clone())).collect()
        };
        let near: Vec<Way> = lesson.near_misses.iter().map(|(way, _)| way.clone()).collect();
        // Whether doing nothing passes does not depend on luck.
        let mut all = if number == 0 { vec![(Which::Idle, Vec::new())] } else { Vec::new() };
        all.extend(ways(&lesson.solutions, Which::Solution));
        all.extend(ways(&near, Which::NearMiss));
        all.extend(ways(&lesson.demos, Which::Demo));
        let runs = all.into_iter().map(|(which, steps)| (which, run(lesson, which, &steps, seed)));
        Self { seed, runs: runs.collect() }
    }
}

fn run(lesson: &Arc<Lesson>, which: Which, steps: &[Step], seed: u64) -> Result<Facts, Trouble> {
    let judge_all = matches!(which, Which::Idle | Which::NearMiss(_));
    let patience = match which {
        Which::Idle => Some(IDLE),
        Which::Demo(_) => Some(Span::ZERO),
        // Whoever only waits must not pass by it either.
        Which::Solution(_) | Which::NearMiss(_) => None,
    };
    let manner = Manner { seed: Some(seed), judge_all, answers: true, patience };
    let expected = match which {
        Which::NearMiss(index) => lesson.near_misses.get(index).map(|(_, expect)| expect.name.as_str()),
        _ => None,
    };
    // A goal that is missed stays missed, so nothing more is to be learnt.
    let done = |session: &Session| expected.is_some_and(|goal| is_missed(session, goal));
    Ok(facts(play(lesson, steps, manner, &done)?))
}

fn is_missed(session: &Session, goal: &str) -> bool {
    goals(session).any(|(known, tracker)| known == goal && tracker.standing() == Standing::Missed)
}

fn goals(session: &Session) -> impl Iterator<Item = (&str, &Tracker)> {
    let steps = session.lesson().steps.iter().enumerate();
    steps.flat_map(|(index, step)| {
        step.checks.iter().zip(session.goals(index)).map(|(check, tracker)| (check.goal.as_str(), tracker))
    })
}

fn facts(played: Played) -> Facts {
    let Played { session, engine, failure, found, missing, met } = played;
    Facts {
        passed: session.is_passed(),
        goals: values(&session, engine.world()),
        questions: session
            .lesson()
            .questions()
            .filter_map(|question| Some((question, session.asked(&question.id)?)))
            .map(|(question, asked)| {
                let truth = asked.verdict().map(|verdict| verdict.truth.clone());
                let (early, late) = (asked.is_revealed_early(), asked.is_revealed_late());
                (question.id.clone(), Judged { truth, early, late })
            })
            .collect(),
        failure,
        troubles: session.troubles().to_vec(),
        found,
        missing,
        took: spans(session.steps_began()),
        met,
    }
}

fn spans(began: &[VirtualTime]) -> Vec<Span> {
    began.windows(2).map(|pair| pair[1].since(pair[0])).collect()
}

/// How each goal stands, with its value in words.
fn values(session: &Session, world: &World) -> BTreeMap<String, (bool, String)> {
    let views = session.all_goals(world);
    let value = |view: crate::lessons::session::GoalView| {
        let reached = matches!(view.state, GoalState::Done | GoalState::Kept);
        let text = match view.missed {
            Some(missed) => format!("missed at {:.1} s: {}", missed.t, missed.text),
            None => view.current,
        };
        (view.goal, (reached, text))
    };
    views.into_iter().map(value).collect()
}
