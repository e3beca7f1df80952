//! Narrator what follows from a deed: while somebody follows, each step of it has the screen for one beat.
//!
//! From a deleted pod to its successor's place a cluster needs a few thousandths of a second, in which everything
//! happens that there is to understand. So after each act of a person the next steps are told one by one, also those of
//! one instant; the same step of the same component, or about the same object, is told once. After many steps, those
//! that are close together share a beat again.

use crate::engine::World;
use crate::expression::facts::is_settled;
use crate::time::{Span, VirtualTime};
use crate::trace::{Class, Data, Event, EventId};
use crate::tui::model::is_told;

/// Steps that are told one by one after an act.
const STEPS: usize = 60;
/// A step is told again only after so long.
const AGAIN: Span = Span::millis(12);

/// What was told, and what is still to be told.
#[derive(Clone, Debug)]
pub(super) struct Narrator {
    /// The last event that was looked at.
    seen: EventId,
    /// The step that is told now.
    told: Option<EventId>,
    /// Steps that are still to be told one by one.
    left: usize,
    /// Steps that are not told again so soon.
    recent: Vec<Told>,
}

#[derive(Clone, Debug)]
struct Told {
    until: VirtualTime,
    event: Event,
}

impl Narrator {
    /// What happened up to now is not told.
    pub(super) fn from_now(world: &World) -> Self {
        let seen = world.log().last_id().unwrap_or_default();
        Self { seen, told: None, left: 0, recent: Vec::new() }
    }

    /// The step that is told now.
    pub(super) fn told(&self) -> Option<EventId> {
        self.told
    }

    /// Whether steps are told one by one.
    pub(super) fn is_on(&self) -> bool {
        self.left > 0
    }

    /// Whether this instant holds a step that was not told yet.
    pub(super) fn is_behind(&self, world: &World) -> bool {
        self.is_on() && world.log().after(Class::Decision, self.seen).any(|event| self.is_due(event, world))
    }

    /// Takes in what happened. A new act of a person makes it begin anew, with that act.
    pub(super) fn listen(&mut self, world: &World) {
        // A run that went back in time, or another one.
        if world.log().last_id().unwrap_or_default() < self.seen {
            *self = Self::from_now(world);
        }
        let log = world.log();
        let acted = log.after(Class::Decision, self.seen).rfind(|event| is_act_of_a_person(event)).cloned();
        if let Some(act) = acted {
            (self.seen, self.told, self.left) = (act.id, Some(act.id), STEPS);
            self.recent.clear();
        } else if !self.is_behind(world) && (self.left == 0 || is_settled(world)) {
            *self = Self::from_now(world);
        }
    }

    /// Goes on to the next step of this instant. Returns whether there is one.
    pub(super) fn go_on(&mut self, world: &World) -> bool {
        let mut later = world.log().after(Class::Decision, self.seen);
        let next = later.find(|event| self.is_due(event, world)).cloned();
        let Some(event) = next.filter(|_| self.is_on()) else {
            self.seen = world.log().last_id().unwrap_or_default();
            return false;
        };
        (self.seen, self.told, self.left) = (event.id, Some(event.id), self.left - 1);
        self.recent.retain(|told| told.until > event.at);
        self.recent.push(Told { until: event.at + AGAIN, event: Event::clone(&event) });
        true
    }

    fn is_due(&self, event: &Event, world: &World) -> bool {
        let again = |told: &Told| told.until > event.at && is_alike(&told.event, event);
        event.at == world.now() && tells(event) && !self.recent.iter().any(again)
    }
}

/// Whether a step has the screen for itself: what a person would tell, and the comparisons between.
fn tells(event: &Event) -> bool {
    let compares = event.data.difference().is_some() && event.is_step();
    event.cause().known_story().is_some() && (compares || is_told(event))
}

fn is_act_of_a_person(event: &Event) -> bool {
    matches!(&event.data, Data::Input { via, .. } if via != "timer")
}

/// Whether two steps are the same kind of step by the same component, or by its likes about the same object.
fn is_alike(one: &Event, other: &Event) -> bool {
    fn role(event: &Event) -> &str {
        event
            .component
            .split_once('/')
            .map_or(&event.component, |(role, name)| if role == "controller" { name } else { role })
    }
    let near = one.component == other.component || (role(one) == role(other) && one.object == other.object);
    near && std::mem::discriminant(&one.data) == std::mem::discriminant(&other.data)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::apiserver::{Call, DeleteOptions};
    use crate::engine::driver::Inline;
    use crate::engine::{Act, ClusterConfig, Engine, Input};
    use crate::expression::Breakpoints;
    use crate::live::session::Session;
    use crate::manifests::{parse, pizza, send};
    use crate::object::Kind;
    use crate::tui::pace::Pace;

    /// A session in which the shop is open and all rests.
    fn session() -> Session {
        let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
        assert!(engine.run_while(Span::secs(60), crate::script::is_up));
        for (file, text) in pizza() {
            for document in parse(&file, &text).unwrap() {
                send::send(&mut engine, &document, "file", "applied", &mut None).unwrap();
            }
        }
        engine.run_until(engine.now() + Span::secs(30));
        let mut session = Session::new(engine, None);
        session.narrator = Some(Narrator::from_now(session.engine.world()));
        session
    }

    /// Lets a beat go by.
    fn beat(session: &mut Session, pace: &mut Pace) {
        session.listen();
        session.advance(pace, Duration::from_millis(300), &mut Breakpoints::default());
    }

    #[test]
    fn after_a_deed_each_step_has_a_beat_and_before_it_nothing_is_told() {
        let (mut session, mut pace) = (session(), Pace::default());
        (0..5).for_each(|_| beat(&mut session, &mut pace));
        assert_eq!(session.told(), None, "nobody did anything");
        let target = session.engine.world().list(Kind::Pod, None).next().unwrap().reference();
        let call = Call::Delete { target, options: DeleteOptions::default() };
        session.apply(Input::new("key", "you deleted a pod", Act::Api(call))).unwrap();
        session.listen();
        let mut told: Vec<(String, &str)> = Vec::new();
        let mut last = None;
        for _ in 0..200 {
            if let Some(event) = session.told().filter(|told| last != Some(*told)) {
                last = Some(event);
                let event = session.engine.world().event(event).unwrap();
                assert_eq!(event.at, session.engine.now(), "the screen shows the instant that is told of");
                told.push((event.component.to_string(), event.data.kind()));
            }
            beat(&mut session, &mut pace);
        }
        let place = |who: &str, what: &str| {
            let found = told.iter().position(|(component, kind)| component == who && *kind == what);
            found.unwrap_or_else(|| panic!("{who} {what} is not told: {told:?}"))
        };
        let chain = [
            place("you", "input"),
            place("controller/replicaset", "compare"),
            place("controller/replicaset", "act"),
            place("scheduler", "compare"),
            place("scheduler", "bind"),
        ];
        assert!(chain.is_sorted(), "{told:?}");
        assert!(
            told.iter().any(|(who, what)| who.starts_with("runtime/") && *what == "container"),
            "{told:?}"
        );
        assert!(told.len() < STEPS, "not every look is told: {}", told.len());
        assert!(session.told().is_none() && is_settled(session.engine.world()), "it ends when all is well");
    }
}
