//! The objects table: what is wanted, what there is, the gap, and the loop that closes it.
//!
//! ```text
//! ▾ deploy/login          3       ◉◉◔ 2    -1~ deployment [W]
//!   ▾ rs/login-6f9c       3       ◉◉◔ 2    -1~ replicaset [A]
//!       pod b3tqz node-2  run     ◔ start  -1~ kubelet    [A]
//! ```

mod leaves;

use std::collections::{BTreeMap, BTreeSet};

use smol_str::{SmolStr, format_smolstr};

use super::gap::Gap;
use super::pods::pod_state;
use crate::client::LoopLook;
use crate::engine::World;
use crate::object::{Kind, Object, ObjectMeta, ObjectRef, Pod, Resource, is_terminating, owner};
use crate::time::Span;
use crate::trace::Phase;
use crate::tui::glyphs::PodState;

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// So many pods.
    Pods(i64),
    /// A word: `run`, `gone`, `3 eps`.
    Word(SmolStr),
}

/// What there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Have {
    /// Pods in these states; the number is those that are ready.
    Pods(Vec<PodState>, i64),
    /// One pod.
    Pod(PodState, Option<Span>),
    /// A word.
    Word(SmolStr),
}

/// Whether a row is just wanted or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Neither.
    None,
    /// It is on the way.
    Coming,
    /// It is on the way out.
    Going,
}

/// The loop that looks after a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopCell {
    /// Its short name; empty if nobody looks after it.
    pub name: SmolStr,
    /// What it does right now; none if it is stopped.
    pub phase: Option<Phase>,
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The object.
    pub object: ObjectRef,
    /// Its uid, by which the selection follows it.
    pub uid: String,
    /// How deep it stands.
    pub depth: usize,
    /// Whether it is unfolded; none if there is nothing below it.
    pub open: Option<bool>,
    /// Whether it comes or goes.
    pub mark: Mark,
    /// What it is called here: `deploy/login`, `pod b3tqz`.
    pub name: String,
    /// The node, of a pod.
    pub node: SmolStr,
    /// What is wanted.
    pub want: Want,
    /// What there is.
    pub have: Have,
    /// The difference.
    pub gap: Gap,
    /// Who closes it.
    pub looked_after: LoopCell,
    /// What is going on, in a few words.
    pub note: SmolStr,
}

/// The rows; `folded` holds the uids of rows whose dependents are not shown.
pub fn rows(world: &World, folded: &BTreeSet<String>) -> Vec<Row> {
    let table = Table::new(world, folded);
    let mut rows = Vec::new();
    table.deployments(&mut rows);
    table.lone_sets(&mut rows);
    table.lone_pods(&mut rows);
    table.services(&mut rows);
    table.config_maps(&mut rows);
    table.nodes(&mut rows);
    rows
}

struct Table<'a> {
    world: &'a World,
    folded: &'a BTreeSet<String>,
    loops: BTreeMap<SmolStr, Arc<LoopLook>>,
    stopped: BTreeSet<SmolStr>,
    children: BTreeMap<String, Vec<&'a Object>>,
}

fn is_system(meta: &ObjectMeta) -> bool {
    meta.namespace.as_deref().is_some_and(|namespace| namespace.starts_with("kube-"))
}

fn uid(meta: &ObjectMeta) -> String {
    meta.uid.clone().unwrap_or_default()
}

/// `name`, with its namespace where that is not the default one.
fn in_namespace(meta: &ObjectMeta) -> String {
    let name = meta.name.as_deref().unwrap_or("");
    match meta.namespace.as_deref() {
        None | Some("" | "default") => name.to_owned(),
        Some(namespace) => format!("{namespace}:{name}"),
    }
}

impl<'a> Table<'a> {
    fn new(world: &'a World, folded: &'a BTreeSet<String>) -> Self {
        let loops = world.loops().into_iter().map(|look| (look.component.clone(), look)).collect();
        let stopped = world
            .components()
            .into_iter()
            .filter(|component| !component.running)
            .map(|component| component.name);
        let mut children: BTreeMap<String, Vec<&Object>> = BTreeMap::new();
        for object in world.list(Kind::ReplicaSet, None).chain(world.list(Kind::Pod, None)) {
            let owner = owner::controller(object.meta()).map(|owner| owner.uid.clone()).unwrap_or_default();
            children.entry(owner).or_default().push(object);
        }
        Self { world, folded, loops, stopped: stopped.collect(), children }
    }

