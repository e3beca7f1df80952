//! Stepping forward and back, forks, breakpoints, marks, tombstones.

use crossterm::event::KeyCode;
use kubeloop::engine::{Act, Fault, Input, Journal, NodePower, Turn};
use kubeloop::expression::Breakpoints;
use kubeloop::object::Kind;
use kubeloop::time::{Span, VirtualTime};
use kubeloop::trace::{Class, Data, EventId, StoryId};
use kubeloop::tui::glyphs::Glyphs;
use kubeloop::tui::model::compare::{Healing, compare};
use kubeloop::tui::model::marks::{Moment, bookmarks};
use kubeloop::tui::model::tombstones::{tombstone_of, tombstones};
use kubeloop::tui::pace::Stride;

use super::deleted;
use super::stage::Stage;

fn healed() -> Stage {
    deleted(Glyphs::Unicode, "dark", Span::secs(5))
}

fn newest_story(stage: &Stage) -> StoryId {
    *stage.app.live.stories().next_back().expect("a story").0
}

#[test]
fn forward_undoes_back() {
    let mut stage = healed();
    stage.keys("3");
    let mut passed: Vec<EventId> = Vec::new();
    for _ in 0..40 {
        stage.keys(",");
        passed.push(stage.app.event.expect("an event"));
        let at = stage.app.live.event(passed[passed.len() - 1]).expect("kept").at;
        assert_eq!(stage.app.view.now(), at, "the cluster is shown at the event's instant");
    }
    assert!(passed.windows(2).all(|pair| pair[1] < pair[0]));
    for expected in passed.iter().rev().skip(1) {
        stage.keys(".");
        assert_eq!(stage.app.event, Some(*expected));
    }
    stage.press(KeyCode::End);
    assert_eq!((stage.app.event, stage.app.cursor), (None, None));
}

#[test]
fn a_step_forward_from_now_shows_every_step_once() {
    let mut stage = deleted(Glyphs::Unicode, "dark", Span::ZERO);
    stage.keys("3");
    let mut seen: Vec<EventId> = Vec::new();
    for _ in 0..30 {
        stage.keys(".");
        seen.extend(stage.app.event);
    }
    let first = seen.first().copied().expect("a step");
    let expected: Vec<EventId> = stage
        .engine
        .world()
        .log()
        .of_class(kubeloop::trace::Class::Decision)
        .filter(|event| event.id >= first && event.is_step())
        .map(|event| event.id)
        .take(seen.len())
        .collect();
    assert_eq!(seen, expected);
}

#[test]
fn on_the_loop_screen_a_step_is_a_phase() {
    let mut stage = deleted(Glyphs::Unicode, "dark", Span::ZERO);
    stage.select("ReplicaSet/default/login");
    stage.keys("L");
    let mut phases = Vec::new();
    for _ in 0..5 {
        stage.keys(".");
        let event = stage.app.event_here().expect("a phase");
        assert_eq!(event.component, "controller/replicaset");
        phases.push(event.data.kind());
    }
    assert_eq!(phases, ["observe", "compare", "act", "act", "wait"]);
    stage.keys(",,");
    assert_eq!(stage.app.event_here().expect("a phase").data.kind(), "act");
}

#[test]
fn a_moment_of_the_past_has_the_last_step_before_it() {
    let mut stage = healed();
    let root = stage.app.live.event(EventId(newest_story(&stage).0)).expect("kept").clone();
    stage.wait(Span::secs(600));
    stage.keys("3:");
    stage.keys(&format!("goto {}", (root.at + Span::secs(1)).as_secs_f64()));
    stage.press(KeyCode::Enter);
    let here = stage.app.event_here().expect("an event");
    assert_eq!(stage.app.cursor, Some(root.at + Span::secs(1)));
    assert!(here.at <= root.at + Span::secs(1) && here.story.0 == root.id.0, "{here:?}");
    stage.keys(",");
    assert!(stage.app.cursor.expect("the past") < root.at + Span::secs(1), "back is not forward");
}

