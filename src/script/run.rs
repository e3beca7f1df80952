//! Playing a script.

use std::collections::BTreeMap;

use smol_str::{SmolStr, format_smolstr};

use super::parse::Script;
use super::report::{Finding, Held, Report};
use super::step::{Action, DeleteStep, FaultStep, ImageStep, ScaleStep, Since, Step};
use super::targets;
use super::watch::{Watch, last_write};
use crate::apiserver::{Call, DeleteOptions, Patch, Sub};
use crate::engine::{Act, Applied, Engine, Input, World};
use crate::expression::Expression;
use crate::expression::facts::is_settled;
use crate::object::{Key, Kind, ObjectRef};
use crate::time::{Span, VirtualTime};
use crate::trace::{EventId, text};

/// How long a cluster may take to come up before the script starts.
const BOOT: Span = Span::secs(120);

/// Reads files for a script: a face of the file system, or a test's map.
pub trait Files {
    /// The texts of a file, or of all manifests in a folder, by path. The path is relative to the script.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&self, path: &str) -> Result<BTreeMap<String, String>, String>;
}

/// Plays a script.
pub struct Runner<'a> {
    script: &'a Script,
    pub(super) files: &'a dyn Files,
    pub(super) engine: Engine,
    watch: Watch,
    began: VirtualTime,
    /// The manifests that were applied, as they were last saved.
    pub(super) saved: BTreeMap<String, String>,
    report: Report,
    max_time: Option<VirtualTime>,
    /// Sees the engine after every instant: traces are written from here.
    every_instant: Box<dyn FnMut(&mut Engine) + 'a>,
}

/// Why the script ends early.
pub(super) struct Stop;

