//! Which panels of the Cluster screen have room, and where they stand: a pure function of size, focus and zoom.
//!
//! ```text
//! wide (from 110x30)            compact (from 80x24)     pocket
//! ┌ objects ──┐┌ nodes ───┐     ┌ objects ──────────┐    ┌ the focused ┐
//! └───────────┘└──────────┘     └───────────────────┘    │ panel       │
//! ┌ wire ────────────────┐      ┌ nodes, traffic ───┐    └─────────────┘
//! └──────────────────────┘      ┌ story ────────────┐
//! ┌ story ────┐┌ traffic ─┐     └───────────────────┘
//! ```

use ratatui::layout::{Constraint, Layout, Rect, Size};

/// A panel that keys can go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Panel {
    /// The objects table.
    #[default]
    Objects,
    /// The nodes.
    Nodes,
    /// The messages on their way.
    Wire,
    /// The story.
    Story,
    /// The requests of the clients.
    Traffic,
}

/// Below this, one panel is shown at a time.
const COMPACT: Size = Size::new(80, 24);
/// From here on, panels stand side by side.
const WIDE: Size = Size::new(110, 30);
/// The lines of the wire with its border.
const WIRE: u16 = 10;

pub(super) fn holds(size: Size, least: Size) -> bool {
    size.width >= least.width && size.height >= least.height
}

/// Whether names are written out.
pub(in crate::tui) fn is_wide(size: Size) -> bool {
    holds(size, WIDE)
}

/// The panels in their order for Tab, each with its place. `whole` is the size of the terminal, `area` what is left
/// between the title and the NOW sentence. A panel that is not open leaves its place to its neighbours.
pub(super) fn places(
    whole: Size,
    area: Rect,
    focus: Panel,
    zoomed: bool,
    open: &dyn Fn(Panel) -> bool,
) -> Vec<(Panel, Rect)> {
    let is_compact = holds(whole, COMPACT) && !is_wide(whole);
    if zoomed && is_compact && focus == Panel::Nodes && open(Panel::Traffic) {
        // Both share a panel; what has no room in it is seen here.
        let [nodes, traffic] = Layout::vertical([Constraint::Min(8), Constraint::Percentage(45)]).areas(area);
        return vec![(Panel::Nodes, nodes), (Panel::Traffic, traffic)];
    }
    if zoomed || !holds(whole, COMPACT) {
        return vec![(focus, area)];
    }
    if !is_wide(whole) {
        let [objects, nodes, story] =
            Layout::vertical([Constraint::Min(6), Constraint::Length(5), Constraint::Length(6)]).areas(area);
        return vec![(Panel::Objects, objects), (Panel::Nodes, nodes), (Panel::Story, story)];
    }
    let below = (area.height / 4).clamp(7, 14);
    let wire = if open(Panel::Wire) { WIRE } else { 0 };
    let [above, wire, below] =
        Layout::vertical([Constraint::Min(8), Constraint::Length(wire), Constraint::Length(below)])
            .areas(area);
    let [objects, nodes] = Layout::horizontal([Constraint::Percentage(58), Constraint::Min(40)]).areas(above);
    let traffic = if open(Panel::Traffic) { 36 } else { 0 };
    let story = if open(Panel::Traffic) { Constraint::Percentage(62) } else { Constraint::Percentage(100) };
    let [story, traffic] = Layout::horizontal([story, Constraint::Min(traffic)]).areas(below);
    let all = [
        (Panel::Objects, objects),
        (Panel::Nodes, nodes),
        (Panel::Wire, wire),
        (Panel::Story, story),
        (Panel::Traffic, traffic),
    ];
    all.into_iter().filter(|(panel, _)| open(*panel)).collect()
}

/// The panels through which Tab goes at a size.
pub(super) fn panels(whole: Size) -> &'static [Panel] {
    const ALL: [Panel; 5] = [Panel::Objects, Panel::Nodes, Panel::Wire, Panel::Story, Panel::Traffic];
    match holds(whole, COMPACT) && !is_wide(whole) {
        true => &[Panel::Objects, Panel::Nodes, Panel::Story],
        false => &ALL,
    }
}
