//! What somebody asks for, by keys and by words: it stays until Esc, it is whole, and it claims nothing that did not
//! happen.

#[path = "support/stage.rs"]
mod stage;

use std::sync::Arc;

use crossterm::event::KeyCode;
use kubeloop::apiserver::{Call, Patch, Sub};
use kubeloop::engine::{Act, Input};
use kubeloop::object::Kind;
use kubeloop::trace::text::Vocabulary;
use kubeloop::trace::{Data, EventId};
use kubeloop::tui::glyphs::Glyphs;
use kubeloop::tui::model::chain::chain;
use kubeloop::tui::model::{current_story, now_sentence};
use kubeloop::tui::screen::Screen;
use kubeloop::tui::{Effect, Overlay};
use ratatui::layout::Size;
use stage::Stage;

fn shop() -> Stage {
    let mut stage = Stage::shop(Glyphs::Unicode, "dark");
    stage.app.resize(Size::new(80, 24));
    stage.app.toasts.clear();
    stage
}

/// Types a line after `:` and gives what comes of it.
fn run(stage: &mut Stage, line: &str) -> Option<Effect> {
    stage.app.key(KeyCode::Char(':'));
    line.chars().for_each(|key| drop(stage.app.key(KeyCode::Char(key))));
    stage.app.key(KeyCode::Enter)
}

