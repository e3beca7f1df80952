//! What several verbs share: dry runs, and the line that says what was done.

use serde_json::Value;

use crate::apiserver::Patch;
use crate::apiserver::patch::three_way;
use crate::kubectl::kinds;
use crate::kubectl::output::Fault;
use crate::kubectl::print::Format;
use crate::kubectl::running::Context;
use crate::object::{Kind, Object};

/// Whether something is only tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum DryRun {
    /// It is done.
    #[default]
    None,
    /// Nothing is sent.
    Client,
    /// It is sent, and the server checks it and stores nothing.
    Server,
}

/// Flags of the verbs that write.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Writing {
    /// Must be "none", "server", or "client"
    #[arg(long, value_name = "STRATEGY", require_equals = true, num_args = 0..=1,
          default_value = "none", default_missing_value = "client", hide_default_value = true)]
    pub(super) dry_run: DryRun,
    /// Output format: yaml, json, name, jsonpath=...
    #[arg(short, long)]
    pub(super) output: Option<String>,
}

impl Writing {
    /// Whether nothing is to be stored.
    pub(super) fn is_dry(&self) -> bool {
        self.dry_run != DryRun::None
    }

    /// Says what was done to an object: `deployment.apps/web scaled`, or the object if `-o` asks for it.
    pub(super) fn report(&self, object: &Object, did: &str, cx: &mut Context<'_>) -> Result<(), Fault> {
        match Format::of_write(self.output.as_deref())? {
            Some(format) => format.print_one(object, cx.out),
            None => {
                cx.out.line(format!("{} {did}{}", kinds::label(&object.reference()), self.suffix()));
                Ok(())
            }
        }
    }

    /// What follows after what was done, if it was not really done.
    pub(super) fn suffix(&self) -> &'static str {
        match self.dry_run {
            DryRun::None => "",
            DryRun::Client => " (dry run)",
            DryRun::Server => " (server dry run)",
        }
    }

    /// Changes an object as a strategic merge patch does it: only what differs is sent. Returns the object
    /// afterwards, or none if there is nothing to send.
    pub(super) fn change(
        &self,
        old: &Object,
        new: &Value,
        cx: &mut Context<'_>,
    ) -> Result<Option<Object>, Fault> {
        let Some(patch) = difference(old.kind(), &old.to_value(), new)? else { return Ok(None) };
        match self.dry_run {
            DryRun::Client => Object::decode(old.kind(), new.clone())
                .map(Some)
                .map_err(|error| Fault::said(error.to_string())),
            dry => cx.patch(&old.reference(), Patch::Strategic(patch), dry == DryRun::Server).map(Some),
        }
    }
}

/// The strategic merge patch from one state of an object to another; none if they are the same.
pub(super) fn difference(kind: Kind, old: &Value, new: &Value) -> Result<Option<Value>, Fault> {
    let patch = three_way(kind, Some(old), new, old).map_err(|fault| Fault::said(fault.to_string()))?;
    Ok(Some(patch).filter(|patch| patch.as_object().is_some_and(|fields| !fields.is_empty())))
}

/// The specification of the pods that an object makes, or that it is.
pub(super) fn pod_spec_mut(value: &mut Value) -> Option<&mut Value> {
    let path = match value.pointer("/spec/template/spec").is_some() {
        true => "/spec/template/spec",
        false => "/spec",
    };
    value.pointer_mut(path).filter(|spec| spec.get("containers").is_some())
}
