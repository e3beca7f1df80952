//! The text with its problems below the lines that they are about.
//!
//! ```text
//! ┃  12  spec:                                ┃
//! ┃! 13    replcas: 5                         ┃
//! ┃        ^^^^^^^                            ┃
//! ┃        unknown field "spec.replcas"       ┃
//! ┃        did you mean replicas? tab: fix it ┃
//! ```

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::open::Open;
use crate::manifests::Diagnostic;
use crate::tui::app::App;
use crate::tui::keymap::Command;
use crate::tui::screens::panel::{Frills, panel};
use crate::tui::theme::Role;
use crate::tui::wrap::wrap;

/// Cells before the text: a sign, the line's number, a gap.
const GUTTER: usize = 7;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, open: Option<&Open>) {
    let Some(open) = open else {
        let inside = panel(frame, area, app, &Frills { title: "YAML", focused: true, ..Frills::default() });
        let words =
            app.keymap.told("Nothing is open. Select an object on screen <cluster> and press <edit>.");
        frame.render_widget(Paragraph::new(words).style(app.theme.style(Role::Muted)), inside);
        return;
    };
    let (row, column) = open.buffer.cursor();
    let mode = if open.typing { "TYPING" } else { "KEYS" };
    let edited = if open.is_edited() { " * edited" } else { "" };
    let title = format!("{}{edited}   Ln {} Col {}  {mode}", open.file, row + 1, column + 1);
    let next = format!("{}: next file", app.keymap.label(Command::LastPanel));
    let frills = Frills {
        title: &title,
        top_right: match open.disk_changed {
            true => "disk changed",
            false if app.yaml.disk.len() > 1 && !open.typing => &next,
            false => "",
        },
        bottom_right: &count(open.problems.len()),
        focused: true,
    };
    let inside = panel(frame, area, app, &frills);
    let room = usize::from(inside.width).saturating_sub(GUTTER + 1);
    let left = column.saturating_sub(room);
    let (lines, at) = lines(app, open, left, usize::from(inside.width));
    // What belongs to the cursor's line stays in sight as well.
    let height = usize::from(inside.height);
    let top = at.end.saturating_sub(height).min(at.start);
    let at = at.start;
    let shown: Vec<Line<'_>> = lines.into_iter().skip(top).take(height).collect();
    frame.render_widget(Paragraph::new(shown), inside);
    if app.overlay.is_none() && app.prompt.is_none() {
        let x = inside.x + u16::try_from(GUTTER + column - left).unwrap_or(0);
        let y = inside.y + u16::try_from(at - top).unwrap_or(0);
        frame.set_cursor_position((x.min(inside.right().saturating_sub(1)), y));
    }
}

fn count(problems: usize) -> String {
    match problems {
        0 => "no errors".to_owned(),
        1 => "1 error".to_owned(),
        more => format!("{more} errors"),
    }
}

fn notes_of(open: &Open, row: usize) -> Vec<&Diagnostic> {
    open.problems.iter().filter(|problem| problem.line == row + 1).collect()
}

/// All lines with their problems, and those of the cursor's line.
fn lines<'a>(app: &App, open: &'a Open, left: usize, width: usize) -> (Vec<Line<'a>>, Range<usize>) {
    let (cursor, _) = open.buffer.cursor();
    let before: Vec<&str> = open.base.lines().collect();
    let (mut all, mut at) = (Vec::new(), 0..0);
    for (row, line) in open.buffer.lines().iter().enumerate() {
        let first = all.len();
        let problems = notes_of(open, row);
        let is_new = !before.contains(&line.as_str());
        let (sign, role) = match (problems.is_empty(), is_new) {
            (false, _) => ("!", Role::Bad),
            (true, true) => ("~", Role::Busy),
            (true, false) => (" ", Role::Muted),
        };
        let gutter = format!("{sign}{:>4}  ", row + 1);
        let mut spans = vec![Span::styled(gutter, app.theme.style(role))];
        spans.extend(coloured(app, line, left));
        all.push(marked_if_cut(Line::from(spans), width));
        for problem in problems {
            all.extend(notes(app, problem, left, width, open.fix()));
        }
        if row == cursor {
            at = first..all.len();
        }
    }
    (all, at)
}

