//! What the dashboard's own commands do.

use smol_str::{SmolStr, format_smolstr};

use super::named::named;
use super::own::{NodeAct, Own, verbs};
use super::prompt::{Typed, remember};
use super::refusal::refusal;
use super::{Line, Prompt, PromptKind, by_key, parse};
use crate::engine::{Act, NodeSpec};
use crate::lessons::session::Ask;
use crate::time::VirtualTime;
use crate::tui::app::{App, Effect, LessonAct, TextView};
use crate::tui::keymap::Command;
use crate::tui::legend;
use crate::tui::screen::Screen;
use crate::tui::theme::Theme;

/// What has more lines is no message for a moment.
const TOAST_LINES: usize = 4;

impl App {
    /// Opens the command line, with these words in it.
    pub(in crate::tui) fn ask(&mut self, kind: PromptKind, text: &str) {
        self.prompt = Some(Prompt::new(kind, text, &self.view, self.target()));
    }

    /// A key while a line is typed.
    pub(in crate::tui) fn prompt_key(
        &mut self,
        mut prompt: Prompt,
        key: crossterm::event::KeyCode,
    ) -> Option<Effect> {
        let typed = prompt.key(key, &self.history, &self.view);
        match (typed, prompt.kind) {
            (Typed::On, kind) => {
                if kind == PromptKind::Filter {
                    self.filter.clone_from(&prompt.text);
                    self.refresh();
                }
                self.prompt = Some(prompt);
            }
            (Typed::Given, PromptKind::Filter) => {
                self.filter.clear();
                self.refresh();
            }
            (Typed::Given, PromptKind::Command) | (Typed::Line(_), PromptKind::Filter) => {}
            (Typed::Line(line), PromptKind::Command) => return self.run_line(&line),
        }
        None
    }

    /// Runs a line as if it had been typed.
    pub fn run_line(&mut self, line: &str) -> Option<Effect> {
        if line.is_empty() {
            return None;
        }
        remember(&mut self.history, line);
        match parse(line) {
            Ok(Line::Own(own)) => self.perform(own),
            Ok(Line::Kubectl(line)) => Some(Effect::Kubectl(line)),
            // A usage with its list of words is to be read, not glanced at.
            Err(problem) if problem.lines().count() > TOAST_LINES => {
                self.show_text(format!(": {line}"), &problem);
                None
            }
            Err(problem) => {
                self.complain(problem);
                None
            }
        }
    }

    fn perform(&mut self, own: Own) -> Option<Effect> {
        match own {
            Own::Speed { speed } => {
                self.pace.set(speed);
                self.say(format!("speed {}", self.pace.label()));
            }
            Own::Follow => return self.run(Command::Follow),
            Own::Pause => self.pace.paused = true,
            Own::Resume => {
                self.see_live();
                self.pace.paused = false;
            }
            Own::Until { expression } => self.until(&expression.join(" ")),
            Own::Step => return self.run(Command::StepEvent),
            Own::Back => return self.run(Command::StepBack),
            Own::Skip => return self.run(Command::NextEvent),
            Own::Goto { at } => return Some(Effect::Seek(at)),
            Own::Undo => return Some(Effect::Undo),
            Own::Live => self.see_live(),
            Own::Fork => return self.run(Command::Fork),
            Own::Break { what } => return self.perform_break(&what),
            Own::Node { act, name } => {
                let (title, act) = match act {
                    NodeAct::Add => {
                        (format_smolstr!("you added {name}"), Act::AddNode(NodeSpec::new(name.as_str())))
                    }
                    NodeAct::Remove => {
                        (format_smolstr!("you removed {name}"), Act::RemoveNode(name.as_str().into()))
                    }
                };
                return self.by_hand(title, act);
            }
            Own::Traffic { service, per_second } => {
                let title = format_smolstr!("clients ask {service} {per_second} times a second");
                let service = match service.contains('/') {
                    true => service.into(),
                    false => format_smolstr!("default/{service}"),
                };
                let act = Act::Traffic { service, per_second };
                return Some(Effect::Input(Box::new(by_key(title, act))));
            }
            Own::Cards { words } => return Some(Effect::Lesson(LessonAct::Cards(words.join(" ")))),
            Own::Learn { lesson: None } => return self.run(Command::Go(Screen::Learn)),
            Own::Learn { lesson: Some(lesson) } => return Some(Effect::Lesson(LessonAct::Open(lesson))),
            Own::Docker { words } => {
                let line = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default();
                return Some(Effect::Lesson(LessonAct::Ask(Ask::Docker(line))));
            }
            Own::Panels { .. } if self.lesson().is_none() => {
                self.say("All panels are shown: only lessons open them one by one.");
            }
            Own::Panels { which } => {
                self.learn.every_panel = which == "all";
                self.refresh();
            }
            Own::Filter { text } => {
                self.filter = text.unwrap_or_default();
                self.refresh();
            }
            Own::Screen { screen } => return self.run(Command::Go(screen)),
            Own::Theme { name: None } => return self.run(Command::Theme),
            Own::Theme { name: Some(name) } => self.theme = Theme::named(&name).unwrap_or_default(),
            Own::Ascii => return self.run(Command::Ascii),
            Own::XRay => return self.run(Command::XRay),
            Own::Why { object } if object.is_empty() => return self.run(Command::Why),
            Own::Why { object } => match named(&self.view, &object) {
                Ok(object) => self.why_of(&object),
                Err(problem) => self.complain(problem),
            },
            Own::Now => {
                let (now, next) = self.now_sentence();
                self.show_text("Now", &format!("{now}\n{next}"));
            }
            Own::Messages => self.show_messages(),
            Own::Help { topic: None } => return self.run(Command::Help),
            Own::Help { topic: Some(topic) } => self.help_on(&topic),
            Own::Export { what } => return Some(Effect::Export(what)),
            Own::Motion => {
                self.motion = self.motion.other();
                self.say(format!("motion {}", self.motion.name()));
            }
            Own::Seed => {
                let run = format!(
                    "seed {}, {} nodes, {} objects, revision {}",
                    self.view.seed(),
                    self.view.node_names().len(),
                    self.view.objects().len(),
                    self.view.revision()
                );
                self.show_text("This run", &run);
            }
            Own::Quit => return self.leave(),
        }
        None
    }

