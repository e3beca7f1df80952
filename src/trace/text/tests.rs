use std::collections::BTreeSet;

use super::*;
use crate::object::{Key, Kind, ObjectRef};
use crate::time::{Span, VirtualTime};
use crate::trace::{ContainerChange, EventId, Few, NodeChange, Parts, StoryId};

/// The variants of [`Data`]. A new one does not compile until it stands here, and then it needs samples.
fn place(data: &Data) -> usize {
    match data {
        Data::Input { .. } => 0,
        Data::Request { .. } => 1,
        Data::Response { .. } => 2,
        Data::Write { .. } => 3,
        Data::Watch { .. } => 4,
        Data::Woken { .. } => 5,
        Data::Observe { .. } => 6,
        Data::Compare { .. } => 7,
        Data::Act { .. } => 8,
        Data::Wait { .. } => 9,
        Data::Bind { .. } => 10,
        Data::Container { .. } => 11,
        Data::Probe { .. } => 12,
        Data::Traffic { .. } => 13,
        Data::Event { .. } => 14,
        Data::Node { .. } => 15,
        Data::Fault { .. } => 16,
        Data::Lost { .. } => 17,
        Data::Refused { .. } => 18,
    }
}

const VARIANTS: usize = 19;

fn samples() -> Vec<Data> {
    let parts = |meta, spec, status| Parts { meta, spec, status };
    let mut all = vec![
        Data::Input { via: "key".into(), what: "you deleted pod web-1".into(), typed: "".into() },
        Data::Request { verb: "create".into(), subresource: "".into() },
        Data::Request { verb: "create".into(), subresource: "binding".into() },
        Data::Request { verb: "update".into(), subresource: "status".into() },
        Data::Response { code: 200, reason: "".into() },
        Data::Response { code: 409, reason: "Conflict".into() },
        Data::Response { code: 500, reason: "".into() },
        Data::Watch { verb: Verb::Modified, revision: 7 },
        Data::Woken { by: "a pod changed".into(), queue: 2 },
        Data::Observe { saw: "2 pods".into() },
        Data::Act { did: "create a pod".into(), reports: false },
        Data::Wait { what: "for a change".into(), until: None },
        Data::Wait { what: "failed: conflict".into(), until: Some(VirtualTime::ZERO + Span::secs(3)) },
        Data::Bind { node: "node-1".into() },
        Data::Event { reason: "Killing".into(), kind: "Normal", message: "Stopping".into() },
        Data::Fault { what: "scheduler stopped".into() },
        Data::Lost { what: "a watch event".into() },
        Data::Refused { why: "node-1 has no power".into() },
    ];
    for verb in [Verb::Added, Verb::Modified, Verb::Deleted] {
        for changed in [parts(true, false, false), parts(false, true, false), parts(false, false, true)] {
            for detail in ["", "deletion asked for", "node node-1", "phase Pending -> Running"] {
                let (by, detail) = ("controller/replicaset".into(), detail.into());
                all.push(Data::Write { verb, revision: 7, changed, by, detail });
            }
        }
    }
    for (want, have) in [("", ""), ("3", "2")] {
        for idle in [false, true] {
            let (want, have, gap, why) = (want.into(), have.into(), "-1".into(), "1 more".into());
            all.push(Data::Compare { want, have, gap, why, idle });
        }
    }
    use ContainerChange::*;
    for change in [
        Pulling,
        Pulled,
        PullFailed,
        Created,
        Started,
        Signalled("SIGTERM"),
        Exited { code: 1, reason: "Error" },
        BackOff(Span::secs(10)),
        Removed,
    ] {
        all.push(Data::Container { container: "web".into(), change });
    }
    for passed in [false, true] {
        let (container, output) = ("web".into(), "HTTP 500".into());
        all.push(Data::Probe { container, kind: "readiness", passed, changed: true, output });
        let (service, pod, version) = ("login".into(), "web-1".into(), "1.2.3".into());
        all.push(Data::Traffic { service, pod, version, ok: passed, hop: "refused".into() });
    }
    use NodeChange::*;
    for change in [PowerOn, PowerOff, KubeletStopped, KubeletStarted, Crashed] {
        all.push(Data::Node { change, detail: "panic".into() });
    }
    all
}

fn event(data: Data) -> Event {
    Event {
        id: EventId(1),
        at: VirtualTime::ZERO,
        component: "controller/replicaset".into(),
        object: Some(ObjectRef::new(Kind::Pod, Key::new("default", "web-6f9c-x4h2s"))),
        parents: Few::default(),
        step: 0,
        story: StoryId(1),
        data,
    }
}

#[test]
fn every_kind_of_event_has_a_sentence_in_each_vocabulary() {
    let samples = samples();
    let covered: BTreeSet<usize> = samples.iter().map(place).collect();
    assert_eq!(covered.len(), VARIANTS, "a kind without a sample");
    for data in samples {
        let event = event(data);
        let sentences: BTreeSet<String> =
            Vocabulary::ALL.iter().map(|vocabulary| told(&event, *vocabulary)).collect();
        assert_eq!(sentences.len(), 3, "the vocabularies say the same of {:?}: {sentences:?}", event.data);
        for sentence in sentences {
            assert!(sentence.len() > 8 && !sentence.contains("  "), "{sentence:?} of {:?}", event.data);
            assert!(sentence.trim() == sentence, "{sentence:?}");
        }
    }
}

#[test]
fn what_different_events_say_differs() {
    for vocabulary in Vocabulary::ALL {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for data in samples() {
            let event = event(data);
            // A write is told by what it is about; two that differ only in parts nobody sees may read alike.
            if !matches!(event.data, Data::Write { .. } | Data::Node { .. } | Data::Compare { .. }) {
                let sentence = told(&event, vocabulary);
                assert!(seen.insert(sentence.clone()), "{vocabulary:?}: {sentence} is said of two events");
            }
        }
    }
}

#[test]
fn exact_calls_have_the_paths_of_the_api() {
    let request = |verb: &str, sub: &str| {
        let data = Data::Request { verb: verb.into(), subresource: sub.into() };
        told(&event(data), Vocabulary::Exact)
    };
    assert!(request("create", "").ends_with("POST /api/v1/namespaces/default/pods"));
    assert!(
        request("create", "binding").ends_with("POST /api/v1/namespaces/default/pods/web-6f9c-x4h2s/binding")
    );
    assert!(
        request("update", "status").ends_with("PUT /api/v1/namespaces/default/pods/web-6f9c-x4h2s/status")
    );
}

#[test]
fn made_up_names_are_shortened_and_chosen_names_are_not() {
    let pod = |name: &str| short_object(&ObjectRef::new(Kind::Pod, Key::new("default", name)));
    assert_eq!(pod("login-546954bf77-6xnkz"), "pod 6xnkz");
    assert_eq!(pod("web-1"), "pod web-1");
    assert_eq!(pod("debug"), "pod debug");
}

#[test]
fn long_names_of_pods_are_shortened_within_a_text_and_nothing_else_is() {
    let title = "you killed the container of pod login-546954bf77-6xnkz";
    assert_eq!(short_names(title), "you killed the container of pod 6xnkz");
    assert_eq!(
        short_names("node-3 lost power; bad-image is pulled"),
        "node-3 lost power; bad-image is pulled"
    );
}
