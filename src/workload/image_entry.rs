//! A row of the catalogue: what is known about a repository. The table is `assets/images.yaml`, which says
//! what each field means to those who edit it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, de::Error};
use smol_str::{SmolStr, ToSmolStr};

use super::catalogue::ImageSpec;
use super::tree::Tree;
use crate::object::quantity;
use crate::time::Span;

/// What is known about a repository.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImageEntry {
    /// Its name as people write it: `nginx`, `registry.k8s.io/pause`.
    pub name: SmolStr,
    /// Other names of the same.
    #[serde(default)]
    pub aliases: Vec<SmolStr>,
    /// Which tags exist.
    #[serde(default)]
    pub tags: TagRule,
    /// Size in bytes.
    #[serde(deserialize_with = "bytes")]
    pub size: u64,
    /// What it does when nothing is said.
    #[serde(default)]
    pub run: Behaviour,
    /// The ports at which it listens; if empty, those that the pod declares.
    #[serde(default)]
    pub ports: Vec<i32>,
    /// Whether it listens at all.
    #[serde(default = "yes")]
    pub serves: bool,
    /// How long it takes until it serves.
    #[serde(default = "usual_start_up", deserialize_with = "span")]
    pub start_up: Span,
    /// Memory used once it serves, in bytes.
    #[serde(default = "usual_memory", deserialize_with = "bytes")]
    pub memory: u64,
    /// What it uses more each second, in bytes.
    #[serde(default, deserialize_with = "bytes")]
    pub leak_per_second: u64,
    /// CPU used while it waits for requests, in thousandths of a core.
    #[serde(default = "usual_cpu", deserialize_with = "milli")]
    pub cpu: u64,
    /// How long it takes from SIGTERM to its end.
    #[serde(default = "usual_drain", deserialize_with = "span")]
    pub drain: Span,
    /// Its exit code after SIGTERM.
    #[serde(default)]
    pub exit_on_term: i32,
    /// What must be in the environment.
    #[serde(default)]
    pub needs: Option<Need>,
    /// The paths that it answers with 200; all if none are listed.
    #[serde(default)]
    pub paths: Option<Vec<SmolStr>>,
    /// Whether it speaks HTTP.
    #[serde(default = "yes")]
    pub http: bool,
    /// Whether it speaks the gRPC health protocol.
    #[serde(default)]
    pub grpc: bool,
    /// What it answers.
    #[serde(default = "usual_body")]
    pub body: String,
    /// What it prints when it starts.
    #[serde(default)]
    pub log: Vec<String>,
    /// What it prints when it serves.
    #[serde(default)]
    pub ready_log: Vec<String>,
    /// The entry point, if it is a tool that is interpreted.
    #[serde(default)]
    pub entrypoint: Vec<String>,
    /// Whether its entry point runs other programs that it is given as arguments.
    #[serde(default)]
    pub passes_on: bool,
    /// The names of its servers.
    #[serde(default)]
    pub programs: Vec<SmolStr>,
    /// Which tools it has.
    #[serde(default)]
    pub base: Base,
    /// Tools that it has besides.
    #[serde(default)]
    pub tools: Vec<SmolStr>,
    /// The folder in which commands run.
    #[serde(default = "root")]
    pub working_dir: SmolStr,
    /// Files that the image brings.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// The root of a fresh container, made when it is first needed.
    #[serde(skip)]
    root: OnceLock<Tree>,
}

impl ImageEntry {
    /// The root of a fresh container: the image's files and the folders that they need. Containers share it until
    /// they write.
    pub(super) fn root(&self) -> &Tree {
        self.root.get_or_init(|| {
            let mut tree = Tree::root();
            // A folder that exists is fine as it is.
            let _existing = tree.make_folder(self.working_dir.trim_matches('/'), true);
            for (path, text) in &self.files {
                let path = path.trim_matches('/');
                if !tree.exists(path) {
                    tree.make_folders_above(path);
                    let _full = tree.write(path, text, false);
                }
            }
            tree
        })
    }

    /// What stands for `{name}` in the row's texts.
    pub(super) fn name_for(&self, image: &ImageSpec) -> SmolStr {
        image.reference.familiar_name()
    }
}

/// What an image does when neither `command` nor `args` are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// It serves until it is told to end.
    #[default]
    Server,
    /// A shell or other prompt, which ends at once with 0 because there is no terminal.
    Shell,
    /// It prints its log and ends with 0.
    Once,
}

/// Which tools an image has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// A shell and the usual tools, with `bash`, without network tools.
    #[default]
    Debian,
    /// A shell, the usual tools, `wget`, `nc`, `nslookup` and `ping`; no `bash`.
    Busybox,
    /// No shell and no tools.
    None,
    /// Everything that is interpreted: images about which nothing is known.
    All,
}

/// Something that must be in the environment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Need {
    /// At least one of these has to be set and not empty.
    pub any_of: Vec<SmolStr>,
    /// What is printed if none is.
    pub says: Vec<String>,
    /// The exit code if none is.
    #[serde(default = "one")]
    pub code: i32,
}

impl Need {
    /// Whether the environment has it.
    pub fn is_met(&self, env: &BTreeMap<String, String>) -> bool {
        self.any_of.iter().any(|name| env.get(name.as_str()).is_some_and(|value| !value.is_empty()))
    }
}

