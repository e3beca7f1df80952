//! A scene that is played: the steps of a beat one after the other, on a cluster whose time goes by for the room.
//!
//! Where a beat begins is a stop. The clock stands a microsecond behind it, so that everything that is done from there
//! on, by the scene or by the presenter, comes after the stop, and a rewind to it leaves nothing of that behind.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::clock::Came;
use super::session::Session;
use crate::expression::facts::is_settled;
use crate::expression::{Breakpoints, Expression, Moments};
use crate::manifests::Files;
use crate::scenes::Scene;
use crate::script::{Action, Held, Runner, Step};
use crate::time::{Span, VirtualTime};
use crate::tui::pace::{Mode, Pace};

/// How long a cluster may take to come up.
const BOOT: Span = Span::secs(120);
/// What stands between a stop and what is done there.
const BEHIND: Span = Span::micros(1);
/// How quickly a wait goes by in follow mode while all is well.
const THROUGH: &str = "20x";
/// How long a `break` is waited for.
const BREAK: Span = Span::secs(3600);

/// Where a beat begins.
#[derive(Clone)]
struct Stop {
    at: VirtualTime,
    /// The inputs until then.
    inputs: usize,
    /// The manifests as they were saved.
    saved: BTreeMap<String, String>,
}

/// What is waited for.
struct Waiting {
    breaks: Breakpoints,
    until: VirtualTime,
    words: String,
}

/// A beat that is played.
struct Playing {
    steps: VecDeque<Step>,
    waiting: Option<Waiting>,
    /// The inputs that the scene itself made; others are the presenter's.
    inputs: usize,
    /// Whether its end is to be reached at once.
    at_once: bool,
}

/// A scene on a cluster.
pub(super) struct SceneRun {
    pub(super) scene: Arc<Scene>,
    files: Arc<dyn Files + Send + Sync>,
    /// Where each beat began, up to the present one.
    stops: Vec<Stop>,
    saved: BTreeMap<String, String>,
    playing: Option<Playing>,
}

/// How far a scene came.
pub(super) enum Progress {
    /// No beat is played.
    Still,
    /// It goes on; whether anything moved.
    On(bool),
    /// The beat is over; what was asked came out like this.
    Arrived(Option<Result<usize, String>>),
    /// The presenter did something of their own.
    Left,
    /// Something did not come as the scene says.
    Failed(String),
}

impl SceneRun {
    /// Sets the stage on a cluster that was just switched on.
    ///
    /// # Errors
    /// A step that sets the stage did not go as it is written.
    pub(super) fn begin(
        scene: Arc<Scene>,
        files: Arc<dyn Files + Send + Sync>,
        session: &mut Session,
    ) -> anyhow::Result<Self> {
        session.engine.run_while(BOOT, crate::script::is_up);
        let mut run = Self { scene, files, stops: Vec::new(), saved: BTreeMap::new(), playing: None };
        let prelude = run.scene.prelude.clone();
        run.act(&prelude, session).map_err(anyhow::Error::msg)?;
        run.stop(session);
        Ok(run)
    }

    /// The manifests as the scene saved them, by file name.
    pub(super) fn texts(&self) -> BTreeMap<String, String> {
        let name = |path: &String| match path.rsplit('/').next() {
            Some(name) if name.contains('.') => name.to_owned(),
            _ => "scene.yaml".to_owned(),
        };
        self.saved.iter().map(|(path, text)| (name(path), text.clone())).collect()
    }

    /// Which beat is the present one.
    pub(super) fn beat(&self) -> usize {
        self.stops.len().saturating_sub(1)
    }

    /// Begins to play the present beat; one that is played already is played to its end at once.
    pub(super) fn play(&mut self, session: &Session) {
        if let Some(playing) = &mut self.playing {
            playing.at_once = true;
            return;
        }
        let Some(beat) = self.scene.beats.get(self.beat()) else { return };
        self.playing = Some(Playing {
            steps: beat.steps.clone().into(),
            waiting: None,
            inputs: inputs(session),
            at_once: false,
        });
    }

    /// Whether the end of the beat is to be reached at once, or there is something to do at this instant.
    pub(super) fn is_hurried(&self) -> bool {
        self.playing.as_ref().is_some_and(|playing| playing.at_once || playing.waiting.is_none())
    }

    /// Whether the cluster is no longer as the scene left it.
    pub(super) fn is_left(&self, session: &Session) -> bool {
        self.playing.is_none()
            && self
                .stops
                .last()
                .is_some_and(|stop| session.engine.now() > stop.at + BEHIND || inputs(session) != stop.inputs)
    }

    /// The moment to which the scene goes back: where this beat began, or the one before if it has not been played.
    pub(super) fn back(&mut self, session: &Session) -> VirtualTime {
        let untouched = self.playing.is_none() && !self.is_left(session);
        if untouched && self.stops.len() > 1 {
            self.stops.pop();
        }
        self.playing = None;
        self.stops.last().map_or(VirtualTime::ZERO, |stop| {
            self.saved.clone_from(&stop.saved);
            stop.at
        })
    }

