//! Rolling updates keep their bounds: never more pods than `replicas + maxSurge`, never fewer available ones than
//! `replicas - maxUnavailable`.
//!
//! The Deployment controller counts the pods that it has asked for, in `spec.replicas` of its ReplicaSets: their sum
//! never exceeds the bound, not for an instant. The two sets are brought to their numbers independently, as in a real
//! cluster, so that a new pod may be there a moment before an old one is told to go: the ReplicaSet controller sends its
//! requests one after the other, 20 a second once it has sent many.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use kubeloop::apiserver::{Call, DeleteOptions, Patch, Sub};
use kubeloop::engine::{Act, World};
use kubeloop::object::{Key, Kind, Object, ObjectRef, Pod};
use kubeloop::random::Stream;
use kubeloop::time::{Span, VirtualTime};
use serde_json::json;

use super::Run;
use super::laws::unhealed;

/// How long the ReplicaSet controller may take to delete the pods that it was told to delete: 20 requests.
const MOMENT: Span = Span::secs(1);

/// The bounds of one Deployment.
struct Bounds {
    most: usize,
    fewest: usize,
    /// Since when there are more pods than that.
    over_since: Option<VirtualTime>,
}

impl Bounds {
    fn check(&mut self, world: &World) -> Result<(), String> {
        let sets = world.list_as::<ReplicaSet>(Some("default"));
        let asked: i32 = sets.filter_map(|set| set.spec.as_ref()?.replicas).sum();
        let pods: Vec<&Pod> = world.list_as::<Pod>(Some("default")).filter(|pod| pod.is_active()).collect();
        let available = pods.iter().filter(|pod| pod.is_ready()).count();
        self.over_since = (pods.len() > self.most).then(|| self.over_since.unwrap_or(world.now()));
        let over = self.over_since.map_or(Span::ZERO, |since| world.now() - since);
        match () {
            () if usize::try_from(asked).is_ok_and(|asked| asked > self.most) => {
                Err(format!("{asked} pods are asked for, at most {} are allowed", self.most))
            }
            () if over > MOMENT => {
                Err(format!("{} pods for {over}, at most {} are allowed", pods.len(), self.most))
            }
            () if available < self.fewest => {
                Err(format!("{available} pods are available, at least {} must be", self.fewest))
            }
            () => Ok(()),
        }
    }
}

/// An amount of pods or a share of them, rounded up or down.
fn resolved(value: &serde_json::Value, replicas: u64, up: bool) -> u64 {
    match value.as_str().and_then(|text| text.strip_suffix('%')).and_then(|text| text.parse::<u64>().ok()) {
        Some(share) if up => (replicas * share).div_ceil(100),
        Some(share) => replicas * share / 100,
        None => value.as_u64().unwrap_or(0),
    }
}

/// One Deployment of random size and strategy is updated again and again, also while it is being updated.
pub(crate) fn update(run: &mut Run, seed: u64) {
    let mut random = Stream::new(seed, "rolling");
    let replicas = random.between(1, 9);
    let mut amount = |max: u64| match random.chance(1, 2) {
        true => json!(random.below(max)),
        false => json!(format!("{}%", random.below(101))),
    };
    let (surge, mut unavailable) = (amount(5), amount(4));
    let most = replicas + resolved(&surge, replicas, true);
    let mut fewest = replicas.saturating_sub(resolved(&unavailable, replicas, false));
    if most == replicas && fewest == replicas {
        // Both round to nothing: the API refuses two zeros, and the controller takes one down instead.
        unavailable = json!(1);
        fewest = replicas - 1;
    }
    let object = Object::from_value(json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "pizza/login:1.2.3"}]},
            },
        },
    }));
    let object = object.expect("a deployment");
    run.act(
        format!("create {replicas}, {surge}, {unavailable}"),
        Act::Api(Call::Create { object, dry_run: false }),
    );
    if !run.engine.run_while(Span::secs(120), whole) {
        run.fail("the deployment did not come up");
    }
    let mut bounds = Bounds { most: most as usize, fewest: fewest as usize, over_since: None };
    for round in 0..random.between(1, 4) {
        let image = format!("pizza/login:1.2.{}", random.between(3, 9));
        let patch =
            json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}}});
        let target = ObjectRef::new(Kind::Deployment, Key::new("default", "web"));
        let call = Call::Patch { target, patch: Patch::Strategic(patch), sub: Sub::Main, dry_run: false };
        run.act(format!("round {round}: image {image}"), Act::Api(call));
        let until = run.engine.now() + Span::millis(random.between(5, 15_000));
        follow(run, &mut bounds, |world| world.now() >= until);
    }
    follow(run, &mut bounds, whole);
    delete_all(run);
}

/// Goes on until `done`, looking at the bounds after every instant.
fn follow(run: &mut Run, bounds: &mut Bounds, mut done: impl FnMut(&World) -> bool) {
    let limit = run.engine.now() + Span::secs(600);
    while !done(run.engine.world()) {
        if run.engine.now() > limit || !run.engine.step_instant() {
            run.fail("the rolling update does not end");
        }
        if let Err(broken) = bounds.check(run.engine.world()) {
            run.fail(&broken);
        }
    }
}

fn whole(world: &World) -> bool {
    world.get::<Deployment>("default", "web").is_some() && unhealed(world).is_none()
}

/// The Deployment goes, and all that it owns with it.
fn delete_all(run: &mut Run) {
    let target = ObjectRef::new(Kind::Deployment, Key::new("default", "web"));
    run.act("delete it".to_owned(), Act::Api(Call::Delete { target, options: DeleteOptions::default() }));
    let gone = |world: &World| {
        [Kind::Deployment, Kind::ReplicaSet, Kind::Pod]
            .iter()
            .all(|kind| world.list(*kind, Some("default")).count() == 0)
    };
    if !run.engine.run_while(Span::secs(120), gone) {
        run.fail("something outlives the deployment");
    }
}
