//! Objects that a command makes of a few words: `create`, `run`, `expose`.

use serde_json::Value;

use super::apply::create;
use super::common::{DryRun, Writing};
use crate::apiserver::decode;
use crate::kubectl::kinds;
use crate::kubectl::output::Fault;
use crate::kubectl::print::Format;
use crate::kubectl::running::Context;
use crate::object::Kind;

/// An object that a generator made, and how kubectl speaks of it.
pub(super) struct New {
    pub(super) kind: Kind,
    pub(super) value: Value,
    pub(super) writing: Writing,
    /// What comes in front when the API server refuses; nothing for the plain refusal.
    pub(super) failed: &'static str,
    /// `created`, `exposed`.
    pub(super) did: &'static str,
}

impl New {
    /// Stores it and says so.
    pub(super) fn create(mut self, cx: &mut Context<'_>) -> Result<(), Fault> {
        if self.kind.is_namespaced() && (cx.scope.said.is_some() || self.writing.dry_run != DryRun::Client) {
            self.value["metadata"]["namespace"] = cx.namespace().into();
        }
        if self.writing.dry_run == DryRun::Client {
            let name = self.value["metadata"]["name"].as_str().unwrap_or("");
            let label = format!("{}/{name}", kinds::word(self.kind));
            return match Format::of_write(self.writing.output.as_deref())? {
                Some(format) => format.print_value(&self.value, &label, cx.out),
                None => {
                    cx.out.line(format!("{label} {}{}", self.did, self.writing.suffix()));
                    Ok(())
                }
            };
        }
        let object =
            decode::strict(self.kind, &self.value).map_err(|status| Fault::from(Box::new(status)))?;
        let made = create(object, self.writing.dry_run == DryRun::Server, cx);
        let made = made.map_err(|fault| match fault {
            Fault::Refused(status) if !self.failed.is_empty() && status.code != 0 => {
                Fault::said(format!("{}{}", self.failed, status.message))
            }
            other => other,
        })?;
        self.writing.report(&made, self.did, cx)
    }
}
