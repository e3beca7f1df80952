//! Whose desk an object is on: every loop that knows it, what it last decided, and what it waits for.

use super::Line;
use crate::client::LoopLook;
use crate::engine::World;
use crate::object::{ObjectRef, Pod, Resource};
use crate::trace::text;
use crate::tui::model::hearing::deaf_clause;
use crate::tui::theme::Role;

pub(super) fn lines(world: &World, object: &ObjectRef) -> Vec<Line> {
    let mut lines = vec![
        Line::muted(
            "Nobody tells these loops what to do. Each compares what it has seen with what is wanted.",
        ),
        Line::gap(),
    ];
    let before = lines.len();
    for look in world.loops() {
        lines.extend(of_loop(world, look, object));
    }
    if lines.len() == before {
        lines.push(Line::muted("No loop has it on its desk: nothing would follow from a change to it."));
    }
    lines
}

/// What one loop has to do with the object; nothing if it has nothing to do with it.
pub(super) fn of_loop(world: &World, look: &LoopLook, object: &ObjectRef) -> Vec<Line> {
    let verdict = look.verdicts.get(object);
    let waiting: Vec<_> = look.waiting.iter().filter(|waiting| waiting.item == *object).collect();
    let place = match () {
        () if look.working.contains(object) => {
            Some((Role::Busy, "is working on it: a request is unanswered".to_owned()))
        }
        () => look.ready.iter().position(|item| item == object).map(|place| {
            (Role::Busy, format!("has it in its queue: place {} of {}", place + 1, look.ready.len()))
        }),
    };
    if verdict.is_none() && waiting.is_empty() && place.is_none() {
        return Vec::new();
    }
    let mut lines = vec![Line::head(text::component(&look.component))];
    if let Some(verdict) = verdict {
        // What the scheduler compared is over once the pod has its node.
        let node = world.object(object).and_then(Pod::of).and_then(Pod::node_name);
        let placed = node.filter(|_| look.component == "scheduler");
        let done = look.done.contains(object) && waiting.is_empty() && place.is_none();
        let differs = verdict.gap != "=" && !verdict.gap.is_empty();
        let open = differs && placed.is_none() && !done;
        let numbers = match (verdict.want.as_str(), verdict.have.as_str()) {
            _ if let Some(node) = placed => format!("has found {node} for it: "),
            _ if done && differs => "has done what was missing: ".to_owned(),
            ("", "") => String::new(),
            (want, have) => format!("wants {want}, sees {have}, gap {}: ", verdict.gap),
        };
        let role = if open { Role::Warn } else { Role::Text };
        lines.push(Line::new(role, format!("  {numbers}{}", verdict.why)));
    }
    lines.extend(place.map(|(role, words)| Line::new(role, format!("  {words}"))));
    for waiting in waiting {
        let left = waiting.until.since(world.now());
        lines.push(Line::new(Role::Busy, format!("  looks again in {left}: {}", waiting.why)));
    }
    if let Some(deaf) = world.deafness(&look.component) {
        let deaf = deaf_clause(deaf, world.now());
        lines.push(Line::new(Role::Bad, format!("  it {deaf}; what it has seen may be old")));
    }
    lines
}
