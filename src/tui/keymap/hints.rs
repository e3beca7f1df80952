//! The hint line: the keys that are most useful now, most useful first.

use super::{BINDINGS, Bound, Command, Keymap};
use crate::tui::screen::Screen;

/// What the hint line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// The present, on a screen.
    Live(Screen),
    /// A moment of the past, on a screen: nothing can be changed here.
    Past(Screen),
}

/// A key with a word or two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint<'a> {
    /// How the key is shown.
    pub label: &'a str,
    /// What it does; none if only a menu knows the key.
    pub command: Option<Command>,
    /// In a word or two.
    pub words: &'static str,
}

/// In the past: how to move in it, and how to get out.
const PAST: &[(Command, &str)] = &[
    (Command::StepBack, "back"),
    (Command::StepEvent, "forward"),
    (Command::Last, "live"),
    (Command::Fork, "fork here"),
    (Command::Why, "why"),
    (Command::Diff, "diff"),
    (Command::NextPanel, "panel"),
    (Command::Help, "keys"),
];

/// Beside a manifest whose letters are keys.
const YAML: &[(Command, &str)] = &[
    (Command::Apply, "apply"),
    (Command::Diff, "diff"),
    (Command::Save, "save"),
    (Command::Predict, "predict"),
    (Command::Undo, "undo edit"),
    (Command::Quit, "close"),
    (Command::Edit, "type"),
    (Command::Help, "keys"),
];

/// Beside a loop under the glass.
const LOOP: &[(Command, &str)] = &[
    (Command::Pause, "pause"),
    (Command::StepEvent, "next phase"),
    (Command::StepBack, "back"),
    (Command::Open, "open"),
    (Command::XRay, "x-ray"),
    (Command::Break, "break"),
    (Command::Why, "why"),
    (Command::NextPanel, "panel"),
    (Command::CommandLine, "command"),
    (Command::Help, "keys"),
];

impl Keymap {
    /// The hint line of a situation, most useful first. Actions without a key are left out.
    pub fn hints(&self, situation: Situation) -> Vec<Hint<'_>> {
        let own = match situation {
            Situation::Past(screen) if screen != Screen::Stage => PAST,
            Situation::Live(Screen::Yaml) => YAML,
            Situation::Live(Screen::Loop) => LOOP,
            Situation::Past(screen) | Situation::Live(screen) => return self.ranked(screen),
        };
        let screen = situation.screen();
        let here = own.iter().filter(|(command, _)| {
            BINDINGS.iter().any(|binding| binding.command == *command && binding.is_on(screen))
        });
        here.map(|(command, words)| Hint { label: self.label(*command), command: Some(*command), words })
            .filter(|hint| !hint.label.is_empty())
            .collect()
    }

    fn ranked(&self, screen: Screen) -> Vec<Hint<'_>> {
        let shown =
            self.bound.iter().filter(|bound| bound.binding.is_hinted(screen) && !bound.label.is_empty());
        let mut bound: Vec<_> = shown.collect();
        bound.sort_by_key(|bound| bound.binding.rank);
        bound.into_iter().map(Bound::hint).collect()
    }
}

impl Bound {
    fn hint(&self) -> Hint<'_> {
        Hint { label: &self.label, command: Some(self.binding.command), words: self.binding.hint }
    }
}

impl Situation {
    fn screen(self) -> Screen {
        match self {
            Self::Live(screen) | Self::Past(screen) => screen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_past_it_says_how_to_get_out() {
        let keymap = Keymap::default();
        for screen in Screen::ALL {
            let hints = keymap.hints(Situation::Past(*screen));
            assert!(hints.iter().any(|hint| (hint.label, hint.words) == ("end", "live")), "{screen:?}");
            assert!(
                hints.iter().all(|hint| hint.command != Some(Command::Break)),
                "nothing breaks in the past"
            );
        }
    }

    #[test]
    fn the_keys_are_always_among_them() {
        let keymap = Keymap::default();
        for screen in Screen::ALL {
            for situation in [Situation::Live(*screen), Situation::Past(*screen)] {
                assert!(keymap.hints(situation).iter().any(|hint| hint.command == Some(Command::Help)));
            }
        }
    }
}
