//! The Cluster screen: objects, nodes, the story, traffic.

mod nodes;
mod objects;
mod story;
mod traffic;

pub(in crate::tui) use nodes::{node_strip, nodes};
pub(in crate::tui) use objects::objects;
pub(in crate::tui) use story::story;
pub(in crate::tui) use traffic::{ribbon, traffic};
