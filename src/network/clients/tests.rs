//! Clients by hand: what they send, when they give up, what they count.

use super::*;

const NODES: [ActorId; 2] = [ActorId(5), ActorId(6)];

fn login() -> Key {
    Key::new("default", "login")
}

fn at(millis: u64) -> VirtualTime {
    VirtualTime::ZERO + Span::millis(millis)
}

fn clients(rate: &str) -> Clients {
    let mut directory = Directory::default();
    directory.add(1, "node-1", NODES[0]);
    directory.add(2, "node-2", NODES[1]);
    let mut clients = Clients::new(7, Arc::new(directory));
    clients.set_rate(login(), 0, rate.parse().unwrap(), VirtualTime::ZERO);
    clients
}

fn deliver(clients: &mut Clients, message: Message, now: VirtualTime) -> Outbox {
    let mut out = Outbox::new(ActorId(99), now);
    let from = ActorId(99);
    clients.handle(vec![Delivery { from, message, cause: Cause::NONE }], &mut out);
    out
}

fn ring(clients: &mut Clients, now: VirtualTime) -> Outbox {
    deliver(clients, Message::Alarm { token: 0 }, now)
}

fn answer(clients: &mut Clients, number: u64, answer: PacketAnswer, now: VirtualTime) -> Outbox {
    deliver(
        clients,
        Message::Packet(Packet { from: ActorId(99), number, body: PacketBody::Answer(answer) }),
        now,
    )
}

fn served(pod: &str) -> PacketAnswer {
    let failed = PacketAnswer::failed(Fate::Served, SmolStr::default());
    PacketAnswer { code: 200, pod: pod.into(), version: "1.2.3".into(), ..failed }
}

fn packets(out: &Outbox) -> Vec<(ActorId, u64, PacketBody)> {
    let of = |posting: &crate::actor::Posting| match &posting.message {
        Message::Packet(packet) => Some((posting.to, packet.number, packet.body.clone())),
        _ => None,
    };
    out.postings.iter().filter_map(of).collect()
}

fn failure(out: &Outbox) -> String {
    match &out.drafts[0].data {
        Data::Traffic { ok: false, hop, .. } => hop.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn requests_come_at_the_rate_and_enter_by_every_node_with_power() {
    let mut clients = clients("10rps");
    let (mut now, mut sent) = (VirtualTime::ZERO, Vec::new());
    let mut alarms = 0;
    while now < at(60_000) {
        let out = ring(&mut clients, now);
        for (to, number, _) in packets(&out) {
            sent.push(to);
            answer(&mut clients, number, served("login-1"), now);
        }
        let next = out.postings.iter().find(|posting| matches!(posting.message, Message::Alarm { .. }));
        now += next.expect("there is always a next request").delay;
        alarms += 1;
    }
    assert!((560..640).contains(&sent.len()), "{}", sent.len());
    assert!(alarms <= sent.len() + 2, "one alarm a request");
    for node in NODES {
        assert!(sent.iter().filter(|to| **to == node).count() > 200);
    }
    let login = &clients.traffic().services[&login()];
    assert_eq!((login.ok, login.failed), (sent.len() as u64, 0));
    assert_eq!((login.by_version["1.2.3"], login.by_pod["login-1"].ok), (login.ok, login.ok));
    assert!((580..=601).contains(&(login.buckets.len() * 10)));
}

#[test]
fn an_unanswered_request_names_the_silent_node() {
    let mut clients = clients("0.1rps");
    let out = ring(&mut clients, at(20_000));
    let (entry, number, body) = packets(&out).remove(0);
    assert_eq!(body, PacketBody::ToService { service: login(), port: 0, path: Some("/".into()) });
    let out = ring(&mut clients, at(21_000));
    assert_eq!(packets(&out), [(entry, number, PacketBody::Unanswered)]);
    assert!(out.drafts.is_empty());
    let late = answer(&mut clients, number, served("login-1"), at(21_001));
    assert!(late.drafts.is_empty(), "an answer after the timeout is no answer");
    let told = PacketAnswer::failed(Fate::Lost, hop::silent("10.244.3.5", "node-3", TIMEOUT));
    let out = answer(&mut clients, number, told, at(21_002));
    assert_eq!(failure(&out), "no answer from node-3 within 1.0s (for 10.244.3.5)");
    let again = answer(&mut clients, number, served("login-1"), at(21_003));
    assert!(again.drafts.is_empty(), "a request ends once");
    assert_eq!(clients.traffic().services[&login()].failed, 1);
}

#[test]
fn a_silent_entry_is_named_itself() {
    let mut clients = clients("0.1rps");
    ring(&mut clients, at(20_000));
    ring(&mut clients, at(21_000));
    let out = ring(&mut clients, at(21_200));
    assert!(failure(&out).ends_with(", by which the request entered, within 1.0s"), "{}", failure(&out));
    assert!(clients.open.is_empty() && clients.due.is_empty());
}

#[test]
fn a_cluster_without_power_has_no_way_in() {
    let mut clients = clients("0.1rps");
    let command = NetworkCommand::Directory(Arc::default());
    deliver(&mut clients, Message::Network(command), at(0));
    let out = ring(&mut clients, at(20_000));
    assert_eq!(failure(&out), "no node has power: there is no way into the cluster");
    let stop = NetworkCommand::Traffic { service: login(), port: 0, rate: Rate::ZERO };
    deliver(&mut clients, Message::Network(stop), at(20_001));
    assert!(ring(&mut clients, at(60_000)).drafts.is_empty());
}

#[test]
fn history_is_bounded() {
    let mut look = TrafficLook::default();
    for second in 0..2_000 {
        let failed = PacketAnswer::failed(Fate::Lost, smol_str::format_smolstr!("hop {second}"));
        look.count(&login(), &served(&format!("pod-{second}")), at(second * 1_000));
        look.count(&login(), &failed, at(second * 1_000));
    }
    let login = &look.services[&login()];
    assert_eq!((login.buckets.len(), login.buckets[0].second), (600, 1_400));
    assert_eq!((login.by_pod.len(), login.failures.len()), (100, 100));
    assert!(login.by_pod.contains_key("pod-1999") && login.failures.contains_key("hop 1999"));
    assert_eq!(login.recent(10, at(1_999_500)), (10, 20));
}
