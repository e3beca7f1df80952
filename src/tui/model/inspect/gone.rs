//! What belonged to an object and went lately: who had it killed, and what came in its place.

use super::Line;
use crate::engine::World;
use crate::object::ObjectRef;
use crate::trace::text;
use crate::tui::model::tombstones::{Tombstone, tombstone_of, tombstones};
use crate::tui::theme::Role;

pub(super) fn lines(world: &World, object: &ObjectRef) -> Vec<Line> {
    let stones = tombstones(world, object);
    if stones.is_empty() {
        return vec![Line::muted("Nothing that belonged to it went, as far as is remembered.")];
    }
    stones.iter().flat_map(|stone| told(world, stone)).collect()
}

/// How an object went that is not there any more.
pub(super) fn of_itself(world: &World, object: &ObjectRef) -> Vec<Line> {
    tombstone_of(world, object).map(|stone| told(world, &stone)).unwrap_or_default()
}

fn told(world: &World, stone: &Tombstone) -> Vec<Line> {
    let place = if stone.node.is_empty() { String::new() } else { format!(" on {}", stone.node) };
    let head = format!("{}  {}{place}", stone.at, text::object_words(&stone.object));
    let mut head = Line::new(Role::Warn, head);
    head.leads_to = Some((stone.object.clone(), stone.event));
    let who = text::component(&stone.by);
    let successor = match &stone.successor {
        Some(successor) if world.object(successor).is_some() => text::object_words(successor),
        Some(successor) => format!("{}, which is gone, too", text::object_words(successor)),
        None => "nothing".to_owned(),
    };
    vec![
        head,
        Line::text(format!("   killed by    {who}, story #{}: {}", stone.story, stone.killer)),
        Line::text(format!("   in its place {successor}")),
    ]
}
