//! WANT, READY and GAP in digits that can be read from the last row.
//!
//! ```text
//!          █▀▀                   █ █                 ▄█
//!    WANT  █▀█            READY  ▀▀█          GAP ▀▀  █        6 pods exist
//!          ▀▀▀                     ▀                 ▀▀▀       1 not ready
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Light, light};
use crate::object::Pod;
use crate::scenes::Region;
use crate::tui::app::App;
use crate::tui::glyphs::Glyphs;
use crate::tui::model::{Gap, pods_wanted_and_ready};
use crate::tui::theme::Role;

/// Rows of a big digit: half-blocks give two rows of dots in one of cells; ASCII has none of them.
const HALVED: u16 = 3;
const WHOLE: u16 = 5;
/// Columns for the words on the right.
const WORDS: u16 = 20;

/// Each sign in five rows of three dots.
const FONT: &[(char, [u8; 5])] = &[
    ('0', [0b111, 0b101, 0b101, 0b101, 0b111]),
    ('1', [0b010, 0b110, 0b010, 0b010, 0b111]),
    ('2', [0b111, 0b001, 0b111, 0b100, 0b111]),
    ('3', [0b111, 0b001, 0b111, 0b001, 0b111]),
    ('4', [0b101, 0b101, 0b111, 0b001, 0b001]),
    ('5', [0b111, 0b100, 0b111, 0b001, 0b111]),
    ('6', [0b111, 0b100, 0b111, 0b101, 0b111]),
    ('7', [0b111, 0b001, 0b001, 0b001, 0b001]),
    ('8', [0b111, 0b101, 0b111, 0b101, 0b111]),
    ('9', [0b111, 0b101, 0b111, 0b001, 0b111]),
    ('-', [0b000, 0b000, 0b111, 0b000, 0b000]),
    ('+', [0b000, 0b010, 0b111, 0b010, 0b000]),
    ('=', [0b000, 0b111, 0b000, 0b111, 0b000]),
];

/// The rows that the numbers need. ASCII needs more for a digit, and has them only where there is air.
pub(super) fn height(glyphs: Glyphs, is_big: bool, is_airy: bool) -> u16 {
    match (glyphs, is_big) {
        (Glyphs::Unicode, true) => HALVED,
        (Glyphs::Ascii, true) if is_airy => WHOLE,
        _ => 1,
    }
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let (want, ready) = pods_wanted_and_ready(&app.view);
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let gap = Gap::new(count(ready) - count(want), !app.view.is_quiet());
    let have = if gap.is_open() { Role::Warn } else { Role::Ok };
    let columns = [
        ("WANT", want.to_string(), Role::Want),
        ("READY", ready.to_string(), have),
        ("GAP", gap.text(), if gap.is_open() { gap.role() } else { Role::Ok }),
    ];
    if area.height < HALVED {
        let spans = columns.into_iter().flat_map(|(name, number, role)| {
            [Span::raw(format!("  {name} ")), Span::styled(number, app.theme.style(role))]
        });
        frame.render_widget(Paragraph::new(Line::from_iter(spans)), area);
        return;
    }
    let mut places = [Constraint::Fill(1); 4];
    places[3] = Constraint::Length(WORDS);
    let [first, second, third, words] = Layout::horizontal(places).areas(area);
    for (place, (name, number, role)) in [first, second, third].into_iter().zip(columns) {
        frame.render_widget(Paragraph::new(column(app, area.height, name, &number, role)), place);
    }
    let all = app.view.list_as::<Pod>(None).filter(|pod| !pod.is_finished()).count();
    let lines = vec![
        Line::default(),
        Line::raw(format!("{all} {} exist", if all == 1 { "pod" } else { "pods" })),
        Line::raw(format!("{} not ready", all.saturating_sub(ready))),
    ];
    frame.render_widget(Paragraph::new(lines), words);
}

fn column<'a>(app: &App, height: u16, name: &str, number: &str, role: Role) -> Vec<Line<'a>> {
    let label = match light(app, Region::Digits) {
        Light::On => app.theme.style(Role::Focus),
        _ => app.theme.style(Role::Text),
    };
    let style = app.theme.style(role);
    (0..height)
        .map(|row| {
            let name = if row == height / 2 { name } else { "" };
            Line::from(vec![
                Span::styled(format!("{name:>8}  "), label),
                Span::styled(big(app.glyphs, number, usize::from(row)), style),
            ])
        })
        .collect()
}

/// One row of big digits. What is under way is no digit; it keeps its own size.
fn big(glyphs: Glyphs, number: &str, row: usize) -> String {
    let dots = |sign: char, row: usize| {
        let font = FONT.iter().find(|(known, _)| *known == sign);
        font.and_then(|(_, rows)| rows.get(row)).copied().unwrap_or(0)
    };
    let cells = |sign: char| {
        let cell = |bit: u8| match glyphs {
            Glyphs::Ascii if dots(sign, row) & bit != 0 => '#',
            Glyphs::Ascii => ' ',
            Glyphs::Unicode => match (dots(sign, row * 2) & bit != 0, dots(sign, row * 2 + 1) & bit != 0) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            },
        };
        [0b100, 0b010, 0b001].into_iter().map(cell).chain([' ']).collect::<String>()
    };
    let middle = if glyphs == Glyphs::Ascii { WHOLE / 2 } else { HALVED / 2 };
    let sign = |sign: char| match sign {
        '~' if row == usize::from(middle) => "~".to_owned(),
        '~' => " ".to_owned(),
        sign => cells(sign),
    };
    number.chars().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_of_a_number_has_a_picture_of_its_own() {
        for (glyphs, rows) in [(Glyphs::Unicode, HALVED), (Glyphs::Ascii, WHOLE)] {
            let picture = |sign: char| -> String {
                (0..usize::from(rows)).map(|row| big(glyphs, &sign.to_string(), row)).collect()
            };
            let mut pictures: Vec<String> = "0123456789-+=".chars().map(picture).collect();
            assert!(pictures.iter().all(|picture| picture.chars().any(|cell| cell != ' ')));
            assert!(glyphs == Glyphs::Unicode || pictures.iter().all(|picture| picture.is_ascii()));
            pictures.sort();
            pictures.dedup();
            assert_eq!(pictures.len(), 13);
        }
    }
}
