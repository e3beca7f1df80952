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
            let id = uid(&deployment.metadata);
            let sets: Vec<&Object> = self.below(&id).to_vec();
            let pods: Vec<&Pod> = sets.iter().flat_map(|set| self.pods_below(&uid(set.meta()))).collect();
            let cell = self.phase("controller/deployment", &object.reference());
            // Its ReplicaSets make the pods.
            let makers = sets.iter().map(|set| self.phase("controller/replicaset", &set.reference()).phase);
            let maker = makers.max_by_key(|phase| (phase.is_some(), *phase != Some(Phase::Wait)));
            let name = format!("deploy/{}", in_namespace(&deployment.metadata));
            let maker = maker.unwrap_or(cell.phase);
            let row = self.workload(object, Place { depth: 0, name }, want, &pods, Loops { cell, maker });
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
            let want = i64::from(status.desired_number_scheduled);
            let id = uid(&set.metadata);
            let cell = self.phase("controller/daemonset", &object.reference());
            let name = format!("ds/{}", in_namespace(&set.metadata));
            let (maker, pods) = (cell.phase, self.pods_below(&id));
            let row = self.workload(object, Place { depth: 0, name }, want, &pods, Loops { cell, maker });
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
        let cell = self.phase("controller/replicaset", &object.reference());
        let (maker, name) = (cell.phase, format!("rs/{}", in_namespace(&set.metadata)));
        let row = self.workload(object, Place { depth, name }, want, &pods, Loops { cell, maker });
        let open = row.open == Some(true);
        rows.push(row);
        if open {
            for pod in self.below(&id) {
                self.pod(pod, depth + 1, rows);
            }
        }
    }

    /// What there is are the pods that are ready now, whatever the object's status says: that is written by a loop,
    /// which may lag or be stopped.
    fn workload(&self, object: &Object, place: Place, want: i64, pods: &[&Pod], loops: Loops) -> Row {
        let mut states: Vec<PodState> = pods
            .iter()
            .filter(|pod| !is_terminating(&pod.metadata))
            .map(|pod| self.states.of(pod).0)
            .collect();
        states.sort_by_key(|state| *state != PodState::Ready);
        let count =
            |counts: fn(&PodState) -> bool| states.iter().filter(|state| counts(state)).count() as i64;
        let ready = count(|state| *state == PodState::Ready);
        let exist = count(|state| !matches!(state, PodState::Done | PodState::Failed));
        let works =
            |phase: Option<Phase>| phase.is_some_and(|phase| phase != Phase::Wait || !self.world.is_quiet());
        let closing = match ready < want {
            true => (exist < want && works(loops.maker)) || pods.iter().any(|pod| self.is_coming(pod)),
            false => works(loops.maker) || works(loops.cell.phase),
        };
        let id = uid(object.meta());
        let is_long = pods.len() > MANY && object.kind() != Kind::Deployment;
        let component = match object.kind() {
            Kind::Deployment => "controller/deployment",
            Kind::DaemonSet => "controller/daemonset",
            _ => "controller/replicaset",
        };
        Row {
            note: self.note(component, &object.reference()),
            object: object.reference(),
            open: (!pods.is_empty()).then(|| self.toggled.contains(&id) == is_long),
            uid: id,
            depth: place.depth,
            mark: Mark::None,
            name: place.name,
            node: SmolStr::default(),
            want: Want::Pods(want),
            have: Have::Pods(states, ready),
            gap: Gap::new(ready - want, closing),
            looked_after: loops.cell,
            brief: SmolStr::default(),
        }
    }
}

/// Where a row stands and what it is called.
struct Place {
    depth: usize,
    name: String,
}

/// The loop that looks after a workload, and what the one does that makes its pods.
struct Loops {
    cell: LoopCell,
    maker: Option<Phase>,
}
