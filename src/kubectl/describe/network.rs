//! The descriptions of Services and of the addresses behind them.

use k8s_openapi::api::core::v1::{EndpointAddress, Endpoints, ServicePort};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::Subject;
use super::writer::Writer;
use crate::apiserver::table::labels;
use crate::kubectl::output::Fault;
use crate::object::{Kind, Object, Resource};

/// The label by which a slice belongs to a Service.
const SERVICE_LABEL: &str = "kubernetes.io/service-name";
/// Addresses that are listed at most.
const MOST: usize = 3;

pub(super) fn service(subject: &Subject<'_>, w: &mut Writer) -> Result<(), Fault> {
    let Object::Service(service) = subject.object else { return Ok(()) };
    let spec = service.spec.clone().unwrap_or_default();
    let joined = |list: &Option<Vec<String>>| match list.as_deref() {
        None | Some([]) => "<none>".to_owned(),
        Some(list) => list.join(","),
    };
    w.name(&service.metadata);
    w.marks(&service.metadata);
    w.field(0, "Selector", labels(spec.selector.as_ref()));
    w.field(0, "Type", spec.type_.as_deref().unwrap_or(""));
    w.field_if(0, "IP Family Policy", spec.ip_family_policy.as_deref());
    w.field(0, "IP Families", joined(&spec.ip_families));
    w.field(0, "IP", spec.cluster_ip.as_deref().unwrap_or(""));
    w.field(0, "IPs", joined(&spec.cluster_ips));
    if let Some(ips) = spec.external_ips.as_ref().filter(|ips| !ips.is_empty()) {
        w.field(0, "External IPs", ips.join(","));
    }
    w.field_if(0, "External Name", spec.external_name.as_deref());
    let slices = slices_of(subject)?;
    for port in spec.ports.iter().flatten() {
        describe_port(port, &slices, w);
    }
    w.field(0, "Session Affinity", spec.session_affinity.as_deref().unwrap_or(""));
    w.field_if(0, "External Traffic Policy", spec.external_traffic_policy.as_deref());
    w.field_if(0, "Internal Traffic Policy", spec.internal_traffic_policy.as_deref());
    w.field_if(0, "Traffic Distribution", spec.traffic_distribution.as_deref());
    subject.events(w)
}

fn slices_of(subject: &Subject<'_>) -> Result<Vec<EndpointSlice>, Fault> {
    let name = subject.object.meta().name.clone().unwrap_or_default();
    let all = subject.neighbours(Kind::EndpointSlice)?;
    let of_service =
        |slice: &&EndpointSlice| crate::object::labels(&slice.metadata).get(SERVICE_LABEL) == Some(&name);
    Ok(all.iter().filter_map(EndpointSlice::of).filter(of_service).cloned().collect())
}

fn describe_port(port: &ServicePort, slices: &[EndpointSlice], w: &mut Writer) {
    let name = port.name.as_deref().unwrap_or("");
    let shown = if name.is_empty() { "<unset>" } else { name };
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    w.field(0, "Port", format_args!("{shown}\t{}/{protocol}", port.port));
    let target = match &port.target_port {
        Some(IntOrString::Int(number)) => number.to_string(),
        Some(IntOrString::String(name)) => name.clone(),
        None => port.port.to_string(),
    };
    w.field(0, "TargetPort", format_args!("{target}/{protocol}"));
    if let Some(node_port) = port.node_port.filter(|port| *port != 0) {
        w.field(0, "NodePort", format_args!("{shown}\t{node_port}/{protocol}"));
    }
    w.field(0, "Endpoints", addresses(slices, name));
}

/// The ready addresses behind a port, three of them at most.
fn addresses(slices: &[EndpointSlice], port: &str) -> String {
    if slices.is_empty() {
        return "<none>".to_owned();
    }
    let (mut shown, mut count) = (Vec::new(), 0);
    for slice in slices {
        let ports = slice.ports.iter().flatten();
        let numbers =
            ports.filter(|found| found.name.as_deref().unwrap_or("") == port).map(|found| found.port);
        for number in numbers {
            count += slice.endpoints.iter().flatten().count();
            let ready = slice.endpoints.iter().flatten().filter(|endpoint| is_ready(endpoint));
            let all = ready.filter_map(|endpoint| endpoint.addresses.first());
            shown.extend(all.map(|ip| number.map_or_else(|| ip.clone(), |number| format!("{ip}:{number}"))));
        }
    }
    let text = shown.iter().take(MOST).cloned().collect::<Vec<_>>().join(",");
    match shown.len() > MOST {
        true => format!("{text} + {} more...", count - MOST),
        false => text,
    }
}

