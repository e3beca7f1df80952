//! The question of a step: what there is to answer, and what the cluster then said.
//!
//! ```text
//! ┏━ Say first what will happen ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
//! ┃ You delete one login pod. When all is calm again, what is there? ┃
//! ┃   1  Two pods. What is deleted is gone.                          ┃
//! ┃ ▸ 2  Three pods. One of them is new.                             ┃
//! ┃                                                                  ┃
//! ┃ how sure?  g guess  [f fairly]  c certain      enter locks it    ┃
//! ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛
//! ```
//!
//! An order and a table are answered in the same place: digits put items in order, 1 and 2 fill cells.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::draft::Draft;
use super::state::{Pane, Taken};
use crate::lessons::prose::{Block, Piece, flat, wrap};
use crate::lessons::session::{QuestionKind, QuestionView, Sure, VerdictView};
use crate::tui::app::App;
use crate::tui::keymap::Hint;
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;

/// A line, in one look.
pub(super) type Said = (Role, String);

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, taken: &Taken) {
    let open = taken.open_question();
    let title = match (open, last_verdict(taken)) {
        (Some(_), _) => "Say first what will happen",
        (None, Some(_)) => "What you said, and what happened",
        (None, None) => "Your answer is locked; the cluster will judge it",
    };
    let focused = taken.pane == Pane::Tasks;
    let keys = match open.map(|question| &question.kind) {
        Some(_) if !focused => "tab: answer",
        Some(QuestionKind::Predict) => "digits choose, enter locks",
        Some(QuestionKind::Order(_)) => "digits in order, backspace",
        Some(QuestionKind::Matrix(_)) => "arrows, 1 yes, 2 no",
        None if last_verdict(taken).is_some() && focused => "enter: that moment on Time",
        None => "",
    };
    let inside = panel(frame, area, app, &Frills { title, top_right: "", bottom_right: keys, focused });
    let lines = lines(taken, usize::from(inside.width));
    let lines: Vec<Line<'_>> = lines
        .into_iter()
        .map(|(role, text)| Line::from(Span::styled(signs(&text, app), app.theme.style(role))))
        .collect();
    frame.render_widget(Paragraph::new(lines), inside);
}

/// The keys of an open question, which is a menu while it has them.
pub(super) fn hints(question: &QuestionView) -> Vec<Hint<'static>> {
    let keys: &[(&str, &str)] = match &question.kind {
        QuestionKind::Predict => &[(digits(question.choices.len()), "choose")],
        QuestionKind::Order(shown) => &[(digits(shown.len()), "next in order"), ("backspace", "take back")],
        QuestionKind::Matrix(_) => &[("arrows", "cell"), ("1", "yes"), ("2", "no")],
    };
    let keys = keys.iter().chain(&[("enter", "lock")]);
    keys.map(|(label, words)| Hint { label, command: None, words }).collect()
}

/// The digits that name so many things.
fn digits(count: usize) -> &'static str {
    const DIGITS: [&str; 9] = ["1", "1-2", "1-3", "1-4", "1-5", "1-6", "1-7", "1-8", "1-9"];
    DIGITS.get(count.saturating_sub(1)).copied().unwrap_or("digits")
}

/// The lines that it takes with its border; 0 if nothing is asked on this page.
pub(super) fn height(taken: &Taken, width: usize) -> u16 {
    match taken.view.questions.is_empty() {
        true => 0,
        false => u16::try_from(lines(taken, width.saturating_sub(2)).len() + 2).unwrap_or(u16::MAX),
    }
}

fn last_verdict(taken: &Taken) -> Option<&VerdictView> {
    taken.view.questions.iter().rev().find_map(|question| question.verdict.as_ref())
}

/// The open question first; then what was answered, the last one first.
fn lines(taken: &Taken, width: usize) -> Vec<Said> {
    let room = width.saturating_sub(2);
    let mut lines = Vec::new();
    if let Some(question) = taken.open_question() {
        lines.extend(open(question, &taken.draft, room));
    }
    let answered = taken.view.questions.iter().rev().filter(|question| question.answered.is_some());
    for question in answered {
        if !lines.is_empty() {
            lines.push((Role::Text, String::new()));
        }
        lines.extend(closed(question, room));
    }
    lines
}

