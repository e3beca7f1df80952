//! Completion: what may stand at the cursor.
//!
//! Verbs and flags come from the grammar, kinds from the table of kinds, names from the cluster as it is.

use std::collections::BTreeSet;

use clap::{Arg, Command};

use super::cluster::Ask;
use super::grammar::{command, words};
use super::kinds;
use super::targets::Scope;
use crate::engine::World;
use crate::manifests::NoFiles;
use crate::object::{Kind, Object};

/// Something that may stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The whole word.
    pub text: String,
    /// What it is, in a few words.
    pub description: String,
}

impl Candidate {
    fn new(text: impl Into<String>, description: impl Into<String>) -> Self {
        Self { text: text.into(), description: description.into() }
    }
}

/// The formats that `-o` takes.
const FORMATS: [(&str, &str); 6] = [
    ("wide", "a table with more columns"),
    ("yaml", "everything, as YAML"),
    ("json", "everything, as JSON"),
    ("name", "names only"),
    ("jsonpath=", "some fields"),
    ("custom-columns=", "a table of some fields"),
];

/// What may stand at the cursor (a byte of the line), best first.
pub fn complete(line: &str, cursor: usize, world: &World) -> Vec<Candidate> {
    let before = line.get(..cursor.min(line.len())).unwrap_or(line);
    let (done, word) = split(before);
    let mut found = candidates(&done, &word, world);
    found.retain(|candidate| candidate.text.starts_with(&word) && candidate.text != word);
    let mut seen = BTreeSet::new();
    found.retain(|candidate| seen.insert(candidate.text.clone()));
    found
}

/// The words before the cursor's own, and that one as far as it is typed.
fn split(before: &str) -> (Vec<String>, String) {
    let ends_word = before.ends_with(char::is_whitespace) || before.is_empty();
    let mut done = words(before).unwrap_or_else(|_| before.split_whitespace().map(str::to_owned).collect());
    let word = if ends_word { String::new() } else { done.pop().unwrap_or_default() };
    (done, word)
}

/// Where the words lead in the grammar.
struct Path<'a> {
    command: &'a Command,
    verbs: Vec<String>,
    /// The words that are no verbs, flags or values of flags.
    positionals: Vec<String>,
    /// The flag that waits for its value.
    pending: Option<&'a Arg>,
    namespace: Option<String>,
    all_namespaces: bool,
}

impl<'a> Path<'a> {
    fn of(root: &'a Command, done: &[String]) -> Self {
        let mut path = Self {
            command: root,
            verbs: Vec::new(),
            positionals: Vec::new(),
            pending: None,
            namespace: None,
            all_namespaces: false,
        };
        for word in done {
            path.step(root, word);
        }
        path
    }

    fn step(&mut self, root: &'a Command, word: &str) {
        if let Some(arg) = self.pending.take() {
            if arg.get_id() == "namespace" {
                self.namespace = Some(word.to_owned());
            }
            return;
        }
        if word.starts_with('-') && word.len() > 1 {
            let (name, value) =
                word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
            let arg = self.flag(root, name);
            if name == "-A" || name == "--all-namespaces" {
                self.all_namespaces = true;
            }
            match (arg, value) {
                (Some(arg), Some(value)) if arg.get_id() == "namespace" => {
                    self.namespace = Some(value.to_owned())
                }
                (Some(arg), None) if takes_value(arg) => self.pending = Some(arg),
                _ => {}
            }
            return;
        }
        match self.command.find_subcommand(word).filter(|_| self.positionals.is_empty()) {
            Some(next) => {
                self.command = next;
                self.verbs.push(word.to_owned());
            }
            None => self.positionals.push(word.to_owned()),
        }
    }

    fn flag(&self, root: &'a Command, name: &str) -> Option<&'a Arg> {
        let is = |arg: &&Arg| match name.strip_prefix("--") {
            Some(long) => arg.get_long() == Some(long),
            None => arg.get_short().is_some_and(|short| name == format!("-{short}")),
        };
        self.command.get_arguments().find(is).or_else(|| root.get_arguments().find(is))
    }
}

/// Whether a flag's value is a word of its own.
fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values() && !arg.is_require_equals_set()
}

fn candidates(done: &[String], word: &str, world: &World) -> Vec<Candidate> {
    let root = command();
    let path = Path::of(&root, done);
    if let Some(arg) = path.pending {
        return values_of(arg, world);
    }
    if word.starts_with('-') {
        return flags(&path, &root, word, world);
    }
    let subcommands: Vec<Candidate> = match path.positionals.is_empty() {
        true => path.command.get_subcommands().map(verb_candidate).collect(),
        false => Vec::new(),
    };
    if path.verbs.is_empty() || path.command.is_subcommand_required_set() {
        return subcommands;
    }
    subcommands.into_iter().chain(positional(&path, word, world)).collect()
}

