//! Why: the chain of causes of the event at the cursor, and how long its story took.
//!
//! ```text
//! ┌─ Why? ─────────────────────────────────────────── w four questions ─┐
//! │ you deleted pod login-x4h2s                                   #7.1  │
//! │  └▸ the ReplicaSet controller sees 2, wants 3: create 1 more  #7.5  │
//! │      └▸ the ReplicaSet controller creates pod b3tqz           #7.6◂ │
//! │ Also needed: ReplicaSet login-6f9c wants 3: you applied (story #4)  │
//! └────────────────────────────────────── enter go to cause   y copy ───┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Paragraph;

use super::Part;
use crate::tui::app::App;
use crate::tui::screens::chain;
use crate::tui::screens::panel::{Frills, panel};

pub(super) fn causes(frame: &mut Frame<'_>, area: Rect, app: &App, alone: bool) {
    let hint = if alone { "enter go to cause   tab panel" } else { "enter go to cause   <copy> copy" };
    let hint = app.keymap.told(hint);
    let frills = Frills {
        title: "Why?",
        top_right: "w four questions",
        bottom_right: &hint,
        focused: app.time.focus == Part::Causes,
    };
    let inside = panel(frame, area, app, &frills);
    let (width, height) = (usize::from(inside.width), usize::from(inside.height));
    let lines = chain::lines(app, &app.time.chain, width, height, None);
    frame.render_widget(Paragraph::new(lines), inside);
}
