//! Fields: what one word becomes when its expansions are split at blanks and matched against file names.

use crate::workload::files::{ContainerFs, absolute};

use super::pattern;

/// How many names one pattern may grow to.
const MOST_MATCHES: usize = 1_000;

/// The fields of a word while it is being expanded.
#[derive(Debug)]
pub(super) struct Fields {
    /// The characters at which unquoted expansions are split; none if they are not to be split.
    separators: Option<String>,
    done: Vec<Field>,
    open: Option<Field>,
}

/// One field: its text, and the same as a pattern, in which quoted characters are escaped.
#[derive(Clone, Debug, Default)]
struct Field {
    text: String,
    pattern: String,
    has_wildcards: bool,
}

impl Field {
    fn push(&mut self, text: &str, quoted: bool) {
        self.text.push_str(text);
        if quoted {
            self.pattern.push_str(&pattern::escape(text));
        } else {
            self.pattern.push_str(text);
            self.has_wildcards |= pattern::is_pattern(text);
        }
    }
}

impl Fields {
    /// Fields that are split at these characters (`IFS`).
    pub(super) fn split_at(separators: String) -> Self {
        Self { separators: Some(separators), done: Vec::new(), open: None }
    }

    /// One field whatever it contains.
    pub(super) fn whole() -> Self {
        Self { separators: None, done: Vec::new(), open: None }
    }

    /// Makes sure that there is a field, even if it stays empty (`""`).
    pub(super) fn open(&mut self) {
        self.open.get_or_insert_default();
    }

    /// Adds text of the script itself.
    pub(super) fn literal(&mut self, text: &str, quoted: bool) {
        if !text.is_empty() || quoted {
            self.open.get_or_insert_default().push(text, quoted);
        }
    }

    /// Adds what an expansion gave.
    pub(super) fn expanded(&mut self, text: &str, quoted: bool) {
        let Some(separators) = self.separators.as_ref().filter(|_| !quoted) else {
            return self.literal(text, quoted);
        };
        let separators = separators.clone();
        let mut rest = text;
        while let Some(end) = rest.find(|c| separators.contains(c)) {
            let (part, tail) = rest.split_at(end);
            self.literal(part, false);
            let separator = tail.chars().next().unwrap_or_default();
            if !separator.is_whitespace() {
                // Two commas in a row have an empty field between them; two blanks have none.
                self.open();
            }
            self.close();
            rest = &tail[separator.len_utf8()..];
        }
        self.literal(rest, false);
    }

    /// Adds a list (`$@`): each a field of its own, the first and last joined to what stands around.
    pub(super) fn list(&mut self, items: &[String], quoted: bool) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.close();
            }
            self.expanded(item, quoted);
        }
    }

    /// Whether splitting is on: whether a list stays a list.
    pub(super) fn splits(&self) -> bool {
        self.separators.is_some()
    }

    /// The fields, with file names in place of patterns that match any.
    pub(super) fn into_names(mut self, files: &ContainerFs<'_>, folder: &str) -> Vec<String> {
        self.close();
        let mut names = Vec::new();
        for field in self.done {
            let found = match field.has_wildcards {
                true => matching_files(&field.pattern, files, folder),
                false => Vec::new(),
            };
            match found.is_empty() {
                true => names.push(field.text),
                false => names.extend(found),
            }
        }
        names
    }

    /// Everything as one text.
    pub(super) fn into_text(mut self) -> String {
        self.close();
        self.done.into_iter().map(|field| field.text).collect::<Vec<_>>().join(" ")
    }

    /// Everything as one pattern.
    pub(super) fn into_pattern(mut self) -> String {
        self.close();
        self.done.into_iter().map(|field| field.pattern).collect::<Vec<_>>().join(" ")
    }

    fn close(&mut self) {
        self.done.extend(self.open.take());
    }
}

/// The paths that a pattern matches, in order. Hidden files are matched only by a literal dot.
fn matching_files(pattern: &str, files: &ContainerFs<'_>, folder: &str) -> Vec<String> {
    let mut found = vec![if pattern.starts_with('/') { "/".to_owned() } else { String::new() }];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let mut next = Vec::new();
        for start in &found {
            let here = absolute(folder, if start.is_empty() { "." } else { start });
            if !pattern::is_pattern(part) {
                let path = format!("{start}{part}");
                if files.exists(&absolute(folder, &path)) {
                    next.push(format!("{path}/"));
                }
                continue;
            }
            for name in files.list(&here).unwrap_or_default() {
                let hidden = name.starts_with('.') && !part.starts_with('.');
                if !hidden && pattern::matches(part, &name) && next.len() < MOST_MATCHES {
                    next.push(format!("{start}{name}/"));
                }
            }
        }
        found = next;
    }
    found
        .into_iter()
        .map(|path| path.trim_end_matches('/').to_owned())
        .filter(|path| !path.is_empty())
        .collect()
}