    /// The cluster is back at the present stop.
    pub(super) fn went_back(&mut self, session: &mut Session) {
        let behind = session.engine.now() + BEHIND;
        session.engine.run_until(behind);
        if let Some(stop) = self.stops.last_mut() {
            stop.inputs = session.engine.inputs();
        }
    }

    /// Lets the beat go on.
    pub(super) fn go_on(&mut self, session: &mut Session, pace: &mut Pace, elapsed: Duration) -> Progress {
        let Some(mut playing) = self.playing.take() else { return Progress::Still };
        if playing.inputs != inputs(session) {
            return Progress::Left;
        }
        let progress = self.continue_with(&mut playing, session, pace, elapsed);
        playing.inputs = inputs(session);
        match progress {
            Progress::On(_) => self.playing = Some(playing),
            Progress::Arrived(_) => self.stop(session),
            _ => {}
        }
        progress
    }

    fn continue_with(
        &mut self,
        playing: &mut Playing,
        session: &mut Session,
        pace: &mut Pace,
        elapsed: Duration,
    ) -> Progress {
        let Some(waiting) = &mut playing.waiting else {
            let Some(step) = playing.steps.pop_front() else {
                return Progress::Arrived(self.outcome(session));
            };
            return match self.start(step, playing, session) {
                Ok(()) => Progress::On(true),
                Err(problem) => Progress::Failed(problem),
            };
        };
        // In follow mode a wait in which all is well would take as long as in reality.
        let is_dull = pace.mode == Mode::Follow && is_settled(session.engine.world());
        let other = match (playing.at_once, is_dull) {
            (true, _) => Pace::parse("max").ok(),
            (false, true) => Pace::parse(THROUGH).ok(),
            (false, false) => None,
        };
        let mut quicker = pace.clone();
        let pace = match other {
            Some(mode) => {
                quicker.set(mode);
                quicker.paused &= !playing.at_once;
                &mut quicker
            }
            None => pace,
        };
        let before = session.engine.now();
        match session.advance(pace, elapsed, &mut waiting.breaks) {
            Came::Break(_) => playing.waiting = None,
            _ if session.engine.now() > waiting.until => {
                return Progress::Failed(format!("This did not come in time: {}", waiting.words));
            }
            _ => {}
        }
        Progress::On(session.engine.now() != before || playing.waiting.is_none())
    }

    /// Does a step, or begins to wait for what it says.
    fn start(&mut self, step: Step, playing: &mut Playing, session: &mut Session) -> Result<(), String> {
        let now = session.engine.now();
        match &step.action {
            Action::Wait { until, max } => playing.waiting = wait_for(until, *max, session)?,
            Action::Break(until) => playing.waiting = wait_for(until, BREAK, session)?,
            Action::After(span) => {
                let seconds = (now + *span).as_secs_f64();
                let reached =
                    Expression::parse(&format!("t >= {seconds:?}")).map_err(|error| error.to_string())?;
                playing.waiting = wait_for(&reached, *span + Span::secs(1), session)?;
            }
            // What must always hold is proved by `kubeloop run`, which looks at every instant from the start.
            Action::ExpectAlways { .. } => {}
            _ => self.act(std::slice::from_ref(&step), session)?,
        }
        Ok(())
    }

    /// Does steps at this instant.
    fn act(&mut self, steps: &[Step], session: &mut Session) -> Result<(), String> {
        let before = inputs(session);
        let start = session.engine.now();
        let runner = Runner::steps(steps, &*self.files, &mut session.engine).with_saved(self.saved.clone());
        let (report, saved) = runner.resume(start);
        self.saved = saved;
        session.journal_since(before);
        let wrong = report.findings.iter().find(|finding| finding.held != Held::Held);
        wrong.map_or(Ok(()), |wrong| Err(format!("line {}: {}: {}", wrong.line, wrong.what, wrong.detail)))
    }

    /// What really happened of what the room was asked.
    fn outcome(&self, session: &Session) -> Option<Result<usize, String>> {
        let ask = self.scene.beats.get(self.beat())?.ask.as_ref().filter(|ask| !ask.options.is_empty())?;
        let asked = self.stops.last()?.at;
        Some(ask.outcome(session.engine.world(), asked))
    }

    fn stop(&mut self, session: &mut Session) {
        let at = session.engine.now();
        session.engine.run_until(at + BEHIND);
        self.stops.push(Stop { at, inputs: inputs(session), saved: self.saved.clone() });
    }
}

/// How many inputs the run has seen.
fn inputs(session: &Session) -> usize {
    session.engine.inputs()
}

/// Waits for an expression; not at all if it holds already.
fn wait_for(until: &Expression, max: Span, session: &Session) -> Result<Option<Waiting>, String> {
    let world = session.engine.world();
    if until.evaluate(world, &Moments::default()).holds() {
        return Ok(None);
    }
    let mut breaks = Breakpoints::default();
    breaks.add(until.source(), world).map_err(|error| error.to_string())?;
    Ok(Some(Waiting { breaks, until: world.now() + max, words: until.source().to_owned() }))
}
