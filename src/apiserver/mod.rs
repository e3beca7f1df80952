//! The API server: the only door to etcd.

pub mod admission;
pub mod decode;
pub mod defaults;
mod request;
mod status;
pub mod validation;

pub use request::{Answer, Call, DeleteOptions, Filter, Patch, Propagation, Reply, Request, Sub};
pub use status::{Cause, Status};
