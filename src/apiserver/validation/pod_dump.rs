//! A pod's specification as the real server's memory holds it, for the difference that it prints.
//!
//! A refused change of a pod shows what changed, as lines of the *internal* type: Go field names in
//! declaration order (`pkg/apis/core/types.go`), absent pointers as `null`, settings of the node's namespaces
//! inside the security context. Rare parts are written with the names of the API.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::field::{list, text as str_of};

/// Indented by one space per level, as the real server does.
pub fn text(spec: &core::PodSpec) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    // Writing a value into memory cannot fail.
    let _ = pod_spec(spec).serialize(&mut serializer);
    String::from_utf8(out).unwrap_or_default()
}

/// A list as Go holds it: absent is null.
fn each<T>(items: &Option<Vec<T>>, dump: impl Fn(&T) -> Value) -> Value {
    items.as_ref().map_or(Value::Null, |items| items.iter().map(dump).collect())
}

fn maybe<T>(item: &Option<T>, dump: impl Fn(&T) -> Value) -> Value {
    item.as_ref().map_or(Value::Null, dump)
}

/// A part with the names of the API.
fn plain<T: Serialize>(item: &Option<T>) -> Value {
    json!(item)
}

/// Fields renamed as Go spells them: the first letter is a capital.
fn capital(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| {
                let mut letters = name.chars();
                let name =
                    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str());
                (name.unwrap_or_default(), capital(value))
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(capital).collect(),
        other => other,
    }
}

fn pod_spec(spec: &core::PodSpec) -> Value {
    json!({
        "Volumes": each(&spec.volumes, volume),
        "InitContainers": each(&spec.init_containers, container),
        "Containers": spec.containers.iter().map(container).collect::<Value>(),
        "EphemeralContainers": plain(&spec.ephemeral_containers),
        "RestartPolicy": str_of(&spec.restart_policy),
        "TerminationGracePeriodSeconds": spec.termination_grace_period_seconds,
        "ActiveDeadlineSeconds": spec.active_deadline_seconds,
        "DNSPolicy": str_of(&spec.dns_policy),
        "NodeSelector": plain(&spec.node_selector),
        "ServiceAccountName": str_of(&spec.service_account_name),
        "AutomountServiceAccountToken": spec.automount_service_account_token,
        "NodeName": str_of(&spec.node_name),
        "SecurityContext": pod_security(spec),
        "ImagePullSecrets": each(&spec.image_pull_secrets, |secret| json!({"Name": secret.name})),
        "Hostname": str_of(&spec.hostname),
        "Subdomain": str_of(&spec.subdomain),
        "SetHostnameAsFQDN": spec.set_hostname_as_fqdn,
        "HostnameOverride": spec.hostname_override,
        "Affinity": maybe(&spec.affinity, affinity),
        "SchedulerName": str_of(&spec.scheduler_name),
        "Tolerations": each(&spec.tolerations, |toleration| json!({
            "Key": str_of(&toleration.key),
            "Operator": str_of(&toleration.operator),
            "Value": str_of(&toleration.value),
            "Effect": str_of(&toleration.effect),
            "TolerationSeconds": toleration.toleration_seconds,
        })),
        "HostAliases": each(&spec.host_aliases, |alias| json!({"IP": alias.ip, "Hostnames": alias.hostnames})),
        "PriorityClassName": str_of(&spec.priority_class_name),
        "Priority": spec.priority,
        "PreemptionPolicy": spec.preemption_policy,
        "DNSConfig": maybe(&spec.dns_config, |dns| json!({
            "Nameservers": dns.nameservers,
            "Searches": dns.searches,
            "Options": each(&dns.options, |option| json!({"Name": str_of(&option.name), "Value": option.value})),
        })),
        "ReadinessGates": each(&spec.readiness_gates, |gate| json!({"ConditionType": gate.condition_type})),
        "RuntimeClassName": spec.runtime_class_name,
        "Overhead": plain(&spec.overhead),
        "EnableServiceLinks": spec.enable_service_links,
        "TopologySpreadConstraints": each(&spec.topology_spread_constraints, spread),
        "OS": maybe(&spec.os, |os| json!({"Name": os.name})),
        "SchedulingGates": each(&spec.scheduling_gates, |gate| json!({"Name": gate.name})),
        "ResourceClaims": capital(plain(&spec.resource_claims)),
        "Resources": maybe(&spec.resources, resources),
        "SchedulingGroup": capital(plain(&spec.scheduling_group)),
    })
}

