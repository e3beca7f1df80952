//! The rows of what keeps a number of pods: Deployments, ReplicaSets and DaemonSets.

use smol_str::SmolStr;

use super::{Have, LoopCell, Mark, Row, Table, Want, in_namespace, uid};
use crate::object::{Kind, Object, Pod, Resource, is_terminating};
use crate::trace::Phase;
use crate::tui::glyphs::PodState;
use crate::tui::model::gap::Gap;

/// With more pods than these a set is folded at first: nobody reads so many rows.
const MANY: usize = 200;

impl<'a> Table<'a> {
    pub(super) fn deployments(&self, rows: &mut Vec<Row>) {
        for object in self.world.list(Kind::Deployment, None) {
            let Object::Deployment(deployment) = object else { continue };
            let want = i64::from(deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1));
            let status = deployment.status.as_ref();
            let ready = i64::from(status.and_then(|status| status.ready_replicas).unwrap_or(0));
            let id = uid(&deployment.metadata);
            let sets: Vec<&Object> = self.below(&id).to_vec();
            let pods: Vec<&Pod> = sets.iter().flat_map(|set| self.pods_below(&uid(set.meta()))).collect();
            let cell = self.phase("controller/deployment", &object.reference());
            let note = self.note("controller/deployment", &object.reference());
            let row = self.workload(
                object,
                0,
                format!("deploy/{}", in_namespace(&deployment.metadata)),
                want,
                ready,
                &pods,
                (cell, note),
            );
            let open = row.open == Some(true);
            rows.push(row);
            if open {
                for set in sets {
                    self.set(set, 1, rows);
                }
            }
        }
    }

    pub(super) fn lone_sets(&self, rows: &mut Vec<Row>) {
        for set in self.below("").iter().filter(|object| object.kind() == Kind::ReplicaSet) {
            self.set(set, 0, rows);
        }
    }

    /// Of a DaemonSet so many pods are wanted as there are nodes that may have one.
    pub(super) fn daemon_sets(&self, rows: &mut Vec<Row>) {
        for object in self.world.list(Kind::DaemonSet, None) {
            let Object::DaemonSet(set) = object else { continue };
            let status = set.status.clone().unwrap_or_default();
            let (want, ready) = (status.desired_number_scheduled, status.number_ready);
            let id = uid(&set.metadata);
            let cell = self.phase("controller/daemonset", &object.reference());
            let note = self.note("controller/daemonset", &object.reference());
            let row = self.workload(
                object,
                0,
                format!("ds/{}", in_namespace(&set.metadata)),
                i64::from(want),
                i64::from(ready),
                &self.pods_below(&id),
                (cell, note),
            );
            let open = row.open == Some(true);
            rows.push(row);
            if open {
                for pod in self.below(&id) {
                    self.pod(pod, 1, rows);
                }
            }
        }
    }

    fn pods_below(&self, uid: &str) -> Vec<&'a Pod> {
        self.below(uid).iter().filter_map(|object| Pod::of(object)).collect()
    }

    fn set(&self, object: &Object, depth: usize, rows: &mut Vec<Row>) {
        let Object::ReplicaSet(set) = object else { return };
        let want = i64::from(set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1));
        let id = uid(&set.metadata);
        let pods = self.pods_below(&id);
        if want == 0 && pods.is_empty() {
            // An old revision, kept for undo.
            return;
        }
        let ready = i64::from(set.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0));
        let cell = self.phase("controller/replicaset", &object.reference());
        let note = self.note("controller/replicaset", &object.reference());
        let row = self.workload(
            object,
            depth,
            format!("rs/{}", in_namespace(&set.metadata)),
            want,
            ready,
            &pods,
            (cell, note),
        );
        let open = row.open == Some(true);
        rows.push(row);
        if open {
            for pod in self.below(&id) {
                self.pod(pod, depth + 1, rows);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a row has this many columns")]
    fn workload(
        &self,
        object: &Object,
        depth: usize,
        name: String,
        want: i64,
        ready: i64,
        pods: &[&Pod],
        looked_after: (LoopCell, SmolStr),
    ) -> Row {
        let mut states: Vec<PodState> = pods
            .iter()
            .filter(|pod| !is_terminating(&pod.metadata))
            .map(|pod| self.states.of(pod).0)
            .collect();
        states.sort_by_key(|state| *state != PodState::Ready);
        let exist =
            states.iter().filter(|state| !matches!(state, PodState::Done | PodState::Failed)).count() as i64;
        let (cell, note) = looked_after;
        // Somebody closes the gap if the pods that are missing are on their way, or the loop acts right now.
        let coming = states
            .iter()
            .any(|state| matches!(state, PodState::Waiting | PodState::Starting | PodState::NotReady));
        let acting = matches!(cell.phase, Some(Phase::Act | Phase::Observe)) || !self.world.is_quiet();
        let closing = cell.phase.is_some() && ((exist >= want && coming) || acting);
        let id = uid(object.meta());
        let is_long = pods.len() > MANY && object.kind() != Kind::Deployment;
        Row {
            object: object.reference(),
            open: (!pods.is_empty()).then(|| self.toggled.contains(&id) == is_long),
            uid: id,
            depth,
            mark: Mark::None,
            name,
            node: SmolStr::default(),
            want: Want::Pods(want),
            have: Have::Pods(states, ready),
            gap: Gap::new(ready - want, closing),
            looked_after: cell,
            note,
            brief: SmolStr::default(),
        }
    }
}
