//! The runs that were left, and how the selected one compares with the present one.
//!
//! ```text
//! ╔═ Two runs ═════════════════════════════════════════════════════════╗
//! ║ ▸ branch-1   left at 02:10.4, forked at 01:02.0                    ║
//! ║                                                                    ║
//! ║                    this run               branch-1                 ║
//! ║ what was done      you deleted pod x      node-2 loses power       ║
//! ║ healed             after 0.9s             not healed               ║
//! ║ first difference at 01:02.3                                        ║
//! ╚════════════════════ enter take it up   n name   Esc close ═════════╝
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Wrap};

use super::panel::{Frills, fit, panel};
use crate::tui::app::{App, BranchesView};
use crate::tui::glyphs::Sign;
use crate::tui::model::compare::{compare, table};
use crate::tui::theme::Role;

/// Cells of what is compared.
const NAMES: usize = 17;

pub(in crate::tui) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, view: &BranchesView) {
    let height = u16::try_from(app.branches.len() + 21).unwrap_or(30).min(area.height.saturating_sub(2));
    let width = area.width.saturating_sub(4).min(100);
    let place =
        Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height);
    frame.render_widget(Clear, place);
    let frills = Frills {
        title: "Two runs",
        bottom_right: "enter take it up   n name   Esc close",
        focused: true,
        ..Frills::default()
    };
    let inside = panel(frame, place, app, &frills);
    let columns = usize::from(inside.width);
    let mut lines: Vec<Line<'_>> = app
        .branches
        .iter()
        .enumerate()
        .map(|(index, branch)| {
            let here = index == view.at;
            let mark = if here { app.glyphs.sign(Sign::Closed) } else { " " };
            let name = match (&view.typing, here) {
                (Some(typed), true) => format!("{typed}_"),
                _ => branch.label.to_string(),
            };
            let what = branch.first_input().map(|what| format!(": {what}")).unwrap_or_default();
            let text =
                format!(" {mark} {name}  went to {}, left at {}{what}", branch.view.now(), branch.forked);
            let role = if here { Role::Focus } else { Role::Text };
            Line::styled(text.chars().take(columns).collect::<String>(), app.theme.style(role))
        })
        .collect();
    if let Some(branch) = app.branches.get(view.at) {
        let comparison = compare(&app.live, branch, app.vocabulary);
        let room = columns.saturating_sub(NAMES + 2) / 2;
        lines.push(Line::raw(""));
        lines.extend(table(&comparison, &branch.label).into_iter().map(|[what, here, there]| {
            Line::from(vec![
                Span::styled(format!(" {}", fit(&what, NAMES)), app.theme.style(Role::Muted)),
                Span::raw(format!("{} {}", fit(&here, room.saturating_sub(1)), fit(&there, room))),
            ])
        }));
        lines.push(Line::raw(""));
        match comparison.differs {
            Some((at, here, there)) => {
                lines.push(Line::styled(format!(" first difference at {at}"), app.theme.style(Role::Focus)));
                lines.push(Line::raw(format!("  here:  {here}")));
                lines.push(Line::raw(format!("  there: {there}")));
            }
            None => lines.push(Line::raw(" So far the two runs are the same.")),
        }
    }
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), inside);
}
