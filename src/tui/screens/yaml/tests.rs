//! The YAML screen with a manifest of the pizza shop.

use crossterm::event::KeyCode;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;

use crate::engine::driver::Inline;
use crate::engine::{ClusterConfig, Engine};
use crate::expression::facts::is_settled;
use crate::manifests::{parse, pizza, send};
use crate::object::Kind;
use crate::preview::Preview;
use crate::script::is_up;
use crate::time::Span;
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Theme;
use crate::tui::{App, Effect, draw};

/// The shop, all ready, with the dashboard on it.
struct Desk {
    engine: Engine,
    app: App,
}

impl Desk {
    fn new(glyphs: Glyphs, theme: &str) -> Self {
        let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
        assert!(engine.run_while(Span::secs(60), is_up));
        let mut desk = Self {
            app: App::new(engine.view(), Theme::named(theme).unwrap(), glyphs, "manifests/pizza".to_owned()),
            engine,
        };
        for (file, text) in pizza() {
            desk.send(&file, &text);
        }
        let engine = &mut desk.engine;
        assert!(engine.run_while(Span::secs(60), |world| is_settled(world)
            && world.list(Kind::Pod, None).count() == 6));
        desk.app.manifests(pizza());
        desk.app.see(desk.engine.view());
        let login = desk.app.rows.iter().position(|row| row.object.key.name == "login").expect("its row");
        desk.app.key(KeyCode::Home);
        (0..login).for_each(|_| drop(desk.app.key(KeyCode::Down)));
        assert_eq!(desk.app.target().expect("a row").key.name, "login");
        desk
    }

    fn send(&mut self, file: &str, text: &str) {
        let mut story = None;
        for document in parse(file, text).unwrap() {
            send::send(&mut self.engine, &document, "file", file, &mut story).unwrap();
        }
    }

    /// Presses a key; what the rim would do is done.
    fn key(&mut self, key: KeyCode) {
        match self.app.key(key) {
            Some(Effect::Foresee(trial)) => {
                let forecast = Preview::new(&self.engine.view(), &trial).map(Preview::finish);
                self.app.foreseen(&trial, forecast);
            }
            Some(Effect::Apply { file, text }) => {
                let before = self.engine.view();
                self.send(&file, &text);
                self.app.applied(&before, Ok(()));
            }
            _ => {}
        }
    }

    fn keys(&mut self, keys: &str) {
        keys.chars().for_each(|key| self.key(KeyCode::Char(key)));
    }

    /// Puts the cursor behind these words.
    fn behind(&mut self, words: &str) {
        let buffer = &mut self.app.yaml.open.as_mut().unwrap().buffer;
        let row = buffer.lines().iter().position(|line| line.contains(words)).unwrap();
        let line = buffer.lines()[row].clone();
        let column = line[..line.find(words).unwrap() + words.len()].chars().count();
        buffer.go_to(row + 1, column + 1);
    }

    fn screen(&mut self, width: u16, height: u16) -> String {
        self.app.toasts.clear();
        self.app.resize(Size::new(width, height));
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, &self.app)).unwrap();
        let buffer = terminal.backend().buffer().clone();
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..height).map(row).collect::<Vec<_>>().join("\n")
    }
}

/// A slip in a field's name, as it is being typed.
fn slip(glyphs: Glyphs, theme: &str) -> Desk {
    let mut desk = Desk::new(glyphs, theme);
    desk.keys("e");
    desk.behind("  repl");
    desk.key(KeyCode::Delete);
    desk
}

/// A changed image, and what it will cause.
fn image() -> Desk {
    let mut desk = Desk::new(Glyphs::Unicode, "dark");
    desk.keys("e");
    desk.behind("login:1.2.3");
    desk.key(KeyCode::Backspace);
    desk.keys("4");
    desk
}

