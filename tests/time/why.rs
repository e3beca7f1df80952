//! The four questions, asked in many situations.

use kubeloop::apiserver::{Call, Patch, Sub};
use kubeloop::engine::{Act, Fault, Input, NodePower};
use kubeloop::node::NodeCommand;
use kubeloop::object::{Key, Kind, ObjectRef, is_terminating};
use kubeloop::time::Span;
use kubeloop::trace::text::Vocabulary;
use kubeloop::tui::glyphs::Glyphs;
use kubeloop::tui::model::inspect::{self, Page};
use kubeloop::tui::model::tombstones::{Tombstone, tombstones};
use kubeloop::tui::model::why::{Question, Why};

use super::deleted;
use super::stage::Stage;

fn pod(stage: &Stage, app: &str) -> ObjectRef {
    let names = stage.app.live.list(Kind::Pod, None).map(|pod| pod.reference());
    names.into_iter().find(|pod| pod.key.name.starts_with(app)).expect("a pod")
}

fn ask(stage: &Stage, object: &ObjectRef, question: Question, vocabulary: Vocabulary) -> String {
    let why = Why::of(&stage.app.live, object, vocabulary);
    let answer = why.answers.iter().find(|answer| answer.question == question).expect("an answer");
    assert!(!answer.sentences.is_empty() && answer.sentences.iter().all(|sentence| sentence.len() > 5));
    [answer.sentences.join(" "), answer.chain.lines().join("\n"), answer.details.join("\n")].join("\n")
}

fn plain(stage: &Stage, object: &ObjectRef, question: Question) -> String {
    ask(stage, object, question, Vocabulary::Plain)
}

fn fault(stage: &mut Stage, title: &str, fault: Fault) {
    let applied = stage.engine.apply(Input::new("key", title, Act::Fault(fault)));
    assert_eq!(applied.refused, None, "{title}");
    stage.app.see(stage.engine.view());
}

/// What went of the login Service's pods.
fn stones(stage: &Stage) -> Vec<Tombstone> {
    let service = ObjectRef::new(Kind::Service, Key::new("default", "login"));
    tombstones(&stage.app.live, &service)
}

#[test]
fn a_replacement_exists_because_one_was_deleted_and_the_wish_stood() {
    let stage = deleted(Glyphs::Unicode, "dark", Span::secs(5));
    let stones = stones(&stage);
    let (old, new) = (&stones[0].object, stones[0].successor.as_ref().expect("a successor"));
    let exists = plain(&stage, new, Question::Exists);
    assert!(exists.contains("the ReplicaSet controller created"), "{exists}");
    assert!(exists.contains("2 exist, 3 wanted: create 1 more"), "{exists}");
    assert!(exists.contains(&format!("you deleted pod {}", old.key.name)), "the root: {exists}");
    assert!(exists.contains("also needed: ReplicaSet") && exists.contains("wants 3"), "{exists}");
    assert!(exists.contains("in one line: you deleted pod"), "{exists}");
    assert!(!exists.contains("points"), "points are no plain words: {exists}");
    let exact = Why::of(&stage.app.live, new, Vocabulary::Kubernetes).to_text();
    assert!(exact.contains("What the scheduler weighed"), "why it is where it is: {exact}");
    let killed = plain(&stage, old, Question::Killed);
    assert!(killed.contains("you asked for the end of pod"), "{killed}");
    assert!(plain(&stage, new, Question::Killed).contains("was not killed"));
}

#[test]
fn a_pod_without_a_scheduler_waits_for_one() {
    let mut stage = Stage::shop(Glyphs::Unicode, "dark");
    fault(
        &mut stage,
        "you stopped the scheduler",
        Fault::Component { name: "scheduler".into(), start: false },
    );
    stage.select("Pod/default/login-");
    stage.keys("Kp");
    stage.wait(Span::secs(3));
    let waiting = stage.app.live.list_as::<kubeloop::object::Pod>(None).find(|pod| pod.node_name().is_none());
    let waiting = ObjectRef::new(
        Kind::Pod,
        Key::new("default", waiting.and_then(|pod| pod.metadata.name.clone()).expect("a pod")),
    );
    for question in [Question::NotReady, Question::Nothing] {
        let answer = plain(&stage, &waiting, question);
        assert!(answer.contains("the scheduler is stopped"), "{question:?}: {answer}");
    }
    let exact = ask(&stage, &waiting, Question::Nothing, Vocabulary::Exact);
    assert!(exact.contains("scheduler running=false"), "{exact}");
}