fn verb_candidate(command: &Command) -> Candidate {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    Candidate::new(command.get_name(), about)
}

fn flags(path: &Path<'_>, root: &Command, word: &str, world: &World) -> Vec<Candidate> {
    if let Some((name, _)) = word.split_once('=') {
        let values = path.flag(root, name).map(|arg| values_of(arg, world)).unwrap_or_default();
        return values
            .into_iter()
            .map(|value| Candidate::new(format!("{name}={}", value.text), value.description))
            .collect();
    }
    let all = path.command.get_arguments().chain(root.get_arguments());
    all.filter(|arg| !arg.is_hide_set())
        .flat_map(|arg| {
            let about = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let ends = if arg.is_require_equals_set() && takes_more_than_bool(arg) { "=" } else { "" };
            let long = arg.get_long().map(|long| format!("--{long}{ends}"));
            let short = arg.get_short().map(|short| format!("-{short}"));
            long.into_iter().chain(short).map(move |text| Candidate::new(text, about.clone()))
        })
        .collect()
}

fn takes_more_than_bool(arg: &Arg) -> bool {
    arg.get_possible_values().iter().any(|value| !["true", "false"].contains(&value.get_name()))
}

/// What a flag may be.
fn values_of(arg: &Arg, world: &World) -> Vec<Candidate> {
    match arg.get_id().as_str() {
        "namespace" => names(Kind::Namespace, None, world),
        "output" => FORMATS.iter().map(|(text, about)| Candidate::new(*text, *about)).collect(),
        "selector" => labels_there(world),
        "subresource" => vec![Candidate::new("scale", "the number of replicas")],
        _ => arg
            .get_possible_values()
            .iter()
            .map(|value| {
                Candidate::new(
                    value.get_name(),
                    value.get_help().map(ToString::to_string).unwrap_or_default(),
                )
            })
            .collect(),
    }
}

/// Labels that objects have, for `-l`.
fn labels_there(world: &World) -> Vec<Candidate> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for kind in [Kind::Pod, Kind::Deployment, Kind::Service, Kind::Node] {
        for object in world.list(kind, None) {
            let labels = crate::object::labels(object.meta());
            found.extend(labels.iter().map(|(key, value)| format!("{key}={value}")));
        }
    }
    found.into_iter().map(|label| Candidate::new(label, "a label that objects have")).collect()
}

/// What may stand in place of the next word that is no flag.
fn positional(path: &Path<'_>, word: &str, world: &World) -> Vec<Candidate> {
    let scope = Scope { said: path.namespace.as_deref(), files: &NoFiles };
    let namespace = (!path.all_namespaces).then(|| scope.namespace());
    match (path.verbs.first().map(String::as_str), path.positionals.as_slice()) {
        (Some("cordon" | "uncordon" | "drain"), _) => names(Kind::Node, None, world),
        (Some("taint"), []) => vec![Candidate::new("node", "a worker node")],
        (Some("logs"), []) if !word.contains('/') => {
            let workloads = [Kind::Deployment, Kind::ReplicaSet, Kind::Service];
            let others = workloads.iter().flat_map(|kind| slashed(*kind, namespace, world));
            names(Kind::Pod, namespace, world).into_iter().chain(others).collect()
        }
        (Some("logs"), [pod]) => containers(pod, scope, world),
        (Some("explain"), []) => explained(word),
        (Some("run" | "create" | "apply" | "replace" | "version" | "api-resources" | "cluster-info"), _) => {
            Vec::new()
        }
        (Some("events"), _) => Vec::new(),
        (verb, []) => match word.split_once('/') {
            Some((kind, _)) => {
                kinds::find(kind).map(|found| slashed_as(kind, found, namespace, world)).unwrap_or_default()
            }
            None => kind_candidates(verb, word),
        },
        (verb, [first, ..]) if !first.contains('/') => {
            let kinds: Vec<Kind> = kinds::of_word(first).unwrap_or_default();
            let mut found: Vec<Candidate> = kinds
                .iter()
                .flat_map(|kind| names(*kind, namespace.filter(|_| kind.is_namespaced()), world))
                .collect();
            found.retain(|candidate| !path.positionals.contains(&candidate.text));
            if verb == Some("set") {
                found.extend(assignments(path, scope, world));
            }
            found
        }
        (Some("set"), _) => assignments(path, scope, world),
        (_, [.., last]) => {
            let kind = last.split('/').next().and_then(kinds::find);
            kind.map(|kind| slashed(kind, namespace, world)).unwrap_or_default()
        }
    }
}

