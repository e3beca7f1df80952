//! Whole screens: a fixed cluster at a fixed time, painted at fixed sizes and themes.

use std::collections::BTreeSet;

use kubeloop::apiserver::{Call, DeleteOptions};
use kubeloop::engine::driver::Inline;
use kubeloop::engine::{Act, ClusterConfig, Engine, Fault, Input, NodePower, Way};
use kubeloop::expression::facts::is_settled;
use kubeloop::manifests::{parse, pizza, send};
use kubeloop::object::Kind;
use kubeloop::script::is_up;
use kubeloop::time::Span;
use kubeloop::tui::glyphs::Glyphs;
use kubeloop::tui::theme::Theme;
use kubeloop::tui::{App, Effect, Overlay, draw};

use crossterm::event::KeyCode;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Size;
use ratatui::style::Modifier;

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

fn app(engine: &Engine, glyphs: Glyphs, theme: &str) -> App {
    App::new(engine.view(), Theme::named(theme).expect("a theme"), glyphs, "manifests/pizza".to_owned())
}

fn paint(app: &App, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    terminal.draw(|frame| draw(frame, app)).expect("painted");
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    let area = buffer.area;
    let row = |y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..area.height).map(row).collect::<Vec<_>>().join("\n")
}

/// Presses a key; what it does to the cluster is done.
fn press(app: &mut App, engine: &mut Engine, key: char) {
    if let Some(Effect::Input(input)) = app.key(KeyCode::Char(key)) {
        engine.apply(*input);
    }
}

/// The shop 100 ms after the first login pod was deleted by key.
fn healing(glyphs: Glyphs, theme: &str) -> App {
    let mut engine = shop();
    let mut app = app(&engine, glyphs, theme);
    while !app
        .selected_row()
        .is_some_and(|row| row.object.key.name.starts_with("login-") && row.object.kind == Kind::Pod)
    {
        app.key(KeyCode::Down);
    }
    press(&mut app, &mut engine, 'K');
    press(&mut app, &mut engine, 'p');
    engine.run_until(engine.now() + Span::millis(100));
    app.toasts.clear();
    app.see(engine.view());
    app
}

#[test]
fn healing_at_80x24() {
    let mut app = healing(Glyphs::Unicode, "dark");
    app.resize(Size::new(80, 24));
    let screen = text(&paint(&app, 80, 24));
    let first = screen.lines().find(|line| line.contains("deploy/")).expect("a Deployment");
    assert!(first.contains("login"), "what heals stands first:\n{screen}");
    insta::assert_snapshot!(screen);
}

#[test]
fn healing_at_120x36() {
    insta::assert_snapshot!(text(&paint(&healing(Glyphs::Unicode, "dark"), 120, 36)));
}

#[test]
fn healing_at_80x24_in_ascii() {
    let screen = text(&paint(&healing(Glyphs::Ascii, "mono"), 80, 24));
    assert!(screen.is_ascii(), "a sign without an ASCII twin:\n{screen}");
    insta::assert_snapshot!(screen);
}

#[test]
fn break_menu_at_80x24() {
    let mut app = healing(Glyphs::Unicode, "dark");
    app.key(KeyCode::Char('K'));
    insta::assert_snapshot!(text(&paint(&app, 80, 24)));
}

/// Types into the dashboard.
fn keys(app: &mut App, keys: &str) {
    keys.chars().for_each(|key| drop(app.key(KeyCode::Char(key))));
}

#[test]
fn another_target_is_chosen_without_leaving_the_break_menu() {
    let mut app = healing(Glyphs::Unicode, "dark");
    keys(&mut app, "K/node-2");
    let list = text(&paint(&app, 80, 24));
    assert!(list.contains("/ node-2") && list.contains("node node-2"), "{list}");
    assert!(list.contains("link of node-2") && !list.contains("node-3"), "{list}");
    let node =
        list.lines().filter(|line| line.contains("node-2")).position(|line| line.contains(" node node-2 "));
    (1..node.expect("the node")).for_each(|_| drop(app.key(KeyCode::Down)));
    let asked = app.key(KeyCode::Enter);
    assert!(matches!(asked, Some(Effect::Foresee(_))), "what follows is worked out");
    let menu = text(&paint(&app, 80, 24));
    assert!(menu.contains("Break something: node node-2") && menu.contains("NODE node-2"), "{menu}");
    let done = app.key(KeyCode::Char('d'));
    assert!(matches!(done, Some(Effect::Kubectl(line)) if line.starts_with("drain node-2 ")));
    assert!(app.overlay.is_none());
}

