//! The catalogue: all lessons, what they teach, and which beliefs they expose.
//!
//! A catalogue is read from the texts of a folder. The course is embedded in the program; a folder on the disk can
//! stand in its place or add to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::finding::Finding;
use super::lesson::Lesson;
use super::translation::Translation;
use crate::manifests::nearest;
use crate::script::{Place, ScriptError, read_yaml};

static COURSE: Dir = include_dir!("$CARGO_MANIFEST_DIR/lessons");

/// The files of data beside the lessons.
const GOALS: &str = "goals.yaml";
const MISCONCEPTIONS: &str = "misconceptions.yaml";

/// What a learner must come away with: one thing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// How lessons name it.
    pub id: String,
    /// What it is, in a sentence.
    pub text: String,
    /// The line of the list of what a learner must come away with.
    #[serde(default)]
    pub line: String,
    /// Kinds that it introduces.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Fields that it introduces, in any manifest.
    #[serde(default)]
    pub fields: Vec<String>,
    /// No lesson teaches it yet.
    #[serde(default)]
    pub planned: bool,
}

/// A belief that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Misconception {
    /// `M09`.
    pub id: String,
    /// What somebody believes.
    pub belief: String,
    /// The scenario that exposes it.
    pub exposed: String,
}

/// All lessons.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    lessons: Vec<Arc<Lesson>>,
    translations: BTreeMap<(String, String), Translation>,
    goals: Vec<Goal>,
    misconceptions: Vec<Misconception>,
    problems: Vec<Finding>,
}

impl Catalog {
    /// The course that is embedded in the program.
    pub fn embedded() -> Self {
        let mut texts = BTreeMap::new();
        collect(&COURSE, &mut texts);
        Self::read(&texts)
    }

    /// Reads the texts of a folder, by path within it: `12-bad-release/lesson.md`, `goals.yaml`. What cannot be read
    /// is among the problems.
    pub fn read(texts: &BTreeMap<String, String>) -> Self {
        let mut catalog = Self::default();
        for (path, text) in texts {
            let mut parts = path.rsplit('/');
            let (file, folder) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
            let result = match file {
                GOALS => read_list(text).map(|goals: Vec<Goal>| catalog.goals.extend(goals)),
                MISCONCEPTIONS => {
                    read_list(text).map(|list: Vec<Misconception>| catalog.misconceptions.extend(list))
                }
                "lesson.md" => {
                    Lesson::parse(folder, path, text).map(|lesson| catalog.lessons.push(Arc::new(lesson)))
                }
                _ => match language(file) {
                    Some(language) => Translation::parse(text).map(|translation| {
                        catalog.translations.insert((folder.to_owned(), language.to_owned()), translation);
                    }),
                    None => Ok(()),
                },
            };
            if let Err(error) = result {
                catalog.problem(path, error);
            }
        }
        catalog.lessons.sort_by_key(|lesson| lesson.rank());
        catalog.check_translations();
        catalog
    }

    /// The same with the lessons of a pack: those with a known id stand in place of the known ones.
    #[must_use]
    pub fn with(mut self, pack: Self) -> Self {
        let known = |lesson: &Arc<Lesson>| pack.lessons.iter().any(|other| other.id == lesson.id);
        self.lessons.retain(|lesson| !known(lesson));
        self.lessons.extend(pack.lessons);
        self.lessons.sort_by_key(|lesson| lesson.rank());
        self.translations.extend(pack.translations);
        self.goals.retain(|goal| !pack.goals.iter().any(|other| other.id == goal.id));
        self.goals.extend(pack.goals);
        self.misconceptions.retain(|known| !pack.misconceptions.iter().any(|other| other.id == known.id));
        self.misconceptions.extend(pack.misconceptions);
        self.problems.extend(pack.problems);
        self
    }

    fn problem(&mut self, file: &str, error: ScriptError) {
        let place = Place { line: error.line, column: error.column };
        self.problems.push(Finding::new(file, place, "format", error.message));
    }

    fn check_translations(&mut self) {
        let mut wrong = Vec::new();
        for ((id, language), translation) in &self.translations {
            let path = format!("{id}/lesson.{language}.md");
            match self.lessons.iter().find(|lesson| lesson.id == *id) {
                Some(lesson) => wrong.extend(translation.check(lesson).err().map(|error| (path, error))),
                None => {
                    let place = Place { line: 1, column: 1 };
                    wrong.push((
                        path,
                        place.error(format!("there is no lesson {id} that this could translate")),
                    ));
                }
            }
        }
        wrong.into_iter().for_each(|(path, error)| self.problem(&path, error));
    }

