//! Tables: the API server's rows as lines.

use serde_json::Value;

use crate::apiserver::table::{Row, Table};
use crate::kubectl::kinds;
use crate::object::{Object, labels};

/// How a table is laid out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// All columns instead of the usual ones.
    pub(crate) wide: bool,
    /// No line with the names of the columns.
    pub(crate) no_headers: bool,
    /// A first column with the namespace.
    pub(crate) namespace: bool,
    /// Names as `pod/web`.
    pub(crate) with_kind: bool,
    /// A last column with all labels.
    pub(crate) show_labels: bool,
    /// A column for each of these labels.
    pub(crate) label_columns: Vec<String>,
}

impl Layout {
    /// The lines, cells ended by tabs; empty if there are no rows.
    pub(crate) fn lines(&self, table: &Table) -> String {
        if table.rows.is_empty() {
            return String::new();
        }
        let shown: Vec<usize> = (0..table.columns.len())
            .filter(|at| self.wide || table.columns.get(*at).is_some_and(|column| column.priority == 0))
            .collect();
        let mut text = String::new();
        if !self.no_headers {
            let names = shown.iter().filter_map(|at| table.columns.get(*at));
            let mut cells: Vec<String> = names.map(|column| column.name.to_uppercase()).collect();
            if self.namespace {
                cells.insert(0, "NAMESPACE".to_owned());
            }
            cells.extend(
                self.label_columns
                    .iter()
                    .map(|label| label.rsplit('/').next().unwrap_or(label).to_uppercase()),
            );
            cells.extend(self.show_labels.then(|| "LABELS".to_owned()));
            text.push_str(&line(&cells));
        }
        for row in &table.rows {
            text.push_str(&line(&self.cells(table, row, &shown)));
        }
        text
    }

    fn cells(&self, table: &Table, row: &Row, shown: &[usize]) -> Vec<String> {
        let mut cells: Vec<String> = Vec::with_capacity(shown.len() + 2);
        for at in shown {
            let text = row.cells.get(*at).map(cell).unwrap_or_default();
            let is_name = table.columns.get(*at).is_some_and(|column| column.name == "Name");
            cells.push(match is_name && self.with_kind {
                true => format!("{}/{text}", kinds::word(row.object.kind())),
                false => text,
            });
        }
        let meta = row.object.meta();
        if self.namespace {
            cells.insert(0, meta.namespace.clone().unwrap_or_default());
        }
        let label = |key: &String| labels(meta).get(key).cloned().unwrap_or_default();
        cells.extend(self.label_columns.iter().map(|key| match label(key) {
            value if value.is_empty() => "<none>".to_owned(),
            value => value,
        }));
        cells.extend(self.show_labels.then(|| all_labels(&row.object)));
        cells
    }
}

fn all_labels(object: &Object) -> String {
    crate::apiserver::table::labels(object.meta().labels.as_ref())
}

fn cell(value: &Value) -> String {
    match value {
        // What stands in a cell stays on its line.
        Value::String(text) => {
            text.split('\n').next().unwrap_or("").to_owned() + if text.contains('\n') { "..." } else { "" }
        }
        Value::Null => "<none>".to_owned(),
        other => other.to_string(),
    }
}

fn line(cells: &[String]) -> String {
    let mut text = cells.join("\t");
    text.push('\n');
    text
}
