//! What the room reads: the caption, the question with its answers, and what really happened.
//!
//! ```text
//!   What really happened: about 50 seconds. 12 of 20 hands were right.
//!    1 less than 30 seconds ▮▮▮▮▮ 8
//!   ▸2 about 50 seconds     ▮▮▮▮▮▮▮▮ 12
//!   The API server cannot see node-3.
//!   Ask the room: when will a replacement start?
//!    1 now            ▮▮▮▮▮▮▮▮ 8
//!    2 in 5 minutes   ▮▮▮ 3
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::Paragraph;

use crate::script::Ask;
use crate::tui::app::{App, Presenter};
use crate::tui::glyphs::Sign;
use crate::tui::theme::Role;
use crate::tui::wrap::wrap;

/// From this height on, the hands of the question before stay on the screen beside the next question.
const ROOMY: u16 = 30;
/// Cells of the longest bar.
const BAR: u32 = 20;
/// The same where all bars stand in one line.
const SHORT: u32 = 10;

/// Everything that is to be read, in lines of at most `width` cells.
pub(super) fn lines<'a>(app: &App, width: usize) -> Vec<Line<'a>> {
    let Some(presenter) = &app.presenter else { return Vec::new() };
    let mut lines = happened(app, presenter, width);
    let Some(beat) = presenter.now() else { return lines };
    lines.extend(wrap(&beat.caption, width).into_iter().map(Line::raw));
    if let Some(ask) = &beat.ask {
        let question = format!("Ask the room: {}", ask.question);
        let style = app.theme.style(Role::Focus);
        lines.extend(wrap(&question, width).into_iter().map(|line| Line::styled(line, style)));
        let hands = presenter.votes.get(&presenter.beat);
        lines.extend(options(app, ask, hands, None, presenter.voting));
    }
    lines
}

/// What the room was asked before, and what then really happened.
fn happened<'a>(app: &App, presenter: &Presenter, width: usize) -> Vec<Line<'a>> {
    let Some(happened) = presenter.happened() else { return Vec::new() };
    let before = presenter.beat.saturating_sub(1);
    let hands = presenter.votes.get(&before).filter(|hands| hands.iter().any(|count| *count > 0));
    let right = match (hands, presenter.outcomes.get(&before)) {
        (Some(hands), Some(Ok(option))) => {
            let right = hands.get(*option).copied().unwrap_or(0);
            format!(" {right} of {} hands were right.", hands.iter().sum::<u32>())
        }
        _ => String::new(),
    };
    let style = app.theme.style(Role::Ok);
    let text = format!("What really happened: {happened}.{right}");
    let mut lines: Vec<Line<'a>> =
        wrap(&text, width).into_iter().map(|line| Line::styled(line, style)).collect();
    let ask = presenter.scene.beats.get(before).and_then(|beat| beat.ask.as_ref());
    let asks = presenter.now().is_some_and(|beat| beat.ask.is_some());
    if let (Some(hands), Some(ask)) = (hands, ask) {
        let came = presenter.outcomes.get(&before).and_then(|outcome| outcome.as_ref().ok().copied());
        match !asks || app.size.height >= ROOMY {
            true => lines.extend(options(app, ask, Some(hands), came, None)),
            // The next question needs the lines.
            false => lines.push(bars(app, hands, came)),
        }
    }
    lines
}

/// All hands in one line: ` 1 ▮▮▮ 3  ▸2 ▮▮▮▮▮▮▮ 7`.
fn bars<'a>(app: &App, hands: &[u32], came: Option<usize>) -> Line<'a> {
    let most = hands.iter().max().copied().unwrap_or(0).max(1);
    let bar = |(index, count): (usize, &u32)| {
        let is_right = came == Some(index);
        let mark = if is_right { app.glyphs.pick("▸", ">") } else { " " };
        let bar = app.glyphs.sign(Sign::AllOk).repeat((count * SHORT / most) as usize);
        let role = if is_right { Role::Ok } else { Role::Text };
        Span::styled(format!("{mark}{} {bar} {count}  ", index + 1), app.theme.style(role))
    };
    Line::from_iter(hands.iter().enumerate().map(bar))
}

/// The answers with their hands; the one that came true, and the one whose hands are being counted, are marked.
fn options<'a>(
    app: &App,
    ask: &Ask,
    hands: Option<&Vec<u32>>,
    came: Option<usize>,
    counted: Option<usize>,
) -> Vec<Line<'a>> {
    let most = hands.and_then(|hands| hands.iter().max().copied()).unwrap_or(0).max(1);
    let longest = ask.options.iter().map(|option| option.text.chars().count()).max().unwrap_or(0);
    let option = |(index, option): (usize, &crate::script::AskOption)| {
        let count = hands.and_then(|hands| hands.get(index).copied()).unwrap_or(0);
        let role = match index {
            _ if counted == Some(index) => Role::Selection,
            _ if came == Some(index) => Role::Ok,
            _ => Role::Text,
        };
        let mark = if came == Some(index) { app.glyphs.pick("▸", ">") } else { " " };
        let bar = app.glyphs.sign(Sign::AllOk).repeat((count * BAR / most) as usize);
        let number = if count > 0 || counted == Some(index) { format!(" {count}") } else { String::new() };
        Line::from(vec![
            Span::styled(format!("{mark}{} {:<longest$} ", index + 1, option.text), app.theme.style(role)),
            Span::styled(bar, app.theme.style(Role::Want)),
            Span::raw(number),
        ])
    };
    ask.options.iter().enumerate().map(option).collect()
}

/// Draws the lines between two heavy rules.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, lines: Vec<Line<'_>>) {
    let rule = app.glyphs.pick("━", "=").repeat(usize::from(area.width.saturating_sub(2)));
    let rule = Line::styled(format!(" {rule}"), app.theme.style(Role::Border));
    let room = usize::from(area.height.saturating_sub(2));
    let indented = lines.into_iter().take(room).map(|line| {
        let mut spans = vec![Span::raw("  ")];
        let style = line.style;
        spans.extend(line.spans.into_iter().map(|span| span.patch_style(style)));
        Line::from(spans)
    });
    let all: Vec<Line<'_>> = std::iter::once(rule.clone()).chain(indented).chain([rule]).collect();
    frame.render_widget(Paragraph::new(Text::from(all)), area);
}
