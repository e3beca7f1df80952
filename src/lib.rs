//! kubeloop: a whole Kubernetes cluster inside one process, to be seen, broken and understood.
//!
//! The modules in layer order; a module uses only those above it.

// vocabulary
pub mod object;
pub mod random;
pub mod time;
pub mod trace;

// the cluster
pub mod actor;
pub mod apiserver;
pub mod client;
pub mod network;
pub mod node;
pub mod scheduler;
