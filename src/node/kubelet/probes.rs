//! Probes: the kubelet asks containers how they are.
//!
//! *Startup* comes first and holds the others back; *liveness* failing means that the container is killed and
//! started anew; *readiness* failing only takes the pod out of its Services. One answer is not a verdict:
//! `failureThreshold` failures in a row are, and `successThreshold` successes. Until there is a verdict a
//! container counts as not ready, alive, and not started (`pkg/kubelet/prober/worker.go`).
//!
//! Besides the regular rounds a readiness probe runs at once whenever the kubelet makes the status of a
//! container that is not ready yet; the rounds then count from there.
//!
//! Left out: probes take no time of their own unless they run into their timeout.

use k8s_openapi::api::core::v1::{Container, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use smol_str::SmolStr;

use crate::node::runtime::Runtime;
use crate::time::{Span, VirtualTime};

/// What a probe decides about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeKind {
    /// Whether the container has started up.
    Startup,
    /// Whether it is to live on.
    Liveness,
    /// Whether it gets traffic.
    Readiness,
}

impl ProbeKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Startup, Self::Liveness, Self::Readiness];

    /// As the trace and faults name it: `readiness`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Startup => "startup",
            Self::Liveness => "liveness",
            Self::Readiness => "readiness",
        }
    }

    /// As events begin: `Readiness`.
    pub fn title(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Liveness => "Liveness",
            Self::Readiness => "Readiness",
        }
    }

    /// The container's probe of this kind.
    pub fn of(self, container: &Container) -> Option<&Probe> {
        match self {
            Self::Startup => container.startup_probe.as_ref(),
            Self::Liveness => container.liveness_probe.as_ref(),
            Self::Readiness => container.readiness_probe.as_ref(),
        }
    }

    /// What counts before the first verdict.
    fn initially(self) -> bool {
        self == Self::Liveness
    }
}

/// How a probe of one container stands.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeState {
    /// The container's id: a new container begins anew.
    pub container: SmolStr,
    /// The verdict.
    pub passed: bool,
    /// Whether there was a verdict yet.
    pub decided: bool,
    /// The last answer.
    pub last: Option<bool>,
    /// How often in a row it was that.
    pub run: i32,
    /// When it runs next; never once it has done its work.
    pub due: VirtualTime,
}

/// What an answer changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// The verdict is new.
    Verdict,
}

impl ProbeState {
    /// The state for a container that was just started.
    pub fn new(kind: ProbeKind, probe: &Probe, container: SmolStr, started: VirtualTime) -> Self {
        let due = started + Span::api_secs(probe.initial_delay_seconds.unwrap_or(0));
        Self { container, passed: kind.initially(), decided: false, last: None, run: 0, due }
    }

    /// Takes an answer; says whether the verdict changed.
    pub fn answer(&mut self, kind: ProbeKind, probe: &Probe, passed: bool, now: VirtualTime) -> Change {
        self.run = if self.last == Some(passed) { self.run.saturating_add(1) } else { 1 };
        self.last = Some(passed);
        self.due = now + period(probe);
        let threshold = match passed {
            true => probe.success_threshold.unwrap_or(1),
            false => probe.failure_threshold.unwrap_or(3),
        };
        if self.run < threshold.max(1) {
            return Change::None;
        }
        let changed = self.passed != passed || (!self.decided && kind != ProbeKind::Readiness && !passed);
        (self.passed, self.decided) = (passed, true);
        // A container that is to be killed is not asked any more; nor one that has started up how far it is.
        let over = match kind {
            ProbeKind::Startup => true,
            ProbeKind::Liveness => !passed,
            ProbeKind::Readiness => false,
        };
        if over {
            self.due = VirtualTime::NEVER;
        }
        if changed { Change::Verdict } else { Change::None }
    }

    /// Whether the container is to be killed because of it.
    pub fn is_fatal(&self, kind: ProbeKind) -> bool {
        kind != ProbeKind::Readiness && self.decided && !self.passed
    }
}

/// How often a probe runs.
pub fn period(probe: &Probe) -> Span {
    Span::api_secs(probe.period_seconds.filter(|seconds| *seconds > 0).unwrap_or(10))
}

