//! Who acted last, in which phase of its loop, and what is going on in a sentence.

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Padding, Paragraph};

use super::{Light, light};
use crate::scenes::Region;
use crate::trace::Phase;
use crate::tui::app::{App, Stance};
use crate::tui::model::{Telling, telling};
use crate::tui::theme::Role;
use crate::tui::wrap::{cut, wrap};

/// Cells of the box that are not the text's.
const FRAME: u16 = 4;
/// The phases of a loop.
const PHASES: [(Phase, &str); 4] =
    [(Phase::Observe, "OBSERVE"), (Phase::Compare, "COMPARE"), (Phase::Act, "ACT"), (Phase::Wait, "WAIT")];

/// What the room is told of now.
pub(super) fn told(app: &App) -> Telling {
    let stands = app.presenter.as_ref().is_some_and(|presenter| presenter.stance == Stance::Waits);
    let story = app.story.as_ref().map(|story| story.id);
    telling(&app.view, story, stands, app.vocabulary)
}

/// The rows in which all of it has room.
pub(super) fn height(told: &Telling, width: u16) -> u16 {
    let width = usize::from(width.saturating_sub(FRAME));
    let lines = wrap(&told.now, width).len() + wrap(&told.next, width).len();
    u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2)
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, told: &Telling) {
    let style = |role| app.theme.style(role);
    let light = light(app, Region::Loop);
    let arrow = app.glyphs.pick(" ──▸ ", " --> ");
    let mut strip = vec![Span::raw(" ")];
    for (index, (phase, name)) in PHASES.iter().enumerate() {
        let here = told.phase == Some(*phase);
        let word = if here { format!("[{name}]") } else { (*name).to_owned() };
        strip.push(Span::styled(word, style(if here { Role::Focus } else { Role::Text })));
        if index + 1 < PHASES.len() {
            strip.push(Span::styled(arrow, style(Role::Border)));
        }
    }
    strip.push(Span::raw(" "));
    let block = match light {
        // The border goes; the lines below the title stay where they were.
        Light::Off => Block::new().padding(Padding::new(2, 2, 0, 1)),
        _ => Block::bordered()
            .border_set(app.glyphs.border(light == Light::On || app.theme.is_heavy()))
            .padding(Padding::horizontal(1))
            .border_style(style(if light == Light::On { Role::Focus } else { Role::Border })),
    };
    let block = block
        .title_top(Line::from(format!(" {} ", told.who)))
        .title_top(Line::from(strip).alignment(Alignment::Right));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let lines = sentences(told, usize::from(inside.width), usize::from(inside.height));
    let lines: Vec<Line<'_>> = lines.into_iter().map(|line| Line::styled(line, style(Role::Text))).collect();
    frame.render_widget(Paragraph::new(lines), inside);
}

/// What is going on, and what comes next if it has room; what is cut says so.
fn sentences(told: &Telling, width: usize, room: usize) -> Vec<String> {
    let mut lines = wrap(&told.now, width);
    if lines.len() > room {
        let rest = lines.split_off(room.saturating_sub(1)).join(" ");
        lines.push(cut(&rest, width));
    }
    lines.extend(wrap(&told.next, width).into_iter().take(room.saturating_sub(lines.len())));
    lines
}
