//! The nodes as boxes, with the pods that the API server believes to be on them.

use k8s_openapi::api::core::v1::Node;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect, Size};
use ratatui::text::{Line, Span as Words};
use ratatui::widgets::{Block, Paragraph};

use super::{Light, light};
use crate::object::Pod;
use crate::scenes::Region;
use crate::time::Span;
use crate::tui::app::App;
use crate::tui::glyphs::PodState;
use crate::tui::model::pod_state;
use crate::tui::screens::cluster::{node_state, node_word, truth};
use crate::tui::theme::Role;

/// Nodes that have room side by side.
const SHOWN: usize = 4;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    if area.height < 2 {
        return;
    }
    let names = app.view.node_names();
    let homeless = app.roster.homeless() > 0;
    let shown: Vec<Option<&str>> =
        names.iter().take(SHOWN).map(|name| Some(name.as_str())).chain(homeless.then_some(None)).collect();
    let places = Layout::horizontal(shown.iter().map(|_| Constraint::Fill(1))).split(area);
    for (node, place) in shown.iter().zip(places.iter()) {
        one(frame, *place, app, *node);
    }
}

fn one(frame: &mut Frame<'_>, area: Rect, app: &App, node: Option<&str>) {
    let light = light(app, Region::Nodes);
    let seen = node.map_or(PodState::Waiting, |node| node_state(app, node));
    let is_fine = seen == PodState::Ready;
    let set = match (is_fine, node) {
        (false, Some(_)) => app.glyphs.past_border(),
        _ => app.glyphs.border(light == Light::On || app.theme.is_heavy()),
    };
    let role = match light {
        Light::On => Role::Focus,
        _ if is_fine => Role::Border,
        _ => seen.role(),
    };
    let block = match light {
        Light::Off => Block::new(),
        _ => Block::bordered().border_set(set).border_style(app.theme.style(role)),
    };
    let title = match node {
        Some(node) => format!(" {node} {} {}{} ", app.glyphs.state(seen), node_word(seen), silent(app, node)),
        None => format!(" {} on no node ", app.glyphs.state(seen)),
    };
    let block = block.title_top(Line::styled(title, app.theme.style(seen.role())));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    frame.render_widget(Paragraph::new(pods(app, node, inside.as_size())), inside);
}

/// For how long a node has been taken for lost.
fn silent(app: &App, node: &str) -> String {
    let conditions = app
        .view
        .get::<Node>("", node)
        .and_then(|node| node.status.as_ref())
        .and_then(|status| status.conditions.as_ref());
    let ready = conditions.and_then(|list| list.iter().find(|condition| condition.type_ == "Ready"));
    let unknown = ready.filter(|ready| ready.status == "Unknown");
    let since = unknown.and_then(|ready| ready.last_transition_time.as_ref());
    since.map_or_else(String::new, |at| {
        let ago = app.view.now().since(crate::time::VirtualTime::from_api(at));
        format!(" {}s", ago.as_secs())
    })
}

/// ` back-off 9s, 3 restarts`: what is to be said of a pod beside its sign.
fn words(state: PodState, left: Option<Span>, restarts: i32) -> String {
    let state = match (state, left) {
        (PodState::Ready, _) => String::new(),
        (state, Some(left)) => format!(" {} {}s", state.word(), left.as_secs()),
        (state, None) => format!(" {}", state.word()),
    };
    match restarts {
        0 => state,
        1 => format!("{state} 1 restart"),
        count => format!("{state} {count} restarts"),
    }
}

/// `login ◉  payment ◉`: each in a row of its own if they have room so, else beside each other; with x-ray, what really
/// runs below.
fn pods<'a>(app: &App, node: Option<&str>, size: Size) -> Vec<Line<'a>> {
    let (mut lines, mut spans, mut used) = (Vec::new(), Vec::new(), 0);
    let here: Vec<&Pod> = app.roster.on(&app.view, node.unwrap_or("")).collect();
    let width = if here.len() < usize::from(size.height) { 0 } else { usize::from(size.width) };
    for pod in here {
        let (state, left) = pod_state(&app.view, pod);
        let name = pod.metadata.name.as_deref().unwrap_or("");
        let label = format!(" {} ", name.split('-').next().unwrap_or(name));
        let words = words(state, left, pod.restarts());
        let cells = label.chars().count() + 2 + words.chars().count();
        if used + cells > width && !spans.is_empty() {
            lines.push(Line::from(std::mem::take(&mut spans)));
            used = 0;
        }
        used += cells;
        spans.push(Words::raw(label));
        spans.push(Words::styled(
            format!("{}{words} ", app.glyphs.state(state)),
            app.theme.style(state.role()),
        ));
    }
    lines.push(Line::from(spans));
    if app.x_ray
        && let Some(state) = node.and_then(|node| app.view.node(node))
    {
        let running = state.machine().into_iter().flat_map(|machine| machine.pods.values());
        let running = running.flat_map(|pod| &pod.containers).filter(|it| it.state == "running").count();
        let text = format!(" REAL: {running} run {}", truth(&state));
        lines.push(Line::styled(text, app.theme.style(Role::Message)));
    }
    lines
}