/// Asks a container; gives whether it passed and what it said.
pub fn ask(
    runtime: &mut Runtime,
    uid: &str,
    ip: &str,
    container: &Container,
    probe: &Probe,
    now: VirtualTime,
) -> (bool, String) {
    let timeout = Span::api_secs(probe.timeout_seconds.filter(|seconds| *seconds > 0).unwrap_or(1));
    if let Some(exec) = &probe.exec {
        let argv = exec.command.clone().unwrap_or_default();
        let answer =
            runtime.with_process(uid, &container.name, |process, files| process.exec(&argv, files, now));
        return match answer {
            None => (false, "container not running".to_owned()),
            Some(answer) if answer.took > timeout => {
                let command = format!("{:?}", argv.join(" "));
                (false, format!("command timed out: {command} timed out after {}s", timeout.as_secs()))
            }
            Some(answer) => (answer.exit_code == 0, answer.error.unwrap_or(answer.output)),
        };
    }
    if let Some(http) = &probe.http_get {
        let port = port_number(container, &http.port);
        let path = http.path.as_deref().unwrap_or("/");
        let scheme = http.scheme.as_deref().unwrap_or("HTTP").to_lowercase();
        let host = http.host.as_deref().filter(|host| !host.is_empty()).unwrap_or(ip);
        let answer = on_process(runtime, uid, port, |process| process.http(port, path, now).ok());
        return match answer {
            Some(answer) if (200..400).contains(&answer.code) => (true, answer.body.to_string()),
            Some(answer) => (false, format!("HTTP probe failed with statuscode: {}", answer.code)),
            None => {
                let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
                (false, format!("Get \"{scheme}://{host}:{port}{path}\": {}", refused(host, port)))
            }
        };
    }
    if let Some(tcp) = &probe.tcp_socket {
        let port = port_number(container, &tcp.port);
        let open = on_process(runtime, uid, port, |process| process.tcp(port, now).then_some(()));
        return match open {
            Some(()) => (true, String::new()),
            None => (false, refused(ip, port)),
        };
    }
    if let Some(grpc) = &probe.grpc {
        let service = grpc.service.as_deref().unwrap_or("");
        let answer =
            on_process(runtime, uid, grpc.port, |process| process.grpc(grpc.port, service, now).ok());
        return match answer {
            Some(true) => (true, "service healthy".to_owned()),
            Some(false) => (false, "service unhealthy (responded with \"NOT_SERVING\")".to_owned()),
            None => {
                let port = grpc.port;
                let text = format!(
                    "timeout: failed to connect service \"{ip}:{port}\" within {}s: connection error: desc = \
                     \"transport: error while dialing: {}\"",
                    timeout.as_secs(),
                    refused(ip, port)
                );
                (false, text)
            }
        };
    }
    (true, String::new())
}

/// The containers of a pod share its address: whoever listens on the port answers.
fn on_process<R>(
    runtime: &mut Runtime,
    uid: &str,
    port: i32,
    ask: impl Fn(&crate::workload::Process) -> Option<R>,
) -> Option<R> {
    let sandbox = runtime.sandbox(uid)?;
    let mut processes = sandbox.containers.values().filter_map(|container| container.process.as_ref());
    processes.find(|process| process.serves(port)).and_then(ask)
}

fn refused(ip: &str, port: i32) -> String {
    format!("dial tcp {ip}:{port}: connect: connection refused")
}

/// The port that a probe means: a number, or the name of one of the container's ports.
pub fn port_number(container: &Container, port: &IntOrString) -> i32 {
    match port {
        IntOrString::Int(number) => *number,
        IntOrString::String(name) => {
            let named = container.ports.iter().flatten().find(|port| port.name.as_ref() == Some(name));
            named.map_or_else(|| name.parse().unwrap_or(0), |port| port.container_port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(kind: ProbeKind, probe: &Probe, answers: &[bool]) -> (Vec<bool>, ProbeState) {
        let mut state = ProbeState::new(kind, probe, "id".into(), VirtualTime::ZERO);
        let changes = answers
            .iter()
            .map(|passed| state.answer(kind, probe, *passed, VirtualTime::ZERO) == Change::Verdict);
        (changes.collect(), state)
    }

    #[test]
    fn thresholds_count_answers_in_a_row() {
        let probe = Probe { failure_threshold: Some(3), success_threshold: Some(2), ..Probe::default() };
        let (changes, state) =
            run(ProbeKind::Readiness, &probe, &[true, false, true, true, false, false, true]);
        assert_eq!(changes, [false, false, false, true, false, false, false]);
        assert!(state.passed, "two failures are no verdict");
        let (changes, state) = run(ProbeKind::Liveness, &probe, &[true, false, false, false]);
        assert_eq!(changes, [false, false, false, true]);
        assert!(state.is_fatal(ProbeKind::Liveness) && state.due == VirtualTime::NEVER);
    }

    #[test]
    fn a_startup_probe_ends_with_its_first_verdict() {
        let probe = Probe { failure_threshold: Some(30), ..Probe::default() };
        let (_, state) = run(ProbeKind::Startup, &probe, &[false, false, true]);
        assert!(state.passed && state.due == VirtualTime::NEVER);
        let probe = Probe { failure_threshold: Some(1), ..Probe::default() };
        let (changes, state) = run(ProbeKind::Startup, &probe, &[false]);
        assert!(changes == [true] && state.is_fatal(ProbeKind::Startup));
    }
}
