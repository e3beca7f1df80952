//! What stands around every screen: a pure function of the terminal's size.
//!
//! ```text
//!  kubeloop  [1 Cluster]  2 Loop ...       the title
//!                                          the body: the screen that is shown
//!  5 Lesson 1  step 1 of 1 ...             the strip, if a lesson has something to say
//!  NOW  ...                                two lines of words
//!  ──────────────                          a rule, where there is room
//!  spc pause  . step ...                   the hints
//! ```

use ratatui::layout::{Constraint, Layout, Position, Rect, Size};

/// From this height on, a rule stands above the hints.
const ROOMY: u16 = 30;

/// The places of what is painted.
pub(in crate::tui) struct Regions {
    pub(in crate::tui) title: Rect,
    pub(in crate::tui) body: Rect,
    pub(in crate::tui) strip: Rect,
    pub(in crate::tui) words: Rect,
    pub(in crate::tui) rule: Rect,
    pub(in crate::tui) hints: Rect,
}

/// Whether there is a rule above the hints.
pub(in crate::tui) fn has_rule(size: Size) -> bool {
    size.height >= ROOMY
}

/// The places on a terminal of this size, with or without the strip of a lesson.
pub(in crate::tui) fn regions(size: Size, has_strip: bool) -> Regions {
    let [title, body, strip, words, rule, hints] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(u16::from(has_strip)),
        Constraint::Length(2),
        Constraint::Length(u16::from(has_rule(size))),
        Constraint::Length(1),
    ])
    .areas(Rect::from((Position::ORIGIN, size)));
    Regions { title, body, strip, words, rule, hints }
}
