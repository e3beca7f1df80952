//! The dashboard in a real terminal: keys in, screen out. Every wait is for a condition, with a cap, so that a slow
//! machine makes a test slow and not false.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

/// How long anything is waited for.
pub const CAP: Duration = Duration::from_secs(30);

/// A program in a terminal.
pub struct Screen {
    parser: Arc<Mutex<vt100::Parser>>,
    bytes: Arc<AtomicUsize>,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn portable_pty::MasterPty + Send>,
}

/// How a terminal answers when it is asked for its background and what it is.
#[allow(dead_code, reason = "each test uses what it needs of this module")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// Not at all.
    Nothing,
    /// With this background, and what it is.
    Background(&'static str),
}

impl Screen {
    /// A dashboard on a folder of manifests.
    #[allow(dead_code, reason = "each test uses what it needs of this module")]
    pub fn open(manifests: &Path, home: &Path, rows: u16, cols: u16, speed: &str) -> Self {
        let mut command = dashboard(manifests, home);
        command.args(["--speed", speed]);
        Self::run(command, rows, cols, Answers::Nothing)
    }

    /// A command in a terminal that answers so.
    pub fn run(command: CommandBuilder, rows: u16, cols: u16, answers: Answers) -> Self {
        let pair = native_pty_system().openpty(size(rows, cols)).expect("a terminal");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let parser = Arc::new(Mutex::new(vt100::Parser::new(cells(rows), cells(cols), 0)));
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = Arc::new(Mutex::new(pair.master.take_writer().expect("a writer")));
        let bytes = Arc::new(AtomicUsize::new(0));
        let (feed, count, reply) = (parser.clone(), bytes.clone(), writer.clone());
        std::thread::spawn(move || {
            let mut chunk = [0; 8192];
            while let Ok(length @ 1..) = reader.read(&mut chunk) {
                let chunk = &chunk[..length];
                if let Answers::Background(colour) = answers
                    && chunk.windows(6).any(|window| window == b"\x1b]11;?")
                {
                    let answer = format!("\x1b]11;rgb:{colour}\x1b\\\x1b[?62;22c");
                    reply.lock().expect("the keys").write_all(answer.as_bytes()).expect("an answer");
                }
                feed.lock().expect("the screen").process(chunk);
                count.fetch_add(length, Ordering::SeqCst);
            }
        });
        Self { parser, bytes, writer, child, master: pair.master }
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        self.parser.lock().expect("the screen").screen().contents()
    }

    /// The bytes that the program has written so far.
    #[allow(dead_code, reason = "each test uses what it needs of this module")]
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::SeqCst)
    }

    /// Whether the program has the alternate screen.
    #[allow(dead_code, reason = "each test uses what it needs of this module")]
    pub fn is_taken(&self) -> bool {
        self.parser.lock().expect("the screen").screen().alternate_screen()
    }

    /// The colours of the letters on the screen.
    #[allow(dead_code, reason = "each test uses what it needs of this module")]
    pub fn colours(&self) -> Vec<vt100::Color> {
        let parser = self.parser.lock().expect("the screen");
        let (rows, cols) = parser.screen().size();
        let cells = (0..rows.get()).flat_map(|row| (0..cols.get()).map(move |col| (row, col)));
        let mut found: Vec<vt100::Color> = Vec::new();
        for cell in cells.filter_map(|(row, col)| parser.screen().cell(row, col)) {
            if !found.contains(&cell.fgcolor()) {
                found.push(cell.fgcolor());
            }
        }
        found
    }

    /// How many letters on the screen are bold.
    #[allow(dead_code, reason = "each test uses what it needs of this module")]
    pub fn bold(&self) -> usize {
        let parser = self.parser.lock().expect("the screen");
        let (rows, cols) = parser.screen().size();
        let cells = (0..rows.get()).flat_map(|row| (0..cols.get()).map(move |col| (row, col)));
        let bold = cells.filter(|(row, col)| {
            parser.screen().cell(*row, *col).is_some_and(|cell| cell.bold() && cell.has_contents())
        });
        bold.count()
    }

    /// The process.
    #[allow(dead_code, reason = "each test uses what it needs of this module")]
    pub fn process(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        let mut writer = self.writer.lock().expect("the keys");
        writer.write_all(keys.as_bytes()).and_then(|()| writer.flush()).expect("keys");
    }

    /// Makes the terminal larger or smaller: its cells first, so that whatever the program paints after it was told
    /// finds them there.
    #[allow(dead_code, reason = "each test uses what it needs of this module")]
    pub fn resize(&mut self, rows: u16, cols: u16) {
        self.parser.lock().expect("the screen").set_size(cells(rows), cells(cols));
        self.master.resize(size(rows, cols)).expect("another size");
    }

    /// Waits until the screen is so.
    pub fn wait(&self, what: &str, done: impl Fn(&str) -> bool) {
        self.wait_for(what, |screen| done(&screen.text()));
    }

    /// Ends the program as nothing can be caught: `kill -9`.
    #[allow(dead_code, reason = "each test uses what it needs of this module")]
    pub fn kill(mut self) {
        let process = self.process().to_string();
        let killed = std::process::Command::new("kill").args(["-9", &process]).status();
        assert!(killed.expect("kill runs").success());
        self.child.wait().expect("its end");
    }

    /// Waits until something is so.
    pub fn wait_for(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !done(self) {
            assert!(began.elapsed() < CAP, "waited for {what}; the screen is:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the end; the terminal is as it was. Returns whether the program says that all is well.
    pub fn ended(&mut self) -> bool {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                self.wait_for("the screen below", |screen| {
                    !screen.parser.lock().expect("the screen").screen().alternate_screen()
                });
                return status.success();
            }
            assert!(began.elapsed() < CAP, "it does not end:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// What fails in the middle leaves no program behind.
impl Drop for Screen {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _killed = self.child.kill();
        }
    }
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("at least one cell")
}

/// The program on a folder of manifests, with a home of its own.
#[allow(dead_code, reason = "each test uses what it needs of this module")]
pub fn dashboard(manifests: &Path, home: &Path) -> CommandBuilder {
    let mut command = program(home);
    command.arg("--manifests");
    command.arg(manifests);
    command
}

/// The program with a home of its own, and nothing of the machine's settings.
pub fn program(home: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kubeloop"));
    for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"] {
        command.env(name, home);
    }
    for name in ["CONFIG", "MOTION", "PROGRESS"] {
        command.env_remove(format!("KUBELOOP_{name}"));
    }
    for name in ["COLORTERM", "COLORFGBG", "NO_COLOR", "SSH_TTY"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color");
    command.env("LC_ALL", "C.UTF-8");
    command
}

/// Writes the pizza shop's manifests into a folder.
#[allow(dead_code, reason = "each test uses what it needs of this module")]
pub fn shop(folder: &Path) {
    for (file, text) in kubeloop::manifests::pizza() {
        std::fs::write(folder.join(file), text).expect("a manifest");
    }
}
