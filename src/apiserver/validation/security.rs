//! Security contexts (`validatePodSpecSecurityContext`, `ValidateSecurityContext`).

use k8s_openapi::api::core::v1::{AppArmorProfile, PodSpec, SeccompProfile, SecurityContext};
use serde_json::json;

use super::field::{Findings, Path, list};
use super::{pod_dump, volume};

const PROFILES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];

fn user(id: Option<i64>, at: &Path<'_>, found: &mut Findings) {
    if let Some(id) = id.filter(|id| !(0..=0xffff_ffff).contains(id)) {
        found.invalid(at, id, "must be between 0 and 4294967295, inclusive");
    }
}

/// What a pod sets for all its containers.
pub fn pod(spec: &PodSpec, at: &Path<'_>, found: &mut Findings) {
    let Some(context) = &spec.security_context else { return };
    user(context.fs_group, &at.child("fsGroup"), found);
    user(context.run_as_user, &at.child("runAsUser"), found);
    user(context.run_as_group, &at.child("runAsGroup"), found);
    let at_groups = at.child("supplementalGroups");
    for (index, group) in list(&context.supplemental_groups).iter().enumerate() {
        user(Some(*group), &at_groups.index(index), found);
    }
    if spec.share_process_namespace == Some(true) && spec.host_pid == Some(true) {
        found.invalid(
            &at.child("shareProcessNamespace"),
            true,
            "ShareProcessNamespace and HostPID cannot both be enabled",
        );
    }
    sysctls(spec, &at.child("sysctls"), found);
    known(&context.fs_group_change_policy, "fsGroupChangePolicy", &["Always", "OnRootMismatch"], at, found);
    seccomp(context.seccomp_profile.as_ref(), &at.child("seccompProfile"), found);
    app_armor(context.app_armor_profile.as_ref(), &at.child("appArmorProfile"), found);
    known(&context.supplemental_groups_policy, "supplementalGroupsPolicy", &["Merge", "Strict"], at, found);
    known(&context.se_linux_change_policy, "seLinuxChangePolicy", &["MountOption", "Recursive"], at, found);
}

fn known(value: &Option<String>, field: &str, known: &[&str], at: &Path<'_>, found: &mut Findings) {
    if let Some(value) = value.as_deref().filter(|value| !known.contains(value)) {
        found.not_supported(&at.child(field), value, known);
    }
}

fn sysctls(spec: &PodSpec, at: &Path<'_>, found: &mut Findings) {
    let sysctls = spec.security_context.as_ref().map_or(&[][..], |context| list(&context.sysctls));
    for (index, sysctl) in sysctls.iter().enumerate() {
        let (at, name) = (at.index(index), sysctl.name.as_str());
        let at = at.child("name");
        if name.is_empty() {
            found.required(&at, "");
        } else if !is_sysctl(name) {
            found.invalid(
                &at,
                name,
                "must have at most 253 characters and match regex \
                 ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$",
            );
        } else if sysctls.iter().take(index).any(|earlier| earlier.name == sysctl.name) {
            found.duplicate(&at, name);
        }
        let name = name.replace('/', ".");
        if spec.host_network == Some(true) && name.starts_with("net.") {
            found.invalid(&at, &sysctl.name, "may not be specified when 'hostNetwork' is true");
        }
        let interprocess = ["kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue."];
        if spec.host_ipc == Some(true) && interprocess.iter().any(|prefix| name.starts_with(prefix)) {
            found.invalid(&at, &sysctl.name, "may not be specified when 'hostIPC' is true");
        }
    }
}

fn is_sysctl(name: &str) -> bool {
    let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let segment = |part: &str| {
        let ends = |b: Option<&u8>| b.copied().is_some_and(lower);
        ends(part.as_bytes().first())
            && ends(part.as_bytes().last())
            && part.bytes().all(|b| lower(b) || b == b'-' || b == b'_')
    };
    name.len() <= 253 && name.split(['.', '/']).all(segment)
}

