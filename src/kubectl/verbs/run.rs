//! `kubectl run`: one pod.

use serde_json::{Value, json};

use super::common::Writing;
use super::generated::New;
use super::{Look, Verb};
use crate::kubectl::output::Fault;
use crate::kubectl::running::{Context, Step};
use crate::object::Kind;

/// Create and run a particular image in a pod
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  run web --image=nginx
  run job --image=busybox --restart=Never -- sh -c 'echo hello; sleep 5'
  run web --image=nginx --dry-run=client -o yaml        only show what would be created")]
pub struct Run {
    /// NAME
    name: String,
    /// The image for the container to run
    #[arg(long)]
    image: Option<String>,
    /// The restart policy for this Pod. Legal values [Always, OnFailure, Never]
    #[arg(long, default_value = "Always")]
    restart: String,
    /// Environment variables to set in the container
    #[arg(long, value_name = "KEY=VALUE")]
    env: Vec<String>,
    /// The port that this container exposes
    #[arg(long)]
    port: Option<i32>,
    /// Comma separated labels to apply to the pod
    #[arg(short, long, value_delimiter = ',', value_name = "KEY=VALUE")]
    labels: Vec<String>,
    /// The image pull policy for the container
    #[arg(long)]
    image_pull_policy: Option<String>,
    /// If true and extra arguments are present, use them as the 'command' field in the container
    #[arg(long)]
    command: bool,
    #[command(flatten)]
    writing: Writing,
    /// Arguments of the container
    #[arg(last = true, value_name = "ARGS")]
    args: Vec<String>,
}

impl Verb for Run {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let value = self.value()?;
        New { kind: Kind::Pod, value, writing: self.writing.clone(), failed: "", did: "created" }
            .create(cx)?;
        Ok(Step::Done)
    }

    fn preview(&self, look: &Look<'_>) -> String {
        match &self.image {
            None => "say which image: --image=nginx".to_owned(),
            Some(image) => format!(
                "will create pod {} of {image} in {}; nobody will replace it when it is gone",
                self.name,
                look.scope.namespace()
            ),
        }
    }
}

impl Run {
    fn value(&self) -> Result<Value, Fault> {
        let Some(image) = &self.image else { return Err(Fault::said("--image is required")) };
        if !["Always", "OnFailure", "Never"].contains(&self.restart.as_str()) {
            return Err(Fault::said(format!("invalid restart policy: {}", self.restart)));
        }
        let mut container = json!({"image": image, "name": self.name, "resources": {}});
        let pairs = |list: &[String], what: &str| -> Result<Vec<(String, String)>, Fault> {
            let pair = |text: &String| match text.split_once('=') {
                Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
                _ => Err(Fault::said(format!("invalid {what}: {text}"))),
            };
            list.iter().map(pair).collect()
        };
        let env = pairs(&self.env, "env")?;
        if !env.is_empty() {
            container["env"] =
                env.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        }
        if let Some(port) = self.port {
            container["ports"] = json!([{"containerPort": port}]);
        }
        if let Some(policy) = &self.image_pull_policy {
            container["imagePullPolicy"] = policy.as_str().into();
        }
        if !self.args.is_empty() {
            container[if self.command { "command" } else { "args" }] = json!(self.args);
        }
        let mut labels = serde_json::Map::new();
        for (key, value) in pairs(&self.labels, "label")? {
            labels.insert(key, value.into());
        }
        if labels.is_empty() {
            labels.insert("run".to_owned(), self.name.as_str().into());
        }
        Ok(json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"creationTimestamp": null, "labels": labels, "name": self.name},
            "spec": {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": self.restart},
            "status": {},
        }))
    }
}
