//! Reading a script, strictly: every mistake has a line and a column.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_saphyr::Spanned;
use smol_str::SmolStr;

use super::ask::{Ask, AskOption};
use super::place::{Place, read_yaml};
use super::raw::{
    RawApply, RawAsk, RawExpect, RawImage, RawKubectl, RawNodeStep, RawOption, RawScript, RawStep, RawWait,
};
use super::short::Short;
use super::step::{
    Action, ApplySource, Beat, Cue, DeleteStep, FaultStep, ImageStep, KubectlStep, ScaleStep, Step,
};
use super::targets;
use super::world::{self, WorldSpec, node_name, quantity, rates, taints};
use crate::apiserver::Propagation;
use crate::engine::NodeSpec;
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
        let steps = raw.steps.into_iter().map(|step| Step::read(step, text)).collect::<Result<_, _>>()?;
        Ok(Self { title: raw.title.unwrap_or_default(), world, images, steps })
    }

    /// Reads a mere list of steps.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse_steps(text: &str) -> Result<Vec<Step>, ScriptError> {
        let raw: Vec<Spanned<RawStep>> = read_yaml(text)?;
        raw.into_iter().map(|step| Step::read(step, text)).collect()
    }
}

fn read_image(raw: &Spanned<Short<RawImage>>) -> Result<ImageFault, ScriptError> {
    match &raw.value {
        Short::Text(word) if word == "not-found" => Ok(ImageFault::NotFound),
        Short::Text(word) if word == "found" => Ok(ImageFault::Found),
        Short::Text(word) => {
            Err(Place::of(raw)
                .error(format!("\"{word}\" is not known; write not-found, found or {{slow: 30s}}")))
        }
        Short::Fields(RawImage { slow }) => Place::of(slow).span(&slow.value).map(ImageFault::Slow),
    }
}

impl Step {
    /// Reads a step of a text.
    ///
    /// # Errors
    /// What is wrong with it, with its place.
    pub(crate) fn read(raw: Spanned<RawStep>, text: &str) -> Result<Self, ScriptError> {
        let at = Place::of(&raw);
        let raw = raw.value;
        let mut actions = Vec::new();
        actions.extend(raw.apply.map(|apply| read_apply(apply, text)).transpose()?);
        actions.extend(raw.wait.map(read_wait).transpose()?);
        actions.extend(raw.delete.map(read_delete).transpose()?.map(Action::Delete));
        actions.extend(raw.scale.map(check_scale).transpose()?);
        actions.extend(raw.set_image.map(check_image).transpose()?);
        actions.extend(raw.edit.map(Action::Edit));
        actions.extend(raw.kubectl.map(read_kubectl).transpose()?);
        actions.extend(raw.fault.map(read_fault).transpose()?);
        actions.extend(raw.node.map(read_node).transpose()?);
        actions.extend(raw.after.map(read_after).transpose()?);
        actions.extend(raw.expect.map(read_expect).transpose()?);
        actions.extend(raw.say.map(|text| Action::Beat(Beat::Say(text))));
        actions.extend(raw.ask.map(read_ask).transpose()?.map(|ask| Action::Beat(Beat::Ask(ask))));
        actions.extend(raw.note.map(|text| Action::Beat(Beat::Note(text))));
        actions.extend(raw.traffic.map(|raw| rates(raw.value)).transpose()?.map(Action::Traffic));
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
        (None, Some(when)) => Place::expression(&when, &when.value).map(Cue::When),
        (Some(_), Some(_)) => Err(at.error("a step has either `at` or `when`")),
    }
}

