//! Reading a script, strictly: every mistake has a line and a column.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_saphyr::Spanned;
use smol_str::{SmolStr, format_smolstr};

use super::ask::{Ask, AskOption};
use super::place::{Place, read_yaml};
use super::raw::{
    RawApply, RawAsk, RawExpect, RawImage, RawKubectl, RawNodeStep, RawNodes, RawOption, RawScript, RawStep,
    RawWait, RawWorld,
};
use super::step::{Action, ApplySource, Beat, Cue, DeleteStep, ImageStep, KubectlStep, ScaleStep, Step};
use crate::apiserver::Propagation;
use crate::engine::{ClusterConfig, NodeSpec};
use crate::node::ImageFault;
use crate::object::Kind;
use crate::time::Span;

/// How long `wait` waits if nothing is said.
const DEFAULT_WAIT: Span = Span::secs(600);

/// Why a text is no script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct ScriptError {
    /// What is wrong, and what to do.
    pub message: String,
    /// Where, from 1.
    pub line: usize,
    /// Where, from 1.
    pub column: usize,
}

/// A script.
#[derive(Clone, Debug)]
pub struct Script {
    /// What people call it; empty if it does not say.
    pub title: String,
    /// The world it plays in.
    pub world: WorldSpec,
    /// How images behave.
    pub images: BTreeMap<SmolStr, ImageFault>,
    /// What happens.
    pub steps: Vec<Step>,
}

/// The world of a script; what is not said is left to the flags and the defaults.
#[derive(Clone, Debug, Default)]
pub struct WorldSpec {
    /// The nodes, if said.
    pub nodes: Option<Vec<NodeSpec>>,
    /// The seed, if said.
    pub seed: Option<u64>,
    /// Requests per second by Service.
    pub traffic: BTreeMap<SmolStr, u32>,
}

impl WorldSpec {
    /// The configuration of the cluster.
    pub fn config(&self, images: &BTreeMap<SmolStr, ImageFault>, seed: Option<u64>) -> ClusterConfig {
        let mut config = ClusterConfig::default();
        config.seed = seed.or(self.seed).unwrap_or(config.seed);
        if let Some(nodes) = &self.nodes {
            config.nodes.clone_from(nodes);
        }
        config.traffic.clone_from(&self.traffic);
        config.images.clone_from(images);
        config
    }

    /// Reads what a text says about a world.
    ///
    /// # Errors
    /// A rate that is none.
    pub(crate) fn read(raw: Spanned<RawWorld>) -> Result<Self, ScriptError> {
        let at = Place::of(&raw);
        let RawWorld { nodes, seed, cpu, memory, traffic } = raw.value;
        let (cpu, memory) = (cpu.map(quantity), memory.map(quantity));
        let sized = |mut node: NodeSpec| {
            if let Some(cpu) = &cpu {
                node.cpu.clone_from(cpu);
            }
            if let Some(memory) = &memory {
                node.memory.clone_from(memory);
            }
            node
        };
        let nodes = match nodes {
            None if cpu.is_none() && memory.is_none() => None,
            None => Some(ClusterConfig::default().nodes.into_iter().map(sized).collect()),
            Some(RawNodes::Count(count)) => Some(
                (1..=count).map(|number| sized(NodeSpec::new(format_smolstr!("node-{number}")))).collect(),
            ),
            Some(RawNodes::List(list)) => Some(
                list.into_iter()
                    .map(|raw| {
                        let node = sized(NodeSpec::new(raw.name));
                        NodeSpec {
                            cpu: raw.cpu.map_or(node.cpu, quantity),
                            memory: raw.memory.map_or(node.memory, quantity),
                            labels: raw.labels,
                            taints: raw.taints,
                            name: node.name,
                        }
                    })
                    .collect(),
            ),
        };
        Ok(Self { nodes, seed, traffic: rates(at, traffic)? })
    }
}

