//! The API server: the only door to etcd.

mod request;
mod status;

pub use request::{Answer, Call, DeleteOptions, Filter, Patch, Propagation, Reply, Request, Sub};
pub use status::{Cause, Status};
