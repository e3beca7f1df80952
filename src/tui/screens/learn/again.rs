//! Once more: the ways back within a lesson, asked once because they give up what was done since.

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use crate::lessons::session::Ask;
use crate::tui::app::{App, Effect, LessonAct, Overlay};
use crate::tui::screens::panel::{Frills, panel};
use crate::tui::theme::Role;
use crate::tui::wrap::wrap;

/// The cells left of a note.
const INDENT: usize = 4;

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
        act: || LessonAct::Ask(Ask::RestartStep),
    },
    Again {
        key: 'l',
        words: "the lesson again",
        note: "from its beginning, with the same numbers",
        act: || LessonAct::Ask(Ask::Restart),
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
        act: || LessonAct::Ask(Ask::Skip),
    },
    Again {
        key: 't',
        words: "try things out",
        note: "the sandbox: nothing is graded; the same key comes back to this moment",
        act: || LessonAct::Ask(Ask::Sandbox),
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
    let width = 74.min(area.width);
    let notes: Vec<Vec<String>> = WAYS.iter().map(|way| told_in(way.note, width)).collect();
    let lines: usize = notes.iter().map(|note| note.len() + 1).sum();
    let height = (lines as u16 + 2).min(area.height);
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
    for (index, (way, note)) in WAYS.iter().zip(notes).enumerate() {
        let role = if index == at { Role::Selection } else { Role::Text };
        lines.push(Line::from(Span::styled(
            format!(" {}  {:<20}", way.key, way.words),
            app.theme.style(role),
        )));
        lines.extend(
            note.into_iter().map(|line| Line::from(Span::styled(line, app.theme.style(Role::Muted)))),
        );
    }
    frame.render_widget(Paragraph::new(lines), inside);
}

/// A note as it is written below its words, in a frame of this width.
fn told_in(note: &str, width: u16) -> Vec<String> {
    let room = usize::from(width).saturating_sub(2 + INDENT);
    wrap(note, room).into_iter().map(|line| format!("{:INDENT$}{line}", "")).collect()
}
