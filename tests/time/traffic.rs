//! Requests on the screens: who answers them now, why some fail, and under which event.

use crossterm::event::KeyCode;
use kubeloop::engine::{Act, Fault, Input, NodePower};
use kubeloop::time::Span;
use kubeloop::tui::glyphs::Glyphs;

use super::stage::Stage;

/// The shop with ten requests a second to login, so long after they began.
fn busy(after: Span) -> Stage {
    let mut stage = Stage::shop(Glyphs::Unicode, "dark");
    let act = Act::Traffic { service: "default/login".into(), per_second: 10 };
    stage.engine.apply(Input::new("key", "clients ask login", act));
    stage.wait(after);
    stage
}

/// The percentages of the pods in the panel.
fn percentages(screen: &str) -> Vec<u32> {
    let of_pod = |words: &[&str]| {
        let is_pod = words[0].len() == 5 && words[0].chars().all(|letter| letter.is_ascii_alphanumeric());
        let percent = words[1].strip_suffix('%').and_then(|number| number.parse().ok());
        percent.filter(|_| is_pod)
    };
    let words: Vec<&str> = screen.split_whitespace().collect();
    words.windows(2).filter_map(of_pod).collect()
}

#[test]
fn shares_are_those_of_the_last_seconds() {
    let mut stage = busy(Span::secs(60));
    stage.select("Pod/default/login-");
    stage.keys("Kp");
    stage.wait(Span::millis(1500));
    let screen = stage.screen(120, 36);
    assert!(screen.contains("% removed"), "{screen}");
    assert!((97..=103).contains(&percentages(&screen).iter().sum::<u32>()), "{screen}");
    stage.wait(Span::secs(30));
    let screen = stage.screen(120, 36);
    let shares = percentages(&screen);
    // The new pod gets its third, though it was not there for most of the time.
    assert!(
        shares.len() == 3 && shares.iter().all(|share| (18..=50).contains(share)),
        "{shares:?}\n{screen}"
    );
    assert!(!screen.contains("removed") && screen.contains("failed in story #"), "{screen}");
}

#[test]
fn a_request_that_failed_names_its_reason_whole_and_stands_under_its_cause() {
    let mut stage = busy(Span::secs(10));
    let power = Fault::Power { node: "node-1".into(), power: NodePower::Off };
    stage.engine.apply(Input::new("key", "node-1 lost power", Act::Fault(power)));
    stage.wait(Span::secs(20));
    let screen = stage.screen(120, 36);
    assert!(screen.contains("x no answer from node-1 within"), "{screen}");
    stage.wait(Span::secs(50));
    stage.keys("3");
    stage.press(KeyCode::PageUp);
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        let screen = stage.screen(width, height);
        let ribbon = screen.lines().find(|line| line.contains("svc/login")).unwrap_or_default();
        assert!(ribbon.contains('▯') || ribbon.contains('✗'), "{width}x{height}:\n{screen}");
        // The story of the node is as long as its marks: that it was noticed is on the screen.
        let marks = screen.lines().find(|line| line.contains(" marks ")).unwrap_or_default();
        assert!(marks.contains('B') && marks.contains('N'), "{width}x{height}:\n{screen}");
    }
}

#[test]
fn a_small_screen_shows_all_of_it_when_its_panel_is_zoomed() {
    let mut stage = busy(Span::secs(20));
    stage.app.resize(ratatui::layout::Size::new(80, 24));
    stage.press(KeyCode::Tab);
    stage.keys("z");
    let screen = stage.screen(80, 24);
    assert!(screen.contains("budget: ") && screen.contains("(kube-proxy on node-"), "{screen}");
    assert_eq!(percentages(&screen).len(), 3, "{screen}");
    assert!(screen.contains("node-3"), "{screen}");
}

#[test]
fn time_can_be_zoomed_from_its_finest_scale_to_its_coarsest_and_back_at_once() {
    let mut stage = busy(Span::secs(10));
    stage.keys("3");
    for (key, other, end) in [("(", ")", "1 column = 60s"), (")", "(", "1 column = 50us")] {
        for _ in 0..30 {
            stage.keys(key);
        }
        assert!(stage.screen(120, 36).contains(end), "{}", stage.screen(120, 36));
        stage.keys(other);
        assert!(!stage.screen(120, 36).contains(end), "no key was pressed in vain");
    }
}
