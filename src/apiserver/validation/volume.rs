//! Volumes of a pod (`ValidateVolumes`, `validateVolumeSource`).
//!
//! Every type of source counts for the rule "exactly one"; inside, only those that this cluster can mount are
//! looked at, and the few of the others that manifests commonly have.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{
    HostPathVolumeSource, KeyToPath, ProjectedVolumeSource, Volume, VolumeProjection,
};

use super::field::{Findings, Path, list, text};
use super::{container, environment, names};
use crate::object::{ObjectMeta, quantity};

/// The volumes of a pod; returns the good ones by name, since mounts may refer to no other.
pub fn volumes<'a>(
    volumes: &'a [Volume],
    meta: Option<&ObjectMeta>,
    at: &Path<'_>,
    found: &mut Findings,
) -> BTreeMap<&'a str, &'a Volume> {
    let pod = meta.and_then(|meta| meta.name.as_deref()).unwrap_or("");
    let created: BTreeSet<String> = volumes
        .iter()
        .filter(|volume| volume.ephemeral.is_some() && !pod.is_empty())
        .map(|volume| format!("{pod}-{}", volume.name))
        .collect();
    let mut good = BTreeMap::new();
    for (index, volume) in volumes.iter().enumerate() {
        let at = &at.index(index);
        let before = found.len();
        source(volume, meta.is_some(), at, found);
        match volume.name.as_str() {
            "" => found.required(&at.child("name"), ""),
            name => found.invalid_each(&at.child("name"), name, names::dns_label(name)),
        }
        if good.contains_key(volume.name.as_str()) {
            found.duplicate(&at.child("name"), &volume.name);
        }
        if found.len() == before {
            good.insert(volume.name.as_str(), volume);
        }
        if let Some(claim) = &volume.persistent_volume_claim
            && created.contains(&claim.claim_name)
        {
            found.invalid(
                &at.child("persistentVolumeClaim").child("claimName"),
                &claim.claim_name,
                "must not reference a PVC that gets created for an ephemeral volume",
            );
        }
    }
    good
}

/// A check of one type of source.
type Check<'a> = Box<dyn Fn(&Path<'_>, &mut Findings) + 'a>;

