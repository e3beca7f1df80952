use std::sync::Arc;

use smol_str::SmolStr;

use super::*;
use crate::apiserver::{Call, DeleteOptions};
use crate::engine::driver::Inline;
use crate::engine::{Act, Input};
use crate::object::{Key, Kind, ObjectRef, Pod, Resource};

const SMALL: &str = include_str!("../../../tests/fixtures/lessons/01-small/lesson.md");

fn open(text: &str) -> (Session, Engine) {
    let lesson = Lesson::parse("01-small", "lesson.md", text).unwrap();
    Session::open(Arc::new(lesson), None, Box::new(Inline)).unwrap()
}

/// Lets time pass as a face does: not while the clock is held.
fn pass_time(session: &mut Session, engine: &mut Engine, secs: u64) {
    let end = engine.now() + Span::secs(secs);
    while !session.holds_clock() && engine.world().next_time().is_some_and(|next| next <= end) {
        engine.step_instant();
        session.observe(engine);
    }
    if !session.holds_clock() {
        engine.run_until(end);
        session.observe(engine);
    }
}

/// What the next hint says.
fn hint(session: &mut Session, engine: &Engine) -> Option<String> {
    session.hint(engine.world()).map(|given| given.text)
}

fn delete_a_pod(session: &mut Session, engine: &mut Engine) {
    let pods = engine.world().list_as::<Pod>(Some("default"));
    let pod = pods.filter(|pod| pod.is_active()).map(Resource::key).next().unwrap();
    let pod = ObjectRef::new(Kind::Pod, pod);
    let title: SmolStr = format!("you deleted pod {}", pod.key.name).into();
    let call = Call::Delete { target: pod, options: DeleteOptions::default() };
    let applied = engine.apply(Input::new("key", title, Act::Api(call)));
    assert_eq!(applied.refused, None);
    session.observe(engine);
}

fn scale(session: &mut Session, engine: &mut Engine, replicas: i32) {
    let target = ObjectRef::new(Kind::Deployment, Key::new("default", "web"));
    let title: SmolStr = format!("you scaled web to {replicas}").into();
    engine.apply(Input::new("key", title, Act::Api(Call::Scale { target, replicas })));
    session.observe(engine);
}

fn states(session: &Session, engine: &Engine) -> Vec<GoalState> {
    session.view(engine.world()).goals.iter().map(|goal| goal.state).collect()
}

/// The lesson without its second step's questions, which are tried on their own.
fn answered_first_step() -> (Session, Engine) {
    let (mut session, mut engine) = open(SMALL);
    session.next_page(engine.world());
    session.answer("ten-seconds", Reply::Option(0), Sure::Certain, engine.world()).unwrap();
    session.observe(&mut engine);
    (session, engine)
}

#[test]
fn the_clock_stands_while_the_learner_reads_and_predicts() {
    let (mut session, mut engine) = open(SMALL);
    let view = session.view(engine.world());
    assert_eq!((view.page, view.heading.as_str(), view.clock_held), ((0, 4), "A small lesson", true));
    assert!(session.next_page(engine.world()));
    assert!(!session.next_page(engine.world()), "the next step is not passed");
    assert!(session.holds_clock(), "the prediction waits");
    // Meanwhile the API answers, but nothing moves.
    delete_a_pod(&mut session, &mut engine);
    pass_time(&mut session, &mut engine, 10);
    assert_eq!(engine.now(), session.start() + Span::TICK);
    let refused = session.answer("ten-seconds", Reply::Order(vec![0]), Sure::Guess, engine.world());
    assert!(refused.unwrap_err().contains("does not fit"));
    session.answer("ten-seconds", Reply::Option(1), Sure::Guess, engine.world()).unwrap();
    assert!(session.answer("ten-seconds", Reply::Option(1), Sure::Guess, engine.world()).is_err());
    assert!(!session.holds_clock());
}

