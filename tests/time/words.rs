//! Facts in each vocabulary.

use std::collections::BTreeSet;

use kubeloop::client::{Deafness, Verdict};
use kubeloop::object::{Key, Kind, ObjectRef};
use kubeloop::time::{Span, VirtualTime};
use kubeloop::trace::text::Vocabulary;
use kubeloop::tui::model::traffic::Failure;
use kubeloop::tui::model::why::Finding;

fn place(finding: &Finding) -> usize {
    match finding {
        Finding::Created { .. } => 0,
        Finding::Older(_) => 1,
        Finding::Deleted { .. } => 2,
        Finding::Exited { .. } => 3,
        Finding::Unharmed(_) => 4,
        Finding::Ready(_) => 5,
        Finding::NodeSilent { .. } => 6,
        Finding::NoNode { .. } => 7,
        Finding::ContainerWaits { .. } => 8,
        Finding::ProbeFails { .. } => 9,
        Finding::UnderWay { .. } => 10,
        Finding::TooFew { .. } => 11,
        Finding::Condition { .. } => 12,
        Finding::Verdict { .. } => 13,
        Finding::Stopped(_) => 14,
        Finding::CutOff(_) => 15,
        Finding::NoApiServer => 16,
        Finding::NoEtcd => 17,
        Finding::Nobody(_) => 18,
        Finding::Deaf { .. } => 19,
        Finding::RequestsFailed(_) => 20,
    }
}

#[test]
fn every_fact_has_a_sentence_in_each_vocabulary() {
    let object = ObjectRef::new(Kind::Pod, Key::new("default", "web-6f9c-x4h2s"));
    let now = VirtualTime::ZERO + Span::secs(5);
    let until = Some(now + Span::secs(288));
    let (by, container) = ("controller/replicaset".into(), "web".into());
    let facts = vec![
        Finding::Created { object: object.clone(), by, why: "2 exist, 3 wanted".into(), revision: 7 },
        Finding::Older(object.clone()),
        Finding::Deleted { object: object.clone(), by: "you".into(), root: "you did".into(), revision: 7 },
        Finding::Exited { container, code: 1, reason: "Error".into(), until, root: Some("".into()) },
        Finding::Unharmed(object.clone()),
        Finding::Ready(object.clone()),
        Finding::NodeSilent { node: "node-2".into(), since: Some(Span::secs(12)) },
        Finding::NoNode { message: "0/3 nodes are available".into() },
        Finding::ContainerWaits {
            container: "web".into(),
            reason: "ImagePullBackOff".into(),
            message: "not found".into(),
            until,
        },
        Finding::ProbeFails { container: "web".into(), output: "HTTP 500".into() },
        Finding::UnderWay { node: "node-2".into(), doing: "pulling image".into() },
        Finding::TooFew { object: object.clone(), ready: 1, want: 3 },
        Finding::Condition {
            name: "Ready".into(),
            status: "Unknown".into(),
            reason: "NodeStatusUnknown".into(),
            message: "no status".into(),
        },
        Finding::Verdict {
            component: "controller/taint-eviction".into(),
            item: object.clone(),
            verdict: Verdict::new("gone", "running", "overdue", "evict later"),
            until,
        },
        Finding::Stopped("scheduler".into()),
        Finding::CutOff("controller/replicaset".into()),
        Finding::NoApiServer,
        Finding::NoEtcd,
        Finding::Nobody(object),
        Finding::Deaf { component: "scheduler".into(), deaf: Deafness::Dials(now + Span::secs(3)) },
        Finding::RequestsFailed(Failure {
            hop: "connection refused by 10.244.2.3".into(),
            count: 5,
            last: now,
            story: Some(7),
            proxy: "it has not written its rules yet".into(),
        }),
    ];
    let covered: BTreeSet<usize> = facts.iter().map(place).collect();
    assert_eq!(covered.len(), facts.len());
    assert_eq!(covered.last(), Some(&20));
    for fact in &facts {
        let told: BTreeSet<String> =
            Vocabulary::ALL.iter().map(|vocabulary| fact.told(*vocabulary, now)).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told.iter().all(|sentence| sentence.len() > 8 && !sentence.contains("  ")), "{told:?}");
    }
    // The clock that runs is named in words and exactly.
    let clock = &facts[13];
    assert!(clock.told(Vocabulary::Plain, now).contains("again in 4m48s"));
    assert!(clock.told(Vocabulary::Exact, now).contains("due=04:53.0"));
}
