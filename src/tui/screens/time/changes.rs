//! What changed at the event at the cursor: what etcd held before and after, and who wrote it.
//!
//! ```text
//! ┌─ What changed ──────────────── d full diff ─┐
//! │ etcd  rev 1041 -> 1042  by the scheduler    │
//! │ ~ pod login-b3tqz                           │
//! │   spec.nodeName  (none) -> node-2           │
//! └─────────────────────────────────────────────┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

use super::Part;
use crate::trace::{Data, Event, Verb};
use crate::tui::app::App;
use crate::tui::model::change::FieldChange;
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;

pub(super) fn changes(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let here = app.time.chain.links.iter().find(|link| link.here);
    let number = here.filter(|link| !link.number.is_empty());
    let number = number.map(|link| format!(" at {}", link.number)).unwrap_or_default();
    let title = format!("What changed{number}");
    let frills = Frills {
        title: &title,
        top_right: &app.keymap.told("<diff> full diff"),
        bottom_right: "tab why",
        focused: app.time.focus == Part::Changes,
    };
    let inside = panel(frame, area, app, &frills);
    let (width, height) = (usize::from(inside.width), usize::from(inside.height));
    let lines = match &app.time.change {
        Some(Ok(change)) => {
            let mut lines = vec![
                Line::raw(format!(" etcd  rev {} -> {}", change.revision.saturating_sub(1), change.revision)),
                Line::styled(format!(" by {}", change.by), app.theme.style(Role::Muted)),
                Line::styled(format!(" {}", change.head), app.theme.style(Role::Focus)),
            ];
            let room = height.saturating_sub(4);
            lines.extend(
                change.fields.iter().take(room).map(|field| field_line(app, field, change.verb, width)),
            );
            let more = change.fields.len().saturating_sub(room);
            lines.push(match more {
                0 => Line::styled("   nothing else changed in this write", app.theme.style(Role::Muted)),
                more => Line::styled(format!("   {more} more fields: d"), app.theme.style(Role::Muted)),
            });
            lines
        }
        Some(Err(reason)) => vec![Line::raw(format!(" {reason}"))],
        None => app.event_here().map(|event| no_write(app, &event)).unwrap_or_default(),
    };
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), inside);
}

/// All of it, for an overlay.
pub(super) fn whole(app: &App) -> Vec<String> {
    let Some(Ok(change)) = &app.time.change else { return Vec::new() };
    let mut lines = vec![format!("asked by {}", change.by), String::new()];
    for field in &change.fields {
        let old = field.before.iter().map(|value| format!("- {}: {value}", field.path));
        let new = field.after.iter().map(|value| format!("+ {}: {value}", field.path));
        lines.extend(old.chain(new));
    }
    lines
}

fn field_line<'a>(app: &App, field: &FieldChange, verb: Verb, width: usize) -> Line<'a> {
    let none = || "(none)".to_owned();
    let (before, after) =
        (field.before.clone().unwrap_or_else(none), field.after.clone().unwrap_or_else(none));
    let value = match verb {
        Verb::Added => after,
        Verb::Deleted => before,
        Verb::Modified => format!("{before} -> {after}"),
    };
    let role = match verb {
        Verb::Added => Role::Ok,
        Verb::Modified => Role::Text,
        Verb::Deleted => Role::Warn,
    };
    let room = width.saturating_sub(3);
    let path = fit(&field.path, field.path.chars().count().min(room / 2));
    let rest = room.saturating_sub(path.chars().count() + 2);
    let value: String = value.chars().take(rest).collect();
    Line::styled(format!("   {path}  {value}"), app.theme.style(role))
}

/// What an event says that wrote nothing.
fn no_write<'a>(app: &App, event: &Event) -> Vec<Line<'a>> {
    let facts: Vec<(&str, String)> = match &event.data {
        Data::Compare { want, have, gap, why, .. } => vec![
            ("want", want.to_string()),
            ("have", have.to_string()),
            ("gap", gap.to_string()),
            ("because", why.to_string()),
        ],
        Data::Input { via, what, typed } => {
            let typed = (!typed.is_empty()).then(|| ("to type", typed.to_string()));
            let facts = [("by way of", via.to_string()), ("what", what.to_string())];
            facts.into_iter().chain(typed).collect()
        }
        Data::Act { did, .. } => vec![("asked for", did.to_string())],
        Data::Bind { node } => vec![("node", node.to_string())],
        _ => Vec::new(),
    };
    let mut lines =
        vec![Line::styled(" Nothing was written by this event itself.", app.theme.style(Role::Muted))];
    lines.extend(
        facts
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| Line::raw(format!(" {name:<10} {value}"))),
    );
    lines
}
