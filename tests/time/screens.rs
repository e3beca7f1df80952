//! Whole screens at fixed sizes.

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use kubeloop::time::Span;
use kubeloop::trace::Data;
use kubeloop::tui::Effect;
use kubeloop::tui::glyphs::Glyphs;
use ratatui::layout::Size;

use super::deleted;
use super::stage::Stage;

/// The Loop screen on the ReplicaSet whose pod was deleted, at the phase in which it acts.
fn acting(glyphs: Glyphs, theme: &str) -> Stage {
    let mut stage = deleted(glyphs, theme, Span::millis(900));
    stage.select("ReplicaSet/default/login");
    stage.keys("L");
    for _ in 0..200 {
        stage.keys(",");
        let event = stage.app.event_here().expect("a phase");
        if matches!(&event.data, Data::Act { did, .. } if did == "create a pod") {
            return stage;
        }
    }
    panic!("it never acts:\n{}", stage.screen(120, 36));
}

/// The Time screen at the write that created the replacement.
fn created(glyphs: Glyphs, theme: &str) -> Stage {
    let mut stage = deleted(glyphs, theme, Span::secs(5));
    stage.keys("3");
    stage.press(KeyCode::Home);
    for _ in 0..200 {
        stage.keys(".");
        if stage.screen(120, 36).contains("+ pod login-") {
            return stage;
        }
    }
    panic!("no pod is created:\n{}", stage.screen(120, 36));
}

#[test]
fn loop_at_80x24() {
    insta::assert_snapshot!(acting(Glyphs::Unicode, "dark").screen(80, 24));
}

#[test]
fn loop_at_120x36() {
    let screen = acting(Glyphs::Unicode, "dark").screen(120, 36);
    assert!(screen.contains("2 - 3 = -1"), "the numbers of the comparison stand beside its line:\n{screen}");
    insta::assert_snapshot!(screen);
}

#[test]
fn loop_at_200x60() {
    insta::assert_snapshot!(acting(Glyphs::Unicode, "dark").screen(200, 60));
}

#[test]
fn loop_at_80x24_in_ascii() {
    let screen = acting(Glyphs::Ascii, "mono").screen(80, 24);
    assert!(screen.is_ascii(), "a sign without an ASCII twin:\n{screen}");
    insta::assert_snapshot!(screen);
}

#[test]
fn time_at_80x24() {
    insta::assert_snapshot!(created(Glyphs::Unicode, "dark").screen(80, 24));
}

#[test]
fn time_at_120x36() {
    let screen = created(Glyphs::Unicode, "dark").screen(120, 36);
    assert!(screen.contains("PAST -"), "{screen}");
    assert!(screen.contains("healed +"), "{screen}");
    insta::assert_snapshot!(screen);
}

#[test]
fn time_at_200x60() {
    insta::assert_snapshot!(created(Glyphs::Unicode, "dark").screen(200, 60));
}

#[test]
fn time_at_80x24_in_ascii() {
    let screen = created(Glyphs::Ascii, "mono").screen(80, 24);
    assert!(screen.is_ascii(), "a sign without an ASCII twin:\n{screen}");
    insta::assert_snapshot!(screen);
}

#[test]
fn no_size_is_too_small_for_them() {
    let mut stage = created(Glyphs::Unicode, "dark");
    for key in ["2", "3"] {
        stage.keys(key);
        for zoomed in [false, true] {
            stage.app.zoomed = zoomed;
            for (width, height) in [(1, 1), (40, 12), (60, 14), (79, 23), (80, 24), (110, 30), (250, 80)] {
                for _ in 0..5 {
                    stage.press(KeyCode::Tab);
                    let screen = stage.screen(width, height);
                    assert_eq!(screen.contains("THEN"), width >= 40, "{width}x{height}:\n{screen}");
                }
            }
        }
    }
}

#[test]
fn the_past_has_a_double_border_and_now_has_not() {
    let mut stage = deleted(Glyphs::Unicode, "dark", Span::secs(5));
    for key in ["1", "2", "3"] {
        stage.keys(key);
        assert!(!stage.screen(100, 30).contains('═'), "{}", stage.screen(100, 30));
        stage.keys(",");
        let past = stage.screen(100, 30);
        assert!(past.contains('═') && past.contains("PAST -"), "{past}");
        stage.press(KeyCode::End);
    }
}

#[test]
fn every_screen_shows_the_moment_at_the_cursor() {
    let mut stage = deleted(Glyphs::Unicode, "dark", Span::secs(5));
    let after = stage.app.live.list(kubeloop::object::Kind::Pod, None).count();
    stage.keys("3");
    stage.press(KeyCode::Home);
    stage.press(KeyCode::PageUp);
    stage.press(KeyCode::PageUp);
    stage.keys("1");
    assert!(stage.app.view.list(kubeloop::object::Kind::Pod, None).count() < after);
    assert!(stage.screen(120, 36).contains("PAST -"));
}

#[test]
fn a_filter_hides_lanes_and_steps_over_them() {
    let mut stage = deleted(Glyphs::Unicode, "dark", Span::secs(5));
    stage.keys("3/sched");
    stage.press(KeyCode::Enter);
    let screen = stage.screen(120, 36);
    assert!(screen.contains(" sched ") && !screen.contains(" rs-ctl "), "{screen}");
    stage.keys(",");
    let event = stage.app.event_here().expect("an event");
    assert_eq!(event.component, "scheduler");
    stage.press(KeyCode::Esc);
    assert!(stage.screen(120, 36).contains(" rs-ctl "));
}

#[test]
fn the_cursor_follows_the_mouse_over_the_lanes() {
    let mut stage = deleted(Glyphs::Unicode, "dark", Span::secs(5));
    stage.app.resize(Size::new(120, 36));
    stage.keys("3");
    let mut drag_to = |column| {
        let kind = MouseEventKind::Drag(MouseButton::Left);
        let mouse = MouseEvent { kind, column, row: 4, modifiers: KeyModifiers::NONE };
        if let Some(Effect::Seek(at)) = stage.app.mouse(mouse) {
            stage.app.see_past(stage.engine.at(at));
        }
        stage.app.event_here().expect("an event").at
    };
    // The story is shown whole: further to the right is later, and its beginning is in the past.
    let (early, late) = (drag_to(22), drag_to(90));
    assert!(early < late, "{early} {late}");
    drag_to(22);
    assert!(stage.app.cursor.is_some());
}