fn volume(volume: &core::Volume) -> Value {
    json!({
        "Name": volume.name,
        "HostPath": maybe(&volume.host_path, |path| json!({"Path": path.path, "Type": path.type_})),
        "EmptyDir": maybe(&volume.empty_dir, |dir| json!({
            "Medium": str_of(&dir.medium), "SizeLimit": dir.size_limit,
        })),
        "GCEPersistentDisk": plain(&volume.gce_persistent_disk),
        "AWSElasticBlockStore": plain(&volume.aws_elastic_block_store),
        "GitRepo": plain(&volume.git_repo),
        "Secret": maybe(&volume.secret, |secret| json!({
            "SecretName": str_of(&secret.secret_name), "Items": each(&secret.items, item),
            "DefaultMode": secret.default_mode, "Optional": secret.optional,
        })),
        "NFS": maybe(&volume.nfs, |nfs| json!({
            "Server": nfs.server, "Path": nfs.path, "ReadOnly": nfs.read_only.unwrap_or(false),
        })),
        "ISCSI": plain(&volume.iscsi),
        "Glusterfs": plain(&volume.glusterfs),
        "PersistentVolumeClaim": maybe(&volume.persistent_volume_claim, |claim| json!({
            "ClaimName": claim.claim_name, "ReadOnly": claim.read_only.unwrap_or(false),
        })),
        "RBD": plain(&volume.rbd),
        "Quobyte": plain(&volume.quobyte),
        "FlexVolume": plain(&volume.flex_volume),
        "Cinder": plain(&volume.cinder),
        "CephFS": plain(&volume.cephfs),
        "Flocker": plain(&volume.flocker),
        "DownwardAPI": maybe(&volume.downward_api, |downward| json!({
            "Items": each(&downward.items, file), "DefaultMode": downward.default_mode,
        })),
        "FC": plain(&volume.fc),
        "AzureFile": plain(&volume.azure_file),
        "ConfigMap": maybe(&volume.config_map, |map| json!({
            "Name": map.name, "Items": each(&map.items, item), "DefaultMode": map.default_mode,
            "Optional": map.optional,
        })),
        "VsphereVolume": plain(&volume.vsphere_volume),
        "AzureDisk": plain(&volume.azure_disk),
        "PhotonPersistentDisk": plain(&volume.photon_persistent_disk),
        "Projected": maybe(&volume.projected, |projected| json!({
            "Sources": each(&projected.sources, projection), "DefaultMode": projected.default_mode,
        })),
        "PortworxVolume": plain(&volume.portworx_volume),
        "ScaleIO": plain(&volume.scale_io),
        "StorageOS": plain(&volume.storageos),
        "CSI": plain(&volume.csi),
        "Ephemeral": plain(&volume.ephemeral),
        "Image": maybe(&volume.image, |image| json!({
            "Reference": str_of(&image.reference), "PullPolicy": str_of(&image.pull_policy),
        })),
    })
}

fn item(item: &core::KeyToPath) -> Value {
    json!({"Key": item.key, "Path": item.path, "Mode": item.mode})
}

fn file(file: &core::DownwardAPIVolumeFile) -> Value {
    json!({
        "Path": file.path,
        "FieldRef": maybe(&file.field_ref, field_ref),
        "ResourceFieldRef": maybe(&file.resource_field_ref, resource_ref),
        "Mode": file.mode,
    })
}

fn projection(source: &core::VolumeProjection) -> Value {
    json!({
        "Secret": maybe(&source.secret, |secret| json!({
            "Name": secret.name, "Items": each(&secret.items, item), "Optional": secret.optional,
        })),
        "DownwardAPI": maybe(&source.downward_api, |downward| json!({"Items": each(&downward.items, file)})),
        "ConfigMap": maybe(&source.config_map, |map| json!({
            "Name": map.name, "Items": each(&map.items, item), "Optional": map.optional,
        })),
        "ServiceAccountToken": maybe(&source.service_account_token, |token| json!({
            "Audience": str_of(&token.audience), "ExpirationSeconds": token.expiration_seconds.unwrap_or(0),
            "Path": token.path,
        })),
        "ClusterTrustBundle": plain(&source.cluster_trust_bundle),
        "PodCertificate": plain(&source.pod_certificate),
    })
}

fn field_ref(field: &core::ObjectFieldSelector) -> Value {
    json!({"APIVersion": str_of(&field.api_version), "FieldPath": field.field_path})
}

fn resource_ref(resource: &core::ResourceFieldSelector) -> Value {
    let divisor = resource.divisor.as_ref().map_or("0", |divisor| divisor.0.as_str());
    json!({"ContainerName": str_of(&resource.container_name), "Resource": resource.resource, "Divisor": divisor})
}

