use super::*;

fn attempt(lesson: &str, began: &str, passed: bool, answers: Vec<Answer>) -> Attempt {
    Attempt {
        lesson: lesson.into(),
        began: began.into(),
        seed: 1,
        passed,
        goals: (1, 2),
        answers,
        ..Attempt::default()
    }
}

fn answer(right: usize, sure: Sure, busts: Option<&str>) -> Answer {
    Answer {
        question: "q".into(),
        chosen: "x".into(),
        right: (right, 1),
        sure,
        busts: busts.map(str::to_owned),
        exposes: vec!["M09".into(), "M10".into()],
    }
}

fn progress(attempts: Vec<Attempt>) -> Progress {
    let mut progress = Progress::default();
    attempts.into_iter().for_each(|attempt| progress.note(attempt));
    progress
}

#[test]
fn what_a_later_version_wrote_is_kept() {
    let text = r#"{"kubeloop_progress": 3, "colour": "blue", "attempts": [
        {"lesson": "01-a", "began": "2026-01-05T08:00:00Z", "seed": 4, "mood": "good"},
        {"exam": 7}
    ]}"#;
    let read = Progress::parse(text).unwrap();
    assert_eq!(read.attempts().count(), 1);
    let again: Value = serde_json::from_str(&read.to_text()).unwrap();
    assert_eq!((&again["colour"], &again["kubeloop_progress"]), (&"blue".into(), &3.into()));
    let attempts = again["attempts"].as_array().unwrap();
    assert!(attempts.iter().any(|attempt| attempt["mood"] == "good"));
    assert!(attempts.iter().any(|attempt| attempt["exam"] == 7));
    assert!(Progress::parse("").unwrap().attempts.is_empty());
    let wrong = Progress::parse("{\n\"a\":").unwrap_err();
    assert_eq!(wrong, "2:4: this is no progress file: EOF while parsing a value");
}

#[test]
fn merging_is_the_same_in_any_order_and_twice() {
    let one = progress(vec![
        attempt("01-a", "2026-01-05T08:00:00Z", false, vec![]),
        attempt("02-b", "2026-01-06T08:00:00Z", true, vec![]),
    ]);
    let other = progress(vec![
        attempt("01-a", "2026-01-05T08:00:00Z", true, vec![]),
        attempt("03-c", "2026-01-07T08:00:00Z", false, vec![]),
    ]);
    let merged = |a: &Progress, b: &Progress| {
        let mut merged = a.clone();
        merged.merge(b.clone());
        merged
    };
    let both = merged(&one, &other);
    assert_eq!(both, merged(&other, &one));
    assert_eq!(both, merged(&both, &one));
    assert_eq!(both.attempts().count(), 3);
    assert!(both.is_passed("01-a") && !one.is_passed("01-a"));
}

#[test]
fn beliefs_are_held_until_a_right_answer() {
    let wrong = attempt("12", "2026-01-05T08:00:00Z", true, vec![answer(0, Sure::Certain, Some("M09"))]);
    let right = attempt("12", "2026-01-09T08:00:00Z", true, vec![answer(1, Sure::Fairly, None)]);
    let beliefs = profile(&progress(vec![wrong.clone()]));
    assert_eq!(beliefs["M09"], Belief { met: 1, held: 1, sure: Some(Sure::Certain), holds: true });
    assert!(!beliefs["M10"].holds);
    assert!(!profile(&progress(vec![wrong, right]))["M09"].holds);
}

#[test]
fn reviews_come_after_growing_intervals() {
    let strong = |began: &str| attempt("12", began, true, vec![answer(1, Sure::Fairly, None)]);
    let first = progress(vec![strong("2026-01-05T08:00:00Z")]);
    let today = |text: &str| day(&format!("{text}T09:00:00Z"));
    assert!(due(&first, today("2026-01-05")).is_empty());
    assert_eq!(due(&first, today("2026-01-06"))[0].overdue_days, 0);
    let second = progress(vec![strong("2026-01-05T08:00:00Z"), strong("2026-01-06T08:00:00Z")]);
    assert!(due(&second, today("2026-01-08")).is_empty());
    assert_eq!(due(&second, today("2026-01-09")).len(), 1);
    let guessed = attempt("12", "2026-01-09T08:00:00Z", true, vec![answer(1, Sure::Guess, None)]);
    let mut third = second;
    third.note(guessed);
    let due = due(&third, today("2026-01-10"));
    assert_eq!((due[0].overdue_days, due[0].questions.as_slice()), (0, &["q".to_owned()][..]));
    assert!(third.attempts().all(|attempt| attempt.seed != due[0].seed));
    // What was never passed is not reviewed.
    assert!(
        super::due(
            &progress(vec![attempt("01", "2026-01-05T08:00:00Z", false, vec![])]),
            today("2027-01-01")
        )
        .is_empty()
    );
}

#[test]
fn a_class_stalls_somewhere() {
    let mut one = attempt("12", "2026-01-05T08:00:00Z", false, vec![answer(0, Sure::Certain, Some("M09"))]);
    one.at = "Get out of it".into();
    let people = [progress(vec![one]), progress(vec![attempt("12", "2026-01-05T08:00:00Z", true, vec![])])];
    let stats = &stats(&people)["12"];
    assert_eq!((stats.people, stats.passed, stats.stalls["Get out of it"]), (2, 1, 1));
    assert_eq!((stats.wrong["q: x"], stats.beliefs["M09"]), ((1, 1), 1));
}

#[test]
fn the_file_stays_small_and_keeps_the_best() {
    let mut all = progress(vec![attempt("12", "2020-01-01T00:00:00Z", true, vec![])]);
    all.attempts.extend((0..KEPT + 5).map(|number| {
        Entry::Attempt(Box::new(attempt("12", &format!("2026-01-05T{number:09}"), false, vec![])))
    }));
    all.merge(Progress::default());
    assert_eq!(all.attempts.len(), KEPT);
    assert!(all.is_passed("12"));
}
