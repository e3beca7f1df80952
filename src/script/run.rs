//! Playing a script.

use std::collections::BTreeMap;

use smol_str::{SmolStr, format_smolstr};

use super::ask::Ask;
use super::boot::is_up;
use super::parse::Script;
use super::report::{Finding, Held, Report};
use super::step::{Action, Beat, Cue, FaultStep, Step};
use super::targets;
use super::watch::Watch;
use crate::engine::{Act, Applied, Engine, Input, World};
use crate::expression::Expression;
use crate::manifests::Files;
use crate::time::{Span, VirtualTime};

/// How long a cluster may take to come up before the script starts.
const BOOT: Span = Span::secs(120);
/// How long a break point is waited for.
const BREAK: Span = Span::secs(3600);

/// Plays a script.
pub struct Runner<'a> {
    steps: &'a [Step],
    pub(super) files: &'a dyn Files,
    pub(super) engine: &'a mut Engine,
    /// By which way its inputs come: `script`, or the name of whoever plays it.
    pub(super) via: SmolStr,
    pub(super) watch: Watch,
    /// When the last step began that did something.
    pub(super) began: VirtualTime,
    /// The manifests that were applied, as they were last saved.
    pub(super) saved: BTreeMap<String, String>,
    /// What was asked in this beat.
    asked: Vec<(Ask, VirtualTime, Step)>,
    report: Report,
    max_time: Option<VirtualTime>,
    /// Sees the engine after every instant: traces are written from here.
    every_instant: Box<dyn FnMut(&mut Engine) + 'a>,
}

/// Why the script ends early.
pub(super) struct Stop;

impl<'a> Runner<'a> {
    /// A runner on a cluster that was just switched on.
    pub fn new(script: &'a Script, files: &'a dyn Files, engine: &'a mut Engine) -> Self {
        Self::steps(&script.steps, files, engine)
    }

    /// A runner of mere steps.
    pub fn steps(steps: &'a [Step], files: &'a dyn Files, engine: &'a mut Engine) -> Self {
        Self {
            steps,
            files,
            engine,
            via: "script".into(),
            watch: Watch::default(),
            began: VirtualTime::ZERO,
            saved: BTreeMap::new(),
            asked: Vec::new(),
            report: Report::default(),
            max_time: None,
            every_instant: Box::new(|_| ()),
        }
    }

    /// Names another way by which its inputs come.
    pub fn via(mut self, via: &str) -> Self {
        self.via = via.into();
        self
    }

    /// Knows manifests as they were saved before.
    pub fn with_saved(mut self, saved: BTreeMap<String, String>) -> Self {
        self.saved = saved;
        self
    }

    /// Calls this after every instant.
    pub fn on_every_instant(mut self, act: impl FnMut(&mut Engine) + 'a) -> Self {
        self.every_instant = Box::new(act);
        self
    }

    /// Ends when this much virtual time has passed, whatever the script says.
    pub fn with_max_time(mut self, max: Span) -> Self {
        self.max_time = Some(VirtualTime::ZERO + max);
        self
    }

    /// Waits until the cluster is up, and plays the script.
    pub fn run(mut self, until: Option<&Expression>) -> Report {
        self.advance(BOOT, &mut |world| is_up(world));
        let start = self.engine.now();
        self.play_all(start, until);
        if let Some(until) = until {
            // It stands on the command line, not in the script.
            let place = Step { action: Action::After(Span::ZERO), cue: Cue::Next, line: 0, column: 0 };
            let _reached = self.wait(until, Span::secs(3600), &place);
        }
        self.report.virtual_secs = self.engine.now().as_secs_f64();
        self.report.events = self.engine.world().log().total();
        self.report.hash = format!("{:016x}", self.engine.world().log().hash());
        self.report
    }

    /// Plays the steps on a cluster that runs; `t` counts from `start`. Gives back the manifests as they were
    /// saved last.
    pub fn resume(mut self, start: VirtualTime) -> (Report, BTreeMap<String, String>) {
        self.play_all(start, None);
        (self.report, self.saved)
    }

    fn play_all(&mut self, start: VirtualTime, until: Option<&Expression>) {
        self.watch = Watch::of_steps(start, self.steps.iter());
        until.into_iter().for_each(|until| self.watch.also(until));
        self.began = self.engine.now();
        self.look();
        for step in self.steps {
            if self.in_time(step).and_then(|()| self.step(step)).is_err() {
                return;
            }
        }
        self.judge();
    }

    /// Whether there is time left for a step.
    fn in_time(&mut self, step: &Step) -> Result<(), Stop> {
        match self.max_time {
            Some(limit) if self.engine.now() >= limit => {
                let detail = format!("the time was over before it, at {limit}");
                Err(self.not_reached(step, "this step".to_owned(), detail, Vec::new()))
            }
            _ => Ok(()),
        }
    }

