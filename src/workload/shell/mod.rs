//! The interpreter of commands and shell scripts, in virtual time.
//!
//! In a real cluster `command: ["sh", "-c", "..."]` is how most examples and many real workloads do
//! something: write a file, wait, fail, trap a signal. A `Shell` does the same, as a machine that can be
//! stopped anywhere: it runs all that takes no time, then says when it is due again.
//!
//! The parts: `script` turns text into a tree, `task` and `frame` walk it, `expand` (with `fields`,
//! `parameter`, `arithmetic` and `pattern`) makes words of `$NAME` and wildcards, `simple` finds who
//! runs a command: `builtin` or `programs`; `block` is what takes time.
//!
//! What differs from a real shell:
//!
//! - **SIGTERM to process 1.** The kernel ignores it for a process 1 without a handler, so a real
//!   `sh -c "sleep 3600"` is killed only when the grace period is over. Here a shell or tool *without* a
//!   `trap` ends at once with exit code 0, as the container runtime did from which this simulator's
//!   recordings were taken. `trap '' TERM` ignores the signal and runs into the kill. `trap 'command' TERM`
//!   runs the command once the command in the foreground has ended, as POSIX says (`wait` is interrupted).
//! - Stages of a pipe run one after the other. `yes | head` never comes to `head`.
//! - A loop that never pauses is stopped after [`STEPS_PER_INSTANT`] steps, counts as busy, and goes on a
//!   second later.
//! - There are no arrays, process substitutions, coprocesses, job control, aliases or terminals. Traps belong
//!   to the whole task, also those set in a subshell.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smol_str::SmolStr;

use crate::time::VirtualTime;

use super::files::ContainerFs;
use super::launch::Launch;
use super::request::{Answer, Ask};
use super::server::Server;

mod arithmetic;
mod block;
mod builtin;
mod conditions;
mod echo;
mod expand;
mod fields;
mod frame;
mod io;
mod limits;
mod network;
mod parameter;
mod pattern;
pub(super) mod programs;
mod regex;
mod scope;
mod script;
mod signals;
mod simple;
mod task;

use block::Block;
use scope::Scope;
use task::{Run, Task};

/// How many steps a shell does within one instant.
pub const STEPS_PER_INSTANT: u32 = 10_000;
/// The longest line of a log; containerd cuts longer ones (`max_container_log_line_size`).
const LONGEST_LINE_BYTES: usize = 16 << 10;
/// Memory of a shell or small tool.
const TASK_BYTES: u64 = 1 << 20;
/// The first process of a command that is run beside the main process.
const FIRST_PID_BESIDE: u32 = 20;

/// What all tasks of a shell share.
#[derive(Clone, Debug)]
struct World {
    launch: Arc<Launch>,
    /// Whether this is the container's main process.
    is_main: bool,
    first_pid: u32,
    last_pid: u32,
    started: VirtualTime,
    /// The state behind `$RANDOM`.
    random: u64,
    /// Running background tasks with their parents.
    alive: BTreeMap<u32, u32>,
    /// How background tasks ended.
    statuses: BTreeMap<u32, i32>,
    last_ask: u64,
    /// Requests to the network that have not been passed on yet.
    asks: Vec<Ask>,
    /// What a command beside the main process wrote to the main process's log.
    main_log: String,
    /// Signals that it sent to the main process.
    main_signals: Vec<SmolStr>,
    /// The ports at which the container serves right now.
    open_ports: BTreeSet<i32>,
}

impl World {
    fn new_pid(&mut self, parent: u32) -> u32 {
        self.last_pid += 1;
        self.alive.insert(self.last_pid, parent);
        self.last_pid
    }

    fn new_ask(&mut self) -> u64 {
        self.last_ask += 1;
        self.last_ask
    }

    /// Whether this child, or any if none is named, still runs.
    fn has_child(&self, parent: u32, child: Option<u32>) -> bool {
        match child {
            Some(pid) => self.alive.contains_key(&pid),
            None => self.alive.values().any(|of| *of == parent),
        }
    }

    /// What `ps` shows for process 1.
    fn main_name(&self) -> String {
        let launch = &self.launch;
        let given =
            launch.command.iter().chain(&launch.args).flatten().cloned().collect::<Vec<_>>().join(" ");
        if given.is_empty() {
            launch.image.entry.programs.first().map_or_else(|| "sh".into(), SmolStr::to_string)
        } else {
            given
        }
    }
}

