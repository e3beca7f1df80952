//! A fact that answers a question, and its sentence in each vocabulary.

use smol_str::SmolStr;

use crate::client::{Deafness, Verdict};
use crate::object::ObjectRef;
use crate::time::{Span, VirtualTime};
use crate::trace::text::{Vocabulary, component, object_words, short_object};
use crate::tui::model::hearing::deaf_clause;
use crate::tui::model::traffic::Failure;

/// A fact about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Somebody created it; the comparison that led to that.
    Created {
        /// The object.
        object: ObjectRef,
        /// Who.
        by: SmolStr,
        /// The reason of the comparison; empty if a person did it.
        why: SmolStr,
        /// At which revision.
        revision: u64,
    },
    /// It is older than what the trace keeps.
    Older(ObjectRef),
    /// Somebody asked for its deletion.
    Deleted {
        /// The object.
        object: ObjectRef,
        /// Who.
        by: SmolStr,
        /// What started it all.
        root: SmolStr,
        /// At which revision.
        revision: u64,
    },
    /// A container of it ended.
    Exited {
        /// The container.
        container: SmolStr,
        /// Its exit code.
        code: i32,
        /// `Error`, `OOMKilled`, ...
        reason: SmolStr,
        /// When it is started again, if it is kept back.
        until: Option<VirtualTime>,
        /// What a person or a fault did, if that was it; empty if it ended by itself; none if that was not asked.
        root: Option<SmolStr>,
    },
    /// Nobody did it any harm.
    Unharmed(ObjectRef),
    /// It is as it should be.
    Ready(ObjectRef),
    /// Its node has not been heard of.
    NodeSilent {
        /// The node.
        node: SmolStr,
        /// For how long.
        since: Option<Span>,
    },
    /// No node was found for it yet.
    NoNode {
        /// What the scheduler said.
        message: SmolStr,
    },
    /// A container waits.
    ContainerWaits {
        /// The container.
        container: SmolStr,
        /// `ImagePullBackOff`, `CrashLoopBackOff`, `ContainerCreating`.
        reason: SmolStr,
        /// In words.
        message: SmolStr,
        /// When it is tried again.
        until: Option<VirtualTime>,
    },
    /// A probe has not passed.
    ProbeFails {
        /// The container.
        container: SmolStr,
        /// What the probe printed.
        output: SmolStr,
    },
    /// The kubelet is at it.
    UnderWay {
        /// The node.
        node: SmolStr,
        /// What it does.
        doing: SmolStr,
    },
    /// Fewer than wanted are ready.
    TooFew {
        /// The object.
        object: ObjectRef,
        /// How many are ready.
        ready: usize,
        /// How many are wanted.
        want: usize,
    },
    /// Requests to a Service failed.
    RequestsFailed(Failure),
    /// A condition says so.
    Condition {
        /// `Ready`.
        name: SmolStr,
        /// `Unknown`.
        status: SmolStr,
        /// `NodeStatusUnknown`.
        reason: SmolStr,
        /// In words.
        message: SmolStr,
    },
    /// A component looked at something and came to this.
    Verdict {
        /// Who.
        component: SmolStr,
        /// At what.
        item: ObjectRef,
        /// What it found.
        verdict: Verdict,
        /// When it looks again.
        until: Option<VirtualTime>,
    },
    /// A component that is responsible does not run.
    Stopped(SmolStr),
    /// A component cannot reach the API server.
    CutOff(SmolStr),
    /// A component does not hear of changes.
    Deaf {
        /// Who.
        component: SmolStr,
        /// Why.
        deaf: Deafness,
    },
    /// Nobody reaches the API server.
    NoApiServer,
    /// etcd does not answer.
    NoEtcd,
    /// Nobody has looked at it.
    Nobody(ObjectRef),
}

impl Finding {
    /// Its sentence.
    pub fn told(&self, vocabulary: Vocabulary, now: VirtualTime) -> String {
        match vocabulary {
            Vocabulary::Plain => self.plain(now),
            Vocabulary::Kubernetes => self.kubernetes(now),
            Vocabulary::Exact => self.exact(),
        }
    }

