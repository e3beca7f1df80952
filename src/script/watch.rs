//! What is looked at after every instant, so that the past can be asked about.

use super::step::{Action, Step};
use crate::engine::World;
use crate::expression::{Expression, Moments, Stamp};
use crate::time::VirtualTime;
use crate::trace::{Class, Data, EventId};

/// A time in which an expression that must always hold did not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Miss {
    /// When.
    pub(crate) at: VirtualTime,
    /// When it held again, if it does.
    until: Option<VirtualTime>,
    /// The operands and their values.
    pub(crate) operands: String,
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
pub(crate) struct Watch {
    /// What is remembered of the past.
    pub(crate) moments: Moments,
    series: Vec<(Expression, Option<Stamp>)>,
    always: Vec<Always>,
}

impl Watch {
    /// Looks from now on at the histories that these steps ask for, and at what they say must always hold.
    pub(crate) fn of_steps<'a>(start: VirtualTime, steps: impl Iterator<Item = &'a Step>) -> Self {
        let (mut series, mut always) = (Vec::new(), Vec::new());
        for step in steps {
            match &step.action {
                Action::Wait { until: expression, .. }
                | Action::Expect(expression)
                | Action::Break(expression) => {
                    series.extend(expression.inner().iter().cloned());
                }
                Action::ExpectAlways { expression, .. } => {
                    series.extend(expression.inner().iter().cloned());
                    always.push(expression.clone());
                }
                _ => {}
            }
        }
        Self::new(start, series, always)
    }

    /// Looks at a history, too.
    pub(super) fn also(&mut self, expression: &Expression) {
        self.series.extend(expression.inner().iter().cloned().map(|inner| (inner, None)));
    }

    fn new(start: VirtualTime, series: Vec<Expression>, always: Vec<Expression>) -> Self {
        let always = always.into_iter();
        let always =
            always.map(|expression| Always { expression, misses: Vec::new(), held: true, seen: None });
        let series = series.into_iter().map(|expression| (expression, None)).collect();
        Self { moments: Moments { start, ..Moments::default() }, series, always: always.collect() }
    }

    /// Looks at the instant, at what can have changed since the last look.
    pub(crate) fn observe(&mut self, world: &World) {
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

    /// A miss in words.
    pub(crate) fn missed(&self, miss: &Miss) -> String {
        format!("at {:.3} s it did not hold: {}", self.moments.seconds(miss.at), miss.operands)
    }

    /// The first miss of a promise since an instant; one that began before and lasted beyond it counts.
    pub(crate) fn miss(&self, expression: &Expression, since: VirtualTime) -> Option<&Miss> {
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
