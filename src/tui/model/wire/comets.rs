//! What travels on the wire, slow enough to be seen: at least 300 ms a hop, at most about a second behind.

use std::collections::VecDeque;

use smol_str::{SmolStr, format_smolstr};

use crate::engine::{InFlight, World};
use crate::time::VirtualTime;
use crate::trace::{Class, Data, Event, EventId, StoryId};
use crate::tui::motion::Motion;

/// Ticks of the rim (15 a second) that a hop stays on the screen.
const HOP_TICKS: u8 = 5;
/// So many batches may wait; more are drawn as one.
const BEHIND_MAX: usize = 3;
/// So many are drawn at once; more become a number.
const SHOWN_MAX: usize = 3;

/// A message between a component and the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Who: `controller/replicaset`; of a node's components the node.
    pub station: SmolStr,
    /// Whether it goes to the API server.
    pub up: bool,
    /// What: `create Pod`, `Pod MODIFIED`.
    pub label: SmolStr,
    /// The how manieth it is since the newest story began.
    pub number: u32,
}

/// Messages that are drawn at once: the newest, and how many more there are.
#[derive(Clone, Debug, Default)]
struct Batch {
    newest: Vec<Hop>,
    more: usize,
}

impl Batch {
    fn push(&mut self, hop: Hop) {
        self.newest.push(hop);
        if self.newest.len() > SHOWN_MAX {
            self.newest.remove(0);
            self.more += 1;
        }
    }

    /// These after older ones.
    fn after(self, mut older: Self) -> Self {
        older.more += self.more;
        self.newest.into_iter().for_each(|hop| older.push(hop));
        older
    }
}

/// The messages that are drawn, and those that wait to be.
#[derive(Clone, Debug, Default)]
pub struct Comets {
    seen: EventId,
    waiting: VecDeque<Batch>,
    shown: Batch,
    left: u8,
    /// The newest story, and how many messages were seen since it began.
    counted: (StoryId, u32),
}

impl Comets {
    /// Takes in what was sent since the last time. What happened before the first look is not played.
    pub fn feed(&mut self, world: &World) {
        let story = world.stories().next_back().map_or(StoryId(0), |(id, _)| *id);
        if self.counted.0 != story {
            self.counted = (story, 0);
        }
        let last = world.log().of_class(Class::Message).next_back().map_or(EventId(0), |event| event.id);
        if self.seen == EventId(0) || last < self.seen {
            *self = Self { seen: last, counted: self.counted, ..Self::default() };
            return;
        }
        let fresh = world.log().of_class(Class::Message).rev().take_while(|event| event.id > self.seen);
        let mut fresh: Vec<(VirtualTime, Hop)> =
            fresh.filter_map(|event| Some((event.at, hop(event)?))).collect();
        fresh.reverse();
        self.seen = last;
        let mut at = None;
        for (when, mut hop) in fresh {
            self.counted.1 += 1;
            hop.number = self.counted.1;
            match self.waiting.back_mut() {
                Some(batch) if at == Some(when) => batch.push(hop),
                _ => {
                    let mut batch = Batch::default();
                    batch.push(hop);
                    self.waiting.push_back(batch);
                }
            }
            at = Some(when);
        }
        while self.waiting.len() > BEHIND_MAX {
            // Too far behind: the oldest are drawn together with the next ones.
            if let (Some(oldest), Some(next)) = (self.waiting.pop_front(), self.waiting.pop_front()) {
                self.waiting.push_front(next.after(oldest));
            }
        }
        if !self.is_playing() {
            self.next();
        }
    }

    fn next(&mut self) {
        self.shown = self.waiting.pop_front().unwrap_or_default();
        self.left = if self.is_playing() { HOP_TICKS } else { 0 };
    }

    /// Wall time goes by. Returns whether the drawing changes by that: with less motion nothing travels.
    pub fn tick(&mut self, motion: Motion) -> bool {
        if !self.is_playing() {
            return false;
        }
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            self.next();
            return true;
        }
        motion == Motion::Full
    }

    /// Ends what is drawn, and what waits to be.
    pub fn end(&mut self) {
        self.waiting.clear();
        self.next();
    }

    /// Whether something is drawn that will go by itself.
    pub fn is_playing(&self) -> bool {
        !self.shown.newest.is_empty()
    }

    /// How far the drawn ones have come, on a way of so many steps: from 0 to one less.
    pub fn step(&self, steps: usize) -> usize {
        if !self.is_playing() {
            return steps / 2;
        }
        (usize::from(HOP_TICKS - self.left) * steps / usize::from(HOP_TICKS)).min(steps.saturating_sub(1))
    }

    /// The newest messages, and how many more there are.
    pub fn shown(&self) -> (&[Hop], usize) {
        (&self.shown.newest, self.shown.more)
    }
}

