//! Kubernetes Events, as client-go's recorder sends them.
//!
//! The recorder sees every event of its component and keeps the API from drowning in them: an event that is
//! the same as one before raises its count (PATCH); more than ten alike within ten minutes that differ only in
//! the message become one "(combined from similar events)"; and an object has a budget of 25, refilled by one
//! every five minutes (`tools/record/events_cache.go`). The scheduler records events of the newer form, which
//! have a time in microseconds, an action, and a series instead of a count.

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::{Event, EventSeries, EventSource, ObjectReference};
use serde_json::json;
use smol_str::{SmolStr, format_smolstr};

use super::Note;
use crate::apiserver::{Call, Patch, Sub};
use crate::object::{Key, Kind, ObjectMeta, ObjectRef, Resource};
use crate::time::{Span, VirtualTime};

/// Events alike before they are combined (`defaultAggregateMaxEvents`).
const ALIKE_MAX: usize = 10;
/// Within this long (`defaultAggregateIntervalInSeconds`).
const ALIKE_WITHIN: Span = Span::secs(600);
/// Events that one object may cause at once (`defaultSpamBurst`).
const BURST: u64 = 25;
/// One more after this long (`defaultSpamQPS` is 1/300).
const REFILL: Span = Span::secs(300);
/// Entries kept in each table (`maxLruCacheEntries`).
const REMEMBERED: usize = 4096;
/// Repeats of a series are reported at most this often (`tools/events`).
const SERIES_EVERY: Span = Span::secs(360);

/// The form of events that a component records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventStyle {
    /// `v1`: kubelet and controllers.
    Core,
    /// `events.k8s.io/v1`: the scheduler.
    Series,
}

#[derive(Clone, Debug)]
struct Known {
    key: Key,
    count: i32,
    first: VirtualTime,
    last_sent: VirtualTime,
}

#[derive(Clone, Debug)]
struct Budget {
    left: u64,
    since: VirtualTime,
}

/// Turns notes into requests that create or update Event objects.
#[derive(Clone, Debug)]
pub struct Recorder {
    component: SmolStr,
    host: SmolStr,
    style: EventStyle,
    known: OrdMap<SmolStr, Known>,
    alike: OrdMap<SmolStr, (VirtualTime, OrdSet<SmolStr>)>,
    budgets: OrdMap<SmolStr, Budget>,
    serial: u64,
}

impl Recorder {
    /// The recorder of a component by the name that events show (`replicaset-controller`), on a host if it
    /// runs on one.
    pub fn new(component: impl Into<SmolStr>, host: impl Into<SmolStr>, style: EventStyle) -> Self {
        let (component, host) = (component.into(), host.into());
        Self {
            component,
            host,
            style,
            known: OrdMap::new(),
            alike: OrdMap::new(),
            budgets: OrdMap::new(),
            serial: 0,
        }
    }

    /// The request that records this note; none if the object's budget is used up.
    pub fn record(&mut self, note: &Note, now: VirtualTime) -> Option<Call> {
        for table_len in [self.known.len(), self.alike.len(), self.budgets.len()] {
            if table_len > REMEMBERED {
                self.known.clear();
                self.alike.clear();
                self.budgets.clear();
            }
        }
        match self.style {
            EventStyle::Core => self.record_core(note, now),
            EventStyle::Series => self.record_series(note, now),
        }
    }

    fn record_core(&mut self, note: &Note, now: VirtualTime) -> Option<Call> {
        let about = identity(note);
        if !self.spend(&about, now) {
            return None;
        }
        let group = format_smolstr!("{about}/{}/{}", note.kind, note.reason);
        let (started, messages) = self.alike.entry(group.clone()).or_insert((now, OrdSet::new()));
        if now - *started > ALIKE_WITHIN {
            (*started, *messages) = (now, OrdSet::new());
        }
        messages.insert(note.message.as_str().into());
        let combined = messages.len() >= ALIKE_MAX;
        if combined {
            // Like the real aggregator: as many local keys as the limit allows, then one combined event.
            *messages = messages.without_min().1;
        }
        let (known_by, message) = match combined {
            true => (group, format!("(combined from similar events): {}", note.message)),
            false => (format_smolstr!("{group}/{}", note.message), note.message.clone()),
        };
        match self.known.get_mut(&known_by) {
            Some(known) => {
                known.count += 1;
                let patch = json!({
                    "count": known.count, "lastTimestamp": now.to_api(), "message": message,
                });
                let target = ObjectRef::new(Kind::Event, known.key.clone());
                Some(Call::Patch { target, patch: Patch::Strategic(patch), sub: Sub::Main, dry_run: false })
            }
            None => {
                let mut event = self.new_event(note, now);
                event.message = Some(message);
                event.count = Some(1);
                event.first_timestamp = Some(now.to_api());
                event.last_timestamp = Some(now.to_api());
                event.source = Some(EventSource {
                    component: Some(self.component.to_string()),
                    host: (!self.host.is_empty()).then(|| self.host.to_string()),
                });
                self.remember(known_by, &event, now);
                Some(Call::Create { object: event.into_object(), dry_run: false })
            }
        }
    }

