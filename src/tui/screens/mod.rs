//! Drawing: each file opens with a picture of what it paints.

pub(super) mod cluster;
pub(super) mod footer;
pub(super) mod overlay;
mod panel;
