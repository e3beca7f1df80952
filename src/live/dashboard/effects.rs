//! What a key or a command leads to: each effect, done.

use super::Dashboard;
use crate::tui::Effect;
use crate::tui::command::BreakCommand;

impl Dashboard {
    /// Does what a key or a command leads to.
    pub(super) fn perform(&mut self, effect: Effect) -> anyhow::Result<()> {
        match effect {
            Effect::Input(input) => self.act(*input),
            Effect::Foresee(trial) => self.foresee(*trial),
            Effect::Apply { file, text } => self.apply_text(&file, &text),
            Effect::Save { file, text } => self.save_text(&file, &text),
            Effect::Chaos { budget, every } => {
                self.session.start_chaos(budget, every);
                self.app.say(BreakCommand::Random { budget, every }.words());
            }
            Effect::RunTo(goal) => self.session.send_to(goal),
            Effect::Seek(at) if at <= self.session.engine.now() => {
                self.app.see_past(self.session.engine.at(at));
            }
            Effect::Seek(at) => drop(self.session.go_on_until(at, &mut self.app.breakpoints)),
            Effect::Fork(at) => {
                let left = self.session.fork(at, &self.app.branch_name());
                self.app.forked(left, self.session.engine.view());
            }
            Effect::TakeUp(branch) => {
                let left = self.session.take_up(*branch, &self.app.branch_name());
                self.app.took_up(left, self.session.engine.view());
            }
            Effect::Copy(text) => self.guard.copy(&text)?,
            Effect::Undo => self.undo()?,
            Effect::Prune(object) => self.prune(object),
            Effect::Edit(object) => self.edit(&object)?,
            Effect::Export(what) => self.export(&what),
            Effect::Kubectl(line) => {
                self.session.tell_command(&line);
                self.app.echo(format!("kubectl {}", line.trim().trim_start_matches("kubectl ")));
                match self.app.past().cloned() {
                    Some(then) => self.commands.look_back(&line, &then, &mut self.app),
                    None => self.commands.start(&line),
                }
            }
            Effect::Lesson(act) => self.learn(act),
            Effect::Scene(act) => self.scene_act(act),
            Effect::Mouse(on) => self.guard.mouse(on)?,
            Effect::Quit => self.quit = true,
        }
        Ok(())
    }
}
