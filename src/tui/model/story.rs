//! The story on the screen: what began, and each step since then.

use smol_str::SmolStr;

use crate::engine::World;
use crate::expression::facts::is_settled;
use crate::time::{Span, VirtualTime};
use crate::trace::{Class, Data, StoryId, text};

/// A step of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryLine {
    /// How long after the beginning.
    pub after: Span,
    /// Who, in one word: `replicaset`, `kubelet node-2`.
    pub who: SmolStr,
    /// What, in a few words.
    pub what: String,
    /// Its event.
    pub event: crate::trace::EventId,
}

/// The story on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryView {
    /// Which.
    pub id: StoryId,
    /// Its number.
    pub number: u64,
    /// Its title.
    pub title: SmolStr,
    /// How long it has gone on, or took.
    pub took: Span,
    /// Whether all is well again.
    pub healed: bool,
    /// Its steps, oldest first.
    pub lines: Vec<StoryLine>,
}

/// The newest story that a person or a failure began.
pub fn current_story(world: &World) -> Option<StoryView> {
    let (id, info) = world.stories().next_back()?;
    let lines: Vec<StoryLine> = world
        .log()
        .of_class(Class::Decision)
        .rev()
        .take_while(|event| event.id.0 >= id.0)
        .filter(|event| event.story == *id)
        .filter_map(|event| {
            let what = step(&event.data, event.object.as_ref())?;
            Some(StoryLine {
                after: event.at - info.began,
                who: who(&event.component),
                what,
                event: event.id,
            })
        })
        .collect();
    let healed = is_settled(world);
    let end = if healed { info.last_at } else { world.now() };
    let mut view = StoryView {
        id: *id,
        number: info.number,
        title: info.title.clone(),
        took: end.max(VirtualTime::ZERO) - info.began,
        healed,
        lines,
    };
    view.lines.reverse();
    Some(view)
}

fn who(component: &str) -> SmolStr {
    match component.split_once('/') {
        Some(("controller", name)) => name.into(),
        Some((part, node)) => smol_str::format_smolstr!("{part} {node}"),
        None => component.into(),
    }
}

/// A step in a few words; what only passes messages on is none.
fn step(data: &Data, object: Option<&crate::object::ObjectRef>) -> Option<String> {
    let object = object.map(text::object_words).unwrap_or_default();
    Some(match data {
        Data::Input { what, .. } => what.to_string(),
        Data::Compare { idle: false, want, have, gap, why } if gap != "=" => match want.is_empty() {
            true => why.to_string(),
            false => format!("sees {have}, wants {want}: {why}"),
        },
        Data::Act { did } => match did.contains(object.as_str()) {
            true => did.to_string(),
            false => format!("{did} ({object})"),
        },
        Data::Bind { node } => format!("assigns {object} to {node}"),
        Data::Container { .. } => text::container_step(data, &object)?,
        Data::Node { change, .. } => format!("{change:?}"),
        Data::Fault { what } => what.to_string(),
        Data::Probe { changed: true, kind, passed, .. } => {
            format!("{kind} probe of {object} {}", if *passed { "passes" } else { "fails" })
        }
        Data::Lost { what } => format!("lost: {what}"),
        _ => return None,
    })
}
