//! Addresses of Services: the allocator of the API server, for cluster IPs and node ports.
//!
//! A Service gets its address before it is stored and keeps it as long as it exists; nobody can change it. The
//! lowest addresses and ports are left for those who choose one themselves (KEP-3070, KEP-3668).
//!
//! The real server draws at random. Here the place where the search for a free one begins comes from the
//! Service's name, so that a Service has the same address in every run, whatever was made before it.

use core::net::Ipv4Addr;

use imbl::OrdSet;
use k8s_openapi::api::core::v1::{Service, ServiceSpec};

use crate::apiserver::{Cause, Status};
use crate::object::{Key, Kind, Object, Resource};
use crate::random::fnv1a;

/// The range (`--service-cluster-ip-range 10.96.0.0/16`).
const RANGE: Ipv4Addr = Ipv4Addr::new(10, 96, 0, 0);
/// Usable numbers within it; `min(max(16, size / 16), 256)` of the lowest are left to be chosen.
const ADDRESSES: Numbers = Numbers { first: 1, chosen_end: 256, last: 0xfffe };
/// `--service-node-port-range 30000-32767`; `min(max(16, size / 32), 128)` are left to be chosen.
const NODE_PORTS: Numbers = Numbers { first: 30_000, chosen_end: 30_086, last: 32_767 };

/// Numbers that can be handed out.
struct Numbers {
    first: u32,
    /// From here on they are drawn; those below are used when nothing else is left.
    chosen_end: u32,
    last: u32,
}

/// Which addresses and node ports are taken.
#[derive(Clone, Debug, Default)]
pub struct ServiceIps {
    addresses: OrdSet<u32>,
    ports: OrdSet<u32>,
}

impl ServiceIps {
    /// Gives a new Service what it needs and did not choose: cluster IP, node ports. The object is of no use
    /// if this fails; nothing stays taken.
    ///
    /// # Errors
    /// 422 if what it chose is taken or out of range, or nothing is free.
    pub fn allocate(&mut self, object: &mut Object) -> Result<(), Status> {
        self.change(None, object)
    }

    /// Takes what a stored Service has, for a server that starts on a store or went back to a snapshot.
    pub fn reserve(&mut self, object: &Object) {
        let Some(spec) = spec(object) else { return };
        self.addresses.extend(address_of(spec));
        self.ports.extend(ports_of(spec));
    }

    /// Gives a changed Service what it needs now, and takes back what it no longer has. The object is of no
    /// use if this fails; what is taken stays as it was.
    ///
    /// # Errors
    /// 422 if what it chose is taken or out of range, or nothing is free.
    pub fn update(&mut self, stored: &Object, object: &mut Object) -> Result<(), Status> {
        self.change(spec(stored), object)
    }

    /// Takes back what a Service had that is gone.
    pub fn release(&mut self, object: &Object) {
        let Some(spec) = spec(object) else { return };
        self.give_back(spec);
    }

    /// Prepares an update for validation, which finds addresses immutable and fields of other types out of place:
    /// whoever leaves out what was allocated means to keep it, and whoever changes the type need not take back what
    /// only the old one had.
    pub fn prepare(stored: &Object, object: &mut Object) {
        let Some(old) = spec(stored) else { return };
        edit(object, |spec| {
            keep_allocated(old, spec);
            drop_unneeded(old, spec);
        });
    }

    fn change(&mut self, stored: Option<&ServiceSpec>, object: &mut Object) -> Result<(), Status> {
        let mut next = self.clone();
        if let Some(stored) = stored {
            next.give_back(stored);
        }
        let key = object.key();
        let mut causes = Vec::new();
        edit(object, |spec| causes = next.fill(&key, spec));
        if !causes.is_empty() {
            return Err(Status::invalid(Kind::Service, &key.name, causes));
        }
        *self = next;
        Ok(())
    }

    fn give_back(&mut self, spec: &ServiceSpec) {
        for address in address_of(spec) {
            self.addresses.remove(&address);
        }
        for port in ports_of(spec) {
            self.ports.remove(&port);
        }
    }

