//! `kubectl set`: images, environment and resources of the containers of a workload.

use serde_json::{Value, json};

use super::common::{Writing, pod_spec_mut};
use super::{Look, Verb};
use crate::kubectl::output::Fault;
use crate::kubectl::preview::{listed, references};
use crate::kubectl::running::{Context, Step};
use crate::kubectl::targets::Picks;
use crate::object::{Kind, Object};

/// Set specific features on objects
#[derive(Clone, Debug, clap::Args)]
pub struct Set {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Update the image of a pod template: set image deploy/web web=nginx:1.29
    Image(Args),
    /// Update environment variables on a pod template: set env deploy/web COLOR=blue OLD-
    Env(EnvArgs),
    /// Update resource requests/limits: set resources deploy/web --limits=cpu=200m --requests=cpu=100m
    Resources(ResourcesArgs),
}

#[derive(Clone, Debug, clap::Args)]
struct Args {
    /// TYPE NAME or TYPE/NAME, and what is set
    #[arg(value_name = "TYPE/NAME KEY=VALUE")]
    words: Vec<String>,
    #[command(flatten)]
    picks: Picks,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Clone, Debug, clap::Args)]
struct EnvArgs {
    #[command(flatten)]
    args: Args,
    /// The names of containers in the selected pod templates to change; may use wildcards
    #[arg(short, long, default_value = "*")]
    containers: String,
    /// If true, display the environment and any changes in the standard format
    #[arg(long)]
    list: bool,
}

#[derive(Clone, Debug, clap::Args)]
struct ResourcesArgs {
    #[command(flatten)]
    args: Args,
    /// The names of containers in the selected pod templates to change
    #[arg(short, long, default_value = "*")]
    containers: String,
    /// The resource requirement limits, e.g. cpu=200m,memory=512Mi; 0 takes one away
    #[arg(long, value_name = "RESOURCES")]
    limits: Option<String>,
    /// The resource requirement requests, e.g. cpu=100m,memory=256Mi; 0 takes one away
    #[arg(long, value_name = "RESOURCES")]
    requests: Option<String>,
}

impl Args {
    /// The words that name objects, and those that are assignments.
    fn split(&self) -> (&[String], &[String]) {
        let is_assignment = |word: &String| word.contains('=') || (word.ends_with('-') && word.len() > 1);
        let at = self.words.iter().skip(1).position(is_assignment).map_or(self.words.len(), |at| at + 1);
        self.words.split_at(at)
    }

    /// Changes the pod specification of each object.
    fn change(
        &self,
        did: &str,
        cx: &mut Context<'_>,
        change: &dyn Fn(&mut Vec<Value>) -> Result<(), Fault>,
    ) -> Result<Step, Fault> {
        let (words, _) = self.split();
        let targets = self.picks.resolve(cx.scope, words)?;
        if targets.is_nothing() {
            return Err(Fault::said(
                "one or more resources must be specified as <resource> <name> or <resource>/<name>",
            ));
        }
        let (objects, mut faults) = targets.read(cx.cluster);
        for object in &objects {
            let outcome = with_containers(object, change).and_then(|value| {
                match self.writing.change(object, &value, cx)? {
                    // Nothing differs: kubectl says nothing.
                    None => Ok(()),
                    Some(changed) => self.writing.report(&changed, did, cx),
                }
            });
            faults.extend(outcome.err());
        }
        Fault::all(faults)?;
        Ok(Step::Done)
    }
}

/// The object with changed containers.
fn with_containers(
    object: &Object,
    change: &dyn Fn(&mut Vec<Value>) -> Result<(), Fault>,
) -> Result<Value, Fault> {
    let mut value = object.to_value();
    let label = object.reference();
    let no_pods =
        || Fault::said(format!("{}/{} has no pod template", label.kind.info().plural, label.key.name));
    if object.kind() == Kind::Service {
        return Err(no_pods());
    }
    let spec = pod_spec_mut(&mut value).ok_or_else(no_pods)?;
    let containers = spec.get_mut("containers").and_then(Value::as_array_mut).ok_or_else(no_pods)?;
    change(containers)?;
    Ok(value)
}

fn name_of(container: &Value) -> &str {
    container.get("name").and_then(Value::as_str).unwrap_or("")
}

/// Whether a container is meant by a name with `*` in it.
fn is_meant(container: &Value, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => name_of(container) == pattern,
        Some((start, end)) => name_of(container).starts_with(start) && name_of(container).ends_with(end),
    }
}

impl Verb for Set {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        match &self.what {
            What::Image(args) => set_image(args, cx),
            What::Env(args) => set_env(args, cx),
            What::Resources(args) => set_resources(args, cx),
        }
    }

    fn preview(&self, look: &Look<'_>) -> String {
        let (args, what) = match &self.what {
            What::Image(args) => (args, "image"),
            What::Env(EnvArgs { args, .. }) => (args, "environment"),
            What::Resources(ResourcesArgs { args, .. }) => (args, "resources"),
        };
        let (words, assignments) = args.split();
        match look.picked(words, &args.picks) {
            Err(why) => why,
            Ok(objects) if objects.is_empty() => "say of what, such as deploy/web".to_owned(),
            Ok(_) if assignments.is_empty() && what != "resources" => {
                format!(
                    "say which {what}, such as {}",
                    if what == "image" { "web=nginx:1.29" } else { "COLOR=blue" }
                )
            }
            Ok(objects) => {
                let names = listed(&references(&objects));
                match objects.iter().all(|object| object.kind() == Kind::Deployment) {
                    true => {
                        format!("will change the {what} of {names}: its pods are replaced, a few at a time")
                    }
                    false => format!("will change the {what} of {names}"),
                }
            }
        }
    }
}

