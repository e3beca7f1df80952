//! Why nobody moves: what is said of the whole cluster when nothing is under way.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};

use smol_str::{SmolStr, format_smolstr};

use super::{Evidence, Finding, nothing, readiness};
use crate::engine::World;
use crate::object::{Kind, Object, ObjectRef, Pod, Resource, owner};
use crate::trace::text::{Vocabulary, capitalised, short_object};
use crate::tui::glyphs::PodState;
use crate::tui::model::health::{Health, Outage, health, is_forsaken, outages};
use crate::tui::model::pods::pod_state;

/// Why nobody moves, in a sentence or two: because all is well, because nobody can, or because everybody waits.
pub fn standstill(world: &World, vocabulary: Vocabulary) -> String {
    let told = |finding: &Finding| capitalised(&finding.told(vocabulary, world.now()));
    let outages = outages(world);
    match (outages.first(), health(world)) {
        (Some(Outage::ApiServer), _) => told(&Finding::NoApiServer),
        (Some(Outage::Etcd), _) => told(&Finding::NoEtcd),
        (Some(outage), Health::Fragile) => fragile(world, outage, told),
        (None, Health::Fragile) if is_forsaken(world) => {
            "Nothing is wanted any more: etcd holds no pods and nothing that asks for some. Applying the files, or \
             a backup, brings the wishes back."
                .to_owned()
        }
        (None, Health::Fragile) | (_, Health::Well) => paused(world).unwrap_or_else(|| {
            "Everything matches: all loops are waiting for a change.".to_owned()
        }),
        (_, Health::Healing | Health::Waiting) => {
            let Some((about, findings)) = missing(world) else {
                return "Not all is as wanted, and nobody acts: every loop waits for a change.".to_owned();
            };
            let sentences: Vec<String> = findings.iter().map(told).collect();
            format!("{about}{}", sentences.join(" "))
        }
    }
}

/// That a rollout was stopped half-way.
fn paused(world: &World) -> Option<String> {
    let name = paused_rollout(world)?;
    Some(format!(
        "The rollout of Deployment {name} is paused half-way: two versions run, and nobody goes on until it is resumed."
    ))
}

/// The Deployment whose rollout somebody stopped half-way: all pods are there, but of two versions.
pub(in crate::tui::model) fn paused_rollout(world: &World) -> Option<String> {
    let sets = |uid: Option<&str>| {
        let mine = move |set: &&ReplicaSet| {
            owner::controller(&set.metadata).map(|owner| owner.uid.as_str()) == uid
                && set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1) > 0
        };
        world.list_as::<ReplicaSet>(None).filter(mine).count()
    };
    let is_paused = |deployment: &&Deployment| {
        deployment.spec.as_ref().and_then(|spec| spec.paused) == Some(true)
            && sets(deployment.metadata.uid.as_deref()) > 1
    };
    let deployment = world.list_as::<Deployment>(None).find(is_paused)?;
    deployment.metadata.name.clone()
}

/// All is there, but somebody would be missed.
fn fragile(world: &World, outage: &Outage, told: impl Fn(&Finding) -> String) -> String {
    match outage {
        Outage::Stopped(who) => {
            let who = crate::trace::text::component(who);
            format!("All is there, but {who} is stopped: nobody does its work.")
        }
        Outage::CutOff(who) => {
            let who = crate::trace::text::component(who);
            format!("All is there, as far as is known: {who} is cut off, and hears of no change.")
        }
        Outage::Deaf(who, deaf) => {
            let finding = Finding::Deaf { component: of_node(world, who), deaf: *deaf };
            format!("All is there, as far as is known. {}", told(&finding))
        }
        Outage::Lossy(who, count) => {
            let who = crate::trace::text::component(who);
            format!("All that is wanted is there. The next {count} messages of {who} will get lost.")
        }
        Outage::Dead(node) => {
            format!("Nobody has noticed that {node} is silent: the API shows what it said last.")
        }
        Outage::Slow(who, by) => {
            let who = crate::trace::text::component(who);
            format!("All that is wanted is there. Every message of {who} takes {by} longer than usual.")
        }
        Outage::ApiServer | Outage::Etcd => String::new(),
    }
}

/// Of a node it is the kubelet that hears or not.
fn of_node(world: &World, who: &SmolStr) -> SmolStr {
    match world.node_names().contains(who) {
        true => format_smolstr!("kubelet/{who}"),
        false => who.clone(),
    }
}

/// The first ReplicaSet that has fewer pods than it wants.
pub(in crate::tui::model) fn lacking(world: &World) -> Option<ObjectRef> {
    world.list(Kind::ReplicaSet, None).find(|set| lacks_pods(world, set)).map(Object::reference)
}

/// The first thing that is missing, and why nobody does anything about it.
fn missing(world: &World) -> Option<(String, Vec<Finding>)> {
    if let Some(set) = lacking(world) {
        let Evidence { mut findings, .. } = readiness::not_ready(world, &set);
        findings.truncate(1);
        let hindered = nothing::nothing(world, &set).findings.into_iter().next();
        // Who does not even hear of it is the news; the line may be too short for both.
        let place = if matches!(hindered, Some(Finding::Deaf { .. })) { 0 } else { findings.len() };
        findings.splice(place..place, hindered);
        return Some((String::new(), findings));
    }
    let is_fine =
        |pod: &Pod| matches!(pod_state(world, pod).0, PodState::Ready | PodState::Done | PodState::Ending);
    let pod = world.list_as::<Pod>(None).find(|pod| !is_fine(pod))?;
    let object = ObjectRef::new(Kind::Pod, Resource::key(pod));
    let mut findings: Vec<Finding> =
        readiness::not_ready(world, &object).findings.into_iter().take(1).collect();
    if pod_state(world, pod).0 != PodState::Lost {
        return Some((format!("{}: ", capitalised(&short_object(&object))), findings));
    }
    // Of a silent node nobody knows anything; who counts its pods does nothing either.
    let counts = nothing::nothing(world, &object).findings.into_iter().find(|finding| {
        matches!(finding, Finding::Verdict { component, .. } if component == "controller/replicaset")
    });
    findings.extend(counts);
    Some((String::new(), findings))
}

fn lacks_pods(world: &World, set: &Object) -> bool {
    let Object::ReplicaSet(found) = set else { return false };
    let want = found.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let Some((namespace, uid)) = set.meta().namespace.as_deref().zip(set.meta().uid.as_deref()) else {
        return false;
    };
    let exist: usize = world.census().owned(namespace, uid).map(|(_, tally)| tally.active).sum();
    i64::try_from(exist).unwrap_or(i64::MAX) < i64::from(want)
}
