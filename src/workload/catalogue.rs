//! The catalogue of images: what the simulator knows about them, and which cannot be pulled.
//!
//! A real node asks a registry. Here a table in `assets/images.yaml` stands for all registries: images in it
//! behave as their row says, every other image is a generic server, and what a registry would refuse is
//! refused with containerd's texts: tags that cannot exist, misspelt names of well-known images, and names
//! with `nosuch` in them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use smol_str::SmolStr;

use super::image::ImageReference;
use super::image_entry::{Base, ImageEntry};
use super::tools;
use crate::time::Span;

/// The table.
const IMAGES: &str = include_str!("../../assets/images.yaml");

/// What pulling any image takes at least. The runtime of the recordings took 200 ms for every image.
pub const PULL_SPAN: Span = Span::millis(200);
/// What each MiB adds to that, in microseconds: 0 as in the recordings; 10,000 is a line of 800 Mbit/s.
pub const PULL_MICROS_PER_MEBIBYTE: u64 = 0;

/// Registries that are the same as another one.
const SAME_REGISTRIES: [(&str, &str); 3] = [
    ("k8s.gcr.io/", "registry.k8s.io/"),
    ("gcr.io/google_containers/", "registry.k8s.io/"),
    ("gcr.io/google-containers/", "registry.k8s.io/"),
];

/// An image: a reference, and what is known about its repository.
#[derive(Clone, Debug)]
pub struct ImageSpec {
    /// The reference as the container gave it: `nginx:1.27`.
    pub name: SmolStr,
    /// The same, read.
    pub reference: ImageReference,
    /// Whether it is in the catalogue.
    pub known: bool,
    /// Its row, or that of the generic server.
    pub entry: Arc<ImageEntry>,
}

impl ImageSpec {
    /// The tag: `1.27`; empty if only a digest is given.
    pub fn tag(&self) -> &str {
        self.reference.tag.as_deref().unwrap_or("")
    }

    /// Size in bytes, as `status.images` and the event `Pulled` tell it.
    pub fn size_bytes(&self) -> u64 {
        self.entry.size
    }

    /// How long pulling it takes.
    pub fn pull_span(&self) -> Span {
        PULL_SPAN + pull_span_of(self.entry.size, PULL_MICROS_PER_MEBIBYTE)
    }

    /// Whether this program is one of the image's servers.
    pub(super) fn runs(&self, program: &str) -> bool {
        let name = program.rsplit('/').next().unwrap_or(program);
        self.entry.programs.iter().any(|known| known == name)
    }

    /// Whether the image has this tool.
    pub(super) fn has_tool(&self, name: &str) -> bool {
        let entry = &self.entry;
        if entry.tools.iter().any(|tool| tool == name) {
            return true;
        }
        let base = match entry.base {
            Base::Debian if self.tag().contains("alpine") => Base::Busybox,
            base => base,
        };
        tools::of(base, name)
    }
}

fn pull_span_of(bytes: u64, micros_per_mebibyte: u64) -> Span {
    Span::micros((bytes >> 20).saturating_mul(micros_per_mebibyte))
}

/// Why an image cannot be pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullFailure {
    /// The container's waiting reason: `ErrImagePull`, or `InvalidImageName` for a malformed reference, which
    /// the kubelet does not even try to pull.
    pub reason: &'static str,
    /// The text: the runtime's, or the kubelet's for a malformed reference.
    pub message: String,
}

impl PullFailure {
    /// The registry does not have this tag. Also what a fault makes of an image.
    pub fn not_found(reference: &ImageReference) -> Self {
        let message = format!(
            "rpc error: code = NotFound desc = failed to pull and unpack image \"{reference}\": failed to resolve \
             reference \"{reference}\": {reference}: not found"
        );
        Self { reason: "ErrImagePull", message }
    }

