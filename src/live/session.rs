//! A session: the engine, its manifests and its journal, without a screen.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use smol_str::format_smolstr;

use super::clock::{Errand, Halt};
use super::narrator::Narrator;
use super::tape::Tape;
use crate::apiserver::{Answer, Call, DeleteOptions, Status};
use crate::chaos::Chaos;
use crate::engine::{Act, Applied, Engine, Input, Journal, Turn};
use crate::kubectl;
use crate::lessons::Session as Course;
use crate::manifests::{Diagnostic, Document, Folder, PlanStep, Source, parse, send};
use crate::node::Log;
use crate::object::{Key, ObjectRef};
use crate::record::export;
use crate::script::Watch;
use crate::time::{Span, VirtualTime};

/// What a look at the folder came to.
#[derive(Default)]
pub(super) struct Saved {
    /// What to say for a moment.
    pub(super) said: Vec<String>,
    /// What is wrong now, if anything.
    pub(super) problem: Option<String>,
    /// Objects whose documents are gone, with the file that had them.
    pub(super) gone: Vec<(ObjectRef, String)>,
    /// A file is half-saved: look again soon.
    pub(super) look_again: bool,
}

/// The engine with its manifests and its journal.
pub(super) struct Session {
    pub(super) engine: Engine,
    folder: Folder,
    /// Broken texts that lay there from the beginning, as a lesson may want it: they are no news until somebody edits them.
    broken: Vec<Source>,
    journal: Option<File>,
    /// Where the clock is to run, if it was sent somewhere.
    pub(super) errand: Option<Errand>,
    /// Where the clock is to stop whatever its pace, if anywhere.
    pub(super) halt: Option<Halt>,
    /// Random faults that are to come, if somebody asked for some.
    chaos: Option<Chaos>,
    /// The lesson that is taken in this cluster, if one is.
    pub(super) lesson: Option<Box<Course>>,
    /// The tape of its attempt, if one is written.
    pub(super) tape: Option<Tape>,
    /// What is told step by step, if somebody follows.
    pub(super) narrator: Option<Narrator>,
    /// What a scene wants to be looked at after every instant.
    pub(super) watch: Watch,
}

impl Session {
    /// A session that is journalled to a file, if one can be written.
    pub(super) fn new(engine: Engine, journal: Option<File>) -> Self {
        let header = Journal::header(&engine.journal().config);
        Self::begun(engine, journal, &header)
    }

    /// The same with a run that has a past: its journal has that, too.
    pub(super) fn again(engine: Engine, journal: Option<File>) -> Self {
        let past = engine.journal().to_text();
        Self::begun(engine, journal, &past)
    }

    fn begun(engine: Engine, journal: Option<File>, text: &str) -> Self {
        let mut session = Self {
            engine,
            folder: Folder::new(),
            broken: Vec::new(),
            journal,
            errand: None,
            halt: None,
            chaos: None,
            lesson: None,
            tape: None,
            narrator: None,
            watch: Watch::default(),
        };
        session.write(text);
        session
    }

    pub(super) fn write(&mut self, line: &str) {
        if let Some(file) = &mut self.journal
            && file.write_all(line.as_bytes()).and_then(|()| file.flush()).is_err()
        {
            // A full disk must not end the session; it is only not recorded any more.
            self.journal = None;
        }
    }

    /// Hands an input to the engine; it is in the journal first. What is refused is an error in words.
    pub(super) fn apply(&mut self, input: Input) -> Result<Applied, String> {
        let applied = self.journalled(input);
        match (&applied.refused, &applied.answer) {
            (Some(reason), _) => Err(reason.clone()),
            (None, Some(Err(status))) => Err(send::refusal_text(status)),
            _ => Ok(applied),
        }
    }

    fn journalled(&mut self, input: Input) -> Applied {
        let line = self.engine.journal_line(&input);
        self.write(&line);
        let applied = self.engine.apply(input);
        self.observe();
        applied
    }

    /// Lets so many random faults come, one every so often; none of them ends those that are under way.
    pub(super) fn start_chaos(&mut self, budget: u32, every: Span) {
        match (budget, &mut self.chaos) {
            (0, Some(chaos)) => chaos.end(),
            _ => {
                let (seed, now) = (self.engine.world().seed(), self.engine.now());
                self.chaos = Some(Chaos::new(seed, now, budget, every));
            }
        }
    }

    /// When a random fault or its mending is due.
    pub(super) fn next_chaos(&self) -> Option<VirtualTime> {
        self.chaos.as_ref().and_then(Chaos::next_time)
    }

    /// Does what is due of the random faults.
    pub(super) fn break_at_random(&mut self) {
        let due = self.chaos.as_mut().and_then(|chaos| chaos.due(self.engine.world()));
        if let Some(input) = due {
            // What it would break may just have gone; the next one follows.
            let _applied = self.journalled(input);
        }
    }

    /// Deletes an object whose document is gone.
    pub(super) fn prune(&mut self, object: ObjectRef) -> Result<Applied, String> {
        let title = format_smolstr!("you removed {object} from the manifests");
        let call = Call::Delete { target: object, options: DeleteOptions::default() };
        self.apply(Input::new("file", title, Act::Api(call)))
    }

