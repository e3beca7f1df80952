//! One object in a file.

use std::ops::Range;

use serde_json::Value;

use super::diagnostic::{Diagnostic, Source, nearest};
use super::path::FieldPath;
use super::yaml::{self, Content, Node};
use super::{check, template};
use crate::object::{Key, Kind, ObjectRef};

/// The namespace of objects that name none.
const DEFAULT_NAMESPACE: &str = "default";

/// One object as a file describes it, and where every field of it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The file and its text.
    pub source: Source,
    /// Which object of the file it is, from 0; items of a `List` count one by one.
    pub index: usize,
    /// `apps/v1`.
    pub api_version: String,
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Its namespace; empty for a cluster-scoped object.
    pub namespace: String,
    /// The object, with its namespace filled in as kubectl does.
    pub value: Value,
    node: Node,
}

/// Reads a file: YAML or JSON, any number of documents, empty ones skipped, a `List` taken apart.
///
/// # Errors
/// Everything that is wrong with it; then nothing of the file is used.
pub fn parse(file: &str, text: &str) -> Result<Vec<Document>, Vec<Diagnostic>> {
    let (documents, unread) = as_written(file, text);
    let mut problems: Vec<Diagnostic> = documents.iter().flat_map(check).chain(unread).collect();
    problems.sort_by_key(|problem| problem.span.start);
    if problems.is_empty() { Ok(documents) } else { Err(problems) }
}

/// The objects of a file, whether the API server would take them or not, and what of it is none.
pub fn as_written(file: &str, text: &str) -> (Vec<Document>, Vec<Diagnostic>) {
    let source = Source::new(file, text.strip_prefix('\u{feff}').unwrap_or(text));
    let (roots, problem) = yaml::compose(&source.text);
    let (mut documents, mut problems) = (Vec::new(), Vec::new());
    for (index, node) in objects(&roots).into_iter().enumerate() {
        match read(&source, index, node) {
            Ok(document) => documents.push(document),
            Err(problem) => problems.push(problem),
        }
    }
    if let Some(problem) = problem {
        let mut problem_found = source.problem(problem.span, problem.message);
        problem_found.help = problem.help;
        problems.push(problem_found);
    }
    (documents, problems)
}

/// What the API server would not take: unknown fields and wrong types, else what is missing.
fn check(document: &Document) -> Vec<Diagnostic> {
    let problems = check::shape(&document.source, document.kind, &document.node);
    match problems.is_empty() {
        true => template::missing(document).into_iter().collect(),
        false => problems,
    }
}

/// The objects of a file: empty documents are skipped and lists taken apart.
pub(super) fn objects(roots: &[Node]) -> Vec<&Node> {
    let mut found = Vec::new();
    for root in roots.iter().filter(|root| !root.is_null()) {
        let is_list = root.get("kind").and_then(Node::text).is_some_and(|kind| kind.ends_with("List"));
        match root.get("items").map(|items| &items.content) {
            Some(Content::List(items, _)) if is_list => found.extend(items),
            _ => found.push(root),
        }
    }
    found
}

fn read(source: &Source, index: usize, node: &Node) -> Result<Document, Diagnostic> {
    let (api_version, kind) = type_of(source, node)?;
    let mut value = node.to_value();
    let text = |path: &str| FieldPath::parse(path).get(&value).and_then(Value::as_str).map(str::to_owned);
    let name = text("metadata.name").unwrap_or_default();
    let namespace = match kind.is_namespaced() {
        true => text("metadata.namespace").filter(|name| !name.is_empty()),
        false => Some(String::new()),
    };
    let namespace = namespace.unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
    set_namespace(&mut value, &namespace);
    Ok(Document {
        source: source.clone(),
        index,
        api_version,
        kind,
        name,
        namespace,
        value,
        node: node.clone(),
    })
}

fn set_namespace(value: &mut Value, namespace: &str) {
    let metadata = value.get_mut("metadata").and_then(Value::as_object_mut);
    if let (Some(metadata), false) = (metadata, namespace.is_empty()) {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
}

/// What a document says it is.
fn type_of(source: &Source, node: &Node) -> Result<(String, Kind), Diagnostic> {
    let at = |field: &str| node.locate(&FieldPath::parse(field));
    if !matches!(node.content, Content::Map(..)) {
        let message = "an object must start with `apiVersion:` and `kind:`";
        return Err(source.problem(at(""), message));
    }
    let field = |name: &str, title: &str| {
        node.get(name).and_then(Node::text).filter(|text| !text.is_empty()).ok_or_else(|| {
            let near = check::keys(node).find(|key| nearest(key, [name].into_iter()).is_some());
            let span = near.map_or_else(|| at(""), at);
            let mut problem = source.problem(span, format!("Object '{title}' is missing")).at(name);
            problem.did_you_mean = near.map(|_| name.to_owned());
            problem.help(format!("every object says what it is: `{name}: ...` in the first column"))
        })
    };
    let (kind, api_version) = (field("kind", "Kind")?, field("apiVersion", "apiVersion")?);
    if let Some(known) = Kind::from_type(api_version, kind) {
        return Ok((api_version.to_owned(), known));
    }
    let message = format!("no matches for kind \"{kind}\" in version \"{api_version}\"");
    let value_span = |name: &str| node.get(name).map_or_else(|| at(name), |node| node.span.clone());
    if let Some(known) = Kind::from_name(kind) {
        let right = known.info().api_version();
        let mut problem = source.problem(value_span("apiVersion"), message).at("apiVersion");
        problem = problem.help(format!("{kind} is in {right}")).replace_with(right.clone());
        problem.did_you_mean = Some(right);
        return Err(problem);
    }
    let mut problem = source.problem(value_span("kind"), message).at("kind");
    if let Some(near) = nearest(kind, Kind::ALL.iter().map(|kind| kind.name())) {
        problem = problem.replace_with(near);
        problem.did_you_mean = Some(near.to_owned());
    } else {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        problem = problem.help(format!("this cluster knows {}", known.join(", ")));
    }
    Err(problem)
}

impl Document {
    /// Which object it describes.
    pub fn object_ref(&self) -> ObjectRef {
        ObjectRef::new(self.kind, Key::new(self.namespace.as_str(), self.name.as_str()))
    }

    /// The same object in another namespace, unless the file names one (`kubectl -n`).
    #[must_use]
    pub fn in_namespace(mut self, namespace: &str) -> Self {
        let named = self.node.get("metadata").and_then(|metadata| metadata.get("namespace")).is_some();
        if self.kind.is_namespaced() && !named {
            namespace.clone_into(&mut self.namespace);
            set_namespace(&mut self.value, namespace);
        }
        self
    }

    /// Line and column of a field, from 1; of the nearest field around it if it is not there itself.
    pub fn locate(&self, path: &str) -> (usize, usize) {
        self.source.position(self.span(path).start)
    }

    /// The bytes of the key of a field.
    pub fn span(&self, path: &str) -> Range<usize> {
        self.node.locate(&FieldPath::parse(path))
    }

    /// A problem with a field of this object.
    pub fn problem(&self, path: &str, message: impl Into<String>) -> Diagnostic {
        self.source.problem(self.span(path), message).at(path)
    }
}
