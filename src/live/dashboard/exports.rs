//! Exports: the screen, its frames, the run.

use std::path::Path;

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::Dashboard;
use crate::record::export;
use crate::tui::command::Export;
use crate::tui::{draw, picture};

impl Dashboard {
    /// Writes what was asked for, and says how to use it or what is in the way.
    pub(super) fn export(&mut self, what: &Export) {
        let written = match what {
            Export::Screen { file } => self.export_screen(file),
            Export::Cast { file } => export::write(Path::new(file), &self.guard.tape().text())
                .map(|()| format!("{file} is written; asciinema play {file} shows it")),
            Export::Run { file } => self.session.export_run(file),
        };
        match written {
            Ok(said) => self.app.say(said),
            Err(problem) => self.app.complain(problem),
        }
    }

    fn export_screen(&self, file: &str) -> Result<String, String> {
        let size = self.app.size;
        let Ok(mut terminal) = Terminal::new(TestBackend::new(size.width, size.height));
        let Ok(screen) = terminal.draw(|frame| draw(frame, &self.app));
        let text = match Path::new(file).extension().and_then(|ending| ending.to_str()) {
            Some("svg") => picture::svg(screen.buffer, &self.app.theme),
            Some("txt") => picture::text(screen.buffer),
            _ => return Err(format!("{file}: a screen is written as a picture, .svg, or as text, .txt")),
        };
        export::write(Path::new(file), &text).map(|()| format!("{file} is written"))
    }
}
