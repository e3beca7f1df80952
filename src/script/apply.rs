//! Applying and editing manifests in a script.

use regex::Regex;

use super::place::Place;
use super::run::{Runner, Stop};
use super::step::{ApplySource, EditStep, ImageStep, Step};
use crate::manifests::{self, Diagnostic, Document, edit, send};
use crate::object::Kind;
use crate::script::Held;

/// What a text in the script is called.
const INLINE: &str = "inline";

impl Runner<'_> {
    /// Applies a file, a folder or a text. A refusal that is expected must come.
    pub(super) fn apply(
        &mut self,
        source: &ApplySource,
        expected: Option<&str>,
        step: &Step,
    ) -> Result<(), Stop> {
        let result = self.apply_source(source);
        self.look();
        let Some(pattern) = expected else {
            return result.map_err(|refusal| {
                let at = refusal.at.map_or((step.line, step.column), |at| (at.line, at.column));
                self.refused(&Step { line: at.0, column: at.1, ..step.clone() }, refusal.message)
            });
        };
        let what = format!("apply is refused with {pattern}");
        match result {
            Ok(()) => self.find(step, what, Held::Failed, "it was accepted".to_owned(), Vec::new()),
            // The pattern was checked when the script was read.
            Err(refusal) if Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(&refusal.message)) => {
                self.find(step, what, Held::Held, String::new(), Vec::new());
            }
            Err(refusal) => self.find(step, what, Held::Failed, refusal.message, Vec::new()),
        }
        Ok(())
    }

    fn apply_source(&mut self, source: &ApplySource) -> Result<(), Refusal> {
        match source {
            ApplySource::Path(path) => {
                let texts = self.files.read(path).map_err(|message| Refusal { message, at: None })?;
                let mut each = texts.into_iter();
                each.try_for_each(|(file, text)| self.save(file, text, "applied"))
                    .map_err(|problems| Refusal { message: told(&problems), at: None })
            }
            ApplySource::Inline { text, at: None } => self
                .save(INLINE.to_owned(), text.clone(), "applied")
                .map_err(|problems| Refusal { message: told(&problems), at: None }),
            ApplySource::Inline { text, at: Some(at) } => {
                // On the lines on which it stands in the script, so that a problem's line is one of the script.
                let text = format!("{}{text}", "\n".repeat(at.line.saturating_sub(1)));
                let saved = self.save(INLINE.to_owned(), text, "applied");
                saved.map_err(|problems| Refusal::within(problems, *at))
            }
        }
    }

    /// Applies a file's text as if it was just saved.
    fn save(&mut self, file: String, text: String, verb: &str) -> Result<(), Vec<Diagnostic>> {
        let documents = manifests::parse(&file, &text)?;
        let short = file.rsplit('/').next().unwrap_or(&file);
        let title = match verb {
            "applied" if file == INLINE => "you applied manifests".to_owned(),
            verb => format!("you {verb} {short}"),
        };
        let via = match (verb, self.via.as_str()) {
            ("saved", "script") => "file".into(),
            _ => self.via.clone(),
        };
        self.saved.insert(file, text);
        let mut story = None;
        for document in ordered(documents) {
            send::send(self.engine, &document, &via, &title, &mut story).map_err(|problem| vec![problem])?;
        }
        Ok(())
    }

    /// Edits a file that was applied, and saves it.
    pub(super) fn edit(&mut self, step: &EditStep) -> Result<(), String> {
        let (file, mut text) = self.saved_file(&step.file)?;
        let doc = step.doc.clone().unwrap_or_default();
        for (path, value) in &step.set {
            text = edit::set_field(&text, &doc, path, value)
                .map_err(|problem| told(&[problem.in_file(&file)]))?;
        }
        self.save(file, text, "saved").map_err(|problems| told(&problems))
    }

    /// Sets an image in a file that was applied, and saves it.
    pub(super) fn set_image_in_file(&mut self, file: &str, step: &ImageStep) -> Result<(), String> {
        let (file, text) = self.saved_file(file)?;
        let documents = manifests::parse(&file, &text).map_err(|problems| told(&problems))?;
        let wanted = |document: &&Document| {
            document.kind == Kind::Deployment
                && step.deployment.as_ref().is_none_or(|name| *name == document.name)
        };
        let document =
            documents.iter().find(wanted).ok_or_else(|| format!("{file} has no such Deployment"))?;
        let containers =
            document.value.pointer("/spec/template/spec/containers").and_then(|list| list.as_array());
        let named = |name: &String| {
            containers
                .into_iter()
                .flatten()
                .position(|container| container.get("name").is_some_and(|it| it == name))
        };
        let index = match &step.container {
            Some(name) => named(name).ok_or_else(|| format!("{file} has no container \"{name}\""))?,
            None => 0,
        };
        let doc = format!("Deployment/{}", document.name);
        let path = format!("spec.template.spec.containers[{index}].image");
        let text = edit::set_field(&text, &doc, &path, &step.image.clone().into())
            .map_err(|problem| told(&[problem.in_file(&file)]))?;
        self.save(file, text, "saved").map_err(|problems| told(&problems))
    }

    /// A file that was applied, by its path or the end of it; one that was not is read.
    fn saved_file(&self, name: &str) -> Result<(String, String), String> {
        let means = |file: &str| file == name || file.ends_with(&format!("/{name}"));
        if let Some((file, text)) = self.saved.iter().find(|(file, _)| means(file)) {
            return Ok((file.clone(), text.clone()));
        }
        let texts = self.files.read(name)?;
        texts.into_iter().next().ok_or_else(|| format!("{name}: there is no such file"))
    }
}

/// Namespaces first, then what pods need, then the rest, as they stand.
fn ordered(mut documents: Vec<Document>) -> Vec<Document> {
    documents.sort_by_key(|document| match document.kind {
        Kind::Namespace => 0,
        Kind::ServiceAccount | Kind::ConfigMap | Kind::Secret => 1,
        _ => 2,
    });
    documents
}

/// Problems as a person reads them: `file:line:column: ...`.
fn told(problems: &[Diagnostic]) -> String {
    let one = |problem: &Diagnostic| format!("{}: {}", problem.place(), problem.told(false));
    problems.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Why manifests were not applied.
struct Refusal {
    message: String,
    /// Where in the script, if that is known better than by its step.
    at: Option<Place>,
}

impl Refusal {
    /// Problems of a text that stands in the script from there on: the first one is told at its own place.
    fn within(mut problems: Vec<Diagnostic>, at: Place) -> Self {
        for problem in &mut problems {
            problem.column += at.column.saturating_sub(1);
        }
        let first = problems.first().map(|first| Place { line: first.line, column: first.column });
        let told: Vec<String> = problems.iter().map(|problem| problem.told(false)).collect();
        Self { message: told.join("\n"), at: first }
    }
}
