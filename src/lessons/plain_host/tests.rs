use super::*;

fn host(restart: Restart) -> PlainHost {
    let container =
        ContainerSpec { name: "login".into(), image: "pizza/login:1.2.3".into(), port: Some(80), restart };
    let cues =
        vec![HostCue { at: Span::secs(10), act: HostAct::Crash { container: "login".into(), code: 1 } }];
    PlainHost::new(&HostSpec { containers: vec![container], cues }, VirtualTime::ZERO)
}

fn at(seconds: u64) -> VirtualTime {
    VirtualTime::ZERO + Span::secs(seconds)
}

#[test]
fn a_crash_stays_down_until_a_person_comes() {
    let mut host = host(Restart::No);
    host.run_until(at(3600));
    assert_eq!(host.containers()[0].state, State::Exited { code: 1, at: at(10) });
    assert_eq!(host.chores().len(), 1);
    assert_eq!(host.chores()[0].remedy, "docker start login");
    assert_eq!(host.downtime(&host.containers()[0]), Span::secs(3590));
    host.command("docker start login").unwrap();
    assert!(host.containers()[0].is_running());
    assert_eq!(host.chores()[0].done, Some(at(3600)));
}

#[test]
fn a_restart_policy_helps_on_this_machine_only() {
    let mut host = host(Restart::Always);
    host.run_until(at(20));
    assert!(host.containers()[0].is_running() && host.chores().is_empty());
    assert_eq!(host.containers()[0].restarts, 1);
    host.act(&HostAct::PowerOff);
    host.run_until(at(600));
    assert!(!host.containers()[0].is_running(), "nobody moves it");
    assert!(host.chores()[0].remedy.contains("another machine"));
    assert!(host.command("ps").unwrap_err().contains("no power"));
    host.act(&HostAct::PowerOn);
    assert!(host.containers()[0].is_running());
    assert_eq!(host.downtime(&host.containers()[0]), Span::secs(580) + Span::millis(100));
}

#[test]
fn restarts_wait_longer_and_longer() {
    let mut host = host(Restart::OnFailure(0));
    host.run_until(at(10));
    let mut waits = Vec::new();
    for _ in 0..3 {
        let State::Restarting { at, .. } = host.containers()[0].state else {
            panic!("{:?}", host.containers())
        };
        waits.push(at.since(host.now).as_millis());
        host.run_until(at);
        host.act(&HostAct::Crash { container: "login".into(), code: 1 });
    }
    assert_eq!(waits, [100, 200, 400]);
}

#[test]
fn a_port_is_taken_once() {
    let mut host = host(Restart::No);
    let refused = host.command("docker run -d --name login-2 -p 80:80 pizza/login:1.2.3").unwrap_err();
    assert!(refused.contains("port is already allocated"), "{refused}");
    host.command("run -d --name login-2 --restart=always -p 81:80 pizza/login:1.2.3").unwrap();
    let table = host.command("ps").unwrap();
    assert!(table.contains("login-2") && table.contains("0.0.0.0:81->80/tcp"), "{table}");
    assert!(host.command("rm login-2").unwrap_err().contains("container is running"));
    host.command("rm -f login-2").unwrap();
    assert_eq!(host.containers().len(), 1);
    assert!(host.command("satrt login").unwrap_err().contains("Did you mean `docker start`?"));
}
