//! The laws of the cluster over random faults.
//!
//! Each seed gives a pizza shop on three small nodes and a random sequence of mishaps over at most ten virtual
//! minutes: pods deleted, containers killed, nodes without power, components stopped, links cut, etcd restored.
//! While they last, the laws of *safety* must hold after every instant. Then all is mended, and the law of
//! *liveness* must come true: the cluster becomes whole by itself, within [`HEALING`].
//!
//! All seeds are tried, whether some fail or not. A failure names its seed, what was done, the last events and the
//! cluster as it is; `KUBELOOP_SEED=N cargo test --test properties` plays it again (`N-M` plays several) and
//! `KUBELOOP_SEEDS=N` tries so many seeds; `KUBELOOP_TRACE=FILE` writes the trace of a run that fails.
#![allow(clippy::disallowed_methods, reason = "a test reads its switches from the environment")]

mod evictions;
mod laws;
mod mishaps;
mod openings;
mod rolling;

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use k8s_openapi::api::core::v1::Namespace;
use kubeloop::engine::{Act, Engine, Input, View, World};
use kubeloop::manifests;
use kubeloop::record::trace_file;
use kubeloop::time::{Span, VirtualTime};
use kubeloop::trace::{Class, EventId, text};

use laws::Laws;
use mishaps::Mishaps;

/// Seeds that are tried without a switch.
const SEEDS: u64 = 1_000;
/// Rolling updates, and nodes emptied by evictions, that are tried without a switch.
const FEWER: u64 = 500;
/// How long mishaps go on at most.
const TROUBLE_SECS: u64 = 600;
/// How long the cluster may take to become whole once all is mended: an image's back-off takes 5 minutes, so does
/// the eviction of pods from a node that was silent, and a container's back-off comes on top.
const HEALING: Span = Span::secs(1_200);
/// What is enough to understand a failure.
const EVIDENCE: usize = 60;

/// One run with its seed.
pub(crate) struct Run {
    pub(crate) engine: Engine,
    pub(crate) seed: u64,
    /// What was done to the cluster, in words.
    pub(crate) done: Vec<String>,
    laws: Laws,
}

impl Run {
    /// The run of a seed: it begins with a cluster that was switched on before.
    pub(crate) fn beginning_with(view: &View, seed: u64) -> Self {
        Self { engine: Engine::ahead_of(view), seed, done: Vec::new(), laws: Laws::default() }
    }

    /// Applies the shop's manifests, as `kubectl apply` does, and what the laws need besides.
    fn apply_manifests(&mut self) {
        let more = ("more.yaml".to_owned(), include_str!("more.yaml").to_owned());
        for (file, text) in manifests::pizza().into_iter().chain([more]) {
            let documents = manifests::parse(&file, &text).expect("the shop's manifests are valid");
            for document in documents {
                let sent = manifests::send::send(&mut self.engine, &document, "test", "apply", &mut None);
                if let Err(problem) = sent {
                    self.fail(&format!("the shop's manifests are refused: {}", problem.message));
                }
            }
        }
    }

    /// Does something to the cluster. Returns whether it was possible.
    pub(crate) fn act(&mut self, title: String, act: Act) -> bool {
        let applied = self.engine.apply(Input::new("test", title.as_str(), act));
        let possible = applied.refused.is_none() && applied.answer.is_none_or(|answer| answer.is_ok());
        let remark = if possible { "" } else { " (refused)" };
        // What is mended is the same each time.
        if !title.starts_with("mend") {
            self.note(format!("{title}{remark}"));
        }
        self.check();
        possible
    }

    /// Remembers what was done.
    pub(crate) fn note(&mut self, what: String) {
        self.done.push(format!("{} {what}", self.engine.now()));
    }

    /// Lets time pass and looks at the laws after every instant.
    pub(crate) fn pass(&mut self, span: Span) {
        let until = self.engine.now() + span;
        while self.engine.world().next_time().is_some_and(|next| next <= until) {
            self.engine.step_instant();
            self.check();
        }
        self.engine.run_until(until);
    }

    fn check(&mut self) {
        if let Err(broken) = self.laws.check(self.engine.world()) {
            self.fail(&broken);
        }
    }

    /// Something happened to etcd or to who watches whom: what depends on promptness starts anew.
    pub(crate) fn disturbed(&mut self) {
        self.laws.disturbed(self.engine.now());
    }

    /// etcd's data went back: objects are again as they were.
    pub(crate) fn rewound(&mut self) {
        self.laws.rewound();
    }

    fn heal(&mut self, mishaps: &Mishaps) -> Span {
        mishaps.mend(self);
        // If etcd lost its data while it was silent, the API server makes its namespaces anew a little later.
        let has_namespace = |world: &World| world.get::<Namespace>("", "default").is_some();
        if !self.engine.run_while(Span::secs(60), has_namespace) {
            self.fail("the API server did not make its namespaces anew");
        }
        self.apply_manifests();
        let began = self.engine.now();
        while let Some(ill) = laws::unhealed(self.engine.world()) {
            let next = self.engine.world().next_time();
            if next.is_none_or(|next| next > began + HEALING) {
                self.fail(&format!("not whole {HEALING} after all was mended: {ill}"));
            }
            // Looking at everything is dear; ten looks a second are enough here.
            self.pass(Span::millis(100));
        }
        self.engine.now().since(began)
    }

