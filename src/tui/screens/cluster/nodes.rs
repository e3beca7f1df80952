//! The nodes with the pods on them.
//!
//! ```text
//! ┌─ Nodes ───────────────────────────────────────────┐
//! │ node-1 ◉ Ready    node-2 ◉ Ready   node-3 ? Unknown│
//! │ cpu ▰▱▱▱▱  5%     cpu ▰▱▱▱▱  5%    cpu ▰▱▱▱▱  5%   │
//! │ lease 3s ago      lease 1s ago     lease 57s ago   │
//! │   ◉ login-65f2g     ◔ login-b3tqz    ? login-x4h2s │
//! └───────────────────────────────────────────────────┘
//! ```

use k8s_openapi::api::core::v1::Node;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::layout::Panel;
use super::pinned;
use super::traffic::ribbon;
use crate::engine::NodeState;
use crate::object::quantity::milli_of;
use crate::object::{Pod, conditions};
use crate::trace::text::short_node;
use crate::tui::app::App;
use crate::tui::glyphs::{PodState, Sign};
use crate::tui::legend;
use crate::tui::model::{last_heard, pod_state};
use crate::tui::screens::panel::{Frills, fit, panel};
use crate::tui::theme::Role;

/// The cells that a node needs to stand beside the others.
const BOX: usize = 15;
/// The cells from which on its name is written out.
const ROOMY: usize = 18;
/// Nodes that have room side by side on the smallest screen.
const STRIP: usize = 4;
/// Cells of the CPU gauge.
const GAUGE: usize = 5;

pub(super) fn nodes(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let below = match app.roster.homeless() {
        0 => "unscheduled: none".to_owned(),
        count => format!("unscheduled: {count}"),
    };
    let states: Vec<NodeState<'_>> = app.view.nodes().collect();
    let across = usize::from(area.width.saturating_sub(2)) / states.len().max(1);
    let each = if app.x_ray { 3 } else { 2 };
    let room = usize::from(area.height.saturating_sub(2)) / each;
    let below = match across < BOX && room < states.len() {
        true => format!("{room} of {} nodes   {below}", states.len()),
        false => below,
    };
    let top_right = if app.x_ray { "<x-ray> x-ray ON: what really runs" } else { "<x-ray> x-ray off" };
    let top_right = &app.keymap.told(top_right);
    let frills =
        Frills { title: "Nodes", top_right, bottom_right: &below, focused: app.focus == Panel::Nodes };
    let inside = panel(frame, area, app, &frills);
    if across >= BOX {
        return boxes(frame, inside, app, &states);
    }
    let width = usize::from(inside.width);
    let picked = states.iter().position(|state| *state.name == app.node).unwrap_or(0);
    let height = usize::from(inside.height);
    let first = ((picked + 1) * each).saturating_sub(height);
    // Only what is seen is made: there may be a thousand nodes.
    let shown = states.iter().skip(first / each).take(height / each + 2);
    let mut lines = Vec::new();
    for state in shown {
        lines.push(head(app, state, width));
        lines.push(Line::from(pods(app, state, width, true)));
        if app.x_ray {
            lines.push(Line::styled(real(state, width), app.theme.style(Role::Message)));
        }
    }
    frame.render_widget(Paragraph::new(lines.split_off((first % each).min(lines.len()))), inside);
}

/// Side by side: each node with its pods below it.
fn boxes(frame: &mut Frame<'_>, area: Rect, app: &App, states: &[NodeState]) {
    let places = Layout::horizontal(states.iter().map(|_| Constraint::Fill(1))).split(area);
    let mut tallest = 0;
    for (state, place) in states.iter().zip(places.iter()) {
        let width = usize::from(place.width);
        let mut lines = node_box(app, state, width);
        let pods: Vec<&Pod> = app.roster.on(&app.view, state.name).collect();
        let each = if pinned::is_huge(app.size) { 2 } else { 1 };
        let room = usize::from(place.height).saturating_sub(lines.len());
        // Only what is seen is put into words.
        let shown = if pods.len() * each > room { room.saturating_sub(1) / each } else { pods.len() };
        lines.extend(pods.iter().take(shown).flat_map(|pod| pod_lines(app, pod, width)));
        if shown < pods.len() {
            let more = format!("  {} more", pods.len() - shown);
            lines.push(Line::styled(more, app.theme.style(Role::Muted)));
        }
        tallest = tallest.max(lines.len());
        frame.render_widget(Paragraph::new(lines), *place);
    }
    legend(frame, area, app, tallest);
}

/// What the signs mean, where the nodes leave room.
fn legend(frame: &mut Frame<'_>, area: Rect, app: &App, used: usize) {
    let words = legend::states(app.glyphs, usize::from(area.width).saturating_sub(2));
    let height = u16::try_from(words.len()).unwrap_or(u16::MAX);
    if used + words.len() < usize::from(area.height) {
        let place = Rect { y: area.bottom() - height, height, ..area };
        let lines: Vec<Line<'_>> = words.iter().map(|line| Line::raw(format!(" {line}"))).collect();
        frame.render_widget(Paragraph::new(lines).style(app.theme.style(Role::Muted)), place);
    }
}

