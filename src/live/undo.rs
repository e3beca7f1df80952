//! The way back from the last thing that was done by hand.
//!
//! What was broken is undone by rewinding, which no real cluster can do. What was changed through the API is undone
//! as a real one would: what was there before is sent again, as a new story. Both are found in the journal.

use smol_str::{SmolStr, format_smolstr};

use super::session::Session;
use crate::apiserver::{Call, DeleteOptions, Sub};
use crate::engine::{Act, Engine, Input, View, World};
use crate::object::{ObjectMeta, ObjectRef, owner};
use crate::time::VirtualTime;
use crate::tui::command::typed;

/// How inputs are marked that take something back.
const VIA: &str = "undo";

/// The way back.
#[derive(Debug)]
enum WayBack {
    /// To just before something was broken.
    Rewind {
        /// The instant before.
        to: VirtualTime,
        /// What is taken back.
        title: SmolStr,
    },
    /// What was there before is sent again.
    Send {
        /// What is taken back.
        title: SmolStr,
        /// The requests.
        calls: Vec<Call>,
    },
}

/// Something that was done by hand, in one or several requests.
struct Deed {
    at: VirtualTime,
    via: SmolStr,
    title: SmolStr,
    targets: Vec<ObjectRef>,
    breaks: bool,
}

/// The way back from the last deed that was not taken back yet; none if there is none.
fn way_back(engine: &mut Engine) -> Option<WayBack> {
    let mut taken_back = 0;
    for Deed { at, via, title, targets, breaks } in deeds(engine).into_iter().rev() {
        if via == VIA {
            taken_back += 1;
            continue;
        }
        if taken_back > 0 {
            taken_back -= 1;
            continue;
        }
        let to = VirtualTime::from_micros(at.micros().saturating_sub(1));
        if breaks {
            return Some(WayBack::Rewind { to, title });
        }
        let before = engine.at(to);
        let from_file = via == "file";
        let back = |target: &ObjectRef| back(&before, engine.world(), target, from_file);
        let calls: Vec<Call> = targets.iter().filter_map(back).collect();
        if !calls.is_empty() {
            return Some(WayBack::Send { title, calls });
        }
    }
    None
}

/// What was done by hand, oldest first. Requests of one story are one deed.
fn deeds(engine: &Engine) -> Vec<Deed> {
    let mut deeds: Vec<Deed> = Vec::new();
    for entry in &engine.journal().entries {
        let Input { via, title, within, act, .. } = &entry.input;
        let (targets, is_api) = match act {
            Act::Fault(_) => (Vec::new(), false),
            Act::Api(call) if changes(call) => (call.target().into_iter().collect(), true),
            _ => continue,
        };
        let breaks = via == "key";
        let by_hand = is_api && ["kubectl", "file", VIA].contains(&via.as_str());
        if !(breaks || by_hand) {
            continue;
        }
        match deeds.last_mut().filter(|_| within.is_some()) {
            Some(deed) => deed.targets.extend(targets),
            None => {
                deeds.push(Deed { at: entry.at_us, via: via.clone(), title: title.clone(), targets, breaks });
            }
        }
    }
    deeds
}

fn changes(call: &Call) -> bool {
    matches!(
        call,
        Call::Create { dry_run: false, .. }
            | Call::Update { dry_run: false, .. }
            | Call::Patch { dry_run: false, .. }
            | Call::Scale { .. }
            | Call::Delete { .. }
    )
}

/// The request that brings an object back to what it was. What a file describes is not deleted: it would come back
/// with the next save. Nor is anything made anew that has an owner, who sees to that.
fn back(before: &View, now: &World, target: &ObjectRef, from_file: bool) -> Option<Call> {
    match (before.object(target), now.object(target)) {
        (Some(old), Some(_)) => {
            let mut object = old.clone();
            // It may have been made anew since: whichever has the name is meant.
            let meta = object.meta_mut();
            (meta.uid, meta.resource_version) = (None, None);
            Some(Call::Update { object, sub: Sub::Main, dry_run: false })
        }
        (Some(old), None) if owner::controller(old.meta()).is_none() => {
            let mut object = old.clone();
            forget_life(object.meta_mut());
            Some(Call::Create { object, dry_run: false })
        }
        (None, Some(_)) if !from_file => {
            Some(Call::Delete { target: target.clone(), options: DeleteOptions::default() })
        }
        _ => None,
    }
}

