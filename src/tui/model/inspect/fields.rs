//! Each field of an object with who wrote it last: found in the recorded writes, not guessed from managedFields.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::Line;
use crate::engine::World;
use crate::object::{Object, ObjectRef};
use crate::time::VirtualTime;
use crate::trace::{Class, Data, Verb, text};
use crate::tui::model::change;
use crate::tui::theme::Role;

/// Who wrote a field last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Writer {
    /// The component or person: `controller/deployment`, `you`.
    pub(super) by: SmolStr,
    /// When.
    pub(super) at: VirtualTime,
    /// What stood there before, if it was changed.
    pub(super) before: Option<String>,
}

/// The last writer of each field, by its path; a field that was written before what is remembered has none.
pub(super) fn writers(world: &World, object: &ObjectRef) -> BTreeMap<String, Writer> {
    let mut found = BTreeMap::new();
    let writes = world.log().of_class(Class::Decision).filter(|event| event.object.as_ref() == Some(object));
    for event in writes {
        let Data::Write { by, verb, .. } = &event.data else { continue };
        if *verb != Verb::Modified {
            // Another object of the same name, or none any more.
            found.clear();
        }
        let Some(Ok(change)) = change::change(world, event) else { continue };
        for field in change.fields.into_iter().filter(|field| field.after.is_some()) {
            let before = field.before.filter(|_| *verb == Verb::Modified);
            found.insert(field.path, Writer { by: by.clone(), at: event.at, before });
        }
    }
    found
}

pub(super) fn lines(world: &World, object: &ObjectRef, found: &Object) -> Vec<Line> {
    let writers = writers(world, object);
    let fields = change::flat(found);
    let now = world.now();
    let mut lines = vec![
        Line::muted(
            "Every field, who wrote it last, and how long ago. One object, several authors: people write",
        ),
        Line::muted("spec, controllers and kubelets report in status."),
        Line::gap(),
    ];
    for (path, value) in fields {
        let value: String = value.chars().take(40).collect();
        let who = match writers.get(&path) {
            None => "written before what is remembered".to_owned(),
            Some(writer) => {
                let before = writer.before.as_ref().map(|before| {
                    let before: String = before.chars().take(24).collect();
                    format!(" (was {before})")
                });
                let age = now.since(writer.at);
                format!("{}, {age} ago{}", text::component(&writer.by), before.unwrap_or_default())
            }
        };
        let role = if path.starts_with("spec") { Role::Want } else { Role::Text };
        lines.push(Line::new(role, format!("{path}: {value}")));
        lines.push(Line::muted(format!("    by {who}")));
    }
    lines
}
