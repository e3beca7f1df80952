//! What lies over the screen: texts and questions.
//!
//! ```text
//! ┌─ Keys and what they do ═════════════════════════ 61 keys ┐
//! │ type to search ...                                       │
//! │ spc   pause                . step                        │
//! └─────────────────── enter run the selected key  Esc close ┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::panel::{Frills, panel};
use crate::scenes;
use crate::tui::app::{App, GOING_TICKS, Overlay};
use crate::tui::keymap;
use crate::tui::theme::Role;
use crate::tui::wrap::wrap_each;

/// The cells of a question.
const QUESTION: u16 = 80;

pub(in crate::tui) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, overlay: &Overlay) {
    match overlay {
        Overlay::Help { at, search } => super::help::draw(frame, area, app, *at, search),
        Overlay::Break(menu) => super::breaks::draw(frame, area, app, menu),
        Overlay::Text(view) => super::text_view::draw(frame, area, app, view),
        Overlay::Branches(view) => super::branches::draw(frame, area, app, view),
        Overlay::Again(at) => super::learn::draw_again(frame, area, app, *at),
        Overlay::Why(view) => super::why::draw(frame, area, app, view),
        Overlay::Inspect(view) => super::inspect::draw(frame, area, app, view),
        Overlay::Scene(index) => {
            let title = scenes::all().get(*index).map(|scene| scene.title.clone()).unwrap_or_default();
            let lines = vec![
                format!("Scene {}: {title}", index + 1),
                String::new(),
                "It plays in a fresh cluster of its own. This session stands still".to_owned(),
                app.keymap.told("meanwhile, and comes back as it is now when you press <quit> there."),
                String::new(),
                "Play it?  y yes   n stay here".to_owned(),
            ];
            question(frame, area, app, "A scene", &lines);
        }
        Overlay::Prune(object, file) => {
            let lines = vec![
                format!("{file} no longer describes {object}."),
                String::new(),
                "Delete it from the cluster, too?  y yes   n keep it".to_owned(),
            ];
            question(frame, area, app, "A document was removed", &lines);
        }
    }
}

/// A box in the middle, no larger than the screen.
pub(super) fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height)
}

pub(super) fn open(frame: &mut Frame<'_>, area: Rect, app: &App, frills: &Frills<'_>) -> Rect {
    frame.render_widget(Clear, area);
    panel(frame, area, app, frills)
}

/// A question, with its answers in its last line.
fn question(frame: &mut Frame<'_>, area: Rect, app: &App, title: &str, lines: &[String]) {
    let width = area.width.saturating_sub(4).min(QUESTION);
    let lines = wrap_each(lines, usize::from(width.saturating_sub(3)));
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let frills = Frills { title, focused: true, ..Frills::default() };
    let inside = open(frame, middle(area, width, height), app, &frills);
    let shown: Vec<Line<'_>> = lines.iter().map(|line| Line::raw(format!(" {line}"))).collect();
    frame.render_widget(Paragraph::new(shown), inside);
}

/// Where `g` goes, once it was waited for.
pub(in crate::tui) fn places(frame: &mut Frame<'_>, area: Rect, app: &App) {
    if app.going.is_none_or(|ticks| ticks < GOING_TICKS) {
        return;
    }
    let lines: Vec<Line<'_>> = keymap::PLACES
        .iter()
        .map(|(letter, _, words)| {
            Line::from(vec![
                Span::styled(format!(" {letter} "), app.theme.style(Role::Focus)),
                Span::raw(*words),
            ])
        })
        .collect();
    let height = u16::try_from(lines.len() + 2).unwrap_or(10).min(area.height);
    let place = Rect::new(area.x + 1, area.bottom().saturating_sub(height + 1), 30.min(area.width), height);
    let title = app.keymap.told("<go-to> go to ...");
    let inside = open(frame, place, app, &Frills { title: &title, focused: true, ..Frills::default() });
    frame.render_widget(Paragraph::new(lines), inside);
}
