//! What components write all the time: Leases and Events.

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Event;

use super::field::{Findings, Path, text};
use super::{metadata, names};

/// A new Lease.
pub fn lease(lease: &Lease, found: &mut Findings) {
    metadata::create(&lease.metadata, true, names::dns_subdomain, found);
    lease_spec(lease, found);
}

/// What a Lease says.
pub fn lease_spec(lease: &Lease, found: &mut Findings) {
    let Some(spec) = &lease.spec else { return };
    let at = &Path::new("spec");
    if let Some(seconds) = spec.lease_duration_seconds.filter(|seconds| *seconds <= 0) {
        found.invalid(&at.child("leaseDurationSeconds"), seconds, "must be greater than 0");
    }
    if let Some(count) = spec.lease_transitions.filter(|count| *count < 0) {
        found.invalid(&at.child("leaseTransitions"), count, "must be greater than or equal to 0");
    }
    let strategy = spec.strategy.as_deref();
    if let Some(strategy) = strategy {
        let at = at.child("strategy");
        let at = at.child("strategy");
        match strategy {
            "OldestEmulationVersion" => {}
            other if other.contains('/') => {
                found.invalid_each(&at, other, names::qualified_name(other));
            }
            other => found.not_supported(&at, other, &["OldestEmulationVersion"]),
        }
    }
    if !text(&spec.preferred_holder).is_empty() && strategy.unwrap_or("").is_empty() {
        found.forbidden(&at.child("preferredHolder"), "may only be specified if `strategy` is defined");
    }
}

/// An Event (`legacyValidateEvent`, the rules of `core/v1`).
pub fn event(event: &Event, found: &mut Findings) {
    let at = Path::new("involvedObject");
    let at = &at.child("namespace");
    let (own, about) = (text(&event.metadata.namespace), text(&event.involved_object.namespace));
    let fits = match (event.event_time.is_some(), about) {
        // Objects without a namespace have their events in `default`.
        (false, "") => matches!(own, "" | "default"),
        (true, "") => matches!(own, "" | "default" | "kube-system"),
        (_, about) => own == about,
    };
    if !fits {
        found.invalid(at, about, "does not match event.namespace");
    }
    if event.event_time.is_some() {
        let at = Path::new("reportingController");
        match text(&event.reporting_component) {
            "" => found.required(&at, ""),
            name => found.invalid_each(&at, name, names::qualified_name(name)),
        }
        for (field, value, most) in [
            ("reportingInstance", &event.reporting_instance, 128),
            ("action", &event.action, 128),
            ("reason", &event.reason, 128),
        ] {
            match text(value) {
                "" => found.required(&Path::new(field), ""),
                value if value.len() > most => {
                    found.invalid(&Path::new(field), "", &format!("can have at most {most} characters"));
                }
                _ => {}
            }
        }
        if text(&event.message).len() > 1024 {
            found.invalid(&Path::new("message"), "", "can have at most 1024 characters");
        }
    }
    found.invalid_each(&Path::new("namespace"), own, names::dns_label(own));
}