#[test]
fn a_faded_entry_of_the_break_menu_says_why_and_the_menu_stays() {
    let mut app = healing(Glyphs::Unicode, "dark");
    keys(&mut app, "Kl");
    let menu = text(&paint(&app, 80, 24));
    assert!(menu.contains("Not now: no container of it has such a probe"), "{menu}");
    assert!(menu.contains("fail liveness"), "{menu}");
    keys(&mut app, "q");
    assert!(app.overlay.is_none());
}

#[test]
fn why_at_120x36() {
    let mut app = healing(Glyphs::Unicode, "dark");
    app.key(KeyCode::Char('w'));
    insta::assert_snapshot!(text(&paint(&app, 120, 36)));
}

/// From the key to the running container on the smallest screen; the scheduler's points are no plain words.
#[test]
fn why_a_new_pod_exists_goes_from_the_key_to_the_running_container() {
    let mut engine = shop();
    let was: BTreeSet<_> = engine.world().list(Kind::Pod, None).map(|pod| pod.reference()).collect();
    let target = was.iter().find(|pod| pod.key.name.starts_with("login-")).expect("a pod").clone();
    let call = Call::Delete { target, options: DeleteOptions::default() };
    engine.apply(Input::new("key", "you deleted a login pod", Act::Api(call)));
    engine.run_until(engine.now() + Span::secs(5));
    let new = engine.world().list(Kind::Pod, None).map(|pod| pod.reference()).find(|pod| !was.contains(pod));
    let mut app = app(&engine, Glyphs::Unicode, "dark");
    app.why_of(&new.expect("its successor"));
    let screen = text(&paint(&app, 80, 24));
    insta::assert_snapshot!("why_a_new_pod_at_80x24", screen);
    let (key, container) = (screen.find("you deleted a login pod"), screen.find("was started"));
    assert!(key.is_some() && key < container, "the chain is whole:\n{screen}");
    assert!(!screen.contains("points"), "{screen}");
    app.key(KeyCode::End);
    let end = text(&paint(&app, 80, 24));
    assert!(end.contains("Also needed:") && end.contains("you deleted a login pod"), "{end}");
    app.key(KeyCode::Char('V'));
    app.key(KeyCode::End);
    assert!(text(&paint(&app, 200, 60)).contains("points"), "who wants them, gets them");
}

/// The first line leaves out what has no room: it never runs into itself.
#[test]
fn the_first_line_has_room_at_every_width() {
    let mut app = healing(Glyphs::Unicode, "dark");
    for screen in ['1', '3', '5'] {
        app.key(KeyCode::Char(screen));
        for width in 40..=130 {
            app.resize(Size::new(width, 24));
            let first = text(&paint(&app, width, 24)).lines().next().unwrap_or_default().to_owned();
            let (tabs, state) =
                first.split_once(" t 00:01.8  ").unwrap_or_else(|| panic!("{width}: {first}"));
            assert!(tabs.contains(&format!("[{screen}")), "{width}: {first}");
            assert!(state.contains("healing 5/6"), "{width}: {first}");
            assert!(width < 80 || state.contains("follow"), "{width}: {first}");
        }
    }
}

/// The selected row has one reversed colour, and nothing else is reversed beside it.
#[test]
fn the_selection_is_one_row_in_one_colour() {
    let mut app = healing(Glyphs::Unicode, "dark");
    let reversed = |app: &App| {
        let buffer = paint(app, 120, 36);
        let rows = (0..36).filter_map(|y| {
            let cells =
                (0..120).map(|x| &buffer[(x, y)]).filter(|cell| cell.modifier.contains(Modifier::REVERSED));
            let colours: BTreeSet<String> = cells.map(|cell| format!("{:?}{:?}", cell.fg, cell.bg)).collect();
            (!colours.is_empty()).then_some(colours.len())
        });
        rows.collect::<Vec<_>>()
    };
    assert_eq!(reversed(&app), [1]);
    app.key(KeyCode::Tab);
    assert_eq!(reversed(&app), [1], "the node, and not the pod besides");
}