#[test]
fn a_report_that_all_is_as_it_was_is_no_step() {
    let mut stage = healed();
    let story = newest_story(&stage);
    let last = stage.app.event_here().expect("a step").id;
    stage.wait(Span::secs(900));
    let reported = |event: &&std::sync::Arc<kubeloop::trace::Event>| matches!(&event.data, Data::Compare { why, .. } if why.contains("5 minutes have passed"));
    assert!(stage.app.live.log().of_class(Class::Decision).filter(reported).count() > 3);
    let here = stage.app.event_here().expect("a step");
    assert!(here.id == last, "{here:?}");
    // The story before is that of the delete, and so is the beginning.
    stage.keys("3");
    stage.press(KeyCode::PageUp);
    assert_eq!(stage.app.event, Some(EventId(story.0)));
    stage.press(KeyCode::End);
    stage.press(KeyCode::Home);
    assert_eq!(stage.app.event, Some(EventId(story.0)));
}

#[test]
fn what_belongs_to_no_story_follows_the_last_one() {
    let mut stage = healed();
    let story = newest_story(&stage);
    stage.wait(Span::secs(900));
    let loose = stage.app.live.log().of_class(Class::Decision).next_back().expect("an event").clone();
    assert!(loose.cause().known_story().is_none(), "{loose:?}");
    stage.keys("3");
    for key in [KeyCode::PageUp, KeyCode::Home] {
        stage.app.event = Some(loose.id);
        stage.press(key);
        assert_eq!(stage.app.event, Some(EventId(story.0)), "{key:?}");
        stage.press(KeyCode::End);
    }
}

#[test]
fn enter_leads_to_the_root() {
    let mut stage = healed();
    stage.keys("3");
    for _ in 0..60 {
        stage.press(KeyCode::Enter);
    }
    let root = stage.app.event_here().expect("an event");
    assert!(matches!(root.data, Data::Input { .. }) && root.parents.is_empty(), "{root:?}");
    assert_eq!(stage.app.view.now(), root.at);
}

#[test]
fn skipping_stops_at_what_turns_something() {
    let mut stage = deleted(Glyphs::Unicode, "dark", Span::ZERO);
    let mut kinds = Vec::new();
    for _ in 0..25 {
        stage.keys(">");
        let event = stage.app.event_here().expect("an event");
        assert!(event.is_turn(), "{event:?}");
        kinds.push(event.data.kind());
    }
    let stops_at = ["write", "bind", "compare", "container"].iter().all(|kind| kinds.contains(kind));
    assert!(stops_at && !kinds.contains(&"act"), "{kinds:?}");
}

#[test]
fn what_the_clock_was_sent_to_is_told_for_a_moment() {
    use std::time::Duration;
    let mut stage = deleted(Glyphs::Unicode, "dark", Span::ZERO);
    stage.app.pace.paused = false;
    stage.keys(">");
    let event =
        stage.app.event.and_then(|event| stage.app.live.event(event)).expect("it stands there").clone();
    assert!(event.is_turn(), "{event:?}");
    let told = kubeloop::trace::text::told(&event, stage.app.vocabulary);
    let words: String = told.chars().skip(1).take(30).collect();
    assert!(stage.screen(120, 36).contains(&words), "{told}\n{}", stage.screen(120, 36));
    let mut stride = |wall| {
        stage.app.pace.stride(Duration::from_millis(wall), &stage.app.live, !stage.app.live.is_quiet())
    };
    assert_eq!(stride(2_900), Stride::Stay, "there is time to read it");
    assert_eq!(stride(100), Stride::Stay);
    assert_ne!(stride(1_000), Stride::Stay, "then time goes on by itself");
}

#[test]
fn the_past_is_read_only() {
    let mut stage = healed();
    let inputs = stage.engine.journal().entries.len();
    stage.keys("3,,,1");
    stage.keys("Kp");
    assert_eq!(stage.engine.journal().entries.len(), inputs);
    assert!(stage.app.toasts.iter().any(|toast| toast.text.contains("cannot be changed")));
}

