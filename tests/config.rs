//! `kubeloop config`: it says what is set and by what, writes a file once, and refuses slips with their place.
#![allow(clippy::disallowed_methods, reason = "the test reads and writes the user's files")]

use std::path::Path;
use std::process::{Command, Output};

fn config(home: &Path, args: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubeloop"));
    command.arg("config").args(args).env_clear().env("HOME", home).env("XDG_CONFIG_HOME", home);
    command.envs(environment.iter().copied()).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The line of a setting: its value, and where it comes from.
fn set(listing: &str, name: &str) -> (String, String) {
    let line = listing.lines().find(|line| line.starts_with(&format!("{name} "))).expect("a line");
    let mut words = line.split_whitespace().skip(1).map(str::to_owned);
    (words.next().expect("a value"), words.next().expect("an origin"))
}

#[test]
fn the_list_says_what_is_set_and_by_what() {
    let home = tempfile::tempdir().expect("a folder");
    let fresh = config(home.path(), &[], &[("NO_COLOR", "1"), ("KUBELOOP_MOTION", "off")]);
    assert_eq!(fresh.status.code(), Some(0));
    let listing = text(&fresh.stdout);
    assert!(listing.contains("kubeloop/config.yaml (not there"), "{listing}");
    assert_eq!(set(&listing, "theme"), ("mono".to_owned(), "$NO_COLOR".to_owned()));
    assert_eq!(set(&listing, "motion"), ("reduced".to_owned(), "$KUBELOOP_MOTION".to_owned()));
    assert_eq!(set(&listing, "speed"), ("follow".to_owned(), "default".to_owned()));
    assert!(listing.lines().any(|line| line.starts_with("break ") && line.contains(" K ")), "{listing}");

    std::fs::create_dir_all(home.path().join("kubeloop")).expect("a folder");
    let file = home.path().join("kubeloop/config.yaml");
    std::fs::write(&file, "theme: light\nkeys:\n  break: X\n").expect("written");
    let listing = text(&config(home.path(), &[], &[("NO_COLOR", "1")]).stdout);
    assert_eq!(set(&listing, "theme"), ("light".to_owned(), "file".to_owned()));
    assert!(listing.lines().any(|line| line.starts_with("break ") && line.contains(" X ")), "{listing}");
    let json: serde_json::Value =
        serde_json::from_slice(&config(home.path(), &["-o", "json"], &[]).stdout).expect("JSON");
    assert_eq!(json["exists"], true);
    assert_eq!(json["settings"][0]["value"], "light");
}

#[test]
fn a_first_file_is_written_once_and_says_what_is_so_anyway() {
    let home = tempfile::tempdir().expect("a folder");
    let before = text(&config(home.path(), &[], &[]).stdout);
    assert_eq!(config(home.path(), &["--init"], &[]).status.code(), Some(0));
    let file = home.path().join("kubeloop/config.yaml");
    let written = std::fs::read_to_string(&file).expect("the file");
    let again = config(home.path(), &["--init"], &[]);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("there already"), "{}", text(&again.stderr));
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), written);
    let after = text(&config(home.path(), &[], &[]).stdout);
    assert_eq!(after.lines().skip(1).collect::<Vec<_>>(), before.lines().skip(1).collect::<Vec<_>>());
}

#[test]
fn a_slip_is_refused_with_its_place() {
    let home = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(home.path().join("kubeloop")).expect("a folder");
    let file = home.path().join("kubeloop/config.yaml");
    std::fs::write(&file, "theme: drak\nkeys:\n  why: l\n").expect("written");
    let refused = config(home.path(), &[], &[]);
    assert_eq!(refused.status.code(), Some(2));
    let told = text(&refused.stderr);
    for part in
        ["config.yaml:1:8: error", "did you mean `dark`?", "config.yaml:3:3: error", "\"why\" and \"logs\""]
    {
        assert!(told.contains(part), "{part} is not in:\n{told}");
    }
}
