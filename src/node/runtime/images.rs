//! The images on a machine, and the pulling of them.
//!
//! One image is pulled at a time (`serializeImagePulls`, on unless switched off), so pulls queue. Whether an
//! image exists at all is the registry's knowledge: the catalogue's, changed by faults.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use smol_str::SmolStr;

use super::sandbox::with_tag;
use crate::node::ImageFault;
use crate::time::{Span, VirtualTime};
use crate::trace::{Cause, Parent};
use crate::workload::{Catalogue, ImageReference, ImageSpec, PullFailure};

/// A registry says quickly that it does not have an image (recorded: 3 ms).
const REFUSAL: Span = Span::millis(3);

/// An image in the store.
#[derive(Clone, Debug)]
pub struct Image {
    /// What is known about it.
    pub spec: Arc<ImageSpec>,
    /// How much longer its containers take to be ready to serve (a fault).
    pub slow_start: Span,
}

/// A pull that ended.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// The pod's uid.
    pub uid: SmolStr,
    /// The container that needs it.
    pub container: SmolStr,
    /// The image as the pod names it.
    pub image: SmolStr,
    /// Its size in bytes and how long the pull took, without and with waiting; or why it failed.
    pub result: Result<(u64, Span, Span), PullFailure>,
    /// Why it was pulled.
    pub cause: Parent,
}

#[derive(Clone, Debug)]
struct Pull {
    uid: SmolStr,
    container: SmolStr,
    image: SmolStr,
    asked: VirtualTime,
    begun: Option<(VirtualTime, VirtualTime)>,
    cause: Parent,
}

/// The images of one machine.
#[derive(Clone, Debug, Default)]
pub struct ImageStore {
    present: BTreeMap<SmolStr, Arc<ImageSpec>>,
    pulls: VecDeque<Pull>,
    missing: BTreeMap<SmolStr, ()>,
    slow: BTreeMap<SmolStr, Span>,
}

impl ImageStore {
    /// The image, if it is in the store.
    pub fn get(&self, image: &str) -> Option<Image> {
        let name = with_tag(image);
        let spec = self.present.get(&name)?.clone();
        Some(Image { spec, slow_start: self.slow.get(&name).copied().unwrap_or(Span::ZERO) })
    }

    /// The names of all images in the store, with their sizes in bytes.
    pub fn all(&self) -> impl Iterator<Item = (&SmolStr, u64)> {
        self.present.iter().map(|(name, spec)| (name, spec.size_bytes()))
    }

    /// Asks for an image from its registry.
    pub fn pull(
        &mut self,
        uid: SmolStr,
        container: SmolStr,
        image: SmolStr,
        now: VirtualTime,
        cause: Parent,
    ) {
        self.pulls.push_back(Pull { uid, container, image, asked: now, begun: None, cause });
        self.begin_next(now);
    }

    /// How many images there are.
    pub fn count(&self) -> usize {
        self.present.len()
    }

    /// Nobody waits for any pull any more.
    pub fn cancel(&mut self) {
        self.pulls.clear();
    }

    /// Nobody waits for the pulls of this pod any more.
    pub fn forget(&mut self, uid: &str) {
        self.pulls.retain(|pull| pull.uid != uid);
    }

    /// Changes what the registry has.
    pub fn fault(&mut self, image: &str, fault: &ImageFault) {
        let name = with_tag(image);
        match fault {
            ImageFault::NotFound => {
                // A registry that lost an image does not take it off the machines; but a fault that nobody
                // could see would teach nothing, so the copy goes too.
                self.present.remove(&name);
                self.missing.insert(name, ());
            }
            ImageFault::Found => {
                self.missing.remove(&name);
                self.slow.remove(&name);
            }
            ImageFault::Slow(span) => {
                self.slow.insert(name, *span);
            }
        }
    }

    /// When the current pull ends.
    pub fn next_due(&self) -> Option<VirtualTime> {
        self.pulls.front()?.begun.map(|(_, end)| end)
    }

    /// How many pulls are under way or wait.
    pub fn pulling(&self) -> usize {
        self.pulls.len()
    }

    /// The pulls that have ended.
    pub fn advance(&mut self, now: VirtualTime) -> Vec<Pulled> {
        let mut ended = Vec::new();
        self.begin_next(now);
        while self.next_due().is_some_and(|due| due <= now) {
            let Some(pull) = self.pulls.pop_front() else { break };
            let result = self.resolve(&pull.image).map(|spec| {
                let size = spec.size_bytes();
                self.present.insert(with_tag(&pull.image), spec);
                let begun = pull.begun.map_or(pull.asked, |(begun, _)| begun);
                (size, now - begun, now - pull.asked)
            });
            ended.push(Pulled {
                uid: pull.uid,
                container: pull.container,
                image: pull.image,
                result,
                cause: pull.cause,
            });
            self.begin_next(now);
        }
        ended
    }

    fn begin_next(&mut self, now: VirtualTime) {
        let Some(front) = self.pulls.front() else { return };
        if front.begun.is_none() {
            let takes = self.resolve(&front.image).map_or(REFUSAL, |spec| spec.pull_span());
            if let Some(front) = self.pulls.front_mut() {
                front.begun = Some((now, now + takes));
            }
        }
    }

    fn resolve(&self, image: &str) -> Result<Arc<ImageSpec>, PullFailure> {
        match self.missing.contains_key(&with_tag(image)) {
            true => match ImageReference::parse(image) {
                Some(reference) => Err(PullFailure::not_found(&reference)),
                None => Catalogue::embedded().resolve(image),
            },
            false => Catalogue::embedded().resolve(image),
        }
    }

    /// Replaces drafts by the events that they became.
    pub fn numbered(&mut self, events: &[Cause]) {
        for pull in &mut self.pulls {
            pull.cause.settle(events);
        }
    }
}
