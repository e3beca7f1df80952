//! Commands that are requests to the API server, with or without a cluster around it.
//!
//! ```text
//! apply 'YAML'                        as client-side kubectl apply
//! create 'YAML'                       POST; replace 'YAML' [sub=status]: PUT
//! patch KIND/NAME 'PATCH' [type=strategic|merge|json] [sub=status|scale] [dry-run=true]
//! status KIND/NAME 'FIELDS'           a merge patch of the status
//! scale KIND/NAME N                   PUT of the scale subresource
//! image KIND/NAME IMAGE               of the first container of the template
//! label KIND/NAME key=value key=      also annotate
//! taint NODE "key=value:Effect"       with a minus at the end it is taken away; cordon NODE, uncordon NODE
//! delete KIND/NAME [grace=] [propagation=] [uid=] [rv=]
//! delete KINDS [labels=] [fields=] [namespace=]
//! bind POD NODE [uid=], evict POD [grace=] [uid=] [rv=]
//! get KIND/NAME [FIELD...]            without fields: the whole object
//! list KINDS [labels=] [fields=] [namespace=|all] [show="FIELD FIELD"]
//! conditions KIND/NAME, events [KIND/NAME], containers POD
//! ```
//!
//! An object is named `KIND/NAME` or `KIND/NAMESPACE/NAME`. A made-up name may be given as it is printed:
//! `pod/web-v1-*` is the first living pod of that name.

use goldenscript::Command;
use kubeloop::apiserver::{Answer, Call, DeleteOptions, Patch, Propagation, Reply, Status, Sub, decode};
use kubeloop::manifests::{self, apply::ApplyAction};
use kubeloop::object::{Key, Kind, Object, ObjectRef, is_terminating, revision};
use serde_json::{Value, json};

use crate::args::{Args, Printed, kind};
use crate::fields::{at, plain};
use crate::names::Names;

/// An API server that can be asked.
pub trait Door {
    /// Asks; `title` says what that is in words.
    fn ask(&mut self, title: &str, call: Call) -> Answer;
    /// The objects of a kind.
    fn every(&self, kind: Kind) -> Vec<Object>;
}

/// A request of somebody, carried out.
pub struct Requests<'a> {
    pub door: &'a mut dyn Door,
    pub names: &'a mut Names,
}

