//! The Learn screen: the course, a page, a question, a debrief, at fixed sizes.

use std::sync::Arc;

use crossterm::event::KeyCode;
use kubeloop::engine::Engine;
use kubeloop::engine::driver::Inline;
use kubeloop::lessons::progress::{Progress, cards};
use kubeloop::lessons::session::{GoalState, Told};
use kubeloop::lessons::{Catalog, Lesson, Session};
use kubeloop::time::Span;
use kubeloop::tui::glyphs::Glyphs;
use kubeloop::tui::keymap::{Command, Keymap};
use kubeloop::tui::model::course;
use kubeloop::tui::screen::Screen;
use kubeloop::tui::theme::Theme;
use kubeloop::tui::{App, Effect, LessonAct, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;

/// A lesson, its cluster and the dashboard; time stands still unless it is let go.
struct Stage {
    session: Session,
    engine: Engine,
    app: App,
}

impl Stage {
    fn open(lesson: Arc<Lesson>, size: (u16, u16), glyphs: Glyphs) -> Self {
        let (session, engine) = Session::open(lesson, None, Box::new(Inline)).expect("a scene");
        let theme = Theme::named("dark").expect("a theme");
        let mut app = App::new(engine.view(), theme, glyphs, "lessons".to_owned());
        app.resize(Size::new(size.0, size.1));
        app.screen = Screen::Learn;
        let mut stage = Self { session, engine, app };
        stage.see();
        stage
    }

    fn see(&mut self) {
        self.session.observe(&mut self.engine);
        self.app.see(self.engine.view());
        self.app.see_lesson(self.session.view(self.engine.world()), self.session.start());
        self.app.toasts.clear();
    }

    fn press(&mut self, keys: &[KeyCode]) {
        for key in keys {
            match self.app.key(*key) {
                Some(Effect::Input(input)) => drop(self.engine.apply(*input)),
                Some(Effect::Lesson(LessonAct::Ask(ask))) => {
                    let told = self.session.ask(ask, &mut self.engine);
                    assert!(!matches!(told, Told::Wrong(_)), "{told:?}");
                }
                _ => {}
            }
            for deed in self.app.take_deeds() {
                self.session.acted(&deed, self.engine.now());
            }
            self.see();
        }
    }

    fn keys(&mut self, keys: &str) {
        for key in keys.chars() {
            self.press(&[if key == '\n' { KeyCode::Enter } else { KeyCode::Char(key) }]);
        }
    }

    fn wait(&mut self, span: Span) {
        let end = self.engine.now() + span;
        while self.engine.world().next_time().is_some_and(|next| next <= end) && !self.session.holds_clock() {
            self.engine.step_instant();
            self.session.observe(&mut self.engine);
        }
        self.see();
    }

    fn screen(&self) -> String {
        let Size { width, height } = self.app.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
        terminal.draw(|frame| draw(frame, &self.app)).expect("painted");
        let buffer = terminal.backend().buffer();
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..height).map(row).collect::<Vec<_>>().join("\n")
    }
}

fn lesson(name: &str) -> Arc<Lesson> {
    Catalog::embedded().find(name).expect("a lesson")
}

#[test]
fn the_course_at_80x24() {
    let mut stage = Stage::open(lesson("1"), (80, 24), Glyphs::Unicode);
    stage.app.leave_lesson();
    stage.app.course(course(&Catalog::embedded(), &Progress::default(), 0));
    insta::assert_snapshot!(stage.screen());
}

#[test]
fn a_page_and_a_question_at_80x24() {
    let mut stage = Stage::open(lesson("1"), (80, 24), Glyphs::Unicode);
    stage.keys("n");
    insta::assert_snapshot!("page_at_80x24", stage.screen());
    stage.press(&[KeyCode::Tab]);
    stage.keys("3c");
    insta::assert_snapshot!("question_at_80x24", stage.screen());
    // With the focus on the question digits choose; after one more Tab they are screens again.
    assert_eq!(stage.app.screen, Screen::Learn);
    stage.press(&[KeyCode::Tab]);
    stage.keys("1");
    assert_eq!(stage.app.screen, Screen::Cluster);
    assert!(stage.screen().contains("5 Lesson 01"), "{}", stage.screen());
}

#[test]
fn a_wrong_answer_and_the_debrief_at_120x36() {
    let mut stage = Stage::open(lesson("1"), (120, 36), Glyphs::Unicode);
    stage.keys("n");
    stage.press(&[KeyCode::Tab, KeyCode::Down, KeyCode::Down]);
    stage.keys("Kp");
    assert!(stage.session.holds_clock(), "the act came before the answer");
    stage.keys("1g\n");
    stage.wait(Span::secs(10));
    insta::assert_snapshot!("verdict_at_120x36", stage.screen());
    stage.keys("n");
    insta::assert_snapshot!("debrief_at_120x36", stage.screen());
}