/// Requests per second by Service.
fn rates(at: Place, raw: BTreeMap<SmolStr, Value>) -> Result<BTreeMap<SmolStr, u32>, ScriptError> {
    let rate = |(service, rate): (SmolStr, Value)| match per_second(&rate) {
        Some(per_second) => Ok((service, per_second)),
        None => Err(at.error(format!("traffic to {service}: \"{rate}\" is no rate; write it like 10rps"))),
    };
    raw.into_iter().map(rate).collect()
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let raw: RawScript = read_yaml(text)?;
        let world = raw.world.map(WorldSpec::read).transpose()?.unwrap_or_default();
        let mut images = BTreeMap::new();
        for (image, raw) in raw.images {
            images.insert(image, read_image(&raw)?);
        }
        let steps = raw.steps.into_iter().map(Step::read).collect::<Result<_, _>>()?;
        Ok(Self { title: raw.title.unwrap_or_default(), world, images, steps })
    }

    /// Reads a mere list of steps.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse_steps(text: &str) -> Result<Vec<Step>, ScriptError> {
        let raw: Vec<Spanned<RawStep>> = read_yaml(text)?;
        raw.into_iter().map(Step::read).collect()
    }
}

/// A quantity may be written as a number.
fn quantity(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn per_second(rate: &Value) -> Option<u32> {
    match rate {
        Value::Number(number) => number.as_u64().and_then(|rate| rate.try_into().ok()),
        Value::String(text) => {
            text.trim().strip_suffix("rps").or(text.strip_suffix("/s"))?.trim().parse().ok()
        }
        _ => None,
    }
}

fn read_image(raw: &Spanned<RawImage>) -> Result<ImageFault, ScriptError> {
    let at = Place::of(raw);
    match &raw.value {
        RawImage::Word(word) if word == "not-found" => Ok(ImageFault::NotFound),
        RawImage::Word(word) if word == "found" => Ok(ImageFault::Found),
        RawImage::Word(word) => {
            Err(at.error(format!("\"{word}\" is not known; write not-found, found or {{slow: 30s}}")))
        }
        RawImage::Slow { slow } => Span::parse(slow).map(ImageFault::Slow).map_err(|error| at.error(error)),
    }
}

impl Step {
    /// Reads a step.
    ///
    /// # Errors
    /// What is wrong with it, with its place.
    pub(crate) fn read(raw: Spanned<RawStep>) -> Result<Self, ScriptError> {
        let at = Place::of(&raw);
        let raw = raw.value;
        let mut actions = Vec::new();
        actions.extend(raw.apply.map(read_apply).transpose()?);
        actions.extend(raw.wait.map(read_wait).transpose()?);
        actions.extend(raw.delete.map(|raw| read_delete(raw, at)).transpose()?.map(Action::Delete));
        actions.extend(raw.scale.map(|scale| check_scale(scale, at)).transpose()?);
        actions.extend(raw.set_image.map(|image| check_image(image, at)).transpose()?);
        actions.extend(raw.edit.map(Action::Edit));
        actions.extend(raw.kubectl.map(read_kubectl).transpose()?);
        actions.extend(raw.fault.map(Action::Fault));
        actions.extend(raw.node.map(|node| read_node(node, at)).transpose()?);
        actions.extend(raw.after.map(read_after).transpose()?);
        actions.extend(raw.expect.map(read_expect).transpose()?);
        actions.extend(raw.say.map(|text| Action::Beat(Beat::Say(text))));
        actions.extend(raw.ask.map(read_ask).transpose()?.map(|ask| Action::Beat(Beat::Ask(ask))));
        actions.extend(raw.note.map(|text| Action::Beat(Beat::Note(text))));
        actions.extend(
            raw.traffic.map(|raw| rates(Place::of(&raw), raw.value)).transpose()?.map(Action::Traffic),
        );
        actions.extend(raw.key.map(|text| Action::Beat(Beat::Key(text))));
        actions.extend(raw.spotlight.map(|text| Action::Beat(Beat::Spotlight(text))));
        actions.extend(raw.stop.map(read_break).transpose()?);
        actions.extend(raw.answer.map(Action::Answer));
        actions.extend(raw.docker.map(Action::Docker));
        let cue = read_cue(raw.at, raw.when, at)?;
        let mut actions = actions.into_iter();
        match (actions.next(), actions.next()) {
            (Some(action), None) => Ok(Self { action, cue, line: at.line, column: at.column }),
            (None, _) => Err(at.error("an empty step; write one of apply, wait, delete, scale, set-image, edit, kubectl, fault, node, after, expect")),
            (Some(_), Some(_)) => Err(at.error("two steps in one; begin each with its own `-`")),
        }
    }
}

fn read_cue(
    after: Option<Spanned<String>>,
    when: Option<Spanned<String>>,
    at: Place,
) -> Result<Cue, ScriptError> {
    match (after, when) {
        (None, None) => Ok(Cue::Next),
        (Some(after), None) => Place::of(&after).span(&after.value).map(Cue::At),
        (None, Some(when)) => Place::of(&when).expression(&when.value).map(Cue::When),
        (Some(_), Some(_)) => Err(at.error("a step has either `at` or `when`")),
    }
}

fn read_ask(raw: Spanned<RawAsk>) -> Result<Ask, ScriptError> {
    let at = Place::of(&raw);
    let (question, options) = match raw.value {
        RawAsk::Question(question) => return Ok(Ask { question, options: Vec::new() }),
        RawAsk::Detailed { question, options } => (question, options),
    };
    let option = |raw: RawOption| {
        let at = Place::of(&raw.holds);
        let holds = at.expression(&raw.holds.value)?;
        match holds.inner().is_empty() {
            true => Ok(AskOption { text: raw.text, holds }),
            false => {
                Err(at.error("an option is judged when its beat ends: min, max and when are not known there"))
            }
        }
    };
    let options: Vec<AskOption> = options.into_iter().map(option).collect::<Result<_, _>>()?;
    match options.len() {
        2..=5 => Ok(Ask { question, options }),
        count => Err(at.error(format!("a question has two to five options, not {count}"))),
    }
}

fn read_break(raw: Spanned<String>) -> Result<Action, ScriptError> {
    Place::of(&raw).expression(&raw.value).map(Action::Break)
}

fn read_apply(raw: Spanned<RawApply>) -> Result<Action, ScriptError> {
    let at = Place::of(&raw);
    let (source, expect_error) = match raw.value {
        RawApply::Path(path) => (ApplySource::Path(path), None),
        RawApply::Detailed { path: Some(path), inline: None, expect_error } => {
            (ApplySource::Path(path), expect_error)
        }
        RawApply::Detailed { path: None, inline: Some(text), expect_error } => {
            (ApplySource::Inline(text), expect_error)
        }
        RawApply::Detailed { .. } => return Err(at.error("apply takes either a path or {inline: \"YAML\"}")),
    };
    if let Some(pattern) = &expect_error
        && let Err(error) = regex::Regex::new(pattern)
    {
        return Err(at.error(format!("expect-error: {error}")));
    }
    Ok(Action::Apply { source, expect_error })
}

fn read_kubectl(raw: Spanned<RawKubectl>) -> Result<Action, ScriptError> {
    let at = Place::of(&raw);
    let (run, expect_exit, expect_output) = match raw.value {
        RawKubectl::Line(run) => (run, None, None),
        RawKubectl::Detailed { run, expect_exit, expect_output } => (run, expect_exit, expect_output),
    };
    if let Some(pattern) = &expect_output
        && let Err(error) = regex::Regex::new(pattern)
    {
        return Err(at.error(format!("expect-output: {error}")));
    }
    Ok(Action::Kubectl(KubectlStep { run, expect_exit, expect_output }))
}

fn read_wait(raw: Spanned<RawWait>) -> Result<Action, ScriptError> {
    let at = Place::of(&raw);
    let (until, max) = match raw.value {
        RawWait::Until(until) => (until, None),
        RawWait::Detailed { until, max } => (until, max),
    };
    let max = max.map_or(Ok(DEFAULT_WAIT), |max| at.span(&max))?;
    Ok(Action::Wait { until: at.expression(&until)?, max })
}

fn read_after(raw: Spanned<String>) -> Result<Action, ScriptError> {
    Place::of(&raw).span(&raw.value).map(Action::After)
}

fn read_expect(raw: Spanned<RawExpect>) -> Result<Action, ScriptError> {
    let at = Place::of(&raw);
    match raw.value {
        RawExpect::Now(text) => at.expression(&text).map(Action::Expect),
        RawExpect::Always { always, since } => {
            at.expression(&always).map(|expression| Action::ExpectAlways { expression, since })
        }
    }
}

fn read_delete(raw: BTreeMap<String, Value>, at: Place) -> Result<DeleteStep, ScriptError> {
    let text = |key: &str| raw.get(key).map(|value| quantity(value.clone()));
    let mut kinds = raw.keys().filter_map(|key| Some((key, Kind::from_resource(key)?)));
    let (key, kind) = kinds
        .next()
        .ok_or_else(|| at.error("delete takes a kind with a selector or name: {pod: \"app=login\"}"))?;
    let options = ["count", "grace", "propagation", "namespace"];
    if let Some(unknown) = raw.keys().find(|other| *other != key && !options.contains(&other.as_str())) {
        return Err(
            at.error(format!("delete: unknown field \"{unknown}\"; there are {}", options.join(", ")))
        );
    }
    let propagation = match text("propagation").as_deref() {
        None => None,
        Some("background") => Some(Propagation::Background),
        Some("foreground") => Some(Propagation::Foreground),
        Some("orphan") => Some(Propagation::Orphan),
        Some(other) => {
            return Err(
                at.error(format!("propagation: \"{other}\" is not one of background, foreground, orphan"))
            );
        }
    };
    let grace = text("grace").map(|grace| at.span(&grace)).transpose()?;
    let count = raw.get("count").map_or(Some(1), Value::as_u64);
    let count = count
        .and_then(|count| usize::try_from(count).ok())
        .ok_or_else(|| at.error("count: must be a number"))?;
    Ok(DeleteStep {
        kind,
        target: text(key).unwrap_or_default(),
        namespace: text("namespace").unwrap_or_else(|| "default".to_owned()),
        count,
        grace,
        propagation,
    })
}

fn check_scale(scale: ScaleStep, at: Place) -> Result<Action, ScriptError> {
    match scale.deployment.is_some() != scale.replicaset.is_some() {
        true => Ok(Action::Scale(scale)),
        false => Err(at.error("scale takes a deployment or a replicaset: {deployment: login, replicas: 5}")),
    }
}

fn check_image(image: ImageStep, at: Place) -> Result<Action, ScriptError> {
    match image.deployment.is_some() || image.file.is_some() {
        true => Ok(Action::SetImage(image)),
        false => Err(at.error("set-image takes a deployment or a file: {deployment: login, image: \"x:1\"}")),
    }
}

fn read_node(raw: RawNodeStep, at: Place) -> Result<Action, ScriptError> {
    match (raw.add, raw.remove) {
        (Some(name), None) => {
            let plain = NodeSpec::new(name);
            Ok(Action::AddNode(NodeSpec {
                cpu: raw.cpu.map_or(plain.cpu, quantity),
                memory: raw.memory.map_or(plain.memory, quantity),
                labels: raw.labels,
                taints: raw.taints,
                name: plain.name,
            }))
        }
        (None, Some(name)) => Ok(Action::RemoveNode(name)),
        _ => Err(at.error("node takes either add: NAME or remove: NAME")),
    }
}
