//! All actors on the caller's thread: tests, replay, preview, large clusters.

use super::{Done, Driver, Job, work};

/// Runs actors one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inline;

impl Driver for Inline {
    fn run(&mut self, jobs: Vec<Job>) -> Vec<Done> {
        jobs.into_iter().map(work).collect()
    }

    fn retire(&mut self, _node: &str) {}

    fn name(&self) -> &'static str {
        "inline"
    }
}
