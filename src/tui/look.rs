//! Which theme suits a terminal: how many colours it has, and whether its background is dark or light.
//!
//! The number of colours is what `COLORTERM` and `TERM` say. The background is what the terminal itself answers when
//! it is asked (OSC 11), else what `COLORFGBG` says, else unknown. Where it is unknown, only colours that can be read
//! on both are used, together with bold and underlined.
//!
//! | colours | dark | light | unknown |
//! |---|---|---|---|
//! | millions or 256 | dark | light | plain16 |
//! | 16 | dark16 | light16 | plain16 |

use ratatui::buffer::Buffer;
use ratatui::style::Color;

use super::theme::Theme;

/// How many colours a terminal shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// The sixteen that the user chose for the terminal.
    Sixteen,
    /// A fixed table of 256.
    Indexed,
    /// All of them.
    #[default]
    True,
}

/// What the terminal's background is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Darker than middle grey.
    Dark,
    /// Lighter.
    Light,
    /// Nobody said.
    Unknown,
}

/// How many colours the environment speaks of.
pub fn depth(environment: &dyn Fn(&str) -> Option<String>) -> Depth {
    let is_true = |value: String| value == "truecolor" || value == "24bit";
    match () {
        () if environment("COLORTERM").is_some_and(is_true) => Depth::True,
        () if environment("TERM").is_some_and(|term| term.contains("256color")) => Depth::Indexed,
        () => Depth::Sixteen,
    }
}

/// The theme that suits.
pub fn fitting(depth: Depth, background: Background) -> Theme {
    let name = match (depth, background) {
        (_, Background::Unknown) => "plain16",
        (Depth::Sixteen, Background::Dark) => "dark16",
        (Depth::Sixteen, Background::Light) => "light16",
        (_, Background::Dark) => "dark",
        (_, Background::Light) => "light",
    };
    Theme::named(name).unwrap_or_default()
}

/// The background in a terminal's answer to OSC 11: `ESC ] 11 ; rgb:RRRR/GGGG/BBBB ST`, of any number of digits.
pub fn answered(answer: &[u8]) -> Option<Background> {
    let text = String::from_utf8_lossy(answer);
    let colour = text.split("]11;").nth(1)?;
    let channels = colour.strip_prefix("rgba:").or_else(|| colour.strip_prefix("rgb:"))?;
    let channels = channels.split(|letter: char| !letter.is_ascii_hexdigit() && letter != '/').next()?;
    let mut parts = channels.split('/').map(channel);
    let (red, green, blue) = (parts.next()??, parts.next()??, parts.next()??);
    // How bright it looks, in thousandths (ITU-R BT.601).
    Some(light_or_dark(299 * red + 587 * green + 114 * blue))
}

/// `ffff`, `ff` or `f`, in thousandths.
fn channel(digits: &str) -> Option<u32> {
    let bits = 4 * u32::try_from(digits.len()).ok().filter(|count| (1..=4).contains(count))?;
    let value = u32::from_str_radix(digits, 16).ok()?;
    Some(value * 1000 / ((1 << bits) - 1))
}

fn light_or_dark(millionths: u32) -> Background {
    if millionths >= 500_000 { Background::Light } else { Background::Dark }
}

/// The background in `COLORFGBG`, `foreground;background`: some terminals set it.
pub fn colorfgbg(value: &str) -> Background {
    match value.rsplit(';').next().and_then(|last| last.trim().parse().ok()) {
        Some(7 | 9..=15) => Background::Light,
        Some(0u8..=6 | 8) => Background::Dark,
        _ => Background::Unknown,
    }
}

/// Gives every true colour of a picture its nearest one of the table of 256.
pub fn to_indexed(picture: &mut Buffer) {
    for cell in &mut picture.content {
        (cell.fg, cell.bg) = (indexed(cell.fg), indexed(cell.bg));
    }
}

/// The steps of the colour cube, and the first grey of the ramp after it.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];
const RAMP: u8 = 232;

fn indexed(colour: Color) -> Color {
    let Color::Rgb(red, green, blue) = colour else { return colour };
    let distance = |other: [u8; 3]| -> u32 {
        let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        square(red, other[0]) + square(green, other[1]) + square(blue, other[2])
    };
    let step =
        |value: u8| (0u8..6).min_by_key(|index| CUBE[usize::from(*index)].abs_diff(value)).unwrap_or(0);
    let steps = [step(red), step(green), step(blue)];
    let cube = distance(steps.map(|index| CUBE[usize::from(index)]));
    let grey = (0u8..24).min_by_key(|index| distance([8 + 10 * index; 3])).unwrap_or(0);
    match distance([8 + 10 * grey; 3]) < cube {
        true => Color::Indexed(RAMP + grey),
        false => Color::Indexed(16 + 36 * steps[0] + 6 * steps[1] + steps[2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_real_terminals() {
        let said = |answer: &str| answered(answer.as_bytes());
        assert_eq!(said("\u{1b}]11;rgb:1e1e/1e1e/2e2e\u{1b}\\\u{1b}[?62;22c"), Some(Background::Dark));
        assert_eq!(said("\u{1b}]11;rgb:fdfd/f6f6/e3e3\u{7}"), Some(Background::Light));
        assert_eq!(said("\u{1b}]11;rgb:ff/ff/ff\u{7}"), Some(Background::Light));
        assert_eq!(said("\u{1b}]11;rgba:0000/0000/0000/ffff\u{1b}\\"), Some(Background::Dark));
        for nonsense in ["", "\u{1b}[?62c", "\u{1b}]11;rgb:", "\u{1b}]11;rgb:12/zz/3", "]11;rgb:12345/0/0"] {
            assert_eq!(said(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn the_environment_speaks_of_colours_and_background() {
        assert_eq!(colorfgbg("15;0"), Background::Dark);
        assert_eq!(colorfgbg("0;default;15"), Background::Light);
        assert_eq!(colorfgbg("0;default"), Background::Unknown);
        let with = |name: &'static str, value: &'static str| {
            depth(&move |asked: &str| (asked == name).then(|| value.to_owned()))
        };
        assert_eq!(with("COLORTERM", "truecolor"), Depth::True);
        assert_eq!(with("TERM", "xterm-256color"), Depth::Indexed);
        assert_eq!(with("TERM", "xterm"), Depth::Sixteen);
    }

    #[test]
    fn an_unknown_background_gets_only_what_can_be_read_on_both() {
        for depth in [Depth::Sixteen, Depth::Indexed, Depth::True] {
            assert_eq!(fitting(depth, Background::Unknown).name, "plain16");
        }
        assert_eq!(fitting(Depth::Indexed, Background::Light).name, "light");
        assert_eq!(fitting(Depth::Sixteen, Background::Dark).name, "dark16");
    }

    #[test]
    fn colours_get_their_nearest_neighbours() {
        assert_eq!(indexed(Color::Rgb(255, 0, 0)), Color::Indexed(196));
        assert_eq!(indexed(Color::Rgb(0x80, 0x80, 0x80)), Color::Indexed(244));
        assert_eq!(indexed(Color::Rgb(0x22, 0xe6, 0xa0)), Color::Indexed(43));
        assert_eq!(indexed(Color::Green), Color::Green);
    }
}
