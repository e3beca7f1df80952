//! The keys as they are in force: the table, changed by what the user asks for.
//!
//! A user's key takes the place of the letters and signs of an action. Keys that are no letters (Esc, Enter, Tab,
//! the arrows, the page keys) always keep their meaning, so nobody can lock themselves out. Two actions on one key of
//! one screen are refused.

use crossterm::event::KeyCode;
use smol_str::SmolStr;

use super::{BINDINGS, Binding, Command, names};
use crate::tui::screen::Screen;

/// An action with the keys that do it.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The keys.
    pub keys: Vec<KeyCode>,
    /// How the first of them is shown.
    pub label: SmolStr,
    /// The row of the table.
    pub binding: &'static Binding,
}

/// All actions with their keys.
#[derive(Clone, Debug)]
pub struct Keymap {
    pub(super) bound: Vec<Bound>,
    /// Whether lines are typed and no key is pressed: then words stand in the place of keys.
    pub(super) in_words: bool,
}

/// Two actions want the same key on a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The key as it is shown.
    pub key: String,
    /// The names of the two actions; the first is the one that was asked for.
    pub actions: [String; 2],
    /// The screen.
    pub screen: Screen,
    /// Which of the wishes is at fault.
    pub wish: usize,
}

impl Default for Keymap {
    fn default() -> Self {
        let bound = BINDINGS.iter().map(|binding| Bound {
            keys: binding.keys.to_vec(),
            label: binding.label.into(),
            binding,
        });
        Self { bound: bound.collect(), in_words: false }
    }
}

impl Keymap {
    /// The table with other keys for some actions.
    ///
    /// # Errors
    /// Keys that would have two meanings on a screen.
    pub fn with(wishes: &[(Command, Vec<KeyCode>)]) -> Result<Self, Vec<Conflict>> {
        let mut keymap = Self::default();
        let mut wished: Vec<(usize, usize)> = Vec::new();
        for (wish, (command, keys)) in wishes.iter().enumerate() {
            let Some(index) = keymap.bound.iter().position(|bound| bound.binding.command == *command) else {
                continue;
            };
            let bound = &mut keymap.bound[index];
            let fixed = bound.keys.iter().copied().filter(|key| !matches!(key, KeyCode::Char(_)));
            bound.keys = keys.iter().copied().chain(fixed.collect::<Vec<_>>()).collect();
            bound.label = bound.keys.first().map(|key| names::label(*key).into()).unwrap_or_default();
            wished.push((index, wish));
        }
        let conflicts = keymap.conflicts(&wished);
        if conflicts.is_empty() { Ok(keymap) } else { Err(conflicts) }
    }

    /// For each wish the first other action that has one of its keys on a common screen.
    fn conflicts(&self, wished: &[(usize, usize)]) -> Vec<Conflict> {
        let mut found: Vec<Conflict> = Vec::new();
        for (index, wish) in wished {
            let (mine, others) = (&self.bound[*index], self.bound.iter().enumerate());
            let clash = others.filter(|(other, _)| other != index).find_map(|(_, other)| {
                let key = mine.keys.iter().find(|key| other.keys.contains(key))?;
                let common = |screen: &&Screen| mine.binding.is_on(**screen) && other.binding.is_on(**screen);
                let screen = *Screen::ALL.iter().find(common)?;
                let actions = [names::action(mine.binding), names::action(other.binding)];
                Some(Conflict { key: names::label(*key), actions, screen, wish: *wish })
            });
            let told = |clash: &Conflict| {
                found.iter().any(|one| one.key == clash.key && one.actions.contains(&clash.actions[0]))
            };
            if let Some(clash) = clash.filter(|clash| !told(clash)) {
                found.push(clash);
            }
        }
        found
    }

    /// All actions, in the order of the table.
    pub fn all(&self) -> &[Bound] {
        &self.bound
    }

    /// What a key does on a screen.
    pub fn command(&self, key: KeyCode, screen: Screen) -> Option<Command> {
        let found = self.bound.iter().find(|bound| bound.keys.contains(&key) && bound.binding.is_on(screen));
        found.map(|bound| bound.binding.command)
    }

    /// How the key of an action is shown; empty if it has none.
    pub fn label(&self, command: Command) -> &str {
        self.bound.iter().find(|bound| bound.binding.command == command).map_or("", |bound| &bound.label)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Situation;
    use super::*;

    #[test]
    fn a_wish_takes_the_place_of_letters_and_leaves_other_keys() {
        let keymap = Keymap::with(&[(Command::Quit, vec![KeyCode::Char('Q')])]).unwrap();
        let command = |key| keymap.command(key, Screen::Cluster);
        assert_eq!(command(KeyCode::Char('Q')), Some(Command::Quit));
        assert_eq!(command(KeyCode::Char('q')), None);
        assert_eq!(command(KeyCode::Esc), Some(Command::Back), "Esc always goes back");
        assert_eq!(keymap.label(Command::Quit), "Q");
        assert!(keymap.hints(Situation::Live(Screen::Cluster)).iter().any(|hint| hint.label == "Q"));
        assert_eq!(keymap.matching("on the first screen", Screen::Cluster)[0].1.label, "Q");
        assert_eq!(
            keymap.told("<quit> ends, <why> explains, <this> stays"),
            "Q ends, w explains, <this> stays"
        );
    }

    #[test]
    fn two_actions_on_one_key_are_refused_on_a_common_screen_only() {
        let on = |key| vec![KeyCode::Char(key)];
        let conflicts = Keymap::with(&[(Command::Break, on('x'))]).unwrap_err();
        assert_eq!(conflicts[0].actions, ["break".to_owned(), "x-ray".to_owned()]);
        assert!(Keymap::with(&[(Command::Break, on('x')), (Command::XRay, on('K'))]).is_ok(), "they swap");
        // `apply` is on the YAML screen, `wider` on Time.
        assert!(Keymap::with(&[(Command::Wider, on('a'))]).is_ok());
        let both = Keymap::with(&[(Command::Break, on('%')), (Command::Why, on('%'))]).unwrap_err();
        assert_eq!(both.len(), 1, "one clash is told once: {both:?}");
    }
}
