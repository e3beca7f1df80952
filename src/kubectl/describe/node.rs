//! The description of a Node: what it is, what runs on it, what of it is spoken for.

use std::collections::BTreeMap;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Node, PodSpec, Taint};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::Subject;
use super::writer::{Writer, date};
use crate::apiserver::table::{age, node_roles};
use crate::kubectl::cluster::Ask;
use crate::kubectl::output::Fault;
use crate::object::quantity::milli_of;
use crate::object::{Key, Kind, Object, ObjectRef, Pod, Resource};

/// Where kubelets keep their leases.
const LEASES: &str = "kube-node-lease";
/// What is added up, in kubectl's order.
const RESOURCES: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

type Amounts = BTreeMap<String, Quantity>;

pub(super) fn describe(subject: &Subject<'_>, w: &mut Writer) -> Result<(), Fault> {
    let Object::Node(node) = subject.object else { return Ok(()) };
    let meta = &node.metadata;
    let spec = node.spec.clone().unwrap_or_default();
    w.field(0, "Name", meta.name.as_deref().unwrap_or(""));
    let roles = node_roles(node);
    w.field(0, "Roles", if roles.is_empty() { "<none>".to_owned() } else { roles.join(",") });
    w.marks(meta);
    w.field(0, "CreationTimestamp", date(meta.creation_timestamp.as_ref()));
    w.list("Taints", &taints(spec.taints.as_deref().unwrap_or_default()));
    w.field(0, "Unschedulable", spec.unschedulable.unwrap_or(false));
    describe_lease(subject, w);
    describe_status(node, w);
    w.field_if(0, "PodCIDR", spec.pod_cidr.as_deref());
    if let Some(ranges) = spec.pod_cidrs.filter(|ranges| !ranges.is_empty()) {
        w.field(0, "PodCIDRs", ranges.join(","));
    }
    w.field_if(0, "ProviderID", spec.provider_id.as_deref());
    describe_pods(node, subject, w)?;
    subject.events(w)
}

/// `key=value:NoSchedule`, sorted by effect and key.
fn taints(list: &[Taint]) -> Vec<String> {
    let mut list = list.to_vec();
    list.sort_by(|a, b| (&a.effect, &a.key).cmp(&(&b.effect, &b.key)));
    let text = |taint: &Taint| match taint.value.as_deref().unwrap_or("") {
        "" => format!("{}:{}", taint.key, taint.effect),
        value => format!("{}={value}:{}", taint.key, taint.effect),
    };
    list.iter().map(text).collect()
}

fn describe_lease(subject: &Subject<'_>, w: &mut Writer) {
    let name = subject.object.meta().name.as_deref().unwrap_or("");
    let found = subject.cluster.get(&ObjectRef::new(Kind::Lease, Key::new(LEASES, name)));
    let spec = match &found {
        Ok(object) => Lease::of(object).and_then(|lease| lease.spec.clone()).unwrap_or_default(),
        Err(status) => return w.field(0, "Lease", format_args!("Failed to get lease: {}", status.message)),
    };
    let time = |time: Option<&k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime>| {
        time.map_or_else(
            || "<unset>".to_owned(),
            |time| date(Some(&k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(time.0))),
        )
    };
    w.line(0, "Lease:");
    w.field(1, "HolderIdentity", spec.holder_identity.as_deref().unwrap_or("<unset>"));
    w.field(1, "AcquireTime", time(spec.acquire_time.as_ref()));
    w.field(1, "RenewTime", time(spec.renew_time.as_ref()));
}

fn describe_status(node: &Node, w: &mut Writer) {
    let status = node.status.clone().unwrap_or_default();
    let conditions = status.conditions.unwrap_or_default();
    if !conditions.is_empty() {
        w.line(0, "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage");
        w.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
    }
    for condition in conditions {
        w.line(
            1,
            format_args!(
                "{} \t{} \t{} \t{} \t{} \t{}",
                condition.type_,
                condition.status,
                date(condition.last_heartbeat_time.as_ref()),
                date(condition.last_transition_time.as_ref()),
                condition.reason.unwrap_or_default(),
                condition.message.unwrap_or_default()
            ),
        );
    }
    w.line(0, "Addresses:");
    for address in status.addresses.unwrap_or_default() {
        w.field(1, &address.type_, address.address);
    }
    for (title, amounts) in [("Capacity", status.capacity), ("Allocatable", status.allocatable)] {
        if let Some(amounts) = amounts.filter(|amounts| !amounts.is_empty()) {
            w.line(0, format_args!("{title}:"));
            amounts.iter().for_each(|(name, amount)| w.field(1, name, &amount.0));
        }
    }
    let info = status.node_info.unwrap_or_default();
    w.line(0, "System Info:");
    w.field(1, "Machine ID", info.machine_id);
    w.field(1, "System UUID", info.system_uuid);
    w.field(1, "Boot ID", info.boot_id);
    w.field(1, "Kernel Version", info.kernel_version);
    w.field(1, "OS Image", info.os_image);
    w.field(1, "Operating System", info.operating_system);
    w.field(1, "Architecture", info.architecture);
    w.field(1, "Container Runtime Version", info.container_runtime_version);
    w.field(1, "Kubelet Version", info.kubelet_version);
    w.field(1, "Kube-Proxy Version", info.kube_proxy_version);
}

