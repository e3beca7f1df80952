//! A script as serde reads it: the shapes that a text may have, with the places of what is in it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;
use smol_str::SmolStr;

use super::step::{AnswerStep, EditStep, FaultStep, ImageStep, ScaleStep, Since};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScript {
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) world: Option<Spanned<RawWorld>>,
    #[serde(default)]
    pub(super) images: BTreeMap<SmolStr, Spanned<RawImage>>,
    #[serde(default)]
    pub(super) steps: Vec<Spanned<RawStep>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RawWorld {
    pub(super) nodes: Option<RawNodes>,
    pub(super) seed: Option<u64>,
    pub(super) cpu: Option<Value>,
    pub(super) memory: Option<Value>,
    pub(super) traffic: BTreeMap<SmolStr, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum RawNodes {
    Count(u32),
    List(Vec<RawNode>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawNode {
    pub(super) name: SmolStr,
    pub(super) cpu: Option<Value>,
    pub(super) memory: Option<Value>,
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) taints: Vec<k8s_openapi::api::core::v1::Taint>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawImage {
    Word(String),
    Slow { slow: String },
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct RawStep {
    pub(super) apply: Option<Spanned<RawApply>>,
    pub(super) wait: Option<Spanned<RawWait>>,
    pub(super) delete: Option<BTreeMap<String, Value>>,
    pub(super) scale: Option<ScaleStep>,
    pub(super) set_image: Option<ImageStep>,
    pub(super) edit: Option<EditStep>,
    pub(super) kubectl: Option<Spanned<RawKubectl>>,
    pub(super) fault: Option<Box<FaultStep>>,
    pub(super) node: Option<RawNodeStep>,
    pub(super) after: Option<Spanned<String>>,
    pub(super) traffic: Option<Spanned<BTreeMap<SmolStr, Value>>>,
    pub(super) expect: Option<Spanned<RawExpect>>,
    // When it happens, in lessons and scenes.
    pub(super) at: Option<Spanned<String>>,
    pub(super) when: Option<Spanned<String>>,
    // For those who look on, and for a lesson's learner.
    pub(super) say: Option<String>,
    pub(super) ask: Option<Spanned<RawAsk>>,
    pub(super) note: Option<String>,
    pub(super) key: Option<String>,
    pub(super) spotlight: Option<String>,
    #[serde(rename = "break")]
    pub(super) stop: Option<Spanned<String>>,
    pub(super) answer: Option<AnswerStep>,
    pub(super) docker: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawAsk {
    Question(String),
    Detailed { question: String, options: Vec<RawOption> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOption {
    pub(super) text: String,
    #[serde(rename = "if")]
    pub(super) holds: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawApply {
    Path(String),
    Detailed {
        #[serde(alias = "file", alias = "folder")]
        path: Option<String>,
        inline: Option<String>,
        #[serde(rename = "expect-error")]
        expect_error: Option<String>,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawKubectl {
    Line(String),
    Detailed {
        run: String,
        #[serde(rename = "expect-exit")]
        expect_exit: Option<u8>,
        #[serde(rename = "expect-output")]
        expect_output: Option<String>,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawWait {
    Until(String),
    Detailed { until: String, max: Option<String> },
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawExpect {
    Now(String),
    Always {
        always: String,
        #[serde(default)]
        since: Since,
    },
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawNodeStep {
    pub(super) add: Option<SmolStr>,
    pub(super) remove: Option<String>,
    pub(super) cpu: Option<Value>,
    pub(super) memory: Option<Value>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) taints: Vec<k8s_openapi::api::core::v1::Taint>,
}