impl Requests<'_> {
    /// Carries out a command; none if it is no request.
    pub fn run(&mut self, command: &Command) -> Option<Printed> {
        let mut args = Args::of(command);
        let done = match command.name.as_str() {
            "apply" => self.apply(&mut args),
            "create" => self.create(&mut args),
            "replace" => self.replace(&mut args),
            "patch" => self.patch(&mut args),
            "status" => self.status(&mut args),
            "scale" => self.scale(&mut args),
            "image" => self.image(&mut args),
            "label" => self.label(&mut args, "labels"),
            "annotate" => self.label(&mut args, "annotations"),
            "taint" => self.taint(&mut args),
            "cordon" => self.cordon(&mut args, true),
            "uncordon" => self.cordon(&mut args, false),
            "delete" => self.delete(&mut args),
            "bind" => self.bind(&mut args),
            "evict" => self.evict(&mut args),
            "get" => self.get(&mut args),
            "list" => self.list(&mut args),
            "conditions" => self.conditions(&mut args),
            "events" => self.events(&mut args),
            "containers" => self.containers(&mut args),
            _ => return None,
        };
        let done = done.and_then(|printed| args.end().map(|()| printed));
        Some(done.map(|printed| self.names.anonymous(&printed)).map_err(|error| {
            let text = self.names.anonymous(&error.to_string());
            text.into()
        }))
    }

    /// The object that a word means.
    pub fn target(&mut self, word: &str) -> Printed<ObjectRef> {
        let parts: Vec<&str> = word.split('/').collect();
        let (kind, namespace, name) = match parts[..] {
            [word, name] => (kind(word)?, "default", name),
            [word, namespace, name] => (kind(word)?, namespace, name),
            _ => return Err(format!("{word} is no object: KIND/NAME").into()),
        };
        let namespace = if kind.is_namespaced() { namespace } else { "" };
        let target = ObjectRef::new(kind, Key::new(namespace, name));
        let mut all = self.door.every(kind);
        if all.iter().any(|object| object.reference() == target) {
            return Ok(target);
        }
        all.retain(|object| object.key().namespace == namespace && !is_terminating(object.meta()));
        all.sort_by_key(|object| revision(object.meta()));
        let alike = all.iter().find(|object| self.names.anonymous(&object.key().name) == name);
        Ok(alike.map_or(target, Object::reference))
    }

    fn ask(&mut self, title: &str, call: Call) -> Printed<Reply> {
        self.door.ask(title, call).map_err(|status| refusal(&status).into())
    }

    fn apply(&mut self, args: &mut Args<'_>) -> Printed {
        let text = args.next("manifest")?;
        let documents = manifests::parse("manifest", text).map_err(|problems| {
            problems.iter().map(|problem| problem.render(false)).collect::<Vec<_>>().join("\n")
        })?;
        let mut printed = String::new();
        for document in documents {
            let target = document.object_ref();
            let live = self.door.every(document.kind).into_iter().find(|object| object.reference() == target);
            let live = live.map(|object| object.to_value());
            let action = manifests::apply::request_for(&document, live.as_ref())
                .map_err(|problem| problem.render(false))?;
            let (call, word) = match action {
                ApplyAction::Unchanged => (None, "unchanged"),
                ApplyAction::Create(value) => {
                    let object = decode::strict(document.kind, &value).map_err(|status| refusal(&status))?;
                    (Some(Call::Create { object, dry_run: false }), "created")
                }
                ApplyAction::Patch(patch) => (Some(strategic(&target, patch)), "configured"),
            };
            if let Some(call) = call {
                self.ask("apply", call)?;
            }
            printed += &format!("{} {word}\n", title(&target));
        }
        Ok(printed)
    }

    fn create(&mut self, args: &mut Args<'_>) -> Printed {
        let object = self.read(args.next("object")?)?;
        let dry_run = args.key("dry-run")?.unwrap_or(false);
        let reply = self.ask("create", Call::Create { object, dry_run })?;
        Ok(done(&reply, "created"))
    }

    fn replace(&mut self, args: &mut Args<'_>) -> Printed {
        let object = self.read(args.next("object")?)?;
        let sub = args.sub()?;
        let reply = self.ask("replace", Call::Update { object, sub, dry_run: false })?;
        Ok(done(&reply, "replaced"))
    }

    /// An object as a strict API server reads it, in the namespace `default` unless it says otherwise.
    fn read(&mut self, text: &str) -> Printed<Object> {
        let mut value: Value = serde_yaml::from_str(text)?;
        let field = |name: &str| value.get(name).map(plain).unwrap_or_default();
        let (api_version, name) = (field("apiVersion"), field("kind"));
        let kind = Kind::from_type(&api_version, &name)
            .ok_or_else(|| format!("no matches for kind \"{name}\" in version \"{api_version}\""))?;
        if kind.is_namespaced() && at(&value, "metadata.namespace").is_none() {
            value["metadata"]["namespace"] = "default".into();
        }
        if let Some(uid) = at(&value, "metadata.uid").map(plain) {
            value["metadata"]["uid"] = self.names.uid(&uid).into();
        }
        for owner in value["metadata"]["ownerReferences"].as_array_mut().into_iter().flatten() {
            owner["uid"] = self.names.uid(owner["uid"].as_str().unwrap_or("")).into();
        }
        Ok(decode::strict(kind, &value).map_err(|status| refusal(&status))?)
    }

    fn patch(&mut self, args: &mut Args<'_>) -> Printed {
        let target = self.target(args.next("object")?)?;
        let value: Value = serde_yaml::from_str(args.next("patch")?)?;
        let patch = match args.text("type") {
            None | Some("strategic") => Patch::Strategic(value),
            Some("merge") => Patch::Merge(value),
            Some("json") => Patch::Json(value),
            Some(other) => return Err(format!("there is no type of patch {other}").into()),
        };
        let (sub, dry_run) = (args.sub()?, args.key("dry-run")?.unwrap_or(false));
        let reply = self.ask("patch", Call::Patch { target, patch, sub, dry_run })?;
        Ok(done(&reply, "patched"))
    }

    fn merge(&mut self, target: ObjectRef, patch: Value, sub: Sub, word: &str) -> Printed {
        let call = Call::Patch { target, patch: Patch::Merge(patch), sub, dry_run: false };
        self.ask(word, call).map(|reply| done(&reply, word))
    }

    fn status(&mut self, args: &mut Args<'_>) -> Printed {
        let target = self.target(args.next("object")?)?;
        let status: Value = serde_yaml::from_str(args.next("status")?)?;
        self.merge(target, json!({ "status": status }), Sub::Status, "status changed")
    }

    fn scale(&mut self, args: &mut Args<'_>) -> Printed {
        let target = self.target(args.next("object")?)?;
        let replicas = args.next("how many")?.parse()?;
        self.ask("scale", Call::Scale { target: target.clone(), replicas })?;
        Ok(format!("{} scaled\n", title(&target)))
    }

    fn image(&mut self, args: &mut Args<'_>) -> Printed {
        let target = self.target(args.next("object")?)?;
        let image = args.next("image")?;
        let Reply::Object(object) = self.ask("get", get(&target))? else { return Err("no object".into()) };
        let name = at(&object.to_value(), "spec.template.spec.containers.0.name").map(plain);
        let containers = json!([{ "name": name, "image": image }]);
        let patch = json!({ "spec": { "template": { "spec": { "containers": containers } } } });
        let reply = self.ask("set image", strategic(&target, patch))?;
        Ok(done(&reply, "image updated"))
    }

    fn label(&mut self, args: &mut Args<'_>, field: &str) -> Printed {
        let target = self.target(args.next("object")?)?;
        let mut wanted = json!({});
        while let Some((key, value)) = args.pair() {
            wanted[key] = if value.is_empty() { Value::Null } else { value.into() };
        }
        let word = if field == "labels" { "labeled" } else { "annotated" };
        self.merge(target, json!({ "metadata": { field: wanted } }), Sub::Main, word)
    }

    fn taint(&mut self, args: &mut Args<'_>) -> Printed {
        let target = self.target(&format!("node/{}", args.next("node")?))?;
        let text = args.next("taint")?;
        let gone = text.ends_with('-');
        let (rest, effect) =
            text.trim_end_matches('-').split_once(':').ok_or("a taint is key=value:Effect")?;
        let (key, value) = rest.split_once('=').unwrap_or((rest, ""));
        let Reply::Object(object) = self.ask("get", get(&target))? else { return Err("no object".into()) };
        let mut taints =
            at(&object.to_value(), "spec.taints").and_then(Value::as_array).cloned().unwrap_or_default();
        taints.retain(|taint| taint["key"] != key || taint["effect"] != effect);
        if !gone {
            taints.push(match value {
                "" => json!({ "key": key, "effect": effect }),
                value => json!({ "key": key, "value": value, "effect": effect }),
            });
        }
        let word = if gone { "untainted" } else { "tainted" };
        self.merge(target, json!({ "spec": { "taints": taints } }), Sub::Main, word)
    }

    fn cordon(&mut self, args: &mut Args<'_>, on: bool) -> Printed {
        let target = self.target(&format!("node/{}", args.next("node")?))?;
        let unschedulable = if on { Value::Bool(true) } else { Value::Null };
        let word = if on { "cordoned" } else { "uncordoned" };
        self.merge(target, json!({ "spec": { "unschedulable": unschedulable } }), Sub::Main, word)
    }

    fn options(&mut self, args: &mut Args<'_>) -> Printed<DeleteOptions> {
        let propagation = match args.text("propagation") {
            None => None,
            Some("background") => Some(Propagation::Background),
            Some("foreground") => Some(Propagation::Foreground),
            Some("orphan") => Some(Propagation::Orphan),
            Some(other) => return Err(format!("there is no propagation {other}").into()),
        };
        Ok(DeleteOptions {
            grace_period_secs: args.key("grace")?,
            propagation,
            uid: args.text("uid").map(|uid| self.names.uid(uid)),
            resource_version: args.text("rv").map(str::to_owned),
        })
    }

    fn delete(&mut self, args: &mut Args<'_>) -> Printed {
        let word = args.next("object")?;
        let options = self.options(args)?;
        if word.contains('/') {
            let target = self.target(word)?;
            self.ask("delete", Call::Delete { target: target.clone(), options })?;
            return Ok(format!("{} deleted\n", title(&target)));
        }
        let kind = kind(word)?;
        let filter = args.filter(kind)?;
        match self.ask("delete", Call::DeleteCollection { kind, filter, options })? {
            Reply::List { items, .. } => {
                Ok(items.iter().map(|item| format!("{} deleted\n", title(&item.reference()))).collect())
            }
            _ => Ok(String::new()),
        }
    }

    fn bind(&mut self, args: &mut Args<'_>) -> Printed {
        let target = self.target(&format!("pod/{}", args.next("pod")?))?;
        let node = args.next("node")?;
        let uid = args.text("uid").map(|uid| self.names.uid(uid)).unwrap_or_default();
        self.ask("bind", Call::Bind { pod: target.key.clone(), uid, node: node.into() })?;
        Ok(format!("{} bound to {node}\n", title(&target)))
    }

    fn evict(&mut self, args: &mut Args<'_>) -> Printed {
        let target = self.target(&format!("pod/{}", args.next("pod")?))?;
        let options = self.options(args)?;
        self.ask("evict", Call::Evict { pod: target.key.clone(), options })?;
        Ok(format!("{} evicted\n", title(&target)))
    }

    fn get(&mut self, args: &mut Args<'_>) -> Printed {
        let target = self.target(args.next("object")?)?;
        let sub = args.sub()?;
        let value = match self.ask("get", Call::Get { target, sub })? {
            Reply::Object(object) => object.to_value(),
            Reply::Value(value) => value,
            _ => Value::Null,
        };
        let mut printed = String::new();
        let mut whole = true;
        while let Some(path) = args.maybe() {
            whole = false;
            let found = at(&value, path).map_or("(none)".to_owned(), plain);
            printed += &format!("{path}: {found}\n");
        }
        Ok(if whole { serde_yaml::to_string(&value)? } else { printed })
    }

    fn list(&mut self, args: &mut Args<'_>) -> Printed {
        let kind = kind(args.next("kind")?)?;
        let filter = args.filter(kind)?;
        let shown: Vec<&str> = args.text("show").unwrap_or("").split_whitespace().collect();
        let Reply::List { items, .. } = self.ask("list", Call::List { kind, filter })? else {
            return Err("no list".into());
        };
        // Sorted by what is printed: the order of made-up names means nothing.
        let mut lines: Vec<String> =
            items.iter().map(|item| self.names.anonymous(&row(item, &shown))).collect();
        lines.sort();
        Ok(if lines.is_empty() { "none\n".to_owned() } else { lines.concat() })
    }

    fn conditions(&mut self, args: &mut Args<'_>) -> Printed {
        let target = self.target(args.next("object")?)?;
        let Reply::Object(object) = self.ask("get", get(&target))? else { return Err("no object".into()) };
        let value = object.to_value();
        let conditions = at(&value, "status.conditions").and_then(Value::as_array);
        let line = |condition: &Value| {
            let text = |field: &str| condition[field].as_str().unwrap_or("").to_owned();
            let why = match (text("reason"), text("message")) {
                (reason, message) if message.is_empty() => reason,
                (reason, message) => format!("{reason}: {message}"),
            };
            format!("{} {} {why}", text("type"), text("status")).trim_end().to_owned() + "\n"
        };
        Ok(conditions.into_iter().flatten().map(line).collect())
    }

    fn events(&mut self, args: &mut Args<'_>) -> Printed {
        let about = args.maybe().map(|word| self.target(word)).transpose()?;
        let mut events: Vec<Object> = self.door.every(Kind::Event);
        events.sort_by_key(|event| revision(event.meta()));
        let mut printed = String::new();
        for value in events.iter().map(Object::to_value) {
            let text = |path: &str| at(&value, path).map(plain).unwrap_or_default();
            let (kind, name) = (text("involvedObject.kind"), text("involvedObject.name"));
            if about.as_ref().is_some_and(|about| about.kind.name() != kind || about.key.name != name) {
                continue;
            }
            let count = at(&value, "series.count").or(at(&value, "count")).and_then(Value::as_u64);
            let count =
                count.filter(|count| *count > 1).map(|count| format!(" x{count}")).unwrap_or_default();
            let of = if about.is_none() { format!("{kind} {name}: ") } else { String::new() };
            let message = text("message");
            printed += &format!("{of}{} {}{count}: {}\n", text("type"), text("reason"), message.trim_end());
        }
        Ok(if printed.is_empty() { "none\n".to_owned() } else { printed })
    }

    fn containers(&mut self, args: &mut Args<'_>) -> Printed {
        let target = self.target(&format!("pod/{}", args.next("pod")?))?;
        let Reply::Object(object) = self.ask("get", get(&target))? else { return Err("no object".into()) };
        let value = object.to_value();
        let mut printed = format!("phase {}\n", at(&value, "status.phase").map(plain).unwrap_or_default());
        for list in ["initContainerStatuses", "containerStatuses"] {
            for status in value["status"][list].as_array().into_iter().flatten() {
                printed += &container(status);
            }
        }
        Ok(printed)
    }
}

