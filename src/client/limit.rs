//! How fast a client may ask: client-go's token bucket.
//!
//! Every client of the API server counts its own requests. A bucket holds `burst` tokens and gets `per_second` new
//! ones; a request takes one, and waits if there is none. That is why a ReplicaSet of 1,000 takes nearly a minute to
//! be created though nothing is slow, and it is what keeps two loops that undo each other's work from drowning the
//! API server. Lists and watches are not counted here (informers have a client of their own).

use crate::time::{Span, VirtualTime};

/// How fast a client may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Requests per second in the long run.
    pub per_second: u64,
    /// Requests at once after a quiet while.
    pub burst: u64,
}

impl Limit {
    /// A controller of the controller manager (`--kube-api-qps`, `--kube-api-burst`).
    pub const CONTROLLER: Self = Self { per_second: 20, burst: 30 };
    /// The scheduler (`clientConnection`) and a kubelet (`kubeAPIQPS`, `kubeAPIBurst`).
    pub const NODE: Self = Self { per_second: 50, burst: 100 };
}

/// The limits of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For its requests; none for a client without a limit.
    pub requests: Option<Limit>,
    /// For its Events, if it has a client of their own for them; otherwise they are counted with the requests.
    pub events: Option<Limit>,
}

/// A bucket of tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    limit: Limit,
    /// When it will be full if nothing more is taken.
    full_at: VirtualTime,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(limit: Limit) -> Self {
        Self { limit, full_at: VirtualTime::ZERO }
    }

    /// Takes a token; says how long to wait until it is there.
    pub(super) fn take(&mut self, now: VirtualTime) -> Span {
        let refill = Span::micros(1_000_000 / self.limit.per_second.max(1));
        self.full_at = self.full_at.max(now) + refill;
        let missing = self.full_at.since(now);
        missing - refill.times(self.limit.burst).min(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_then_so_many_a_second() {
        let mut bucket = Bucket::new(Limit { per_second: 20, burst: 3 });
        let start = VirtualTime::ZERO + Span::secs(5);
        let waits: Vec<u64> = (0..5).map(|_| bucket.take(start).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 50, 100]);
        // Two tokens are still owed; after a second the bucket is full again.
        assert_eq!(bucket.take(start + Span::millis(100)).as_millis(), 50);
        let later = start + Span::secs(2);
        let waits: Vec<u64> = (0..4).map(|_| bucket.take(later).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 50]);
    }
}
