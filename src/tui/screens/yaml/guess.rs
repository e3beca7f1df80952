//! Predict first: the learner says what will happen, and only then sees it.

use crossterm::event::KeyCode;

/// What is asked for, with the line of the forecast that answers it.
const QUESTIONS: [(&str, &str); 3] = [
    ("pods started", "How many pods will be started?"),
    ("pods stopped", "How many pods will be stopped?"),
    ("settled after", "After how many seconds is all as wanted? (0: never)"),
];
/// Digits of an answer.
const DIGITS: usize = 5;

/// Answers that are being given, or were.
#[derive(Clone, Debug, Default)]
pub(super) struct Guess {
    answers: Vec<String>,
    typed: String,
}

impl Guess {
    /// Whether a question is still open; until then what is expected stays hidden.
    pub(super) fn is_asking(&self) -> bool {
        self.answers.len() < QUESTIONS.len()
    }

    /// Whether nothing was answered yet.
    pub(super) fn is_untouched(&self) -> bool {
        self.answers.is_empty() && self.typed.is_empty()
    }

    /// A key goes into the answer. Returns false if the learner gives up.
    pub(super) fn key(&mut self, key: KeyCode) -> bool {
        match key {
            KeyCode::Esc | KeyCode::Char('q') => return false,
            KeyCode::Char(digit) if digit.is_ascii_digit() && self.typed.len() < DIGITS => {
                self.typed.push(digit);
            }
            KeyCode::Backspace => _ = self.typed.pop(),
            KeyCode::Enter if !self.typed.is_empty() => self.answers.push(std::mem::take(&mut self.typed)),
            _ => {}
        }
        true
    }

    /// The questions that were asked so far, with their answers.
    pub(super) fn lines(&self) -> Vec<String> {
        let given = self.answers.iter().chain([&self.typed]);
        let asked = QUESTIONS.iter().zip(given);
        asked.map(|((_, question), answer)| format!("{question} {answer}")).collect()
    }

    /// The answer to what a line of the forecast is about.
    pub(super) fn of(&self, label: &str) -> Option<String> {
        let index = QUESTIONS.iter().position(|(known, _)| *known == label)?;
        let answer = self.answers.get(index)?;
        Some(match (label, answer.as_str()) {
            ("settled after", "0") => "never".to_owned(),
            ("settled after", seconds) => format!("{seconds}s"),
            _ => answer.clone(),
        })
    }
}
