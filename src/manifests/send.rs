//! Sending a document to the cluster: what `kubectl apply` does, as an input of the engine.

use super::apply::{ApplyAction, request_for};
use super::{Diagnostic, Document, refusal};
use crate::apiserver::{Call, Patch, Status, Sub, decode};
use crate::engine::{Act, Engine, Input};
use crate::trace::StoryId;

/// What applying a document did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The object is new.
    Created,
    /// The object was changed.
    Configured,
    /// The object was as the document says.
    Unchanged,
}

impl Sent {
    /// The word that kubectl prints.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
        }
    }
}

/// Applies a document. `story` is the story that it belongs to; it is set when this is the first act of one.
///
/// # Errors
/// The API server's refusal at the document's line.
pub fn send(
    engine: &mut Engine,
    document: &Document,
    via: &str,
    title: &str,
    story: &mut Option<StoryId>,
) -> Result<Sent, Diagnostic> {
    let target = document.object_ref();
    let live = engine.world().object(&target).map(crate::object::Object::to_value);
    let (call, sent) = match request_for(document, live.as_ref())? {
        ApplyAction::Unchanged => return Ok(Sent::Unchanged),
        ApplyAction::Create(value) => {
            let object =
                decode::strict(document.kind, &value).map_err(|status| refusal(document, &status))?;
            (Call::Create { object, dry_run: false }, Sent::Created)
        }
        ApplyAction::Patch(patch) => {
            let patch = Patch::Strategic(patch);
            (Call::Patch { target, patch, sub: Sub::Main, dry_run: false }, Sent::Configured)
        }
    };
    let mut input = Input::new(via, title, Act::Api(call));
    if via == "file" {
        input = input.typed(format!("kubectl apply -f {}", document.source.file));
    }
    if let Some(story) = *story {
        input = input.within(story);
    }
    let applied = engine.apply(input);
    story.get_or_insert(applied.cause.story);
    match applied.answer {
        Some(Err(status)) => Err(refusal(document, &status)),
        _ => Ok(sent),
    }
}

/// The API server's refusal in one line, for those who have no document.
pub fn refusal_text(status: &Status) -> String {
    match status.reason {
        "" => status.message.clone(),
        reason => format!("Error from server ({reason}): {}", status.message),
    }
}
