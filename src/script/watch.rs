//! What is looked at after every instant, so that the past can be asked about.

use crate::engine::World;
use crate::expression::{Expression, Moments, Stamp};
use crate::time::VirtualTime;
use crate::trace::{Class, Data, EventId};

/// A time in which an expression that must always hold did not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Miss {
    pub(super) at: VirtualTime,
    /// When it held again, if it does.
    until: Option<VirtualTime>,
    /// The operands and their values.
    pub(super) operands: String,
    /// What was written last.
    pub(super) after: Option<EventId>,
}

/// An expression that must always hold, and when it did not.
#[derive(Clone, Debug)]
struct Always {
    expression: Expression,
    /// The first miss of each time that it ceased to hold.
    misses: Vec<Miss>,
    held: bool,
    /// What its value can depend on, when it was last looked at.
    seen: Option<Stamp>,
}

/// Everything that is looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    pub(super) moments: Moments,
    series: Vec<(Expression, Option<Stamp>)>,
    always: Vec<Always>,
}

impl Watch {
    /// Looks at these histories and promises from now on.
    pub(super) fn new(start: VirtualTime, series: Vec<Expression>, always: Vec<Expression>) -> Self {
        let always = always.into_iter();
        let always =
            always.map(|expression| Always { expression, misses: Vec::new(), held: true, seen: None });
        let series = series.into_iter().map(|expression| (expression, None)).collect();
        Self { moments: Moments { start, ..Moments::default() }, series, always: always.collect() }
    }

    /// Looks at the instant, at what can have changed since the last look.
    pub(super) fn observe(&mut self, world: &World) {
        let changed = |expression: &Expression, seen: &mut Option<Stamp>| {
            let now = Some(expression.stamp(world));
            std::mem::replace(seen, now) != now
        };
        for (expression, seen) in &mut self.series {
            if changed(expression, seen) {
                self.moments.observe([&*expression], world);
            }
        }
        for always in &mut self.always {
            if !changed(&always.expression, &mut always.seen) {
                continue;
            }
            let outcome = always.expression.evaluate(world, &self.moments);
            let holds = outcome.holds();
            if always.held && !holds {
                let operands = outcome.why_not();
                let (at, after) = (world.now(), last_write(world));
                always.misses.push(Miss { at, until: None, operands, after });
            }
            if let (false, true, Some(miss)) = (always.held, holds, always.misses.last_mut()) {
                miss.until = Some(world.now());
            }
            always.held = holds;
        }
    }

    /// The first miss of a promise since an instant; one that began before and lasted beyond it counts.
    pub(super) fn miss(&self, expression: &Expression, since: VirtualTime) -> Option<&Miss> {
        let always = self.always.iter().find(|always| always.expression.source() == expression.source())?;
        always.misses.iter().find(|miss| miss.at >= since || miss.until.is_none_or(|until| until > since))
    }
}

/// The last write that is no Event, Lease or the like: the nearest thing to a cause that one instant shows.
pub(crate) fn last_write(world: &World) -> Option<EventId> {
    use crate::object::Kind;
    let events = world.log().of_class(Class::Decision).rev();
    let mut writes = events.filter(|event| {
        matches!(event.data, Data::Write { .. })
            && event.object.as_ref().is_some_and(|object| !matches!(object.kind, Kind::Event | Kind::Lease))
    });
    writes.next().map(|event| event.id)
}
