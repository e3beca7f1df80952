//! How long the deletion of a failed pod has to wait.
//!
//! A kubelet that refuses a pod marks it Failed, the controller deletes it and makes another, which is refused as
//! well. So that the two do not chase each other, each deletion makes the next one of that node wait twice as long.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::time::{Span, VirtualTime};

/// The first wait and the longest (`flowcontrol.NewBackOff(1*time.Second, 15*time.Minute)`).
const FIRST: Span = Span::secs(1);
const LONGEST: Span = Span::secs(15 * 60);

#[derive(Clone, Copy, Debug)]
struct Entry {
    wait: Span,
    since: VirtualTime,
}

/// Waits by node and DaemonSet.
#[derive(Clone, Debug, Default)]
pub(super) struct Backoff {
    entries: BTreeMap<SmolStr, Entry>,
}

impl Backoff {
    /// How much longer to wait; none if there is nothing to wait for.
    pub(super) fn left(&self, key: &str, now: VirtualTime) -> Option<Span> {
        let entry = self.entries.get(key).filter(|entry| entry.counts(now))?;
        Some((entry.since + entry.wait).since(now)).filter(|left| *left > Span::ZERO)
    }

    /// A pod is being deleted: the next one waits longer. What is long over is forgotten.
    pub(super) fn next(&mut self, key: SmolStr, now: VirtualTime) {
        self.entries.retain(|_, entry| entry.counts(now));
        let wait = self.entries.get(&key).map_or(FIRST, |entry| (entry.wait + entry.wait).min(LONGEST));
        self.entries.insert(key, Entry { wait, since: now });
    }
}

impl Entry {
    /// Twice the longest wait without a failure, and it begins anew.
    fn counts(&self, now: VirtualTime) -> bool {
        now.since(self.since) <= LONGEST + LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_are_forgotten() {
        let mut backoff = Backoff::default();
        let mut now = VirtualTime::ZERO;
        assert_eq!(backoff.left("a", now), None);
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            backoff.next("a".into(), now);
            assert_eq!(backoff.left("a", now), Some(Span::secs(expected)));
            assert_eq!(backoff.left("b", now), None);
            now += Span::secs(expected);
            assert_eq!(backoff.left("a", now), None);
        }
        now += Span::secs(3_600);
        backoff.next("a".into(), now);
        assert_eq!(backoff.left("a", now), Some(Span::secs(1)));
    }
}
