//! The shell has the terminal for a while, after Ctrl-Z.

use super::Dashboard;
use crate::live::signals;

impl Dashboard {
    pub(super) fn suspend(&mut self) -> anyhow::Result<()> {
        if self.guard.lend(signals::stop)?.is_err() {
            self.app.complain("cannot suspend: there is no kill command");
        }
        self.dirty = true;
        Ok(())
    }
}
