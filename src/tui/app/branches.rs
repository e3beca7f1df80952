//! Branches and breakpoints of a session: futures that were left, and moments at which the clock stops.

use crossterm::event::KeyCode;
use smol_str::{SmolStr, format_smolstr};

use super::{App, Effect, Overlay};
use crate::engine::{Branch, View};
use crate::expression::Hit;
use crate::tui::keymap::Command;
use crate::tui::model::about::Reports;
use crate::tui::model::{Comets, Roster};

/// Branches kept; the oldest one goes.
const KEPT: usize = 8;

/// The branches over the screen.
#[derive(Clone, Debug, Default)]
pub struct BranchesView {
    /// Which one is selected.
    pub at: usize,
    /// The name that is being typed for it.
    pub typing: Option<String>,
}

impl App {
    /// The name of the next branch.
    pub fn branch_name(&mut self) -> SmolStr {
        self.trail.branches += 1;
        format_smolstr!("branch-{}", self.trail.branches)
    }

    /// Time went back, and what came after is a branch now.
    pub fn forked(&mut self, left: Branch, view: View) {
        let at = left.forked;
        let lost = left.view.now() > at;
        let name = left.name.clone();
        self.keep(left);
        self.turn(view);
        match lost {
            true => {
                let compares = match self.keymap.label(Command::Branches) {
                    "" => String::new(),
                    key => format!(": {key} compares"),
                };
                self.say(format!("You go on from {at}. What came after it is kept as {name}{compares}."))
            }
            false => self.say(format!("You go on from {at}.")),
        }
    }

    /// Time went back, and what came after is not kept.
    pub fn rewound(&mut self, view: View) {
        self.turn(view);
    }

    /// Another branch was taken up, and the run before it is one now.
    pub fn took_up(&mut self, left: Branch, view: View) {
        let name = left.name.clone();
        self.keep(left);
        self.turn(view);
        self.say(format!("This is the other run now. The one before is kept as {name}."));
    }

    fn keep(&mut self, left: Branch) {
        if left.view.now() > left.forked {
            self.branches.push(left);
        }
        let extra = self.branches.len().saturating_sub(KEPT);
        self.branches.drain(..extra);
    }

    /// The run is another one from here on: what was gathered about events of the old one is dropped.
    pub(super) fn turn(&mut self, view: View) {
        self.trail.turns += 1;
        self.live = view;
        self.pace.paused = true;
        self.trail.stepping = None;
        self.comets = Comets::default();
        (self.roster, self.reports) = (Roster::default(), Reports::default());
        self.lens.forget();
        self.glow.forget();
        self.see_live();
    }

    pub(super) fn open_branches(&mut self) {
        if self.branches.is_empty() {
            let words = "No other run is kept. Go back with <back> and press <fork>: what you leave is kept.";
            return self.say(self.keymap.told(words));
        }
        self.overlay = Some(Overlay::Branches(BranchesView::default()));
    }

    pub(super) fn branches_key(&mut self, mut view: BranchesView, key: KeyCode) -> Option<Effect> {
        let last = self.branches.len().saturating_sub(1);
        if let Some(mut name) = view.typing.take() {
            match key {
                KeyCode::Enter => {
                    if let Some(branch) = self.branches.get_mut(view.at).filter(|_| !name.trim().is_empty()) {
                        branch.label = name.trim().into();
                    }
                }
                KeyCode::Backspace => {
                    name.pop();
                    view.typing = Some(name);
                }
                KeyCode::Char(letter) => {
                    name.push(letter);
                    view.typing = Some(name);
                }
                _ => view.typing = Some(name),
            }
            self.overlay = Some(Overlay::Branches(view));
            return None;
        }
        match key {
            KeyCode::Down | KeyCode::Char('j') => view.at = (view.at + 1).min(last),
            KeyCode::Up | KeyCode::Char('k') => view.at = view.at.saturating_sub(1),
            KeyCode::Char('n') => view.typing = Some(String::new()),
            KeyCode::Char('B') => return None,
            KeyCode::Enter if view.at <= last => {
                return Some(Effect::TakeUp(Box::new(self.branches.remove(view.at))));
            }
            _ => {}
        }
        self.overlay = Some(Overlay::Branches(view));
        None
    }

    /// Stops the clock when an expression becomes true; lists the expressions, or forgets them.
    pub(in crate::tui) fn until(&mut self, words: &str) {
        match words {
            "" if self.breakpoints.is_empty() => {
                let example = "Nothing yet. For example:\n  until pods('app=login').ready < 3";
                self.show_text("The clock stops when", example);
            }
            "" => {
                let list = self.breakpoints.list().iter().map(|one| format!("until {}", one.source()));
                let list: Vec<String> = list.collect();
                self.show_text("The clock stops when", &list.join("\n"));
            }
            "clear" => {
                self.breakpoints.clear();
                self.say("The clock stops at nothing any more.");
            }
            expression => match self.breakpoints.add(expression, &self.live) {
                Ok(()) => self.say(format!("The clock stops when this becomes true:\n{expression}")),
                Err(problem) => self.complain(problem.to_string()),
            },
        }
    }

    /// A breakpoint was reached: the clock stands still there.
    pub fn stopped(&mut self, hit: &Hit) {
        self.pace.paused = true;
        self.trail.stepping = None;
        self.say(hit.text());
    }
}
