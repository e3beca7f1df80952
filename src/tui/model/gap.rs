//! The gap: what there is minus what is wanted.

use crate::tui::theme::Role;

/// The difference between HAVE and WANT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// HAVE minus WANT.
    pub difference: i64,
    /// Whether something is under way that closes it.
    pub closing: bool,
}

impl Gap {
    /// No difference.
    pub const CLOSED: Self = Self { difference: 0, closing: false };

    /// A difference that somebody closes, or nobody does.
    pub fn new(difference: i64, closing: bool) -> Self {
        Self { difference, closing: closing && difference != 0 }
    }

    /// `=`, `-1`, `-1~`.
    pub fn text(self) -> String {
        match self.difference {
            0 => "=".to_owned(),
            difference => format!("{difference:+}{}", if self.closing { "~" } else { "" }),
        }
    }

    /// The role that it is shown in.
    pub fn role(self) -> Role {
        match (self.difference, self.closing) {
            (0, _) => Role::Muted,
            (_, true) => Role::Busy,
            (_, false) => Role::Warn,
        }
    }

    /// Whether there is a difference.
    pub fn is_open(self) -> bool {
        self.difference != 0
    }
}