fn resources(resources: &core::ResourceRequirements) -> Value {
    json!({
        "Limits": resources.limits, "Requests": resources.requests, "Claims": capital(plain(&resources.claims)),
    })
}

fn container(container: &core::Container) -> Value {
    let none = core::ResourceRequirements::default();
    json!({
        "Name": container.name,
        "Image": str_of(&container.image),
        "Command": container.command,
        "Args": container.args,
        "WorkingDir": str_of(&container.working_dir),
        "Ports": each(&container.ports, |port| json!({
            "Name": str_of(&port.name), "HostPort": port.host_port.unwrap_or(0),
            "ContainerPort": port.container_port, "Protocol": str_of(&port.protocol),
            "HostIP": str_of(&port.host_ip),
        })),
        "EnvFrom": each(&container.env_from, |source| json!({
            "Prefix": str_of(&source.prefix),
            "ConfigMapRef": maybe(&source.config_map_ref, |r| json!({"Name": r.name, "Optional": r.optional})),
            "SecretRef": maybe(&source.secret_ref, |r| json!({"Name": r.name, "Optional": r.optional})),
        })),
        "Env": each(&container.env, |variable| json!({
            "Name": variable.name, "Value": str_of(&variable.value),
            "ValueFrom": maybe(&variable.value_from, value_from),
        })),
        "Resources": resources(container.resources.as_ref().unwrap_or(&none)),
        "ResizePolicy": capital(plain(&container.resize_policy)),
        "RestartPolicy": container.restart_policy,
        "RestartPolicyRules": capital(plain(&container.restart_policy_rules)),
        "VolumeMounts": each(&container.volume_mounts, |mount| json!({
            "Name": mount.name, "ReadOnly": mount.read_only.unwrap_or(false),
            "RecursiveReadOnly": mount.recursive_read_only, "MountPath": mount.mount_path,
            "SubPath": str_of(&mount.sub_path), "MountPropagation": mount.mount_propagation,
            "SubPathExpr": str_of(&mount.sub_path_expr),
        })),
        "VolumeDevices": each(&container.volume_devices, |device| json!({
            "Name": device.name, "DevicePath": device.device_path,
        })),
        "LivenessProbe": maybe(&container.liveness_probe, probe),
        "ReadinessProbe": maybe(&container.readiness_probe, probe),
        "StartupProbe": maybe(&container.startup_probe, probe),
        "Lifecycle": maybe(&container.lifecycle, |lifecycle| json!({
            "PostStart": maybe(&lifecycle.post_start, hook),
            "PreStop": maybe(&lifecycle.pre_stop, hook),
            "StopSignal": lifecycle.stop_signal,
        })),
        "TerminationMessagePath": str_of(&container.termination_message_path),
        "TerminationMessagePolicy": str_of(&container.termination_message_policy),
        "ImagePullPolicy": str_of(&container.image_pull_policy),
        "SecurityContext": security_context(container.security_context.as_ref()),
        "Stdin": container.stdin.unwrap_or(false),
        "StdinOnce": container.stdin_once.unwrap_or(false),
        "TTY": container.tty.unwrap_or(false),
    })
}

fn value_from(source: &core::EnvVarSource) -> Value {
    json!({
        "FieldRef": maybe(&source.field_ref, field_ref),
        "ResourceFieldRef": maybe(&source.resource_field_ref, resource_ref),
        "ConfigMapKeyRef": maybe(&source.config_map_key_ref, |r| json!({
            "Name": r.name, "Key": r.key, "Optional": r.optional,
        })),
        "SecretKeyRef": maybe(&source.secret_key_ref, |r| json!({
            "Name": r.name, "Key": r.key, "Optional": r.optional,
        })),
        "FileKeyRef": capital(plain(&source.file_key_ref)),
    })
}

fn exec(exec: &core::ExecAction) -> Value {
    json!({"Command": exec.command})
}

fn http(http: &core::HTTPGetAction) -> Value {
    json!({
        "Path": str_of(&http.path), "Port": http.port, "Host": str_of(&http.host), "Scheme": str_of(&http.scheme),
        "HTTPHeaders": each(&http.http_headers, |header| json!({"Name": header.name, "Value": header.value})),
    })
}

fn tcp(port: &IntOrString, host: &Option<String>) -> Value {
    json!({"Port": port, "Host": str_of(host)})
}

