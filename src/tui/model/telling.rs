//! What a room is told of: one thing, with who does it and in which phase of its loop.

use std::sync::Arc;

use super::narration::{event_sentence, is_told, last_telling, rests};
use super::next::next;
use super::rows::phase;
use super::why::standstill;
use crate::engine::World;
use crate::trace::text::{self, Vocabulary};
use crate::trace::{Class, Event, Phase, StoryId};

/// One thing that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// Who it is about.
    pub who: String,
    /// In which phase of its loop that is; none if it is no loop that does it.
    pub phase: Option<Phase>,
    /// What is going on.
    pub now: String,
    /// What comes next.
    pub next: String,
}

/// Who is told of first when the clock stands: who decides comes before who carries out.
const DECIDES: &[&str] = &[
    "controller/node-lifecycle",
    "controller/taint-eviction",
    "controller/deployment",
    "controller/replicaset",
    "scheduler",
    "runtime",
    "kubelet",
];
/// Who only passes on what others decided is told of last.
const PASSES_ON: &[&str] = &["controller/endpoint", "kube-proxy"];

/// What is told now. While the clock stands somebody explains: then not the last thing is told but, of this story, what
/// matters most; and why nobody moves, if nobody does.
pub fn telling(world: &World, story: Option<StoryId>, stands: bool, vocabulary: Vocabulary) -> Telling {
    let event = match stands {
        true if world.is_quiet() => None,
        true => weightiest(world, story).or_else(|| last_telling(world, None)),
        false if rests(world) => None,
        false => last_telling(world, None),
    };
    match event {
        Some(event) => Telling {
            who: text::component(&event.component),
            phase: phase(&event.data),
            now: event_sentence(world, &event, vocabulary),
            next: next(world),
        },
        None => Telling {
            who: "all loops".to_owned(),
            phase: Some(Phase::Wait),
            now: standstill(world, vocabulary),
            next: next(world),
        },
    }
}

/// The last event of a story that is told by whoever decides most.
fn weightiest(world: &World, story: Option<StoryId>) -> Option<Arc<Event>> {
    let log = world.log();
    let told = log.of_class(Class::Decision).rev();
    let told = told.filter(|event| Some(event.story) == story && is_told(event));
    // The first of equals is the newest.
    told.min_by_key(|event| weight(&event.component)).cloned()
}

fn weight(component: &str) -> usize {
    let among = |list: &[&str]| list.iter().position(|name| component.starts_with(name));
    match (among(DECIDES), among(PASSES_ON)) {
        (Some(place), _) => place,
        (None, Some(place)) => DECIDES.len() + 1 + place,
        (None, None) => DECIDES.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::driver::Inline;
    use crate::engine::{Act, ClusterConfig, Engine, Fault, Input, NodePower};
    use crate::object::{Kind, Object};
    use crate::tui::model::current_story;
    use serde_json::json;

    /// A Deployment of two, a silent node, and time until it is noticed.
    fn noticed() -> Engine {
        let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
        assert!(engine.run_while(crate::time::Span::secs(60), crate::script::is_up));
        let labels = json!({"app": "web"});
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {"replicas": 3, "selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": "pizza/login:1.2.3"}]}}},
        });
        let object = Object::from_value(deployment).unwrap();
        let call = crate::apiserver::Call::Create { object, dry_run: false };
        engine.apply(Input::new("test", "it begins", Act::Api(call)));
        engine.run_until(engine.now() + crate::time::Span::secs(20));
        let off = Fault::Power { node: "node-1".into(), power: NodePower::Off };
        engine.apply(Input::new("test", "the plug is pulled", Act::Fault(off)));
        let is_unknown = |world: &World| {
            let node = world.list(Kind::Node, None).find(|node| node.reference().key.name == "node-1");
            node.is_some_and(|node| node.to_value().to_string().contains("\"status\":\"Unknown\""))
        };
        assert!(engine.run_while(crate::time::Span::secs(100), is_unknown));
        engine
    }

    #[test]
    fn at_a_stop_who_decided_is_told_of_and_all_words_are_about_it() {
        let engine = noticed();
        let world = engine.world();
        let story = current_story(world).map(|story| story.id);
        let told = telling(world, story, true, Vocabulary::default());
        assert_eq!(told.who, "the node lifecycle controller", "{told:?}");
        assert!(told.now.to_lowercase().contains("node lifecycle controller"), "{told:?}");
        assert_eq!(told.phase, Some(Phase::Act), "{told:?}");
    }

    #[test]
    fn when_nobody_moves_it_is_told_why_and_which_clock_runs() {
        let mut engine = noticed();
        engine.run_until(engine.now() + crate::time::Span::secs(30));
        let told = telling(engine.world(), None, true, Vocabulary::default());
        assert_eq!((told.who.as_str(), told.phase), ("all loops", Some(Phase::Wait)));
        assert!(told.now.contains("node-1") && told.next.contains("taint eviction"), "{told:?}");
    }
}
