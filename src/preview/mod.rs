//! Previews: what would follow, said before it is done.
//!
//! Nobody writes down what a rollout does step by step: a copy of the cluster is run ahead, with the edit or the
//! fault put into it, and [`Watch`] counts what happens. The same seed and the same messages in flight make it
//! what will be, as long as nobody does anything else meanwhile; so it is labelled "expected", and the same watch
//! over the cluster itself shows afterwards what came true.
//!
//! A preview may take many instants, so it is run in slices: [`Preview::advance`] as often as there is time, then
//! [`Preview::forecast`]. [`Preview::finish`] does it at once.
//!
//! - [`Trial`]: what is tried: documents that are applied, or any input.
//! - [`Forecast`]: kind of change, fields now and after, pods started and stopped, steps, time, obstacles.
//! - [`Watch`], [`Observed`]: what is counted, in a preview and in the cluster itself.

mod forecast;
mod observe;

use std::collections::BTreeSet;

use crate::engine::{Engine, Input, View};
use crate::expression::facts::is_settled;
use crate::kubectl::{self, Poll, Running};
use crate::manifests::{Diagnostic, Document, NoFiles, send};
use crate::object::ObjectRef;
use crate::time::{Span, VirtualTime};

pub use forecast::{Change, End, Forecast, Nature};
pub use observe::{Observed, SetSteps, Watch};

/// What has not settled by then never does, as far as somebody who waits is concerned.
pub const LIMIT: Span = Span::secs(900);
/// After an edit, what stays settled for so long has settled.
const CALM_AFTER_EDIT: Span = Span::secs(30);
/// A fault may show itself late: a dead node is noticed after 50 s, and its pods are evicted 300 s later.
const CALM_AFTER_FAULT: Span = Span::secs(400);

/// What is tried.
#[derive(Clone, Debug)]
pub enum Trial {
    /// These documents are applied.
    Apply(Vec<Document>),
    /// This is done.
    Do(Box<Input>),
    /// This kubectl command is run.
    Run(String),
}

/// A copy of the cluster that runs ahead.
pub struct Preview {
    engine: Engine,
    watch: Watch,
    /// The command that is tried, as long as it runs.
    running: Option<Running>,
    changes: Vec<Change>,
    calm: Span,
    limit: VirtualTime,
    settled: Option<VirtualTime>,
    done: bool,
}

impl Preview {
    /// Puts what is tried into a copy of the cluster.
    ///
    /// # Errors
    /// What the API server says against it.
    pub fn new(view: &View, trial: &Trial) -> Result<Self, Refused> {
        let mut engine = Engine::ahead_of(view);
        let about = match trial {
            Trial::Do(_) | Trial::Run(_) => None,
            Trial::Apply(documents) => Some(owners_of_pods(documents)),
        };
        let watch = Watch::begin(view, about);
        let (changes, calm) = match trial {
            Trial::Apply(documents) => (apply(&mut engine, view, documents)?, CALM_AFTER_EDIT),
            Trial::Run(_) => (Vec::new(), CALM_AFTER_EDIT),
            Trial::Do(input) => {
                let applied = engine.apply((**input).clone());
                match (applied.refused, applied.answer) {
                    (Some(reason), _) => return Err(Refused::Words(reason)),
                    (None, Some(Err(status))) => return Err(Refused::Words(send::refusal_text(&status))),
                    (None, _) => (Vec::new(), CALM_AFTER_FAULT),
                }
            }
        };
        let running = match trial {
            Trial::Run(line) => begin(&mut engine, line)?,
            Trial::Apply(_) | Trial::Do(_) => None,
        };
        let limit = engine.now() + LIMIT;
        Ok(Self { engine, watch, running, changes, calm, limit, settled: None, done: false })
    }

    /// Runs ahead by so many instants at most. Returns whether the end is reached.
    pub fn advance(&mut self, instants: usize) -> bool {
        for _ in 0..instants {
            if self.done {
                break;
            }
            self.instant();
        }
        self.done
    }

    fn instant(&mut self) {
        let engine = &mut self.engine;
        self.running = self.running.take().and_then(|mut running| match running.poll(engine, &NoFiles) {
            Poll::Waiting(_) => Some(running),
            Poll::Done(_) | Poll::Edit(_) => None,
        });
        let changed = self.watch.absorb(self.engine.world());
        let world = self.engine.world();
        let settled = self.running.is_none()
            && world.is_quiet()
            && ((self.settled.is_some() && !changed) || is_settled(world));
        self.settled = if settled { self.settled.or(Some(world.now())) } else { None };
        let calm = self.settled.is_some_and(|since| world.now().since(since) >= self.calm);
        let over = world.next_time().is_none_or(|next| next > self.limit);
        self.done = calm || over;
        if !self.done {
            self.engine.step_instant();
        }
    }

    /// Runs to the end.
    pub fn finish(mut self) -> Forecast {
        while !self.done {
            self.instant();
        }
        self.forecast()
    }

    /// What was found; complete once the end is reached.
    pub fn forecast(&self) -> Forecast {
        let end = match self.settled {
            Some(_) => End::Settled,
            None => End::NotWithin(LIMIT, forecast::obstacles(self.watch.pods_of(self.engine.world()))),
        };
        let watched = self.engine.now().since(self.watch.began());
        Forecast { changes: self.changes.clone(), seen: self.watch.seen().clone(), end, watched }
    }
}

/// Why there is no preview.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    /// The API server refuses a document, at this place.
    Document(Box<Diagnostic>),
    /// In words.
    Words(String),
}

/// The objects of these documents that have pods.
pub fn owners_of_pods(documents: &[Document]) -> BTreeSet<ObjectRef> {
    let objects = documents.iter().map(Document::object_ref);
    objects.filter(|object| forecast::has_pods(object.kind)).collect()
}

/// Begins a command; none is left of one that is over at once.
fn begin(engine: &mut Engine, line: &str) -> Result<Option<Running>, Refused> {
    let mut running = kubectl::parse(line);
    match running.poll(engine, &NoFiles) {
        Poll::Done(0) | Poll::Edit(_) => Ok(None),
        Poll::Done(_) => Err(Refused::Words(running.take_output().text())),
        Poll::Waiting(_) => Ok(Some(running)),
    }
}

fn apply(engine: &mut Engine, before: &View, documents: &[Document]) -> Result<Vec<Change>, Refused> {
    let mut story = None;
    for document in documents {
        send::send(engine, document, "file", "preview", &mut story)
            .map_err(|problem| Refused::Document(Box::new(problem)))?;
    }
    let objects = documents.iter().map(Document::object_ref);
    Ok(objects.filter_map(|object| forecast::change(&object, before, engine.world())).collect())
}

#[cfg(test)]
mod tests;
