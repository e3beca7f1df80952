//! Reading: what can be asked without changing anything.

use super::{Answer, ApiServer, Call, Filter, Reply, Request, Status, Sub, fields, subresource};
use crate::object::selector::Requirement;
use crate::object::{Kind, Object, ObjectRef};
use crate::time::VirtualTime;

impl ApiServer {
    /// What the answer to this request is, without doing anything: reads are answered from the store, and what
    /// would write (a dry run above all) is done on a copy that is thrown away.
    pub fn peek(&self, call: &Call, now: VirtualTime) -> Answer {
        match call {
            Call::Get { target, sub: Sub::Scale } => self.scale_of(target).map_err(Box::new),
            Call::Get { target, .. } => self.find(target).map(Reply::Object).map_err(Box::new),
            Call::List { kind, filter } => self.list(*kind, filter).map_err(Box::new),
            other => self.clone().serve(&Request { user: "you".into(), call: other.clone() }, now).answer,
        }
    }

    /// The stored object.
    pub(super) fn find(&self, target: &ObjectRef) -> Result<Object, Status> {
        self.etcd.get(target).cloned().ok_or_else(|| Status::not_found(target))
    }

    pub(super) fn list(&self, kind: Kind, filter: &Filter) -> Result<Reply, Status> {
        check_fields(kind, filter)?;
        let items = self.etcd.list(kind, filter.namespace.as_deref());
        let items = items.filter(|object| filter.matches(object)).cloned().collect();
        Ok(Reply::List { items, revision: self.etcd.revision() })
    }

    /// The number of replicas as a Scale.
    pub(super) fn scale_of(&self, target: &ObjectRef) -> Result<Reply, Status> {
        let object = self.find(target)?;
        subresource::scale_of(&object).map(Reply::Value).ok_or_else(|| subresource::no_scale(target))
    }
}

pub(super) fn check_fields(kind: Kind, filter: &Filter) -> Result<(), Status> {
    for requirement in &filter.fields.requirements {
        let (Requirement::In(field, _)
        | Requirement::NotIn(field, _)
        | Requirement::Exists(field)
        | Requirement::DoesNotExist(field)) = requirement;
        if !fields::is_selectable(kind, field) {
            return Err(Status::bad_request(fields::not_selectable(kind, field)));
        }
    }
    Ok(())
}