#[test]
fn the_text_is_the_same_in_every_theme() {
    // On a projector all lines are heavy.
    let thin = |text: String| -> String {
        let pairs = ["━─", "┃│", "┏┌", "┓┐", "┗└", "┛┘"];
        let thin = |cell: char| {
            pairs.iter().find(|pair| pair.starts_with(cell)).and_then(|pair| pair.chars().last())
        };
        text.chars().map(|cell| thin(cell).unwrap_or(cell)).collect()
    };
    let screens: BTreeSet<String> =
        Theme::names().map(|theme| thin(text(&paint(&healing(Glyphs::Unicode, theme), 100, 30)))).collect();
    assert_eq!(screens.len(), 1, "a theme changes what is said, not only how it looks");
}

/// The style of the letters of a word in the line that contains another.
fn style_of(buffer: &Buffer, line: &str, word: &str) -> Modifier {
    let screen = text(buffer);
    let (y, found) = screen.lines().enumerate().find(|(_, found)| found.contains(line)).expect("the line");
    let before = found.find(word).map(|at| found[..at].chars().count()).expect("the word");
    buffer[(u16::try_from(before).expect("a column"), u16::try_from(y).expect("a line"))].modifier
}

#[test]
fn what_changed_is_marked_and_what_went_leaves_its_ghost_for_a_moment() {
    let mut engine = shop();
    let mut app = app(&engine, Glyphs::Unicode, "dark");
    for _ in 0..5 {
        app.key(KeyCode::Down);
    }
    let pod = app.selected_row().expect("a row").clone();
    assert_eq!(pod.object.kind, Kind::Pod);
    let marked = Modifier::BOLD | Modifier::UNDERLINED;
    let have = |app: &App| style_of(&paint(app, 120, 36), "deploy/login", "◉").contains(marked);
    assert!(!have(&app), "nothing has changed yet");

    press(&mut app, &mut engine, 'K');
    press(&mut app, &mut engine, 'p');
    engine.run_until(engine.now() + Span::millis(100));
    app.see(engine.view());
    assert!(have(&app), "two of three are ready now");
    // It lasts a second and a half, 22 ticks of the rim, and a key ends it.
    for _ in 0..21 {
        app.tick();
    }
    assert!(have(&app));
    app.tick();
    assert!(!have(&app), "the mark ends by itself");

    engine.run_until(engine.now() + Span::secs(5));
    app.see(engine.view());
    app.toasts.clear();
    // As a row, not in the legend of the signs.
    let has_ghost =
        |app: &App| text(&paint(app, 120, 36)).lines().any(|line| line.contains("gone     ∙ gone"));
    assert!(has_ghost(&app), "{}", text(&paint(&app, 120, 36)));
    assert!(app.is_animating());
    // It can be gone to, and asked: as long as it is selected it stays.
    while app.selected_row().is_none_or(|row| row.object != pod.object) {
        app.key(KeyCode::Down);
        app.see(engine.view());
    }
    for _ in 0..60 {
        app.tick();
    }
    app.key(KeyCode::Char('w'));
    let screen = text(&paint(&app, 120, 36));
    assert!(
        screen.contains(pod.object.key.name.as_str()) && screen.contains("Why was it killed?"),
        "{screen}"
    );
    app.key(KeyCode::Esc);
    app.key(KeyCode::Enter);
    let screen = text(&paint(&app, 120, 36));
    assert!(screen.contains("killed by    you") && screen.contains("in its place pod"), "{screen}");
    app.key(KeyCode::Esc);
    assert!(has_ghost(&app));
    app.key(KeyCode::Up);
    app.key(KeyCode::Char('x'));
    app.see(engine.view());
    assert!(!has_ghost(&app), "a key ends what moves");
}

#[test]
fn no_size_is_too_small_to_paint() {
    let app = healing(Glyphs::Unicode, "dark");
    for (width, height) in
        [(1, 1), (2, 40), (39, 11), (40, 12), (60, 20), (79, 23), (80, 24), (110, 30), (200, 60)]
    {
        let screen = text(&paint(&app, width, height));
        let small = width < 40 || height < 12;
        assert_eq!(screen.contains(" NOW "), !small, "{width}x{height}:\n{screen}");
    }
}

