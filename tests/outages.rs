//! What the screens say when somebody does not hear of what changes: who dials again when.

use crossterm::event::KeyCode;
use kubeloop::apiserver::{Call, DeleteOptions, Patch, Sub};
use kubeloop::engine::driver::Inline;
use kubeloop::engine::{Act, ClusterConfig, Engine, Fault, Input, Way, World};
use kubeloop::expression::facts::is_settled;
use kubeloop::manifests::{parse, pizza, send};
use kubeloop::object::{Key, Kind, Object, ObjectRef};
use kubeloop::script::is_up;
use kubeloop::time::Span;
use kubeloop::trace::text::Vocabulary;
use kubeloop::trace::{Class, Data};
use kubeloop::tui::glyphs::Glyphs;
use kubeloop::tui::model::inspect::Page;
use kubeloop::tui::model::why::{Question, Why};
use kubeloop::tui::model::{Health, current_story, event_sentence};
use kubeloop::tui::theme::Theme;
use kubeloop::tui::{App, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;

/// The pizza shop, all ready.
fn shop() -> Engine {
    let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
    assert!(engine.run_while(Span::secs(60), is_up));
    for (file, text) in pizza() {
        let mut story = None;
        for document in parse(&file, &text).expect("a valid manifest") {
            send::send(&mut engine, &document, "file", &format!("{file} is applied"), &mut story)
                .expect("accepted");
        }
    }
    assert!(
        engine
            .run_while(Span::secs(60), |world| is_settled(world) && world.list(Kind::Pod, None).count() == 6)
    );
    engine
}

fn app(engine: &Engine) -> App {
    let theme = Theme::named("dark").expect("a theme");
    App::new(engine.view(), theme, Glyphs::Unicode, "manifests/pizza".to_owned())
}

fn screen(engine: &Engine, width: u16, height: u16) -> String {
    paint(&app(engine), width, height)
}

fn paint(app: &App, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    terminal.draw(|frame| draw(frame, app)).expect("painted");
    let buffer = terminal.backend().buffer();
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

fn fault(engine: &mut Engine, fault: Fault) {
    assert_eq!(engine.apply(Input::new("key", "a fault", Act::Fault(fault))).refused, None);
}

fn delete_a_login_pod(engine: &mut Engine) {
    let target = engine.world().list(Kind::Pod, None).map(Object::reference);
    let target = target.into_iter().find(|pod| pod.key.name.starts_with("login-")).expect("a pod");
    let call = Call::Delete { target, options: DeleteOptions::default() };
    assert_eq!(engine.apply(Input::new("key", "you deleted a pod", Act::Api(call))).refused, None);
}

fn why(engine: &Engine) -> String {
    let mut sets = engine.world().list(Kind::ReplicaSet, None).map(Object::reference);
    let set = sets.find(|set| set.key.name.starts_with("login-")).expect("a ReplicaSet");
    Why::of(engine.world(), &set, Vocabulary::Plain).to_text()
}

/// The columns of the wire in which a watch is drawn.
fn watches(screen: &str) -> usize {
    let bus = screen.lines().position(|line| line.contains("API SERVER")).expect("the wire");
    screen.lines().nth(bus + 2).expect("a lane").matches('┆').count()
}

#[test]
fn after_a_link_is_healed_it_is_said_who_missed_something_and_when_he_finds_out() {
    let (mut engine, ends) = (shop(), ("controller/replicaset".into(), "apiserver".into()));
    let (a, b): (smol_str::SmolStr, smol_str::SmolStr) = ends;
    fault(&mut engine, Fault::Cut { a: a.clone(), b: b.clone(), way: Way::Both });
    delete_a_login_pod(&mut engine);
    engine.run_until(engine.now() + Span::secs(4));
    fault(&mut engine, Fault::Heal { a, b });
    engine.run_until(engine.now() + Span::secs(4));
    let large = screen(&engine, 120, 36);
    assert!(large.contains("rs-ctl  stale "), "the LOOP column:\n{large}");
    assert!(large.contains("ReplicaSet controller has missed changes: it finds out in "), "{large}");
    assert!(
        large.contains("Next: the ReplicaSet controller has missed changes and finds out in "),
        "{large}"
    );
    assert!(screen(&engine, 80, 24).contains("rs-ctl  stale "));
    let answer = why(&engine);
    assert!(answer.contains("the ReplicaSet controller has missed changes"), "{answer}");
    // When it has found out, it lists anew and acts.
    assert!(engine.run_while(Span::secs(40), |world| world.deafness("controller/replicaset").is_none()));
    engine.run_until(engine.now() + Span::secs(20));
    let healed = screen(&engine, 120, 36);
    assert!(healed.contains("Everything matches") && !healed.contains("stale"), "{healed}");
}

#[test]
fn after_the_api_server_is_back_it_is_said_who_dials_when_and_no_watch_is_drawn_before_it_is_open() {
    let mut engine = shop();
    let all = watches(&screen(&engine, 120, 36));
    let server = |start| Fault::Component { name: "apiserver".into(), start };
    fault(&mut engine, server(false));
    engine.run_until(engine.now() + Span::secs(20));
    fault(&mut engine, server(true));
    delete_a_login_pod(&mut engine);
    engine.run_until(engine.now() + Span::millis(200));
    let deaf = engine.world().components().iter().filter(|component| component.deaf.is_some()).count();
    assert!(deaf > 0, "nobody waits: the test shows nothing");
    let large = screen(&engine, 120, 36);
    assert!(large.contains("rs-ctl  dials "), "the LOOP column:\n{large}");
    let set = large.lines().find(|line| line.contains("rs-ctl  dials")).unwrap_or_default();
    assert!(set.contains("-1 ") && !set.contains("-1~"), "nobody closes it yet:\n{large}");
    assert!(watches(&large) < all, "a watch is drawn that is not open:\n{large}");
    assert!(
        large.contains("Next: the ReplicaSet controller has no open watch and dials again in "),
        "{large}"
    );
    let answer = why(&engine);
    assert!(answer.contains("the ReplicaSet controller has no open watch: it dials again in "), "{answer}");
    engine.run_until(engine.now() + Span::secs(60));
    let healed = screen(&engine, 120, 36);
    assert_eq!(watches(&healed), all, "{healed}");
    assert!(!healed.contains("dials"), "{healed}");
}

#[test]
fn messages_that_are_still_to_be_lost_are_told() {
    let mut engine = shop();
    let drop = Fault::Drop { a: "apiserver".into(), b: "scheduler".into(), next: 3 };
    fault(&mut engine, drop);
    engine.run_until(engine.now() + Span::secs(5));
    let large = screen(&engine, 120, 36);
    assert!(large.contains("The next 3 messages of the scheduler will get lost."), "{large}");
    assert!(large.contains("goes on"), "{large}");
}

#[test]
fn an_outage_is_one_step_of_its_story_and_what_is_tried_in_vain_is_told_so_once() {
    let mut engine = shop();
    fault(&mut engine, Fault::Component { name: "etcd".into(), start: false });
    let begun = current_story(engine.world()).expect("a story");
    engine.run_until(engine.now() + Span::secs(15));
    let dialling = current_story(engine.world()).expect("a story");
    assert_eq!(dialling.health, Health::Fragile, "all are there, and all dial in vain: that heals nothing");
    assert_eq!(begun.lines.len(), 2, "what was done, and what it broke under another name: {begun:?}");
    let silent = |world: &World| world.stories().any(|(_, story)| story.title.contains("fell silent"));
    assert!(engine.run_while(Span::secs(80), silent));
    let act = engine.world().log().of_class(Class::Decision).rev().find(|event| {
        event.component == "controller/node-lifecycle" && matches!(event.data, Data::Act { .. })
    });
    let told = event_sentence(engine.world(), act.expect("an act"), Vocabulary::Plain);
    assert!(told.ends_with(", in vain: etcd does not answer."), "{told}");
    engine.run_until(engine.now() + Span::secs(200));
    let story = current_story(engine.world()).expect("a story");
    let marks: Vec<&str> = story.lines.iter().map(|line| line.what.as_str()).collect();
    let vain: Vec<_> = marks.iter().filter(|what| what.starts_with("in vain: mark all")).collect();
    assert_eq!(vain.len(), 1, "{marks:?}");
    assert!(marks.iter().filter(|what| what.contains("mark all")).count() <= 2, "{marks:?}");
}

#[test]
fn the_same_words_in_one_order_are_one_step() {
    let mut engine = shop();
    let stop = Fault::Component { name: "apiserver".into(), start: false };
    engine.apply(Input::new("key", "the API server stopped", Act::Fault(stop)));
    let story = current_story(engine.world()).expect("a story");
    let told: Vec<&str> = story.lines.iter().map(|line| line.what.as_str()).collect();
    assert_eq!(told, ["the API server stopped"]);
}

#[test]
fn a_lost_message_names_its_ends() {
    let mut engine = shop();
    fault(&mut engine, Fault::Drop { a: "apiserver".into(), b: "controller/replicaset".into(), next: 3 });
    delete_a_login_pod(&mut engine);
    engine.run_until(engine.now() + Span::secs(2));
    let lost = engine.world().log().of_class(Class::Decision).rev().find_map(|event| match event.data {
        Data::Lost { .. } => Some(event_sentence(engine.world(), event, Vocabulary::Plain)),
        _ => None,
    });
    let lost = lost.expect("a message that was lost");
    assert!(
        lost.contains(" from the API server to the ReplicaSet controller")
            || lost.contains(" from the ReplicaSet controller to the API server"),
        "{lost}"
    );
}

#[test]
fn that_clients_begin_to_ask_does_not_take_the_screen_from_what_a_person_did() {
    let mut engine = shop();
    delete_a_login_pod(&mut engine);
    engine.run_until(engine.now() + Span::secs(1));
    let act = Act::Traffic { service: "login".into(), per_second: 10 };
    engine.apply(Input::new("timer", "clients began to use login", act));
    assert_eq!(current_story(engine.world()).expect("a story").title, "you deleted a pod");
}

#[test]
fn a_failed_request_names_the_pod_that_is_gone_and_the_kube_proxy_that_still_sends_there() {
    let mut engine = shop();
    let act = Act::Traffic { service: "login".into(), per_second: 20 };
    engine.apply(Input::new("timer", "clients began to use login", act));
    engine.run_until(engine.now() + Span::secs(5));
    fault(&mut engine, Fault::Component { name: "kube-proxy/node-2".into(), start: false });
    delete_a_login_pod(&mut engine);
    engine.run_until(engine.now() + Span::secs(8));
    let service = ObjectRef::new(Kind::Service, Key::new("default", "login"));
    let expected = "it is gone, but kube-proxy on node-2 still sends there)";
    // The panel of a large screen.
    let large = screen(&engine, 120, 36).replace("││", "").replace(['│', '\n'], " ");
    let large = large.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(large.contains("failed in story"), "{large}");
    // The question why.
    let why = Why::of(engine.world(), &service, Vocabulary::Plain);
    assert_eq!(why.answers[why.first].question, Question::NotReady);
    let told = why.to_text();
    assert!(told.contains(expected) && told.contains("in story #") && told.contains("(pod login-"), "{told}");
    assert!(told.contains("That kube-proxy: it is stopped: its rules stay as they are."), "{told}");
    // A page of its own, at every size.
    let mut app = app(&engine);
    app.resize(Size::new(80, 24));
    app.inspect(service, Page::Traffic);
    let page = paint(&app, 80, 24);
    for words in ["20rps", "▮", "Who answered in the last 10s", "What failed:", "budget:", "story #"] {
        assert!(page.contains(words), "{words}:\n{page}");
    }
    // Who is chosen leads to the event on the time axis.
    app.key(KeyCode::Enter);
    assert!(app.overlay.is_none(), "enter goes there");
    fault(&mut engine, Fault::Component { name: "kube-proxy/node-2".into(), start: true });
    engine.run_until(engine.now() + Span::secs(3));
    let service = ObjectRef::new(Kind::Service, Key::new("default", "login"));
    let told = Why::of(engine.world(), &service, Vocabulary::Plain).to_text();
    assert!(told.contains("That kube-proxy: it has written its rules since."), "{told}");
}

#[test]
fn a_pod_whose_image_cannot_be_had_counts_the_seconds_and_nobody_is_said_to_close_its_gap() {
    let mut engine = shop();
    let target = ObjectRef::new(Kind::Deployment, Key::new("default", "login"));
    let containers = serde_json::json!([{"name": "login", "image": "pizza/lin:nosuch"}]);
    let patch =
        Patch::Strategic(serde_json::json!({"spec": {"template": {"spec": {"containers": containers}}}}));
    let call = Call::Patch { target, patch, sub: Sub::Main, dry_run: false };
    engine.apply(Input::new("kubectl", "you set an image", Act::Api(call)));
    engine.run_until(engine.now() + Span::secs(100));
    for (width, height) in [(200, 60), (120, 36), (80, 24)] {
        let screen = screen(&engine, width, height);
        let pod = screen.lines().find(|line| line.contains("↻ back-off") && line.contains(" pod "));
        let pod = pod.unwrap_or_else(|| panic!("no such row:\n{screen}"));
        let seconds = pod.split_once("again ").and_then(|(_, rest)| rest.split_once('s'));
        assert!(seconds.is_some_and(|(number, _)| number.parse::<u32>().is_ok()), "{width}: {pod}");
        assert!(pod.contains("-1 ") && !pod.contains("-1~"), "{pod}");
        assert!(!screen.contains("all closing"), "{screen}");
    }
}
