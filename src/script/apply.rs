//! Applying and editing manifests in a script.

use regex::Regex;

use super::run::{Runner, Stop};
use super::step::{ApplySource, EditStep, ImageStep, Step};
use crate::manifests::{self, Diagnostic, Document, edit, send};
use crate::object::Kind;
use crate::script::Held;

impl Runner<'_> {
    /// Applies a file, a folder or a text. A refusal that is expected must come.
    pub(super) fn apply(
        &mut self,
        source: &ApplySource,
        expected: Option<&str>,
        step: &Step,
    ) -> Result<(), Stop> {
        let result = self.texts(source).and_then(|texts| {
            texts.into_iter().try_for_each(|(file, text)| self.save(file, text, "applied"))
        });
        self.look();
        let Some(pattern) = expected else {
            return result.map_err(|message| self.refused(step, message));
        };
        let what = format!("apply is refused with {pattern}");
        match result {
            Ok(()) => self.find(step, what, Held::Failed, "it was accepted".to_owned(), Vec::new()),
            // The pattern was checked when the script was read.
            Err(message) if Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(&message)) => {
                self.find(step, what, Held::Held, String::new(), Vec::new());
            }
            Err(message) => self.find(step, what, Held::Failed, message, Vec::new()),
        }
        Ok(())
    }

    fn texts(&self, source: &ApplySource) -> Result<Vec<(String, String)>, String> {
        match source {
            ApplySource::Inline(text) => Ok(vec![("inline".to_owned(), text.clone())]),
            ApplySource::Path(path) => Ok(self.files.read(path)?.into_iter().collect()),
        }
    }

    /// Applies a file's text as if it was just saved.
    pub(super) fn save(&mut self, file: String, text: String, verb: &str) -> Result<(), String> {
        let documents = manifests::parse(&file, &text).map_err(|problems| rendered(&problems))?;
        let short = file.rsplit('/').next().unwrap_or(&file);
        let title = match verb {
            "applied" if file == "inline" => "you applied manifests".to_owned(),
            verb => format!("you {verb} {short}"),
        };
        let via = match (verb, self.via.as_str()) {
            ("saved", "script") => "file".into(),
            _ => self.via.clone(),
        };
        self.saved.insert(file, text);
        let mut story = None;
        for document in ordered(documents) {
            send::send(self.engine, &document, &via, &title, &mut story)
                .map_err(|problem| rendered(&[problem]))?;
        }
        Ok(())
    }

    /// Edits a file that was applied, and saves it.
    pub(super) fn edit(&mut self, step: &EditStep) -> Result<(), String> {
        let (file, mut text) = self.saved_file(&step.file)?;
        let doc = step.doc.clone().unwrap_or_default();
        for (path, value) in &step.set {
            text = edit::set_field(&text, &doc, path, value).map_err(|problem| rendered(&[problem]))?;
        }
        self.save(file, text, "saved")
    }

    /// Sets an image in a file that was applied, and saves it.
    pub(super) fn set_image_in_file(&mut self, file: &str, step: &ImageStep) -> Result<(), String> {
        let (file, text) = self.saved_file(file)?;
        let documents = manifests::parse(&file, &text).map_err(|problems| rendered(&problems))?;
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
            .map_err(|problem| rendered(&[problem]))?;
        self.save(file, text, "saved")
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
fn rendered(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| problem.render(false)).collect::<Vec<_>>().join("\n")
}