fn open(question: &QuestionView, draft: &Draft, room: usize) -> Vec<Said> {
    let mut lines = said(&question.ask, Role::Focus, " ", room);
    match &question.kind {
        QuestionKind::Predict => {
            for (index, choice) in question.choices.iter().enumerate() {
                let chosen = draft.option == Some(index);
                let lead = format!(" {} {}  ", if chosen { '▸' } else { ' ' }, number(index));
                lines.extend(said(&choice.text, if chosen { Role::Want } else { Role::Text }, &lead, room));
            }
        }
        QuestionKind::Order(shown) => {
            for (place, item) in shown.iter().enumerate() {
                let text = question.choices.get(*item).map_or("", |choice| &choice.text);
                let put = draft.order.iter().position(|known| known == item);
                let put = put.map_or("    ".to_owned(), |put| format!("{:>2}. ", put + 1));
                let role = if put.trim().is_empty() { Role::Text } else { Role::Want };
                lines.extend(said(text, role, &format!(" {put}({}) ", number(place)), room));
            }
        }
        QuestionKind::Matrix(rows) => {
            let cell = |row: usize, column: usize| {
                let value = draft.cells.get(row).and_then(|cells| cells.get(column)).copied().flatten();
                let word = value.map_or("?", |value| if value { "yes" } else { "no" });
                if draft.at == (row, column) { format!("[{word}]") } else { format!(" {word} ") }
            };
            lines.extend(table(question, rows, room, &cell));
        }
    }
    lines.push((Role::Text, String::new()));
    lines.push((Role::Muted, format!(" how sure?  {}   enter locks it", sure_words(draft.sure))));
    lines
}

fn closed(question: &QuestionView, room: usize) -> Vec<Said> {
    let mut lines = said(&question.ask, Role::Focus, " ", room);
    let verdict = question.verdict.as_ref();
    match &question.kind {
        QuestionKind::Predict => {
            for choice in question.choices.iter().filter(|choice| choice.chosen || choice.held == Some(true))
            {
                let (lead, role) = match (choice.chosen, choice.held) {
                    (true, Some(true)) => (" ✓ you said, and so it was: ", Role::Ok),
                    (true, Some(false)) => (" ✗ you said: ", Role::Bad),
                    (true, None) => (" ▸ you said: ", Role::Want),
                    (false, _) => (" ✓ it was: ", Role::Ok),
                };
                lines.extend(said(&choice.text, role, lead, room));
            }
        }
        QuestionKind::Order(_) => {
            let put = question.order.clone().unwrap_or_default();
            let came = verdict.and_then(|verdict| verdict.order.clone());
            for (place, item) in came.as_ref().unwrap_or(&put).iter().enumerate() {
                let text = question.choices.get(*item).map_or("", |choice| &choice.text);
                let (sign, role) = match (came.is_some(), put.get(place) == Some(item)) {
                    (false, _) => (' ', Role::Want),
                    (true, true) => ('✓', Role::Ok),
                    (true, false) => ('✗', Role::Bad),
                };
                lines.extend(said(text, role, &format!(" {sign}{:>2}. ", place + 1), room));
            }
        }
        QuestionKind::Matrix(rows) => {
            let put = question.cells.clone().unwrap_or_default();
            let is = verdict.and_then(|verdict| verdict.cells.clone());
            let at = |cells: &[Vec<bool>], row: usize, column: usize| {
                cells.get(row).and_then(|cells| cells.get(column)).copied()
            };
            let word = |value: Option<bool>| value.map_or("?", |value| if value { "yes" } else { "no" });
            let cell = |row: usize, column: usize| match is.as_ref().map(|is| at(is, row, column)) {
                None => format!(" {} ", word(at(&put, row, column))),
                Some(truth) if truth == at(&put, row, column) => format!("✓{} ", word(truth)),
                Some(truth) => format!("✗{} ", word(truth)),
            };
            lines.extend(table(question, rows, room, &cell));
        }
    }
    let Some(verdict) = verdict else {
        lines.push((Role::Muted, " Locked. The cluster decides.".to_owned()));
        return lines;
    };
    if !matches!(question.kind, QuestionKind::Predict) {
        lines.push((Role::Text, format!(" {} of {} right", verdict.right.0, verdict.right.1)));
    }
    for feedback in &verdict.feedback {
        lines.extend(said(feedback, Role::Text, " ", room));
    }
    lines
}

