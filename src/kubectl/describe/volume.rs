//! The volumes of a pod or of a template.

use k8s_openapi::api::core::v1::{ProjectedVolumeSource, Volume};

use super::writer::Writer;

pub(super) fn describe(volumes: &[Volume], indent: &str, w: &mut Writer) {
    if volumes.is_empty() {
        return w.line(0, format_args!("{indent}Volumes:\t<none>"));
    }
    w.line(0, format_args!("{indent}Volumes:"));
    let name_indent = if indent.is_empty() { "" } else { " " };
    for volume in volumes {
        w.line(1, format_args!("{name_indent}{}:", volume.name));
        source(volume, w);
    }
}

fn source(volume: &Volume, w: &mut Writer) {
    let kind = |w: &mut Writer, text: &str| w.field(2, "Type", text);
    if let Some(path) = &volume.host_path {
        kind(w, "HostPath (bare host directory volume)");
        w.field(2, "Path", &path.path);
        w.field(2, "HostPathType", path.type_.as_deref().unwrap_or(""));
    } else if let Some(empty) = &volume.empty_dir {
        kind(w, "EmptyDir (a temporary directory that shares a pod's lifetime)");
        w.field(2, "Medium", empty.medium.as_deref().unwrap_or(""));
        w.field(2, "SizeLimit", empty.size_limit.as_ref().map_or("<unset>", |limit| limit.0.as_str()));
    } else if let Some(secret) = &volume.secret {
        kind(w, "Secret (a volume populated by a Secret)");
        w.field(2, "SecretName", secret.secret_name.as_deref().unwrap_or(""));
        w.field(2, "Optional", secret.optional.unwrap_or(false));
    } else if let Some(map) = &volume.config_map {
        kind(w, "ConfigMap (a volume populated by a ConfigMap)");
        w.field(2, "Name", &map.name);
        w.field(2, "Optional", map.optional.unwrap_or(false));
    } else if let Some(claim) = &volume.persistent_volume_claim {
        kind(w, "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)");
        w.field(2, "ClaimName", &claim.claim_name);
        w.field(2, "ReadOnly", claim.read_only.unwrap_or(false));
    } else if let Some(downward) = &volume.downward_api {
        kind(w, "DownwardAPI (a volume populated by information about the pod)");
        w.line(2, "Items:");
        for item in downward.items.iter().flatten() {
            if let Some(field) = &item.field_ref {
                w.line(3, format_args!("{} -> {}", field.field_path, item.path));
            }
        }
    } else if let Some(projected) = &volume.projected {
        kind(w, "Projected (a volume that contains injected data from multiple sources)");
        projections(projected, w);
    } else {
        w.line(1, "<unknown>");
    }
}

fn projections(projected: &ProjectedVolumeSource, w: &mut Writer) {
    // kubectl prints what is not said as Go prints an empty pointer.
    let optional = |said: Option<bool>| said.map_or("<nil>".to_owned(), |said| said.to_string());
    for source in projected.sources.iter().flatten() {
        if let Some(secret) = &source.secret {
            w.field(2, "SecretName", &secret.name);
            w.field(2, "SecretOptionalName", optional(secret.optional));
        } else if source.downward_api.is_some() {
            w.field(2, "DownwardAPI", true);
        } else if let Some(map) = &source.config_map {
            w.field(2, "ConfigMapName", &map.name);
            w.field(2, "ConfigMapOptional", optional(map.optional));
        } else if let Some(token) = &source.service_account_token {
            w.field(2, "TokenExpirationSeconds", token.expiration_seconds.unwrap_or(0));
        }
    }
}
