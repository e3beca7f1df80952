//! The first line: where one is, which moment is shown, how fast time goes by, and how the cluster stands.
//!
//! ```text
//!  kubeloop  1 Cluster [2 Loop] 3 Time  ...      seed 7  t 00:39.9  follow  ◒ healing 3/4
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::tui::app::App;
use crate::tui::model::headline;
use crate::tui::screen::Screen;
use crate::tui::theme::Role;

/// From this width on, words are written out.
const ROOMY: u16 = 100;

/// Something that a line leaves out which has no room for it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The seed, and names written out.
    Breadth,
    /// That the clock stands while the past is shown: it always does.
    ClockOfThePast,
    /// The names of the screens that are not shown.
    OtherNames,
    /// The name of the program.
    Program,
    /// The screens that are not shown.
    OtherScreens,
    /// How fast time goes by.
    Clock,
    /// How the cluster stands.
    Headline,
}

/// What is left out, the first first.
const LEFT_OUT: [Part; 7] = [
    Part::Breadth,
    Part::ClockOfThePast,
    Part::OtherNames,
    Part::Program,
    Part::OtherScreens,
    Part::Clock,
    Part::Headline,
];

pub(in crate::tui) fn title(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let (left, right) = fitting(app, area.width);
    frame.render_widget(Paragraph::new(Line::from_iter(left.into_iter().map(|(_, span)| span))), area);
    frame.render_widget(Paragraph::new(Line::from(right).right_aligned()), area);
}

/// The tab at a column of the first line.
pub(in crate::tui) fn tab_at(app: &App, column: u16) -> Option<Screen> {
    let (left, _) = fitting(app, app.size.width);
    let mut end = 0;
    let hit = left.into_iter().find(|(_, span)| {
        let start = end;
        end += span.width();
        (start..end).contains(&usize::from(column))
    });
    hit.and_then(|(screen, _)| screen)
}

/// What stands on the left, each with the screen that it leads to.
type Tabs<'a> = Vec<(Option<Screen>, Span<'a>)>;

/// Both sides with as much as has room.
fn fitting<'a>(app: &App, width: u16) -> (Tabs<'a>, Vec<Span<'a>>) {
    let first = usize::from(width < ROOMY);
    let of = |count: usize| {
        let has = |part| !LEFT_OUT[..count].contains(&part);
        (left(app, &has), right(app, &has))
    };
    let fits = |(left, right): &(Tabs<'_>, Vec<Span<'_>>)| {
        let left: usize = left.iter().map(|(_, span)| span.width()).sum();
        let right: usize = right.iter().map(Span::width).sum();
        left + right <= usize::from(width)
    };
    (first..LEFT_OUT.len()).map(of).find(fits).unwrap_or_else(|| of(LEFT_OUT.len()))
}

fn left<'a>(app: &App, has: &dyn Fn(Part) -> bool) -> Tabs<'a> {
    let program =
        has(Part::Program).then(|| (None, Span::styled(" kubeloop ", app.theme.style(Role::Focus))));
    let shown = Screen::ALL.iter().filter(|screen| **screen == app.screen || has(Part::OtherScreens));
    program.into_iter().chain(shown.map(|screen| (Some(*screen), tab(app, *screen, has)))).collect()
}

/// `[1 Cluster]` of the screen that is shown, ` 2 Loop ` of another.
fn tab<'a>(app: &App, screen: Screen, has: &dyn Fn(Part) -> bool) -> Span<'a> {
    let short = !has(Part::Breadth);
    let (digit, name) = (screen.digit(), screen.name(short));
    let gap = if short { "" } else { " " };
    match screen == app.screen {
        true if short => Span::styled(format!("[{digit}]{name} "), app.theme.style(Role::Focus)),
        true => Span::styled(format!("[{digit} {name}]"), app.theme.style(Role::Focus)),
        false if !has(Part::OtherNames) => Span::styled(format!("{digit} "), app.theme.style(Role::Muted)),
        false => Span::styled(format!("{gap}{digit}{gap}{name} "), app.theme.style(Role::Muted)),
    }
}

fn right<'a>(app: &App, has: &dyn Fn(Part) -> bool) -> Vec<Span<'a>> {
    let style = |role| app.theme.style(role);
    let mut spans = Vec::new();
    if has(Part::Breadth) {
        spans.push(Span::styled(format!("seed {}  ", app.view.seed()), style(Role::Muted)));
    }
    let gap = if has(Part::ClockOfThePast) { "  " } else { " " };
    let tight = app.cursor.is_some() && !has(Part::ClockOfThePast);
    if let Some(at) = app.cursor {
        spans.push(Span::styled(format!("PAST -{}{gap}", app.live.now() - at), style(Role::Past)));
    }
    spans.push(Span::raw(match tight {
        true => format!("{} ", app.view.now()),
        false => format!("t {:<7}  ", clock(app)),
    }));
    if has(Part::Clock) && !tight {
        let stands = app.pace.paused || app.clock_is_held();
        let words = match scene(app) {
            // Which scene is open is more than how time goes by.
            Some(scene) if !has(Part::Breadth) => format!("{scene}  "),
            Some(scene) => format!("{scene}  {}  ", app.clock_words()),
            None => format!("{}  ", app.clock_words()),
        };
        spans.push(Span::styled(words, style(if stands { Role::Past } else { Role::Text })));
    }
    if has(Part::Headline) {
        let (state, words) = headline(&app.view);
        spans.push(Span::styled(format!("{} {words} ", app.glyphs.state(state)), style(state.role())));
    }
    spans
}

/// The time that is shown. While it goes by and nobody does anything, whole seconds say enough.
fn clock(app: &App) -> String {
    let exact = app.view.now().to_string();
    let rests = app.cursor.is_none() && !app.pace.stands() && !app.clock_is_held() && app.view.is_quiet();
    match exact.split_once('.').filter(|_| rests) {
        Some((whole, _)) => whole.to_owned(),
        None => exact,
    }
}

/// The scene that is open behind another screen: `scene 4`.
pub(super) fn scene(app: &App) -> Option<String> {
    let presenter = app.presenter.as_ref().filter(|_| app.screen != Screen::Stage)?;
    Some(presenter.number.map_or_else(|| "scene".to_owned(), |(number, _)| format!("scene {number}")))
}
