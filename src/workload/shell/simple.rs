//! Simple commands: `A=1 name word... > file`. Who runs it: a function, the shell itself, or a program.

use smol_str::SmolStr;

use super::block::Block;
use super::expand::Pause;
use super::frame::Frame;
use super::io;
use super::script::{Assign, Redirect, Word};
use super::task::{Run, Task};
use super::{builtin, programs};

/// How deep functions may call each other.
const DEEPEST_CALLS: usize = 500;
/// How many background tasks a container may have; the kubelet's `podPidsLimit` does the same.
const MOST_TASKS: usize = 64;

/// What came of starting a command.
pub(super) enum Flow {
    /// It has ended with this status.
    Status(i32),
    /// It takes time.
    Block(Block),
    /// It has put frames on the stack, or taken some off.
    Went,
}

impl Task {
    /// Starts a simple command. On a pause nothing has happened yet.
    pub(super) fn start_simple(
        &mut self,
        run: &mut Run<'_, '_>,
        captured: &[String],
        assigns: &[Assign],
        words: &[Word],
        redirects: &[Redirect],
    ) -> Result<(), Pause> {
        let (argv, values, openings) = self.expand(run, captured, |expander| {
            let argv = expander.words(words)?;
            let mut values = Vec::new();
            for assign in assigns {
                let mut value = expander.text(&assign.value)?;
                if assign.append {
                    value = expander.variable(&assign.name).unwrap_or_default() + &value;
                }
                if argv.is_empty() {
                    expander.assign(&assign.name, value);
                } else {
                    values.push((assign.name.clone(), value));
                }
            }
            Ok((argv, values, io::expand(redirects, expander)?))
        })?;
        if self.scope.options.trace && !argv.is_empty() {
            self.complain(run, &format!("+ {}", argv.join(" ")));
        }
        let inputs = self.inputs.len();
        let opened = match self.open(run, &openings) {
            Ok(opened) => opened,
            Err(message) => {
                self.complain(run, &format!("sh: {message}"));
                self.settle(1);
                return Ok(());
            }
        };
        let Some(name) = argv.first() else {
            // `A=$(false)` has the status of the substitution.
            self.inputs.truncate(inputs);
            self.settle(if captured.is_empty() { 0 } else { self.scope.status });
            return Ok(());
        };
        if name == "exec" {
            self.exec(&argv, opened, values);
            return Ok(());
        }
        if !redirects.is_empty() || !values.is_empty() {
            let old = values.iter().map(|(name, _)| (name.clone(), self.scope.keep(name))).collect();
            let outer = std::mem::replace(&mut self.io, opened);
            self.frames.push(Frame::Surround { io: outer, inputs, variables: old });
            self.export(values);
        }
        self.invoke(run, argv);
        Ok(())
    }

    /// Runs a command by its name: functions first, then the shell's own, then programs.
    pub(super) fn invoke(&mut self, run: &mut Run<'_, '_>, argv: Vec<String>) {
        let Some((name, args)) = argv.split_first() else { return };
        if let Some(body) = self.scope.functions.get(name.as_str()).cloned() {
            if self.frames.iter().filter(|frame| matches!(frame, Frame::Call { .. })).count() >= DEEPEST_CALLS
            {
                self.complain(run, &format!("sh: {name}: functions call each other too deep"));
                return self.exit(2);
            }
            let args = std::mem::replace(&mut self.scope.args, args.to_vec());
            self.frames.push(Frame::Call { args, locals: Vec::new() });
            return self.begin(&body);
        }
        match builtin::find(name) {
            Some(command) => {
                let flow = command(self, run, args);
                self.follow(flow);
            }
            None => self.run_program(run, &argv),
        }
    }

    /// Runs a program.
    pub(super) fn run_program(&mut self, run: &mut Run<'_, '_>, argv: &[String]) {
        let flow = programs::run(self, run, argv);
        self.follow(flow);
    }

    fn follow(&mut self, flow: Flow) {
        match flow {
            Flow::Status(status) => self.settle(status),
            Flow::Block(block) => self.block = Some(block),
            Flow::Went => {}
        }
    }

    /// Starts something in the background.
    pub(super) fn start_background(&mut self, run: &mut Run<'_, '_>, start: Frame) {
        if run.world.alive.len() >= MOST_TASKS {
            self.complain(run, "sh: can't fork: Resource temporarily unavailable");
            return self.settle(2);
        }
        let pid = run.world.new_pid(self.pid);
        run.born.push(self.fork(pid, start));
        self.scope.last_background = Some(pid);
        self.scope.status = 0;
    }

    /// `exec`: the program takes the shell's place, and its redirections stay.
    fn exec(&mut self, argv: &[String], opened: io::Io, values: Vec<(SmolStr, String)>) {
        self.export(values);
        if let Some((_, program @ [_, ..])) = argv.split_first() {
            self.exit(0);
            // A new program keeps only what is ignored.
            self.traps.retain(|_, command| command.is_empty());
            self.frames.push(Frame::Program(program.to_vec()));
        }
        self.io = opened;
        self.scope.status = 0;
    }

    fn export(&mut self, values: Vec<(SmolStr, String)>) {
        for (name, value) in values {
            let variable = self.scope.variable(&name);
            variable.exported = true;
            variable.value = value;
        }
    }
}
