//! The program in a real terminal: keys in, screen out. Every wait is for a condition, with a cap.
#![allow(clippy::disallowed_methods, reason = "a terminal is real: the test waits for it with a cap")]

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

const CAP: Duration = Duration::from_secs(30);

/// A terminal with the program in it.
pub struct Screen {
    parser: Arc<Mutex<vt100::Parser>>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Screen {
    /// The dashboard with a folder of manifests.
    #[allow(dead_code, reason = "each test uses what it needs of this module")]
    pub fn open(manifests: &Path, home: &Path, rows: u16, cols: u16, speed: &str) -> Self {
        let manifests = manifests.display().to_string();
        Self::run(&["--speed", speed, "--manifests", &manifests], home, rows, cols)
    }

    /// The program with these arguments.
    pub fn run(args: &[&str], home: &Path, rows: u16, cols: u16) -> Self {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kubeloop"));
        command.args(args);
        command.env("HOME", home);
        command.env("XDG_DATA_HOME", home);
        command.env("XDG_STATE_HOME", home);
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).expect("the dashboard starts");
        drop(pair.slave);
        let parser = Arc::new(Mutex::new(vt100::Parser::new(
            rows.try_into().expect("rows"),
            cols.try_into().expect("columns"),
            0,
        )));
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let feed = parser.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                feed.lock().expect("the screen").process(&bytes[..count]);
            }
        });
        Self { parser, writer, child, _master: pair.master }
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        self.parser.lock().expect("the screen").screen().contents()
    }

    /// Presses keys.
    pub fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).expect("keys");
        self.writer.flush().expect("keys");
    }

    /// Waits until the screen is like this.
    pub fn wait(&self, what: &str, done: impl Fn(&str) -> bool) {
        let began = Instant::now();
        while !done(&self.text()) {
            assert!(began.elapsed() < CAP, "waited for {what}; the screen is:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the end; the terminal is as it was.
    pub fn ended(&mut self) -> bool {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                assert!(
                    !self.parser.lock().expect("the screen").screen().alternate_screen(),
                    "the screen was restored"
                );
                return status.success();
            }
            assert!(began.elapsed() < CAP, "it does not end:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
