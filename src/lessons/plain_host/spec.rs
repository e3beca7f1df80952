//! What a lesson says about its plain host.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::Restart;
use crate::lessons::fence::Fence;
use crate::script::{Place, ScriptError};
use crate::time::Span;

/// A host to be.
#[derive(Clone, Debug, Default)]
pub struct HostSpec {
    /// The containers that run when the lesson begins.
    pub containers: Vec<ContainerSpec>,
    /// What happens to it.
    pub cues: Vec<HostCue>,
}

/// A container to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerSpec {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// The port of the host that leads to it.
    pub port: Option<u16>,
    /// What becomes of it when it ends.
    pub restart: Restart,
}

/// Something that happens to the host some time after the lesson began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCue {
    /// When.
    pub at: Span,
    /// What.
    pub act: HostAct,
}

/// Something that happens to the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostAct {
    /// A container's process ends.
    Crash {
        /// Its name.
        container: String,
        /// Its exit code.
        code: i32,
    },
    /// The machine loses power.
    PowerOff,
    /// It has power again.
    PowerOn,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHost {
    #[serde(default)]
    containers: Vec<Spanned<RawContainer>>,
    #[serde(default)]
    steps: Vec<Spanned<RawCue>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawContainer {
    name: String,
    image: String,
    port: Option<u16>,
    restart: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCue {
    at: String,
    crash: Option<String>,
    code: Option<i32>,
    power: Option<String>,
}

/// Reads a `host` block.
pub(in crate::lessons) fn read(fence: &Fence) -> Result<HostSpec, ScriptError> {
    let raw: RawHost = fence.read()?;
    let mut spec = HostSpec::default();
    for raw in raw.containers {
        let place = Place::of(&raw);
        let RawContainer { name, image, port, restart } = raw.value;
        let restart =
            Restart::parse(restart.as_deref().unwrap_or("no")).map_err(|error| place.error(error))?;
        spec.containers.push(ContainerSpec { name, image, port, restart });
    }
    for raw in raw.steps {
        let place = Place::of(&raw);
        let RawCue { at, crash, code, power } = raw.value;
        let act = match (crash, power.as_deref()) {
            (Some(container), None) => HostAct::Crash { container, code: code.unwrap_or(1) },
            (None, Some("off")) => HostAct::PowerOff,
            (None, Some("on")) => HostAct::PowerOn,
            _ => {
                return Err(place.error(
                    "a step of the host is {at: 10s, crash: NAME, code: 1} or {at: 10s, power: off}",
                ));
            }
        };
        spec.cues.push(HostCue { at: place.span(&at)?, act });
    }
    Ok(spec)
}