    fn fill(&mut self, key: &Key, spec: &mut ServiceSpec) -> Vec<Cause> {
        let mut causes = Vec::new();
        if is_external(spec) {
            return causes;
        }
        spec.ip_families.get_or_insert_with(|| vec!["IPv4".to_owned()]);
        spec.ip_family_policy.get_or_insert_with(|| "SingleStack".to_owned());
        causes.extend(self.fill_address(key, spec));
        if needs_node_ports(spec) {
            for (index, port) in spec.ports.iter_mut().flatten().enumerate() {
                let seed = format!("{key}/{}/{}", port.port, port.protocol.as_deref().unwrap_or("TCP"));
                match self.fill_port(&seed, port.node_port) {
                    Ok(found) => port.node_port = Some(found),
                    Err(message) => causes.push(Cause {
                        reason: "FieldValueInvalid".to_owned(),
                        message: format!("Invalid value: {}: {message}", port.node_port.unwrap_or_default()),
                        field: format!("spec.ports[{index}].nodePort"),
                    }),
                }
            }
        }
        causes
    }

    fn fill_address(&mut self, key: &Key, spec: &mut ServiceSpec) -> Option<Cause> {
        let chosen = spec.cluster_ip.clone().filter(|ip| !ip.is_empty());
        if chosen.as_deref() == Some("None") {
            spec.cluster_ips = Some(vec!["None".to_owned()]);
            return None;
        }
        let taken = match &chosen {
            Some(ip) => match address_number(ip) {
                None => Err("the provided network does not match the current range"),
                Some(number) if self.addresses.contains(&number) => Err("provided IP is already allocated"),
                Some(number) => Ok(number),
            },
            None => ADDRESSES.free(&self.addresses, &key.to_string()).ok_or("range is full"),
        };
        match taken {
            Ok(number) => {
                self.addresses.insert(number);
                let ip = Ipv4Addr::from(u32::from(RANGE) + number).to_string();
                spec.cluster_ips = Some(vec![ip.clone()]);
                spec.cluster_ip = Some(ip);
                None
            }
            Err(why) => {
                let ip = chosen.unwrap_or_default();
                let (value, which) = match ip.is_empty() {
                    true => ("[]".to_owned(), "a serviceIP".to_owned()),
                    false => (format!("[\"{ip}\"]"), format!("IP {ip}")),
                };
                Some(Cause {
                    reason: "FieldValueInvalid".to_owned(),
                    message: format!("Invalid value: {value}: failed to allocate {which}: {why}"),
                    field: "spec.clusterIPs".to_owned(),
                })
            }
        }
    }

    fn fill_port(&mut self, seed: &str, chosen: Option<i32>) -> Result<i32, &'static str> {
        let number = match node_port(chosen) {
            Some(port) => match u32::try_from(port) {
                Ok(number) if (NODE_PORTS.first..=NODE_PORTS.last).contains(&number) => {
                    match self.ports.contains(&number) {
                        true => return Err("provided port is already allocated"),
                        false => number,
                    }
                }
                _ => {
                    return Err(
                        "provided port is not in the valid range. The range of valid ports is 30000-32767",
                    );
                }
            },
            None => NODE_PORTS.free(&self.ports, seed).ok_or("range is full")?,
        };
        self.ports.insert(number);
        i32::try_from(number).map_err(|_| "range is full")
    }
}

impl Numbers {
    /// The next free number from the place that `seed` names; those left to be chosen come last.
    fn free(&self, taken: &OrdSet<u32>, seed: &str) -> Option<u32> {
        let low = self.chosen_end;
        let size = u64::from(self.last - low + 1);
        let start = low + u32::try_from(fnv1a(seed.as_bytes()) % size).unwrap_or(0);
        (start..=self.last).chain(low..start).chain(self.first..low).find(|number| !taken.contains(number))
    }
}

/// Puts the address and the node ports of the stored Service into an update without them; ports are the same if
/// their names are (`patchAllocatedValues` upstream).
fn keep_allocated(old: &ServiceSpec, spec: &mut ServiceSpec) {
    if spec.cluster_ip != old.cluster_ip && spec.cluster_ips == old.cluster_ips {
        // Who changes the one address means the first of the list as well (`normalizeClusterIPs`).
        spec.cluster_ips = spec.cluster_ip.clone().filter(|ip| !ip.is_empty()).map(|ip| vec![ip]);
    }
    if needs_address(old) && needs_address(spec) && spec.cluster_ip.as_deref().unwrap_or("").is_empty() {
        (spec.cluster_ip, spec.cluster_ips) = (old.cluster_ip.clone(), old.cluster_ips.clone());
    }
    if !(needs_node_ports(old) && needs_node_ports(spec)) {
        return;
    }
    let chosen: Vec<u32> = ports_of(spec).collect();
    for port in spec.ports.iter_mut().flatten().filter(|port| node_port(port.node_port).is_none()) {
        let name = port.name.as_deref().unwrap_or("");
        let same = old.ports.iter().flatten().find(|other| other.name.as_deref().unwrap_or("") == name);
        let kept = same.and_then(|same| node_port(same.node_port));
        port.node_port = kept.filter(|number| !is_among(*number, &chosen));
    }
}

