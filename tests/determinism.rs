//! The same seed and the same inputs give the same run, to the byte: with either driver, again from the journal, at
//! any moment of the past, and whatever copies of it were run ahead.

mod support;

use std::path::Path;

use kubeloop::engine::driver::{Driver, Inline, Threads};
use kubeloop::engine::{Engine, Journal, World};
use kubeloop::record::trace_file;
use kubeloop::script::{Runner, Script};
use kubeloop::time::{Span, VirtualTime};

use support::{Disk, good_scripts, read};

/// What a run left.
struct Played {
    engine: Engine,
    /// A running hash of the trace file's lines, and how many there are.
    trace: (u64, usize),
    good: bool,
}

fn play(path: &Path, driver: impl FnOnce(usize) -> Box<dyn Driver>) -> Played {
    let script: Script = read(path);
    let config = script.world.config(&script.images, None);
    let files = Disk(path.parent().expect("a folder").to_owned());
    let mut engine = Engine::new(config.clone(), driver(config.nodes.len()));
    engine.tap();
    let mut trace = (0, 0);
    let runner = Runner::new(&script, &files, &mut engine).on_every_instant(|engine| {
        for event in engine.take_fresh() {
            let line = kubeloop::random::fnv1a(trace_file::line(&event).as_bytes());
            trace = ((trace.0 ^ line).wrapping_mul(0x0100_0000_01b3), trace.1 + 1);
        }
    });
    let report = runner.run(None);
    Played { engine, trace, good: report.is_good() }
}

fn inline(_: usize) -> Box<dyn Driver> {
    Box::new(Inline)
}

/// What two worlds must have in common to be the same.
fn mark(world: &World) -> (VirtualTime, u64, u64, u64, usize) {
    (world.now(), world.log().hash(), world.log().total(), world.revision(), world.objects().len())
}

#[test]
fn both_drivers_give_the_same_bytes_on_every_script() {
    for path in good_scripts() {
        let name = path.display();
        let one = play(&path, inline);
        let many = play(&path, |nodes| Box::new(Threads::new(nodes)));
        assert!(one.good, "{name}: its expectations do not hold");
        assert_eq!(one.trace.1 as u64, one.engine.world().log().total(), "{name}: events that nobody saw");
        assert_eq!(one.trace, many.trace, "{name}: the traces differ");
        assert_eq!(mark(one.engine.world()), mark(many.engine.world()), "{name}");
        replays_from_its_journal(&name.to_string(), &one.engine);
    }
}

/// The journal as text, read back and played, is the same run.
fn replays_from_its_journal(name: &str, engine: &Engine) {
    let text = engine.journal().to_text();
    let journal = Journal::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(journal, engine.journal(), "{name}");
    let again = Engine::replay(&journal, Box::new(Inline));
    assert_eq!(mark(again.world()), mark(engine.world()), "{name}: the replay differs");
}

/// A run with faults of all sorts, not a quiet one.
fn eventful() -> Engine {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/cut_link.yaml");
    play(&path, inline).engine
}

#[test]
fn any_moment_of_the_past_can_be_had_again() {
    let mut engine = eventful();
    let before = mark(engine.world());
    let end = engine.now().micros();
    let mut journal = engine.journal();
    for part in [0, 1, 7, 13, 50, 77, 99, 100] {
        let at = VirtualTime::from_micros(end / 100 * part);
        let past = engine.at(at);
        // A fresh run that has heard of the inputs up to then, and of no others.
        journal.entries = engine.journal().entries.into_iter().filter(|entry| entry.at_us <= at).collect();
        journal.end = at;
        let mut fresh = Engine::replay(&journal, Box::new(Inline));
        fresh.run_until(at);
        assert_eq!(mark(&past), mark(fresh.world()), "at {at}");
    }
    assert_eq!(mark(engine.world()), before, "looking back changed the present");
}

#[test]
fn a_copy_that_runs_ahead_leaves_the_original_alone() {
    let (mut one, mut other) = (eventful(), eventful());
    for _ in 0..3 {
        let mut ahead = one.ahead();
        ahead.run_until(ahead.now() + Span::secs(120));
        let mut next = one.ahead();
        one.run_until(one.now() + Span::secs(20));
        other.run_until(other.now() + Span::secs(20));
        assert_eq!(mark(one.world()), mark(other.world()));
        // Nothing was done in the meantime: what the copy foresaw came true.
        next.run_until(one.now());
        assert_eq!(mark(next.world()), mark(one.world()));
    }
}

#[test]
fn a_fork_forgets_the_future_and_goes_on_like_the_first_time() {
    let mut engine = eventful();
    let at = VirtualTime::ZERO + Span::secs(90);
    let past = mark(&engine.at(at));
    let inputs_then = engine.journal().entries.iter().filter(|entry| entry.at_us <= at).count();
    engine.fork(at);
    assert_eq!(mark(engine.world()), past);
    assert_eq!(engine.journal().entries.len(), inputs_then);
    engine.run_until(at + Span::secs(30));
    let again = Engine::replay(&engine.journal(), Box::new(Inline));
    assert_eq!(mark(again.world()), mark(engine.world()));
}
