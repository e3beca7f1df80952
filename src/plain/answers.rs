//! What the dashboard would show, in lines.

use crate::engine::World;
use crate::object::{Kind, Object};
use crate::trace::text::{Vocabulary, capitalised, object_words};
use crate::tui::Overlay;
use crate::tui::model::chain::Chain;
use crate::tui::model::why::Why;
use crate::tui::model::{headline, now_sentence};

/// Something that was said; an error says so in its first word.
pub(super) fn said(text: &str, is_error: bool) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
    if let Some(first) = lines.first_mut().filter(|_| is_error)
        && !first.to_lowercase().starts_with("error")
    {
        *first = format!("error: {first}");
    }
    lines
}

/// What would stand over the screen.
pub(super) fn overlay(overlay: Overlay) -> Vec<String> {
    match overlay {
        Overlay::Text(view) => view.text,
        Overlay::Why(view) => why(&view.why),
        Overlay::Prune(object, file) => vec![
            format!("{file} no longer describes {object}. Nothing is deleted by itself."),
            format!(
                "If it is to go, type: delete {} {} -n {}",
                object.kind.info().singular,
                object.key.name,
                object.key.namespace
            ),
        ],
        _ => Vec::new(),
    }
}

/// The answers to the four questions; the causes only of the one that matters most now.
fn why(why: &Why) -> Vec<String> {
    let mut lines = vec![format!("{}:", object_words(&why.object))];
    for (index, answer) in why.answers.iter().enumerate() {
        let sentences: Vec<String> = answer.sentences.iter().map(|sentence| capitalised(sentence)).collect();
        lines.push(format!("{} {}", answer.question.text(), sentences.join(" ")));
        if index == why.first {
            lines.extend(causes(&answer.chain));
            lines.extend(answer.details.iter().cloned());
        }
    }
    lines
}

/// A chain of causes, root first. Its depth is told by its order alone: spaces cannot be heard.
pub(super) fn causes(chain: &Chain) -> Vec<String> {
    chain.lines().iter().map(|line| format!("  {}", line.trim())).collect()
}

/// What is going on, and what comes next.
pub(super) fn now(world: &World, vocabulary: Vocabulary) -> String {
    let (now, next) = now_sentence(world, None, vocabulary);
    format!("{now} {next}").trim_end().to_owned()
}

/// How the cluster is: every workload, then the whole in a few words.
pub(super) fn state(world: &World) -> Vec<String> {
    let mut lines: Vec<String> = world
        .list(Kind::Deployment, None)
        .filter_map(|object| match object {
            Object::Deployment(deployment) => Some(deployment),
            _ => None,
        })
        .map(|deployment| {
            let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
            let ready = deployment.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0);
            let name = deployment.metadata.name.as_deref().unwrap_or("");
            format!("Deployment {name}: {wanted} wanted, {ready} ready.")
        })
        .collect();
    let (_, words) = headline(world);
    lines.push(format!("At {}: {words}.", world.now()));
    lines
}
