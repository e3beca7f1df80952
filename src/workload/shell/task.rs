//! A task: one shell at work, as a machine that can stop anywhere.
//!
//! A real shell is a process whose place in the script lives on its stack. Here that stack is data: a list of
//! [`Frame`]s. A step takes the topmost frame and does a little of it; a frame whose child has to run first
//! puts itself back and the child on top. A command that takes time blocks the task until an instant, and
//! since everything is plain data, a clone of a blocked task goes on exactly as the original does.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use smol_str::SmolStr;

use crate::time::VirtualTime;
use crate::workload::files::ContainerFs;

use super::World;
use super::block::Block;
use super::expand::{Expander, Pause, Surroundings};
use super::frame::Frame;
use super::io::{Input, Io, Sink};
use super::scope::Scope;
use super::script::{self, Node};

/// One shell or program of a container.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) pid: u32,
    pub(super) scope: Scope,
    pub(super) io: Io,
    pub(super) inputs: Vec<Input>,
    pub(super) captures: Vec<String>,
    pub(super) frames: Vec<Frame>,
    /// What it waits for.
    pub(super) block: Option<Block>,
    /// `trap`: commands by signal or `EXIT`; an empty command ignores the signal.
    pub(super) traps: BTreeMap<SmolStr, Arc<str>>,
    /// Signals whose traps are still to run.
    pub(super) pending: VecDeque<SmolStr>,
    /// Its exit code, once it has ended.
    pub(super) exited: Option<i32>,
    /// Whether the `EXIT` trap has had its turn.
    ending: bool,
}

/// What a task works with during one instant.
pub(super) struct Run<'r, 'f> {
    pub(super) files: &'r mut ContainerFs<'f>,
    pub(super) now: VirtualTime,
    /// What is printed.
    pub(super) output: &'r mut String,
    pub(super) world: &'r mut World,
    /// Tasks started in the background.
    pub(super) born: Vec<Task>,
    /// Signals sent: to which process, which.
    pub(super) signals: Vec<(u32, SmolStr)>,
}

impl Task {
    /// A task that is about to run these arguments.
    pub(super) fn new(pid: u32, scope: Scope, argv: Vec<String>) -> Self {
        Self {
            pid,
            scope,
            io: Io { input: None, out: Sink::Log, err: Sink::Log },
            inputs: Vec::new(),
            captures: Vec::new(),
            frames: vec![Frame::Program(argv)],
            block: None,
            traps: BTreeMap::new(),
            pending: VecDeque::new(),
            exited: None,
            ending: false,
        }
    }

    /// A copy of this task that runs beside it (`command &`). It has no input, and what only this task
    /// collects does not reach it.
    pub(super) fn fork(&self, pid: u32, start: Frame) -> Self {
        let visible = |sink: &Sink| match sink {
            Sink::Capture(_) => Sink::Nowhere,
            sink => sink.clone(),
        };
        let mut child = Self::new(pid, self.scope.clone(), Vec::new());
        child.io = Io { input: None, out: visible(&self.io.out), err: visible(&self.io.err) };
        child.frames = vec![start];
        child
    }

    /// Runs until it blocks, ends or the budget of steps is used up. Whether it did anything.
    pub(super) fn advance(&mut self, run: &mut Run<'_, '_>, budget: &mut u32) -> bool {
        if self.exited.is_some() || !self.wake(run) {
            return false;
        }
        while self.block.is_none() && self.exited.is_none() {
            if *budget == 0 {
                // A loop without a pause: it keeps a processor busy and is looked at again in a while.
                self.block = Some(Block::busy_until(run.now));
                break;
            }
            *budget -= 1;
            self.step(run);
        }
        true
    }

    /// When it goes on by itself; none if only something else can wake it.
    pub(super) fn due(&self) -> Option<VirtualTime> {
        if self.exited.is_some() {
            return None;
        }
        let deadlines = self.frames.iter().filter_map(|frame| match frame {
            Frame::Deadline(at) => Some(*at),
            _ => None,
        });
        match &self.block {
            None => Some(VirtualTime::ZERO),
            Some(block) => block.due().into_iter().chain(deadlines).min(),
        }
    }

    /// Takes a signal that the kernel delivers: runs its trap at the next chance, or ends.
    pub(super) fn signal(&mut self, name: &str, number: i32) {
        match self.traps.get(name) {
            Some(command) if command.is_empty() => {}
            Some(_) => {
                self.pending.push_back(SmolStr::new(name));
                // `wait` is the one command that a trapped signal interrupts.
                if matches!(self.block, Some(Block::Children(_))) {
                    self.block = None;
                    self.scope.status = 128 + number;
                }
            }
            None => {
                self.block = None;
                self.frames.clear();
                self.exited = Some(128 + number);
            }
        }
    }