    /// The manifests are now these: what changed is applied.
    pub(super) fn saved(&mut self, texts: &BTreeMap<String, String>) -> Saved {
        let mut saved = Saved::default();
        let mut stories: BTreeMap<String, Option<crate::trace::StoryId>> = BTreeMap::new();
        for step in self.folder.update(texts) {
            match step {
                PlanStep::Apply { document, changes, title } => {
                    let story = stories.entry(title.clone()).or_default();
                    let before = self.engine.journal().entries.len();
                    let sent = send::send(&mut self.engine, &document, "file", &title, story);
                    self.journal_since(before);
                    match sent {
                        Ok(sent) => {
                            let what = changes.iter().flatten().map(|change| format!(" {change}")).take(3);
                            let what: String = what.collect::<Vec<_>>().join(",");
                            if sent != send::Sent::Unchanged {
                                let name = document.object_ref();
                                saved.said.push(format!("{} {}{what}", name, sent.word()));
                            }
                        }
                        Err(problem) => saved.problem = Some(brief(&problem)),
                    }
                }
                PlanStep::Repaired { file } => saved.said.push(format!("{file} is good again")),
                PlanStep::Waiting { .. } => saved.look_again = true,
                PlanStep::Prune { object, file, .. } => saved.gone.push((object, file)),
                PlanStep::Broken { problems, .. } => saved.problem = problems.first().map(brief),
            }
        }
        self.tell_files(texts);
        self.observe();
        if saved.problem.is_none() {
            let mut problems = self.folder.problems();
            saved.problem = problems.find(|problem| !self.broken.contains(&problem.source)).map(brief);
        }
        saved
    }

    /// Applies an edited text, as if its file was saved; the file itself stays as it is.
    ///
    /// # Errors
    /// The first problem: of the text, or the API server's refusal.
    pub(super) fn apply_text(&mut self, file: &str, text: &str) -> Result<(), Box<Diagnostic>> {
        let first =
            |problems: Vec<Diagnostic>| problems.into_iter().next().map_or(Ok(()), |one| Err(Box::new(one)));
        let documents = match parse(file, text) {
            Ok(documents) => documents,
            Err(problems) => return first(problems),
        };
        let (title, mut story) = (format!("you applied {file}"), None);
        let before = self.engine.journal().entries.len();
        let sent = documents.iter().try_for_each(|document| {
            send::send(&mut self.engine, document, "file", &title, &mut story).map(|_| ()).map_err(Box::new)
        });
        self.journal_since(before);
        if sent.is_ok() {
            self.tell_applied(file);
        }
        self.observe();
        sent
    }

    /// The manifests are these, and what they say is done already: only what changes from now on is applied.
    pub(super) fn know(&mut self, texts: &BTreeMap<String, String>) {
        self.folder = Folder::new();
        // What would follow from a new folder has happened.
        drop(self.folder.update(texts));
        self.broken = self.folder.problems().map(|problem| problem.source.clone()).collect();
    }

    /// Journals that the run has come as far as this.
    pub(super) fn journal_end(&mut self) {
        let end = Journal::turn(&Turn::End { end_us: self.engine.now() });
        self.write(&end);
    }

    pub(super) fn journal_since(&mut self, before: usize) {
        let lines: String = self.engine.journal().entries.iter().skip(before).map(Journal::line).collect();
        self.write(&lines);
    }

    /// Writes the run into a new file; says how to open it.
    pub(super) fn export_run(&self, file: &str) -> Result<String, String> {
        export::write(Path::new(file), &self.engine.journal().to_text())?;
        Ok(format!("{file} is written; kubeloop replay {file} opens it as it is now"))
    }

    /// The objects that the manifests describe.
    pub(super) fn documents(&self) -> BTreeMap<ObjectRef, Document> {
        self.folder.objects()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.journal_end();
    }
}

impl kubectl::Reads for Session {
    fn now(&self) -> VirtualTime {
        self.engine.now()
    }

    fn read(&self, call: &Call) -> Answer {
        self.engine.read(call)
    }

    fn log(&self, pod: &Key, container: &str, previous: bool) -> Result<Log, Box<Status>> {
        self.engine.log(pod, container, previous)
    }
}

impl kubectl::Cluster for Session {
    fn apply(&mut self, input: Input) -> Applied {
        self.journalled(input)
    }
}

/// What was broken, or mended, in words.
pub(super) fn in_words(input: &Input) -> Option<String> {
    matches!(input.act, Act::Fault(_)).then(|| input.title.to_string())
}

/// A problem in one line, `login.yaml:5:11: unknown field "replcas"; did you mean "replicas"?`, and on a second one
/// what to do about it, where somebody knows.
fn brief(problem: &Diagnostic) -> String {
    let hint = problem.did_you_mean.as_ref().map(|word| format!("; did you mean \"{word}\"?"));
    let help = problem.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
    format!("{}: {}{}{help}", problem.place(), problem.message, hint.unwrap_or_default())
}
