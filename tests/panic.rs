//! A panic gives the terminal back: the alternate screen is left, keys are echoed again, and the message can be read.
//!
//! The test starts itself in a terminal, where it takes the terminal as the dashboard does and panics on a key. It has
//! no harness, because only a panic of the main thread ends the program.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a terminal is real")]

use kubeloop::live::Guard;
use kubeloop::record::cast::Tape;

#[cfg(unix)]
#[path = "support/pty.rs"]
mod pty;

/// Set in the program that panics.
const CHILD: &str = "KUBELOOP_TEST_PANICS";

fn main() {
    if std::env::var_os(CHILD).is_some() {
        panics();
    }
    #[cfg(unix)]
    {
        a_panic_gives_the_terminal_back();
        println!("a panic gives the terminal back ... ok");
    }
}

fn panics() {
    let mut guard = Guard::new(Tape::default()).expect("a terminal");
    guard.paint(|frame| frame.render_widget("painted", frame.area())).expect("painted");
    crossterm::event::read().expect("a key");
    panic!("a bug that nobody foresaw");
}

#[cfg(unix)]
fn a_panic_gives_the_terminal_back() {
    let me = std::env::current_exe().expect("this program");
    let mut command = portable_pty::CommandBuilder::new("sh");
    command.args(["-c", "\"$0\"; echo status $?; stty -a; read line"]);
    command.arg(&me);
    command.env(CHILD, "1");
    command.env("TERM", "xterm-256color");
    // A backtrace would push the message off a screen of 24 lines.
    command.env("RUST_BACKTRACE", "0");
    let mut screen = pty::Screen::run(command, 24, 100, pty::Answers::Nothing);
    screen.wait_for("the painted screen", |screen| screen.is_taken() && screen.text().contains("painted"));
    screen.keys("x");
    screen.wait_for("the end", |screen| !screen.is_taken() && screen.text().contains("status 101"));
    screen.wait("the message", |text| text.contains("a bug that nobody foresaw"));
    screen.wait("lines and echo", |text| text.contains(" icanon") && text.contains(" echo "));
    screen.keys("\r");
    assert!(screen.ended());
}
