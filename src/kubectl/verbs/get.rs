//! `kubectl get`: objects as a table, or in another format.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Look, Verb};
use crate::apiserver::table;
use crate::apiserver::{Call, Reply, Sub};
use crate::kubectl::cluster::Ask;
use crate::kubectl::columns::TABLE;
use crate::kubectl::output::{Fault, Stream};
use crate::kubectl::print::{Format, Layout, jsonpath};
use crate::kubectl::running::{Context, Step, Task};
use crate::kubectl::targets::{self, FromFiles, Picking, Targets};
use crate::object::{Kind, Object, ObjectRef};

/// What the API server warns of when Endpoints are read.
pub(super) const ENDPOINTS_WARNING: &str =
    "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";

/// Display one or many resources
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  get pods                                  all pods of the namespace
  get pods -o wide                          with their nodes and addresses
  get deploy,rs,svc -A                      several kinds, in all namespaces
  get pod/web-1 -o yaml                     one pod, everything of it
  get pods -l app=web --sort-by=.status.startTime")]
pub struct Get {
    /// TYPE[,TYPE] [NAME...] or TYPE/NAME...
    #[arg(value_name = "TYPE [NAME]")]
    words: Vec<String>,
    #[command(flatten)]
    picking: Picking,
    #[command(flatten)]
    files: FromFiles,
    /// Output format: wide, yaml, json, name, jsonpath=..., custom-columns=...
    #[arg(short, long)]
    output: Option<String>,
    /// Don't print headers
    #[arg(long)]
    no_headers: bool,
    /// Show all labels as the last column
    #[arg(long)]
    show_labels: bool,
    /// Labels that are going to be presented as columns
    #[arg(short = 'L', long, value_delimiter = ',', value_name = "LABEL")]
    label_columns: Vec<String>,
    /// List the resource type for the requested object(s)
    #[arg(long)]
    show_kind: bool,
    /// Sort by this field (e.g. --sort-by=.metadata.name)
    #[arg(long, value_name = "JSONPATH")]
    sort_by: Option<String>,
    /// Treat "resource not found" as success
    #[arg(long)]
    ignore_not_found: bool,
    /// If specified, gets the subresource of the requested object: scale
    #[arg(long, value_name = "SUBRESOURCE")]
    subresource: Option<String>,
    /// Return large lists in chunks rather than all at once; here they always come at once
    #[arg(long, value_name = "SIZE", hide = true)]
    chunk_size: Option<u32>,
    /// After listing/getting the requested object, watch for changes
    #[arg(short, long)]
    watch: bool,
    /// Watch for changes to the requested object(s), without listing/getting first
    #[arg(long)]
    watch_only: bool,
}

impl Verb for Get {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let format = Format::parse(self.output.as_deref())?;
        let targets = targets::resolve(cx.scope, &self.words, &self.picking, &self.files)?;
        if targets.is_nothing() {
            cx.out.error(
                "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of \
                 supported resources.\n",
            );
            return Err(Fault::usage(
                "get",
                "Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of \
                 that resource (e.g. kubectl explain pods).",
            ));
        }
        if let Some(subresource) = &self.subresource {
            return self.subresource(subresource, &targets, &format, cx);
        }
        if self.watch || self.watch_only {
            return self.watch(&targets, &format, cx);
        }
        let (mut objects, faults) = targets.read(cx.cluster);
        if objects.iter().any(|object| object.kind() == Kind::Endpoints) {
            cx.out.error(ENDPOINTS_WARNING);
        }
        if let Some(path) = &self.sort_by {
            sort(&mut objects, path)?;
        }
        let faults: Vec<Fault> =
            faults.into_iter().filter(|fault| !(self.ignore_not_found && fault.is_not_found())).collect();
        match format {
            Format::Table { wide } => {
                let text = self.layout(wide, kinds(&targets).len() > 1).text(&objects, cx);
                cx.out.print(Stream::Out, &text);
                if text.is_empty() && faults.is_empty() && !self.ignore_not_found {
                    self.nothing_found(&targets, cx);
                }
            }
            format => {
                let alone = matches!(&targets, Targets::Named(names) if names.len() == 1);
                if !(alone && objects.is_empty()) {
                    format.print_all(&objects, alone, cx.out)?;
                }
            }
        }
        Fault::all(faults)?;
        Ok(Step::Done)
    }

    fn preview(&self, look: &Look<'_>) -> String {
        look.shows("list", &self.words, self.picking.all_namespaces)
    }
}

/// The kinds that are asked for.
fn kinds(targets: &Targets) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = match targets {
        Targets::Named(names) => names.iter().map(|target| target.kind).collect(),
        Targets::Matching(kinds) => kinds.iter().map(|(kind, _)| *kind).collect(),
    };
    kinds.sort();
    kinds.dedup();
    kinds
}

impl Get {
    fn layout(&self, wide: bool, several_kinds: bool) -> Layouts {
        Layouts {
            all_namespaces: self.picking.all_namespaces,
            layout: Layout {
                wide,
                no_headers: self.no_headers,
                namespace: false,
                with_kind: several_kinds || self.show_kind,
                show_labels: self.show_labels,
                label_columns: self.label_columns.clone(),
            },
        }
    }

    fn nothing_found(&self, targets: &Targets, cx: &mut Context<'_>) {
        let namespaced = kinds(targets).iter().all(|kind| kind.is_namespaced());
        let text = match namespaced && !self.picking.all_namespaces {
            true => format!("No resources found in {} namespace.", cx.namespace()),
            false => "No resources found".to_owned(),
        };
        cx.out.error(text);
    }