fn probe(probe: &core::Probe) -> Value {
    json!({
        "Exec": maybe(&probe.exec, exec),
        "HTTPGet": maybe(&probe.http_get, http),
        "TCPSocket": maybe(&probe.tcp_socket, |socket| tcp(&socket.port, &socket.host)),
        "GRPC": maybe(&probe.grpc, |grpc| json!({"Port": grpc.port, "Service": grpc.service})),
        "InitialDelaySeconds": probe.initial_delay_seconds.unwrap_or(0),
        "TimeoutSeconds": probe.timeout_seconds.unwrap_or(0),
        "PeriodSeconds": probe.period_seconds.unwrap_or(0),
        "SuccessThreshold": probe.success_threshold.unwrap_or(0),
        "FailureThreshold": probe.failure_threshold.unwrap_or(0),
        "TerminationGracePeriodSeconds": probe.termination_grace_period_seconds,
    })
}

fn hook(hook: &core::LifecycleHandler) -> Value {
    json!({
        "Exec": maybe(&hook.exec, exec),
        "HTTPGet": maybe(&hook.http_get, http),
        "TCPSocket": maybe(&hook.tcp_socket, |socket| tcp(&socket.port, &socket.host)),
        "Sleep": maybe(&hook.sleep, |sleep| json!({"Seconds": sleep.seconds})),
    })
}

/// A container's security context; messages about it show it like this too.
pub fn security_context(context: Option<&core::SecurityContext>) -> Value {
    let Some(context) = context else { return Value::Null };
    json!({
        "Capabilities": maybe(&context.capabilities, |all| json!({"Add": all.add, "Drop": all.drop})),
        "Privileged": context.privileged,
        "SELinuxOptions": capital(plain(&context.se_linux_options)),
        "WindowsOptions": capital(plain(&context.windows_options)),
        "RunAsUser": context.run_as_user,
        "RunAsGroup": context.run_as_group,
        "RunAsNonRoot": context.run_as_non_root,
        "ReadOnlyRootFilesystem": context.read_only_root_filesystem,
        "AllowPrivilegeEscalation": context.allow_privilege_escalation,
        "ProcMount": context.proc_mount,
        "SeccompProfile": maybe(&context.seccomp_profile, seccomp),
        "AppArmorProfile": capital(plain(&context.app_armor_profile)),
    })
}

fn seccomp(profile: &core::SeccompProfile) -> Value {
    json!({"Type": profile.type_, "LocalhostProfile": profile.localhost_profile})
}

fn pod_security(spec: &core::PodSpec) -> Value {
    let Some(context) = &spec.security_context else { return Value::Null };
    json!({
        "HostNetwork": spec.host_network.unwrap_or(false),
        "HostPID": spec.host_pid.unwrap_or(false),
        "HostIPC": spec.host_ipc.unwrap_or(false),
        "ShareProcessNamespace": spec.share_process_namespace,
        "HostUsers": spec.host_users,
        "SELinuxOptions": capital(plain(&context.se_linux_options)),
        "WindowsOptions": capital(plain(&context.windows_options)),
        "RunAsUser": context.run_as_user,
        "RunAsGroup": context.run_as_group,
        "RunAsNonRoot": context.run_as_non_root,
        "SupplementalGroups": context.supplemental_groups,
        "SupplementalGroupsPolicy": context.supplemental_groups_policy,
        "FSGroup": context.fs_group,
        "FSGroupChangePolicy": context.fs_group_change_policy,
        "Sysctls": each(&context.sysctls, |sysctl| json!({"Name": sysctl.name, "Value": sysctl.value})),
        "SeccompProfile": maybe(&context.seccomp_profile, seccomp),
        "AppArmorProfile": capital(plain(&context.app_armor_profile)),
        "SELinuxChangePolicy": context.se_linux_change_policy,
    })
}

fn affinity(affinity: &core::Affinity) -> Value {
    let part = |part: Value| if part.is_null() { Value::Null } else { capital(part) };
    json!({
        "NodeAffinity": part(plain(&affinity.node_affinity)),
        "PodAffinity": part(plain(&affinity.pod_affinity)),
        "PodAntiAffinity": part(plain(&affinity.pod_anti_affinity)),
    })
}

fn spread(constraint: &core::TopologySpreadConstraint) -> Value {
    json!({
        "MaxSkew": constraint.max_skew,
        "TopologyKey": constraint.topology_key,
        "WhenUnsatisfiable": constraint.when_unsatisfiable,
        "LabelSelector": plain(&constraint.label_selector),
        "MinDomains": constraint.min_domains,
        "NodeAffinityPolicy": constraint.node_affinity_policy,
        "NodeTaintsPolicy": constraint.node_taints_policy,
        "MatchLabelKeys": list(&constraint.match_label_keys),
    })
}