#[test]
fn side_by_side_with_a_plain_host_in_ascii() {
    let mut stage = Stage::open(lesson("0"), (120, 36), Glyphs::Ascii);
    stage.keys("n2\n");
    stage.wait(Span::secs(20));
    let screen = stage.screen();
    assert!(screen.is_ascii(), "a sign without an ASCII twin:\n{screen}");
    insta::assert_snapshot!(screen);
}

#[test]
fn a_table_is_filled_at_80x24() {
    let lesson = lesson("22");
    let mut stage = Stage::open(lesson.clone(), (80, 24), Glyphs::Unicode);
    stage.keys("n");
    let mut steps = 0;
    let has_table = |stage: &Stage| {
        let view = stage.session.view(stage.engine.world());
        view.questions
            .iter()
            .any(|question| matches!(question.kind, kubeloop::lessons::session::QuestionKind::Matrix(_)))
    };
    while !has_table(&stage) && steps < lesson.steps.len() {
        stage.session.skip_step(&mut stage.engine);
        stage.see();
        steps += 1;
    }
    assert!(has_table(&stage), "lesson 22 has a table");
    stage.press(&[KeyCode::Tab]);
    stage.keys("1212");
    insta::assert_snapshot!(stage.screen());
}

#[test]
fn the_break_menu_does_not_answer_what_the_lesson_asks() {
    let mut stage = Stage::open(lesson("1"), (120, 36), Glyphs::Unicode);
    stage.keys("n");
    stage.press(&[KeyCode::Tab, KeyCode::Down, KeyCode::Down]);
    let menu = |stage: &mut Stage| {
        stage.keys("K");
        let screen = stage.screen();
        stage.press(&[KeyCode::Esc]);
        screen
    };
    let screen = menu(&mut stage);
    assert!(screen.contains("for you to say first") && !screen.contains("The kubelet asks"), "{screen}");
    stage.press(&[KeyCode::BackTab]);
    stage.keys("1g\n");
    let screen = menu(&mut stage);
    assert!(screen.contains("The kubelet asks") && !screen.contains("for you to say first"), "{screen}");
}

#[test]
fn looking_at_the_schedulers_table_counts() {
    let mut stage = Stage::open(lesson("7"), (120, 36), Glyphs::Unicode);
    stage.keys("n");
    stage.press(&[KeyCode::Tab, KeyCode::Down, KeyCode::Down]);
    let asked = |stage: &Stage| {
        let view = stage.session.view(stage.engine.world());
        let goal = view.goals.iter().find(|goal| goal.goal.starts_with("The scheduler said why"));
        goal.expect("the goal").state
    };
    stage.press(&[KeyCode::Enter]);
    assert_eq!(asked(&stage), GoalState::Open, "{}", stage.screen());
    // The seventh page of a pod is about its place.
    stage.keys("7");
    assert!(stage.screen().contains("Placement"), "{}", stage.screen());
    assert_eq!(asked(&stage), GoalState::Done);
}

#[test]
fn the_ways_back_are_told_in_full_at_80x24() {
    let mut stage = Stage::open(lesson("1"), (80, 24), Glyphs::Unicode);
    stage.keys("nr");
    let screen = stage.screen();
    assert!(screen.contains("comes back to this") && screen.contains("moment "), "{screen}");
    assert!(screen.contains("leave the lesson as it stands"), "{screen}");
}

#[test]
fn a_wrong_answer_is_told_before_the_page_is_turned_at_80x24() {
    let mut stage = Stage::open(lesson("1"), (80, 24), Glyphs::Unicode);
    stage.keys("n");
    stage.press(&[KeyCode::Tab]);
    stage.keys("1g\n");
    stage.press(&[KeyCode::Tab, KeyCode::Down, KeyCode::Down]);
    stage.keys("Kp");
    stage.wait(Span::secs(10));
    let screen = stage.screen();
    assert!(screen.contains("your answer was not right") && screen.contains("tab says why"), "{screen}");
}

