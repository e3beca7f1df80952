use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::apiserver::{Cause, Status};
use crate::object::Kind;

fn only_problem(text: &str) -> Diagnostic {
    let mut problems = parse("web.yaml", text).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

fn brief(text: &str) -> String {
    let problem = only_problem(text);
    format!("{}:{} {}", problem.line, problem.column, problem.message)
}

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: nginx:1.27
        ports: [{containerPort: 80}]
";

#[test]
fn an_unknown_field_is_shown_in_its_line() {
    let problem = only_problem(&WEB.replace("replicas", "replcas"));
    insta::assert_snapshot!(problem.to_string(), @r#"
    web.yaml:6:3: error: unknown field "spec.replcas"
      |
    6 |   replcas: 3
      |   ^^^^^^^ did you mean `replicas`?
      |
      = note: field: spec.replcas
    "#);
    assert_eq!(problem.fix.unwrap().apply(&WEB.replace("replicas", "replcas")), WEB);
}

#[test]
fn a_field_in_the_wrong_group_is_told_where_it_belongs() {
    let text = WEB.replace(
        "      labels: {app: web}",
        "      labels: {app: web}\n      terminationGracePeriodSeconds: 5",
    );
    let problem = only_problem(&text);
    assert_eq!(problem.place(), "web.yaml:12:7");
    insta::assert_snapshot!(problem.help.unwrap(), @"there is a field spec.template.spec.terminationGracePeriodSeconds: is the indentation of this line right?");
    let problem =
        only_problem(&WEB.replace("        image: nginx", "        colour: red\n        image: nginx"));
    assert!(problem.help.unwrap().starts_with("fields here: args, command, env"));
}

#[test]
fn wrong_types_say_what_belongs_there() {
    let problem = only_problem(&WEB.replace("replicas: 3", "replicas: three"));
    insta::assert_snapshot!(problem.to_string(), @r#"
    web.yaml:6:13: error: spec.replicas must be a whole number, not the text "three"
      |
    6 |   replicas: three
      |             ^^^^^
      |
      = note: field: spec.replicas
    "#);
    let quoted = only_problem(&WEB.replace("replicas: 3", "replicas: \"3\""));
    assert_eq!(quoted.fix.as_ref().unwrap().text, "3");
    let label = only_problem(&WEB.replace("name: web\nspec", "name: web\n  labels: {tier: yes}\nspec"));
    insta::assert_snapshot!(label.to_string(), @r#"
    web.yaml:5:18: error: metadata.labels.tier must be text, not true
      |
    5 |   labels: {tier: yes}
      |                  ^^^
      |
      = note: field: metadata.labels.tier
      = help: YAML reads yes as true; in quotes it is text: "yes"
    "#);
    let map = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n    name: c\n    image: nginx\n";
    assert_eq!(brief(map), "6:5 spec.containers must be a list, not a group of fields");
    let port = WEB.replace("containerPort: 80", "containerPort: http");
    assert_eq!(
        brief(&port),
        "16:33 spec.template.spec.containers[0].ports[0].containerPort must be a whole number, not the text \"http\""
    );
}

#[test]
fn syntax_errors_and_double_keys() {
    assert_eq!(brief(&WEB.replace("  replicas: 3", "\treplicas: 3")), "6:1 a tab in the indentation");
    assert_eq!(
        brief(&WEB.replace("  replicas: 3", "  replicas: 3\n  replicas: 4")),
        "7:3 key \"replicas\" already set in map"
    );
    let problem = only_problem(&WEB.replace("kind: Deployment", "kind: Deployment: x"));
    insta::assert_snapshot!(problem.to_string(), @r"
    web.yaml:2:17: error: mapping values are not allowed in this context
      |
    2 | kind: Deployment: x
      |                 ^
      |
      = help: a `:` too much? Put text that holds `: ` in quotes, and check the indentation of this line
    ");
}

#[test]
fn unknown_kinds_and_versions_name_the_near_ones() {
    let problem = only_problem(&WEB.replace("Deployment", "Deploymnet"));
    assert_eq!(problem.message, "no matches for kind \"Deploymnet\" in version \"apps/v1\"");
    assert_eq!(problem.did_you_mean.as_deref(), Some("Deployment"));
    let problem = only_problem(&WEB.replace("apps/v1", "extensions/v1beta1"));
    assert_eq!((problem.place(), problem.fix.unwrap().text), ("web.yaml:1:13".into(), "apps/v1".into()));
    assert_eq!(brief(&WEB.replace("kind: Deployment\n", "")), "1:1 Object 'Kind' is missing");
    assert_eq!(brief(&WEB.replace("kind: Dep", "Kind: Dep")), "2:1 Object 'Kind' is missing");
    assert_eq!(brief("just text\n"), "1:1 an object must start with `apiVersion:` and `kind:`");
}

#[test]
fn what_is_missing_is_said_as_the_server_says_it() {
    let message = |text: &str| only_problem(text).message;
    assert_eq!(
        message("apiVersion: v1\nkind: Pod\nmetadata: {}\nspec: {containers: [{name: c, image: nginx}]}\n"),
        "Pod \"\" is invalid: metadata.name: Required value: name or generateName is required"
    );
    assert_eq!(
        message("apiVersion: v1\nkind: Pod\nmetadata: {name: p1}\nspec: {}\n"),
        "Pod \"p1\" is invalid: spec.containers: Required value"
    );
    assert_eq!(
        message("apiVersion: v1\nkind: Pod\nmetadata: {name: p3}\nspec: {containers: [{image: nginx}]}\n"),
        "Pod \"p3\" is invalid: spec.containers[0].name: Required value"
    );
    assert_eq!(
        message("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: p4}\n"),
        "Deployment.apps \"p4\" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Invalid \
         value: null: `selector` does not match template `labels`, spec.template.spec.containers: Required value]"
    );
}

/// The manifest that many tutorials print.
#[test]
fn a_deployment_without_selector_gets_the_refusal_and_the_fix() {
    let tutorial = "# from a blog
apiVersion: apps/v1
kind: Deployment
metadata:
  name: login
spec:
  replicas: 3
  # the pods
  template:
    spec:
      containers:
      - name: login # the only one
        image: pizza/login:1.2.3
";
    let problem = only_problem(tutorial);
    insta::assert_snapshot!(problem.to_string(), @r#"
    web.yaml:6:1: error: Deployment.apps "login" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`]
      |
    6 | spec:
      | ^^^^
      |
      = note: field: spec.selector
      = help: a Deployment finds its pods by labels: spec.selector must name labels that spec.template.metadata.labels has
    "#);
    let fixed = problem.fix.unwrap().apply(tutorial);
    insta::assert_snapshot!(fixed, @r"
    # from a blog
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: login
    spec:
      replicas: 3
      selector:
        matchLabels:
          app: login
      # the pods
      template:
        metadata:
          labels:
            app: login
        spec:
          containers:
          - name: login # the only one
            image: pizza/login:1.2.3
    ");
    assert!(parse("web.yaml", &fixed).is_ok());

    let labelled = WEB.replace("  selector:\n    matchLabels: {app: web}\n", "");
    let problem = only_problem(&labelled);
    assert_eq!(
        problem.message,
        "Deployment.apps \"web\" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Invalid \
         value: {\"app\":\"web\"}: `selector` does not match template `labels`]"
    );
    assert!(parse("web.yaml", &problem.fix.unwrap().apply(&labelled)).is_ok());

    let other = WEB.replace("labels: {app: web}", "labels: {app: other, tier: front}");
    let problem = only_problem(&other);
    assert_eq!(problem.place(), "web.yaml:11:7");
    let fixed = problem.fix.unwrap().apply(&other);
    assert!(fixed.contains("labels: {app: web, tier: front}"), "{fixed}");
}

#[test]
fn refusals_of_the_server_are_shown_in_the_file() {
    let document = parse("web.yaml", WEB).unwrap().remove(0);
    let cause = |field: &str, message: &str| Cause {
        reason: "x".into(),
        message: message.into(),
        field: field.into(),
    };
    let status = Status::invalid(
        Kind::Deployment,
        "web",
        vec![cause("spec.template.spec.containers[0].image", "bad")],
    );
    assert_eq!(refusal(&document, &status).place(), "web.yaml:15:9");
    let status = Status::bad_request(
        "strict decoding error: unknown field \"spec.template.spec.containers[0].ports[0].x\"",
    );
    assert_eq!(refusal(&document, &status).place(), "web.yaml:16:17");
    assert_eq!(document.locate("spec.replicas"), (6, 3));
}

#[test]
fn files_hold_many_documents_and_lists() {
    let config = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
    let text = format!("---\n# nothing\n---\n{}---\n{}", config("a"), config("b"));
    let names: Vec<String> =
        parse("x.yaml", &text).unwrap().iter().map(|document| document.object_ref().to_string()).collect();
    assert_eq!(names, ["ConfigMap/default/a", "ConfigMap/default/b"]);
    let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata: {name: shop}\n- \
                apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: c, namespace: shop}\n  data: {a: \"1\"}\n";
    let documents = parse("x.yaml", list).unwrap();
    assert_eq!(documents[0].object_ref().to_string(), "Namespace/shop");
    assert_eq!(documents[1].object_ref().to_string(), "ConfigMap/shop/c");
    assert_eq!(documents[1].locate("data.a"), (10, 10));
    assert_eq!(parse("x.yaml", "").unwrap(), []);
    let json = "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"j\"}}";
    assert_eq!(parse("x.json", json).unwrap()[0].name, "j");
}

#[test]
fn octal_modes_are_numbers() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, image: nginx, tty: yes}]\n  \
                volumes: [{name: v, configMap: {name: c, defaultMode: 0644}}]\n";
    let value = &parse("p.yaml", text).unwrap()[0].value;
    assert_eq!(value["spec"]["volumes"][0]["configMap"]["defaultMode"], 420);
    assert_eq!(value["spec"]["containers"][0]["tty"], true);
}

#[test]
fn the_pizza_shop_is_valid() {
    let documents: Vec<Document> =
        pizza().iter().flat_map(|(file, text)| parse(file, text).unwrap()).collect();
    assert_eq!(documents.len(), 6);
    let replicas = |name: &str| {
        let deployment =
            documents.iter().find(|document| document.name == name && document.kind == Kind::Deployment);
        deployment.unwrap().value["spec"]["replicas"].clone()
    };
    assert_eq!(
        (replicas("login"), replicas("payment"), replicas("delivery")),
        (json!(3), json!(2), json!(1))
    );
}

fn folder(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
}

/// A plan in short: one word per step.
fn told(steps: &[PlanStep]) -> Vec<String> {
    steps
        .iter()
        .map(|step| match step {
            PlanStep::Apply { document, changes: None, title } => {
                format!("new {} ({title})", document.object_ref())
            }
            PlanStep::Apply { document, changes: Some(changes), .. } => {
                let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
                format!("changed {}: {}", document.object_ref(), changes.join("; "))
            }
            PlanStep::Broken { file, problems, kept } => {
                format!("broken {file}, {} problems, {kept} kept", problems.len())
            }
            PlanStep::Repaired { file } => format!("repaired {file}"),
            PlanStep::Waiting { file } => format!("waiting {file}"),
            PlanStep::Prune { object, title, .. } => format!("prune {object} ({title})"),
        })
        .collect()
}

#[test]
fn a_bad_save_keeps_the_last_good_version() {
    let mut state = Folder::new();
    assert_eq!(
        told(&state.update(&folder(&[("web.yaml", WEB)]))),
        ["new Deployment/default/web (web.yaml is applied at the start)"]
    );
    assert_eq!(told(&state.update(&folder(&[("web.yaml", WEB)]))), [""; 0]);
    let bad = WEB.replace("replicas", "replcas");
    assert_eq!(told(&state.update(&folder(&[("web.yaml", &bad)]))), ["broken web.yaml, 1 problems, 1 kept"]);
    assert_eq!(state.problems().count(), 1);
    let good = WEB.replace("replicas: 3", "replicas: 5");
    assert_eq!(
        told(&state.update(&folder(&[("web.yaml", &good)]))),
        ["repaired web.yaml", "changed Deployment/default/web: spec.replicas: 3 -> 5"]
    );
    // A comment is no change.
    assert_eq!(told(&state.update(&folder(&[("web.yaml", &format!("# hello\n{good}"))]))), [""; 0]);
}

#[test]
fn an_empty_file_counts_only_when_it_stays_empty() {
    let mut state = Folder::new();
    state.update(&folder(&[("web.yaml", WEB)]));
    assert_eq!(told(&state.update(&folder(&[("web.yaml", "\n")]))), ["waiting web.yaml"]);
    assert_eq!(told(&state.update(&folder(&[("web.yaml", WEB)]))), [""; 0]);
    state.update(&folder(&[("web.yaml", "")]));
    assert_eq!(
        told(&state.update(&folder(&[("web.yaml", "")]))),
        ["prune Deployment/default/web (you saved web.yaml)"]
    );
    assert_eq!(told(&state.update(&folder(&[("web.yaml", "")]))), [""; 0]);
}

#[test]
fn objects_come_in_the_order_they_need_and_go_only_on_request() {
    let shop = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";
    let mut state = Folder::new();
    state.update(&folder(&[]));
    let files = [("a.yaml", WEB), ("b.yaml", config), ("z.yaml", shop)];
    assert_eq!(
        told(&state.update(&folder(&files))),
        [
            "new Namespace/shop (you saved z.yaml)",
            "new ConfigMap/default/c (you saved b.yaml)",
            "new Deployment/default/web (you saved a.yaml)"
        ]
    );
    // An object that moves to another file stays.
    let moved = format!("{WEB}---\n{config}");
    assert_eq!(told(&state.update(&folder(&[("a.yaml", &moved), ("z.yaml", shop)]))), [""; 0]);
    assert_eq!(
        told(&state.update(&folder(&[("z.yaml", shop)]))),
        [
            "prune Deployment/default/web (you deleted a.yaml)",
            "prune ConfigMap/default/c (you deleted a.yaml)"
        ]
    );
}

#[test]
fn an_object_belongs_to_one_file() {
    let mut state = Folder::new();
    state.update(&folder(&[("b.yaml", WEB)]));
    let steps = state.update(&folder(&[("a.yaml", WEB), ("b.yaml", WEB)]));
    assert_eq!(told(&steps), ["broken a.yaml, 1 problems, 0 kept"]);
    let problem = state.problems().next().unwrap();
    assert_eq!(problem.message, "Deployment/default/web is described twice: also in b.yaml:4:3");
    assert_eq!(problem.place(), "a.yaml:4:3");
}

const COMMENTED: &str = "# the shop
apiVersion: apps/v1
kind: Deployment
metadata: {name: login} # its name
spec:
  replicas: 3   # not enough
  # what runs
  template:
    spec:
      containers:
        - name: login
          image: 'pizza/login:1.2.3' # pinned

          env: [{name: A, value: \"1\"}]
        - name: proxy
          image: proxy:1
      nodeSelector:
---
kind: Service
metadata:
  name: login
";

fn edited(path: &str, value: Value) -> String {
    let text = edit::set_field(COMMENTED, "Deployment/login", path, &value).unwrap();
    let old: Vec<&str> = COMMENTED.lines().collect();
    let new: Vec<&str> = text.lines().collect();
    let added: Vec<&str> = new.iter().filter(|line| !old.contains(line)).copied().collect();
    assert!(new.len() >= old.len(), "lines were lost");
    added.join("\n")
}

#[test]
fn an_edit_changes_one_value_and_keeps_the_rest() {
    let container = "spec.template.spec.containers[0]";
    assert_eq!(edited("spec.replicas", json!(5)), "  replicas: 5   # not enough");
    assert_eq!(edited(&format!("{container}.image"), json!("x:2")), "          image: 'x:2' # pinned");
    assert_eq!(edited("spec.template.spec.containers[proxy].image", json!("p:2")), "          image: p:2");
    assert_eq!(
        edited(&format!("{container}.env[0].value"), json!("two")),
        "          env: [{name: A, value: \"two\"}]"
    );
    assert_eq!(
        edited("metadata.labels.app", json!("login")),
        "metadata: {name: login, labels: {\"app\":\"login\"}} # its name"
    );
}

#[test]
fn an_edit_puts_missing_fields_where_they_belong() {
    assert_eq!(
        edited("spec.selector.matchLabels.app", json!("login")),
        "  selector:\n    matchLabels:\n      app: login"
    );
    assert_eq!(
        edited("spec.template.spec.containers[1].resources.requests.cpu", json!("100m")),
        "          resources:\n            requests:\n              cpu: 100m"
    );
    assert_eq!(
        edited("spec.template.spec.containers[2]", json!({"name": "new", "args": ["yes", "-v"]})),
        "        - name: new\n          args:\n            - \"yes\"\n            - \"-v\""
    );
    assert_eq!(
        edited("spec.template.spec.containers[0].env[1]", json!({"name": "B"})),
        "          env: [{name: A, value: \"1\"}, {\"name\":\"B\"}]"
    );
    assert_eq!(edited("spec.template.spec.nodeSelector.disk", json!("ssd")), "        disk: ssd");
    assert_eq!(edited("spec.template.spec.nodeSelector", json!({"disk": "ssd"})), "        disk: ssd");
    let selected = edit::set_field(COMMENTED, "Service/login", "spec.ports[0].port", &json!(80)).unwrap();
    assert!(selected.ends_with("  name: login\nspec:\n  ports:\n    - port: 80\n"), "{selected}");
    let refused = edit::set_field(COMMENTED, "Deployment/nope", "spec", &json!(1)).unwrap_err();
    assert_eq!(refused.help.unwrap(), "there are: Deployment/login, Service/login");
    let refused = edit::set_field(COMMENTED, "Deployment/login", "spec.replicas.x", &json!(1)).unwrap_err();
    assert_eq!(refused.message, "spec.replicas has no x");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_parses_or_is_refused(text in "[a-z:\\-{}\\[\\]&*!|>'\"# \t\n0-9ü~]{0,80}") {
        for problem in parse("x.yaml", &text).err().into_iter().flatten() {
            problem.render(false);
        }
    }

    /// A good file with a piece cut out or doubled: nothing panics, and every offered fix can be applied.
    #[test]
    fn damaged_manifests_are_refused_politely(from in 0..400usize, length in 0..40usize, doubled: bool) {
        let letters: Vec<char> = WEB.chars().collect();
        let from = from.min(letters.len());
        let to = (from + length).min(letters.len());
        let middle = if doubled { letters[from..to].repeat(2) } else { Vec::new() };
        let text: String = letters[..from].iter().chain(&middle).chain(&letters[to..]).collect();
        for problem in parse("x.yaml", &text).err().into_iter().flatten() {
            problem.render(true);
            if let Some(fix) = problem.fix {
                fix.apply(&text);
            }
        }
    }

    /// What an edit sets is what is read afterwards.
    #[test]
    fn an_edit_reads_back(word in "[a-z0-9:.'\" #,{}é-]{1,12}", path in 0..6usize) {
        let path = ["spec.replicas", "spec.template.spec.containers[0].image", "metadata.labels.x",
            "spec.template.spec.containers[0].env[0].value", "spec.new.deep[0].one", "spec.template.spec.nodeSelector.a"][path];
        let text = edit::set_field(COMMENTED, "Deployment/login", path, &json!(word));
        let text = text.map_err(|problem| TestCaseError::fail(problem.to_string()))?;
        let again = edit::set_field(&text, "Deployment/login", path, &json!(word)).unwrap();
        prop_assert_eq!(again, text);
    }
}