impl<'a> Runner<'a> {
    /// A runner on a cluster that was just switched on.
    pub fn new(script: &'a Script, files: &'a dyn Files, engine: Engine) -> Self {
        Self {
            script,
            files,
            engine,
            watch: Watch::default(),
            began: VirtualTime::ZERO,
            saved: BTreeMap::new(),
            report: Report::default(),
            max_time: None,
            every_instant: Box::new(|_| ()),
        }
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

    /// Plays the script; the engine is as it was left.
    pub fn run(mut self, until: Option<&Expression>) -> (Report, Engine) {
        self.advance(BOOT, &mut |world| is_up(world));
        let start = self.engine.now();
        let (series, always) = self.watched(until);
        self.watch = Watch::new(start, series, always);
        self.began = start;
        self.look();
        for step in &self.script.steps {
            if self.step(step).is_err() {
                break;
            }
        }
        if let Some(until) = until {
            let place = Step { action: Action::After(Span::ZERO), line: 1, column: 1 };
            let _reached = self.wait(until, Span::secs(3600), &place);
        }
        self.report.virtual_secs = self.engine.now().as_secs_f64();
        self.report.events = self.engine.world().log().total();
        self.report.hash = format!("{:016x}", self.engine.world().log().hash());
        (self.report, self.engine)
    }

    /// The expressions whose history is asked for, and those that must always hold.
    fn watched(&self, until: Option<&Expression>) -> (Vec<Expression>, Vec<Expression>) {
        let (mut series, mut always) = (Vec::new(), Vec::new());
        series.extend(until.iter().flat_map(|until| until.inner().iter().cloned()));
        for step in &self.script.steps {
            match &step.action {
                Action::Wait { until: expression, .. } | Action::Expect(expression) => {
                    series.extend(expression.inner().iter().cloned());
                }
                Action::ExpectAlways { expression, .. } => {
                    series.extend(expression.inner().iter().cloned());
                    always.push(expression.clone());
                }
                _ => {}
            }
        }
        (series, always)
    }

    fn step(&mut self, step: &Step) -> Result<(), Stop> {
        if !matches!(step.action, Action::Expect(_) | Action::ExpectAlways { .. } | Action::Wait { .. }) {
            self.began = self.engine.now();
        }
        let done = match &step.action {
            Action::Wait { until, max } => return self.wait(until, *max, step),
            Action::Expect(expression) => return self.expect(expression, step),
            Action::ExpectAlways { expression, since } => {
                return self.expect_always(expression, *since, step);
            }
            Action::After(span) => {
                self.advance(*span, &mut |_| false);
                Ok(())
            }
            Action::Apply { source, expect_error } => {
                return self.apply(source, expect_error.as_deref(), step);
            }
            Action::Delete(delete) => self.delete(delete),
            Action::Scale(scale) => self.scale(scale),
            Action::SetImage(image) => self.set_image(image),
            Action::Edit(edit) => self.edit(edit),
            Action::Fault(fault) => self.fault(fault),
            Action::AddNode(spec) => self.act(
                format_smolstr!("you added node {}", spec.name),
                "script",
                Act::AddNode(spec.clone()),
            ),
            Action::RemoveNode(name) => {
                let name = SmolStr::from(name.as_str());
                self.act(format_smolstr!("you removed node {name}"), "script", Act::RemoveNode(name))
            }
        };
        self.look();
        done.map_err(|message| self.refused(step, message))
    }

    // Acting.

    fn act(&mut self, title: SmolStr, via: &str, act: Act) -> Result<(), String> {
        self.input(Input::new(via, title, act)).map(|_| ())
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

    fn delete(&mut self, step: &DeleteStep) -> Result<(), String> {
        let targets =
            targets::select(self.engine.world(), step.kind, &step.namespace, &step.target, step.count)?;
        for target in targets {
            let title = format_smolstr!("you deleted {}", text::object_words(&target));
            let grace = step.grace.map(|grace| i64::try_from(grace.as_secs()).unwrap_or(i64::MAX));
            let options = DeleteOptions {
                grace_period_secs: grace,
                propagation: step.propagation,
                ..Default::default()
            };
            self.act(title, "script", Act::Api(Call::Delete { target, options }))?;
        }
        Ok(())
    }

    fn scale(&mut self, step: &ScaleStep) -> Result<(), String> {
        let namespace = step.namespace.as_deref().unwrap_or("default");
        let (kind, name) = match (&step.deployment, &step.replicaset) {
            (Some(name), _) => (Kind::Deployment, name),
            (None, name) => (Kind::ReplicaSet, name.as_ref().ok_or("scale needs a name")?),
        };
        let target = ObjectRef::new(kind, Key::new(namespace, name.as_str()));
        let title = format_smolstr!("you scaled {name} to {}", step.replicas);
        self.act(title, "script", Act::Api(Call::Scale { target, replicas: step.replicas }))
    }

    fn set_image(&mut self, step: &ImageStep) -> Result<(), String> {
        if let Some(file) = &step.file {
            return self.set_image_in_file(file, step);
        }
        let name = step.deployment.as_deref().unwrap_or("");
        let namespace = step.namespace.as_deref().unwrap_or("default");
        let target = ObjectRef::new(Kind::Deployment, Key::new(namespace, name));
        let object = self
            .engine
            .world()
            .object(&target)
            .ok_or_else(|| format!("deployment \"{name}\" does not exist"))?;
        let value = object.to_value();
        let containers =
            value.pointer("/spec/template/spec/containers").and_then(|list| list.as_array()).cloned();
        let names: Vec<String> = containers
            .iter()
            .flatten()
            .filter_map(|container| container.get("name")?.as_str().map(str::to_owned))
            .collect();
        let container = match &step.container {
            Some(container) if names.contains(container) => container.clone(),
            Some(container) => {
                return Err(format!("{name} has no container \"{container}\"; it has {}", names.join(", ")));
            }
            None => names.first().cloned().ok_or("there is no container")?,
        };
        let patch = serde_json::json!({
            "spec": {"template": {"spec": {"containers": [{"name": container, "image": step.image}]}}}
        });
        let title = format_smolstr!("you set the image of {name} to {}", step.image);
        let call = Call::Patch { target, patch: Patch::Strategic(patch), sub: Sub::Main, dry_run: false };
        self.act(title, "script", Act::Api(call))
    }

    fn fault(&mut self, step: &FaultStep) -> Result<(), String> {
        for (title, act) in targets::acts(step, self.engine.world())? {
            self.act(title, "script", act)?;
        }
        Ok(())
    }

    // Waiting and expecting.

    fn wait(&mut self, until: &Expression, max: Span, step: &Step) -> Result<(), Stop> {
        let mut watch = std::mem::take(&mut self.watch);
        let mut seen = None;
        let mut last = false;
        let mut reached = |world: &World| {
            watch.observe(world);
            let now = until.stamp(world);
            if seen != Some(now) || until.follows_time() {
                seen = Some(now);
                last = until.evaluate(world, &watch.moments).holds();
            }
            last
        };
        let reached = self.advance_with(max, &mut reached);
        self.watch = watch;
        let what = format!("wait until {}", until.source());
        if reached {
            self.find(step, what, Held::Held, String::new(), Vec::new());
            return Ok(());
        }
        let outcome = until.evaluate(self.engine.world(), &self.watch.moments);
        let detail = format!("not within {max}: {}", outcome.operands_text());
        let why = self.why(last_write(self.engine.world()));
        self.find(step, what, Held::Failed, detail, why);
        Err(Stop)
    }

    fn expect(&mut self, expression: &Expression, step: &Step) -> Result<(), Stop> {
        let outcome = expression.evaluate(self.engine.world(), &self.watch.moments);
        let (held, detail, why) = match &outcome.value {
            Ok(_) if outcome.holds() => (Held::Held, String::new(), Vec::new()),
            Ok(_) => (Held::Failed, outcome.operands_text(), self.why(last_write(self.engine.world()))),
            Err(missing) => (Held::Failed, missing.clone(), Vec::new()),
        };
        self.find(step, expression.source().to_owned(), held, detail, why);
        Ok(())
    }

    fn expect_always(&mut self, expression: &Expression, since: Since, step: &Step) -> Result<(), Stop> {
        let since = match since {
            Since::Start => self.watch.moments.start,
            Since::Step => self.began,
        };
        let miss = self.watch.miss(expression, since).cloned();
        let what = format!("always {}", expression.source());
        match miss {
            None => self.find(step, what, Held::Held, String::new(), Vec::new()),
            Some(miss) => {
                let at = self.watch.moments.seconds(miss.at);
                let why = self.why(miss.after);
                self.find(
                    step,
                    what,
                    Held::Failed,
                    format!("at {at:.3} s it did not hold: {}", miss.operands),
                    why,
                );
            }
        }
        Ok(())
    }

    fn why(&self, event: Option<EventId>) -> Vec<String> {
        let world = self.engine.world();
        let chain = event.map(|event| world.why_briefly(event)).unwrap_or_default();
        chain.iter().map(|event| format!("{} {}", event.at, text::sentence(event))).collect()
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

    // Letting time pass.

    /// Lets time pass until `done` holds or `max` is over; everything that is watched is looked at.
    fn advance(&mut self, max: Span, done: &mut dyn FnMut(&World) -> bool) -> bool {
        let mut watch = std::mem::take(&mut self.watch);
        let reached = self.advance_with(max, &mut |world: &World| {
            watch.observe(world);
            done(world)
        });
        self.watch = watch;
        reached
    }

    fn advance_with(&mut self, max: Span, done: &mut dyn FnMut(&World) -> bool) -> bool {
        let limit = self.max_time.unwrap_or(VirtualTime::NEVER).min(self.engine.now() + max);
        loop {
            if done(self.engine.world()) {
                return true;
            }
            match self.engine.world().next_time() {
                Some(next) if next <= limit => {
                    self.engine.step_instant();
                    (self.every_instant)(&mut self.engine);
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
        (self.every_instant)(&mut self.engine);
    }
}

/// Whether a cluster is up: all nodes have registered and are Ready, and nothing is under way.
pub fn is_up(world: &World) -> bool {
    let ready = |name: &SmolStr| {
        world.get::<k8s_openapi::api::core::v1::Node>("", name).is_some_and(|node| {
            let conditions = node.status.as_ref().and_then(|status| status.conditions.as_ref());
            crate::object::conditions::is_true(conditions, "Ready")
        })
    };
    let account = ObjectRef::new(Kind::ServiceAccount, Key::new("default", "default"));
    world.object(&account).is_some() && world.node_names().iter().all(ready) && is_settled(world)
}
