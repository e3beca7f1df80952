//! Edits from the YAML screen, breaks from the menu, and previews of both.

use std::path::PathBuf;

use super::super::editor;
use super::super::session::in_words;
use super::super::undo::Undone;
use super::Dashboard;
use crate::engine::Input;
use crate::object::{Key, Kind, ObjectRef, owner};
use crate::preview::{Preview, Trial};
use crate::tui::Effect;
use crate::tui::command::typed;

/// Instants that a preview runs ahead before keys are looked at again.
const SLICE: usize = 200;

impl Dashboard {
    /// Does something.
    pub(super) fn act(&mut self, input: Input) {
        let by_hand = input.via == "key";
        // What was done is said once it is done: it may be refused.
        let echo = typed(&input.act).or_else(|| in_words(&input)).filter(|_| by_hand);
        match self.session.apply(input) {
            Ok(_) => echo.into_iter().for_each(|line| self.app.echo(line)),
            Err(reason) => self.app.complain(reason),
        }
    }

    /// Takes back what was done last.
    pub(super) fn undo(&mut self) -> anyhow::Result<()> {
        match self.session.undo() {
            Undone::Nothing(why) => self.app.complain(why),
            Undone::Sent(words) => self.app.say(words),
            Undone::Rewind(to, words) => {
                self.perform(Effect::Fork(to))?;
                self.app.say(words);
            }
        }
        Ok(())
    }

    /// Begins to find out what something would cause. What was asked before is no longer of interest.
    pub(super) fn foresee(&mut self, trial: Trial) {
        match Preview::new(&self.session.engine.view(), &trial) {
            Ok(preview) => self.preview = Some((trial, preview)),
            Err(refused) => {
                self.preview = None;
                self.app.foreseen(&trial, Err(refused));
            }
        }
    }

    /// Lets the copy run ahead a little.
    pub(super) fn run_ahead(&mut self) {
        let Some((trial, mut preview)) = self.preview.take() else { return };
        if !preview.advance(SLICE) {
            self.preview = Some((trial, preview));
            return;
        }
        self.app.foreseen(&trial, Ok(preview.forecast()));
        self.dirty = true;
    }

    pub(super) fn apply_text(&mut self, file: &str, text: &str) {
        let before = self.session.engine.view();
        let applied = self.session.apply_text(file, text);
        if applied.is_ok() {
            self.app.echo(format!("kubectl apply -f {file}"));
        }
        self.app.applied(&before, applied);
    }

    /// Writes an edited text to its file; then what changed is applied as for any saved file.
    pub(super) fn save_text(&mut self, file: &str, text: &str) {
        let path = if self.folder.is_file() { self.folder.clone() } else { self.folder.join(file) };
        let before = self.session.engine.view();
        let written = std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()));
        let is_written = written.is_ok();
        self.app.saved(&before, written);
        if is_written {
            self.files();
        }
    }

    /// Opens the user's own editor on the manifest of an object.
    pub(super) fn edit(&mut self, object: &ObjectRef) -> anyhow::Result<()> {
        let Some(path) = self.file_of(object) else {
            self.app.complain(format!("no manifest in {} describes {object}", self.folder.display()));
            return Ok(());
        };
        if let Err(error) = self.guard.lend(|| editor::edit(&path))? {
            self.app.complain(error);
        }
        self.files();
        Ok(())
    }

    /// The file that describes an object, or the object that owns it.
    fn file_of(&self, object: &ObjectRef) -> Option<PathBuf> {
        let documents = self.session.documents();
        let mut object = object.clone();
        for _ in 0..4 {
            if let Some(document) = documents.get(&object) {
                return Some(self.folder.join(&*document.source.file));
            }
            let found = self.session.engine.world().object(&object)?;
            let owner = owner::controller(found.meta())?;
            let kind = Kind::from_name(&owner.kind)?;
            object = ObjectRef::new(kind, Key::new(object.key.namespace, owner.name.as_str()));
        }
        None
    }

    /// The manifests may have changed: applies what did.
    pub(super) fn files(&mut self) {
        let texts = match self.watch.read() {
            Ok(texts) => texts,
            Err(error) => return self.app.complain(format!("{}: {error}", self.folder.display())),
        };
        let saved = self.session.saved(&texts);
        self.app.manifests(texts);
        if saved.problem != self.app.banner || !saved.said.is_empty() {
            self.dirty = true;
        }
        self.app.banner = saved.problem;
        for said in saved.said {
            self.app.say(said);
        }
        let (asked, described) = (self.app.overlay.is_some(), self.session.documents());
        self.app.undescribed(saved.gone, |object| described.contains_key(object));
        self.dirty |= self.app.overlay.is_some() != asked;
    }

    /// Deletes what no file describes, if that is still so.
    pub(super) fn prune(&mut self, object: ObjectRef) {
        self.files();
        if self.session.documents().contains_key(&object) {
            return self.app.say(format!("{object} is described again: it stays."));
        }
        if let Err(reason) = self.session.prune(object) {
            self.app.complain(reason);
        }
    }
}
