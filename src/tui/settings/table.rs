//! Everything that can be set: its name, its values, its meaning, and where else it comes from.

use super::Settings;
use crate::manifests::nearest;
use crate::trace::text::Vocabulary;
use crate::tui::glyphs::Glyphs;
use crate::tui::motion::Motion;
use crate::tui::pace::Pace;
use crate::tui::theme::Theme;

/// A setting.
pub struct Setting {
    /// Its name in the file.
    pub name: &'static str,
    /// Its value where nobody says anything.
    pub default: &'static str,
    /// The flag that sets it; empty if none does.
    pub flag: &'static str,
    /// What it means, in a sentence.
    pub meaning: &'static str,
    /// The values that it can have; empty if they are described by its meaning.
    values: fn() -> Vec<&'static str>,
    set: fn(&mut Settings, &str) -> bool,
    environment: &'static [Variable],
}

/// A variable of the environment, and the value that it stands for.
type Variable = (&'static str, fn(&str) -> Option<&'static str>);

/// The table.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "theme",
        default: "auto",
        flag: "--theme",
        meaning: "The looks. auto suits the terminal: its colours and its background are looked at.",
        values: || std::iter::once("auto").chain(Theme::names()).collect(),
        set: |settings, value| {
            settings.theme = Theme::named(value);
            settings.theme.is_some() || value == "auto"
        },
        environment: &[("NO_COLOR", |value| (!value.is_empty()).then_some("mono"))],
    },
    Setting {
        name: "ascii",
        default: "false",
        flag: "--ascii",
        meaning: "ASCII signs only, for fonts that lack the others.",
        values: switch_values,
        set: |settings, value| {
            settings.glyphs = if switch(value) == Some(true) { Glyphs::Ascii } else { Glyphs::Unicode };
            switch(value).is_some()
        },
        environment: &[
            ("TERM", plain_terminal),
            ("LC_ALL", encoding),
            ("LC_CTYPE", encoding),
            ("LANG", encoding),
        ],
    },
    Setting {
        name: "motion",
        default: "full",
        flag: "--calm",
        meaning: "reduced: messages on the wire do not travel, they are numbered; fewer frames a second.",
        values: || vec![Motion::Full.name(), Motion::Reduced.name()],
        set: |settings, value| {
            settings.motion = Motion::named(value).unwrap_or_default();
            Motion::named(value).is_some()
        },
        environment: &[("KUBELOOP_MOTION", |value| match value {
            "off" | "reduced" => Some("reduced"),
            _ => None,
        })],
    },
    Setting {
        name: "speed",
        default: "follow",
        flag: "--speed",
        meaning: "How fast time goes by at first. follow: slow enough to see each step, quick through waits.",
        values: || std::iter::once("follow").chain(Pace::labels()).collect(),
        set: |settings, value| {
            let speed = Pace::parse(value);
            settings.speed = speed.clone().unwrap_or(settings.speed);
            speed.is_ok()
        },
        environment: &[],
    },
    Setting {
        name: "mouse",
        default: "false",
        flag: "",
        meaning: "Take the mouse at first. Then the terminal does not select text; a key switches it.",
        values: switch_values,
        set: |settings, value| {
            settings.mouse = switch(value) == Some(true);
            switch(value).is_some()
        },
        environment: &[],
    },
    Setting {
        name: "vocabulary",
        default: "plain",
        flag: "",
        meaning: "In which words things are told at first: plain words, Kubernetes words, or exact records.",
        values: || Vocabulary::ALL.iter().map(|vocabulary| word(*vocabulary)).collect(),
        set: |settings, value| {
            let found = Vocabulary::ALL.into_iter().find(|vocabulary| word(*vocabulary) == value);
            settings.vocabulary = found.unwrap_or_default();
            found.is_some()
        },
        environment: &[],
    },
];

impl Setting {
    /// The setting of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }

    /// The values that it can have.
    pub fn values(&self) -> Vec<&'static str> {
        (self.values)()
    }

    /// The value that was probably meant.
    pub fn nearest(&self, value: &str) -> Option<&'static str> {
        nearest(value, self.values().into_iter())
    }

    /// Sets it.
    ///
    /// # Errors
    /// What it can be instead.
    pub fn set(&self, settings: &mut Settings, value: &str) -> Result<(), String> {
        match (self.set)(settings, value) {
            true => Ok(()),
            false => Err(format!("\"{value}\" is no value of it; there are {}", self.values().join(", "))),
        }
    }

    /// What the environment says about it: the variable and the value.
    pub fn in_environment(
        &self,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Option<(&'static str, String)> {
        self.environment.iter().find_map(|(variable, value)| {
            let said = environment(variable)?;
            Some((*variable, value(&said)?.to_owned()))
        })
    }

    /// The variables that say something about it.
    pub fn variables(&self) -> impl Iterator<Item = &'static str> {
        self.environment.iter().map(|(variable, _)| *variable)
    }
}

fn word(vocabulary: Vocabulary) -> &'static str {
    match vocabulary {
        Vocabulary::Plain => "plain",
        Vocabulary::Kubernetes => "kubernetes",
        Vocabulary::Exact => "exact",
    }
}

/// The fonts of the Linux console have no room for other signs, and terminals of that age have none.
fn plain_terminal(term: &str) -> Option<&'static str> {
    (term == "linux" || term == "ansi" || term.starts_with("vt")).then_some("true")
}

/// What a locale says: `C` and `POSIX` know only ASCII, another says its encoding behind a point.
fn encoding(locale: &str) -> Option<&'static str> {
    let encoding = match locale {
        "C" | "POSIX" => return Some("true"),
        other => other.split_once('.')?.1.to_ascii_lowercase(),
    };
    Some(if encoding.starts_with("utf") { "false" } else { "true" })
}

fn switch_values() -> Vec<&'static str> {
    vec!["true", "false"]
}

/// `true` and `false`, and the other words that YAML has for them.
fn switch(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}