/// The columns are numbered; what they mean stands above.
fn table(
    question: &QuestionView,
    rows: &[String],
    room: usize,
    cell: &dyn Fn(usize, usize) -> String,
) -> Vec<Said> {
    const CELL: usize = 6;
    let columns = question.choices.len();
    let mut lines: Vec<Said> = Vec::new();
    for (index, column) in question.choices.iter().enumerate() {
        lines.extend(said(&column.text, Role::Muted, &format!(" {} = ", letter(index)), room));
    }
    let name = rows.iter().map(|row| row.chars().count()).max().unwrap_or(0);
    let name = name.min(room.saturating_sub(columns * CELL + 2)).max(8);
    let heads: String = (0..columns).map(|index| fit(&format!("  {}", letter(index)), CELL)).collect();
    lines.push((Role::Muted, format!(" {}{heads}", " ".repeat(name))));
    for (index, row) in rows.iter().enumerate() {
        let cells: String = (0..columns).map(|column| fit(&cell(index, column), CELL)).collect();
        lines.push((Role::Text, format!(" {}{cells}", fit(row, name))));
    }
    lines
}

fn letter(index: usize) -> char {
    char::from(b'A' + u8::try_from(index % 26).unwrap_or(0))
}

/// The digit of a place: 1 to 9, then 0.
fn number(index: usize) -> usize {
    (index + 1) % 10
}

fn sure_words(sure: Sure) -> String {
    let word = |this: Sure, text: &str| if this == sure { format!("[{text}]") } else { format!(" {text} ") };
    [word(Sure::Guess, "g guess"), word(Sure::Fairly, "f fairly"), word(Sure::Certain, "c certain")].concat()
}

/// A text in lines, the first one after a lead, the others as far in.
fn said(text: &str, role: Role, lead: &str, room: usize) -> Vec<Said> {
    let indent = lead.chars().count().min(7);
    let blank = " ".repeat(indent);
    let first = lead.chars().count();
    // The lead may be long; then only the first line gives way to it.
    let filler = "x".repeat(first.saturating_sub(indent));
    let whole = if filler.is_empty() { text.to_owned() } else { format!("{filler} {text}") };
    let lines = filled(&whole, room.saturating_sub(indent));
    let line = |(index, line): (usize, String)| match index {
        0 if filler.is_empty() => (role, format!("{lead}{line}")),
        0 => (role, format!("{lead}{}", line.strip_prefix(&format!("{filler} ")).unwrap_or(""))),
        _ => (role, format!("{blank}{line}")),
    };
    lines.into_iter().enumerate().map(line).collect()
}

/// A text in lines of at most so many cells.
pub(super) fn filled(text: &str, width: usize) -> Vec<String> {
    let lines = wrap(&[Block::Paragraph(vec![Piece::plain(text)])], width.max(8));
    lines.iter().map(|line| flat(line).replace('`', "")).collect()
}

/// The signs of this file in the set that is used.
fn signs(text: &str, app: &App) -> String {
    let swap = |sign: char| match sign {
        '✓' => app.glyphs.pick("✓", "v").to_owned(),
        '✗' => app.glyphs.pick("✗", "X").to_owned(),
        '▸' => app.glyphs.pick("▸", ">").to_owned(),
        other => other.to_string(),
    };
    text.chars().map(swap).collect()
}
