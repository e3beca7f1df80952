//! How the dashboard looks and behaves, as the user wants it.
//!
//! One table, [`SETTINGS`], says what can be set, what it means, and where it comes from. The file is read by it, the
//! list that `kubeloop config` prints and the file that `kubeloop config --init` writes are made from it. A flag beats
//! the file, the file beats the environment, and that beats the default.
//!
//! - [`ConfigFile`]: the text of the file, read strictly.
//! - [`Settings`]: what is in force, and where each value comes from.
//! - [`sample`]: the file with everything in it, as comments.

mod read;
mod sample;
mod table;

use std::collections::BTreeMap;

pub use read::ConfigFile;
pub use sample::sample;
pub use table::{SETTINGS, Setting};

use super::glyphs::Glyphs;
use super::keymap::Keymap;
use super::motion::Motion;
use super::pace::Mode;
use super::theme::Theme;
use crate::trace::text::Vocabulary;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// A variable of the environment.
    Environment(&'static str),
    /// The config file.
    File,
    /// A flag.
    Flag(&'static str),
}

/// What is in force.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The looks; none: those that suit the terminal.
    pub theme: Option<Theme>,
    /// The signs.
    pub glyphs: Glyphs,
    /// How much moves.
    pub motion: Motion,
    /// How fast time goes by at first.
    pub speed: Mode,
    /// Whether the mouse is taken at first.
    pub mouse: bool,
    /// In which words things are told at first.
    pub vocabulary: Vocabulary,
    /// What each key does.
    pub keymap: Keymap,
    chosen: BTreeMap<&'static str, (String, Origin)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: None,
            glyphs: Glyphs::default(),
            motion: Motion::default(),
            speed: Mode::Follow,
            mouse: false,
            vocabulary: Vocabulary::default(),
            keymap: Keymap::default(),
            chosen: BTreeMap::new(),
        }
    }
}

/// A value that a flag gives: the setting's name, the value, the flag.
pub type FlagValue = (&'static str, String, &'static str);

impl Settings {
    /// What flags, file and environment say together. The environment is asked by name.
    ///
    /// # Errors
    /// A value that is none, with where it was given.
    pub fn resolve(
        flags: &[FlagValue],
        file: &ConfigFile,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let mut settings = Self { keymap: file.keymap.clone(), ..Self::default() };
        for setting in SETTINGS {
            let flag = flags.iter().find(|(name, ..)| *name == setting.name);
            let (value, origin) = match (flag, file.values.get(setting.name)) {
                (Some((_, value, flag)), _) => (value.clone(), Origin::Flag(flag)),
                (None, Some(value)) => (value.clone(), Origin::File),
                (None, None) => match setting.in_environment(environment) {
                    Some((variable, value)) => (value, Origin::Environment(variable)),
                    None => (setting.default.to_owned(), Origin::Default),
                },
            };
            setting.set(&mut settings, &value).map_err(|problem| format!("{}: {problem}", setting.name))?;
            settings.chosen.insert(setting.name, (value, origin));
        }
        Ok(settings)
    }

    /// What to say if the signs were chosen by what the environment says of the terminal.
    pub fn chosen_signs(&self) -> Option<String> {
        let (Glyphs::Ascii, (_, Origin::Environment(variable))) = (self.glyphs, self.chosen("ascii")) else {
            return None;
        };
        Some(format!("ASCII signs, because ${variable} speaks of no others. <ascii> brings the others."))
    }

    /// The value of a setting as text, and where it comes from.
    pub fn chosen(&self, name: &str) -> (&str, Origin) {
        self.chosen.get(name).map_or(("", Origin::Default), |(value, origin)| (value, origin.clone()))
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Environment(variable) => write!(f, "${variable}"),
            Self::File => f.write_str("file"),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

#[cfg(test)]
mod tests;
