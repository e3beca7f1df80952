//! Programs in containers that use the network: names, Services, pods, and what goes wrong between them.

use std::collections::BTreeMap;

use kubeloop::apiserver::Call;
use kubeloop::engine::driver::Inline;
use kubeloop::engine::{Act, ClusterConfig, Engine, Fault, Input, NodePower};
use kubeloop::object::{Key, Kind, Object, ObjectRef, Pod};
use kubeloop::time::Span;
use serde_json::{Value, json};

struct Cluster(Engine);

/// A server at port 8080 that answers this text.
fn echo(text: &str) -> Value {
    json!({"name": text, "image": "hashicorp/http-echo", "args": [format!("-text={text}"), "-listen=:8080"]})
}

impl Cluster {
    /// Three nodes; two pods of `login` behind a Service, and one of `redis`, which speaks no HTTP.
    fn new() -> Self {
        let mut cluster = Self(Engine::new(ClusterConfig::with_nodes(3, 7), Box::new(Inline)));
        cluster.wait(5);
        cluster.pod("login-1", "node-1", json!([echo("one")]));
        cluster.pod("login-2", "node-2", json!([echo("two")]));
        cluster.pod("redis-1", "node-2", json!([{"name": "c", "image": "redis:7"}]));
        cluster.service("login", 80, 8080);
        cluster.service("redis", 6379, 6379);
        cluster.wait(20);
        cluster
    }

    fn wait(&mut self, secs: u64) {
        let until = self.0.now() + Span::secs(secs);
        self.0.run_until(until);
    }

    fn call(&mut self, call: Call) {
        let applied = self.0.apply(Input::new("test", "a test", Act::Api(call)));
        assert!(matches!(applied.answer, Some(Ok(_))), "{:?} {:?}", applied.answer, applied.refused);
    }

    fn create(&mut self, value: Value) {
        self.call(Call::Create { object: Object::from_value(value).unwrap(), dry_run: false });
    }

    fn delete(&mut self, kind: Kind, name: &str) {
        let target = ObjectRef::new(kind, Key::new("default", name));
        self.call(Call::Delete { target, options: Default::default() });
    }

    fn pod(&mut self, name: &str, node: &str, containers: Value) {
        let app = name.split('-').next().unwrap();
        self.create(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "labels": {"app": app}},
            "spec": {"nodeName": node, "restartPolicy": "Never", "terminationGracePeriodSeconds": 0,
                "containers": containers}}));
    }

    fn service(&mut self, name: &str, port: i32, target: i32) {
        self.create(json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"selector": {"app": name}, "ports": [{"port": port, "targetPort": target}]}}));
    }

    /// Runs a script in a pod of its own on `node-3`.
    fn run(&mut self, name: &str, script: &str) {
        self.pod(
            name,
            "node-3",
            json!([{"name": "c", "image": "busybox:1.36", "command": ["sh", "-c", script]}]),
        );
    }

    /// What a container printed.
    fn log(&self, pod: &str, container: usize) -> Vec<String> {
        let node = self.0.view().get::<Pod>("default", pod).unwrap().node_name().unwrap().to_owned();
        let view = self.0.view();
        let machine = view.machine(&node).unwrap();
        let container = &machine.pods[&Key::new("default", pod)].containers[container];
        container.log.iter().map(|(_, line)| line.to_string()).collect()
    }

    /// What a script prints within so many seconds.
    fn prints(&mut self, name: &str, script: &str, secs: u64) -> Vec<String> {
        self.run(name, script);
        self.wait(secs);
        self.log(name, 0)
    }

    fn address(&self, service: &str) -> String {
        let view = self.0.view();
        let object = view.object(&ObjectRef::new(Kind::Service, Key::new("default", service)));
        object.unwrap().to_value()["spec"]["clusterIP"].as_str().unwrap().to_owned()
    }

    fn pod_address(&self, pod: &str) -> String {
        self.0.view().get::<Pod>("default", pod).unwrap().status.pod_ip.clone().unwrap()
    }
}

/// How often each line was printed.
fn counts(lines: &[String]) -> BTreeMap<&str, usize> {
    lines.iter().fold(BTreeMap::new(), |mut counts, line| {
        *counts.entry(line.as_str()).or_default() += 1;
        counts
    })
}

#[test]
fn a_loop_reaches_every_pod_of_a_service_and_tells_what_becomes_of_it() {
    let mut cluster = Cluster::new();
    cluster.run("asker", "while true; do wget -qO- http://login || echo failed; sleep 1; done");
    cluster.wait(30);
    let first = cluster.log("asker", 0);
    assert!(
        counts(&first)["one"] > 5 && counts(&first)["two"] > 5 && counts(&first).len() == 2,
        "{first:#?}"
    );
    let ip = cluster.address("login");
    cluster.delete(Kind::Pod, "login-1");
    cluster.delete(Kind::Pod, "login-2");
    cluster.wait(5);
    let refused = format!("wget: can't connect to remote host ({ip}): Connection refused");
    let then = cluster.log("asker", 0);
    assert_eq!(then[then.len() - 2..], [refused, "failed".to_owned()]);
    cluster.delete(Kind::Service, "login");
    cluster.wait(5);
    let last = cluster.log("asker", 0);
    assert_eq!(last[last.len() - 2..], ["wget: bad address 'login'", "failed"]);
}

