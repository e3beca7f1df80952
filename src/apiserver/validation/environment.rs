//! Environment variables and what they refer to (`ValidateEnv`, `ValidateEnvFrom`, field selectors).

use k8s_openapi::api::core::v1::{EnvFromSource, EnvVar, ObjectFieldSelector, ResourceFieldSelector};

use super::field::{Findings, Path, list, text};
use super::names;

/// Fields of its own pod that a variable can have.
const VARIABLE_FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// Fields of its own pod that a file can have.
pub const FILE_FIELDS: &[&str] =
    &["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

const RESOURCES: &[&str] = &[
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

/// `env`.
pub fn variables(variables: &[EnvVar], at: &Path<'_>, found: &mut Findings) {
    for (index, variable) in variables.iter().enumerate() {
        let at = at.index(index);
        match variable.name.as_str() {
            "" => found.required(&at.child("name"), ""),
            name => found.invalid_each(&at.child("name"), name, names::variable_name(name)),
        }
        value_from(variable, &at.child("valueFrom"), found);
    }
}

fn value_from(variable: &EnvVar, at: &Path<'_>, found: &mut Findings) {
    let Some(source) = &variable.value_from else { return };
    let mut sources = 0;
    if let Some(field) = &source.field_ref {
        sources += 1;
        field_selector(field, VARIABLE_FIELDS, &at.child("fieldRef"), found);
    }
    if let Some(resource) = &source.resource_field_ref {
        sources += 1;
        resource_selector(resource, false, &at.child("resourceFieldRef"), found);
    }
    if let Some(reference) = &source.config_map_key_ref {
        sources += 1;
        key(&reference.name, &reference.key, &at.child("configMapKeyRef"), found);
    }
    if let Some(reference) = &source.secret_key_ref {
        sources += 1;
        key(&reference.name, &reference.key, &at.child("secretKeyRef"), found);
    }
    sources += usize::from(source.file_key_ref.is_some());
    if sources == 0 {
        found.invalid(
            at,
            "",
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
        );
    } else if !text(&variable.value).is_empty() {
        found.invalid(at, "", "may not be specified when `value` is not empty");
    } else if sources > 1 {
        found.invalid(at, "", "may not have more than one field specified at a time");
    }
}

fn key(name: &str, key: &str, at: &Path<'_>, found: &mut Findings) {
    found.invalid_each(&at.child("name"), name, names::dns_subdomain(name));
    match key {
        "" => found.required(&at.child("key"), ""),
        key => found.invalid_each(&at.child("key"), key, names::config_key(key)),
    }
}

/// `envFrom`.
pub fn sources(sources: &[EnvFromSource], at_list: &Path<'_>, found: &mut Findings) {
    for (index, source) in sources.iter().enumerate() {
        let at = at_list.index(index);
        let prefix = text(&source.prefix);
        if !prefix.is_empty() {
            found.invalid_each(&at.child("prefix"), prefix, names::variable_name(prefix));
        }
        let references = [
            ("configMapRef", source.config_map_ref.as_ref().map(|reference| &reference.name)),
            ("secretRef", source.secret_ref.as_ref().map(|reference| &reference.name)),
        ];
        let mut count = 0;
        for (field, name) in references.iter().filter_map(|(field, name)| name.map(|name| (field, name))) {
            count += 1;
            let at = at.child(field);
            match name.as_str() {
                "" => found.required(&at.child("name"), ""),
                name => {
                    let faults = names::prefix(names::dns_subdomain, name);
                    found.invalid_each(&at.child("name"), name, faults);
                }
            }
        }
        match count {
            0 => found.invalid(at_list, "", "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _ => found.invalid(at_list, "", "may not have more than one field specified at a time"),
        }
    }
}

/// A reference to a field of the pod itself.
pub fn field_selector(field: &ObjectFieldSelector, known: &[&str], at: &Path<'_>, found: &mut Findings) {
    let path = field.field_path.as_str();
    if text(&field.api_version).is_empty() {
        return found.required(&at.child("apiVersion"), "");
    }
    if path.is_empty() {
        return found.required(&at.child("fieldPath"), "");
    }
    let subscript = path
        .strip_suffix("']")
        .and_then(|rest| rest.split_once("['"))
        .filter(|(before, _)| !before.is_empty());
    // `spec.host` is an old name of `spec.nodeName`.
    let plain = if path == "spec.host" { "spec.nodeName" } else { path };
    match subscript {
        Some(("metadata.annotations", key)) => {
            let key = key.to_lowercase();
            found.invalid_each(at, &key, names::qualified_name(&key));
        }
        Some(("metadata.labels", key)) => found.invalid_each(at, key, names::qualified_name(key)),
        Some(_) => unknown_field(path, at, found),
        None if known.contains(&plain) => {}
        None if VARIABLE_FIELDS.contains(&plain)
            || FILE_FIELDS.contains(&plain)
            || plain == "status.phase" =>
        {
            found.not_supported(&at.child("fieldPath"), plain, known);
        }
        None => unknown_field(path, at, found),
    }
}

fn unknown_field(path: &str, at: &Path<'_>, found: &mut Findings) {
    let fault = format!("error converting fieldPath: field label not supported: {path}");
    found.invalid(&at.child("fieldPath"), path, &fault);
}

/// A reference to a request or limit of a container.
pub fn resource_selector(
    resource: &ResourceFieldSelector,
    in_file: bool,
    at: &Path<'_>,
    found: &mut Findings,
) {
    let name = resource.resource.as_str();
    let huge_pages = name.starts_with("limits.hugepages-") || name.starts_with("requests.hugepages-");
    if in_file && text(&resource.container_name).is_empty() {
        found.required(&at.child("containerName"), "");
    } else if name.is_empty() {
        found.required(&at.child("resource"), "");
    } else if !RESOURCES.contains(&name) && !huge_pages {
        found.not_supported(&at.child("resource"), name, RESOURCES);
    }
    let Some(divisor) = resource.divisor.as_ref().map(|divisor| divisor.0.as_str()) else { return };
    if matches!(divisor, "" | "0") {
        return;
    }
    let sizes = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];
    let (known, what): (&[&str], &str) = match name {
        "limits.cpu" | "requests.cpu" => (&["1m", "1"], "cpu"),
        "limits.memory" | "requests.memory" => (&sizes, "memory"),
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => (&sizes, "local ephemeral storage"),
        _ if huge_pages => (&sizes, "hugepages"),
        _ => return,
    };
    if !known.contains(&divisor) {
        let values = if what == "cpu" { "1m and 1".to_owned() } else { known.join(", ") };
        let fault = format!("only divisor's values {values} are supported with the {what} resource");
        found.invalid(&at.child("divisor"), name, &fault);
    }
}

/// `items` of a downward API volume.
pub fn file(file: &k8s_openapi::api::core::v1::DownwardAPIVolumeFile, at: &Path<'_>, found: &mut Findings) {
    if file.path.is_empty() {
        found.required(&at.child("path"), "");
    }
    super::volume::local_path(&file.path, &at.child("path"), found);
    match (&file.field_ref, &file.resource_field_ref) {
        (Some(field), resource) => {
            field_selector(field, FILE_FIELDS, &at.child("fieldRef"), found);
            if resource.is_some() {
                found.invalid(
                    at,
                    "resource",
                    "fieldRef and resourceFieldRef can not be specified simultaneously",
                );
            }
        }
        (None, Some(resource)) => resource_selector(resource, true, &at.child("resourceFieldRef"), found),
        (None, None) => found.required(at, "one of fieldRef and resourceFieldRef is required"),
    }
    super::volume::mode(file.mode, &at.child("mode"), found);
}

/// Every file of a downward API source; the real server does not number them.
pub fn files(
    files: &Option<Vec<k8s_openapi::api::core::v1::DownwardAPIVolumeFile>>,
    at: &Path<'_>,
    found: &mut Findings,
) {
    for one in list(files) {
        file(one, at, found);
    }
}