    /// Does one step.
    fn step(&mut self, run: &mut Run<'_, '_>) {
        if let Some(signal) = self.pending.pop_front() {
            self.run_trap(run, &signal);
        } else if let Some(frame) = self.frames.pop() {
            self.resume(frame, run);
        } else if !self.ending {
            self.ending = true;
            self.run_trap(run, "EXIT");
        } else {
            self.exited = Some(self.scope.status);
        }
    }

    fn run_trap(&mut self, run: &mut Run<'_, '_>, name: &str) {
        if let Some(command) = self.traps.get(name).filter(|command| !command.is_empty()).cloned() {
            self.frames.push(Frame::Trap { status: self.scope.status });
            self.begin_text(run, &command);
        }
    }

    /// Starts a node of a script.
    pub(super) fn begin(&mut self, node: &Arc<Node>) {
        self.frames.push(Frame::Start { node: node.clone(), captured: Vec::new() });
    }

    /// Starts a script; one that cannot be read gives status 2.
    pub(super) fn begin_text(&mut self, run: &mut Run<'_, '_>, text: &str) {
        match script::parse(text) {
            Ok(node) => self.begin(&node),
            Err(error) => {
                self.complain(run, &format!("sh: {error}"));
                self.scope.status = 2;
            }
        }
    }

    /// Takes the status of a command; with `set -e` a failure that nothing asks about ends the shell.
    pub(super) fn settle(&mut self, status: i32) {
        self.scope.status = status;
        if status != 0 && self.scope.options.exit_on_error && !self.frames.iter().any(Frame::expects_failure)
        {
            self.exit(status);
        }
    }

    /// Ends the innermost shell: the subshell, substitution or pipe stage in which it is called, or all.
    pub(super) fn exit(&mut self, status: i32) {
        while self.frames.last().is_some_and(|frame| !frame.is_boundary()) {
            self.leave();
        }
        self.scope.status = status;
    }

    /// Takes off the topmost frame before its time and undoes what it had set up.
    pub(super) fn leave(&mut self) {
        match self.frames.pop() {
            Some(Frame::Surround { io, inputs, variables }) => {
                self.io = io;
                self.inputs.truncate(inputs);
                for (name, old) in variables {
                    self.scope.restore(&name, old);
                }
            }
            Some(Frame::Call { args, locals }) => {
                self.scope.args = args;
                for (name, old) in locals {
                    self.scope.restore(&name, old);
                }
            }
            Some(Frame::Subshell(outer)) => self.scope = *outer,
            Some(Frame::Capture { scope, io }) => {
                (self.scope, self.io) = (*scope, io);
                self.captures.pop();
            }
            Some(Frame::Pipe { node, next, scope, io, inputs, .. }) => {
                (self.scope, self.io) = (*scope, io);
                self.inputs.truncate(inputs);
                if matches!(&*node, Node::Pipeline { stages, .. } if next < stages.len()) {
                    self.captures.pop();
                }
            }
            _ => {}
        }
    }

    /// Expands words and, when all went well, sets the variables that they set.
    pub(super) fn expand<T>(
        &mut self,
        run: &mut Run<'_, '_>,
        captured: &[String],
        act: impl FnOnce(&mut Expander<'_, '_>) -> Result<T, Pause>,
    ) -> Result<T, Pause> {
        let around = Surroundings {
            pid: run.world.first_pid,
            now: run.now,
            started: run.world.started,
            random: run.world.random,
        };
        let mut expander = Expander::new(&self.scope, run.files, captured, around);
        let value = act(&mut expander)?;
        let (assigned, random) = expander.finish();
        run.world.random = random;
        for (name, value) in assigned {
            self.scope.set(&name, value)?;
        }
        Ok(value)
    }

    /// Runs a command substitution; the node that needs it is expanded again afterwards.
    pub(super) fn substitute(
        &mut self,
        run: &mut Run<'_, '_>,
        node: Arc<Node>,
        captured: Vec<String>,
        text: &str,
    ) {
        self.frames.push(Frame::Start { node, captured });
        self.frames.push(Frame::Capture { scope: Box::new(self.scope.clone()), io: self.io.clone() });
        self.captures.push(String::new());
        self.io.out = Sink::Capture(self.captures.len() - 1);
        self.begin_text(run, text);
    }
}