#[test]
fn a_silent_node_explains_itself_and_names_the_clock() {
    let mut stage = Stage::shop(Glyphs::Unicode, "dark");
    let power = Fault::Power { node: "node-2".into(), power: NodePower::Off };
    fault(&mut stage, "node-2 loses power", power);
    stage.wait(Span::secs(70));
    let lost = stage.app.live.list_as::<kubeloop::object::Pod>(None);
    let lost = lost
        .filter(|pod| pod.metadata.namespace.as_deref() == Some("default"))
        .find(|pod| pod.node_name() == Some("node-2"))
        .expect("a pod on it");
    let lost = ObjectRef::new(Kind::Pod, Key::new("default", lost.metadata.name.clone().expect("a name")));
    let not_ready = plain(&stage, &lost, Question::NotReady);
    assert!(not_ready.contains("nothing was heard of node-2"), "{not_ready}");
    let nothing = plain(&stage, &lost, Question::Nothing);
    assert!(nothing.contains("the taint eviction controller about pod"), "{nothing}");
    assert!(nothing.contains("again in 4m"), "the clock that runs: {nothing}");
    assert!(
        nothing.contains("exist, 3 wanted: nothing to do")
            || nothing.contains("exist, 2 wanted: nothing to do")
    );
    let node = ObjectRef::new(Kind::Node, Key::cluster("node-2"));
    assert!(plain(&stage, &node, Question::NotReady).contains("Ready is Unknown"));
}

#[test]
fn a_crash_is_told_with_its_exit_code_and_its_back_off() {
    let mut stage = Stage::shop(Glyphs::Unicode, "dark");
    let object = pod(&stage, "delivery-");
    let node = stage.app.live.get::<kubeloop::object::Pod>("default", &object.key.name);
    let node = node.and_then(|pod| pod.node_name()).expect("a node").to_owned();
    for _ in 0..2 {
        let command = NodeCommand::ExitContainer { pod: object.key.clone(), container: None, code: 3 };
        fault(&mut stage, "the container ends", Fault::OnNode { node: node.as_str().into(), command });
        stage.wait(Span::secs(3));
    }
    let killed = plain(&stage, &object, Question::Killed);
    assert!(killed.contains("exit code 3"), "{killed}");
    let not_ready = plain(&stage, &object, Question::NotReady);
    assert!(not_ready.contains("CrashLoopBackOff") && not_ready.contains("again in"), "{not_ready}");
}

#[test]
fn without_the_api_server_nothing_can_happen() {
    let mut stage = Stage::shop(Glyphs::Unicode, "dark");
    fault(
        &mut stage,
        "you stopped the API server",
        Fault::Component { name: "apiserver".into(), start: false },
    );
    stage.wait(Span::secs(5));
    let object = pod(&stage, "login-");
    assert!(plain(&stage, &object, Question::Nothing).contains("the API server is down"));
}

#[test]
fn what_is_well_says_so_and_every_answer_differs_by_vocabulary() {
    let stage = Stage::shop(Glyphs::Unicode, "dark");
    let mut objects: Vec<ObjectRef> = stage.app.rows.iter().map(|row| row.object.clone()).collect();
    objects.dedup();
    for object in &objects {
        for question in Question::ALL {
            let said = Vocabulary::ALL.map(|vocabulary| ask(&stage, object, question, vocabulary));
            assert!(said[0] != said[1] && said[1] != said[2], "{object} {question:?}: {said:?}");
        }
        if object.kind != Kind::ConfigMap {
            let ready = plain(&stage, object, Question::NotReady);
            assert!(ready.contains("is as it should be"), "{object}: {ready}");
        }
    }
}

