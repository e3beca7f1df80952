//! Plain mode's loop: lines from standard input, sentences to standard output, and time.
//!
//! A pipe's lines are done one after the other: the next one waits until the command before it is over. Somebody at a
//! terminal is never kept waiting. When a pipe ends, what is under way comes to rest first.

mod input;
mod lesson;
mod typing;

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;
use input::{Heard, heard};
use typing::Typing;

use super::classroom::Classroom;
use super::clock::Came;
use super::commands::Commands;
use super::session::{Session, in_words};
use super::undo::Undone;
use super::watcher::{POLL, SETTLE, Watch};
use super::{Options, editor, home, signals, traffic};
use crate::engine::Engine;
use crate::engine::driver::Threads;
use crate::expression::facts::is_settled;
use crate::plain::{self, Plain, Reader};
use crate::time::{Span, VirtualTime};
use crate::tui::Effect;
use crate::tui::command::{BreakCommand, Export};
use crate::tui::pace::{Mode, Pace};

/// The loop looks around at least this often.
const LOOK: Duration = Duration::from_millis(100);
/// The cluster comes up, and to rest, within this time; else it is shown as it is.
const START: Span = Span::secs(60);
/// A pipe's next line waits so long for the command before it, and its end for what is under way.
const PATIENCE: Span = Span::secs(600);

/// Opens a session in lines, until the input ends or `quit` is typed.
///
/// # Errors
/// When the manifests cannot be opened.
pub fn plain(options: Options) -> anyhow::Result<()> {
    if let Some(learn) = options.learn {
        return lesson::learn(options.course, learn.as_deref(), options.settings.speed);
    }
    let folder = home::manifests_folder(options.manifests.as_deref())?;
    let journal = home::journal_file().ok().and_then(|path| std::fs::File::create(path).ok());
    let driver = Box::new(Threads::new(options.config.nodes.len()));
    let mut session = Session::new(Engine::new(options.config, driver), journal);
    session.engine.run_while(START, crate::script::is_up);
    let mut talk = Talk::new(session, options.settings.speed, Some(folder));
    talk.plain.app.vocabulary = options.settings.vocabulary;
    talk.traffic = options.traffic;
    talk.files();
    talk.session.engine.run_while(START, is_settled);
    talk.begin();
    talk.run()
}

/// When nothing new happened for so long, what has not healed will not heal soon.
const CALM: Span = Span::secs(30);

/// A session in lines.
pub(super) struct Talk {
    session: Session,
    plain: Plain,
    commands: Commands,
    watch: Option<Watch>,
    traffic: traffic::Wanted,
    input: Receiver<Heard>,
    /// The line that somebody types, who sits at a terminal.
    typing: Option<Typing>,
    /// Whether a person types.
    is_typed: bool,
    /// Whether a prompt stands at the end of the output.
    prompted: bool,
    /// Since when a pipe's next line waits.
    waits: Option<VirtualTime>,
    ended: bool,
    quit: bool,
    /// The lesson that is taken: what was read out of it, where its files lie, and where progress is noted.
    lesson: Option<(Reader, PathBuf, Classroom)>,
}

impl Talk {
    /// A talk about a cluster; with a folder, its manifests are watched.
    pub(super) fn new(session: Session, speed: Mode, folder: Option<PathBuf>) -> Self {
        let shown = folder.as_ref().map(|folder| folder.display().to_string()).unwrap_or_default();
        let mut plain = Plain::new(session.engine.view(), shown);
        plain.app.pace.set(speed);
        let typing = Typing::begin();
        Self {
            session,
            plain,
            commands: Commands::default(),
            watch: folder.as_deref().map(Watch::new),
            traffic: Vec::new(),
            input: heard(typing.is_some()),
            typing,
            is_typed: std::io::stdin().is_terminal(),
            prompted: false,
            waits: None,
            ended: false,
            quit: false,
            lesson: None,
        }
    }

    /// What happened so far is known; says where one is.
    pub(super) fn begin(&mut self) {
        self.plain.begin(self.session.engine.view());
        self.plain.greet();
    }

