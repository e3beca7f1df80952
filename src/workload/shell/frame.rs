//! Frames: where a task is in its script. See [`super::task`].

use std::sync::Arc;

use smol_str::SmolStr;

use crate::time::VirtualTime;

use super::io::{Io, Sink};
use super::pattern;
use super::scope::{Scope, Variable};
use super::script::{Arm, Link, Node};
use super::task::{Run, Task};
use super::{expand::Pause, io};

/// One level of a task's stack.
#[derive(Clone, Debug)]
pub(super) enum Frame {
    /// A node to be started, with the outputs of those of its command substitutions that ran.
    Start { node: Arc<Node>, captured: Vec<String> },
    /// A program to be run with these arguments.
    Program(Vec<String>),
    /// A list; the next item.
    List { node: Arc<Node>, next: usize },
    /// A chain; the next link.
    Chain { node: Arc<Node>, next: usize },
    /// A pipeline; the next stage, and what the shell around it had.
    Pipe { node: Arc<Node>, next: usize, scope: Box<Scope>, io: Io, inputs: usize, failed: i32 },
    /// A `while`, `until` or counting loop.
    Loop { node: Arc<Node>, phase: Phase, status: i32 },
    /// A `for` loop; the next of its items.
    For { node: Arc<Node>, items: Vec<String>, next: usize },
    /// An `if`; the arm whose condition is being tried.
    If { node: Arc<Node>, arm: usize },
    /// A subshell, with the scope of the shell around it.
    Subshell(Box<Scope>),
    /// A command substitution.
    Capture { scope: Box<Scope>, io: Io },
    /// A command with redirections or variables of its own, and what was there before.
    Surround { io: Io, inputs: usize, variables: Vec<(SmolStr, Option<Variable>)> },
    /// A function call, with the caller's parameters and the variables made local.
    Call { args: Vec<String>, locals: Vec<(SmolStr, Option<Variable>)> },
    /// A trap's command, with the status to come back to.
    Trap { status: i32 },
    /// What is above ends at this instant at the latest (`timeout`).
    Deadline(VirtualTime),
}

/// Which part of a loop runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Condition,
    Body,
    Step,
}

impl Frame {
    /// Whether `exit` inside ends here.
    pub(super) fn is_boundary(&self) -> bool {
        matches!(self, Self::Pipe { .. } | Self::Subshell(_) | Self::Capture { .. })
    }

    /// Whether what runs inside may fail under `set -e`, because somebody looks at the status.
    pub(super) fn expects_failure(&self) -> bool {
        match self {
            Self::Loop { phase: Phase::Condition, .. } | Self::If { .. } => true,
            Self::Chain { node, next } => matches!(&**node, Node::Chain { rest, .. } if *next < rest.len()),
            Self::Pipe { node, .. } => matches!(&**node, Node::Pipeline { negate: true, .. }),
            _ => false,
        }
    }
}

impl Task {
    /// Goes on with a frame: it is new, or what was above it has ended.
    pub(super) fn resume(&mut self, frame: Frame, run: &mut Run<'_, '_>) {
        match frame {
            Frame::Start { node, captured } => self.start(node, captured, run),
            Frame::Program(argv) => self.run_program(run, &argv),
            Frame::List { node, next } => self.next_item(node, next, run),
            Frame::Chain { node, next } => self.next_link(node, next),
            Frame::Pipe { node, next, scope, io, inputs, failed } => {
                self.next_stage(node, next, scope, io, inputs, failed);
            }
            Frame::Loop { node, phase, status } => self.next_phase(node, phase, status),
            Frame::For { node, items, next } => self.next_round(node, items, next, run),
            Frame::If { node, arm } => self.decide(node, arm),
            Frame::Subshell(outer) => {
                let status = self.scope.status;
                self.scope = *outer;
                self.settle(status);
            }
            Frame::Capture { scope, io } => {
                let status = self.scope.status;
                (self.scope, self.io) = (*scope, io);
                self.scope.status = status;
                let output = self.captures.pop().unwrap_or_default();
                if let Some(Frame::Start { captured, .. }) = self.frames.last_mut() {
                    captured.push(output.trim_end_matches('\n').to_owned());
                }
            }
            frame @ (Frame::Surround { .. } | Frame::Call { .. }) => {
                self.frames.push(frame);
                self.leave();
            }
            Frame::Trap { status } => self.scope.status = status,
            Frame::Deadline(_) => {}
        }
    }

