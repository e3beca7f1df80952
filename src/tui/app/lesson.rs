//! A lesson in the dashboard: what the rim tells about it, and what the learner asks of it.

use super::{App, Effect};
use crate::engine::{Act, View};
use crate::kubectl;
use crate::lessons::LessonView;
use crate::lessons::session::Ask;
use crate::object::ObjectRef;
use crate::time::VirtualTime;
use crate::trace::EventId;
use crate::tui::keymap::Command;
use crate::tui::model::CourseRow;
use crate::tui::model::inspect::Page;
use crate::tui::screen::Screen;

/// What a learner asks of the course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LessonAct {
    /// Take a lesson, by its id or number; one that was left goes on where it was.
    Open(String),
    /// Take the lesson again from the beginning, with another seed.
    Fresh,
    /// Leave the lesson; it can be taken up again.
    Leave,
    /// Show the cards of the lessons that were passed and what the answers show; with words, the cards that have them.
    Cards(String),
    /// Ask something of the lesson that is taken.
    Ask(Ask),
}

/// Said in the place of what would follow, while the lesson asks what will.
pub const SAY_FIRST: &str = "What follows is for you to say first: the lesson's question (<learn>) is open.";

impl App {
    /// The lessons of the course, and what has become of them.
    pub fn course(&mut self, rows: Vec<CourseRow>) {
        self.learn.set_course(rows);
    }

    /// Selects a lesson in the list, if it is there.
    pub fn select_lesson(&mut self, id: &str) {
        self.learn.select(id);
    }

    /// The lesson that is taken is like this now; it began at this instant.
    pub fn see_lesson(&mut self, view: LessonView, start: VirtualTime) {
        let (waited, view) = (self.clock_is_held(), self.keymap.told_lesson(view));
        let asks = self.learn.see(view, start, self.size);
        if self.clock_is_held() && !waited && asks {
            self.learn.ask();
            if self.screen != Screen::Learn {
                self.screen = Screen::Learn;
                self.say("The clock stands still: say first what will happen.");
            }
            self.refresh();
        }
    }

    /// No lesson is taken any more.
    pub fn leave_lesson(&mut self) {
        self.learn.leave();
    }

    /// The lesson went back in time: what was gathered about the run that was left is dropped.
    pub fn lesson_went_back(&mut self, view: View) {
        self.overlay = None;
        self.turn(view);
        self.pace.paused = false;
        self.yaml = crate::tui::screens::YamlState::default();
    }

    /// The lesson that is taken.
    pub fn lesson(&self) -> Option<&LessonView> {
        self.learn.lesson()
    }

    /// Whether time stands still until the learner goes on or answers.
    pub fn clock_is_held(&self) -> bool {
        self.lesson().is_some_and(|lesson| lesson.clock_held)
    }

    /// Whether the lesson's step asks something that was not answered yet: until then nothing on the screen may tell
    /// what would follow.
    pub fn guess_is_open(&self) -> bool {
        self.learn.open_question().is_some()
    }

    /// How time goes by, for the status line.
    pub fn clock_words(&self) -> &'static str {
        if self.clock_is_held() { "waits" } else { self.pace.label() }
    }

    /// What the learner did that no trace shows, since this was asked last.
    pub fn take_deeds(&mut self) -> Vec<String> {
        self.learn.take_deeds()
    }

    /// A command of the key table may be something that a lesson asks for: looking counts as doing.
    pub(super) fn note_deed(&mut self, command: Command) {
        let target = self.target().map(|target| format!("{} {}", target.kind.name(), target.key.name));
        let target = target.unwrap_or_default();
        let deed = match command {
            Command::Logs => format!("logs previous {target}"),
            Command::Describe => format!("describe {target}"),
            Command::Why => format!("why {target}"),
            _ => return,
        };
        self.learn.note(deed);
    }

    /// A page of the inspector was opened. The page about a pod's place is the scheduler's table.
    pub(super) fn note_page(&mut self, object: &ObjectRef, page: Page) {
        let name = match page {
            Page::Placement => "scheduler placement".to_owned(),
            page => page.name().to_lowercase(),
        };
        self.learn.note(format!("view {name} {} {}", object.kind.name(), object.key.name));
    }

    /// Goes to an event on the Time screen, or to the last step before an instant.
    pub(in crate::tui) fn go_to_moment(&mut self, event: Option<EventId>, at: VirtualTime) -> Option<Effect> {
        let known = event.filter(|event| self.live.event(*event).is_some());
        let last = || {
            let mut log = self.live.log().newest_first(EventId(u64::MAX));
            log.find(|event| event.at <= at && event.is_step()).map(|event| event.id)
        };
        let Some(event) = known.or_else(last) else {
            self.say("Nothing of that moment is kept any more.");
            return None;
        };
        self.screen = Screen::Time;
        self.go_to(event)
    }

    /// What a lesson does not allow now is refused with a word about what to do instead.
    pub fn unless_lesson_forbids(&mut self, effect: Option<Effect>) -> Option<Effect> {
        let reason = self.lesson().and_then(|lesson| forbidden(lesson, effect.as_ref()?));
        let Some(reason) = reason else { return effect };
        self.say(self.keymap.told(&reason));
        None
    }
}

fn forbidden(lesson: &LessonView, effect: &Effect) -> Option<String> {
    if matches!(effect, Effect::Fork(_) | Effect::TakeUp(_)) {
        return Some(
            "In a lesson time goes back by <once-more> on the Learn screen: this step again.".to_owned(),
        );
    }
    let tool = match effect {
        Effect::Input(input) if matches!(input.act, Act::Fault(_)) => "inject",
        Effect::Input(_) => "",
        Effect::Apply { .. } | Effect::Save { .. } | Effect::Edit(_) | Effect::Prune(_) => "edit",
        Effect::Kubectl(line) if kubectl::only_looks(line) => return None,
        Effect::Kubectl(_) => "kubectl",
        Effect::Lesson(LessonAct::Ask(Ask::Docker(_))) => "docker",
        Effect::RunTo(_) => "",
        _ => return None,
    };
    if lesson.clock_held {
        return Some(match lesson.page.0 {
            0 => "The lesson has not begun: read its first page (<learn>), then go on to the next one.".to_owned(),
            _ => "Say first what will happen: the question (<learn>) waits for your answer, and the clock with it."
                .to_owned(),
        });
    }
    let allowed = tool.is_empty()
        || lesson.sandbox
        || lesson.allow.is_empty()
        || lesson.allow.iter().any(|it| it == tool);
    (!allowed).then(|| {
        let words = lesson.allow.iter().map(|tool| tool_words(tool)).collect::<Vec<_>>().join(", ");
        format!("This lesson is done with {words}.\nAnything goes in the sandbox: <once-more> on the Learn screen.")
    })
}

fn tool_words(tool: &str) -> &str {
    match tool {
        "edit" => "editing (<edit>)",
        "inject" => "breaking (<break>)",
        "kubectl" => "kubectl (<command>)",
        "docker" => ":docker",
        other => other,
    }
}
