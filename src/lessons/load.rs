//! Reading a lesson file.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::fence::{Fence, Kind};
use super::lesson::{Lesson, LessonFile, Named, Step, Way};
use super::markdown::{Section, sections};
use super::prose::{Style, texts};
use super::{plain_host, read_check, read_question};
use crate::expression::Template;
use crate::script::{Place, RawWorld, Script, ScriptError, WorldSpec, read_yaml};
use crate::time::Span;

/// How long the solutions may take if nothing is said.
const LIMIT: Span = Span::secs(30 * 60);
/// How long a scene may take to settle if nothing is said.
const SETTLE: Span = Span::secs(60);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFront {
    lesson: Spanned<String>,
    title: String,
    part: String,
    minutes: u32,
    limit: Option<Spanned<String>>,
    settle: Option<Spanned<String>>,
    #[serde(default)]
    needs: Vec<Spanned<String>>,
    #[serde(default)]
    teaches: Vec<Spanned<String>>,
    #[serde(default)]
    busts: Vec<Spanned<String>>,
    #[serde(default)]
    world: Option<RawWorld>,
    #[serde(default)]
    view: Vec<String>,
    speed: Option<String>,
    #[serde(default)]
    allow: Vec<Spanned<String>>,
}

/// What a learner may use.
const ALLOW: &[&str] = &["edit", "kubectl", "inject", "docker"];

impl Lesson {
    /// Reads a lesson. `folder` is the name of its folder, which is its id; `file` is how findings name the file.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(folder: &str, file: &str, text: &str) -> Result<Self, ScriptError> {
        let (front, body) = front_matter(text)?;
        let raw: RawFront = read_yaml(&front)?;
        let mut lesson = begin(raw, folder, file)?;
        for section in sections(&body)? {
            lesson.add(section)?;
        }
        lesson.check_whole()?;
        Ok(lesson)
    }

    fn add(&mut self, section: Section) -> Result<(), ScriptError> {
        match role(&section) {
            Role::Intro => self.add_intro(section),
            Role::Debrief => {
                self.debrief_texts.extend(templates(&section)?);
                self.debrief.extend(section.prose);
                self.add_hidden(section.fences, "the debrief")
            }
            Role::Simplified => {
                self.simplified.extend(section.prose);
                self.add_hidden(section.fences, "the last section")
            }
            Role::Step => {
                let step = self.step(section)?;
                self.steps.push(step);
                Ok(())
            }
        }
    }

    fn add_intro(&mut self, section: Section) -> Result<(), ScriptError> {
        self.intro = section.prose;
        for fence in section.fences {
            match fence.kind {
                Kind::Script => {
                    let script = read_script(&fence)?;
                    self.images.extend(script.images);
                    let cued =
                        script.steps.iter().position(|step| !matches!(step.cue, crate::script::Cue::Next));
                    let (setup, script) = script.steps.split_at(cued.unwrap_or(script.steps.len()));
                    self.setup.extend_from_slice(setup);
                    self.script.extend_from_slice(script);
                }
                Kind::Host => self.host = Some(plain_host::read(&fence)?),
                Kind::Check | Kind::Predict | Kind::Order | Kind::Matrix | Kind::Hint => {
                    let message =
                        format!("a {} block belongs to a step; begin one with ## before it", fence.kind);
                    return Err(fence.place.error(message));
                }
                _ => self.add_anywhere(fence)?,
            }
        }
        Ok(())
    }

    /// Sections that are no steps hold nothing but what is hidden from the learner.
    fn add_hidden(&mut self, fences: Vec<Fence>, place: &str) -> Result<(), ScriptError> {
        for fence in fences {
            match fence.kind {
                Kind::Solution | Kind::NearMiss | Kind::Demo => self.add_anywhere(fence)?,
                kind => {
                    return Err(fence.place.error(format!("a {kind} block does not belong into {place}")));
                }
            }
        }
        Ok(())
    }

    fn add_anywhere(&mut self, fence: Fence) -> Result<(), ScriptError> {
        match fence.kind {
            Kind::File => self.files.push(file(&fence)?),
            Kind::Solution => self.solutions.push(way(&fence, self.solutions.len())?),
            Kind::Demo => self.demos.push(way(&fence, self.demos.len())?),
            Kind::NearMiss => {
                let expect = fence.get("expect").ok_or_else(|| {
                    fence.place.error(
                        "a near-miss names the goal that refuses it: ```near-miss expect=\"the goal's text\"",
                    )
                })?;
                let expect = Named { name: expect.to_owned(), place: fence.place };
                self.near_misses.push((way(&fence, self.near_misses.len())?, expect));
            }
            kind => return Err(fence.place.error(format!("a {kind} block does not belong here"))),
        }
        Ok(())
    }

    fn step(&mut self, section: Section) -> Result<Step, ScriptError> {
        let id = section.id.clone().unwrap_or_else(|| slug(&section.title));
        let mut step = Step {
            id,
            title: section.title,
            place: section.place,
            prose: section.prose,
            questions: Vec::new(),
            checks: Vec::new(),
            hints: Vec::new(),
            script: Vec::new(),
        };
        for fence in section.fences {
            match fence.kind {
                Kind::Predict | Kind::Order | Kind::Matrix => {
                    step.questions.push(read_question::question(&fence)?)
                }
                Kind::Check => step.checks.extend(read_check::checks(&fence)?),
                Kind::Hint => step.hints.extend(read_check::hints(&fence)?),
                Kind::Script => {
                    let script = read_script(&fence)?;
                    if !script.images.is_empty() {
                        return Err(fence.place.error("images stand before the first step; here use a fault: {image: ..., do: not-found}"));
                    }
                    step.script.extend(script.steps);
                }
                _ => self.add_anywhere(fence)?,
            }
        }
        Ok(step)
    }

    /// What can be wrong about the whole without trying it.
    fn check_whole(&self) -> Result<(), ScriptError> {
        let top = Place { line: 1, column: 1 };
        if self.steps.is_empty() {
            return Err(top.error("a lesson needs at least one step: a heading with ##"));
        }
        for (way, expect) in &self.near_misses {
            if !self.goals().any(|check| check.goal == expect.name) {
                let near =
                    crate::manifests::nearest(&expect.name, self.goals().map(|check| check.goal.as_str()));
                let guess = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
                return Err(way.place.error(format!("there is no goal \"{}\"{guess}", expect.name)));
            }
        }
        for check in self.goals() {
            if let super::lesson::Word::Live(file) = &check.word
                && !self.files.iter().any(|known| known.name == *file)
            {
                return Err(check.place.error(format!("this lesson has no file {file}")));
            }
        }
        super::ids::check(self)
    }
}

