//! The last lines: what goes on, what comes next, and the keys.
//!
//! ```text
//!  NOW  The kubelet on node-2 acts on pod b3tqz: pull image pizza/login:1.2.3.
//!       Next: when pod b3tqz is ready, svc/login sends it requests.
//!  ─────────────────────────────────────────────────────────────────
//!  spc pause  . step  K break  w why                         ? keys
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Paragraph, Wrap};

use super::header;
use super::panel::fit;
use crate::tui::app::App;
use crate::tui::keymap::{Command, Hint, Situation};
use crate::tui::model::awaited;
use crate::tui::screen::Screen;
use crate::tui::screens;
use crate::tui::theme::Role;
use crate::tui::wrap::cut;

pub(in crate::tui) fn now(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let style = |role| app.theme.style(role);
    let narration = screens::narration(app);
    let (label, sentence, next) = match (&app.banner, &narration) {
        (Some(problem), _) => {
            let room = usize::from(area.width).saturating_sub(6);
            let last_good = "The last good version stays in force. Fix the file and save it again.";
            match problem.split_once('\n') {
                // What to do is worth more than the end of a long message.
                Some((what, help)) => ("NOW", fit(what, room).trim_end().to_owned(), help.to_owned()),
                None => ("NOW", problem.clone(), last_good.to_owned()),
            }
        }
        (None, Some((label, now, next))) => (*label, app.keymap.told(now), app.keymap.told(next)),
        (None, None) => {
            let (now, next) = app.now_sentence();
            (if app.cursor.is_some() { "THEN" } else { "NOW" }, now, next)
        }
    };
    let role = if app.banner.is_some() { Role::Bad } else { Role::Text };
    let tag = format!(" {label:<4} ");
    let [tag_place, words] =
        Layout::horizontal([Constraint::Length(tag.len() as u16), Constraint::Min(1)]).areas(area);
    let room = usize::from(words.width);
    // The sentence may need both lines; what comes next is shown where it needs only one. While all wait for a clock,
    // that is what everybody wants to know.
    let waits = app.banner.is_none() && narration.is_none() && awaited(&app.view).is_some();
    let lines = match sentence.chars().count() <= room || waits {
        true => vec![
            Line::styled(cut(&sentence, room), style(role)),
            Line::styled(cut(&next, room), style(Role::Muted)),
        ],
        false => vec![Line::styled(sentence, style(role))],
    };
    frame.render_widget(Paragraph::new(Line::styled(tag.clone(), style(Role::Focus))), tag_place);
    frame.render_widget(Paragraph::new(Text::from(lines)).wrap(Wrap { trim: true }), words);
}

/// The line above the hints, with what one would have typed for what was done last.
pub(in crate::tui) fn rule(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let width = usize::from(area.width.saturating_sub(2));
    let sign = app.glyphs.pick("─", "-");
    let room = width.saturating_sub(4);
    let echo = app.echoed.as_ref().map(|line| format!(" {} ", cut(line, room)));
    let echo = echo.unwrap_or_default();
    let rest = sign.repeat(width.saturating_sub(echo.chars().count() + 1));
    let border = app.theme.style(Role::Border);
    let line = Line::from(vec![
        Span::styled(format!(" {sign}"), border),
        Span::styled(echo, app.theme.style(Role::Want)),
        Span::styled(rest, border),
    ]);
    frame.render_widget(Paragraph::new(line).style(border), area);
}

pub(in crate::tui) fn hints(frame: &mut Frame<'_>, area: Rect, app: &App) {
    if let Some(words) = super::typing_hint(app) {
        let line = Line::styled(format!(" {words}"), app.theme.style(Role::Text));
        return frame.render_widget(Paragraph::new(line), area);
    }
    let situation = match app.cursor {
        Some(_) => Situation::Past(app.screen),
        None => Situation::Live(app.screen),
    };
    let mut hints = app.keymap.hints(situation);
    match app.screen {
        Screen::Learn => screens::learn::sort_hints(app, &mut hints),
        Screen::Loop => screens::lens::sort_hints(app, &mut hints),
        _ => {}
    }
    if header::scene(app).is_some() {
        let back = [(Command::NextBeat, "next beat"), (Command::BeatBack, "back to the scene")];
        let back = back.map(|(command, words)| Hint {
            label: app.keymap.label(command),
            command: Some(command),
            words,
        });
        hints.splice(0..0, back.into_iter().filter(|hint| !hint.label.is_empty()));
    }
    let small = !super::cluster::layout::is_wide(app.size);
    let stays = |hint: &Hint<'_>| {
        hint.command == Some(Command::Help) || (small && hint.command == Some(Command::NextPanel))
    };
    let hints = fitting(hints, usize::from(area.width), stays);
    let spans = hints.iter().flat_map(|hint| {
        let words = match (hint.command, app.pace.paused) {
            (Some(Command::Pause), true) => "run",
            _ => hint.words,
        };
        [
            Span::styled(format!(" {}", hint.label), app.theme.style(Role::Focus)),
            Span::styled(format!(" {words} "), app.theme.style(Role::Text)),
        ]
    });
    frame.render_widget(Paragraph::new(Line::from_iter(spans)), area);
}

/// The hints that have room. The key that shows all keys never falls out of the line, nor does the way to the panels
/// that a small screen hides.
fn fitting(hints: Vec<Hint<'_>>, room: usize, stays: impl Fn(&Hint<'_>) -> bool) -> Vec<Hint<'_>> {
    let width = |hint: &Hint<'_>| hint.label.chars().count() + hint.words.chars().count() + 3;
    let staying = hints.iter().filter(|hint| stays(hint)).map(width).sum::<usize>();
    let mut left = room.saturating_sub(staying);
    let mut full = false;
    let fits = |hint: &Hint<'_>| {
        if stays(hint) {
            return true;
        }
        full |= width(hint) > left;
        left = left.saturating_sub(if full { 0 } else { width(hint) });
        !full
    };
    hints.into_iter().filter(fits).collect()
}
