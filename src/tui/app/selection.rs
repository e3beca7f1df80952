//! What is selected, and where the selection goes when its object goes.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::App;
use crate::engine::World;
use crate::object::{Key, Kind, ObjectRef};
use crate::tui::model::{Row, parent};
use crate::tui::screens::Panel;

/// Who takes the place of the selected object when it goes.
#[derive(Clone, Debug, Default)]
pub(super) struct Heir {
    /// The uid of the row below which it stands; none if it stands by itself.
    parent: Option<String>,
    /// When it was created.
    born: Option<Time>,
    /// The place of its row.
    place: usize,
}

fn born(world: &World, row: &Row) -> Option<Time> {
    world.object(&row.object)?.meta().creation_timestamp.clone()
}

impl App {
    /// The selected row's place.
    pub fn selected_index(&self) -> Option<usize> {
        self.rows.iter().position(|row| row.uid == self.selected)
    }

    /// The selected row.
    pub fn selected_row(&self) -> Option<&Row> {
        self.rows.iter().find(|row| row.uid == self.selected)
    }

    /// The object that commands are about: what is selected in the panel that has the focus.
    pub fn target(&self) -> Option<ObjectRef> {
        match self.focus {
            Panel::Nodes => Some(ObjectRef::new(Kind::Node, Key::new("", self.node.as_str()))),
            _ => self.selected_row().map(|row| row.object.clone()),
        }
    }

    /// So many rows down, or up.
    pub(super) fn select(&mut self, by: isize) {
        let here = self.selected_index().unwrap_or(0);
        let there = here.saturating_add_signed(by).min(self.rows.len().saturating_sub(1));
        if let Some(row) = self.rows.get(there) {
            self.selected.clone_from(&row.uid);
            self.note_heir();
        }
    }

    /// The rows are others now. The selection follows its object; if that is gone, its successor is selected, else
    /// its owner, else what stands in its place.
    pub(super) fn keep_selection(&mut self) {
        if self.selected_index().is_none() {
            let heir = self.successor().or_else(|| {
                let owner = self.heir.parent.as_ref()?;
                self.rows.iter().find(|row| row.uid == *owner)
            });
            let there =
                heir.or_else(|| self.rows.get(self.heir.place.min(self.rows.len().saturating_sub(1))));
            self.selected = there.map(|row| row.uid.clone()).unwrap_or_default();
        }
        self.note_heir();
    }

    /// The youngest below the same owner that is younger than the selected object was.
    fn successor(&self) -> Option<&Row> {
        let owner = self.heir.parent.as_ref()?;
        let siblings = (0..self.rows.len())
            .filter(|place| parent(&self.rows, *place).is_some_and(|parent| parent.uid == *owner))
            .filter_map(|place| self.rows.get(place));
        let younger = siblings.filter_map(|row| Some((born(&self.view, row)?, row)));
        younger
            .filter(|(at, _)| self.heir.born.as_ref().is_some_and(|born| at > born))
            .max_by(|(a, _), (b, _)| a.cmp(b))
            .map(|(_, row)| row)
    }

    fn note_heir(&mut self) {
        let Some(place) = self.selected_index() else { return };
        self.heir = Heir {
            parent: parent(&self.rows, place).map(|parent| parent.uid.clone()),
            born: self.rows.get(place).and_then(|row| born(&self.view, row)),
            place,
        };
    }
}
