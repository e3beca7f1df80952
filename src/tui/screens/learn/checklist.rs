//! The checklist: the goals of the step with their current and wanted values, and the hints that were given.
//!
//! ```text
//! ┌─ Checklist ────────────────────── 1 of 4 ─┐
//! │ ✓ You deleted a login pod                 │
//! │ ◔ Three are ready again            3/5 s  │
//! │ ✗ The wish was not touched                │
//! │     at 12.0 s: you scaled it to 4         │
//! │ hint: Which key takes one away?           │
//! └──────────────────────────────── h hint ───┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::question::filled;
use super::state::Taken;
use crate::lessons::LessonView;
use crate::lessons::session::{GoalState, GoalView};
use crate::tui::app::App;
use crate::tui::screens::panel::{Frills, panel};
use crate::tui::theme::Role;

/// The cells before a goal's text.
const INDENT: usize = 3;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, taken: &Taken) {
    let view = &taken.view;
    let reached = view.goals.iter().filter(|goal| is_reached(goal.state)).count();
    let score = format!("{reached} of {}", view.goals.len());
    let help = match (view.hints.len(), view.more_hints) {
        (0, true) => "<hint> hint".to_owned(),
        (1, true) => "1 hint, <hint> more".to_owned(),
        (given, true) => format!("{given} hints, <hint> more"),
        (0, false) => String::new(),
        (given, false) => format!("{given} hints, all there are"),
    };
    let frills = Frills {
        title: "Checklist, graded live",
        top_right: &score,
        bottom_right: &app.keymap.told(&help),
        focused: false,
    };
    let inside = panel(frame, area, app, &frills);
    let mut lines = lines(view, usize::from(inside.width), app);
    // What was said last matters most where room is short.
    let extra = lines.len().saturating_sub(usize::from(inside.height));
    lines.drain(..extra);
    frame.render_widget(Paragraph::new(lines), inside);
}

/// The lines that it takes with its border.
pub(super) fn height(view: &LessonView, width: usize) -> u16 {
    let room = width.saturating_sub(2 + INDENT + 1);
    let goals: usize = view.goals.iter().map(|goal| texts(goal, room).len()).sum();
    let hints: usize = view.hints.iter().map(|hint| filled(&hint.text, room).len()).sum();
    u16::try_from(goals + hints + 2).unwrap_or(u16::MAX)
}

pub(super) fn is_reached(state: GoalState) -> bool {
    matches!(state, GoalState::Done | GoalState::Kept)
}

fn lines<'a>(view: &LessonView, width: usize, app: &App) -> Vec<Line<'a>> {
    let room = width.saturating_sub(INDENT + 1);
    let mut lines = Vec::new();
    for goal in &view.goals {
        let (sign, role) = sign(goal.state, app);
        for (index, text) in texts(goal, room).into_iter().enumerate() {
            let lead = if index == 0 { format!(" {sign} ") } else { " ".repeat(INDENT) };
            let text_role = if goal.missed.is_some() { Role::Bad } else { Role::Text };
            lines.push(Line::from(vec![
                Span::styled(lead, app.theme.style(role)),
                Span::styled(text, app.theme.style(text_role)),
            ]));
        }
    }
    for hint in &view.hints {
        for (index, text) in filled(&hint.text, room).into_iter().enumerate() {
            let lead = if index == 0 { " h " } else { "   " };
            lines.push(Line::from(vec![
                Span::styled(lead, app.theme.style(Role::Focus)),
                Span::styled(text, app.theme.style(Role::Want)),
            ]));
        }
    }
    lines
}

/// The goal, how far it is, and what went wrong.
fn texts(goal: &GoalView, room: usize) -> Vec<String> {
    let progress = match (goal.state, goal.progress) {
        (GoalState::Done, _) | (_, None) => String::new(),
        (GoalState::Holding, Some((held, of))) => format!("  ({held} of {of} s)"),
        (_, Some((0, _))) => String::new(),
        (_, Some((done, of))) => format!("  ({done} of {of})"),
    };
    let mut lines = filled(&format!("{}{progress}", goal.goal), room);
    if let Some(missed) = &goal.missed {
        lines.extend(filled(&format!("at {:.1} s: {}", missed.t, missed.text), room));
        if let Some(root) = missed.why.first().filter(|root| !missed.text.contains(root.as_str())) {
            lines.extend(filled(&format!("because {root}"), room));
        }
        lines.extend(filled("r begins the step again", room));
    }
    lines
}

fn sign(state: GoalState, app: &App) -> (&'static str, Role) {
    match state {
        GoalState::Done => (app.glyphs.pick("✓", "v"), Role::Ok),
        GoalState::Kept => (app.glyphs.pick("✓", "v"), Role::Muted),
        GoalState::Holding => (app.glyphs.pick("◔", "~"), Role::Busy),
        GoalState::Open => (app.glyphs.pick("∙", "-"), Role::Muted),
        GoalState::Missed => (app.glyphs.pick("✗", "X"), Role::Bad),
    }
}
