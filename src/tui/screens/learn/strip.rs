//! One line about the lesson on all other screens: where it stands, what is wanted next, what it waits for.
//!
//! ```text
//!  5 Lesson 1  step 1 of 1  2 of 4 done  next: Three login pods are ready again, by themselves
//! ```

use ratatui::text::{Line, Span};

use crate::lessons::session::GoalState;
use crate::tui::app::App;
use crate::tui::screen::Screen;
use crate::tui::theme::Role;

/// The line; none on the Learn screen, and none without a lesson.
pub(in crate::tui) fn strip<'a>(app: &App) -> Option<Line<'a>> {
    let view = app.learn.lesson().filter(|_| app.screen != Screen::Learn)?;
    let reached =
        view.goals.iter().filter(|goal| matches!(goal.state, GoalState::Done | GoalState::Kept)).count();
    let open = view.goals.iter().find(|goal| matches!(goal.state, GoalState::Open | GoalState::Holding));
    let missed = view.goals.iter().any(|goal| goal.state == GoalState::Missed);
    let (role, words) = match open {
        _ if view.sandbox => (Role::Warn, "sandbox: nothing is graded".to_owned()),
        _ if view.clock_held => (Role::Focus, app.keymap.told("the clock waits for your answer: <learn>")),
        _ if missed => (Role::Bad, app.keymap.told("a goal was missed: <learn> says why")),
        _ if view.step_passed => (Role::Ok, app.keymap.told("passed: <learn>, then <next-page>")),
        _ if view.stuck => (Role::Focus, app.keymap.told("stuck? <hint> gives a hint")),
        Some(goal) => (Role::Text, format!("next: {}", goal.goal)),
        None => (Role::Text, view.heading.clone()),
    };
    let score = format!("{reached} of {} done  ", view.goals.len());
    Some(Line::from(vec![
        Span::styled(
            app.keymap.told(&format!(" <learn> Lesson {}  ", view.number)),
            app.theme.style(Role::Focus),
        ),
        Span::styled(score, app.theme.style(Role::Ok)),
        Span::styled(words, app.theme.style(role)),
    ]))
}
