//! Patterns over the trace: what must have happened, or must not.
//!
//! | pattern | matches |
//! |---|---|
//! | `{write: KIND/NAME, field: PATH, from: V, to: V}` | the object was created or changed (in that field) |
//! | `{create: KIND/NAME}`, `{delete: KIND/NAME}`, `{gone: KIND/NAME}` | it is new; its deletion was asked for; etcd removed it |
//! | `{condition: KIND/NAME, TYPE: "STATUS", reason: R}` | a write after which it has that condition |
//! | `{event: REASON, on: KIND/NAME, message: TEXT}` | a Kubernetes Event was recorded |
//! | `{bind: Pod/NAME, to: NODE}` | a pod got its node |
//! | `{container: CHANGE, of: Pod/NAME, code: N, reason: R}` | `pulling`, `pulled`, `pull-failed`, `created`, `started`, `signalled`, `exited`, `back-off`, `removed` |
//! | `{probe: KIND, of: Pod/NAME, passed: true}` | a probe's result turned |
//! | `{machine: NODE, is: power-off}` | `power-on`, `power-off`, `kubelet-stopped`, `kubelet-started` |
//! | `{fault: TEXT}` | a component stopped or started, a link was cut or healed: its words |
//! | `{act: TEXT}` | the learner did something with these words in its title |
//! | `{compare: KIND/NAME, idle: false}` | a controller compared |
//!
//! Each takes `by:` (`you`, `lesson`, or a component such as `controller/replicaset`) and the first ones `via:`
//! (`key`, `file`, `kubectl`, `script`). NAME may have `*` in it, or be a label selector: `Pod/app=web`. A
//! namespace other than `default` stands between: `Pod/shop/web`.

use std::sync::Arc;

use serde_json::Value;

use super::glob::{Glob, Target};
use super::session::LearnerFiles;
use crate::engine::{VIA_BOOT, World};
use crate::etcd::Record;
use crate::expression::{Depends, Expression, Learner, Moments};
use crate::manifests::FieldPath;
use crate::object::Kind;
use crate::time::VirtualTime;
use crate::trace::{ContainerChange, Data, Event, EventId, NodeChange, Verb};

/// By which way the inputs of a lesson's own script come.
pub(super) const VIA_LESSON: &str = "lesson";

/// Something that happens, or that is so at some moment.
#[derive(Clone, Debug)]
pub enum Trigger {
    /// An event of the trace.
    Happens(Box<Pattern>),
    /// An expression holds.
    Holds(Expression),
}

/// An event of the trace.
#[derive(Clone, Debug)]
pub struct Pattern {
    pub(super) what: What,
    pub(super) by: Option<Glob>,
    pub(super) via: Option<Glob>,
    /// As it was written.
    pub(super) source: String,
}

/// What happens.
#[derive(Clone, Debug)]
pub(super) enum What {
    Write { target: Target, field: Option<FieldPath>, from: Option<Value>, to: Option<Value> },
    Create(Target),
    Delete(Target),
    Gone(Target),
    Condition { target: Target, kind: String, status: String, reason: Option<Glob> },
    Event { reason: Glob, on: Option<Target>, message: Option<String> },
    Bind { target: Target, to: Option<Glob> },
    Container { change: String, of: Option<Target>, code: Option<i32>, reason: Option<Glob> },
    Probe { kind: Glob, of: Option<Target>, passed: bool },
    Machine { node: Glob, is: NodeChange },
    Fault(String),
    Act(String),
    Compare { target: Target, idle: Option<bool> },
}

/// What can be seen at an instant.
pub(super) struct Look<'a> {
    pub(super) world: &'a World,
    pub(super) moments: &'a Moments,
    /// The learner's files.
    pub(super) files: &'a LearnerFiles,
    /// What happened since the last look.
    pub(super) events: &'a [Arc<Event>],
    /// What may have changed since the last look.
    pub(super) changed: Depends,
}

/// Everything may have changed.
pub(super) const EVERYTHING: Depends = Depends { objects: true, time: true, traffic: true, learner: true };
/// Nothing has.
pub(super) const NOTHING: Depends = Depends { objects: false, time: false, traffic: false, learner: false };

/// Whether an expression's value may have changed, given what may have.
pub(super) fn concerns(changed: Depends, expression: &Expression) -> bool {
    let depends = expression.depends();
    depends.time
        || (depends.objects && changed.objects)
        || (depends.traffic && changed.traffic)
        || (depends.learner && changed.learner)
        || changed == EVERYTHING
}

/// When something was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) at: VirtualTime,
    /// The event, if it was one.
    pub(super) event: Option<EventId>,
}

