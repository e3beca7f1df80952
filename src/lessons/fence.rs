//! Fenced blocks that hold data, known by their info strings: `predict id=after-10m`, `yaml file=web.yaml`.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;

use crate::manifests::nearest;
use crate::script::{Place, ScriptError, read_yaml};

/// The kinds of data, with the attributes that each may have.
const KINDS: &[(Kind, &str, &[&str])] = &[
    (Kind::File, "file", &["file", "apply"]),
    (Kind::Script, "script", &[]),
    (Kind::Host, "host", &[]),
    (Kind::Predict, "predict", &["id"]),
    (Kind::Order, "order", &["id"]),
    (Kind::Matrix, "matrix", &["id"]),
    (Kind::Check, "check", &[]),
    (Kind::Hint, "hint", &[]),
    (Kind::Solution, "solution", &["id"]),
    (Kind::NearMiss, "near-miss", &["expect", "id"]),
    (Kind::Demo, "demo", &["id"]),
];

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A manifest of the learner's folder.
    File,
    /// What happens without the learner.
    Script,
    /// A plain container host, for contrast.
    Host,
    /// A question with options.
    Predict,
    /// Steps to be put in order.
    Order,
    /// A table to be filled.
    Matrix,
    /// Goals.
    Check,
    /// Hints.
    Hint,
    /// A way to the goals.
    Solution,
    /// A way that must not pass.
    NearMiss,
    /// A presenter's script.
    Demo,
}

impl Kind {
    /// As it is written.
    pub(super) fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, name, _)| name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A block of data.
#[derive(Clone, Debug)]
pub(super) struct Fence {
    pub(super) kind: Kind,
    pub(super) attributes: BTreeMap<String, String>,
    /// What stands in it.
    pub(super) text: String,
    /// Where its fence begins.
    pub(super) place: Place,
}

impl Fence {
    /// An attribute.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// The text on the lines on which it stands in the file, so that every place in it is one in the file.
    pub(super) fn in_place(&self) -> String {
        format!("{}{}", "\n".repeat(self.place.line), self.text)
    }

    /// Reads its YAML.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, ScriptError> {
        read_yaml(&self.in_place()).map_err(|error| self.at_least_here(error))
    }

    /// An error without a place is at least in this block.
    pub(super) fn at_least_here(&self, error: ScriptError) -> ScriptError {
        if error.line <= self.place.line { self.place.error(error.message) } else { error }
    }
}

/// The block of data that an info string announces; none if the block is only to be read.
pub(super) fn read(info: &str, text: &str, place: Place) -> Result<Option<Fence>, ScriptError> {
    let words = shlex::split(info)
        .ok_or_else(|| place.error("a quote is not closed in the first line of the block"))?;
    let mut words = words.into_iter();
    let first = words.next().unwrap_or_default();
    let mut attributes = BTreeMap::new();
    for word in words {
        let Some((name, value)) = word.split_once('=') else { continue };
        attributes.insert(name.to_owned(), value.to_owned());
    }
    let known = KINDS.iter().find(|(_, name, _)| *name == first);
    let known = match known {
        None if attributes.contains_key("file") => KINDS.first(),
        other => other,
    };
    let Some((kind, name, allowed)) = known else {
        let names = KINDS.iter().map(|(_, name, _)| *name);
        // A short word is near many others: `sh`, `go`.
        return match nearest(&first, names.filter(|_| first.len() > 3)) {
            Some(near) => Err(place.error(format!("there is no block `{first}`; did you mean `{near}`?"))),
            None => Ok(None),
        };
    };
    if let Some(unknown) = attributes.keys().find(|key| !allowed.contains(&key.as_str())) {
        let guess = nearest(unknown, allowed.iter().copied());
        let guess = guess.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(place.error(format!("a {name} block has no `{unknown}=`{guess}")));
    }
    Ok(Some(Fence { kind: *kind, attributes, text: text.to_owned(), place }))
}
