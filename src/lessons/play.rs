//! Playing a lesson without a learner: a solution, a near-miss, a demo, or nothing at all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ids;
use super::lesson::{Lesson, Way};
use super::session::{LessonView, Reply, Session, Sure, Trouble};
use crate::engine::Engine;
use crate::engine::driver::Inline;
use crate::expression::Expression;
use crate::manifests::nearest;
use crate::script::{Action, AnswerStep, Held, Place, Runner, ScriptError, Step};
use crate::time::{Span, VirtualTime};

/// How long a step that needs something waits for it.
const PATIENCE: Span = Span::secs(60);
/// How often is looked whether expressions find what they name.
const LOOK_EVERY: Span = Span::secs(1);

/// How a lesson is played.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// The seed; the lesson's own if none.
    pub(super) seed: Option<u64>,
    /// Whether goals of steps that are not reached are looked at from the beginning.
    pub(super) judge_all: bool,
    /// Whether questions are answered.
    pub(super) answers: bool,
    /// How long time goes on after the last step; until the lesson's time is over if nothing is said.
    pub(super) patience: Option<Span>,
}

/// A lesson that was played.
pub(super) struct Played {
    pub(super) session: Session,
    pub(super) engine: Engine,
    /// The first step that could not be done as it is written.
    pub(super) failure: Option<ScriptError>,
    /// The operands of expressions that were found at some moment.
    pub(super) found: BTreeSet<String>,
    /// What was missing at the end, where, and in which words.
    pub(super) missing: Vec<(Place, String, String)>,
    /// The goals that were met at the moment at which their step began, and those that were not.
    pub(super) met: BTreeMap<String, bool>,
}

/// Plays a solution or a near-miss from the beginning of a lesson: the lesson as it stands then, and the first step
/// that could not be done as it is written.
///
/// # Errors
/// When the lesson cannot begin.
pub fn play_way(
    lesson: &Arc<Lesson>,
    way: &Way,
    seed: Option<u64>,
) -> Result<(LessonView, Option<ScriptError>), Trouble> {
    let manner = Manner { seed, judge_all: false, answers: true, patience: Some(PATIENCE) };
    let played = play(lesson, &way.steps, manner, &|_| false)?;
    let mut view = played.session.view(played.engine.world());
    view.goals = played.session.all_goals(played.engine.world());
    Ok((view, played.failure))
}

struct Player<'a> {
    session: Session,
    engine: Engine,
    /// The end of the time that the lesson has.
    end: VirtualTime,
    patience: Option<Span>,
    found: BTreeSet<String>,
    looked: Option<VirtualTime>,
    /// Whether what is found is still looked for; nothing new comes of waiting after a near-miss.
    looks: bool,
    /// Whether goals of steps that are not reached are looked at.
    judges_all: bool,
    /// Expressions of which something was not found yet.
    wanted: Vec<(Place, &'a Expression)>,
    missing: Vec<(Place, String, String)>,
    /// Goals at the beginning of their steps, and the steps that were looked at.
    met: BTreeMap<String, bool>,
    looked_at: usize,
    /// Whether there is nothing more to learn.
    done: &'a dyn Fn(&Session) -> bool,
}

/// Plays steps in a lesson; afterwards time goes on until `done` says so or the lesson's time is over.
pub(super) fn play(
    lesson: &Arc<Lesson>,
    steps: &[Step],
    manner: Manner,
    done: &dyn Fn(&Session) -> bool,
) -> Result<Played, Trouble> {
    let explicit: BTreeSet<String> = steps.iter().filter_map(answered).cloned().collect();
    let opened = Session::open_to_play(lesson.clone(), manner.seed, Box::new(Inline), manner.judge_all);
    let (mut session, engine) = opened?;
    session.answers_itself(manner.answers, explicit);
    session.remember_also(&waited(steps));
    let end = session.start() + lesson.limit;
    let wanted = ids::expressions(lesson).into_iter().flat_map(|(place, expression)| {
        std::iter::once((place, expression)).chain(expression.inner().iter().map(move |inner| (place, inner)))
    });
    let mut player = Player {
        session,
        engine,
        end,
        patience: manner.patience,
        found: BTreeSet::new(),
        looked: None,
        looks: true,
        judges_all: manner.judge_all,
        wanted: wanted.collect(),
        missing: Vec::new(),
        met: BTreeMap::new(),
        looked_at: 0,
        done,
    };
    let failure = player.play(steps).err();
    player.look_around();
    let Player { session, engine, found, missing, met, .. } = player;
    Ok(Played { session, engine, failure, found, missing, met })
}

fn answered(step: &Step) -> Option<&String> {
    match &step.action {
        Action::Answer(answer) => Some(&answer.question),
        _ => None,
    }
}

/// The expressions that steps wait for.
fn waited(steps: &[Step]) -> Vec<Expression> {
    let waited = steps.iter().filter_map(|step| match &step.action {
        Action::Wait { until, .. } | Action::Break(until) | Action::Expect(until) => Some(until.clone()),
        _ => None,
    });
    waited.collect()
}