/// The messages that are on their way right now, the next to arrive first: what a clock that stands still has in the
/// air.
pub fn in_the_air(world: &World) -> Vec<Hop> {
    let flights = world.in_flight().into_iter();
    let hop = |flight: InFlight| {
        let object = flight.object.filter(|object| !object.kind.is_background())?;
        let up = flight.to == "apiserver";
        let station = station(if up { &flight.from } else { &flight.to });
        Some(Hop {
            station,
            up,
            label: format_smolstr!("{} {}", flight.label, object.kind.name()),
            number: 0,
        })
    };
    let hops = flights.filter_map(hop);
    (1..).zip(hops).map(|(number, hop)| Hop { number, ..hop }).collect()
}

/// The first of some messages, and how many more there are.
pub fn few(hops: &[Hop]) -> (&[Hop], usize) {
    let shown = hops.len().min(SHOWN_MAX);
    (hops.get(..shown).unwrap_or_default(), hops.len() - shown)
}

fn hop(event: &Event) -> Option<Hop> {
    let object = event.object.as_ref().filter(|object| !object.kind.is_background())?;
    let kind = object.kind.name();
    let (up, label) = match &event.data {
        Data::Request { verb, subresource } if subresource.is_empty() => {
            (true, format_smolstr!("{verb} {kind}"))
        }
        Data::Request { verb, subresource } => (true, format_smolstr!("{verb} {kind}/{subresource}")),
        Data::Watch { verb, .. } => (false, format_smolstr!("{kind} {}", verb.name())),
        _ => return None,
    };
    Some(Hop { station: station(&event.component), up, label, number: 0 })
}

/// A node's components share the node's place.
fn station(component: &str) -> SmolStr {
    match component.split_once('/') {
        Some(("kubelet" | "kube-proxy", node)) => node.into(),
        _ => component.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::apiserver::Call;
    use crate::engine::driver::Inline;
    use crate::engine::{Act, ClusterConfig, Engine, Input};
    use crate::object::Object;
    use crate::time::Span;

    fn hops(count: usize) -> Batch {
        let mut batch = Batch::default();
        let hop =
            |index| Hop { station: format_smolstr!("c{index}"), up: true, label: "x".into(), number: 0 };
        (0..count).for_each(|index| batch.push(hop(index)));
        batch
    }

    #[test]
    fn what_waits_too_long_is_drawn_with_what_follows_and_only_the_newest_by_itself() {
        let both = hops(1).after(hops(4));
        assert_eq!((both.newest.len(), both.more), (SHOWN_MAX, 2));
        assert_eq!(both.newest[SHOWN_MAX - 1].station, "c0", "the later batch comes last");
    }

    #[test]
    fn a_hop_is_seen_for_300_ms_and_then_the_next_one() {
        let mut comets = Comets { waiting: [hops(1), hops(5)].into(), ..Comets::default() };
        comets.next();
        assert_eq!(comets.shown().0.len(), 1);
        (0..HOP_TICKS).for_each(|_| assert!(comets.tick(Motion::Full)));
        assert_eq!((comets.shown().0.len(), comets.shown().1), (SHOWN_MAX, 2));
        (0..HOP_TICKS).for_each(|_| assert!(comets.tick(Motion::Full)));
        assert!(!comets.is_playing() && !comets.tick(Motion::Full));
    }

    #[test]
    fn the_numbers_of_messages_go_on_through_a_story_and_begin_anew_with_the_next() {
        let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
        assert!(engine.run_while(Span::secs(60), crate::script::is_up));
        let mut comets = Comets::default();
        comets.feed(engine.world());
        for story in 0..2 {
            let container = json!({"name": "web", "image": "pizza/login:1.2.3"});
            let pod = json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": format!("web-{story}"), "namespace": "default"},
                "spec": {"containers": [container]},
            });
            let call = Call::Create { object: Object::from_value(pod).unwrap(), dry_run: false };
            engine.apply(Input::new("test", "it begins", Act::Api(call)));
            let mut numbers = Vec::new();
            for _ in 0..400 {
                engine.run_until(engine.now() + Span::millis(5));
                comets.feed(engine.world());
                numbers.extend(comets.shown().0.iter().map(|hop| hop.number));
                comets.tick(Motion::Reduced);
            }
            // Of many messages of one instant only the newest are drawn.
            assert!(numbers.first().is_some_and(|first| *first < 20), "it begins anew: {numbers:?}");
            assert!(numbers.last().is_some_and(|last| *last > 40), "it goes on: {numbers:?}");
        }
    }
}
