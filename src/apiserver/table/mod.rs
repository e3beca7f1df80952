//! Server-side tables: the rows that `kubectl get` shows.
//!
//! A client that asks for a `Table` gets for each object the cells that a person wants to see, made by the API
//! server, so that every client shows the same. One row of [`PRINTERS`] is one kind: its columns and how an
//! object fills them (`pkg/printers/internalversion/printers.go`). A kind without a row has the columns of
//! the real server's default: its name and when it was created.
//!
//! ```
//! use kubeloop::apiserver::table;
//! use kubeloop::object::{Kind, Object};
//! use kubeloop::time::VirtualTime;
//! let object = Object::from_value(serde_json::json!({
//!     "apiVersion": "v1", "kind": "ConfigMap",
//!     "metadata": {"name": "menu", "creationTimestamp": "2026-01-05T08:00:00Z"}, "data": {"a": "1", "b": "2"}
//! })).unwrap();
//! let table = table::render(Kind::ConfigMap, &[object], VirtualTime::from_micros(90_000_000));
//! assert_eq!(table.columns.iter().map(|column| &*column.name).collect::<Vec<_>>(), ["Name", "Data", "Age"]);
//! assert_eq!(table.rows[0].cells, [serde_json::json!("menu"), serde_json::json!(2), serde_json::json!("90s")]);
//! ```

pub mod age;
mod event;
mod node;
mod plain;
pub mod pod;
mod service;
mod text;
mod workload;

use serde_json::{Value, json};
use smol_str::SmolStr;

pub use node::roles as node_roles;
pub use text::{label_selector, labels};

use crate::object::{Kind, Object};
use crate::time::VirtualTime;

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// `Up-to-date`.
    pub name: SmolStr,
    /// `string`, `integer`, `date`, ...
    pub kind: SmolStr,
    /// 0 for what is always shown, 1 for `-o wide`.
    pub priority: i32,
}

/// One object in a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// One value for each column.
    pub cells: Vec<Value>,
    /// The object.
    pub object: Object,
}

/// Objects of one kind with what a person wants to see of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The objects.
    pub rows: Vec<Row>,
}

/// Name, type and priority of a column.
type Head = (&'static str, &'static str, i32);

/// How the objects of a kind are shown.
struct Printer {
    kind: Kind,
    columns: &'static [Head],
    /// The cells after the name.
    cells: fn(&Object, VirtualTime) -> Vec<Value>,
}

const PRINTERS: &[Printer] = &[
    Printer { kind: Kind::Pod, columns: pod::COLUMNS, cells: pod::cells },
    Printer { kind: Kind::Deployment, columns: workload::DEPLOYMENT, cells: workload::deployment },
    Printer { kind: Kind::ReplicaSet, columns: workload::REPLICA_SET, cells: workload::replica_set },
    Printer { kind: Kind::DaemonSet, columns: workload::DAEMON_SET, cells: workload::daemon_set },
    Printer { kind: Kind::ControllerRevision, columns: workload::REVISION, cells: workload::revision },
    Printer { kind: Kind::PodDisruptionBudget, columns: workload::BUDGET, cells: workload::budget },
    Printer { kind: Kind::Node, columns: node::COLUMNS, cells: node::cells },
    Printer { kind: Kind::Service, columns: service::SERVICE, cells: service::service },
    Printer { kind: Kind::Endpoints, columns: service::ENDPOINTS, cells: service::endpoints },
    Printer { kind: Kind::EndpointSlice, columns: service::SLICE, cells: service::slice },
    Printer { kind: Kind::Namespace, columns: plain::NAMESPACE, cells: plain::namespace },
    Printer { kind: Kind::ConfigMap, columns: plain::CONFIG_MAP, cells: plain::config_map },
    Printer { kind: Kind::Secret, columns: plain::SECRET, cells: plain::secret },
    Printer { kind: Kind::ServiceAccount, columns: plain::SERVICE_ACCOUNT, cells: plain::service_account },
    Printer { kind: Kind::Lease, columns: plain::LEASE, cells: plain::lease },
    Printer { kind: Kind::Event, columns: event::COLUMNS, cells: event::cells },
];

/// What is shown of a kind that has no row above.
const DEFAULT: &[Head] = &[("Name", "string", 0), ("Created At", "date", 0)];

/// The column that holds the name.
const NAME: &str = "Name";

/// The table of these objects, all of this kind.
pub fn render(kind: Kind, objects: &[Object], now: VirtualTime) -> Table {
    let printer = PRINTERS.iter().find(|printer| printer.kind == kind);
    let heads = printer.map_or(DEFAULT, |printer| printer.columns);
    let name_at = heads.iter().position(|(name, _, _)| *name == NAME).unwrap_or(0);
    let columns = heads.iter().map(|(name, kind, priority)| Column {
        name: SmolStr::new_static(name),
        kind: SmolStr::new_static(kind),
        priority: *priority,
    });
    let row = |object: &Object| {
        let mut cells = match printer {
            Some(printer) => (printer.cells)(object, now),
            None => vec![json!(object.meta().creation_timestamp)],
        };
        let name = object.meta().name.as_deref().unwrap_or("");
        cells.insert(name_at.min(cells.len()), name.into());
        Row { cells, object: object.clone() }
    };
    Table { columns: columns.collect(), rows: objects.iter().map(row).collect() }
}

/// The Scale of an object as a table (`kubectl get --subresource=scale`).
pub fn scale(object: &Object, scale: &Value, now: VirtualTime) -> Table {
    let heads =
        [("Name", "string", 0), ("Desired", "integer", 0), ("Available", "integer", 0), ("Age", "string", 0)];
    let columns = heads.iter().map(|(name, kind, priority)| Column {
        name: SmolStr::new_static(name),
        kind: SmolStr::new_static(kind),
        priority: *priority,
    });
    let number = |path: &str| scale.pointer(path).cloned().unwrap_or(json!(0));
    let cells = vec![
        json!(object.meta().name),
        number("/spec/replicas"),
        number("/status/replicas"),
        age::of(object.meta(), now).into(),
    ];
    Table { columns: columns.collect(), rows: vec![Row { cells, object: object.clone() }] }
}

#[cfg(test)]
mod tests;