#[test]
fn a_silent_node_is_shown_as_lost_and_not_as_dead() {
    let mut engine = shop();
    let fault = Fault::Power { node: "node-2".into(), power: NodePower::Off };
    engine.apply(Input::new("key", "node-2 lost power", Act::Fault(fault)));
    engine.run_until(engine.now() + Span::secs(70));
    let screen = text(&paint(&app(&engine, Glyphs::Unicode, "dark"), 120, 36));
    assert!(screen.contains("? lost"), "{screen}");
    assert!(screen.contains("n2 ? Unknown"), "{screen}");
    assert!(screen.contains("Unknown"), "{screen}");
    assert!(!screen.contains("no power"), "nobody can know that:\n{screen}");
    assert!(screen.contains("Nothing was heard of node-2"), "who waits for what:\n{screen}");
    let mut app = app(&engine, Glyphs::Unicode, "dark");
    app.key(KeyCode::Char('x'));
    let screen = text(&paint(&app, 120, 36));
    assert!(screen.contains("no power"), "what really is stands beside it:\n{screen}");
}

/// While all wait for a clock, even a small screen says whose it is: who noticed, what follows, and when.
#[test]
fn while_a_node_is_silent_the_smallest_screen_names_the_clocks() {
    let mut engine = shop();
    let fault = Fault::Power { node: "node-2".into(), power: NodePower::Off };
    engine.apply(Input::new("key", "node-2 lost power", Act::Fault(fault)));
    let screen_after = |engine: &mut Engine, span| {
        engine.run_until(engine.now() + span);
        text(&paint(&app(engine, Glyphs::Unicode, "dark"), 80, 24))
    };
    let unnoticed = screen_after(&mut engine, Span::secs(5));
    insta::assert_snapshot!("silent_and_unnoticed_at_80x24", unnoticed);
    let noticed = screen_after(&mut engine, Span::secs(70));
    insta::assert_snapshot!("silent_and_noticed_at_80x24", noticed);
}

/// A small screen has no room for the wire: the LOOP column says what it would.
#[test]
fn the_loop_column_says_who_has_no_way_to_the_api_server() {
    let mut engine = shop();
    let cut = Fault::Cut { a: "controller/replicaset".into(), b: "apiserver".into(), way: Way::Both };
    engine.apply(Input::new("key", "the link is cut", Act::Fault(cut)));
    engine.run_until(engine.now() + Span::secs(1));
    let row = |screen: &str, name: &str| {
        let row = screen.lines().find(|line| line.contains(name));
        row.unwrap_or_else(|| panic!("{name}:\n{screen}")).to_owned()
    };
    let screen = text(&paint(&app(&engine, Glyphs::Unicode, "dark"), 80, 24));
    assert!(row(&screen, "rs/del~").contains("rs-ctl  cut off"), "{screen}");
    assert!(row(&screen, "deploy/delivery").contains("[W]"), "{screen}");
    let stop = Fault::Component { name: "apiserver".into(), start: false };
    engine.apply(Input::new("key", "the API server stopped", Act::Fault(stop)));
    engine.run_until(engine.now() + Span::millis(1));
    let mut app = app(&engine, Glyphs::Unicode, "dark");
    app.resize(Size::new(80, 24));
    let screen = text(&paint(&app, 80, 24));
    assert!(row(&screen, "deploy/delivery").contains("dep-ctl no API"), "{screen}");
    assert!(!screen.contains("broke or was mended") && !screen.contains("apiserver stopped"), "{screen}");
    assert!(row(&screen, "? keys").contains("tab panel"), "{screen}");
}

/// What was done to a container is no end of its own.
#[test]
fn a_container_that_was_killed_did_not_end_by_itself() {
    let mut engine = shop();
    let mut app = app(&engine, Glyphs::Unicode, "dark");
    app.key(KeyCode::Down);
    app.key(KeyCode::Down);
    let pod = app.target().expect("a pod");
    press(&mut app, &mut engine, 'K');
    press(&mut app, &mut engine, 'c');
    engine.run_until(engine.now() + Span::secs(5));
    app.see(engine.view());
    app.why_of(&pod);
    app.key(KeyCode::Char('2'));
    let screen = text(&paint(&app, 200, 60));
    assert!(screen.contains("It began with: you killed the"), "{screen}");
}

/// Going from loop to loop keeps what one looks at, as far as the loops know it.
#[test]
fn the_lens_keeps_its_object_from_loop_to_loop() {
    let engine = shop();
    let mut app = app(&engine, Glyphs::Unicode, "dark");
    app.resize(Size::new(120, 36));
    (0..5).for_each(|_| drop(app.key(KeyCode::Down)));
    let pod = app.target().expect("a pod").key.name.to_string();
    assert!(pod.starts_with("login-"), "{pod}");
    app.key(KeyCode::Char('L'));
    let title = |app: &App| {
        let screen = text(&paint(app, 120, 36));
        screen.lines().find(|line| line.contains("Loop lens: ")).unwrap_or_default().to_owned()
    };
    let first = title(&app);
    assert!(first.contains(&pod), "{first}");
    for _ in 0..3 {
        app.key(KeyCode::Left);
        assert!(title(&app) != first);
    }
    (0..3).for_each(|_| drop(app.key(KeyCode::Right)));
    assert_eq!(title(&app), first);
}

