//! The story: what began, and each step since then, newest last.
//!
//! ```text
//! ┌─ Story #7: you deleted pod login-x4h2s ─────── 0.9s, healing ─┐
//! │ +0.0s  you          ▌ you deleted pod login-x4h2s             │
//! │ +12ms  replicaset    ▌ sees 2, wants 3: create 1 pod        ^ │
//! │ +0.4s  kubelet n2     █████░░ container waits for its image ^ │
//! └────────────────────────────────────────────────────── w why ──┘
//! ```

use std::collections::BTreeSet;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::layout::Panel;
use crate::time::Span as Time;
use crate::trace::text::short_component;
use crate::tui::app::App;
use crate::tui::glyphs::Sign;
use crate::tui::model::{Clock, Health, StoryLine, StoryView, Weight};
use crate::tui::screens::frame::has_rule;
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;
use crate::tui::wrap::cut;

/// Cells of the border that are not for what one would have typed: its ends, and the key of the question why.
const AROUND: usize = 18;

/// The cells of the time axis at most; a quarter of the width if that is less.
const AXIS: usize = 18;
/// The cells before it: the time, and who.
const TIME: usize = 10;
const WHO: usize = 13;

pub(super) fn story(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let focused = app.focus == Panel::Story;
    let Some(story) = &app.story else {
        let inside = panel(frame, area, app, &Frills { title: "Story", focused, ..Frills::default() });
        let text = "Nothing has happened yet. Select a pod and press <break>, then p: the cluster will put one back.";
        let text = app.keymap.told(text);
        frame.render_widget(Paragraph::new(text).style(app.theme.style(Role::Muted)), inside);
        return;
    };
    let title = format!("Story #{}: {}", story.number, story.title);
    let state = format!("{}, {}", story.took, state(story));
    let decided = format!("<why> why  {} decided how long", app.glyphs.sign(Sign::Critical));
    // Where the line above the hints has no room, what one would have typed stands here.
    let is_news = matches!(story.health, Health::Healing | Health::Waiting) && !has_rule(app.size);
    let room = usize::from(area.width).saturating_sub(AROUND);
    let typed = app.echoed().filter(|_| is_news).map(|line| format!("{}  <why> why", cut(line, room)));
    let decided = typed.unwrap_or(decided);
    let decided = app.keymap.told(&decided);
    let frills = Frills { title: &title, top_right: &state, bottom_right: &decided, focused };
    let inside = panel(frame, area, app, &frills);
    let (height, width) = (usize::from(inside.height), usize::from(inside.width));
    let awaits = story.awaits.as_ref().map(|clock| awaited(app, clock, width));
    let steps = shown(&story.lines, awaits.is_some(), height);
    let axis = AXIS.min(usize::from(inside.width) / 6);
    let steps = steps.into_iter().map(|step| line(app, story, step, axis, width));
    let lines: Vec<Line<'_>> = steps.chain(awaits).collect();
    frame.render_widget(Paragraph::new(lines), inside);
}

/// The steps that have room. Room is made by what goes without saying, by steps of a component that took a later one, by
/// what the network does, and by what is old, in this order; what it began with and the last step stay.
fn shown(steps: &[StoryLine], waits: bool, height: usize) -> Vec<&StoryLine> {
    let mut excess = steps.len().saturating_sub(height.saturating_sub(usize::from(waits)));
    let last = steps.len().saturating_sub(1);
    let overtaken = |index: usize| steps.iter().skip(index + 1).any(|later| later.who == steps[index].who);
    let reasons: [&dyn Fn(usize) -> bool; 4] = [
        &|index| steps[index].weight == Weight::Chore,
        &overtaken,
        &|index| steps[index].weight == Weight::Network,
        &|_| true,
    ];
    let mut left_out = BTreeSet::new();
    for reason in reasons {
        let more: Vec<usize> =
            (1..last).filter(|index| !left_out.contains(index) && reason(*index)).take(excess).collect();
        excess -= more.len();
        left_out.extend(more);
    }
    let all = steps.iter().enumerate();
    let mut shown: Vec<&StoryLine> =
        all.filter(|(index, _)| !left_out.contains(index)).map(|(_, step)| step).collect();
    // Without room for both, the last step is worth more.
    shown.drain(..excess.min(shown.len()));
    shown
}

fn state(story: &StoryView) -> &'static str {
    match story.health {
        Health::Well => "healed",
        Health::Fragile if story.in_force => "goes on",
        Health::Fragile => "at rest",
        Health::Healing => "healing",
        Health::Waiting => "waiting",
    }
}

/// Whose clock all wait for, as one more step that is still to come.
fn awaited<'a>(app: &App, clock: &Clock, width: usize) -> Line<'a> {
    let style = |role| app.theme.style(role);
    let left = format!(" in {}", clock.at - app.view.now());
    let what = cut(&format!("{}{}", clock.what, clock.unless), width.saturating_sub(TIME + WHO + 2));
    Line::from(vec![
        Span::styled(fit(&left, TIME), style(Role::Muted)),
        Span::styled(fit(&short_component(&clock.who), WHO), style(Role::Focus)),
        Span::styled(format!("{} {what}", app.glyphs.sign(Sign::ToDo)), style(Role::Text)),
    ])
}

fn line<'a>(app: &App, story: &StoryView, step: &StoryLine, axis: usize, width: usize) -> Line<'a> {
    let bar = bar(app, story, step, axis);
    let room = width.saturating_sub(TIME + WHO + bar.chars().count() + 3);
    let mark = if step.critical { app.glyphs.sign(Sign::Critical) } else { " " };
    let style = app.theme.style(Role::Text);
    let style = if step.critical { style.add_modifier(Modifier::BOLD) } else { style };
    Line::from(vec![
        Span::styled(fit(&format!(" +{}", step.after), TIME), app.theme.style(Role::Muted)),
        Span::styled(fit(&short_component(&step.who), WHO), app.theme.style(Role::Focus)),
        Span::styled(format!("{bar} "), app.theme.style(if step.goes_on { Role::Busy } else { Role::Want })),
        // What is cut is the end: whose it is and what was done stand first.
        Span::styled(
            fit(&cut(if step.what.chars().count() > room { &step.brief } else { &step.what }, room), room),
            style,
        ),
        Span::styled(format!(" {mark}"), app.theme.style(Role::Focus)),
    ])
}

/// Where a step lies on the story's time, and how long it took.
fn bar(app: &App, story: &StoryView, step: &StoryLine, axis: usize) -> String {
    let total = story.took.as_micros().max(1);
    let cells = |span: Time| {
        usize::try_from(span.as_micros() * axis as u64 / total).unwrap_or(0).min(axis.saturating_sub(1))
    };
    let start = " ".repeat(cells(step.after));
    match (step.lasted, step.goes_on) {
        (None, false) => start + app.glyphs.sign(Sign::Moment),
        (None, true) => {
            let room = axis.saturating_sub(start.len()).max(1);
            start + &app.glyphs.sign(Sign::ToDo).repeat(room)
        }
        (Some(lasted), _) => start + &app.glyphs.sign(Sign::Done).repeat(cells(lasted).max(1)),
    }
}