fn read_ask(raw: Spanned<Short<RawAsk>>) -> Result<Ask, ScriptError> {
    let at = Place::of(&raw);
    let RawAsk { question, options } = match raw.value {
        Short::Text(question) => return Ok(Ask { question, options: Vec::new() }),
        Short::Fields(fields) => fields,
    };
    let option = |raw: RawOption| {
        let at = Place::of(&raw.holds);
        let holds = Place::expression(&raw.holds, &raw.holds.value)?;
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
    Place::expression(&raw, &raw.value).map(Action::Break)
}

fn read_apply(raw: Spanned<Short<RawApply>>, text: &str) -> Result<Action, ScriptError> {
    let at = Place::of(&raw);
    let fields = match raw.value {
        Short::Text(path) => {
            return Ok(Action::Apply { source: ApplySource::Path(path), expect_error: None });
        }
        Short::Fields(fields) => fields,
    };
    let source = match (fields.path, fields.inline) {
        (Some(path), None) => ApplySource::Path(path),
        (None, Some(inline)) => {
            let at = Place::of(&inline).block(&inline.value, text);
            ApplySource::Inline { text: inline.value, at }
        }
        _ => return Err(at.error("apply takes either a path or {inline: \"YAML\"}")),
    };
    Ok(Action::Apply { source, expect_error: fields.expect_error.map(pattern).transpose()? })
}

/// A regular expression that can be read.
fn pattern(raw: Spanned<String>) -> Result<String, ScriptError> {
    match regex::Regex::new(&raw.value) {
        Ok(_) => Ok(raw.value),
        Err(error) => Err(Place::of(&raw).error(format!("no regular expression: {error}"))),
    }
}

fn read_kubectl(raw: Spanned<Short<RawKubectl>>) -> Result<Action, ScriptError> {
    let RawKubectl { run, expect_exit, expect_output } = match raw.value {
        Short::Text(run) => RawKubectl { run, expect_exit: None, expect_output: None },
        Short::Fields(fields) => fields,
    };
    let expect_output = expect_output.map(pattern).transpose()?;
    Ok(Action::Kubectl(KubectlStep { run, expect_exit, expect_output }))
}

fn read_wait(raw: Spanned<Short<RawWait>>) -> Result<Action, ScriptError> {
    match &raw.value {
        Short::Text(until) => Ok(Action::Wait { until: Place::expression(&raw, until)?, max: DEFAULT_WAIT }),
        Short::Fields(RawWait { until, max }) => {
            let max = max.as_ref().map_or(Ok(DEFAULT_WAIT), |max| Place::of(max).span(&max.value))?;
            Ok(Action::Wait { until: Place::expression(until, &until.value)?, max })
        }
    }
}

fn read_after(raw: Spanned<String>) -> Result<Action, ScriptError> {
    Place::of(&raw).span(&raw.value).map(Action::After)
}

fn read_expect(raw: Spanned<Short<RawExpect>>) -> Result<Action, ScriptError> {
    match &raw.value {
        Short::Text(text) => Place::expression(&raw, text).map(Action::Expect),
        Short::Fields(RawExpect { always, since }) => {
            let expression = Place::expression(always, &always.value)?;
            Ok(Action::ExpectAlways { expression, since: *since })
        }
    }
}

fn read_fault(raw: Spanned<Box<FaultStep>>) -> Result<Action, ScriptError> {
    match targets::plan(&raw.value) {
        Ok(_) => Ok(Action::Fault(raw.value)),
        Err(why) => Err(Place::of(&raw).error(why)),
    }
}

fn read_delete(raw: Spanned<BTreeMap<String, Value>>) -> Result<DeleteStep, ScriptError> {
    let at = Place::of(&raw);
    let raw = raw.value;
    let text = |key: &str| raw.get(key).map(world::text);
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
        .filter(|count| *count > 0)
        .ok_or_else(|| at.error("count: must be a number, 1 or more"))?;
    Ok(DeleteStep {
        kind,
        target: text(key).unwrap_or_default(),
        namespace: text("namespace").unwrap_or_else(|| "default".to_owned()),
        count,
        grace,
        propagation,
    })
}

fn check_scale(raw: Spanned<ScaleStep>) -> Result<Action, ScriptError> {
    let (at, scale) = (Place::of(&raw), raw.value);
    match scale.deployment.is_some() != scale.replicaset.is_some() {
        true => Ok(Action::Scale(scale)),
        false => Err(at.error("scale takes a deployment or a replicaset: {deployment: login, replicas: 5}")),
    }
}

fn check_image(raw: Spanned<ImageStep>) -> Result<Action, ScriptError> {
    let (at, image) = (Place::of(&raw), raw.value);
    match image.deployment.is_some() || image.file.is_some() {
        true => Ok(Action::SetImage(image)),
        false => Err(at.error("set-image takes a deployment or a file: {deployment: login, image: \"x:1\"}")),
    }
}

fn read_node(raw: Spanned<RawNodeStep>) -> Result<Action, ScriptError> {
    let (at, raw) = (Place::of(&raw), raw.value);
    match (raw.add, raw.remove) {
        (Some(name), None) => {
            let plain = NodeSpec::new(node_name(name)?);
            Ok(Action::AddNode(NodeSpec {
                cpu: raw.cpu.map(quantity).transpose()?.unwrap_or(plain.cpu),
                memory: raw.memory.map(quantity).transpose()?.unwrap_or(plain.memory),
                labels: raw.labels,
                taints: taints(raw.taints)?,
                name: plain.name,
            }))
        }
        (None, Some(name)) => Ok(Action::RemoveNode(name)),
        _ => Err(at.error("node takes either add: NAME or remove: NAME")),
    }
}
