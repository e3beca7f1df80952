//! A run: the world, who drives it, and everything that is needed to have any of its moments again.

use smol_str::SmolStr;

use super::branch::Branch;
use super::config::ClusterConfig;
use super::driver::{Driver, Inline};
use super::input::{Applied, Input};
use super::journal::{Journal, JournalEntry};
use super::timeline::Timeline;
use super::view::View;
use super::world::World;
use crate::time::{Span, VirtualTime};
use crate::trace::{Class, EventId};

/// A cluster that runs, and can be rewound.
pub struct Engine {
    world: World,
    driver: Box<dyn Driver>,
    journal: Vec<JournalEntry>,
    config: ClusterConfig,
    timeline: Timeline,
}

impl Engine {
    /// Switches a cluster on.
    pub fn new(config: ClusterConfig, driver: Box<dyn Driver>) -> Self {
        let world = World::new(config.clone());
        let mut engine = Self { world, driver, journal: Vec::new(), config, timeline: Timeline::default() };
        engine.timeline.observe(&engine.world, 0);
        engine
    }

    /// Runs a recorded run again, up to where it ended.
    pub fn replay(journal: &Journal, driver: Box<dyn Driver>) -> Self {
        let mut engine = Self::new(journal.config.clone(), driver);
        for entry in &journal.entries {
            engine.run_until(entry.at_us);
            engine.apply(entry.input.clone());
        }
        // What an input of the very last instant led to at once was not awaited in the run itself.
        if journal.end > engine.now() {
            engine.run_until(journal.end);
        }
        engine
    }

    /// The cluster at this instant.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The cluster at this instant, to keep.
    pub fn view(&self) -> View {
        View::new(self.world.clone())
    }

    /// The instant.
    pub fn now(&self) -> VirtualTime {
        self.world.now()
    }

    /// Keeps trace events aside for [`Engine::take_fresh`]: those to come, and those that happened already.
    pub fn tap(&mut self) {
        self.world.tap_from_the_start();
    }

    /// The trace events since this was last called.
    pub fn take_fresh(&mut self) -> Vec<std::sync::Arc<crate::trace::Event>> {
        self.world.take_fresh()
    }

    /// What happened so far, to be kept in a file.
    pub fn journal(&self) -> Journal {
        Journal { config: self.config.clone(), entries: self.journal.clone(), end: self.now() }
    }

    /// How many inputs the run has seen.
    pub fn inputs(&self) -> usize {
        self.journal.len()
    }

    /// The line that journals an input at this instant: to be written before [`Engine::apply`].
    pub fn journal_line(&self, input: &Input) -> String {
        Journal::line(&JournalEntry { at_us: self.now(), input: input.clone() })
    }

    /// Handles an input at this instant; it is in the journal first.
    pub fn apply(&mut self, input: Input) -> Applied {
        self.journal.push(JournalEntry { at_us: self.now(), input: input.clone() });
        let applied = self.world.apply(&input);
        self.retire_threads();
        applied
    }

    /// Goes to the next instant at which something is due. Returns false if nothing ever is.
    pub fn step_instant(&mut self) -> bool {
        self.timeline.observe(&self.world, self.journal.len());
        let stepped = self.world.step(&mut *self.driver);
        self.retire_threads();
        stepped
    }

    /// Goes on until something happened that is no heartbeat, traffic or mere message, at most for an hour.
    pub fn step_event(&mut self) -> bool {
        let before = self.world.log().of_class(Class::Decision).next_back().map(|event| event.id);
        let limit = self.now() + Span::secs(3600);
        while self.world.next_time().is_some_and(|next| next <= limit) {
            self.step_instant();
            if self.world.log().of_class(Class::Decision).next_back().map(|event| event.id) != before {
                return true;
            }
        }
        false
    }

    /// Goes on until an event of which `stop` holds was recorded, or `max` has passed. Returns whether one was.
    pub fn run_to(&mut self, max: Span, stop: impl Fn(&crate::trace::Event) -> bool) -> bool {
        let limit = self.now() + max;
        while self.world.next_time().is_some_and(|next| next <= limit) {
            let before = self.world.log().last_id().unwrap_or_default();
            self.step_instant();
            if self.world.log().oldest_first(before).any(|event| stop(event)) {
                return true;
            }
        }
        false
    }

