//! Manifests: files that say what should be in the cluster.
//!
//! People write what they want as YAML and save it; `kubectl apply` turns the difference to what is live into
//! one request per object. This module is all of that but the disk and the requests themselves: text goes in,
//! and out come objects, problems with their line and column, and what to send.
//!
//! - [`parse`]: a file's text to [`Document`]s, or to [`Diagnostic`]s that show what is wrong and where.
//! - [`Folder`]: the watched folder; keeps the last good version of a file while its text is broken.
//! - [`apply`]: the request that client-side `kubectl apply` would send, and where live objects drifted.
//! - [`diff`]: what changed between two versions, field by field.
//! - [`edit`]: sets one field in a text and leaves comments and layout alone.
//! - [`Files`]: how somebody below the rim reads files.
//! - [`pizza`]: the shop that the dashboard starts with.
//!
//! ```
//! let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: menu}\ndata:\n  salami: yes\n";
//! let problems = kubeloop::manifests::parse("menu.yaml", text).unwrap_err();
//! assert_eq!(problems[0].place(), "menu.yaml:5:11");
//! assert_eq!(problems[0].message, "data.salami must be text, not true");
//! ```
//!
//! Left out: Kustomize, Helm, JSON files with comments, and kinds that this cluster does not have.

pub mod apply;
mod check;
mod diagnostic;
pub mod diff;
mod document;
pub mod edit;
mod folder;
mod path;
pub mod send;
mod template;
pub mod yaml;

use std::collections::BTreeMap;

pub use diagnostic::{Diagnostic, Source, TextEdit, nearest};
pub use document::{Document, as_written, parse};
pub use folder::{Folder, PlanStep};
pub use path::{FieldPath, Step};
pub use template::refusal;

/// Reads files for somebody who may not: a face of the file system, or a test's map.
pub trait Files {
    /// The texts of a file, or of all manifests in a folder, by path. What the path is relative to is the
    /// caller's business.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&self, path: &str) -> Result<BTreeMap<String, String>, String>;
}

/// No files at all.
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, path: &str) -> Result<BTreeMap<String, String>, String> {
        Err(format!("{path}: there are no files here"))
    }
}

/// The manifests of the pizza shop by file name: what the dashboard shows when nobody brings any.
pub fn pizza() -> BTreeMap<String, String> {
    [
        ("delivery.yaml", include_str!("../../manifests/pizza/delivery.yaml")),
        ("login.yaml", include_str!("../../manifests/pizza/login.yaml")),
        ("payment.yaml", include_str!("../../manifests/pizza/payment.yaml")),
    ]
    .into_iter()
    .map(|(file, text)| (file.to_owned(), text.to_owned()))
    .collect()
}

#[cfg(test)]
mod tests;