    /// Talks until the end.
    ///
    /// # Errors
    /// When nothing can be written, unless nobody reads any more.
    pub(super) fn run(mut self) -> anyhow::Result<()> {
        let (mut last, mut poll) = (Instant::now(), Instant::now() + POLL);
        while !self.quit {
            let elapsed = last.elapsed();
            last = Instant::now();
            self.look_at_files(&mut poll);
            self.advance(elapsed);
            self.traffic = traffic::start(std::mem::take(&mut self.traffic), &mut self.session);
            self.run_commands();
            self.plain.see(self.session.engine.view());
            self.read_lesson();
            match self.write() {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
                other => other?,
            }
            self.listen();
        }
        self.plain.see(self.session.engine.view());
        match self.write() {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }

    fn advance(&mut self, elapsed: Duration) {
        let app = &mut self.plain.app;
        match self.session.advance(&mut app.pace, elapsed, &mut app.breakpoints) {
            Came::Break(hit) => app.stopped(&hit),
            Came::TooFar => app.say("Nothing like that happens within an hour."),
            Came::Nowhere | Came::On | Came::There | Came::Halted => {}
        }
    }

    /// Takes the next line, or lets wall time pass.
    fn listen(&mut self) {
        let nap = match (&self.session.errand, self.ended) {
            (None, false) => self.plain.app.pace.nap(self.session.is_busy()).unwrap_or(LOOK).min(LOOK),
            _ => Duration::ZERO,
        };
        if self.ended {
            self.quit = self.is_at_rest();
        } else if self.is_busy() {
            std::thread::sleep(nap);
        } else {
            match self.input.recv_timeout(nap) {
                Ok(Heard::Line(line)) => self.line(&line),
                Ok(Heard::Key(key)) => self.key(key),
                Ok(Heard::Stop) => self.stop(),
                Ok(Heard::End) | Err(RecvTimeoutError::Disconnected) => self.end(),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Whether a pipe's next line has to wait.
    fn is_busy(&mut self) -> bool {
        // While a question waits for its answer, nothing else would ever be over.
        let paused = self.plain.app.pace.paused || self.session.is_held();
        let busy = self.session.errand.is_some() || (!self.commands.is_empty() && !paused && !self.is_typed);
        let now = self.session.engine.now();
        let since = *self.waits.get_or_insert(now);
        if !busy {
            self.waits = None;
        }
        busy && now.since(since) < PATIENCE
    }

    /// Nothing more comes in. A person has seen enough; a pipe wants to see how it ends.
    fn end(&mut self) {
        if self.is_typed || self.plain.app.pace.paused {
            self.quit = true;
            return;
        }
        self.ended = true;
        self.waits = Some(self.session.engine.now());
        if let Ok(fastest) = Pace::parse("max") {
            self.plain.app.pace.set(fastest);
        }
    }

    fn is_at_rest(&self) -> bool {
        let world = self.session.engine.world();
        let late = self.waits.is_some_and(|since| world.now().since(since) >= PATIENCE);
        let news = world.stories().map(|(_, story)| story.last_at).max().unwrap_or_default();
        let calm = is_settled(world) || (world.is_quiet() && world.now().since(news) >= CALM);
        late || self.session.is_held() || self.plain.app.pace.paused || (self.commands.is_empty() && calm)
    }

    fn key(&mut self, key: KeyEvent) {
        let Some(typing) = &mut self.typing else { return };
        let heard = typing.key(key);
        let mut out = std::io::stdout().lock();
        self.prompted = heard.is_none();
        let shown = if heard.is_none() { typing.show(&mut out) } else { typing.leave(&mut out) };
        // Who cannot be written to any more is noticed when something is printed.
        let _flushed = shown.and_then(|()| out.flush());
        drop(out);
        match heard {
            Some(Heard::Line(line)) => self.line(&line),
            Some(Heard::Stop) => self.stop(),
            Some(Heard::Key(_) | Heard::End) => self.end(),
            None => {}
        }
    }

    /// Gives the terminal to the shell until it lets this go on.
    fn stop(&mut self) {
        if Typing::lend(signals::stop).is_err() {
            self.plain.app.complain("cannot suspend: there is no kill command");
        }
        self.prompted = false;
    }

    fn line(&mut self, line: &str) {
        self.prompted = false;
        let heard = self.lesson.as_ref().map_or(plain::Heard::Other, |(reader, ..)| reader.hear(line));
        match heard {
            plain::Heard::Act(act) => self.perform(Effect::Lesson(act)),
            plain::Heard::Lines(lines) => self.plain.print_all(lines),
            plain::Heard::Other => {
                if let Some(effect) = self.plain.line(line) {
                    self.perform(effect);
                }
            }
        }
    }

    fn perform(&mut self, effect: Effect) {
        let Some(effect) = self.plain.app.unless_lesson_forbids(Some(effect)) else { return };
        match effect {
            Effect::Input(input) => {
                let echo = in_words(&input);
                match self.session.apply(*input) {
                    Ok(_) => echo.into_iter().for_each(|words| self.plain.app.say(words)),
                    Err(reason) => self.plain.app.complain(reason),
                }
            }
            Effect::Chaos { budget, every } => {
                self.session.start_chaos(budget, every);
                self.plain.app.say(BreakCommand::Random { budget, every }.words());
            }
            Effect::RunTo(goal) => self.session.send_to(goal),
            Effect::Seek(at) if at <= self.session.engine.now() => {
                self.plain.app.see_past(self.session.engine.at(at));
                self.plain.seen_past();
            }
            Effect::Seek(at) => drop(self.session.go_on_until(at, &mut self.plain.app.breakpoints)),
            Effect::Fork(at) => {
                let left = self.session.fork(at, &self.plain.app.branch_name());
                self.plain.app.forked(left, self.session.engine.view());
                self.plain.turned();
            }
            Effect::TakeUp(branch) => {
                let left = self.session.take_up(*branch, &self.plain.app.branch_name());
                self.plain.app.took_up(left, self.session.engine.view());
                self.plain.turned();
            }
            Effect::Kubectl(line) => {
                self.session.tell_command(&line);
                match self.plain.app.past().cloned() {
                    Some(then) => self.commands.look_back(&line, &then, &mut self.plain.app),
                    None => self.commands.start(&line),
                }
            }
            Effect::Lesson(act) => self.ask_lesson(act),
            Effect::Undo => match self.session.undo() {
                Undone::Nothing(why) => self.plain.app.complain(why),
                Undone::Sent(words) => self.plain.app.say(words),
                Undone::Rewind(to, words) => {
                    self.perform(Effect::Fork(to));
                    self.plain.app.say(words);
                }
            },
            Effect::Prune(object) => {
                if let Err(reason) = self.session.prune(object) {
                    self.plain.app.complain(reason);
                }
            }
            Effect::Export(Export::Run { file }) => match self.session.export_run(&file) {
                Ok(said) => self.plain.app.say(said),
                Err(problem) => self.plain.app.complain(problem),
            },
            Effect::Quit => self.quit = true,
            // These come of keys and screens, and here are neither.
            Effect::Export(_)
            | Effect::Foresee(_)
            | Effect::Apply { .. }
            | Effect::Save { .. }
            | Effect::Copy(_)
            | Effect::Scene(_)
            | Effect::Edit(_)
            | Effect::Mouse(_) => self.plain.print("This is for the dashboard; plain mode has no screen."),
        }
    }

    fn run_commands(&mut self) {
        if self.commands.is_empty() {
            return;
        }
        let Some(wanted) = self.commands.poll(&mut self.session, &mut self.plain.app) else { return };
        let edited = match self.is_typed && std::io::stdout().is_terminal() {
            true => Typing::lend(|| editor::edit_text(&wanted.editing.file, &wanted.editing.text)),
            false => {
                Err("there is no terminal for an editor; use patch, set image, scale, or edit the file in \
                          the folder of manifests"
                    .to_owned())
            }
        };
        let text = edited.unwrap_or_else(|error| {
            self.plain.app.complain(error);
            // Unchanged text changes nothing.
            wanted.editing.text.clone()
        });
        self.commands.edited(&wanted, &text, &mut self.session, &mut self.plain.app);
    }

    fn look_at_files(&mut self, poll: &mut Instant) {
        let Some(watch) = &mut self.watch else { return };
        let mut changed = *poll <= Instant::now();
        while watch.changes.try_recv().is_ok() {
            changed = true;
            std::thread::sleep(SETTLE);
        }
        if changed {
            *poll = Instant::now() + POLL;
            self.files();
        }
    }

    fn files(&mut self) {
        let Some(watch) = &self.watch else { return };
        let texts = match watch.read() {
            Ok(texts) => texts,
            Err(error) => {
                let folder = self.plain.app.folder.clone();
                return self.plain.app.complain(format!("{folder}: {error}"));
            }
        };
        let saved = self.session.saved(&texts);
        for said in saved.said {
            self.plain.app.say(said);
        }
        if saved.problem != self.plain.app.banner {
            if let Some(problem) = &saved.problem {
                self.plain.app.complain(format!("{problem}. The last good version stays in force."));
            }
            self.plain.app.banner = saved.problem;
        }
        for (object, file) in saved.gone {
            self.plain.removed(object, file);
        }
    }

    fn write(&mut self) -> std::io::Result<()> {
        let lines = self.plain.take_lines();
        let mut out = std::io::stdout().lock();
        let Some(typing) = &mut self.typing else {
            lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
            return out.flush();
        };
        if !lines.is_empty() {
            self.prompted = false;
            typing.hide(&mut out)?;
        }
        // A terminal whose keys are taken goes to the next line only, not to its beginning.
        lines.iter().try_for_each(|line| write!(out, "{line}\r\n"))?;
        let waits = self.session.engine.world().is_quiet() || self.plain.app.pace.paused;
        let asks = waits && self.commands.is_empty();
        if !self.prompted && !self.quit && (asks || typing.is_begun()) {
            self.prompted = true;
            typing.show(&mut out)?;
        }
        out.flush()
    }
}