    /// Ends this run with all that is needed to understand and to repeat it.
    pub(crate) fn fail(&self, what: &str) -> ! {
        let world = self.engine.world();
        let events: Vec<_> = world.log().of_class(Class::Decision).rev().take(EVIDENCE).collect();
        let mut text =
            format!("{what}\n  at {} of seed {}; what was done to the cluster:\n", world.now(), self.seed);
        self.done.iter().for_each(|act| text += &format!("    {act}\n"));
        text += &format!("  the last {} decisions:\n", events.len());
        for event in events.into_iter().rev() {
            let (id, story) = (event.id.0, event.story.0);
            text += &format!("    {} #{id} of story {story}: {}\n", event.at, text::sentence(event));
        }
        text += &laws::picture(world);
        if let Ok(path) = std::env::var("KUBELOOP_TRACE") {
            let lines = world.log().since(EventId(0));
            let lines: String = lines.iter().map(|event| trace_file::line(event)).collect();
            std::fs::write(&path, lines).expect("KUBELOOP_TRACE names a file that can be written");
        }
        // No panic of the simulator: nothing is to be said about it on the way.
        resume_unwind(Box::new(text));
    }
}

/// The seeds to be tried: those that the environment asks for, or the first `count`.
fn seeds(count: u64) -> RangeInclusive<u64> {
    let number =
        |text: &str| text.trim().parse::<u64>().expect("KUBELOOP_SEED and KUBELOOP_SEEDS are numbers");
    match (std::env::var("KUBELOOP_SEED"), std::env::var("KUBELOOP_SEEDS")) {
        (Ok(text), _) => match text.split_once('-') {
            Some((first, last)) => number(first)..=number(last),
            None => number(&text)..=number(&text),
        },
        (_, Ok(text)) => 1..=number(&text),
        _ => 1..=count,
    }
}

/// Runs the seeds, each once, on the processors that there are; fails with what was found in the first of those that
/// fail, and the numbers of the others.
fn for_each_seed(test: &str, count: u64, run: impl Fn(u64) + Sync) {
    let seeds = seeds(count);
    let next = AtomicU64::new(*seeds.start());
    let failures: Mutex<BTreeMap<u64, String>> = Mutex::default();
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > *seeds.end() {
                break;
            }
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| run(seed))) {
                failures.lock().expect("nobody panics with it").insert(seed, words(payload));
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..workers).for_each(|_| _ = scope.spawn(work)));
    let failures = failures.into_inner().expect("nobody panics with it");
    let Some((seed, first)) = failures.first_key_value() else { return };
    let others: Vec<String> = failures.keys().skip(1).map(u64::to_string).collect();
    panic!(
        "{} of {} seeds fail; others than this: {}\nseed {seed}: {first}\
         to see it again: KUBELOOP_SEED={seed} cargo test --test properties {test}",
        failures.len(),
        seeds.count(),
        if others.is_empty() { "none".to_owned() } else { others.join(", ") },
    );
}

/// What a panic says; that of [`Run::fail`] or one of the simulator itself.
fn words(payload: Box<dyn Any + Send>) -> String {
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => match payload.downcast::<&str>() {
            Ok(text) => format!("panic: {text}\n"),
            Err(_) => "a panic without words\n".to_owned(),
        },
    }
}

#[test]
fn whatever_breaks_the_laws_hold_and_the_cluster_heals() {
    let slowest = AtomicU64::new(0);
    for_each_seed("whatever_breaks", SEEDS, |seed| {
        let mut run = openings::shop(seed);
        let mut mishaps = Mishaps::new(seed);
        let until: VirtualTime = run.engine.now() + Span::secs(mishaps.span_secs(TROUBLE_SECS));
        while run.engine.now() < until {
            mishaps.next(&mut run);
        }
        let took = run.heal(&mishaps);
        slowest.fetch_max(took.as_secs(), Ordering::Relaxed);
    });
    eprintln!("the slowest cluster was whole after {} s", slowest.load(Ordering::Relaxed));
}

#[test]
fn an_eviction_never_breaks_a_budget() {
    let (granted, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    for_each_seed("an_eviction", FEWER, |seed| {
        let tally = evictions::Tally::default();
        evictions::empty_nodes(&mut openings::cluster(seed), seed, &tally);
        granted.fetch_add(tally.granted.get(), Ordering::Relaxed);
        refused.fetch_add(tally.refused.get(), Ordering::Relaxed);
    });
    let (granted, refused) = (granted.into_inner(), refused.into_inner());
    eprintln!("{granted} evictions were granted, {refused} refused");
    let few = std::env::var("KUBELOOP_SEED").is_ok();
    assert!(few || (granted > 100 && refused > 100), "the evictions hardly met a budget");
}

#[test]
fn a_rolling_update_keeps_its_bounds() {
    for_each_seed("a_rolling", FEWER, |seed| rolling::update(&mut openings::cluster(seed), seed));
}
