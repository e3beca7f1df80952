//! Reading patterns.

use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::glob::{Glob, Target};
use super::pattern::{Pattern, Trigger, What};
use crate::manifests::{FieldPath, nearest};
use crate::script::{Place, ScriptError};
use crate::trace::NodeChange;

/// The words that begin a pattern, with what else may stand there.
const WORDS: &[(&str, &[&str])] = &[
    ("write", &["field", "from", "to", "by", "via"]),
    ("create", &["by", "via"]),
    ("delete", &["by", "via"]),
    ("gone", &["by"]),
    ("condition", &["reason", "by"]),
    ("event", &["on", "message", "by"]),
    ("bind", &["to", "by"]),
    ("container", &["of", "code", "reason", "by"]),
    ("probe", &["of", "passed", "by"]),
    ("machine", &["is"]),
    ("fault", &[]),
    ("act", &["via"]),
    ("compare", &["idle", "by"]),
];

const CHANGES: &[&str] =
    &["pulling", "pulled", "pull-failed", "created", "started", "signalled", "exited", "back-off", "removed"];

const MACHINE: &[(&str, NodeChange)] = &[
    ("power-on", NodeChange::PowerOn),
    ("power-off", NodeChange::PowerOff),
    ("kubelet-stopped", NodeChange::KubeletStopped),
    ("kubelet-started", NodeChange::KubeletStarted),
    ("crashed", NodeChange::Crashed),
];

/// Reads what stands after `saw:`, `never:` and the like: an expression, or a pattern in braces.
pub(super) fn trigger(raw: &Spanned<Value>) -> Result<Trigger, ScriptError> {
    let place = Place::of(raw);
    match &raw.value {
        Value::String(text) => Place::expression(raw, text).map(Trigger::Holds),
        Value::Bool(truth) => Place::expression(raw, &truth.to_string()).map(Trigger::Holds),
        Value::Object(fields) => pattern(fields)
            .map(|pattern| Trigger::Happens(Box::new(pattern)))
            .map_err(|message| place.error(message)),
        _ => Err(place.error("write an expression, or a pattern such as {write: Deployment/web, by: you}")),
    }
}

fn pattern(fields: &Map<String, Value>) -> Result<Pattern, String> {
    let first = fields.keys().find_map(|key| WORDS.iter().find(|(word, _)| word == key));
    let Some((word, allowed)) = first else {
        let near = fields.keys().find_map(|key| nearest(key, WORDS.iter().map(|(word, _)| *word)));
        let guess = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
        return Err(format!("a pattern begins with one of {}{guess}", words.join(", ")));
    };
    // The type of a condition is a key of its own.
    let is_type =
        |key: &str| *word == "condition" && key.starts_with(|first: char| first.is_ascii_uppercase());
    let extra = fields.keys().filter(|key| key != word);
    if let Some(unknown) = extra.clone().find(|key| !allowed.contains(&key.as_str()) && !is_type(key)) {
        let guess = nearest(unknown, allowed.iter().copied());
        let guess = guess.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(format!("the pattern `{word}` has no `{unknown}`{guess}"));
    }
    let reader = Reader { fields };
    Ok(Pattern {
        what: reader.what(word)?,
        by: reader.glob("by"),
        via: reader.glob("via"),
        source: source(fields),
    })
}

struct Reader<'a> {
    fields: &'a Map<String, Value>,
}