#[test]
fn a_slip_is_shown_where_it_is_and_tab_puts_it_right() {
    let mut desk = slip(Glyphs::Unicode, "dark");
    let screen = desk.screen(120, 36);
    let lines: Vec<&str> = screen.lines().collect();
    let at = lines.iter().position(|line| line.contains("replcas: 3")).expect("the line");
    assert!(lines[at].contains('!') && lines[at + 1].contains("^^^^^^^"), "{screen}");
    assert_eq!(lines[at].find("replcas"), lines[at + 1].find("^^^^^^^"), "the mark is below the word");
    assert!(screen.contains("did you mean replicas?") && screen.contains("tab: fix it"), "{screen}");
    assert!(screen.contains("cannot apply yet: fix the error on line"), "{screen}");
    // Nothing can be sent like this.
    desk.key(KeyCode::Esc);
    assert!(desk.app.key(KeyCode::Char('a')).is_none());
    desk.key(KeyCode::Tab);
    let screen = desk.screen(120, 36);
    assert!(screen.contains("replicas: 3") && screen.contains("no errors"), "{screen}");
    assert!(screen.contains("as this text says: nothing would"), "{screen}");
    // And taken back.
    desk.keys("u");
    assert!(desk.screen(120, 36).contains("replcas: 3"));
}

