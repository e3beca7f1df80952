//! The Learn screen: the course, and the lesson that is taken, beside the cluster in which it is done.
//!
//! ```text
//! ┌─ 1  Take one away ─────── page 1 of 3 ─┐┌─ Objects ──────────────────────────────┐
//! │ Go to a login pod with the arrow keys. ││ OBJECT        WANT    HAVE    GAP LOOP │
//! │ Press K, then p.                       ││▾ deploy/login ▱▱▱ 3   ◉◉◉ 3    =       │
//! └────────────────────────────────────────┘└────────────────────────────────────────┘
//! ┌─ Checklist ───────────── graded live ──┐┏━ What will happen? ━━━━━━━━━━ 1-4 choose ┓
//! │ ✓ You deleted a login pod              │┃  1  Two pods. What is deleted is gone.   ┃
//! │ ∙ Three login pods are ready again     │┃▸ 2  Three pods, one of them new.         ┃
//! └────────────────────────────────────────┘┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛
//! ```
//!
//! The learner acts with the keys that the dashboard has anyway, here or on any other screen. Where room is short
//! one pane is shown at a time, and Tab goes on to the next.

mod again;
mod checklist;
mod course;
mod draft;
mod host;
mod layout;
mod page;
mod question;
mod state;
mod strip;
mod timeline;

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::{Rect, Size};

use self::draft::Typed;
use self::state::{Pane, Taken};
use crate::lessons::LessonView;
use crate::lessons::session::{Ask, GoalState, VerdictView};
use crate::time::{Span, VirtualTime};
use crate::tui::app::{App, Effect, Flow, LessonAct, Overlay};
use crate::tui::keymap::{Command, Hint};
use crate::tui::model::CourseRow;
use crate::tui::screens::frame::regions;

pub(in crate::tui) use again::{draw as draw_again, key as again_key};
pub(in crate::tui) use layout::opens;
pub(in crate::tui) use state::State;
pub(in crate::tui) use strip::strip;

/// Lines of a page that a page key moves.
const PAGE: usize = 10;

/// Paints the screen.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let Some(taken) = &app.learn.taken else { return course::draw(frame, area, app) };
    for (part, place) in layout::places(frame.area().as_size(), area, taken) {
        match part {
            layout::Part::Page => page::draw(frame, place, app, taken),
            layout::Part::Checklist => checklist::draw(frame, place, app, taken),
            layout::Part::Question => question::draw(frame, place, app, taken),
            layout::Part::Timeline => timeline::draw(frame, place, app, taken),
            layout::Part::Host => host::draw(frame, place, app, taken),
            layout::Part::Objects => {
                super::cluster::objects_here(frame, place, app, taken.pane == Pane::World)
            }
            layout::Part::Nodes => super::cluster::nodes_here(frame, place, app),
        }
    }
}

/// How many rows of the objects table have room.
pub(super) fn rows_room(app: &App) -> usize {
    let Some(taken) = &app.learn.taken else { return usize::MAX };
    let area = regions(app.size, false).body;
    let objects =
        layout::places(app.size, area, taken).into_iter().find(|(part, _)| *part == layout::Part::Objects);
    objects.map_or(usize::MAX, |(_, place)| usize::from(place.height.saturating_sub(3)))
}

/// A key before the key table: a question that has the focus is a menu.
pub(super) fn key(app: &mut App, key: KeyCode) -> Flow {
    let Some(taken) = &mut app.learn.taken else { return Flow::Pass };
    if taken.pane != Pane::Tasks {
        return Flow::Pass;
    }
    let Some(question) = taken.open_question().cloned() else { return Flow::Pass };
    match taken.draft.key(&question, key) {
        Typed::Pass => Flow::Pass,
        Typed::Taken => Flow::Done(None),
        Typed::Missing(what) => {
            app.say(what);
            Flow::Done(None)
        }
        Typed::Locked(reply) => {
            let answer = LessonAct::Ask(Ask::Answer(question.id, reply, taken.draft.sure));
            Flow::Done(Some(Effect::Lesson(answer)))
        }
    }
}

/// What commands mean on this screen.
pub(super) fn command(app: &mut App, command: Command) -> Flow {
    if app.learn.taken.is_none() {
        return course::command(app, command);
    }
    match command {
        Command::NextPage => Flow::Done(next_page(app)),
        Command::LastPage => Flow::Done(turn(app, Ask::LastPage)),
        Command::Again => {
            app.overlay = Some(Overlay::Again(0));
            Flow::Done(None)
        }
        Command::Back if app.toasts.iter().any(|toast| toast.error) => Flow::Pass,
        Command::Back => Flow::Done(Some(Effect::Lesson(LessonAct::Leave))),
        Command::NextPanel => Flow::Done(focus(app, 1)),
        Command::LastPanel => Flow::Done(focus(app, 2)),
        other => in_pane(app, other),
    }
}