/// Which tags of a repository exist.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TagRule {
    /// The newest version: no version above it exists. Without it, every well-formed tag exists.
    #[serde(default)]
    pub newest: Option<SmolStr>,
    /// Tags that are words: `latest` always exists.
    #[serde(default)]
    pub words: Vec<SmolStr>,
    /// Whether versions are written with a `v` (always) or without (never); both if not said.
    #[serde(default)]
    pub v: Option<bool>,
    /// Whether there is a tag `latest`.
    #[serde(default)]
    pub no_latest: bool,
}

/// What may follow a version or word after a hyphen: `1.27-alpine3.19-slim`, cut to the letters in front.
const VARIANTS: [&str; 42] = [
    "alpine",
    "slim",
    "bookworm",
    "bullseye",
    "buster",
    "trixie",
    "stretch",
    "jammy",
    "noble",
    "focal",
    "perl",
    "otel",
    "debian",
    "management",
    "musl",
    "glibc",
    "uclibc",
    "fpm",
    "apache",
    "cli",
    "zts",
    "jdk",
    "jre",
    "temurin",
    "openjdk",
    "ubi",
    "rc",
    "beta",
    "alpha",
    "windowsservercore",
    "nanoserver",
    "ltsc",
    "minimal",
    "fat",
    "distroless",
    "unprivileged",
    "builder",
    "onbuild",
    "curl",
    "php",
    "enterprise",
    "community",
];

impl TagRule {
    /// Whether there is such a tag.
    pub fn accepts(&self, tag: &str) -> bool {
        if tag == "latest" {
            return !self.no_latest;
        }
        let Some(newest) = &self.newest else {
            return self.words.is_empty() || self.words.iter().any(|word| word == tag);
        };
        let (head, variants) = tag.split_once('-').unwrap_or((tag, ""));
        let known_variant = |part: &str| {
            let letters = part.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(part.len());
            letters == 0 || VARIANTS.contains(&&part[..letters])
        };
        let known_word = |word: &str| self.words.iter().any(|known| known == word);
        known_word(tag)
            || ((variants.is_empty() || variants.split('-').all(known_variant))
                && (known_word(head) || is_variant_word(head) || self.accepts_version(head, newest)))
    }

    fn accepts_version(&self, text: &str, newest: &str) -> bool {
        let number = text.strip_prefix('v');
        if self.v.is_some_and(|wanted| wanted != number.is_some()) {
            return false;
        }
        let (Some(version), Some(newest)) = (version(number.unwrap_or(text)), version(newest)) else {
            return false;
        };
        // Only the parts that both have are compared: 1.27.3 is no newer than 1.27.
        let compared = version.len().min(newest.len());
        version[..compared] <= newest[..compared]
    }
}

/// `alpine`, `slim`, `bookworm`: many repositories have these as tags of their own.
fn is_variant_word(word: &str) -> bool {
    let letters = word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
    matches!(&word[..letters], "alpine" | "slim" | "bookworm" | "bullseye" | "trixie")
}

/// The parts of a version: up to four numbers, of which the last may have a suffix such as `rc1`.
fn version(text: &str) -> Option<Vec<u32>> {
    let parts: Vec<&str> = text.split('.').collect();
    let (last, front) = parts.split_last()?;
    let digits = last.find(|c: char| !c.is_ascii_digit()).unwrap_or(last.len());
    let (number, suffix) = last.split_at(digits);
    let fine =
        suffix.is_empty() || ["rc", "b", "a", "beta", "alpha"].iter().any(|kind| suffix.starts_with(kind));
    if parts.len() > 4 || !fine {
        return None;
    }
    front.iter().copied().chain([number]).map(|part| part.parse().ok()).collect()
}

fn yes() -> bool {
    true
}

fn one() -> i32 {
    1
}

fn root() -> SmolStr {
    SmolStr::new_static("/")
}

fn usual_start_up() -> Span {
    Span::millis(300)
}

fn usual_memory() -> u64 {
    16 << 20
}

fn usual_cpu() -> u64 {
    2
}

fn usual_drain() -> Span {
    Span::millis(10)
}

fn usual_body() -> String {
    "{name} {tag} on {hostname}\n".to_owned()
}

/// A number, or text as in resource quantities: `72950530`, `45Mi`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Amount {
    Number(u64),
    Text(String),
}

impl Amount {
    fn milli(self) -> Option<i128> {
        match self {
            Self::Number(number) => quantity::milli(&number.to_smolstr()),
            Self::Text(text) => quantity::milli(&text),
        }
    }
}

fn bytes<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let milli = Amount::deserialize(from)?.milli();
    milli
        .and_then(|milli| u64::try_from(milli / 1_000).ok())
        .ok_or_else(|| D::Error::custom("no quantity of bytes"))
}

fn milli<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let milli = Amount::deserialize(from)?.milli();
    milli.and_then(|milli| u64::try_from(milli).ok()).ok_or_else(|| D::Error::custom("no quantity of cores"))
}

fn span<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
    Span::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_exist_up_to_the_newest_version() {
        let rule = TagRule {
            newest: Some("1.29".into()),
            words: vec!["stable".into()],
            v: Some(false),
            no_latest: false,
        };
        for tag in
            ["latest", "1", "1.27", "1.27.3", "1.29-alpine", "stable-alpine3.20-slim", "alpine", "1.28-perl"]
        {
            assert!(rule.accepts(tag), "{tag}");
        }
        for tag in ["1.999", "2", "v1.27", "latets", "1.27-alpin", "1.x", "stabel", "1.2.3.4.5", ""] {
            assert!(!rule.accepts(tag), "{tag}");
        }
        assert!(TagRule::default().accepts("anything"));
    }
}
