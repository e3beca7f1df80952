//! What every namespace is given: a ServiceAccount and the cluster's certificate.
//!
//! Two small loops of the controller manager, both about namespaces:
//!
//! - [`ServiceAccounts`] keeps the ServiceAccount `default` in each one. A pod that names no account runs as this
//!   one, and none is admitted before it exists.
//! - [`RootCaPublisher`] keeps the ConfigMap `kube-root-ca.crt` in each one: every pod mounts it, to know the API
//!   server when it talks to it.
//!
//! Both make again what somebody deletes. Nothing here is encrypted, so our certificate is none.

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, ServiceAccount};
use smol_str::{SmolStr, format_smolstr};

use crate::apiserver::{Call, Sub};
use crate::client::{Cache, Change, Context, Interest, Loop, Never, Plan, Verdict, Write};
use crate::object::{Key, Kind, Object, ObjectMeta, ObjectRef, Resource, StringMap, annotation};
use crate::time::VirtualTime;

/// The account that every namespace has.
const ACCOUNT: &str = "default";
/// The ConfigMap that every namespace has (`RootCACertConfigMapName`).
const ROOT_CA: &str = "kube-root-ca.crt";
/// Its annotation.
const DESCRIPTION: (&str, &str) = (
    "kubernetes.io/description",
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
);
/// Its content: the Base64 says "kubeloop is a simulation: there is no certificate".
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\na3ViZWxvb3AgaXMgYSBzaW11bGF0aW9uOiB0aGVyZSBpcyBubyBjZXJ0aWZpY2F0\nZQ==\n-----END CERTIFICATE-----\n";

/// Keeps the ServiceAccount `default` in every namespace.
#[derive(Clone, Debug, Default)]
pub struct ServiceAccounts;

/// Keeps the ConfigMap `kube-root-ca.crt` in every namespace.
#[derive(Clone, Debug, Default)]
pub struct RootCaPublisher;

/// What it saw in a namespace.
#[derive(Clone, Debug)]
pub struct Seen {
    is_active: bool,
    /// The object that should be there.
    found: Option<Object>,
}

/// Wakes a namespace if it changed, or if the object of this name in it did.
fn wake(change: &Change, name: &str, cx: &mut Context<'_>) {
    let Some(object) = change.object() else { return };
    let (kind, key) = (object.kind(), object.key());
    if kind == Kind::Namespace && change.new.is_some() {
        let phase = |object: &Option<Object>| object.as_ref().map(is_active);
        if phase(&change.old) != phase(&change.new) {
            cx.wake(ObjectRef::new(kind, key), "a namespace is new or has changed");
        }
    } else if kind != Kind::Namespace && key.name == name && change.old.is_some() {
        let why = if change.new.is_some() { "was changed" } else { "was deleted" };
        let namespace = ObjectRef::new(Kind::Namespace, Key::cluster(key.namespace));
        cx.wake(namespace, format_smolstr!("{} {name} {why}", kind.name()));
    }
}

fn is_active(namespace: &Object) -> bool {
    let status = Namespace::of(namespace).and_then(|namespace| namespace.status.as_ref());
    status.and_then(|status| status.phase.as_deref()) == Some("Active")
}

fn look(item: &ObjectRef, kind: Kind, name: &str, cache: &Cache) -> Option<Seen> {
    let namespace = cache.get(Kind::Namespace, &item.key)?;
    let found = cache.get(kind, &Key::new(item.key.name.clone(), name)).cloned();
    Some(Seen { is_active: is_active(namespace), found })
}

fn words(seen: &Seen, what: &str) -> SmolStr {
    match (seen.is_active, &seen.found) {
        (false, _) => "the namespace is to go".into(),
        (true, Some(_)) => format_smolstr!("{what} is there"),
        (true, None) => format_smolstr!("{what} is missing"),
    }
}

fn create(object: Object, what: &str) -> Plan {
    let verdict = Verdict::new(what, "none", "-1", "every namespace has one");
    let call = Call::Create { object, dry_run: false };
    Plan::idle(verdict)
        .then(Write::new(call, format_smolstr!("create {what}")).tolerating(&["AlreadyExists"]))
}

fn named(item: &ObjectRef, name: &str, annotations: Option<StringMap>) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(item.key.name.to_string()),
        annotations,
        ..ObjectMeta::default()
    }
}

impl Loop for ServiceAccounts {
    type Seen = Seen;
    type Op = Never;

    fn component(&self) -> SmolStr {
        "controller/serviceaccount".into()
    }

    fn interests(&self) -> Vec<Interest> {
        vec![Interest::all(Kind::Namespace), Interest::all(Kind::ServiceAccount)]
    }

    fn workers(&self) -> usize {
        1
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        // A change of the account is nobody's business here; only that it exists.
        if change.new.is_none() || change.object().is_some_and(|object| object.kind() == Kind::Namespace) {
            wake(change, ACCOUNT, cx);
        }
    }

