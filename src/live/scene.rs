//! A scene that is played: the steps of a beat one after the other, on a cluster whose time goes by for the room.
//!
//! Where a beat begins is a stop. The clock stands a microsecond behind it, so that everything that is done from there
//! on, by the scene or by the presenter, comes after the stop, and a rewind to it leaves nothing of that behind.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::clock::{Came, Halt};
use super::session::Session;
use crate::expression::facts::is_settled;
use crate::expression::{Breakpoints, Expression, Moments};
use crate::kubectl::{self, Output, Poll, Running};
use crate::manifests::Files;
use crate::scenes::Scene;
use crate::script::kubectl::{LIMIT, LONGEST_PAUSE, verdicts};
use crate::script::{Action, Held, KubectlStep, Runner, Since, Step, Watch};
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
    /// What was seen of what the scene has looked at.
    watch: Watch,
}

/// What is waited for.
struct Waiting {
    breaks: Breakpoints,
    until: VirtualTime,
    words: String,
}

/// A kubectl command that is not over.
struct Command {
    running: Running,
    output: Output,
    step: KubectlStep,
    line: usize,
    until: VirtualTime,
}

/// A beat that is played.
struct Playing {
    steps: VecDeque<Step>,
    waiting: Option<Waiting>,
    command: Option<Command>,
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
    /// When the last step began that did something: promises of a step count from there.
    began: VirtualTime,
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
        let start = session.engine.now();
        session.watch = Watch::of_steps(start, scene.beats.iter().flat_map(|beat| &beat.steps));
        let mut run =
            Self { scene, files, stops: Vec::new(), saved: BTreeMap::new(), playing: None, began: start };
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
        self.began = session.engine.now();
        self.playing = Some(Playing {
            steps: beat.steps.clone().into(),
            waiting: None,
            command: None,
            inputs: inputs(session),
            at_once: false,
        });
    }

    /// Whether the end of the beat is to be reached at once, or there is something to do at this instant.
    pub(super) fn is_hurried(&self) -> bool {
        self.playing.as_ref().is_some_and(|playing| {
            playing.at_once || (playing.waiting.is_none() && playing.command.is_none())
        })
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
        session.halt = None;
        if let Some(stop) = self.stops.last_mut() {
            stop.inputs = session.engine.inputs();
            session.watch = stop.watch.clone();
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
        if let Some(command) = playing.command.take() {
            return self.go_on_with(command, playing, session, pace, elapsed);
        }
        let Some(waiting) = &mut playing.waiting else {
            let Some(step) = playing.steps.pop_front() else {
                return Progress::Arrived(self.outcome(session));
            };
            return match self.start(step, playing, session) {
                Ok(()) => Progress::On(true),
                Err(problem) => Progress::Failed(problem),
            };
        };
        let before = session.engine.now();
        match advance(session, pace, elapsed, playing.at_once, &mut waiting.breaks) {
            Came::Break(_) => playing.waiting = None,
            _ if session.engine.now() > waiting.until => {
                return Progress::Failed(format!("This did not come in time: {}", waiting.words));
            }
            _ => {}
        }
        Progress::On(session.engine.now() != before || playing.waiting.is_none())
    }

    /// Lets a command do what it can at this instant; while it waits, time goes by for the room.
    fn go_on_with(
        &mut self,
        mut command: Command,
        playing: &mut Playing,
        session: &mut Session,
        pace: &mut Pace,
        elapsed: Duration,
    ) -> Progress {
        let before = session.engine.now();
        if session.halt.is_none() {
            let inputs = inputs(session);
            let poll = command.running.poll(&mut session.engine, &*self.files);
            command.output.append(command.running.take_output());
            session.journal_since(inputs);
            session.observe();
            let until = match poll {
                Poll::Done(exit) => return command.judge(exit),
                Poll::Edit(_) => return command.failed("a scene has no editor"),
                Poll::Waiting(_) if before >= command.until => {
                    return command.failed("it did not end in time");
                }
                Poll::Waiting(until) => until.unwrap_or(command.until).min(command.until),
            };
            let revision = session.engine.world().revision();
            session.halt = Some(Halt { revision, at: until.min(before + LONGEST_PAUSE) });
        }
        advance(session, pace, elapsed, playing.at_once, &mut Breakpoints::default());
        playing.command = Some(command);
        Progress::On(session.engine.now() != before)
    }

    /// Does a step, or begins to wait for what it says.
    fn start(&mut self, step: Step, playing: &mut Playing, session: &mut Session) -> Result<(), String> {
        let now = session.engine.now();
        if step.action.begins_anew() {
            self.began = now;
        }
        match &step.action {
            Action::Wait { until, max } => playing.waiting = wait_for(until, *max, session)?,
            Action::Break(until) => playing.waiting = wait_for(until, BREAK, session)?,
            Action::After(span) => {
                let seconds = (now + *span).as_secs_f64();
                let reached =
                    Expression::parse(&format!("t >= {seconds:?}")).map_err(|error| error.to_string())?;
                playing.waiting = wait_for(&reached, *span + Span::secs(1), session)?;
            }
            Action::Kubectl(command) => {
                playing.command = Some(Command {
                    running: kubectl::parse(&command.run),
                    output: Output::default(),
                    step: command.clone(),
                    line: step.line,
                    until: now + LIMIT,
                });
            }
            Action::Expect(expression) => {
                let outcome = expression.evaluate(session.engine.world(), &session.watch.moments);
                let detail = match &outcome.value {
                    Ok(_) if outcome.holds() => return Ok(()),
                    Ok(_) => outcome.operands_text(),
                    Err(missing) => missing.clone(),
                };
                return Err(format!("line {}: {}: {detail}", step.line, expression.source()));
            }
            Action::ExpectAlways { expression, since } => {
                let since = match since {
                    Since::Start => session.watch.moments.start,
                    Since::Step => self.began,
                };
                return match session.watch.miss(expression, since) {
                    None => Ok(()),
                    Some(miss) => Err(format!(
                        "line {}: always {}: {}",
                        step.line,
                        expression.source(),
                        session.watch.missed(miss)
                    )),
                };
            }
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
        session.observe();
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
        let (saved, watch) = (self.saved.clone(), session.watch.clone());
        self.stops.push(Stop { at, inputs: inputs(session), saved, watch });
    }
}

impl Command {
    fn judge(&self, exit: u8) -> Progress {
        let verdicts = verdicts(&self.step, &self.output.text(), exit);
        let wrong = verdicts.into_iter().find(|(_, held, _)| *held != Held::Held);
        match wrong {
            None => Progress::On(true),
            Some((what, _, detail)) => self.failed(&format!("{what}: {detail}")),
        }
    }

    fn failed(&self, words: &str) -> Progress {
        Progress::Failed(format!("line {}: {words}", self.line))
    }
}

/// Lets time go by while something is waited for. In follow mode a wait in which all is well would take as long as in
/// reality.
fn advance(
    session: &mut Session,
    pace: &mut Pace,
    elapsed: Duration,
    at_once: bool,
    breaks: &mut Breakpoints,
) -> Came {
    let is_dull = pace.mode == Mode::Follow && is_settled(session.engine.world());
    let other = match (at_once, is_dull) {
        (true, _) => Pace::parse("max").ok(),
        (false, true) => Pace::parse(THROUGH).ok(),
        (false, false) => None,
    };
    let Some(mode) = other else { return session.advance(pace, elapsed, breaks) };
    let mut quicker = pace.clone();
    quicker.set(mode);
    quicker.paused &= !at_once;
    session.advance(&mut quicker, elapsed, breaks)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::driver::Inline;
    use crate::engine::{ClusterConfig, Engine};
    use crate::scenes::Embedded;

    /// A scene whose first beat has these steps, on a cluster with two pods.
    fn scene(steps: &str) -> (SceneRun, Session) {
        let text = format!(
            "steps:\n  - apply:\n      inline: |\n{WEB}  - wait: {{until: \"settled && pods('').ready == 2\", max: 60s}}\n\
             \n  - say: The first beat.\n{steps}\n  - say: The second one.\n"
        );
        let scene = Scene::read("test", &text).unwrap();
        let engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
        let mut session = Session::new(engine, None);
        let run = SceneRun::begin(Arc::new(scene), Arc::new(Embedded), &mut session).unwrap();
        (run, session)
    }

    const WEB: &str = "        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: web, image: 'pizza/login:1.2.3'}]}
";

    /// Plays a beat to its end: nothing, or what went wrong.
    fn play(run: &mut SceneRun, session: &mut Session) -> Result<(), String> {
        let mut pace = Pace::default();
        run.play(session);
        run.play(session);
        loop {
            match run.go_on(session, &mut pace, Duration::from_millis(66)) {
                Progress::On(_) => {}
                Progress::Arrived(_) => return Ok(()),
                Progress::Failed(problem) => return Err(problem),
                Progress::Still | Progress::Left => return Err("it is not played".to_owned()),
            }
        }
    }

    const DELETED: &str = "  - delete: {pod: app=web, count: 1}
  - wait: {until: \"settled && pods('').ready == 2\", max: 60s}
";

    #[test]
    fn a_command_that_waits_lets_time_go_by_for_the_room() {
        let (mut run, mut session) = scene(
            "  - kubectl: set image deployment/web web=pizza/login:1.2.4\n  - kubectl: rollout status deployment/web",
        );
        let (mut pace, began) = (Pace::default(), session.engine.now());
        run.play(&session);
        // In follow mode nothing leaps: the rollout takes many a look, and its end is reached at the very instant.
        let mut looks = 0;
        loop {
            match run.go_on(&mut session, &mut pace, Duration::from_millis(66)) {
                Progress::On(_) => looks += 1,
                Progress::Arrived(_) => break,
                Progress::Failed(problem) => panic!("{problem}"),
                Progress::Still | Progress::Left => panic!("it is not played"),
            }
        }
        let took = session.engine.now() - began;
        assert!(looks > 50, "{looks} looks in {took}");
        let (mut run, mut session) = scene(
            "  - kubectl: set image deployment/web web=pizza/login:1.2.4\n  - kubectl: rollout status deployment/web",
        );
        assert_eq!(play(&mut run, &mut session), Ok(()));
        assert_eq!(session.engine.now() - began, took, "at once it comes to the same");
    }

    #[test]
    fn what_must_always_hold_is_judged_between_the_steps_as_well() {
        let kept =
            format!("{DELETED}  - expect: {{always: \"deployment('web').available >= 1\", since: step}}");
        let (mut run, mut session) = scene(&kept);
        assert_eq!(play(&mut run, &mut session), Ok(()));

        let broken = format!("{DELETED}  - expect: {{always: \"pods('').ready == 2\", since: step}}");
        let (mut run, mut session) = scene(&broken);
        for _ in 0..2 {
            let problem = play(&mut run, &mut session).unwrap_err();
            assert!(problem.contains("always pods('').ready == 2: at "), "{problem}");
            // What is taken back did not happen; played again, it does.
            let at = run.back(&session);
            drop(session.fork(at, ""));
            run.went_back(&mut session);
        }
    }
}
