//! The marks of a story: when it began, when somebody noticed, when somebody first acted, when all was well again.
//!
//! They are found, not set: each is the first recorded event of its sort. What a node's silence leads to is a story
//! of its own, because nobody told anybody; it counts as the noticing of the story that made the node silent.

use super::health::is_whole;
use crate::engine::World;
use crate::object::{Kind, ObjectRef};
use crate::time::{Span, VirtualTime};
use crate::trace::{Class, Data, Event, EventId, NodeChange, StoryId};

/// What a mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// It began: somebody did something, or something failed.
    Began,
    /// The first request of a client that failed.
    FirstFailure,
    /// A loop found a difference.
    Noticed,
    /// A loop acted.
    FirstAct,
    /// The last step, with everything as wanted.
    Healed,
}

impl Moment {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::FirstFailure => "first failure",
            Self::Noticed => "noticed",
            Self::FirstAct => "acted",
            Self::Healed => "healed",
        }
    }

    /// Its sign on the axis.
    pub fn letter(self) -> char {
        match self {
            Self::Began => 'B',
            Self::FirstFailure => 'F',
            Self::Noticed => 'N',
            Self::FirstAct => 'A',
            Self::Healed => 'H',
        }
    }
}

/// A mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bookmark {
    /// What it stands for.
    pub moment: Moment,
    /// When.
    pub at: VirtualTime,
    /// The event, if it is kept.
    pub event: EventId,
}

/// The marks of one story.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bookmarks {
    /// In the order of their times.
    pub marks: Vec<Bookmark>,
}

impl Bookmarks {
    /// The mark of a moment.
    pub fn get(&self, moment: Moment) -> Option<&Bookmark> {
        self.marks.iter().find(|mark| mark.moment == moment)
    }

    /// How long it took from the beginning to a moment.
    pub fn took(&self, moment: Moment) -> Option<Span> {
        Some(self.get(moment)?.at - self.get(Moment::Began)?.at)
    }

    /// `noticed +3ms  acted +3ms  healed +0.3s`.
    pub fn text(&self) -> String {
        let after = |mark: &Bookmark| Some(format!("{} +{}", mark.moment.word(), self.took(mark.moment)?));
        let marks = self.marks.iter().filter(|mark| mark.moment != Moment::Began);
        let mut words: Vec<String> = marks.filter_map(after).collect();
        if self.get(Moment::Healed).is_none() && self.get(Moment::Began).is_some() {
            words.push("not healed yet".to_owned());
        }
        words.join("  ")
    }
}

/// The marks of a story, as far as the trace reaches.
pub fn bookmarks(world: &World, story: StoryId) -> Bookmarks {
    let Some(info) = world.story(story) else { return Bookmarks::default() };
    let stories = [Some(story), silence_of(world, story)];
    let root = EventId(story.0);
    let mine = |event: &&std::sync::Arc<Event>| stories.contains(&Some(event.story)) && event.is_step();
    let steps = || world.log().after(Class::Decision, EventId(root.0.saturating_sub(1))).filter(mine);
    let mark = |moment, event: &Event| Bookmark { moment, at: event.at, event: event.id };
    let mut marks = vec![Bookmark { moment: Moment::Began, at: info.began, event: root }];
    let noticed = steps().find(|event| matches!(event.data, Data::Compare { .. }));
    let acted = steps().find(|event| {
        matches!(event.data, Data::Act { .. }) && noticed.is_none_or(|noticed| event.id > noticed.id)
    });
    marks.extend(noticed.map(|event| mark(Moment::Noticed, event)));
    marks.extend(acted.map(|event| mark(Moment::FirstAct, event)));
    let next = world.stories().map(|(id, _)| *id).find(|id| *id > story && !stories.contains(&Some(*id)));
    let last = steps().next_back();
    let end = last.map_or(info.began, |event| event.at);
    let failed = world.log().after(Class::Traffic, root).find(|event| {
        matches!(event.data, Data::Traffic { ok: false, .. })
            && event.at <= end
            && next.is_none_or(|next| event.id.0 < next.0)
    });
    marks.extend(failed.map(|event| mark(Moment::FirstFailure, event)));
    // Whether an older story healed is not written down; it did if all is well now or something else has begun.
    if next.is_some() || is_whole(world) {
        marks.extend(last.filter(|event| event.id != root).map(|event| mark(Moment::Healed, event)));
    }
    marks.sort_by_key(|mark| (mark.at, mark.moment));
    Bookmarks { marks }
}

/// The story in which the control plane noticed that a node is silent, if this one silenced it.
fn silence_of(world: &World, story: StoryId) -> Option<StoryId> {
    let silenced =
        world.log().after(Class::Decision, EventId(story.0.saturating_sub(1))).take(200).find(|event| {
            event.story == story
                && matches!(
                    event.data,
                    Data::Node {
                        change: NodeChange::PowerOff | NodeChange::KubeletStopped | NodeChange::Crashed,
                        ..
                    }
                )
        })?;
    let name = silenced.component.rsplit('/').next().unwrap_or(&silenced.component);
    let node = ObjectRef::new(Kind::Node, crate::object::Key::cluster(name));
    let later = world.stories().map(|(id, _)| *id).filter(|id| *id > story);
    later
        .take(20)
        .find(|id| world.event(EventId(id.0)).is_some_and(|root| root.object.as_ref() == Some(&node)))
}
