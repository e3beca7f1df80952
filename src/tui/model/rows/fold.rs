//! With little room: groups with a gap first, and healthy siblings of what is in trouble as one row.

use std::collections::BTreeSet;

use smol_str::{SmolStr, format_smolstr};

use super::{Have, Mark, Pods, Row, Want};
use crate::object::Kind;
use crate::tui::model::gap::Gap;

/// So many healthy pods at least become one row.
const MANY: usize = 2;

/// The same rows for a small table. The selected row stays as it is, and so do siblings that somebody unfolded.
pub fn fold(rows: Vec<Row>, selected: &str, toggled: &BTreeSet<String>) -> Vec<Row> {
    let mut groups: Vec<Vec<Row>> = Vec::new();
    for row in rows {
        match groups.last_mut() {
            Some(group) if row.depth > 0 => group.push(row),
            _ => groups.push(vec![row]),
        }
    }
    groups.sort_by_key(|group| !group.iter().any(|row| row.gap.is_open()));
    groups.into_iter().flat_map(|group| siblings(group, selected, toggled)).collect()
}

/// The rows that contain a text, with the rows above them to which they belong.
pub fn filtered(rows: Vec<Row>, text: &str) -> Vec<Row> {
    let wanted = text.to_lowercase();
    let hit = |row: &Row| {
        let words = format!("{} {} {} {}", row.name, row.object, row.node, row.note);
        words.to_lowercase().contains(&wanted)
    };
    let mut kept: Vec<Row> = Vec::new();
    let mut below = usize::MAX;
    for row in rows.into_iter().rev() {
        let is_above = row.depth < below && below != usize::MAX;
        if hit(&row) || is_above {
            below = row.depth;
            kept.push(row);
        }
        if below == 0 {
            below = usize::MAX;
        }
    }
    kept.reverse();
    kept
}

/// Folds the healthy pods of a group that has a gap, each below the row to which they belong.
fn siblings(group: Vec<Row>, selected: &str, toggled: &BTreeSet<String>) -> Vec<Row> {
    if !group.iter().any(|row| row.gap.is_open()) {
        return group;
    }
    let mut families: Vec<Vec<Row>> = Vec::new();
    for row in group {
        match families.last_mut() {
            Some(family) if row.object.kind == Kind::Pod => family.push(row),
            _ => families.push(vec![row]),
        }
    }
    families.into_iter().flat_map(|family| fold_family(family, selected, toggled)).collect()
}

/// A row and the pods below it.
fn fold_family(family: Vec<Row>, selected: &str, toggled: &BTreeSet<String>) -> Vec<Row> {
    let healthy = |row: &Row| {
        row.object.kind == Kind::Pod && row.depth > 0 && !row.gap.is_open() && row.uid != selected
    };
    let count = family.iter().filter(|row| healthy(row)).count();
    let parent = family.first().filter(|first| first.object.kind != Kind::Pod && count >= MANY);
    let Some(parent) = parent else { return family };
    let uid = format!("more:{}", parent.uid);
    if toggled.contains(&uid) {
        return family;
    }
    let more = Row {
        object: parent.object.clone(),
        uid,
        depth: parent.depth + 1,
        open: Some(false),
        mark: Mark::None,
        name: format!("{count} more pods"),
        node: SmolStr::default(),
        want: Want::Word("run".into()),
        have: Have::Pods(Pods { ready: i64::try_from(count).unwrap_or(0), ..Pods::default() }),
        gap: Gap::CLOSED,
        looked_after: parent.looked_after.clone(),
        note: format_smolstr!("press <unfold> to unfold"),
        brief: "<unfold> unfolds".into(),
    };
    let mut rows: Vec<Row> = family.into_iter().filter(|row| !healthy(row)).collect();
    rows.push(more);
    rows
}
