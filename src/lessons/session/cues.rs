//! What happens by itself: the steps of a lesson's script, each when its cue comes.

use crate::engine::World;
use crate::expression::{Depends, Expression, Moments};
use crate::lessons::pattern::concerns;
use crate::script::{Action, Cue, Step};
use crate::time::VirtualTime;

/// Steps that follow one cue.
#[derive(Clone, Debug)]
struct Thread {
    steps: Vec<Step>,
    next: usize,
    /// What the next step waits for.
    wait: Wait,
    /// Whether nobody has looked yet whether it came.
    fresh: bool,
}

#[derive(Clone, Debug)]
enum Wait {
    Until(VirtualTime),
    For(Box<Expression>, VirtualTime),
}

/// The steps that are still to come.
#[derive(Clone, Debug, Default)]
pub(super) struct Cues {
    threads: Vec<Thread>,
}

impl Cues {
    /// Takes in the steps of a script that begins now: those before the first cue follow each other at once.
    pub(super) fn begin(&mut self, steps: &[Step], now: VirtualTime) {
        let cued = |step: &Step| match &step.cue {
            Cue::Next => None,
            Cue::At(at) => Some(Wait::Until(now + *at)),
            Cue::When(when) => Some(Wait::For(Box::new(when.clone()), VirtualTime::NEVER)),
        };
        let first = self.threads.len();
        for step in steps {
            match (cued(step), self.threads.get_mut(first..).and_then(<[Thread]>::last_mut)) {
                (None, Some(thread)) => thread.steps.push(step.clone()),
                (wait, _) => {
                    let wait = wait.unwrap_or(Wait::Until(now));
                    self.threads.push(Thread { steps: vec![step.clone()], next: 0, wait, fresh: true });
                }
            }
        }
    }

    /// Whether nothing is to come any more.
    pub(super) fn is_empty(&self) -> bool {
        self.threads.is_empty()
    }

    /// The next step whose moment has come. Waiting is done here, so it is always one that acts. `changed` says
    /// whether facts may have changed since somebody last asked.
    pub(super) fn due(&mut self, world: &World, moments: &Moments, changed: Depends) -> Option<Step> {
        let now = world.now();
        for thread in &mut self.threads {
            while thread.next < thread.steps.len() {
                let ready = match &thread.wait {
                    Wait::Until(at) => *at <= now,
                    Wait::For(expression, until) => {
                        let concerned = thread.fresh || concerns(changed, expression);
                        *until <= now || (concerned && expression.evaluate(world, moments).holds())
                    }
                };
                thread.fresh = false;
                if !ready {
                    break;
                }
                // Its moment has come, so it has no cue any more.
                let step = Step { cue: Cue::Next, ..thread.steps[thread.next].clone() };
                thread.next += 1;
                thread.fresh = true;
                thread.wait = match &step.action {
                    Action::After(span) => Wait::Until(now + *span),
                    Action::Wait { until, max } => Wait::For(Box::new(until.clone()), now + *max),
                    Action::Break(until) => Wait::For(Box::new(until.clone()), VirtualTime::NEVER),
                    _ => {
                        thread.wait = Wait::Until(now);
                        return Some(step);
                    }
                };
            }
        }
        self.threads.retain(|thread| thread.next < thread.steps.len());
        None
    }

    /// When the next step is due at a fixed time.
    pub(super) fn next_time(&self) -> Option<VirtualTime> {
        let times = self.threads.iter().map(|thread| match thread.wait {
            Wait::Until(at) | Wait::For(_, at) => at,
        });
        times.min().filter(|at| *at < VirtualTime::NEVER)
    }
}

/// The earlier of two moments that may not come.
pub(super) fn earlier(a: Option<VirtualTime>, b: Option<VirtualTime>) -> Option<VirtualTime> {
    a.into_iter().chain(b).min()
}