/// The lesson of a stopped controller is a gap that nobody closes.
#[test]
fn a_gap_that_nobody_closes_stays_open_on_the_screen() {
    let mut engine = shop();
    let stop = Fault::Component { name: "controller/replicaset".into(), start: false };
    engine.apply(Input::new("key", "the ReplicaSet controller stops", Act::Fault(stop)));
    let pod = engine.world().list(Kind::Pod, None).find(|pod| pod.reference().key.name.starts_with("login"));
    let target = pod.expect("a pod").reference();
    let call = Call::Delete { target, options: DeleteOptions::default() };
    engine.apply(Input::new("key", "you deleted a pod", Act::Api(call)));
    engine.run_until(engine.now() + Span::secs(40));
    let screen = text(&paint(&app(&engine, Glyphs::Unicode, "dark"), 120, 36));
    for name in ["deploy/login", "rs/log~"] {
        let row = screen.lines().find(|line| line.contains(name)).expect("its row");
        assert!(row.contains("▱▱▱ 3") && row.contains("◉◉ 2") && row.contains(" -1 "), "{row}");
    }
    assert!(screen.contains(", waiting ┐"), "it has not healed:\n{screen}");
    assert!(screen.contains("The ReplicaSet controller is stopped"), "{screen}");
}

#[test]
fn a_selection_goes_on_to_the_successor_of_what_went() {
    let mut engine = shop();
    engine.run_until(engine.now() + Span::secs(30));
    let mut app = app(&engine, Glyphs::Unicode, "dark");
    app.resize(Size::new(120, 36));
    let place = app.rows.iter().position(|row| row.object.key.name.starts_with("login-5") && row.depth == 2);
    (0..place.expect("a pod")).for_each(|_| drop(app.key(KeyCode::Down)));
    let target = app.target().expect("a pod");
    let call = Call::Delete { target: target.clone(), options: DeleteOptions::default() };
    engine.apply(Input::new("key", "you deleted a pod", Act::Api(call)));
    for _ in 0..50 {
        engine.run_until(engine.now() + Span::millis(100));
        app.see(engine.view());
    }
    let now = app.target().expect("something is selected");
    assert!(now != target && now.key.name.starts_with("login-5"), "{now}");
    let born = |object: &kubeloop::object::ObjectRef| {
        app.view.object(object).and_then(|object| object.meta().creation_timestamp.clone())
    };
    let others = app.rows.iter().filter(|row| row.object.kind == Kind::Pod).map(|row| born(&row.object));
    assert_eq!(others.max(), Some(born(&now)), "the youngest");
}

#[test]
fn a_question_about_a_document_is_withdrawn_when_it_is_back() {
    let engine = shop();
    let mut app = app(&engine, Glyphs::Unicode, "dark");
    let payment = engine.world().list(Kind::Deployment, None).last().expect("a Deployment").reference();
    app.undescribed(vec![(payment.clone(), "payment.yaml".to_owned())], |_| false);
    assert!(matches!(&app.overlay, Some(Overlay::Prune(object, _)) if *object == payment));
    app.undescribed(Vec::new(), |object| *object == payment);
    assert!(app.overlay.is_none());
    let answer = app.key(KeyCode::Char('y'));
    assert!(!matches!(answer, Some(Effect::Prune(_))), "nothing is deleted any more");
}

#[test]
fn breakpoints_are_set_listed_and_forgotten_on_the_command_line() {
    let engine = shop();
    let mut app = app(&engine, Glyphs::Unicode, "dark");
    app.run_line("until pods('app=login').ready < 3");
    assert_eq!(app.breakpoints.list().len(), 1);
    app.run_line("until");
    assert!(matches!(&app.overlay, Some(Overlay::Text(view)) if view.text[0].contains("ready < 3")));
    app.overlay = None;
    app.run_line("until pods(");
    assert!(app.toasts.iter().any(|toast| toast.error), "what is wrong is said");
    app.run_line("until clear");
    assert!(app.breakpoints.is_empty());
}