/// An object with some of its fields in one line.
fn row(object: &Object, shown: &[&str]) -> String {
    let value = object.to_value();
    let field = |path: &&str| format!("  {path}={}", at(&value, path).map_or("(none)".to_owned(), plain));
    words(&object.reference()) + &shown.iter().map(field).collect::<String>() + "\n"
}

/// One container's status in one line.
fn container(status: &Value) -> String {
    let state = |state: &Value| {
        let Some((word, detail)) = state.as_object().and_then(|fields| fields.iter().next()) else {
            return "unknown".to_owned();
        };
        let mut text = word.clone();
        for field in ["reason", "exitCode", "message"] {
            if let Some(value) = detail.get(field) {
                text += &match field {
                    "exitCode" => format!(" with {}", plain(value)),
                    "message" => format!(" ({})", plain(value)),
                    _ => format!(" {}", plain(value)),
                };
            }
        }
        text
    };
    let ready = if status["ready"] == true { "ready" } else { "not ready" };
    let last = match status["lastState"].as_object().is_some_and(|fields| !fields.is_empty()) {
        true => format!("; before: {}", state(&status["lastState"])),
        false => String::new(),
    };
    format!(
        "{}: {}, {ready}, {} restarts{last}\n",
        plain(&status["name"]),
        state(&status["state"]),
        status["restartCount"]
    )
}

