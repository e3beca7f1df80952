//! The selected object in a few lines, where a large terminal has room for it.
//!
//! ```text
//! ┌ Pod login-546954bf77-qspjv ───────────────────┐
//! │ WANT run    HAVE ◔ starting    GAP -1~         │
//! │ kubelet   [A]   pulling                        │
//! │ owner   ReplicaSet login-546954bf77            │
//! │ status  phase Pending                          │
//! │ Ready         False   ContainersNotReady       │
//! │ EVENTS                                         │
//! │ Scheduled     Successfully assigned ...        │
//! └────────────────────────────── <describe> YAML ─┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::objects::{have, want};
use crate::trace::text::short_component;
use crate::tui::app::App;
use crate::tui::model::about::{About, Report, about};
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;
use crate::tui::wrap::wrap;

/// The cells of a name in front of a value.
const NAMES: usize = 21;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let target = app.target();
    let title = target
        .as_ref()
        .map_or("Inspector".to_owned(), |target| format!("{} {}", target.kind.name(), target.key.name));
    let hint = app.keymap.told("<describe> all of it  <why> why");
    let frills = Frills { title: &title, bottom_right: &hint, ..Frills::default() };
    let inside = panel(frame, area, app, &frills);
    let mut lines = row(app, usize::from(inside.width));
    match target.and_then(|target| about(&app.view, &target, &app.reports)) {
        Some(about) => lines.extend(told(app, &about, usize::from(inside.width))),
        None => lines.push(Line::styled(" It is gone.", app.theme.style(Role::Muted))),
    }
    frame.render_widget(Paragraph::new(lines), inside);
}

/// What the table says of it, with the loop's own words in full.
fn row<'a>(app: &App, width: usize) -> Vec<Line<'a>> {
    let style = |role| app.theme.style(role);
    let about_row = app.selected_row().filter(|row| app.target().as_ref() == Some(&row.object));
    let Some(row) = about_row else { return Vec::new() };
    let (there, role) = have(app, &row.have, false);
    let mut lines = vec![Line::from(vec![
        Span::styled(" WANT ", style(Role::Muted)),
        Span::styled(format!("{}   ", want(app, &row.want)), style(Role::Want)),
        Span::styled("HAVE ", style(Role::Muted)),
        Span::styled(format!("{there}   "), style(role)),
        Span::styled("GAP ", style(Role::Muted)),
        Span::styled(row.gap.text(), style(row.gap.role())),
    ])];
    if !row.note.is_empty() {
        let words = format!("{}: {}", short_component(&row.looked_after.name), row.note);
        lines.extend(hanging(app, "", &words, width));
    }
    lines
}

fn told<'a>(app: &App, about: &About, width: usize) -> Vec<Line<'a>> {
    let style = |role| app.theme.style(role);
    let heading = |text: &str| Line::styled(format!(" {text}"), style(Role::Focus));
    let pair = |name: &str, value: &str| {
        Line::from(vec![
            Span::styled(format!(" {} ", fit(name, NAMES)), style(Role::Muted)),
            Span::styled(value.to_owned(), style(Role::Text)),
        ])
    };
    let mut lines = vec![heading("OWNERS")];
    lines.extend(about.owners.iter().map(|owner| Line::raw(format!(" {owner}"))));
    if about.owners.is_empty() {
        lines.push(Line::styled(" none: nothing makes it anew", style(Role::Muted)));
    }
    lines.push(heading("STATUS"));
    lines.extend(about.status.iter().map(|(name, value)| pair(name, value)));
    lines.extend(
        about.conditions.iter().map(|(name, value, reason)| pair(name, &format!("{value}  {reason}"))),
    );
    lines.push(heading("EVENTS"));
    for Report { reason, count, ago, message } in &about.events {
        let often = if *count > 1 { format!(" x{count}") } else { String::new() };
        let ago = ago.map(|ago| format!(" {}s ago", ago.as_secs())).unwrap_or_default();
        lines.extend(hanging(app, &format!("{reason}{often}{ago}:"), &format!(" {message}"), width));
    }
    if about.events.is_empty() {
        lines.push(Line::styled(" none", style(Role::Muted)));
    }
    lines
}

/// A label and a sentence over several lines, the later ones further in.
fn hanging<'a>(app: &App, label: &str, sentence: &str, width: usize) -> Vec<Line<'a>> {
    let rows = wrap(&format!("{label}{sentence}"), width.saturating_sub(4).max(8));
    let rows = rows.into_iter().enumerate();
    rows.map(|(index, row)| match row.strip_prefix(label) {
        Some(rest) if index == 0 => Line::from(vec![
            Span::styled(format!(" {label}"), app.theme.style(Role::Muted)),
            Span::raw(rest.to_owned()),
        ]),
        _ => Line::raw(format!("{}{row}", if index == 0 { " " } else { "   " })),
    })
    .collect()
}
