//! The Loop and Time screens, the clock, and the answers to "why?".

#[path = "../support/stage.rs"]
mod stage;
#[path = "../support/mod.rs"]
mod support;

mod clock;
mod runs;
mod screens;
mod traffic;
mod why;
mod words;

use kubeloop::time::Span;
use kubeloop::tui::glyphs::Glyphs;
use stage::Stage;

/// The shop after its first login pod was deleted by key, and so much time.
fn deleted(glyphs: Glyphs, theme: &str, after: Span) -> Stage {
    let mut stage = Stage::shop(glyphs, theme);
    stage.wait(Span::secs(3));
    stage.select("Pod/default/login-");
    stage.keys("Kp");
    stage.wait(after);
    stage.app.toasts.clear();
    stage
}
