//! `kubectl create`: new objects from files, or from a few words.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::apply::{create, decode, from_file, ordered};
use super::common::{DryRun, Writing};
use super::generated::New;
use super::{Look, Verb};
use crate::kubectl::output::Fault;
use crate::kubectl::running::{Context, Step};
use crate::kubectl::targets::{self, FromFiles};
use crate::object::Kind;

/// Create a resource from a file, or from the command line
#[derive(Clone, Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  create deployment web --image=nginx:1.27 --replicas=3
  create configmap menu --from-literal=pizza=salami
  create namespace test
  create -f web.yaml"
)]
pub struct Create {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    files: FromFiles,
    /// Whether unknown fields are refused; here they always are
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "strict", hide = true)]
    validate: Option<String>,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Create a deployment with the specified name
    #[command(alias = "deploy")]
    Deployment(DeploymentArgs),
    /// Create a config map from literal values or files
    #[command(name = "configmap", alias = "cm")]
    ConfigMap(DataArgs),
    /// Create a secret
    Secret(SecretArgs),
    /// Create a namespace with the specified name
    #[command(alias = "ns")]
    Namespace(NameArgs),
    /// Create a service account with the specified name
    #[command(name = "serviceaccount", alias = "sa")]
    ServiceAccount(NameArgs),
    /// Create a service
    #[command(alias = "svc")]
    Service(ServiceArgs),
}

#[derive(Clone, Debug, clap::Args)]
struct DeploymentArgs {
    /// NAME
    name: String,
    /// Image names to run. A deployment can have multiple images set for multi-container pod
    #[arg(long, required = true)]
    image: Vec<String>,
    /// Number of replicas to create
    #[arg(short, long, default_value_t = 1)]
    replicas: i32,
    /// The containerPort that this deployment exposes
    #[arg(long)]
    port: Option<i32>,
    #[command(flatten)]
    writing: Writing,
    /// The command of the container
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

#[derive(Clone, Debug, clap::Args)]
struct DataArgs {
    /// NAME
    name: String,
    /// Specify a key and literal value to insert (i.e. mykey=somevalue)
    #[arg(long, value_name = "KEY=VALUE")]
    from_literal: Vec<String>,
    /// Key file can be specified using its file path, in which case file basename will be used as key
    #[arg(long, value_name = "[KEY=]FILE")]
    from_file: Vec<String>,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Clone, Debug, clap::Args)]
struct SecretArgs {
    #[command(subcommand)]
    kind: SecretKind,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum SecretKind {
    /// Create a secret from literal values or files
    Generic(DataArgs),
}

#[derive(Clone, Debug, clap::Args)]
struct NameArgs {
    /// NAME
    name: String,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Clone, Debug, clap::Args)]
struct ServiceArgs {
    #[command(subcommand)]
    kind: ServiceKind,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum ServiceKind {
    /// Create a ClusterIP service with the specified name
    #[command(name = "clusterip")]
    ClusterIp(PortArgs),
    /// Create a NodePort service with the specified name
    #[command(name = "nodeport")]
    NodePort(PortArgs),
}

#[derive(Clone, Debug, clap::Args)]
struct PortArgs {
    /// NAME
    name: String,
    /// Port pairs can be specified as '<port>:<targetPort>'
    #[arg(long, value_name = "PORT[:TARGET]", value_delimiter = ',')]
    tcp: Vec<String>,
    #[command(flatten)]
    writing: Writing,
}

impl Verb for Create {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        match &self.what {
            Some(what) => {
                let new = what.make(cx)?;
                new.create(cx)?;
                Ok(Step::Done)
            }
            None if self.files.filename.is_empty() => Err(Fault::said("must specify one of -f and -k")),
            None => self.read_files(cx),
        }
    }

    fn preview(&self, look: &Look<'_>) -> String {
        let place = look.scope.namespace();
        match &self.what {
            None if self.files.filename.is_empty() => {
                "say what: deployment, configmap, secret, namespace, service, or -f web.yaml".to_owned()
            }
            None => format!("will create what {} says", self.files.filename.join(" and ")),
            Some(What::Deployment(args)) => format!(
                "will create deployment {} in {place}: its controller makes a ReplicaSet, and that {} of {}",
                args.name,
                if args.replicas == 1 { "1 pod".to_owned() } else { format!("{} pods", args.replicas) },
                args.image.join(" and ")
            ),
            Some(What::Namespace(args)) => format!("will create namespace {}", args.name),
            Some(What::ConfigMap(args)) => format!("will create configmap {} in {place}", args.name),
            Some(What::Secret(SecretArgs { kind: SecretKind::Generic(args) })) => {
                format!("will create secret {} in {place}", args.name)
            }
            Some(What::ServiceAccount(args)) => {
                format!("will create serviceaccount {} in {place}", args.name)
            }
            Some(What::Service(ServiceArgs {
                kind: ServiceKind::ClusterIp(args) | ServiceKind::NodePort(args),
            })) => format!("will create service {} in {place}", args.name),
        }
    }
}

impl Create {
    fn read_files(&self, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let (documents, mut faults) = targets::documents(cx.scope, &self.files)?;
        for document in ordered(documents) {
            let made = decode(&document, &document.value).and_then(|object| match self.writing.dry_run {
                DryRun::Client => Ok(object),
                dry => create(object, dry == DryRun::Server, cx),
            });
            match made {
                Ok(made) => self.writing.report(&made, "created", cx)?,
                Err(fault) => faults.push(from_file(fault, "creating", &document)),
            }
        }
        Fault::all(faults)?;
        Ok(Step::Done)
    }
}

