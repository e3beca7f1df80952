//! Once more: the ways back within a lesson, asked once because they give up what was done since.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use crate::tui::app::{App, Effect, LessonAct, Overlay};
use crate::tui::screens::panel::{Frills, panel};
use crate::tui::theme::Role;

/// A way back.
struct Again {
    key: char,
    words: &'static str,
    note: &'static str,
    act: fn() -> LessonAct,
}

const WAYS: [Again; 6] = [
    Again {
        key: 's',
        words: "this step again",
        note: "back to the moment at which it began; what you broke since is whole",
        act: || LessonAct::RestartStep,
    },
    Again {
        key: 'l',
        words: "the lesson again",
        note: "from its beginning, with the same numbers",
        act: || LessonAct::Restart,
    },
    Again {
        key: 'f',
        words: "fresh eyes",
        note: "from its beginning, with other names, addresses and times",
        act: || LessonAct::Fresh,
    },
    Again {
        key: 'k',
        words: "skip this step",
        note: "on to the next one; what this one asks for counts as not reached",
        act: || LessonAct::Skip,
    },
    Again {
        key: 't',
        words: "try things out",
        note: "the sandbox: nothing is graded; the same key comes back to this moment",
        act: || LessonAct::Sandbox,
    },
    Again {
        key: 'c',
        words: "the course",
        note: "leave the lesson as it stands; it can be taken up again",
        act: || LessonAct::Leave,
    },
];

/// Keys while it is asked.
pub(in crate::tui) fn key(app: &mut App, at: usize, key: KeyCode) -> Option<Effect> {
    let last = WAYS.len() - 1;
    let chosen = match key {
        KeyCode::Down => {
            app.overlay = Some(Overlay::Again((at + 1).min(last)));
            return None;
        }
        KeyCode::Up => {
            app.overlay = Some(Overlay::Again(at.saturating_sub(1)));
            return None;
        }
        KeyCode::Enter => WAYS.get(at),
        KeyCode::Char(letter) => WAYS.iter().find(|way| way.key == letter),
        _ => None,
    };
    match chosen {
        Some(way) => Some(Effect::Lesson((way.act)())),
        None => {
            app.overlay = Some(Overlay::Again(at));
            None
        }
    }
}

pub(in crate::tui) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, at: usize) {
    let (width, height) = (74.min(area.width), (WAYS.len() as u16 * 2 + 2).min(area.height));
    let place =
        Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height);
    frame.render_widget(Clear, place);
    let frills = Frills {
        title: "Once more?",
        top_right: "r",
        bottom_right: "enter does it   Esc close",
        focused: true,
    };
    let inside = panel(frame, place, app, &frills);
    let mut lines = Vec::new();
    for (index, way) in WAYS.iter().enumerate() {
        let role = if index == at { Role::Selection } else { Role::Text };
        lines.push(Line::from(Span::styled(
            format!(" {}  {:<20}", way.key, way.words),
            app.theme.style(role),
        )));
        lines.push(Line::from(Span::styled(format!("    {}", way.note), app.theme.style(Role::Muted))));
    }
    frame.render_widget(Paragraph::new(lines), inside);
}
