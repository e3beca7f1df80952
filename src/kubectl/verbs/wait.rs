//! `kubectl wait`: until a condition holds, a field has a value, or an object is gone.

use serde_json::Value;

use super::delete::timed_out;
use super::{Look, Verb};
use crate::kubectl::cluster::Ask;
use crate::kubectl::kinds;
use crate::kubectl::output::Fault;
use crate::kubectl::preview::listed;
use crate::kubectl::print::{jsonpath, relaxed};
use crate::kubectl::running::{Context, Step, Task};
use crate::kubectl::targets::{Picks, Targets};
use crate::object::{Object, ObjectRef};
use crate::time::{Span, VirtualTime};

/// A wait without an end (`kubectl` takes a week).
const WEEK: Span = Span::secs(7 * 24 * 3600);

/// Wait for a specific condition on one or many resources
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  wait --for=condition=Ready pod/web-1
  wait --for=condition=Available deploy/web --timeout=60s
  wait --for=delete pod/web-1
  wait --for=jsonpath='{.status.readyReplicas}'=3 deploy/web")]
pub struct Wait {
    /// TYPE NAME, TYPE/NAME, or TYPE with -l or --all
    #[arg(value_name = "TYPE NAME")]
    words: Vec<String>,
    #[command(flatten)]
    picks: Picks,
    /// What is waited for: delete, create, condition=NAME[=VALUE], jsonpath='{PATH}'[=VALUE]
    #[arg(long = "for", value_name = "CONDITION")]
    what: Option<String>,
    /// The length of time to wait before giving up; zero means check once, negative means wait for a week
    #[arg(long, default_value = "30s", allow_negative_numbers = true)]
    timeout: String,
}

/// What is waited for.
#[derive(Clone, Debug, PartialEq)]
enum What {
    Delete,
    Create,
    Condition(String, String),
    Path(jsonpath::Template, Option<String>),
}

impl What {
    fn parse(text: Option<&str>) -> Result<Self, Fault> {
        let text = text.unwrap_or("");
        let unknown = || Fault::said(format!("unrecognized condition: \"{text}\""));
        match text.split_once('=') {
            None if text == "delete" => Ok(Self::Delete),
            None if text == "create" => Ok(Self::Create),
            Some(("condition", condition)) => {
                let (name, value) = condition.split_once('=').unwrap_or((condition, "true"));
                Ok(Self::Condition(name.to_owned(), value.to_owned()))
            }
            Some(("jsonpath", path)) => {
                let (path, value) = match path.rfind('}') {
                    Some(end) => {
                        let (path, value) = path.split_at(end + 1);
                        (path, value.strip_prefix('='))
                    }
                    None => path.split_once('=').map_or((path, None), |(path, value)| (path, Some(value))),
                };
                let template = jsonpath::Template::parse(&relaxed(path)).map_err(Fault::Said)?;
                Ok(Self::Path(template, value.map(str::to_owned)))
            }
            _ => Err(unknown()),
        }
    }

    fn holds(&self, object: &Object) -> bool {
        let value = object.to_value();
        match self {
            Self::Delete => false,
            Self::Create => true,
            Self::Condition(name, wanted) => {
                let list = value.pointer("/status/conditions").and_then(Value::as_array);
                let is = |condition: &&Value, key: &str, wanted: &str| {
                    condition
                        .get(key)
                        .and_then(Value::as_str)
                        .is_some_and(|text| text.eq_ignore_ascii_case(wanted))
                };
                let mut named = list.into_iter().flatten().filter(|condition| is(condition, "type", name));
                // What a condition says counts only if it was said of the object as it is now.
                named.any(|condition| is(&condition, "status", wanted)) && is_observed(&value)
            }
            Self::Path(path, wanted) => {
                let found = path.values(&value);
                found.first().is_some_and(|found| {
                    wanted.as_ref().is_none_or(|wanted| jsonpath::text_of(found) == *wanted)
                })
            }
        }
    }
}

fn is_observed(value: &Value) -> bool {
    let number = |path: &str| value.pointer(path).and_then(Value::as_i64);
    match (number("/metadata/generation"), number("/status/observedGeneration")) {
        (Some(generation), Some(observed)) => observed >= generation,
        _ => true,
    }
}

impl Verb for Wait {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let what = What::parse(self.what.as_deref())?;
        let timeout = match self.timeout.as_str() {
            text if text.starts_with('-') => WEEK,
            text => crate::kubectl::grammar::duration(text).map_err(Fault::Said)?,
        };
        let targets = self.picks.resolve(cx.scope, &self.words)?;
        let waiting = match targets {
            Targets::Named(names) if what == What::Create => {
                names.into_iter().map(|target| (target, None)).collect()
            }
            targets => {
                let (objects, faults) = targets.read(cx.cluster);
                // What is not there is gone.
                let counts = |fault: &Fault| !(what == What::Delete && fault.is_not_found());
                Fault::all(faults.into_iter().filter(counts).collect())?;
                if objects.is_empty() && what != What::Delete {
                    return Err(Fault::said("no matching resources found"));
                }
                objects.iter().map(|object| (object.reference(), object.meta().uid.clone())).collect()
            }
        };
        Box::new(Waiting { what, waiting, until: cx.cluster.now() + timeout }).poll(cx)
    }

    fn preview(&self, look: &Look<'_>) -> String {
        if let Err(fault) = What::parse(self.what.as_deref()) {
            return fault.text();
        }
        match self.picks.resolve(look.scope, &self.words) {
            Err(fault) => fault.text(),
            Ok(Targets::Named(names)) => format!(
                "will wait for {} of {}, {} at most",
                self.what.as_deref().unwrap_or(""),
                listed(&names),
                self.timeout
            ),
            Ok(_) => format!("will wait for {}", self.what.as_deref().unwrap_or("")),
        }
    }
}

/// Objects that are waited for, with the uid that each had.
struct Waiting {
    what: What,
    waiting: Vec<(ObjectRef, Option<String>)>,
    until: VirtualTime,
}

impl Task for Waiting {
    fn poll(mut self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        while let Some((target, uid)) = self.waiting.first() {
            let found = cx.cluster.find(target)?;
            let met = match (&self.what, found) {
                (What::Delete, found) => found.is_none_or(|object| object.meta().uid != *uid),
                (What::Create, found) => found.is_some(),
                (_, None) => return Err(Fault::from(Box::new(crate::apiserver::Status::not_found(target)))),
                (what, Some(object)) => what.holds(&object),
            };
            if met {
                cx.out.line(format!("{} condition met", kinds::label(target)));
                self.waiting.remove(0);
            } else if cx.cluster.now() >= self.until {
                return Fault::all(self.waiting.iter().map(|(target, _)| timed_out(target)).collect())
                    .map(|()| Step::Done);
            } else {
                let until = self.until;
                return Ok(Step::Wait(self, Some(until)));
            }
        }
        Ok(Step::Done)
    }
}
