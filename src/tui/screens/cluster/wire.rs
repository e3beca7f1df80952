//! The wire: every message goes through the API server.
//!
//! ```text
//! ┌─ Wire: every message goes through the API server ───────────────────┐
//! │     you  ✓ you deleted pod login-x4h2s                 rev 1043 etcd│
//! │ ════╪═══════════╤═ API SERVER ═══════╤═══════════╤════════════╤═╧═══│
//! │     ┆           ● create Pod         ┆           ┆            ┃     │
//! │     ┆           ┆                    ┆  Pod MODIFIED ●        ┃     │
//! │  dep-ctl      rs-ctl             scheduler    kubelet n1      n2    │
//! │  o  c  a [W]  o  c [A] w         o  c  a [W]     [W]          [A]   │
//! │   gap -1~      gap -1~             queue 0        =           1 to do│
//! └─────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::layout::Panel;
use super::names::strip;
use crate::client::Deafness;
use crate::trace::text::short_component;
use crate::tui::app::App;
use crate::tui::glyphs::Sign;
use crate::tui::model::{Station, deaf_word, few, in_the_air, stations};
use crate::tui::motion::Motion;
use crate::tui::screens::panel::{Frills, panel};
use crate::tui::theme::Role;

/// The cells of a station.
const STATION: usize = 13;
/// The line of the bus.
const BUS: usize = 1;
/// The lines on which messages travel.
const LANES: std::ops::Range<usize> = 2..5;

/// How many stations fit.
pub(in crate::tui) fn room(width: u16) -> usize {
    (usize::from(width).saturating_sub(2) / STATION).max(2)
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let legend = format!(
        "{} in flight  {} watching  {} cut",
        app.glyphs.sign(Sign::Comet),
        app.glyphs.sign(Sign::Watch),
        app.glyphs.sign(Sign::Cut)
    );
    let words = if app.focus == Panel::Wire { "left right pick a link  <break> break it" } else { "" };
    let frills = Frills {
        title: "Wire: every message goes through the API server",
        top_right: &legend,
        bottom_right: &app.keymap.told(words),
        focused: app.focus == Panel::Wire,
    };
    let inside = panel(frame, area, app, &frills);
    let stations = stations(&app.view, &app.rows, app.spot().as_ref(), room(area.width));
    let mut sheet = Sheet::new(usize::from(inside.width), usize::from(inside.height));
    let wide = usize::from(inside.width) / stations.len().max(1);
    bus(&mut sheet, app, &stations, wide);
    for (index, station) in stations.iter().enumerate() {
        column(&mut sheet, app, station, index, wide);
    }
    comets(&mut sheet, app, &stations, wide);
    frame.render_widget(Paragraph::new(sheet.lines(app)), inside);
}

/// The bus with what hangs from it: the person on the left, etcd on the right.
fn bus(sheet: &mut Sheet, app: &App, stations: &[Station], wide: usize) {
    let up = app.view.api_server_runs();
    let role = if up { Role::Text } else { Role::Bad };
    let line = if up { app.glyphs.sign(Sign::Bus) } else { app.glyphs.sign(Sign::BusDown) };
    for x in 1..sheet.width.saturating_sub(1) {
        sheet.put(x, BUS, line, role);
    }
    for index in 0..stations.len() {
        sheet.put(index * wide + wide / 2, BUS, app.glyphs.sign(Sign::BusJoint), role);
    }
    let name = if up { " API SERVER " } else { " API SERVER stopped: nobody can reach it " };
    sheet.put(wide + wide / 2 + 2, BUS, name, if up { Role::Focus } else { Role::Bad });
    let said = match app.story.as_ref().filter(|story| story.title.starts_with("you")) {
        Some(story) => format!("you  {}", story.title.trim_start_matches("you ")),
        None => "you".to_owned(),
    };
    sheet.put(2, 0, &said, Role::Focus);
    let store = match app.view.etcd_answers() {
        true => format!("etcd  rev {}", app.view.revision()),
        false => "etcd does not answer".to_owned(),
    };
    let role = if app.view.etcd_answers() { Role::Want } else { Role::Bad };
    sheet.put(sheet.width.saturating_sub(store.len() + 2), 0, &store, role);
}

