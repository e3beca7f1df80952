//! The whole screen: which panels have room, and what is over them.

use ratatui::Frame;
use ratatui::layout::{Rect, Size};
use ratatui::text::{Line, Span};

use super::app::App;
use super::look::{self, Depth};
use super::model::headline;
use super::screen::Screen;
use super::screens::frame::regions;
use super::screens::{self, footer, header, overlay, prompt, stage, toasts};
use super::theme::Role;

/// The smallest screen on which anything can be read.
const MIN: (u16, u16) = (40, 12);

/// Whether nothing can be read at this size; then time stands still, because nobody can see what happens.
pub fn is_too_small(size: Size) -> bool {
    size.width < MIN.0 || size.height < MIN.1
}

/// `need 40x12, have 36x10  healing 5/6  time stands still`
fn too_small(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let (state, words) = headline(&app.view);
    let line = Line::from(vec![
        Span::styled(
            format!("need {}x{}, have {}x{}  ", MIN.0, MIN.1, area.width, area.height),
            app.theme.style(Role::Warn),
        ),
        Span::styled(format!("{} {words}", app.glyphs.state(state)), app.theme.style(state.role())),
        Span::raw("  time stands still"),
    ]);
    frame.render_widget(line, area);
}

/// Paints the dashboard.
pub fn draw(frame: &mut Frame<'_>, app: &App) {
    let area = frame.area();
    if is_too_small(area.as_size()) {
        return too_small(frame, area, app);
    }
    if app.screen == Screen::Stage {
        stage::draw(frame, area, app);
        return over(frame, area, app);
    }
    let strip = screens::learn::strip(app);
    let regions = regions(area.as_size(), strip.is_some());
    header::title(frame, regions.title, app);
    screens::draw(frame, regions.body, app);
    if let Some(strip) = strip {
        frame.render_widget(strip, regions.strip);
    }
    footer::now(frame, regions.words, app);
    footer::rule(frame, regions.rule, app);
    footer::hints(frame, regions.hints, app);
    over(frame, area, app);
    // Where a screen reader and a magnifier look: the selected row.
    if let Some(line) = screens::selected_line(app).filter(|_| app.overlay.is_none() && app.prompt.is_none())
    {
        frame.set_cursor_position((1, line.min(area.bottom().saturating_sub(1))));
    }
}

/// What stands over the screen: messages, menus, and the line that is typed.
fn over(frame: &mut Frame<'_>, area: Rect, app: &App) {
    toasts::draw(frame, area, app);
    if let Some(over) = &app.overlay {
        overlay::draw(frame, area, app, over);
    }
    overlay::places(frame, area, app);
    if let Some(typed) = &app.prompt {
        prompt::draw(frame, area, app, typed);
    }
    if app.depth == Depth::Indexed {
        look::to_indexed(frame.buffer_mut());
    }
}
