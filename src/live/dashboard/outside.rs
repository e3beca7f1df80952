//! Somebody else has the terminal for a while: the user's editor, or the shell after Ctrl-Z.

use std::path::PathBuf;

use super::Dashboard;
use crate::live::editor;
use crate::object::ObjectRef;

impl Dashboard {
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
            let owner = crate::object::owner::controller(found.meta())?;
            let kind = crate::object::Kind::from_name(&owner.kind)?;
            object = ObjectRef::new(kind, crate::object::Key::new(object.key.namespace, owner.name.as_str()));
        }
        None
    }

    #[cfg(unix)]
    pub(super) fn suspend(&mut self) -> anyhow::Result<()> {
        let stopped = self.guard.lend(|| {
            // The shell takes over until `fg`.
            std::process::Command::new("kill").args(["-STOP", &std::process::id().to_string()]).status()
        })?;
        if stopped.is_err() {
            self.app.complain("cannot suspend: there is no kill command");
        }
        self.dirty = true;
        Ok(())
    }

    #[cfg(not(unix))]
    pub(super) fn suspend(&mut self) -> anyhow::Result<()> {
        Ok(())
    }
}
