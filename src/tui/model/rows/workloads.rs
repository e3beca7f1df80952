//! The rows of what keeps a number of pods: Deployments, ReplicaSets and DaemonSets.

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet};
use smol_str::SmolStr;

use super::{Have, LoopCell, Mark, Pods, Row, SLOTS, Table, Want, in_namespace, uid};
use crate::object::{Kind, ObjectRef, Pod, Resource};
use crate::trace::Phase;
use crate::tui::glyphs::PodState;
use crate::tui::model::gap::Gap;

/// With more pods than these a set is folded at first: nobody reads so many rows.
const MANY: usize = 200;

impl Table<'_> {
    pub(super) fn deployments(&self, rows: &mut Vec<Row>) {
        for deployment in self.world.list_as::<Deployment>(None) {
            let want = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
            let meta = &deployment.metadata;
            let object = ObjectRef::new(Kind::Deployment, deployment.key());
            let sets = self.sets_below(meta.uid.as_deref().unwrap_or(""));
            let cell = self.phase("controller/deployment", &object);
            // Its ReplicaSets make the pods.
            let makers = sets.iter().map(|set| {
                let set = ObjectRef::new(Kind::ReplicaSet, set.key());
                self.phase("controller/replicaset", &set).at_work()
            });
            let maker = makers.max_by_key(|phase| (phase.is_some(), *phase != Some(Phase::Wait)));
            let loops =
                Loops { component: "controller/deployment", maker: maker.unwrap_or(cell.at_work()), cell };
            let owners: Vec<&str> = sets.iter().filter_map(|set| set.metadata.uid.as_deref()).collect();
            let place =
                Place { object, id: uid(meta), depth: 0, name: format!("deploy/{}", in_namespace(meta)) };
            if self.workload(place, i64::from(want), &owners, loops, rows) {
                for set in sets {
                    self.set(set, 1, rows);
                }
            }
        }
    }

    pub(super) fn lone_sets(&self, rows: &mut Vec<Row>) {
        for set in self.sets_below("") {
            self.set(set, 0, rows);
        }
    }

    /// Of a DaemonSet so many pods are wanted as there are nodes that may have one.
    pub(super) fn daemon_sets(&self, rows: &mut Vec<Row>) {
        for set in self.world.list_as::<DaemonSet>(None) {
            let want = set.status.as_ref().map_or(0, |status| status.desired_number_scheduled);
            let meta = &set.metadata;
            let object = ObjectRef::new(Kind::DaemonSet, set.key());
            let cell = self.phase("controller/daemonset", &object);
            let loops = Loops { component: "controller/daemonset", maker: cell.at_work(), cell };
            let id = uid(meta);
            let place =
                Place { object, id: id.clone(), depth: 0, name: format!("ds/{}", in_namespace(meta)) };
            if self.workload(place, i64::from(want), &[&id], loops, rows) {
                self.pods(&id, 1, rows);
            }
        }
    }

    fn set(&self, set: &ReplicaSet, depth: usize, rows: &mut Vec<Row>) {
        let want = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
        let meta = &set.metadata;
        let id = uid(meta);
        if want == 0 && self.roster.owned(&id).len() == 0 {
            // An old revision, kept for undo.
            return;
        }
        let object = ObjectRef::new(Kind::ReplicaSet, set.key());
        let cell = self.phase("controller/replicaset", &object);
        let loops = Loops { component: "controller/replicaset", maker: cell.at_work(), cell };
        let place = Place { object, id: id.clone(), depth, name: format!("rs/{}", in_namespace(meta)) };
        if self.workload(place, i64::from(want), &[&id], loops, rows) {
            self.pods(&id, depth + 1, rows);
        }
    }

    /// What there is are the pods that are ready now, whatever the object's status says: that is written by a loop,
    /// which may lag or be stopped. Returns whether what is below it is shown, too.
    fn workload(&self, place: Place, want: i64, owners: &[&str], loops: Loops, rows: &mut Vec<Row>) -> bool {
        let members = || owners.iter().flat_map(|owner| self.roster.owned(owner));
        let (mut all, mut over, mut pods) = (0, 0, Pods::default());
        for (_, pod) in members() {
            all += 1;
            match pod.state {
                _ if pod.ending => {}
                PodState::Ready => pods.ready += 1,
                state => {
                    pods.others += 1;
                    over += i64::from(matches!(state, PodState::Done | PodState::Failed));
                    pods.states.extend(Some(state).filter(|_| pods.states.len() < SLOTS));
                }
            }
        }
        let (ready, exist) = (pods.ready, pods.ready + pods.others - over);
        let works =
            |phase: Option<Phase>| phase.is_some_and(|phase| phase != Phase::Wait || !self.world.is_quiet());
        let coming = || {
            let unready = members().filter(|(_, pod)| pod.state != PodState::Ready);
            let mut unready = unready.filter_map(|(key, _)| self.world.get::<Pod>(&key.namespace, &key.name));
            unready.any(|pod| self.is_coming(pod))
        };
        let closing = match ready < want {
            true => (exist < want && works(loops.maker)) || coming(),
            false => works(loops.maker) || works(loops.cell.at_work()),
        };
        let is_long = all > MANY && place.object.kind != Kind::Deployment;
        let open = (all > 0).then(|| self.toggled.contains(&place.id) == is_long);
        rows.push(Row {
            note: self.note(loops.component, &place.object),
            object: place.object,
            open,
            uid: place.id,
            depth: place.depth,
            mark: Mark::None,
            name: place.name,
            node: SmolStr::default(),
            want: Want::Pods(want),
            have: Have::Pods(pods),
            gap: Gap::new(ready - want, closing),
            looked_after: loops.cell,
            brief: SmolStr::default(),
        });
        open == Some(true)
    }
}

/// Which object a row is about, where it stands and what it is called.
struct Place {
    object: ObjectRef,
    id: String,
    depth: usize,
    name: String,
}

/// The loop that looks after a workload, and what the one does that makes its pods.
struct Loops {
    component: &'static str,
    cell: LoopCell,
    maker: Option<Phase>,
}
