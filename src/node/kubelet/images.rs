//! Where a container's image comes from: the machine, a pull, or nowhere (`pkg/kubelet/images`).

use smol_str::{SmolStr, format_smolstr};

use super::Kubelet;
use super::perform::reference;
use super::worker::{Reason, Stage, Worker};
use crate::client::Context;
use crate::node::runtime::Image;
use crate::trace::{ContainerChange, Data};
use crate::workload::ImageReference;

/// Why a container cannot be started now, with the events that tell of it.
pub(super) struct Refusal {
    pub(super) reason: &'static str,
    pub(super) message: String,
    pub(super) notes: Vec<(&'static str, &'static str, String)>,
}

impl Refusal {
    pub(super) fn new(reason: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { reason, notes: vec![("Warning", "Failed", format!("Error: {message}"))], message }
    }
}

/// What is needed for a container's image.
pub(super) enum Supply {
    /// It is there.
    There(Image),
    /// It has to be pulled.
    Pull,
}

impl Kubelet {
    /// Where the container's image comes from (`EnsureImageExists` in `pkg/kubelet/images/image_manager.go`).
    pub(super) fn supply(
        &mut self,
        worker: &mut Worker,
        container: &k8s_openapi::api::core::v1::Container,
        cx: &mut Context<'_>,
    ) -> Result<Supply, Refusal> {
        let image = container.image.as_deref().unwrap_or("");
        let name = SmolStr::from(container.name.as_str());
        if ImageReference::parse(image).is_none() {
            let text = format!(
                "Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": invalid reference format"
            );
            let notes = vec![
                ("Warning", "InspectFailed", text.clone()),
                ("Warning", "Failed", "Error: InvalidImageName".to_owned()),
            ];
            return Err(Refusal { reason: "InvalidImageName", message: text, notes });
        }
        let policy = container.image_pull_policy.as_deref().unwrap_or("IfNotPresent");
        let there = self.runtime.images.get(image);
        let pulled = worker.pulled.take_if(|pulled| *pulled == name).is_some();
        match (there, policy) {
            (Some(there), _) if pulled => return Ok(Supply::There(there)),
            (Some(there), "IfNotPresent" | "Never") => {
                let text = format!(
                    "Container image \"{image}\" already present on machine and can be accessed by the pod"
                );
                self.note(worker, &name, "Normal", "Pulled", &text, cx);
                return Ok(Supply::There(there));
            }
            (None, "Never") => {
                let text = format!("Container image \"{image}\" is not present with pull policy of Never");
                let notes = vec![
                    ("Warning", "ErrImageNeverPull", text.clone()),
                    ("Warning", "Failed", "Error: ErrImageNeverPull".to_owned()),
                ];
                return Err(Refusal { reason: "ErrImageNeverPull", message: text, notes });
            }
            _ => {}
        }
        let subject = (worker.uid.clone(), SmolStr::from(image));
        if self.pull_back_off.until_since_update(&subject, cx.now).is_some() {
            let text = format!("Back-off pulling image \"{image}\"");
            let last = worker.pull_error.as_ref().map(|error| format!("{text}: ErrImagePull: {error}"));
            let notes = vec![
                ("Normal", "BackOff", text.clone()),
                ("Warning", "Failed", "Error: ImagePullBackOff".to_owned()),
            ];
            return Err(Refusal { reason: "ImagePullBackOff", message: last.unwrap_or(text), notes });
        }
        self.note(worker, &name, "Normal", "Pulling", &format!("Pulling image \"{image}\""), cx);
        Ok(Supply::Pull)
    }

    /// An image arrived or did not.
    pub(super) fn pulled(&mut self, pulled: crate::node::runtime::Pulled, cx: &mut Context<'_>) {
        let key = self.worker_of(&pulled.uid).map(Worker::key);
        let Some(mut shared) = key.and_then(|key| self.workers.remove(&key)) else { return };
        let worker = std::sync::Arc::make_mut(&mut shared);
        let (name, image) = (&pulled.container, &pulled.image);
        let change = match pulled.result {
            Ok(_) => ContainerChange::Pulled,
            Err(_) => ContainerChange::PullFailed,
        };
        let data = Data::Container { container: name.clone(), change };
        cx.cause = cx.out.record(&self.component, Some(reference(worker)), [pulled.cause], data);
        match pulled.result {
            Ok((size, took, waited)) => {
                worker.pulled = Some(name.clone());
                worker.pull_error = None;
                let text = format!(
                    "Successfully pulled image \"{image}\" in {}ms ({}ms including waiting). Image size: {size} bytes.",
                    took.as_millis(),
                    waited.as_millis()
                );
                self.note(worker, name, "Normal", "Pulled", &text, cx);
                if let Some(todo) = &mut worker.todo {
                    todo.push_front(name.clone());
                }
            }
            Err(failure) => {
                let subject = (worker.uid.clone(), image.clone());
                self.pull_back_off.next(subject, cx.now, cx.now);
                let notes = vec![
                    ("Warning", "Failed", format!("Failed to pull image \"{image}\": {}", failure.message)),
                    ("Warning", "Failed", format!("Error: {}", failure.reason)),
                ];
                worker.pull_error = Some(failure.message.clone());
                let refusal = Refusal { reason: failure.reason, message: failure.message, notes };
                self.refused(worker, name, refusal, cx);
            }
        }
        if matches!(&worker.stage, Stage::Pulling(pulling) if pulling == name) {
            worker.stage = Stage::Idle;
            cx.wake(reference(worker), format_smolstr!("the pull of image {image} ended"));
        }
        self.workers.insert(shared.key(), shared);
    }

    pub(super) fn refused(
        &mut self,
        worker: &mut Worker,
        name: &SmolStr,
        refusal: Refusal,
        cx: &mut Context<'_>,
    ) {
        for (kind, reason, text) in &refusal.notes {
            self.note(worker, name, kind, reason, text, cx);
        }
        worker.failed = true;
        let reason = Reason { reason: refusal.reason, message: refusal.message, until: None };
        worker.reasons.insert(name.clone(), reason);
    }
}