#[test]
fn a_fork_keeps_what_it_leaves_and_it_can_be_taken_up() {
    let mut stage = healed();
    let left = (stage.engine.now(), stage.engine.world().log().hash());
    let root = EventId(newest_story(&stage).0);
    stage.keys("3");
    stage.press(KeyCode::Home);
    assert_eq!(stage.app.event, Some(root));
    stage.keys(",F");
    assert!(stage.app.cursor.is_none(), "after the fork this is now");
    assert!(stage.engine.now() < left.0);
    assert_eq!(stage.app.branches.len(), 1);
    assert!(stage.app.live.event(root).is_none_or(|event| !matches!(event.data, Data::Input { .. })));
    // The same again, but another pod.
    stage.select("Pod/default/payment-");
    stage.keys("1Kp");
    stage.wait(Span::secs(5));
    let branch = &stage.app.branches[0];
    let both = compare(&stage.app.live, branch, stage.app.vocabulary);
    assert!(both.here.acts[0].contains("payment-") && both.there.acts[0].contains("login-"));
    assert_eq!((both.here.started, both.here.stopped), (1, 1));
    assert_eq!((both.there.started, both.there.stopped), (1, 1));
    let healing = |stage: &Stage| {
        let both = compare(&stage.app.live, &stage.app.branches[0], stage.app.vocabulary);
        (both.here.healed, both.there.healed)
    };
    let Healing::After(here) = both.here.healed else { panic!("{both:?}") };
    let Healing::After(there) = both.there.healed else { panic!("{both:?}") };
    let took = bookmarks(&stage.app.live, newest_story(&stage)).took(Moment::Healed);
    assert_eq!(Some(here), took, "counted from the act, as the marks of its story are");
    assert!(there > Span::millis(900) && there < Span::secs(4), "{there}");
    // Reports of machines by the clock heal nothing.
    stage.wait(Span::secs(700));
    assert_eq!(healing(&stage), (both.here.healed, both.there.healed));
    let (_, here, there) = both.differs.clone().expect("they differ");
    assert!(here.contains("payment-") && there.contains("login-"), "{here} / {there}");
    // Its name can be changed, and it can be gone on with.
    stage.keys("B");
    stage.keys("n");
    stage.keys("login goes");
    stage.press(KeyCode::Enter);
    assert!(stage.screen(120, 36).contains("login goes"));
    stage.press(KeyCode::Enter);
    assert_eq!((stage.engine.now(), stage.engine.world().log().hash()), left);
    assert_eq!(stage.app.branches.len(), 1, "the run before it is kept in its place");
    assert_eq!(stage.app.branches[0].name, "branch-2");
}

#[test]
fn a_journal_with_turns_replays_to_the_run_as_it_was_last() {
    let mut stage = healed();
    let journal = |stage: &Stage| stage.engine.journal();
    let mut lines = journal(&stage).to_text();
    let fork_at = VirtualTime::from_micros(stage.engine.now().micros() - 5_500_000);
    stage.engine.fork(fork_at);
    lines.push_str(&Journal::turn(&Turn::Fork { fork_us: fork_at, kept: "branch-1".into() }));
    let power = Fault::Power { node: "node-2".into(), power: NodePower::Off };
    let input = Input::new("key", "node-2 loses power", Act::Fault(power));
    lines.push_str(&stage.engine.journal_line(&input));
    stage.engine.apply(input);
    assert_eq!(Journal::parse(&lines).expect("a journal"), journal(&stage));
}

#[test]
fn looking_back_again_gives_the_same_cluster() {
    // Finer checkpoints are only a shorter way.
    let mut stage = healed();
    let end = stage.engine.now().micros();
    let mark = |stage: &mut Stage, at: u64| {
        let view = stage.engine.at(VirtualTime::from_micros(at));
        (view.now(), view.log().hash(), view.revision())
    };
    let first: Vec<_> = (0..40).map(|part| mark(&mut stage, end / 40 * part)).collect();
    let again: Vec<_> = (0..40).rev().map(|part| mark(&mut stage, end / 40 * part)).collect();
    assert_eq!(first, again.into_iter().rev().collect::<Vec<_>>());
}

#[test]
fn a_breakpoint_stops_at_the_very_instant() {
    let mut stage = Stage::shop(Glyphs::Unicode, "dark");
    let source = "deployment('login').ready < 3";
    let mut breakpoints = Breakpoints::default();
    breakpoints.add(source, stage.engine.world()).expect("an expression");
    stage.select("Pod/default/login-");
    stage.keys("Kp");
    let hit = loop {
        assert!(stage.engine.step_instant(), "it never becomes true");
        if let Some(hit) = breakpoints.look(stage.engine.world()) {
            break hit;
        }
    };
    assert_eq!(hit.at, stage.engine.now());
    assert!(hit.text().contains("deployment('login').ready = 2"), "{}", hit.text());
    let expression = kubeloop::expression::Expression::parse(source).expect("an expression");
    let moments = kubeloop::expression::Moments::default();
    let before = stage.engine.at(VirtualTime::from_micros(hit.at.micros() - 1));
    assert!(!expression.evaluate(&before, &moments).holds(), "it was true before");
    // It holds on, so it does not stop again until it has become false.
    for _ in 0..50 {
        stage.engine.step_instant();
        assert_eq!(breakpoints.look(stage.engine.world()), None);
    }
}

