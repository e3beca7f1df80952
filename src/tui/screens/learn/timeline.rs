//! The learner's own timeline, for the debrief: what was done, reached, missed and said, the causes marked.
//!
//! ```text
//! ┌─ Your timeline ──────────────────── * was the cause ─┐
//! │   0.0 s *  you     you deleted pod login-x4h2s       │
//! │   9.2 s    goal    Three login pods are ready again  │
//! └───────────────────────────── enter: that moment ─────┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::state::{Pane, Taken};
use crate::lessons::session::{About, Moment};
use crate::tui::app::{App, Flow};
use crate::tui::keymap::Command;
use crate::tui::screens::panel::{Frills, panel};
use crate::tui::theme::Role;
use crate::tui::wrap::wrap;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, taken: &Taken) {
    let focused = taken.pane == Pane::Tasks;
    let view = &taken.view;
    let score = format!("{} of {} goals, {} hints", view.score.reached, view.score.goals, view.score.hints);
    let title = format!("Your timeline: {score}");
    let frills = Frills {
        title: &title,
        top_right: "* was the cause",
        bottom_right: if focused { "enter: that moment on Time" } else { "tab" },
        focused,
    };
    let inside = panel(frame, area, app, &frills);
    let room = usize::from(inside.height);
    let width = usize::from(inside.width);
    let mut lines = Vec::new();
    // What is selected is in sight, with its last line.
    let mut end = 0;
    for (index, moment) in view.timeline.iter().enumerate() {
        let role = match focused && index == taken.moment {
            true => Role::Selection,
            false => about(moment.about).1,
        };
        let style = app.theme.style(role);
        lines.extend(told_in(moment, width).into_iter().map(|text| Line::from(Span::styled(text, style))));
        if index == taken.moment {
            end = lines.len();
        }
    }
    let shown = lines.into_iter().skip(end.saturating_sub(room)).take(room);
    frame.render_widget(Paragraph::new(shown.collect::<Vec<_>>()), inside);
}

/// A moment in lines of this width; what does not fit goes on below itself.
fn told_in(moment: &Moment, width: usize) -> Vec<String> {
    let cause = if moment.cause { "*" } else { " " };
    let mut first = format!("{:>7.1} s {cause} {:<7} ", moment.t, about(moment.about).0);
    let indent = first.chars().count();
    let told = wrap(&moment.text, width.saturating_sub(indent).max(1));
    let lines = told.into_iter().map(|text| {
        let before = std::mem::replace(&mut first, " ".repeat(indent));
        format!("{:<width$}", format!("{before}{text}"))
    });
    lines.collect()
}

fn about(about: About) -> (&'static str, Role) {
    match about {
        About::Act => ("you", Role::Want),
        About::Reached => ("goal", Role::Ok),
        About::Opened => ("open", Role::Muted),
        About::Missed => ("missed", Role::Bad),
        About::Judged => ("answer", Role::Text),
        About::Passed => ("step", Role::Focus),
        About::Hint => ("hint", Role::Muted),
    }
}

/// What commands mean on the timeline.
pub(super) fn command(app: &mut App, command: Command) -> Flow {
    let Some(taken) = &mut app.learn.taken else { return Flow::Pass };
    let last = taken.view.timeline.len().saturating_sub(1);
    taken.moment = match command {
        Command::Up => taken.moment.saturating_sub(1),
        Command::Down => (taken.moment + 1).min(last),
        Command::First => 0,
        Command::Last => last,
        Command::Open => {
            let moment = taken.view.timeline.get(taken.moment);
            let Some((event, at)) = moment.map(|moment| (moment.event(), taken.instant(moment.t))) else {
                return Flow::Done(None);
            };
            return Flow::Done(app.go_to_moment(event, at));
        }
        _ => return Flow::Pass,
    };
    Flow::Done(None)
}
