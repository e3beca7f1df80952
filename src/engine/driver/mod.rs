//! Drivers: who runs the actors of an instant.
//!
//! Both give the same result, because an actor touches nothing but itself: [`Inline`] runs them one after the
//! other; [`Threads`] runs each worker node on a real thread of its own, named after it, so that the cluster can
//! be seen in `top -H`. Threads are there to be seen, not for speed.

mod inline;
mod threads;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use smol_str::SmolStr;

use crate::actor::{Actor, ActorId, Delivery, Outbox};
use crate::time::VirtualTime;

pub use inline::Inline;
pub use threads::Threads;

/// One actor's work at an instant.
pub struct Job {
    /// Which actor.
    pub id: ActorId,
    /// The actor, handed over for the time being; nobody else holds it.
    pub actor: Arc<dyn Actor>,
    /// The worker node it is, if it is one: it has a thread of that name.
    pub node: Option<SmolStr>,
    /// What arrived.
    pub inbox: Vec<Delivery>,
    /// The instant.
    pub now: VirtualTime,
}

/// The actor comes back with what it did.
pub struct Done {
    /// Which actor.
    pub id: ActorId,
    /// The actor; none if it panicked.
    pub actor: Option<Arc<dyn Actor>>,
    /// What it did and sends.
    pub out: Outbox,
    /// The text of the panic, if it panicked.
    pub panic: Option<String>,
}

/// Runs the actors of an instant.
pub trait Driver: Send {
    /// Runs all jobs; the order of the results does not matter.
    fn run(&mut self, jobs: Vec<Job>) -> Vec<Done>;

    /// The node's machine is gone: so is its thread.
    fn retire(&mut self, node: &str);

    /// What it is called: `inline` or `threads`.
    fn name(&self) -> &'static str;
}

/// Runs one job here. A panic is caught: it takes the node down, not the program.
fn work(job: Job) -> Done {
    let Job { id, mut actor, inbox, now, .. } = job;
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut out = Outbox::new(id, now);
        match Arc::get_mut(&mut actor) {
            Some(actor) => actor.handle(inbox, &mut out),
            None => {
                let mut copy: Arc<dyn Actor> = Arc::from(actor.clone_actor());
                if let Some(actor) = Arc::get_mut(&mut copy) {
                    actor.handle(inbox, &mut out);
                }
                actor = copy;
            }
        }
        (actor, out)
    }));
    match result {
        Ok((actor, out)) => Done { id, actor: Some(actor), out, panic: None },
        Err(payload) => {
            Done { id, actor: None, out: Outbox::new(id, now), panic: Some(panic_text(&*payload)) }
        }
    }
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without text".to_owned())
}
