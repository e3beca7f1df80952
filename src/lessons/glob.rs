//! Names with `*` in them, and the objects that they mean.

use crate::engine::World;
use crate::object::selector::Selector;
use crate::object::{Kind, ObjectRef, labels};
use crate::trace::Event;

/// A name in which `*` stands for anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// A name.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As it was written.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Whether a name is meant.
    pub(super) fn matches(&self, name: &str) -> bool {
        matches(&self.0, name)
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(head) else { return false };
    (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| matches(tail, rest)))
}

/// The objects that a pattern is about: `Pod/web-*`, `Pod/app=web`, `Node/node-3`.
#[derive(Clone, Debug)]
pub struct Target {
    pub(super) kind: Kind,
    namespace: Option<Glob>,
    names: Names,
}

#[derive(Clone, Debug)]
enum Names {
    Glob(Glob),
    Labels(Selector),
}

impl Target {
    /// Reads `KIND`, `KIND/NAME` or `KIND/NAMESPACE/NAME`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once('/').unwrap_or((text, "*"));
        let found = Kind::from_name(kind).or_else(|| Kind::from_resource(kind)).ok_or_else(|| {
            let near = crate::manifests::nearest(kind, Kind::ALL.iter().map(|kind| kind.name()));
            let guess = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            format!("there is no kind \"{kind}\"{guess} Write KIND/NAME, such as Pod/web-*")
        })?;
        if rest.contains('=') {
            return Ok(Self { kind: found, namespace: None, names: Names::Labels(Selector::parse(rest)?) });
        }
        let (namespace, name) = match rest.split_once('/') {
            Some((namespace, name)) => (Some(Glob::new(namespace)), name),
            None => (found.is_namespaced().then(|| Glob::new("default")), rest),
        };
        Ok(Self { kind: found, namespace, names: Names::Glob(Glob::new(name)) })
    }

    /// Whether an object may be meant, as far as its name tells.
    pub(super) fn may_be(&self, object: &ObjectRef) -> bool {
        let named = match &self.names {
            Names::Glob(name) => name.matches(&object.key.name),
            Names::Labels(_) => true,
        };
        let namespace = &object.key.namespace;
        self.kind == object.kind
            && self.namespace.as_ref().is_none_or(|wanted| wanted.matches(namespace))
            && named
    }

    /// Whether it is meant. Its labels are those that it has now, or that it was written with.
    pub(super) fn matches(&self, object: &ObjectRef, world: &World, event: &Event) -> bool {
        let Names::Labels(selector) = &self.names else { return self.may_be(object) };
        let written = super::pattern::record(event, world).map(|record| record.object);
        let found = written.or_else(|| world.object(object).cloned());
        found.is_some_and(|found| selector.matches(labels(found.meta())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (glob, name, matches) in [
            ("web", "web", true),
            ("web", "web-1", false),
            ("web-*", "web-1", true),
            ("*", "anything", true),
            ("*-1", "web-1", true),
            ("*-1", "web-12", false),
            ("controller/*", "controller/replicaset", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "acb", false),
            ("", "web", false),
        ] {
            assert_eq!(Glob::new(glob).matches(name), matches, "{glob} on {name}");
        }
    }

    #[test]
    fn targets_name_a_kind() {
        assert!(Target::parse("Pod/app=web").is_ok() && Target::parse("deployment/web").is_ok());
        let error = Target::parse("Deploymnt/web").unwrap_err();
        assert!(error.contains("did you mean Deployment?"), "{error}");
    }
}