fn next_page(app: &mut App) -> Option<Effect> {
    let taken = app.learn.taken.as_ref()?;
    if taken.is_debrief() {
        return Some(Effect::Lesson(LessonAct::Leave));
    }
    if !taken.view.step_passed {
        app.say(match layout::is_wide(app.size) {
            true => "This step is not passed yet: the checklist says what is open.",
            false => "This step is not passed yet: tab shows what is open.",
        });
        return None;
    }
    turn(app, Ask::NextPage)
}

/// Turns the page. What was said about this one is no news on the next.
fn turn(app: &mut App, to: Ask) -> Option<Effect> {
    app.toasts.retain(|toast| toast.error);
    Some(Effect::Lesson(LessonAct::Ask(to)))
}

/// Gives the keys to the next pane.
fn focus(app: &mut App, by: usize) -> Option<Effect> {
    const PANES: [Pane; 3] = [Pane::Page, Pane::Tasks, Pane::World];
    let taken = app.learn.taken.as_mut()?;
    let here = PANES.iter().position(|pane| *pane == taken.pane).unwrap_or(0);
    taken.pane = PANES.get((here + by) % PANES.len()).copied().unwrap_or_default();
    app.refresh();
    None
}

/// What commands mean in the pane that has the keys.
fn in_pane(app: &mut App, command: Command) -> Flow {
    let size = app.size;
    let Some(taken) = &mut app.learn.taken else { return Flow::Pass };
    let end = page::last_top(size, taken);
    let scroll = |top: usize| match command {
        Command::Up => Some(top.saturating_sub(1)),
        Command::Down => Some((top + 1).min(end)),
        Command::PageUp => Some(top.saturating_sub(PAGE)),
        Command::PageDown => Some((top + PAGE).min(end)),
        Command::First => Some(0),
        Command::Last => Some(end),
        _ => None,
    };
    match (taken.pane, command) {
        (Pane::World, Command::Unfold) => {
            app.unfold();
            Flow::Done(None)
        }
        (Pane::World, _) => Flow::Pass,
        (Pane::Tasks, command) if taken.is_debrief() => timeline::command(app, command),
        (Pane::Tasks, Command::Open) => Flow::Done(to_verdict(app)),
        (Pane::Page, Command::Open) => Flow::Done(None),
        (_, _) => match scroll(taken.top) {
            Some(top) => {
                taken.top = top;
                Flow::Done(None)
            }
            None => Flow::Pass,
        },
    }
}

/// To the moment at which an answer was judged.
fn to_verdict(app: &mut App) -> Option<Effect> {
    let taken = app.learn.taken.as_ref()?;
    let judged = taken.view.questions.iter().rev().find_map(|question| question.verdict.as_ref())?;
    let at = taken.instant(judged.t);
    app.go_to_moment(None, at)
}

/// Brings the hint line into the order in which it is of use: without a lesson, what is asked of one means nothing; a
/// question that has the keys comes first; where one pane is shown at a time, so does the way to the others.
pub(in crate::tui) fn sort_hints(app: &App, hints: &mut Vec<Hint<'_>>) {
    let Some(taken) = &app.learn.taken else {
        return hints.retain(|hint| !hint.command.is_some_and(is_of_lesson));
    };
    // In a lesson there is enough to press.
    hints.retain(|hint| hint.command != Some(Command::Cards));
    match taken.open_question().filter(|_| taken.pane == Pane::Tasks) {
        Some(question) => {
            let rank = |hint: &Hint<'_>| match hint.command {
                Some(Command::Hint) => 0,
                Some(Command::NextPanel) => 1,
                _ => 2,
            };
            hints.sort_by_key(rank);
            hints.splice(0..0, question::hints(question));
        }
        None if layout::is_wide(app.size) => {}
        None => hints.sort_by_key(|hint| hint.command != Some(Command::NextPanel)),
    }
}

fn is_of_lesson(command: Command) -> bool {
    matches!(command, Command::Hint | Command::NextPage | Command::LastPage | Command::Again)
}

/// The words above the hints: what the lesson waits for.
pub(super) fn narration(app: &App) -> Option<(&'static str, String, String)> {
    let taken = app.learn.taken.as_ref()?;
    let (now, next) = words(&taken.view, taken, layout::is_wide(app.size), app.pace.paused);
    // What the file says against the cluster is worth more than advice about keys.
    let next = taken.view.banners.first().filter(|_| !taken.view.clock_held).cloned().unwrap_or(next);
    Some(("LEARN", now, next))
}

