//! `kubectl expose`: a Service in front of pods.

use serde_json::{Value, json};

use super::common::Writing;
use super::generated::New;
use super::{Look, Verb};
use crate::kubectl::output::Fault;
use crate::kubectl::running::{Context, Step};
use crate::kubectl::targets::Picks;
use crate::object::{Kind, Object};

/// Take a deployment, replica set, service or pod and expose it as a new service
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  expose deploy/web --port=80 --target-port=8080
  expose deploy/web --port=80 --type=NodePort")]
pub struct Expose {
    /// TYPE NAME or TYPE/NAME
    #[arg(value_name = "TYPE NAME")]
    words: Vec<String>,
    /// The port that the service should serve on
    #[arg(long)]
    port: Option<i32>,
    /// Name or number for the port on the container that the service should direct traffic to
    #[arg(long)]
    target_port: Option<String>,
    /// The network protocol for the service to be created
    #[arg(long, default_value = "TCP")]
    protocol: String,
    /// Type for this service: ClusterIP, NodePort, LoadBalancer, or ExternalName
    #[arg(long = "type")]
    kind: Option<String>,
    /// The name for the newly created object
    #[arg(long)]
    name: Option<String>,
    /// A label selector to use for this service
    #[arg(long)]
    selector: Option<String>,
    #[command(flatten)]
    writing: Writing,
}

impl Verb for Expose {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let targets = Picks::default().resolve(cx.scope, &self.words)?;
        if targets.is_nothing() {
            return Err(Fault::usage(
                "expose",
                "You must provide one or more resources by argument or filename.",
            ));
        }
        let (objects, faults) = targets.read(cx.cluster);
        Fault::all(faults)?;
        for object in &objects {
            let value = self.service(object)?;
            New { kind: Kind::Service, value, writing: self.writing.clone(), failed: "", did: "exposed" }
                .create(cx)?;
        }
        Ok(Step::Done)
    }

    fn preview(&self, look: &Look<'_>) -> String {
        match look.picked(&self.words, &Picks::default()) {
            Err(why) => why,
            Ok(objects) => match objects.first() {
                None => "say what, such as deploy/web --port=80".to_owned(),
                Some(object) => match self.service(object) {
                    Err(fault) => fault.text(),
                    Ok(value) => format!(
                        "will create service {} for the pods with {}",
                        value["metadata"]["name"].as_str().unwrap_or(""),
                        pairs(&value["spec"]["selector"])
                    ),
                },
            },
        }
    }
}

fn pairs(map: &Value) -> String {
    let fields = map.as_object().into_iter().flatten();
    fields.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or(""))).collect::<Vec<_>>().join(",")
}

impl Expose {
    fn service(&self, object: &Object) -> Result<Value, Fault> {
        let value = object.to_value();
        let name = self.name.clone().or(object.meta().name.clone()).unwrap_or_default();
        let ports: Vec<Value> = self
            .ports(&value)?
            .into_iter()
            .map(|port| {
                let target = self.target_port.as_ref().map_or(json!(port), |target| {
                    target.parse::<i32>().map_or_else(|_| json!(target), |number| json!(number))
                });
                json!({"port": port, "protocol": self.protocol, "targetPort": target})
            })
            .collect();
        let mut spec = json!({"ports": ports, "selector": self.selector(object, &value)?});
        if let Some(kind) = &self.kind {
            spec["type"] = kind.as_str().into();
        }
        let mut metadata = json!({"creationTimestamp": null, "name": name});
        if let Some(labels) = object.meta().labels.as_ref().filter(|labels| !labels.is_empty()) {
            metadata["labels"] = json!(labels);
        }
        Ok(json!({
            "apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec,
            "status": {"loadBalancer": {}},
        }))
    }

    /// The ports that were said, or those of the containers.
    fn ports(&self, value: &Value) -> Result<Vec<i64>, Fault> {
        if let Some(port) = self.port {
            return Ok(vec![port.into()]);
        }
        let containers =
            value.pointer("/spec/template/spec/containers").or_else(|| value.pointer("/spec/containers"));
        let lists = containers.and_then(Value::as_array).into_iter().flatten();
        let ports = lists.filter_map(|container| container.get("ports")?.as_array()).flatten();
        let mut numbers: Vec<i64> = ports.filter_map(|port| port.get("containerPort")?.as_i64()).collect();
        numbers.extend(
            value
                .pointer("/spec/ports")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|port| port.get("port")?.as_i64()),
        );
        match numbers.is_empty() {
            true => Err(Fault::said("couldn't find port via --port flag or introspection")),
            false => Ok(numbers),
        }
    }

    /// By which labels the Service finds its pods.
    fn selector(&self, object: &Object, value: &Value) -> Result<Value, Fault> {
        if let Some(text) = &self.selector {
            let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
            return Ok(pairs
                .map(|(key, value)| (key.to_owned(), Value::from(value)))
                .collect::<serde_json::Map<_, _>>()
                .into());
        }
        let found = match object.kind() {
            Kind::Pod => value.pointer("/metadata/labels"),
            Kind::Service => value.pointer("/spec/selector"),
            _ => value.pointer("/spec/selector/matchLabels"),
        };
        let kind = object.kind().name();
        found.filter(|labels| labels.as_object().is_some_and(|labels| !labels.is_empty())).cloned().ok_or_else(|| {
            match object.kind() {
                Kind::Pod => Fault::said(
                    "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and \
                     cannot be exposed",
                ),
                _ => Fault::said(format!("cannot expose a {kind}")),
            }
        })
    }
}
