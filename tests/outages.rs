//! What the screens say when somebody does not hear of what changes: who dials again when.

use kubeloop::apiserver::{Call, DeleteOptions};
use kubeloop::engine::driver::Inline;
use kubeloop::engine::{Act, ClusterConfig, Engine, Fault, Input, Way};
use kubeloop::expression::facts::is_settled;
use kubeloop::manifests::{parse, pizza, send};
use kubeloop::object::{Kind, Object};
use kubeloop::script::is_up;
use kubeloop::time::Span;
use kubeloop::trace::text::Vocabulary;
use kubeloop::tui::glyphs::Glyphs;
use kubeloop::tui::model::why::Why;
use kubeloop::tui::theme::Theme;
use kubeloop::tui::{App, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

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

fn screen(engine: &Engine, width: u16, height: u16) -> String {
    let theme = Theme::named("dark").expect("a theme");
    let app = App::new(engine.view(), theme, Glyphs::Unicode, "manifests/pizza".to_owned());
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    terminal.draw(|frame| draw(frame, &app)).expect("painted");
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
}
