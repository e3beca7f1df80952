//! Which objects a command is about: `pods`, `pod web`, `deploy/web svc/web`, `-l app=web`, `-f web.yaml`, `--all`.

use smol_str::SmolStr;

use super::cluster::{Ask, Reads};
use super::kinds;
use super::output::Fault;
use crate::apiserver::Filter;
use crate::manifests::{self, Document, Files};
use crate::object::selector::Selector;
use crate::object::{Key, Kind, Object, ObjectRef};

/// The namespace where none is said.
const DEFAULT_NAMESPACE: &str = "default";

/// Where objects are looked for.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// `-n`, if it was said.
    pub(super) said: Option<&'a str>,
    pub(super) files: &'a dyn Files,
}

impl<'a> Scope<'a> {
    /// The namespace that is meant.
    pub(super) fn namespace(self) -> &'a str {
        self.said.unwrap_or(DEFAULT_NAMESPACE)
    }

    /// The object of this kind and name in the namespace that is meant.
    pub(super) fn target(self, kind: Kind, name: &str) -> ObjectRef {
        let namespace = if kind.is_namespaced() { self.namespace() } else { "" };
        ObjectRef::new(kind, Key::new(namespace, name))
    }
}

/// By what objects are picked.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Picking {
    /// Selector (label query) to filter on, supports '=', '==', '!=', 'in', 'notin' (e.g. -l key1=value1,key2=value2)
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub(super) selector: Option<String>,
    /// Selector (field query) to filter on (e.g. --field-selector status.phase=Running)
    #[arg(long, value_name = "FIELDS")]
    pub(super) field_selector: Option<String>,
    /// If present, list the requested object(s) across all namespaces
    #[arg(short = 'A', long)]
    pub(super) all_namespaces: bool,
}

impl Picking {
    fn selects(&self) -> bool {
        self.selector.is_some() || self.field_selector.is_some()
    }
}

/// Files that describe objects.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct FromFiles {
    /// Filename or directory that describes the objects
    #[arg(short = 'f', long, value_name = "FILE")]
    pub(super) filename: Vec<String>,
    /// Process the directory used in -f recursively
    #[arg(short = 'R', long)]
    pub(super) recursive: bool,
}

/// The flags by which a verb that changes objects picks them. A kind alone is not enough for such a verb: that would
/// be all of them by accident.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Picks {
    #[command(flatten)]
    pub(super) picking: Picking,
    #[command(flatten)]
    pub(super) files: FromFiles,
    /// Select all resources, in the namespace of the specified resource types
    #[arg(long)]
    pub(super) all: bool,
}

impl Picks {
    /// Which objects are meant.
    ///
    /// # Errors
    /// When nothing is named, or too much; in kubectl's words.
    pub(super) fn resolve(&self, scope: Scope<'_>, words: &[String]) -> Result<Targets, Fault> {
        let selects = self.picking.selects();
        match resolve(scope, words, &self.picking, &self.files)? {
            Targets::Named(_) if self.all && !words.is_empty() => {
                Err(Fault::said("cannot set --all and specify resource name"))
            }
            Targets::Matching(_) if self.all && self.picking.selector.is_some() => {
                Err(Fault::said("setting 'all' parameter but found a non empty selector. "))
            }
            targets if targets.is_nothing() => Ok(targets),
            Targets::Matching(_) if !self.all && !selects => {
                Err(Fault::said("resource(s) were provided, but no name was specified"))
            }
            targets => Ok(targets),
        }
    }
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Targets {
    /// Objects by name.
    Named(Vec<ObjectRef>),
    /// All objects of these kinds that match.
    Matching(Vec<(Kind, Filter)>),
}

/// What the words after the verb mean, before anybody says in which namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// Kinds alone.
    Kinds(Vec<Kind>),
    /// Kinds with names.
    Names(Vec<(Kind, String)>),
}

/// Reads `TYPE[,TYPE]`, `TYPE NAME...` and `TYPE/NAME...`.
///
/// # Errors
/// In kubectl's words.
pub(super) fn read_words(words: &[String]) -> Result<Words, Fault> {
    let slashes = words.iter().filter(|word| word.contains('/')).count();
    if slashes > 0 {
        if slashes < words.len() {
            return Err(Fault::said(
                "there is no need to specify a resource type as a separate argument when passing arguments in \
                 resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get \
                 resource resource/<resource_name>'",
            ));
        }
        let mut names = Vec::new();
        for word in words {
            match word.split('/').collect::<Vec<_>>().as_slice() {
                [kind, name] if !kind.is_empty() && !name.is_empty() => {
                    names.push((kinds::one(kind)?, (*name).to_owned()));
                }
                _ => {
                    return Err(Fault::said(
                        "arguments in resource/name form may not have more than one slash",
                    ));
                }
            }
        }
        return Ok(Words::Names(names));
    }
    match words {
        [] => Ok(Words::Kinds(Vec::new())),
        [word] => kinds::of_word(word).map(Words::Kinds),
        [word, names @ ..] => {
            let kinds = kinds::of_word(word)?;
            let of = |kind: Kind| names.iter().map(move |name| (kind, name.clone()));
            Ok(Words::Names(kinds.into_iter().flat_map(of).collect()))
        }
    }
}

