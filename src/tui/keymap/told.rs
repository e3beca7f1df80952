//! Texts that name keys: `<why>` stands for the key that asks why, whichever it is. Where lines are typed and no key is
//! pressed, it stands for the words that do the same.
//!
//! | text | with keys | in plain mode |
//! |---|---|---|
//! | `` `<skip>` skips ahead `` | `` `>` skips ahead `` | `` `skip` skips ahead `` |
//! | `` use `<delete-pod>` `` | `` use `K, then p` `` | `` use `delete pod NAME` `` |
//! | `` type `:scale ...` `` | `` type `:scale ...` `` | `` type `scale ...` `` |

use super::{BINDINGS, Command, Keymap, names};
use crate::lessons::LessonView;
use crate::lessons::prose::{Block, Style, in_plain, texts_mut};
use crate::scenes::Scene;
use crate::tui::screen::Screen;

/// Entries of menus that texts may name: the name, what opens the menu, the letter, and what one types for it.
pub const MENU: &[(&str, Command, char, &str)] = &[
    ("delete-pod", Command::Break, 'p', "delete pod NAME"),
    ("kill-container", Command::Break, 'c', "break container-exit NAME 137"),
    ("crash-container", Command::Break, 'x', "break container-exit NAME"),
    ("out-of-memory", Command::Break, 'o', "break oom-kill NAME"),
    ("fail-readiness", Command::Break, 'r', "break probe NAME readiness"),
    ("power-off", Command::Break, 'n', "break node NAME power-off"),
    ("power-on", Command::Break, 'n', "break node NAME power-on"),
    ("cut-the-network", Command::Break, 'g', "break cut NAME"),
    ("heal-the-network", Command::Break, 'g', "break heal NAME"),
    ("stop-api-server", Command::Break, 'A', "break component apiserver stop"),
    ("start-api-server", Command::Break, 'A', "break component apiserver start"),
    ("stop-etcd", Command::Break, 'E', "break component etcd stop"),
    ("start-etcd", Command::Break, 'E', "break component etcd start"),
    ("stop-scheduler", Command::Break, 'S', "break component scheduler stop"),
    ("start-scheduler", Command::Break, 'S', "break component scheduler start"),
    ("stop-all-controllers", Command::Break, 'M', "break component controller-manager stop"),
    ("start-all-controllers", Command::Break, 'M', "break component controller-manager start"),
    ("stop-replicaset-controller", Command::Break, 'R', "break component controller/replicaset stop"),
    ("start-replicaset-controller", Command::Break, 'R', "break component controller/replicaset start"),
    ("restart-step", Command::Again, 's', "again"),
    ("restart-lesson", Command::Again, 'l', "restart"),
];

/// What one types instead of a key in plain mode; empty where the key is of no use without a screen.
pub(super) const fn typed(command: Command) -> &'static str {
    use Command::*;
    match command {
        Pause => "pause",
        StepEvent => "step",
        StepBack => "back",
        NextEvent => "skip",
        Follow => "follow",
        RealTime => "speed 1x",
        Last => "live",
        Fork => "fork",
        Undo => "undo",
        Break => "break",
        Why => "why NAME",
        Go(Screen::Cluster) => "now",
        Go(Screen::Learn) => "page",
        Edit | EditOutside => "edit KIND NAME",
        Describe | Open => "describe KIND NAME",
        Logs => "logs NAME",
        Scale => "scale KIND NAME --replicas=N",
        Hint => "hint",
        NextPage => "next",
        LastPage => "previous",
        Again => "again",
        Cards => "cards",
        Help => "help",
        Quit => "quit",
        _ => "",
    }
}

/// The names that may stand in `<>`.
pub fn names() -> Vec<String> {
    let actions = BINDINGS.iter().map(names::action);
    actions.chain(MENU.iter().map(|(name, ..)| (*name).to_owned())).collect()
}

