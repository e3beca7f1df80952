//! The four questions about an object, over the screen: a sentence for each, and the open one with its causes.
//!
//! ```text
//! ╔═ Why? pod x4h2s ═══════════════════════════════════════ plain words ═╗
//! ║ ▸1 Why does it exist?          the ReplicaSet controller created it  ║
//! ║  2 Why was it killed?          it was not killed                     ║
//! ║  3 Why is it not ready?        it is as it should be                 ║
//! ║  4 Why is nothing happening?   nothing to do: 3 exist, 3 wanted      ║
//! ║                                                                      ║
//! ║ you deleted pod login-b3tqz                                     #7.1 ║
//! ║  └▸ the ReplicaSet controller sees 2, wants 3: create 1 more    #7.5 ║
//! ║ Also needed: ReplicaSet login wants 3: you applied login.yaml        ║
//! ╚══════════ tab question   up down cause   enter in Time   y copy ══════╝
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::chain;
use super::panel::{Frills, panel};
use crate::trace::text;
use crate::tui::app::{App, WhyView};
use crate::tui::glyphs::Sign;
use crate::tui::theme::Role;
use crate::tui::wrap::wrap;

/// Cells of a question.
const QUESTIONS: usize = 28;
/// Lines that a first sentence may take.
const SENTENCE: usize = 3;

pub(in crate::tui) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, view: &WhyView) {
    let width = area.width.saturating_sub(4).min(120);
    let most = usize::from(area.height.saturating_sub(4).min(40));
    let lines = content(app, view, usize::from(width.saturating_sub(2)), most);
    let height = u16::try_from(lines.len() + 2).unwrap_or(area.height).min(area.height);
    let place =
        Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height);
    frame.render_widget(Clear, place);
    let title = format!("Why? {}", text::object_words(&view.why.object));
    let frills = Frills {
        title: &title,
        top_right: app.vocabulary.name(),
        bottom_right: &app
            .keymap
            .told("tab question  up down cause  enter in Time  <copy> copy  <words> words  Esc"),
        focused: true,
    };
    let inside = panel(frame, place, app, &frills);
    frame.render_widget(Paragraph::new(lines), inside);
}

/// The questions, then the open answer: its sentences, its causes, its table.
fn content<'a>(app: &App, view: &WhyView, columns: usize, rows: usize) -> Vec<Line<'a>> {
    let mut lines = questions(app, view, columns);
    lines.push(Line::raw(""));
    let Some(answer) = view.answer() else { return lines };
    for sentence in answer.sentences.iter().skip(1) {
        let wrapped = wrap(sentence, columns.saturating_sub(3));
        lines.extend(wrapped.into_iter().take(2).enumerate().map(|(index, part)| {
            let lead = if index == 0 { app.glyphs.pick(" ∙ ", " - ") } else { "   " };
            Line::raw(format!("{lead}{part}"))
        }));
    }
    if answer.sentences.len() > 1 {
        lines.push(Line::raw(""));
    }
    let room = rows.saturating_sub(lines.len());
    let links = room.saturating_sub(answer.details.len()).max(room.min(8));
    lines.extend(chain::lines(app, &answer.chain, columns, links, Some(view.link)));
    lines.extend(answer.details.iter().flat_map(|detail| {
        let lead = " ".repeat(1 + detail.len() - detail.trim_start().len());
        let parts = wrap(detail, columns.saturating_sub(lead.len()));
        parts.into_iter().map(move |part| Line::raw(format!("{lead}{part}")))
    }));
    lines.truncate(rows);
    lines
}

/// A line or a few for each question with the first sentence of its answer.
fn questions<'a>(app: &App, view: &WhyView, width: usize) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for (index, answer) in view.why.answers.iter().enumerate() {
        let open = index == view.question;
        let mark = if open { app.glyphs.sign(Sign::Closed) } else { " " };
        let role = if open { Role::Focus } else { Role::Text };
        let sentence = answer.sentences.first().cloned().unwrap_or_default();
        let mut parts = wrap(&sentence, width.saturating_sub(QUESTIONS + 4));
        let most = if open { SENTENCE } else { 1 };
        if parts.len() > most {
            parts.truncate(most);
            if let Some(last) = parts.last_mut() {
                *last = chain::cut(&format!("{last} ..."), width.saturating_sub(QUESTIONS + 4));
            }
        }
        for (part_index, part) in parts.into_iter().enumerate() {
            let lead = match part_index {
                0 => format!(" {mark}{} {:<QUESTIONS$}", index + 1, answer.question.text()),
                _ => " ".repeat(QUESTIONS + 4),
            };
            lines.push(Line::from(vec![
                Span::styled(lead, app.theme.style(role)),
                Span::styled(part, app.theme.style(if open { Role::Text } else { Role::Muted })),
            ]));
        }
    }
    lines
}
