//! What the learner did, read from the trace.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::engine::World;
use crate::expression::Learner;
use crate::lessons::pattern::{by_learner, input_of};
use crate::lessons::plain_host::{PlainHost, State};
use crate::trace::{Data, Event, Verb};

/// Whether the learner did anything in these events.
pub(super) fn any(events: &[Arc<Event>]) -> bool {
    events.iter().any(|event| by_learner(event))
}

/// Remembers what the learner did: each input with its title, and with what it wrote.
pub(super) fn note(learner: &mut Learner, events: &[Arc<Event>], world: &World) {
    for event in events {
        match &event.data {
            Data::Input { what, via, .. } if by_learner(event) => {
                learner.note(event.at, what);
                learner.note_more(via);
            }
            Data::Write { verb, detail, .. } if input_of(event, world).is_some_and(by_learner) => {
                let verb = match verb {
                    Verb::Added => "create",
                    Verb::Deleted => "delete",
                    Verb::Modified if detail == "deletion asked for" => "delete",
                    Verb::Modified if detail.starts_with("replicas") => "edit scale",
                    Verb::Modified => "edit",
                };
                if let Some(object) = &event.object {
                    learner.note_more(&format!("{verb} {} {}", object.kind.name(), object.key.name));
                }
            }
            _ => {}
        }
    }
}

/// What expressions may ask about the containers of the plain host.
pub(super) fn of_host(host: &PlainHost) -> BTreeMap<String, Value> {
    let one = |container: &crate::lessons::plain_host::Container| {
        let exit_code = match container.state {
            State::Running { .. } => Value::Null,
            State::Restarting { code, .. } | State::Exited { code, .. } => code.into(),
        };
        let value = json!({
            "running": container.is_running(), "restarts": container.restarts, "exit_code": exit_code,
            "restart": container.restart.name(), "image": container.image,
            "down": host.downtime(container).as_secs(),
        });
        (container.name.clone(), value)
    };
    host.containers().iter().map(one).collect()
}