impl Keymap {
    /// The table for plain mode: words in the place of keys.
    pub fn in_words() -> Self {
        let mut keymap = Self { in_words: true, ..Self::default() };
        for bound in &mut keymap.bound {
            bound.label = typed(bound.binding.command).into();
        }
        keymap
    }

    /// A text with `<action>` in the place of keys, with the keys that do these actions: `<why> why` is `w why`. A
    /// command is written with a colon: `` `:get pods` ``.
    pub fn told(&self, text: &str) -> String {
        if !text.contains('<') && !text.contains("`:") {
            return text.to_owned();
        }
        let mut parts: Vec<String> = text.split('`').map(|part| self.with_keys(part)).collect();
        // Every other part stands between backticks.
        for code in parts.iter_mut().skip(1).step_by(2) {
            if let Some(command) = code.strip_prefix(':').filter(|rest| rest.starts_with(char::is_alphabetic))
            {
                *code = format!("{}{command}", self.label(Command::CommandLine));
            }
        }
        parts.join("`")
    }

    fn with_keys(&self, text: &str) -> String {
        let mut told = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            told.push_str(before);
            let label = after.split_once('>').and_then(|(name, after)| Some((self.key_of(name)?, after)));
            match label {
                Some((label, after)) => {
                    told.push_str(&label);
                    rest = after;
                }
                None => {
                    told.push('<');
                    rest = after;
                }
            }
        }
        told + rest
    }

    /// The key of a name, or the words for it.
    fn key_of(&self, name: &str) -> Option<String> {
        if let Some(bound) = self.bound.iter().find(|bound| names::action(bound.binding) == name) {
            return Some(bound.label.to_string());
        }
        let (_, menu, letter, typed) = MENU.iter().find(|(known, ..)| *known == name)?;
        Some(match self.in_words {
            true => (*typed).to_owned(),
            false => format!("{}, then {letter}", self.label(*menu)),
        })
    }

    /// A lesson with everything that is read in it told with these keys.
    pub fn told_lesson(&self, mut lesson: LessonView) -> LessonView {
        lesson.prose = self.told_blocks(lesson.prose);
        let asked = lesson.questions.iter_mut().flat_map(|question| {
            let choices = question.choices.iter_mut().map(|choice| &mut choice.text);
            let said = question.verdict.iter_mut().flat_map(|verdict| &mut verdict.feedback);
            std::iter::once(&mut question.ask).chain(choices).chain(said)
        });
        asked.for_each(|text| *text = self.told(text));
        for hint in &mut lesson.hints {
            hint.text = self.told(hint.in_face(self.in_words));
        }
        for goal in &mut lesson.goals {
            goal.goal = self.told(&goal.goal);
            goal.missed.iter_mut().for_each(|missed| missed.text = self.told(&missed.text));
        }
        lesson.timeline.iter_mut().for_each(|moment| moment.text = self.told(&moment.text));
        lesson
    }

    fn told_blocks(&self, blocks: Vec<Block>) -> Vec<Block> {
        let mut blocks = if self.in_words { in_plain(blocks) } else { blocks };
        texts_mut(&mut blocks, &mut |piece| {
            piece.text = match piece.style {
                Style::Code => self.told(&format!("`{}`", piece.text)).trim_matches('`').to_owned(),
                _ => self.told(&piece.text),
            };
        });
        blocks
    }

    /// A scene with everything that is read in it told with these keys.
    pub fn told_scene(&self, scene: &Scene) -> Scene {
        let mut scene = scene.clone();
        for beat in &mut scene.beats {
            beat.caption = self.told(&beat.caption);
            beat.notes.iter_mut().for_each(|note| *note = self.told(note));
        }
        scene
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crossterm::event::KeyCode;

    use super::*;
    use crate::lessons::prose::texts;
    use crate::lessons::{Catalog, Lesson};
    use crate::tui::command;

    const TEXT: &str = "`<skip>` skips; use `<delete-pod>`, or `:scale deploy/login`; `<none>`, 3 < 4";

    #[test]
    fn keys_are_told_as_they_are_bound() {
        assert_eq!(
            Keymap::default().told(TEXT),
            "`>` skips; use `K, then p`, or `:scale deploy/login`; `<none>`, 3 < 4"
        );
        let wishes = [(Command::Break, 'X'), (Command::CommandLine, '!')];
        let keymap = Keymap::with(&wishes.map(|(command, key)| (command, vec![KeyCode::Char(key)]))).unwrap();
        assert_eq!(
            keymap.told(TEXT),
            "`>` skips; use `X, then p`, or `!scale deploy/login`; `<none>`, 3 < 4"
        );
    }

    #[test]
    fn where_lines_are_typed_words_are_told() {
        assert_eq!(
            Keymap::in_words().told(TEXT),
            "`skip` skips; use `delete pod NAME`, or `scale deploy/login`; `<none>`, 3 < 4"
        );
    }

    /// Everything that is read in the lessons of the course, told with these keys.
    fn course(keymap: &Keymap) -> Vec<String> {
        let read = |lesson: &Arc<Lesson>| {
            let steps = lesson.steps.iter().map(|step| &step.prose);
            let pages = [&lesson.intro, &lesson.debrief, &lesson.simplified].into_iter().chain(steps);
            let pages = pages.map(|page| {
                let mut text = String::new();
                texts(&keymap.told_blocks(page.clone()), &mut |piece| match piece.style {
                    Style::Code => text.push_str(&format!(" `{}` ", piece.text)),
                    _ => text.push_str(&piece.text),
                });
                text
            });
            let hints = lesson.steps.iter().flat_map(|step| &step.hints).map(|hint| {
                let plain = hint.plain.as_ref().filter(|_| keymap.in_words);
                keymap.told(plain.unwrap_or(&hint.say).source())
            });
            let asked = lesson.questions().map(|question| keymap.told(&question.ask));
            pages.chain(hints).chain(asked).collect::<Vec<_>>()
        };
        Catalog::embedded().lessons().iter().flat_map(read).collect()
    }

    #[test]
    fn no_lesson_tells_to_press_keys_where_lines_are_typed() {
        let on_screen = [
            "Press ",
            "press ",
            "key takes",
            "arrow",
            "GAP column",
            "menu `",
            "left and right",
            "The screen",
        ];
        for text in course(&Keymap::in_words()) {
            let wrong = on_screen.iter().find(|words| text.contains(**words));
            assert!(wrong.is_none() && !text.contains("``"), "{wrong:?} in {text}");
        }
    }

    /// Whoever bound other keys is told of no key that does something else.
    #[test]
    fn no_lesson_names_a_key_by_its_letter() {
        for text in course(&Keymap::in_words()) {
            let code = text.split('`').skip(1).step_by(2);
            let is_key = |code: &&str| {
                BINDINGS.iter().any(|it| it.label == *code && matches!(it.keys, [KeyCode::Char(_), ..]))
            };
            let keys = code.filter(is_key);
            // Numbers are mostly numbers of pods.
            let keys: Vec<&str> = keys.filter(|key| !key.bytes().all(|byte| byte.is_ascii_digit())).collect();
            // A path that a probe asks for.
            assert!(keys.iter().all(|key| *key == "/"), "{keys:?} in {text}");
        }
    }

    #[test]
    fn the_words_can_be_typed() {
        let of_lessons = ["next", "previous", "hint", "again", "page", "restart"];
        let actions = BINDINGS.iter().map(|binding| typed(binding.command));
        for words in actions.chain(MENU.iter().map(|(.., words)| *words)) {
            let is_whole = words.is_empty() || words == "break" || of_lessons.contains(&words);
            let line = words.replace("--replicas=N", "--replicas=2");
            assert!(is_whole || command::parse(&line).is_ok(), "{words}");
        }
    }
}
