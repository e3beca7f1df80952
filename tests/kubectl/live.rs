//! What a command does to a cluster, and what it says beforehand and meanwhile.

use kubeloop::engine::{Act, Engine, Fault, Input};
use kubeloop::expression::facts::is_settled;
use kubeloop::kubectl::{self, Poll, complete, preview};
use kubeloop::manifests::NoFiles;
use kubeloop::time::Span;

use super::{cluster, run};

fn said(engine: &mut Engine, line: &str) -> String {
    run(engine, line, "").0.text()
}

fn shop() -> Engine {
    let mut engine = cluster();
    assert_eq!(
        said(&mut engine, "create deployment web --image=nginx --replicas=3"),
        "deployment.apps/web created\n"
    );
    assert!(engine.run_while(Span::secs(60), is_settled));
    engine
}

fn component(engine: &mut Engine, name: &str, start: bool) {
    let fault = Fault::Component { name: name.into(), start };
    engine.apply(Input::new("fault", "test", Act::Fault(fault)));
}

fn pod(engine: &mut Engine) -> String {
    said(engine, "get pods -l app=web -o jsonpath={.items[0].metadata.name}")
}

#[test]
fn reading_leaves_no_input_and_writing_is_one_story() {
    let mut engine = shop();
    let before = engine.journal().entries.len();
    for line in
        ["get all -A", "describe node node1", "apply --dry-run=server -f x", "logs deploy/web", "get pods -w"]
    {
        kubectl::parse(line).poll(&mut engine, &NoFiles);
    }
    assert_eq!(engine.journal().entries.len(), before);
    said(&mut engine, "delete pod -l app=web --wait=false");
    let journal = engine.journal();
    let new: Vec<&Input> = journal.entries.iter().skip(before).map(|entry| &entry.input).collect();
    assert_eq!(new.len(), 3);
    assert!(new.iter().all(|input| input.via == "kubectl" && input.title == new[0].title));
    assert_eq!(new[0].title, "you ran kubectl delete pod -l app=web --wait=false");
    assert!(new[0].within.is_none() && new[1].within.is_some() && new[1].within == new[2].within);
}

#[test]
fn nobody_answers_when_the_api_server_or_etcd_is_stopped() {
    let mut engine = shop();
    component(&mut engine, "apiserver", false);
    let refused =
        "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?\n";
    for line in
        ["get pods", "scale deploy/web --replicas=2", "create ns x", "describe pod web", "drain node1"]
    {
        assert_eq!(run(&mut engine, line, "").1, 1, "{line}");
        assert!(said(&mut engine, line).contains(refused), "{line}: {}", said(&mut engine, line));
    }
    component(&mut engine, "apiserver", true);
    component(&mut engine, "etcd", false);
    assert_eq!(said(&mut engine, "get pods"), "Error from server: etcdserver: request timed out\n");
    assert_eq!(said(&mut engine, "create ns x"), "Error from server: etcdserver: request timed out\n");
}

#[test]
fn a_deletion_is_waited_for_and_the_cluster_goes_on_meanwhile() {
    let mut engine = shop();
    let name = pod(&mut engine);
    let mut running = kubectl::parse(&format!("kubectl delete pod {name}"));
    assert!(matches!(running.poll(&mut engine, &NoFiles), Poll::Waiting(Some(_))));
    assert_eq!(running.take_output().text(), format!("pod \"{name}\" deleted\n"));
    let mut polls = 0;
    while running.poll(&mut engine, &NoFiles) != Poll::Done(0) {
        polls += 1;
        assert!(engine.step_instant() && polls < 10_000);
    }
    assert!(polls > 10);
    assert!(said(&mut engine, &format!("get pod {name}")).contains("NotFound"));
}

