//! What only the Go types know: names of text types, and which empty values are left out.

use serde_json::Value;

/// Fields whose Go type is a named type of text, by struct and field.
const TEXT_TYPES: &[(&str, &str, &str)] = &[
    ("PodSpec", "restartPolicy", "v1.RestartPolicy"),
    ("PodSpec", "dnsPolicy", "v1.DNSPolicy"),
    ("PodSpec", "preemptionPolicy", "v1.PreemptionPolicy"),
    ("PodOS", "name", "v1.OSName"),
    ("PodReadinessGate", "conditionType", "v1.PodConditionType"),
    ("Container", "imagePullPolicy", "v1.PullPolicy"),
    ("Container", "terminationMessagePolicy", "v1.TerminationMessagePolicy"),
    ("Container", "restartPolicy", "v1.ContainerRestartPolicy"),
    ("ContainerPort", "protocol", "v1.Protocol"),
    ("ContainerResizePolicy", "resourceName", "v1.ResourceName"),
    ("ContainerResizePolicy", "restartPolicy", "v1.ResourceResizeRestartPolicy"),
    ("Lifecycle", "stopSignal", "v1.Signal"),
    ("HTTPGetAction", "scheme", "v1.URIScheme"),
    ("VolumeMount", "mountPropagation", "v1.MountPropagationMode"),
    ("VolumeMount", "recursiveReadOnly", "v1.RecursiveReadOnlyMode"),
    ("EmptyDirVolumeSource", "medium", "v1.StorageMedium"),
    ("HostPathVolumeSource", "type", "v1.HostPathType"),
    ("ImageVolumeSource", "pullPolicy", "v1.PullPolicy"),
    ("Toleration", "operator", "v1.TolerationOperator"),
    ("Toleration", "effect", "v1.TaintEffect"),
    ("Taint", "effect", "v1.TaintEffect"),
    ("NodeSelectorRequirement", "operator", "v1.NodeSelectorOperator"),
    ("LabelSelectorRequirement", "operator", "v1.LabelSelectorOperator"),
    ("TopologySpreadConstraint", "whenUnsatisfiable", "v1.UnsatisfiableConstraintAction"),
    ("TopologySpreadConstraint", "nodeAffinityPolicy", "v1.NodeInclusionPolicy"),
    ("TopologySpreadConstraint", "nodeTaintsPolicy", "v1.NodeInclusionPolicy"),
    ("Capabilities", "add", "v1.Capability"),
    ("Capabilities", "drop", "v1.Capability"),
    ("SecurityContext", "procMount", "v1.ProcMountType"),
    ("SeccompProfile", "type", "v1.SeccompProfileType"),
    ("AppArmorProfile", "type", "v1.AppArmorProfileType"),
    ("PodSecurityContext", "fsGroupChangePolicy", "v1.PodFSGroupChangePolicy"),
    ("PodSecurityContext", "supplementalGroupsPolicy", "v1.SupplementalGroupsPolicy"),
    ("PodSecurityContext", "seLinuxChangePolicy", "v1.PodSELinuxChangePolicy"),
    ("PodStatus", "phase", "v1.PodPhase"),
    ("PodStatus", "qosClass", "v1.PodQOSClass"),
    ("PodCondition", "type", "v1.PodConditionType"),
    ("PodCondition", "status", "v1.ConditionStatus"),
    ("DeploymentStrategy", "type", "v1.DeploymentStrategyType"),
    ("DeploymentCondition", "type", "v1.DeploymentConditionType"),
    ("DeploymentCondition", "status", "v1.ConditionStatus"),
    ("ReplicaSetCondition", "type", "v1.ReplicaSetConditionType"),
    ("ReplicaSetCondition", "status", "v1.ConditionStatus"),
    ("ServiceSpec", "type", "v1.ServiceType"),
    ("ServiceSpec", "sessionAffinity", "v1.ServiceAffinity"),
    ("ServiceSpec", "externalTrafficPolicy", "v1.ServiceExternalTrafficPolicy"),
    ("ServiceSpec", "internalTrafficPolicy", "v1.ServiceInternalTrafficPolicy"),
    ("ServiceSpec", "ipFamilies", "v1.IPFamily"),
    ("ServiceSpec", "ipFamilyPolicy", "v1.IPFamilyPolicy"),
    ("ServicePort", "protocol", "v1.Protocol"),
    ("EndpointPort", "protocol", "v1.Protocol"),
    ("EndpointSlice", "addressType", "v1.AddressType"),
    ("Secret", "type", "v1.SecretType"),
    ("NamespaceSpec", "finalizers", "v1.FinalizerName"),
    ("NamespaceStatus", "phase", "v1.NamespacePhase"),
    ("NodeCondition", "type", "v1.NodeConditionType"),
    ("NodeCondition", "status", "v1.ConditionStatus"),
    ("NodeAddress", "type", "v1.NodeAddressType"),
    ("DaemonSetUpdateStrategy", "type", "v1.DaemonSetUpdateStrategyType"),
    ("DaemonSetCondition", "type", "v1.DaemonSetConditionType"),
    ("DaemonSetCondition", "status", "v1.ConditionStatus"),
    ("PodDisruptionBudgetSpec", "unhealthyPodEvictionPolicy", "v1.UnhealthyPodEvictionPolicyType"),
    ("Condition", "status", "v1.ConditionStatus"),
    ("ObjectReference", "uid", "types.UID"),
    ("ObjectMeta", "uid", "types.UID"),
    ("OwnerReference", "uid", "types.UID"),
];

