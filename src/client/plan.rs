//! What a comparison yields: a verdict in words, and what to do about it.

use smol_str::SmolStr;

use crate::apiserver::{Call, Status};
use crate::object::{Object, ObjectRef};
use crate::time::Span;

/// The result of comparing what is with what is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What is wanted: `4 pods`.
    pub want: SmolStr,
    /// What there is, as far as this component has seen: `3 exist`.
    pub have: SmolStr,
    /// The difference: `-1`, `=`.
    pub gap: SmolStr,
    /// The reason for what follows, also when nothing is to be done.
    pub why: SmolStr,
}

impl Verdict {
    /// A verdict on a number of things: the gap is `have - want`.
    pub fn count(want: i64, have: i64, why: impl Into<SmolStr>) -> Self {
        let gap = match have - want {
            0 => "=".into(),
            difference => smol_str::format_smolstr!("{difference:+}"),
        };
        Self { want: want.to_string().into(), have: have.to_string().into(), gap, why: why.into() }
    }

    /// Nothing is to be done.
    pub fn nothing(why: impl Into<SmolStr>) -> Self {
        Self { want: SmolStr::default(), have: SmolStr::default(), gap: "=".into(), why: why.into() }
    }

    /// Something is to be done.
    pub fn new(
        want: impl Into<SmolStr>,
        have: impl Into<SmolStr>,
        gap: impl Into<SmolStr>,
        why: impl Into<SmolStr>,
    ) -> Self {
        Self { want: want.into(), have: have.into(), gap: gap.into(), why: why.into() }
    }
}

/// A Kubernetes Event to be recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The object that it is about.
    pub about: Object,
    /// The part of the object, if it is about a part: `spec.containers{web}`.
    pub field_path: Option<String>,
    /// `Normal` or `Warning`.
    pub kind: &'static str,
    /// `SuccessfulCreate`.
    pub reason: SmolStr,
    /// The text.
    pub message: String,
    /// What was done, for events of the scheduler's kind: `Binding`.
    pub action: &'static str,
}

impl Note {
    /// An event of type Normal.
    pub fn normal(about: Object, reason: impl Into<SmolStr>, message: impl Into<String>) -> Self {
        Self {
            about,
            field_path: None,
            kind: "Normal",
            reason: reason.into(),
            message: message.into(),
            action: "",
        }
    }

    /// An event of type Warning.
    pub fn warning(about: Object, reason: impl Into<SmolStr>, message: impl Into<String>) -> Self {
        Self { kind: "Warning", ..Self::normal(about, reason, message) }
    }

    /// The same about a part of the object: `spec.containers{web}`.
    pub fn at(mut self, field_path: impl Into<String>) -> Self {
        self.field_path = Some(field_path.into());
        self
    }
}

/// How a write ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was done; with the object as it is now, where the answer holds one.
    Done(Option<Object>),
    /// It was a list: the objects that there are (or that a deletion of many was asked for).
    Listed(Vec<Object>),
    /// It was refused.
    Refused(Box<Status>),
    /// It was not sent, because one before it failed.
    Skipped,
}

impl Outcome {
    /// The refusal, if it is one.
    pub fn refusal(&self) -> Option<&Status> {
        match self {
            Self::Refused(status) => Some(status),
            _ => None,
        }
    }

    /// The object, if it was done and there is one.
    pub fn object(&self) -> Option<&Object> {
        match self {
            Self::Done(object) => object.as_ref(),
            _ => None,
        }
    }
}

/// Makes the Event about an object when it is known how a request ended; none if that is not worth one.
pub type NoteOf = fn(&Object, &Call, &Outcome) -> Option<Note>;

/// A request of a plan.
#[derive(Clone, Debug)]
pub struct Write {
    /// What is asked of the API server.
    pub call: Call,
    /// What that means, in words: `create a pod`.
    pub did: SmolStr,
    /// The Event to be recorded when it is known how the request ended.
    pub note: Option<NoteOf>,
    /// What `note` is told about: the object that the loop works on, as it was observed.
    pub about: Option<Object>,
    /// Whether a refusal is expected and no failure (not found on delete, already exists on create).
    pub tolerate: &'static [&'static str],
    /// Whether it only reports what there is, and decides nothing.
    pub reports: bool,
}

impl Write {
    /// A request without an Event; the write of a status is taken for a report.
    pub fn new(call: Call, did: impl Into<SmolStr>) -> Self {
        let reports = call.subresource() == "status";
        Self { call, did: did.into(), note: None, about: None, tolerate: &[], reports }
    }

