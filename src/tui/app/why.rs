//! The why of an object over the screen: which question is open, which link of its chain is selected.

use crossterm::event::KeyCode;

use super::{App, Effect, Overlay};
use crate::object::ObjectRef;
use crate::tui::model::why::{Answer, Why};
use crate::tui::screen::Screen;
use crate::tui::screens;

/// Why something is as it is, over the screen.
#[derive(Clone, Debug)]
pub struct WhyView {
    /// The answers.
    pub why: Why,
    /// The question that is open.
    pub question: usize,
    /// The link of its chain that is selected.
    pub link: usize,
}

impl WhyView {
    fn new(why: Why, question: usize) -> Self {
        let mut view = Self { why, question, link: 0 };
        view.open(question);
        view
    }

    /// The answer that is open.
    pub fn answer(&self) -> Option<&Answer> {
        self.why.answers.get(self.question)
    }

    fn open(&mut self, question: usize) {
        self.question = question.min(self.why.answers.len().saturating_sub(1));
        let links = self.answer().map(|answer| answer.chain.links.as_slice()).unwrap_or_default();
        self.link = links.iter().position(|link| link.here).unwrap_or(0);
    }
}

impl App {
    /// Opens the four questions about what the screen is about.
    pub(super) fn why(&mut self) {
        match screens::subject(self) {
            Some(object) => self.why_of(&object),
            None => self.say(self.keymap.told("<why> asks about the selected object; select one")),
        }
    }

    /// Opens the four questions about an object.
    pub fn why_of(&mut self, object: &ObjectRef) {
        let why = Why::of(&self.view, object, self.vocabulary);
        let first = why.first;
        self.overlay = Some(Overlay::Why(Box::new(WhyView::new(why, first))));
    }

    pub(super) fn why_key(&mut self, mut view: Box<WhyView>, key: KeyCode) -> Option<Effect> {
        let count = view.why.answers.len().max(1);
        let links = view.answer().map_or(0, |answer| answer.chain.links.len());
        match key {
            KeyCode::Char('w') => return None,
            KeyCode::Tab | KeyCode::Right => view.open((view.question + 1) % count),
            KeyCode::BackTab | KeyCode::Left => view.open((view.question + count - 1) % count),
            KeyCode::Char(digit @ '1'..='9') => {
                let wanted = digit as usize - '1' as usize;
                if wanted < count {
                    view.open(wanted);
                }
            }
            KeyCode::Down | KeyCode::Char('j') => view.link = (view.link + 1).min(links.saturating_sub(1)),
            KeyCode::Up | KeyCode::Char('k') => view.link = view.link.saturating_sub(1),
            KeyCode::Home => view.link = 0,
            KeyCode::End => view.link = links.saturating_sub(1),
            KeyCode::Enter => {
                let event = view.answer().and_then(|answer| Some(answer.chain.links.get(view.link)?.event));
                if let Some(event) = event {
                    self.screen = Screen::Time;
                    let effect = self.go_to(event);
                    self.refresh();
                    return effect;
                }
            }
            KeyCode::Char('y') => {
                let text = view.why.to_text();
                self.overlay = Some(Overlay::Why(view));
                return Some(Effect::Copy(text));
            }
            KeyCode::Char('V') => {
                self.vocabulary = self.vocabulary.next();
                let (question, link) = (view.question, view.link);
                *view = WhyView::new(Why::of(&self.view, &view.why.object, self.vocabulary), question);
                view.link = link;
            }
            _ => {}
        }
        self.overlay = Some(Overlay::Why(view));
        None
    }
}
