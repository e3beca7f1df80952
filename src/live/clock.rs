//! Wall time becomes virtual time: as the pace says, up to a breakpoint, or on an errand to the next event.
//!
//! However far the clock is to go, one stride takes only a moment of wall time, so that keys are answered.

use std::time::{Duration, Instant};

use super::narrator::Narrator;
use super::session::Session;
use crate::engine::{Branch, Journal, Turn};
use crate::expression::{Breakpoints, Hit};
use crate::time::{Span, VirtualTime};
use crate::trace::EventId;
use crate::tui::Goal;
use crate::tui::pace::{Pace, Stride};

/// The wall time that one stride may take.
const STRIDE_MAX: Duration = Duration::from_millis(40);
/// An errand goes at most so far.
const FARTHEST: Span = Span::secs(3600);

/// The clock was sent to an event.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    goal: Goal,
    until: VirtualTime,
}

/// Where the clock is to stop whatever its pace: at the next write, or at an instant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Halt {
    /// The revision of etcd that is known.
    pub(super) revision: u64,
    /// The instant.
    pub(super) at: VirtualTime,
}

/// What a stride came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// Nothing was handled.
    Nowhere,
    /// On.
    On,
    /// To the event that it was sent to.
    There,
    /// To the end of the time that it was given for that; there is no such event.
    TooFar,
    /// To where it was to stop whatever its pace.
    Halted,
    /// To a breakpoint.
    Break(Hit),
}

impl Session {
    /// Sends the clock to the next event like this.
    pub(super) fn send_to(&mut self, goal: Goal) {
        self.errand = Some(Errand { goal, until: self.engine.now() + FARTHEST });
    }

    /// Lets time go on: on the errand if there is one, else as the pace says.
    pub(super) fn advance(&mut self, pace: &mut Pace, elapsed: Duration, breaks: &mut Breakpoints) -> Came {
        if self.is_held() {
            self.errand = None;
            return Came::Nowhere;
        }
        if let Some(errand) = self.errand.take() {
            return self.run_errand(errand, breaks);
        }
        match pace.stride(elapsed, self.engine.world(), self.is_busy()) {
            Stride::Stay => Came::Nowhere,
            Stride::Until(until) => self.run_until(until, breaks),
            Stride::Wait(until) => self.wait_until(until, breaks),
            Stride::Beat if self.is_telling() => self.tell_next(breaks),
            Stride::Beat => {
                let limit = self.engine.now() + FARTHEST;
                let goal = |event: &crate::trace::Event| event.class() == crate::trace::Class::Decision;
                match self.run_to(limit, None, goal, breaks) {
                    stopped @ (Came::Break(_) | Came::Halted) => stopped,
                    _ => match self.run_until(self.engine.now() + Pace::together(), breaks) {
                        stopped @ (Came::Break(_) | Came::Halted) => stopped,
                        _ => Came::On,
                    },
                }
            }
            Stride::Flat(wall) => {
                let began = Instant::now();
                while began.elapsed() < wall {
                    match self.step(VirtualTime::NEVER, breaks) {
                        Step::Break(hit) => return Came::Break(hit),
                        Step::Halted => return Came::Halted,
                        Step::Nothing => break,
                        Step::Done => {}
                    }
                }
                Came::On
            }
        }
    }

    /// Whether something is under way, or happened and is still to be told.
    pub(super) fn is_busy(&self) -> bool {
        let world = self.engine.world();
        !world.is_quiet() || self.narrator.as_ref().is_some_and(|narrator| narrator.is_behind(world))
    }

    fn is_telling(&self) -> bool {
        self.narrator.as_ref().is_some_and(Narrator::is_on)
    }

    /// The step that is told now, if steps are told one by one.
    pub(super) fn told(&self) -> Option<EventId> {
        self.narrator.as_ref().filter(|narrator| narrator.is_on()).and_then(Narrator::told)
    }

    /// Takes in what was done since the last time: what follows from it is told.
    pub(super) fn listen(&mut self) {
        if let Some(narrator) = &mut self.narrator {
            narrator.listen(self.engine.world());
        }
    }

    /// On to the next step that is told, or until nothing is under way.
    fn tell_next(&mut self, breaks: &mut Breakpoints) -> Came {
        let began = Instant::now();
        loop {
            let world = self.engine.world();
            let told = self.narrator.as_mut().is_some_and(|narrator| narrator.go_on(world));
            if told || world.is_quiet() || began.elapsed() > STRIDE_MAX {
                return Came::On;
            }
            match self.step(VirtualTime::NEVER, breaks) {
                Step::Break(hit) => return Came::Break(hit),
                Step::Halted => return Came::Halted,
                Step::Nothing => return Came::On,
                Step::Done => {}
            }
        }
    }

    /// Lets time go by until an instant, or until something begins.
    fn wait_until(&mut self, until: VirtualTime, breaks: &mut Breakpoints) -> Came {
        let began = Instant::now();
        let mut stepped = Came::Nowhere;
        while self.engine.world().is_quiet() && began.elapsed() < STRIDE_MAX {
            match self.step(until, breaks) {
                Step::Break(hit) => return Came::Break(hit),
                Step::Halted => return Came::Halted,
                Step::Nothing => {
                    self.engine.run_until(until);
                    self.observe();
                    return stepped;
                }
                Step::Done => stepped = Came::On,
            }
        }
        stepped
    }