/// A line that is longer than the panel ends with a sign that says so.
fn marked_if_cut(line: Line<'_>, width: usize) -> Line<'_> {
    if line.width() <= width {
        return line;
    }
    let mut room = width.saturating_sub(1);
    let mut spans: Vec<Span<'_>> = Vec::new();
    for span in line.spans {
        let text: String = span.content.chars().take(room).collect();
        room -= text.chars().count();
        spans.push(Span::styled(text, span.style));
    }
    spans.push(Span::raw("~"));
    Line::from(spans)
}

/// The mark below the words that are wrong, what is wrong, and what to do.
fn notes<'a>(
    app: &App,
    problem: &Diagnostic,
    left: usize,
    width: usize,
    fix: Option<&Diagnostic>,
) -> Vec<Line<'a>> {
    let marked = problem.source.text.get(problem.span.clone()).unwrap_or("");
    let length = marked.lines().next().map_or(0, |line| line.chars().count()).max(1);
    let indent = GUTTER + (problem.column - 1).saturating_sub(left);
    let bad = app.theme.style(Role::Bad);
    let mut lines = vec![Line::styled(format!("{}{}", " ".repeat(indent), "^".repeat(length)), bad)];
    let say = |text: &str, role: Role| {
        wrap(text, width.saturating_sub(GUTTER).max(10))
            .into_iter()
            .map(|piece| Line::styled(format!("{}{piece}", " ".repeat(GUTTER)), app.theme.style(role)))
            .collect::<Vec<_>>()
    };
    lines.extend(say(&format!("error: {}", problem.message), Role::Bad));
    let meant = problem.did_you_mean.as_ref().map(|word| format!("did you mean {word}?"));
    let tab = fix.is_some_and(|fix| fix == problem).then(|| "tab: fix it".to_owned());
    let help: Vec<String> = [meant, problem.help.clone(), tab].into_iter().flatten().collect();
    if !help.is_empty() {
        lines.extend(say(&help.join("   "), Role::Text));
    }
    lines
}

/// A line in the colours of its parts: keys, comments, the rest.
fn coloured<'a>(app: &App, line: &'a str, left: usize) -> Vec<Span<'a>> {
    let from = line.char_indices().nth(left).map_or(line.len(), |(byte, _)| byte);
    let mut spans = Vec::new();
    for (range, role) in parts(line) {
        let visible = range.start.max(from)..range.end.max(from);
        if let Some(text) = line.get(visible).filter(|text| !text.is_empty()) {
            spans.push(Span::styled(text, app.theme.style(role)));
        }
    }
    spans
}

/// The parts of a line of YAML: indent and dashes, a key, its value, a comment.
fn parts(line: &str) -> Vec<(std::ops::Range<usize>, Role)> {
    let comment = comment_at(line);
    let code = line.get(..comment).unwrap_or(line);
    let start = code.find(|letter| letter != ' ' && letter != '-').unwrap_or(code.len());
    let ends = |at: &usize| matches!(code.as_bytes().get(at + 1), None | Some(b' '));
    let colon = code.match_indices(':').map(|(at, _)| at).find(|at| *at >= start && ends(at));
    let key = colon.map_or(start, |at| at + 1);
    vec![
        (0..start, Role::Text),
        (start..key, Role::Want),
        (key..comment, Role::Text),
        (comment..line.len(), Role::Muted),
    ]
}

/// Where the comment of a line begins: a `#` at its start or after a space, outside of quotes.
fn comment_at(line: &str) -> usize {
    let (mut quote, mut before) = (None, ' ');
    for (at, letter) in line.char_indices() {
        match (quote, letter) {
            (None, '#') if before == ' ' => return at,
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
        before = letter;
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Vec<&str> {
        parts(line).into_iter().map(|(range, _)| &line[range]).collect()
    }

    #[test]
    fn a_line_has_parts() {
        assert_eq!(told("  - name: web # it"), ["  - ", "name:", " web ", "# it"]);
        assert_eq!(told("image: a:b#c"), ["", "image:", " a:b#c", ""]);
        assert_eq!(told("say: \"a # b\""), ["", "say:", " \"a # b\"", ""]);
        assert_eq!(told("- just text"), ["- ", "", "just text", ""]);
    }
}
