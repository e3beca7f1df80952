//! The rows that have no pods below them: Services, disruption budgets, ConfigMaps, Nodes.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, Node, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use smol_str::{SmolStr, format_smolstr};

use super::{Have, LoopCell, Mark, Row, Table, Want, in_namespace, is_system, uid};
use crate::object::{Kind, ObjectRef, Pod, Resource, conditions, disruption, labels};
use crate::trace::Phase;
use crate::tui::model::gap::Gap;
use crate::tui::model::pods::unready;

/// By which the row of all nodes is selected and unfolded.
const NODES: &str = "nodes";

impl Table<'_> {
    pub(super) fn services(&self, rows: &mut Vec<Row>) {
        for service in self.world.list_as::<Service>(None) {
            let meta = &service.metadata;
            let name = meta.name.as_deref().unwrap_or("");
            let selector = service.spec.as_ref().and_then(|spec| spec.selector.clone()).unwrap_or_default();
            if selector.is_empty() || is_system(meta) {
                continue;
            }
            let namespace = meta.namespace.as_deref().unwrap_or("");
            let matching = self
                .world
                .census()
                .in_namespace(namespace)
                .filter(|(labels, _)| selector.iter().all(|(key, value)| labels.get(key) == Some(value)));
            let want = matching.map(|(_, tally)| tally.active).sum::<usize>() as i64;
            let slices = self.world.list_as::<EndpointSlice>(Some(namespace)).filter(|slice| {
                labels(&slice.metadata).get("kubernetes.io/service-name").is_some_and(|of| of == name)
            });
            let ready = slices.flat_map(|slice| slice.endpoints.iter().flatten()).filter(|endpoint| {
                endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
            });
            let have = ready.count() as i64;
            let object = ObjectRef::new(Kind::Service, service.key());
            let looked_after = self.phase("controller/endpointslice", &object);
            let closing = looked_after.at_work().is_some_and(|phase| {
                phase != Phase::Wait || !self.world.is_quiet() || self.has_coming(namespace, &selector)
            });
            rows.push(Row {
                uid: uid(meta),
                depth: 0,
                open: None,
                mark: Mark::None,
                name: format!("svc/{}", in_namespace(meta)),
                node: SmolStr::default(),
                want: Want::Word(format_smolstr!("{want} eps")),
                have: Have::Word(format_smolstr!("{have} eps")),
                gap: Gap::new(have - want, closing),
                note: self.note("controller/endpointslice", &object),
                brief: SmolStr::default(),
                looked_after,
                object,
            });
        }
    }

    /// Whether somebody works on a pod that a selector chooses.
    fn has_coming(&self, namespace: &str, selector: &BTreeMap<String, String>) -> bool {
        let chosen = |pod: &&Pod| {
            let labels = labels(&pod.metadata);
            selector.iter().all(|(key, value)| labels.get(key) == Some(value))
        };
        let pods = unready(self.world).filter(|pod| pod.metadata.namespace.as_deref() == Some(namespace));
        pods.filter(chosen).any(|pod| self.is_coming(pod))
    }

    /// A budget's gap is what is missing to the pods that must stay; what is more may be evicted.
    pub(super) fn budgets(&self, rows: &mut Vec<Row>) {
        for budget in self.world.list_as::<PodDisruptionBudget>(None) {
            let meta = &budget.metadata;
            let status = budget.status.clone().unwrap_or_default();
            let (needed, healthy) =
                (status.desired_healthy.unwrap_or(0), status.current_healthy.unwrap_or(0));
            let object = ObjectRef::new(Kind::PodDisruptionBudget, budget.key());
            let looked_after = self.phase("controller/disruption", &object);
            rows.push(Row {
                uid: uid(meta),
                depth: 0,
                open: None,
                mark: Mark::None,
                name: format!("pdb/{}", in_namespace(meta)),
                node: SmolStr::default(),
                want: Want::Word(format_smolstr!("{needed} ready")),
                have: Have::Word(format_smolstr!("{healthy} ready")),
                gap: Gap::new(i64::from((healthy - needed).min(0)), false),
                note: self.note("controller/disruption", &object),
                brief: format_smolstr!("{} may go", disruption::allowed(&status)),
                looked_after,
                object,
            });
        }
    }

    pub(super) fn config_maps(&self, rows: &mut Vec<Row>) {
        for map in self.world.list_as::<ConfigMap>(None) {
            let meta = &map.metadata;
            if meta.name.as_deref() == Some("kube-root-ca.crt") || is_system(meta) {
                continue;
            }
            let revision = format_smolstr!("rev {}", meta.resource_version.as_deref().unwrap_or(""));
            rows.push(Row {
                object: ObjectRef::new(Kind::ConfigMap, map.key()),
                uid: uid(meta),
                depth: 0,
                open: None,
                mark: Mark::None,
                name: format!("cm/{}", in_namespace(meta)),
                node: SmolStr::default(),
                want: Want::Word(revision.clone()),
                have: Have::Word(revision),
                gap: Gap::CLOSED,
                looked_after: LoopCell {
                    name: SmolStr::default(),
                    phase: Some(Phase::Wait),
                    cut_off: false,
                    deaf: SmolStr::default(),
                },
                note: SmolStr::default(),
                brief: SmolStr::default(),
            });
        }
    }

    /// One row for all nodes; below it, when it is unfolded or something is wrong, one for each.
    pub(super) fn nodes(&self, rows: &mut Vec<Row>) {
        let (fine, troubled): (Vec<&Node>, Vec<&Node>) =
            self.world.list_as::<Node>(None).partition(|node| readiness(node) == "True");
        let Some(first) = troubled.first().or(fine.first()) else { return };
        let (ready, missing) = (fine.len(), troubled.len());
        let open = self.toggled.contains(NODES) != (missing > 0);
        rows.push(Row {
            object: ObjectRef::new(Kind::Node, first.key()),
            uid: NODES.to_owned(),
            depth: 0,
            open: Some(open),
            mark: Mark::None,
            name: "nodes".to_owned(),
            node: SmolStr::default(),
            want: Want::Word(format_smolstr!("{} ready", ready + missing)),
            have: Have::Word(format_smolstr!("{ready} ready")),
            gap: Gap::new(-i64::try_from(missing).unwrap_or(0), false),
            looked_after: self.phase_of("controller/node-lifecycle"),
            note: SmolStr::default(),
            brief: SmolStr::default(),
        });
        if open {
            rows.extend(self.world.list_as::<Node>(None).map(|node| self.node(node)));
        }
    }

    fn node(&self, node: &Node) -> Row {
        let ready = readiness(node);
        let cordoned = node.spec.as_ref().and_then(|spec| spec.unschedulable).unwrap_or(false);
        let word = match (ready, cordoned) {
            ("True", false) => "ready",
            ("True", true) => "cordoned",
            ("Unknown", _) => "unknown",
            _ => "not ready",
        };
        let object = ObjectRef::new(Kind::Node, node.key());
        Row {
            uid: uid(&node.metadata),
            depth: 1,
            open: None,
            mark: Mark::None,
            name: object.key.name.to_string(),
            node: SmolStr::default(),
            want: Want::Word("ready".into()),
            have: Have::Word(word.into()),
            gap: Gap::new(if ready == "True" { 0 } else { -1 }, false),
            note: self.note("controller/node-lifecycle", &object),
            brief: SmolStr::default(),
            looked_after: self.phase("controller/node-lifecycle", &object),
            object,
        }
    }
}

/// Whether a node is ready, as its condition says: `True`, `False` or `Unknown`.
fn readiness(node: &Node) -> &str {
    let list = node.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions::get(list, "Ready").map_or("Unknown", |ready| ready.status.as_str())
}
