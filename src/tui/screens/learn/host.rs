//! The plain container host of a lesson, beside the cluster: nobody compares there, so a person has chores.
//!
//! ```text
//! ┌─ host-1: plain containers, no cluster ─────── 1 chore open ─┐
//! │ ✗ login   pizza/login:1.2.3   Exited (1)      down 12 s     │
//! │ ! login ended                 docker start login            │
//! └─────────────────────────────── :docker ps, run, start, ... ─┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::state::Taken;
use crate::lessons::session::HostView;
use crate::tui::app::App;
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;

/// From this width on, images are named.
const ROOMY: usize = 84;
/// Chores that are shown.
const CHORES: usize = 3;

/// The lines that it takes with its border.
pub(super) fn height(host: &HostView) -> u16 {
    u16::try_from(host.containers.len().max(1) + CHORES + 2).unwrap_or(u16::MAX).min(10)
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, taken: &Taken) {
    let Some(host) = &taken.view.host else { return };
    let open: Vec<_> = host.chores.iter().filter(|chore| chore.done.is_none()).collect();
    let count = match open.len() {
        0 => "nothing to do".to_owned(),
        1 => "1 chore for you".to_owned(),
        many => format!("{many} chores for you"),
    };
    let title = if host.powered { "host-1: plain containers, no cluster" } else { "host-1: no power" };
    let frills =
        Frills { title, top_right: &count, bottom_right: ":docker start, run, ps, update", focused: false };
    let inside = panel(frame, area, app, &frills);
    let width = usize::from(inside.width);
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (name, image, status, running, down) in &host.containers {
        let (sign, role) = match running {
            true => (app.glyphs.pick("◉", "R"), Role::Ok),
            false => (app.glyphs.pick("✗", "X"), Role::Bad),
        };
        let down = if *down > 0 { format!("down {down} s in all") } else { String::new() };
        // What it is made from matters least where room is short.
        let image = if width >= ROOMY { format!("{image:<20}") } else { String::new() };
        let text = format!(" {sign} {name:<9} {image}{status:<28} {down}");
        lines.push(Line::from(Span::styled(fit(&text, width), app.theme.style(role))));
    }
    let done = host.chores.iter().filter(|chore| chore.done.is_some()).count();
    for chore in open.iter().rev().take(CHORES) {
        let text = format!(" ! {}: {}", chore.what, chore.remedy);
        lines.push(Line::from(Span::styled(fit(&text, width), app.theme.style(Role::Warn))));
    }
    if open.is_empty() && done > 0 {
        let text = format!("   {done} times somebody had to get up so far");
        lines.push(Line::from(Span::styled(fit(&text, width), app.theme.style(Role::Muted))));
    }
    frame.render_widget(Paragraph::new(lines), inside);
}
