//! What may stand at the cursor: the dashboard's own words, kubectl's, and live names; what is meant most often first.

use clap::{Arg, Command};

use super::{Choice, own};
use crate::engine::World;
use crate::kubectl;
use crate::object::{Kind, Object, ObjectRef};

/// What is typed most, whatever is selected.
const COMMON: &[&str] = &[
    "get", "describe", "logs", "scale", "delete", "rollout", "set", "apply", "edit", "why", "break", "undo",
    "goto", "speed", "until", "node", "learn", "help",
];

/// What one does with a kind of object.
const FITTING: &[(Kind, &[&str])] = &[
    (Kind::Pod, &["describe", "logs", "delete", "why"]),
    (Kind::Deployment, &["scale", "rollout", "set", "describe"]),
    (Kind::ReplicaSet, &["describe", "scale", "why"]),
    (Kind::DaemonSet, &["describe", "rollout", "set"]),
    (Kind::Service, &["describe", "get", "edit"]),
    (Kind::Node, &["describe", "drain", "cordon", "taint"]),
];

/// What may stand at the cursor (in characters). What fits the selected object comes first.
pub(super) fn complete(
    line: &str,
    cursor: usize,
    world: &World,
    selected: Option<&ObjectRef>,
) -> Vec<Choice> {
    let before: String = line.chars().take(cursor).collect();
    let mut choices = own_words(&before, world);
    choices.extend(kubectl::complete(line, before.len(), world).into_iter().map(|candidate| Choice {
        text: candidate.text.to_string(),
        note: candidate.description.to_string(),
    }));
    let mut seen = std::collections::BTreeSet::new();
    choices.retain(|choice| seen.insert(choice.text.clone()));
    let is_verb = !before.trim_start().contains(char::is_whitespace);
    for choice in &mut choices {
        if !is_verb && selected.is_some_and(|object| names(choice, object)) {
            choice.note = "the one you selected".to_owned();
        }
    }
    choices.sort_by_key(|choice| match is_verb {
        true => verb_place(&choice.text, selected),
        false => usize::from(!selected.is_some_and(|object| names(choice, object))),
    });
    choices
}

/// Whether a choice is the name of an object.
fn names(choice: &Choice, object: &ObjectRef) -> bool {
    choice.text.rsplit('/').next() == Some(object.key.name.as_str())
}

fn verb_place(verb: &str, selected: Option<&ObjectRef>) -> usize {
    let fitting = FITTING.iter().find(|(kind, _)| selected.is_some_and(|object| object.kind == *kind));
    let first = fitting.map_or(&[][..], |(_, verbs)| verbs);
    first.iter().chain(COMMON).position(|known| *known == verb).unwrap_or(usize::MAX)
}

/// The dashboard's own words.
fn own_words(before: &str, world: &World) -> Vec<Choice> {
    let mut words: Vec<&str> = before.split_whitespace().collect();
    let typed = if before.ends_with(char::is_whitespace) { "" } else { words.pop().unwrap_or("") };
    let root = own::grammar();
    let mut command = &root;
    let mut given = Vec::new();
    for word in words {
        match command.find_subcommand(word) {
            Some(found) => command = found,
            None if std::ptr::eq(command, &root) => return Vec::new(),
            None => given.push(word),
        }
    }
    let verbs = command.get_subcommands().map(|verb| Choice {
        text: verb.get_name().to_owned(),
        note: verb.get_about().map(ToString::to_string).unwrap_or_default(),
    });
    let argument = command.get_positionals().nth(given.len());
    let values = argument.into_iter().flat_map(|argument| values(command, argument, &given, world));
    verbs.chain(values).filter(|choice| choice.text.starts_with(typed) && choice.text != typed).collect()
}

/// What an argument may be: one of its words, or something that is there now.
fn values(command: &Command, argument: &Arg, given: &[&str], world: &World) -> Vec<Choice> {
    let note = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let known = argument.get_possible_values().into_iter().map(|value| value.get_name().to_owned());
    let live = match (command.get_name(), argument.get_id().as_str()) {
        ("node", "name") if given == ["add"] => vec![free_name(world)],
        ("component", "name") => components(world),
        (_, "node") | ("node", "name") => node_names(world),
        (_, "a" | "b") => components(world).into_iter().chain(node_names(world)).collect(),
        (_, "pod") => names_of(world, Kind::Pod),
        (_, "service") => names_of(world, Kind::Service),
        (_, "image") => images(world),
        _ => Vec::new(),
    };
    known.chain(live).map(|text| Choice { text, note: note.clone() }).collect()
}

/// A node's name that is free.
fn free_name(world: &World) -> String {
    let taken = node_names(world);
    let names = (1..).map(|number| format!("node-{number}"));
    names.into_iter().find(|name| !taken.contains(name)).unwrap_or_default()
}

fn node_names(world: &World) -> Vec<String> {
    world.node_names().into_iter().map(Into::into).collect()
}

fn components(world: &World) -> Vec<String> {
    let names = world.components().into_iter().map(|state| state.name.to_string());
    names.chain(["controller-manager".to_owned()]).collect()
}

fn names_of(world: &World, kind: Kind) -> Vec<String> {
    world.list(kind, Some("default")).map(|object| object.meta().name.clone().unwrap_or_default()).collect()
}

/// The images of the pods that there are.
fn images(world: &World) -> Vec<String> {
    let pods = world.list(Kind::Pod, None).filter_map(|object| match object {
        Object::Pod(pod) => Some(pod),
        _ => None,
    });
    let mut images: Vec<String> =
        pods.flat_map(|pod| &pod.spec.containers).filter_map(|container| container.image.clone()).collect();
    images.sort();
    images.dedup();
    images
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::driver::Inline;
    use crate::engine::{ClusterConfig, Engine};
    use crate::object::Key;

    fn texts(engine: &Engine, line: &str, selected: Option<&ObjectRef>) -> Vec<String> {
        let choices = complete(line, line.chars().count(), engine.world(), selected);
        choices.into_iter().map(|choice| choice.text).collect()
    }

    #[test]
    fn words_are_completed_by_the_grammar() {
        let engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
        let texts = |line: &str| texts(&engine, line, None);
        assert_eq!(texts("the"), ["theme"]);
        assert!(texts("theme ").contains(&"mono".to_owned()));
        assert_eq!(texts("break comp"), ["component"]);
    }

    #[test]
    fn what_is_there_is_offered_by_name() {
        let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
        assert!(engine.run_while(crate::time::Span::secs(60), crate::script::is_up));
        let texts = |line: &str| texts(&engine, line, None);
        assert_eq!(texts("node add "), ["node-4"]);
        assert_eq!(texts("node remove "), ["node-1", "node-2", "node-3"]);
        assert_eq!(texts("break node node-2 power"), ["power-off", "power-on"]);
        assert!(texts("break component ").contains(&"controller/replicaset".to_owned()));
        assert!(texts("break cut ").contains(&"node-3".to_owned()));
    }

    #[test]
    fn what_fits_the_selected_object_comes_first() {
        let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
        assert!(engine.run_while(crate::time::Span::secs(60), crate::script::is_up));
        let node = ObjectRef::new(Kind::Node, Key::cluster("node-2"));
        assert_eq!(texts(&engine, "", None)[..3], ["get", "describe", "logs"]);
        assert_eq!(texts(&engine, "", Some(&node))[..4], ["describe", "drain", "cordon", "taint"]);
        assert_eq!(texts(&engine, "d", Some(&node))[..2], ["describe", "drain"]);
        assert_eq!(texts(&engine, "drain ", Some(&node))[0], "node-2");
    }
}
