//! The filter of the lanes: names, separated by blanks; a lane is shown if it contains one of them.

use crossterm::event::KeyCode;

use super::State;
use crate::trace::text::short_component;
use crate::tui::app::Flow;

/// A key while the filter is typed. Enter keeps it, Esc drops it.
pub(super) fn key(state: &mut State, key: KeyCode) -> Flow {
    match key {
        KeyCode::Char(letter) => state.filter.push(letter),
        KeyCode::Backspace => {
            state.filter.pop();
        }
        KeyCode::Enter => state.typing = false,
        KeyCode::Esc => {
            state.typing = false;
            state.filter.clear();
        }
        _ => {}
    }
    Flow::Done(None)
}

/// Whether a lane's name passes the filter.
pub(super) fn matches(filter: &str, name: &str) -> bool {
    let mut words = filter.split_whitespace().peekable();
    // By its name in full, and as it is shown.
    words.peek().is_none() || words.any(|word| name.contains(word) || short_component(name).contains(word))
}