fn set_image(args: &Args, cx: &mut Context<'_>) -> Result<Step, Fault> {
    let (_, assignments) = args.split();
    if assignments.is_empty() {
        return Err(Fault::said("at least one image update is required"));
    }
    let mut images = Vec::new();
    for assignment in assignments {
        match assignment.split_once('=') {
            Some((name, image)) if !name.is_empty() && !image.is_empty() => images.push((name, image)),
            _ => {
                return Err(Fault::said(format!(
                    "invalid argument: {assignment}, expected <container>=<image>"
                )));
            }
        }
    }
    args.change("image updated", cx, &|containers| {
        for (name, image) in &images {
            let mut found = false;
            for container in
                containers.iter_mut().filter(|container| *name == "*" || name_of(container) == *name)
            {
                container["image"] = (*image).into();
                found = true;
            }
            if !found {
                return Err(Fault::said(format!("unable to find container named \"{name}\"")));
            }
        }
        Ok(())
    })
}

fn set_env(env: &EnvArgs, cx: &mut Context<'_>) -> Result<Step, Fault> {
    let (words, assignments) = env.args.split();
    if env.list {
        let targets = env.args.picks.resolve(cx.scope, words)?;
        let (objects, faults) = targets.read(cx.cluster);
        for object in &objects {
            list_env(object, &env.containers, cx)?;
        }
        Fault::all(faults)?;
        return Ok(Step::Done);
    }
    if assignments.is_empty() {
        return Err(Fault::said("at least one environment variable must be provided"));
    }
    env.args.change("env updated", cx, &|containers| {
        let mut meant =
            containers.iter_mut().filter(|container| is_meant(container, &env.containers)).peekable();
        if meant.peek().is_none() {
            return Err(Fault::said(format!("unable to find containers matching \"{}\"", env.containers)));
        }
        meant.try_for_each(|container| assign(container, assignments))
    })
}

fn list_env(object: &Object, pattern: &str, cx: &mut Context<'_>) -> Result<(), Fault> {
    let label = object.reference();
    let mut value = object.to_value();
    let containers = pod_spec_mut(&mut value).and_then(|spec| spec.get("containers")?.as_array().cloned());
    for container in containers.unwrap_or_default().iter().filter(|container| is_meant(container, pattern)) {
        cx.out.line(format!(
            "# {}/{}, container {}",
            label.kind.info().plural,
            label.key.name,
            name_of(container)
        ));
        for variable in container.get("env").and_then(Value::as_array).into_iter().flatten() {
            let name = name_of(variable);
            match variable.get("value").and_then(Value::as_str) {
                Some(value) => cx.out.line(format!("{name}={value}")),
                None => cx.out.line(format!("# {name} comes from another object")),
            }
        }
    }
    Ok(())
}

fn assign(container: &mut Value, assignments: &[String]) -> Result<(), Fault> {
    let mut variables = container.get("env").and_then(Value::as_array).cloned().unwrap_or_default();
    for assignment in assignments {
        match assignment.split_once('=') {
            Some((name, value)) => {
                let new = json!({"name": name, "value": value});
                match variables.iter_mut().find(|variable| name_of(variable) == name) {
                    Some(old) => *old = new,
                    None => variables.push(new),
                }
            }
            None => {
                let name = assignment.trim_end_matches('-');
                variables.retain(|variable| name_of(variable) != name);
            }
        }
    }
    if let Some(fields) = container.as_object_mut() {
        match variables.is_empty() {
            true => fields.shift_remove("env"),
            false => fields.insert("env".to_owned(), variables.into()),
        };
    }
    Ok(())
}

fn set_resources(args: &ResourcesArgs, cx: &mut Context<'_>) -> Result<Step, Fault> {
    if args.limits.is_none() && args.requests.is_none() {
        return Err(Fault::said(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    let lists = [
        ("limits", read_amounts(args.limits.as_deref())?),
        ("requests", read_amounts(args.requests.as_deref())?),
    ];
    args.args.change("resource requirements updated", cx, &|containers| {
        for container in containers.iter_mut().filter(|container| is_meant(container, &args.containers)) {
            let mut resources =
                container.get("resources").and_then(Value::as_object).cloned().unwrap_or_default();
            for (field, amounts) in lists.iter().filter(|(_, amounts)| !amounts.is_empty()) {
                let mut list = resources.get(*field).and_then(Value::as_object).cloned().unwrap_or_default();
                for (name, amount) in amounts {
                    match amount.as_str() {
                        "0" => list.shift_remove(name),
                        amount => list.insert(name.clone(), amount.into()),
                    };
                }
                match list.is_empty() {
                    true => resources.shift_remove(*field),
                    false => resources.insert((*field).to_owned(), Value::Object(list)),
                };
            }
            container["resources"] = Value::Object(resources);
        }
        Ok(())
    })
}

fn read_amounts(text: Option<&str>) -> Result<Vec<(String, String)>, Fault> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let pair = |part: &str| match part.split_once('=') {
        Some((name, amount)) if crate::object::quantity::milli(amount).is_some() => {
            Ok((name.to_owned(), amount.to_owned()))
        }
        _ => Err(Fault::said(format!("invalid argument syntax {part}, expected <resource>=<value>"))),
    };
    text.split(',').filter(|part| !part.is_empty()).map(pair).collect()
}
