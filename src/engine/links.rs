//! Links: how long messages take, and which get lost.
//!
//! Each pair of actors has a link in each direction. Messages on one link never overtake each other, as in a
//! TCP connection. A link that is cut loses what is sent while it is cut.

use imbl::{OrdMap, OrdSet};

use crate::actor::ActorId;
use crate::random::fnv1a;
use crate::time::{Span, VirtualTime};

/// One way on the loopback or a local network, with the work of sending and receiving: what the recordings
/// show between components on one machine.
const BASE: Span = Span::micros(350);
/// Up to this much more, at random.
const JITTER: Span = Span::micros(300);

/// One direction between two actors.
#[derive(Clone, Debug, Default)]
struct Link {
    sent: u64,
    last_arrival: VirtualTime,
    cut: bool,
    extra: Span,
    drop_next: u32,
    has_lost: bool,
}

/// All links.
#[derive(Clone, Debug)]
pub struct Links {
    seed: u64,
    links: OrdMap<(ActorId, ActorId), Link>,
    /// Those that do not work as usual, or once lost something: few, even where there are many.
    hindered: OrdSet<(ActorId, ActorId)>,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transit {
    /// It arrives then.
    Arrives(VirtualTime),
    /// It is lost.
    Lost,
}

impl Links {
    /// Links that all work.
    pub fn new(seed: u64) -> Self {
        Self { seed, links: OrdMap::new(), hindered: OrdSet::new() }
    }

    /// Sends a message at `leaves`.
    pub fn send(&mut self, from: ActorId, to: ActorId, leaves: VirtualTime) -> Transit {
        let seed = self.seed;
        let link = self.links.entry((from, to)).or_default();
        link.sent += 1;
        if link.cut || link.drop_next > 0 {
            link.drop_next = link.drop_next.saturating_sub(u32::from(!link.cut));
            link.has_lost = true;
            return Transit::Lost;
        }
        let jitter = jitter(seed, from, to, link.sent);
        let arrives = (leaves + BASE + link.extra + jitter).max(link.last_arrival + Span::TICK);
        link.last_arrival = arrives;
        Transit::Arrives(arrives)
    }

    /// Cuts a direction, or heals it.
    pub fn set_cut(&mut self, from: ActorId, to: ActorId, cut: bool) {
        self.hinder(from, to, |link| link.cut = cut);
    }

    /// Makes a direction slower by this much.
    pub fn set_extra(&mut self, from: ActorId, to: ActorId, extra: Span) {
        self.hinder(from, to, |link| link.extra = extra);
    }

    fn hinder(&mut self, from: ActorId, to: ActorId, change: impl FnOnce(&mut Link)) {
        let link = self.links.entry((from, to)).or_default();
        change(link);
        match link.cut || link.extra > Span::ZERO || link.drop_next > 0 || link.has_lost {
            true => _ = self.hindered.insert((from, to)),
            false => _ = self.hindered.remove(&(from, to)),
        }
    }

    /// Both ends of each direction that does not work as usual, or once lost something.
    pub fn hindered_ends(&self) -> impl Iterator<Item = ActorId> {
        self.hindered.iter().flat_map(|(from, to)| [*from, *to])
    }

    /// Loses the next messages of a direction.
    pub fn drop_next(&mut self, from: ActorId, to: ActorId, count: u32) {
        self.hinder(from, to, |link| link.drop_next = count);
    }

    /// Whether nothing gets through in this direction.
    pub fn is_cut(&self, from: ActorId, to: ActorId) -> bool {
        self.hindered(from, to).is_some_and(|link| link.cut)
    }

    /// Whether a message was ever lost in this direction.
    pub fn has_lost(&self, from: ActorId, to: ActorId) -> bool {
        self.hindered(from, to).is_some_and(|link| link.has_lost)
    }

    /// How many messages are still to be lost in this direction.
    pub fn drops(&self, from: ActorId, to: ActorId) -> u32 {
        self.hindered(from, to).map_or(0, |link| link.drop_next)
    }

    /// How much slower than usual this direction is.
    pub fn extra(&self, from: ActorId, to: ActorId) -> Span {
        self.hindered(from, to).map_or(Span::ZERO, |link| link.extra)
    }

    fn hindered(&self, from: ActorId, to: ActorId) -> Option<&Link> {
        self.hindered.contains(&(from, to)).then(|| self.links.get(&(from, to))).flatten()
    }
}

/// The link's own random number for its n-th message, without the memory of a stream per link.
fn jitter(seed: u64, from: ActorId, to: ActorId, sent: u64) -> Span {
    let mut bytes = [0_u8; 24];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..12].copy_from_slice(&from.0.to_le_bytes());
    bytes[12..16].copy_from_slice(&to.0.to_le_bytes());
    bytes[16..].copy_from_slice(&sent.to_le_bytes());
    Span::micros(fnv1a(&bytes) >> 20).modulo(JITTER)
}
