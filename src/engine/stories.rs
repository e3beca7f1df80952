//! Stories: what began, and whether it is over.

use imbl::OrdMap;
use smol_str::{SmolStr, format_smolstr};

use crate::time::VirtualTime;
use crate::trace::{Event, EventId, StoryId};

/// Stories kept.
const KEPT: usize = 500;

/// A story: the tree of events that one outside cause started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryInfo {
    /// Its number: how people call it. The first story of all, 0, is that the cluster was switched on.
    pub number: u64,
    /// Its title: `you deleted pod web-1`.
    pub title: SmolStr,
    /// When it began.
    pub began: VirtualTime,
    /// Its last event so far.
    pub last: EventId,
    /// When that was.
    pub last_at: VirtualTime,
    /// How many events it has.
    pub events: u64,
    /// How many of them are steps.
    pub steps: u32,
}

/// All stories that are kept.
#[derive(Clone, Debug, Default)]
pub struct Stories {
    stories: OrdMap<StoryId, StoryInfo>,
    count: u64,
}

impl Stories {
    /// A story begins.
    pub fn begin(&mut self, story: StoryId, title: SmolStr, at: VirtualTime) {
        let info = StoryInfo {
            number: self.count,
            title,
            began: at,
            last: EventId(story.0),
            last_at: at,
            events: 0,
            steps: 0,
        };
        self.count += 1;
        self.stories.insert(story, info);
        if self.stories.len() > KEPT
            && let Some(oldest) = self.stories.get_min().map(|(story, _)| *story)
        {
            self.stories.remove(&oldest);
        }
    }

    /// What a story began with was refused: its title says so.
    pub fn refused(&mut self, story: StoryId) {
        if let Some(info) = self.stories.get_mut(&story) {
            info.title = format_smolstr!("refused: {}", info.title);
        }
    }

    /// Something happened in its story: it gets its number there.
    pub fn happened(&mut self, event: &mut Event) {
        if let Some(info) = self.stories.get_mut(&event.story) {
            info.last = event.id;
            info.last_at = event.at;
            info.events += 1;
            event.step = info.steps + 1;
            info.steps += u32::from(event.is_step());
        }
    }

    /// One story.
    pub fn get(&self, story: StoryId) -> Option<&StoryInfo> {
        self.stories.get(&story)
    }

    /// The stories, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&StoryId, &StoryInfo)> {
        self.stories.iter()
    }
}
