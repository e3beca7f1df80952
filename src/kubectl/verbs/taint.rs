//! `kubectl taint`: keeps pods away from nodes that they do not tolerate.

use k8s_openapi::api::core::v1::{Node, Taint};
use serde_json::{Value, json};

use super::common::{DryRun, Writing};
use super::{Look, Verb};
use crate::apiserver::Patch;
use crate::kubectl::output::Fault;
use crate::kubectl::preview::{listed, references};
use crate::kubectl::running::{Context, Step};
use crate::kubectl::targets::{Picking, Picks};
use crate::object::{Kind, Object, Resource};

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// Update the taints on one or more nodes
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  taint node node-3 disk=broken:NoSchedule      no new pods that do not tolerate it
  taint node node-3 disk=broken:NoExecute       and those that run there have to go
  taint node node-3 disk:NoSchedule-            without it again")]
pub struct TaintVerb {
    /// node NAME... KEY=VALUE:EFFECT... ; KEY:EFFECT- and KEY- take away
    #[arg(value_name = "node NAME KEY=VALUE:EFFECT")]
    words: Vec<String>,
    #[command(flatten)]
    picking: Picking,
    /// Select all nodes in the cluster
    #[arg(long)]
    all: bool,
    /// If true, allow taints to be overwritten
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    writing: Writing,
}

/// What is put on and what is taken away; an empty effect takes every one away.
struct Change {
    add: Vec<Taint>,
    remove: Vec<Taint>,
}

impl Verb for TaintVerb {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let (words, specs) = self.split();
        let change = read(specs)?;
        if specs.is_empty() {
            return Err(Fault::said("at least one taint update is required"));
        }
        let targets = self.picks().resolve(cx.scope, words)?;
        let (objects, mut faults) = targets.read(cx.cluster);
        if let Some(other) = objects.iter().find(|object| object.kind() != Kind::Node) {
            return Err(Fault::said(format!(
                "invalid resource type {}, only node(s) is supported",
                other.kind().info().plural
            )));
        }
        for object in &objects {
            if let Err(fault) = self.taint(object, &change, cx) {
                faults.push(fault);
            }
        }
        Fault::all(faults)?;
        Ok(Step::Done)
    }

    fn preview(&self, look: &Look<'_>) -> String {
        let (words, specs) = self.split();
        match (look.picked(words, &self.picks()), read(specs)) {
            (Err(why), _) => why,
            (_, Err(fault)) => fault.text(),
            (Ok(nodes), Ok(_)) if nodes.is_empty() => {
                "say which node, such as node node-3 disk=broken:NoSchedule".to_owned()
            }
            (Ok(_), Ok(change)) if change.add.is_empty() && change.remove.is_empty() => {
                "say which taint, such as disk=broken:NoSchedule".to_owned()
            }
            (Ok(nodes), Ok(change)) => {
                let names = listed(&references(&nodes));
                let effect = |wanted: &str| change.add.iter().any(|taint| taint.effect == wanted);
                match () {
                    () if effect("NoExecute") => format!(
                        "will taint {names}: pods that do not tolerate it have to go, and no new ones come"
                    ),
                    () if effect("NoSchedule") => {
                        format!("will taint {names}: no new pods that do not tolerate it; those there stay")
                    }
                    () if effect("PreferNoSchedule") => {
                        format!("will taint {names}: new pods go elsewhere if they can")
                    }
                    () => format!("will take taints off {names}"),
                }
            }
        }
    }
}

impl TaintVerb {
    fn picks(&self) -> Picks {
        Picks { picking: self.picking.clone(), all: self.all, ..Picks::default() }
    }

    /// The words that name nodes, and those that are taints.
    fn split(&self) -> (&[String], &[String]) {
        let is_taint = |word: &String| word.contains([':', '=']) || word.ends_with('-');
        let at = self.words.iter().skip(1).position(is_taint).map_or(self.words.len(), |at| at + 1);
        self.words.split_at(at)
    }

    fn taint(&self, object: &Object, change: &Change, cx: &mut Context<'_>) -> Result<(), Fault> {
        let Some(node) = Node::of(object) else { return Ok(()) };
        let name = node.metadata.name.as_deref().unwrap_or("");
        let old = node.spec.as_ref().and_then(|spec| spec.taints.clone()).unwrap_or_default();
        if !self.overwrite {
            let taken: Vec<&str> = change
                .add
                .iter()
                .filter(|taint| old.iter().any(|there| same(there, taint)))
                .map(|taint| taint.key.as_str())
                .collect();
            if !taken.is_empty() {
                return Err(Fault::said(format!(
                    "node {name} already has {} taint(s) with same effect(s) and --overwrite is false",
                    taken.join(",")
                )));
            }
        }
        let mut new = change.add.clone();
        new.extend(old.iter().filter(|there| !change.add.iter().any(|taint| same(there, taint))).cloned());
        let added = new.len() != old.len();
        let mut missing = Vec::new();
        for gone in &change.remove {
            let before = new.len();
            new.retain(|taint| {
                !(taint.key == gone.key && (gone.effect.is_empty() || taint.effect == gone.effect))
            });
            if new.len() == before {
                missing.push(Fault::said(match gone.effect.as_str() {
                    "" => format!("taint \"{}\" not found", gone.key),
                    effect => format!("taint \"{}:{effect}\" not found", gone.key),
                }));
            }
        }
        Fault::all(missing)?;
        let did = match () {
            () if (added && !change.remove.is_empty()) || self.overwrite => "modified",
            () if added => "tainted",
            () => "untainted",
        };
        if self.writing.dry_run == DryRun::Client {
            return self.writing.report(object, did, cx);
        }
        let taints: Value = if new.is_empty() { Value::Null } else { json!(new) };
        let dry_run = self.writing.dry_run == DryRun::Server;
        let patch = Patch::Strategic(json!({"spec": {"taints": taints}}));
        let tainted = cx.patch(&object.reference(), patch, dry_run)?;
        self.writing.report(&tainted, did, cx)
    }
}

fn same(a: &Taint, b: &Taint) -> bool {
    a.key == b.key && a.effect == b.effect
}

fn read(specs: &[String]) -> Result<Change, Fault> {
    let mut change = Change { add: Vec::new(), remove: Vec::new() };
    for spec in specs {
        let (text, removes) = match spec.strip_suffix('-') {
            Some(text) => (text, true),
            None => (spec.as_str(), false),
        };
        let (mark, effect) = text.split_once(':').unwrap_or((text, ""));
        let (key, value) = mark.split_once('=').unwrap_or((mark, ""));
        let value = (!value.is_empty()).then(|| value.to_owned());
        let taint = Taint { key: key.to_owned(), value, effect: effect.to_owned(), time_added: None };
        if key.is_empty() || (effect.is_empty() && !removes) {
            return Err(Fault::said(format!("invalid taint spec: {spec}")));
        }
        if !effect.is_empty() && !EFFECTS.contains(&effect) {
            return Err(Fault::said(format!("invalid taint effect: {effect}, unsupported taint effect")));
        }
        if removes { change.remove.push(taint) } else { change.add.push(taint) }
    }
    Ok(change)
}