#[test]
fn goals_tick_live_and_the_answer_is_judged_by_what_happens() {
    let (mut session, mut engine) = answered_first_step();
    assert_eq!(states(&session, &engine), [GoalState::Open, GoalState::Open, GoalState::Kept]);
    delete_a_pod(&mut session, &mut engine);
    assert_eq!(states(&session, &engine)[0], GoalState::Done);
    pass_time(&mut session, &mut engine, 8);
    let view = session.view(engine.world());
    assert_eq!(view.goals[1].state, GoalState::Holding);
    let (held, of) = view.goals[1].progress.unwrap();
    assert!((1..=8).contains(&held) && of == 12, "{held} of {of}");
    assert_eq!(view.questions[0].verdict, None);
    pass_time(&mut session, &mut engine, 20);
    assert_eq!(session.step(), 1);
    let view = session.view(engine.world());
    assert!(view.step_passed && !view.passed && view.page.0 == 1, "the page is turned by the learner");
    let question = &view.questions[0];
    let verdict = question.verdict.as_ref().unwrap();
    assert_eq!((verdict.right, question.answered), ((0, 1), Some(Sure::Certain)));
    // The chosen option speaks first; the right one has nothing to say here.
    assert_eq!(verdict.feedback, ["There are 2."]);
    assert_eq!((question.choices[0].held, question.choices[1].held), (Some(false), Some(true)));
    assert_eq!(question.choices[0].busts.as_deref(), Some("M01"));
    let act = view.timeline.iter().find(|moment| moment.about == About::Act).unwrap();
    assert!(act.text.starts_with("you deleted pod web-") && act.cause, "{act:?}");
}

#[test]
fn a_broken_promise_names_its_cause_and_going_back_heals_it() {
    let (mut session, mut engine) = answered_first_step();
    let pod =
        "{apiVersion: v1, kind: Pod, metadata: {name: mine}, spec: {containers: [{name: a, image: nginx}]}}";
    let document = crate::manifests::parse("mine.yaml", pod).unwrap().remove(0);
    let sent = crate::manifests::send::send(&mut engine, &document, "kubectl", "you applied mine", &mut None);
    assert!(sent.is_ok());
    session.observe(&mut engine);
    let view = session.view(engine.world());
    assert_eq!(view.goals[2].state, GoalState::Missed);
    let missed = view.goals[2].missed.as_ref().unwrap();
    assert!(
        missed.text.starts_with("At 0.0 s you made ") && missed.text.ends_with(": you applied mine"),
        "{missed:?}"
    );
    assert_eq!(missed.why[0], "you applied mine");
    let files = session.restart_step(&mut engine).clone();
    assert!(files.contains_key("web.yaml"));
    assert!(engine.world().object(&ObjectRef::new(Kind::Pod, Key::new("default", "mine"))).is_none());
    assert_eq!(states(&session, &engine)[2], GoalState::Kept);
    assert!(session.holds_clock(), "the prediction is open again");
}

#[test]
fn hints_come_in_levels_and_fit_what_was_done() {
    let (mut session, mut engine) = answered_first_step();
    assert_eq!(hint(&mut session, &engine).as_deref(), Some("Which of the two will you take away?"));
    assert_eq!(hint(&mut session, &engine).as_deref(), Some("A pod has a key of its own."));
    scale(&mut session, &mut engine, 4);
    assert_eq!(hint(&mut session, &engine).as_deref(), Some("The number is not what this is about."));
    assert_eq!(hint(&mut session, &engine).as_deref(), Some("Press d."));
    assert_eq!(hint(&mut session, &engine), None);
    assert_eq!(session.view(engine.world()).score.hints, 4);
}

#[test]
fn a_press_for_which_there_is_no_hint_goes_one_level_further() {
    let (mut session, mut engine) = answered_first_step();
    // The first hint comes by itself, so asking brings the second one.
    pass_time(&mut session, &mut engine, 65);
    assert_eq!(hint(&mut session, &engine).as_deref(), Some("A pod has a key of its own."));
    assert_eq!(hint(&mut session, &engine).as_deref(), Some("Press d."));
}

#[test]
fn who_is_stuck_gets_one_quiet_line() {
    let (mut session, mut engine) = answered_first_step();
    pass_time(&mut session, &mut engine, 50);
    assert!(!session.view(engine.world()).stuck && session.view(engine.world()).hints.is_empty());
    pass_time(&mut session, &mut engine, 15);
    let view = session.view(engine.world());
    assert!(view.stuck);
    assert_eq!(view.hints.iter().map(|hint| hint.level).collect::<Vec<_>>(), [1]);
    // Time that stands still counts as well, if the face says so.
    let (mut other, mut still) = answered_first_step();
    other.waited(Span::secs(70));
    other.observe(&mut still);
    assert!(other.view(still.world()).stuck);
}

#[test]
fn the_sandbox_leaves_no_trace() {
    let (mut session, mut engine) = answered_first_step();
    pass_time(&mut session, &mut engine, 3);
    let before = (engine.now(), engine.world().log().hash());
    session.enter_sandbox(&mut engine);
    delete_a_pod(&mut session, &mut engine);
    pass_time(&mut session, &mut engine, 30);
    assert_eq!(states(&session, &engine)[0], GoalState::Open, "nothing is graded");
    session.leave_sandbox(&mut engine);
    assert_eq!((engine.now(), engine.world().log().hash()), (before.0 + Span::TICK, before.1));
    delete_a_pod(&mut session, &mut engine);
    assert_eq!(states(&session, &engine)[0], GoalState::Done);
}

