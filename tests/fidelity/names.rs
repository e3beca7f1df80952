//! What generated names, uids and addresses stand for.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use crate::reduce::{Reading, Write};

/// The names of one run.
pub struct Names {
    /// Generated names and what they are called, longest first.
    known: Vec<(String, String)>,
    by_name: BTreeMap<String, String>,
    namespace: String,
    patterns: Vec<(Regex, &'static str)>,
}

impl Names {
    /// Learns the names from all writes: ReplicaSets and revisions are numbered as they appear (`web/rs1`,
    /// `agent/rev1`), pods are called after their family (`web/rs1 pod`).
    pub fn of(writes: &[Write], reading: &Reading<'_>) -> Self {
        let mut by_name: BTreeMap<String, String> = reading.alike.clone();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for write in writes.iter().filter(|write| write.kind == "ReplicaSet") {
            let meta = &write.object["metadata"];
            let name = meta["name"].as_str().unwrap_or("").to_owned();
            let Some(hash) = meta["labels"]["pod-template-hash"].as_str() else { continue };
            let base = name.strip_suffix(hash).unwrap_or(&name).trim_end_matches('-').to_owned();
            by_name.entry(name).or_insert_with(|| {
                let count = counts.entry(base.clone()).or_default();
                *count += 1;
                format!("{base}/rs{count}")
            });
        }
        for write in writes.iter().filter(|write| write.kind == "ControllerRevision") {
            let meta = &write.object["metadata"];
            let owner = meta["ownerReferences"][0]["name"].as_str().unwrap_or("");
            let name = meta["name"].as_str().unwrap_or("").to_owned();
            by_name.entry(name).or_insert_with(|| {
                let count = counts.entry(format!("revisions of {owner}")).or_default();
                *count += 1;
                format!("{owner}/rev{count}")
            });
        }
        for write in writes.iter().filter(|write| write.kind == "Pod") {
            let meta = &write.object["metadata"];
            let name = meta["name"].as_str().unwrap_or("").to_owned();
            if let Some(base) = meta["generateName"].as_str() {
                let owner = base.trim_end_matches('-');
                let family = by_name.get(owner).cloned().unwrap_or_else(|| owner.to_owned());
                by_name.entry(name).or_insert_with(|| format!("{family} pod"));
            }
        }
        let mut known: Vec<(String, String)> =
            by_name.iter().map(|(name, called)| (name.clone(), called.clone())).collect();
        known.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        let patterns = [
            (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
            (r"(?-u:\b)10\.[0-9]+\.[0-9]+\.[0-9]+(?-u:\b)", "IP"),
            (
                r"in [0-9.]+m?s \([0-9.]+m?s including waiting\)\. Image size: [0-9]+ bytes",
                "in TIME. Image size: SIZE",
            ),
        ];
        let patterns = patterns.map(|(pattern, word)| (Regex::new(pattern).expect("a pattern"), word));
        Self { known, by_name, namespace: reading.namespace.to_owned(), patterns: patterns.into() }
    }

    /// What an object is called.
    pub fn of_object(&self, kind: &str, object: &Value) -> String {
        let name = object["metadata"]["name"].as_str().unwrap_or("");
        match (kind, object["metadata"]["labels"]["kubernetes.io/service-name"].as_str()) {
            ("EndpointSlice", Some(service)) => format!("of {service}"),
            ("Namespace", _) => "NAMESPACE".to_owned(),
            _ => self.by_name.get(name).cloned().unwrap_or_else(|| name.to_owned()),
        }
    }

    /// What the object of a reference is called.
    pub fn of_name(&self, reference: &Value) -> String {
        let name = reference["name"].as_str().unwrap_or("");
        self.by_name.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// A text in which nothing is left that differs from run to run.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.replace(&self.namespace, "NAMESPACE");
        for (name, called) in &self.known {
            text = text.replace(name.as_str(), called);
        }
        for (pattern, word) in &self.patterns {
            text = pattern.replace_all(&text, *word).into_owned();
        }
        text
    }
}
