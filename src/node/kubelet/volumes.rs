//! The volumes of a pod.
//!
//! Volumes are set up before the pod's sandbox; while one cannot be, the pod stays `ContainerCreating` with an
//! event `FailedMount`, tried again after 0.5, 1, 2, 4 s and so on. Volumes that show API objects are read-only
//! trees, made anew at each sync: so mounted files follow an edit of their ConfigMap after a while.
//!
//! Left out: PersistentVolumeClaims and other storage; a `hostPath` starts empty and is not shared between
//! pods; file modes; the real token of `serviceAccountToken` (a placeholder is there).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Container, DownwardAPIVolumeFile, KeyToPath, Volume as ApiVolume, VolumeProjection,
};
use smol_str::SmolStr;

use super::env::{self, Sources};
use crate::object::Pod;
use crate::time::Span;
use crate::workload::{Mount, Tree, Volume};

/// The retry after the first failure; it doubles (`initialDurationBeforeRetry`,
/// `pkg/util/goroutinemap/exponentialbackoff`).
const FIRST_RETRY: Span = Span::millis(500);
/// The longest retry (`maxDurationBeforeRetry`).
const LAST_RETRY: Span = Span::secs(122);

/// How long to wait after this many failures in a row.
pub fn retry_after(failures: u32) -> Span {
    FIRST_RETRY.times(1 << failures.saturating_sub(1).min(20)).min(LAST_RETRY)
}

/// All volumes of a pod, or the first that cannot be set up: its name and why.
///
/// # Errors
/// The text as the event `FailedMount` tells it, without the volume's name.
pub fn of(pod: &Pod, sources: &Sources<'_>) -> Result<BTreeMap<SmolStr, Volume>, (String, String)> {
    let made = |volume: &ApiVolume| {
        let made = make(pod, volume, sources).map_err(|error| (volume.name.clone(), error))?;
        Ok((SmolStr::from(volume.name.as_str()), made))
    };
    pod.spec.volumes.iter().flatten().map(made).collect()
}

/// The volumes of a pod that show API objects, as they are to be now; and those that cannot be made any more, with why.
pub fn shown(pod: &Pod, sources: &Sources<'_>) -> (BTreeMap<SmolStr, Volume>, Vec<(String, String)>) {
    let (mut volumes, mut failed) = (BTreeMap::new(), Vec::new());
    for volume in pod.spec.volumes.iter().flatten().filter(|volume| is_read_only(volume)) {
        match make(pod, volume, sources) {
            Ok(made) => _ = volumes.insert(SmolStr::from(volume.name.as_str()), made),
            Err(error) => failed.push((volume.name.clone(), error)),
        }
    }
    (volumes, failed)
}

/// Whether a volume of the pod shows this ConfigMap or Secret.
pub fn shows(pod: &Pod, kind: crate::object::Kind, name: &str) -> bool {
    use crate::object::Kind;
    pod.spec.volumes.iter().flatten().any(|volume| {
        let projected = volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten());
        let mut projected = projected;
        match kind {
            Kind::ConfigMap => {
                volume.config_map.as_ref().is_some_and(|source| source.name == name)
                    || projected
                        .any(|part| part.config_map.as_ref().is_some_and(|source| source.name == name))
            }
            Kind::Secret => {
                volume.secret.as_ref().is_some_and(|source| source.secret_name.as_deref() == Some(name))
                    || projected.any(|part| part.secret.as_ref().is_some_and(|source| source.name == name))
            }
            _ => false,
        }
    })
}

/// Whether a volume shows API objects, so that it is made anew at each sync.
fn is_read_only(volume: &ApiVolume) -> bool {
    volume.config_map.is_some()
        || volume.secret.is_some()
        || volume.projected.is_some()
        || volume.downward_api.is_some()
}

/// Where a container sees its volumes. `$(NAME)` in `subPathExpr` stands for a variable of its environment.
pub fn mounts(container: &Container, env: &BTreeMap<String, String>) -> Vec<Mount> {
    let list = container.volume_mounts.iter().flatten();
    list.map(|mount| Mount {
        path: mount.mount_path.as_str().into(),
        volume: mount.name.as_str().into(),
        sub_path: match (&mount.sub_path, &mount.sub_path_expr) {
            (Some(path), _) => path.as_str().into(),
            (None, Some(expression)) => env::expand(expression, env).into(),
            (None, None) => SmolStr::default(),
        },
        read_only: mount.read_only == Some(true),
    })
    .collect()
}

fn make(pod: &Pod, volume: &ApiVolume, sources: &Sources<'_>) -> Result<Volume, String> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or("");
    let mut files = BTreeMap::new();
    if let Some(source) = &volume.config_map {
        let map = env::config_map(sources.cache, namespace, &source.name, source.optional)?;
        let data = map.map(|map| map.data.clone().unwrap_or_default()).unwrap_or_default();
        pick("config", &data, source.items.as_ref(), source.optional, &mut files)?;
    } else if let Some(source) = &volume.secret {
        let name = source.secret_name.as_deref().unwrap_or("");
        let secret = env::secret(sources.cache, namespace, name, source.optional)?;
        let data = secret.map(env::texts).unwrap_or_default();
        pick("secret", &data, source.items.as_ref(), source.optional, &mut files)?;
    } else if let Some(claim) = &volume.persistent_volume_claim {
        return Err(format!("persistentvolumeclaim \"{}\" not found", claim.claim_name));
    } else if let Some(source) = &volume.downward_api {
        downward(pod, source.items.iter().flatten(), sources, &mut files)?;
    } else if let Some(source) = &volume.projected {
        for part in source.sources.iter().flatten() {
            project(pod, part, sources, &mut files)?;
        }
    }
    Ok(Volume { tree: Tree::from_files(files), read_only: is_read_only(volume) })
}

