//! Names: what the cluster's DNS answers.
//!
//! CoreDNS watches Services and answers for names below `cluster.local`. A pod's resolver also tries short
//! names with the suffixes of the pod's own namespace, so `payment`, `payment.shop` and
//! `payment.shop.svc.cluster.local` may all be the same. Here this is a function of the Services that
//! somebody has seen; there is no DNS server that could fail.
//!
//! Left out: names outside the cluster, and those of headless Services, whose addresses are those of their pods.

use core::net::Ipv4Addr;

use k8s_openapi::api::core::v1::Service;
use smol_str::{SmolStr, format_smolstr};

use crate::object::{Key, Resource};

/// The address of the cluster's DNS Service.
pub const DNS_SERVER: &str = "10.96.0.10";
/// The domain of the cluster (`--cluster-domain`).
const DOMAIN: &str = "cluster.local";
/// A name with so many dots is tried as it is before it is tried with suffixes (`options ndots:5`).
const NDOTS: usize = 5;

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// The Service with this address.
    ClusterIp {
        /// The Service.
        service: Key,
        /// Its address.
        ip: SmolStr,
    },
    /// A headless Service: the addresses of its ready pods, which the asker must look up.
    Headless(Key),
    /// Another name outside (`type: ExternalName`).
    Alias(SmolStr),
    /// The name is an address.
    Address(SmolStr),
    /// There is no such name (NXDOMAIN).
    Unknown,
}

/// The full name of a Service.
pub fn full_name(service: &Key) -> SmolStr {
    format_smolstr!("{}.{}.svc.{DOMAIN}", service.name, service.namespace)
}

/// `/etc/resolv.conf` of a pod, as the kubelet writes it (`dnsPolicy: ClusterFirst`).
pub fn resolver_file(namespace: &str) -> String {
    format!(
        "search {namespace}.svc.{DOMAIN} svc.{DOMAIN} {DOMAIN}\nnameserver {DNS_SERVER}\noptions ndots:{NDOTS}\n"
    )
}

/// `/etc/hosts` of a pod, as the kubelet writes it.
pub fn hosts_file(hostname: &str, ip: &str) -> String {
    format!(
        "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n\
         fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n\
         {ip}\t{hostname}\n"
    )
}

/// The full names that the resolver of a pod in `namespace` tries for a name, in its order
/// (`search NS.svc.cluster.local svc.cluster.local cluster.local`).
pub fn tried(name: &str, namespace: &str) -> Vec<SmolStr> {
    let name = name.to_ascii_lowercase();
    if let Some(full) = name.strip_suffix('.') {
        return vec![full.into()];
    }
    let suffixes = [&*format!("{namespace}.svc.{DOMAIN}"), &*format!("svc.{DOMAIN}"), DOMAIN];
    let mut tried: Vec<SmolStr> = suffixes.iter().map(|suffix| format_smolstr!("{name}.{suffix}")).collect();
    let plain = if name.matches('.').count() >= NDOTS { 0 } else { tried.len() };
    tried.insert(plain, name.into());
    tried
}

/// What the DNS server answers for a full name; `find` looks a Service up.
pub fn answer<'a>(full: &str, find: impl Fn(&Key) -> Option<&'a Service>) -> Name {
    let Some(inside) = full.strip_suffix(DOMAIN) else { return Name::Unknown };
    if let Some(pod) = inside.strip_suffix(".pod.") {
        return pod_address(pod).map_or(Name::Unknown, Name::Address);
    }
    let named = inside.strip_suffix(".svc.").and_then(|inside| inside.split_once('.'));
    let key = named.filter(|(_, namespace)| !namespace.contains('.'));
    let Some(service) = key.and_then(|(name, namespace)| find(&Key::new(namespace, name))) else {
        return Name::Unknown;
    };
    let spec = service.spec.clone().unwrap_or_default();
    match (spec.type_.as_deref(), spec.cluster_ip.as_deref()) {
        (Some("ExternalName"), _) => Name::Alias(spec.external_name.unwrap_or_default().into()),
        (_, Some("None")) => Name::Headless(service.key()),
        (_, Some(ip)) if !ip.is_empty() => Name::ClusterIp { service: service.key(), ip: ip.into() },
        _ => Name::Unknown,
    }
}

/// The address in the name of a pod: `10-244-1-3.default`.
fn pod_address(name: &str) -> Option<SmolStr> {
    let (address, _namespace) = name.split_once('.')?;
    let address = address.replace('-', ".");
    address.parse::<Ipv4Addr>().is_ok().then(|| address.into())
}

/// What `name` stands for in a pod of `namespace`; `find` looks a Service up.
pub fn resolve<'a>(name: &str, namespace: &str, find: impl Fn(&Key) -> Option<&'a Service>) -> Name {
    if name.parse::<Ipv4Addr>().is_ok() {
        return Name::Address(name.into());
    }
    let answers = tried(name, namespace).into_iter().map(|full| answer(&full, &find));
    answers.into_iter().find(|answer| *answer != Name::Unknown).unwrap_or(Name::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Object;
    use serde_json::json;

    fn service(namespace: &str, name: &str, spec: serde_json::Value) -> Service {
        let object = json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": namespace}, "spec": spec});
        Service::of(&Object::from_value(object).unwrap()).unwrap().clone()
    }

    #[test]
    fn short_and_full_names_lead_to_the_service() {
        let services = [
            service("shop", "payment", json!({"clusterIP": "10.96.7.7"})),
            service("other", "payment", json!({"clusterIP": "10.96.8.8"})),
            service("shop", "pods", json!({"clusterIP": "None"})),
            service("shop", "ext", json!({"type": "ExternalName", "externalName": "example.com"})),
        ];
        let ask =
            |name: &str| resolve(name, "shop", |key| services.iter().find(|service| service.key() == *key));
        let ip = |name: &str| match ask(name) {
            Name::ClusterIp { ip, .. } => ip.to_string(),
            other => format!("{other:?}"),
        };
        for name in ["payment", "payment.shop", "payment.shop.svc", "Payment.shop.svc.cluster.local."] {
            assert_eq!(ip(name), "10.96.7.7", "{name}");
        }
        assert_eq!(ip("payment.other"), "10.96.8.8");
        // A dot at the end means that nothing is to be added.
        assert_eq!(ask("payment."), Name::Unknown);
        assert_eq!(ask("10-244-1-3.shop.pod"), Name::Address("10.244.1.3".into()));
        assert_eq!(ask("nobody"), Name::Unknown);
        assert_eq!(ask("example.com"), Name::Unknown);
        assert_eq!(ask("pods"), Name::Headless(Key::new("shop", "pods")));
        assert_eq!(ask("ext"), Name::Alias("example.com".into()));
        assert_eq!(ask("10.96.7.7"), Name::Address("10.96.7.7".into()));
        let names = ["a.b.ns.svc.cluster.local", "a.b.svc.cluster.local", "a.b.cluster.local", "a.b"];
        assert_eq!(tried("a.b", "ns"), names);
        assert_eq!(tried("a.b.c.d.e.f", "ns")[0], "a.b.c.d.e.f");
        assert_eq!(full_name(&services[0].key()), "payment.shop.svc.cluster.local");
    }
}
