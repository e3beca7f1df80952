//! Waiting for an expression, and expecting that it holds.

use super::report::Held;
use super::run::{Runner, Stop};
use super::step::{Since, Step};
use super::watch::last_write;
use crate::engine::World;
use crate::expression::Expression;
use crate::time::Span;
use crate::trace::{EventId, text};

impl Runner<'_> {
    pub(super) fn wait(&mut self, until: &Expression, max: Span, step: &Step) -> Result<(), Stop> {
        let began = self.engine.now();
        let mut watch = std::mem::take(&mut self.watch);
        let on_more = until.depends().on_more();
        let mut seen = None;
        let mut last = false;
        let mut reached = |world: &World| {
            watch.observe(world);
            let now = until.stamp(world);
            if seen != Some(now) || on_more {
                seen = Some(now);
                last = until.evaluate(world, &watch.moments).holds();
            }
            last
        };
        let reached = self.advance_with(max, &mut reached);
        self.watch = watch;
        let what = format!("wait until {}", until.source());
        if reached {
            self.find(step, what, Held::Held, String::new(), Vec::new());
            return Ok(());
        }
        let outcome = until.evaluate(self.engine.world(), &self.watch.moments);
        if outcome.no_truth().is_some() {
            return Err(self.refused(step, format!("`{}`: {}", until.source(), outcome.why_not())));
        }
        let limit = match self.engine.now() {
            now if now < began + max => format!("not before the time was over, at {now}"),
            _ => format!("not within {max}"),
        };
        let why = self.why_not(until);
        Err(self.not_reached(step, what, format!("{limit}: {}", outcome.why_not()), why))
    }

    pub(super) fn expect(&mut self, expression: &Expression, step: &Step) -> Result<(), Stop> {
        let outcome = expression.evaluate(self.engine.world(), &self.watch.moments);
        if outcome.no_truth().is_some() {
            return Err(self.refused(step, format!("`{}`: {}", expression.source(), outcome.why_not())));
        }
        let (held, detail, why) = match outcome.holds() {
            true => (Held::Held, String::new(), Vec::new()),
            false if outcome.value.is_err() => (Held::Failed, outcome.why_not(), Vec::new()),
            false => (Held::Failed, outcome.why_not(), self.why_not(expression)),
        };
        self.find(step, expression.source().to_owned(), held, detail, why);
        Ok(())
    }

    pub(super) fn expect_always(
        &mut self,
        expression: &Expression,
        since: Since,
        step: &Step,
    ) -> Result<(), Stop> {
        let since = match since {
            Since::Start => self.watch.moments.start,
            Since::Step => self.began,
        };
        let miss = self.watch.miss(expression, since).cloned();
        let what = format!("always {}", expression.source());
        match miss {
            None => self.find(step, what, Held::Held, String::new(), Vec::new()),
            Some(miss) => {
                let at = self.watch.moments.seconds(miss.at.max(since));
                let why = self.why(miss.after);
                self.find(
                    step,
                    what,
                    Held::Failed,
                    format!("at {at:.3} s it did not hold: {}", miss.operands),
                    why,
                );
            }
        }
        Ok(())
    }

    /// What led to the last change, if the objects have a say in an expression.
    fn why_not(&self, expression: &Expression) -> Vec<String> {
        let asks = expression.depends().objects;
        self.why(asks.then(|| last_write(self.engine.world())).flatten())
    }

    fn why(&self, event: Option<EventId>) -> Vec<String> {
        let world = self.engine.world();
        let chain = event.map(|event| world.why_briefly(event)).unwrap_or_default();
        chain.iter().map(|event| format!("{} {}", event.at, text::sentence(event))).collect()
    }
}
