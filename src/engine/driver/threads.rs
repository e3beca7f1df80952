//! A real thread for each worker node.
//!
//! The thread gets the node's actor and inbox and gives back actor and outbox; between instants the engine owns
//! everything, so there is nothing to lock. Above [`OWN_THREAD_MAX`] nodes, nodes share threads.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use smol_str::{SmolStr, format_smolstr};

use super::{Done, Driver, Job, work};

/// With more nodes than this, nodes share this many threads.
const OWN_THREAD_MAX: usize = 64;

/// Runs each worker node on a thread named after it, and everything else on the caller's.
pub struct Threads {
    workers: BTreeMap<SmolStr, Worker>,
    results: Receiver<Done>,
    give_back: Sender<Done>,
    shared: bool,
}

struct Worker {
    jobs: Sender<Job>,
    thread: JoinHandle<()>,
}

impl Threads {
    /// A driver for a cluster of this many nodes.
    pub fn new(nodes: usize) -> Self {
        let (give_back, results) = channel();
        Self { workers: BTreeMap::new(), results, give_back, shared: nodes > OWN_THREAD_MAX }
    }

    fn thread_name(&self, job: &Job) -> Option<SmolStr> {
        let node = job.node.clone()?;
        match self.shared {
            true => Some(format_smolstr!("nodes-{}", job.id.0 as usize % OWN_THREAD_MAX)),
            false => Some(node),
        }
    }

    /// Hands a job to a thread; gives it back if there can be no such thread.
    fn hand_over(&mut self, name: SmolStr, job: Job) -> Result<(), Box<Job>> {
        if !self.workers.contains_key(&name) {
            match spawn(&name, self.give_back.clone()) {
                Ok(worker) => self.workers.insert(name.clone(), worker),
                Err(_) => return Err(Box::new(job)),
            };
        }
        match self.workers.get(&name) {
            Some(worker) => worker.jobs.send(job).map_err(|lost| Box::new(lost.0)),
            None => Err(Box::new(job)),
        }
    }
}

fn spawn(name: &str, give_back: Sender<Done>) -> std::io::Result<Worker> {
    let (jobs, inbox) = channel::<Job>();
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        for job in inbox {
            if give_back.send(work(job)).is_err() {
                return;
            }
        }
    })?;
    Ok(Worker { jobs, thread })
}

impl Driver for Threads {
    fn run(&mut self, jobs: Vec<Job>) -> Vec<Done> {
        let (mut away, mut here) = (0, Vec::new());
        for job in jobs {
            match self.thread_name(&job) {
                None => here.push(job),
                Some(name) => match self.hand_over(name, job) {
                    Ok(()) => away += 1,
                    Err(job) => here.push(*job),
                },
            }
        }
        let mut done: Vec<Done> = here.into_iter().map(work).collect();
        done.extend((0..away).filter_map(|_| self.results.recv().ok()));
        done
    }

    fn retire(&mut self, node: &str) {
        if let Some(Worker { jobs, thread }) = self.workers.remove(node) {
            drop(jobs);
            // It has nothing to do any more, so it ends at once; its panics were caught.
            let _ended = thread.join();
        }
    }

    fn name(&self) -> &'static str {
        "threads"
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let names: Vec<SmolStr> = self.workers.keys().cloned().collect();
        for name in names {
            self.retire(&name);
        }
    }
}
