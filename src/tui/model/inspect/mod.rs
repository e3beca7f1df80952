//! Everything about one object, page by page: what it is, who wrote each field, whose desk it is on, what would
//! make it fit.
//!
//! A page is lines with a [`Role`] each; the screen only paints them. Everything is read from the cluster as it is
//! shown, so a page of the past shows the past.

mod events;
mod fields;
mod gone;
mod loops;
mod overview;
mod placement;
mod traffic;

use crate::engine::World;
use crate::kubectl;
use crate::object::{Kind, ObjectRef};
use crate::trace::EventId;
use crate::trace::text::Vocabulary;
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Role;

/// A page of the inspector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// In short: who owns it, who knows what of it, its conditions.
    #[default]
    Overview,
    /// As `kubectl describe` prints it.
    Describe,
    /// As `kubectl get -o yaml` prints it.
    Yaml,
    /// Each field with who wrote it last, and when.
    Fields,
    /// What happened to it.
    Events,
    /// The loops that look at it, and what they wait for.
    Loops,
    /// The scheduler's table, and what would make it fit. Only of pods.
    Placement,
    /// The requests to it. Only of Services.
    Traffic,
    /// What belonged to it and went. Only of what pods belong to.
    Gone,
}

/// Pages in order with their names and what kubectl has for them.
const PAGES: &[(Page, &str, &str)] = &[
    (Page::Overview, "Overview", ""),
    (Page::Describe, "Describe", "kubectl describe"),
    (Page::Yaml, "YAML", "kubectl get -o yaml"),
    (Page::Fields, "Fields", ""),
    (Page::Events, "Events", "kubectl events --for"),
    (Page::Loops, "Loops", ""),
    (Page::Placement, "Placement", ""),
    (Page::Traffic, "Traffic", ""),
    (Page::Gone, "Gone", ""),
];

impl Page {
    /// The pages of an object of a kind.
    pub fn of(kind: Kind) -> impl Iterator<Item = Self> {
        let has_pods = matches!(
            kind,
            Kind::Deployment | Kind::ReplicaSet | Kind::DaemonSet | Kind::Service | Kind::Node
        );
        PAGES.iter().map(|(page, ..)| *page).filter(move |page| match page {
            Self::Placement => kind == Kind::Pod,
            Self::Traffic => kind == Kind::Service,
            Self::Gone => has_pods,
            _ => true,
        })
    }

    fn row(self) -> Option<&'static (Self, &'static str, &'static str)> {
        PAGES.iter().find(|(page, ..)| *page == self)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.row().map_or("", |(_, name, _)| name)
    }

    /// The command that prints it; empty if there is none.
    pub fn kubectl(self) -> &'static str {
        self.row().map_or("", |(.., kubectl)| kubectl)
    }
}

/// A line of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is, for its colour.
    pub role: Role,
    /// Its text.
    pub text: String,
    /// What it tells of, and the event that it leads to.
    pub leads_to: Option<(ObjectRef, EventId)>,
}

impl Line {
    fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, text: text.into(), leads_to: None }
    }

    fn text(text: impl Into<String>) -> Self {
        Self::new(Role::Text, text)
    }

    fn head(text: impl Into<String>) -> Self {
        Self::new(Role::Focus, text)
    }

    fn muted(text: impl Into<String>) -> Self {
        Self::new(Role::Muted, text)
    }

    fn gap() -> Self {
        Self::text("")
    }
}

/// A page about an object. With a veil, that stands in the place of what really runs on the nodes.
pub fn page(
    world: &World,
    object: &ObjectRef,
    page: Page,
    (vocabulary, glyphs): (Vocabulary, Glyphs),
    veil: Option<&str>,
) -> Vec<Line> {
    let Some(found) = world.object(object) else {
        let mut lines = vec![Line::new(Role::Unknown, "It is not in etcd (any more).")];
        match page {
            Page::Events => lines.extend(events::lines(world, object, vocabulary)),
            _ => lines.extend(gone::of_itself(world, object)),
        }
        return lines;
    };
    match page {
        Page::Overview => overview::lines(world, found, veil),
        Page::Describe => plain(&kubectl::description(world, found)),
        Page::Yaml => plain(&serde_yaml::to_string(&found.to_value()).unwrap_or_default()),
        Page::Fields => fields::lines(world, object, found),
        Page::Events => events::lines(world, object, vocabulary),
        Page::Loops => loops::lines(world, object),
        Page::Placement => placement::lines(world, object),
        Page::Traffic => traffic::lines(world, object, glyphs),
        Page::Gone => gone::lines(world, object),
    }
}

fn plain(text: &str) -> Vec<Line> {
    text.lines().map(Line::text).collect()
}

#[cfg(test)]
mod tests;
