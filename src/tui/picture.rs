//! A screen as a file: plain text, or an SVG picture that looks like the terminal.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::theme::Theme;

/// The size of a cell, and the letters in it, in pixels.
const CELL: (f32, f32) = (9.0, 18.0);
const LETTERS: f32 = 15.0;
/// From the top of a cell to the line on which letters stand.
const BASE: f32 = 13.5;
/// Foreground and background of a dark and of a light terminal.
const DARK: [u32; 2] = [0xe6_e9ee, 0x10_141a];
const LIGHT: [u32; 2] = [0x1b_2028, 0xff_ffff];
/// The sixteen colours, as many terminals have them.
const SIXTEEN: [u32; 16] = [
    0x10_141a, 0xd7_3a49, 0x22_863a, 0xb0_8800, 0x1f_4fbf, 0xa9_4390, 0x1b_7c83, 0xb0_b7c3, 0x6b_7686,
    0xf6_5635, 0x22_e6a0, 0xf7_e06a, 0x8f_b3ff, 0xef_7fb6, 0x79_d4e0, 0xe6_e9ee,
];

/// The letters of a screen, line by line, without blanks at the ends.
pub fn text(screen: &Buffer) -> String {
    rows(screen).map(|row| letters(row).trim_end().to_owned() + "\n").collect()
}

/// An SVG picture of a screen.
pub fn svg(screen: &Buffer, theme: &Theme) -> String {
    let ground = if theme.is_for_light() { LIGHT } else { DARK };
    let (columns, lines) = (f32::from(screen.area.width), f32::from(screen.area.height));
    let (width, height) = (columns * CELL.0, lines * CELL.1);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" \
         font-size=\"{LETTERS}\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n",
        hex(ground[1])
    );
    for (line, row) in rows(screen).enumerate() {
        let mut column = 0;
        for run in row.chunk_by(|a, b| a.style() == b.style()) {
            shape(&mut out, run, (column, line), ground);
            column += run.len();
        }
    }
    out.push_str("</svg>\n");
    out
}

fn rows(screen: &Buffer) -> impl Iterator<Item = &[Cell]> {
    screen.content.chunks(usize::from(screen.area.width).max(1))
}

fn letters(row: &[Cell]) -> String {
    row.iter().map(Cell::symbol).collect()
}

/// Neighbouring cells of one style.
fn shape(out: &mut String, run: &[Cell], (column, line): (usize, usize), ground: [u32; 2]) {
    let Some(cell) = run.first() else { return };
    let has = |modifier| cell.modifier.contains(modifier);
    let (mut front, mut back) = (colour(cell.fg).unwrap_or(ground[0]), colour(cell.bg).unwrap_or(ground[1]));
    if has(Modifier::REVERSED) {
        std::mem::swap(&mut front, &mut back);
    }
    let (x, y) = (column as f32 * CELL.0, line as f32 * CELL.1);
    let width = run.len() as f32 * CELL.0;
    if back != ground[1] {
        let _written = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" fill=\"{}\"/>",
            CELL.1,
            hex(back)
        );
    }
    let text = letters(run);
    if text.trim().is_empty() && !has(Modifier::UNDERLINED) {
        return;
    }
    let bold = if has(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let line_below = if has(Modifier::UNDERLINED) { " text-decoration=\"underline\"" } else { "" };
    let faint = if has(Modifier::DIM) { " opacity=\"0.65\"" } else { "" };
    // The length keeps every letter in its cell, whatever font is there.
    let _written = writeln!(
        out,
        "<text x=\"{x}\" y=\"{}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" \
         xml:space=\"preserve\" fill=\"{}\"{bold}{line_below}{faint}>{}</text>",
        y + BASE,
        hex(front),
        escaped(&text)
    );
}

fn colour(colour: Color) -> Option<u32> {
    let sixteen = |index: usize| SIXTEEN.get(index).copied();
    match colour {
        Color::Reset => None,
        Color::Rgb(red, green, blue) => Some(u32::from_be_bytes([0, red, green, blue])),
        Color::Black => sixteen(0),
        Color::Red => sixteen(1),
        Color::Green => sixteen(2),
        Color::Yellow => sixteen(3),
        Color::Blue => sixteen(4),
        Color::Magenta => sixteen(5),
        Color::Cyan => sixteen(6),
        Color::Gray => sixteen(7),
        Color::DarkGray => sixteen(8),
        Color::LightRed => sixteen(9),
        Color::LightGreen => sixteen(10),
        Color::LightYellow => sixteen(11),
        Color::LightBlue => sixteen(12),
        Color::LightMagenta => sixteen(13),
        Color::LightCyan => sixteen(14),
        Color::White => sixteen(15),
        Color::Indexed(index) => sixteen(usize::from(index)),
    }
}

fn hex(colour: u32) -> String {
    format!("#{colour:06x}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    #[test]
    fn letters_keep_their_cells_and_styles() {
        let mut screen = Buffer::with_lines(["a<b  ", "     "]);
        screen.set_style(ratatui::layout::Rect::new(0, 0, 1, 1), Style::new().bold().reversed());
        let picture = svg(&screen, &Theme::default());
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
        assert!(picture.contains("viewBox=\"0 0 45 36\""), "{picture}");
        assert!(picture.contains("font-weight=\"bold\">a</text>"), "{picture}");
        assert!(picture.contains("fill=\"#e6e9ee\"/>"), "the selection is a box: {picture}");
        assert!(picture.contains("&lt;b"), "{picture}");
        assert_eq!(text(&screen), "a<b\n\n");
    }

    #[test]
    fn a_light_theme_has_a_light_picture() {
        let light = Theme::named("light").expect("a theme");
        assert!(svg(&Buffer::with_lines(["x"]), &light).contains("height=\"18\" fill=\"#ffffff\""));
    }
}
