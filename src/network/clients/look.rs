//! What became of the requests: counts in total, by version, by pod, and second by second.

use std::collections::BTreeMap;

use imbl::Vector;
use smol_str::SmolStr;

use super::Rate;
use crate::network::PacketAnswer;
use crate::object::Key;
use crate::time::VirtualTime;

/// Seconds that are kept one by one: ten minutes.
const BUCKETS_MAX: usize = 600;
/// Pods and failures that are kept apart per Service; those that were longest silent are dropped first.
const ENTRIES_MAX: usize = 100;

/// What became of all requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrafficLook {
    /// By Service.
    pub services: BTreeMap<Key, ServiceTraffic>,
}

/// What became of the requests to one Service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceTraffic {
    /// How many are sent.
    pub rate: Rate,
    /// How many were answered.
    pub ok: u64,
    /// How many failed.
    pub failed: u64,
    /// How many were answered by which version of the image.
    pub by_version: BTreeMap<SmolStr, u64>,
    /// By pod. Failures before a pod was chosen belong to none.
    pub by_pod: BTreeMap<SmolStr, PodTraffic>,
    /// Failures by the words that name their place, with the last time of each.
    pub failures: BTreeMap<SmolStr, (u64, VirtualTime)>,
    /// The last failure.
    pub last_failure: Option<(VirtualTime, SmolStr)>,
    /// Second by second, oldest first; seconds in which nothing ended are left out.
    pub buckets: Vector<Bucket>,
}

/// What became of the requests that one pod got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodTraffic {
    /// How many it answered.
    pub ok: u64,
    /// How many it failed.
    pub failed: u64,
    /// The last one.
    pub last: VirtualTime,
}

/// What became of the requests that ended within one second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// The second since boot.
    pub second: u64,
    /// How many were answered.
    pub ok: u32,
    /// How many failed.
    pub failed: u32,
    /// How many were answered by which version.
    pub by_version: Vec<(SmolStr, u32)>,
    /// How many were answered by which pod.
    pub by_pod: Vec<(SmolStr, u32)>,
}

/// Who answered the requests of a while.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// How many were answered.
    pub ok: u64,
    /// How many of them by which pod.
    pub by_pod: BTreeMap<SmolStr, u64>,
    /// How many of them by which version.
    pub by_version: BTreeMap<SmolStr, u64>,
}

impl TrafficLook {
    /// The entry of a Service.
    pub(super) fn service(&mut self, service: &Key) -> &mut ServiceTraffic {
        self.services.entry(service.clone()).or_default()
    }

    /// A request ended.
    pub(super) fn count(&mut self, service: &Key, answer: &PacketAnswer, now: VirtualTime) {
        self.service(service).count(answer, now);
    }
}

impl ServiceTraffic {
    /// Failures among the requests that ended within the last `seconds`: failed, all.
    pub fn recent(&self, seconds: u64, now: VirtualTime) -> (u64, u64) {
        self.last_seconds(seconds, now).fold((0, 0), |(failed, all), bucket| {
            (failed + u64::from(bucket.failed), all + u64::from(bucket.failed) + u64::from(bucket.ok))
        })
    }

    /// Who answered the requests that ended within the last `seconds`.
    pub fn shares(&self, seconds: u64, now: VirtualTime) -> Shares {
        let mut shares = Shares::default();
        for bucket in self.last_seconds(seconds, now) {
            shares.ok += u64::from(bucket.ok);
            for (pod, count) in &bucket.by_pod {
                *shares.by_pod.entry(pod.clone()).or_default() += u64::from(*count);
            }
            for (version, count) in &bucket.by_version {
                *shares.by_version.entry(version.clone()).or_default() += u64::from(*count);
            }
        }
        shares
    }

    /// Failures since an instant, by whole seconds.
    pub fn failed_since(&self, since: VirtualTime) -> u64 {
        let second = since.micros() / 1_000_000;
        let later = self.buckets.iter().rev().take_while(|bucket| bucket.second >= second);
        later.map(|bucket| u64::from(bucket.failed)).sum()
    }

    fn last_seconds(&self, seconds: u64, now: VirtualTime) -> impl Iterator<Item = &Bucket> {
        let since = (now.micros() / 1_000_000).saturating_sub(seconds.saturating_sub(1));
        self.buckets.iter().rev().take_while(move |bucket| bucket.second >= since)
    }

    fn count(&mut self, answer: &PacketAnswer, now: VirtualTime) {
        let ok = answer.is_ok();
        let PacketAnswer { pod, version, hop, .. } = answer;
        self.bucket(now).count(ok, version, pod);
        if ok {
            self.ok += 1;
            *self.by_version.entry(version.clone()).or_default() += 1;
            make_room(&mut self.by_version, version, |count| *count);
        } else {
            self.failed += 1;
            self.last_failure = Some((now, hop.clone()));
            let failure = self.failures.entry(hop.clone()).or_default();
            *failure = (failure.0 + 1, now);
            make_room(&mut self.failures, hop, |(_, last)| *last);
        }
        if !pod.is_empty() {
            let entry = self.by_pod.entry(pod.clone()).or_default();
            match ok {
                true => entry.ok += 1,
                false => entry.failed += 1,
            }
            entry.last = now;
            make_room(&mut self.by_pod, pod, |traffic| traffic.last);
        }
    }

    fn bucket(&mut self, now: VirtualTime) -> &mut Bucket {
        let second = now.micros() / 1_000_000;
        if self.buckets.back().is_none_or(|last| last.second != second) {
            if self.buckets.len() >= BUCKETS_MAX {
                self.buckets.pop_front();
            }
            self.buckets.push_back(Bucket { second, ..Bucket::default() });
        }
        let last = self.buckets.len() - 1;
        &mut self.buckets[last]
    }
}

impl Bucket {
    fn count(&mut self, ok: bool, version: &SmolStr, pod: &SmolStr) {
        if !ok {
            self.failed += 1;
            return;
        }
        self.ok += 1;
        for (counts, who) in [(&mut self.by_version, version), (&mut self.by_pod, pod)] {
            match counts.iter_mut().find(|(name, _)| name == who) {
                Some((_, count)) => *count += 1,
                None => counts.push((who.clone(), 1)),
            }
        }
    }
}

/// Drops the entry of the lowest rank, but not the one just made, when there are too many.
fn make_room<V, R: Ord>(entries: &mut BTreeMap<SmolStr, V>, newest: &SmolStr, rank: impl Fn(&V) -> R) {
    if entries.len() <= ENTRIES_MAX {
        return;
    }
    let others = entries.iter().filter(|(name, _)| *name != newest);
    if let Some(oldest) = others.min_by_key(|(_, value)| rank(value)).map(|(name, _)| name.clone()) {
        entries.remove(&oldest);
    }
}