/// The pods that are not finished, what each asks for, and what that comes to.
fn describe_pods(node: &Node, subject: &Subject<'_>, w: &mut Writer) -> Result<(), Fault> {
    let name = node.metadata.name.as_deref().unwrap_or("");
    let all = subject.cluster.list(Kind::Pod, crate::apiserver::Filter::of_node(name))?;
    let pods: Vec<&Pod> = all.iter().filter_map(Pod::of).filter(|pod| !pod.is_finished()).collect();
    let status = node.status.clone().unwrap_or_default();
    let has = status.allocatable.or(status.capacity).unwrap_or_default();
    w.field(0, "Non-terminated Pods", format_args!("({} in total)", pods.len()));
    w.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
    w.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
    let mut totals: BTreeMap<&str, [i128; 2]> = BTreeMap::new();
    for pod in &pods {
        let mut cells = Vec::new();
        for resource in RESOURCES {
            let sums = [of_pod(&pod.spec, resource, requests), of_pod(&pod.spec, resource, limits)];
            let total = totals.entry(resource).or_default();
            for (total, sum) in total.iter_mut().zip(sums) {
                *total += sum;
            }
            if resource != "ephemeral-storage" {
                cells.extend(sums.map(|sum| share(sum, resource, &has)));
            }
        }
        let meta = &pod.metadata;
        let age = age::of(meta, subject.cluster.now());
        let (namespace, name) = (meta.namespace.as_deref().unwrap_or(""), meta.name.as_deref().unwrap_or(""));
        w.line(1, format_args!("{namespace}\t{name}\t\t{}\t{age}", cells.join("\t")));
    }
    w.line(0, "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)");
    w.line(1, "Resource\tRequests\tLimits");
    w.line(1, "--------\t--------\t------");
    for resource in RESOURCES {
        let [asked, most] = totals.get(resource).copied().unwrap_or_default();
        w.line(
            1,
            format_args!("{resource}\t{}\t{}", share(asked, resource, &has), share(most, resource, &has)),
        );
    }
    Ok(())
}

fn requests(container: &k8s_openapi::api::core::v1::Container) -> Option<&Amounts> {
    container.resources.as_ref()?.requests.as_ref()
}

fn limits(container: &k8s_openapi::api::core::v1::Container) -> Option<&Amounts> {
    container.resources.as_ref()?.limits.as_ref()
}

/// What a pod asks for of a resource, in thousandths: its containers together, or its largest init container.
fn of_pod(
    spec: &PodSpec,
    resource: &str,
    of: fn(&k8s_openapi::api::core::v1::Container) -> Option<&Amounts>,
) -> i128 {
    let amount = |container| milli_of(of(container), resource);
    let together: i128 = spec.containers.iter().map(amount).sum();
    let largest = spec.init_containers.iter().flatten().map(amount).max().unwrap_or(0);
    let own = spec.overhead.as_ref();
    together.max(largest) + milli_of(own, resource)
}

/// `250m (6%)`.
fn share(thousandths: i128, resource: &str, has: &Amounts) -> String {
    let there = milli_of(Some(has), resource);
    let percent = if there == 0 { 0 } else { thousandths * 100 / there };
    let text = match thousandths % 1000 {
        0 => binary((thousandths / 1000).to_string(), resource),
        _ => format!("{thousandths}m"),
    };
    format!("{text} ({percent}%)")
}

/// Bytes in the largest unit that is exact, as people wrote them.
fn binary(bytes: String, resource: &str) -> String {
    if resource == "cpu" {
        return bytes;
    }
    let mut number: u128 = bytes.parse().unwrap_or(0);
    let mut units = ["", "Ki", "Mi", "Gi", "Ti", "Pi"].into_iter();
    let mut unit = units.next().unwrap_or("");
    while number > 0 && number.is_multiple_of(1024) {
        let Some(next) = units.next() else { break };
        (number, unit) = (number / 1024, next);
    }
    match unit {
        "" => bytes,
        unit => format!("{number}{unit}"),
    }
}
