//! Hints: three levels, fitting what the learner did, quiet unless asked for or stuck.

use crate::lessons::lesson::{Hint, Step};
use crate::lessons::pattern::Look;
use crate::time::{Span, VirtualTime};

/// After so long without anything useful the learner may be stuck.
pub const STUCK: Span = Span::secs(60);
/// Nobody gets stuck from one instant to the next: so often is looked.
const LOOK_EVERY: Span = Span::secs(1);

/// Where to look, what to use, what to do.
const LEVELS: u8 = 3;

/// A hint that was given.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Given {
    /// 1 where to look, 2 what to use, 3 what to do.
    pub level: u8,
    /// What it says.
    pub text: String,
    /// What it says in plain mode, if that is something else.
    #[serde(skip)]
    plain: Option<String>,
    #[serde(skip)]
    index: usize,
}

impl Given {
    /// What it says where lines are typed, or where keys are pressed.
    pub fn in_face(&self, typed: bool) -> &str {
        self.plain.as_deref().filter(|_| typed).unwrap_or(&self.text)
    }
}

/// The hints of the step.
#[derive(Clone, Debug, Default)]
pub(super) struct Help {
    given: Vec<Given>,
    presses: u8,
    /// When was looked whether somebody is stuck.
    looked: Option<VirtualTime>,
    /// How many were asked for, over all steps.
    pub(super) asked: u32,
}

impl Help {
    /// A step begins.
    pub(super) fn begin(&mut self) {
        self.given.clear();
        self.presses = 0;
        self.looked = None;
    }

    pub(super) fn given(&self) -> &[Given] {
        &self.given
    }

    /// Looks at an instant: a hint for those who are stuck comes by itself.
    pub(super) fn look(&mut self, step: Option<&Step>, look: &Look) {
        let now = look.world.now();
        if self.looked.is_some_and(|looked| now >= looked && now.since(looked) < LOOK_EVERY) {
            return;
        }
        self.looked = Some(now);
        for (index, hint) in step.into_iter().flat_map(|step| &step.hints).enumerate() {
            let Some(when) = hint.when.as_ref().filter(|_| hint.by_itself) else { continue };
            if !self.is_given(index) && look.holds(when) {
                self.give(index, hint, look);
            }
        }
    }

    /// The learner asks, for the n-th time: hints up to level n are given, first one that fits what was done. A press
    /// for which there is nothing goes one level further at once. Returns what is new, or nothing if all is said.
    pub(super) fn ask(&mut self, step: &Step, look: &Look) -> Option<Given> {
        let first = self.presses + 1;
        let (index, hint) = (first..=first.max(LEVELS)).find_map(|presses| {
            self.presses = presses.min(LEVELS);
            self.next(step, look)
        })?;
        self.give(index, hint, look);
        self.asked += 1;
        self.given.last().cloned()
    }

    /// The next hint up to the level that was asked for.
    fn next<'a>(&self, step: &'a Step, look: &Look) -> Option<(usize, &'a Hint)> {
        let hints = step.hints.iter().enumerate();
        let left: Vec<(usize, &Hint)> =
            hints.filter(|(index, hint)| hint.level <= self.presses && !self.is_given(*index)).collect();
        let fits = |hint: &Hint| hint.when.as_ref().is_some_and(|when| !hint.by_itself && look.holds(when));
        let free = left.iter().filter(|(_, hint)| hint.is_for_everybody());
        let fitting = left.iter().find(|(_, hint)| fits(hint));
        fitting.or_else(|| free.min_by_key(|(index, hint)| (hint.level, *index))).copied()
    }

    fn is_given(&self, index: usize) -> bool {
        self.given.iter().any(|given| given.index == index)
    }

    fn give(&mut self, index: usize, hint: &Hint, look: &Look) {
        let text = hint.say.render(look.world, look.moments, &[]);
        let plain = hint.plain.as_ref().map(|plain| plain.render(look.world, look.moments, &[]));
        self.given.push(Given { level: hint.level, text, plain, index });
    }
}