/// Its name, what it has, and when it was last heard of.
fn node_box<'a>(app: &App, state: &NodeState, width: usize) -> Vec<Line<'a>> {
    let style = |role| app.theme.style(role);
    let seen = node_state(app, state.name);
    let picked = app.focus == Panel::Nodes && app.node == *state.name;
    let truth = if app.x_ray { truth(state) } else { "" };
    let name = if width < ROOMY { short_node(state.name).to_string() } else { state.name.to_string() };
    let mut lines = vec![
        Line::from(vec![
            Span::raw(" "),
            Span::styled(name, style(if picked { Role::Selection } else { Role::Text })),
            Span::styled(format!(" {} {}", app.glyphs.state(seen), node_word(seen)), style(seen.role())),
        ]),
        Line::styled(fit(&format!(" cpu {}", cpu(app, state.name)), width), style(Role::Muted)),
    ];
    lines.push(match truth.is_empty() {
        true => {
            let ago = heard_ago(app, state.name).map(|ago| format!(" lease {}s ago", ago.as_secs()));
            Line::styled(ago.unwrap_or_default(), style(Role::Muted))
        }
        false => Line::styled(format!(" {truth}"), style(Role::Bad)),
    });
    if app.x_ray {
        lines.push(Line::styled(real(state, width), style(Role::Message)));
    }
    lines
}

/// A pod in one line, or in two where there is room for its address.
fn pod_lines<'a>(app: &App, pod: &Pod, width: usize) -> impl Iterator<Item = Line<'a>> {
    let (pod_state, _) = pod_state(&app.view, pod);
    let name = short(pod.metadata.name.as_deref().unwrap_or(""));
    let first = Line::from(vec![
        Span::raw("  "),
        Span::styled(app.glyphs.state(pod_state).to_owned(), app.theme.style(pod_state.role())),
        Span::raw(format!(" {}", fit(&name, width.saturating_sub(5)))),
    ]);
    let second = pinned::is_huge(app.size).then(|| {
        let address = pod.status.pod_ip.as_deref().unwrap_or("no address");
        let words = format!("    {} {address}", pod_state.word());
        let words = if words.len() > width { format!("    {}", pod_state.word()) } else { words };
        Line::styled(fit(&words, width), app.theme.style(Role::Muted))
    });
    [Some(first), second].into_iter().flatten()
}

/// The same in three lines, with the traffic below.
pub(super) fn node_strip(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let states: Vec<NodeState<'_>> = app.view.nodes().collect();
    let shown = in_strip(app, &states);
    let more = match states.len() - shown.len() {
        0 => String::new(),
        more => format!("{more} more nodes"),
    };
    let focused = app.focus == Panel::Nodes;
    let frills = Frills { title: "Nodes", top_right: "Traffic", bottom_right: &more, focused };
    let inside = panel(frame, area, app, &frills);
    let width = usize::from(inside.width) / shown.len().max(1);
    let (mut names, mut gauges) = (Vec::new(), Vec::new());
    for state in &shown {
        let pod_state = node_state(app, state.name);
        let picked = focused && shown.len() < states.len() && *state.name == app.node;
        let role = if picked { Role::Selection } else { Role::Text };
        names.push(Span::styled(format!(" {} ", state.name), app.theme.style(role)));
        names.push(Span::styled(app.glyphs.state(pod_state).to_owned(), app.theme.style(pod_state.role())));
        names.push(Span::raw(" "));
        let used = state.name.chars().count() + 4;
        names.extend(pods(app, state, width.saturating_sub(used), false));
        gauges.push(Span::styled(
            fit(&format!(" cpu {}", cpu(app, state.name)), width),
            app.theme.style(Role::Muted),
        ));
    }
    let traffic = Line::from(ribbon(app, usize::from(inside.width)));
    frame.render_widget(Paragraph::new(vec![Line::from(names), Line::from(gauges), traffic]), inside);
}

/// The nodes that have room beside each other: while keys go to them, those round the selected one; else those that are
/// not ready come first.
fn in_strip<'a>(app: &App, states: &[NodeState<'a>]) -> Vec<NodeState<'a>> {
    if states.len() <= STRIP {
        return states.to_vec();
    }
    if app.focus == Panel::Nodes {
        let picked = states.iter().position(|state| *state.name == app.node).unwrap_or(0);
        let first = (picked + 1).saturating_sub(STRIP);
        return states.iter().skip(first).take(STRIP).copied().collect();
    }
    let census = app.view.census();
    let (other, fine) = (states.iter().filter(|state| census.is_unready(state.name)), states.iter());
    let fine = fine.filter(|state| !census.is_unready(state.name));
    other.chain(fine).take(STRIP).copied().collect()
}

