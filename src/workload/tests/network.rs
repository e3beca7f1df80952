//! Programs that ask the network: what they ask, and what they print and give back for each answer.

use super::*;

/// What a script prints when its requests get these answers, each as soon as it asks; those without one get none.
fn answered(image: &str, script: &str, answers: &[&[Answer]]) -> Vec<String> {
    let mut container = Container::start(&launch(image, &["sh", "-c", script]));
    let (mut answers, mut number) = (answers.iter(), 0);
    for second in 0..400 {
        container = container.until(second);
        let asked = container.told.iter().filter(|line| line.contains(" asks ")).count();
        while asked > number {
            number += 1;
            for answer in answers.next().copied().unwrap_or_default() {
                container.process.answer(number as u64, answer.clone(), container.now);
            }
        }
        container = container.until(second);
    }
    container.told.retain(|line| !line.contains(" asks "));
    container.told
}

/// What one command prints, and its exit code, without the times.
fn outcome(image: &str, command: &str, answers: &[Answer]) -> (Vec<String>, String) {
    let mut told = answered(image, command, &[answers]);
    let code = told.pop().unwrap();
    let text = |line: &String| line.split_once(' ').map_or("", |(_, text)| text).to_owned();
    let code = code.split(' ').nth(2).unwrap().to_owned();
    (told.iter().map(text).collect(), code)
}

fn ok(body: &str) -> Answer {
    Answer::Http(HttpAnswer { code: 200, body: body.into() })
}

fn at() -> Answer {
    Answer::At("10.96.0.12".into())
}

#[test]
fn requests_leave_the_container() {
    let script = "until wget -qO- http://web:8080/x; do echo waiting; sleep 2; done; nc -z db 5432";
    let mut container = Container::script(script).until(1);
    let asked = "asks Http { host: \"web\", port: 8080, path: \"/x\" }";
    assert_eq!(container.told, [format!("0 {asked}")]);
    container.process.answer(1, Answer::NoSuchName, container.now);
    container = container.until(3);
    assert_eq!(container.told[1..], ["1 wget: bad address 'web:8080'", "1 waiting", &format!("3 {asked}")]);
    container.process.answer(2, at(), container.now);
    container.process.answer(2, ok("ok\n"), container.now);
    container = container.until(3);
    assert_eq!(container.told[4..], ["3 ok", "3 asks Tcp { host: \"db\", port: 5432 }"]);
    // Nobody answers: it gives up when the kernel does.
    assert_eq!(container.until(600).told.last().unwrap(), "130 exited 1 Error");
    let local = Container::start(&launch(
        "busybox",
        &["sh", "-c", "httpd -f -p 8080 & sleep 1; wget -qO- localhost:8080"],
    ));
    assert_eq!(local.until(3).told, ["1 busybox latest on pod-1", "1 exited 0 Completed"]);
}

