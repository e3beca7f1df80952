//! What happened to an object: the Events that components recorded about it, and the decisions of the trace.

use k8s_openapi::api::core::v1::Event as ApiEvent;

use super::Line;
use crate::engine::World;
use crate::object::ObjectRef;
use crate::trace::text::{self, Vocabulary};
use crate::trace::{Class, Data};
use crate::tui::theme::Role;

/// Decisions that are told; older ones are on the Time screen.
const TOLD: usize = 40;

pub(super) fn lines(world: &World, object: &ObjectRef, vocabulary: Vocabulary) -> Vec<Line> {
    let mut lines = vec![Line::head("Kubernetes Events about it")];
    let recorded: Vec<&ApiEvent> = about(world, object).collect();
    if recorded.is_empty() {
        lines.push(Line::muted("  none; they are forgotten an hour after they happened last"));
    }
    for event in recorded {
        let role = if event.type_.as_deref() == Some("Warning") { Role::Bad } else { Role::Text };
        let count = event.series.as_ref().and_then(|series| series.count).or(event.count).unwrap_or(1);
        let times = if count > 1 { format!(" (x{count})") } else { String::new() };
        let (reason, message) = (event.reason.as_deref(), event.message.as_deref());
        lines.push(Line::new(
            role,
            format!("  {:<20} {}{times}", reason.unwrap_or_default(), message.unwrap_or_default()),
        ));
    }
    lines.push(Line::gap());
    lines.push(Line::head("What was done to it, newest first"));
    let decisions = world.log().of_class(Class::Decision).rev();
    let told = decisions.filter(|event| {
        let is_step = matches!(event.data, Data::Write { .. } | Data::Act { .. } | Data::Container { .. });
        is_step && event.object.as_ref() == Some(object)
    });
    let before = lines.len();
    lines.extend(told.take(TOLD).map(|event| {
        Line::text(format!("  {:>12} {}", event.at.to_string(), text::told(event, vocabulary)))
    }));
    if lines.len() == before {
        lines.push(Line::muted("  nothing that is remembered"));
    }
    lines
}

/// The recorded Events about an object, in the order of their names.
pub(super) fn about<'a>(world: &'a World, object: &'a ObjectRef) -> impl Iterator<Item = &'a ApiEvent> {
    world.list_as::<ApiEvent>(None).filter(move |event| {
        let of = &event.involved_object;
        of.kind.as_deref() == Some(object.kind.name())
            && of.name.as_deref() == Some(object.key.name.as_str())
            && (object.key.namespace.is_empty()
                || of.namespace.as_deref() == Some(object.key.namespace.as_str()))
    })
}