fn is_ready(endpoint: &Endpoint) -> bool {
    endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
}

pub(super) fn endpoints(subject: &Subject<'_>, w: &mut Writer) -> Result<(), Fault> {
    let Some(endpoints) = Endpoints::of(subject.object) else { return Ok(()) };
    w.name(&endpoints.metadata);
    w.marks(&endpoints.metadata);
    w.line(0, "Subsets:");
    for subset in endpoints.subsets.iter().flatten() {
        let joined = |list: &Option<Vec<EndpointAddress>>| {
            let ips: Vec<&str> = list.iter().flatten().map(|address| address.ip.as_str()).collect();
            if ips.is_empty() { "<none>".to_owned() } else { ips.join(",") }
        };
        w.field(1, "Addresses", joined(&subset.addresses));
        w.field(1, "NotReadyAddresses", joined(&subset.not_ready_addresses));
        let ports = subset.ports.as_deref().unwrap_or_default();
        if !ports.is_empty() {
            w.line(1, "Ports:");
            w.line(2, "Name\tPort\tProtocol");
            w.line(2, "----\t----\t--------");
        }
        for port in ports {
            let name = port.name.as_deref().filter(|name| !name.is_empty()).unwrap_or("<unset>");
            w.line(2, format_args!("{name}\t{}\t{}", port.port, port.protocol.as_deref().unwrap_or("TCP")));
        }
        w.line(0, "");
    }
    subject.events(w)
}

pub(super) fn slice(subject: &Subject<'_>, w: &mut Writer) -> Result<(), Fault> {
    let Some(slice) = EndpointSlice::of(subject.object) else { return Ok(()) };
    w.name(&slice.metadata);
    w.marks(&slice.metadata);
    w.field(0, "AddressType", &slice.address_type);
    let ports = slice.ports.as_deref().unwrap_or_default();
    match ports {
        [] => w.field(0, "Ports", "<unset>"),
        ports => {
            w.line(0, "Ports:");
            w.line(1, "Name\tPort\tProtocol");
            w.line(1, "----\t----\t--------");
            for port in ports {
                let name = port.name.as_deref().filter(|name| !name.is_empty()).unwrap_or("<unset>");
                let number = port.port.map_or_else(|| "<unset>".to_owned(), |number| number.to_string());
                w.line(1, format_args!("{name}\t{number}\t{}", port.protocol.as_deref().unwrap_or("TCP")));
            }
        }
    }
    match slice.endpoints.as_deref().unwrap_or_default() {
        [] => w.field(0, "Endpoints", "<none>"),
        endpoints => {
            w.line(0, "Endpoints:");
            endpoints.iter().for_each(|endpoint| describe_endpoint(endpoint, w));
        }
    }
    subject.events(w)
}

fn describe_endpoint(endpoint: &Endpoint, w: &mut Writer) {
    let unset = |text: Option<&str>| text.unwrap_or("<unset>").to_owned();
    w.line(1, format_args!("- Addresses:\t{}", endpoint.addresses.join(",")));
    w.line(2, "Conditions:");
    let ready = endpoint.conditions.as_ref().and_then(|conditions| conditions.ready);
    w.field(3, "Ready", ready.map_or_else(|| "<unset>".to_owned(), |ready| ready.to_string()));
    w.field(2, "Hostname", unset(endpoint.hostname.as_deref()));
    if let Some(target) = &endpoint.target_ref {
        let (kind, name) = (target.kind.as_deref().unwrap_or(""), target.name.as_deref().unwrap_or(""));
        w.field(2, "TargetRef", format_args!("{kind}/{name}"));
    }
    w.field(2, "NodeName", unset(endpoint.node_name.as_deref()));
    w.field(2, "Zone", unset(endpoint.zone.as_deref()));
}