    /// Handles everything that is due up to `until`, and lets time pass until then.
    pub fn run_until(&mut self, until: VirtualTime) {
        while self.world.next_time().is_some_and(|next| next <= until) {
            self.step_instant();
        }
        self.world.wait_until(until);
    }

    /// Runs until `done` holds after an instant, or until `max` has passed. Returns whether it came to hold.
    pub fn run_while(&mut self, max: Span, mut done: impl FnMut(&World) -> bool) -> bool {
        let limit = self.now() + max;
        loop {
            if done(&self.world) {
                return true;
            }
            match self.world.next_time() {
                Some(next) if next <= limit => {
                    self.step_instant();
                }
                _ => {
                    self.world.wait_until(limit);
                    return done(&self.world);
                }
            }
        }
    }

    /// The cluster as it was at an instant of the past; the present stays as it is.
    pub fn at(&mut self, at: VirtualTime) -> View {
        View::new(self.past(at).0)
    }

    /// Goes back to an instant. Everything after it is no longer so; it is handed out as a branch that was left.
    pub fn fork(&mut self, at: VirtualTime) -> Branch {
        let (world, inputs) = self.past(at);
        let common = world.log().last_id().unwrap_or_default();
        let left = self.as_branch(at, common, inputs);
        self.put(world);
        self.journal.truncate(inputs);
        self.timeline.cut(at);
        left
    }

    /// Leaves the present run for one that was left before, and goes on where that ended. The present run is handed
    /// out in its place.
    pub fn take_up(&mut self, branch: Branch) -> Branch {
        let left = self.as_branch(branch.forked, branch.common, branch.inputs);
        self.put((*branch.view).clone());
        self.journal = branch.journal;
        self.timeline.cut(branch.forked);
        left
    }

    fn as_branch(&self, forked: VirtualTime, common: EventId, inputs: usize) -> Branch {
        let (name, label) = (SmolStr::default(), SmolStr::default());
        Branch { name, label, forked, common, view: self.view(), journal: self.journal.clone(), inputs }
    }

    /// The cluster is this one from now on.
    fn put(&mut self, mut world: World) {
        for node in self.world.node_names() {
            self.driver.retire(&node);
        }
        if self.world.is_tapped() {
            world.tap();
        }
        self.world = world;
    }

    /// A copy of the cluster that can be run ahead without consequences. It has no past.
    pub fn ahead(&self) -> Self {
        let mut world = self.world.clone();
        world.untap();
        Self {
            world,
            driver: Box::new(Inline),
            journal: Vec::new(),
            config: self.config.clone(),
            timeline: Timeline::forgetful(),
        }
    }

    /// A copy of a cluster that was kept, to be run ahead without consequences. It has no past.
    pub fn ahead_of(view: &View) -> Self {
        let world = World::clone(view);
        let config = world.config().clone();
        Self { world, driver: Box::new(Inline), journal: Vec::new(), config, timeline: Timeline::forgetful() }
    }

    fn past(&mut self, at: VirtualTime) -> (World, usize) {
        let Some(mut way) = self.timeline.way_to(at) else { return (self.world.clone(), self.journal.len()) };
        let mut driver = Inline;
        loop {
            let until = match self.journal.get(way.inputs) {
                Some(entry) if entry.at_us <= at => entry.at_us,
                _ => at,
            };
            while way.world.next_time().is_some_and(|next| next <= until) {
                way.observe();
                way.world.step(&mut driver);
            }
            way.world.wait_until(until);
            match self.journal.get(way.inputs) {
                Some(entry) if entry.at_us <= at => {
                    way.world.apply(&entry.input);
                    way.inputs += 1;
                }
                _ => return self.timeline.went(way),
            }
        }
    }

    fn retire_threads(&mut self) {
        for node in self.world.take_retired() {
            self.driver.retire(&node);
        }
    }
}
