//! A script as serde reads it: the shapes that a text may have, with the places of what is in it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;
use smol_str::SmolStr;

use super::short::Short;
use super::step::{AnswerStep, EditStep, FaultStep, ImageStep, ScaleStep, Since};
use super::world::{RawRates, RawWorld};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScript {
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) world: Option<RawWorld>,
    #[serde(default)]
    pub(super) images: BTreeMap<SmolStr, Spanned<Short<RawImage>>>,
    #[serde(default)]
    pub(super) steps: Vec<Spanned<RawStep>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawImage {
    pub(super) slow: Spanned<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct RawStep {
    pub(super) apply: Option<Spanned<Short<RawApply>>>,
    pub(super) wait: Option<Spanned<Short<RawWait>>>,
    pub(super) delete: Option<Spanned<BTreeMap<String, Value>>>,
    pub(super) scale: Option<Spanned<ScaleStep>>,
    pub(super) set_image: Option<Spanned<ImageStep>>,
    pub(super) edit: Option<EditStep>,
    pub(super) kubectl: Option<Spanned<Short<RawKubectl>>>,
    pub(super) fault: Option<Spanned<Box<FaultStep>>>,
    pub(super) node: Option<Spanned<RawNodeStep>>,
    pub(super) after: Option<Spanned<String>>,
    pub(super) traffic: Option<Spanned<RawRates>>,
    pub(super) expect: Option<Spanned<Short<RawExpect>>>,
    // When it happens, in lessons and scenes.
    pub(super) at: Option<Spanned<String>>,
    pub(super) when: Option<Spanned<String>>,
    // For those who look on, and for a lesson's learner.
    pub(super) say: Option<String>,
    pub(super) ask: Option<Spanned<Short<RawAsk>>>,
    pub(super) note: Option<String>,
    pub(super) key: Option<String>,
    pub(super) spotlight: Option<String>,
    #[serde(rename = "break")]
    pub(super) stop: Option<Spanned<String>>,
    pub(super) answer: Option<AnswerStep>,
    pub(super) docker: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAsk {
    pub(super) question: String,
    pub(super) options: Vec<RawOption>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOption {
    pub(super) text: String,
    #[serde(rename = "if")]
    pub(super) holds: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawApply {
    #[serde(alias = "file", alias = "folder")]
    pub(super) path: Option<String>,
    pub(super) inline: Option<Spanned<String>>,
    pub(super) expect_error: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawKubectl {
    pub(super) run: String,
    pub(super) expect_exit: Option<u8>,
    pub(super) expect_output: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWait {
    pub(super) until: Spanned<String>,
    pub(super) max: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExpect {
    pub(super) always: Spanned<String>,
    #[serde(default)]
    pub(super) since: Since,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawNodeStep {
    pub(super) add: Option<Spanned<SmolStr>>,
    pub(super) remove: Option<String>,
    pub(super) cpu: Option<Spanned<Value>>,
    pub(super) memory: Option<Spanned<Value>>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) taints: Vec<Spanned<k8s_openapi::api::core::v1::Taint>>,
}
