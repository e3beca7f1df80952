//! Keys and actions by name, as they stand in the user's config file: `skip: ">"`, `zoom: f5`, `pause: spc`.

use crossterm::event::KeyCode;

use super::Binding;

/// Keys that have a name instead of a sign. The first name of a key is the one that is shown.
const NAMED: &[(&str, KeyCode)] = &[
    ("spc", KeyCode::Char(' ')),
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("S-tab", KeyCode::BackTab),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("backspace", KeyCode::Backspace),
    ("del", KeyCode::Delete),
    ("ins", KeyCode::Insert),
];

/// The function keys that terminals send.
const FUNCTIONS: std::ops::RangeInclusive<u8> = 1..=12;

/// The key of a name: one letter or sign stands for itself.
///
/// # Errors
/// What a key may be called instead.
pub fn key(name: &str) -> Result<KeyCode, String> {
    let mut letters = name.chars();
    if let (Some(letter), None) = (letters.next(), letters.next())
        && !letter.is_control()
    {
        return Ok(KeyCode::Char(letter));
    }
    let named = NAMED.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let function = || {
        let number = name.strip_prefix(['f', 'F'])?.parse().ok()?;
        FUNCTIONS.contains(&number).then_some(KeyCode::F(number))
    };
    named.map(|(_, key)| *key).or_else(function).ok_or_else(|| {
        let names: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
        format!("\"{name}\" is no key; a key is one letter or sign, f1 to f12, or {}", names.join(", "))
    })
}

/// How a key is shown.
pub fn label(key: KeyCode) -> String {
    match (NAMED.iter().find(|(_, named)| *named == key), key) {
        (Some((name, _)), _) => (*name).to_owned(),
        (None, KeyCode::Char(letter)) => letter.to_string(),
        (None, KeyCode::F(number)) => format!("f{number}"),
        (None, other) => format!("{other:?}").to_lowercase(),
    }
}

/// What a binding's action is called in the config file: its hint, in one word.
pub fn action(binding: &Binding) -> String {
    binding.hint.to_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keymap::BINDINGS;

    #[test]
    fn every_key_of_the_table_has_a_name_that_means_it() {
        for key_code in BINDINGS.iter().flat_map(|binding| binding.keys) {
            assert_eq!(key(&label(*key_code)), Ok(*key_code));
        }
        assert_eq!(key("F5"), Ok(KeyCode::F(5)));
        assert!(key("f99").is_err_and(|problem| problem.contains("f1 to f12")));
        assert!(key("ctrl-x").is_err() && key("").is_err());
    }

    #[test]
    fn every_action_has_a_name_of_its_own() {
        let mut names: Vec<String> = BINDINGS.iter().map(action).collect();
        names.sort();
        for pair in names.windows(2) {
            assert_ne!(pair[0], pair[1], "two actions of one name");
        }
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')));
    }
}
