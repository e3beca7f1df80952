//! `kubectl logs`: what containers printed.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Service;

use super::{Look, Verb};
use crate::apiserver::Filter;
use crate::kubectl::cluster::Ask;
use crate::kubectl::grammar::duration;
use crate::kubectl::kinds;
use crate::kubectl::output::{Fault, Stream};
use crate::kubectl::running::{Context, Step, Task};
use crate::kubectl::targets::{self, Words};
use crate::node::Log;
use crate::object::selector::Selector;
use crate::object::{Key, Kind, Object, Pod, Resource, annotation};
use crate::time::{Span, VirtualTime};

/// The annotation that names the container whose log is shown.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";
/// Lines of each container if a selector picks the pods and nothing is said.
const SELECTED_TAIL: i64 = 10;

/// Print the logs for a container in a pod
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  logs web-1                                of its only container
  logs web-1 -c sidecar --tail=20           the last lines of one container
  logs web-1 --previous                     of the run before the last restart
  logs deploy/web                           of one pod of the Deployment
  logs -l app=web --prefix                  of all pods that match")]
pub struct Logs {
    /// POD or TYPE/NAME, and the container
    #[arg(value_name = "POD | TYPE/NAME")]
    words: Vec<String>,
    /// Print the logs of this container
    #[arg(short, long)]
    container: Option<String>,
    /// Get all containers' logs in the pod(s)
    #[arg(long)]
    all_containers: bool,
    /// Get logs from all pod(s)
    #[arg(long)]
    all_pods: bool,
    /// If true, print the logs for the previous instance of the container in a pod if it exists
    #[arg(short, long)]
    previous: bool,
    /// Specify if the logs should be streamed
    #[arg(short, long)]
    follow: bool,
    /// Lines of recent log file to display; -1 shows all
    #[arg(long, allow_negative_numbers = true)]
    tail: Option<i64>,
    /// Only return logs newer than a relative duration like 5s, 2m, or 3h
    #[arg(long, value_parser = duration)]
    since: Option<Span>,
    /// Include timestamps on each line in the log output
    #[arg(long)]
    timestamps: bool,
    /// Prefix each log line with the log source (pod name and container name)
    #[arg(long)]
    prefix: bool,
    /// Selector (label query) to filter on
    #[arg(short = 'l', long)]
    selector: Option<String>,
    /// If watching / following pod logs, allow for any errors that occur to be non-fatal
    #[arg(long)]
    ignore_errors: bool,
}

/// One container whose log is shown.
#[derive(Clone, Debug)]
struct Source {
    pod: Key,
    container: String,
}

impl Verb for Logs {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let (words, container) = match self.words.as_slice() {
            [pod, container] if self.container.is_none() && !pod.contains(' ') => {
                (std::slice::from_ref(pod), Some(container.clone()))
            }
            [] if self.selector.is_none() => {
                return Err(Fault::usage(
                    "logs",
                    "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required \
                     argument for the logs command",
                ));
            }
            [_, _, ..] => {
                return Err(Fault::usage(
                    "logs",
                    "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required \
                     argument for the logs command",
                ));
            }
            words => (words, self.container.clone()),
        };
        let pods = self.pods(words, cx)?;
        let mut sources = Vec::new();
        for pod in &pods {
            sources.extend(self.containers(pod, container.as_deref(), cx));
        }
        let now = cx.cluster.now();
        let since =
            self.since.map(|since| VirtualTime::from_micros(now.micros().saturating_sub(since.as_micros())));
        let tail = self.tail.or_else(|| self.selector.is_some().then_some(SELECTED_TAIL));
        let mut follow = Follow { logs: (*self).clone(), shown: Vec::new() };
        for source in sources {
            let log = cx.cluster.log(&source.pod, &source.container, self.previous)?;
            let recent = log.iter().filter(|(at, _)| since.is_none_or(|since| *at >= since)).count();
            let wanted = tail.and_then(|tail| usize::try_from(tail).ok()).unwrap_or(usize::MAX);
            let skipped = log.len() - recent.min(wanted);
            self.print(&source, log.iter().skip(skipped), cx);
            follow.shown.push((source, log));
        }
        match self.follow {
            true => Box::new(follow).poll(cx),
            false => Ok(Step::Done),
        }
    }

    fn preview(&self, look: &Look<'_>) -> String {
        let previous = if self.previous { " of the run before" } else { "" };
        match (self.words.first(), &self.selector) {
            (Some(word), _) => {
                let name = word.rsplit('/').next().unwrap_or(word);
                let is_pod = !word.contains('/') || word.starts_with("po");
                let target = look.scope.target(Kind::Pod, name);
                match is_pod && look.get(&target).is_none() {
                    true => format!("there is no pod \"{name}\" in namespace {}", look.scope.namespace()),
                    false => format!("will print what {word} printed{previous}"),
                }
            }
            (None, Some(selector)) => format!("will print what the pods with {selector} printed{previous}"),
            (None, None) => "say of which pod".to_owned(),
        }
    }
}

