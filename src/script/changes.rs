//! Steps that change objects: delete, scale, set an image.

use smol_str::format_smolstr;

use super::run::Runner;
use super::step::{DeleteStep, ImageStep, ScaleStep};
use super::targets;
use crate::apiserver::{Call, DeleteOptions, Patch, Sub};
use crate::engine::Act;
use crate::object::{Key, Kind, ObjectRef};
use crate::trace::text;

impl Runner<'_> {
    pub(super) fn delete(&mut self, step: &DeleteStep) -> Result<(), String> {
        let targets =
            targets::select(self.engine.world(), step.kind, &step.namespace, &step.target, step.count)?;
        for target in targets {
            let title = format_smolstr!("you deleted {}", text::object_words(&target));
            let grace = step.grace.map(|grace| i64::try_from(grace.as_secs()).unwrap_or(i64::MAX));
            let options = DeleteOptions {
                grace_period_secs: grace,
                propagation: step.propagation,
                ..Default::default()
            };
            self.act(title, Act::Api(Call::Delete { target, options }))?;
        }
        Ok(())
    }

    pub(super) fn scale(&mut self, step: &ScaleStep) -> Result<(), String> {
        let namespace = step.namespace.as_deref().unwrap_or("default");
        let (kind, name) = match (&step.deployment, &step.replicaset) {
            (Some(name), _) => (Kind::Deployment, name),
            (None, name) => (Kind::ReplicaSet, name.as_ref().ok_or("scale needs a name")?),
        };
        let target = ObjectRef::new(kind, Key::new(namespace, name.as_str()));
        let title = format_smolstr!("you scaled {name} to {}", step.replicas);
        self.act(title, Act::Api(Call::Scale { target, replicas: step.replicas }))
    }

    pub(super) fn set_image(&mut self, step: &ImageStep) -> Result<(), String> {
        if let Some(file) = &step.file {
            return self.set_image_in_file(file, step);
        }
        let name = step.deployment.as_deref().unwrap_or("");
        let namespace = step.namespace.as_deref().unwrap_or("default");
        let target = ObjectRef::new(Kind::Deployment, Key::new(namespace, name));
        let object = self
            .engine
            .world()
            .object(&target)
            .ok_or_else(|| format!("deployment \"{name}\" does not exist"))?;
        let value = object.to_value();
        let containers =
            value.pointer("/spec/template/spec/containers").and_then(|list| list.as_array()).cloned();
        let names: Vec<String> = containers
            .iter()
            .flatten()
            .filter_map(|container| container.get("name")?.as_str().map(str::to_owned))
            .collect();
        let container = match &step.container {
            Some(container) if names.contains(container) => container.clone(),
            Some(container) => {
                return Err(format!("{name} has no container \"{container}\"; it has {}", names.join(", ")));
            }
            None => names.first().cloned().ok_or("there is no container")?,
        };
        let patch = serde_json::json!({
            "spec": {"template": {"spec": {"containers": [{"name": container, "image": step.image}]}}}
        });
        let title = format_smolstr!("you set the image of {name} to {}", step.image);
        let call = Call::Patch { target, patch: Patch::Strategic(patch), sub: Sub::Main, dry_run: false };
        self.act(title, Act::Api(call))
    }
}
