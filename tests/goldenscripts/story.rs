//! What happened, object by object, in the words of the trace.
//!
//! ```text
//! Deployment web
//!       0.0  there is no ReplicaSet yet: web-v1 is needed
//!       0.0    Normal ScalingReplicaSet: Scaled up replica set web-v1 from 0 to 4
//! ```
//!
//! The number is seconds since the command began. A line that is indented further tells what followed from the one
//! above: a Kubernetes Event, a write, something that happened to a container. Pods with made-up names stand together.

use std::fmt::Write as _;
use std::sync::Arc;

use kubeloop::object::{Kind, ObjectRef};
use kubeloop::time::{Span, VirtualTime};
use kubeloop::trace::{Data, Event, Verb, text};

use crate::names::Names;
use crate::requests::words;

/// What of the trace a script shows.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// The components: `controller/deployment`, `kubelet/node-1`; `kubelet` means those of all nodes.
    pub components: Vec<String>,
    /// `compare`, `event`, `write`, `act`, `bind`, `container`, `probe`, `node`, `lost`.
    pub kinds: Vec<String>,
}

impl Shown {
    /// Reads `deployment replicaset kubelet`.
    pub fn set_components<'a>(&mut self, words: impl Iterator<Item = &'a str>) {
        self.components = words.map(str::to_owned).collect();
    }

    fn includes(&self, event: &Event) -> bool {
        let kind = event.data.kind();
        let who = match &event.data {
            Data::Write { by, .. } => by,
            _ => &event.component,
        };
        let named = |known: &String| {
            *who == *known
                || who.strip_prefix("controller/") == Some(known)
                || who.split_once('/').is_some_and(|(part, _)| part == known)
        };
        let about = event.object.as_ref().map(|object| object.kind);
        // Leases, and what a kubelet says of its own node every few seconds.
        let heartbeat = about.is_some_and(Kind::is_background)
            || (about == Some(Kind::Node) && kind == "compare" && who.starts_with("kubelet/"));
        !heartbeat && self.kinds.iter().any(|known| known == kind) && self.components.iter().any(named)
    }
}

/// A look that only reported is not told if another one followed so soon: how many there are is a matter of microseconds.
const SOON: Span = Span::millis(50);

/// One object's lines.
struct Chapter {
    heading: String,
    lines: Vec<Line>,
}

struct Line {
    at: VirtualTime,
    text: String,
    /// Whose look it is, and at what, if it is a look; other lines tell what came of one.
    look: Option<Look>,
    times: u32,
}

#[derive(Clone, PartialEq)]
struct Look {
    component: String,
    object: Option<ObjectRef>,
    /// Whether more came of it than a report.
    acted: bool,
}

/// Tells the events that are shown.
pub fn tell(events: &[Arc<Event>], shown: &Shown, since: VirtualTime, names: &mut Names) -> String {
    let mut chapters: Vec<Chapter> = Vec::new();
    for event in events {
        if let Data::Act { reports: false, .. } = &event.data {
            acted(&mut chapters, event);
        }
        if !shown.includes(event) {
            continue;
        }
        let Some(text) = line(event, shown) else { continue };
        let heading = event.object.as_ref().map_or_else(|| event.component.to_string(), words);
        let (heading, text) = (names.anonymous(&heading), names.anonymous(&text));
        let at = chapters.iter().position(|chapter| chapter.heading == heading);
        let at = at.unwrap_or_else(|| {
            chapters.push(Chapter { heading, lines: Vec::new() });
            chapters.len() - 1
        });
        let look = matches!(event.data, Data::Compare { .. }).then(|| Look {
            component: event.component.to_string(),
            object: event.object.clone(),
            acted: false,
        });
        chapters[at].lines.push(Line { at: event.at, text, look, times: 1 });
    }
    chapters.into_iter().map(|chapter| chapter.told(since)).collect()
}

/// Something came of the last look of this component at this object.
fn acted(chapters: &mut [Chapter], event: &Event) {
    let looks = chapters.iter_mut().flat_map(|chapter| chapter.lines.iter_mut().rev());
    let mut looks = looks.filter_map(|line| line.look.as_mut());
    let last = looks.find(|look| look.component == event.component.as_str() && look.object == event.object);
    if let Some(look) = last {
        look.acted = true;
    }
}

impl Chapter {
    fn told(mut self, since: VirtualTime) -> String {
        self.abridge();
        let mut told = format!("{}\n", self.heading);
        for Line { at, text, look, times } in self.lines {
            // To the nearest tenth: latencies of a few milliseconds do not matter here.
            let tenths = (at.since(since).as_micros() + 50_000) / 100_000;
            let again = if times > 1 { format!(" (x{times})") } else { String::new() };
            let indent = if look.is_none() { "  " } else { "" };
            let _ = writeln!(told, "{:>8}.{}  {indent}{text}{again}", tenths / 10, tenths % 10);
        }
        told
    }

    /// Leaves out looks that soon led to another one, and counts what happened several times.
    fn abridge(&mut self) {
        let mut kept: Vec<Line> = Vec::new();
        for line in std::mem::take(&mut self.lines) {
            if let Some(look) = &line.look
                && let Some(before) = kept.iter().rposition(|before| before.is_of(look))
                && kept[before].is_idle()
                && line.at.since(kept[before].at) <= SOON
            {
                kept.remove(before);
            }
            match kept.last_mut().filter(|last| last.text == line.text) {
                Some(last) => last.times += u32::from(line.look.is_none()),
                None => kept.push(line),
            }
        }
        self.lines = kept;
    }
}

impl Line {
    fn is_of(&self, other: &Look) -> bool {
        self.look
            .as_ref()
            .is_some_and(|look| look.component == other.component && look.object == other.object)
    }

    fn is_idle(&self) -> bool {
        self.look.as_ref().is_some_and(|look| !look.acted)
    }
}

/// What is said of an event.
fn line(event: &Event, shown: &Shown) -> Option<String> {
    let text = match &event.data {
        Data::Compare { why, .. } => why.to_string(),
        Data::Event { kind, reason, message, .. } => format!("{kind} {reason}: {message}"),
        Data::Write { verb, changed, detail, .. } => {
            let parts = [(changed.meta, "metadata"), (changed.spec, "spec"), (changed.status, "status")];
            let parts: Vec<&str> = parts.iter().filter(|(is, _)| *is).map(|(_, part)| *part).collect();
            let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
            match verb {
                Verb::Modified => format!("MODIFIED {}{detail}", parts.join(", ")),
                other => other.name().to_owned(),
            }
        }
        Data::Act { did, .. } => did.to_string(),
        Data::Bind { node } => format!("bound to {node}"),
        Data::Container { .. } => {
            // The pod stands above its steps.
            let words = text::container_step(&event.data, "")?;
            words.replacen(": ", "container ", 1)
        }
        Data::Probe { container, kind, passed, output, changed: true } => match passed {
            true => format!("the {kind} probe of {container} passes"),
            false => format!("the {kind} probe of {container} fails: {output}"),
        },
        Data::Probe { .. } => return None,
        Data::Node { .. } | Data::Lost { .. } => text::sentence(event),
        _ => return None,
    };
    let who = match &event.data {
        Data::Write { by, .. } => by,
        _ => &event.component,
    };
    let who = who.strip_prefix("controller/").unwrap_or(who);
    // Probes print whole pages, with an end of line at the end.
    let text = text.trim_end().replace('\n', " ");
    Some(if shown.components.len() > 1 { format!("{who}: {text}") } else { text })
}
