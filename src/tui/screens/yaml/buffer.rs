//! The text that is being edited: its lines, the cursor, and what can be undone.
//!
//! One word typed is one step to undo, as in other editors. Columns count characters, not bytes.

/// Steps that can be undone; the oldest go.
const STEPS_KEPT: usize = 500;
/// How far one indent goes.
pub(super) const INDENT: &str = "  ";

/// A text with a cursor.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffer {
    lines: Vec<String>,
    row: usize,
    column: usize,
    undo: Vec<Moment>,
    redo: Vec<Moment>,
    /// Letters are being typed one after the other: they are one step.
    in_word: bool,
}

/// A text as it was, and where the cursor stood.
#[derive(Clone, Debug, Default)]
struct Moment {
    lines: Vec<String>,
    row: usize,
    column: usize,
}

/// Where the cursor goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    Rows(isize),
    Left,
    Right,
    LineStart,
    LineEnd,
}

impl Buffer {
    pub(super) fn new(text: &str) -> Self {
        Self { lines: split(text), ..Self::default() }
    }

    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Row and column of the cursor, from 0.
    pub(super) fn cursor(&self) -> (usize, usize) {
        (self.row, self.column)
    }

    /// The whole text, with a line break at its end.
    pub(super) fn text(&self) -> String {
        let mut text = self.lines.join("\n");
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }

    fn line(&self) -> &str {
        self.lines.get(self.row).map_or("", String::as_str)
    }

    fn length(&self) -> usize {
        self.line().chars().count()
    }

    /// The byte at which the cursor stands in its line.
    fn byte(&self) -> usize {
        self.line().char_indices().nth(self.column).map_or(self.line().len(), |(byte, _)| byte)
    }

    pub(super) fn go(&mut self, to: Move) {
        self.in_word = false;
        match to {
            Move::Rows(by) => {
                self.row = self.row.saturating_add_signed(by).min(self.lines.len().saturating_sub(1));
                self.column = self.column.min(self.length());
            }
            Move::Left if self.column > 0 => self.column -= 1,
            Move::Left if self.row > 0 => {
                self.row -= 1;
                self.column = self.length();
            }
            Move::Right if self.column < self.length() => self.column += 1,
            Move::Right if self.row + 1 < self.lines.len() => (self.row, self.column) = (self.row + 1, 0),
            Move::Left | Move::Right => {}
            Move::LineStart => self.column = 0,
            Move::LineEnd => self.column = self.length(),
        }
    }

    /// To a line and column, both from 1.
    pub(super) fn go_to(&mut self, line: usize, column: usize) {
        self.in_word = false;
        self.row = line.saturating_sub(1).min(self.lines.len().saturating_sub(1));
        self.column = column.saturating_sub(1).min(self.length());
    }

    fn remember(&mut self, in_word: bool) {
        let goes_on = in_word && self.in_word;
        self.in_word = in_word;
        if goes_on {
            return;
        }
        self.redo.clear();
        self.undo.push(Moment { lines: self.lines.clone(), row: self.row, column: self.column });
        let extra = self.undo.len().saturating_sub(STEPS_KEPT);
        self.undo.drain(..extra);
    }

    /// Puts a text in at the cursor: a letter, or what was pasted.
    pub(super) fn insert(&mut self, text: &str) {
        let mut letters = text.chars();
        let is_word = letters.next().is_some_and(char::is_alphanumeric) && letters.next().is_none();
        self.remember(is_word);
        let byte = self.byte();
        let rest = self.lines.get_mut(self.row).map(|line| line.split_off(byte)).unwrap_or_default();
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        for (index, piece) in text.split('\n').enumerate() {
            if index > 0 {
                self.row += 1;
                self.lines.insert(self.row, String::new());
            }
            if let Some(line) = self.lines.get_mut(self.row) {
                line.push_str(piece);
                self.column = line.chars().count();
            }
        }
        if let Some(line) = self.lines.get_mut(self.row) {
            line.push_str(&rest);
        }
    }

    /// A new line, indented as the one before; one step further below a key without a value.
    pub(super) fn new_line(&mut self) {
        let before: String = self.line().chars().take(self.column).collect();
        let indent: String = before.chars().take_while(|letter| *letter == ' ').collect();
        let deeper = if before.trim_end().ends_with(':') { INDENT } else { "" };
        self.insert(&format!("\n{indent}{deeper}"));
    }