    /// The same with an Event that depends on how it ended.
    pub fn noting(mut self, about: Object, note: NoteOf) -> Self {
        self.note = Some(note);
        self.about = Some(about);
        self
    }

    /// The same, where these refusal reasons (`NotFound`, ...) count as done.
    pub fn tolerating(mut self, reasons: &'static [&'static str]) -> Self {
        self.tolerate = reasons;
        self
    }

    /// The same, where what is written into a status is a verdict about something else: a silent node is
    /// marked Unknown.
    pub fn deciding(mut self) -> Self {
        self.reports = false;
        self
    }
}

/// Local effects of a component that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Never {}

/// One thing to do.
#[derive(Clone, Debug)]
pub enum Effect<L> {
    /// Ask the API server.
    Write(Write),
    /// Ask the API server and go on at once; the answer comes to [`super::Loop::ended`] alone.
    Send(Write),
    /// Record a Kubernetes Event, whatever becomes of the rest.
    Note(Note),
    /// Do something on this machine (kubelet, kube-proxy).
    Local {
        /// What.
        op: L,
        /// In words.
        did: SmolStr,
    },
}

/// Things that are done together. The next step begins when all of them have ended.
#[derive(Clone, Debug)]
pub struct Step<L> {
    /// What is done.
    pub effects: Vec<Effect<L>>,
    /// Whether later steps are left out if something here is refused.
    pub must_succeed: bool,
}

/// What to do about a difference.
#[derive(Clone, Debug)]
pub struct Plan<L = Never> {
    /// The comparison in words.
    pub verdict: Verdict,
    /// What to do, in order. Nothing, most of the time.
    pub steps: Vec<Step<L>>,
    /// Look again after this long even if nothing changes.
    pub again: Option<Span>,
    /// That look is a routine check: it does not go on with the story that led here.
    pub periodic: bool,
    /// For what it then waits, in words; a default is used if empty.
    pub waits_for: SmolStr,
    /// Items to look at next besides this one, after a delay.
    pub wake: Vec<(ObjectRef, Span, SmolStr)>,
    /// The difference as it stands is a failure: look again with growing delay.
    pub failed: Option<SmolStr>,
    /// Title of the story that starts here, if this comparison is the first to notice something.
    pub story: Option<SmolStr>,
}

impl<L> Plan<L> {
    /// A plan that does nothing.
    pub fn idle(verdict: Verdict) -> Self {
        Self {
            verdict,
            steps: Vec::new(),
            again: None,
            periodic: false,
            waits_for: SmolStr::default(),
            wake: Vec::new(),
            failed: None,
            story: None,
        }
    }

    /// Adds a step of one request; later steps are left out if it is refused.
    pub fn then(mut self, write: Write) -> Self {
        self.steps.push(Step { effects: vec![Effect::Write(write)], must_succeed: true });
        self
    }

    /// Adds a step of several requests at once; later steps are left out if one is refused.
    pub fn then_all(mut self, writes: Vec<Write>) -> Self {
        if !writes.is_empty() {
            let effects = writes.into_iter().map(Effect::Write).collect();
            self.steps.push(Step { effects, must_succeed: true });
        }
        self
    }

    /// Adds an Event that is recorded when the steps before are done.
    pub fn noting(mut self, note: Note) -> Self {
        self.steps.push(Step { effects: vec![Effect::Note(note)], must_succeed: true });
        self
    }

    /// Adds something to be done on this machine.
    pub fn locally(mut self, op: L, did: impl Into<SmolStr>) -> Self {
        self.steps.push(Step { effects: vec![Effect::Local { op, did: did.into() }], must_succeed: true });
        self
    }

    /// Looks again after `span`, because of what was found now: a time limit ends, a delay is over.
    pub fn again_after(mut self, span: Span) -> Self {
        if self.again.is_none_or(|other| span <= other) {
            (self.again, self.periodic) = (Some(span), false);
        }
        self
    }

    /// Looks again after `span` as it always does: a routine check, which belongs to no story unless it finds
    /// something. Without that difference a story that was once touched would go on for ever.
    pub fn polling_after(mut self, span: Span) -> Self {
        if self.again.is_none_or(|other| span < other) {
            (self.again, self.periodic) = (Some(span), true);
        }
        self
    }

    /// Says for what it waits afterwards.
    pub fn waiting_for(mut self, what: impl Into<SmolStr>) -> Self {
        self.waits_for = what.into();
        self
    }

    /// Whether there is nothing to do.
    pub fn is_idle(&self) -> bool {
        self.steps.is_empty()
    }
}
