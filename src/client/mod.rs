//! What every component uses to reach the API server, and the loop that they all are.
//!
//! A controller never asks "what happened?". It keeps a copy of the objects it cares about ([`Cache`], fed by
//! list and watch), is told *that* something changed ([`WorkQueue`]), and then looks at what *is*. The
//! [`Shell`] runs that loop for all of them: observe, compare, act, wait. It records every phase, so that no
//! controller can forget to.
//!
//! - [`Cache`]: what one component has seen. May be behind the API; that is the point.
//! - [`Connection`]: requests in flight, list and watch, reconnecting with back-off.
//! - [`Limits`]: how fast it may ask.
//! - [`WorkQueue`]: items to look at, each at most once, with alarms and back-off.
//! - [`Recorder`]: Kubernetes Events, merged as the real recorder merges them.
//! - [`Loop`], [`Plan`], [`Shell`]: the loop.
//! - [`Explanation`]: why something was placed where it was.

mod cache;
mod connection;
mod context;
mod contract;
mod explanation;
mod limit;
mod loop_actor;
mod plan;
mod queue;
mod recorder;
mod reflector;
mod shell;

pub use cache::Cache;
pub use connection::{Connection, Deafness, Hearing, Incoming};
pub use context::{Context, alarm_client};
pub use contract::Loop;
pub use explanation::{Explanation, NodeExplanation, NodeRejection, PluginScore};
pub use limit::{Limit, Limits};
pub use loop_actor::LoopActor;
pub use plan::{Effect, Never, Note, NoteOf, Outcome, Plan, Step, Verdict, Write};
pub use queue::{Waiting, WorkQueue};
pub use recorder::{EventStyle, Recorder};
pub use reflector::{Change, Interest};
pub use shell::{LoopLook, Shell};
