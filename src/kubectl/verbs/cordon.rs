//! `kubectl cordon` and `uncordon`: whether new pods may go to a node.

use k8s_openapi::api::core::v1::Node;
use serde_json::{Value, json};

use super::{Look, Verb};
use crate::apiserver::Patch;
use crate::kubectl::cluster::Ask;
use crate::kubectl::kinds;
use crate::kubectl::output::Fault;
use crate::kubectl::preview::listed;
use crate::kubectl::running::{Context, Step};
use crate::kubectl::targets::{self, FromFiles, Picking};
use crate::object::{Kind, Object, ObjectRef, Resource};

/// Mark node as unschedulable
#[derive(Clone, Debug, clap::Args)]
pub struct Cordon {
    #[command(flatten)]
    nodes: Nodes,
}

/// Mark node as schedulable
#[derive(Clone, Debug, clap::Args)]
pub struct Uncordon {
    #[command(flatten)]
    nodes: Nodes,
}

/// Nodes by name or label.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Nodes {
    /// NODE...
    #[arg(value_name = "NODE")]
    names: Vec<String>,
    /// Selector (label query) to filter on
    #[arg(short = 'l', long)]
    selector: Option<String>,
}

impl Nodes {
    /// The nodes that are meant.
    pub(super) fn read(&self, verb: &str, cx: &Context<'_>) -> Result<Vec<Object>, Fault> {
        if self.names.is_empty() && self.selector.is_none() {
            return Err(Fault::usage(verb, format!("USAGE: {verb} NODE [flags]")));
        }
        if self.selector.is_some() {
            if !self.names.is_empty() {
                return Err(Fault::said("error: cannot specify both a node name and a --selector option"));
            }
            let picking = Picking { selector: self.selector.clone(), ..Picking::default() };
            let targets = targets::resolve(cx.scope, &["nodes".to_owned()], &picking, &FromFiles::default())?;
            let (objects, faults) = targets.read(cx.cluster);
            return Fault::all(faults).map(|()| objects);
        }
        let mut nodes = Vec::new();
        for name in self.names.iter() {
            nodes.push(cx.cluster.get(&cx.target(Kind::Node, bare(name)))?);
        }
        Ok(nodes)
    }

    /// The names for a preview, or what is wrong with them.
    pub(super) fn names(&self, look: &Look<'_>) -> Result<String, String> {
        let targets: Vec<ObjectRef> =
            self.names.iter().map(|name| look.scope.target(Kind::Node, bare(name))).collect();
        match targets.iter().find(|target| look.get(target).is_none()) {
            Some(missing) => Err(format!("there is no node \"{}\"", missing.key.name)),
            None if targets.is_empty() => match &self.selector {
                Some(selector) => Ok(format!("the nodes with {selector}")),
                None => Err("say which node, such as node-3".to_owned()),
            },
            None => Ok(listed(&targets)),
        }
    }
}

/// `node/node-3` and `node-3` are the same.
fn bare(name: &str) -> &str {
    match name.split_once('/') {
        Some((kind, name)) if kinds::find(kind) == Some(Kind::Node) => name,
        _ => name,
    }
}

impl Verb for Cordon {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        for node in self.nodes.read("cordon", cx)? {
            set(&node, true, cx)?;
        }
        Ok(Step::Done)
    }

    fn preview(&self, look: &Look<'_>) -> String {
        self.nodes
            .names(look)
            .map_or_else(|why| why, |names| format!("will keep new pods away from {names}; those there stay"))
    }
}

impl Verb for Uncordon {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        for node in self.nodes.read("uncordon", cx)? {
            set(&node, false, cx)?;
        }
        Ok(Step::Done)
    }

    fn preview(&self, look: &Look<'_>) -> String {
        self.nodes
            .names(look)
            .map_or_else(|why| why, |names| format!("will let new pods go to {names} again"))
    }
}

/// Cordons a node, or takes that back, and says so.
pub(super) fn set(object: &Object, cordoned: bool, cx: &mut Context<'_>) -> Result<(), Fault> {
    let now = Node::of(object).and_then(|node| node.spec.as_ref()?.unschedulable).unwrap_or(false);
    let did = if cordoned { "cordoned" } else { "uncordoned" };
    let label = kinds::label(&object.reference());
    if now == cordoned {
        cx.out.line(format!("{label} already {did}"));
        return Ok(());
    }
    let value = if cordoned { Value::Bool(true) } else { Value::Null };
    let patch = Patch::Strategic(json!({"spec": {"unschedulable": value}}));
    cx.patch(&object.reference(), patch, false)?;
    cx.out.line(format!("{label} {did}"));
    Ok(())
}