impl Look<'_> {
    /// Whether an expression's value may have changed since the last look.
    pub(super) fn concerns(&self, expression: &Expression) -> bool {
        concerns(self.changed, expression)
    }

    /// Whether it holds now.
    pub(super) fn holds(&self, expression: &Expression) -> bool {
        expression.evaluate(self.world, self.moments).holds()
    }
}

impl Trigger {
    /// As it was written.
    pub fn source(&self) -> &str {
        match self {
            Self::Happens(pattern) => &pattern.source,
            Self::Holds(expression) => expression.source(),
        }
    }

    /// The expression, if it is one.
    pub fn expression(&self) -> Option<&Expression> {
        match self {
            Self::Holds(expression) => Some(expression),
            Self::Happens(_) => None,
        }
    }

    /// The first time that it is seen in this look, after the event `after` if one is given.
    pub(super) fn seen(&self, look: &Look, after: Option<EventId>) -> Option<Hit> {
        match self {
            Self::Happens(pattern) => {
                let later = |event: &&Arc<Event>| after.is_none_or(|after| event.id > after);
                let event =
                    look.events.iter().filter(later).find(|event| pattern.matches(event, look.world))?;
                Some(Hit { at: event.at, event: Some(event.id) })
            }
            Self::Holds(expression) => {
                let holds = look.concerns(expression) && look.holds(expression);
                holds.then(|| Hit { at: look.world.now(), event: None })
            }
        }
    }
}

impl Pattern {
    /// Whether an event is one of these.
    fn matches(&self, event: &Event, world: &World) -> bool {
        self.is(event, world) && self.is_by(event, world) && self.is_via(event, world)
    }

    fn is(&self, event: &Event, world: &World) -> bool {
        let about = |target: &Target| event.object.as_ref().is_some_and(|object| target.may_be(object));
        let is = |target: &Target| {
            about(target) && event.object.as_ref().is_some_and(|object| target.matches(object, world, event))
        };
        let is_or_any = |target: &Option<Target>| target.as_ref().is_none_or(is);
        match (&self.what, &event.data) {
            (What::Write { target, field, from, to }, Data::Write { verb, .. }) => {
                *verb != Verb::Deleted
                    && is(target)
                    && changed(event, world, field.as_ref(), from.as_ref(), to.as_ref())
            }
            (What::Create(target), Data::Write { verb: Verb::Added, .. }) => is(target),
            (What::Gone(target), Data::Write { verb: Verb::Deleted, .. }) => is(target),
            (What::Delete(target), Data::Write { verb, .. }) => {
                is(target) && asks_deletion(event, *verb, world) && !is_eviction(event, world)
            }
            (What::Condition { target, kind, status, reason }, Data::Write { verb, .. }) => {
                *verb != Verb::Deleted
                    && is(target)
                    && has_condition(event, world, kind, status, reason.as_ref())
            }
            (
                What::Event { reason, on, message },
                Data::Event { reason: is_reason, message: is_message, .. },
            ) => {
                reason.matches(is_reason)
                    && is_or_any(on)
                    && message.as_ref().is_none_or(|part| is_message.contains(part.as_str()))
            }
            (What::Bind { target, to }, Data::Bind { node }) => {
                is(target) && to.as_ref().is_none_or(|to| to.matches(node))
            }
            (What::Container { change, of, code, reason }, Data::Container { change: is_change, .. }) => {
                change_name(is_change) == change
                    && is_or_any(of)
                    && exit_fits(is_change, *code, reason.as_ref())
            }
            (
                What::Probe { kind, of, passed },
                Data::Probe { kind: is_kind, passed: is_passed, changed: true, .. },
            ) => kind.matches(is_kind) && passed == is_passed && is_or_any(of),
            (What::Machine { node, is }, Data::Node { change, .. }) => {
                let name = event.component.rsplit('/').next().unwrap_or(&event.component);
                is == change && node.matches(name)
            }
            (What::Fault(words), Data::Fault { what }) => has_words(what, words),
            (What::Act(words), Data::Input { what, .. }) => has_words(what, words) && by_learner(event),
            (What::Compare { target, idle }, Data::Compare { idle: is_idle, .. }) => {
                is(target) && idle.is_none_or(|idle| idle == *is_idle)
            }
            _ => false,
        }
    }

    fn is_by(&self, event: &Event, world: &World) -> bool {
        let Some(by) = &self.by else { return true };
        let who = match &event.data {
            Data::Write { by, .. } => by,
            _ => &event.component,
        };
        match (by.text(), input_of(event, world)) {
            ("you", Some(input)) => by_learner(input),
            ("you", None) => false,
            (VIA_LESSON, Some(input)) => !by_learner(input),
            (VIA_LESSON, None) => false,
            _ => by.matches(who),
        }
    }

