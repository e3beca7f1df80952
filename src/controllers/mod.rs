//! The controllers: the loops of `kube-controller-manager`.
//!
//! - [`endpoint_slice`]: lists the pods behind each Service, for kube-proxy.
//! - [`endpoints`]: the same in the older form, for those who still read it.

pub mod endpoint_slice;
pub mod endpoints;
mod service_pods;

#[cfg(test)]
mod recorded;
