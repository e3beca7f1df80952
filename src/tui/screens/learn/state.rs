//! What the Learn screen remembers: the list, the lesson that is taken, and the answer that is being made.

use std::collections::VecDeque;

use super::draft::Draft;
use crate::lessons::LessonView;
use crate::lessons::session::QuestionView;
use crate::time::VirtualTime;
use crate::tui::model::CourseRow;

/// Deeds that wait for the rim at most.
const DEEDS_MAX: usize = 64;

/// What the Learn screen keeps.
#[derive(Default)]
pub(in crate::tui) struct State {
    pub(super) course: Vec<CourseRow>,
    /// The lesson in the list that is selected.
    pub(super) at: usize,
    pub(super) taken: Option<Box<Taken>>,
    /// Whether panels are shown that the lesson does not open.
    pub(in crate::tui) every_panel: bool,
    /// What the learner did that no trace shows.
    deeds: VecDeque<String>,
}

/// The lesson that is taken.
pub(super) struct Taken {
    pub(super) view: LessonView,
    /// The instant at which it began: times in the view count from it.
    pub(super) start: VirtualTime,
    pub(super) pane: Pane,
    /// The first line of the page that is shown.
    pub(super) top: usize,
    pub(super) draft: Draft,
    /// The moment of the timeline that is selected.
    pub(super) moment: usize,
}

/// What keys go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pane {
    /// What is read.
    #[default]
    Page,
    /// The question and the checklist; on the last page, the learner's own timeline.
    Tasks,
    /// The cluster.
    World,
}

impl Taken {
    /// A lesson that was just taken, on a screen where its panes stand side by side, or one at a time.
    pub(super) fn new(view: LessonView, start: VirtualTime, is_wide: bool) -> Self {
        let moment = view.timeline.len().saturating_sub(1);
        let mut taken = Self { view, start, pane: Pane::Page, top: 0, draft: Draft::default(), moment };
        taken.open_page(is_wide);
        taken.take_draft();
        taken
    }

    /// The lesson is like this now.
    pub(super) fn see(&mut self, view: LessonView, is_wide: bool) {
        let turned = (self.view.id.as_str(), self.view.page) != (view.id.as_str(), view.page);
        let asked = self.open_question().is_some();
        if self.view.timeline.len() != view.timeline.len() {
            self.moment = view.timeline.len().saturating_sub(1);
        }
        self.view = view;
        if turned {
            self.open_page(is_wide);
        } else if asked && self.open_question().is_none() && is_wide && self.pane == Pane::Tasks {
            // All is said: what is to be done now is done in the cluster.
            self.pane = Pane::World;
        }
        self.take_draft();
    }

    /// The page begins. A question that is in sight has the keys, for its options are numbered like the screens; where
    /// one pane is shown at a time, the page is read first.
    fn open_page(&mut self, is_wide: bool) {
        let is_asked = is_wide && self.open_question().is_some();
        (self.top, self.pane) = (0, if is_asked { Pane::Tasks } else { Pane::Page });
    }

    /// An answer in the making belongs to the question that is open.
    fn take_draft(&mut self) {
        if let Some(question) = self.open_question()
            && question.id != self.draft.question
        {
            self.draft = Draft::new(question);
        }
    }

    /// The question that waits for an answer.
    pub(super) fn open_question(&self) -> Option<&QuestionView> {
        self.view.questions.iter().find(|question| question.answered.is_none())
    }

    /// Whether the debrief is shown.
    pub(super) fn is_debrief(&self) -> bool {
        self.view.page.0 + 1 == self.view.page.1
    }
}

impl State {
    /// The learner did something that no trace shows.
    pub(in crate::tui) fn note(&mut self, deed: String) {
        if self.taken.is_some() && self.deeds.len() < DEEDS_MAX {
            self.deeds.push_back(deed);
        }
    }

    /// The question of the lesson that waits for an answer.
    pub(in crate::tui) fn open_question(&self) -> Option<&QuestionView> {
        self.taken.as_ref()?.open_question()
    }

    /// Hands over what was noted.
    pub(in crate::tui) fn take_deeds(&mut self) -> Vec<String> {
        self.deeds.drain(..).collect()
    }

    /// The lesson that is taken, as it is to be shown.
    pub(in crate::tui) fn lesson(&self) -> Option<&LessonView> {
        self.taken.as_ref().map(|taken| &taken.view)
    }
}