#[test]
fn order_and_table_are_judged_and_the_file_is_compared() {
    let (mut session, mut engine) = answered_first_step();
    delete_a_pod(&mut session, &mut engine);
    pass_time(&mut session, &mut engine, 30);
    assert!(session.next_page(engine.world()) && session.holds_clock());
    let view = session.view(engine.world());
    let QuestionKind::Order(shuffled) = &view.questions[0].kind else {
        panic!("{:?}", view.questions[0].kind)
    };
    assert!(!shuffled.is_sorted(), "the file's order would give it away");
    session.answer("who", Reply::Order(vec![0, 2, 1]), Sure::Fairly, engine.world()).unwrap();
    let cells = vec![vec![true, true]];
    session.answer("without", Reply::Cells(cells), Sure::Fairly, engine.world()).unwrap();
    session.observe(&mut engine);
    let verdict = session.asked("without").unwrap().verdict().unwrap().clone();
    assert_eq!((verdict.truth, verdict.right), (Truth::Cells(vec![vec![true, false]]), (1, 2)));
    // Scaled by hand, the cluster is not as the file says.
    scale(&mut session, &mut engine, 3);
    pass_time(&mut session, &mut engine, 10);
    let view = session.view(engine.world());
    assert_eq!(
        view.banners,
        ["live differs from web.yaml: spec.replicas is 3, the file says 2 (Deployment web)"]
    );
    assert_eq!(view.goals[1].state, GoalState::Open);
    let texts = session.files().texts().clone();
    let saved = texts["web.yaml"].replace("replicas: 2", "replicas: 3");
    session.saved(&[("web.yaml".to_owned(), saved)].into());
    session.observe(&mut engine);
    let view = session.view(engine.world());
    assert!(view.banners.is_empty());
    assert_eq!(
        view.goals.iter().map(|goal| goal.state).collect::<Vec<_>>(),
        [GoalState::Done, GoalState::Done, GoalState::Kept, GoalState::Open]
    );
}

/// A lesson of one step with these goals, on a cluster with a Deployment of two.
fn with_goals(goals: &str) -> (Session, Engine) {
    let (head, _) = SMALL.split_once("## Delete a pod").unwrap();
    let (mut session, mut engine) = open(&format!("{head}## Try {{#try}}\n```check\n{goals}\n```\n"));
    session.next_page(engine.world());
    session.observe(&mut engine);
    (session, engine)
}

#[test]
fn windows_open_and_close() {
    let goals = "\
- goal: after the first deletion another one
  saw: {delete: Pod, by: you}
  since: {delete: Pod, by: you}
- goal: none after the scaling
  never: {delete: Pod, by: you}
  since: {act: scale web}
- goal: none before the scaling
  never: {delete: Pod}
  until: {act: scale web}
- goal: seen before the scaling
  saw: {create: ConfigMap/never}
  until: {act: scale web}
- goal: never reached
  saw: {create: ConfigMap/never}";
    let (mut session, mut engine) = with_goals(goals);
    delete_a_pod(&mut session, &mut engine);
    let after_one = states(&session, &engine);
    assert_eq!(after_one[..3], [GoalState::Open, GoalState::Kept, GoalState::Missed]);
    scale(&mut session, &mut engine, 3);
    assert_eq!(states(&session, &engine)[1..4], [GoalState::Kept, GoalState::Missed, GoalState::Missed]);
    delete_a_pod(&mut session, &mut engine);
    assert_eq!(states(&session, &engine)[..2], [GoalState::Done, GoalState::Missed]);
}

