//! Every screen at three sizes and in every look: dark, light, sixteen colours on dark, light and unknown, none, ASCII,
//! and for a projector.
//!
//! A picture holds the letters once (they are the same in every look), the ASCII letters, and how each cell is styled:
//! runs such as `12.3a` say that twelve cells are plain and three are styled as `a`; the legend says how `a` looks in
//! each theme. Colour is never the only signal: what is told by it must be told by letters, too.

#[path = "support/stage.rs"]
mod stage;

use std::collections::BTreeMap;
use std::fmt::Write;

use crossterm::event::KeyCode;
use kubeloop::engine::driver::Inline;
use kubeloop::lessons::progress::Progress;
use kubeloop::lessons::{Catalog, Session};
use kubeloop::time::Span;
use kubeloop::tui::glyphs::{Glyphs, PodState};
use kubeloop::tui::model::{Have, Want, course};
use kubeloop::tui::screen::Screen;
use kubeloop::tui::theme::Theme;
use kubeloop::tui::{App, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Size;
use ratatui::style::{Color, Modifier};
use stage::Stage;
use unicode_width::UnicodeWidthStr;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];
/// The looks in which every letter is the same; the projector's has heavier borders.
const THEMES: [&str; LOOKS] = ["dark", "light", "dark16", "light16", "plain16", "mono"];
const LOOKS: usize = 6;

/// The shop a moment after a pod was deleted.
fn healing() -> Stage {
    let mut stage = Stage::shop(Glyphs::Unicode, "dark");
    stage.select("Pod/default/login-");
    stage.keys("Kp");
    stage.wait(Span::millis(100));
    stage.app.toasts.clear();
    stage
}

/// The first lesson with its question open.
fn in_a_lesson() -> App {
    let lesson = Catalog::embedded().find("1").expect("a lesson");
    let (mut session, engine) = Session::open(lesson, None, Box::new(Inline)).expect("a scene");
    session.next_page(engine.world());
    let mut app = App::new(engine.view(), Theme::default(), Glyphs::Unicode, "lessons".to_owned());
    app.screen = Screen::Learn;
    app.see_lesson(session.view(engine.world()), session.start());
    app.toasts.clear();
    app
}

fn paint(app: &mut App, (width, height): (u16, u16), theme: &str, glyphs: Glyphs) -> Buffer {
    app.theme = Theme::named(theme).expect("a theme");
    app.glyphs = glyphs;
    app.resize(Size::new(width, height));
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    terminal.draw(|frame| draw(frame, app)).expect("painted");
    terminal.backend().buffer().clone()
}

fn rows(buffer: &Buffer) -> impl Iterator<Item = &[Cell]> {
    buffer.content.chunks(usize::from(buffer.area.width))
}

fn letters(buffer: &Buffer) -> String {
    let row = |row: &[Cell]| row.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned();
    rows(buffer).map(row).collect::<Vec<_>>().join("\n")
}

/// `#ffd166+bold`, `green`, `plain`.
fn style(cell: &Cell) -> String {
    let colour = |colour: Color| match colour {
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        other => format!("{other:?}").to_lowercase(),
    };
    let mut words = Vec::new();
    if cell.fg != Color::Reset {
        words.push(colour(cell.fg));
    }
    assert_eq!(cell.bg, Color::Reset, "no background is painted");
    for (modifier, word) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::UNDERLINED, "underlined"),
        (Modifier::REVERSED, "reversed"),
    ] {
        if cell.modifier.contains(modifier) {
            words.push(word.to_owned());
        }
    }
    if words.is_empty() { "plain".to_owned() } else { words.join("+") }
}

/// The letters, the ASCII letters, the runs and the legend.
fn picture(app: &mut App, size: (u16, u16)) -> String {
    let looks = THEMES.map(|theme| paint(app, size, theme, Glyphs::Unicode));
    let ascii = letters(&paint(app, size, "mono", Glyphs::Ascii));
    let text = letters(&looks[0]);
    for look in &looks {
        assert_eq!(letters(look), text, "a theme changes what is said");
    }
    assert!(ascii.is_ascii(), "a sign without an ASCII twin:\n{ascii}");
    for sign in text.chars().filter(|sign| !sign.is_ascii()) {
        assert_eq!(sign.to_string().width(), 1, "{sign} is not one cell wide");
    }
    for_a_projector(app, size, &text);
    let mut legend: Vec<[String; LOOKS]> = vec![THEMES.map(|_| "plain".to_owned())];
    let mut runs = String::new();
    let width = usize::from(size.0);
    let cells = looks.each_ref().map(|look| look.content.chunks(width).collect::<Vec<_>>());
    for line in 0..usize::from(size.1) {
        let styles: Vec<usize> = (0..width)
            .map(|column| {
                let here = cells.each_ref().map(|look| style(&look[line][column]));
                legend.iter().position(|known| *known == here).unwrap_or_else(|| {
                    legend.push(here);
                    legend.len() - 1
                })
            })
            .collect();
        for run in styles.chunk_by(|a, b| a == b) {
            write!(runs, "{}{}", run.len(), name(run[0])).expect("written");
        }
        runs.push('\n');
    }
    let mut out =
        format!("{text}\n\n== ascii\n{ascii}\n\n== styles\n{runs}\n== legend: {}\n", THEMES.join(", "));
    for (index, looks) in legend.iter().enumerate() {
        writeln!(out, "{} {}", name(index), looks.join(", ")).expect("written");
    }
    out
}

