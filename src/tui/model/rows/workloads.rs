//! The rows of what keeps a number of pods: Deployments, ReplicaSets and DaemonSets.

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet};
use smol_str::SmolStr;

use super::{Have, LoopCell, Mark, Row, Table, Want, in_namespace, uid};
use crate::object::{Kind, ObjectMeta, ObjectRef, Resource};
use crate::trace::Phase;
use crate::tui::glyphs::PodState;
use crate::tui::model::gap::Gap;
use crate::tui::model::roster::Member;

/// With more pods than these a set is folded at first: nobody reads so many rows.
const MANY: usize = 200;

/// What a workload's row says beside its pods.
struct Wish {
    name: String,
    /// How many pods are wanted, and how many it reports as ready.
    want: i64,
    ready: i64,
    looked_after: LoopCell,
    note: SmolStr,
}

impl Table<'_> {
    pub(super) fn deployments(&self, rows: &mut Vec<Row>) {
        for deployment in self.world.list_as::<Deployment>(None) {
            let meta = &deployment.metadata;
            let status = deployment.status.as_ref();
            let ready = status.and_then(|status| status.ready_replicas).unwrap_or(0);
            let want = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
            let object = ObjectRef::new(Kind::Deployment, deployment.key());
            let wish = self.wish("deploy", "controller/deployment", meta, &object, (want, ready));
            let id = uid(meta);
            let sets = self.sets_below(&id);
            let ids = sets.iter().filter_map(|set| set.metadata.uid.as_deref());
            let pods: Vec<Member> = ids.flat_map(|id| self.members(id)).collect();
            if self.workload(object, id, 0, pods, wish, rows) {
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
            let status = set.status.clone().unwrap_or_default();
            let counts = (status.desired_number_scheduled, status.number_ready);
            let object = ObjectRef::new(Kind::DaemonSet, set.key());
            let wish = self.wish("ds", "controller/daemonset", &set.metadata, &object, counts);
            let id = uid(&set.metadata);
            if self.workload(object, id.clone(), 0, self.members(&id).collect(), wish, rows) {
                self.pods(&id, 1, rows);
            }
        }
    }

    fn set(&self, set: &ReplicaSet, depth: usize, rows: &mut Vec<Row>) {
        let want = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
        let id = uid(&set.metadata);
        let pods: Vec<Member> = self.members(&id).collect();
        if want == 0 && pods.is_empty() {
            // An old revision, kept for undo.
            return;
        }
        let ready = set.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0);
        let object = ObjectRef::new(Kind::ReplicaSet, set.key());
        let wish = self.wish("rs", "controller/replicaset", &set.metadata, &object, (want, ready));
        if self.workload(object, id.clone(), depth, pods, wish, rows) {
            self.pods(&id, depth + 1, rows);
        }
    }

    fn members(&self, uid: &str) -> impl Iterator<Item = Member> {
        self.roster.owned(uid).map(|(_, member)| member)
    }

    fn wish(
        &self,
        short: &str,
        component: &str,
        meta: &ObjectMeta,
        object: &ObjectRef,
        (want, ready): (i32, i32),
    ) -> Wish {
        Wish {
            name: format!("{short}/{}", in_namespace(meta)),
            want: i64::from(want),
            ready: i64::from(ready),
            looked_after: self.phase(component, object),
            note: self.note(component, object),
        }
    }

    /// The row of a workload with these pods; returns whether what is below it is shown, too.
    fn workload(
        &self,
        object: ObjectRef,
        id: String,
        depth: usize,
        pods: Vec<Member>,
        wish: Wish,
        rows: &mut Vec<Row>,
    ) -> bool {
        let is_long = pods.len() > MANY && object.kind != Kind::Deployment;
        let open = (!pods.is_empty()).then(|| self.toggled.contains(&id) == is_long);
        let mut states: Vec<PodState> =
            pods.into_iter().filter(|pod| !pod.ending).map(|pod| pod.state).collect();
        states.sort_by_key(|state| *state != PodState::Ready);
        let exist =
            states.iter().filter(|state| !matches!(state, PodState::Done | PodState::Failed)).count() as i64;
        // Somebody closes the gap if the pods that are missing are on their way, or the loop acts right now.
        let coming = states
            .iter()
            .any(|state| matches!(state, PodState::Waiting | PodState::Starting | PodState::NotReady));
        let Wish { name, want, ready, looked_after, note } = wish;
        let acting =
            matches!(looked_after.phase, Some(Phase::Act | Phase::Observe)) || !self.world.is_quiet();
        let closing = looked_after.phase.is_some() && ((exist >= want && coming) || acting);
        rows.push(Row {
            object,
            uid: id,
            depth,
            open,
            mark: Mark::None,
            name,
            node: SmolStr::default(),
            want: Want::Pods(want),
            have: Have::Pods(states, ready),
            gap: Gap::new(ready - want, closing),
            looked_after,
            note,
            brief: SmolStr::default(),
        });
        open == Some(true)
    }
}
