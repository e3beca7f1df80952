//! Services in a whole cluster: API server, endpoint controllers and clients over links with latency.
//!
//! There are no worker nodes here; the test writes what a kubelet would.

use k8s_openapi::api::core::v1::Endpoints;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kubeloop::apiserver::{Call, DeleteOptions, Propagation, Reply, Sub};
use kubeloop::engine::driver::Inline;
use kubeloop::engine::{Act, ClusterConfig, Engine, Fault, Input, World};
use kubeloop::object::{Key, Kind, Object, ObjectRef};
use kubeloop::time::Span;
use serde_json::{Value, json};

struct Cluster(Engine);

impl Cluster {
    fn new() -> Self {
        let mut cluster = Self(Engine::new(ClusterConfig::with_nodes(0, 7), Box::new(Inline)));
        cluster.wait(Span::secs(1));
        cluster.create(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1",
            "labels": {"topology.kubernetes.io/zone": "zone-a"}}}));
        cluster
    }

    fn wait(&mut self, span: Span) {
        let until = self.0.now() + span;
        self.0.run_until(until);
    }

    fn call(&mut self, call: Call) -> Object {
        let applied = self.0.apply(Input::new("test", "a test", Act::Api(call)));
        match applied.answer {
            Some(Ok(Reply::Object(object))) => object,
            other => panic!("{other:?} {:?}", applied.refused),
        }
    }

    fn create(&mut self, value: Value) -> Object {
        let object = Object::from_value(value).unwrap();
        self.call(Call::Create { object, dry_run: false })
    }

    fn service(&mut self, spec: Value) -> Object {
        self.create(json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "login", "namespace": "default"}, "spec": spec}))
    }

    /// A pod of `login` as its kubelet reports it.
    fn pod(&mut self, number: u32, ready: bool) {
        let name = format!("login-{number}");
        let pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "labels": {"app": "login"}},
            "spec": {"nodeName": "node-1", "containers": [{"name": "c", "image": "pizza/login:1.2.3"}]}});
        if self.0.view().object(&pod_ref(number)).is_none() {
            self.create(pod);
        }
        let mut value = self.0.view().object(&pod_ref(number)).unwrap().to_value();
        value["status"]["phase"] = "Running".into();
        value["status"]["podIP"] = format!("10.244.0.{}", number + 1).into();
        let state = if ready { "True" } else { "False" };
        value["status"]["conditions"] = json!([{"type": "Ready", "status": state}]);
        let object = Object::from_value(value).unwrap();
        self.call(Call::Update { object, sub: Sub::Status, dry_run: false });
    }

    /// The addresses in the slices with their states: `10.244.0.2 ready`.
    fn listed(&self) -> Vec<String> {
        let view = self.0.view();
        let slices = view.list_as::<EndpointSlice>(Some("default"));
        let endpoints = slices.flat_map(|slice| slice.endpoints.clone().unwrap_or_default());
        let words = endpoints.map(|endpoint| {
            let conditions = endpoint.conditions.unwrap();
            let state = if conditions.ready == Some(true) { "ready" } else { "not ready" };
            format!("{} {state}", endpoint.addresses[0])
        });
        words.collect()
    }

    fn slices(&self) -> usize {
        self.0.view().list_as::<EndpointSlice>(Some("default")).count()
    }
}

fn pod_ref(number: u32) -> ObjectRef {
    ObjectRef::new(Kind::Pod, Key::new("default", format!("login-{number}")))
}

fn login() -> Value {
    json!({"selector": {"app": "login"}, "ports": [{"port": 80}]})
}

#[test]
fn slices_and_endpoints_follow_the_pods() {
    let mut cluster = Cluster::new();
    let service = cluster.service(login()).to_value();
    assert!(service["spec"]["clusterIP"].as_str().unwrap().starts_with("10.96."));
    assert_eq!(service["spec"]["clusterIPs"][0], service["spec"]["clusterIP"]);
    cluster.wait(Span::secs(1));
    assert_eq!((cluster.slices(), cluster.listed().len()), (1, 0));
    for number in 1..4 {
        cluster.pod(number, true);
    }
    cluster.wait(Span::secs(3));
    assert_eq!(cluster.listed(), ["10.244.0.2 ready", "10.244.0.3 ready", "10.244.0.4 ready"]);
    cluster.pod(2, false);
    cluster.wait(Span::secs(3));
    assert_eq!(cluster.listed(), ["10.244.0.2 ready", "10.244.0.3 not ready", "10.244.0.4 ready"]);
    let view = cluster.0.view();
    let subset = view.get::<Endpoints>("default", "login").unwrap().subsets.clone().unwrap().remove(0);
    assert_eq!((subset.addresses.unwrap().len(), subset.not_ready_addresses.unwrap().len()), (2, 1));
    let options = DeleteOptions { grace_period_secs: Some(0), ..DeleteOptions::default() };
    cluster.call(Call::Delete { target: pod_ref(1), options });
    cluster.wait(Span::secs(3));
    assert_eq!(cluster.listed(), ["10.244.0.3 not ready", "10.244.0.4 ready"]);
}