/// The texts of a section that have expressions in them.
fn templates(section: &Section) -> Result<Vec<Template>, ScriptError> {
    let mut found = Vec::new();
    texts(&section.prose, &mut |piece| {
        if piece.style != Style::Code && piece.text.contains(['{', '}']) {
            found.push(Template::parse(&piece.text, &[]));
        }
    });
    let place = section.place;
    found.into_iter().map(|text| text.map_err(|error| place.error(error.message))).collect()
}

enum Role {
    Intro,
    Step,
    Debrief,
    Simplified,
}

/// What a section is for: its id says so, or its English heading.
fn role(section: &Section) -> Role {
    let title = section.title.to_lowercase();
    match section.id.as_deref() {
        _ if section.place.line == 1 && section.title.is_empty() => Role::Intro,
        Some("debrief") => Role::Debrief,
        Some("simplified") => Role::Simplified,
        None if title == "debrief" => Role::Debrief,
        None if title.contains("simplified") => Role::Simplified,
        _ => Role::Step,
    }
}

/// Takes the front matter out of a text. Both keep the lines of the file.
pub(super) fn front_matter(text: &str) -> Result<(String, String), ScriptError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let top = Place { line: 1, column: 1 };
    let end = text
        .match_indices("\n---")
        .find(|(at, _)| matches!(text.get(at + 4..at + 5), None | Some("\n" | "\r")));
    let (Some(rest), Some((end, _))) = (text.strip_prefix("---"), end) else {
        return Err(top.error("a lesson begins with front matter between two lines of ---"));
    };
    let front = rest.get(..end.saturating_sub(3)).unwrap_or("");
    let body = text.get(end + 4..).unwrap_or("");
    let lines = text.get(..end + 4).unwrap_or("").matches('\n').count();
    Ok((front.to_owned(), format!("{}{body}", "\n".repeat(lines))))
}