/// A component under the bus: its line, its name, its loop, its gap.
fn column(sheet: &mut Sheet, app: &App, station: &Station, index: usize, wide: usize) {
    let middle = index * wide + wide / 2;
    let picked = app.focus == Panel::Wire && app.picked == index;
    let down = station.phase.is_none();
    if !down && app.view.api_server_runs() {
        let sign = match station.deaf {
            _ if station.cut_off => Some((Sign::Cut, Role::Bad)),
            Some(Deafness::Asking | Deafness::Dials(_)) => None,
            _ => Some((Sign::Watch, if picked { Role::Focus } else { Role::Border })),
        };
        if let Some((sign, role)) = sign {
            LANES.for_each(|y| sheet.put(middle, y, app.glyphs.sign(sign), role));
        }
    }
    let name = match (station.components.as_slice(), station.is_node) {
        ([node], true) => short_component(&format!("kubelet/{node}")).to_string(),
        ([one], false) => short_component(one).to_string(),
        (many, true) => format!("{} nodes", many.len()),
        (many, false) => format!("{} others", many.len()),
    };
    let role = if picked { Role::Selection } else { Role::Text };
    sheet.centre(middle, LANES.end, &name, role);
    let deaf = station.deaf.map(|deaf| deaf_word(deaf, app.view.now()).to_string());
    let (loop_words, role) = match (station.phase, station.cut_off) {
        (None, _) if station.is_node && !app.x_ray => ("no word".to_owned(), Role::Bad),
        (None, _) => ("stopped".to_owned(), Role::Bad),
        _ if !app.view.api_server_runs() => ("no API".to_owned(), Role::Bad),
        (Some(_), true) => ("cut off".to_owned(), Role::Bad),
        (Some(_), false) if deaf.is_some() => (deaf.unwrap_or_default(), Role::Warn),
        (Some(phase), false) => {
            let role = if phase == crate::trace::Phase::Wait { Role::Muted } else { Role::Busy };
            (strip(phase), role)
        }
    };
    sheet.centre(middle, LANES.end + 1, &loop_words, role);
    let (words, role) = match station.slower {
        crate::time::Span::ZERO => {
            (station.gap.to_string(), if station.open { Role::Warn } else { Role::Muted })
        }
        slower => (format!("+{slower}"), Role::Warn),
    };
    sheet.centre(middle, LANES.end + 2, &words, role);
}

/// What travels, on the line of its component: up to the bus, or down from it. With less motion nothing moves, and each
/// has its number in the order. Who would lie over another goes to the next lane.
fn comets(sheet: &mut Sheet, app: &App, stations: &[Station], wide: usize) {
    let resting = match app.pace.paused && !app.comets.is_playing() {
        true => in_the_air(&app.view),
        false => Vec::new(),
    };
    let (hops, more) = if resting.is_empty() { app.comets.shown() } else { few(&resting) };
    let mut taken: Vec<Taken> = Vec::new();
    if more > 0 {
        let words = format!("{}x{more} more", app.glyphs.sign(Sign::Comet));
        sheet.put(1, LANES.end - 1, &words, Role::Message);
        taken.push(Taken { lane: LANES.len() - 1, from: 1, to: 1 + words.chars().count() });
    }
    for (order, hop) in hops.iter().enumerate() {
        let station = stations.iter().position(|station| station.components.contains(&hop.station));
        let Some(index) = station else { continue };
        let lane = match (app.motion, hop.up) {
            (Motion::Reduced, _) => order % LANES.len(),
            (Motion::Full, false) => app.comets.step(LANES.len()),
            (Motion::Full, true) => LANES.len() - 1 - app.comets.step(LANES.len()),
        };
        let number = match app.motion {
            Motion::Full => String::new(),
            Motion::Reduced => format!("#{} ", hop.number),
        };
        let arrow = app.glyphs.sign(if hop.up { Sign::Up } else { Sign::Down });
        let label = format!("{number}{arrow} {}", hop.label);
        comet(sheet, app, &label, (index * wide + wide / 2, lane), &mut taken);
    }
}

