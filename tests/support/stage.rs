//! A dashboard without a terminal: keys go in, effects are carried out on an engine, screens come out.

use crossterm::event::KeyCode;
use kubeloop::engine::driver::Inline;
use kubeloop::engine::{ClusterConfig, Engine};
use kubeloop::expression::facts::is_settled;
use kubeloop::manifests::{parse, pizza, send};
use kubeloop::object::Kind;
use kubeloop::script::is_up;
use kubeloop::time::Span;
use kubeloop::tui::glyphs::Glyphs;
use kubeloop::tui::theme::Theme;
use kubeloop::tui::{App, Effect, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// An engine and the dashboard that looks at it.
pub struct Stage {
    pub engine: Engine,
    pub app: App,
}

impl Stage {
    /// The pizza shop, all ready, time standing still.
    pub fn shop(glyphs: Glyphs, theme: &str) -> Self {
        let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
        assert!(engine.run_while(Span::secs(60), is_up));
        for (file, text) in pizza() {
            let mut story = None;
            for document in parse(&file, &text).expect("a valid manifest") {
                let title = format!("you applied {file}");
                send::send(&mut engine, &document, "file", &title, &mut story).expect("accepted");
            }
        }
        let ready =
            |world: &kubeloop::engine::World| is_settled(world) && world.list(Kind::Pod, None).count() == 6;
        assert!(engine.run_while(Span::secs(60), ready));
        let theme = Theme::named(theme).expect("a theme");
        let mut app = App::new(engine.view(), theme, glyphs, "manifests/pizza".to_owned());
        app.pace.paused = true;
        Self { engine, app }
    }

    /// Selects the first row whose name begins like this.
    pub fn select(&mut self, name: &str) {
        let found = self.app.rows.iter().find(|row| row.object.to_string().contains(name));
        self.app.selected = found.unwrap_or_else(|| panic!("no row {name}")).uid.clone();
    }

    /// Presses a key and carries out what comes of it, as the rim does.
    pub fn press(&mut self, key: KeyCode) {
        match self.app.key(key) {
            Some(Effect::Input(input)) => {
                self.engine.apply(*input);
            }
            Some(Effect::RunTo(goal)) => {
                self.engine.run_to(Span::secs(3600), |event| goal.is_reached_by(event));
                self.app.pace.rest();
            }
            Some(Effect::Seek(at)) => self.app.see_past(self.engine.at(at)),
            Some(Effect::Fork(at)) => {
                let left = self.engine.fork(at).named(&self.app.branch_name());
                self.app.forked(left, self.engine.view());
            }
            Some(Effect::TakeUp(branch)) => {
                let left = self.engine.take_up(*branch).named(&self.app.branch_name());
                self.app.took_up(left, self.engine.view());
            }
            _ => {}
        }
        self.app.see(self.engine.view());
    }

    /// Presses letters.
    #[allow(dead_code, reason = "each test uses what it needs of this module")]
    pub fn keys(&mut self, keys: &str) {
        for key in keys.chars() {
            self.press(KeyCode::Char(key));
        }
    }

    /// Lets time pass.
    #[allow(dead_code, reason = "each test uses what it needs of this module")]
    pub fn wait(&mut self, span: Span) {
        self.engine.run_until(self.engine.now() + span);
        self.app.see(self.engine.view());
    }

    /// The screen as text.
    #[allow(dead_code, reason = "each test uses what it needs of this module")]
    pub fn screen(&self, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
        terminal.draw(|frame| draw(frame, &self.app)).expect("painted");
        let buffer = terminal.backend().buffer();
        let row = |y| {
            let cells = (0..width).map(|x| buffer[(x, y)].symbol());
            cells.collect::<String>().trim_end().to_owned()
        };
        (0..height).map(row).collect::<Vec<_>>().join("\n")
    }
}
