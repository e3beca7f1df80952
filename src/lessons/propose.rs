//! From a session that somebody played to a lesson: proposed goals, from what changed, and a solution, from what was
//! done.

use crate::apiserver::patch::last_applied;
use crate::apiserver::{Call, Patch};
use crate::engine::driver::Inline;
use crate::engine::{Act, Engine, EtcdAct, Fault, Input, Journal, World};
use crate::manifests::diff;
use crate::node::NodeCommand;
use crate::object::{Kind, Object, ObjectRef};
use crate::time::{Span, VirtualTime};

/// How long after the last input the cluster is looked at.
const SETTLE: Span = Span::secs(30);
/// Kinds that people ask for.
const KINDS: &[Kind] = &[Kind::Deployment, Kind::Service, Kind::ConfigMap, Kind::Secret, Kind::Node];

/// Proposes a `check` and a `solution` block. `from` is when the lesson would begin; without it, before the first
/// thing that a person did.
pub fn propose(journal: &Journal, from: Option<VirtualTime>) -> String {
    let by_person = |input: &Input| input.title.starts_with("you ") && !input.title.contains("at the start");
    let first = journal.entries.iter().find(|entry| by_person(&entry.input)).map(|entry| entry.at_us);
    let start = from.or(first).unwrap_or(VirtualTime::ZERO);
    let mut engine = Engine::new(journal.config.clone(), Box::new(Inline));
    let mut before = None;
    for entry in &journal.entries {
        if entry.at_us >= start && before.is_none() {
            engine.run_until(start);
            before = Some(engine.view());
        }
        engine.run_until(entry.at_us);
        engine.apply(entry.input.clone());
    }
    let end = engine.now() + SETTLE;
    engine.run_until(end);
    let before = before.unwrap_or_else(|| engine.view());
    let done: Vec<(VirtualTime, &Input)> = journal
        .entries
        .iter()
        .filter(|entry| entry.at_us >= start)
        .map(|entry| (entry.at_us, &entry.input))
        .collect();
    let goals = goals(&before, engine.world(), &done);
    let solution = solution(start, &done);
    format!("```check\n{}```\n\n```solution id=recorded\n{solution}```\n", goals.join(""))
}

/// Goals that follow from what is different now, and from what was deleted on the way.
fn goals(before: &World, after: &World, done: &[(VirtualTime, &Input)]) -> Vec<String> {
    let mut goals = Vec::new();
    for (_, input) in done {
        if let Act::Api(Call::Delete { target, .. }) = &input.act {
            goals.push(format!(
                "- goal: {} was deleted\n  saw: {{delete: {}, by: you}}\n",
                words(target),
                pattern(target)
            ));
        }
    }
    for kind in KINDS {
        for object in after.list(*kind, None) {
            let target = object.reference();
            match before.object(&target) {
                None => goals.push(format!(
                    "- goal: {} is there\n  saw: {{create: {}, by: you}}\n",
                    words(&target),
                    pattern(&target)
                )),
                Some(old) => goals.extend(changes(old, object)),
            }
        }
    }
    for object in after.list(Kind::Deployment, None) {
        let Object::Deployment(deployment) = object else { continue };
        let want = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
        let name = object.reference().key.name;
        goals.push(format!(
            "- goal: {name} is as it should be\n  hold: {{for: 5s, that: \"deployment('{name}').settled && deployment('{name}').available == {want}\"}}\n"
        ));
    }
    goals.dedup();
    goals
}

/// One goal for each field of the specification, or of the data, that changed.
fn changes(old: &Object, new: &Object) -> Vec<String> {
    let target = new.reference();
    let changed = diff::diff(target.kind, &old.to_value(), &new.to_value());
    let counts = |change: &&diff::FieldChange| {
        let path = change.path.to_string();
        path.starts_with("spec") || path.starts_with("data")
    };
    let goal = |change: &diff::FieldChange| {
        let path = change.path.to_string();
        let to = match &change.new {
            Some(value) if !value.is_object() && !value.is_array() => format!(", to: {value}"),
            _ => String::new(),
        };
        let words = yaml(&format!("{}, {change}", words(&target)));
        format!("- goal: {words}\n  saw: {{write: {}, field: \"{path}\"{to}, by: you}}\n", pattern(&target))
    };
    changed.iter().filter(counts).map(goal).collect()
}

