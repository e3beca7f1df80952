//! What the cluster is: `version`, `cluster-info`, `api-resources`, `events`.

use k8s_openapi::api::core::v1::Event;

use super::{Look, Verb};
use crate::apiserver::table;
use crate::kubectl::cluster::Ask;
use crate::kubectl::columns::TABLE;
use crate::kubectl::output::{Fault, SERVER, Stream};
use crate::kubectl::running::{Context, Step};
use crate::kubectl::targets::{self, Words};
use crate::object::{Kind, Resource};

/// The version of Kubernetes that this cluster behaves like.
const SERVER_VERSION: &str = "v1.36.2";
/// The version of kubectl whose texts these are.
const CLIENT_VERSION: &str = "v1.32.5";

/// Print the client and server version information
#[derive(Clone, Debug, clap::Args)]
pub struct Version {
    /// If true, shows client version only (no server required)
    #[arg(long)]
    client: bool,
}

impl Verb for Version {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        cx.out.line(format!("Client Version: {CLIENT_VERSION}"));
        if !self.client {
            cx.cluster.list_in(Kind::Namespace, None)?;
            cx.out.line(format!("Server Version: {SERVER_VERSION}"));
        }
        Ok(Step::Done)
    }

    fn preview(&self, _look: &Look<'_>) -> String {
        "will say which version of Kubernetes this is like".to_owned()
    }
}

/// Display addresses of the control plane
#[derive(Clone, Debug, clap::Args)]
pub struct ClusterInfo {}

impl Verb for ClusterInfo {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        cx.cluster.list_in(Kind::Namespace, None)?;
        cx.out.line(format!("Kubernetes control plane is running at https://{SERVER}"));
        Ok(Step::Done)
    }

    fn preview(&self, _look: &Look<'_>) -> String {
        "will say where the API server is".to_owned()
    }
}

/// Print the supported API resources on the server
#[derive(Clone, Debug, clap::Args)]
pub struct ApiResources {
    /// If false, non-namespaced resources will be returned, otherwise returning namespaced resources
    #[arg(long, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_name = "BOOL")]
    namespaced: Option<bool>,
    /// Don't print headers
    #[arg(long)]
    no_headers: bool,
    /// Output format: name
    #[arg(short, long)]
    output: Option<String>,
}

impl Verb for ApiResources {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let mut kinds: Vec<Kind> = Kind::ALL.to_vec();
        kinds.retain(|kind| self.namespaced.is_none_or(|wanted| wanted == kind.is_namespaced()));
        kinds.sort_by_key(|kind| (kind.info().group, kind.info().plural));
        if self.output.as_deref() == Some("name") {
            kinds.iter().for_each(|kind| cx.out.line(kind.info().resource()));
            return Ok(Step::Done);
        }
        let mut text = String::new();
        if !self.no_headers {
            text.push_str("NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND\n");
        }
        for kind in kinds {
            let info = kind.info();
            text.push_str(&format!(
                "{}\t{}\t{}\t{}\t{}\n",
                info.plural,
                info.short_names.join(","),
                info.api_version(),
                kind.is_namespaced(),
                info.name
            ));
        }
        cx.out.print(Stream::Out, &TABLE.align(&text));
        Ok(Step::Done)
    }

    fn preview(&self, _look: &Look<'_>) -> String {
        "will list the kinds of objects that there are".to_owned()
    }
}

/// List events
#[derive(Clone, Debug, clap::Args)]
pub struct Events {
    /// Filter events to only those pertaining to the specified resource
    #[arg(long = "for", value_name = "TYPE/NAME")]
    about: Option<String>,
    /// If present, list the requested object(s) across all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Output only events of given types
    #[arg(long, value_delimiter = ',')]
    types: Vec<String>,
    /// Don't print headers
    #[arg(long)]
    no_headers: bool,
}

impl Verb for Events {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let about = match &self.about {
            None => None,
            Some(word) => match targets::read_words(std::slice::from_ref(word))? {
                Words::Names(names) => names.into_iter().next(),
                Words::Kinds(_) => {
                    return Err(Fault::said("--for must be in resource/name form"));
                }
            },
        };
        let namespace = (!self.all_namespaces).then(|| cx.namespace().to_owned());
        let mut events = cx.cluster.list_in(Kind::Event, namespace.as_deref())?;
        events.retain(|object| {
            let Some(event) = Event::of(object) else { return false };
            let involved = &event.involved_object;
            let wanted = about.as_ref().is_none_or(|(kind, name)| {
                involved.kind.as_deref() == Some(kind.name()) && involved.name.as_ref() == Some(name)
            });
            let kind = event.type_.as_deref().unwrap_or("");
            wanted && (self.types.is_empty() || self.types.iter().any(|wanted| wanted == kind))
        });
        if events.is_empty() {
            cx.out.error(match &namespace {
                Some(namespace) => format!("No events found in {namespace} namespace."),
                None => "No events found.".to_owned(),
            });
            return Ok(Step::Done);
        }
        events.sort_by_key(|object| Event::of(object).map(last_seen));
        self.print(&events, cx);
        Ok(Step::Done)
    }

    fn preview(&self, _look: &Look<'_>) -> String {
        match &self.about {
            Some(about) => format!("will list what happened to {about}"),
            None => "will list what happened, the latest last".to_owned(),
        }
    }
}

/// When an event was last seen, in microseconds.
fn last_seen(event: &Event) -> i64 {
    let series = event.series.as_ref().and_then(|series| series.last_observed_time.as_ref());
    let micro = series.or(event.event_time.as_ref()).map(|time| time.0.as_microsecond());
    let last = event.last_timestamp.as_ref().or(event.first_timestamp.as_ref());
    let last = last.map(|time| time.0.as_microsecond());
    last.or(micro).unwrap_or(0)
}

impl Events {
    fn print(&self, events: &[crate::object::Object], cx: &mut Context<'_>) {
        let table = table::render(Kind::Event, events, cx.cluster.now());
        let at = |name: &str| table.columns.iter().position(|column| column.name == name);
        let shown: Vec<usize> =
            ["Last Seen", "Type", "Reason", "Message"].into_iter().filter_map(at).collect();
        let mut text = String::new();
        let space = if self.all_namespaces { "NAMESPACE\t" } else { "" };
        if !self.no_headers {
            text.push_str(&format!("{space}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n"));
        }
        for row in &table.rows {
            let Some(event) = Event::of(&row.object) else { continue };
            let cell = |index: usize| row.cells.get(index).and_then(|cell| cell.as_str()).unwrap_or("");
            let cells: Vec<&str> = shown.iter().map(|index| cell(*index)).collect();
            let about = &event.involved_object;
            let (kind, name) = (about.kind.as_deref().unwrap_or(""), about.name.as_deref().unwrap_or(""));
            if self.all_namespaces {
                text.push_str(&format!("{}\t", event.metadata.namespace.as_deref().unwrap_or("")));
            }
            if let [last, kind_of_event, reason, message] = cells.as_slice() {
                text.push_str(&format!("{last}\t{kind_of_event}\t{reason}\t{kind}/{name}\t{message}\n"));
            }
        }
        cx.out.print(Stream::Out, &TABLE.align(&text));
    }
}