#[test]
fn of_more_nodes_than_have_room_those_with_a_gap_are_seen_and_how_many_are_not() {
    let nodes = (1..=12).map(|number| kubeloop::engine::NodeSpec::new(format!("node-{number}"))).collect();
    let config = ClusterConfig { nodes, ..ClusterConfig::default() };
    let mut engine = Engine::new(config, Box::new(Inline));
    assert!(engine.run_while(Span::secs(60), is_up));
    let mut app = app(&engine, Glyphs::Unicode, "dark");
    app.resize(Size::new(80, 24));
    let screen = text(&paint(&app, 80, 24));
    assert!(screen.contains("node-4 ") && screen.contains("8 more nodes"), "{screen}");
    let fault = Fault::Power { node: "node-11".into(), power: NodePower::Off };
    engine.apply(Input::new("key", "node-11 lost power", Act::Fault(fault)));
    engine.run_until(engine.now() + Span::secs(70));
    app.see(engine.view());
    let screen = text(&paint(&app, 80, 24));
    assert!(screen.contains("node-11 ?"), "the silent one is among the first:\n{screen}");
    app.focus = kubeloop::tui::Panel::Nodes;
    (0..7).for_each(|_| drop(app.key(KeyCode::Down)));
    let screen = text(&paint(&app, 80, 24));
    let strip = screen.lines().find(|line| line.contains("node-8 ◉"));
    assert!(strip.is_some_and(|line| !line.contains("node-11")), "it scrolls:\n{screen}");
}

#[test]
fn what_really_runs_is_told_only_with_x_ray() {
    let mut app = healing(Glyphs::Unicode, "dark");
    app.resize(Size::new(120, 36));
    keys(&mut app, "L");
    let real = |app: &App| {
        let screen = text(&paint(app, 120, 36));
        screen
            .lines()
            .find(|line| line.contains("REAL ") && !line.contains("It acts"))
            .unwrap_or_else(|| panic!("{screen}"))
            .to_owned()
    };
    assert!(real(&app).contains("x shows it"), "{}", real(&app));
    keys(&mut app, "x");
    assert!(!real(&app).contains("x shows it") && real(&app).contains("run"), "{}", real(&app));
    // The same in the inspector, and the key works there, too.
    keys(&mut app, "xi");
    assert!(real(&app).contains("x shows it"), "{}", real(&app));
    keys(&mut app, "x");
    assert!(!real(&app).contains("x shows it"), "{}", real(&app));
    assert!(app.overlay.is_some());
}

#[test]
fn a_line_of_the_algorithm_is_explained() {
    let mut app = healing(Glyphs::Unicode, "dark");
    app.resize(Size::new(120, 36));
    keys(&mut app, "L");
    let hints = |app: &App| text(&paint(app, 120, 36)).lines().last().unwrap_or_default().to_owned();
    assert!(hints(&app).contains("enter in Time  arrows other loop  x x-ray"), "{}", hints(&app));
    app.key(KeyCode::Tab);
    app.key(KeyCode::Tab);
    assert!(hints(&app).contains("enter explain line"), "{}", hints(&app));
    app.key(KeyCode::Enter);
    let screen = text(&paint(&app, 120, 36));
    assert!(screen.contains("It is at line ") && screen.contains("The algorithm of "), "{screen}");
    assert_eq!(app.screen, kubeloop::tui::screen::Screen::Loop);
}

#[test]
fn tenths_of_seconds_are_shown_while_something_goes_on() {
    let engine = shop();
    let mut app = app(&engine, Glyphs::Unicode, "dark");
    let clock = |app: &App| {
        let screen = text(&paint(app, 120, 36));
        let after = screen.split_once(" t ").map(|(_, after)| after.to_owned());
        after.and_then(|after| Some(after.split_once(' ')?.0.to_owned())).unwrap_or(screen)
    };
    assert_eq!(clock(&app).len(), "00:00".len(), "nothing goes on: {}", clock(&app));
    app.pace.paused = true;
    assert_eq!(clock(&app).len(), "00:00.0".len(), "who stops the clock wants to know: {}", clock(&app));
    assert_eq!(clock(&healing(Glyphs::Unicode, "dark")).len(), "00:00.0".len());
}

#[test]
fn the_help_knows_the_places_where_one_can_go() {
    let mut app = healing(Glyphs::Unicode, "dark");
    keys(&mut app, "?");
    let screen = text(&paint(&app, 120, 36));
    assert!(screen.contains("GO TO  g then") && screen.contains(" d  its owner"), "{screen}");
}