    fn is_via(&self, event: &Event, world: &World) -> bool {
        let Some(wanted) = &self.via else { return true };
        let input = input_of(event, world).map(|input| &input.data);
        matches!(input, Some(Data::Input { via, .. }) if wanted.matches(via))
    }
}

/// The input that an event is, or that it directly follows from.
pub(super) fn input_of<'a>(event: &'a Event, world: &'a World) -> Option<&'a Event> {
    if matches!(event.data, Data::Input { .. }) {
        return Some(event);
    }
    let parents = event.parents.iter().filter_map(|parent| world.event(*parent));
    parents.map(|parent| &**parent).find(|parent| matches!(parent.data, Data::Input { .. }))
}

/// Whether an input is the learner's, and not the lesson's own.
pub(super) fn by_learner(event: &Event) -> bool {
    matches!(&event.data, Data::Input { via, .. } if ![VIA_LESSON, VIA_BOOT, "timer"].contains(&via.as_str()))
}

/// What was written, while the store still remembers it.
pub(super) fn record(event: &Event, world: &World) -> Option<Record> {
    let (Data::Write { revision, .. }, Some(object)) = (&event.data, &event.object) else { return None };
    let records = world.writes_since(object.kind, revision.saturating_sub(1)).ok()?;
    records.into_iter().find(|record| record.revision == *revision)
}

fn changed(
    event: &Event,
    world: &World,
    field: Option<&FieldPath>,
    from: Option<&Value>,
    to: Option<&Value>,
) -> bool {
    let Some(field) = field else { return true };
    let Some(record) = record(event, world) else { return false };
    let new = record.object.to_value();
    let old = record.previous.map(|object| object.to_value()).unwrap_or_default();
    let (old, new) = (field.get(&old), field.get(&new));
    let is =
        |value: Option<&Value>, wanted: Option<&Value>| wanted.is_none_or(|wanted| value == Some(wanted));
    old != new && is(old, from) && is(new, to)
}

fn asks_deletion(event: &Event, verb: Verb, world: &World) -> bool {
    match verb {
        Verb::Added => false,
        Verb::Deleted => record(event, world)
            .and_then(|record| record.previous)
            .is_none_or(|before| before.meta().deletion_timestamp.is_none()),
        Verb::Modified => record(event, world).is_some_and(|record| {
            let before = record.previous.is_some_and(|before| before.meta().deletion_timestamp.is_some());
            !before && record.object.meta().deletion_timestamp.is_some()
        }),
    }
}

/// Whether the API server deletes a pod for somebody who asked politely: an eviction is no `delete`.
fn is_eviction(event: &Event, world: &World) -> bool {
    let is_pod = event.object.as_ref().is_some_and(|object| object.kind == Kind::Pod);
    is_pod
        && has_condition(event, world, "DisruptionTarget", "True", Some(&Glob::new("EvictionByEvictionAPI")))
}

fn has_condition(event: &Event, world: &World, kind: &str, status: &str, reason: Option<&Glob>) -> bool {
    let Some(record) = record(event, world) else { return false };
    let value = record.object.to_value();
    let conditions = value.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|condition| {
        let is_reason = condition["reason"].as_str().unwrap_or("");
        condition["type"] == kind
            && condition["status"] == status
            && reason.is_none_or(|reason| reason.matches(is_reason))
    })
}

/// What a change of a container is called.
pub(super) fn change_name(change: &ContainerChange) -> &'static str {
    match change {
        ContainerChange::Pulling => "pulling",
        ContainerChange::Pulled => "pulled",
        ContainerChange::PullFailed => "pull-failed",
        ContainerChange::Created => "created",
        ContainerChange::Started => "started",
        ContainerChange::Signalled(_) => "signalled",
        ContainerChange::Exited { .. } => "exited",
        ContainerChange::BackOff(_) => "back-off",
        ContainerChange::Removed => "removed",
    }
}

fn exit_fits(change: &ContainerChange, code: Option<i32>, reason: Option<&Glob>) -> bool {
    let (is_code, is_reason) = match change {
        ContainerChange::Exited { code, reason } => (Some(*code), *reason),
        ContainerChange::Signalled(signal) => (None, *signal),
        _ => (None, ""),
    };
    code.is_none_or(|code| is_code == Some(code)) && reason.is_none_or(|reason| reason.matches(is_reason))
}

/// Whether a text has all these words; verbs may stand in another form.
fn has_words(text: &str, words: &str) -> bool {
    let mut learner = Learner::default();
    learner.note(VirtualTime::ZERO, text);
    learner.did(words, VirtualTime::ZERO)
}
