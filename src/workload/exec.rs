//! Commands beside the main process: exec probes, lifecycle hooks, `kubectl exec`.

use super::files::ContainerFs;
use super::process::{Effect, Process};
use super::program;
use super::request::Answer;
use super::shell::Shell;
use crate::time::{Span, VirtualTime};

/// How long a command beside the main process may take until it counts as endless.
const LONGEST_EXEC: Span = Span::secs(3_600);
/// How often such a command may pause until it counts as endless.
const MOST_EXEC_ROUNDS: u32 = 5_000;
/// How often it may be found busy, each time after thousands of steps, until it counts as endless.
const MOST_BUSY_ROUNDS: u32 = 3;
/// How much of its output is kept.
const EXEC_OUTPUT_BYTES: usize = 64 << 10;

/// What came of a command run inside a container (exec probe, hook, `kubectl exec`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exec {
    /// Its exit code.
    pub exit_code: i32,
    /// What it printed, standard output and error in the order of printing.
    pub output: String,
    /// How long it took. A command that never ends takes [`Exec::ENDLESS`].
    pub took: Span,
    /// The runtime's text when the command could not even be started.
    pub error: Option<String>,
}

impl Exec {
    /// What a command that never ends is said to take; longer than any timeout.
    pub const ENDLESS: Span = Span::secs(1_000_000);
}

impl Process {
    /// Runs a command beside the main process: exec probes, lifecycle hooks, `kubectl exec`. What it does to
    /// files is seen at once, even if the command takes time; what it does to the main process (`kill 1`,
    /// `nginx -s quit`, its log) comes at the right instant.
    pub fn exec(&mut self, argv: &[String], files: &mut ContainerFs<'_>, now: VirtualTime) -> Exec {
        if let Some(error) = self.cannot_exec(argv, files) {
            return Exec { exit_code: 126, output: String::new(), took: Span::ZERO, error: Some(error) };
        }
        let open_ports = self.servers().flat_map(|server| server.open_ports(now)).collect();
        let mut shell = Shell::beside(&self.launch, argv.to_vec(), now, open_ports);
        let (mut at, mut output, mut busy_rounds) = (now, String::new(), 0);
        for _ in 0..MOST_EXEC_ROUNDS {
            shell.run_beside(at, files, &mut output);
            if let Some(end) =
                (0..=EXEC_OUTPUT_BYTES.min(output.len())).rev().find(|end| output.is_char_boundary(*end))
            {
                output.truncate(end);
            }
            self.keep_effects(&mut shell, at);
            if let Some(exit_code) = shell.exited() {
                return Exec { exit_code, output, took: at - now, error: None };
            }
            for ask in shell.take_asks() {
                let answer =
                    self.answer_locally(&ask.request, at).unwrap_or_else(|| match ask.request.is_local() {
                        true => Answer::Refused,
                        false => Answer::Unavailable,
                    });
                shell.answer(ask.number, answer);
            }
            busy_rounds += u32::from(shell.own_cpu_milli() > 0);
            match shell.next_due() {
                _ if busy_rounds > MOST_BUSY_ROUNDS => break,
                Some(due) if due - now <= LONGEST_EXEC => at = at.max(due),
                _ => break,
            }
        }
        Exec { exit_code: 137, output, took: Exec::ENDLESS, error: None }
    }

    /// The runtime's text if a command cannot be started at all.
    fn cannot_exec(&self, argv: &[String], files: &ContainerFs<'_>) -> Option<String> {
        if self.ended.is_some() {
            return Some("failed to exec in container: container is not running".to_owned());
        }
        let missing = program::missing(&self.launch, argv, files)?;
        Some(format!(
            "failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start \
             container process: {missing}: unknown"
        ))
    }

    fn keep_effects(&mut self, shell: &mut Shell, at: VirtualTime) {
        let (text, signals) = shell.take_effects();
        let printed = (!text.is_empty()).then_some(Effect::Print(text));
        let effects = printed.into_iter().chain(signals.into_iter().map(Effect::Signal));
        self.effects.extend(effects.map(|effect| (at, effect)));
        self.effects.sort_by_key(|(at, _)| *at);
    }
}