/// Removes what a Service had for a type that it no longer is, unless it was just chosen anew
/// (`dropTypeDependentFields` upstream).
fn drop_unneeded(old: &ServiceSpec, spec: &mut ServiceSpec) {
    if is_external(spec) && !is_external(old) && spec.cluster_ip == old.cluster_ip {
        (spec.cluster_ip, spec.cluster_ips) = (None, None);
        (spec.ip_families, spec.ip_family_policy) = (None, None);
    }
    if needs_node_ports(old) && !needs_node_ports(spec) {
        let had: Vec<u32> = ports_of(old).collect();
        for port in spec.ports.iter_mut().flatten() {
            port.node_port = port.node_port.filter(|number| !is_among(*number, &had));
        }
    }
    let balances = |spec: &ServiceSpec| spec.type_.as_deref() == Some("LoadBalancer");
    if balances(old) && !balances(spec) {
        drop_same(&old.allocate_load_balancer_node_ports, &mut spec.allocate_load_balancer_node_ports);
        drop_same(&old.load_balancer_class, &mut spec.load_balancer_class);
        drop_same(&old.health_check_node_port, &mut spec.health_check_node_port);
    }
    if is_reached_from_outside(old) && !is_reached_from_outside(spec) {
        drop_same(&old.external_traffic_policy, &mut spec.external_traffic_policy);
    }
}

fn drop_same<T: PartialEq>(old: &Option<T>, new: &mut Option<T>) {
    if old == new {
        *new = None;
    }
}

fn is_among(port: i32, ports: &[u32]) -> bool {
    u32::try_from(port).is_ok_and(|port| ports.contains(&port))
}

fn spec(object: &Object) -> Option<&ServiceSpec> {
    Service::of(object)?.spec.as_ref()
}

fn edit(object: &mut Object, change: impl FnOnce(&mut ServiceSpec)) {
    if let Object::Service(service) = object
        && let Some(spec) = std::sync::Arc::make_mut(service).spec.as_mut()
    {
        change(spec);
    }
}

fn is_external(spec: &ServiceSpec) -> bool {
    spec.type_.as_deref() == Some("ExternalName")
}

fn needs_address(spec: &ServiceSpec) -> bool {
    !is_external(spec)
}

fn is_reached_from_outside(spec: &ServiceSpec) -> bool {
    matches!(spec.type_.as_deref(), Some("NodePort" | "LoadBalancer"))
        || spec.external_ips.as_ref().is_some_and(|ips| !ips.is_empty())
}

fn needs_node_ports(spec: &ServiceSpec) -> bool {
    match spec.type_.as_deref() {
        Some("NodePort") => true,
        Some("LoadBalancer") => spec.allocate_load_balancer_node_ports != Some(false),
        _ => false,
    }
}

fn node_port(port: Option<i32>) -> Option<i32> {
    port.filter(|port| *port != 0)
}

fn address_of(spec: &ServiceSpec) -> impl Iterator<Item = u32> {
    spec.cluster_ip.as_deref().and_then(address_number).into_iter()
}

fn ports_of(spec: &ServiceSpec) -> impl Iterator<Item = u32> {
    let ports = spec.ports.iter().flatten();
    ports.filter_map(|port| node_port(port.node_port)).filter_map(|port| u32::try_from(port).ok())
}