    fn step(&mut self, step: &Step) -> Result<(), Stop> {
        if !matches!(step.cue, Cue::Next) {
            return Err(self
                .refused(step, "`at` and `when` are for lessons and scenes; use after and wait".to_owned()));
        }
        if step.action.begins_anew() {
            self.began = self.engine.now();
        }
        let done = match &step.action {
            Action::Wait { until, max } => return self.wait(until, *max, step),
            Action::Expect(expression) => return self.expect(expression, step),
            Action::ExpectAlways { expression, since } => {
                return self.expect_always(expression, *since, step);
            }
            Action::After(span) => return self.after(*span, step),
            Action::Apply { source, expect_error } => {
                return self.apply(source, expect_error.as_deref(), step);
            }
            Action::Kubectl(command) => return self.kubectl(command, step),
            Action::Delete(delete) => self.delete(delete),
            Action::Scale(scale) => self.scale(scale),
            Action::SetImage(image) => self.set_image(image),
            Action::Edit(edit) => self.edit(edit),
            Action::Fault(fault) => self.fault(fault),
            Action::AddNode(spec) => {
                self.act(format_smolstr!("you added node {}", spec.name), Act::AddNode(spec.clone()))
            }
            Action::RemoveNode(name) => {
                let name = SmolStr::from(name.as_str());
                self.act(format_smolstr!("you removed node {name}"), Act::RemoveNode(name))
            }
            Action::Traffic(rates) => self.traffic(rates),
            Action::Beat(Beat::Say(_)) => {
                self.judge();
                Ok(())
            }
            Action::Beat(Beat::Ask(ask)) => {
                self.asked.push((ask.clone(), self.engine.now(), step.clone()));
                Ok(())
            }
            // Nobody looks on.
            Action::Beat(_) => Ok(()),
            Action::Break(until) => return self.wait(until, BREAK, step),
            Action::Answer(_) | Action::Docker(_) => {
                Err("only a lesson has questions and a plain container host".to_owned())
            }
        };
        self.look();
        done.map_err(|message| self.refused(step, message))
    }

    // Acting.

    pub(super) fn act(&mut self, title: SmolStr, act: Act) -> Result<(), String> {
        self.input(Input::new(self.via.clone(), title, act)).map(|_| ())
    }

    fn input(&mut self, input: Input) -> Result<Applied, String> {
        let applied = self.engine.apply(input);
        self.look();
        match (&applied.refused, &applied.answer) {
            (Some(reason), _) => Err(reason.clone()),
            (None, Some(Err(status))) => Err(status.message.clone()),
            _ => Ok(applied),
        }
    }

    fn fault(&mut self, step: &FaultStep) -> Result<(), String> {
        for (title, act) in targets::acts(step, self.engine.world())? {
            self.act(title, act)?;
        }
        Ok(())
    }

    fn traffic(&mut self, rates: &BTreeMap<SmolStr, u32>) -> Result<(), String> {
        for (service, per_second) in rates {
            let title = format_smolstr!("clients ask {service} {per_second} times a second");
            let service = match service.contains('/') {
                true => service.clone(),
                false => format_smolstr!("default/{service}"),
            };
            self.act(title, Act::Traffic { service, per_second: *per_second })?;
        }
        Ok(())
    }

    /// The beat is over: exactly one answer to what was asked is what happened.
    fn judge(&mut self) {
        for (ask, asked, step) in std::mem::take(&mut self.asked) {
            if ask.options.is_empty() {
                continue;
            }
            let what = format!("one answer to \"{}\" is what happened", ask.question);
            match ask.outcome(self.engine.world(), asked) {
                Ok(_) => self.find(&step, what, Held::Held, String::new(), Vec::new()),
                Err(detail) => self.find(&step, what, Held::Failed, detail, Vec::new()),
            }
        }
    }

    pub(super) fn find(&mut self, step: &Step, what: String, held: Held, detail: String, why: Vec<String>) {
        let t = self.watch.moments.seconds(self.engine.now());
        self.report.findings.push(Finding {
            line: step.line,
            column: step.column,
            what,
            held,
            t,
            detail,
            why,
        });
    }

    pub(super) fn refused(&mut self, step: &Step, message: String) -> Stop {
        self.find(step, "this step".to_owned(), Held::Refused, message, Vec::new());
        Stop
    }

    /// The cluster did not get there in time.
    pub(super) fn not_reached(
        &mut self,
        step: &Step,
        what: String,
        detail: String,
        why: Vec<String>,
    ) -> Stop {
        self.find(step, what, Held::Failed, detail, why);
        Stop
    }

    // Letting time pass.

    fn after(&mut self, span: Span, step: &Step) -> Result<(), Stop> {
        let end = self.engine.now() + span;
        self.advance(span, &mut |_| false);
        self.look();
        match self.engine.now() {
            now if now < end => {
                let detail = format!("the time was over at {now}");
                Err(self.not_reached(step, format!("after {span}"), detail, Vec::new()))
            }
            _ => Ok(()),
        }
    }

    /// The end of so long a time, or of the run if that comes first.
    pub(super) fn limit(&self, max: Span) -> VirtualTime {
        self.max_time.unwrap_or(VirtualTime::NEVER).min(self.engine.now() + max)
    }

    /// Lets time pass until `done` holds or `max` is over; everything that is watched is looked at.
    pub(super) fn advance(&mut self, max: Span, done: &mut dyn FnMut(&World) -> bool) -> bool {
        let mut watch = std::mem::take(&mut self.watch);
        let reached = self.advance_with(max, &mut |world: &World| {
            watch.observe(world);
            done(world)
        });
        self.watch = watch;
        reached
    }

    pub(super) fn advance_with(&mut self, max: Span, done: &mut dyn FnMut(&World) -> bool) -> bool {
        let limit = self.limit(max);
        loop {
            if done(self.engine.world()) {
                return true;
            }
            match self.engine.world().next_time() {
                Some(next) if next <= limit => {
                    self.engine.step_instant();
                    (self.every_instant)(self.engine);
                }
                _ => {
                    self.engine.run_until(limit);
                    return done(self.engine.world());
                }
            }
        }
    }

    pub(super) fn look(&mut self) {
        self.watch.observe(self.engine.world());
        (self.every_instant)(self.engine);
    }
}