impl Reader<'_> {
    fn what(&self, word: &str) -> Result<What, String> {
        let target = |key: &str| Target::parse(&self.text(key).unwrap_or_default());
        Ok(match word {
            "write" => What::Write {
                target: target(word)?,
                field: self.text("field").map(|path| FieldPath::parse(&path)),
                from: self.fields.get("from").cloned(),
                to: self.fields.get("to").cloned(),
            },
            "create" => What::Create(target(word)?),
            "delete" => What::Delete(target(word)?),
            "gone" => What::Gone(target(word)?),
            "condition" => self.condition()?,
            "event" => What::Event {
                reason: self.glob(word).ok_or("event needs a reason")?,
                on: self.target("on")?,
                message: self.text("message"),
            },
            "bind" => What::Bind { target: target(word)?, to: self.glob("to") },
            "container" => What::Container {
                change: self.one_of(word, CHANGES)?,
                of: self.target("of")?,
                code: self.fields.get("code").and_then(Value::as_i64).and_then(|code| code.try_into().ok()),
                reason: self.glob("reason"),
            },
            "probe" => What::Probe {
                kind: Glob::new(self.one_of(word, &["readiness", "liveness", "startup", "*"])?),
                of: self.target("of")?,
                passed: self
                    .fields
                    .get("passed")
                    .and_then(Value::as_bool)
                    .ok_or("probe needs passed: true or passed: false")?,
            },
            "machine" => {
                let names: Vec<&str> = MACHINE.iter().map(|(name, _)| *name).collect();
                let is = self.one_of("is", &names)?;
                let change = MACHINE.iter().find(|(name, _)| *name == is).map(|(_, change)| *change);
                What::Machine {
                    node: self.glob(word).ok_or("machine needs a node")?,
                    is: change.ok_or("machine needs `is`")?,
                }
            }
            "fault" => What::Fault(self.text(word).unwrap_or_default()),
            "act" => What::Act(self.text(word).unwrap_or_default()),
            _ => What::Compare {
                target: target(word)?,
                idle: self.fields.get("idle").and_then(Value::as_bool),
            },
        })
    }

    fn condition(&self) -> Result<What, String> {
        let types =
            self.fields.iter().filter(|(key, _)| key.starts_with(|first: char| first.is_ascii_uppercase()));
        let mut types = types.map(|(key, value)| (key.clone(), plain(value)));
        let (Some((kind, status)), None) = (types.next(), types.next()) else {
            return Err("a condition needs one type with its status: {condition: Deployment/web, Progressing: \"False\"}".to_owned());
        };
        let status = match status.as_str() {
            "true" | "True" => "True",
            "false" | "False" => "False",
            "unknown" | "Unknown" => "Unknown",
            other => return Err(format!("{kind}: \"{other}\" is not one of True, False, Unknown")),
        };
        let target = Target::parse(&self.text("condition").unwrap_or_default())?;
        Ok(What::Condition { target, kind, status: status.to_owned(), reason: self.glob("reason") })
    }

    fn text(&self, key: &str) -> Option<String> {
        self.fields.get(key).map(plain)
    }

    fn glob(&self, key: &str) -> Option<Glob> {
        self.text(key).map(Glob::new)
    }

    fn target(&self, key: &str) -> Result<Option<Target>, String> {
        self.text(key).map(|text| Target::parse(&text)).transpose()
    }

    fn one_of(&self, key: &str, known: &[&str]) -> Result<String, String> {
        let word = self.text(key).unwrap_or_default();
        match known.contains(&word.as_str()) {
            true => Ok(word),
            false => Err(format!("{key}: \"{word}\" is not one of {}", known.join(", "))),
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `{delete: Pod/web-*, by: you}`.
fn source(fields: &Map<String, Value>) -> String {
    let parts: Vec<String> = fields.iter().map(|(key, value)| format!("{key}: {}", plain(value))).collect();
    format!("{{{}}}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::read_yaml;

    fn read(text: &str) -> Result<Trigger, ScriptError> {
        trigger(&read_yaml::<Spanned<Value>>(text)?)
    }

    #[test]
    fn patterns_of_every_word_are_read() {
        for text in [
            "{write: Deployment/web, field: spec.replicas, to: 5, by: you, via: file}",
            "{create: Pod/*, by: controller/replicaset}",
            "{delete: Pod/app=web, by: you}",
            "{gone: Pod/web-*}",
            "{condition: Deployment/web, Progressing: \"False\", reason: ProgressDeadlineExceeded}",
            "{event: BackOff, on: Pod/web-*}",
            "{bind: Pod/web-*, to: node-3}",
            "{container: exited, of: Pod/web-*, code: 1}",
            "{probe: readiness, passed: false}",
            "{machine: node-3, is: power-off}",
            "{fault: scheduler stopped}",
            "{act: delete pod}",
            "{compare: ReplicaSet/web-*, idle: true}",
            "pods('app=web').ready == 3",
        ] {
            read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }

    #[test]
    fn mistakes_in_patterns_are_named() {
        for (text, part) in [
            ("{wirte: Deployment/web}", "did you mean `write`?"),
            ("{write: Deployment/web, feild: spec}", "did you mean `field`?"),
            ("{write: Deploymnt/web}", "did you mean Deployment?"),
            ("{condition: Deployment/web}", "one type with its status"),
            ("{condition: Deployment/web, Ready: \"Maybe\"}", "is not one of True"),
            ("{container: exploded}", "is not one of pulling"),
            ("{machine: node-1, is: broken}", "is not one of power-on"),
            ("podz('x')", "did you mean `pods`"),
            ("[1]", "write an expression"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.message.contains(part), "{text}: {error}");
        }
    }
}
