//! The keys in the order in which the help tells of them.

use super::{Binding, Bound, Keymap};
use crate::tui::screen::Screen;

/// Where a key means something, seen from a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// On this screen, not on all.
    Here,
    /// On all screens.
    Everywhere,
    /// Only on other screens.
    Elsewhere,
}

impl Group {
    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Here => "THIS SCREEN",
            Self::Everywhere => "EVERYWHERE",
            Self::Elsewhere => "ON OTHER SCREENS",
        }
    }

    fn of(binding: &Binding, screen: Screen) -> Self {
        match (binding.screens.is_empty(), binding.is_on(screen)) {
            (true, _) => Self::Everywhere,
            (false, true) => Self::Here,
            (false, false) => Self::Elsewhere,
        }
    }
}

impl Keymap {
    /// The actions whose key or explanation contains a text, all of them if it is empty; by group, each in the order
    /// of the table.
    pub fn matching(&self, search: &str, screen: Screen) -> Vec<(Group, &Bound)> {
        let wanted = search.to_lowercase();
        let hit = |bound: &&Bound| {
            let Binding { hint, help, kubectl, .. } = bound.binding;
            format!("{} {hint} {help} {kubectl}", bound.label).to_lowercase().contains(&wanted)
        };
        let found = self.bound.iter().filter(hit);
        let mut found: Vec<_> = found.map(|bound| (Group::of(bound.binding, screen), bound)).collect();
        found.sort_by_key(|(group, _)| *group);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keymap::Command;

    #[test]
    fn keys_of_the_screen_come_first_and_each_key_once() {
        let keymap = Keymap::default();
        for screen in Screen::ALL {
            let all = keymap.matching("", *screen);
            assert_eq!(all.len(), keymap.all().len());
            assert!(all.is_sorted_by_key(|(group, _)| *group));
        }
        let group = |screen| {
            let found = keymap.matching("send this text", screen);
            found.iter().find(|(_, bound)| bound.binding.command == Command::Apply).map(|(group, _)| *group)
        };
        assert_eq!(group(Screen::Yaml), Some(Group::Here));
        assert_eq!(group(Screen::Time), Some(Group::Elsewhere));
    }
}
