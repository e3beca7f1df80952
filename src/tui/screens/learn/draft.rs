//! An answer in the making: digits choose, letters say how sure, Enter locks it.
//!
//! A question that has the focus is a menu, so letters and digits are its entries; everything else is what it is
//! everywhere.

use crossterm::event::KeyCode;

use crate::lessons::session::{QuestionKind, QuestionView, Reply, Sure};

/// An answer that is not locked yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    /// The question that it answers.
    pub(super) question: String,
    /// The option that is chosen, from 0.
    pub(super) option: Option<usize>,
    /// The items that were put in order so far.
    pub(super) order: Vec<usize>,
    /// The cells of a table, row by row.
    pub(super) cells: Vec<Vec<Option<bool>>>,
    /// The row and the column of the cell that is filled next.
    pub(super) at: (usize, usize),
    /// How sure the learner is.
    pub(super) sure: Sure,
}

/// What a key did to a draft.
pub(super) enum Typed {
    /// It was for the question.
    Taken,
    /// It is not the question's key.
    Pass,
    /// The answer is locked.
    Locked(Reply),
    /// It cannot be locked yet: what is missing.
    Missing(&'static str),
}

impl Draft {
    /// Nothing is chosen yet.
    pub(super) fn new(question: &QuestionView) -> Self {
        let rows = match &question.kind {
            QuestionKind::Matrix(rows) => rows.len(),
            QuestionKind::Predict | QuestionKind::Order(_) => 0,
        };
        Self {
            question: question.id.clone(),
            cells: vec![vec![None; question.choices.len()]; rows],
            ..Self::default()
        }
    }

    /// A key while the question has the focus.
    pub(super) fn key(&mut self, question: &QuestionView, key: KeyCode) -> Typed {
        match key {
            KeyCode::Enter => return self.locked(question),
            KeyCode::Char('g') => self.sure = Sure::Guess,
            KeyCode::Char('f') => self.sure = Sure::Fairly,
            KeyCode::Char('c') => self.sure = Sure::Certain,
            _ => match &question.kind {
                QuestionKind::Predict => return self.choose(question.choices.len(), key),
                QuestionKind::Order(shown) => return self.put(shown, key),
                QuestionKind::Matrix(_) => return self.fill(key),
            },
        }
        Typed::Taken
    }

    fn locked(&self, question: &QuestionView) -> Typed {
        match &question.kind {
            QuestionKind::Predict => match self.option {
                Some(option) => Typed::Locked(Reply::Option(option)),
                None => Typed::Missing("Choose one first, by its number."),
            },
            QuestionKind::Order(shown) if self.order.len() < shown.len() => {
                Typed::Missing("Put all of them in order first; Backspace takes one back.")
            }
            QuestionKind::Order(_) => Typed::Locked(Reply::Order(self.order.clone())),
            QuestionKind::Matrix(_) => {
                let cells: Option<Vec<Vec<bool>>> =
                    self.cells.iter().map(|row| row.iter().copied().collect()).collect();
                cells.map_or(Typed::Missing("Fill every cell first: 1 yes, 2 no."), |cells| {
                    Typed::Locked(Reply::Cells(cells))
                })
            }
        }
    }

    fn choose(&mut self, count: usize, key: KeyCode) -> Typed {
        let last = count.saturating_sub(1);
        self.option = match (key, self.option) {
            (KeyCode::Up, here) => Some(here.map_or(last, |here| here.saturating_sub(1))),
            (KeyCode::Down, here) => Some(here.map_or(0, |here| (here + 1).min(last))),
            (KeyCode::Left, here) => {
                self.sure = lower(self.sure);
                here
            }
            (KeyCode::Right, here) => {
                self.sure = higher(self.sure);
                here
            }
            (key, here) => match digit(key) {
                Some(chosen) if chosen < count => Some(chosen),
                Some(_) => here,
                None => return Typed::Pass,
            },
        };
        Typed::Taken
    }

    /// A digit puts the item that is shown beside it next; Backspace takes the last one back.
    fn put(&mut self, shown: &[usize], key: KeyCode) -> Typed {
        match key {
            KeyCode::Backspace | KeyCode::Delete => drop(self.order.pop()),
            KeyCode::Left => self.sure = lower(self.sure),
            KeyCode::Right => self.sure = higher(self.sure),
            key => match digit(key).map(|place| shown.get(place)) {
                Some(Some(item)) if !self.order.contains(item) => self.order.push(*item),
                Some(_) => {}
                None => return Typed::Pass,
            },
        }
        Typed::Taken
    }