/// Which objects are meant; a kind alone means all of it.
///
/// # Errors
/// When nothing is named, or too much; in kubectl's words.
pub(super) fn resolve(
    scope: Scope<'_>,
    words: &[String],
    picking: &Picking,
    files: &FromFiles,
) -> Result<Targets, Fault> {
    if !files.filename.is_empty() {
        if !words.is_empty() {
            return Err(Fault::said(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
            ));
        }
        let (found, faults) = documents(scope, files)?;
        Fault::all(faults)?;
        return Ok(Targets::Named(found.iter().map(Document::object_ref).collect()));
    }
    match read_words(words)? {
        Words::Names(_) if picking.selects() => {
            Err(Fault::said("name cannot be provided when a selector is specified"))
        }
        Words::Names(_) if picking.all_namespaces => {
            Err(Fault::said("a resource cannot be retrieved by name across all namespaces"))
        }
        Words::Names(names) => {
            Ok(Targets::Named(names.iter().map(|(kind, name)| scope.target(*kind, name)).collect()))
        }
        Words::Kinds(kinds) => {
            let filter = filter(scope, picking)?;
            let of = |kind: Kind| {
                let namespace = filter.namespace.clone().filter(|_| kind.is_namespaced());
                (kind, Filter { namespace, ..filter.clone() })
            };
            Ok(Targets::Matching(kinds.into_iter().map(of).collect()))
        }
    }
}

/// The filter that the flags mean.
fn filter(scope: Scope<'_>, picking: &Picking) -> Result<Filter, Fault> {
    let parse = |text: &Option<String>| Selector::parse(text.as_deref().unwrap_or("")).map_err(Fault::said);
    Ok(Filter {
        namespace: (!picking.all_namespaces).then(|| SmolStr::from(scope.namespace())),
        labels: parse(&picking.selector)?,
        fields: parse(&picking.field_selector)?,
    })
}

/// Nothing was named at all.
pub(super) fn nothing_named() -> Fault {
    Fault::said(
        "You must provide one or more resources by argument or filename.\nExample resource specifications \
         include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'",
    )
}

/// The objects that files describe, and what of the files describes none. Whether the objects are good is for the API
/// server to say.
///
/// # Errors
/// When a file cannot be read, or there is nothing in the files.
pub(super) fn documents(scope: Scope<'_>, files: &FromFiles) -> Result<(Vec<Document>, Vec<Fault>), Fault> {
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for path in &files.filename {
        if path == "-" {
            return Err(Fault::said("there is no standard input here; name a file: -f web.yaml"));
        }
        let texts =
            scope.files.read(path).map_err(|_| Fault::said(format!("the path \"{path}\" does not exist")))?;
        for (file, text) in texts {
            let (documents, problems) = manifests::as_written(&file, &text);
            faults.extend(problems.iter().map(|problem| Fault::Plain(problem.render(false))));
            found.extend(documents.into_iter().map(|document| document.in_namespace(scope.namespace())));
        }
    }
    match found.is_empty() && faults.is_empty() {
        true => Err(Fault::said("no objects passed to apply")),
        false => Ok((found, faults)),
    }
}

impl Targets {
    /// The objects themselves; what is not there is a fault of its own.
    pub(super) fn read(&self, cluster: &(impl Reads + ?Sized)) -> (Vec<Object>, Vec<Fault>) {
        let (mut objects, mut faults) = (Vec::new(), Vec::new());
        match self {
            Self::Named(names) => {
                for target in names {
                    match cluster.get(target) {
                        Ok(object) => objects.push(object),
                        Err(status) => faults.push(Fault::from(status)),
                    }
                }
            }
            Self::Matching(kinds) => {
                for (kind, filter) in kinds {
                    match cluster.list(*kind, filter.clone()) {
                        Ok(found) => objects.extend(found),
                        Err(status) => faults.push(Fault::from(status)),
                    }
                }
            }
        }
        (objects, faults)
    }

    /// Whether kinds are asked for and none is named.
    pub(super) fn is_nothing(&self) -> bool {
        match self {
            Self::Named(names) => names.is_empty(),
            Self::Matching(kinds) => kinds.is_empty(),
        }
    }
}
