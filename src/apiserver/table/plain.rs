//! The rows of kinds of which there is little to see.

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use serde_json::{Value, json};

use super::{Head, age};
use crate::object::{Object, Resource};
use crate::time::VirtualTime;

pub(super) const NAMESPACE: &[Head] = &[("Name", "string", 0), ("Status", "string", 0), ("Age", "string", 0)];
pub(super) const CONFIG_MAP: &[Head] = &[("Name", "string", 0), ("Data", "string", 0), ("Age", "string", 0)];
pub(super) const SECRET: &[Head] =
    &[("Name", "string", 0), ("Type", "string", 0), ("Data", "string", 0), ("Age", "string", 0)];
pub(super) const SERVICE_ACCOUNT: &[Head] = &[("Name", "string", 0), ("Age", "string", 0)];
pub(super) const LEASE: &[Head] = &[("Name", "string", 0), ("Holder", "string", 0), ("Age", "string", 0)];

pub(super) fn namespace(object: &Object, now: VirtualTime) -> Vec<Value> {
    let Some(namespace) = Namespace::of(object) else { return Vec::new() };
    let phase = namespace.status.as_ref().and_then(|status| status.phase.clone()).unwrap_or_default();
    vec![phase.into(), age::of(&namespace.metadata, now).into()]
}

pub(super) fn config_map(object: &Object, now: VirtualTime) -> Vec<Value> {
    let Some(map) = ConfigMap::of(object) else { return Vec::new() };
    let texts = map.data.as_ref().map_or(0, |data| data.len());
    let bytes = map.binary_data.as_ref().map_or(0, |data| data.len());
    vec![json!(texts + bytes), age::of(&map.metadata, now).into()]
}

pub(super) fn secret(object: &Object, now: VirtualTime) -> Vec<Value> {
    let Some(secret) = Secret::of(object) else { return Vec::new() };
    let entries = secret.data.as_ref().map_or(0, |data| data.len());
    vec![
        secret.type_.clone().unwrap_or_default().into(),
        json!(entries),
        age::of(&secret.metadata, now).into(),
    ]
}

pub(super) fn service_account(object: &Object, now: VirtualTime) -> Vec<Value> {
    vec![age::of(object.meta(), now).into()]
}

pub(super) fn lease(object: &Object, now: VirtualTime) -> Vec<Value> {
    let Some(lease) = Lease::of(object) else { return Vec::new() };
    let holder = lease.spec.as_ref().and_then(|spec| spec.holder_identity.clone()).unwrap_or_default();
    vec![holder.into(), age::of(&lease.metadata, now).into()]
}
