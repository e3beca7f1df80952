//! Where the loop stands that is being told of: at an event the clock may stand still, and many loops with it.

use smol_str::{SmolStr, format_smolstr};

use crate::object::ObjectRef;
use crate::trace::{Data, Event, Phase};

/// A component's loop about an object, in the phase that an event shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    component: SmolStr,
    item: Option<ObjectRef>,
    phase: Phase,
}

impl Spot {
    /// Where the loop stands at this event; none if it is no loop's.
    pub fn of(event: &Event) -> Option<Self> {
        let phase = phase(&event.data)?;
        // What the runtime does it does for the kubelet.
        let component = match event.component.strip_prefix("runtime/") {
            Some(node) => format_smolstr!("kubelet/{node}"),
            None => event.component.clone(),
        };
        Some(Self { component, item: event.object.clone(), phase })
    }

    /// The phase of a component, if it is this one.
    pub fn of_component(&self, component: &str) -> Option<Phase> {
        (self.component == component).then_some(self.phase)
    }

    /// The phase of a node's kubelet, if it is this one.
    pub fn of_kubelet(&self, node: &str) -> Option<Phase> {
        (self.component.strip_prefix("kubelet/") == Some(node)).then_some(self.phase)
    }

    /// The phase of a component's loop about an object, if it is this one.
    pub fn of_loop(&self, component: &str, item: &ObjectRef) -> Option<Phase> {
        self.of_component(component).filter(|_| self.item.as_ref() == Some(item))
    }
}

/// The phase of a loop in which something happens: a binding or a started container is somebody's act, too, and a probe
/// is how a kubelet looks.
pub fn phase(data: &Data) -> Option<Phase> {
    match data {
        Data::Bind { .. } | Data::Container { .. } => Some(Phase::Act),
        Data::Probe { .. } => Some(Phase::Observe),
        other => other.phase(),
    }
}