/// The kinds that a verb is for; for most verbs every kind.
fn kind_candidates(verb: Option<&str>, word: &str) -> Vec<Candidate> {
    let fits = |kind: &Kind| match verb {
        Some("scale") => matches!(kind.name(), "Deployment" | "ReplicaSet" | "StatefulSet"),
        Some("rollout") => {
            matches!(kind.name(), "Deployment" | "DaemonSet" | "StatefulSet")
        }
        Some("set") => {
            matches!(kind.name(), "Deployment" | "ReplicaSet" | "Pod" | "DaemonSet" | "StatefulSet")
        }
        Some("expose") => matches!(kind.name(), "Deployment" | "ReplicaSet" | "Pod" | "Service"),
        _ => true,
    };
    // `pods,svc`: the last one is completed.
    let (start, _) = word.rsplit_once(',').map_or(("", word), |(start, end)| (start, end));
    let start = if start.is_empty() { String::new() } else { format!("{start},") };
    let all = Kind::ALL.iter().filter(|kind| fits(kind)).flat_map(|kind| {
        let info = kind.info();
        let short = info.short_names.iter().copied();
        [info.plural, info.singular].into_iter().chain(short).map(|name| (name, info.name))
    });
    let mut found: Vec<Candidate> =
        all.map(|(name, kind)| Candidate::new(format!("{start}{name}"), kind)).collect();
    found.sort_by(|a, b| a.text.cmp(&b.text));
    found
}

fn names(kind: Kind, namespace: Option<&str>, world: &World) -> Vec<Candidate> {
    let found = world.list_in(kind, namespace).unwrap_or_default();
    found.iter().map(|object| Candidate::new(object.key().name, word_about(object))).collect()
}

fn slashed(kind: Kind, namespace: Option<&str>, world: &World) -> Vec<Candidate> {
    slashed_as(kind.info().singular, kind, namespace, world)
}

fn slashed_as(word: &str, kind: Kind, namespace: Option<&str>, world: &World) -> Vec<Candidate> {
    let found = names(kind, namespace, world);
    found.into_iter().map(|name| Candidate::new(format!("{word}/{}", name.text), name.description)).collect()
}

/// A few words about an object: how it is.
fn word_about(object: &Object) -> String {
    match object {
        Object::Pod(pod) => crate::apiserver::table::pod::summary(pod).status,
        other => other.kind().name().to_owned(),
    }
}

fn containers(pod: &str, scope: Scope<'_>, world: &World) -> Vec<Candidate> {
    let target = scope.target(Kind::Pod, pod);
    let Ok(Some(Object::Pod(pod))) = world.find(&target) else { return Vec::new() };
    let all = pod.spec.containers.iter().chain(pod.spec.init_containers.iter().flatten());
    all.map(|container| Candidate::new(&container.name, container.image.clone().unwrap_or_default()))
        .collect()
}

/// `web=` for each container, after `set image`.
fn assignments(path: &Path<'_>, scope: Scope<'_>, world: &World) -> Vec<Candidate> {
    if path.verbs.get(1).map(String::as_str) != Some("image") {
        return Vec::new();
    }
    let target = match path.positionals.as_slice() {
        [one, ..] if one.contains('/') => {
            one.split_once('/').and_then(|(kind, name)| Some((kinds::find(kind)?, name)))
        }
        [kind, name, ..] => kinds::find(kind).map(|kind| (kind, name.as_str())),
        _ => None,
    };
    let Some((kind, name)) = target else { return Vec::new() };
    let Ok(Some(object)) = world.find(&scope.target(kind, name)) else { return Vec::new() };
    let value = object.to_value();
    let list = value.pointer("/spec/template/spec/containers").or_else(|| value.pointer("/spec/containers"));
    let containers = list.and_then(|list| list.as_array()).cloned().unwrap_or_default();
    let text = |container: &serde_json::Value, field: &str| {
        container.get(field).and_then(|value| value.as_str()).unwrap_or("").to_owned()
    };
    containers
        .iter()
        .map(|container| Candidate::new(format!("{}=", text(container, "name")), text(container, "image")))
        .collect()
}

/// `deployment.spec.strategy`: the fields below what is typed.
fn explained(word: &str) -> Vec<Candidate> {
    let Some((start, _)) = word.rsplit_once('.') else { return kind_candidates(None, word) };
    let mut parts = start.split('.');
    let Some(kind) = parts.next().and_then(kinds::find) else { return Vec::new() };
    let root = crate::object::schema::root(kind);
    let shape = parts.try_fold(root, |shape, name| shape.item().child(name));
    let Some(known) = shape.and_then(|shape| shape.item().object()) else { return Vec::new() };
    known
        .fields
        .iter()
        .map(|(name, field)| {
            let about = field.about.split(". ").next().unwrap_or("").to_owned();
            Candidate::new(format!("{start}.{name}"), about)
        })
        .collect()
}
