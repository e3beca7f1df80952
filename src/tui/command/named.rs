//! From what a person calls an object to the object: `login`, `pod x4h2s`, `deployment/login`, `node-1`.

use crate::engine::World;
use crate::manifests::nearest;
use crate::object::{Kind, ObjectRef};

/// Kinds that are meant first when several objects have the same name.
const FIRST: &[Kind] = &[Kind::Deployment, Kind::Pod, Kind::Node, Kind::Service, Kind::ReplicaSet];

/// The object that words mean.
///
/// # Errors
/// There is none of this name, or several; with what they are.
pub(super) fn named(world: &World, words: &[String]) -> Result<ObjectRef, String> {
    let words: Vec<&str> = words.iter().flat_map(|word| word.split('/')).collect();
    let (kind, name) = match words.as_slice() {
        [name] => (None, *name),
        [kind, name] => {
            let known = Kind::from_resource(kind);
            (Some(known.ok_or_else(|| format!("\"{kind}\" is no kind of object"))?), *name)
        }
        _ => return Err("say which object: why pod x4h2s, why deployment/login, why node-1".to_owned()),
    };
    let wanted = |object: &&ObjectRef| match kind {
        Some(kind) => object.kind == kind,
        None => !object.kind.is_background(),
    };
    let known: Vec<&ObjectRef> = world.objects().keys().filter(wanted).collect();
    let whole = known.iter().filter(|object| object.key.name == name);
    let mut found: Vec<&&ObjectRef> = whole.collect();
    found.sort_by_key(|object| FIRST.iter().position(|kind| *kind == object.kind).unwrap_or(FIRST.len()));
    if let Some(first) = found.first() {
        return Ok((**first).clone());
    }
    let end = format!("-{name}");
    let mut ends = known.iter().filter(|object| object.key.name.ends_with(&end));
    match (ends.next(), ends.next()) {
        (Some(only), None) => Ok((*only).clone()),
        (Some(one), Some(other)) => Err(format!("\"{name}\" may be {one} or {other}; give the whole name")),
        _ => {
            let near = nearest(name, known.iter().map(|object| object.key.name.as_str()));
            let guess = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            Err(format!("there is no object \"{name}\"{guess}"))
        }
    }
}