#[test]
fn the_overlay_leads_to_the_event_in_time() {
    use crossterm::event::KeyCode;
    let mut stage = deleted(Glyphs::Unicode, "dark", Span::secs(5));
    let stones = stones(&stage);
    let successor = stones[0].successor.clone().expect("a successor");
    stage.select(&successor.to_string());
    stage.keys("w");
    let screen = stage.screen(120, 36);
    assert!(
        screen.contains("Why does it exist?") && screen.contains("Why is nothing happening?"),
        "{screen}"
    );
    stage.keys("1");
    stage.press(KeyCode::Home);
    stage.press(KeyCode::Enter);
    let here = stage.app.event_here().expect("an event");
    assert_eq!(here.id.0, here.story.0, "the root of the story");
    assert!(stage.screen(120, 36).contains("PAST -"));
}

#[test]
fn who_is_to_go_is_not_as_it_should_be() {
    let stage = deleted(Glyphs::Unicode, "dark", Span::millis(2));
    let ending = stage.app.live.list(Kind::Pod, None).find(|pod| is_terminating(pod.meta())).expect("one");
    let why = plain(&stage, &ending.reference(), Question::NotReady);
    assert!(why.contains("you asked for the end of pod"), "{why}");
    let stage = deleted(Glyphs::Unicode, "dark", Span::secs(5));
    let why = plain(&stage, &stones(&stage)[0].object, Question::NotReady);
    assert!(why.contains("you asked for the end of pod"), "{why}");
}

#[test]
fn a_stuck_rollout_is_told_though_the_old_pods_serve() {
    let mut stage = Stage::shop(Glyphs::Unicode, "dark");
    let target = ObjectRef::new(Kind::Deployment, Key::new("default", "login"));
    let container = serde_json::json!({"name": "login", "image": "pizza/login:nosuch"});
    let patch = serde_json::json!({"spec": {"template": {"spec": {"containers": [container]}}}});
    let call = Call::Patch {
        target: target.clone(),
        patch: Patch::Strategic(patch),
        sub: Sub::Main,
        dry_run: false,
    };
    let applied = stage.engine.apply(Input::new("key", "you set a bad image", Act::Api(call)));
    assert_eq!(applied.refused, None);
    stage.wait(Span::secs(60));
    let why = plain(&stage, &target, Question::NotReady);
    assert!(why.contains("0 of 1") || why.contains("0 ready"), "{why}");
    assert!(why.contains("nosuch"), "it names what its pod waits for: {why}");
}

#[test]
fn what_was_done_is_missing_no_more() {
    let mut stage = deleted(Glyphs::Unicode, "dark", Span::secs(5));
    stage.wait(Span::secs(30));
    let service = ObjectRef::new(Kind::Service, Key::new("default", "login"));
    let why = plain(&stage, &service, Question::Nothing);
    assert!(!why.contains("kube-proxy") && !why.contains("remove 10."), "{why}");
    let lines =
        inspect::page(&stage.app.live, &service, Page::Loops, (Vocabulary::Plain, Glyphs::Unicode), None);
    let text: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let text = text.join("\n");
    assert!(
        text.contains("has done what was missing") && !text.contains("gap -") && !text.contains("gap +"),
        "{text}"
    );
}

#[test]
fn a_gap_that_nobody_closes_is_not_told_as_closing() {
    let mut stage = Stage::shop(Glyphs::Unicode, "dark");
    fault(&mut stage, "the scheduler stopped", Fault::Component { name: "scheduler".into(), start: false });
    stage.select("Pod/default/login-");
    stage.keys("Kp");
    stage.wait(Span::secs(60));
    let gap = |stage: &Stage| {
        let row = stage.app.rows.iter().find(|row| row.name == "svc/login").expect("a row");
        row.gap.text()
    };
    assert_eq!(gap(&stage), "-1");
    fault(&mut stage, "the scheduler started", Fault::Component { name: "scheduler".into(), start: true });
    let mut closing = false;
    for _ in 0..200 {
        stage.wait(Span::millis(20));
        closing |= gap(&stage) == "-1~";
    }
    assert!(closing && gap(&stage) == "=", "{}", gap(&stage));
}