#[test]
fn an_open_question_has_the_keys_as_it_comes_into_sight() {
    let mut stage = Stage::open(lesson("1"), (120, 36), Glyphs::Unicode);
    stage.keys("n");
    assert!(stage.screen().contains(" 1-4 choose  enter lock  h hint  tab panel "), "{}", stage.screen());
    // A digit chooses; it is no screen.
    stage.keys("3");
    assert_eq!(stage.app.screen, Screen::Learn);
    assert!(stage.screen().contains("\u{25b8} 3  "), "{}", stage.screen());
    // Where it is locked, the cluster has the keys: arrows select what the step is about.
    stage.keys("\n");
    stage.press(&[KeyCode::Down, KeyCode::Down]);
    stage.keys("K");
    assert!(stage.screen().contains("delete pod"), "{}", stage.screen());
    // And digits are screens again, there and after Tab.
    stage.press(&[KeyCode::Esc]);
    stage.keys("1");
    assert_eq!(stage.app.screen, Screen::Cluster);
    let mut stage = Stage::open(lesson("1"), (120, 36), Glyphs::Unicode);
    stage.keys("n");
    stage.press(&[KeyCode::Tab]);
    assert!(!stage.screen().contains("1-4 choose"), "{}", stage.screen());
    stage.keys("3");
    assert_eq!(stage.app.screen, Screen::Time);
}

#[test]
fn what_was_said_of_a_page_is_not_said_of_the_next() {
    let mut stage = Stage::open(lesson("1"), (120, 36), Glyphs::Unicode);
    stage.keys("n");
    stage.app.key(KeyCode::Char('n'));
    assert!(stage.screen().contains("This step is not passed yet"), "{}", stage.screen());
    stage.app.key(KeyCode::Char('b'));
    assert!(!stage.screen().contains("This step is not passed yet"), "{}", stage.screen());
}

#[test]
fn the_line_below_says_what_the_lesson_waits_for() {
    let mut stage = Stage::open(lesson("1"), (120, 36), Glyphs::Unicode);
    stage.keys("n2\n");
    assert!(stage.screen().contains("LEARN Now act: K breaks"), "{}", stage.screen());
    // Nothing ticks while the clock stands.
    stage.app.pace.paused = true;
    assert!(stage.screen().contains("LEARN The clock stands") && stage.screen().contains("spc lets it run."));
    stage.app.pace.paused = false;
    // The deed is done; three ready pods have to stay so for some seconds.
    stage.press(&[KeyCode::Down, KeyCode::Down]);
    stage.keys("Kp");
    stage.wait(Span::secs(5));
    let screen = stage.screen();
    assert!(screen.contains("of 5 s)") && screen.contains("LEARN Now wait: what is reached"), "{screen}");
}

#[test]
fn a_lesson_names_the_keys_that_were_chosen() {
    let mut stage = Stage::open(lesson("1"), (120, 36), Glyphs::Unicode);
    let wishes = [(Command::Break, vec![KeyCode::Char('X')]), (Command::Why, vec![KeyCode::Char('%')])];
    stage.app.keymap = Keymap::with(&wishes).expect("free keys");
    stage.keys("n");
    let screen = stage.screen();
    assert!(screen.contains("2. Press X, then p.") && screen.contains("Use % on the new pod"), "{screen}");
    assert!(!screen.contains("Press K"), "{screen}");
}

/// Lesson 1 was passed with a wrong answer, later with a right one; lesson 2 only begun.
const LEARNT: &str = r#"{"kubeloop_progress": 1, "attempts": [
    {"lesson": "01-a-promise-and-a-loop", "began": "2026-01-05T08:00:00Z", "seed": 1, "passed": true, "goals": [4, 4],
     "answers": [{"question": "one-less", "right": [0, 1], "sure": "certain", "busts": "M01", "exposes": ["M01"]}]},
    {"lesson": "01-a-promise-and-a-loop", "began": "2026-01-06T08:00:00Z", "seed": 2, "passed": true, "goals": [4, 4],
     "answers": [{"question": "one-less", "right": [1, 1], "sure": "fairly", "exposes": ["M01"]}]},
    {"lesson": "02-edit-the-promise", "began": "2026-01-06T09:00:00Z", "seed": 2, "goals": [3, 11],
     "answers": [{"question": "just-saved", "right": [0, 1], "sure": "fairly", "busts": "M04", "exposes": ["M04", "M27"]}]}
]}"#;

#[test]
fn what_was_learnt_and_believed() {
    let progress = Progress::parse(LEARNT).expect("progress");
    for size in [(80, 24), (120, 36)] {
        let mut stage = Stage::open(lesson("1"), size, Glyphs::Unicode);
        stage.app.leave_lesson();
        stage.app.course(course(&Catalog::embedded(), &progress, 0));
        let asked = stage.app.key(KeyCode::Char('c'));
        assert!(matches!(asked, Some(Effect::Lesson(LessonAct::Cards(words))) if words.is_empty()));
        stage.app.show_text("What you learnt", &cards(&Catalog::embedded(), &progress, "").join("\n"));
        insta::assert_snapshot!(format!("cards_at_{}x{}", size.0, size.1), stage.screen());
    }
}
