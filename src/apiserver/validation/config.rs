//! ConfigMaps, Secrets and ServiceAccounts.

use k8s_openapi::api::core::v1::{ConfigMap, Secret, ServiceAccount};

use super::field::{Findings, Path, text};
use super::{metadata, names};

/// Most that a ConfigMap or Secret may hold (`MaxSecretSize`).
const LIMIT: usize = 1024 * 1024;

/// A ConfigMap.
pub fn config_map(map: &ConfigMap, found: &mut Findings) {
    metadata::create(&map.metadata, true, names::dns_subdomain, found);
    let mut size = 0;
    for (key, value) in map.data.iter().flatten() {
        let at = Path::new("data");
        found.invalid_each(&at.key(key), key, names::config_key(key));
        if map.binary_data.as_ref().is_some_and(|binary| binary.contains_key(key)) {
            found.invalid(&at.key(key), key, "duplicate of key present in binaryData");
        }
        size += value.len();
    }
    for (key, value) in map.binary_data.iter().flatten() {
        found.invalid_each(&Path::new("binaryData").key(key), key, names::config_key(key));
        size += value.0.len();
    }
    if size > LIMIT {
        found.too_long(&Path::new(""), LIMIT);
    }
}

/// The fields that `immutable: true` protects; each with whether it stayed the same.
fn immutable(old: Option<bool>, new: Option<bool>, fields: &[(&str, bool)], found: &mut Findings) {
    if old != Some(true) {
        return;
    }
    let kept = [("immutable", new == Some(true))];
    for (field, _) in kept.iter().chain(fields).filter(|(_, same)| !same) {
        found.forbidden(&Path::new(field), "field is immutable when `immutable` is set");
    }
}

/// A changed ConfigMap.
pub fn config_map_update(new: &ConfigMap, old: &ConfigMap, found: &mut Findings) {
    let fields = [("data", new.data == old.data), ("binaryData", new.binary_data == old.binary_data)];
    immutable(old.immutable, new.immutable, &fields, found);
    config_map(new, found);
}

/// A Secret.
pub fn secret(secret: &Secret, found: &mut Findings) {
    metadata::create(&secret.metadata, true, names::dns_subdomain, found);
    let at = &Path::new("data");
    let mut size = 0;
    for (key, value) in secret.data.iter().flatten() {
        found.invalid_each(&at.key(key), key, names::config_key(key));
        size += value.0.len();
    }
    if size > LIMIT {
        found.too_long(at, LIMIT);
    }
    content(secret, at, found);
}

/// What a Secret of a well-known type must hold.
fn content(secret: &Secret, at: &Path<'_>, found: &mut Findings) {
    let value =
        |key: &str| secret.data.as_ref().and_then(|data| data.get(key)).map(|value| value.0.as_slice());
    let mut need = |key: &str| found.required(&at.key(key), "");
    match text(&secret.type_) {
        "kubernetes.io/service-account-token" => {
            let key = "kubernetes.io/service-account.name";
            if crate::object::annotation(&secret.metadata, key).unwrap_or("").is_empty() {
                found.required(&Path::new("metadata").child("annotations").key(key), "");
            }
        }
        "kubernetes.io/dockercfg" => docker(value(".dockercfg"), ".dockercfg", at, found),
        "kubernetes.io/dockerconfigjson" => {
            docker(value(".dockerconfigjson"), ".dockerconfigjson", at, found);
        }
        "kubernetes.io/basic-auth" if value("username").is_none() && value("password").is_none() => {
            need("username");
            need("password");
        }
        "kubernetes.io/ssh-auth" if value("ssh-privatekey").is_none_or(<[u8]>::is_empty) => {
            need("ssh-privatekey");
        }
        "kubernetes.io/tls" => {
            for key in ["tls.crt", "tls.key"] {
                if value(key).is_none() {
                    need(key);
                }
            }
        }
        _ => {}
    }
}

fn docker(content: Option<&[u8]>, key: &str, at: &Path<'_>, found: &mut Findings) {
    match content {
        None => found.required(&at.key(key), ""),
        Some([]) => {
            found.invalid(&at.key(key), "<secret contents redacted>", "unexpected end of JSON input");
        }
        Some(bytes) => {
            if let Err(error) = serde_json::from_slice::<serde_json::Map<_, _>>(bytes) {
                // Go's own words differ; the place and the kind of fault do not.
                found.invalid(&at.key(key), "<secret contents redacted>", &error.to_string());
            }
        }
    }
}

/// A changed Secret.
pub fn secret_update(new: &Secret, old: &Secret, found: &mut Findings) {
    found.immutable(&Path::new("type"), new.type_ == old.type_, text(&new.type_));
    immutable(old.immutable, new.immutable, &[("data", new.data == old.data)], found);
    secret(new, found);
}

/// A ServiceAccount.
pub fn service_account(account: &ServiceAccount, found: &mut Findings) {
    metadata::create(&account.metadata, true, names::dns_subdomain, found);
}
