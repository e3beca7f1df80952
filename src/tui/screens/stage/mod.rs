//! The stage: what a room sees of a scene, readable from the last row.
//!
//! ```text
//!  SCENE 2 of 6   Node dies at peak traffic                     t 01:52  follow  waits
//!     WANT  █▀▀             READY █ █             GAP  ▀▀ ▄█          6 pods exist
//!  ┏━ the node lifecycle controller ━━ OBSERVE -> COMPARE -> ACT -> [WAIT] ━━━━━━━━━━┓
//!  ┃ It marked node-3 Unknown: no lease renewal for 50s.                            ┃
//!  ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛
//!  ┏━ node-1 ◉ Ready ━━━━━━━┓┏━ node-2 ◉ Ready ━━━━━━━┓┏━ node-3 ? Unknown ━━━━━━━━━━┓
//!  ┃ login ◉   payment ◉    ┃┃ login ◉   payment ◉    ┃┃ login ◒   delivery ◒       ┃
//!  ┗━━━━━━━━━━━━━━━━━━━━━━━━┛┗━━━━━━━━━━━━━━━━━━━━━━━━┛┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛
//!  svc/login 20 ok 66.0%  ▮▮▮▮▮▯▯▯▯▯▯▯▯▯▯▯▯
//!  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
//!   The API server cannot see node-3. It does not know whether the pods there are dead.
//!  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
//!  n next beat  b back  spc pause  v vote  z spotlight                          key: n
//! ```
//!
//! How large things are is decided by cells, not by the name of a size: a presenter zooms the font, so a projector often
//! has 90x28. When rows run out, the caption stays longest.

mod caption;
mod digits;
mod doing;
mod nodes;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::cluster::ribbon;
use super::footer;
use super::panel::fit;
use crate::scenes::Region;
use crate::tui::app::{App, Presenter, Stance};
use crate::tui::theme::Role;

/// From this size on, the digits are big.
const BIG: (u16, u16) = (80, 24);
/// From this height on, there is air between the parts.
const AIRY: u16 = 30;

/// The rows that the boxes of the nodes keep.
const NODES: u16 = 5;

/// How a part of the stage is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Light {
    /// As usual.
    Usual,
    /// The room should look here.
    On,
    /// The room should look elsewhere: it loses its borders, not its text.
    Off,
}

fn light(app: &App, region: Region) -> Light {
    match app.presenter.as_ref().and_then(Presenter::lit) {
        None => Light::Usual,
        Some(lit) if lit == region => Light::On,
        Some(_) => Light::Off,
    }
}

/// Paints the stage.
pub(in crate::tui) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let is_big = area.width >= BIG.0 && area.height >= BIG.1;
    let is_airy = area.height >= AIRY;
    let said = caption::lines(app, usize::from(area.width.saturating_sub(4)));
    let caption = u16::try_from(said.len()).unwrap_or(u16::MAX).saturating_add(2);
    let gap = Constraint::Length(u16::from(is_airy));
    let numbers = digits::height(app.glyphs, is_big, is_airy);
    // The boxes of the nodes give rows away before a sentence is cut.
    let others = numbers + caption + 3 + 4 * u16::from(is_airy) + NODES;
    let told = doing::told(app);
    let tallest = area.height.saturating_sub(others).max(if is_airy { 5 } else { 4 });
    let doing = doing::height(&told, area.width).min(tallest);
    let [title, _, numbers, _, sentence, nodes, traffic, _, words, hints] = Layout::vertical([
        Constraint::Length(1),
        gap,
        Constraint::Length(numbers),
        gap,
        Constraint::Max(doing),
        Constraint::Min(0),
        Constraint::Length(1),
        gap,
        Constraint::Length(caption),
        Constraint::Length(1),
    ])
    .areas(area);
    heading(frame, title, app);
    digits::draw(frame, numbers, app);
    doing::draw(frame, sentence, app, &told);
    nodes::draw(frame, nodes, app);
    let ribbon = Line::from(ribbon(app, usize::from(traffic.width)));
    let mark = if light(app, Region::Traffic) == Light::On { app.glyphs.pick("▸", ">") } else { " " };
    let marked =
        Line::from_iter([Span::styled(mark, app.theme.style(Role::Focus))].into_iter().chain(ribbon));
    frame.render_widget(Paragraph::new(marked), traffic);
    caption::draw(frame, words, app, said);
    let cast = pressed(app);
    let [hints, keys] = Layout::horizontal([
        Constraint::Min(0),
        Constraint::Length(u16::try_from(cast.chars().count()).unwrap_or(0)),
    ])
    .areas(hints);
    match app.presenter.as_ref().and_then(|presenter| presenter.voting) {
        Some(_) => {
            let words = " type how many hands, then enter for the next answer   Esc ends the count";
            frame.render_widget(Paragraph::new(words).style(app.theme.style(Role::Focus)), hints);
        }
        None => footer::hints(frame, hints, app),
    }
    frame.render_widget(Paragraph::new(cast).style(app.theme.style(Role::Selection)), keys);
}

fn heading(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let Some(presenter) = &app.presenter else { return };
    let style = |role| app.theme.style(role);
    let number = match presenter.number {
        Some((number, of)) => format!(" SCENE {number} of {of}   "),
        None => " SCENE   ".to_owned(),
    };
    let (word, role) = match (presenter.stance, app.pace.paused) {
        (Stance::Left, _) => ("YOU TOOK OVER".to_owned(), Role::Warn),
        (Stance::Plays, true) => ("paused".to_owned(), Role::Past),
        (Stance::Plays, false) => ("playing".to_owned(), Role::Busy),
        (Stance::Waits, _) if presenter.is_over() => ("the end".to_owned(), Role::Ok),
        (Stance::Waits, _) => (app.keymap.told("waits for <next-beat>"), Role::Text),
    };
    let right = Line::from(vec![
        Span::raw(format!(
            "t {}  beat {}/{}  ",
            app.view.now(),
            presenter.beat + 1,
            presenter.scene.beats.len()
        )),
        Span::styled(format!("{word} "), style(role)),
    ]);
    // The title is cut before the state of the scene is.
    let room = usize::from(area.width).saturating_sub(right.width() + number.chars().count() + 1);
    let title = fit(&presenter.scene.title, room);
    let left =
        Line::from(vec![Span::styled(number, style(Role::Text)), Span::styled(title, style(Role::Focus))]);
    frame.render_widget(Paragraph::new(left), area);
    frame.render_widget(Paragraph::new(right.right_aligned()), area);
}

/// The last keys that were pressed, if they are shown: ` key: n `.
fn pressed(app: &App) -> String {
    let cast = app.presenter.as_ref().and_then(|presenter| presenter.cast.as_ref());
    let labels: Vec<&str> = cast.into_iter().flatten().map(|(label, _)| label.as_str()).collect();
    if labels.is_empty() { String::new() } else { format!(" key: {} ", labels.join(" ")) }
}
