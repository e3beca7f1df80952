//! What lies over the screen: the break menu, texts, questions.
//!
//! ```text
//! ╔═ Break something ══════════════════════════════════════ K ═╗
//! ║ POD login-x4h2s             NODE node-1                    ║
//! ║  p  delete pod  (polite)     n  power off (nobody is told) ║
//! ╚═══════════════════════════════════ enter do it  Esc close ═╝
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Wrap};

use super::panel::{Frills, fit, panel};
use crate::scenes;
use crate::tui::app::{App, GOING_TICKS, Overlay, SAY_FIRST};
use crate::tui::breaks::BreakEntry;
use crate::tui::keymap;
use crate::tui::theme::Role;

pub(in crate::tui) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, overlay: &Overlay) {
    match overlay {
        Overlay::Help { at, search } => super::help::draw(frame, area, app, *at, search),
        Overlay::Break(entries, at) => breaks(frame, area, app, entries, *at),
        Overlay::Text { title, lines, top } => text(frame, area, app, title, lines, *top),
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
                "meanwhile, and comes back as it is now when you press q there.".to_owned(),
                String::new(),
                "Play it?  y yes   n stay here".to_owned(),
            ];
            text(frame, area, app, "A scene", &lines, 0);
        }
        Overlay::Prune(object, file) => {
            let lines = vec![
                format!("{file} no longer describes {object}."),
                String::new(),
                "Delete it from the cluster, too?  y yes   n keep it".to_owned(),
            ];
            text(frame, area, app, "A document was removed", &lines, 0);
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

fn text(frame: &mut Frame<'_>, area: Rect, app: &App, title: &str, lines: &[String], top: usize) {
    let width = area.width.saturating_sub(4).min(110);
    let height =
        u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).clamp(5, area.height.saturating_sub(2).max(5));
    let area = middle(area, width, height);
    let frills =
        Frills { title, bottom_right: "up down scroll  Esc close", focused: true, ..Frills::default() };
    let inside = open(frame, area, app, &frills);
    let shown: Vec<Line<'_>> = lines.iter().skip(top).map(|line| Line::raw(format!(" {line}"))).collect();
    frame.render_widget(Paragraph::new(shown).wrap(Wrap { trim: false }), inside);
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
    let inside =
        open(frame, place, app, &Frills { title: "g go to ...", focused: true, ..Frills::default() });
    frame.render_widget(Paragraph::new(lines), inside);
}

fn breaks(frame: &mut Frame<'_>, area: Rect, app: &App, entries: &[BreakEntry], at: usize) {
    let area = middle(area, 78, u16::try_from(entries.len() + 16).unwrap_or(40));
    let frills = Frills {
        title: "Break something",
        top_right: "K",
        bottom_right: "a letter or enter: do it   Esc close",
        focused: true,
    };
    let inside = open(frame, area, app, &frills);
    let mut lines = Vec::new();
    let mut group = "";
    let mut selected_line = 0;
    for (index, entry) in entries.iter().enumerate() {
        if entry.group != group {
            group = &entry.group;
            lines.push(Line::styled(format!(" {group}"), app.theme.style(Role::Muted)));
        }
        let role = if entry.input.is_ok() { Role::Text } else { Role::Muted };
        let line = Line::from(vec![
            Span::styled(format!("  {}  ", entry.key), app.theme.style(Role::Focus)),
            Span::styled(fit(&entry.name, 30), app.theme.style(role)),
            Span::styled(format!("({})", entry.short), app.theme.style(Role::Muted)),
        ]);
        if index == at {
            selected_line = lines.len();
        }
        lines.push(if index == at { line.style(app.theme.style(Role::Selection)) } else { line });
    }
    let is_tight = usize::from(inside.height) < lines.len() + SCENES_AND_WORDS;
    let scenes = scene_lines(app, usize::from(inside.width), is_tight);
    let height = u16::try_from(scenes.len()).unwrap_or(0);
    let [list, shown, follows] =
        Layout::vertical([Constraint::Min(3), Constraint::Length(height), Constraint::Length(6)])
            .areas(inside);
    frame.render_widget(Paragraph::new(scenes), shown);
    let top = u16::try_from(selected_line).unwrap_or(0).saturating_sub(list.height.saturating_sub(1));
    frame.render_widget(Paragraph::new(lines).scroll((top, 0)), list);
    let words = match (app.guess_is_open(), entries.get(at)) {
        // The menu does not answer what the lesson asks.
        (true, _) => vec![Line::styled(SAY_FIRST, app.theme.style(Role::Muted))],
        (false, entry) => vec![
            Line::styled("What follows:", app.theme.style(Role::Muted)),
            Line::raw(entry.map_or("", |entry| entry.follows)),
            Line::styled(app.outlook.words(), app.theme.style(Role::Want)),
        ],
    };
    frame.render_widget(Paragraph::new(words).wrap(Wrap { trim: true }), follows);
}

/// Lines that the scenes and the words below the list need.
const SCENES_AND_WORDS: usize = 11;

/// The scenes in two columns, each with its digit; where there is no room for them, that there are some.
fn scene_lines<'a>(app: &App, width: usize, is_tight: bool) -> Vec<Line<'a>> {
    let all = scenes::all();
    if is_tight {
        return vec![Line::from(vec![
            Span::styled(" SCENES ", app.theme.style(Role::Muted)),
            Span::styled(format!(" 1-{} ", all.len()), app.theme.style(Role::Focus)),
            Span::raw(" each in a fresh cluster; this session waits"),
        ])];
    }
    let rows = all.len().div_ceil(2);
    let column = (width / 2).saturating_sub(6);
    let cell = |index: usize| {
        let title = all.get(index).map(|scene| fit(&scene.title, column)).unwrap_or_default();
        let digit = if title.is_empty() { String::new() } else { format!("  {}  ", index + 1) };
        [Span::styled(digit, app.theme.style(Role::Focus)), Span::raw(title)]
    };
    let heading =
        Line::styled(" SCENES (each in a fresh cluster; this one waits)", app.theme.style(Role::Muted));
    let pairs = (0..rows).map(|row| Line::from_iter(cell(row).into_iter().chain(cell(row + rows))));
    let random = Line::styled(
        " :break random 6 20s  six random faults, each mended before the next",
        app.theme.style(Role::Muted),
    );
    std::iter::once(heading).chain(pairs).chain([random]).collect()
}