#[test]
fn an_edit_is_foreseen_and_then_compared_with_what_comes() {
    let mut desk = image();
    let screen = desk.screen(120, 36);
    assert!(screen.contains("this is a ROLLOUT"), "{screen}");
    desk.key(KeyCode::Esc);
    desk.keys("a");
    desk.engine.run_until(desk.engine.now() + Span::secs(90));
    desk.app.see(desk.engine.view());
    let screen = desk.screen(120, 36);
    let line = |label: &str| {
        let line =
            screen.lines().find(|line| line.contains(label)).unwrap_or_else(|| panic!("{label}:\n{screen}"));
        let (_, values) = line.split_once(label).unwrap();
        values.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    for label in ["pods started", "pods stopped"] {
        assert_eq!(line(label), ["3", "3"], "{label}:\n{screen}");
    }
    assert_eq!(line("most pods at once"), ["4", "4"], "{screen}");
}

#[test]
fn who_predicts_sees_the_answer_only_afterwards() {
    let mut desk = image();
    desk.key(KeyCode::Esc);
    desk.keys("P");
    assert!(!desk.screen(120, 36).contains("pods started "), "the answer is hidden");
    for answer in ["3", "2", "20"] {
        desk.keys(answer);
        desk.key(KeyCode::Enter);
    }
    let screen = desk.screen(120, 36);
    let line = screen.lines().find(|line| line.contains("pods stopped")).expect("the answer");
    let values: Vec<&str> = line.split("pods stopped").nth(1).unwrap().split_whitespace().take(2).collect();
    assert_eq!(values, ["3", "2"], "expected, and guessed:\n{screen}");
}

/// Who says so before typing never sees the forecast before the answers.
#[test]
fn a_prediction_asked_for_before_the_edit_hides_what_is_worked_out_meanwhile() {
    let mut desk = Desk::new(Glyphs::Unicode, "dark");
    desk.keys("e");
    desk.key(KeyCode::Esc);
    desk.keys("Pe");
    desk.behind("login:1.2.3");
    desk.key(KeyCode::Backspace);
    desk.keys("4");
    let typing = desk.screen(120, 36);
    assert!(typing.contains("Predict first: what follows stays hidden"), "{typing}");
    assert!(!typing.contains("EXPECTED"), "{typing}");
    desk.key(KeyCode::Esc);
    let asked = desk.screen(120, 36);
    assert!(asked.contains("How many pods will be started?") && !asked.contains("EXPECTED"), "{asked}");
    for _ in 0..3 {
        desk.keys("3");
        desk.key(KeyCode::Enter);
    }
    assert!(desk.screen(120, 36).contains("EXPECTED"));
}

#[test]
fn changes_are_lost_only_if_it_is_said_twice() {
    let mut desk = image();
    desk.key(KeyCode::Esc);
    desk.keys("q");
    assert!(desk.app.yaml.open.is_some());
    desk.keys("q");
    assert!(desk.app.yaml.open.is_none());
}

#[test]
fn the_program_ends_with_unsaved_changes_only_if_it_is_said_twice() {
    let mut desk = image();
    desk.key(KeyCode::Esc);
    desk.keys("1");
    assert!(desk.app.key(KeyCode::Char('q')).is_none());
    let said = desk.app.toasts.pop().expect("what would be lost");
    assert!(said.text.contains("login.yaml has changes that are not saved"), "{}", said.text);
    assert!(matches!(desk.app.leave(), Some(Effect::Quit)));
}

#[test]
fn a_file_that_changes_on_disk_keeps_both_texts() {
    let mut desk = image();
    let mut disk = pizza();
    let other = disk["login.yaml"].replace("replicas: 3", "replicas: 7");
    disk.insert("login.yaml".to_owned(), other);
    desk.app.manifests(disk);
    let screen = desk.screen(120, 36);
    assert!(screen.contains("disk changed") && screen.contains("login:1.2.4"), "{screen}");
    desk.key(KeyCode::Esc);
    assert!(desk.app.key(KeyCode::Char('s')).is_none(), "it asks first");
    assert!(matches!(desk.app.key(KeyCode::Char('s')), Some(Effect::Save { .. })));
}

#[test]
fn slip_at_80x24() {
    insta::assert_snapshot!(slip(Glyphs::Unicode, "dark").screen(80, 24));
}

#[test]
fn slip_at_80x24_in_ascii() {
    let screen = slip(Glyphs::Ascii, "mono").screen(80, 24);
    assert!(screen.is_ascii(), "a sign without an ASCII twin:\n{screen}");
    insta::assert_snapshot!(screen);
}

#[test]
fn image_at_120x36() {
    insta::assert_snapshot!(image().screen(120, 36));
}

#[test]
fn image_at_200x60() {
    insta::assert_snapshot!(image().screen(200, 60));
}

#[test]
fn every_file_can_be_opened_and_an_edit_is_not_lost_by_it() {
    let mut desk = Desk::new(Glyphs::Unicode, "dark");
    desk.keys("4");
    let file = |desk: &Desk| desk.app.yaml.open.as_ref().unwrap().file.clone();
    let files: Vec<String> = pizza().keys().cloned().collect();
    let first = files.iter().position(|name| *name == file(&desk)).unwrap();
    for step in 1..=files.len() {
        assert!(desk.screen(120, 36).contains("S-tab: next file"));
        desk.key(KeyCode::BackTab);
        assert_eq!(file(&desk), files[(first + step) % files.len()]);
    }
    desk.keys("e#");
    desk.key(KeyCode::Esc);
    desk.key(KeyCode::BackTab);
    assert_eq!(file(&desk), files[first]);
    assert!(desk.app.toasts.iter().any(|toast| toast.text.contains("not saved")));
}

/// The image is the line that everybody edits, and it stands near the lower edge.
#[test]
fn the_whole_diagnostic_of_the_cursors_line_is_in_sight() {
    let mut desk = Desk::new(Glyphs::Unicode, "dark");
    desk.key(KeyCode::Char('e'));
    desk.behind("          image");
    (0.."image".len()).for_each(|_| desk.key(KeyCode::Backspace));
    desk.keys("imge");
    for height in [22, 26, 30, 36] {
        let screen = desk.screen(120, height);
        assert!(screen.contains("^^^^") && screen.contains("tab: fix it"), "{height}:\n{screen}");
    }
}

#[test]
fn a_line_that_is_cut_says_so() {
    let mut desk = Desk::new(Glyphs::Unicode, "dark");
    desk.key(KeyCode::Char('e'));
    desk.behind("image: pizza/login:1.2.3");
    desk.key(KeyCode::End);
    desk.keys(&format!(" # {}", "long ".repeat(20)));
    desk.key(KeyCode::Up);
    let screen = desk.screen(120, 36);
    assert!(
        screen.lines().any(|line| line.contains("# long long") && line.contains("~\u{2503}")),
        "{screen}"
    );
}

/// What came true of a rolling update is too long for two columns beside each other: nothing of it is cut.
#[test]
fn what_was_expected_and_what_came_are_told_in_full() {
    let mut desk = Desk::new(Glyphs::Unicode, "dark");
    desk.key(KeyCode::Char('e'));
    desk.behind("image: pizza/login:1.2.3");
    desk.key(KeyCode::Backspace);
    desk.keys("4");
    desk.key(KeyCode::Esc);
    desk.keys("a");
    let screen = desk.screen(120, 36);
    assert!(screen.contains("What this edit caused"), "{screen}");
    let expected = screen.lines().find(|line| line.contains("   expected ") && line.contains("0 -> 3"));
    assert!(expected.is_some_and(|line| line.contains("steps 1 2 3")), "{screen}");
}