    fn record_series(&mut self, note: &Note, now: VirtualTime) -> Option<Call> {
        // A series is of events about the same *version* of an object (`events.getKey` holds the whole
        // reference), whatever their messages say.
        let version = note.about.meta().resource_version.as_deref().unwrap_or("");
        let known_by =
            format_smolstr!("{}/{version}/{}/{}/{}", identity(note), note.kind, note.reason, note.action);
        match self.known.get_mut(&known_by) {
            Some(known) if now - known.first <= SERIES_EVERY => {
                known.count += 1;
                // The first repeat is reported at once, later ones with the next heartbeat of the series.
                if known.count > 2 && now - known.last_sent < SERIES_EVERY {
                    return None;
                }
                known.last_sent = now;
                let series =
                    EventSeries { count: Some(known.count), last_observed_time: Some(now.to_api_micro()) };
                let target = ObjectRef::new(Kind::Event, known.key.clone());
                let patch = Patch::Strategic(json!({ "series": series }));
                Some(Call::Patch { target, patch, sub: Sub::Main, dry_run: false })
            }
            _ => {
                let mut event = self.new_event(note, now);
                event.message = Some(note.message.clone());
                event.event_time = Some(now.to_api_micro());
                event.action = Some(note.action.to_owned());
                event.reporting_instance = Some(format!("{}-control-plane", self.component));
                event.source = Some(EventSource::default());
                self.remember(known_by, &event, now);
                Some(Call::Create { object: event.into_object(), dry_run: false })
            }
        }
    }

    fn new_event(&mut self, note: &Note, now: VirtualTime) -> Event {
        let meta = note.about.meta();
        let namespace =
            meta.namespace.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| "default".to_owned());
        let name = meta.name.clone().unwrap_or_default();
        self.serial += 1;
        // The real name ends in the time in nanoseconds; ours has microseconds, so a serial fills the rest.
        let nanos = now.timestamp().as_nanosecond().unsigned_abs() as u64 + self.serial % 1000;
        Event {
            metadata: ObjectMeta {
                name: Some(format!("{name}.{nanos:016x}")),
                namespace: Some(namespace),
                ..ObjectMeta::default()
            },
            involved_object: ObjectReference {
                kind: Some(note.about.kind().name().to_owned()),
                namespace: meta.namespace.clone(),
                name: Some(name),
                uid: match note.about.kind() {
                    // Kubelet and node controllers name nodes, not node objects.
                    Kind::Node if self.component == "kubelet" => meta.name.clone(),
                    _ => meta.uid.clone(),
                },
                api_version: Some(note.about.kind().info().api_version()),
                resource_version: meta.resource_version.clone(),
                field_path: note.field_path.clone(),
            },
            reason: Some(note.reason.to_string()),
            type_: Some(note.kind.to_owned()),
            reporting_component: Some(self.component.to_string()),
            reporting_instance: Some(self.host.to_string()),
            ..Event::default()
        }
    }

    fn remember(&mut self, known_by: SmolStr, event: &Event, now: VirtualTime) {
        self.known.insert(known_by, Known { key: event.key(), count: 1, first: now, last_sent: now });
    }

    fn spend(&mut self, about: &str, now: VirtualTime) -> bool {
        let budget = self.budgets.entry(about.into()).or_insert(Budget { left: BURST, since: now });
        let refilled = (now - budget.since).as_micros() / REFILL.as_micros();
        budget.since += REFILL.times(refilled);
        budget.left = (budget.left + refilled).min(BURST);
        if budget.left == 0 {
            return false;
        }
        budget.left -= 1;
        true
    }
}

fn identity(note: &Note) -> String {
    let field = note.field_path.as_deref().unwrap_or("");
    format!("{}/{}/{field}", note.about.reference(), note.about.meta().uid.as_deref().unwrap_or(""))
}