fn begin(raw: RawFront, folder: &str, file: &str) -> Result<Lesson, ScriptError> {
    let id_place = Place::of(&raw.lesson);
    if raw.lesson.value != folder {
        return Err(id_place.error(format!(
            "the lesson is called {}, but its folder {folder}; give both the same name",
            raw.lesson.value
        )));
    }
    let names = |list: Vec<Spanned<String>>| -> Vec<Named> {
        list.into_iter().map(|name| Named { place: Place::of(&name), name: name.value }).collect()
    };
    let span = |raw: Option<Spanned<String>>, usual: Span| {
        raw.map_or(Ok(usual), |raw| Place::of(&raw).span(&raw.value))
    };
    for allowed in &raw.allow {
        if !ALLOW.contains(&allowed.value.as_str()) {
            let message = format!("allow: \"{}\" is not one of {}", allowed.value, ALLOW.join(", "));
            return Err(Place::of(allowed).error(message));
        }
    }
    Ok(Lesson {
        id: raw.lesson.value,
        file: file.to_owned(),
        title: raw.title,
        part: raw.part,
        minutes: raw.minutes,
        limit: span(raw.limit, LIMIT)?,
        settle: span(raw.settle, SETTLE)?,
        needs: names(raw.needs),
        teaches: names(raw.teaches),
        busts: names(raw.busts),
        world: raw.world.map(WorldSpec::read).transpose()?.unwrap_or_default(),
        images: std::collections::BTreeMap::new(),
        view: raw.view,
        speed: raw.speed,
        allow: raw.allow.into_iter().map(|allowed| allowed.value).collect(),
        intro: Vec::new(),
        files: Vec::new(),
        setup: Vec::new(),
        script: Vec::new(),
        host: None,
        steps: Vec::new(),
        debrief: Vec::new(),
        debrief_texts: Vec::new(),
        simplified: Vec::new(),
        solutions: Vec::new(),
        near_misses: Vec::new(),
        demos: Vec::new(),
    })
}

/// A `script` block: a script without a world, or a mere list of steps.
fn read_script(fence: &Fence) -> Result<Script, ScriptError> {
    let text = fence.in_place();
    let first =
        fence.text.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with('#'));
    let script = match first {
        Some(line) if line.starts_with('-') => Script::parse_steps(&text).map(|steps| Script {
            title: String::new(),
            world: WorldSpec::default(),
            images: std::collections::BTreeMap::new(),
            steps,
        }),
        _ => Script::parse(&text),
    };
    script.map_err(|error| fence.at_least_here(error))
}

fn way(fence: &Fence, number: usize) -> Result<Way, ScriptError> {
    let id = fence.get("id").map_or_else(|| format!("{}-{}", fence.kind, number + 1), str::to_owned);
    let steps = Script::parse_steps(&fence.in_place()).map_err(|error| fence.at_least_here(error))?;
    Ok(Way { id, steps, source: fence.text.clone(), place: fence.place })
}

fn file(fence: &Fence) -> Result<LessonFile, ScriptError> {
    let name = fence.get("file").unwrap_or_default().to_owned();
    if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') {
        return Err(fence.place.error(format!(
            "\"{name}\" is no name for a file of the learner's folder; write file=web.yaml"
        )));
    }
    let applied = match fence.get("apply") {
        None | Some("yes") => true,
        Some("no" | "later") => false,
        Some(other) => {
            return Err(fence.place.error(format!(
                "apply={other} is not known; write apply=no for a file that the learner applies"
            )));
        }
    };
    Ok(LessonFile { name, text: fence.text.clone(), applied, place: fence.place })
}

/// `Ship it` becomes `ship-it`.
fn slug(title: &str) -> String {
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_keeps_the_lines() {
        let (front, body) = front_matter("---\na: 1\nb: 2\n---\ntext\n").unwrap();
        assert_eq!((front.as_str(), body.as_str()), ("\na: 1\nb: 2", "\n\n\n\ntext\n"));
        assert!(front_matter("text").is_err() && front_matter("---\na: 1\n").is_err());
    }
}