    /// Docker Hub has no such repository, or does not show it.
    fn denied(reference: &ImageReference) -> Self {
        let message = format!(
            "rpc error: code = Unknown desc = failed to pull and unpack image \"{reference}\": failed to resolve \
             reference \"{reference}\": pull access denied, repository does not exist or may require authorization: \
             server message: insufficient_scope: authorization failed"
        );
        Self { reason: "ErrImagePull", message }
    }

    /// The kubelet's text (`applyDefaultImageTag` in `pkg/kubelet/images/image_manager.go`).
    fn malformed(image: &str) -> Self {
        let message = format!(
            "Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": invalid reference \
             format"
        );
        Self { reason: "InvalidImageName", message }
    }
}

/// All known images.
#[derive(Debug)]
pub struct Catalogue {
    by_name: BTreeMap<SmolStr, Arc<ImageEntry>>,
    generic: Arc<ImageEntry>,
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    generic: ImageEntry,
    images: Vec<ImageEntry>,
}

impl Catalogue {
    /// The catalogue that is built into the program.
    pub fn embedded() -> &'static Self {
        static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
            // The table is part of the program: if it cannot be read, the program is broken.
            Catalogue::read(IMAGES).expect("assets/images.yaml is well-formed")
        });
        &CATALOGUE
    }

    /// Reads a table.
    fn read(text: &str) -> Result<Self, serde_yaml::Error> {
        let table: Table = serde_yaml::from_str(text)?;
        let mut by_name = BTreeMap::new();
        for entry in table.images {
            let entry = Arc::new(entry);
            for name in entry.aliases.iter().chain([&entry.name]) {
                by_name.insert(name.clone(), entry.clone());
            }
        }
        Ok(Self { by_name, generic: Arc::new(table.generic) })
    }

    /// What is known about an image; a generic server if nothing is.
    ///
    /// # Errors
    /// The image cannot be pulled.
    pub fn resolve(&self, image: &str) -> Result<Arc<ImageSpec>, PullFailure> {
        let reference = ImageReference::parse(image).ok_or_else(|| PullFailure::malformed(image))?;
        if image.contains("nosuch") {
            return Err(PullFailure::not_found(&reference));
        }
        let entry = self.entry(&reference);
        let Some(known) = entry else {
            if self.is_misspelt(&reference) {
                return Err(PullFailure::denied(&reference));
            }
            let entry = self.generic.clone();
            return Ok(Arc::new(ImageSpec { name: image.into(), reference, known: false, entry }));
        };
        if reference.tag.as_deref().is_some_and(|tag| !known.tags.accepts(tag)) {
            return Err(PullFailure::not_found(&reference));
        }
        Ok(Arc::new(ImageSpec { name: image.into(), reference, known: true, entry: known.clone() }))
    }

    /// The known images with their rows, in order of names.
    pub fn images(&self) -> impl Iterator<Item = (&str, &ImageEntry)> {
        self.by_name.iter().map(|(name, entry)| (name.as_str(), &**entry))
    }

    fn entry(&self, reference: &ImageReference) -> Option<&Arc<ImageEntry>> {
        let name = reference.familiar_name();
        let same = SAME_REGISTRIES.iter().find_map(|(other, registry)| {
            name.strip_prefix(other).map(|rest| SmolStr::from(format!("{registry}{rest}")))
        });
        self.by_name.get(same.as_ref().unwrap_or(&name))
    }

    /// Whether a name without a namespace is nearly that of a known image. Only Docker Hub's own images have
    /// such names, so a real registry would not find it.
    fn is_misspelt(&self, reference: &ImageReference) -> bool {
        if !reference.is_official() {
            return false;
        }
        let name = reference.familiar_name();
        let near = |known: &SmolStr| match (known.len(), strsim::osa_distance(known, &name)) {
            // Short names are near to too many words.
            (0..=3, _) => false,
            (_, 1) => true,
            (6.., 2) => true,
            (5, 2) => known.chars().next() == name.chars().next(),
            _ => false,
        };
        self.by_name.keys().filter(|known| !known.contains('/')).any(near)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(image: &str) -> String {
        Catalogue::embedded().resolve(image).map(|spec| spec.known).expect_err(image).message
    }

    #[test]
    fn missing_tags_fail_as_recorded() {
        assert_eq!(
            failure("nginx:nosuch"),
            "rpc error: code = NotFound desc = failed to pull and unpack image \"docker.io/library/nginx:nosuch\": \
             failed to resolve reference \"docker.io/library/nginx:nosuch\": docker.io/library/nginx:nosuch: not found"
        );
        for image in
            ["nginx:1.999", "nginx:latets", "busybox:2.0", "pizza/login:nosuch", "postgres:96", "redis:7.x"]
        {
            assert!(failure(image).contains("not found"), "{image}");
        }
    }

    #[test]
    fn misspelt_names_are_denied() {
        for image in ["ngnix", "ngin", "nginxx:1.27", "reddis", "postgress", "busbox", "alpin", "mysq"] {
            assert!(failure(image).contains("pull access denied"), "{image}");
        }
        assert_eq!(Catalogue::embedded().resolve("Nginx").unwrap_err().reason, "InvalidImageName");
    }

    #[test]
    fn known_and_unknown_images_resolve() {
        let catalogue = Catalogue::embedded();
        for image in [
            "nginx",
            "nginx:1.27",
            "nginx:1.14.2",
            "nginx:1.28-alpine",
            "docker.io/library/nginx:stable",
            "httpd:2.4",
            "busybox",
            "busybox:1.28",
            "busybox:1.36",
            "alpine:3.20",
            "ubuntu:24.04",
            "ubuntu:noble",
            "debian:12-slim",
            "redis:7-alpine",
            "redis:6.0.4",
            "postgres:16",
            "postgres:9.6",
            "mysql:8.0",
            "mongo:7.0",
            "mariadb:11",
            "memcached:1.6",
            "rabbitmq:3-management",
            "traefik:v3.1",
            "caddy:2",
            "node:22-alpine",
            "python:3.12-slim",
            "golang:1.23",
            "hello-world",
            "perl:5.34.0",
            "registry.k8s.io/pause:3.10",
            "k8s.gcr.io/pause:3.2",
            "registry.k8s.io/e2e-test-images/agnhost:2.40",
            "registry.k8s.io/echoserver:1.10",
            "registry.k8s.io/hpa-example",
            "registry.k8s.io/nginx-slim:0.24",
            "k8s.gcr.io/nginx-slim:0.8",
            "hashicorp/http-echo:0.2.3",
            "kennethreitz/httpbin",
            "pizza/login:1.2.3",
            "pizza/payment:1.2.4",
            "pizza/delivery:2.0.0",
            "shop/web:v1",
            "polinux/stress",
            "registry.k8s.io/etcd:3.5.1-0",
            "curlimages/curl:8.10.1",
            "nginxdemos/hello:plain-text",
        ] {
            let spec = catalogue.resolve(image).unwrap_or_else(|error| panic!("{image}: {}", error.message));
            assert!(spec.known, "{image}");
        }
        for image in ["acme/api:7", "ghcr.io/me/app", "myapp", "login:dev", "web:v1"] {
            assert!(
                !catalogue.resolve(image).unwrap_or_else(|error| panic!("{image}: {}", error.message)).known
            );
        }
    }

    #[test]
    fn pulling_takes_what_was_recorded() {
        let spec = Catalogue::embedded().resolve("nginx:1.27").unwrap();
        assert_eq!(spec.pull_span(), Span::millis(200));
        assert_eq!(spec.size_bytes(), 72_950_530);
        assert_eq!(pull_span_of(100 << 20, 10_000), Span::secs(1));
    }

    #[test]
    fn rows_name_only_tools_that_are_interpreted() {
        use crate::workload::shell::programs;
        for (name, entry) in Catalogue::embedded().images() {
            for tool in &entry.tools {
                assert!(programs::is_interpreted(tool), "{name}: {tool}");
            }
            assert!(entry.run != super::super::image_entry::Behaviour::Server || entry.size > 0, "{name}");
        }
    }
}
