//! What can go wrong with the template that pods are made from.

use serde_json::Value;
use smol_str::{SmolStr, format_smolstr};

use super::{BreakEntry, Deed, NOBODY_ANSWERS, Row, entries_of};
use crate::engine::World;
use crate::object::{Kind, ObjectRef};
use crate::tui::model::owners;

/// A tag that no registry has.
const NO_SUCH_TAG: &str = "no-such-tag";

/// What has to be known of a template.
struct Facts {
    /// `deployment/login`, with its namespace where that is not the usual one; none if there is no template.
    name: Option<SmolStr>,
    is_deployment: bool,
    container: SmolStr,
    image: SmolStr,
    api_server: bool,
}

impl Facts {
    /// Of what an object is made from, or what it makes.
    fn of(world: &World, object: &ObjectRef) -> Self {
        let top = owners(world, object).pop().unwrap_or_else(|| object.clone());
        let value = world.object(&top).map(crate::object::Object::to_value).unwrap_or_default();
        let container = value.pointer("/spec/template/spec/containers/0");
        let text = |field| container.and_then(|it| it.get(field)).and_then(Value::as_str).unwrap_or("");
        let namespace = match top.key.namespace.as_str() {
            "" | "default" => SmolStr::default(),
            other => format_smolstr!(" -n {other}"),
        };
        let name = format_smolstr!("{}/{}{namespace}", top.kind.info().singular, top.key.name);
        Self {
            name: container.map(|_| name),
            is_deployment: top.kind == Kind::Deployment,
            container: text("name").into(),
            image: text("image").into(),
            api_server: world.api_server_runs(),
        }
    }

    fn is_bad(&self) -> bool {
        self.image.ends_with(NO_SUCH_TAG)
    }

    fn kubectl(&self, line: impl FnOnce(&str) -> String) -> Result<Deed, &'static str> {
        let name = self.name.as_deref().ok_or("nothing makes new pods of it: there is no template")?;
        if self.api_server { Ok(Deed::Kubectl(line(name))) } else { Err(NOBODY_ANSWERS) }
    }

    /// The image of the template with a tag that does not exist.
    fn bad_image(&self) -> String {
        let (folder, name) = match self.image.rfind('/') {
            Some(slash) => self.image.split_at(slash + 1),
            None => ("", self.image.as_str()),
        };
        let name = name.split([':', '@']).next().unwrap_or(name);
        format!("{folder}{name}:{NO_SUCH_TAG}")
    }
}

const ROWS: &[Row<Facts>] = &[
    Row {
        key: 'i',
        name: "bad image",
        short: "back-off",
        follows: "Its template asks for an image that does not exist: new pods wait in ImagePullBackOff. The rollout stops half-way, and the old pods go on.",
        real: "a typing error, or a registry that wants a password.",
        offered: |template| !template.is_bad(),
        deed: |template| {
            let (container, image) = (&template.container, template.bad_image());
            template.kubectl(|name| format!("set image {name} {container}={image}"))
        },
    },
    Row {
        key: 'i',
        name: "good image again",
        short: "undo",
        follows: "The Deployment goes back to the template before: its old ReplicaSet gets its number of pods back, the new one loses its.",
        real: "nobody rolls back by itself; somebody types this.",
        offered: Facts::is_bad,
        deed: |template| match template.is_deployment {
            true => template.kubectl(|name| format!("rollout undo {name}")),
            false => Err("only a Deployment keeps its old templates as ReplicaSets"),
        },
    },
];

pub(super) fn entries(world: &World, object: &ObjectRef, group: &SmolStr) -> Vec<BreakEntry> {
    let facts = Facts::of(world, object);
    // What is neither a pod nor makes any has no image.
    if facts.name.is_none() && object.kind != Kind::Pod {
        return Vec::new();
    }
    entries_of(group, ROWS, &facts)
}
