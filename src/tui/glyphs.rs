//! Signs: one cell wide everywhere, each with an ASCII twin and a word.

use super::theme::Role;

/// How a pod (or a slot for one) is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PodState {
    /// No node yet.
    Waiting,
    /// Image, volumes or containers are being prepared.
    Starting,
    /// It runs, but a readiness probe has not passed.
    NotReady,
    /// It runs and gets traffic.
    Ready,
    /// Deletion was asked for; its grace runs.
    Ending,
    /// It failed.
    Failed,
    /// It is kept back after failures.
    BackOff,
    /// Its node is silent; nobody knows.
    Lost,
    /// It finished.
    Done,
    /// It went a moment ago.
    Gone,
    /// It is wanted but not there.
    Missing,
}

/// A state's looks: sign, ASCII sign, word, role.
const STATES: [(PodState, &str, &str, &str, Role); 11] = [
    (PodState::Waiting, "◌", ".", "waiting", Role::Busy),
    (PodState::Starting, "◔", "c", "starting", Role::Busy),
    (PodState::NotReady, "◒", "r", "not ready", Role::Busy),
    (PodState::Ready, "◉", "R", "ready", Role::Ok),
    (PodState::Ending, "⊘", "T", "ending", Role::Warn),
    (PodState::Failed, "✗", "X", "failed", Role::Bad),
    (PodState::BackOff, "↻", "B", "back-off", Role::Bad),
    (PodState::Lost, "?", "?", "lost", Role::Unknown),
    (PodState::Done, "✓", "S", "done", Role::Ok),
    (PodState::Gone, "∙", "_", "gone", Role::Muted),
    (PodState::Missing, "▱", "-", "missing", Role::Want),
];

impl PodState {
    /// All states.
    pub fn all() -> impl Iterator<Item = Self> {
        STATES.iter().map(|(state, ..)| *state)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        self.row().3
    }

    /// The role that it is shown in.
    pub fn role(self) -> Role {
        self.row().4
    }

    fn row(self) -> &'static (PodState, &'static str, &'static str, &'static str, Role) {
        &STATES[self as usize]
    }
}

/// Other signs: Unicode and its ASCII twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// An unfolded row.
    Open,
    /// A folded row.
    Closed,
    /// A full cell of a gauge.
    Full,
    /// An empty cell of a gauge.
    Empty,
    /// A moment.
    Moment,
    /// A bucket of requests that were all answered.
    AllOk,
    /// A bucket of which some failed.
    SomeFailed,
    /// A bucket of which all failed.
    AllFailed,
    /// A step of a chain.
    Step,
    /// A message on its way.
    Comet,
    /// A component that watches.
    Watch,
    /// A link through which nothing gets.
    Cut,
    /// The bus that is the API server.
    Bus,
    /// The bus when the API server is stopped.
    BusDown,
    /// Where something hangs from the bus.
    BusJoint,
    /// To the API server.
    Up,
    /// From the API server.
    Down,
    /// A part of a bar that is done.
    Done,
    /// A part of a bar that is still to come.
    ToDo,
    /// A step that decided how long something took.
    Critical,
}

/// The signs in the order of [`Sign`].
const SIGNS: [(Sign, &str, &str); 20] = [
    (Sign::Open, "▾", "v"),
    (Sign::Closed, "▸", ">"),
    (Sign::Full, "▰", "#"),
    (Sign::Empty, "▱", "-"),
    (Sign::Moment, "▌", "|"),
    (Sign::AllOk, "▮", "#"),
    (Sign::SomeFailed, "▯", "+"),
    (Sign::AllFailed, "✗", "x"),
    (Sign::Step, "└▸", "`>"),
    (Sign::Comet, "●", "o"),
    (Sign::Watch, "┆", ":"),
    (Sign::Cut, "╳", "x"),
    (Sign::Bus, "═", "="),
    (Sign::BusDown, "╳", "x"),
    (Sign::BusJoint, "╤", "+"),
    (Sign::Up, "▴", "^"),
    (Sign::Down, "▾", "v"),
    (Sign::Done, "█", "#"),
    (Sign::ToDo, "░", "."),
    (Sign::Critical, "◂", "<"),
];