#[test]
fn a_rollout_that_gets_stuck_is_said_so() {
    let mut engine = shop();
    said(&mut engine, "patch deploy web -p '{\"spec\":{\"progressDeadlineSeconds\":20}}'");
    assert!(engine.run_while(Span::secs(60), is_settled));
    said(&mut engine, "set image deploy/web nginx=nginx:nosuch");
    let (output, exit) = run(&mut engine, "rollout status deploy/web", "");
    assert_eq!(exit, 1);
    assert!(
        output.text().ends_with("error: deployment \"web\" exceeded its progress deadline\n"),
        "{}",
        output.text()
    );
    let (output, exit) = run(&mut engine, "rollout status deploy/web --timeout=5s --revision=1", "");
    assert_eq!(exit, 1);
    assert_eq!(output.text(), "error: desired revision (1) is different from the running revision (2)\n");
    let history = "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n";
    assert_eq!(said(&mut engine, "rollout history deploy/web"), history);
    assert_eq!(said(&mut engine, "rollout undo deploy/web"), "deployment.apps/web rolled back\n");
    let (output, exit) = run(&mut engine, "rollout status deploy/web", "");
    assert_eq!((output.text().lines().last(), exit), (Some("deployment \"web\" successfully rolled out"), 0));
    assert_eq!(
        said(&mut engine, "rollout undo deploy/web --to-revision=7"),
        "error: unable to find specified revision 7 in history\n"
    );
    assert_eq!(
        said(&mut engine, "rollout history deploy/web --revision=7"),
        "error: unable to find the specified revision\n"
    );
    assert_eq!(
        said(&mut engine, "rollout undo deploy/web --to-revision=3"),
        "deployment.apps/web skipped rollback (current template already matches revision 3)\n"
    );
}

#[test]
fn a_kind_alone_changes_nothing() {
    let mut engine = shop();
    let before = engine.journal().entries.len();
    for line in [
        "scale deploy --replicas=1",
        "label pods x=y",
        "annotate pods x=y",
        "set image deploy nginx=nginx:1.29",
        "set env deploy A=b",
        "delete pods",
        "taint nodes x=y:NoSchedule",
        "wait --for=delete pods",
        "patch deploy -p {}",
        "expose deploy --port=80",
    ] {
        let text = "error: resource(s) were provided, but no name was specified\n";
        assert_eq!(run(&mut engine, line, ""), (printed(text), 1), "{line}");
    }
    assert_eq!(engine.journal().entries.len(), before, "nothing was asked for");
    assert_eq!(said(&mut engine, "scale deploy --all --replicas=2"), "deployment.apps/web scaled\n");
    assert_eq!(said(&mut engine, "label deploy -l app=web x=y"), "deployment.apps/web labeled\n");
    let both = "error: cannot set --all and specify resource name\n";
    assert_eq!(said(&mut engine, "scale deploy web --all --replicas=2"), both);
}

fn printed(text: &str) -> kubectl::Output {
    let mut output = kubectl::Output::default();
    output.print(kubectl::Stream::Err, text);
    output
}

#[test]
fn what_the_server_refuses_is_worded_as_kubectl_words_it() {
    let mut engine = shop();
    assert_eq!(
        said(&mut engine, "delete ns default"),
        "Error from server (Forbidden): namespaces \"default\" is forbidden: this namespace may not be deleted\n"
    );
    let patch = r#"patch deploy web --type=json -p '[{"op":"remove","path":"/spec/nope"}]'"#;
    assert_eq!(
        said(&mut engine, patch),
        "The request is invalid: the server rejected our request due to an error in our request\n"
    );
}

#[test]
fn what_is_good_of_a_file_is_applied_and_the_rest_is_refused_in_the_servers_words() {
    let mut engine = cluster();
    let file = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: one}
---
apiVersion: v1
kind: Pod
metadata: {name: bad}
spec: {containers: []}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: two}
";
    let (output, exit) = run(&mut engine, "apply -f STDIN", file);
    assert_eq!(output.of(kubectl::Stream::Out), "configmap/one created\nconfigmap/two created\n");
    let refused = "The Pod \"bad\" is invalid: spec.containers: Required value\n";
    assert_eq!((output.of(kubectl::Stream::Err).as_str(), exit), (refused, 1));
    // The manifest of a thousand tutorials.
    let file = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: \
                [{name: web, image: nginx}]}}}\n";
    let (output, _) = run(&mut engine, "apply -f STDIN", file);
    let text = output.text();
    assert!(
        text.starts_with("The Deployment \"web\" is invalid: \n* spec.selector: Required value\n"),
        "{text}"
    );
    let file = "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n";
    let said = run(&mut engine, "apply -f STDIN", file).0.text();
    assert_eq!(said, "error: from a-: cannot use generate name with apply\n");
    let said = run(&mut engine, "create -f STDIN", file).0.text();
    assert!(said.starts_with("configmap/a-") && said.ends_with(" created\n"), "{said}");
    let file = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndta: {a: b}\n";
    let said = run(&mut engine, "create -f STDIN", file).0.text();
    assert_eq!(
        said,
        "Error from server (BadRequest): error when creating \"STDIN\": ConfigMap in version \"v1\" cannot be handled \
         as a ConfigMap: strict decoding error: unknown field \"dta\"\n"
    );
}

