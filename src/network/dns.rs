//! Names of Services: what the cluster's DNS answers.
//!
//! CoreDNS watches Services and answers for names below `cluster.local`. A pod's resolver also tries short
//! names with the suffixes of the pod's own namespace, so `payment`, `payment.shop` and
//! `payment.shop.svc.cluster.local` may all be the same. Here this is a function of the Services that
//! somebody has seen; there is no DNS server that could fail.

use core::net::Ipv4Addr;

use k8s_openapi::api::core::v1::Service;
use smol_str::{SmolStr, format_smolstr};

use crate::object::{Key, Resource};

/// The domain of the cluster (`--cluster-domain`).
const DOMAIN: &str = "cluster.local";

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

/// The Services that a name may mean in a pod of `namespace`, in the order in which the resolver tries them
/// (`search NS.svc.cluster.local svc.cluster.local cluster.local` with `ndots:5`).
fn candidates(name: &str, namespace: &str) -> Vec<Key> {
    let name = name.trim_end_matches('.');
    let searches = [format!("{namespace}.svc.{DOMAIN}"), format!("svc.{DOMAIN}"), DOMAIN.to_owned()];
    let tried = searches.iter().map(|suffix| format!("{name}.{suffix}")).chain([name.to_owned()]);
    tried.filter_map(|full| split(&full)).collect()
}

fn split(full: &str) -> Option<Key> {
    let inside = full.strip_suffix(DOMAIN)?.strip_suffix(".svc.")?;
    let (name, namespace) = inside.split_once('.')?;
    (!namespace.contains('.')).then(|| Key::new(namespace, name))
}

/// What `name` stands for in a pod of `namespace`; `find` looks a Service up.
pub fn resolve<'a>(name: &str, namespace: &str, find: impl Fn(&Key) -> Option<&'a Service>) -> Name {
    if name.parse::<Ipv4Addr>().is_ok() {
        return Name::Address(name.into());
    }
    let found = candidates(name, namespace).iter().find_map(find);
    let Some(service) = found else { return Name::Unknown };
    let spec = service.spec.clone().unwrap_or_default();
    match (spec.type_.as_deref(), spec.cluster_ip.as_deref()) {
        (Some("ExternalName"), _) => Name::Alias(spec.external_name.unwrap_or_default().into()),
        (_, Some("None")) => Name::Headless(service.key()),
        (_, Some(ip)) if !ip.is_empty() => Name::ClusterIp { service: service.key(), ip: ip.into() },
        _ => Name::Unknown,
    }
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
        for name in ["payment", "payment.shop", "payment.shop.svc", "payment.shop.svc.cluster.local."] {
            assert_eq!(ip(name), "10.96.7.7", "{name}");
        }
        assert_eq!(ip("payment.other"), "10.96.8.8");
        assert_eq!(ask("nobody"), Name::Unknown);
        assert_eq!(ask("example.com"), Name::Unknown);
        assert_eq!(ask("pods"), Name::Headless(Key::new("shop", "pods")));
        assert_eq!(ask("ext"), Name::Alias("example.com".into()));
        assert_eq!(ask("10.96.7.7"), Name::Address("10.96.7.7".into()));
        assert_eq!(full_name(&services[0].key()), "payment.shop.svc.cluster.local");
    }
}