fn address_number(ip: &str) -> Option<u32> {
    let ip: Ipv4Addr = ip.parse().ok()?;
    let number = u32::from(ip).checked_sub(u32::from(RANGE))?;
    Some(number).filter(|number| (ADDRESSES.first..=ADDRESSES.last).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn service(name: &str, spec: serde_json::Value) -> Object {
        let value = json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": "default"}, "spec": spec});
        Object::from_value(value).unwrap()
    }

    fn ip(object: &Object) -> String {
        spec(object).unwrap().cluster_ip.clone().unwrap_or_default()
    }

    fn port(object: &Object) -> Option<i32> {
        spec(object).unwrap().ports.as_ref().unwrap()[0].node_port
    }

    #[test]
    fn a_service_has_the_same_address_in_every_run() {
        let (mut one, mut two) = (ServiceIps::default(), ServiceIps::default());
        let mut other = service("other", json!({"ports": [{"port": 80}]}));
        two.allocate(&mut other).unwrap();
        let mut seen = Vec::new();
        for ips in [&mut one, &mut two] {
            let mut login = service("login", json!({"type": "NodePort", "ports": [{"port": 80}]}));
            ips.allocate(&mut login).unwrap();
            assert!(ip(&login).starts_with("10.96.") && !ip(&login).starts_with("10.96.0."));
            assert!(port(&login).is_some_and(|port| (30_086..=32_767).contains(&port)));
            assert_eq!(spec(&login).unwrap().cluster_ips, Some(vec![ip(&login)]));
            seen.push((ip(&login), port(&login)));
        }
        assert_eq!(seen[0], seen[1]);
        assert_ne!(ip(&other), seen[0].0);
    }

    #[test]
    fn refusals_are_the_recorded_ones() {
        let mut ips = ServiceIps::default();
        ips.allocate(&mut service("kubernetes", json!({"clusterIP": "10.96.0.1", "ports": [{"port": 443}]})))
            .unwrap();
        ips.allocate(&mut service(
            "np",
            json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": 30123}]}),
        ))
        .unwrap();
        for (spec, message) in [
            (
                json!({"clusterIP": "10.0.0.1", "ports": [{"port": 80}]}),
                "spec.clusterIPs: Invalid value: [\"10.0.0.1\"]: failed to allocate IP 10.0.0.1: the provided \
                 network does not match the current range",
            ),
            (
                json!({"clusterIP": "10.96.0.1", "ports": [{"port": 80}]}),
                "spec.clusterIPs: Invalid value: [\"10.96.0.1\"]: failed to allocate IP 10.96.0.1: provided IP \
                 is already allocated",
            ),
            (
                json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": 80}]}),
                "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range \
                 of valid ports is 30000-32767",
            ),
            (
                json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": 30123}]}),
                "spec.ports[0].nodePort: Invalid value: 30123: provided port is already allocated",
            ),
        ] {
            let before = ips.clone();
            let refusal = ips.allocate(&mut service("s", spec)).unwrap_err();
            assert_eq!(refusal.message, format!("Service \"s\" is invalid: {message}"));
            assert_eq!((ips.addresses.len(), ips.ports.len()), (before.addresses.len(), before.ports.len()));
        }
    }

    #[test]
    fn a_change_of_type_gives_ports_back() {
        let mut ips = ServiceIps::default();
        let mut stored = service("web", json!({"type": "NodePort", "ports": [{"port": 80}]}));
        ips.allocate(&mut stored).unwrap();
        let mut sparse = service("web", json!({"type": "NodePort", "ports": [{"port": 80}]}));
        ServiceIps::prepare(&stored, &mut sparse);
        ips.update(&stored, &mut sparse).unwrap();
        assert_eq!((ip(&sparse), port(&sparse)), (ip(&stored), port(&stored)));
        let mut plain = stored.clone();
        edit(&mut plain, |spec| spec.type_ = Some("ClusterIP".to_owned()));
        ServiceIps::prepare(&stored, &mut plain);
        ips.update(&stored, &mut plain).unwrap();
        assert_eq!((ip(&plain), port(&plain)), (ip(&stored), None));
        assert!(ips.ports.is_empty());
        ips.release(&plain);
        assert!(ips.addresses.is_empty());
    }

    #[test]
    fn headless_and_external_services_take_nothing() {
        let mut ips = ServiceIps::default();
        let mut headless = service("h", json!({"clusterIP": "None", "ports": [{"port": 80}]}));
        ips.allocate(&mut headless).unwrap();
        assert_eq!(spec(&headless).unwrap().cluster_ips, Some(vec!["None".to_owned()]));
        let mut external = service("e", json!({"type": "ExternalName", "externalName": "example.com"}));
        ips.allocate(&mut external).unwrap();
        assert_eq!(spec(&external).unwrap().ip_families, None);
        assert!(ips.addresses.is_empty());
    }
}