    /// Arrows go to a cell; 1 and 2 fill it and go on.
    fn fill(&mut self, key: KeyCode) -> Typed {
        let (row, column) = self.at;
        let (rows, columns) = (self.cells.len(), self.cells.first().map_or(0, Vec::len));
        let value = match key {
            KeyCode::Char('1') => Some(true),
            KeyCode::Char('2') => Some(false),
            KeyCode::Backspace => None,
            KeyCode::Up => {
                self.at.0 = row.saturating_sub(1);
                return Typed::Taken;
            }
            KeyCode::Down => {
                self.at.0 = (row + 1).min(rows.saturating_sub(1));
                return Typed::Taken;
            }
            KeyCode::Left => {
                self.at.1 = column.saturating_sub(1);
                return Typed::Taken;
            }
            KeyCode::Right => {
                self.at.1 = (column + 1).min(columns.saturating_sub(1));
                return Typed::Taken;
            }
            key => return if digit(key).is_some() { Typed::Taken } else { Typed::Pass },
        };
        if let Some(cell) = self.cells.get_mut(row).and_then(|row| row.get_mut(column)) {
            *cell = value;
        }
        if value.is_some() {
            let next = (row * columns + column + 1).min((rows * columns).saturating_sub(1));
            self.at = (next.checked_div(columns).unwrap_or(0), next.checked_rem(columns).unwrap_or(0));
        }
        Typed::Taken
    }
}

/// The place that a digit names, from 0; `0` names the tenth.
fn digit(key: KeyCode) -> Option<usize> {
    match key {
        KeyCode::Char('0') => Some(9),
        KeyCode::Char(digit) => Some(digit.to_digit(10)? as usize - 1),
        _ => None,
    }
}

fn lower(sure: Sure) -> Sure {
    match sure {
        Sure::Certain => Sure::Fairly,
        Sure::Fairly | Sure::Guess => Sure::Guess,
    }
}

fn higher(sure: Sure) -> Sure {
    match sure {
        Sure::Guess => Sure::Fairly,
        Sure::Fairly | Sure::Certain => Sure::Certain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lessons::session::ChoiceView;

    fn question(kind: QuestionKind, choices: usize) -> QuestionView {
        let choice =
            |index: usize| ChoiceView { text: index.to_string(), chosen: false, held: None, busts: None };
        QuestionView {
            id: "q".into(),
            ask: "What?".into(),
            kind,
            choices: (0..choices).map(choice).collect(),
            answered: None,
            order: None,
            cells: None,
            verdict: None,
        }
    }

    fn typed(draft: &mut Draft, question: &QuestionView, keys: &str) -> Option<Reply> {
        keys.chars().find_map(|key| {
            let key = if key == '\n' { KeyCode::Enter } else { KeyCode::Char(key) };
            match draft.key(question, key) {
                Typed::Locked(reply) => Some(reply),
                Typed::Taken | Typed::Pass | Typed::Missing(_) => None,
            }
        })
    }

    #[test]
    fn a_prediction_is_chosen_by_its_digit_and_locked_by_enter() {
        let question = question(QuestionKind::Predict, 3);
        let mut draft = Draft::new(&question);
        assert_eq!(typed(&mut draft, &question, "\n"), None, "nothing is chosen");
        assert_eq!(typed(&mut draft, &question, "19c2\n"), Some(Reply::Option(1)), "there is no ninth");
        assert_eq!(draft.sure, Sure::Certain);
        assert!(matches!(draft.key(&question, KeyCode::Char('K')), Typed::Pass));
    }

    #[test]
    fn items_are_put_in_order_as_they_are_shown() {
        let question = question(QuestionKind::Order(vec![2, 0, 1]), 3);
        let mut draft = Draft::new(&question);
        assert_eq!(typed(&mut draft, &question, "21\n"), None, "one is missing");
        assert_eq!(draft.order, [0, 2]);
        draft.key(&question, KeyCode::Backspace);
        assert_eq!(typed(&mut draft, &question, "331\n"), Some(Reply::Order(vec![0, 1, 2])));
    }

    #[test]
    fn a_table_is_filled_cell_by_cell() {
        let question = question(QuestionKind::Matrix(vec!["a".into(), "b".into()]), 2);
        let mut draft = Draft::new(&question);
        assert_eq!(typed(&mut draft, &question, "121\n"), None, "a cell is empty");
        assert_eq!(typed(&mut draft, &question, "2\n"), Some(Reply::Cells(vec![vec![true, false]; 2])));
    }
}