/// A shell or program with all that it started.
#[derive(Clone, Debug)]
pub(super) struct Shell {
    /// The main task comes first.
    tasks: Vec<Task>,
    world: World,
    /// The start of a line that has not been ended.
    partial: String,
    /// Steps done within the last instant.
    steps: (VirtualTime, u32),
}

/// What came of a signal to the main process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    /// It ends at once.
    Ends,
    /// It goes on, perhaps with a trap to run.
    GoesOn,
}

impl Shell {
    /// A shell that is about to run these arguments as the container's main process.
    pub(super) fn main(launch: &Arc<Launch>, argv: Vec<String>, random: u64, now: VirtualTime) -> Self {
        Self::new(launch, argv, random, now, true)
    }

    /// A shell for a command beside the main process; these ports are served there.
    pub(super) fn beside(
        launch: &Arc<Launch>,
        argv: Vec<String>,
        now: VirtualTime,
        open_ports: BTreeSet<i32>,
    ) -> Self {
        let mut shell = Self::new(launch, argv, now.micros(), now, false);
        shell.world.open_ports = open_ports;
        shell
    }

    fn new(launch: &Arc<Launch>, argv: Vec<String>, random: u64, now: VirtualTime, is_main: bool) -> Self {
        let first_pid = if is_main { 1 } else { FIRST_PID_BESIDE };
        let folder = launch.working_dir.as_deref().unwrap_or(&launch.image.entry.working_dir);
        let folder = super::files::absolute("/", folder);
        let defaults = [
            ("HOME", "/root"),
            ("HOSTNAME", launch.hostname.as_str()),
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("PWD", folder.as_str()),
        ];
        let defaults = defaults.map(|(name, value)| (SmolStr::new_static(name), value.to_owned()));
        let given = launch.env.iter().map(|(name, value)| (SmolStr::new(name), value.clone()));
        let scope = Scope::new(defaults.into_iter().chain(given), folder.clone());
        let world = World {
            launch: launch.clone(),
            is_main,
            first_pid,
            last_pid: first_pid,
            started: now,
            random,
            alive: BTreeMap::new(),
            statuses: BTreeMap::new(),
            last_ask: 0,
            asks: Vec::new(),
            main_log: String::new(),
            main_signals: Vec::new(),
            open_ports: BTreeSet::new(),
        };
        let tasks = vec![Task::new(first_pid, scope, argv)];
        Self { tasks, world, partial: String::new(), steps: (now, 0) }
    }

    /// Runs all that is due and gives what was printed, in whole lines unless it has ended.
    pub(super) fn run(&mut self, now: VirtualTime, files: &mut ContainerFs<'_>) -> Vec<SmolStr> {
        let mut output = std::mem::take(&mut self.partial);
        self.run_tasks(now, files, &mut output);
        let mut lines = Vec::new();
        let ended = self.exited().is_some();
        let mut rest = output.as_str();
        while let Some((line, tail)) = next_line(rest, ended) {
            lines.push(SmolStr::new(line));
            rest = tail;
        }
        self.partial = rest.to_owned();
        lines
    }

    /// As [`Self::run`], for a command whose output goes to whoever runs it, as it is.
    pub(super) fn run_beside(&mut self, now: VirtualTime, files: &mut ContainerFs<'_>, output: &mut String) {
        self.run_tasks(now, files, output);
    }

    fn run_tasks(&mut self, now: VirtualTime, files: &mut ContainerFs<'_>, output: &mut String) {
        if self.steps.0 != now {
            self.steps = (now, 0);
        }
        if self.world.is_main {
            self.world.open_ports = self.servers().flat_map(|server| server.open_ports(now)).collect();
        }
        let mut budget = STEPS_PER_INSTANT.saturating_sub(self.steps.1);
        loop {
            let mut progress = false;
            for at in 0..self.tasks.len() {
                let mut run =
                    Run { files, now, output, world: &mut self.world, born: Vec::new(), signals: Vec::new() };
                let Some(task) = self.tasks.get_mut(at) else { break };
                progress |= task.advance(&mut run, &mut budget);
                let (born, signals) = (run.born, run.signals);
                self.tasks.extend(born);
                for (pid, name) in signals {
                    self.send(pid, &name);
                }
            }
            self.bury();
            if self.exited().is_some() || !progress {
                break;
            }
        }
        self.steps.1 = STEPS_PER_INSTANT - budget;
    }