fn seccomp(profile: Option<&SeccompProfile>, at: &Path<'_>, found: &mut Findings) {
    let Some(profile) = profile else { return };
    match profile.type_.as_str() {
        "" => found.required(&at.child("type"), "type is required when seccompProfile is set"),
        kind if PROFILES.contains(&kind) => {}
        other => found.not_supported(&at.child("type"), other, &PROFILES),
    }
    let at_file = at.child("localhostProfile");
    match (profile.type_.as_str(), &profile.localhost_profile) {
        ("Localhost", None) => found.required(&at_file, "must be set when seccomp type is Localhost"),
        ("Localhost", Some(file)) => volume::descending_path(file, &at_file, found),
        (_, Some(file)) => found.invalid(
            &at_file,
            json!({"Type": profile.type_, "LocalhostProfile": file}),
            "can only be set when seccomp type is Localhost",
        ),
        (_, None) => {}
    }
}

fn app_armor(profile: Option<&AppArmorProfile>, at: &Path<'_>, found: &mut Findings) {
    let Some(profile) = profile else { return };
    let at_file = at.child("localhostProfile");
    match (profile.type_.as_str(), profile.localhost_profile.as_deref()) {
        ("Localhost", None) => found.required(&at_file, "must be set when AppArmor type is Localhost"),
        ("Localhost", Some(file)) => {
            if file.trim() != file {
                found.invalid(&at_file, file, "must not be padded with whitespace");
            } else if file.is_empty() {
                found.required(&at_file, "must be set when AppArmor type is Localhost");
            }
        }
        ("RuntimeDefault" | "Unconfined", file) => {
            if let Some(file) = file {
                found.invalid(&at_file, file, "can only be set when AppArmor type is Localhost");
            }
        }
        ("", _) => found.required(&at.child("type"), "type is required when appArmorProfile is set"),
        (other, _) => found.not_supported(&at.child("type"), other, &PROFILES),
    }
}

/// What a container sets for itself.
pub fn container(context: &SecurityContext, host_users: bool, at: &Path<'_>, found: &mut Findings) {
    user(context.run_as_user, &at.child("runAsUser"), found);
    user(context.run_as_group, &at.child("runAsGroup"), found);
    match context.proc_mount.as_deref() {
        None | Some("Default") => {}
        Some("Unmasked") if !host_users => {}
        Some("Unmasked") => {
            found.invalid(&at.child("procMount"), "Unmasked", "`hostUsers` must be false to use `Unmasked`");
        }
        Some(other) => found.not_supported(&at.child("procMount"), other, &["Default", "Unmasked"]),
    }
    seccomp(context.seccomp_profile.as_ref(), &at.child("seccompProfile"), found);
    if context.allow_privilege_escalation == Some(false) {
        if context.privileged == Some(true) {
            found.invalid(
                at,
                pod_dump::security_context(Some(context)),
                "cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
            );
        }
        let added = context.capabilities.as_ref().map_or(&[][..], |capabilities| list(&capabilities.add));
        if added.iter().any(|capability| capability == "CAP_SYS_ADMIN") {
            found.invalid(
                at,
                pod_dump::security_context(Some(context)),
                "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
            );
        }
    }
    app_armor(context.app_armor_profile.as_ref(), &at.child("appArmorProfile"), found);
}

/// A pod with users of its own may share nothing else with the node.
pub fn host_users(spec: &PodSpec, at: &Path<'_>, found: &mut Findings) {
    if spec.host_users != Some(false) {
        return;
    }
    for (field, shared) in
        [("hostNetwork", spec.host_network), ("HostPID", spec.host_pid), ("HostIPC", spec.host_ipc)]
    {
        if shared == Some(true) {
            found.forbidden(&at.child(field), "when `pod.Spec.HostUsers` is false");
        }
    }
}