    fn plain(&self, now: VirtualTime) -> String {
        match self {
            Self::Created { object, by, why, .. } if why.is_empty() => {
                format!("{} created {}.", component(by), short_object(object))
            }
            Self::Created { object, by, why, .. } => {
                format!("{} created {}, because: {why}.", component(by), short_object(object))
            }
            Self::Older(object) => format!("{} is older than what is remembered.", short_object(object)),
            Self::Deleted { object, by, root, .. } => {
                format!(
                    "{} asked for the end of {}. It began with: {root}.",
                    component(by),
                    short_object(object)
                )
            }
            Self::Exited { container, code, reason, until, root } => {
                let kept = kept_back(*until, now);
                let (itself, began) = match root.as_deref() {
                    None => ("", String::new()),
                    Some("") => (" by itself", String::new()),
                    Some(root) => ("", format!(" It began with: {root}.")),
                };
                format!(
                    "its container {container} ended{itself} with exit code {code} ({reason}){kept}.{began}"
                )
            }
            Self::Unharmed(object) => {
                format!(
                    "{} was not killed: nobody asked for its end, and it has not failed.",
                    short_object(object)
                )
            }
            Self::Ready(object) => format!("{} is as it should be.", short_object(object)),
            Self::NodeSilent { node, since } => {
                let since = since.map(|since| format!(" for {since}")).unwrap_or_default();
                format!("nothing was heard of {node}{since}: nobody knows what runs there.")
            }
            Self::NoNode { message } => format!("it has no node yet: {message}"),
            Self::ContainerWaits { container, reason, message, until } => {
                let again = again(*until, now);
                let message = if message.is_empty() { String::new() } else { format!(": {message}") };
                format!("its container {container} is not running yet ({reason}{message}){again}.")
            }
            Self::ProbeFails { container, output } => {
                let output = if output.is_empty() { String::new() } else { format!(": {output}") };
                format!("its container {container} runs, but says that it is not ready yet{output}.")
            }
            Self::UnderWay { node, doing } => format!("the kubelet on {node} is at it: {doing}."),
            Self::TooFew { object, ready, want } => {
                format!("{} has {ready} of {want} that are ready.", short_object(object))
            }
            Self::RequestsFailed(Failure { hop, count, last, story, proxy, .. }) => {
                let requests = if *count == 1 { "request" } else { "requests" };
                let story = story.map(|story| format!(" in story #{story}")).unwrap_or_default();
                let proxy =
                    if proxy.is_empty() { String::new() } else { format!(" That kube-proxy: {proxy}.") };
                format!("{count} {requests} failed, the last one at {last}{story}: {hop}.{proxy}")
            }
            Self::Condition { name, status, message, .. } => format!("{name} is {status}: {message}"),
            Self::Verdict { component: who, verdict, until, item } => {
                let about = short_object(item);
                format!("{} about {about}: {}{}.", component(who), verdict.why, again(*until, now))
            }
            Self::Stopped(who) => {
                format!("{} is stopped: nobody does its work, and a gap stays open.", component(who))
            }
            Self::CutOff(who) => {
                format!(
                    "{} cannot reach the API server: it hears nothing and can change nothing.",
                    component(who)
                )
            }
            Self::Deaf { component: who, deaf } => format!("{} {}.", component(who), deaf_clause(*deaf, now)),
            Self::NoApiServer => {
                "the API server is down: nobody can see or change anything; what runs goes on running."
                    .to_owned()
            }
            Self::NoEtcd => "etcd does not answer: nothing can be written or read anew.".to_owned(),
            Self::Nobody(object) => format!("nobody has to do anything about {}.", short_object(object)),
        }
    }

    fn kubernetes(&self, now: VirtualTime) -> String {
        match self {
            Self::Created { object, by, why, .. } => {
                let why = if why.is_empty() { String::new() } else { format!(": {why}") };
                format!("{} created {}{why}.", component(by), object_words(object))
            }
            Self::Older(object) => format!("the write that added {object} is no longer in the trace."),
            Self::Deleted { object, by, root, .. } => {
                format!("{} sent delete {object} (root of the story: {root}).", component(by))
            }
            Self::Exited { container, code, reason, until, .. } => {
                let kept = kept_back(*until, now);
                format!("container {container} is Terminated: exitCode {code}, reason {reason}{kept}.")
            }
            Self::Unharmed(object) => {
                format!("{object} has no deletionTimestamp and no terminated container.")
            }
            Self::Ready(object) => format!("{object}: desired state and status agree."),
            Self::NodeSilent { node, since } => {
                let since = since.map(|since| format!(" since {since}")).unwrap_or_default();
                format!("Node {node} has Ready=Unknown{since}: its Lease is not renewed.")
            }
            Self::NoNode { message } => format!("PodScheduled=False: {message}"),
            Self::ContainerWaits { container, reason, message, until } => {
                format!("container {container} is Waiting, reason {reason}{}: {message}", again(*until, now))
            }
            Self::ProbeFails { container, output } => {
                format!("the readinessProbe of container {container} fails: {output}")
            }
            Self::UnderWay { node, doing } => format!("pod worker of kubelet {node}: {doing}."),
            Self::TooFew { object, ready, want } => {
                format!("{object}: status.readyReplicas {ready}, spec.replicas {want}.")
            }
            Self::RequestsFailed(Failure { hop, count, last, .. }) => {
                format!("clients counted {count} failures of this kind until {last}: {hop}.")
            }
            Self::Condition { name, status, reason, message } => {
                format!("condition {name}={status}, reason {reason}: {message}")
            }
            Self::Verdict { component: who, item, verdict, until } => {
                let queue =
                    until.map_or(String::new(), |until| format!("; requeued, due in {}", until.since(now)));
                format!("{} last synced {item}: {}{queue}.", component(who), verdict.why)
            }
            Self::Stopped(who) => format!("component {who} is down: its informers and work queue are gone."),
            Self::CutOff(who) => format!("{who} has no connection to the API server: its cache grows stale."),
            Self::Deaf { component: who, deaf: Deafness::Missed(at) } => {
                let left = at.since(now);
                format!(
                    "{} has lost notices on an open watch; the next ping shows it in {left}.",
                    component(who)
                )
            }
            Self::Deaf { component: who, deaf } => {
                format!("the reflector of {} {}.", component(who), deaf_clause(*deaf, now))
            }
            Self::NoApiServer => "kube-apiserver is down: no watches, no writes.".to_owned(),
            Self::NoEtcd => "etcd is down: kube-apiserver answers writes with errors.".to_owned(),
            Self::Nobody(object) => format!("no controller has {object} in its work queue."),
        }
    }

