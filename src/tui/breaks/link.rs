//! What can go wrong with the way between two components: cut, one-way, slow, lossy.

use smol_str::{SmolStr, format_smolstr};

use super::{BreakEntry, Deed};
use crate::engine::{Fault, Way, World};
use crate::time::Span;
use crate::trace::text::{component, short_component};

/// How slow a slow link is, one way.
const SLOW: Span = Span::secs(2);
/// Messages that are lost.
const LOST: u32 = 3;

/// A row of the menu: key, name, in a word, what follows, how its story is called, and the fault.
type Row = (char, &'static str, &'static str, &'static str, &'static str, fn(SmolStr, SmolStr) -> Fault);

const REAL: &str = "networks lose, delay and cut: every loop lives with it.";

/// What can be done to a link that is whole.
const WHOLE: &[Row] = &[
    (
        'c',
        "cut the link",
        "both ways",
        "Neither hears the other. Each goes on with what it knew last; watches break and are opened again later.",
        "was cut",
        |a, b| Fault::Cut { a, b, way: Way::Both },
    ),
    (
        '>',
        "cut one way",
        "requests are lost",
        "What {a} sends does not arrive; it still hears of changes but cannot act on them.",
        "was cut in one direction",
        |a, b| Fault::Cut { a, b, way: Way::To },
    ),
    (
        '<',
        "cut the way back",
        "answers are lost",
        "What {a} asks for is done, but it does not hear so: it tries again, and has to notice that it was done.",
        "was cut in the direction back",
        |a, b| Fault::Cut { a, b, way: Way::From },
    ),
    (
        'd',
        "drop next 3",
        "messages are lost",
        "Requests without an answer are tried again after their time-out; nothing is lost for good.",
        "loses the next 3 messages",
        |a, b| Fault::Drop { a, b, next: LOST },
    ),
];
/// What can be done to a link that is cut.
const CUT: &[Row] = &[(
    'h',
    "heal the link",
    "catches up",
    "Both see what they missed and close the difference.",
    "is whole again",
    |a, b| Fault::Heal { a, b },
)];
/// What can be done to a link that is as quick as it should be.
const QUICK: &[Row] = &[(
    's',
    "slow the link",
    "2 s each way",
    "Every step takes longer. What a component knows is older: it may act on what is no longer so.",
    "is slow",
    |a, b| Fault::Latency { a, b, of: SLOW },
)];
/// What can be done to a slow link.
const LATE: &[Row] = &[(
    's',
    "make it quick again",
    "as before",
    "Messages take as long as they did before.",
    "is quick again",
    |a, b| Fault::Latency { a, b, of: Span::ZERO },
)];

/// What can be broken about the way from `a` to `b`, such as a component or a node and the `apiserver`.
pub(super) fn entries(world: &World, a: &str, b: &str) -> Vec<BreakEntry> {
    let group = format_smolstr!("LINK {} - {}", short_component(a), short_component(b));
    let (cut, slow) = state(world, a, b);
    let rows = [if cut { CUT } else { WHOLE }, if slow { LATE } else { QUICK }];
    let entry = |(key, name, short, follows, happened, act): &Row| BreakEntry {
        key: *key,
        group: group.clone(),
        name: (*name).into(),
        short,
        follows: follows.replace("{a}", a).into(),
        real: REAL,
        deed: Ok(Deed::fault(
            format_smolstr!("the link between {} and {} {happened}", component(a), component(b)),
            act(a.into(), b.into()),
        )),
    };
    rows.into_iter().flatten().map(entry).collect()
}

/// Whether the link of one of the two to the API server is cut, and whether it is slow.
fn state(world: &World, a: &str, b: &str) -> (bool, bool) {
    let is_end = |name: &SmolStr| name == a || name == b;
    let components = world.components().into_iter().filter(|state| is_end(&state.name));
    let nodes = [a, b].into_iter().filter_map(|name| world.node(name));
    let components = components.map(|state| (state.cut_off, state.extra_latency));
    let known = components.chain(nodes.map(|state| (state.cut_off, state.extra_latency)));
    known.fold((false, false), |(cut, slow), (is_cut, extra)| (cut || is_cut, slow || extra > Span::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::driver::Inline;
    use crate::engine::{ClusterConfig, Engine};

    #[test]
    fn what_is_wrong_with_a_link_can_be_taken_back() {
        for end in ["controller/replicaset", "node-1"] {
            back_and_forth(end);
        }
    }

    fn back_and_forth(end: &str) {
        let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
        let names = |engine: &Engine| -> Vec<SmolStr> {
            let entries = entries(engine.world(), end, "apiserver");
            entries.into_iter().map(|entry| entry.name).collect()
        };
        let pick = |engine: &Engine, key: char| {
            let entries = entries(engine.world(), end, "apiserver");
            match entries.into_iter().find(|entry| entry.key == key).unwrap().deed {
                Ok(Deed::Input(input)) => *input,
                other => panic!("no input: {other:?}"),
            }
        };
        assert_eq!(
            names(&engine),
            ["cut the link", "cut one way", "cut the way back", "drop next 3", "slow the link"]
        );
        for key in ['c', 's'] {
            let input = pick(&engine, key);
            assert_eq!(engine.apply(input).refused, None);
        }
        assert_eq!(names(&engine), ["heal the link", "make it quick again"]);
        for key in ['h', 's'] {
            let input = pick(&engine, key);
            assert_eq!(engine.apply(input).refused, None);
        }
        assert_eq!(names(&engine).len(), 5);
    }
}
