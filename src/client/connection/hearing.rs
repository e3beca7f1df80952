//! Whether a component hears of changes, and if not, what it waits for.

use super::{Connection, SILENCE_TIMEOUT};
use crate::actor::WatchTag;
use crate::client::reflector::Stage;
use crate::time::VirtualTime;

/// Why a component does not hear of what changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deafness {
    /// It has asked for what is there, or for a watch, and waits for the answer.
    Asking,
    /// It has no open watch: it waits with the next attempt until then.
    Dials(VirtualTime),
    /// Its watch is open, but something got lost on it. It does not know that yet; it finds out then.
    Missed(VirtualTime),
}

/// How far a component is with hearing of changes, as it knows itself.
#[derive(Clone, Debug)]
pub struct Hearing {
    /// Why it hears nothing; none when all its watches are open.
    pub deaf: Option<Deafness>,
    /// How many notices it received on each open watch.
    pub received: Vec<(WatchTag, u64)>,
    /// When it gives its connection up if it hears nothing.
    pub patience: VirtualTime,
}

impl Connection {
    /// How far it is with hearing of changes.
    pub fn hearing(&self) -> Hearing {
        let dials = self.reflectors.iter().filter_map(|reflector| match reflector.stage {
            Stage::Idle(at) => Some(at),
            _ => None,
        });
        let deaf = match dials.min() {
            Some(at) => Some(Deafness::Dials(at)),
            None => (!self.is_connected()).then_some(Deafness::Asking),
        };
        let open = self.reflectors.iter().filter(|reflector| reflector.stage == Stage::Watching);
        let tag = |watch| WatchTag { client: self.client, watch };
        let received = open.map(|reflector| (tag(reflector.watch), reflector.received)).collect();
        Hearing { deaf, received, patience: self.heard + SILENCE_TIMEOUT }
    }
}
