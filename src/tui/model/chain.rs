//! The chain of causes of an event: root first, what followed from it, what else was needed, and all of it in one
//! line. Everything is read from recorded parents; nothing is guessed from timing.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::World;
use crate::object::ObjectRef;
use crate::time::VirtualTime;
use crate::trace::text::{self, Vocabulary};
use crate::trace::{Class, Data, Event, EventId};

/// Events after the one that is explained that are searched for what followed from it.
const SEARCHED: usize = 2_000;
/// Consequences that are shown: what became of the same object, and of others.
const OF_ITSELF: usize = 7;
const OF_OTHERS: usize = 4;

/// A link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The event.
    pub event: EventId,
    /// When.
    pub at: VirtualTime,
    /// How deep it stands.
    pub depth: usize,
    /// The sentence.
    pub text: String,
    /// `#7.4`: the story's number and the step's number in it; empty if the story is not kept.
    pub number: String,
    /// Whether it is the event that is explained.
    pub here: bool,
}

/// Why something happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// Causes root first, the event itself, then what followed from it.
    pub links: Vec<Link>,
    /// What was needed besides: standing wishes, other causes.
    pub also: Vec<String>,
    /// The whole in one line; empty if there is nothing to say.
    pub in_one_line: String,
}

impl Chain {
    /// The chain as lines of text, to be copied.
    pub fn lines(&self) -> Vec<String> {
        let links = self.links.iter().map(|link| {
            let mark = if link.here { " <" } else { "" };
            format!("{}{} {}{mark}", "  ".repeat(link.depth + 1), link.at, link.text)
        });
        let also = self.also.iter().map(|also| format!("  also needed: {also}"));
        let whole = Some(format!("  in one line: {}", self.in_one_line));
        let whole = whole.filter(|_| !self.in_one_line.is_empty());
        links.chain(also).chain(whole).collect()
    }
}

/// The chain of an event, told in a vocabulary.
pub fn chain(world: &World, event: EventId, vocabulary: Vocabulary) -> Chain {
    let path = world.why(event);
    let Some(last) = path.last().cloned() else { return Chain::default() };
    let told = steps_of(&path, event);
    let followed = consequences(world, event);
    let story = world.story(last.story).map(|story| story.number);
    let number = |event: &Event| {
        let number = story.filter(|_| event.story == last.story && event.is_step());
        number.map(|number| format!("#{number}.{}", event.step)).unwrap_or_default()
    };
    let link = |depth: usize, event: &Arc<Event>| Link {
        event: event.id,
        at: event.at,
        depth,
        text: told_with_line(event, vocabulary),
        number: number(event),
        here: event.id == last.id,
    };
    let mut links: Vec<Link> = told.iter().enumerate().map(|(depth, event)| link(depth, event)).collect();
    let depth = links.len();
    links.extend(followed.iter().map(|event| link(depth, event)));
    Chain { links, also: also(world, &path, vocabulary), in_one_line: in_one_line(world, &told) }
}

/// An event, and what one would have typed for it.
fn told_with_line(event: &Event, vocabulary: Vocabulary) -> String {
    let told = text::told(event, vocabulary);
    match &event.data {
        Data::Input { typed, .. } if !typed.is_empty() && vocabulary != Vocabulary::Exact => {
            format!("{told}: {typed}")
        }
        _ => told,
    }
}

/// The steps of a path and its end. An act is left out: what it was decided on stands before it, and what became of
/// it after it.
fn steps_of(path: &[Arc<Event>], end: EventId) -> Vec<Arc<Event>> {
    let tells = |event: &&Arc<Event>| event.is_step() && !matches!(event.data, Data::Act { .. });
    path.iter().filter(|event| tells(event) || event.id == end).cloned().collect()
}