/// Which set of signs is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    /// Unicode.
    #[default]
    Unicode,
    /// ASCII only.
    Ascii,
}

impl Glyphs {
    /// A state's sign.
    pub fn state(self, state: PodState) -> &'static str {
        let (_, unicode, ascii, ..) = *state.row();
        self.pick(unicode, ascii)
    }

    /// Another sign.
    pub fn sign(self, sign: Sign) -> &'static str {
        let (_, unicode, ascii) = SIGNS[sign as usize];
        self.pick(unicode, ascii)
    }

    /// One of two texts.
    pub fn pick<'a>(self, unicode: &'a str, ascii: &'a str) -> &'a str {
        match self {
            Self::Unicode => unicode,
            Self::Ascii => ascii,
        }
    }

    /// The same for a panel that shows the past.
    pub fn past_border(self) -> ratatui::symbols::border::Set<'static> {
        match self {
            Self::Unicode => ratatui::symbols::border::DOUBLE,
            Self::Ascii => {
                ratatui::symbols::border::Set { vertical_left: "#", vertical_right: "#", ..self.border(true) }
            }
        }
    }

    /// The set of corners and lines for a panel.
    pub fn border(self, heavy: bool) -> ratatui::symbols::border::Set<'static> {
        use ratatui::symbols::border;
        match (self, heavy) {
            (Self::Unicode, false) => border::PLAIN,
            (Self::Unicode, true) => border::THICK,
            (Self::Ascii, heavy) => {
                let line = if heavy { "=" } else { "-" };
                border::Set {
                    top_left: "+",
                    top_right: "+",
                    bottom_left: "+",
                    bottom_right: "+",
                    vertical_left: "|",
                    vertical_right: "|",
                    horizontal_top: line,
                    horizontal_bottom: line,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn states_differ_without_colour() {
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            let pairs: BTreeSet<_> =
                PodState::all().map(|state| (glyphs.state(state), state.word())).collect();
            assert_eq!(pairs.len(), STATES.len());
            let signs: BTreeSet<_> = PodState::all().map(|state| glyphs.state(state)).collect();
            assert_eq!(signs.len(), STATES.len(), "signs alone differ too");
            let words: BTreeSet<_> = PodState::all().map(PodState::word).collect();
            assert_eq!(words.len(), STATES.len(), "and so do words");
        }
    }

    /// Terminals of East Asia draw some signs two cells wide. Those of states are none of them.
    #[test]
    fn state_signs_are_one_cell_wide_everywhere() {
        for state in PodState::all() {
            let sign = Glyphs::Unicode.state(state);
            assert_eq!((sign.width(), sign.width_cjk(), sign.chars().count()), (1, 1, 1), "{sign}");
        }
    }

    #[test]
    fn every_sign_has_a_twin_in_ascii_of_the_same_width() {
        let states = STATES.iter().map(|(_, unicode, ascii, ..)| (unicode, ascii));
        let signs = SIGNS.iter().map(|(_, unicode, ascii)| (unicode, ascii));
        for (unicode, ascii) in states.chain(signs) {
            assert!(ascii.is_ascii() && !ascii.chars().any(char::is_control), "{ascii:?}");
            assert_eq!(unicode.width(), ascii.len(), "{unicode} and {ascii}");
            assert_eq!(unicode.chars().count(), ascii.len(), "each letter of {unicode} is one cell");
            assert!(!unicode.contains('\u{fe0f}'), "{unicode} would be an emoji");
        }
        for heavy in [true, false] {
            for set in [Glyphs::Unicode.border(heavy), Glyphs::Ascii.border(heavy)] {
                assert!(
                    [set.top_left, set.horizontal_top, set.vertical_left]
                        .iter()
                        .all(|part| part.width() == 1)
                );
            }
        }
    }

    #[test]
    fn the_tables_are_in_the_order_of_their_enums() {
        assert!(STATES.iter().enumerate().all(|(index, (state, ..))| *state as usize == index));
        assert!(SIGNS.iter().enumerate().all(|(index, (sign, ..))| *sign as usize == index));
    }
}
