//! Image references: `registry/repository:tag@digest`.
//!
//! A reference is short in manifests (`nginx`) and long in the runtime (`docker.io/library/nginx:latest`). The
//! rules are those of `github.com/distribution/reference`: a first part with a dot, a colon or `localhost` is
//! a registry; Docker Hub's own images live under `library/`; the tag is `latest` unless a tag or digest is
//! given.

use std::fmt;

use smol_str::{SmolStr, format_smolstr};

/// The registry that is meant when none is named.
const DEFAULT_REGISTRY: &str = "docker.io";

/// A parsed image reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageReference {
    /// The registry: `docker.io`.
    pub registry: SmolStr,
    /// The repository within it: `library/nginx`.
    pub repository: SmolStr,
    /// The tag; `latest` if neither tag nor digest was given, none if only a digest was.
    pub tag: Option<SmolStr>,
    /// The digest: `sha256:...`.
    pub digest: Option<SmolStr>,
}

impl ImageReference {
    /// Reads a reference; none if it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) if is_digest(digest) => (rest, Some(SmolStr::new(digest))),
            Some(_) => return None,
            None => (text, None),
        };
        let name_end = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match rest[name_end..].find(':') {
            Some(colon) => (&rest[..name_end + colon], Some(&rest[name_end + colon + 1..])),
            None => (rest, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return None;
        }
        let (registry, path) = match name.split_once('/') {
            Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => (first, path),
            _ => (DEFAULT_REGISTRY, name),
        };
        let registry = if registry == "index.docker.io" { DEFAULT_REGISTRY } else { registry };
        if registry.is_empty() || !path.split('/').all(is_path_part) {
            return None;
        }
        let official = registry == DEFAULT_REGISTRY && !path.contains('/');
        let repository = if official { format_smolstr!("library/{path}") } else { SmolStr::new(path) };
        let tag = match (tag, &digest) {
            (Some(tag), _) => Some(SmolStr::new(tag)),
            (None, Some(_)) => None,
            (None, None) => Some(SmolStr::new_static("latest")),
        };
        Some(Self { registry: SmolStr::new(registry), repository, tag, digest })
    }

    /// Registry and repository as people write them: `nginx`, `pizza/login`, `registry.k8s.io/pause`.
    pub fn familiar_name(&self) -> SmolStr {
        if self.registry != DEFAULT_REGISTRY {
            return format_smolstr!("{}/{}", self.registry, self.repository);
        }
        SmolStr::new(self.repository.strip_prefix("library/").unwrap_or(&self.repository))
    }

    /// Whether it names Docker Hub's own images (`nginx`), whose names are all known.
    pub fn is_official(&self) -> bool {
        self.registry == DEFAULT_REGISTRY && self.repository.starts_with("library/")
    }

    /// Whether the tag is `latest`, said or unsaid, without a digest: the default `imagePullPolicy` is then
    /// `Always` (`SetDefaults_Container` in `pkg/apis/core/v1/defaults.go`).
    pub fn is_latest(&self) -> bool {
        self.digest.is_none() && self.tag.as_deref() == Some("latest")
    }
}

impl fmt::Display for ImageReference {
    /// The full form that the runtime uses: `docker.io/library/nginx:1.27`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// `[\w][\w.-]{0,127}`.
fn is_tag(tag: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-'))
}

/// Lower-case letters and digits, with separators inside only.
fn is_path_part(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    part.bytes().next().is_some_and(plain)
        && part.bytes().next_back().is_some_and(plain)
        && part.bytes().all(|byte| plain(byte) || matches!(byte, b'.' | b'-' | b'_'))
}

/// `sha256:` and 64 hexadecimal digits.
fn is_digest(digest: &str) -> bool {
    digest
        .strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_forms_name_the_same_image() {
        for (text, full, familiar, latest) in [
            ("nginx", "docker.io/library/nginx:latest", "nginx", true),
            ("nginx:1.27", "docker.io/library/nginx:1.27", "nginx", false),
            ("docker.io/library/nginx:latest", "docker.io/library/nginx:latest", "nginx", true),
            ("pizza/login:1.2.3", "docker.io/pizza/login:1.2.3", "pizza/login", false),
            ("localhost:5000/a/b", "localhost:5000/a/b:latest", "localhost:5000/a/b", true),
            ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10", "registry.k8s.io/pause", false),
        ] {
            let reference = ImageReference::parse(text).unwrap();
            assert_eq!(reference.to_string(), full);
            assert_eq!(reference.familiar_name(), familiar);
            assert_eq!(reference.is_latest(), latest);
        }
        let digest = format!("nginx@sha256:{}", "0a".repeat(32));
        let reference = ImageReference::parse(&digest).unwrap();
        assert_eq!(reference.to_string(), format!("docker.io/library/{digest}"));
        assert!(!reference.is_latest());
    }

    #[test]
    fn malformed_references_are_refused() {
        for text in ["", "nginx:", "Nginx", "nginx:a b", "-nginx", "a//b", "nginx@sha256:12", "nginx:.x"] {
            assert_eq!(ImageReference::parse(text), None, "{text}");
        }
    }
}
