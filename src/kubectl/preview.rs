//! One plain sentence of what a command will do, while it is still being typed.

use super::cluster::Ask;
use super::output::Fault;
use super::targets::{self, FromFiles, Picking, Picks, Scope, Targets};
use crate::engine::World;
use crate::object::{Kind, Object, ObjectRef, owner};

/// Objects that are named one by one before they are only counted.
const NAMED: usize = 3;

/// What a preview looks at.
pub(super) struct Look<'a> {
    pub(super) world: &'a World,
    pub(super) scope: Scope<'a>,
}

impl Look<'_> {
    /// The objects that the words mean; what is wrong with the words otherwise. What files describe is not known
    /// while a line is being typed.
    pub(super) fn picked(&self, words: &[String], picks: &Picks) -> Result<Vec<Object>, String> {
        let picks = Picks { files: FromFiles::default(), ..picks.clone() };
        self.read(picks.resolve(self.scope, words))
    }

    /// The same for a verb for which a kind alone means all of it.
    pub(super) fn objects(&self, words: &[String], picking: &Picking) -> Result<Vec<Object>, String> {
        self.read(targets::resolve(self.scope, words, picking, &FromFiles::default()))
    }

    fn read(&self, targets: Result<Targets, Fault>) -> Result<Vec<Object>, String> {
        let (objects, faults) = targets.map_err(|fault| fault.text())?.read(self.world);
        match faults.into_iter().next() {
            Some(fault) => Err(fault.text()),
            None => Ok(objects),
        }
    }

    /// What a verb that only reads says.
    pub(super) fn shows(&self, verb: &str, words: &[String], all_namespaces: bool) -> String {
        let targets = targets::resolve(self.scope, words, &Picking::default(), &FromFiles::default());
        let place = match all_namespaces {
            true => "in all namespaces".to_owned(),
            false => format!("in namespace {}", self.scope.namespace()),
        };
        match targets {
            Err(fault) => fault.text(),
            Ok(Targets::Named(names)) => format!("will {verb} {}", listed(&names)),
            Ok(Targets::Matching(kinds)) if kinds.is_empty() => format!("{verb}: say of what, such as pods"),
            Ok(Targets::Matching(kinds)) => {
                let place =
                    if kinds.iter().all(|(kind, _)| !kind.is_namespaced()) { String::new() } else { place };
                let plurals: Vec<&str> = kinds.iter().map(|(kind, _)| kind.info().plural).collect();
                format!("will {verb} {} {place}", plurals.join(", ")).trim_end().to_owned()
            }
        }
    }

    /// One object.
    pub(super) fn get(&self, target: &ObjectRef) -> Option<Object> {
        self.world.find(target).ok().flatten()
    }

    /// What follows when an object is deleted.
    pub(super) fn after_deletion(&self, object: &Object) -> Option<String> {
        if let Some(owner) = owner::controller(object.meta()) {
            let kind = Kind::from_name(&owner.kind)?;
            let alive = self.get(&self.scope.target(kind, &owner.name)).is_some();
            return alive.then(|| format!("its {} makes a new one", owner.kind));
        }
        match object.kind() {
            Kind::Deployment => Some("its ReplicaSets and pods go too".to_owned()),
            Kind::ReplicaSet => Some("its pods go too".to_owned()),
            Kind::Namespace => Some("everything in it goes too".to_owned()),
            Kind::Service => Some("its address answers nobody any more".to_owned()),
            Kind::Pod => Some("nobody makes a new one: it has no owner".to_owned()),
            Kind::Node => Some("its pods are deleted after a while".to_owned()),
            _ => None,
        }
    }
}

/// `pod/a, pod/b and 3 more`.
pub(super) fn listed(names: &[ObjectRef]) -> String {
    let mut words: Vec<String> = names.iter().take(NAMED).map(super::kinds::label).collect();
    match (words.len(), names.len() - words.len()) {
        (0, _) => "nothing".to_owned(),
        (_, 0) => match words.pop() {
            Some(last) if !words.is_empty() => format!("{} and {last}", words.join(", ")),
            last => last.unwrap_or_default(),
        },
        (_, more) => format!("{} and {more} more", words.join(", ")),
    }
}

/// The names of objects.
pub(super) fn references(objects: &[Object]) -> Vec<ObjectRef> {
    objects.iter().map(Object::reference).collect()
}