    fn start(&mut self, node: Arc<Node>, captured: Vec<String>, run: &mut Run<'_, '_>) {
        match &*node {
            Node::List(_) => self.frames.push(Frame::List { node, next: 0 }),
            Node::Chain { first, .. } => {
                self.frames.push(Frame::Chain { node: node.clone(), next: 0 });
                self.begin(first);
            }
            Node::Pipeline { .. } => {
                let (scope, io, inputs) = (Box::new(self.scope.clone()), self.io.clone(), self.inputs.len());
                self.frames.push(Frame::Pipe { node, next: 0, scope, io, inputs, failed: 0 });
            }
            Node::Loop { condition, .. } => {
                self.frames.push(Frame::Loop { node: node.clone(), phase: Phase::Condition, status: 0 });
                self.begin(condition);
            }
            Node::If { arms, .. } => {
                self.frames.push(Frame::If { node: node.clone(), arm: 0 });
                if let Some((condition, _)) = arms.first() {
                    self.begin(condition);
                }
            }
            Node::Subshell(inner) => {
                self.frames.push(Frame::Subshell(Box::new(self.scope.clone())));
                self.begin(inner);
            }
            Node::Function(name, body) => {
                self.scope.functions.insert(name.clone(), body.clone());
                self.scope.status = 0;
            }
            _ => match self.start_expanded(&node, &captured, run) {
                Ok(()) => {}
                Err(Pause::Substitute(text)) => self.substitute(run, node, captured, &text),
                Err(Pause::Fail(message)) => {
                    self.complain(run, &format!("sh: {message}"));
                    self.exit(2);
                }
            },
        }
    }

    /// Starts a node with words in it. On a pause nothing has happened yet.
    fn start_expanded(
        &mut self,
        node: &Arc<Node>,
        captured: &[String],
        run: &mut Run<'_, '_>,
    ) -> Result<(), Pause> {
        match &**node {
            Node::Simple { assigns, words, redirects } => {
                self.start_simple(run, captured, assigns, words, redirects)?;
            }
            Node::For { words, .. } => {
                let items = match words {
                    Some(words) => self.expand(run, captured, |expander| expander.words(words))?,
                    None => self.scope.args.clone(),
                };
                self.scope.status = 0;
                self.frames.push(Frame::For { node: node.clone(), items, next: 0 });
            }
            Node::Case { subject, arms } => {
                let chosen = self.expand(run, captured, |expander| {
                    let subject = expander.text(subject)?;
                    for arm in arms {
                        for wanted in &arm.patterns {
                            if pattern::matches(&expander.pattern(wanted)?, &subject) {
                                return Ok(Some(arm));
                            }
                        }
                    }
                    Ok(None)
                })?;
                self.scope.status = 0;
                if let Some(Arm { body: Some(body), .. }) = chosen {
                    self.begin(body);
                }
            }
            Node::Redirected(inner, redirects) => {
                let openings = self.expand(run, captured, |expander| io::expand(redirects, expander))?;
                let (outer, inputs) = (self.io.clone(), self.inputs.len());
                match self.open(run, &openings) {
                    Ok(opened) => {
                        self.frames.push(Frame::Surround { io: outer, inputs, variables: Vec::new() });
                        self.io = opened;
                        self.begin(inner);
                    }
                    Err(message) => {
                        self.complain(run, &format!("sh: {message}"));
                        self.settle(1);
                    }
                }
            }
            Node::Arithmetic(expression) => {
                let number = self.expand(run, captured, |expander| expander.number(expression))?;
                self.settle(i32::from(number == 0));
            }
            Node::Test(condition) => {
                let holds = self.expand(run, captured, |expander| expander.holds(condition))?;
                self.settle(i32::from(!holds));
            }
            _ => {}
        }
        Ok(())
    }