/// The first steps that followed from an event. What became of the same object goes first, up to the container that
/// runs; of the others, less is told the more of that there is.
fn consequences(world: &World, event: EventId) -> Vec<Arc<Event>> {
    let log = world.log();
    let mut decisions = log.after(Class::Decision, event).peekable();
    let mut messages = log.after(Class::Message, event).peekable();
    let mut reached: BTreeSet<EventId> = BTreeSet::from([event]);
    let about = world.event(event).and_then(|event| event.object.clone());
    let (mut itself, mut others) = (Vec::new(), Vec::new());
    for _ in 0..SEARCHED {
        let decision_first = match (decisions.peek(), messages.peek()) {
            (Some(decision), Some(message)) => decision.id < message.id,
            (decision, _) => decision.is_some(),
        };
        let next = if decision_first { decisions.next() } else { messages.next() };
        let Some(next) = next else { break };
        if !next.parents.iter().any(|parent| reached.contains(parent)) {
            continue;
        }
        let same = about.is_some() && next.object == about;
        if same || !next.is_step() {
            reached.insert(next.id);
        }
        match same {
            true if becomes_known(&itself, next) => itself.push(next.clone()),
            false if next.is_step() && others.len() < OF_OTHERS => others.push(next.clone()),
            _ => {}
        }
        if itself.len() == OF_ITSELF {
            break;
        }
    }
    others.truncate(OF_OTHERS.saturating_sub(itself.len()).max(1));
    itself.append(&mut others);
    itself.sort_by_key(|event| event.id);
    itself
}

/// Whether a step of an object says what those before it did not: who looks again while it is at it, tells no news,
/// and a binding is told by its write.
fn becomes_known(told: &[Arc<Event>], step: &Event) -> bool {
    let looks = |event: &Event| matches!(event.data, Data::Compare { .. });
    let again = looks(step) && told.iter().any(|one| looks(one) && one.component == step.component);
    step.is_turn() && !again && !matches!(step.data, Data::Bind { .. })
}

/// What else was needed: the wish that the nearest comparison went by, and other causes on the way.
fn also(world: &World, path: &[Arc<Event>], vocabulary: Vocabulary) -> Vec<String> {
    let mut found = Vec::new();
    let compared = path.iter().rev().find(|event| matches!(event.data, Data::Compare { .. }));
    if let Some(event) = compared
        && let (Data::Compare { want, .. }, Some(item)) = (&event.data, &event.object)
        && !want.is_empty()
    {
        found.extend(standing(world, item, want, event.id));
    }
    let on_path: BTreeSet<EventId> = path.iter().map(|event| event.id).collect();
    for event in path.iter().rev() {
        for other in event.parents.iter().skip(1) {
            let step = world.why(*other).into_iter().rev().find(|event| event.is_step());
            let step = step.filter(|step| !on_path.contains(&step.id));
            let sentence = step.map(|step| text::told(&step, vocabulary));
            found.extend(sentence.filter(|sentence| !found.contains(sentence)));
        }
    }
    found.truncate(3);
    found
}

/// Who wished what a comparison went by.
fn standing(world: &World, item: &ObjectRef, want: &str, before: EventId) -> Option<String> {
    let wrote = world.wish_before(item, before)?;
    let because = match world.story(wrote.story) {
        Some(story) => format!("{} (story #{})", story.title, story.number),
        None => "that was written before this trace begins".to_owned(),
    };
    let item = text::object_words(item);
    Some(match want.parse::<i64>() {
        Ok(_) => format!("{item} wants {want}: {because}"),
        Err(_) => format!("what {item} says: {because}"),
    })
}

/// `you deleted pod x: 2 exist, 3 wanted: create 1 more`: the outside cause, and the comparison that decided.
fn in_one_line(world: &World, told: &[Arc<Event>]) -> String {
    let Some(last) = told.last() else { return String::new() };
    let title = world.story(last.story).map(|story| story.title.to_string());
    let decided = told.iter().rev().find_map(|event| match &event.data {
        Data::Compare { why, .. } => Some((event.component.clone(), why.clone())),
        _ => None,
    });
    match (title, decided) {
        (Some(title), Some((who, why))) => format!("{title}; {} found: {why}.", text::component(&who)),
        (Some(title), None) => format!("{title}."),
        (None, Some((who, why))) => format!("{} found: {why}.", text::component(&who)),
        (None, None) => String::new(),
    }
}
