//! The catalogue of images: what the simulator knows about them, and which cannot be pulled.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::time::Span;

/// What is known about an image: one reference, resolved.
#[derive(Clone, Debug)]
pub struct ImageSpec {
    /// The reference as the container named it: `nginx:1.27`.
    pub name: SmolStr,
    /// Memory used once it has started up.
    pub memory_bytes: u64,
}

/// Why an image cannot be pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullFailure {
    /// `ErrImagePull`, or `InvalidImageName` when the reference is malformed (never retried).
    pub reason: &'static str,
    /// The runtime's text.
    pub message: String,
}

/// All known images.
#[derive(Debug)]
pub struct Catalogue {}

impl Catalogue {
    /// The catalogue that is built into the program.
    pub fn embedded() -> &'static Self {
        static CATALOGUE: Catalogue = Catalogue {};
        &CATALOGUE
    }

    /// What is known about an image; a generic server if nothing is.
    ///
    /// # Errors
    /// The image cannot be pulled.
    pub fn resolve(&self, image: &str) -> Result<Arc<ImageSpec>, PullFailure> {
        Ok(Arc::new(ImageSpec { name: image.into(), memory_bytes: 0 }))
    }
}

impl ImageSpec {
    /// How long pulling it takes.
    pub fn pull_span(&self) -> Span {
        Span::millis(200)
    }
}
