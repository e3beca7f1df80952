//! Recorded Kubernetes events, filtered.

use k8s_openapi::api::core::v1::Event;
use serde_json::{Value, json};

use crate::engine::World;

/// Which events are wanted: conditions that must all hold.
#[derive(Clone, Debug)]
pub(in crate::expression) struct Wanted(Vec<(Field, String)>);

#[derive(Clone, Copy, Debug)]
enum Field {
    Reason,
    Kind,
    Object,
    Type,
    Namespace,
    Source,
    Message,
}

impl Wanted {
    /// Reads `BackOff` (a reason), or `reason=BackOff,kind=Pod,object=web-1,type=Warning`; the empty text wants all.
    pub(super) fn parse(args: &[String]) -> Result<Self, String> {
        let text = match args {
            [] => "",
            [text] => text.as_str(),
            _ => {
                return Err(
                    "`events` takes one filter in quotes, such as events('reason=BackOff')".to_owned()
                );
            }
        };
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let read = |part: &str| {
            let Some((field, value)) = part.split_once('=') else {
                return Ok((Field::Reason, part.to_owned()));
            };
            let field = match field.trim() {
                "reason" => Field::Reason,
                "kind" | "involvedObject.kind" => Field::Kind,
                "object" | "name" | "involvedObject.name" => Field::Object,
                "type" => Field::Type,
                "namespace" | "involvedObject.namespace" => Field::Namespace,
                "source" | "reportingComponent" => Field::Source,
                "message" => Field::Message,
                other => {
                    return Err(format!(
                        "events have no `{other}`; use reason, kind, object, type, namespace, source or message"
                    ));
                }
            };
            Ok((field, value.trim().trim_start_matches('=').to_owned()))
        };
        parts.map(read).collect::<Result<_, _>>().map(Self)
    }

    fn includes(&self, event: &Event) -> bool {
        let about = &event.involved_object;
        self.0.iter().all(|(field, wanted)| {
            let there = match field {
                Field::Reason => event.reason.as_deref(),
                Field::Kind => about.kind.as_deref(),
                Field::Object => about.name.as_deref(),
                Field::Type => event.type_.as_deref(),
                Field::Namespace => about.namespace.as_deref(),
                Field::Source => event.reporting_component.as_deref(),
                // A message is matched in part: it holds names that nobody knows beforehand.
                Field::Message => return event.message.as_deref().unwrap_or("").contains(wanted.as_str()),
            };
            there == Some(wanted.as_str())
        })
    }
}

/// The events that are wanted, in order of their names' time.
pub(super) fn matching(world: &World, wanted: &Wanted) -> Value {
    let mut events: Vec<&Event> =
        world.list_as::<Event>(None).filter(|event| wanted.includes(event)).collect();
    events.sort_by_key(|event| {
        event.metadata.resource_version.as_deref().and_then(|text| text.parse::<u64>().ok())
    });
    events.into_iter().map(item).collect()
}

fn item(event: &Event) -> Value {
    let about = &event.involved_object;
    let (kind, name) = (about.kind.as_deref().unwrap_or(""), about.name.as_deref().unwrap_or(""));
    let count = event.count.or_else(|| event.series.as_ref().and_then(|series| series.count)).unwrap_or(1);
    json!({
        "reason": event.reason, "message": event.message, "count": count, "object": format!("{kind}/{name}"),
        "type": event.type_,
    })
}