    fn below(&self, uid: &str) -> &[&'a Object] {
        self.children.get(uid).map_or(&[], Vec::as_slice)
    }

    /// What a component does about an object right now.
    fn phase(&self, component: &str, item: &ObjectRef) -> LoopCell {
        let short = component.split('/').next_back().unwrap_or(component);
        let name = if component.starts_with("kubelet/") { "kubelet" } else { short };
        let cell = |phase| LoopCell { name: name.into(), phase };
        let Some(look) = self.loops.get(component) else { return cell(None) };
        if self.stopped.contains(component) {
            return cell(None);
        }
        cell(Some(match () {
            () if look.working.contains(item) => Phase::Act,
            () if look.ready.contains(item) => Phase::Observe,
            () => Phase::Wait,
        }))
    }

    fn deployments(&self, rows: &mut Vec<Row>) {
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

    fn lone_sets(&self, rows: &mut Vec<Row>) {
        for set in self.below("").iter().filter(|object| object.kind() == Kind::ReplicaSet) {
            self.set(set, 0, rows);
        }
    }

    fn lone_pods(&self, rows: &mut Vec<Row>) {
        let owners: BTreeSet<String> =
            self.world.list(Kind::ReplicaSet, None).map(|set| uid(set.meta())).collect();
        for object in self.world.list(Kind::Pod, None) {
            let owner = owner::controller(object.meta()).map(|owner| owner.uid.clone());
            if !owner.is_some_and(|owner| owners.contains(&owner)) && !is_system(object.meta()) {
                self.pod(object, 0, rows);
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
            .map(|pod| pod_state(self.world, pod).0)
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
        Row {
            object: object.reference(),
            open: (!pods.is_empty()).then(|| !self.folded.contains(&id)),
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
        }
    }

    fn note(&self, component: &str, item: &ObjectRef) -> SmolStr {
        self.loops
            .get(component)
            .and_then(|look| look.verdicts.get(item))
            .map(|verdict| verdict.why.clone())
            .unwrap_or_default()
    }

    fn pod(&self, object: &Object, depth: usize, rows: &mut Vec<Row>) {
        let Some(pod) = Pod::of(object) else { return };
        let (state, left) = pod_state(self.world, pod);
        let reference = object.reference();
        let component = match pod.node_name() {
            Some(node) => format_smolstr!("kubelet/{node}"),
            None => "scheduler".into(),
        };
        let looked_after = self.phase(&component, &reference);
        let (want, mark, gap) = match state {
            PodState::Ready | PodState::Done => ("run", Mark::None, Gap::CLOSED),
            PodState::Ending => ("gone", Mark::Going, Gap::new(1, looked_after.phase.is_some())),
            PodState::Waiting => {
                ("run", Mark::Coming, Gap::new(-1, looked_after.phase.is_some() && !self.world.is_quiet()))
            }
            PodState::Starting => ("run", Mark::Coming, Gap::new(-1, looked_after.phase.is_some())),
            PodState::NotReady | PodState::BackOff => {
                ("run", Mark::None, Gap::new(-1, looked_after.phase.is_some()))
            }
            _ => ("run", Mark::None, Gap::new(-1, false)),
        };
        let name = pod.metadata.name.as_deref().unwrap_or("");
        let short = match owner::controller(&pod.metadata) {
            Some(_) => name.rsplit('-').next().unwrap_or(name),
            None => name,
        };
        rows.push(Row {
            object: reference.clone(),
            uid: uid(&pod.metadata),
            depth,
            open: None,
            mark,
            name: format!("pod {short}"),
            node: pod.node.clone().unwrap_or_default(),
            want: Want::Word(want.into()),
            have: Have::Pod(state, left),
            gap,
            note: self.note(&component, &reference),
            looked_after,
        });
    }
}
