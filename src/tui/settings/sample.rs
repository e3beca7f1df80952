//! A config file with everything in it: each line is a comment that says what is so anyway.

use super::{SETTINGS, Setting};
use crate::tui::keymap::{Bound, Keymap, names};

/// The column at which explanations begin.
const EXPLAINED: usize = 26;

/// The text of the file.
pub fn sample() -> String {
    let mut text = String::from(
        "# The settings of kubeloop. A flag beats this file, this file beats the environment.\n\
         # Take the # away from a line to change what it says.\n\n",
    );
    for setting in SETTINGS {
        text.push_str(&paragraph(setting));
    }
    text.push_str(
        "# Each action can have another key: a letter, a sign, a name such as f5, or a list of them.\n\
         # Esc, Enter, Tab, the arrows and the page keys always keep their meaning. none takes a key away.\n\
         # What the dashboard, its lessons and its scenes say names the keys that you chose. Letters behind g and in\n\
         # menus are entries of what is shown then.\n\
         # keys:\n",
    );
    let keymap = Keymap::default();
    let lines = keymap.all().iter().filter_map(line);
    text.extend(lines);
    text
}

fn paragraph(setting: &Setting) -> String {
    let beaten = match setting.variables().collect::<Vec<_>>().as_slice() {
        [] => String::new(),
        variables => format!(" Without it: ${}.", variables.join(", $")),
    };
    format!(
        "# {}{beaten}\n# Values: {}.\n# {}: {}\n\n",
        setting.meaning,
        setting.values().join(", "),
        setting.name,
        setting.default
    )
}

/// `#   break: "K"             # Break something ...`, for actions that have letters or signs.
fn line(bound: &Bound) -> Option<String> {
    let letters = bound.keys.iter().filter(|key| matches!(key, crossterm::event::KeyCode::Char(_)));
    let letters: Vec<String> = letters.map(|key| format!("{:?}", names::label(*key))).collect();
    let keys = match letters.as_slice() {
        [] => return None,
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    let entry = format!("{}: {keys}", names::action(bound.binding));
    Some(format!("#   {entry:<EXPLAINED$}  # {}\n", bound.binding.help))
}