#[test]
fn a_service_and_a_pod_have_many_names() {
    let mut cluster = Cluster::new();
    let (ip, pod_ip) = (cluster.address("login"), cluster.pod_address("login-2"));
    let dashed = pod_ip.replace('.', "-");
    let names = format!(
        "login login.default login.default.svc login.default.svc.cluster.local {ip} {pod_ip}:8080 \
         {dashed}.default.pod.cluster.local:8080 Login:80/healthz login.other login.default."
    );
    let gone = "10.244.0.200";
    let script = format!("for name in {names} {gone}; do wget -qO- http://$name || echo no $name; done");
    let log = cluster.prints("asker", &script, 5);
    let served: Vec<bool> = log.iter().map(|line| line == "one" || line == "two").collect();
    assert_eq!(served[..8], [true; 8], "{log:#?}");
    assert_eq!(log[5..7], ["two", "two"]);
    let failed = [
        "wget: bad address 'login.other'",
        "no login.other",
        "wget: bad address 'login.default.'",
        "no login.default.",
        "wget: can't connect to remote host (10.244.0.200): No route to host",
        "no 10.244.0.200",
    ];
    assert_eq!(log[8..], failed);
}

#[test]
fn a_dead_node_answers_nobody() {
    let mut cluster = Cluster::new();
    let ip = cluster.pod_address("login-1");
    cluster.0.apply(Input::new(
        "test",
        "off",
        Act::Fault(Fault::Power { node: "node-1".into(), power: NodePower::Off }),
    ));
    let script = format!(
        "wget -T 2 -O- http://{ip}:8080; echo $?; nc -zv -w 3 {ip} 8080; date +%S; wget -qO- {ip}:8080; date +%M:%S"
    );
    let log = cluster.prints("asker", &script, 200);
    let expected = [
        format!("Connecting to {ip}:8080 ({ip}:8080)"),
        "wget: download timed out".to_owned(),
        "1".to_owned(),
        format!("nc: {ip} ({ip}:8080): Connection timed out"),
    ];
    assert_eq!(log[..4], expected);
    let connect = format!("wget: can't connect to remote host ({ip}): Connection timed out");
    assert_eq!(log[5], connect);
    let secs = |text: &str| text.rsplit(':').next().unwrap().parse::<i32>().unwrap();
    assert_eq!((secs(&log[6]) - secs(&log[4])).rem_euclid(60), 127 % 60);
}

#[test]
fn what_speaks_no_http_can_still_be_reached() {
    let mut cluster = Cluster::new();
    let script = "nc -z redis 6379 && echo open; nc -z redis 80 || echo closed; wget -qO- redis:6379; \
                  nc -zv login 80";
    let log = cluster.prints("asker", script, 5);
    let ip = cluster.address("login");
    let expected = [
        "open".to_owned(),
        "closed".to_owned(),
        "wget: error getting response: Connection reset by peer".to_owned(),
        format!("login ({ip}:80) open"),
    ];
    assert_eq!(log, expected);
}

#[test]
fn containers_of_a_pod_share_localhost_and_its_name() {
    let mut cluster = Cluster::new();
    let script = "sleep 3; for host in localhost:8080 127.0.0.1:8080 pair:8080 localhost:81; do \
                  wget -O- http://$host 2>/dev/null || echo no $host; done; wget -qO- localhost:81; sleep 600";
    cluster.pod(
        "pair",
        "node-3",
        json!([{"name": "ask", "image": "busybox:1.36", "command": ["sh", "-c", script]},
            echo("three")]),
    );
    cluster.wait(15);
    let refused = "wget: can't connect to remote host (127.0.0.1): Connection refused";
    assert_eq!(cluster.log("pair", 0), ["three", "three", "three", "no localhost:81", refused]);
}

#[test]
fn the_files_that_names_are_looked_up_in_are_there() {
    let mut cluster = Cluster::new();
    let log = cluster.prints("asker", "cat /etc/resolv.conf; tail -n 1 /etc/hosts", 5);
    let own = format!("{}\tasker", cluster.pod_address("asker"));
    let resolver = [
        "search default.svc.cluster.local svc.cluster.local cluster.local",
        "nameserver 10.96.0.10",
        "options ndots:5",
    ];
    assert_eq!(log, [&resolver[..], &[&own]].concat());
}

#[test]
fn a_container_waits_for_a_service_that_comes_later() {
    let mut cluster = Cluster::new();
    let script = "until nslookup mail.default.svc.cluster.local > /dev/null; do echo waiting; sleep 2; done; echo there";
    let log = cluster.prints("asker", script, 6);
    assert_eq!(log, ["waiting"; 3][..log.len()]);
    cluster.service("mail", 80, 8080);
    cluster.wait(4);
    assert_eq!(cluster.log("asker", 0).last().unwrap(), "there");
}
