//! What stands in the file is in force, slips are told, and the three sources keep their order.

use super::*;
use crate::tui::keymap::Command;
use crate::tui::screen::Screen;
use crossterm::event::KeyCode;

fn nothing(_: &str) -> Option<String> {
    None
}

fn problems(text: &str) -> String {
    let found = ConfigFile::parse("config.yaml", text).expect_err("something is wrong");
    found.iter().map(|problem| format!("{}: {}\n", problem.place(), problem.render(false))).collect()
}

#[test]
fn a_flag_beats_the_file_and_the_file_beats_the_environment() {
    let environment = |name: &str| match name {
        "NO_COLOR" => Some("1".to_owned()),
        "KUBELOOP_MOTION" => Some("off".to_owned()),
        _ => None,
    };
    let file = ConfigFile::parse("config.yaml", "theme: light\nspeed: 20x\n").expect("good");
    let name = |settings: &Settings| settings.theme.as_ref().map(|theme| theme.name);

    let alone = Settings::resolve(&[], &ConfigFile::default(), &environment).expect("good");
    assert_eq!(name(&alone), Some("mono"));
    assert_eq!(alone.chosen("theme"), ("mono", Origin::Environment("NO_COLOR")));
    assert_eq!(alone.motion, Motion::Reduced);

    let with_file = Settings::resolve(&[], &file, &environment).expect("good");
    assert_eq!(name(&with_file), Some("light"));
    assert_eq!(with_file.chosen("speed"), ("20x", Origin::File));

    let flags = [("theme", "dark16".to_owned(), "--theme")];
    let with_flag = Settings::resolve(&flags, &file, &environment).expect("good");
    assert_eq!(name(&with_flag), Some("dark16"));
    assert_eq!(with_flag.chosen("theme"), ("dark16", Origin::Flag("--theme")));
}

#[test]
fn a_terminal_that_knows_only_ascii_gets_ascii_and_is_told_so_once() {
    let glyphs = |said: &'static [(&str, &str)], flags: &[FlagValue]| {
        let environment =
            |name: &str| said.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Settings::resolve(flags, &ConfigFile::default(), &environment).expect("good")
    };
    for said in [
        &[("LANG", "C")][..],
        &[("LC_ALL", "POSIX"), ("LANG", "en_US.UTF-8")],
        &[("LANG", "de_DE.ISO-8859-1")],
        &[("TERM", "vt100"), ("LANG", "en_US.UTF-8")],
    ] {
        let settings = glyphs(said, &[]);
        assert_eq!(settings.glyphs, Glyphs::Ascii, "{said:?}");
        assert!(settings.chosen_signs().is_some_and(|words| words.contains("<ascii>")), "{said:?}");
    }
    for said in [&[("LANG", "C.UTF-8")][..], &[("LC_ALL", "de_DE.utf8"), ("LANG", "C")], &[("LANG", "")], &[]]
    {
        let settings = glyphs(said, &[]);
        assert_eq!((settings.glyphs, settings.chosen_signs()), (Glyphs::Unicode, None), "{said:?}");
    }
    let wanted = [("ascii", "true".to_owned(), "--ascii")];
    assert_eq!(glyphs(&[], &wanted).chosen_signs(), None, "who asked for it need not be told");
}

#[test]
fn an_empty_no_color_says_nothing() {
    let environment = |name: &str| (name == "NO_COLOR").then(String::new);
    let settings = Settings::resolve(&[], &ConfigFile::default(), &environment).expect("good");
    assert!(settings.theme.is_none());
}

#[test]
fn slips_are_told_with_their_place_and_what_was_meant() {
    let told = problems("them: dark\nmotion: reducd\nascii: [1]\n");
    for part in [
        "config.yaml:1:1",
        "there is no setting \"them\"",
        "did you mean `theme`?",
        "config.yaml:2:9",
        "did you mean `reduced`?",
        "ascii needs a value: true, false",
    ] {
        assert!(told.contains(part), "{part} is not in:\n{told}");
    }
    assert!(problems("- dark\n").contains("a config file is a map"));
    assert!(problems("theme: dark\ntheme: light\n").contains("config.yaml:2:1"));
    assert!(problems("keys: K\n").contains("one `action: key` a line"));
    assert!(problems("keys:\n  brek: X\n").contains("did you mean `break`?"));
    assert!(problems("keys:\n  break: ctrl-x\n").contains("config.yaml:2:10"));
}

#[test]
fn keys_are_rebound_and_clashes_name_both_actions() {
    let text =
        "keys:\n  break: X\n  skip: [\">\", f5]\n  copy: n\n  next-page: none\n  next-beat: none\n  real: \n";
    assert!(problems(text).contains("there is no action \"real\""));
    let file = ConfigFile::parse(
        "config.yaml",
        "keys:\n  break: X\n  skip: [\">\", f5]\n  copy: n\n  next-page: none\n  next-beat: none\n",
    );
    let keymap = file.expect("good").keymap;
    let command = |key| keymap.command(key, Screen::Cluster);
    assert_eq!(command(KeyCode::Char('X')), Some(Command::Break));
    assert_eq!(command(KeyCode::Char('K')), None);
    assert_eq!(command(KeyCode::F(5)), Some(Command::NextEvent));
    assert_eq!(command(KeyCode::Char('n')), Some(Command::Copy), "n is a letter, not false");

    let told = problems("keys:\n  break: x\n");
    assert!(told.contains("config.yaml:2:3"), "{told}");
    assert!(told.contains("key x would be both \"break\" and \"x-ray\" on the Cluster screen"), "{told}");
    let taken_away = ConfigFile::parse("config.yaml", "keys:\n  break: x\n  x-ray: none\n").expect("good");
    assert_eq!(taken_away.keymap.command(KeyCode::Char('x'), Screen::Loop), Some(Command::Break));
    assert_eq!(taken_away.keymap.label(Command::XRay), "");
}

/// Every line of the sample is what is so anyway.
#[test]
fn the_sample_without_its_comment_signs_changes_nothing() {
    let text = sample();
    assert!(ConfigFile::parse("config.yaml", &text).expect("comments only").values.is_empty());
    let is_entry = |line: &&str| {
        line.starts_with("  ")
            || line.starts_with("keys:")
            || SETTINGS.iter().any(|setting| line.starts_with(&format!("{}: ", setting.name)))
    };
    let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# ")).filter(is_entry).collect();
    let bare = lines.join("\n");
    let file = ConfigFile::parse("config.yaml", &bare).unwrap_or_else(|found| panic!("{}", found[0]));
    assert_eq!(file.values.len(), SETTINGS.len());
    for setting in SETTINGS {
        assert_eq!(file.values[setting.name], setting.default);
    }
    for (ours, usual) in file.keymap.all().iter().zip(Keymap::default().all()) {
        let sorted = |keys: &[KeyCode]| {
            let mut shown: Vec<String> = keys.iter().map(|key| format!("{key:?}")).collect();
            shown.sort();
            shown
        };
        assert_eq!(sorted(&ours.keys), sorted(&usual.keys), "{}", usual.label);
    }
    assert!(lines.len() > 40, "{bare}");
}

#[test]
fn every_default_is_a_value() {
    let settings = Settings::resolve(&[], &ConfigFile::default(), &nothing).expect("defaults are values");
    for setting in SETTINGS {
        assert_eq!(settings.chosen(setting.name), (setting.default, Origin::Default));
        assert!(setting.set(&mut Settings::default(), "no such value").is_err(), "{}", setting.name);
        for value in setting.values() {
            assert!(setting.set(&mut Settings::default(), value).is_ok(), "{} {value}", setting.name);
        }
    }
}