fn get(target: &ObjectRef) -> Call {
    Call::Get { target: target.clone(), sub: Sub::Main }
}

fn strategic(target: &ObjectRef, patch: Value) -> Call {
    Call::Patch { target: target.clone(), patch: Patch::Strategic(patch), sub: Sub::Main, dry_run: false }
}

/// A refusal with its code, as a client sees it.
pub fn refusal(status: &Status) -> String {
    match status.reason {
        "" => format!("{}: {}", status.code, status.message),
        reason => format!("{} {reason}: {}", status.code, status.message),
    }
}

/// `deployment.apps/web`, as kubectl names what it did something to.
fn title(target: &ObjectRef) -> String {
    let info = target.kind.info();
    let dot = if info.group.is_empty() { "" } else { "." };
    format!("{}{dot}{}/{}", info.singular, info.group, target.key.name)
}

/// `pod web`, with its namespace where it is not the default one.
pub fn words(target: &ObjectRef) -> String {
    match target.key.namespace.as_str() {
        "" | "default" => format!("{} {}", target.kind.name(), target.key.name),
        namespace => format!("{} {namespace}/{}", target.kind.name(), target.key.name),
    }
}

fn done(reply: &Reply, word: &str) -> String {
    match reply {
        Reply::Object(object) => format!("{} {word}\n", title(&object.reference())),
        Reply::Value(value) => {
            format!("{}/{} {word}\n", plain(&value["kind"]), plain(&value["metadata"]["name"]))
        }
        _ => format!("{word}\n"),
    }
}
