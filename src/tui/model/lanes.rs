//! Swim lanes: who did something when, as marks and bars on a time axis.
//!
//! The lanes grow with the trace: each event is looked at once ([`Lanes::absorb`]), and what one column of the
//! screen shows is found by a search, so that drawing never walks through the log.

use std::collections::{BTreeMap, VecDeque};

use smol_str::{SmolStr, format_smolstr};

use crate::engine::World;
use crate::object::ObjectRef;
use crate::time::VirtualTime;
use crate::trace::{Class, ContainerChange, Data, Event, EventId, NodeChange};

/// Marks and bars kept of each lane.
const KEPT: usize = 20_000;

/// The lanes in the order in which they are drawn, by the beginning of their component's name; nodes stand between
/// the scheduler and what follows from readiness.
const ORDER: [&str; 12] = [
    "you",
    "fault",
    "network",
    "api-server",
    "deployment",
    "replicaset",
    "scheduler",
    "kubelet",
    "endpointslice",
    "endpoints",
    "kube-proxy",
    "node-lifecycle",
];

/// A moment at which a component did something or looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: VirtualTime,
    /// The event.
    pub event: EventId,
    /// Whether it was a step; else the component looked and had nothing to do.
    pub step: bool,
}

/// What goes on for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// An image is pulled, a container created.
    Preparing,
    /// A container runs, but its readiness probe has not passed yet.
    Warming,
    /// A container was told to end.
    Ending,
    /// A container is kept back after failures.
    KeptBack,
    /// A machine has no power, or its kubelet stands still.
    Down,
}

/// A bar: something that goes on from one moment to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Since when.
    pub from: VirtualTime,
    /// Until when, if that is known.
    pub to: Option<VirtualTime>,
    /// What.
    pub course: Course,
    /// In a word or two.
    pub label: SmolStr,
    subject: Option<(ObjectRef, SmolStr)>,
}

/// One component's lane.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    /// Moments, oldest first.
    pub marks: VecDeque<Mark>,
    /// Bars in the order of their beginnings.
    pub bars: VecDeque<Bar>,
}

impl Lane {
    /// The marks from one instant up to another.
    pub fn between(&self, from: VirtualTime, to: VirtualTime) -> impl Iterator<Item = &Mark> {
        let first = self.marks.partition_point(|mark| mark.at < from);
        self.marks.range(first..).take_while(move |mark| mark.at < to)
    }

    /// The strongest mark within a column of the screen: a step if there is one.
    pub fn column(&self, from: VirtualTime, to: VirtualTime) -> Option<Mark> {
        let first = self.between(from, to).next()?;
        let strongest = self.between(from, to).take(64).find(|mark| mark.step);
        Some(*strongest.unwrap_or(first))
    }

    /// The step that is nearest to an instant.
    pub fn nearest(&self, at: VirtualTime) -> Option<Mark> {
        let index = self.marks.partition_point(|mark| mark.at < at);
        let later = self.marks.range(index..).find(|mark| mark.step);
        let earlier = self.marks.range(..index).rev().find(|mark| mark.step);
        match (earlier, later) {
            (Some(earlier), Some(later)) if at - earlier.at < later.at - at => Some(*earlier),
            (earlier, later) => later.or(earlier).copied(),
        }
    }

    fn close(&mut self, subject: &(ObjectRef, SmolStr), courses: &[Course], at: VirtualTime) {
        let same = |bar: &&mut Bar| {
            bar.to.is_none_or(|to| to > at)
                && courses.contains(&bar.course)
                && bar.subject.as_ref() == Some(subject)
        };
        if let Some(bar) = self.bars.iter_mut().rev().take(200).find(same) {
            bar.to = Some(at);
        }
    }
}

/// All lanes.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    lanes: BTreeMap<(usize, SmolStr), Lane>,
    seen: EventId,
}

impl Lanes {
    /// Takes in what happened since the last time.
    pub fn absorb(&mut self, world: &World) {
        let fresh: Vec<_> = world.log().after(Class::Decision, self.seen).cloned().collect();
        for event in fresh {
            self.seen = event.id;
            self.take(&event);
        }
    }

    /// The lanes with their names, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&SmolStr, &Lane)> {
        self.lanes.iter().map(|((_, name), lane)| (name, lane))
    }

    fn take(&mut self, event: &Event) {
        let step = event.is_step();
        let looked = matches!(event.data, Data::Compare { .. });
        if !step && !looked {
            return;
        }
        let name = lane_name(event);
        let lane = self.lanes.entry((place(&name), name)).or_default();
        lane.marks.push_back(Mark { at: event.at, event: event.id, step });
        bar(lane, event);
        while lane.marks.len() > KEPT {
            lane.marks.pop_front();
        }
        while lane.bars.len() > KEPT {
            lane.bars.pop_front();
        }
    }
}

/// Begins and ends the bars of a lane.
fn bar(lane: &mut Lane, event: &Event) {
    use Course::*;
    let at = event.at;
    let open = |course, label: SmolStr, subject| Bar { from: at, to: None, course, label, subject };
    match &event.data {
        Data::Container { container, change } => {
            let Some(object) = event.object.clone() else { return };
            let subject = (object, container.clone());
            match change {
                ContainerChange::Pulling => {
                    lane.bars.push_back(open(Preparing, "pulling".into(), Some(subject)));
                }
                ContainerChange::Created => {
                    lane.close(&subject, &[Preparing], at);
                    lane.bars.push_back(open(Preparing, "creating".into(), Some(subject)));
                }
                ContainerChange::Pulled | ContainerChange::PullFailed => {
                    lane.close(&subject, &[Preparing], at);
                }
                ContainerChange::Started => lane.close(&subject, &[Preparing, KeptBack], at),
                ContainerChange::Signalled(signal) => {
                    lane.bars.push_back(open(Ending, SmolStr::new_static(signal), Some(subject)));
                }
                ContainerChange::Exited { .. } | ContainerChange::Removed => {
                    lane.close(&subject, &[Preparing, Warming, Ending], at);
                }
                ContainerChange::BackOff(span) => {
                    let label = format_smolstr!("back-off {span}");
                    lane.bars.push_back(Bar { to: Some(at + *span), ..open(KeptBack, label, Some(subject)) });
                }
            }
        }
        Data::Node {
            change: NodeChange::PowerOff | NodeChange::KubeletStopped | NodeChange::Crashed,
            ..
        } => {
            lane.bars.push_back(open(Down, "down".into(), None));
        }
        Data::Node { change: NodeChange::PowerOn | NodeChange::KubeletStarted, .. } => {
            if let Some(bar) = lane.bars.iter_mut().rev().find(|bar| bar.course == Down && bar.to.is_none()) {
                bar.to = Some(at);
            }
        }
        _ => {}
    }
}

/// In which lane an event stands.
pub fn lane_name(event: &Event) -> SmolStr {
    let component = event.component.as_str();
    match (component.split_once('/'), &event.data) {
        (None, Data::Node { .. }) => format_smolstr!("kubelet/{component}"),
        (Some(("controller", name)), _) => name.into(),
        (Some(("kubelet" | "runtime", node)), _) => format_smolstr!("kubelet/{node}"),
        (Some((part, _)), _) => part.into(),
        (None, _) => match component {
            "etcd" | "apiserver" => "api-server".into(),
            other => other.into(),
        },
    }
}

/// Where a lane stands.
fn place(name: &str) -> usize {
    let first = name.split('/').next().unwrap_or(name);
    ORDER.iter().position(|known| *known == first).unwrap_or(ORDER.len())
}