#[test]
fn marks_tell_how_long_a_story_took() {
    let stage = healed();
    let marks = bookmarks(&stage.app.live, newest_story(&stage));
    let took = |moment| marks.took(moment).expect("a mark");
    assert_eq!(took(Moment::Began), Span::ZERO);
    assert!(took(Moment::Noticed) < Span::millis(10) && took(Moment::FirstAct) < Span::millis(10));
    assert!(took(Moment::Healed) > Span::millis(900) && took(Moment::Healed) < Span::secs(4), "{marks:?}");
}

#[test]
fn the_silence_of_a_node_is_noticed_late() {
    let mut stage = Stage::shop(Glyphs::Unicode, "dark");
    let power = Fault::Power { node: "node-2".into(), power: NodePower::Off };
    stage.engine.apply(Input::new("key", "node-2 loses power", Act::Fault(power)));
    stage.wait(Span::secs(20));
    let story = newest_story(&stage);
    let early = bookmarks(&stage.app.live, story);
    assert_eq!(early.get(Moment::Noticed), None, "nobody knows yet: {early:?}");
    stage.wait(Span::secs(60));
    let marks = bookmarks(&stage.app.live, story);
    let noticed = marks.took(Moment::Noticed).expect("noticed").as_secs();
    assert!((35..=56).contains(&noticed), "{marks:?}");
    assert_eq!(marks.get(Moment::Healed), None, "its pods are not replaced yet: {marks:?}");
    assert!(marks.text().contains("not healed yet"));
}

#[test]
fn a_tombstone_names_killer_and_successor() {
    let stage = healed();
    let of = |kind, name: &str| {
        let found = stage.app.live.list(kind, None).find(|object| object.key().name.starts_with(name));
        tombstones(&stage.app.live, &found.expect("there is one").reference())
    };
    let found = of(Kind::Deployment, "login");
    let [stone] = found.as_slice() else { panic!("one pod went: {found:?}") };
    assert_eq!(stone.object.kind, Kind::Pod);
    assert_eq!(stone.by, "you");
    assert_eq!(stone.killer, format!("you deleted pod {}", stone.object.key.name));
    assert!(!stone.uid.is_empty() && stone.node.starts_with("node-"), "{stone:?}");
    let successor = stone.successor.clone().expect("a pod came in its place");
    assert!(stage.app.live.object(&successor).is_some() && successor != stone.object);
    for (kind, name) in
        [(Kind::ReplicaSet, "login"), (Kind::Service, "login"), (Kind::Node, stone.node.as_str())]
    {
        assert_eq!(of(kind, name), found, "{kind:?}");
    }
    assert!(of(Kind::Deployment, "payment").is_empty(), "nothing of it went");
    assert_eq!(tombstone_of(&stage.app.live, &stone.object).as_ref(), Some(stone));
    assert_eq!(tombstone_of(&stage.app.live, &successor), None, "it is there");
}

#[test]
fn the_inspector_of_an_owner_leads_to_the_end_of_its_pod() {
    let mut stage = healed();
    stage.select("Service/default/login");
    let stone = tombstones(&stage.app.live, &stage.app.target().expect("a Service")).remove(0);
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::BackTab);
    let screen = stage.screen(80, 24);
    let successor = stone.successor.expect("one").key.name;
    let told = ["killed by    you", "in its place pod", &successor, &stone.node, &stone.killer];
    assert!(told.iter().all(|words| screen.contains(*words)), "{screen}");
    // What became of it can be asked, though it is gone.
    stage.keys("w");
    let screen = stage.screen(120, 36);
    assert!(
        screen.contains(&format!("Why? Pod {}", stone.object.key.name)) || screen.contains("Why? pod"),
        "{screen}"
    );
    stage.press(KeyCode::Esc);
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::BackTab);
    stage.press(KeyCode::Enter);
    assert_eq!((stage.app.event, stage.app.cursor), (Some(stone.event), Some(stone.at)));
    assert!(stage.screen(120, 36).contains("What changed"));
}