/// The types in the order in which the real server looks at them.
fn types<'a>(volume: &'a Volume, is_pod: bool) -> Vec<(&'static str, bool, Check<'a>)> {
    fn nothing<'a>() -> Check<'a> {
        Box::new(|_, _| {})
    }
    fn when<'a, T>(source: &'a Option<T>, check: impl Fn(&'a T, &Path<'_>, &mut Findings) + 'a) -> Check<'a> {
        Box::new(move |at, found| {
            if let Some(source) = source {
                check(source, at, found);
            }
        })
    }
    vec![
        ("hostPath", volume.host_path.is_some(), when(&volume.host_path, host_path)),
        ("gitRepo", volume.git_repo.is_some(), nothing()),
        ("gcePersistentDisk", volume.gce_persistent_disk.is_some(), nothing()),
        ("awsElasticBlockStore", volume.aws_elastic_block_store.is_some(), nothing()),
        (
            "secret",
            volume.secret.is_some(),
            when(&volume.secret, |source, at, found| {
                needed(text(&source.secret_name), "secretName", at, found);
                mode(source.default_mode, &at.child("defaultMode"), found);
                items(list(&source.items), at, found);
            }),
        ),
        (
            "nfs",
            volume.nfs.is_some(),
            when(&volume.nfs, |source, at, found| {
                needed(&source.server, "server", at, found);
                needed(&source.path, "path", at, found);
                if !source.path.starts_with('/') {
                    found.invalid(&at.child("path"), &source.path, "must be an absolute path");
                }
            }),
        ),
        ("iscsi", volume.iscsi.is_some(), nothing()),
        ("glusterfs", volume.glusterfs.is_some(), nothing()),
        ("flocker", volume.flocker.is_some(), nothing()),
        (
            "persistentVolumeClaim",
            volume.persistent_volume_claim.is_some(),
            when(&volume.persistent_volume_claim, |source, at, found| {
                needed(&source.claim_name, "claimName", at, found);
            }),
        ),
        ("rbd", volume.rbd.is_some(), nothing()),
        ("cinder", volume.cinder.is_some(), nothing()),
        ("cephFS", volume.cephfs.is_some(), nothing()),
        ("quobyte", volume.quobyte.is_some(), nothing()),
        (
            "downwardAPI",
            volume.downward_api.is_some(),
            when(&volume.downward_api, |source, at, found| {
                mode(source.default_mode, &at.child("defaultMode"), found);
                environment::files(&source.items, at, found);
            }),
        ),
        ("fc", volume.fc.is_some(), nothing()),
        ("flexVolume", volume.flex_volume.is_some(), nothing()),
        (
            "configMap",
            volume.config_map.is_some(),
            when(&volume.config_map, |source, at, found| {
                needed(&source.name, "name", at, found);
                mode(source.default_mode, &at.child("defaultMode"), found);
                items(list(&source.items), at, found);
            }),
        ),
        ("azureFile", volume.azure_file.is_some(), nothing()),
        ("vsphereVolume", volume.vsphere_volume.is_some(), nothing()),
        ("photonPersistentDisk", volume.photon_persistent_disk.is_some(), nothing()),
        ("portworxVolume", volume.portworx_volume.is_some(), nothing()),
        ("azureDisk", volume.azure_disk.is_some(), nothing()),
        ("storageos", volume.storageos.is_some(), nothing()),
        ("projected", volume.projected.is_some(), when(&volume.projected, projected)),
        ("scaleIO", volume.scale_io.is_some(), nothing()),
        ("csi", volume.csi.is_some(), nothing()),
        ("ephemeral", volume.ephemeral.is_some(), nothing()),
        (
            "image",
            volume.image.is_some(),
            when(&volume.image, move |source, at, found| {
                if is_pod {
                    needed(text(&source.reference), "reference", at, found);
                }
                container::pull_policy(text(&source.pull_policy), &at.child("pullPolicy"), found);
            }),
        ),
    ]
}

fn source(volume: &Volume, is_pod: bool, at: &Path<'_>, found: &mut Findings) {
    let mut one = false;
    if let Some(directory) = &volume.empty_dir {
        one = true;
        let negative = |size: &i128| *size < 0;
        if directory.size_limit.as_ref().and_then(|size| quantity::milli(&size.0)).filter(negative).is_some()
        {
            found.forbidden(
                &at.child("emptyDir").child("sizeLimit"),
                "SizeLimit field must be a valid resource quantity",
            );
        }
    }
    for (field, set, check) in types(volume, is_pod) {
        if !set {
            continue;
        }
        // The real server misspells this one field when it complains of a second type.
        let spelled = if field == "downwardAPI" { "downwarAPI" } else { field };
        match std::mem::replace(&mut one, true) {
            true => found.forbidden(&at.child(spelled), "may not specify more than 1 volume type"),
            false => check(&at.child(field), found),
        }
    }
    if !one {
        found.required(at, "must specify a volume type");
    }
}

fn needed(value: &str, field: &str, at: &Path<'_>, found: &mut Findings) {
    if value.is_empty() {
        found.required(&at.child(field), "");
    }
}

fn host_path(source: &HostPathVolumeSource, at: &Path<'_>, found: &mut Findings) {
    const TYPES: &[&str] = &[
        "",
        "BlockDevice",
        "CharDevice",
        "Directory",
        "DirectoryOrCreate",
        "File",
        "FileOrCreate",
        "Socket",
    ];
    if source.path.is_empty() {
        return found.required(&at.child("path"), "");
    }
    no_backsteps(&source.path, &at.child("path"), found);
    if let Some(kind) = source.type_.as_deref().filter(|kind| !TYPES.contains(kind)) {
        found.not_supported(&at.child("type"), kind, TYPES);
    }
}