impl What {
    fn make(&self, cx: &Context<'_>) -> Result<New, Fault> {
        let new = |kind: Kind, value: Value, writing: &Writing, failed: &'static str| New {
            kind,
            value,
            writing: writing.clone(),
            failed,
            did: "created",
        };
        Ok(match self {
            Self::Deployment(args) => {
                new(Kind::Deployment, deployment(args)?, &args.writing, "failed to create deployment: ")
            }
            Self::ConfigMap(args) => new(
                Kind::ConfigMap,
                json!({
                    "apiVersion": "v1", "data": data(args, cx)?, "kind": "ConfigMap",
                    "metadata": {"creationTimestamp": null, "name": args.name},
                }),
                &args.writing,
                "failed to create configmap: ",
            ),
            Self::Secret(SecretArgs { kind: SecretKind::Generic(args) }) => {
                let bytes = data(args, cx)?.into_iter().map(|(key, text)| (key, base64(text.as_bytes())));
                let bytes: BTreeMap<String, String> = bytes.collect();
                let value = json!({
                    "apiVersion": "v1", "data": bytes, "kind": "Secret",
                    "metadata": {"creationTimestamp": null, "name": args.name},
                });
                new(Kind::Secret, value, &args.writing, "failed to create secret ")
            }
            Self::Namespace(args) => {
                let value = json!({
                    "apiVersion": "v1", "kind": "Namespace",
                    "metadata": {"creationTimestamp": null, "name": args.name}, "spec": {}, "status": {},
                });
                new(Kind::Namespace, value, &args.writing, "")
            }
            Self::ServiceAccount(args) => {
                let value = json!({
                    "apiVersion": "v1", "kind": "ServiceAccount",
                    "metadata": {"creationTimestamp": null, "name": args.name},
                });
                new(Kind::ServiceAccount, value, &args.writing, "failed to create serviceaccount: ")
            }
            Self::Service(ServiceArgs { kind }) => {
                let (kind, args) = match kind {
                    ServiceKind::ClusterIp(args) => ("ClusterIP", args),
                    ServiceKind::NodePort(args) => ("NodePort", args),
                };
                new(
                    Kind::Service,
                    service(kind, args)?,
                    &args.writing,
                    if kind == "ClusterIP" {
                        "failed to create ClusterIP service: "
                    } else {
                        "failed to create NodePort service: "
                    },
                )
            }
        })
    }
}

fn deployment(args: &DeploymentArgs) -> Result<Value, Fault> {
    if !args.command.is_empty() && args.image.len() > 1 {
        return Err(Fault::said("cannot specify multiple --image options and command"));
    }
    let labels = json!({"app": args.name});
    let containers: Vec<Value> = args
        .image
        .iter()
        .map(|image| {
            let mut container = json!({"image": image, "name": container_name(image), "resources": {}});
            if let Some(port) = args.port {
                container["ports"] = json!([{"containerPort": port}]);
            }
            if !args.command.is_empty() {
                container["command"] = json!(args.command);
            }
            container
        })
        .collect();
    Ok(json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"creationTimestamp": null, "labels": labels, "name": args.name},
        "spec": {
            "replicas": args.replicas, "selector": {"matchLabels": labels}, "strategy": {},
            "template": {
                "metadata": {"creationTimestamp": null, "labels": labels}, "spec": {"containers": containers},
            },
        },
        "status": {},
    }))
}

/// The last part of the image's name, without tag or digest.
fn container_name(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split([':', '@']).next().unwrap_or(last)
}

fn data(args: &DataArgs, cx: &Context<'_>) -> Result<BTreeMap<String, String>, Fault> {
    let mut data = BTreeMap::new();
    let mut put = |key: String, value: String| match data.insert(key.clone(), value) {
        None => Ok(()),
        Some(_) => Err(Fault::said(format!(
            "cannot add key \"{key}\", another key by that name already exists in Data"
        ))),
    };
    for literal in &args.from_literal {
        let (key, value) = literal
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| Fault::said(format!("invalid literal source {literal}, expected key=value")))?;
        put(key.to_owned(), value.to_owned())?;
    }
    for source in &args.from_file {
        let (key, path) =
            source.split_once('=').map_or((None, source.as_str()), |(key, path)| (Some(key), path));
        let found = cx.scope.files.read(path).map_err(|why| Fault::said(format!("error reading {why}")))?;
        for (file, text) in found {
            let base = file.rsplit('/').next().unwrap_or(&file).to_owned();
            put(key.map_or(base, str::to_owned), text)?;
        }
    }
    Ok(data)
}

fn service(kind: &str, args: &PortArgs) -> Result<Value, Fault> {
    if args.tcp.is_empty() {
        return Err(Fault::said("at least one tcp port specifier must be provided"));
    }
    let mut ports = Vec::new();
    for pair in &args.tcp {
        let (port, target) = pair.split_once(':').unwrap_or((pair, pair));
        let number: i32 =
            port.parse().map_err(|_| Fault::said(format!("invalid port: {port} is no number")))?;
        let target = target.parse::<i32>().map_or_else(|_| json!(target), |number| json!(number));
        let name = if pair.contains(':') { pair.replace(':', "-") } else { pair.clone() };
        ports.push(json!({"name": name, "port": number, "protocol": "TCP", "targetPort": target}));
    }
    let labels = json!({"app": args.name});
    Ok(json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"creationTimestamp": null, "labels": labels, "name": args.name},
        "spec": {"ports": ports, "selector": labels, "type": kind}, "status": {"loadBalancer": {}},
    }))
}

/// Base64, as a Secret's data is written.
fn base64(bytes: &[u8]) -> String {
    serde_json::to_value(k8s_openapi::ByteString(bytes.to_vec()))
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}
