//! The command line, above the last line.
//!
//! ```text
//! ┌──────────────────────────────────────────────────────────────┐
//! │ deployments.apps   login           3/3                       │
//! │▸deployment/login   the one you selected                      │
//! └──────────────────────────────────────────────────────────────┘
//!  : kubectl scale deployment/login --replicas=6
//!    tab completes, enter runs only what you typed   will: add 2 pods
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::panel::{Frills, fit, panel, selected};
use crate::tui::app::App;
use crate::tui::command::{Prompt, PromptKind};
use crate::tui::glyphs::Sign;
use crate::tui::theme::Role;
use crate::tui::wrap::cut;

/// Choices that are shown at once.
const SHOWN: usize = 8;

pub(in crate::tui) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, prompt: &Prompt) {
    let bottom = area.bottom();
    let line = Rect::new(area.x, bottom.saturating_sub(2), area.width, 1);
    let below = Rect::new(area.x, bottom.saturating_sub(1), area.width, 1);
    frame.render_widget(Clear, Rect::new(area.x, line.y, area.width, 2));
    let (sign, help) = match prompt.kind {
        PromptKind::Command => (
            " : ",
            if prompt.preview.is_empty() { "tab completes, enter runs only what you typed" } else { "" },
        ),
        PromptKind::Filter => (" / ", "enter keeps the filter, Esc shows all rows"),
    };
    let text = Line::from(vec![
        Span::styled(sign, app.theme.style(Role::Focus)),
        Span::styled(prompt.text.clone(), app.theme.style(Role::Text)),
    ]);
    frame.render_widget(Paragraph::new(text), line);
    let room = usize::from(area.width).saturating_sub(help.len() + 8);
    let words = Line::from(vec![
        Span::styled(format!("   {help}  "), app.theme.style(Role::Muted)),
        Span::styled(cut(&prompt.preview, room), app.theme.style(Role::Want)),
    ]);
    frame.render_widget(Paragraph::new(words), below);
    let cursor = u16::try_from(prompt.cursor + 3).unwrap_or(u16::MAX).min(area.width.saturating_sub(1));
    frame.set_cursor_position((area.x + cursor, line.y));
    choices(frame, Rect::new(area.x, area.y, area.width, area.height.saturating_sub(2)), app, prompt);
}

fn choices(frame: &mut Frame<'_>, above: Rect, app: &App, prompt: &Prompt) {
    let count = prompt.choices.len().min(SHOWN);
    let height = u16::try_from(count + 2).unwrap_or(u16::MAX);
    if count == 0 || above.height < height || prompt.text.is_empty() {
        return;
    }
    let place = Rect::new(above.x, above.bottom() - height, above.width, height);
    frame.render_widget(Clear, place);
    let more = prompt.choices.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!("{more} more") } else { String::new() };
    let inside = panel(frame, place, app, &Frills { bottom_right: &more, ..Frills::default() });
    let first = prompt.chosen.unwrap_or(0).saturating_sub(SHOWN - 1);
    let longest = prompt.choices.iter().map(|choice| choice.text.chars().count()).max().unwrap_or(0);
    let name = longest.min(usize::from(inside.width) / 2) + 2;
    let lines: Vec<Line<'_>> = prompt
        .choices
        .iter()
        .enumerate()
        .skip(first)
        .take(SHOWN)
        .map(|(index, choice)| {
            let chosen = prompt.chosen == Some(index);
            let mark = if chosen { app.glyphs.sign(Sign::Closed) } else { " " };
            let note = usize::from(inside.width).saturating_sub(name + 2);
            let line = Line::from(vec![
                Span::raw(format!("{mark}{}", fit(&choice.text, name))),
                Span::styled(fit(&choice.note, note), app.theme.style(Role::Muted)),
            ]);
            if chosen { selected(app, line) } else { line }
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inside);
}
