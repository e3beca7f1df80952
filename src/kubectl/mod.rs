//! kubectl, in process: the command language that people know, on the simulated cluster.
//!
//! A line is split as a shell splits it and read by one grammar (made with clap); the dashboard's
//! `:` line, script steps and (over a network) a client all use it. The word `kubectl` in front may be left
//! out. Texts are those that kubectl 1.32 printed in recordings against Kubernetes 1.36.
//!
//! - [`parse`]: a line to a [`Running`] command, or to what kubectl says about it.
//! - [`Running::poll`]: does what can be done at this instant; some verbs let time pass and are polled again.
//! - [`Cluster`]: what a command needs: reads leave no trace, writes are inputs of one story.
//! - [`complete()`]: what may stand at the cursor: verbs, flags, kinds, live names.
//! - [`preview()`]: one sentence of what a line would do.
//!
//! ```
//! use kubeloop::engine::{ClusterConfig, Engine, driver::Inline};
//! use kubeloop::kubectl::{self, Output, Poll};
//! use kubeloop::manifests::NoFiles;
//! use kubeloop::time::Span;
//! let mut engine = Engine::new(ClusterConfig::default(), Box::new(Inline));
//! engine.run_while(Span::secs(30), kubeloop::script::is_up);
//! let mut running = kubectl::parse("kubectl create deployment web --image=nginx --replicas=2");
//! assert_eq!(running.poll(&mut engine, &NoFiles), Poll::Done(0));
//! assert_eq!(running.take_output().text(), "deployment.apps/web created\n");
//! ```
//!
//! Left out: everything that needs a terminal or a machine (`exec`, `attach`, `port-forward`, `cp`, `debug`),
//! users and permissions (`auth`), several clusters (`config`), metrics (`top`), server-side apply.

mod cluster;
mod columns;
mod complete;
mod describe;
mod grammar;
mod kinds;
mod output;
mod preview;
mod print;
mod running;
mod targets;
mod verbs;

#[cfg(test)]
mod tests;

pub use cluster::{Cluster, Reads};
pub use complete::{Candidate, complete};
pub use describe::description;
pub use grammar::{is_verb, only_looks, parse, preview};
pub use output::{Output, SERVER, Stream};
pub use running::{Editing, Poll, Running};