/// A message at a column with its label beside it. Without room for the label in any lane it has none.
fn comet(sheet: &mut Sheet, app: &App, label: &str, (x, lane): (usize, usize), taken: &mut Vec<Taken>) {
    let place = place((x, lane), label.chars().count(), sheet.width, taken);
    let y = LANES.start + place.as_ref().map_or(lane, |place| place.lane);
    sheet.put(x, y, app.glyphs.sign(Sign::Comet), Role::Message);
    if let Some(place) = place {
        sheet.put(if place.from == x { x + 2 } else { place.from }, y, label, Role::Message);
        taken.push(place);
    }
}

/// Cells of a lane that hold a message.
#[derive(Debug, PartialEq, Eq)]
struct Taken {
    lane: usize,
    from: usize,
    to: usize,
}

/// The cells for a message and its label, on its right if it fits there: in this lane or, where that is taken, in the
/// next one that is free. A blank stays between two.
fn place((x, lane): (usize, usize), length: usize, width: usize, taken: &[Taken]) -> Option<Taken> {
    let is_right = x + length + 2 < width;
    let (from, to) = if is_right { (x, x + length + 2) } else { (x.saturating_sub(length + 1), x + 1) };
    let is_free =
        |lane: &usize| !taken.iter().any(|other| other.lane == *lane && from <= other.to && other.from <= to);
    let mut lanes = (0..LANES.len()).map(|more| (lane + more) % LANES.len());
    lanes.find(is_free).map(|lane| Taken { lane, from, to })
}

/// Cells with roles, to be painted on in any order.
struct Sheet {
    width: usize,
    cells: Vec<Vec<(char, Role)>>,
}

impl Sheet {
    fn new(width: usize, height: usize) -> Self {
        Self { width, cells: vec![vec![(' ', Role::Text); width]; height] }
    }

    /// Puts a text; what does not fit is cut.
    fn put(&mut self, x: usize, y: usize, text: &str, role: Role) {
        let Some(row) = self.cells.get_mut(y) else { return };
        for (cell, letter) in row.iter_mut().skip(x).zip(text.chars()) {
            *cell = (letter, role);
        }
    }

    fn centre(&mut self, middle: usize, y: usize, text: &str, role: Role) {
        self.put(middle.saturating_sub(text.chars().count() / 2), y, text, role);
    }

    /// Neighbours of one role become one span.
    fn lines<'a>(&self, app: &App) -> Vec<Line<'a>> {
        let line = |row: &Vec<(char, Role)>| {
            let runs = row.chunk_by(|a, b| a.1 == b.1);
            Line::from_iter(runs.map(|run| {
                let text: String = run.iter().map(|(letter, _)| letter).collect();
                Span::styled(text, app.theme.style(run[0].1))
            }))
        };
        self.cells.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_never_lie_over_each_other() {
        let mut taken = Vec::new();
        for _ in 0..LANES.len() {
            let found = place((20, 1), 23, 100, &taken).expect("a lane is free");
            assert!(taken.iter().all(|other: &Taken| other.lane != found.lane), "{found:?} {taken:?}");
            taken.push(found);
        }
        assert_eq!(place((30, 1), 23, 100, &taken), None, "all lanes are full there");
        assert!(place((60, 1), 23, 100, &taken).is_some(), "further on there is room");
        assert_eq!(place((90, 0), 23, 100, &[]), Some(Taken { lane: 0, from: 66, to: 91 }), "on its left");
    }
}