fn said(stage: &Stage) -> String {
    stage.app.toasts.iter().map(|toast| toast.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// Longer than any message for a moment stays.
fn time_goes_by(stage: &mut Stage) {
    for _ in 0..200 {
        stage.app.tick();
    }
}

#[test]
fn a_wide_table_stays_whole_and_scrolls_both_ways() {
    let mut stage = shop();
    let head = format!("NAME{}IP{}NODE", " ".repeat(60), " ".repeat(40));
    let rows: Vec<String> = (0..40).map(|row| format!("pod-{row:<60}10.244.0.{row:<32}node-{row}")).collect();
    stage.app.show_answer("kubectl get pods -o wide", &format!("{head}\n{}", rows.join("\n")), false);
    let screen = stage.screen(80, 24);
    assert!(screen.contains("NAME") && screen.contains("pod-18 ") && !screen.contains("NODE"), "{screen}");
    assert!(!screen.contains("pod-19 "), "{screen}");
    assert!(screen.contains("1-20 of 41") && screen.contains("cells more"), "{screen}");
    (0..20).for_each(|_| drop(stage.app.key(KeyCode::Right)));
    stage.app.key(KeyCode::End);
    let screen = stage.screen(80, 24);
    assert!(screen.contains("node-39") && screen.contains("22-41 of 41"), "{screen}");
    assert!(!screen.contains("pod-39"), "{screen}");
    time_goes_by(&mut stage);
    assert!(stage.screen(80, 24).contains("node-39"), "it stays");
    stage.app.key(KeyCode::Esc);
    assert!(stage.app.overlay.is_none());
}

#[test]
fn what_a_command_still_prints_is_followed_at_its_end() {
    let mut stage = shop();
    let lines = |from: usize, to: usize| (from..to).map(|line| format!("line {line}\n")).collect::<String>();
    stage.app.show_answer("kubectl get pods -w", &lines(0, 3), true);
    assert!(stage.screen(80, 24).contains("Esc ends it"));
    stage.app.add_to_answer("kubectl get pods -w", &lines(3, 60), true);
    let screen = stage.screen(80, 24);
    assert!(screen.contains("line 59") && !screen.contains("line 3 "), "{screen}");
    stage.app.key(KeyCode::Home);
    stage.app.add_to_answer("kubectl get pods -w", &lines(60, 61), false);
    let screen = stage.screen(80, 24);
    assert!(screen.contains("line 0") && screen.contains("of 61"), "who reads is left in peace:\n{screen}");
    assert!(screen.contains("Esc closes"), "{screen}");
    stage.app.key(KeyCode::Esc);
    assert!(!stage.app.awaits_answer("kubectl get pods -w"));
}

#[test]
fn what_own_commands_print_stays() {
    for line in ["now", "seed", "help gap", "messages", "until pods(", "break"] {
        let mut stage = shop();
        run(&mut stage, line);
        time_goes_by(&mut stage);
        let stays = stage.app.overlay.is_some() || stage.app.toasts.iter().any(|toast| toast.error);
        assert!(stays, "{line}");
    }
}

#[test]
fn all_that_can_be_broken_is_listed_without_words() {
    let mut stage = shop();
    run(&mut stage, "break");
    let screen = stage.screen(80, 24);
    for word in [
        "container-exit",
        "oom-kill",
        "probe",
        "slow-start",
        "image",
        "node",
        "component",
        "cut",
        "heal",
        "latency",
        "random",
        "drop",
    ] {
        assert!(screen.contains(&format!("┃ {word} ")), "{word}:\n{screen}");
    }
    let mut stage = shop();
    stage.app.key(KeyCode::Char(':'));
    "node add ".chars().for_each(|key| drop(stage.app.key(KeyCode::Char(key))));
    let screen = stage.screen(80, 24);
    assert!(screen.contains("node-4") && screen.contains("node <ACT> <NAME>"), "{screen}");
}

#[test]
fn nothing_is_claimed_of_what_the_past_refuses() {
    for line in ["break node node-3 power-off", "break random 3", "delete pod x", "node add node-4"] {
        let mut stage = shop();
        stage.press(KeyCode::Char(','));
        assert!(stage.app.cursor.is_some());
        stage.app.toasts.clear();
        assert!(run(&mut stage, line).is_none(), "{line}");
        let said = said(&stage);
        assert!(said.starts_with("This is the past") && !said.contains("power"), "{line}: {said}");
    }
    let mut stage = shop();
    stage.press(KeyCode::Char(','));
    assert!(matches!(run(&mut stage, "get pods"), Some(Effect::Kubectl(_))), "looking is no change");
}

#[test]
fn a_workload_leads_to_its_service() {
    for name in ["Deployment/default/login", "ReplicaSet/default/login"] {
        let mut stage = shop();
        stage.app.resize(Size::new(120, 60));
        stage.select(name);
        stage.app.key(KeyCode::Char('g'));
        stage.app.key(KeyCode::Char('s'));
        let target = stage.app.target().expect("something is selected");
        assert_eq!((target.kind, target.key.name.as_str()), (Kind::Service, "login"), "{}", said(&stage));
    }
}

#[test]
fn a_key_of_another_screen_says_where_it_belongs() {
    for (key, words) in [
        ('a', "a (apply) belongs to YAML (4)."),
        ('d', "d (diff) belongs to Time (3) and YAML (4)."),
        ('(', "( (wider) belongs to Time (3)."),
        ('v', "v (vote) belongs to the stage of a demo."),
    ] {
        let mut stage = shop();
        assert_eq!(stage.app.screen, Screen::Cluster);
        stage.app.key(KeyCode::Char(key));
        assert_eq!(said(&stage), words);
    }
    let mut stage = shop();
    stage.app.key(KeyCode::Char('%'));
    assert!(stage.app.toasts.is_empty(), "a key that means nothing anywhere says nothing");
}

#[test]
fn the_selected_object_and_how_many_it_has_now_are_offered() {
    let mut stage = shop();
    stage.select("Deployment/default/login");
    stage.app.key(KeyCode::Char('S'));
    let screen = stage.screen(80, 24);
    assert!(screen.contains("say how much: --replicas=... (now 3)"), "{screen}");
    stage.app.key(KeyCode::Esc);
    stage.app.key(KeyCode::Char(':'));
    "scale deployment/".chars().for_each(|key| drop(stage.app.key(KeyCode::Char(key))));
    let screen = stage.screen(80, 24);
    let first = screen.lines().find(|line| line.contains("deployment/") && line.contains("selected"));
    assert!(first.is_some_and(|line| line.contains("deployment/login")), "{screen}");
}

#[test]
fn every_sign_is_explained() {
    let mut stage = shop();
    run(&mut stage, "help signs");
    let Some(Overlay::Text(view)) = &stage.app.overlay else { panic!("no text") };
    for sign in ["◌", "◔", "◒", "◉", "⊘", "-1~", "[W]"] {
        assert!(view.text.iter().any(|line| line.contains(sign)), "{sign}");
    }
}

#[test]
fn while_a_scene_is_open_the_way_back_is_on_every_screen() {
    let mut stage = shop();
    let scene = Arc::new(kubeloop::scenes::all().first().expect("a scene").clone());
    stage.app.open_scene(scene, Some((1, 6)));
    assert!(!stage.screen(80, 24).contains("back to the scene"));
    stage.app.screen = Screen::Cluster;
    let screen = stage.screen(80, 24);
    assert!(screen.contains("scene 1"), "{screen}");
    let hints = screen.lines().last().unwrap_or_default();
    assert!(hints.starts_with(" n next beat  b back to the scene"), "{hints}");
}

#[test]
fn on_the_stage_nothing_lies_over_numbers_and_sentence() {
    let mut stage = shop();
    let scene = Arc::new(kubeloop::scenes::all().first().expect("a scene").clone());
    stage.app.open_scene(scene, Some((1, 6)));
    let before = stage.screen(90, 28);
    stage.app.say("You go on from 01:00.0.\nWhat came after it is kept as branch-1: B compares.");
    let after = stage.screen(90, 28);
    let above = |screen: &str| screen.lines().take(27).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(above(&before), above(&after));
    assert!(
        after.ends_with("You go on from 01:00.0. What came after it is kept as branch-1: B compares."),
        "{after}"
    );
}

#[test]
fn what_a_line_will_do_follows_its_completion() {
    let mut stage = shop();
    stage.app.key(KeyCode::Char(':'));
    "delete pod ".chars().for_each(|key| drop(stage.app.key(KeyCode::Char(key))));
    stage.app.key(KeyCode::Tab);
    let prompt = stage.app.prompt.as_ref().expect("a prompt");
    let pod = prompt.text.trim_start_matches("delete pod ");
    assert!(!pod.is_empty() && prompt.preview.contains(pod), "{} -> {}", prompt.text, prompt.preview);
    let mut stage = shop();
    stage.app.key(KeyCode::Char(':'));
    "sc".chars().for_each(|key| drop(stage.app.key(KeyCode::Char(key))));
    let prompt = stage.app.prompt.as_ref().expect("a prompt");
    assert_eq!(prompt.preview, "", "a beginning is not unknown");
}

#[test]
fn a_command_can_be_typed_from_the_break_menu() {
    let mut stage = shop();
    stage.app.key(KeyCode::Char('K'));
    stage.app.key(KeyCode::Char(':'));
    assert!(stage.app.overlay.is_none() && stage.app.prompt.is_some());
}

#[test]
fn back_gives_the_screen_back_to_all_panels_before_it_leaves() {
    for key in [KeyCode::Esc, KeyCode::Char('q')] {
        let mut stage = shop();
        stage.app.key(KeyCode::Char('z'));
        assert!(stage.app.zoomed);
        assert!(stage.app.key(key).is_none() && !stage.app.zoomed);
        assert!(stage.app.toasts.is_empty(), "{}", said(&stage));
    }
}

#[test]
fn what_one_would_have_typed_hides_nothing() {
    let mut stage = shop();
    let before = stage.screen(120, 36);
    stage.app.resize(Size::new(120, 36));
    stage.app.echo("kubectl delete pod x4h2s");
    let after = stage.screen(120, 36);
    assert!(stage.app.toasts.is_empty());
    assert!(
        after.lines().nth(34).is_some_and(|line| line.starts_with(" ─ kubectl delete pod x4h2s ─")),
        "{after}"
    );
    assert!(before.lines().nth(34).is_some_and(|line| line.starts_with(" ────")));

    // Where there is no such line, it stands in the border of the story as long as that goes on.
    let mut stage = shop();
    stage.select("Pod/default/login");
    stage.press(KeyCode::Char('K'));
    stage.press(KeyCode::Char('p'));
    stage.app.echo("kubectl delete pod x4h2s");
    stage.app.see(stage.engine.view());
    let screen = stage.screen(80, 24);
    assert!(screen.contains("─ kubectl delete pod x4h2s  w why ┘"), "{screen}");
}

#[test]
fn a_class_can_say_first_what_will_follow() {
    let mut stage = shop();
    stage.app.key(KeyCode::Char('K'));
    assert!(stage.screen(80, 24).contains("Expected:"));
    stage.app.key(KeyCode::Char('P'));
    let screen = stage.screen(80, 24);
    assert!(screen.contains("Say it first") && !screen.contains("Expected:"), "{screen}");
    stage.app.key(KeyCode::Char('P'));
    assert!(stage.screen(80, 24).contains("Expected:"));
}

#[test]
fn healthy_pods_are_folded_below_the_replica_set_that_they_belong_to() {
    use kubeloop::kubectl::{self, Poll};
    let mut stage = shop();
    let mut running = kubectl::parse("set image deployment/login login=pizza/login:1.2.4");
    assert_eq!(running.poll(&mut stage.engine, &kubeloop::manifests::NoFiles), Poll::Done(0));
    stage.wait(kubeloop::time::Span::millis(800));
    let more: Vec<_> = stage.app.rows.iter().filter(|row| row.uid.starts_with("more:")).collect();
    assert!(!more.is_empty(), "{}", stage.screen(80, 24));
    for row in more {
        let place = stage.app.rows.iter().position(|other| other.uid == row.uid).expect("its place");
        let above = stage.app.rows[..place].iter().rev().find(|row| row.object.kind == Kind::ReplicaSet);
        assert_eq!(above.map(|above| &above.object), Some(&row.object), "{}", stage.screen(80, 24));
        let set = stage.engine.world().object(&row.object).expect("a ReplicaSet").meta().uid.clone();
        let pods = stage.engine.world().list(Kind::Pod, None).filter(|pod| {
            pod.meta().owner_references.iter().flatten().any(|owner| Some(&owner.uid) == set.as_ref())
        });
        let count: usize = row.name.split(' ').next().and_then(|count| count.parse().ok()).expect("a count");
        assert!(count <= pods.count(), "{}", stage.screen(80, 24));
    }
}

#[test]
fn what_one_would_have_typed_is_the_first_step_of_the_story_and_of_the_chain_of_causes() {
    let mut stage = shop();
    stage.select("Pod/default/login-");
    let pod = stage.app.selected_row().expect("a pod").object.key.name.clone();
    stage.keys("Kp");
    stage.wait(kubeloop::time::Span::millis(100));
    let line = format!("kubectl delete pod {pod}");
    let story = current_story(stage.engine.world()).expect("a story");
    assert!(story.title.starts_with("you deleted pod"), "{}", story.title);
    assert_eq!(story.lines[0].what, line);
    let last = story.lines.last().expect("a step").event;
    let chain = chain(stage.engine.world(), last, Vocabulary::Plain);
    assert!(chain.links[0].text.ends_with(&format!(": {line}")), "{:?}", chain.links[0]);
    let screen = stage.screen(80, 24);
    assert!(screen.contains(&format!("▌ {line}")), "{screen}");
    // What a file says was applied, and what is broken, has its line, too.
    stage.keys("KS");
    let story = current_story(stage.engine.world()).expect("a story");
    assert_eq!(story.lines[0].what, "break component scheduler stop");
    let files =
        stage.engine.world().stories().filter_map(|(id, _)| stage.engine.world().event(EventId(id.0)));
    let typed = files.filter_map(|root| match &root.data {
        Data::Input { typed, .. } => Some(typed.to_string()),
        _ => None,
    });
    assert!(typed.into_iter().any(|typed| typed == "kubectl apply -f login.yaml"));
}

#[test]
fn a_paused_rollout_names_the_command_that_goes_on_with_it() {
    let mut stage = shop();
    let object = stage
        .engine
        .world()
        .list(Kind::Deployment, None)
        .find(|one| one.meta().name.as_deref() == Some("login"));
    let target = object.expect("a Deployment").reference();
    let patch = |value| Call::Patch {
        target: target.clone(),
        patch: Patch::Strategic(value),
        sub: Sub::Main,
        dry_run: false,
    };
    let image = serde_json::json!({"spec": {"template": {"spec": {"containers": [{"name": "login", "image": "pizza/login:1.2.4"}]}}}});
    for value in [image, serde_json::json!({"spec": {"paused": true}})] {
        let applied = stage.engine.apply(Input::new("kubectl", "you did", Act::Api(patch(value))));
        assert!(applied.answer.is_some_and(|answer| answer.is_ok()));
        stage.wait(kubeloop::time::Span::millis(30));
    }
    stage.wait(kubeloop::time::Span::secs(60));
    let (now, next) = now_sentence(stage.engine.world(), None, Vocabulary::Plain);
    assert!(now.contains("paused half-way"), "{now}");
    assert_eq!(next, "Next: nothing, until somebody runs kubectl rollout resume deployment/login.");
}