fn items(items: &[KeyToPath], at: &Path<'_>, found: &mut Findings) {
    let at = at.child("items");
    for (index, item) in items.iter().enumerate() {
        key_to_path(item, &at.index(index), found);
    }
}

fn key_to_path(item: &KeyToPath, at: &Path<'_>, found: &mut Findings) {
    needed(&item.key, "key", at, found);
    needed(&item.path, "path", at, found);
    local_path(&item.path, &at.child("path"), found);
    mode(item.mode, &at.child("mode"), found);
}

/// Permission bits.
pub fn mode(mode: Option<i32>, at: &Path<'_>, found: &mut Findings) {
    if let Some(mode) = mode.filter(|mode| !(0..=0o777).contains(mode)) {
        found.invalid(at, mode, "must be a number between 0 and 0777 (octal), both inclusive");
    }
}

fn no_backsteps(path: &str, at: &Path<'_>, found: &mut Findings) {
    if path.split('/').any(|part| part == "..") {
        found.invalid(at, path, "must not contain '..'");
    }
}

/// A path that stays below where it starts.
pub fn descending_path(path: &str, at: &Path<'_>, found: &mut Findings) {
    if path.starts_with('/') {
        found.invalid(at, path, "must be a relative path");
    }
    no_backsteps(path, at, found);
}

/// A path inside a volume that does not touch the kubelet's own `..data`.
pub fn local_path(path: &str, at: &Path<'_>, found: &mut Findings) {
    descending_path(path, at, found);
    if path.starts_with("..") && !path.starts_with("../") {
        found.invalid(at, path, "must not start with '..'");
    }
}

fn projected(projected: &ProjectedVolumeSource, at: &Path<'_>, found: &mut Findings) {
    mode(projected.default_mode, &at.child("defaultMode"), found);
    let at_sources = at.child("sources");
    let mut paths = BTreeSet::new();
    for (index, source) in list(&projected.sources).iter().enumerate() {
        projection(source, &at_sources.index(index), at, &mut paths, found);
    }
}

fn projection<'a>(
    source: &'a VolumeProjection,
    at: &Path<'_>,
    at_volume: &Path<'_>,
    paths: &mut BTreeSet<&'a str>,
    found: &mut Findings,
) {
    let mut claim = |path: &'a str, shown: &str, found: &mut Findings| {
        if !path.is_empty() && !paths.insert(path) {
            found.invalid(at_volume, shown, "conflicting duplicate paths");
        }
    };
    let mut count = 0;
    for (field, named) in [
        ("secret", source.secret.as_ref().map(|source| (source.name.as_str(), &source.items))),
        ("configMap", source.config_map.as_ref().map(|source| (source.name.as_str(), &source.items))),
    ] {
        let Some((name, items)) = named else { continue };
        count += 1;
        let at = at.child(field);
        needed(name, "name", &at, found);
        let at = at.child("items");
        for (index, item) in list(items).iter().enumerate() {
            key_to_path(item, &at.index(index), found);
            claim(&item.path, name, found);
        }
    }
    if let Some(downward) = &source.downward_api {
        count += 1;
        for file in list(&downward.items) {
            environment::file(file, &at.child("downwardAPI"), found);
            claim(&file.path, &file.path, found);
        }
    }
    if let Some(token) = &source.service_account_token {
        count += 1;
        let at = at.child("serviceAccountToken");
        let (seconds, at_seconds) = (token.expiration_seconds.unwrap_or(0), at.child("expirationSeconds"));
        if seconds < 600 {
            found.invalid(&at_seconds, seconds, "may not specify a duration less than 10 minutes");
        }
        if seconds > 1 << 32 {
            found.invalid(&at_seconds, seconds, "may not specify a duration larger than 2^32 seconds");
        }
        match token.path.as_str() {
            "" => found.required(&at_volume.child("path"), ""),
            path => local_path(path, &at_volume.child("path"), found),
        }
    }
    count +=
        usize::from(source.cluster_trust_bundle.is_some()) + usize::from(source.pod_certificate.is_some());
    if count > 1 {
        found.forbidden(at, "may not specify more than 1 volume type per source");
    }
}