/// A text as YAML, in quotes if it needs them.
fn yaml(text: &str) -> String {
    if text.contains(": ") || text.contains(['"', '#', '{', '[']) {
        serde_json::Value::from(text).to_string()
    } else {
        text.to_owned()
    }
}

fn words(target: &ObjectRef) -> String {
    format!("{} {}", target.kind.info().singular, target.key.name)
}

fn pattern(target: &ObjectRef) -> String {
    match target.key.namespace.as_str() {
        "" | "default" => format!("{}/{}", target.kind.name(), target.key.name),
        namespace => format!("{}/{namespace}/{}", target.kind.name(), target.key.name),
    }
}

/// What was done, as the steps of a script.
fn solution(start: VirtualTime, done: &[(VirtualTime, &Input)]) -> String {
    let (mut text, mut last) = (String::new(), start);
    for (at, input) in done {
        let pause = at.since(last).as_secs();
        if pause > 0 {
            text += &format!("- after: {pause}s\n");
        }
        last = *at;
        match step(&input.act) {
            Some(step) => text += &format!("- {step}\n"),
            None => text += &format!("# {} (no step says this)\n", input.title),
        }
    }
    text
}

fn step(act: &Act) -> Option<String> {
    Some(match act {
        Act::Api(Call::Delete { target, .. }) => {
            format!("delete: {{{}: {}}}", target.kind.info().singular, target.key.name)
        }
        Act::Api(Call::Scale { target, replicas }) => {
            format!("scale: {{{}: {}, replicas: {replicas}}}", target.kind.info().singular, target.key.name)
        }
        Act::Api(Call::Create { object, .. }) => {
            let mut value = object.to_value();
            // What `apply` remembers, it will note again.
            if let Some(marks) =
                value.pointer_mut("/metadata/annotations").and_then(|map| map.as_object_mut())
            {
                marks.shift_remove(last_applied::ANNOTATION);
            }
            let json = serde_json::Value::from(value.to_string());
            format!("apply: {{inline: {json}}}")
        }
        Act::Api(Call::Patch { target, patch: Patch::Strategic(patch) | Patch::Merge(patch), .. }) => {
            let (kind, name) = (target.kind.info().singular, &target.key.name);
            let line = format!("patch {kind} {name} --type merge -p '{patch}'");
            format!("kubectl: {}", serde_json::Value::from(line))
        }
        Act::Fault(fault) => format!("fault: {{{}}}", fault_words(fault)?),
        Act::AddNode(node) => format!("node: {{add: {}}}", node.name),
        Act::RemoveNode(name) => format!("node: {{remove: {name}}}"),
        Act::Api(_) | Act::Traffic { .. } => return None,
    })
}

fn fault_words(fault: &Fault) -> Option<String> {
    Some(match fault {
        Fault::Power { node, power } => {
            format!("node: {node}, do: {}", power.verb())
        }
        Fault::Component { name, start } => {
            format!("component: {name}, do: {}", if *start { "start" } else { "stop" })
        }
        Fault::Etcd(act) => {
            let verb = match act {
                EtcdAct::Snapshot => "snapshot",
                EtcdAct::LoseData => "lose-data",
                EtcdAct::Restore => "restore",
                EtcdAct::Compact => "compact",
            };
            format!("component: etcd, do: {verb}")
        }
        Fault::Cut { a, b, .. } => format!("cut: [{a}, {b}]"),
        Fault::Heal { a, b } => format!("heal: [{a}, {b}]"),
        Fault::Latency { a, b, of } => format!("latency: [{a}, {b}], of: {}ms", of.as_millis()),
        Fault::Drop { a, b, next } => format!("drop: [{a}, {b}], next: {next}"),
        Fault::OnNode { command, .. } => match command {
            NodeCommand::ExitContainer { pod, code, .. } => {
                format!("container-exit: {{pod: {}, code: {code}}}", pod.name)
            }
            NodeCommand::OomKill { pod, .. } => format!("oom-kill: {{pod: {}}}", pod.name),
            NodeCommand::Probe { pod, kind, fail } => {
                format!(
                    "probe: {{pod: {}, kind: {kind}}}, do: {}",
                    pod.name,
                    if *fail { "fail" } else { "pass" }
                )
            }
            _ => return None,
        },
        Fault::Image { .. } => return None,
    })
}