/// Leaves out what the API server writes.
fn forget_life(meta: &mut ObjectMeta) {
    (meta.uid, meta.resource_version, meta.generation) = (None, None, None);
    (meta.creation_timestamp, meta.deletion_timestamp, meta.deletion_grace_period_seconds) =
        (None, None, None);
}

/// What came of it.
pub(super) enum Undone {
    /// Nothing, in words.
    Nothing(String),
    /// Time is to be rewound to this instant; what is said then.
    Rewind(VirtualTime, String),
    /// It was sent.
    Sent(String),
}

impl Session {
    /// Takes back what was done last.
    pub(super) fn undo(&mut self) -> Undone {
        match way_back(&mut self.engine) {
            None => Undone::Nothing("Nothing was done that could be taken back.".to_owned()),
            Some(WayBack::Rewind { to, title }) => Undone::Rewind(
                to,
                format!("Taken back: {title}.\nTime was rewound; a real cluster cannot do that."),
            ),
            Some(WayBack::Send { title, calls }) => match self.take_back(&title, calls) {
                Ok(()) => {
                    Undone::Sent(format!("Taken back: {title}.\nWhat was there before was sent again."))
                }
                Err(reason) => Undone::Nothing(reason),
            },
        }
    }

    /// Sends what was there before again, as one story.
    fn take_back(&mut self, title: &str, calls: Vec<Call>) -> Result<(), String> {
        let mut story = None;
        for call in calls {
            let act = Act::Api(call);
            let line = typed(&act).unwrap_or_default();
            let mut input = Input::new(VIA, format_smolstr!("you took back: {title}"), act).typed(line);
            if let Some(story) = story {
                input = input.within(story);
            }
            story.get_or_insert(self.apply(input)?.cause.story);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::ClusterConfig;
    use crate::engine::driver::Inline;
    use crate::object::{Kind, Object};
    use crate::script::is_up;
    use crate::time::Span;

    fn deployment() -> Object {
        let labels = json!({"app": "web"});
        let value = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": "pizza/login:1.2.3"}]}}},
        });
        Object::from_value(value).unwrap()
    }

    /// Does something by way of kubectl, and lets some time go by.
    fn do_it(session: &mut Session, title: &str, call: Call) {
        session.apply(Input::new("kubectl", title, Act::Api(call))).unwrap();
        session.engine.run_until(session.engine.now() + Span::secs(5));
    }

    fn wanted(session: &Session) -> Option<i64> {
        let web = session.engine.world().list(Kind::Deployment, None).next()?;
        web.to_value().pointer("/spec/replicas").and_then(serde_json::Value::as_i64)
    }

    #[test]
    fn what_was_changed_is_taken_back_step_by_step_as_new_stories() {
        let mut session = Session::new(Engine::new(ClusterConfig::default(), Box::new(Inline)), None);
        assert!(session.engine.run_while(Span::secs(60), is_up));
        let target = deployment().reference();
        do_it(&mut session, "create", Call::Create { object: deployment(), dry_run: false });
        do_it(&mut session, "scale", Call::Scale { target: target.clone(), replicas: 5 });
        do_it(&mut session, "delete", Call::Delete { target, options: DeleteOptions::default() });
        assert_eq!(wanted(&session), None);
        let mut after = Vec::new();
        for _ in 0..3 {
            let begun = session.engine.now();
            match session.undo() {
                Undone::Sent(_) => {}
                Undone::Nothing(why) | Undone::Rewind(_, why) => panic!("{why}"),
            }
            assert_eq!(session.engine.now(), begun, "no time is rewound");
            session.engine.run_until(begun + Span::secs(5));
            after.push(wanted(&session));
        }
        assert_eq!(after, [Some(5), Some(2), None]);
        assert!(matches!(session.undo(), Undone::Nothing(_)));
    }

    #[test]
    fn what_was_broken_is_taken_back_by_rewinding() {
        let mut session = Session::new(Engine::new(ClusterConfig::default(), Box::new(Inline)), None);
        assert!(session.engine.run_while(Span::secs(60), is_up));
        let at = session.engine.now();
        let stop = crate::engine::Fault::Component { name: "scheduler".into(), start: false };
        session.apply(Input::new("key", "you stopped the scheduler", Act::Fault(stop))).unwrap();
        session.engine.run_until(at + Span::secs(5));
        assert!(
            matches!(session.undo(), Undone::Rewind(to, words) if to < at && words.contains("scheduler"))
        );
    }
}
