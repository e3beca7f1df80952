use serde_json::json;

use super::*;

fn pod(patch: Value, live: Value) -> Result<Value, Status> {
    apply(Kind::Pod, &live, &Patch::Strategic(patch))
}

fn recorded() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../tests/recorded/kubectl-patches.json")).unwrap()
}

/// What the real API server made of kubectl's patches.
#[test]
fn recorded_patches_give_the_recorded_objects() {
    let mut tried = 0;
    for case in recorded() {
        if case["method"] != "PATCH" || case["status"] != 200 {
            continue;
        }
        let sent = case["sent"].clone();
        let patch = match case["content_type"].as_str().unwrap() {
            "application/strategic-merge-patch+json" => Patch::Strategic(sent),
            "application/merge-patch+json" => Patch::Merge(sent),
            _ => Patch::Json(sent),
        };
        let kind = Kind::from_name(case["live"]["kind"].as_str().unwrap()).unwrap();
        let patched = apply(kind, &case["live"], &patch).unwrap();
        assert_eq!(patched["spec"], case["answer"]["spec"], "{}", case["name"]);
        assert_eq!(patched["metadata"]["labels"], case["answer"]["metadata"]["labels"], "{}", case["name"]);
        tried += 1;
    }
    assert!(tried >= 6, "only {tried} recordings");
}

#[test]
fn a_patch_that_makes_no_object_is_refused_as_recorded() {
    let case = recorded().into_iter().find(|case| case["name"] == "apply-unknown-field").unwrap();
    let patch = Patch::Strategic(case["sent"].clone());
    let why = "strict decoding error: unknown field \"spec.replcas\"";
    let status = undecodable(Kind::Deployment, &case["live"], &patch, why);
    assert_eq!(status.message, case["answer"]["message"].as_str().unwrap());
    let status = undecodable(Kind::Deployment, &json!({"b": "<"}), &Patch::Merge(json!({"a": 1})), "x");
    assert_eq!(status.message, r#" "" is invalid: patch: Invalid value: "{\"a\":1,\"b\":\"\\u003c\"}": x"#);
}

#[test]
fn lists_merge_by_their_key_and_others_are_replaced() {
    let live = json!({"spec": {
        "containers": [
            {"name": "a", "image": "x:1", "args": ["1", "2"], "ports": [{"containerPort": 80, "protocol": "TCP"}]},
            {"name": "b", "image": "y:1"}],
        "tolerations": [{"key": "one"}]}});
    let patched = pod(
        json!({"spec": {
            "containers": [
                {"name": "a", "args": ["3"], "ports": [{"containerPort": 80, "name": "http"}]},
                {"name": "c", "image": "z:1", "tty": null}],
            "tolerations": [{"key": "two"}]}}),
        live,
    );
    assert_eq!(
        patched.unwrap(),
        json!({"spec": {
            "containers": [
                {"name": "a", "image": "x:1", "args": ["3"],
                 "ports": [{"containerPort": 80, "protocol": "TCP", "name": "http"}]},
                // Without an order, what the patch brings goes before what only the server has.
                {"name": "c", "image": "z:1"},
                {"name": "b", "image": "y:1"}],
            "tolerations": [{"key": "two"}]}})
    );
}

#[test]
fn directives_delete_and_replace() {
    let live =
        || json!({"spec": {"nodeSelector": {"disk": "ssd"}, "containers": [{"name": "a"}, {"name": "b"}]}});
    let containers = |patch: Value| {
        pod(json!({"spec": {"containers": patch}}), live()).unwrap()["spec"]["containers"].clone()
    };
    assert_eq!(containers(json!([{"name": "a", "$patch": "delete"}])), json!([{"name": "b"}]));
    assert_eq!(containers(json!([{"name": "c"}, {"$patch": "replace"}])), json!([{"name": "c"}]));
    let node_selector = |patch: Value| {
        pod(json!({"spec": {"nodeSelector": patch}}), live()).unwrap()["spec"]["nodeSelector"].clone()
    };
    assert_eq!(node_selector(json!({"$patch": "replace", "zone": "a"})), json!({"zone": "a"}));
    assert_eq!(node_selector(json!({"$patch": "delete"})), json!({}));
    assert_eq!(node_selector(json!({"disk": null})), json!({}));
}

#[test]
fn plain_values_merge_and_leave() {
    let live = || json!({"metadata": {"finalizers": ["a", "b"]}});
    let finalizers =
        |patch: Value| pod(json!({"metadata": patch}), live()).unwrap()["metadata"]["finalizers"].clone();
    assert_eq!(finalizers(json!({"finalizers": ["b", "c"]})), json!(["a", "b", "c"]));
    assert_eq!(finalizers(json!({"$deleteFromPrimitiveList/finalizers": ["a"]})), json!(["b"]));
    assert_eq!(
        finalizers(json!({"finalizers": ["c"], "$setElementOrder/finalizers": ["c", "b", "a"]})),
        json!(["c", "b", "a"])
    );
    assert_eq!(finalizers(json!({"finalizers": null})), Value::Null);
}

#[test]
fn items_of_the_server_keep_their_place() {
    let live = json!({"spec": {"containers": [{"name": "a"}, {"name": "proxy"}, {"name": "b"}]}});
    let patch = json!({"spec": {
        "$setElementOrder/containers": [{"name": "b"}, {"name": "a"}, {"name": "new"}],
        "containers": [{"name": "new"}]}});
    let patched = pod(patch, live).unwrap();
    let names: Vec<&str> = patched["spec"]["containers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["proxy", "b", "a", "new"]);
}

#[test]
fn retain_keys_drops_the_other_alternative() {
    let live = json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}});
    let patch = json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}});
    let patched = apply(Kind::Deployment, &live, &Patch::Strategic(patch)).unwrap();
    assert_eq!(patched["spec"]["strategy"], json!({"type": "Recreate"}));
}

