//! `kubectl describe`: everything about an object, for people.

use super::{Look, Verb};
use crate::kubectl::cluster::Ask;
use crate::kubectl::describe;
use crate::kubectl::output::{Fault, Stream};
use crate::kubectl::running::{Context, Step};
use crate::kubectl::targets::{self, FromFiles, Picking, Targets};
use crate::object::{Object, ObjectRef};

/// Show details of a specific resource or group of resources
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  describe pod web-1
  describe deploy/web
  describe pods                             all of them, one after the other
  describe pod web-                         all whose names begin so")]
pub struct Describe {
    /// TYPE [NAME...] or TYPE/NAME...
    #[arg(value_name = "TYPE NAME")]
    words: Vec<String>,
    #[command(flatten)]
    picking: Picking,
    #[command(flatten)]
    files: FromFiles,
    /// If true, display events related to the described object
    #[arg(long, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true,
          default_value = "true", default_missing_value = "true", value_name = "BOOL")]
    show_events: bool,
}

impl Verb for Describe {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let targets = targets::resolve(cx.scope, &self.words, &self.picking, &self.files)?;
        if targets.is_nothing() {
            cx.out.error(
                "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list \
                 of supported resources.\n",
            );
            return Err(Fault::usage("describe", "Required resource not specified."));
        }
        let (objects, mut faults) = read(&targets, cx);
        let mut first = true;
        for object in &objects {
            match describe::describe(object, cx.cluster, self.show_events) {
                Ok(text) => {
                    let gap = if std::mem::take(&mut first) { "" } else { "\n\n" };
                    cx.out.print(Stream::Out, &format!("{gap}{text}"));
                }
                Err(fault) => faults.push(fault),
            }
        }
        if objects.is_empty() && faults.is_empty() {
            let text = match self.picking.all_namespaces {
                true => "No resources found".to_owned(),
                false => format!("No resources found in {} namespace.", cx.namespace()),
            };
            cx.out.error(text);
        }
        Fault::all(faults)?;
        Ok(Step::Done)
    }

    fn preview(&self, look: &Look<'_>) -> String {
        look.shows("describe", &self.words, self.picking.all_namespaces)
    }
}

/// The objects; where there is none of a name, those whose names begin with it.
fn read(targets: &Targets, cx: &Context<'_>) -> (Vec<Object>, Vec<Fault>) {
    let Targets::Named(names) = targets else { return targets.read(cx.cluster) };
    let (mut objects, mut faults) = (Vec::new(), Vec::new());
    for target in names {
        match cx.cluster.get(target) {
            Ok(object) => objects.push(object),
            Err(status) => match beginning_so(target, cx) {
                found if found.is_empty() => faults.push(Fault::from(status)),
                found => objects.extend(found),
            },
        }
    }
    (objects, faults)
}

fn beginning_so(target: &ObjectRef, cx: &Context<'_>) -> Vec<Object> {
    let all = cx.cluster.list_in(target.kind, Some(&target.key.namespace)).unwrap_or_default();
    let name = target.key.name.as_str();
    all.into_iter()
        .filter(|object| object.meta().name.as_deref().is_some_and(|found| found.starts_with(name)))
        .collect()
}
