//! A lesson in plain mode: the same course, the same grading, read out in lines.

use super::super::classroom::{Begun, Classroom};
use super::super::commands::Commands;
use super::Talk;
use crate::lessons::Catalog;
use crate::lessons::session::Told;
use crate::plain::Reader;
use crate::tui::LessonAct;
use crate::tui::model::CourseMark;
use crate::tui::pace::Mode;

/// Takes a lesson in lines; without one, lists the course.
///
/// # Errors
/// When the lesson cannot begin.
pub(super) fn learn(catalog: Catalog, name: Option<&str>, speed: Mode) -> anyhow::Result<()> {
    let (mut classroom, problem) = Classroom::open(catalog);
    problem.into_iter().for_each(|problem| eprintln!("kubeloop: {problem}"));
    let Some(name) = name else {
        list(&classroom);
        return Ok(());
    };
    let lesson = classroom.find(name).map_err(anyhow::Error::msg)?;
    let Begun { session, folder, goes_on, said, problem } = classroom.begin(&lesson, None)?;
    problem.into_iter().for_each(|problem| eprintln!("kubeloop: {problem}"));
    let mut talk = Talk::new(session, speed, Some(folder.clone()));
    talk.commands = Commands::default().in_folder(folder.clone());
    talk.plain.print(format!("Lesson {}: {}. {} minutes.", lesson.number(), lesson.title, lesson.minutes));
    talk.plain.print(format!("Its manifests lie in {}; saving one changes the cluster.", folder.display()));
    said.into_iter().for_each(|word| talk.plain.print(word));
    if goes_on {
        talk.plain.print("You go on where you were. Type restart to begin again.");
    }
    talk.lesson = Some((Reader::default(), folder, classroom));
    talk.plain.begin(talk.session.engine.view());
    talk.run()
}

fn list(classroom: &Classroom) {
    for row in classroom.course() {
        let mark = match row.mark {
            CourseMark::Passed => "passed",
            CourseMark::Begun => "begun",
            CourseMark::New => "new",
        };
        println!("{:<3} {:<38} {:>3} min  {mark}", row.number, row.title, row.minutes);
    }
    println!("Take one with kubeloop learn NUMBER --plain.");
}

impl Talk {
    /// Reads out what is new in the lesson, and notes how the attempt stands.
    pub(super) fn read_lesson(&mut self) {
        for deed in self.plain.app.take_deeds() {
            self.session.tell_lesson(&deed);
        }
        let Some((reader, _, classroom)) = &mut self.lesson else { return };
        let Some((view, start)) = self.session.lesson_view() else { return };
        if let Err(error) = classroom.note(&view) {
            self.plain.app.complain(format!("{error:#}"));
        }
        let view = self.plain.app.keymap.told_lesson(view);
        let lines = reader.see(&view);
        self.plain.app.see_lesson(view, start);
        self.plain.print_all(lines);
    }

    /// Does what the learner asks of the lesson.
    pub(super) fn ask_lesson(&mut self, act: LessonAct) {
        let (folder, ask) = match (&self.lesson, act) {
            (Some((_, _, classroom)), LessonAct::Cards(words)) => {
                return self.plain.print_all(classroom.cards(&words));
            }
            (None, LessonAct::Cards(words)) => {
                let (classroom, problem) = Classroom::open(Catalog::embedded());
                problem.into_iter().for_each(|problem| self.plain.app.complain(problem));
                return self.plain.print_all(classroom.cards(&words));
            }
            (Some(_), LessonAct::Leave) => {
                self.quit = true;
                return;
            }
            (Some((_, folder, _)), LessonAct::Ask(ask)) => (folder.clone(), ask),
            // No line asks for it here: fresh eyes are a key of the dashboard.
            (Some(_), LessonAct::Fresh) => return,
            (_, LessonAct::Open(name)) => {
                return self.plain.print(format!("Leave first, then type: kubeloop learn {name} --plain"));
            }
            (None, _) => return self.plain.print("No lesson is open: kubeloop learn --plain lists them."),
        };
        match self.session.ask_lesson(ask, &folder) {
            // What stands in the lesson is read out from there.
            Told::Nothing | Told::Hint(_) => {}
            Told::Word(text) => self.plain.print(text),
            Told::Text(_, text) => self.plain.print_all(text.lines().map(str::to_owned)),
            Told::Wrong(reason) => self.plain.app.complain(reason),
            Told::WentBack => {
                self.plain.app.lesson_went_back(self.session.engine.view());
                self.plain.turned();
                self.plain.print("Back at that moment; what came after it is undone.");
            }
        }
    }
}
