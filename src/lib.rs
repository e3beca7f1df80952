//! kubeloop: a whole Kubernetes cluster inside one process, to be seen, broken and understood.
//!
//! The modules in layer order; a module uses only those above it.

// vocabulary
pub mod time;
pub mod random;
pub mod object;
pub mod trace;

// the cluster: one folder per component, named as Kubernetes names it
pub mod etcd;
pub mod apiserver;
pub mod network;
pub mod workload;
pub mod node;
pub mod actor;
pub mod client;
pub mod controllers;
pub mod scheduler;

// the machine that runs it
pub mod engine;

// what people use
pub mod manifests;
pub mod kubectl;
pub mod expression;
pub mod script;
pub mod chaos;
pub mod scenes;
pub mod preview;
pub mod record;
pub mod lessons;
pub mod tui;
pub mod plain;
pub mod live;
pub mod cli;