impl Logs {
    /// The pods that are meant: one by name, or those of a workload or selector.
    fn pods(&self, words: &[String], cx: &mut Context<'_>) -> Result<Vec<Pod>, Fault> {
        if let Some(text) = &self.selector {
            if !words.is_empty() {
                return Err(Fault::usage("logs", "only a selector (-l) or a POD name is allowed"));
            }
            let found = select(Selector::parse(text).map_err(Fault::Said)?, cx)?;
            if found.is_empty() {
                cx.out.error(format!("No resources found in {} namespace.", cx.namespace()));
            }
            return Ok(found);
        }
        let word = words.first().map_or("", String::as_str);
        let target = match word.contains('/') {
            false => cx.target(Kind::Pod, word),
            true => match targets::read_words(words)? {
                Words::Names(names) => match names.as_slice() {
                    [(kind, name)] => cx.target(*kind, name),
                    _ => return Err(Fault::said("expected one resource")),
                },
                Words::Kinds(_) => return Err(Fault::said("expected a resource with its name")),
            },
        };
        let object = cx.cluster.get(&target)?;
        if let Object::Pod(pod) = &object {
            return Ok(vec![(**pod).clone()]);
        }
        let selector = selector_of(&object).ok_or_else(|| {
            Fault::said(format!(
                "cannot get the logs from {}: Kind={} is not supported",
                target.kind.info().resource(),
                target.kind.name()
            ))
        })?;
        let mut pods = select(selector, cx)?;
        pods.sort_by_key(rank);
        let first = pods.first().ok_or_else(|| {
            Fault::said(format!(
                "timed out waiting for the condition: no pods of {} yet",
                kinds::label(&target)
            ))
        })?;
        if self.all_pods || pods.len() == 1 {
            return Ok(pods);
        }
        let name = first.metadata.name.as_deref().unwrap_or("");
        cx.out.error(format!("Found {} pods, using pod/{name}", pods.len()));
        pods.truncate(1);
        Ok(pods)
    }

    fn containers(&self, pod: &Pod, said: Option<&str>, cx: &mut Context<'_>) -> Vec<Source> {
        let init = pod.spec.init_containers.iter().flatten().map(|container| (&container.name, true));
        let main = pod.spec.containers.iter().map(|container| (&container.name, false));
        let key = Key::of(&pod.metadata);
        let source = |container: &str| Source { pod: key.clone(), container: container.to_owned() };
        if let Some(said) = said {
            return vec![source(said)];
        }
        let all: Vec<(&String, bool)> = init.chain(main.clone()).collect();
        if self.all_containers {
            return all.iter().map(|(name, _)| source(name)).collect();
        }
        let default = annotation(&pod.metadata, DEFAULT_CONTAINER)
            .or_else(|| main.clone().next().map(|(name, _)| name.as_str()))
            .unwrap_or("");
        if all.len() > 1 && self.selector.is_none() {
            let mut names: Vec<&(&String, bool)> = all.iter().collect();
            names.sort_by_key(|(_, init)| *init);
            let names: Vec<String> = names
                .iter()
                .map(|(name, init)| if *init { format!("{name} (init)") } else { (*name).clone() })
                .collect();
            cx.out.error(format!("Defaulted container \"{default}\" out of: {}", names.join(", ")));
        }
        vec![source(default)]
    }

