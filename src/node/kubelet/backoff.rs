//! Back-off: how long to wait before trying again what has failed.
//!
//! A container that ends is started again at once the first time; after that the kubelet waits 10 s, 20 s,
//! 40 s and so on up to 5 minutes, counted from the end of the container. Ten minutes without a failure and it
//! begins anew. Image pulls wait in the same way. (`k8s.io/client-go/util/flowcontrol/backoff.go`;
//! `MaxCrashLoopBackOff` and `imageBackOff` in `pkg/kubelet/kubelet.go`.)

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::time::{Span, VirtualTime};

/// The first delay.
const FIRST: Span = Span::secs(10);
/// The longest delay.
const LAST: Span = Span::secs(300);

#[derive(Clone, Copy, Debug)]
struct Entry {
    delay: Span,
    updated: VirtualTime,
}

/// What has failed: the pod's uid, and the container or image.
pub type Subject = (SmolStr, SmolStr);

/// The delays of everything that has failed lately.
#[derive(Clone, Debug, Default)]
pub struct BackOff {
    entries: BTreeMap<Subject, Entry>,
}

impl BackOff {
    /// Until when to wait, counted from `since`, and the delay; none if it may be tried now.
    pub fn until(
        &self,
        subject: &Subject,
        since: VirtualTime,
        now: VirtualTime,
    ) -> Option<(VirtualTime, Span)> {
        let entry = self.entries.get(subject)?;
        let until = since + entry.delay;
        (!is_over(since, *entry) && now < until).then_some((until, entry.delay))
    }

    /// As [`BackOff::until`], counted from when it was last tried (image pulls).
    pub fn until_since_update(&self, subject: &Subject, now: VirtualTime) -> Option<VirtualTime> {
        let entry = self.entries.get(subject)?;
        let until = entry.updated + entry.delay;
        (now < until).then_some(until)
    }

    /// It is tried again; the next failure waits twice as long. `since` is when it failed.
    pub fn next(&mut self, subject: Subject, since: VirtualTime, now: VirtualTime) {
        let delay = match self.entries.get(&subject) {
            Some(entry) if !is_over(since, *entry) => entry.delay.times(2).min(LAST),
            _ => FIRST,
        };
        self.entries.insert(subject, Entry { delay, updated: now });
    }

    /// Forgets everything about a pod.
    pub fn forget(&mut self, uid: &str) {
        self.entries.retain(|(pod, _), _| pod != uid);
    }
}

/// Whether it went well for so long that the next failure counts as the first one.
fn is_over(since: VirtualTime, entry: Entry) -> bool {
    since - entry.updated > LAST.times(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_and_end_after_ten_good_minutes() {
        let mut back_off = BackOff::default();
        let subject = || (SmolStr::new("uid"), SmolStr::new("web"));
        let at = |secs| VirtualTime::ZERO + Span::secs(secs);
        assert_eq!(back_off.until(&subject(), at(0), at(0)), None, "the first restart is at once");
        for (start, delay) in [(0, 10), (100, 20), (200, 40), (300, 80), (400, 160), (500, 300), (900, 300)] {
            back_off.next(subject(), at(start), at(start));
            let waits = back_off.until(&subject(), at(start + 5), at(start + 5));
            assert_eq!(waits, Some((at(start + 5 + delay), Span::secs(delay))));
        }
        assert_eq!(back_off.until(&subject(), at(1501), at(1501)), None, "it ran for ten minutes");
        back_off.next(subject(), at(1501), at(1501));
        assert_eq!(back_off.until(&subject(), at(1501), at(1502)), Some((at(1511), Span::secs(10))));
    }
}