#[test]
fn bad_patches_are_refused_in_the_words_of_the_server() {
    let live = || json!({"spec": {"containers": [{"name": "a"}]}});
    let refused = |patch: Value| {
        let status = pod(patch, live()).unwrap_err();
        format!("{} {}", status.code, status.message)
    };
    assert_eq!(
        refused(json!({"spec": {"containers": [{"image": "x"}]}})),
        "500 map: map[image:x] does not contain declared merge key: name"
    );
    assert_eq!(
        refused(json!({"spec": {"$patch": "no"}})),
        "500 unknown patch type: no in map: map[$patch:no]"
    );
    assert_eq!(refused(json!({"spec": {"$retainKeys": 1}})), "400 invalid patch format of retainKeys");
    assert_eq!(
        refused(json!([])),
        "400 json: cannot unmarshal array into Go value of type map[string]interface {}"
    );
    let json = |operations: Value| {
        let status = apply(Kind::Pod, &live(), &Patch::Json(operations)).unwrap_err();
        format!("{} {}", status.code, status.message)
    };
    let no_reason = "422 the server rejected our request due to an error in our request";
    assert_eq!(json(json!([{"op": "remove", "path": "/spec/nope"}])), no_reason);
    assert_eq!(json(json!([{"op": "jump", "path": "/spec"}])), no_reason);
    assert_eq!(json(json!({})), "400 json: cannot unmarshal object into Go value of type jsonpatch.Patch");
}

/// `kubectl apply`, from file text before and after to the live object.
fn applied(kind: Kind, original: &Value, modified: &Value, live: &Value) -> (Value, Value) {
    let patch = three_way(kind, Some(original), modified, live).unwrap();
    let patched = apply(kind, live, &Patch::Strategic(patch.clone())).unwrap();
    (patch, patched)
}

#[test]
fn only_what_left_the_file_is_removed() {
    let original = json!({"metadata": {"labels": {"app": "web", "old": "1"}}, "spec": {"replicas": 3}});
    let modified = json!({"metadata": {"labels": {"app": "web"}}, "spec": {}});
    let live = json!({"metadata": {"labels": {"app": "web", "old": "1", "theirs": "2"}},
        "spec": {"replicas": 5, "paused": true}});
    let (patch, patched) = applied(Kind::Deployment, &original, &modified, &live);
    assert_eq!(patch, json!({"metadata": {"labels": {"old": null}}, "spec": {"replicas": null}}));
    assert_eq!(
        patched,
        json!({"metadata": {"labels": {"app": "web", "theirs": "2"}}, "spec": {"paused": true}})
    );
    assert_eq!(three_way(Kind::Deployment, None, &modified, &live).unwrap(), json!({}));
}