    fn print<'a>(
        &self,
        source: &Source,
        lines: impl Iterator<Item = &'a (VirtualTime, smol_str::SmolStr)>,
        cx: &mut Context<'_>,
    ) {
        for (at, line) in lines {
            let prefix = match self.prefix {
                true => format!("[pod/{}/{}] ", source.pod.name, source.container),
                false => String::new(),
            };
            let stamp = match self.timestamps {
                true => format!("{} ", at.timestamp().strftime("%Y-%m-%dT%H:%M:%S.%fZ")),
                false => String::new(),
            };
            cx.out.print(Stream::Out, &format!("{prefix}{stamp}{line}\n"));
        }
    }
}

/// The pods that are most likely to say something come first (`podutils.ByLogging`): those that run, are ready,
/// and have been for longest.
fn rank(pod: &Pod) -> impl Ord + use<> {
    let phase = ["Running", "Unknown", "Pending"].iter().position(|phase| *phase == pod.phase());
    let ready = pod.condition("Ready").filter(|ready| ready.status == "True");
    let since = ready.and_then(|ready| ready.last_transition_time.as_ref()).map(|time| time.0);
    (
        pod.node_name().is_none(),
        phase.unwrap_or(usize::MAX),
        ready.is_none(),
        since,
        std::cmp::Reverse(pod.restarts()),
        pod.metadata.creation_timestamp.as_ref().map(|time| time.0),
    )
}

fn select(labels: Selector, cx: &Context<'_>) -> Result<Vec<Pod>, Fault> {
    let filter = Filter { namespace: Some(cx.namespace().into()), labels, ..Filter::default() };
    let found = cx.cluster.list(Kind::Pod, filter)?;
    Ok(found.iter().filter_map(Pod::of).cloned().collect())
}

/// By which labels an object finds its pods.
fn selector_of(object: &Object) -> Option<Selector> {
    if let Some(deployment) = Deployment::of(object) {
        return deployment.spec.as_ref().map(|spec| Selector::from_api(&spec.selector));
    }
    if let Some(set) = ReplicaSet::of(object) {
        return set.spec.as_ref().map(|spec| Selector::from_api(&spec.selector));
    }
    let service = Service::of(object)?;
    service.spec.as_ref()?.selector.as_ref().map(Selector::from_map)
}

/// `logs -f`: goes on until the containers have ended.
struct Follow {
    logs: Logs,
    shown: Vec<(Source, Log)>,
}

impl Task for Follow {
    fn poll(mut self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let mut goes_on = Vec::new();
        for (source, shown) in std::mem::take(&mut self.shown) {
            let Ok(log) = cx.cluster.log(&source.pod, &source.container, false) else { continue };
            // A full log loses its first lines; what is newer than the last line that was shown is new.
            let last = shown.last().map(|(at, _)| *at);
            let before = shown.iter().filter(|(at, _)| Some(*at) == last).count();
            let mut same = 0;
            let fresh: Vec<_> = log
                .iter()
                .filter(|(at, _)| {
                    same += usize::from(Some(*at) == last);
                    Some(*at) > last || (Some(*at) == last && same > before)
                })
                .cloned()
                .collect();
            self.logs.print(&source, fresh.iter(), cx);
            if runs(&source, cx) {
                goes_on.push((source, log));
            }
        }
        self.shown = goes_on;
        match self.shown.is_empty() {
            true => Ok(Step::Done),
            false => Ok(Step::Wait(self, None)),
        }
    }
}

/// Whether a container may still print something.
fn runs(source: &Source, cx: &Context<'_>) -> bool {
    let target = crate::object::ObjectRef::new(Kind::Pod, source.pod.clone());
    let Ok(object) = cx.cluster.get(&target) else { return false };
    let Some(pod) = Pod::of(&object) else { return false };
    let lists = [&pod.status.init_container_statuses, &pod.status.container_statuses];
    let mut statuses = lists.into_iter().flatten().flatten();
    let status = statuses.find(|status| status.name == source.container);
    status.and_then(|status| status.state.as_ref()).is_some_and(|state| state.running.is_some())
}
