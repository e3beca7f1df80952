//! The API server: the only door to etcd.
//!
//! A request goes through the same stations as in the real one: decode, defaults, admission, validation,
//! storage. It is a function: request in, answer and writes out; sockets and watches are somebody else's.
//!
//! - [`Request`], [`Call`], [`Reply`], [`Status`]: what can be asked and answered.
//! - [`ApiServer`]: the function.
//! - [`Server`]: the actor around it: it keeps the open watches and takes its time.
//! - [`table`]: what `kubectl get` shows of each kind.
//!
//! Left out: users and permissions (everybody may do everything), admission webhooks, API aggregation.

mod actor;
pub mod admission;
pub mod decode;
pub mod defaults;
mod deletion;
mod eviction;
mod fields;
pub mod patch;
mod picture;
mod read;
mod request;
mod served;
mod server;
mod status;
mod strategy;
mod subresource;
pub mod table;
pub mod validation;
mod watch;

pub use actor::{Latencies, Server};
pub use deletion::{FOREGROUND, ORPHAN};
pub use picture::Picture;
pub use request::{Answer, Call, DeleteOptions, Filter, Patch, Propagation, Reply, Request, Sub};
pub use served::served;
pub use server::{ApiServer, Served};
pub use status::{Cause, Status};