    /// Takes away the letter before the cursor; in an indent, a whole step of it.
    pub(super) fn backspace(&mut self) {
        if (self.row, self.column) == (0, 0) {
            return;
        }
        self.remember(false);
        if self.column == 0 {
            let line = self.lines.remove(self.row);
            self.row -= 1;
            self.column = self.length();
            if let Some(before) = self.lines.get_mut(self.row) {
                before.push_str(&line);
            }
            return;
        }
        let in_indent = self.line().chars().take(self.column).all(|letter| letter == ' ');
        let count = if in_indent { (self.column - 1) % INDENT.len() + 1 } else { 1 };
        for _ in 0..count {
            self.column -= 1;
            let byte = self.byte();
            if let Some(line) = self.lines.get_mut(self.row) {
                line.remove(byte);
            }
        }
    }

    /// Takes away the letter at the cursor.
    pub(super) fn delete(&mut self) {
        let (row, byte) = (self.row, self.byte());
        if self.column < self.length() {
            self.remember(false);
            if let Some(line) = self.lines.get_mut(row) {
                line.remove(byte);
            }
        } else if row + 1 < self.lines.len() {
            self.remember(false);
            let next = self.lines.remove(row + 1);
            if let Some(line) = self.lines.get_mut(row) {
                line.push_str(&next);
            }
        }
    }

    /// Replaces the whole text, as one step that can be undone; the cursor stays in its line.
    pub(super) fn replace(&mut self, text: &str) {
        self.remember(false);
        self.lines = split(text);
        self.go(Move::Rows(0));
    }

    /// Takes the last step back. Returns whether there was one.
    pub(super) fn undo(&mut self) -> bool {
        let Some(moment) = self.undo.pop() else { return false };
        let now = self.put(moment);
        self.redo.push(now);
        true
    }

    /// Does again what was undone last. Returns whether there was anything.
    pub(super) fn redo(&mut self) -> bool {
        let Some(moment) = self.redo.pop() else { return false };
        let now = self.put(moment);
        self.undo.push(now);
        true
    }

    fn put(&mut self, moment: Moment) -> Moment {
        self.in_word = false;
        let now = Moment { lines: std::mem::take(&mut self.lines), row: self.row, column: self.column };
        (self.lines, self.row, self.column) = (moment.lines, moment.row, moment.column);
        now
    }
}

fn split(text: &str) -> Vec<String> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_typed_and_taken_back_word_by_word() {
        let mut buffer = Buffer::new("spec:\n");
        buffer.go(Move::LineEnd);
        buffer.new_line();
        for letter in "replicas: 4".chars() {
            buffer.insert(&letter.to_string());
        }
        assert_eq!(buffer.text(), "spec:\n  replicas: 4\n");
        assert!(buffer.undo());
        assert_eq!(buffer.text(), "spec:\n  replicas: \n");
        assert!(buffer.redo());
        assert_eq!(buffer.text(), "spec:\n  replicas: 4\n");
        while buffer.undo() {}
        assert_eq!((buffer.text().as_str(), buffer.cursor()), ("spec:\n", (0, 5)));
    }

    #[test]
    fn letters_of_more_than_one_byte_are_letters() {
        let mut buffer = Buffer::new("name: käse\nnext");
        buffer.go_to(1, 9);
        buffer.backspace();
        assert_eq!(buffer.lines()[0], "name: kse");
        buffer.insert("ä\nb");
        assert_eq!((buffer.text().as_str(), buffer.cursor()), ("name: kä\nbse\nnext\n", (1, 1)));
        buffer.go(Move::LineEnd);
        buffer.delete();
        assert_eq!(buffer.lines(), ["name: kä", "bsenext"]);
    }

    #[test]
    fn an_indent_goes_step_by_step() {
        let mut buffer = Buffer::new("    a");
        buffer.go_to(1, 5);
        buffer.backspace();
        assert_eq!(buffer.lines(), ["  a"]);
        buffer.go_to(1, 1);
        buffer.backspace();
        assert_eq!(buffer.lines(), ["  a"], "nothing stands before the first letter");
    }
}
