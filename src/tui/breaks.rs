//! The break menu: everything that can go wrong, with its name and what follows from it.
//!
//! Each kind of target has a table of rows. A row says how the deed is called, what follows, where one meets it in a
//! real cluster, and what is done: the same inputs and kubectl lines that one could type after `:`.

mod control_plane;
mod link;
mod node;
mod pod;
mod target;
mod workload;

use crossterm::event::KeyCode;
use smol_str::{SmolStr, format_smolstr};

use crate::engine::{Act, Fault, Input, World};
use crate::object::{Kind, ObjectRef};
use crate::preview::Trial;
use crate::tui::command;

pub use target::{BreakTarget, aim, targets};

/// Why nothing comes of what needs an answer.
const NOBODY_ANSWERS: &str = "the API server is stopped: nobody would hear it";

/// One thing that can be done.
#[derive(Clone, Debug)]
pub struct BreakEntry {
    /// Its key in the menu.
    pub key: char,
    /// Its heading: `POD login-x`, `NODE node-1`, `CONTROL PLANE`.
    pub group: SmolStr,
    /// What it is.
    pub name: SmolStr,
    /// In a word or two.
    pub short: &'static str,
    /// What will happen.
    pub follows: SmolStr,
    /// Where one meets it in a real cluster.
    pub real: &'static str,
    /// What is done, or why it means nothing now.
    pub deed: Result<Deed, &'static str>,
}

/// What an entry does.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Something is handed to the engine.
    Input(Box<Input>),
    /// A kubectl command is run.
    Kubectl(String),
}

impl Deed {
    fn fault(title: SmolStr, fault: Fault) -> Self {
        Self::Input(Box::new(command::by_key(title, Act::Fault(fault))))
    }

    /// How it is taken back.
    pub fn undo(&self) -> &'static str {
        match self {
            Self::Input(_) => "undo: rewind only",
            Self::Kubectl(_) => "undo: <undo>",
        }
    }

    /// What one would type for it, if there are words for it.
    pub fn typed(&self) -> Option<String> {
        match self {
            Self::Input(input) => command::typed(&input.act),
            Self::Kubectl(line) => Some(format!("kubectl {line}")),
        }
    }

    /// To find out what it would cause.
    pub fn trial(&self) -> Trial {
        match self {
            Self::Input(input) => Trial::Do(input.clone()),
            Self::Kubectl(line) => Trial::Run(line.clone()),
        }
    }
}

/// A row of a table, for targets of a kind.
struct Row<T> {
    key: char,
    name: &'static str,
    short: &'static str,
    follows: &'static str,
    real: &'static str,
    /// Whether it is offered: the way there, or the way back.
    offered: fn(&T) -> bool,
    /// What is done, or why it means nothing now.
    deed: fn(&T) -> Result<Deed, &'static str>,
}

/// The rows that are offered for a target, under its heading.
fn entries_of<T>(group: &SmolStr, rows: &[Row<T>], target: &T) -> Vec<BreakEntry> {
    let offered = rows.iter().filter(|row| (row.offered)(target));
    let entry = |row: &Row<T>| BreakEntry {
        key: row.key,
        group: group.clone(),
        name: row.name.into(),
        short: row.short,
        follows: row.follows.into(),
        real: row.real,
        deed: (row.deed)(target),
    };
    offered.map(entry).collect()
}

/// What can be broken about a target, what it stands on, and the control plane. A link has a menu of its own.
pub fn entries(world: &World, target: Option<&BreakTarget>) -> Vec<BreakEntry> {
    let object = match target {
        Some(BreakTarget::Link(end)) => return link::entries(world, end, "apiserver"),
        Some(BreakTarget::Object(object)) => Some(object),
        None => None,
    };
    let mut entries = object.map(|object| entries_for(world, object)).unwrap_or_default();
    entries.extend(control_plane::entries(world));
    entries
}

fn entries_for(world: &World, object: &ObjectRef) -> Vec<BreakEntry> {
    match object.kind {
        Kind::Pod => {
            let Some(facts) = pod::Facts::of(world, object) else { return Vec::new() };
            let group = format_smolstr!("POD {}", object.key.name);
            let mut entries = pod::entries(&group, &facts);
            // A pod is made from a template: its image stands there.
            entries.extend(workload::entries(world, object, &group));
            entries.extend(facts.node.iter().flat_map(|node| node::entries(world, node)));
            entries
        }
        Kind::Node => node::entries(world, &object.key.name),
        kind => {
            let group = format_smolstr!("{} {}", kind.name().to_uppercase(), object.key.name);
            workload::entries(world, object, &group)
        }
    }
}

/// The entry of a key.
pub(super) fn of_key(entries: &[BreakEntry], key: KeyCode) -> Option<usize> {
    let KeyCode::Char(letter) = key else { return None };
    entries.iter().position(|entry| entry.key == letter)
}

#[cfg(test)]
mod tests;
