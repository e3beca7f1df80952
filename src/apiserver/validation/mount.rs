//! Where containers see the pod's volumes (`ValidateVolumeMounts`, `ValidateVolumeDevices`).

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, Volume, VolumeMount};

use super::field::{Findings, Path, list, text};
use super::volume;

/// `volumeMounts`.
pub fn mounts(
    container: &Container,
    volumes: &BTreeMap<&str, &Volume>,
    at_list: &Path<'_>,
    found: &mut Findings,
) {
    let devices = list(&container.volume_devices);
    let mut paths = BTreeSet::new();
    for (index, mount) in list(&container.volume_mounts).iter().enumerate() {
        let at = at_list.index(index);
        if mount.name.is_empty() {
            found.required(&at.child("name"), "");
        }
        if !volumes.contains_key(mount.name.as_str()) {
            found.not_found(&at.child("name"), &mount.name);
        }
        if mount.mount_path.is_empty() {
            found.required(&at.child("mountPath"), "");
        }
        if !paths.insert(mount.mount_path.as_str()) {
            found.invalid(&at.child("mountPath"), &mount.mount_path, "must be unique");
        }
        if devices.iter().any(|device| device.name == mount.name) {
            found.invalid(&at.child("name"), &mount.name, "must not already exist in volumeDevices");
        }
        if devices.iter().any(|device| device.device_path == mount.mount_path) {
            let fault = "must not already exist as a path in volumeDevices";
            found.invalid(&at.child("mountPath"), &mount.mount_path, fault);
        }
        let image = volumes.get(mount.name.as_str()).is_some_and(|volume| volume.image.is_some());
        sub_paths(mount, image, &at, at_list, found);
        propagation(mount, container, &at_list.child("mountPropagation"), found);
        recursive_read_only(mount, &at_list.child("recursiveReadOnly"), found);
    }
}

/// The real server reports faults of these paths at the list, not at the mount.
fn sub_paths(mount: &VolumeMount, image: bool, at: &Path<'_>, at_list: &Path<'_>, found: &mut Findings) {
    let (plain, expanded) = (text(&mount.sub_path), text(&mount.sub_path_expr));
    for (field, value) in [("subPath", plain), ("subPathExpr", expanded)] {
        if image && !value.is_empty() {
            found.invalid(&at.child(field), value, "not allowed in image volume sources");
        }
    }
    if !plain.is_empty() {
        volume::descending_path(plain, &at_list.child("subPath"), found);
    }
    if !expanded.is_empty() {
        if !plain.is_empty() {
            found.invalid(
                &at.child("subPathExpr"),
                expanded,
                "subPathExpr and subPath are mutually exclusive",
            );
        }
        volume::descending_path(expanded, &at_list.child("subPathExpr"), found);
    }
}

fn propagation(mount: &VolumeMount, container: &Container, at: &Path<'_>, found: &mut Findings) {
    let Some(propagation) = mount.mount_propagation.as_deref() else { return };
    let known = ["Bidirectional", "HostToContainer", "None"];
    if !known.contains(&propagation) {
        found.not_supported(at, propagation, &known);
    }
    let privileged =
        container.security_context.as_ref().is_some_and(|context| context.privileged == Some(true));
    if propagation == "Bidirectional" && !privileged {
        found.forbidden(at, "Bidirectional mount propagation is available only to privileged containers");
    }
}

fn recursive_read_only(mount: &VolumeMount, at: &Path<'_>, found: &mut Findings) {
    match mount.recursive_read_only.as_deref() {
        None | Some("Disabled") => {}
        Some("Enabled" | "IfPossible") => {
            if mount.read_only != Some(true) {
                found.forbidden(at, "may only be specified when readOnly is true");
            }
            if mount.mount_propagation.as_deref().is_some_and(|propagation| propagation != "None") {
                found.forbidden(at, "may only be specified when mountPropagation is None or not specified");
            }
        }
        Some(other) => found.not_supported(at, other, &["Disabled", "Enabled", "IfPossible"]),
    }
}

/// `volumeDevices`: raw block devices.
pub fn devices(
    container: &Container,
    volumes: &BTreeMap<&str, &Volume>,
    at: &Path<'_>,
    found: &mut Findings,
) {
    let mounts = list(&container.volume_mounts);
    let (mut names, mut paths) = (BTreeSet::new(), BTreeSet::new());
    for (index, device) in list(&container.volume_devices).iter().enumerate() {
        let at = at.index(index);
        let (at_name, at_path) = (at.child("name"), at.child("devicePath"));
        if device.name.is_empty() {
            found.required(&at_name, "");
        } else if !names.insert(device.name.as_str()) {
            found.invalid(&at_name, &device.name, "must be unique");
        }
        match volumes.get(device.name.as_str()) {
            None => found.not_found(&at_name, &device.name),
            Some(volume) if volume.persistent_volume_claim.is_none() && volume.ephemeral.is_none() => {
                found.invalid(
                    &at_name,
                    &device.name,
                    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode",
                );
            }
            Some(_) => {}
        }
        if device.device_path.is_empty() {
            found.required(&at_path, "");
        }
        if paths.contains(device.device_path.as_str()) {
            found.invalid(&at_path, &device.device_path, "must be unique");
        }
        if device.device_path.split('/').any(|part| part == "..") {
            found.invalid(&at_path, &device.device_path, "can not contain backsteps ('..')");
        } else {
            paths.insert(device.device_path.as_str());
        }
        if mounts.iter().any(|mount| mount.name == device.name) {
            found.invalid(&at_name, &device.name, "must not already exist in volumeMounts");
        }
        if mounts.iter().any(|mount| mount.mount_path == device.device_path) {
            let fault = "must not already exist as a path in volumeMounts";
            found.invalid(&at_path, &device.device_path, fault);
        }
    }
}