    fn observe(&mut self, item: &ObjectRef, cache: &Cache, _now: VirtualTime) -> Option<Seen> {
        look(item, Kind::ServiceAccount, ACCOUNT, cache)
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        words(seen, "the ServiceAccount default")
    }

    fn compare(&self, item: &ObjectRef, seen: &Seen, _now: VirtualTime) -> Plan {
        match (seen.is_active, &seen.found) {
            (false, _) => Plan::idle(Verdict::nothing("the namespace is to go: it gets nothing new")),
            (true, Some(_)) => Plan::idle(Verdict::count(1, 1, "the ServiceAccount default is there")),
            (true, None) => {
                let account =
                    ServiceAccount { metadata: named(item, ACCOUNT, None), ..ServiceAccount::default() };
                create(account.into_object(), "the ServiceAccount default")
            }
        }
    }
}

impl Loop for RootCaPublisher {
    type Seen = Seen;
    type Op = Never;

    fn component(&self) -> SmolStr {
        "controller/root-ca-publisher".into()
    }

    fn interests(&self) -> Vec<Interest> {
        vec![Interest::all(Kind::Namespace), Interest::all(Kind::ConfigMap)]
    }

    fn workers(&self) -> usize {
        1
    }

    fn changed(&mut self, change: &Change, cx: &mut Context<'_>) {
        wake(change, ROOT_CA, cx);
    }

    fn observe(&mut self, item: &ObjectRef, cache: &Cache, _now: VirtualTime) -> Option<Seen> {
        look(item, Kind::ConfigMap, ROOT_CA, cache)
    }

    fn describe(&self, seen: &Seen) -> SmolStr {
        words(seen, "the ConfigMap kube-root-ca.crt")
    }

    fn compare(&self, item: &ObjectRef, seen: &Seen, _now: VirtualTime) -> Plan {
        let data = StringMap::from([("ca.crt".to_owned(), CERTIFICATE.to_owned())]);
        let description = StringMap::from([(DESCRIPTION.0.to_owned(), DESCRIPTION.1.to_owned())]);
        let found = seen.found.as_ref().and_then(ConfigMap::of);
        match (seen.is_active, found) {
            (false, _) => Plan::idle(Verdict::nothing("the namespace is to go: it gets nothing new")),
            (true, None) => {
                let metadata = named(item, ROOT_CA, Some(description));
                let map = ConfigMap { metadata, data: Some(data), ..ConfigMap::default() };
                create(map.into_object(), "the ConfigMap kube-root-ca.crt")
            }
            (true, Some(map)) => {
                let same = map.data.as_ref() == Some(&data)
                    && annotation(&map.metadata, DESCRIPTION.0) == Some(DESCRIPTION.1);
                if same {
                    return Plan::idle(Verdict::count(1, 1, "the certificate is there"));
                }
                let mut map = map.clone();
                map.data = Some(data);
                map.metadata.annotations.get_or_insert_default().extend(description);
                let verdict =
                    Verdict::new("the cluster's certificate", "something else", "differs", "put it back");
                let call = Call::Update { object: map.into_object(), sub: Sub::Main, dry_run: false };
                Plan::idle(verdict).then(Write::new(call, "write the certificate again"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::controllers::rig::{Rig, object};
    use crate::time::Span;

    fn namespace(name: &str, phase: &str) -> Object {
        object(json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "status": {"phase": phase},
        }))
    }

    fn created(calls: &[Call]) -> Vec<String> {
        calls.iter().filter_map(Call::target).map(|target| target.key.to_string()).collect()
    }

    #[test]
    fn active_namespaces_get_an_account_and_get_it_again() {
        let objects = vec![namespace("shop", "Active"), namespace("old", "Terminating")];
        let mut rig = Rig::new(ServiceAccounts, objects);
        rig.run_for(Span::secs(1));
        let calls = rig.take_calls();
        assert_eq!(created(&calls), ["shop/default"]);
        let Call::Create { object: account, .. } = &calls[0] else { panic!("{calls:?}") };
        rig.put(account.clone());
        rig.run_for(Span::secs(1));
        assert!(rig.calls().is_empty());
        rig.remove(account);
        rig.run_for(Span::secs(1));
        assert_eq!(created(&rig.take_calls()), ["shop/default"]);
    }

    #[test]
    fn the_certificate_is_put_back_if_somebody_changes_it() {
        let mut rig = Rig::new(RootCaPublisher, vec![namespace("shop", "Active")]);
        rig.run_for(Span::secs(1));
        let calls = rig.take_calls();
        let Call::Create { object, .. } = &calls[0] else { panic!("{calls:?}") };
        assert_eq!(object.key().to_string(), "shop/kube-root-ca.crt");
        rig.put(object.clone());
        let mut other = ConfigMap::of(object).unwrap().clone();
        other.data = None;
        rig.put(other.into_object());
        rig.run_for(Span::secs(1));
        let calls = rig.take_calls();
        let [Call::Update { object: written, .. }] = calls.as_slice() else { panic!("{calls:?}") };
        assert_eq!(ConfigMap::of(written).unwrap().data, ConfigMap::of(object).unwrap().data);
    }
}
