//! The screens, and how they are called.

/// A screen of the dashboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Screen {
    /// The whole cluster: objects, nodes, the story, traffic.
    #[default]
    Cluster,
    /// One loop under the glass: what woke it, what it sees, compares, does, waits for.
    Loop,
    /// What happened when, and why: lanes, the chain of causes, what each write changed.
    Time,
    /// A manifest in an editor, and what the edit will cause.
    Yaml,
    /// The course, and the lesson that is taken.
    Learn,
    /// What a room sees of a scene. It has no digit: a scene brings it.
    Stage,
}

/// The screens in the order of their digits, with their names and what they are called where room is short.
const SCREENS: &[(Screen, &str, &str)] = &[
    (Screen::Cluster, "Cluster", "Clu"),
    (Screen::Loop, "Loop", "Loop"),
    (Screen::Time, "Time", "Time"),
    (Screen::Yaml, "YAML", "YAML"),
    (Screen::Learn, "Learn", "Learn"),
];

impl Screen {
    /// All that have a digit, in the order of these.
    pub const ALL: &'static [Self] = &[Self::Cluster, Self::Loop, Self::Time, Self::Yaml, Self::Learn];

    /// Its digit.
    pub fn digit(self) -> usize {
        SCREENS.iter().position(|(screen, ..)| *screen == self).map_or(0, |index| index + 1)
    }

    /// Its name; the short one where there is little room. What has no digit is seen only in a demo.
    pub fn name(self, short: bool) -> &'static str {
        let row = SCREENS.iter().find(|(screen, ..)| *screen == self);
        row.map_or("Demo", |(_, long, brief)| if short { brief } else { long })
    }
}
