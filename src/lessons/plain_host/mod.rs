//! A plain container host: one machine with `docker run`, for contrast.
//!
//! Nobody compares anything here. A container that ends stays ended, unless it was started with a restart policy,
//! and then it comes back on this machine only. What a cluster would do by itself is a chore for a person; the
//! host keeps the list. It lives in the same virtual time as the cluster, so that the same failure can be watched
//! on both.
//!
//! As in Docker: the policies `no`, `on-failure[:N]`, `always` and `unless-stopped`; restarts wait 100 ms, twice as
//! long each time and at most a minute, and start over after ten seconds of running; when the machine comes back,
//! the daemon starts what was `always` or `unless-stopped`; two containers cannot have the same port of the host.
//! Left out: images, volumes, networks, and everything that the programs do.

mod command;
mod container;
mod spec;

use crate::time::{Span, VirtualTime};

pub use container::{Container, Restart, State};
pub(super) use spec::read;
pub use spec::{ContainerSpec, HostAct, HostCue, HostSpec};

/// Lines of the diary that are kept.
const DIARY_MAX: usize = 500;

/// A machine with containers, and a person who has to look after them.
#[derive(Clone, Debug)]
pub struct PlainHost {
    now: VirtualTime,
    start: VirtualTime,
    powered: bool,
    containers: Vec<Container>,
    cues: Vec<HostCue>,
    diary: Vec<Entry>,
    chores: Vec<Chore>,
    made: u64,
}

/// Something that happened on the host.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// When.
    pub at: VirtualTime,
    /// In words.
    pub text: String,
}

/// Something that a person has to do, because nobody else does.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Chore {
    /// Since when.
    pub since: VirtualTime,
    /// Until when; none while it is open.
    pub done: Option<VirtualTime>,
    /// The container; empty for the machine itself.
    pub container: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl PlainHost {
    /// A host with its first containers, at the instant at which a lesson begins.
    pub fn new(spec: &HostSpec, start: VirtualTime) -> Self {
        let mut host = Self {
            now: start,
            start,
            powered: true,
            containers: Vec::new(),
            cues: spec.cues.clone(),
            diary: Vec::new(),
            chores: Vec::new(),
            made: 0,
        };
        host.cues.sort_by_key(|cue| cue.at);
        for container in &spec.containers {
            host.add(container.clone());
        }
        host
    }

    /// Whether the machine has power.
    pub fn is_powered(&self) -> bool {
        self.powered
    }

    /// The containers in the order in which they were made.
    pub fn containers(&self) -> &[Container] {
        &self.containers
    }

    /// What a person has to do and had to do, oldest first.
    pub fn chores(&self) -> &[Chore] {
        &self.chores
    }

    /// What happened, oldest first.
    pub fn diary(&self) -> &[Entry] {
        &self.diary
    }

    /// Lets time pass: what is due happens.
    pub fn run_until(&mut self, until: VirtualTime) {
        while let Some(due) = self.next_time().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            match self.cues.first().filter(|cue| self.start + cue.at <= due).cloned() {
                Some(cue) => {
                    self.cues.remove(0);
                    self.act(&cue.act);
                }
                None => self.restart_due(),
            }
        }
        self.now = self.now.max(until);
    }

    /// When something happens next by itself.
    pub fn next_time(&self) -> Option<VirtualTime> {
        let cue = self.cues.first().map(|cue| self.start + cue.at);
        let restart = self.containers.iter().filter_map(|container| match container.state {
            State::Restarting { at, .. } if self.powered => Some(at),
            _ => None,
        });
        restart.chain(cue).min()
    }

    /// Something breaks, or is mended.
    pub fn act(&mut self, act: &HostAct) {
        match act {
            HostAct::Crash { container, code } => self.crash(container, *code),
            HostAct::PowerOff => self.power_off(),
            HostAct::PowerOn => self.power_on(),
        }
    }

    fn crash(&mut self, name: &str, code: i32) {
        let now = self.now;
        let Some(container) = self.containers.iter_mut().find(|it| it.name == name && it.is_running()) else {
            return;
        };
        container.exits(code, now);
        let comes_back = matches!(container.state, State::Restarting { .. });
        self.note(format!("{name} ended with exit code {code}"));
        if !comes_back {
            self.chore(
                name,
                format!("{name} ended with exit code {code} and stays down"),
                format!("docker start {name}"),
            );
        }
    }

    fn restart_due(&mut self) {
        let now = self.now;
        let due =
            |container: &&mut Container| matches!(container.state, State::Restarting { at, .. } if at <= now);
        let Some(container) = self.containers.iter_mut().find(due) else { return };
        container.restarts += 1;
        container.starts(now);
        let name = container.name.clone();
        self.note(format!("the daemon started {name} again, on this machine"));
        self.finish(&name);
    }

    fn power_off(&mut self) {
        if !self.powered {
            return;
        }
        self.powered = false;
        let now = self.now;
        let running = self.containers.iter_mut().filter(|container| container.is_running());
        let lost: Vec<String> = running
            .map(|container| {
                container.state = State::Exited { code: 255, at: now };
                container.down_since.get_or_insert(now);
                container.name.clone()
            })
            .collect();
        self.note("the machine lost power".to_owned());
        let what = format!("the machine has no power, and {} with it", lost.join(", "));
        self.chore("", what, "get up, find another machine, and run everything there".to_owned());
    }

    fn power_on(&mut self) {
        if self.powered {
            return;
        }
        self.powered = true;
        let now = self.now;
        self.note("the machine has power again".to_owned());
        self.finish("");
        let mut back = Vec::new();
        for container in &mut self.containers {
            match container.comes_back_with_the_daemon() {
                true => {
                    container.restarts += 1;
                    container.starts(now);
                    back.push(format!("the daemon started {}", container.name));
                }
                false if container.down_since.is_some() => {
                    back.push(format!("{} stays down", container.name))
                }
                false => {}
            }
        }
        back.into_iter().for_each(|text| self.note(text));
        let down: Vec<String> =
            self.containers.iter().filter(|it| it.down_since.is_some()).map(|it| it.name.clone()).collect();
        for name in down {
            self.chore(
                &name,
                format!("{name} did not come back with the machine"),
                format!("docker start {name}"),
            );
        }
    }

    /// Makes a container and starts it.
    fn add(&mut self, spec: ContainerSpec) {
        self.made += 1;
        let mut container = Container::new(spec, self.made);
        container.starts(self.now);
        self.note(format!("{} was started", container.name));
        self.containers.push(container);
    }

    fn note(&mut self, text: String) {
        self.diary.push(Entry { at: self.now, text });
        if self.diary.len() > DIARY_MAX {
            self.diary.remove(0);
        }
    }

    fn chore(&mut self, container: &str, what: String, remedy: String) {
        let open = |chore: &Chore| chore.done.is_none() && chore.container == container;
        if !self.chores.iter().any(open) {
            let (since, container) = (self.now, container.to_owned());
            self.chores.push(Chore { since, done: None, container, what, remedy });
        }
    }

    fn finish(&mut self, container: &str) {
        let now = self.now;
        let open =
            self.chores.iter_mut().filter(|chore| chore.done.is_none() && chore.container == container);
        open.for_each(|chore| chore.done = Some(now));
    }

    /// How long a container has not served, in all.
    pub fn downtime(&self, container: &Container) -> Span {
        container.down + container.down_since.map_or(Span::ZERO, |since| self.now.since(since))
    }
}

#[cfg(test)]
mod tests;