    fn exact(&self) -> String {
        match self {
            Self::Created { object, by, why, revision } => {
                format!("create {object} by={by} resourceVersion={revision} why={why:?}")
            }
            Self::Older(object) => format!("{object} added=unknown"),
            Self::Deleted { object, by, root, revision } => {
                format!("delete {object} by={by} resourceVersion={revision} root={root:?}")
            }
            Self::Exited { container, code, reason, until, .. } => {
                let until = until.map(|until| format!(" until={until}")).unwrap_or_default();
                format!(
                    "containerStatuses[{container}].state.terminated exitCode={code} reason={reason}{until}"
                )
            }
            Self::Unharmed(object) => format!("{object} deletionTimestamp=null"),
            Self::Ready(object) => format!("{object} gap=="),
            Self::NodeSilent { node, .. } => format!("Node/{node} conditions[Ready].status=Unknown"),
            Self::NoNode { message } => {
                format!("spec.nodeName=null conditions[PodScheduled].message={message:?}")
            }
            Self::ContainerWaits { container, reason, message, until } => {
                let until = until.map(|until| format!(" until={until}")).unwrap_or_default();
                format!(
                    "containerStatuses[{container}].state.waiting reason={reason}{until} message={message:?}"
                )
            }
            Self::ProbeFails { container, output } => {
                format!("readiness {container} passed=false {output:?}")
            }
            Self::UnderWay { node, doing } => format!("kubelet/{node} doing={doing:?}"),
            Self::TooFew { object, ready, want } => format!("{object} ready={ready} want={want}"),
            Self::RequestsFailed(Failure { hop, count, last, .. }) => {
                format!("requests failed={count} last={last} hop={hop:?}")
            }
            Self::Condition { name, status, reason, message } => {
                format!("conditions[{name}] status={status} reason={reason} message={message:?}")
            }
            Self::Verdict { component, item, verdict, until } => {
                let until = until.map(|until| format!(" due={until}")).unwrap_or_default();
                format!(
                    "{component} {item} want={:?} have={:?} gap={}{until} why={:?}",
                    verdict.want, verdict.have, verdict.gap, verdict.why
                )
            }
            Self::Stopped(who) => format!("{who} running=false"),
            Self::CutOff(who) => format!("{who} connected=false"),
            Self::Deaf { component, deaf } => match deaf {
                Deafness::Asking => format!("{component} watch=opening"),
                Deafness::Dials(at) => format!("{component} watch=closed retry={at}"),
                Deafness::Missed(at) => format!("{component} watch=open lost=true ping={at}"),
            },
            Self::NoApiServer => "apiserver running=false".to_owned(),
            Self::NoEtcd => "etcd running=false".to_owned(),
            Self::Nobody(object) => format!("{object} queued=0 verdicts=0"),
        }
    }
}

/// ` again in 4m48s`.
fn again(until: Option<VirtualTime>, now: VirtualTime) -> String {
    until.filter(|until| *until > now).map(|until| format!("; again in {}", until - now)).unwrap_or_default()
}

/// `; it is kept back (CrashLoopBackOff); again in 9s`.
fn kept_back(until: Option<VirtualTime>, now: VirtualTime) -> String {
    match again(until, now).as_str() {
        "" => String::new(),
        again => format!("; it is kept back (CrashLoopBackOff){again}"),
    }
}