    /// Something is to be done, unless it is plain that nothing would come of it.
    fn by_hand(&mut self, title: SmolStr, act: Act) -> Option<Effect> {
        if let Some(reason) = refusal(&self.live, &act) {
            self.complain(reason);
            return None;
        }
        Some(Effect::Input(Box::new(by_key(title, act))))
    }

    fn perform_break(&mut self, what: &super::BreakCommand) -> Option<Effect> {
        if let super::BreakCommand::Random { budget, every } = *what {
            return Some(Effect::Chaos { budget, every });
        }
        match what.acts(&self.live).map(|mut acts| acts.drain(..).next()) {
            Ok(Some((title, act))) => self.by_hand(title, act),
            Ok(None) => None,
            Err(problem) => {
                self.complain(problem);
                None
            }
        }
    }

    fn show_messages(&mut self) {
        let lines = match self.said.is_empty() {
            true => vec!["Nothing was said yet.".to_owned()],
            false => self.said.iter().flat_map(|(at, text)| said_lines(*at, text)).collect(),
        };
        // The last ones are of interest: the text begins at its end.
        let top = usize::MAX;
        self.open_text(TextView {
            title: "Messages".to_owned(),
            text: lines,
            wraps: true,
            top,
            ..TextView::default()
        });
    }

    /// Everything that keys and commands say about a word.
    fn help_on(&mut self, topic: &str) {
        let wanted = topic.to_lowercase();
        let keys = self.keymap.all().iter().filter(|bound| {
            let binding = bound.binding;
            bound.label == topic
                || format!("{} {}", binding.hint, binding.help).to_lowercase().contains(&wanted)
        });
        let mut lines: Vec<String> =
            keys.map(|bound| format!("key {:<6} {}", bound.label, bound.binding.help)).collect();
        let signs = legend::lines(self.glyphs);
        let signs = signs.into_iter().filter(|line| legend::is_about(line, &wanted));
        lines.extend(signs);
        let verbs = verbs()
            .into_iter()
            .filter(|verb| format!("{} {}", verb.text, verb.note).to_lowercase().contains(&wanted));
        lines.extend(verbs.map(|verb| format!(":{:<9} {}", verb.text, verb.note)));
        if lines.is_empty() {
            lines.push(format!("No key and no command says anything about \"{topic}\"."));
            lines
                .push("kubectl commands explain themselves: type one and read the line below it.".to_owned());
        }
        self.show_text(format!("Help: {topic}"), &lines.join("\n"));
    }
}

/// A message with its time in front; its further lines stand below the first.
fn said_lines(at: VirtualTime, text: &str) -> Vec<String> {
    let time = at.to_string();
    let lead = |index| if index == 0 { time.clone() } else { " ".repeat(time.len()) };
    text.lines().enumerate().map(|(index, line)| format!("{}  {line}", lead(index))).collect()
}