#[test]
fn an_item_that_left_the_file_is_deleted_by_key() {
    let container = |name: &str, env: Value| json!({"name": name, "env": env});
    let pods = |containers: Value| json!({"spec": {"containers": containers}});
    let both = json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]);
    let original = pods(json!([container("a", both.clone()), container("gone", json!([]))]));
    let modified = pods(json!([container("a", json!([{"name": "B", "value": "3"}]))]));
    let live =
        pods(json!([container("a", both), container("gone", json!([])), container("proxy", json!([]))]));
    let (patch, patched) = applied(Kind::Pod, &original, &modified, &live);
    assert_eq!(
        patch,
        pods(json!([
            {"name": "a", "$setElementOrder/env": [{"name": "B"}],
             "env": [{"name": "B", "value": "3"}, {"name": "A", "$patch": "delete"}]},
            {"name": "gone", "$patch": "delete"}]))
        .as_object()
        .map(|fields| {
            let mut spec = fields["spec"].clone();
            spec["$setElementOrder/containers"] = json!([{"name": "a"}]);
            json!({ "spec": spec })
        })
        .unwrap()
    );
    assert_eq!(
        patched,
        pods(json!([container("a", json!([{"name": "B", "value": "3"}])), container("proxy", json!([]))]))
    );
}

#[test]
fn a_changed_alternative_retains_its_keys() {
    let strategy = |strategy: Value| json!({"spec": {"strategy": strategy}});
    let rolling = strategy(json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}));
    let (patch, patched) =
        applied(Kind::Deployment, &rolling, &strategy(json!({"type": "Recreate"})), &rolling);
    assert_eq!(patch["spec"]["strategy"]["$retainKeys"], json!(["type"]));
    assert_eq!(patched, strategy(json!({"type": "Recreate"})));
}

#[test]
fn finalizers_that_left_the_file_are_taken_out() {
    let meta = |finalizers: Value| json!({"metadata": {"finalizers": finalizers}});
    let (patch, patched) =
        applied(Kind::Pod, &meta(json!(["a", "b"])), &meta(json!(["b"])), &meta(json!(["a", "b", "c"])));
    assert_eq!(patch["metadata"]["$deleteFromPrimitiveList/finalizers"], json!(["a"]));
    assert_eq!(patched, meta(json!(["b", "c"])));
}

mod law {
    use proptest::prelude::*;

    use super::*;

    fn containers() -> impl Strategy<Value = Value> {
        let env = proptest::collection::btree_map("[A-D]", "[0-3]", 0..4).prop_map(|env| {
            env.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
        });
        let container = ("[x-z]", env, proptest::option::of("[0-2]")).prop_map(
            |(image, env, tag): (String, Vec<Value>, Option<String>)| match tag {
                Some(tag) => json!({"image": image, "env": env, "workingDir": tag}),
                None => json!({"image": image, "env": env}),
            },
        );
        proptest::collection::btree_map("[a-d]", container, 1..4).prop_map(|containers| {
            let containers: Vec<Value> = containers
                .into_iter()
                .map(|(name, mut container)| {
                    container["name"] = name.into();
                    container
                })
                .collect();
            json!({"metadata": {"finalizers": ["f"]}, "spec": {"containers": containers}})
        })
    }

    proptest! {
        /// Applying a file over what was applied before gives exactly the file, and then nothing is to do.
        #[test]
        fn apply_reaches_the_file(before in containers(), after in containers()) {
            let (_, patched) = applied(Kind::Pod, &before, &after, &before);
            // An emptied list stays as an empty list or goes; both are the same object.
            let text = |value: &Value| go_text::encode(value).replace(",\"env\":[]", "").replace("\"env\":[],", "");
            prop_assert_eq!(text(&patched), text(&after));
            let again = three_way(Kind::Pod, Some(&after), &after, &patched).unwrap();
            prop_assert_eq!(again, json!({}));
        }
    }
}
