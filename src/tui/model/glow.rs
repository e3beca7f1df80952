//! What changed a moment ago: values that are others now are marked, and a pod that went leaves its ghost.
//!
//! The new state is on the screen at once; marks and ghosts only say what was otherwise before. They end by
//! themselves, and with the next key. A ghost that is selected stays: somebody asks what became of its pod.

use std::collections::BTreeMap;

use super::gap::Gap;
use super::rows::{Have, LoopCell, Mark, Row, Want, parent};
use crate::engine::World;
use crate::object::Kind;
use crate::time::VirtualTime;
use crate::tui::glyphs::PodState;

/// Ticks of the rim (15 a second) that a mark stays: 1.5 s.
const MARK_TICKS: u8 = 22;
/// The same for a ghost: 2 s.
const GHOST_TICKS: u8 = 30;
/// Ghosts at once.
const GHOSTS: usize = 6;
/// In a longer table nobody would see it.
const ROWS: usize = 400;

/// A cell of a row that can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// What is wanted.
    Want,
    /// What there is.
    Have,
    /// The difference.
    Gap,
}

/// What changed a moment ago.
#[derive(Clone, Debug, Default)]
pub struct Glow {
    /// The rows when they were last looked at, and when that was.
    rows: Vec<Row>,
    at: VirtualTime,
    changed: BTreeMap<(String, Cell), u8>,
    ghosts: Vec<Ghost>,
}

/// A pod that went.
#[derive(Clone, Debug)]
struct Ghost {
    /// The uid of the row below which it stood; none if it stood by itself.
    parent: Option<String>,
    row: Row,
    /// Ticks that are left.
    left: u8,
}

impl Glow {
    /// The rows are these now.
    pub fn feed(&mut self, rows: &[Row], world: &World) {
        let jumped = world.now() < self.at;
        self.at = world.now();
        if jumped || rows.len() > ROWS {
            *self = Self { at: self.at, ..Self::default() };
        }
        if rows == self.rows {
            return;
        }
        let before: BTreeMap<&str, &Row> = self.rows.iter().map(|row| (row.uid.as_str(), row)).collect();
        let pairs = rows.iter().filter_map(|row| Some((row, *before.get(row.uid.as_str())?)));
        let fresh: Vec<(String, Cell)> =
            pairs.flat_map(|(row, old)| changed(row, old).map(|cell| (row.uid.clone(), cell))).collect();
        let is_gone = |row: &Row| {
            row.object.kind == Kind::Pod
                && world.object(&row.object).is_none_or(|object| object.meta().uid.as_ref() != Some(&row.uid))
        };
        let gone = self.rows.iter().enumerate().filter(|(_, row)| is_gone(row));
        let ghosts: Vec<Ghost> = gone
            .map(|(place, row)| Ghost {
                parent: parent(&self.rows, place).map(|parent| parent.uid.clone()),
                row: ghost(row),
                left: GHOST_TICKS,
            })
            .collect();
        self.changed.extend(fresh.into_iter().map(|key| (key, MARK_TICKS)));
        self.ghosts.extend(ghosts);
        let extra = self.ghosts.len().saturating_sub(GHOSTS);
        self.ghosts.drain(..extra);
        self.rows = if rows.len() > ROWS { Vec::new() } else { rows.to_vec() };
    }

    /// Puts the ghosts where their pods stood: last below their owner, if that is unfolded.
    pub fn haunt(&self, rows: &mut Vec<Row>) {
        for ghost in &self.ghosts {
            let owner = ghost.parent.as_ref().map(|parent| rows.iter().position(|row| row.uid == *parent));
            let place = match owner {
                None => {
                    rows.iter().position(|row| row.object.kind != Kind::Pod && row.depth == 0).unwrap_or(0)
                }
                Some(None) => continue,
                Some(Some(owner)) if rows.get(owner).is_some_and(|row| row.open == Some(false)) => continue,
                Some(Some(owner)) => {
                    let below = rows.iter().skip(owner + 1).take_while(|row| row.depth >= ghost.row.depth);
                    owner + 1 + below.count()
                }
            };
            rows.insert(place.min(rows.len()), ghost.row.clone());
        }
    }

    /// Whether a cell changed a moment ago.
    pub fn is_changed(&self, uid: &str, cell: Cell) -> bool {
        !self.changed.is_empty() && self.changed.contains_key(&(uid.to_owned(), cell))
    }

    /// Wall time goes by. Returns whether a mark or a ghost ends.
    pub fn tick(&mut self, selected: &str) -> bool {
        let before = (self.changed.len(), self.ghosts.len());
        self.changed.values_mut().for_each(|left| *left = left.saturating_sub(1));
        self.changed.retain(|_, left| *left > 0);
        let ageing = self.ghosts.iter_mut().filter(|ghost| ghost.row.uid != selected);
        ageing.for_each(|ghost| ghost.left = ghost.left.saturating_sub(1));
        self.ghosts.retain(|ghost| ghost.left > 0);
        before != (self.changed.len(), self.ghosts.len())
    }

    /// Whether something ends by itself.
    pub fn is_playing(&self, selected: &str) -> bool {
        !self.changed.is_empty() || self.ghosts.iter().any(|ghost| ghost.row.uid != selected)
    }

    /// Ends all of it but the ghosts with these uids.
    pub fn end(&mut self, spared: impl Fn(&str) -> bool) {
        self.changed.clear();
        self.ghosts.retain(|ghost| spared(&ghost.row.uid));
    }

    /// Another run is shown: nothing is compared with what was before.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

/// The cells that differ. Seconds that run down are no change.
fn changed<'a>(row: &'a Row, old: &'a Row) -> impl Iterator<Item = Cell> + 'a {
    let have = match (&row.have, &old.have) {
        (Have::Pod(now, _), Have::Pod(before, _)) => now != before,
        (now, before) => now != before,
    };
    let cells = [(Cell::Want, row.want != old.want), (Cell::Have, have), (Cell::Gap, row.gap != old.gap)];
    cells.into_iter().filter(|(_, differs)| *differs).map(|(cell, _)| cell)
}

/// Nothing can be done about it, but it can be asked about.
fn ghost(row: &Row) -> Row {
    Row {
        uid: format!("ghost of {}", row.uid),
        mark: Mark::None,
        open: None,
        want: Want::Word("gone".into()),
        have: Have::Pod(PodState::Gone, None),
        gap: Gap::CLOSED,
        looked_after: LoopCell { name: "".into(), phase: None, cut_off: false, deaf: "".into() },
        note: "".into(),
        brief: "".into(),
        ..row.clone()
    }
}
