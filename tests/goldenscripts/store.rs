//! The stage of the scripts about etcd: the store alone.
//!
//! ```text
//! put KIND/NAME VALUE       get KIND/NAME       list KIND       delete KIND/NAME
//! watch KIND since=N        the writes after a revision
//! wait 5m                   time passes
//! compact, snapshot, restore, lose
//! storm KIND writes=N       so many writes to one object
//! ```

use std::error::Error;

use goldenscript::{Command, Context, Runner};
use kubeloop::etcd::{Etcd, Record, Snapshot, WatchError};
use kubeloop::object::{Key, Object, ObjectRef};
use kubeloop::time::VirtualTime;
use kubeloop::trace::Verb;
use serde_json::json;

use crate::args::{Args, Printed, kind};

/// The store, its clock and the snapshot that was kept.
#[derive(Default)]
pub struct StoreRunner {
    etcd: Etcd,
    now: VirtualTime,
    snapshot: Option<Snapshot>,
}

impl StoreRunner {
    fn target(word: &str) -> Printed<ObjectRef> {
        let (word, name) = word.split_once('/').ok_or("KIND/NAME?")?;
        Ok(ObjectRef::new(kind(word)?, Key::new("default", name)))
    }

    fn put(&mut self, target: &ObjectRef, value: &str) -> Printed<Record> {
        let info = target.kind.info();
        let object = Object::from_value(json!({
            "apiVersion": info.api_version(), "kind": info.name,
            "metadata": {
                "name": target.key.name, "namespace": target.key.namespace, "annotations": { "value": value },
            },
        }))?;
        Ok(self.etcd.put(object, self.now))
    }

    fn watch(&self, word: &str, since: u64) -> Printed {
        let records = self.etcd.since(kind(word)?, since).map_err(|error| match error {
            WatchError::Compacted { asked, oldest } => {
                format!("revision {asked} has been compacted: a watch can start at {oldest} or later")
            }
            WatchError::Future { asked, newest } => {
                format!("revision {asked} lies ahead: the newest is {newest}")
            }
        })?;
        Ok(match records.len() {
            0 => "nothing\n".to_owned(),
            // A storm is not printed write by write.
            1..=20 => records.iter().map(told).collect(),
            many => format!("{many} writes, from {} to {}", records[0].revision, records[many - 1].revision),
        })
    }
}

fn value(object: &Object) -> &str {
    let annotations = object.meta().annotations.as_ref();
    annotations.and_then(|annotations| annotations.get("value")).map_or("", String::as_str)
}

fn told(record: &Record) -> String {
    let before = record.previous.as_ref().filter(|_| record.verb == Verb::Modified);
    let before = before.map(|object| format!(" (was {})", value(object)));
    format!(
        "{}: {} {} = {}{}\n",
        record.revision,
        record.verb.name(),
        record.object.key().name,
        value(&record.object),
        before.unwrap_or_default()
    )
}

impl Runner for StoreRunner {
    type Command = Command;

    fn run(&mut self, command: &Command, _context: &Context) -> Result<String, Box<dyn Error>> {
        let mut args = Args::of(command);
        let printed = match command.name.as_str() {
            "put" => {
                let target = Self::target(args.next("KIND/NAME")?)?;
                told(&self.put(&target, args.next("value")?)?)
            }
            "storm" => {
                let target = ObjectRef::new(kind(args.next("kind")?)?, Key::new("default", "busy"));
                for number in 0..args.key::<u64>("writes")?.unwrap_or(1) {
                    self.put(&target, &number.to_string())?;
                }
                format!("the newest revision is {}", self.etcd.revision())
            }
            "get" => {
                let target = Self::target(args.next("KIND/NAME")?)?;
                self.etcd.get(&target).map_or("none".to_owned(), |object| {
                    let version = object.meta().resource_version.as_deref().unwrap_or("");
                    format!("{} = {}, written at revision {version}", target.key.name, value(object))
                })
            }
            "list" => {
                let kind = kind(args.next("kind")?)?;
                let items: Vec<String> = self
                    .etcd
                    .list(kind, Some("default"))
                    .map(|object| format!("{} = {}", object.key().name, value(object)))
                    .collect();
                let items = if items.is_empty() { "nothing".to_owned() } else { items.join(", ") };
                format!("at revision {}: {items}", self.etcd.revision())
            }
            "delete" => {
                let target = Self::target(args.next("KIND/NAME")?)?;
                let last = self.etcd.get(&target).cloned();
                let removed = last.and_then(|last| self.etcd.remove(last, self.now));
                removed.as_ref().map_or("nothing to delete".to_owned(), told)
            }
            "watch" => {
                let word = args.next("kind")?;
                let since = args.key("since")?.unwrap_or(0);
                self.watch(word, since)?
            }
            "wait" => {
                self.now += args.span()?;
                String::new()
            }
            "compact" => {
                self.etcd.compact();
                String::new()
            }
            "snapshot" => {
                self.snapshot = Some(self.etcd.snapshot());
                format!("kept as it is at revision {}", self.etcd.revision())
            }
            "restore" => {
                self.etcd.restore(self.snapshot.as_ref().ok_or("there is no snapshot")?);
                format!("the revision is {} now", self.etcd.revision())
            }
            "lose" => {
                self.etcd.lose();
                format!("the revision is {} now", self.etcd.revision())
            }
            other => return Err(format!("unknown command {other}").into()),
        };
        args.end()?;
        Ok(printed)
    }
}