    fn subresource(
        &self,
        name: &str,
        targets: &Targets,
        format: &Format,
        cx: &mut Context<'_>,
    ) -> Result<Step, Fault> {
        if name != "scale" {
            return Err(Fault::said(format!(
                "invalid subresource value: \"{name}\". Must be one of [scale]"
            )));
        }
        let Targets::Named(names) = targets else {
            return Err(Fault::said("subresource can not be used when bulk resources are specified"));
        };
        for target in names {
            let object = cx.cluster.get(target)?;
            let call = Call::Get { target: target.clone(), sub: Sub::Scale };
            let Reply::Value(scale) = cx.cluster.read(&call)? else { continue };
            match format {
                Format::Table { wide } => {
                    let table = table::scale(&object, &scale, cx.cluster.now());
                    let text = self.layout(*wide, false).layout.lines(&table);
                    cx.out.print(Stream::Out, &TABLE.align(&text));
                }
                format => {
                    format.print_value(&scale, &format!("scale.autoscaling/{}", target.key.name), cx.out)?
                }
            }
        }
        Ok(Step::Done)
    }

    fn watch(&self, targets: &Targets, format: &Format, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let Format::Table { wide } = format else {
            return Err(Fault::said("watching shows tables only; leave out -o"));
        };
        if kinds(targets).len() > 1 {
            return Err(Fault::said(
                "watch is only supported on individual resources and resource collections - more than 1 resource was found",
            ));
        }
        let mut watch = Watch {
            targets: targets.clone(),
            layouts: self.layout(*wide, false),
            shown: String::new(),
            seen: BTreeMap::new(),
        };
        if self.watch_only {
            let (objects, faults) = watch.targets.read(cx.cluster);
            Fault::all(faults)?;
            watch.seen = objects.into_iter().map(|object| (object.reference(), object)).collect();
        }
        Box::new(watch).poll(cx)
    }
}

/// A table for each kind.
#[derive(Clone, Debug)]
struct Layouts {
    all_namespaces: bool,
    layout: Layout,
}

impl Layouts {
    /// The tables of these objects, one after the other.
    fn text(&self, objects: &[Object], cx: &Context<'_>) -> String {
        let groups = objects.chunk_by(|a, b| a.kind() == b.kind());
        let tables = groups.filter_map(|group| {
            let kind = group.first()?.kind();
            Some(TABLE.align(&self.of(kind).lines(&cx.cluster.table(kind, group))))
        });
        let tables: Vec<String> = tables.filter(|text| !text.is_empty()).collect();
        tables.join(if self.layout.no_headers { "" } else { "\n" })
    }

    fn of(&self, kind: Kind) -> Layout {
        Layout { namespace: self.all_namespaces && kind.is_namespaced(), ..self.layout.clone() }
    }
}

/// `get --watch`: every change is one more line.
struct Watch {
    targets: Targets,
    layouts: Layouts,
    /// What was shown so far: later lines align with it.
    shown: String,
    seen: BTreeMap<ObjectRef, Object>,
}

impl Task for Watch {
    fn poll(mut self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let (objects, faults) = self.targets.read(cx.cluster);
        // An object that is gone is shown once more, as it was last; only the first look must find it.
        let first = self.seen.is_empty() && self.shown.is_empty();
        let counts = |fault: &Fault| first || !fault.is_not_found();
        Fault::all(faults.into_iter().filter(counts).collect())?;
        let now: BTreeMap<ObjectRef, Object> =
            objects.into_iter().map(|object| (object.reference(), object)).collect();
        let gone = self.seen.iter().filter(|(reference, _)| !now.contains_key(*reference));
        let changed = now.iter().filter(|(reference, object)| {
            self.seen
                .get(*reference)
                .is_none_or(|seen| seen.meta().resource_version != object.meta().resource_version)
        });
        let rows: Vec<Object> = gone.chain(changed).map(|(_, object)| object.clone()).collect();
        if let Some(kind) = rows.first().map(Object::kind) {
            let mut layout = self.layouts.of(kind);
            layout.no_headers |= !self.shown.is_empty();
            let lines = layout.lines(&cx.cluster.table(kind, &rows));
            let before = TABLE.align(&self.shown).lines().count();
            self.shown.push_str(&lines);
            for line in TABLE.align(&self.shown).lines().skip(before) {
                cx.out.line(line);
            }
        }
        self.seen = now;
        Ok(Step::Wait(self, None))
    }
}

/// Sorts by the value that a path leads to; objects without one come first.
fn sort(objects: &mut [Object], path: &str) -> Result<(), Fault> {
    let template = jsonpath::Template::parse(&crate::kubectl::print::relaxed(path)).map_err(Fault::Said)?;
    let key = |object: &Object| template.values(&object.to_value()).into_iter().next();
    if !objects.is_empty() && objects.iter().all(|object| key(object).is_none()) {
        return Err(Fault::said(format!(
            "couldn't find any field with path \"{}\" in the list of objects",
            template.source()
        )));
    }
    objects.sort_by(|a, b| compare(key(a).as_ref(), key(b).as_ref()));
    Ok(())
}

fn compare(a: Option<&Value>, b: Option<&Value>) -> std::cmp::Ordering {
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(std::cmp::Ordering::Equal)
        }
        (Some(a), Some(b)) => jsonpath::text_of(a).cmp(&jsonpath::text_of(b)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}
