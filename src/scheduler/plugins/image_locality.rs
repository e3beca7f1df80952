//! Images: a node that has them already starts the pod sooner.

use super::{Incoming, SCORE_MAX};
use crate::scheduler::cluster::Cluster;
use crate::scheduler::node_info::NodeInfo;

const MB: i64 = 1024 * 1024;
/// Less than this counts as nothing (`minThreshold`).
const SMALL: i64 = 23 * MB;
/// More than this per container counts as this (`maxContainerThreshold`).
const LARGE: i64 = 1000 * MB;

/// From 0 to 100 by the size of the pod's images that are there. An image on few nodes counts less, so that
/// not everything goes to the node that was first.
pub fn score(incoming: &Incoming, node: &NodeInfo, cluster: &Cluster) -> i64 {
    let status = node.node.as_ref().and_then(|node| node.status.as_ref());
    let present = status.and_then(|status| status.images.as_deref()).unwrap_or_default();
    if present.is_empty() {
        return 0;
    }
    let spec = &incoming.pod.spec;
    let containers = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    let nodes = (cluster.size() as i64).max(1);
    let (mut sum, mut count) = (0_i64, 0_i64);
    for image in containers.filter_map(|container| container.image.as_deref()) {
        count += 1;
        let image = with_tag(image);
        let found = present.iter().find(|one| one.names.iter().flatten().any(|name| *name == image));
        let size = found.and_then(|found| found.size_bytes).unwrap_or(0);
        sum = sum.saturating_add(size.saturating_mul(cluster.nodes_with_image(&image)) / nodes);
    }
    let large = LARGE * count.max(1);
    SCORE_MAX * (sum.clamp(SMALL, large) - SMALL) / (large - SMALL)
}

/// `nginx` means `nginx:latest`.
fn with_tag(image: &str) -> String {
    match image.rfind(':') > image.rfind('/') || image.contains('@') {
        true => image.to_owned(),
        false => format!("{image}:latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::fixture::{node, pod};
    use serde_json::json;

    #[test]
    fn a_large_image_that_is_there_counts_by_how_many_nodes_have_it() {
        let mut cluster = Cluster::default();
        let images = json!([{"names": ["nginx:latest"], "sizeBytes": 1000 * MB}]);
        cluster.set_node(&"a".into(), node("a", json!({"status": {"images": images}})));
        cluster.set_node(&"b".into(), node("b", json!({})));
        let incoming = Incoming::of(&pod("web", json!({})));
        let of = |name: &str| score(&incoming, cluster.node(name).unwrap(), &cluster);
        // 1000 MB on one of two nodes is 500 MB: (500 - 23) / (1000 - 23).
        assert_eq!((of("a"), of("b")), (48, 0));
    }

    #[test]
    fn names_get_the_default_tag() {
        assert_eq!(with_tag("nginx"), "nginx:latest");
        assert_eq!(with_tag("host:5000/nginx"), "host:5000/nginx:latest");
        assert_eq!(with_tag("host:5000/nginx:1"), "host:5000/nginx:1");
    }
}