    fn next_item(&mut self, node: Arc<Node>, next: usize, run: &mut Run<'_, '_>) {
        let Node::List(items) = &*node else { return };
        let Some(item) = items.get(next) else { return };
        self.frames.push(Frame::List { node: node.clone(), next: next + 1 });
        if item.background {
            self.start_background(run, Frame::Start { node: item.node.clone(), captured: Vec::new() });
        } else {
            self.begin(&item.node);
        }
    }

    fn next_link(&mut self, node: Arc<Node>, next: usize) {
        let Node::Chain { rest, .. } = &*node else { return };
        let succeeded = self.scope.status == 0;
        let links = rest.iter().enumerate().skip(next);
        let follows = links.into_iter().find(|(_, (link, _))| succeeded == (*link == Link::And));
        if let Some((at, (_, command))) = follows {
            self.frames.push(Frame::Chain { node: node.clone(), next: at + 1 });
            self.begin(command);
        }
    }

    /// A pipeline runs one stage after the other: each gets all that the one before it printed. A stage that
    /// never ends keeps the next one from starting; the text of the real thing would flow.
    fn next_stage(
        &mut self,
        node: Arc<Node>,
        next: usize,
        scope: Box<Scope>,
        io: Io,
        inputs: usize,
        failed: i32,
    ) {
        let Node::Pipeline { stages, negate } = &*node else { return };
        let status = self.scope.status;
        let failed = if next > 0 && status != 0 { status } else { failed };
        let Some(stage) = stages.get(next) else {
            let failing = scope.options.pipe_fail && failed != 0;
            (self.scope, self.io) = (*scope, io);
            self.inputs.truncate(inputs);
            let status = if failing { failed } else { status };
            match negate {
                true => self.scope.status = i32::from(status == 0),
                false => self.settle(status),
            }
            return;
        };
        let mut own = io.clone();
        if next > 0 {
            let text = self.captures.pop().unwrap_or_default();
            own.input = Some(self.add_input(text));
        }
        if next + 1 < stages.len() {
            self.captures.push(String::new());
            own.out = Sink::Capture(self.captures.len() - 1);
        }
        (self.scope, self.io) = ((*scope).clone(), own);
        let stage = stage.clone();
        self.frames.push(Frame::Pipe { node, next: next + 1, scope, io, inputs, failed });
        self.begin(&stage);
    }

    fn next_phase(&mut self, node: Arc<Node>, phase: Phase, status: i32) {
        let Node::Loop { until, condition, body, step } = &*node else { return };
        let (next, part, status) = match phase {
            Phase::Condition if (self.scope.status == 0) == *until => {
                self.scope.status = status;
                return;
            }
            Phase::Condition => (Phase::Body, body, status),
            Phase::Body => match step {
                Some(step) => (Phase::Step, step, self.scope.status),
                None => (Phase::Condition, condition, self.scope.status),
            },
            Phase::Step => (Phase::Condition, condition, status),
        };
        self.frames.push(Frame::Loop { node: node.clone(), phase: next, status });
        self.begin(part);
    }

    fn next_round(&mut self, node: Arc<Node>, items: Vec<String>, next: usize, run: &mut Run<'_, '_>) {
        let Node::For { name, body, .. } = &*node else { return };
        let Some(item) = items.get(next) else { return };
        if let Err(message) = self.scope.set(name, item.clone()) {
            self.complain(run, &format!("sh: {message}"));
            return self.exit(2);
        }
        self.frames.push(Frame::For { node: node.clone(), items, next: next + 1 });
        self.begin(body);
    }

    fn decide(&mut self, node: Arc<Node>, arm: usize) {
        let Node::If { arms, otherwise } = &*node else { return };
        if self.scope.status == 0 {
            if let Some((_, body)) = arms.get(arm) {
                self.begin(body);
            }
        } else if let Some((condition, _)) = arms.get(arm + 1) {
            self.frames.push(Frame::If { node: node.clone(), arm: arm + 1 });
            self.begin(condition);
        } else {
            self.scope.status = 0;
            if let Some(body) = otherwise {
                self.begin(body);
            }
        }
    }
}