impl Player<'_> {
    fn play(&mut self, steps: &[Step]) -> Result<(), ScriptError> {
        self.session.observe(&mut self.engine);
        self.look_at_goals();
        for step in steps {
            // Whoever is not through by now is too late.
            if self.engine.now() >= self.end && !self.session.is_passed() {
                return Ok(());
            }
            let place = Place { line: step.line, column: step.column };
            self.step(step).map_err(|message| place.error(message))?;
            self.look_at_goals();
        }
        self.looks = !self.judges_all;
        let done = self.done;
        let end = self.patience.map_or(self.end, |patience| (self.engine.now() + patience).min(self.end));
        self.advance(end, &mut |player| player.session.is_passed() || done(&player.session));
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match &step.action {
            Action::After(span) => {
                self.advance((self.engine.now() + *span).min(self.end), &mut |_| false);
                Ok(())
            }
            Action::Wait { until, max } => self.wait(until, *max),
            Action::Break(until) => self.wait(until, self.end.since(self.engine.now())),
            Action::Expect(expression) => {
                let outcome = expression.evaluate(self.engine.world(), self.session.moments());
                match outcome.holds() {
                    true => Ok(()),
                    false => {
                        Err(format!("{} does not hold: {}", expression.source(), outcome.operands_text()))
                    }
                }
            }
            Action::Beat(_) => Ok(()),
            Action::Answer(answer) => self.answer(answer),
            Action::Docker(line) => {
                let line = self.session.fill(line, self.engine.world());
                let answer = self.session.docker(&line, self.engine.now()).map(|_| ());
                self.session.observe(&mut self.engine);
                answer
            }
            _ => self.act(step),
        }
    }

    /// Everything that a script can do to a cluster.
    fn act(&mut self, step: &Step) -> Result<(), String> {
        let Self { session, engine, .. } = self;
        let mut step = step.clone();
        if let Action::Kubectl(command) = &mut step.action {
            command.run = session.fill(&command.run, engine.world());
            // A command that only reads leaves no trace in the cluster.
            session.acted(&format!("kubectl {}", command.run), engine.now());
        }
        let steps = std::slice::from_ref(&step);
        let files = session.files().clone();
        let start = session.start();
        let runner = Runner::steps(steps, &files, engine).with_saved(files.texts().clone());
        let (report, saved) = runner.on_every_instant(|engine| session.observe(engine)).resume(start);
        session.saved(&saved);
        session.did(&step);
        session.observe(engine);
        match report.findings.iter().find(|finding| finding.held != Held::Held) {
            Some(finding) => Err(finding.detail.clone()),
            None => Ok(()),
        }
    }

    fn wait(&mut self, until: &Expression, max: Span) -> Result<(), String> {
        let limit = (self.engine.now() + max).min(self.end);
        let mut marks = None;
        let reached = self.advance(limit, &mut |player| {
            let world = player.engine.world();
            let now = (world.revision(), world.is_quiet());
            if marks == Some(now) && !until.depends().on_more() {
                return false;
            }
            marks = Some(now);
            until.evaluate(world, player.session.moments()).holds()
        });
        if reached {
            return Ok(());
        }
        let outcome = until.evaluate(self.engine.world(), self.session.moments());
        Err(format!("{} was not reached within {max}: {}", until.source(), outcome.operands_text()))
    }

    /// Answers a question, as soon as it is asked.
    fn answer(&mut self, answer: &AnswerStep) -> Result<(), String> {
        let id = &answer.question;
        let lesson = self.session.lesson().clone();
        if !lesson.questions().any(|question| question.id == *id) {
            let near = nearest(id, lesson.questions().map(|question| question.id.as_str()));
            let guess = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            return Err(format!("there is no question {id}{guess}"));
        }
        let from_one = |number: usize| {
            number.checked_sub(1).ok_or_else(|| "the numbers of answers count from 1".to_owned())
        };
        let reply = match answer {
            AnswerStep { option: Some(option), order: None, cells: None, .. } => {
                Reply::Option(from_one(*option)?)
            }
            AnswerStep { option: None, order: Some(order), cells: None, .. } => {
                Reply::Order(order.iter().map(|number| from_one(*number)).collect::<Result<_, _>>()?)
            }
            AnswerStep { option: None, order: None, cells: Some(cells), .. } => Reply::Cells(cells.clone()),
            _ => return Err("an answer is one of option, order and cells".to_owned()),
        };
        let limit = self.engine.now() + PATIENCE;
        if !self.advance(limit, &mut |player| player.session.asked(id).is_some()) {
            return Err(format!("{id} is not asked: its step was not reached within {PATIENCE}"));
        }
        self.session.answer(id, reply, Sure::Fairly, self.engine.world())?;
        self.session.observe(&mut self.engine);
        Ok(())
    }

    /// Lets time pass until something is so.
    fn advance(&mut self, limit: VirtualTime, reached: &mut dyn FnMut(&Self) -> bool) -> bool {
        loop {
            if self.looks && self.looked.is_none_or(|looked| self.engine.now().since(looked) >= LOOK_EVERY) {
                self.look_around();
            }
            if reached(self) {
                return true;
            }
            match self.engine.world().next_time() {
                Some(next) if next <= limit => {
                    self.engine.step_instant();
                    self.session.observe(&mut self.engine);
                    self.look_at_goals();
                }
                _ => {
                    self.engine.run_until(limit);
                    self.session.observe(&mut self.engine);
                    return reached(self);
                }
            }
        }
    }

    /// Notes which goals of a step are met at the moment at which it begins.
    fn look_at_goals(&mut self) {
        if self.session.step() < self.looked_at {
            return;
        }
        self.looked_at = self.session.step() + 1;
        self.met.extend(self.session.met_now(self.engine.world()));
    }

    /// Notes which operands of the lesson's expressions are found.
    fn look_around(&mut self) {
        self.looked = Some(self.engine.now());
        let (world, moments, found) = (self.engine.world(), self.session.moments(), &mut self.found);
        let missing = &mut self.missing;
        missing.clear();
        self.wanted.retain(|(place, expression)| {
            let mut whole = true;
            for (source, value) in expression.evaluate(world, moments).operands {
                match value {
                    Ok(_) => drop(found.insert(source)),
                    Err(reason) => {
                        whole = false;
                        missing.push((*place, source, reason));
                    }
                }
            }
            !whole
        });
    }
}
