//! The line that is being typed: editing, history, completion.

use crossterm::event::KeyCode;

use crate::engine::World;
use crate::object::ObjectRef;

/// Lines that are remembered.
const HISTORY_MAX: usize = 200;

/// What is typed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptKind {
    /// A command.
    Command,
    /// A filter of the rows.
    Filter,
}

/// Something that may stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The word.
    pub text: String,
    /// What it is.
    pub note: String,
}

/// What came of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tui) enum Typed {
    /// The line goes on.
    On,
    /// It is given up.
    Given,
    /// It is to be run.
    Line(String),
}

/// The line that is being typed.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// What it is for.
    pub kind: PromptKind,
    /// The text.
    pub text: String,
    /// The cursor, in characters.
    pub cursor: usize,
    /// What may stand at the cursor.
    pub choices: Vec<Choice>,
    /// Which of them is selected, once Tab was pressed.
    pub chosen: Option<usize>,
    /// What it would do.
    pub preview: String,
    /// What was selected when the line was begun.
    selected: Option<ObjectRef>,
    at: usize,
}

impl Prompt {
    /// An empty line, or one that begins with these words.
    pub fn new(kind: PromptKind, text: &str, world: &World, selected: Option<ObjectRef>) -> Self {
        let mut prompt = Self {
            kind,
            text: text.to_owned(),
            cursor: text.chars().count(),
            choices: Vec::new(),
            chosen: None,
            preview: String::new(),
            selected,
            at: 0,
        };
        prompt.look(world);
        prompt
    }

    /// Brings choices and preview up to date.
    pub(in crate::tui) fn look(&mut self, world: &World) {
        self.chosen = None;
        if self.kind == PromptKind::Command {
            self.choices =
                super::completion::complete(&self.text, self.cursor, world, self.selected.as_ref());
            self.foretell(world);
        }
    }

    /// Brings up to date what the line would do.
    fn foretell(&mut self, world: &World) {
        // As long as the line can go on, it is not wrong yet.
        let may_go_on = !self.choices.is_empty() || self.text.trim().is_empty();
        let begins = may_go_on && !self.text.trim().contains(char::is_whitespace);
        self.preview = match super::preview(&self.text, world) {
            // A verb of which only the beginning is there is not unknown.
            Ok(_) if begins && !super::own::is_verb(self.text.trim()) => String::new(),
            Ok(words) => words,
            Err(_) if may_go_on => super::own::usage(&self.text).unwrap_or_default(),
            Err(problem) => problem,
        };
    }

    pub(in crate::tui) fn key(&mut self, key: KeyCode, history: &[String], world: &World) -> Typed {
        match key {
            KeyCode::Esc => return Typed::Given,
            KeyCode::Backspace if self.text.is_empty() => return Typed::Given,
            KeyCode::Enter => return Typed::Line(self.text.trim().to_owned()),
            KeyCode::Tab => return self.choose(1, world),
            KeyCode::BackTab => return self.choose(-1, world),
            KeyCode::Up => self.recall(history, 1),
            KeyCode::Down => self.recall(history, -1),
            KeyCode::Left => self.cursor = self.cursor.saturating_sub(1),
            KeyCode::Right => self.cursor = (self.cursor + 1).min(self.text.chars().count()),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.chars().count(),
            KeyCode::Backspace if self.cursor > 0 => {
                self.cursor -= 1;
                self.remove();
            }
            KeyCode::Delete => self.remove(),
            KeyCode::Char(letter) => self.insert(&letter.to_string()),
            _ => return Typed::On,
        }
        self.look(world);
        Typed::On
    }

    /// Puts a text in at the cursor; line breaks become blanks.
    pub(in crate::tui) fn insert(&mut self, text: &str) {
        let text: String =
            text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let at = self.byte(self.cursor);
        self.text.insert_str(at, &text);
        self.cursor += text.chars().count();
    }

    fn remove(&mut self) {
        let at = self.byte(self.cursor);
        if at < self.text.len() {
            self.text.remove(at);
        }
    }

    fn byte(&self, cursor: usize) -> usize {
        self.text.char_indices().nth(cursor).map_or(self.text.len(), |(at, _)| at)
    }

    /// The next choice stands in place of the word at the cursor. A choice that is the only one is taken at once.
    fn choose(&mut self, by: isize, world: &World) -> Typed {
        let count = self.choices.len();
        if count == 0 {
            return Typed::On;
        }
        let next = match self.chosen {
            None if by > 0 => 0,
            None => count - 1,
            Some(here) => (here + count).saturating_add_signed(by) % count,
        };
        let Some(choice) = self.choices.get(next).cloned() else { return Typed::On };
        let before: String = self.text.chars().take(self.cursor).collect();
        let after: String = self.text.chars().skip(self.cursor).collect();
        let start = before.trim_end().rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let start =
            if before.ends_with(char::is_whitespace) && self.chosen.is_none() { before.len() } else { start };
        let kept = before.get(..start).unwrap_or("");
        self.text = format!("{kept}{}{}", choice.text, after);
        self.cursor = kept.chars().count() + choice.text.chars().count();
        self.chosen = Some(next);
        self.foretell(world);
        Typed::On
    }

    /// An earlier line, or a later one.
    fn recall(&mut self, history: &[String], by: isize) {
        self.at = self.at.saturating_add_signed(by).min(history.len());
        let earlier = history.len().checked_sub(self.at).and_then(|index| history.get(index));
        self.text = earlier.cloned().unwrap_or_default();
        self.cursor = self.text.chars().count();
    }
}

/// Remembers a line; the same line twice in a row is one.
pub(in crate::tui) fn remember(history: &mut Vec<String>, line: &str) {
    if !line.is_empty() && history.last().is_none_or(|last| last != line) {
        history.push(line.to_owned());
        let extra = history.len().saturating_sub(HISTORY_MAX);
        history.drain(..extra);
    }
}