    fn run_errand(&mut self, errand: Errand, breaks: &mut Breakpoints) -> Came {
        let goal = errand.goal.clone();
        let reached = |event: &crate::trace::Event| goal.is_reached_by(event);
        let came = self.run_to(errand.until, Some(Instant::now()), reached, breaks);
        if came == Came::On {
            self.errand = Some(errand);
        }
        came
    }

    /// Runs to an event, at most until an instant, and for a stride only if it began at a moment of wall time.
    fn run_to(
        &mut self,
        until: VirtualTime,
        began: Option<Instant>,
        reached: impl Fn(&crate::trace::Event) -> bool,
        breaks: &mut Breakpoints,
    ) -> Came {
        loop {
            let before = self.engine.world().log().last_id().unwrap_or_default();
            match self.step(until, breaks) {
                Step::Break(hit) => return Came::Break(hit),
                Step::Halted => return Came::Halted,
                Step::Nothing => return Came::TooFar,
                Step::Done => {}
            }
            if self.engine.world().log().oldest_first(before).any(|event| reached(event)) {
                return Came::There;
            }
            if began.is_some_and(|began| began.elapsed() > STRIDE_MAX) {
                return Came::On;
            }
        }
    }

    fn run_until(&mut self, until: VirtualTime, breaks: &mut Breakpoints) -> Came {
        let began = Instant::now();
        let mut stepped = Came::Nowhere;
        loop {
            match self.step(until, breaks) {
                Step::Break(hit) => return Came::Break(hit),
                Step::Halted => return Came::Halted,
                Step::Nothing => break,
                Step::Done => stepped = Came::On,
            }
            if began.elapsed() > STRIDE_MAX {
                return stepped;
            }
        }
        self.engine.run_until(until);
        self.observe();
        stepped
    }

    /// Lets time go on to an instant, however long that takes.
    pub(super) fn go_on_until(&mut self, until: VirtualTime, breaks: &mut Breakpoints) -> Came {
        while !self.is_held() && self.engine.now() < until {
            if let Came::Break(hit) = self.run_until(until, breaks) {
                return Came::Break(hit);
            }
        }
        Came::On
    }

    /// Handles the next instant up to `until`, unless a breakpoint comes first.
    fn step(&mut self, until: VirtualTime, breaks: &mut Breakpoints) -> Step {
        // A lesson may have something to do at a time at which nothing else is due.
        self.break_at_random();
        let own = self.lesson.as_ref().and_then(|lesson| lesson.next_time());
        let halt = self.halt.map(|halt| halt.at);
        let own =
            own.into_iter().chain(self.next_chaos()).chain(halt).filter(|own| *own > self.engine.now()).min();
        let next = self.engine.world().next_time().into_iter().chain(own).min().filter(|next| *next <= until);
        if !breaks.is_empty() {
            // Time alone may make an expression true before anything is due.
            let idle = next.map_or(until, |next| VirtualTime::from_micros(next.micros().saturating_sub(1)));
            let idle = if idle == VirtualTime::NEVER { self.engine.now() } else { idle };
            if let Some(at) = breaks.turns_before(self.engine.world(), idle) {
                self.engine.run_until(at);
                if let Some(hit) = breaks.look(self.engine.world()) {
                    return Step::Break(hit);
                }
            }
        }
        let Some(next) = next else { return Step::Nothing };
        match self.engine.world().next_time().is_some_and(|due| due <= next) {
            true => drop(self.engine.step_instant()),
            false => self.engine.run_until(next),
        }
        self.observe();
        if let Some(hit) = breaks.look(self.engine.world()) {
            return Step::Break(hit);
        }
        let (now, revision) = (self.engine.now(), self.engine.world().revision());
        match self.halt.take_if(|halt| halt.at <= now || halt.revision != revision) {
            Some(_) => Step::Halted,
            None => Step::Done,
        }
    }

    /// Goes back to an instant. The future that is left becomes a branch of this name, in the journal too.
    pub(super) fn fork(&mut self, at: VirtualTime, name: &str) -> Branch {
        self.journal_end();
        let left = self.engine.fork(at).named(name);
        self.write(&Journal::turn(&Turn::Fork { fork_us: at, kept: left.name.clone() }));
        left
    }

    /// Goes on with a branch that was left; the present run becomes a branch of this name.
    pub(super) fn take_up(&mut self, branch: Branch, name: &str) -> Branch {
        self.journal_end();
        let turn = Turn::TakeUp { take_up: branch.name.clone(), kept: name.into() };
        let left = self.engine.take_up(branch).named(name);
        self.write(&Journal::turn(&turn));
        left
    }
}

/// What one step came to.
enum Step {
    Done,
    /// It is where it was to stop.
    Halted,
    /// Nothing is due.
    Nothing,
    Break(Hit),
}
