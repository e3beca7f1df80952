//! The last section of a description: what happened to the object.

use k8s_openapi::api::core::v1::Event;

use super::Subject;
use super::writer::Writer;
use crate::apiserver::Filter;
use crate::apiserver::table::age;
use crate::kubectl::cluster::{Ask, Reads};
use crate::kubectl::output::Fault;
use crate::object::selector::Selector;
use crate::object::{Kind, Object, Resource, StringMap};

impl Subject<'_> {
    /// Writes the Events about the subject, the oldest first.
    pub(super) fn events(&self, w: &mut Writer) -> Result<(), Fault> {
        if !self.events {
            return Ok(());
        }
        let mut events = about(self.object, self.cluster)?;
        if events.is_empty() {
            w.field(0, "Events", "<none>");
            return Ok(());
        }
        // Events of the newer form have no such time and come first.
        events.sort_by_key(|event| event.last_timestamp.as_ref().map(|time| time.0));
        w.line(0, "Events:\n  Type\tReason\tAge\tFrom\tMessage");
        w.line(1, "----\t------\t----\t----\t-------");
        for event in &events {
            w.line(
                1,
                format_args!(
                    "{}\t{}\t{}\t{}\t{}",
                    event.type_.as_deref().unwrap_or(""),
                    event.reason.as_deref().unwrap_or(""),
                    interval(event, self.cluster),
                    from(event),
                    event.message.as_deref().unwrap_or("").trim(),
                ),
            );
        }
        Ok(())
    }
}

/// The Events about an object.
fn about(object: &Object, cluster: &dyn Reads) -> Result<Vec<Event>, Fault> {
    let meta = object.meta();
    let mut fields = StringMap::new();
    fields.insert("involvedObject.kind".to_owned(), object.kind().name().to_owned());
    fields.insert("involvedObject.name".to_owned(), meta.name.clone().unwrap_or_default());
    let namespace = meta.namespace.as_deref().map(Into::into);
    let filter = Filter { namespace, fields: Selector::from_map(&fields), ..Filter::default() };
    let found = cluster.list(Kind::Event, filter)?;
    let uid = meta.uid.as_deref();
    let same = |event: &&Event| {
        let about = event.involved_object.uid.as_deref();
        // The Events of a Node name it by its name in place of its uid.
        about.is_none() || about == uid || (object.kind() == Kind::Node && about == meta.name.as_deref())
    };
    Ok(found.iter().filter_map(Event::of).filter(same).cloned().collect())
}

/// How long ago; and how often since when, if it was more than once.
fn interval(event: &Event, cluster: &dyn Reads) -> String {
    let now = cluster.now();
    let first = match &event.event_time {
        Some(time) => age::since_micro(Some(time), now),
        None => age::since(event.first_timestamp.as_ref(), now),
    };
    if let Some(series) = &event.series {
        let last = age::since_micro(series.last_observed_time.as_ref(), now);
        return format!("{last} (x{} over {first})", series.count.unwrap_or(0));
    }
    match event.count.unwrap_or(0) {
        0 | 1 => first,
        count => format!("{} (x{count} over {first})", age::since(event.last_timestamp.as_ref(), now)),
    }
}

fn from(event: &Event) -> &str {
    let source = event.source.as_ref().and_then(|source| source.component.as_deref());
    source.filter(|source| !source.is_empty()).or(event.reporting_component.as_deref()).unwrap_or("")
}
