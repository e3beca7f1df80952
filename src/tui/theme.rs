//! Roles and their looks. Code names a role, never a colour.
//!
//! There is no painted background except reverse video for the selection, so the terminal's own background
//! shows; text is the terminal's own foreground. Contrast and the distance between roles (also for people who
//! see fewer colours) were computed for the true-colour columns.

use ratatui::style::{Color, Modifier, Style};

/// What something means on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Plain text, and what there is.
    Text,
    /// What may be overlooked.
    Muted,
    /// Borders of panels.
    Border,
    /// The border and title of the panel that keys go to.
    Focus,
    /// The selected row.
    Selection,
    /// What is wanted.
    Want,
    /// As it should be.
    Ok,
    /// Under way.
    Busy,
    /// An open gap, something ending.
    Warn,
    /// Failed.
    Bad,
    /// Not known.
    Unknown,
    /// A message in flight.
    Message,
    /// The past.
    Past,
}

/// How many roles there are.
const ROLES: usize = 13;

/// A named set of looks.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// `dark`, `light`, `dark16`, `light16`, `plain16`, `mono`, `present`.
    pub name: &'static str,
    styles: [Style; ROLES],
}

const fn rgb(hex: u32) -> Style {
    Style::new().fg(Color::Rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8))
}

const PLAIN: Style = Style::new();
const DIM: Style = PLAIN.add_modifier(Modifier::DIM);
const BOLD: Style = PLAIN.add_modifier(Modifier::BOLD);
const UNDERLINE: Style = PLAIN.add_modifier(Modifier::UNDERLINED);
const REVERSE: Style = PLAIN.add_modifier(Modifier::REVERSED);

/// In the order of [`Role`].
const THEMES: [Theme; 7] = [
    Theme {
        name: "dark",
        styles: [
            PLAIN,
            rgb(0x9a_a4b2),
            rgb(0x6b_7686),
            rgb(0xff_d166).add_modifier(Modifier::BOLD),
            REVERSE,
            rgb(0xa8_d1ff),
            rgb(0x22_e6a0),
            rgb(0xb2_6cf0),
            rgb(0xf7_e06a),
            rgb(0xf6_5635).add_modifier(Modifier::BOLD),
            rgb(0xb0_b7c3),
            rgb(0xef_7fb6),
            rgb(0x8f_b3ff),
        ],
    },
    Theme {
        name: "light",
        styles: [
            PLAIN,
            rgb(0x56_606e),
            rgb(0x7b_8594),
            rgb(0x8a_4b00).add_modifier(Modifier::BOLD),
            REVERSE,
            rgb(0x0e_3894),
            rgb(0x09_8365),
            rgb(0x7e_12f0),
            rgb(0x88_7300),
            rgb(0x91_0024).add_modifier(Modifier::BOLD),
            rgb(0x56_606e),
            rgb(0xa9_4390),
            rgb(0x1f_4fbf),
        ],
    },
    Theme {
        name: "dark16",
        styles: [
            PLAIN,
            DIM,
            DIM,
            PLAIN.fg(Color::Yellow).add_modifier(Modifier::BOLD),
            REVERSE,
            PLAIN.fg(Color::Cyan),
            PLAIN.fg(Color::Green),
            PLAIN.fg(Color::Magenta),
            PLAIN.fg(Color::Yellow),
            PLAIN.fg(Color::Red).add_modifier(Modifier::BOLD),
            UNDERLINE,
            PLAIN.fg(Color::Magenta).add_modifier(Modifier::BOLD),
            PLAIN.fg(Color::Cyan).add_modifier(Modifier::REVERSED),
        ],
    },
    Theme {
        name: "light16",
        styles: [
            PLAIN,
            DIM,
            DIM,
            BOLD,
            REVERSE,
            PLAIN.fg(Color::Blue),
            PLAIN.fg(Color::Green),
            PLAIN.fg(Color::Magenta),
            BOLD,
            PLAIN.fg(Color::Red).add_modifier(Modifier::BOLD),
            UNDERLINE,
            PLAIN.fg(Color::Magenta).add_modifier(Modifier::BOLD),
            PLAIN.fg(Color::Blue).add_modifier(Modifier::REVERSED),
        ],
    },
    // For a terminal whose background nobody knows.
    Theme {
        name: "plain16",
        styles: [
            PLAIN,
            DIM,
            DIM,
            BOLD,
            REVERSE,
            UNDERLINE,
            PLAIN.fg(Color::Green),
            PLAIN.fg(Color::Magenta),
            BOLD,
            PLAIN.fg(Color::Red).add_modifier(Modifier::BOLD),
            UNDERLINE,
            PLAIN.fg(Color::Magenta).add_modifier(Modifier::BOLD),
            REVERSE,
        ],
    },
    Theme {
        name: "mono",
        styles: [
            PLAIN, DIM, PLAIN, BOLD, REVERSE, UNDERLINE, PLAIN, BOLD, BOLD, REVERSE, UNDERLINE, BOLD, REVERSE,
        ],
    },
    Theme {
        name: "present",
        styles: [
            PLAIN,
            PLAIN,
            PLAIN,
            rgb(0xff_d166).add_modifier(Modifier::BOLD),
            REVERSE,
            rgb(0xa8_d1ff).add_modifier(Modifier::BOLD),
            rgb(0x22_e6a0).add_modifier(Modifier::BOLD),
            rgb(0xb2_6cf0).add_modifier(Modifier::BOLD),
            rgb(0xf7_e06a).add_modifier(Modifier::BOLD),
            rgb(0xf6_5635).add_modifier(Modifier::BOLD),
            rgb(0xb0_b7c3).add_modifier(Modifier::BOLD),
            rgb(0xef_7fb6).add_modifier(Modifier::BOLD),
            rgb(0x8f_b3ff).add_modifier(Modifier::BOLD),
        ],
    },
];

impl Theme {
    /// The theme of this name.
    pub fn named(name: &str) -> Option<Self> {
        THEMES.iter().find(|theme| theme.name == name).cloned()
    }

    /// The names of all themes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        THEMES.iter().map(|theme| theme.name)
    }

    /// Whether it is made for a light background.
    pub fn is_for_light(&self) -> bool {
        self.name.starts_with("light")
    }

    /// The theme after this one, in order.
    pub fn next(&self) -> Self {
        let here = THEMES.iter().position(|theme| theme.name == self.name).unwrap_or(0);
        THEMES[(here + 1) % THEMES.len()].clone()
    }

    /// Whether all lines are heavy: a projector washes thin ones out.
    pub fn is_heavy(&self) -> bool {
        self.name == "present"
    }

    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }
}

impl Default for Theme {
    fn default() -> Self {
        THEMES[0].clone()
    }
}
