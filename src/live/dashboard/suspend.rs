//! The shell has the terminal for a while, after Ctrl-Z.

use super::Dashboard;

impl Dashboard {
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
