//! Why: the way from an event back to what started it all.

use std::sync::Arc;

use super::world::World;
use crate::object::ObjectRef;
use crate::trace::{Class, Data, Event, EventId, Verb};

/// The longest chain that is followed; a story is far shorter.
const LONGEST: usize = 200;

impl World {
    /// The causes of an event, root first, the event itself last. Each step follows the first parent; what else
    /// was needed is in the other parents of each event.
    pub fn why(&self, event: EventId) -> Vec<Arc<Event>> {
        let mut chain = Vec::new();
        let mut next = Some(event);
        while let Some(event) = next.and_then(|id| self.event(id)) {
            chain.push(event.clone());
            next = event.parents.first().copied();
            if chain.len() >= LONGEST {
                break;
            }
        }
        chain.reverse();
        chain
    }

    /// The same without the messages in between: inputs, comparisons, acts, writes, and what happened to
    /// containers and machines.
    pub fn why_briefly(&self, event: EventId) -> Vec<Arc<Event>> {
        let tells = |event: &Arc<Event>| {
            matches!(
                event.data,
                Data::Input { .. }
                    | Data::Compare { .. }
                    | Data::Act { .. }
                    | Data::Write { .. }
                    | Data::Bind { .. }
                    | Data::Container { .. }
                    | Data::Node { .. }
                    | Data::Fault { .. }
                    | Data::Probe { .. }
                    | Data::Refused { .. }
                    | Data::Lost { .. }
            )
        };
        self.why(event).into_iter().filter(tells).collect()
    }

    /// The write that changed an object's spec last before an event: the wish that was gone by.
    pub fn wish_before(&self, object: &ObjectRef, before: EventId) -> Option<&Arc<Event>> {
        let last = self.wishes.get(object).filter(|last| **last <= before);
        let is_wish = |event: &&Arc<Event>| {
            event.object.as_ref() == Some(object)
                && matches!(&event.data, Data::Write { changed, verb, .. } if changed.spec && *verb != Verb::Deleted)
        };
        match last {
            Some(last) => self.event(*last),
            // It has changed again since, or the object is gone.
            None => self.log().back_from(Class::Decision, before).find(is_wish),
        }
    }

    /// The last write to an object that is kept in the trace.
    pub fn last_write(&self, object: &ObjectRef) -> Option<&Arc<Event>> {
        self.log()
            .of_class(Class::Decision)
            .rev()
            .find(|event| matches!(event.data, Data::Write { .. }) && event.object.as_ref() == Some(object))
    }
}
