//! Regions of the Cluster screen that only a large terminal has: they look, and take no keys.
//!
//! ```text
//! from 160x45                                from 200x60
//! ┌ panels ────────────────┐┌ inspector ─┐   ┌ panels ────────────────┐┌ inspector ─┐
//! │                        ││            │   └────────────────────────┘│            │
//! └────────────────────────┘└────────────┘   ┌ loop lens ─────────────┐│            │
//! ┌ lanes ───────────────────────────────┐   └────────────────────────┘└────────────┘
//! └──────────────────────────────────────┘   ┌ lanes ───────────────────────────────┐
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect, Size};

use super::inspector;
use super::layout::holds;
use crate::tui::app::App;
use crate::tui::screens::{lens, time};

/// From here on there are lanes and an inspector.
const LARGE: Size = Size::new(160, 45);
/// From here on the loop lens is always open, too, and pods have two lines.
const HUGE: Size = Size::new(200, 60);
/// Heights of the lanes and of the lens, the width of the inspector.
const LANES: [u16; 2] = [9, 12];
const LENS: u16 = 8;
const INSPECTOR: [u16; 2] = [42, 54];

/// A region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Region {
    Inspector,
    Lens,
    Lanes,
}

/// Whether there is room for two lines a pod.
pub(super) fn is_huge(size: Size) -> bool {
    holds(size, HUGE)
}

/// What is left for the panels, and the regions with their places: a pure function of the size.
fn places(whole: Size, area: Rect) -> (Rect, Vec<(Region, Rect)>) {
    if !holds(whole, LARGE) {
        return (area, Vec::new());
    }
    let huge = usize::from(is_huge(whole));
    let [above, lanes] = Layout::vertical([Constraint::Min(0), Constraint::Length(LANES[huge])]).areas(area);
    let [left, inspector] =
        Layout::horizontal([Constraint::Min(0), Constraint::Length(INSPECTOR[huge])]).areas(above);
    let mut regions = vec![(Region::Inspector, inspector), (Region::Lanes, lanes)];
    if huge == 0 {
        return (left, regions);
    }
    let [rest, lens] = Layout::vertical([Constraint::Min(0), Constraint::Length(LENS)]).areas(left);
    regions.push((Region::Lens, lens));
    (rest, regions)
}

/// Whether the regions are shown: not while one panel has the screen, nor while a lesson opens panels one by one.
fn are_shown(app: &App) -> bool {
    !app.zoomed && (app.learn.every_panel || app.lesson().is_none())
}

/// What is left of an area for the panels.
pub(super) fn rest(app: &App, whole: Size, area: Rect) -> Rect {
    if are_shown(app) { places(whole, area).0 } else { area }
}

/// Paints the regions.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    if !are_shown(app) {
        return;
    }
    for (region, place) in places(frame.area().as_size(), area).1 {
        match region {
            Region::Inspector => inspector::draw(frame, place, app),
            Region::Lens => lens::pinned(frame, place, app),
            Region::Lanes => time::pinned(frame, place, app),
        }
    }
}

/// The cluster or the selection changed.
pub(in crate::tui::screens) fn refresh(app: &mut App) {
    if !are_shown(app) || !holds(app.size, LARGE) {
        return;
    }
    time::refresh(app);
    if let Some(target) = app.target() {
        app.reports.follow(&app.view, &target);
    }
    if is_huge(app.size) {
        lens::follow_selection(app);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_come_with_size_and_leave_the_panels_enough() {
        let at = |width, height| places(Size::new(width, height), Rect::new(0, 1, width, height - 5));
        assert_eq!(at(159, 60).1, Vec::new());
        assert_eq!(at(160, 44).1, Vec::new());
        let (rest, regions) = at(160, 45);
        assert!(rest.width >= 110 && rest.height >= 25, "{rest}");
        assert_eq!(regions.len(), 2);
        let (rest, regions) = at(200, 60);
        assert!(rest.width >= 110 && rest.height >= 25, "{rest}");
        assert_eq!(regions.len(), 3);
        // Nothing lies over anything else.
        let all: Vec<Rect> = regions.iter().map(|(_, place)| *place).chain([rest]).collect();
        for (index, one) in all.iter().enumerate() {
            assert!(all[index + 1..].iter().all(|other| one.intersection(*other).is_empty()), "{all:?}");
        }
        assert_eq!(
            all.iter().map(|place| u32::from(place.width) * u32::from(place.height)).sum::<u32>(),
            200 * 55
        );
    }
}
