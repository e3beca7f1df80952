use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::apiserver::{Call, DeleteOptions};
use crate::engine::{Act, Input};
use crate::expression::Breakpoints;
use crate::lessons::Lesson;
use crate::lessons::session::{Ask, Reply, Sure, Told};
use crate::live::session::Session;
use crate::object::{Kind, ObjectRef, Pod, Resource};
use crate::record::attempts;
use crate::trace::EventId;

const SMALL: &str = include_str!("../../../tests/fixtures/lessons/01-small/lesson.md");

fn lesson(text: &str) -> Arc<Lesson> {
    Arc::new(Lesson::parse("01-small", "lesson.md", text).unwrap())
}

/// A lesson that is taken in a folder, with its tape.
fn begin(home: &Path) -> Session {
    let mut session = Session::for_lesson(&lesson(SMALL), Some(7), &home.join("files")).unwrap();
    let (file, text) = attempts::open(&home.join("progress.json"), "01-small").unwrap();
    assert_eq!(text, "");
    let header = Header::new("01-small", 7, "2026-01-05T08:00:00Z");
    session.tape = Some(Tape::new(file, header, &session.engine));
    session
}

fn ask(session: &mut Session, home: &Path, what: Ask) -> Told {
    session.ask_lesson(what, &home.join("files"))
}

fn go_on(session: &mut Session, secs: u64) {
    let until = session.engine.now() + Span::secs(secs);
    session.go_on_until(until, &mut Breakpoints::default());
}

fn delete_a_pod(session: &mut Session) {
    let pods = session.engine.world().list_as::<Pod>(Some("default"));
    let pod = pods.filter(|pod| pod.is_active()).map(Resource::key).next().unwrap();
    let call = Call::Delete { target: ObjectRef::new(Kind::Pod, pod), options: DeleteOptions::default() };
    session.apply(Input::new("key", "you deleted a pod", Act::Api(call))).unwrap();
}

/// The program is killed here: what is on the disk, and a second program that takes the lesson up.
fn killed(session: Session, home: &Path) -> (String, Result<(Session, Header), String>) {
    drop(session);
    let (_file, text) = attempts::open(&home.join("progress.json"), "01-small").unwrap();
    let again = Session::taken_up(&lesson(SMALL), &text, &home.join("files"));
    (text, again)
}

fn trace(session: &Session) -> Vec<String> {
    let log = session.engine.world().log();
    log.oldest_first(EventId(0)).map(|event| format!("{event:?}")).collect()
}

#[test]
fn a_lesson_that_was_killed_stands_as_it_stood() {
    let home = tempfile::tempdir().unwrap();
    let mut session = begin(home.path());
    ask(&mut session, home.path(), Ask::NextPage);
    ask(&mut session, home.path(), Ask::Answer("ten-seconds".to_owned(), Reply::Option(0), Sure::Certain));
    ask(&mut session, home.path(), Ask::Hint);
    session.tell_lesson("logs previous Pod web-x");
    delete_a_pod(&mut session);
    go_on(&mut session, 3);
    // What is tried in the sandbox, and what is done in a step that begins again, is undone again.
    ask(&mut session, home.path(), Ask::Sandbox);
    delete_a_pod(&mut session);
    go_on(&mut session, 7);
    assert_eq!(ask(&mut session, home.path(), Ask::Sandbox), Told::WentBack);
    go_on(&mut session, 2);
    assert_eq!(ask(&mut session, home.path(), Ask::RestartStep), Told::WentBack);
    ask(&mut session, home.path(), Ask::Answer("ten-seconds".to_owned(), Reply::Option(1), Sure::Guess));
    delete_a_pod(&mut session);
    go_on(&mut session, 40);
    assert_eq!(session.lesson.as_ref().unwrap().step(), 1);
    ask(&mut session, home.path(), Ask::NextPage);
    // A manifest is saved, and the program ends right after it.
    let (mut texts, file) = (session.lesson.as_ref().unwrap().files().texts().clone(), "web.yaml");
    let text = texts[file].replacen("replicas: 2", "replicas: 4", 1);
    assert_ne!(text, texts[file]);
    texts.insert(file.to_owned(), text);
    session.saved(&texts);
    let (before, shown) = (trace(&session), session.lesson_view());
    let (_, again) = killed(session, home.path());
    let (again, header) = again.unwrap();
    assert_eq!((header.seed, header.began.as_str()), (7, "2026-01-05T08:00:00Z"));
    assert_eq!(trace(&again), before);
    assert_eq!(again.lesson_view(), shown);
}

#[test]
fn the_clock_is_behind_by_a_moment_at_most() {
    let home = tempfile::tempdir().unwrap();
    let mut session = begin(home.path());
    ask(&mut session, home.path(), Ask::NextPage);
    ask(&mut session, home.path(), Ask::Answer("ten-seconds".to_owned(), Reply::Option(1), Sure::Guess));
    go_on(&mut session, 100);
    let now = session.engine.now();
    let (text, again) = killed(session, home.path());
    let behind = now.since(again.unwrap().0.engine.now());
    assert!(behind < Span::secs(10), "{behind}");
    // Most looks are not written down: nothing came of them.
    assert!(text.lines().count() < 40, "{text}");
}

#[test]
fn beginning_again_empties_the_tape() {
    let home = tempfile::tempdir().unwrap();
    let mut session = begin(home.path());
    ask(&mut session, home.path(), Ask::NextPage);
    delete_a_pod(&mut session);
    assert_eq!(ask(&mut session, home.path(), Ask::Restart), Told::WentBack);
    let (text, again) = killed(session, home.path());
    assert_eq!(text.lines().count(), 1, "{text}");
    assert_eq!(again.unwrap().0.lesson_view().unwrap().0.page.0, 0);
}

#[test]
fn what_cannot_be_had_again_is_said() {
    let home = tempfile::tempdir().unwrap();
    let mut session = begin(home.path());
    ask(&mut session, home.path(), Ask::NextPage);
    delete_a_pod(&mut session);
    let (text, _) = killed(session, home.path());
    let taken_up = |text: &str| {
        Session::taken_up(&lesson(SMALL), text, &home.path().join("files")).err().unwrap_or_default()
    };
    assert_eq!(taken_up(&text), "");
    let other = taken_up(&text.replace("\"revision\":", "\"revision\":1"));
    assert!(other.ends_with("it came otherwise than it was"), "{other}");
    assert!(taken_up(&format!("{text}nonsense\n")).starts_with("line "));
    assert_eq!(taken_up(&format!("{text}{{\"at_us\":1")), "", "a torn line is not there");
    assert!(taken_up(&text.replacen("01-small", "02-other", 1)).contains("another lesson"));
}