fn words(view: &LessonView, taken: &Taken, is_wide: bool, is_paused: bool) -> (String, String) {
    let line = |now: &str, next: &str| (now.to_owned(), next.to_owned());
    if view.sandbox {
        return line(
            "You are in the sandbox: nothing is graded, and nothing you break is lost.",
            "<once-more>, then t goes back to the lesson as it was.",
        );
    }
    match taken.open_question() {
        _ if view.page.0 == 0 && is_wide => {
            line("Read. The clock stands still meanwhile.", "<next-page> begins.")
        }
        _ if view.page.0 == 0 => line(
            "Read. The clock stands still meanwhile.",
            "<panel>, <panel> shows the cluster; <next-page> begins.",
        ),
        Some(_) if view.clock_held && taken.pane != Pane::Tasks => {
            line("The clock waits for your answer.", "<panel> goes to the question; then digits choose.")
        }
        Some(_) if view.clock_held => line(
            "Your answer is checked against what the cluster then does, not against a key.",
            "Digits choose. g guess, f fairly, c certain. Enter locks it. A wrong answer costs nothing.",
        ),
        _ if taken.is_debrief() => line(
            "You are through. This is what happened, on your own timeline.",
            "<panel>, then Enter on a line shows that moment. <next-page> closes the lesson.",
        ),
        // Whoever guessed wrong must not turn the page before the reason was in sight.
        _ if view.step_passed && !is_wide && taken.pane != Pane::Tasks && guessed_wrong(view) => line(
            "This step is passed, but your answer was not right.",
            "<panel> says why; <next-page> turns the page.",
        ),
        _ if view.step_passed => line("This step is passed.", "<next-page> turns the page."),
        _ if view.stuck => line(
            "Stuck? <hint> gives a hint.",
            "It looks at what you did. Hints cost nothing but the pleasure.",
        ),
        Some(_) if taken.pane == Pane::Page && !is_wide => line(
            "A question is open. It holds the clock as soon as you act.",
            "<panel>: the question. Once more: the cluster, where you act.",
        ),
        Some(_) if taken.pane == Pane::Tasks => line(
            "A question is open. It holds the clock as soon as you act.",
            "Digits choose, enter locks it. <panel> goes to the cluster, where you act.",
        ),
        Some(_) => line(
            "A question is open. It holds the clock as soon as you act.",
            "Read, answer it, then act: <break> breaks, <edit> edits, <command> types a command.",
        ),
        None if is_paused => {
            line("The clock stands: nothing happens, and no goal is reached.", "<pause> lets it run.")
        }
        None if holding(view) => line(
            "Now wait: what is reached has to stay so for a moment.",
            "The checklist counts the seconds.",
        ),
        // Where only one pane has room, the others are told.
        None if taken.pane != Pane::Tasks && !is_wide => {
            let reached = view.goals.iter().filter(|goal| checklist::is_reached(goal.state)).count();
            let judged = view.questions.iter().any(|question| question.verdict.is_some());
            let answer = if judged { " Your answer is judged." } else { "" };
            line(
                "Now act: <break> breaks, <edit> edits, <command> types a command.",
                &format!("{reached} of {} goals reached.{answer} <panel> shows them.", view.goals.len()),
            )
        }
        None if !is_wide => line(
            "Now act: <break> breaks, <edit> edits, <command> types a command.",
            "The checklist ticks by itself. tab: the cluster.",
        ),
        None => line(
            "Now act: <break> breaks, <edit> edits, <command> types a command. The checklist ticks by itself.",
            "<cluster> shows the whole cluster; <learn> comes back here.",
        ),
    }
}

/// Whether the only open goals are those that have to hold for a while, and do.
fn holding(view: &LessonView) -> bool {
    let mut open = view.goals.iter().filter(|goal| !checklist::is_reached(goal.state)).peekable();
    open.peek().is_some() && open.all(|goal| goal.state == GoalState::Holding)
}

fn guessed_wrong(view: &LessonView) -> bool {
    let wrong = |verdict: &VerdictView| verdict.right.0 < verdict.right.1;
    view.questions.iter().any(|question| question.verdict.as_ref().is_some_and(wrong))
}

impl Taken {
    /// The instant that a time in the view means.
    fn instant(&self, t: f64) -> VirtualTime {
        self.start + Span::micros((t.max(0.0) * 1e6).round() as u64)
    }
}

impl State {
    /// The lessons are these.
    pub(in crate::tui) fn set_course(&mut self, rows: Vec<CourseRow>) {
        let first_new = rows.iter().position(|row| row.mark != crate::tui::model::CourseMark::Passed);
        if self.course.is_empty() {
            self.at = first_new.unwrap_or(0);
        }
        self.course = rows;
        self.at = self.at.min(self.course.len().saturating_sub(1));
    }

    /// The lesson is like this now. Returns whether a question is open.
    pub(in crate::tui) fn see(&mut self, view: LessonView, start: VirtualTime, size: Size) -> bool {
        match &mut self.taken {
            Some(taken) if taken.view.id == view.id && taken.start == start => {
                taken.see(view, layout::is_wide(size));
            }
            _ => self.taken = Some(Box::new(Taken::new(view, start, layout::is_wide(size)))),
        }
        self.taken.as_ref().is_some_and(|taken| taken.open_question().is_some())
    }

    /// Selects a lesson in the list, if it is there.
    pub(in crate::tui) fn select(&mut self, id: &str) {
        if let Some(at) = self.course.iter().position(|row| row.id == id) {
            self.at = at;
        }
    }

    /// The question gets the keys.
    pub(in crate::tui) fn ask(&mut self) {
        if let Some(taken) = &mut self.taken {
            taken.pane = Pane::Tasks;
        }
    }

    /// No lesson is taken.
    pub(in crate::tui) fn leave(&mut self) {
        self.taken = None;
    }
}