    /// The lessons in their recommended order.
    pub fn lessons(&self) -> &[Arc<Lesson>] {
        &self.lessons
    }

    /// What could not be read.
    pub fn problems(&self) -> &[Finding] {
        &self.problems
    }

    /// What a learner must come away with.
    pub fn goals(&self) -> &[Goal] {
        &self.goals
    }

    /// The beliefs that lessons expose.
    pub fn misconceptions(&self) -> &[Misconception] {
        &self.misconceptions
    }

    /// A lesson by its id or number: `12-bad-release`, `12`, `c1`.
    ///
    /// # Errors
    /// That there is none, with what was probably meant.
    pub fn find(&self, name: &str) -> Result<Arc<Lesson>, String> {
        let same = |text: &str| {
            text.eq_ignore_ascii_case(name) || text.trim_start_matches('0') == name.trim_start_matches('0')
        };
        let found = self.lessons.iter().find(|lesson| lesson.id == name || same(lesson.number()));
        found.cloned().ok_or_else(|| {
            let near = nearest(name, self.lessons.iter().map(|lesson| lesson.id.as_str()));
            let guess = near.map(|near| format!("; did you mean {near}?")).unwrap_or_else(|| ".".to_owned());
            format!("there is no lesson {name}{guess} `kubeloop lesson list` shows all of them")
        })
    }

    /// A lesson in another language, as far as it is translated.
    pub fn translated(&self, lesson: &Arc<Lesson>, language: &str) -> Arc<Lesson> {
        match self.translations.get(&(lesson.id.clone(), language.to_owned())) {
            Some(translation) => Arc::new(translation.apply(lesson)),
            None => lesson.clone(),
        }
    }

    /// The same with every lesson in another language, as far as it is translated.
    #[must_use]
    pub fn in_language(mut self, language: &str) -> Self {
        self.lessons = self.lessons.iter().map(|lesson| self.translated(lesson, language)).collect();
        self
    }

    /// The languages that a lesson is translated into.
    pub fn languages<'a>(&'a self, lesson: &'a Lesson) -> impl Iterator<Item = &'a str> {
        self.translations.keys().filter(|(id, _)| *id == lesson.id).map(|(_, language)| language.as_str())
    }

    /// The lessons whose cards have all these words.
    pub fn search(&self, words: &str) -> Vec<Arc<Lesson>> {
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let has = |lesson: &&Arc<Lesson>| {
            let card = self.card(lesson).to_lowercase();
            words.iter().all(|word| card.contains(word.as_str()))
        };
        self.lessons.iter().filter(has).cloned().collect()
    }

    /// What a lesson leaves one with, in a few lines.
    pub fn card(&self, lesson: &Lesson) -> String {
        let taught =
            lesson.teaches.iter().filter_map(|taught| self.goals.iter().find(|goal| goal.id == taught.name));
        let goals: String = taught.map(|goal| format!("- {}\n", goal.text)).collect();
        let first =
            lesson.debrief.first().map(|block| super::prose::wrap(std::slice::from_ref(block), usize::MAX));
        let first: String = first.iter().flatten().map(|line| super::prose::flat(line)).collect();
        format!("{}  {}\n{goals}{first}", lesson.number(), lesson.title)
    }
}

/// `de` of `lesson.de.md`.
fn language(file: &str) -> Option<&str> {
    file.strip_prefix("lesson.")?.strip_suffix(".md").filter(|language| !language.is_empty())
}

fn read_list<T: serde::de::DeserializeOwned>(text: &str) -> Result<Vec<T>, ScriptError> {
    let list: Vec<Spanned<T>> = read_yaml(text)?;
    Ok(list.into_iter().map(|item| item.value).collect())
}

fn collect(folder: &Dir, texts: &mut BTreeMap<String, String>) {
    for file in folder.files() {
        if let Some(text) = file.contents_utf8() {
            texts.insert(file.path().to_string_lossy().replace('\\', "/"), text.to_owned());
        }
    }
    folder.dirs().for_each(|inner| collect(inner, texts));
}
