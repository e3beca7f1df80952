//! The course: every lesson in the recommended order, with what has become of it.
//!
//! ```text
//! ┏━ The course ━━━━━━━━━━━━━━━━━━━━━━━━━━━ 2 of 23 passed ━┓
//! ┃ the loop                                                ┃
//! ┃ ✓ 00  One host, by hand                  9 min   12/12  ┃
//! ┃▸∙ 01  A promise and a loop               6 min          ┃
//! ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ enter takes it ━┛
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::tui::app::{App, Effect, Flow, LessonAct};
use crate::tui::keymap::Command;
use crate::tui::model::{CourseMark, CourseRow};
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;

/// Lessons that a page key moves.
const PAGE: usize = 8;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let rows = &app.learn.course;
    let passed = rows.iter().filter(|row| row.mark == CourseMark::Passed).count();
    let count = format!("{passed} of {} passed", rows.len());
    let (width, room) =
        (usize::from(area.width.saturating_sub(2)), usize::from(area.height.saturating_sub(2)));
    let mut lines: Vec<(Option<usize>, Line<'_>)> = Vec::new();
    let mut part = "";
    for (index, row) in rows.iter().enumerate() {
        if row.part != part {
            part = &row.part;
            lines.push((None, Line::from(Span::styled(format!(" {part}"), app.theme.style(Role::Muted)))));
        }
        lines.push((Some(index), line(app, row, index == app.learn.at, width)));
    }
    let at = lines.iter().position(|(index, _)| *index == Some(app.learn.at)).unwrap_or(0);
    let first = (at + room / 2).saturating_sub(room.saturating_sub(1)).min(lines.len().saturating_sub(room));
    let goes_on = first + room < lines.len();
    let frills = Frills {
        title: "The course: take any lesson, in any order",
        top_right: &count,
        bottom_right: &app.keymap.told(if goes_on {
            "enter takes it   <cards> cards   down: more"
        } else {
            "enter takes it   <cards> cards"
        }),
        focused: true,
    };
    let inside = panel(frame, area, app, &frills);
    let shown: Vec<Line<'_>> = lines.into_iter().skip(first).take(room).map(|(_, line)| line).collect();
    frame.render_widget(Paragraph::new(shown), inside);
}

fn line<'a>(app: &App, row: &CourseRow, selected: bool, width: usize) -> Line<'a> {
    let (sign, role) = match row.mark {
        CourseMark::Passed => (app.glyphs.pick("✓", "v"), Role::Ok),
        CourseMark::Begun => (app.glyphs.pick("◔", "~"), Role::Busy),
        CourseMark::New => (app.glyphs.pick("∙", "-"), Role::Muted),
    };
    let best = row.best.map_or(String::new(), |(reached, goals)| format!("{reached}/{goals} goals"));
    let due = match (row.goes_on, row.due) {
        (true, _) => "  goes on",
        (false, true) => "  again today",
        (false, false) => "",
    };
    let title = width.saturating_sub(40).clamp(20, 60);
    let text = format!("{:<3} {} {:>3} min  {best}{due}", row.number, fit(&row.title, title), row.minutes);
    let text = fit(&text, width.saturating_sub(4));
    let style = app.theme.style(if selected { Role::Selection } else { Role::Text });
    let cursor = if selected { app.glyphs.pick("▸", ">") } else { " " };
    Line::from(vec![
        Span::raw(cursor.to_owned()),
        Span::styled(format!(" {sign} "), app.theme.style(role)),
        Span::styled(text, style),
    ])
}

/// What commands mean in the list.
pub(super) fn command(app: &mut App, command: Command) -> Flow {
    let last = app.learn.course.len().saturating_sub(1);
    app.learn.at = match command {
        Command::Up => app.learn.at.saturating_sub(1),
        Command::Down => (app.learn.at + 1).min(last),
        Command::PageUp => app.learn.at.saturating_sub(PAGE),
        Command::PageDown => (app.learn.at + PAGE).min(last),
        Command::First => 0,
        Command::Last => last,
        Command::Open | Command::NextPage => {
            let row = app.learn.course.get(app.learn.at);
            return Flow::Done(row.map(|row| Effect::Lesson(LessonAct::Open(row.id.clone()))));
        }
        _ => return Flow::Pass,
    };
    Flow::Done(None)
}