/// The Go type of a field of text, or of a list of texts.
pub fn text_type(owner: &str, field: &str) -> &'static str {
    let found = TEXT_TYPES.iter().find(|(struct_, name, _)| *struct_ == owner && *name == field);
    found.map_or("string", |(_, _, go_type)| go_type)
}

/// Fields that are pointers to text, or always shown: the empty text is a value there and is kept.
const POINTERS_TO_TEXT: &[(&str, &str)] = &[
    ("HostPathVolumeSource", "type"),
    ("EndpointPort", "name"),
    ("EndpointPort", "protocol"),
    ("EndpointPort", "appProtocol"),
    ("ServicePort", "appProtocol"),
    ("PodSpec", "runtimeClassName"),
    ("PodSpec", "preemptionPolicy"),
    ("PodSpec", "hostnameOverride"),
    ("Container", "restartPolicy"),
    ("VolumeMount", "mountPropagation"),
    ("VolumeMount", "recursiveReadOnly"),
    ("GRPCAction", "service"),
    ("PodDNSConfigOption", "value"),
    ("SeccompProfile", "localhostProfile"),
    ("AppArmorProfile", "localhostProfile"),
    ("SecurityContext", "procMount"),
    ("TopologySpreadConstraint", "nodeAffinityPolicy"),
    ("TopologySpreadConstraint", "nodeTaintsPolicy"),
    ("ServiceSpec", "internalTrafficPolicy"),
    ("ServiceSpec", "ipFamilyPolicy"),
    ("ServiceSpec", "loadBalancerClass"),
    ("ServiceSpec", "trafficDistribution"),
    ("PodDisruptionBudgetSpec", "unhealthyPodEvictionPolicy"),
    ("Condition", "message"),
    ("LeaseSpec", "holderIdentity"),
    ("Endpoint", "hostname"),
    ("Endpoint", "nodeName"),
    ("Endpoint", "zone"),
    ("EndpointAddress", "nodeName"),
];

/// Whether an empty text in this field is left out of what the API shows.
pub fn drops_empty_text(owner: &str, field: &str) -> bool {
    !POINTERS_TO_TEXT.contains(&(owner, field))
}

/// Fields that are plain truth values: `false` is left out. Elsewhere it is a pointer and kept.
pub fn drops_false(field: &str) -> bool {
    const PLAIN: &[&str] = &[
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "stdin",
        "stdinOnce",
        "tty",
        "readOnly",
        "paused",
        "publishNotReadyAddresses",
        "unschedulable",
    ];
    PLAIN.contains(&field)
}

/// Fields that are plain numbers: 0 is left out. Elsewhere it is a pointer, or always shown.
pub fn drops_zero(owner: &str, field: &str) -> bool {
    const PLAIN: &[&str] = &[
        "hostPort",
        "nodePort",
        "healthCheckNodePort",
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
        "minReadySeconds",
        "generation",
    ];
    // The one of these that is a pointer in one place.
    PLAIN.contains(&field) && owner != "ClientIPConfig"
}

/// What JSON calls a value, as Go's errors do.
pub(in crate::apiserver) fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
