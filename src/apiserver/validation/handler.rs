//! Probes and lifecycle hooks (`validateProbe`, `validateHandler`, `validateLifecycle`).

use k8s_openapi::api::core::v1::{
    ExecAction, GRPCAction, HTTPGetAction, Lifecycle, LifecycleHandler, Probe, SleepAction, TCPSocketAction,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::field::{Findings, Path, list, text};
use super::names;

/// What a probe's failure leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Liveness and startup: the container is restarted; one success is enough.
    RestartOnFailure,
    /// Readiness: the pod gets no traffic.
    Traffic,
}

#[derive(Default)]
struct Handler<'a> {
    exec: Option<&'a ExecAction>,
    http: Option<&'a HTTPGetAction>,
    tcp: Option<&'a TCPSocketAction>,
    grpc: Option<&'a GRPCAction>,
    sleep: Option<&'a SleepAction>,
}

/// A probe.
pub fn probe(probe: &Probe, purpose: Purpose, at: &Path<'_>, found: &mut Findings) {
    let check = Handler {
        exec: probe.exec.as_ref(),
        http: probe.http_get.as_ref(),
        tcp: probe.tcp_socket.as_ref(),
        grpc: probe.grpc.as_ref(),
        sleep: None,
    };
    handler(&check, None, at, found);
    for (field, number) in [
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ] {
        found.not_negative(&at.child(field), i64::from(number.unwrap_or(0)));
    }
    let at_grace = at.child("terminationGracePeriodSeconds");
    if let Some(grace) = probe.termination_grace_period_seconds.filter(|grace| *grace <= 0) {
        found.invalid(&at_grace, grace, "must be greater than 0");
    }
    match purpose {
        Purpose::Traffic => {
            if let Some(grace) = probe.termination_grace_period_seconds {
                found.invalid(&at_grace, grace, "must not be set for readinessProbes");
            }
        }
        Purpose::RestartOnFailure => {
            let threshold = probe.success_threshold.unwrap_or(0);
            if threshold != 1 {
                found.invalid(&at.child("successThreshold"), threshold, "must be 1");
            }
        }
    }
}

/// The hooks of a container.
pub fn lifecycle(lifecycle: &Lifecycle, grace: Option<i64>, at: &Path<'_>, found: &mut Findings) {
    for (field, hook) in [("postStart", &lifecycle.post_start), ("preStop", &lifecycle.pre_stop)] {
        if let Some(hook) = hook {
            handler(&of_hook(hook), grace, &at.child(field), found);
        }
    }
}

fn of_hook(hook: &LifecycleHandler) -> Handler<'_> {
    Handler {
        exec: hook.exec.as_ref(),
        http: hook.http_get.as_ref(),
        tcp: hook.tcp_socket.as_ref(),
        grpc: None,
        sleep: hook.sleep.as_ref(),
    }
}

fn handler(handler: &Handler<'_>, grace: Option<i64>, at: &Path<'_>, found: &mut Findings) {
    let mut one = false;
    let mut first = |field: &str, found: &mut Findings| {
        if std::mem::replace(&mut one, true) {
            found.forbidden(&at.child(field), "may not specify more than 1 handler type");
            return false;
        }
        true
    };
    if let Some(exec) = handler.exec.filter(|_| first("exec", found))
        && list(&exec.command).is_empty()
    {
        found.required(&at.child("exec").child("command"), "");
    }
    if let Some(http) = handler.http.filter(|_| first("httpGet", found)) {
        http_get(http, &at.child("httpGet"), found);
    }
    if let Some(tcp) = handler.tcp.filter(|_| first("tcpSocket", found)) {
        port(&tcp.port, &at.child("tcpSocket").child("port"), found);
    }
    if let Some(grpc) = handler.grpc.filter(|_| first("grpc", found)) {
        port(&IntOrString::Int(grpc.port), &at.child("grpc").child("port"), found);
    }
    if let Some(sleep) = handler.sleep.filter(|_| first("sleep", found))
        && let Some(grace) = grace.filter(|grace| sleep.seconds < 0 || sleep.seconds > *grace)
    {
        let fault = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
        found.invalid(&at.child("sleep"), sleep.seconds, &fault);
    }
    if !one {
        found.required(at, "must specify a handler type");
    }
}

fn http_get(http: &HTTPGetAction, at: &Path<'_>, found: &mut Findings) {
    if text(&http.path).is_empty() {
        found.required(&at.child("path"), "");
    }
    port(&http.port, &at.child("port"), found);
    let scheme = text(&http.scheme);
    if !matches!(scheme, "HTTP" | "HTTPS") {
        found.not_supported(&at.child("scheme"), scheme, &["HTTP", "HTTPS"]);
    }
    for header in list(&http.http_headers) {
        found.invalid_each(&at.child("httpHeaders"), &header.name, names::http_header(&header.name));
    }
}

/// A port by number or by name (`ValidatePortNumOrName`).
pub fn port(port: &IntOrString, at: &Path<'_>, found: &mut Findings) {
    match port {
        IntOrString::Int(number) => {
            if let Some(fault) = names::port_number(i64::from(*number)) {
                found.invalid(at, *number, fault);
            }
        }
        IntOrString::String(name) => found.invalid_each(at, name, names::port_name(name)),
    }
}
