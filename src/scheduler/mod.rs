//! kube-scheduler: which pod goes onto which node.
//!
//! A pod is created without a node. The scheduler watches for such pods and takes them one at a time, the most
//! important first. For each it asks two questions about every node:
//!
//! 1. **May it run there?** *Filters* say no: cordoned, tainted, wrong labels, port taken, no room, too many
//!    siblings, wrong company.
//! 2. **How good would it be there?** *Scores* from 0 to 100, weighted and added: room left, balance, spreading,
//!    preferences, images that are there already. Equals are drawn by lot.
//!
//! Then it writes one thing: the *binding* of the pod to the best node. It starts nothing; the kubelet of that
//! node sees the binding and does the rest. If no node will do, the pod's condition `PodScheduled` and an event
//! say why, and the pod waits until something changes that could help. A more important pod may make room:
//! less important ones are preempted.
//!
//! How a decision comes about, from the outside in:
//!
//! - [`Scheduler`]: the loop; hears of nodes and pods, tries, binds.
//! - `queue`, `hints`: which pods wait, and what is worth another attempt.
//! - [`Cluster`]: nodes with the sums of what their pods take, including pods whose binding is on its way.
//! - `cycle`: one attempt: filter, score, choose, with the table of who said what
//!   ([`Explanation`](crate::client::Explanation)).
//! - `plugins`: the filters and scores, one file per concern.
//! - `what_if`: what would make a pod fit, for people who ask; the scheduler itself never looks for that.
//! - `preemption`, `message`, `plan`: making room, the exact texts, what is written.
//!
//! Left out: volumes (VolumeBinding and its kin), dynamic resources, pod groups, extenders, profiles, disruption
//! budgets in preemption, and taking back the nominations of less important pods. Pods are spread by default with
//! the pods of their owner, not with those of their Services. An attempt takes no virtual time.

mod cluster;
mod cycle;
mod demand;
#[cfg(test)]
mod fixture;
mod hints;
mod message;
mod node_info;
mod plan;
mod plugins;
mod preemption;
mod queue;
mod resources;
#[allow(clippy::module_inception)]
mod scheduler;
mod what_if;

pub use cluster::Cluster;
pub use demand::Demand;
pub use node_info::{NodeInfo, PlacedPod};
pub use plan::Op;
pub use plugins::FILTERS;
pub use resources::Resources;
pub use scheduler::{Scheduler, Seen};
pub use what_if::{Change, Objection, Remedy, objections, remedies};
