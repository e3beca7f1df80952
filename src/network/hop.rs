//! Where a request failed, in words that a learner can act on.
//!
//! "It does not work" is not an answer. Each failure names the place on the way (client, proxy, network, pod)
//! and who noticed.

use smol_str::{SmolStr, format_smolstr};

use crate::object::Key;
use crate::time::Span;

/// What people call a Service: its name, with the namespace only where it is not the default one.
pub fn service_name(service: &Key) -> SmolStr {
    match service.namespace.as_str() {
        "" | "default" => service.name.clone(),
        _ => format_smolstr!("{service}"),
    }
}

/// The client found no node to enter by.
pub fn no_node() -> SmolStr {
    SmolStr::new_static("no node has power: there is no way into the cluster")
}

/// The client has too many requests open.
pub fn too_many_open() -> SmolStr {
    SmolStr::new_static("the client has too many unanswered requests")
}

/// The node by which the request entered does not answer.
pub fn entry_silent(node: &str, after: Span) -> SmolStr {
    format_smolstr!("no answer from {node}, by which the request entered, within {after}")
}

/// The proxy knows no such Service.
pub fn no_service(service: &Key, node: &str) -> SmolStr {
    format_smolstr!("no service {} (kube-proxy on {node})", service_name(service))
}

/// The Service has no such port.
pub fn no_port(service: &Key, port: i32, node: &str) -> SmolStr {
    format_smolstr!("service {} has no port {port} (kube-proxy on {node})", service_name(service))
}

/// The Service has nobody to send to.
pub fn no_endpoints(service: &Key, node: &str) -> SmolStr {
    format_smolstr!("no ready endpoints for service {} (kube-proxy on {node})", service_name(service))
}

/// The address belongs to no node.
pub fn no_route(ip: &str, node: &str) -> SmolStr {
    format_smolstr!("no route to {ip}: no node has this address (from {node})")
}

/// The pod's node, or the pod, does not answer.
pub fn silent(ip: &str, node: &str, after: Span) -> SmolStr {
    format_smolstr!("no answer from {node} within {after} (for {ip})")
}

/// The pod's node answers that nobody takes the connection; `why` says more: `no process listens on port 80`.
pub fn refused(ip: &str, pod: &str, why: &str) -> SmolStr {
    match pod.is_empty() {
        true => format_smolstr!("connection refused by {ip} ({why})"),
        false => format_smolstr!("connection refused by {ip} (pod {pod}: {why})"),
    }
}

/// Nobody is there any more, but the rules of a node send there; the node is empty if no rules chose.
pub fn still_sent(why: &str, via: &str) -> String {
    match via {
        "" => why.to_owned(),
        node => format!("{why}, but {STILL}{node} still sends there"),
    }
}

/// Whose rules sent requests to where nobody is any more, as a failure tells it.
pub fn still_sends(hop: &str) -> Option<&str> {
    hop.split_once(STILL)?.1.split_once(" still sends there").map(|(node, _)| node)
}

/// What stands before the node's name.
const STILL: &str = "kube-proxy on ";

/// A server took the connection, but it does not speak HTTP.
pub fn closed(ip: &str, pod: &str, port: i32) -> SmolStr {
    format_smolstr!("connection closed by {ip} (pod {pod}: what listens on port {port} does not speak HTTP)")
}