/// How the control plane sees a node.
pub(in crate::tui) fn node_state(app: &App, name: &str) -> PodState {
    let node = app.view.get::<Node>("", name);
    let list = node.and_then(|node| node.status.as_ref()).and_then(|status| status.conditions.as_ref());
    match conditions::get(list, "Ready").map(|ready| ready.status.as_str()) {
        Some("True") => PodState::Ready,
        Some("False") => PodState::NotReady,
        Some(_) => PodState::Lost,
        None => PodState::Starting,
    }
}

pub(in crate::tui) fn node_word(seen: PodState) -> &'static str {
    match seen {
        PodState::Ready => "Ready",
        PodState::NotReady => "NotReady",
        PodState::Lost => "Unknown",
        _ => "joining",
    }
}

/// How long ago its kubelet last renewed its lease, as the API has it: all that the control plane can know.
fn heard_ago(app: &App, node: &str) -> Option<crate::time::Span> {
    Some(app.view.now().since(last_heard(&app.view, node)?))
}

/// What is wrong with the machine, whatever the API says.
pub(in crate::tui) fn truth(state: &NodeState<'_>) -> &'static str {
    match (state.powered(), state.cut_off, state.kubelet) {
        (false, ..) => "no power",
        (true, true, _) => "cut off",
        (true, false, false) => "kubelet stopped",
        _ => "",
    }
}

fn head<'a>(app: &App, state: &NodeState, width: usize) -> Line<'a> {
    let style = |role| app.theme.style(role);
    let seen = node_state(app, state.name);
    let (word, truth) = (node_word(seen), if app.x_ray { truth(state) } else { "" });
    let lease =
        heard_ago(app, state.name).map(|ago| format!("lease {:>3}s ", ago.as_secs())).unwrap_or_default();
    let right = format!("cpu {}  {lease}", cpu(app, state.name));
    let left = format!(" {} {word} ", app.glyphs.state(seen));
    let used = state.name.chars().count() + left.chars().count() + truth.len() + 2;
    Line::from(vec![
        Span::styled(
            format!(" {}", state.name),
            style(if app.focus == Panel::Nodes && *state.name == app.node {
                Role::Selection
            } else {
                Role::Text
            }),
        ),
        Span::styled(left, style(seen.role())),
        Span::styled(truth.to_owned(), style(Role::Bad)),
        Span::styled(format!("{:>room$}", right, room = width.saturating_sub(used)), style(Role::Muted)),
    ])
}

/// The pods that the API says are on the node.
fn pods<'a>(app: &App, state: &NodeState, width: usize, names: bool) -> Vec<Span<'a>> {
    let mut spans = Vec::new();
    let mut used = if names { 3 } else { 0 };
    spans.push(Span::raw(" ".repeat(used)));
    for pod in app.roster.on(&app.view, state.name) {
        let (pod_state, _) = pod_state(&app.view, pod);
        let name = pod.metadata.name.as_deref().unwrap_or("");
        let label = match names {
            true => format!(" {}  ", short(name)),
            false => " ".to_owned(),
        };
        let cells = label.chars().count() + 1;
        if used + cells > width {
            break;
        }
        used += cells;
        spans.push(Span::styled(app.glyphs.state(pod_state).to_owned(), app.theme.style(pod_state.role())));
        spans.push(Span::styled(label, app.theme.style(Role::Text)));
    }
    spans.push(Span::raw(" ".repeat(width.saturating_sub(used))));
    spans
}

/// `login-65f2g` of `login-546954bf77-65f2g`.
fn short(name: &str) -> String {
    let parts: Vec<&str> = name.split('-').collect();
    match parts.as_slice() {
        [first @ .., _, last] if !first.is_empty() => format!("{}-{last}", first.join("-")),
        _ => name.to_owned(),
    }
}

/// What really runs: containers by state, whatever the API says.
fn real(state: &NodeState, width: usize) -> String {
    let text = match state.machine() {
        None => "REAL: nothing".to_owned(),
        Some(machine) => {
            let containers = machine.pods.values().flat_map(|pod| &pod.containers);
            let running = containers.clone().filter(|container| container.state == "running").count();
            format!("REAL: {running} run")
        }
    };
    fit(&format!(" {text}"), width)
}

/// `▰▰▱▱▱▱▱  25%`: CPU that pods have requested.
fn cpu(app: &App, name: &str) -> String {
    let node = app.view.get::<Node>("", name);
    let allocatable =
        node.and_then(|node| node.status.as_ref()).and_then(|status| status.allocatable.as_ref());
    let total = milli_of(allocatable, "cpu").max(1);
    let requested: i128 = app
        .roster
        .on(&app.view, name)
        .filter(|pod| !pod.is_finished())
        .flat_map(|pod| &pod.spec.containers)
        .map(|container| {
            milli_of(container.resources.as_ref().and_then(|resources| resources.requests.as_ref()), "cpu")
        })
        .sum();
    let percent = (requested * 100 / total).clamp(0, 100);
    let full = usize::try_from(percent).unwrap_or(0) * GAUGE / 100;
    let gauge = app.glyphs.sign(Sign::Full).repeat(full) + &app.glyphs.sign(Sign::Empty).repeat(GAUGE - full);
    format!("{gauge} {percent:>3}%")
}