fn project(
    pod: &Pod,
    part: &VolumeProjection,
    sources: &Sources<'_>,
    files: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or("");
    if let Some(source) = &part.config_map {
        // Every namespace has its root certificate; ours is not kept as an object everywhere.
        let optional = source.optional.or((source.name == "kube-root-ca.crt").then_some(true));
        let map = env::config_map(sources.cache, namespace, &source.name, optional)?;
        let data = map.map(|map| map.data.clone().unwrap_or_default()).unwrap_or_default();
        pick("config", &data, source.items.as_ref(), optional, files)?;
    }
    if let Some(source) = &part.secret {
        let secret = env::secret(sources.cache, namespace, &source.name, source.optional)?;
        let data = secret.map(env::texts).unwrap_or_default();
        pick("secret", &data, source.items.as_ref(), source.optional, files)?;
    }
    if let Some(source) = &part.downward_api {
        downward(pod, source.items.iter().flatten(), sources, files)?;
    }
    if let Some(source) = &part.service_account_token {
        files.insert(source.path.clone(), "simulated-token".to_owned());
    }
    Ok(())
}

/// The wanted keys under the wanted paths; all keys under their own names if nothing is said.
fn pick(
    kind: &str,
    data: &BTreeMap<String, String>,
    items: Option<&Vec<KeyToPath>>,
    optional: Option<bool>,
    files: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    let Some(items) = items.filter(|items| !items.is_empty()) else {
        files.extend(data.clone());
        return Ok(());
    };
    for item in items {
        match data.get(&item.key) {
            Some(value) => {
                files.insert(item.path.clone(), value.clone());
            }
            None if optional == Some(true) => {}
            None => return Err(format!("references non-existent {kind} key: {}", item.key)),
        }
    }
    Ok(())
}

fn downward<'i>(
    pod: &Pod,
    items: impl Iterator<Item = &'i DownwardAPIVolumeFile>,
    sources: &Sources<'_>,
    files: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    for item in items {
        let value = match (&item.field_ref, &item.resource_field_ref) {
            (Some(field), _) => env::field_value(pod, field, sources.pod_ip, sources.host_ip)?,
            (None, Some(resource)) => env::resource_value(pod, None, resource, sources.capacity)?,
            (None, None) => String::new(),
        };
        files.insert(item.path.clone(), value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Cache;
    use crate::object::{Kind, Object};
    use serde_json::{Value, json};

    fn try_volume(volume: Value) -> Result<Vec<(String, String)>, (String, String)> {
        let mut cache = Cache::default();
        cache.insert(
            Object::from_value(json!({"apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": "cfg", "namespace": "ns"}, "data": {"a": "1", "b": "2"}}))
            .unwrap(),
        );
        let mut volume = volume;
        volume["name"] = "v".into();
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {"name": "web-1", "namespace": "ns"},
            "spec": {"containers": [], "volumes": [volume]}
        }))
        .unwrap();
        let capacity = BTreeMap::new();
        let sources = Sources { cache: &cache, pod_ip: "", host_ip: "", capacity: &capacity };
        let volumes = of(&pod, &sources)?;
        let owned = |(path, text): (&str, &str)| (path.to_owned(), text.to_owned());
        Ok(volumes["v"].tree.files().map(owned).collect())
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn objects_become_files() {
        assert_eq!(try_volume(json!({"configMap": {"name": "cfg"}})), Ok(pairs(&[("a", "1"), ("b", "2")])));
        let items = json!({"configMap": {"name": "cfg", "items": [{"key": "b", "path": "sub/x"}]}});
        assert_eq!(try_volume(items), Ok(pairs(&[("sub/x", "2")])));
        let field =
            json!({"downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.name"}}]}});
        assert_eq!(try_volume(field), Ok(pairs(&[("n", "web-1")])));
        assert_eq!(try_volume(json!({"emptyDir": {}})), Ok(Vec::new()));
        assert_eq!(try_volume(json!({"configMap": {"name": "no", "optional": true}})), Ok(Vec::new()));
    }

    #[test]
    fn a_missing_object_stops_the_mount_and_is_tried_ever_later() {
        let refused = ("v".to_owned(), "configmap \"no\" not found".to_owned());
        assert_eq!(try_volume(json!({"configMap": {"name": "no"}})), Err(refused));
        assert_eq!(
            try_volume(json!({"secret": {"secretName": "s"}})).unwrap_err().1,
            "secret \"s\" not found"
        );
        let waits: Vec<u64> = (1..=6).map(|failures| retry_after(failures).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16_000]);
    }

    #[test]
    fn a_pod_knows_which_objects_it_shows() {
        let pod: Pod = serde_json::from_value(json!({"metadata": {}, "spec": {"containers": [], "volumes": [
            {"name": "v", "projected": {"sources": [{"configMap": {"name": "cfg"}}]}}]}}))
        .unwrap();
        assert!(shows(&pod, Kind::ConfigMap, "cfg") && !shows(&pod, Kind::Secret, "cfg"));
    }
}