/// A projector washes out what is faint: there everything is said in the same words and at full strength, and only the
/// borders are heavier.
fn for_a_projector(app: &mut App, size: (u16, u16), text: &str) {
    let light = |text: &str| -> String {
        let pairs = "━─┃│┏┌┓┐┗└┛┘".chars().collect::<Vec<_>>();
        let light = |letter| pairs.chunks(2).find(|pair| pair[0] == letter).map_or(letter, |pair| pair[1]);
        text.chars().map(light).collect()
    };
    let look = paint(app, size, "present", Glyphs::Unicode);
    assert_eq!(light(&letters(&look)), light(text), "a projector shows something else");
    let faint = look.content.iter().find(|cell| cell.modifier.contains(Modifier::DIM));
    assert_eq!(faint, None, "something is faint on a projector");
}

/// `.` for plain, then letters.
fn name(index: usize) -> char {
    char::from(
        *b".abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".get(index).expect("not so many styles"),
    )
}

fn snapshots(screen: Screen) {
    let mut stage = healing();
    stage.app.course(course(&Catalog::embedded(), &Progress::default(), 0));
    stage.press(KeyCode::Char(char::from_digit(screen.digit() as u32, 10).expect("a digit")));
    stage.app.toasts.clear();
    assert_eq!(stage.app.screen, screen);
    for size in SIZES {
        let name = format!("{}_{}x{}", screen.name(false).to_lowercase(), size.0, size.1);
        insta::assert_snapshot!(name, picture(&mut stage.app, size));
    }
}

#[test]
fn cluster() {
    snapshots(Screen::Cluster);
}

#[test]
fn the_loop() {
    snapshots(Screen::Loop);
}

#[test]
fn time() {
    snapshots(Screen::Time);
}

#[test]
fn yaml() {
    snapshots(Screen::Yaml);
}

#[test]
fn learn() {
    snapshots(Screen::Learn);
}

#[test]
fn a_lesson() {
    let mut app = in_a_lesson();
    for size in SIZES {
        insta::assert_snapshot!(format!("lesson_{}x{}", size.0, size.1), picture(&mut app, size));
    }
}

/// Which panels and regions have room is a question of the size alone.
#[test]
fn larger_terminals_show_more_at_once() {
    let mut stage = healing();
    let shows = |stage: &mut Stage, size: (u16, u16)| {
        let text = letters(&paint(&mut stage.app, size, "dark", Glyphs::Unicode));
        let titles =
            [" Objects ", " Nodes ", " Wire: ", " Story ", " Traffic ", " Lanes ", " OWNERS", " Loop lens: "];
        titles.map(|title| text.contains(title))
    };
    assert_eq!(shows(&mut stage, (60, 20)), [true, false, false, false, false, false, false, false]);
    assert_eq!(shows(&mut stage, (80, 24)), [true, true, false, true, true, false, false, false]);
    assert_eq!(shows(&mut stage, (120, 36)), [true, true, true, true, true, false, false, false]);
    assert_eq!(shows(&mut stage, (159, 60)), [true, true, true, true, true, false, false, false]);
    assert_eq!(shows(&mut stage, (160, 45)), [true, true, true, true, true, true, true, false]);
    assert_eq!(shows(&mut stage, (200, 60)), [true; 8]);
    // In a pocket, Tab goes from panel to panel, and the NOW sentence stays.
    stage.app.resize(Size::new(60, 20));
    stage.press(KeyCode::Tab);
    assert_eq!(shows(&mut stage, (60, 20)), [false, true, false, false, false, false, false, false]);
    let text = letters(&paint(&mut stage.app, (60, 20), "dark", Glyphs::Unicode));
    assert!(text.contains(" NOW "), "{text}");
    let text = letters(&paint(&mut stage.app, (39, 12), "dark", Glyphs::Unicode));
    assert!(text.starts_with("need 40x12, have 39x12"), "{text}");
}

/// Each state of a pod, put into a row, makes another screen, even where there is no colour and no sign but ASCII.
#[test]
fn every_state_is_told_without_colour() {
    let mut stage = healing();
    let row = stage.app.selected_index().expect("a selected pod");
    for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
        for size in SIZES {
            let mut seen: BTreeMap<String, PodState> = BTreeMap::new();
            for state in PodState::all() {
                paint(&mut stage.app, size, "mono", glyphs);
                let row = row.min(stage.app.rows.len() - 1);
                stage.app.rows[row].want = Want::Word("run".into());
                stage.app.rows[row].have = Have::Pod(state, None);
                let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).expect("a terminal");
                terminal.draw(|frame| draw(frame, &stage.app)).expect("painted");
                let text = letters(terminal.backend().buffer());
                let sign = format!("{} {}", glyphs.state(state), state.word());
                assert!(text.contains(&sign), "{sign} is not on the screen:\n{text}");
                if let Some(other) = seen.insert(text, state) {
                    panic!("{state:?} looks like {other:?}");
                }
            }
        }
    }
}