#[test]
fn budgets_and_daemon_sets_are_described_as_kubectl_describes_them() {
    let mut engine = shop();
    let file = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: p1}\nspec: {minAvailable: 1, \
                selector: {matchLabels: {app: web}}}\n";
    run(&mut engine, "apply -f STDIN", file);
    assert!(engine.run_while(Span::secs(60), is_settled));
    let described = said(&mut engine, "describe pdb p1");
    assert_eq!(
        described,
        "Name:           p1\nNamespace:      default\nMin available:  1\nSelector:       app=web\nStatus:\n    \
         Allowed disruptions:  2\n    Current:              3\n    Desired:              1\n    \
         Total:                3\nEvents:                   <none>\n"
    );
    let file = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec: {selector: {matchLabels: {a: b}}, \
                template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: nginx}]}}}\n";
    run(&mut engine, "apply -f STDIN", file);
    assert!(engine.run_while(Span::secs(60), is_settled));
    let described = said(&mut engine, "describe ds agent");
    for line in [
        "Node-Selector:  <none>\n",
        "\nDesired Number of Nodes Scheduled: 3\nCurrent Number of Nodes Scheduled: 3\n",
        "\nNumber of Nodes Misscheduled: 0\nPods Status:  3 Running / 0 Waiting / 0 Succeeded / 0 Failed\n",
        "\nPod Template:\n",
    ] {
        assert!(described.contains(line), "{line:?} is not in\n{described}");
    }
    assert_eq!(said(&mut engine, "delete ns wire --wait=false"), "namespace \"wire\" deleted\n");
    let grace = said(&mut engine, "get ns wire -o jsonpath={.metadata.deletionGracePeriodSeconds}");
    assert_eq!(grace, "", "a namespace has none");
}

#[test]
fn a_node_is_drained_of_what_may_go() {
    let mut engine = shop();
    said(&mut engine, "run bare --image=nginx");
    assert!(engine.run_while(Span::secs(60), is_settled));
    let node = said(&mut engine, "get pod bare -o jsonpath={.spec.nodeName}");
    let (output, exit) = run(&mut engine, &format!("drain {node}"), "");
    let why =
        "cannot delete cannot delete Pods that declare no controller (use --force to override): default/bare";
    assert_eq!(
        (output.text(), exit),
        (
            format!(
                "node/{node} cordoned\nerror: unable to drain node \"{node}\" due to error: {why}, continuing \
                 command...\nThere are pending nodes to be drained:\n {node}\n{why}\n"
            ),
            1
        )
    );
    let (output, exit) = run(&mut engine, &format!("drain {node} --force"), "");
    let text = output.text();
    assert_eq!(exit, 0, "{text}");
    let begins = format!(
        "node/{node} already cordoned\nWarning: deleting Pods that declare no controller: default/bare\n\
         evicting pod default/bare\n"
    );
    assert!(text.starts_with(&begins), "{text}");
    assert!(
        text.contains("pod/bare evicted\n") && text.ends_with(&format!("node/{node} drained\n")),
        "{text}"
    );
    let left = said(&mut engine, &format!("get pods -A --field-selector spec.nodeName={node}"));
    assert_eq!(left, "No resources found\n");
}

#[test]
fn an_edit_is_sent_or_comes_back_with_what_is_wrong() {
    let mut engine = shop();
    let mut running = kubectl::parse("edit deploy/web");
    let Poll::Edit(editing) = running.poll(&mut engine, &NoFiles) else { panic!("no editor") };
    assert_eq!(editing.file, "deployment-web.yaml");
    assert!(editing.text.starts_with("# Please edit the object below."));
    let broken = editing.text.replace("  replicas: 3", "  replcas: 3");
    let Poll::Edit(again) = running.edited(&broken, &mut engine, &NoFiles) else {
        panic!("no second editor")
    };
    assert!(again.text.contains("unknown field \"spec.replcas\""), "{}", again.text);
    let refused = editing.text.replace("      app: web\n  strategy", "      app: other\n  strategy");
    let Poll::Edit(again) = running.edited(&refused, &mut engine, &NoFiles) else {
        panic!("no third editor")
    };
    assert!(
        again.text.contains("field is immutable") || again.text.contains("does not match"),
        "{}",
        again.text
    );
    let good = editing.text.replace("  replicas: 3", "  replicas: 5");
    assert_eq!(running.edited(&good, &mut engine, &NoFiles), Poll::Done(0));
    assert!(running.take_output().text().ends_with("deployment.apps/web edited\n"));
    assert_eq!(said(&mut engine, "get deploy web -o jsonpath={.spec.replicas}"), "5");
}