#[test]
fn an_order_is_a_sequence_of_moments() {
    let goals = "\
- goal: in this order
  order: [{delete: Pod, by: you}, {create: Pod/web-*, by: controller/replicaset}, \"pods('app=web').ready == 2\"]
- goal: not in this one
  order: [{create: Pod/web-*}, {delete: Pod, by: you}]";
    let (mut session, mut engine) = with_goals(goals);
    delete_a_pod(&mut session, &mut engine);
    let view = session.view(engine.world());
    assert_eq!((view.goals[0].progress, view.goals[1].progress), (Some((1, 3)), Some((0, 2))));
    pass_time(&mut session, &mut engine, 20);
    assert_eq!(states(&session, &engine), [GoalState::Done, GoalState::Open]);
}

#[test]
fn keep_makes_a_hold_open_again() {
    let goals = "\
- goal: held once
  hold: {for: 2s, that: \"pods('app=web').ready == 2\"}
- goal: still held
  hold: {for: 2s, that: \"pods('app=web').ready == 2\"}
  keep: true
- goal: never reached
  saw: {create: ConfigMap/never}";
    let (mut session, mut engine) = with_goals(goals);
    pass_time(&mut session, &mut engine, 5);
    assert_eq!(states(&session, &engine)[..2], [GoalState::Done, GoalState::Done]);
    delete_a_pod(&mut session, &mut engine);
    assert_eq!(states(&session, &engine)[..2], [GoalState::Done, GoalState::Open]);
}

#[test]
fn an_attempt_is_noted_as_it_stands() {
    use crate::lessons::progress::{Attempt, Progress, profile};
    let (mut session, mut engine) = answered_first_step();
    delete_a_pod(&mut session, &mut engine);
    pass_time(&mut session, &mut engine, 30);
    let begun = Attempt { began: "2026-01-05T08:00:00Z".into(), ..Attempt::default() };
    let attempt = begun.seen(&session.view(engine.world()));
    assert_eq!((attempt.lesson.as_str(), attempt.goals, attempt.passed), ("01-small", (5, 7), false));
    let mut progress = Progress::default();
    progress.note(attempt.clone());
    progress.note(attempt);
    assert_eq!(progress.attempts().count(), 1);
    assert!(profile(&progress)["M01"].holds);
}

#[test]
fn what_counts_since_the_beginning_is_not_forgotten_when_a_step_begins() {
    let late = "- goal: Three pods are ready\n";
    let since =
        "- goal: One was deleted at some time\n  saw: {delete: Pod/app=web, by: you}\n  since: start\n";
    let again = "- goal: One was deleted in this step\n  saw: {delete: Pod/app=web, by: you}\n";
    let (mut session, mut engine) = open(&SMALL.replacen(late, &format!("{since}{again}{late}"), 1));
    session.next_page(engine.world());
    session.answer("ten-seconds", Reply::Option(1), Sure::Certain, engine.world()).unwrap();
    delete_a_pod(&mut session, &mut engine);
    pass_time(&mut session, &mut engine, 30);
    assert_eq!(session.step(), 1);
    session.next_page(engine.world());
    assert_eq!(states(&session, &engine)[..2], [GoalState::Done, GoalState::Open]);
}

#[test]
fn the_first_step_begins_again_without_its_introduction() {
    let (mut session, mut engine) = answered_first_step();
    delete_a_pod(&mut session, &mut engine);
    session.restart_step(&mut engine);
    let view = session.view(engine.world());
    assert_eq!((view.page.0, view.goals[0].state), (1, GoalState::Open));
    session.restart(&mut engine);
    assert_eq!(session.view(engine.world()).page.0, 0);
}

#[test]
fn a_step_that_is_skipped_is_not_passed() {
    let (mut session, mut engine) = answered_first_step();
    assert!(session.skip_step(&mut engine));
    session.observe(&mut engine);
    let view = session.view(engine.world());
    assert_eq!(
        (view.page.0, view.score.reached, view.passed),
        (2, 2, false),
        "the file is as it was, and a promise is kept so far"
    );
    assert!(session.skip_step(&mut engine) && !session.skip_step(&mut engine));
    let view = session.view(engine.world());
    assert!(session.is_over() && !view.passed && view.score.reached == 0, "{:?}", view.score);
    // Going back takes the skip back.
    session.restart(&mut engine);
    assert!(!session.is_over());
}

#[test]
fn an_eviction_is_no_deletion() {
    let goals = "\
- goal: deleted
  saw: {delete: Pod, by: you}
- goal: never reached
  saw: {create: ConfigMap/never}";
    let (mut session, mut engine) = with_goals(goals);
    let pod = engine.world().list_as::<Pod>(Some("default")).map(Resource::key).next().unwrap();
    let evict = Call::Evict { pod: pod.clone(), options: DeleteOptions::default() };
    let applied = engine.apply(Input::new("kubectl", "you drained a node", Act::Api(evict)));
    assert!(applied.answer.unwrap().is_ok());
    session.observe(&mut engine);
    pass_time(&mut session, &mut engine, 5);
    let gone = engine.world().object(&ObjectRef::new(Kind::Pod, pod)).is_none();
    assert!(gone, "the pod is gone, but nobody deleted it");
    assert_eq!(states(&session, &engine)[0], GoalState::Open);
    delete_a_pod(&mut session, &mut engine);
    assert_eq!(states(&session, &engine)[0], GoalState::Done);
}
