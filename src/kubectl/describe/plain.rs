//! The descriptions of ConfigMaps, Secrets, Namespaces and ServiceAccounts.

use super::Subject;
use super::writer::{Writer, date};
use crate::kubectl::output::Fault;
use crate::object::Object;

pub(super) fn config_map(subject: &Subject<'_>, w: &mut Writer) -> Result<(), Fault> {
    let Object::ConfigMap(map) = subject.object else { return Ok(()) };
    w.name(&map.metadata);
    w.marks(&map.metadata);
    w.line(0, "\nData\n====");
    for (key, value) in map.data.iter().flatten() {
        w.line(0, format_args!("{key}:\n----\n{value}\n"));
    }
    w.line(0, "\nBinaryData\n====");
    for (key, value) in map.binary_data.iter().flatten() {
        w.line(0, format_args!("{key}: {} bytes", value.0.len()));
    }
    w.line(0, "");
    subject.events(w)
}

pub(super) fn secret(subject: &Subject<'_>, w: &mut Writer) -> Result<(), Fault> {
    let Object::Secret(secret) = subject.object else { return Ok(()) };
    w.name(&secret.metadata);
    w.marks(&secret.metadata);
    w.line(0, format_args!("\nType:\t{}", secret.type_.as_deref().unwrap_or("")));
    w.line(0, "\nData\n====");
    for (key, value) in secret.data.iter().flatten() {
        w.field(0, key, format_args!("{} bytes", value.0.len()));
    }
    Ok(())
}

pub(super) fn namespace(subject: &Subject<'_>, w: &mut Writer) -> Result<(), Fault> {
    let Object::Namespace(namespace) = subject.object else { return Ok(()) };
    let status = namespace.status.clone().unwrap_or_default();
    w.name(&namespace.metadata);
    w.marks(&namespace.metadata);
    w.field(0, "Status", status.phase.as_deref().unwrap_or(""));
    let conditions = status.conditions.unwrap_or_default();
    if !conditions.is_empty() {
        w.line(0, "Conditions:");
        w.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
        w.line(1, "----\t------\t------------------\t------\t-------");
    }
    for condition in conditions {
        w.line(
            1,
            format_args!(
                "{}\t{}\t{}\t{}\t{}",
                condition.type_,
                condition.status,
                date(condition.last_transition_time.as_ref()),
                condition.reason.unwrap_or_default(),
                condition.message.unwrap_or_default()
            ),
        );
    }
    // These two kinds are not there; so no namespace has any.
    w.line(0, "\nNo resource quota.\n\nNo LimitRange resource.");
    Ok(())
}

pub(super) fn service_account(subject: &Subject<'_>, w: &mut Writer) -> Result<(), Fault> {
    let Object::ServiceAccount(account) = subject.object else { return Ok(()) };
    w.name(&account.metadata);
    w.marks(&account.metadata);
    let pull = account.image_pull_secrets.iter().flatten().map(|secret| secret.name.clone());
    let mountable = account.secrets.iter().flatten().filter_map(|secret| secret.name.clone());
    w.list("Image pull secrets", &pull.collect::<Vec<String>>());
    w.list("Mountable secrets", &mountable.collect::<Vec<String>>());
    w.list("Tokens", &[]);
    subject.events(w)
}