#[test]
fn logs_are_those_of_the_run_that_is_meant() {
    let mut engine = cluster();
    said(&mut engine, "run talker --image=busybox -- sh -c 'echo hello; sleep 3; echo bye; exit 1'");
    assert_eq!(said(&mut engine, "logs talker"), "", "a pod without a node has no log yet");
    assert!(engine.run_while(Span::secs(60), is_settled));
    assert_eq!(said(&mut engine, "logs talker"), "hello\n");
    assert_eq!(
        said(&mut engine, "logs talker --previous"),
        "Error from server (BadRequest): previous terminated container \"talker\" in pod \"talker\" not found\n"
    );
    assert_eq!(
        said(&mut engine, "logs talker -c nope"),
        "Error from server (BadRequest): container nope is not valid for pod talker\n"
    );
    assert_eq!(said(&mut engine, "logs -f talker"), "hello\nbye\n");
    engine.run_while(Span::secs(4), |_| false);
    let restarted = said(&mut engine, "get pod talker --no-headers");
    assert!(restarted.contains("1 ("), "{restarted}");
    assert_eq!(said(&mut engine, "logs talker --previous --tail=1"), "bye\n");
}

#[test]
fn words_complete_to_what_is_there() {
    let mut engine = shop();
    let name = pod(&mut engine);
    let words = |line: &str| {
        let found = complete(line, line.len(), engine.world());
        found.into_iter().map(|candidate| candidate.text).collect::<Vec<_>>()
    };
    assert_eq!(words("kubectl des"), ["describe"]);
    assert_eq!(words("get dep"), ["deploy", "deployment", "deployments"]);
    assert_eq!(
        words("get pods,serv"),
        ["pods,service", "pods,serviceaccount", "pods,serviceaccounts", "pods,services"]
    );
    assert_eq!(words(&format!("delete pod {}", &name[..name.len() - 2])), [name.as_str()]);
    assert!(words("describe pod ").contains(&name));
    assert_eq!(words("scale deploy/"), ["deploy/web"]);
    assert_eq!(words("scale "), ["deploy", "deployment", "deployments", "replicaset", "replicasets", "rs"]);
    assert_eq!(words("scale deploy web --rep"), ["--replicas"]);
    assert_eq!(words("rollout st"), ["status"]);
    assert_eq!(words("rollout status deploy "), ["web"]);
    assert_eq!(words("drain node"), ["node1", "node2", "node3"]);
    assert_eq!(words("get pods -n wi"), ["wire"]);
    assert_eq!(words("get pods -n wire web"), [""; 0]);
    assert_eq!(words("get pods -o wi"), ["wide"]);
    assert_eq!(words("get pods -l app"), ["app=web"]);
    assert_eq!(words("delete pod x --cascade=f"), ["--cascade=foreground"]);
    assert_eq!(words("set image deploy/web "), ["nginx="]);
    assert!(words("explain deployment.spec.str").contains(&"deployment.spec.strategy".to_owned()));
    let about = complete("get po", 6, engine.world());
    assert!(about.iter().any(|candidate| candidate.text == "pods" && candidate.description == "Pod"));
}

#[test]
fn a_line_below_says_what_a_command_will_do() {
    let mut engine = shop();
    let name = pod(&mut engine);
    for (line, text) in [
        ("scale deploy/web --replicas=5", "will add 2 pods to deployment.apps/web"),
        ("kubectl scale deploy web --replicas=2", "will take 1 pod away from deployment.apps/web"),
        ("scale deploy/web --replicas=3", "deployment.apps/web wants 3 pods already: nothing happens"),
        (&format!("delete pod {name}"), &format!("will delete pod/{name}; its ReplicaSet makes a new one")),
        ("delete deploy web", "will delete deployment.apps/web; its ReplicaSets and pods go too"),
        ("delete deploy web --cascade=orphan", "will delete deployment.apps/web; what it owns stays"),
        ("delete pod nope", "Error from server (NotFound): pods \"nope\" not found"),
        ("cordon node1", "will keep new pods away from node/node1; those there stay"),
        ("rollout restart deploy/web", "will replace all pods, a few at a time: deployment.apps/web"),
        (
            "set image deploy/web nginx=nginx:1.29",
            "will change the image of deployment.apps/web: its pods are replaced, a few at a time",
        ),
        ("get pods -A", "will list pods in all namespaces"),
        ("gat pods", "unknown command \"gat\" for \"kubectl\""),
        ("", "type a kubectl command, such as get pods"),
    ] {
        assert_eq!(preview(line, engine.world()), text, "{line}");
    }
}