#[test]
fn wget_speaks_like_that_of_busybox() {
    let wget = |command: &str, answers: &[Answer]| outcome("busybox:1.36", command, answers);
    let connecting = "Connecting to login:8080 (10.96.0.12:8080)";
    for (command, answers, printed, code) in [
        ("wget -qO- http://login:8080", vec![at(), ok("hi\n")], vec!["hi"], "0"),
        ("wget -q -O - -T 5 login/a", vec![at(), ok("hi\n")], vec!["hi"], "0"),
        (
            "wget -O- http://login:8080",
            vec![at(), ok("hi\n")],
            vec![
                connecting,
                "writing to stdout",
                "hi",
                "-                    100% |*******************************|     3   0:00:00 ETA",
                "written to stdout",
            ],
            "0",
        ),
        ("wget --spider -T 1 login:8080", vec![at(), ok("")], vec![connecting, "remote file exists"], "0"),
        ("cd /tmp; wget -q login/a.txt && cat a.txt", vec![at(), ok("hi\n")], vec!["hi"], "0"),
        ("touch x; wget -q login/x", vec![at(), ok("hi")], vec!["wget: can't open 'x': File exists"], "1"),
        ("wget -qO- login", vec![Answer::NoSuchName], vec!["wget: bad address 'login'"], "1"),
        (
            "wget login:8080",
            vec![at(), Answer::Refused],
            vec![connecting, "wget: can't connect to remote host (10.96.0.12): Connection refused"],
            "1",
        ),
        (
            "wget -q 10.244.1.2",
            vec![Answer::Refused],
            vec!["wget: can't connect to remote host (10.244.1.2): Connection refused"],
            "1",
        ),
        (
            "wget -q 10.244.1.2",
            vec![Answer::Unreachable],
            vec!["wget: can't connect to remote host (10.244.1.2): No route to host"],
            "1",
        ),
        ("wget -q -T 2 login", vec![at()], vec!["wget: download timed out"], "1"),
        ("wget -q --timeout=2 login", vec![at()], vec!["wget: download timed out"], "1"),
        (
            "wget -q login",
            vec![at()],
            vec!["wget: can't connect to remote host (10.96.0.12): Connection timed out"],
            "1",
        ),
        (
            "wget -qO- login/x",
            vec![at(), Answer::Http(HttpAnswer { code: 404, body: "no".into() })],
            vec!["wget: server returned error: HTTP/1.1 404 Not Found"],
            "1",
        ),
        (
            "wget -qO- db",
            vec![at(), Answer::Closed],
            vec!["wget: error getting response: Connection reset by peer"],
            "1",
        ),
    ] {
        let printed: Vec<String> = printed.into_iter().map(String::from).collect();
        assert_eq!(wget(command, &answers), (printed, code.to_owned()), "{command}");
    }
    // Whom it asks is said while it still waits; its patience is as long as it was told.
    let told = answered("busybox", "wget -T 3 login", &[&[at()]]);
    assert_eq!(
        told,
        ["0 Connecting to login (10.96.0.12:80)", "3 wget: download timed out", "3 exited 1 Error"]
    );
}

#[test]
fn curl_speaks_like_curl() {
    let missing = || Answer::Http(HttpAnswer { code: 404, body: "no\n".into() });
    for (command, answers, printed, code) in [
        ("curl login", vec![at(), ok("hi\n")], vec!["hi"], "0"),
        ("curl -s login", vec![Answer::NoSuchName], vec![], "6"),
        ("curl -sS login", vec![Answer::NoSuchName], vec!["curl: (6) Could not resolve host: login"], "6"),
        (
            "curl login:81",
            vec![at(), Answer::Refused],
            vec!["curl: (7) Failed to connect to login port 81 after 0 ms: Could not connect to server"],
            "7",
        ),
        (
            "curl -m 2 login",
            vec![at()],
            vec!["curl: (28) Connection timed out after 2000 milliseconds"],
            "28",
        ),
        (
            "curl --connect-timeout 2 -m 9 login",
            vec![at()],
            vec!["curl: (28) Failed to connect to login port 80 after 2000 ms: Timeout was reached"],
            "28",
        ),
        (
            "curl login",
            vec![at()],
            vec![
                "curl: (28) Failed to connect to login port 80 after 127000 ms: Could not connect to server",
            ],
            "28",
        ),
        ("curl login/x", vec![at(), missing()], vec!["no"], "0"),
        ("curl -f login/x", vec![missing()], vec!["curl: (22) The requested URL returned error: 404"], "22"),
        ("curl -s -o /dev/null -w '%{http_code}\\n' login/x", vec![missing()], vec!["404"], "0"),
        ("curl -so/dev/null -w '%{http_code}\\n' login", vec![Answer::Refused], vec!["000"], "7"),
    ] {
        let printed: Vec<String> = printed.into_iter().map(String::from).collect();
        assert_eq!(outcome("curlimages/curl", command, &answers), (printed, code.to_owned()), "{command}");
    }
}

