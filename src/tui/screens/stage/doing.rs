//! Who acted last, in which phase of its loop, and what is going on in a sentence.

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Padding, Paragraph, Wrap};

use super::{Light, light};
use crate::expression::facts::is_settled;
use crate::scenes::Region;
use crate::trace::{Class, Data, text};
use crate::tui::app::App;
use crate::tui::theme::Role;

/// The phases of a loop.
const PHASES: [&str; 4] = ["OBSERVE", "COMPARE", "ACT", "WAIT"];

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let style = |role| app.theme.style(role);
    let light = light(app, Region::Loop);
    let (now, next) = app.now_sentence();
    let mut lines = vec![Line::styled(now.clone(), style(Role::Text))];
    if now.chars().count() + 4 <= usize::from(area.width) {
        lines.push(Line::styled(next, style(Role::Text)));
    }
    let (who, phase) = last_loop(app);
    let arrow = app.glyphs.pick(" ──▸ ", " --> ");
    let mut strip = vec![Span::raw(" ")];
    for (index, name) in PHASES.iter().enumerate() {
        let here = index == phase;
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
        .title_top(Line::from(format!(" {who} ")))
        .title_top(Line::from(strip).alignment(Alignment::Right));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    frame.render_widget(Paragraph::new(Text::from(lines)).wrap(Wrap { trim: false }), inside);
}

/// The loop that found a difference or acted last, and the phase in which it is.
fn last_loop(app: &App) -> (String, usize) {
    let mut steps = app.view.log().of_class(Class::Decision).rev();
    let last = steps.find(|event| event.is_phase() && event.is_step());
    match last {
        Some(event) if !is_settled(&app.view) => {
            let phase = match &event.data {
                _ if app.view.is_quiet() => 3,
                Data::Compare { .. } => 1,
                Data::Act { .. } => 2,
                _ => 0,
            };
            (text::component(&event.component), phase)
        }
        _ => ("all loops".to_owned(), 3),
    }
}
