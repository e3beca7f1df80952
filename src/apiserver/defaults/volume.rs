//! Volumes.

use k8s_openapi::api::core::v1::{DownwardAPIVolumeFile, ResourceFieldSelector, Volume};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::{pod, text};

/// Everybody reads, the owner writes: 0644.
const FILE_MODE: i32 = 0o644;
/// An hour.
const TOKEN_SECONDS: i64 = 3600;

/// A volume of a pod; without a source it is an empty directory.
pub fn volume(volume: &mut Volume) {
    if *volume == (Volume { name: volume.name.clone(), ..Volume::default() }) {
        volume.empty_dir = Some(Default::default());
    }
    if let Some(secret) = &mut volume.secret {
        secret.default_mode.get_or_insert(FILE_MODE);
    }
    if let Some(map) = &mut volume.config_map {
        map.default_mode.get_or_insert(FILE_MODE);
    }
    if let Some(path) = &mut volume.host_path {
        path.type_.get_or_insert_default();
    }
    if let Some(downward) = &mut volume.downward_api {
        downward.default_mode.get_or_insert(FILE_MODE);
        files(&mut downward.items);
    }
    if let Some(image) = &mut volume.image {
        let policy = pod::pull_policy(image.reference.as_deref().unwrap_or(""));
        text(&mut image.pull_policy, policy);
    }
    if let Some(projected) = &mut volume.projected {
        projected.default_mode.get_or_insert(FILE_MODE);
        for source in projected.sources.iter_mut().flatten() {
            if let Some(token) = &mut source.service_account_token {
                token.expiration_seconds.get_or_insert(TOKEN_SECONDS);
            }
            if let Some(downward) = &mut source.downward_api {
                files(&mut downward.items);
            }
        }
    }
}

fn files(files: &mut Option<Vec<DownwardAPIVolumeFile>>) {
    for file in files.iter_mut().flatten() {
        if let Some(field) = &mut file.field_ref {
            text(&mut field.api_version, "v1");
        }
        if let Some(resource) = &mut file.resource_field_ref {
            divisor(resource);
        }
    }
}

/// An absent divisor shows as 0 and means 1.
pub fn divisor(resource: &mut ResourceFieldSelector) {
    resource.divisor.get_or_insert_with(|| Quantity("0".to_owned()));
}
