//! Breakpoints: expressions at which a running clock stops, exactly at the instant when they become true.
//!
//! An expression that is true already stops nothing; it must become false first. Between two instants only time
//! itself changes, so an expression that asks for `t` is looked at there, too ([`Breakpoints::turns_before`]).

use super::{Expression, ExpressionError, Moments};
use crate::engine::World;
use crate::time::VirtualTime;

/// How exactly the moment is found at which time alone makes an expression true, in microseconds.
const EXACT: u64 = 1;

/// An expression and whether it held when it was last looked at.
#[derive(Clone, Debug)]
pub struct Breakpoint {
    expression: Expression,
    held: bool,
    moments: Moments,
}

impl Breakpoint {
    /// As it was written.
    pub fn source(&self) -> &str {
        self.expression.source()
    }

    /// Whether it held when it was last looked at.
    pub fn holds(&self) -> bool {
        self.held
    }

    fn look(&mut self, world: &World) -> bool {
        let inner: Vec<Expression> = self.expression.inner().to_vec();
        self.moments.observe(&inner, world);
        let holds = self.expression.evaluate(world, &self.moments).holds();
        let became = holds && !self.held;
        self.held = holds;
        became
    }

    fn asks_for_time(&self) -> bool {
        self.expression.mentions("t") || self.expression.inner().iter().any(|inner| inner.mentions("t"))
    }
}

/// A breakpoint was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The expression.
    pub source: String,
    /// When.
    pub at: VirtualTime,
    /// Its operands and their values.
    pub values: String,
}

impl Hit {
    /// `stopped at 00:12.3: pods('app=web').ready < 3 (pods('app=web').ready = 2)`.
    pub fn text(&self) -> String {
        format!("stopped at {}: {}  ({})", self.at, self.source, self.values)
    }
}

/// The breakpoints of a session.
#[derive(Clone, Debug, Default)]
pub struct Breakpoints {
    list: Vec<Breakpoint>,
    /// What most expressions' values can depend on, when they were last looked at.
    seen: Option<(u64, bool)>,
}

impl Breakpoints {
    /// Adds one.
    ///
    /// # Errors
    /// When the text is no expression.
    pub fn add(&mut self, source: &str, world: &World) -> Result<(), ExpressionError> {
        let expression = Expression::parse(source)?;
        let mut breakpoint = Breakpoint { expression, held: false, moments: Moments::default() };
        breakpoint.look(world);
        self.list.push(breakpoint);
        self.seen = None;
        Ok(())
    }

    /// Takes one away, by its place from 0.
    pub fn remove(&mut self, index: usize) -> Option<Breakpoint> {
        (index < self.list.len()).then(|| self.list.remove(index))
    }

    /// Takes all of them away.
    pub fn clear(&mut self) {
        self.list.clear();
    }

    /// All of them.
    pub fn list(&self) -> &[Breakpoint] {
        &self.list
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Looks at an instant that was just reached. Returns the first one that became true there.
    pub fn look(&mut self, world: &World) -> Option<Hit> {
        if self.list.is_empty() {
            return None;
        }
        let now = (world.revision(), world.is_quiet());
        let same =
            self.seen == Some(now) && world.traffic().is_none_or(|traffic| traffic.services.is_empty());
        self.seen = Some(now);
        let mut hit = None;
        for breakpoint in self.list.iter_mut().filter(|breakpoint| !same || breakpoint.asks_for_time()) {
            if breakpoint.look(world) && hit.is_none() {
                let values = breakpoint.expression.evaluate(world, &breakpoint.moments).operands_text();
                hit = Some(Hit { source: breakpoint.source().to_owned(), at: world.now(), values });
            }
        }
        hit
    }

    /// The first moment up to `until` at which the mere passing of time makes an expression true; nothing may be
    /// due before.
    pub fn turns_before(&self, world: &World, until: VirtualTime) -> Option<VirtualTime> {
        let asking = self.list.iter().filter(|breakpoint| breakpoint.asks_for_time() && !breakpoint.held);
        asking.filter_map(|breakpoint| turn(breakpoint, world, until)).min()
    }
}

/// The moment at which one becomes true, found by halving. One that is true for a moment only is not found.
fn turn(breakpoint: &Breakpoint, world: &World, until: VirtualTime) -> Option<VirtualTime> {
    let holds =
        |at: VirtualTime| breakpoint.expression.evaluate(&world.idle_until(at), &breakpoint.moments).holds();
    if until <= world.now() || !holds(until) {
        return None;
    }
    let (mut before, mut after) = (world.now().micros(), until.micros());
    while after - before > EXACT {
        let middle = before + (after - before) / 2;
        match holds(VirtualTime::from_micros(middle)) {
            true => after = middle,
            false => before = middle,
        }
    }
    Some(VirtualTime::from_micros(after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ClusterConfig;
    use crate::time::Span;

    #[test]
    fn time_alone_makes_an_expression_true_at_its_exact_moment() {
        let world = World::new(ClusterConfig::with_nodes(1, 7));
        let mut breakpoints = Breakpoints::default();
        breakpoints.add("t >= 2.5", &world).expect("an expression");
        let later = VirtualTime::ZERO + Span::secs(60);
        assert_eq!(breakpoints.turns_before(&world, later), Some(VirtualTime::ZERO + Span::millis(2_500)));
        assert_eq!(breakpoints.turns_before(&world, VirtualTime::ZERO + Span::secs(2)), None);
    }

    #[test]
    fn what_is_true_already_stops_nothing() {
        let world = World::new(ClusterConfig::with_nodes(1, 7));
        let mut breakpoints = Breakpoints::default();
        breakpoints.add("pods('app=web').count == 0", &world).expect("an expression");
        assert_eq!(breakpoints.look(&world), None);
        assert!(breakpoints.list()[0].holds());
        assert!(breakpoints.add("pods('app=web'", &world).is_err());
        assert_eq!(breakpoints.remove(3).map(|breakpoint| breakpoint.source().to_owned()), None);
        assert!(breakpoints.remove(0).is_some() && breakpoints.is_empty());
    }
}
