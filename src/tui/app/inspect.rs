//! The inspector over the screen: which object, which page, how far it is scrolled.

use crossterm::event::KeyCode;

use super::{App, Effect, Overlay, PAGE};
use crate::object::ObjectRef;
use crate::trace::EventId;
use crate::tui::keymap::Command;
use crate::tui::model::inspect::{self, Line, Page};
use crate::tui::screen::Screen;
use crate::tui::screens;

/// Everything about one object, page by page.
#[derive(Clone, Debug)]
pub struct InspectView {
    /// The object.
    pub object: ObjectRef,
    /// The page that is open.
    pub page: Page,
    /// Its lines, as the cluster was when it was opened.
    pub lines: Vec<Line>,
    /// The first line that is shown.
    pub top: usize,
    /// The line that is selected, where lines lead somewhere.
    pub at: usize,
}

/// Lines of the terminal that the page itself does not have.
const AROUND: usize = 6;

impl InspectView {
    /// Whether lines of it lead somewhere.
    pub fn leads(&self) -> bool {
        self.lines.iter().any(|line| line.leads_to.is_some())
    }

    /// Where the selected line leads.
    fn chosen(&self) -> Option<&(ObjectRef, EventId)> {
        self.lines.get(self.at)?.leads_to.as_ref()
    }

    /// To the next line that leads somewhere, or the one before; with so much room it stays in sight.
    fn choose(&mut self, down: bool, room: usize) {
        let mut leading =
            self.lines.iter().enumerate().filter(|(_, line)| line.leads_to.is_some()).map(|(index, _)| index);
        let next = match down {
            true => leading.find(|index| *index > self.at),
            false => leading.rfind(|index| *index < self.at),
        };
        self.at = next.unwrap_or(self.at);
        self.top = self.top.clamp((self.at + 3).saturating_sub(room), self.at);
    }

    /// The page is this now; what was selected stays so.
    fn turn(&mut self, lines: Vec<Line>) {
        let chosen = self.chosen().cloned();
        self.lines = lines;
        let same = |line: &Line| line.leads_to.is_some() && (chosen.is_none() || line.leads_to == chosen);
        self.at = self.lines.iter().position(same).unwrap_or(0);
    }
}

impl App {
    /// Opens the inspector on what the screen is about.
    pub(super) fn describe(&mut self) {
        match screens::subject(self) {
            Some(object) => self.inspect(object, Page::default()),
            None => self.say(self.keymap.told("<open> opens the selected object; select one")),
        }
    }

    /// Opens the inspector on a page of an object.
    pub fn inspect(&mut self, object: ObjectRef, page: Page) {
        self.note_page(&object, page);
        let (looks, veil) = ((self.vocabulary, self.glyphs), self.veil());
        let lines = inspect::page(&self.view, &object, page, looks, veil.as_deref());
        let mut view = InspectView { object, page, lines: Vec::new(), top: 0, at: 0 };
        view.turn(lines);
        self.overlay = Some(Overlay::Inspect(Box::new(view)));
    }

    /// The cluster changed: the open page tells how it is now.
    pub(super) fn refresh_inspector(&mut self) {
        let veil = self.veil();
        if let Some(Overlay::Inspect(view)) = &mut self.overlay {
            let looks = (self.vocabulary, self.glyphs);
            view.turn(inspect::page(&self.view, &view.object, view.page, looks, veil.as_deref()));
        }
    }

    /// What stands in the place of what really runs, unless it is shown.
    pub(in crate::tui) fn veil(&self) -> Option<String> {
        (!self.x_ray).then(|| self.keymap.told("<x-ray> shows it"))
    }

    pub(super) fn inspect_key(&mut self, mut view: Box<InspectView>, key: KeyCode) -> Option<Effect> {
        let pages: Vec<Page> = Page::of(view.object.kind).collect();
        let here = pages.iter().position(|page| *page == view.page).unwrap_or(0);
        let last = view.lines.len().saturating_sub(1);
        let turn_to = match key {
            KeyCode::Tab | KeyCode::Right => Some((here + 1) % pages.len()),
            KeyCode::BackTab | KeyCode::Left => Some((here + pages.len() - 1) % pages.len()),
            KeyCode::Char(digit @ '1'..='9') => Some(digit as usize - '1' as usize),
            _ => None,
        };
        if let Some(page) = turn_to.and_then(|index| pages.get(index)) {
            self.inspect(view.object, *page);
            return None;
        }
        let room = usize::from(self.size.height).saturating_sub(AROUND);
        match key {
            KeyCode::Down | KeyCode::Char('j') if view.leads() => view.choose(true, room),
            KeyCode::Up | KeyCode::Char('k') if view.leads() => view.choose(false, room),
            KeyCode::Down | KeyCode::Char('j') => view.top = (view.top + 1).min(last),
            KeyCode::Up | KeyCode::Char('k') => view.top = view.top.saturating_sub(1),
            KeyCode::PageDown => view.top = (view.top + PAGE).min(last),
            KeyCode::PageUp => view.top = view.top.saturating_sub(PAGE),
            KeyCode::Home => view.top = 0,
            KeyCode::End => view.top = last,
            KeyCode::Enter => {
                let (_, event) = view.chosen()?;
                self.screen = Screen::Time;
                let effect = self.go_to(*event);
                self.refresh();
                return effect;
            }
            KeyCode::Char('y') => {
                let text: Vec<&str> = view.lines.iter().map(|line| line.text.as_str()).collect();
                let text = text.join("\n");
                self.overlay = Some(Overlay::Inspect(view));
                self.say("copied this page");
                return Some(Effect::Copy(text));
            }
            other => match self.keymap.command(other, self.screen) {
                Some(Command::Why) if view.leads() => {
                    let object = view.chosen().map_or(&view.object, |(object, _)| object);
                    self.why_of(object);
                    return None;
                }
                Some(Command::XRay) => {
                    self.x_ray = !self.x_ray;
                    self.overlay = Some(Overlay::Inspect(view));
                    self.refresh_inspector();
                    return None;
                }
                // What can be done to the object itself, and to the clock, works from here as well.
                Some(
                    command @ (Command::Why | Command::Logs | Command::Break | Command::Edit | Command::Help),
                ) => return self.run(command),
                Some(
                    command
                    @ (Command::Pause | Command::StepEvent | Command::NextEvent | Command::Vocabulary),
                ) => {
                    self.overlay = Some(Overlay::Inspect(view));
                    return self.run(command);
                }
                _ => {}
            },
        }
        self.overlay = Some(Overlay::Inspect(view));
        None
    }
}
