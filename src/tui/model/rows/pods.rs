//! The rows of pods.

use std::collections::BTreeSet;

use smol_str::{SmolStr, format_smolstr};

use super::{Have, Mark, Row, Table, Want, is_system, uid};
use crate::object::{Key, Kind, ObjectRef, Pod, Resource, is_terminating, owner};
use crate::time::Span;
use crate::trace::Phase;
use crate::tui::glyphs::PodState;
use crate::tui::model::gap::Gap;
use crate::tui::model::pods::{is_coming, pod_state};

impl Table<'_> {
    pub(super) fn lone_pods(&self, rows: &mut Vec<Row>) {
        let owners: BTreeSet<String> = [Kind::ReplicaSet, Kind::DaemonSet]
            .into_iter()
            .flat_map(|kind| self.world.list(kind, None))
            .map(|set| uid(set.meta()))
            .collect();
        let alone = self.roster.owners().filter(|owner| !owners.contains(owner.as_str()));
        let mut keys: Vec<&Key> =
            alone.flat_map(|owner| self.roster.owned(owner)).map(|(key, _)| key).collect();
        keys.sort();
        for pod in keys.into_iter().filter_map(|key| self.world.get::<Pod>(&key.namespace, &key.name)) {
            if !is_system(&pod.metadata) {
                self.pod(pod, 0, rows);
            }
        }
    }

    /// The pods of an owner.
    pub(super) fn pods(&self, owner: &str, depth: usize, rows: &mut Vec<Row>) {
        for (key, _) in self.roster.owned(owner) {
            if let Some(pod) = self.world.get::<Pod>(&key.namespace, &key.name) {
                self.pod(pod, depth, rows);
            }
        }
    }

    fn pod(&self, pod: &Pod, depth: usize, rows: &mut Vec<Row>) {
        let (state, left) = pod_state(self.world, pod);
        let reference = ObjectRef::new(Kind::Pod, pod.key());
        let component = keeper(pod);
        let mut looked_after = self.phase(&component, &reference);
        if looked_after.phase == Some(Phase::Wait) && self.is_in_hand(pod) {
            looked_after.phase = Some(Phase::Act);
        }
        let works = looked_after.phase.is_some();
        let (want, mark, gap) = match state {
            PodState::Ready | PodState::Done => ("run", Mark::None, Gap::CLOSED),
            PodState::Ending => ("gone", Mark::Going, Gap::new(1, works)),
            // Nobody hears whether it went.
            PodState::Lost if is_terminating(&pod.metadata) => ("gone", Mark::Going, Gap::new(1, false)),
            PodState::Waiting | PodState::Starting => {
                ("run", Mark::Coming, Gap::new(-1, self.is_coming(pod)))
            }
            PodState::NotReady | PodState::BackOff => ("run", Mark::None, Gap::new(-1, self.is_coming(pod))),
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
            brief: self.brief(pod, state, left),
            looked_after,
        });
    }

    /// Whether its kubelet is doing something about it that takes time: pulling, starting, waiting for its end.
    fn is_in_hand(&self, pod: &Pod) -> bool {
        let machine = pod.node_name().and_then(|node| self.world.machine(node));
        machine.is_some_and(|machine| machine.pods.get(&pod.key()).is_some_and(|look| !look.doing.is_empty()))
    }

    /// Whether somebody works on a pod that is not ready, so that it will be. A pod that was ready and whose probe
    /// fails now is waited for by nobody.
    pub(super) fn is_coming(&self, pod: &Pod) -> bool {
        let works = self.phase(&keeper(pod), &ObjectRef::new(Kind::Pod, pod.key())).at_work().is_some();
        works && is_coming(self.world, pod)
    }

    /// What goes on, in a word or two.
    fn brief(&self, pod: &Pod, state: PodState, left: Option<Span>) -> SmolStr {
        let seconds = left.map(|left| left.as_secs());
        match (state, seconds) {
            (PodState::Ending, Some(seconds)) => format_smolstr!("grace {seconds}s"),
            (PodState::BackOff, Some(seconds)) => format_smolstr!("again {seconds}s"),
            (PodState::Waiting, _) => "no node".into(),
            (PodState::NotReady, _) => "probing".into(),
            (PodState::Starting, _) => self.doing(pod).unwrap_or_else(|| "bound".into()),
            _ => SmolStr::default(),
        }
    }

    /// The kubelet's own word for what it does about a pod: `pulling`.
    fn doing(&self, pod: &Pod) -> Option<SmolStr> {
        let machine = self.world.machine(pod.node_name()?)?;
        let look = machine.pods.get(&pod.key())?;
        look.doing.split_whitespace().next().map(SmolStr::new)
    }
}

/// Who looks after a pod.
fn keeper(pod: &Pod) -> SmolStr {
    match pod.node_name() {
        Some(node) => format_smolstr!("kubelet/{node}"),
        None => "scheduler".into(),
    }
}
