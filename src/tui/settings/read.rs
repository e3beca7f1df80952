//! The config file: read strictly, so that a slip is told and not passed over.
//!
//! ```yaml
//! theme: light
//! motion: reduced
//! keys:
//!   break: X          # one key
//!   skip: [">", f5]   # several; the first one is shown
//! ```

use std::collections::BTreeMap;
use std::ops::Range;

use crossterm::event::KeyCode;

use super::{SETTINGS, Setting, Settings};
use crate::manifests::yaml::{self, Content, Entry, Node, Style};
use crate::manifests::{Diagnostic, Source, nearest};
use crate::tui::keymap::{BINDINGS, Command, Conflict, Keymap, names};

/// The key of the map of keys.
const KEYS: &str = "keys";
/// What stands for no key at all.
const NO_KEY: &str = "none";

/// What a config file says.
#[derive(Clone, Debug, Default)]
pub struct ConfigFile {
    /// Values by the names of settings.
    pub values: BTreeMap<&'static str, String>,
    /// The keys.
    pub keymap: Keymap,
}

impl ConfigFile {
    /// Reads the text of a file; an empty one says nothing.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with line, column and what was probably meant.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let source = Source::new(file, text.strip_prefix('\u{feff}').unwrap_or(text));
        let (roots, problem) = yaml::compose(&source.text);
        let mut reader = Reader { source, problems: Vec::new(), values: BTreeMap::new() };
        if let Some(problem) = problem {
            let found = reader.source.problem(problem.span, problem.message);
            reader.problems.push(Diagnostic { help: problem.help, ..found });
        }
        let keymap = reader.file(&roots);
        match reader.problems.is_empty() {
            true => Ok(Self { values: reader.values, keymap }),
            false => Err(reader.problems),
        }
    }
}

struct Reader {
    source: Source,
    problems: Vec<Diagnostic>,
    values: BTreeMap<&'static str, String>,
}

/// Keys for an action, and where they stand.
struct Wish {
    command: Command,
    keys: Vec<KeyCode>,
    span: Range<usize>,
}

impl Reader {
    fn file(&mut self, roots: &[Node]) -> Keymap {
        let mut wishes = Vec::new();
        for root in roots.iter().filter(|root| !root.is_null()) {
            let Content::Map(entries, _) = &root.content else {
                self.problem(root.span.clone(), "a config file is a map: one `setting: value` a line");
                continue;
            };
            for entry in entries {
                match entry.key.as_str() {
                    KEYS => wishes.extend(self.keys(&entry.value)),
                    _ => self.setting(entry),
                }
            }
        }
        let asked: Vec<_> = wishes.iter().map(|wish| (wish.command, wish.keys.clone())).collect();
        Keymap::with(&asked).unwrap_or_else(|conflicts| {
            conflicts.iter().for_each(|conflict| self.conflict(conflict, &wishes));
            Keymap::default()
        })
    }

    fn setting(&mut self, entry: &Entry) {
        let Some(setting) = Setting::named(&entry.key) else {
            let known = SETTINGS.iter().map(|setting| setting.name).chain([KEYS]);
            let message = format!("there is no setting \"{}\"", entry.key);
            return self.unknown(entry.key_span.clone(), message, nearest(&entry.key, known));
        };
        let Some(value) = self.word(&entry.value) else {
            let what = format!("{} needs a value: {}", setting.name, setting.values().join(", "));
            return self.problem(entry.key_span.clone(), what);
        };
        match setting.set(&mut Settings::default(), &value) {
            Ok(()) => drop(self.values.insert(setting.name, value)),
            Err(message) => self.unknown(
                entry.value.span.clone(),
                format!("{}: {message}", setting.name),
                setting.nearest(&value),
            ),
        }
    }

    /// The map of keys.
    fn keys(&mut self, node: &Node) -> Vec<Wish> {
        let entries = match &node.content {
            Content::Map(entries, _) => entries,
            _ if node.is_null() => return Vec::new(),
            _ => {
                self.problem(node.span.clone(), "keys is a map: one `action: key` a line");
                return Vec::new();
            }
        };
        entries.iter().filter_map(|entry| self.wish(entry)).collect()
    }

    fn wish(&mut self, entry: &Entry) -> Option<Wish> {
        let Some(binding) = BINDINGS.iter().find(|binding| names::action(binding) == entry.key) else {
            let known: Vec<String> = BINDINGS.iter().map(names::action).collect();
            let meant = nearest(&entry.key, known.iter().map(String::as_str));
            self.unknown(entry.key_span.clone(), format!("there is no action \"{}\"", entry.key), meant);
            return None;
        };
        let nodes: Vec<&Node> = match &entry.value.content {
            Content::List(items, _) => items.iter().collect(),
            _ => vec![&entry.value],
        };
        let mut keys = Vec::new();
        for node in nodes {
            let Some(word) = self.word(node) else {
                let hint = "a key is missing; signs that YAML uses are put in quotes: \"?\"";
                self.problem(entry.key_span.clone(), hint);
                return None;
            };
            match names::key(&word) {
                _ if word == NO_KEY => {}
                Ok(key) => keys.push(key),
                Err(message) => {
                    self.problem(node.span.clone(), message);
                    return None;
                }
            }
        }
        Some(Wish { command: binding.command, keys, span: entry.key_span.clone() })
    }

    /// A scalar as it is written. `y`, `0` and `on` are words here, whatever YAML makes of them.
    fn word(&self, node: &Node) -> Option<String> {
        let Content::Scalar(value, style) = &node.content else { return None };
        match (style, value.as_str()) {
            (Style::Plain, _) => {
                let written = self.source.text.get(node.span.clone())?.trim();
                (!written.is_empty()).then(|| written.to_owned())
            }
            (_, Some(text)) => (!text.is_empty()).then(|| text.to_owned()),
            (_, None) => None,
        }
    }

    fn conflict(&mut self, conflict: &Conflict, wishes: &[Wish]) {
        let [wanted, other] = &conflict.actions;
        let screen = conflict.screen.name(false);
        let message =
            format!("key {} would be both \"{wanted}\" and \"{other}\" on the {screen} screen", conflict.key);
        let span = wishes.get(conflict.wish).map_or(0..0, |wish| wish.span.clone());
        let found = self.source.problem(span, message);
        self.problems.push(found.help(format!("give \"{other}\" another key, too, or `{other}: {NO_KEY}`")));
    }

    fn unknown(&mut self, span: Range<usize>, message: String, meant: Option<&str>) {
        let found = self.source.problem(span, message);
        let found = found.help("`kubeloop config` lists every setting and every action");
        self.problems.push(Diagnostic { did_you_mean: meant.map(str::to_owned), ..found });
    }

    fn problem(&mut self, span: Range<usize>, message: impl Into<String>) {
        let found = self.source.problem(span, message);
        self.problems.push(found);
    }
}
