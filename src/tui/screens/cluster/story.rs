//! The story: what began, and each step since then, newest last.
//!
//! ```text
//! ┌─ Story #7: you deleted pod login-x4h2s ─────── 0.9s, healing ─┐
//! │ t+0.0s you          you deleted pod login-x4h2s               │
//! │ t+12ms replicaset   sees 2, wants 3: create 1 more            │
//! └────────────────────────────────────────────────────── w why ──┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::tui::app::App;
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;

pub(in crate::tui) fn story(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let Some(story) = &app.story else {
        let inside = panel(frame, area, app, &Frills { title: "Story", ..Frills::default() });
        let text =
            "Nothing has happened yet. Select a pod and press K, then p: the cluster will put one back.";
        frame.render_widget(Paragraph::new(text).style(app.theme.style(Role::Muted)), inside);
        return;
    };
    let title = format!("Story #{}: {}", story.number, story.title);
    let state = format!("{}, {}", story.took, if story.healed { "healed" } else { "healing" });
    let frills = Frills { title: &title, top_right: &state, bottom_right: "w why", focused: false };
    let inside = panel(frame, area, app, &frills);
    let height = usize::from(inside.height);
    let width = usize::from(inside.width);
    let first = story.lines.len().saturating_sub(height);
    let lines: Vec<Line<'_>> = story
        .lines
        .iter()
        .skip(first)
        .map(|step| {
            let after = fit(&format!(" +{}", step.after), 8);
            let who = fit(&step.who, 17);
            let room = width.saturating_sub(26);
            Line::from(vec![
                Span::styled(after, app.theme.style(Role::Muted)),
                Span::styled(format!("{who} "), app.theme.style(Role::Focus)),
                Span::styled(step.what.chars().take(room).collect::<String>(), app.theme.style(Role::Text)),
            ])
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inside);
}
