//! ServiceAccount: every pod runs as an account, whose token it finds in a volume.

use k8s_openapi::api::core::v1::{
    ConfigMapProjection, Container, DownwardAPIProjection, DownwardAPIVolumeFile, KeyToPath,
    ObjectFieldSelector, PodSpec, ProjectedVolumeSource, ServiceAccount, ServiceAccountTokenProjection,
    Volume, VolumeMount, VolumeProjection,
};

use super::service_account_name;
use crate::object::Pod;
use crate::random::{fnv1a_32, safe_encode};

/// Where containers find the token.
const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// What the volume's name begins with.
const VOLUME_PREFIX: &str = "kube-api-access-";
/// An hour and a little (`TokenExpirationSeconds`), so that tools which ask for an hour never see less.
const TOKEN_SECONDS: i64 = 3607;
/// Permission bits of the files, 0644.
const FILE_MODE: i32 = 0o644;
/// The annotation of a static pod's copy, which has no account.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// Gives the pod its account, its token and its account's pull secrets.
pub fn admit(spec: &mut PodSpec, pod: &Pod, account: Option<&ServiceAccount>) -> Result<(), String> {
    if crate::object::annotation(&pod.metadata, MIRROR).is_some() {
        return Ok(());
    }
    let name = service_account_name(pod);
    let Some(account) = account else {
        let namespace = pod.metadata.namespace.as_deref().unwrap_or("");
        return Err(format!(
            "error looking up service account {namespace}/{name}: serviceaccount \"{name}\" not found"
        ));
    };
    spec.service_account_name = Some(name.to_owned());
    spec.service_account = Some(name.to_owned());
    let automount = spec.automount_service_account_token.or(account.automount_service_account_token);
    if automount.unwrap_or(true) {
        mount_token(spec);
    }
    if spec.image_pull_secrets.as_ref().is_none_or(Vec::is_empty) {
        spec.image_pull_secrets = account.image_pull_secrets.clone().filter(|secrets| !secrets.is_empty());
    }
    Ok(())
}

fn mount_token(spec: &mut PodSpec) {
    let existing = |volume: &&Volume| volume.name.starts_with(VOLUME_PREFIX);
    let own = spec.volumes.iter().flatten().find(existing).map(|volume| volume.name.clone());
    let name = own.clone().unwrap_or_else(|| format!("{VOLUME_PREFIX}{}", suffix(spec)));
    let mut used = false;
    for container in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
        used |= mount(container, &name);
    }
    if used && own.is_none() {
        spec.volumes.get_or_insert_default().push(token_volume(name));
    }
}

/// Five letters from the content of the specification.
///
/// The real server draws them at random for each pod. Taking them from the content lets all pods of one
/// ReplicaSet share one specification in memory; nothing in Kubernetes depends on them.
fn suffix(spec: &PodSpec) -> String {
    let content = serde_json::to_string(spec).unwrap_or_default();
    let letters = safe_encode(fnv1a_32(content.as_bytes()));
    // The last five digits vary most; a small number has fewer than five.
    format!("{:b>5}", letters.get(letters.len().saturating_sub(5)..).unwrap_or(&letters))
}

/// Whether the container needs the volume: it does unless it has something of its own at that place.
fn mount(container: &mut Container, volume: &str) -> bool {
    let mounts = container.volume_mounts.get_or_insert_default();
    let taken = mounts.iter().any(|mount| mount.mount_path == MOUNT_PATH);
    if !taken {
        mounts.push(VolumeMount {
            name: volume.to_owned(),
            read_only: Some(true),
            mount_path: MOUNT_PATH.to_owned(),
            ..VolumeMount::default()
        });
    }
    !taken
}

fn token_volume(name: String) -> Volume {
    let token = ServiceAccountTokenProjection {
        expiration_seconds: Some(TOKEN_SECONDS),
        path: "token".to_owned(),
        audience: None,
    };
    let authority = ConfigMapProjection {
        name: "kube-root-ca.crt".to_owned(),
        items: Some(vec![KeyToPath { key: "ca.crt".to_owned(), path: "ca.crt".to_owned(), mode: None }]),
        optional: None,
    };
    let namespace = DownwardAPIVolumeFile {
        path: "namespace".to_owned(),
        field_ref: Some(ObjectFieldSelector {
            api_version: Some("v1".to_owned()),
            field_path: "metadata.namespace".to_owned(),
        }),
        ..DownwardAPIVolumeFile::default()
    };
    let sources = vec![
        VolumeProjection { service_account_token: Some(token), ..VolumeProjection::default() },
        VolumeProjection { config_map: Some(authority), ..VolumeProjection::default() },
        VolumeProjection {
            downward_api: Some(DownwardAPIProjection { items: Some(vec![namespace]) }),
            ..VolumeProjection::default()
        },
    ];
    let projected = ProjectedVolumeSource { default_mode: Some(FILE_MODE), sources: Some(sources) };
    Volume { name, projected: Some(projected), ..Volume::default() }
}