#[test]
fn nc_opens_connections() {
    for (command, answers, printed, code) in [
        ("nc -z db 5432", vec![at(), Answer::Connected], vec![], "0"),
        ("nc -zv db 5432", vec![at(), Answer::Connected], vec!["db (10.96.0.12:5432) open"], "0"),
        ("nc -z db 5432", vec![at(), Answer::Refused], vec![], "1"),
        (
            "nc -vz db 5432",
            vec![at(), Answer::Refused],
            vec!["nc: db (10.96.0.12:5432): Connection refused"],
            "1",
        ),
        ("nc -vz -w 2 db 5432", vec![at()], vec!["nc: db (10.96.0.12:5432): Connection timed out"], "1"),
        ("nc -z db 5432", vec![Answer::NoSuchName], vec!["nc: bad address 'db'"], "1"),
    ] {
        let printed: Vec<String> = printed.into_iter().map(String::from).collect();
        assert_eq!(outcome("busybox:1.36", command, &answers), (printed, code.to_owned()), "{command}");
    }
}

/// What the DNS says of a name in the namespace `shop`, where a Service `login` is.
fn names(name: &str) -> Answer {
    let named = |full: String| {
        let address = (full == "login.shop.svc.cluster.local").then(|| "10.96.0.12".into());
        Named { name: full.into(), address }
    };
    let suffixes = [".shop.svc.cluster.local", ".svc.cluster.local", ".cluster.local", ""];
    Answer::Names(suffixes.map(|suffix| named(format!("{name}{suffix}"))).to_vec())
}

#[test]
fn each_nslookup_has_its_own_ways() {
    let server = ["Server:\t\t10.96.0.10", "Address:\t10.96.0.10:53", ""];
    let full = "login.shop.svc.cluster.local";
    // The one of today asks for each suffix by itself, and complains of each that is not there.
    let (printed, code) = outcome("busybox:1.36", "nslookup login", &[names("login")]);
    assert_eq!(printed[..3], server);
    let found = [&*format!("Name:\t{full}"), "Address: 10.96.0.12", ""];
    assert_eq!(printed[3..6], found);
    assert_eq!(printed[6], "** server can't find login.svc.cluster.local: NXDOMAIN");
    assert_eq!((printed.len(), code.as_str()), (15, "1"));
    // A name with a dot gets no suffixes.
    let (printed, code) = outcome("busybox", "nslookup login.shop", &[names("login.shop")]);
    let nobody = "** server can't find login.shop: NXDOMAIN";
    assert_eq!(printed[3..], [nobody, "", nobody, ""]);
    assert_eq!(code, "1");
    let (printed, code) = outcome("busybox", &format!("nslookup {full}"), &[names(full)]);
    assert_eq!(printed[3..], [found[0], found[1], "", ""]);
    assert_eq!(code, "0");
    // The old one asks the resolver, which tries the suffixes until one fits.
    let (printed, code) = outcome("busybox:1.28", "nslookup login", &[names("login")]);
    assert_eq!(printed[3..], ["Name:      login", &*format!("Address 1: 10.96.0.12 {full}")]);
    assert_eq!(code, "0");
    let (printed, code) = outcome("busybox:1.28.4", "nslookup nobody", &[names("nobody")]);
    assert_eq!((printed[3].as_str(), code.as_str()), ("nslookup: can't resolve 'nobody'", "1"));
    let dnsutils = "registry.k8s.io/e2e-test-images/jessie-dnsutils:1.3";
    let (printed, code) = outcome(dnsutils, "nslookup login", &[names("login")]);
    assert_eq!((printed[1].as_str(), printed[3].as_str()), ("Address:\t10.96.0.10#53", found[0]));
    assert_eq!(code, "0");
    assert_eq!(outcome(dnsutils, "dig +short login", &[names("login")]).0, Vec::<String>::new());
    assert_eq!(outcome(dnsutils, &format!("dig +short {full}"), &[names(full)]).0, ["10.96.0.12"]);
    let getent = outcome("nginx", "getent hosts login", &[names("login")]);
    assert_eq!(getent, (vec![format!("10.96.0.12      {full}")], "0".to_owned()));
    assert_eq!(outcome("nginx", "getent hosts nobody", &[names("nobody")]).1, "2");
}