    /// Removes background tasks that have ended, and remembers how.
    fn bury(&mut self) {
        let world = &mut self.world;
        self.tasks.retain(|task| match task.exited {
            Some(status) if task.pid != world.first_pid => {
                world.alive.remove(&task.pid);
                world.statuses.insert(task.pid, status);
                while world.statuses.len() > 100 {
                    world.statuses.pop_first();
                }
                false
            }
            _ => true,
        });
    }

    /// A signal from inside: to a task of this shell, or to the container's main process.
    fn send(&mut self, pid: u32, name: &SmolStr) {
        if pid == 1 && !self.world.is_main {
            self.world.main_signals.push(name.clone());
            return;
        }
        let number = signals::signal_of(name).map_or(15, |(_, number)| number);
        if let Some(task) = self.tasks.iter_mut().find(|task| task.pid == pid) {
            task.signal(name, number);
        }
    }

    /// SIGTERM (or another signal that ends) to the main task, from the kubelet. See the chapter above.
    pub(super) fn signal(&mut self, name: &str, now: VirtualTime) -> Reaction {
        let Some(main) = self.tasks.first_mut() else { return Reaction::Ends };
        if main.traps.contains_key(name) {
            main.signal(name, signals::signal_of(name).map_or(15, |(_, number)| number));
            return Reaction::GoesOn;
        }
        // A shell whose last command is a server has become that server, as with `exec`.
        if let Some(Block::Serve(server)) = &mut main.block {
            server.terminate(now);
            return Reaction::GoesOn;
        }
        Reaction::Ends
    }

    /// When it goes on by itself.
    pub(super) fn next_due(&self) -> Option<VirtualTime> {
        if self.exited().is_some() { None } else { self.tasks.iter().filter_map(Task::due).min() }
    }

    /// The exit code, once the main task has ended; all others are then gone, too.
    pub(super) fn exited(&self) -> Option<i32> {
        self.tasks.first().and_then(|task| task.exited)
    }

    /// The requests to the network that were made since this was last asked.
    pub(super) fn take_asks(&mut self) -> Vec<Ask> {
        std::mem::take(&mut self.world.asks)
    }

    /// The answer to a request; one that nobody waits for is dropped.
    pub(super) fn answer(&mut self, number: u64, answer: Answer) {
        for task in &mut self.tasks {
            if let Some(Block::Ask(ask)) = &mut task.block
                && ask.number == number
            {
                return ask.take(answer);
            }
        }
    }

    /// What a command beside the main process did to that: lines for its log, and signals.
    pub(super) fn take_effects(&mut self) -> (String, Vec<SmolStr>) {
        (std::mem::take(&mut self.world.main_log), std::mem::take(&mut self.world.main_signals))
    }

    /// The servers that it runs.
    pub(super) fn servers(&self) -> impl Iterator<Item = &Server> {
        self.tasks.iter().filter_map(|task| match &task.block {
            Some(Block::Serve(server)) => Some(&**server),
            _ => None,
        })
    }

    /// As [`Self::servers`], to change them.
    pub(super) fn servers_mut(&mut self) -> impl Iterator<Item = &mut Server> {
        self.tasks.iter_mut().filter_map(|task| match &mut task.block {
            Some(Block::Serve(server)) => Some(&mut **server),
            _ => None,
        })
    }

    /// Memory of the shells and tools themselves.
    pub(super) fn own_memory_bytes(&self) -> u64 {
        TASK_BYTES.saturating_mul(self.tasks.len() as u64)
    }

    /// CPU that the shells and tools themselves use.
    pub(super) fn own_cpu_milli(&self) -> u64 {
        let busy = self.tasks.iter().filter(|task| task.block.as_ref().is_some_and(Block::is_busy));
        busy.count() as u64 * 1_000
    }
}

/// The next line of the output and what follows it; the last one may lack its end if nothing more comes.
fn next_line(text: &str, ended: bool) -> Option<(&str, &str)> {
    let cut = (0..=LONGEST_LINE_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at))?;
    match text.find('\n') {
        Some(end) if end <= cut => Some((&text[..end], &text[end + 1..])),
        _ if text.len() > LONGEST_LINE_BYTES => Some(text.split_at(cut)),
        _ if ended && !text.is_empty() => Some((text, "")),
        _ => None,
    }
}
