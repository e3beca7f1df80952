//! How much moves on the screen.
//!
//! | what | full | reduced |
//! |---|---|---|
//! | a message on the wire | travels, 300 ms a hop | stands still, with its number in the order: `#1` |
//! | a value that changed | bold and underlined for 1.5 s | the same |
//! | a pod that went | its ghost stays for 2 s | the same |
//! | frames while something happens | 15 a second | 4 a second |
//! | the traffic of a Service | 4 times a second | once a second |
//!
//! Less motion takes away travel, never the news: what changed is marked in both.

/// How much moves on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Motion {
    /// Messages travel.
    #[default]
    Full,
    /// Nothing travels.
    Reduced,
}

impl Motion {
    /// Its name in the config file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Reduced => "reduced",
        }
    }

    /// The motion of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Full, Self::Reduced].into_iter().find(|motion| motion.name() == name)
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Full => Self::Reduced,
            Self::Reduced => Self::Full,
        }
    }
}