#[test]
fn a_stopped_controller_leaves_the_slice_as_it_was_and_repairs_it_later() {
    let mut cluster = Cluster::new();
    cluster.service(login());
    cluster.pod(1, true);
    cluster.wait(Span::secs(3));
    let name = "controller/endpointslice";
    let switch = |start| Input::new("test", "", Act::Fault(Fault::Component { name: name.into(), start }));
    assert_eq!(cluster.0.apply(switch(false)).refused, None);
    cluster.pod(1, false);
    cluster.pod(2, true);
    cluster.wait(Span::secs(60));
    assert_eq!(cluster.listed(), ["10.244.0.2 ready"], "nobody tells the truth");
    cluster.0.apply(switch(true));
    cluster.wait(Span::secs(5));
    assert_eq!(cluster.listed(), ["10.244.0.2 not ready", "10.244.0.3 ready"]);
    assert_eq!(cluster.slices(), 1);
}

#[test]
fn a_slice_that_somebody_deletes_comes_back_once() {
    let mut cluster = Cluster::new();
    cluster.service(login());
    cluster.pod(1, true);
    cluster.wait(Span::secs(3));
    let slice = cluster.0.view().list_as::<EndpointSlice>(Some("default")).next().unwrap().clone();
    let name = slice.metadata.name.unwrap();
    assert!(name.starts_with("login-") && name.len() == "login-".len() + 5, "{name}");
    let target = ObjectRef::new(Kind::EndpointSlice, Key::new("default", name));
    cluster.call(Call::Delete { target: target.clone(), options: DeleteOptions::default() });
    cluster.wait(Span::secs(5));
    assert_eq!((cluster.slices(), cluster.listed()), (1, vec!["10.244.0.2 ready".to_owned()]));
    assert!(cluster.0.view().object(&target).is_none());
    let loops = |world: &World| world.loop_of("controller/endpointslice").unwrap().loops;
    let before = loops(&cluster.0.view());
    cluster.wait(Span::secs(60));
    assert_eq!(loops(&cluster.0.view()), before, "nothing to do, so nothing is done");
}

#[test]
fn endpoints_go_with_the_service() {
    let mut cluster = Cluster::new();
    cluster.service(login());
    cluster.wait(Span::secs(1));
    assert!(cluster.0.view().get::<Endpoints>("default", "login").is_some());
    let options = DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
    let target = ObjectRef::new(Kind::Service, Key::new("default", "login"));
    cluster.call(Call::Delete { target, options });
    cluster.wait(Span::secs(1));
    assert!(cluster.0.view().get::<Endpoints>("default", "login").is_none());
}

#[test]
fn clients_without_a_node_say_so() {
    let mut cluster = Cluster::new();
    let act = Act::Traffic { service: "default/login".into(), per_second: 10 };
    cluster.0.apply(Input::new("test", "", act));
    cluster.wait(Span::secs(10));
    let traffic = cluster.0.view().traffic().unwrap();
    let login = &traffic.services[&Key::new("default", "login")];
    assert!((80..120).contains(&login.failed), "{}", login.failed);
    assert_eq!(login.last_failure.as_ref().unwrap().1, "no node has power: there is no way into the cluster");
}

mod with_nodes {
    //! The same with worker nodes: kubelets that run the pods, kube-proxies that send requests to them.

    use super::*;
    use kubeloop::engine::NodePower;
    use kubeloop::network::ServiceTraffic;

    /// Three nodes, one pod of `login` on each, and clients.
    fn shop() -> Cluster {
        let mut cluster = Cluster(Engine::new(ClusterConfig::with_nodes(3, 7), Box::new(Inline)));
        cluster.wait(Span::secs(2));
        cluster.service(login());
        for number in 1..4 {
            cluster.create(json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": format!("login-{number}"), "namespace": "default", "labels": {"app": "login"}},
                "spec": {"nodeName": format!("node-{number}"),
                    "containers": [{"name": "c", "image": "pizza/login:1.2.3"}]}}));
        }
        cluster.wait(Span::secs(30));
        let act = Act::Traffic { service: "default/login".into(), per_second: 10 };
        cluster.0.apply(Input::new("test", "", act));
        cluster.wait(Span::secs(20));
        cluster
    }

    fn traffic(cluster: &Cluster) -> ServiceTraffic {
        cluster.0.view().traffic().unwrap().services[&Key::new("default", "login")].clone()
    }

    #[test]
    fn requests_are_spread_over_the_pods() {
        let cluster = shop();
        let login = traffic(&cluster);
        assert_eq!(login.failed, 0, "{:?}", login.failures);
        assert!(login.ok > 150, "{}", login.ok);
        assert_eq!(login.by_version["1.2.3"], login.ok);
        assert_eq!(login.by_pod.len(), 3, "{:?}", login.by_pod);
    }

    #[test]
    fn a_dead_node_is_named_until_its_pod_leaves_the_rules() {
        let mut cluster = shop();
        let node = "node-3".into();
        let act = Act::Fault(Fault::Power { node, power: NodePower::Off });
        assert_eq!(cluster.0.apply(Input::new("test", "", act)).refused, None);
        cluster.wait(Span::secs(20));
        let login = traffic(&cluster);
        assert!(login.failed > 20, "{login:?}");
        assert!(
            login
                .failures
                .keys()
                .all(|hop| hop.starts_with("no answer from node-3 within 1.0s (for 10.244.2.")),
            "{:?}",
            login.failures
        );
    }

    #[test]
    fn a_service_without_pods_says_who_refused() {
        let mut cluster = shop();
        for number in 1..4 {
            let options = DeleteOptions { grace_period_secs: Some(0), ..DeleteOptions::default() };
            cluster.call(Call::Delete { target: pod_ref(number), options });
        }
        cluster.wait(Span::secs(5));
        let last = traffic(&cluster).last_failure.unwrap().1;
        assert!(last.starts_with("no ready endpoints for service login (kube-proxy on node-"), "{last}");
    }
}
