//! Containers from the outside: what they print, when they end, what they answer.

use std::collections::BTreeMap;

mod network;

use super::*;
use crate::random::Stream;
use crate::time::{Span, VirtualTime};

/// A container with its files.
#[derive(Clone)]
struct Container {
    process: Process,
    own: ContainerFiles,
    pod: PodFiles,
    now: VirtualTime,
    /// What it did, as `SECONDS TEXT` lines.
    told: Vec<String>,
}

fn launch(image: &str, command: &[&str]) -> Launch {
    let image = Catalogue::embedded().resolve(image).unwrap();
    let command = Some(command.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    Launch {
        command: command.filter(|words| !words.is_empty()),
        hostname: "pod-1".into(),
        ..Launch::of(image)
    }
}

fn with_args(image: &str, args: &[&str]) -> Launch {
    Launch { args: Some(args.iter().map(|word| (*word).to_owned()).collect()), ..launch(image, &[]) }
}

impl Container {
    fn try_start(launch: &Launch) -> Result<Self, StartError> {
        let (mut own, mut pod) = (ContainerFiles::default(), PodFiles::default());
        let mut files = ContainerFs::new(&mut own, &mut pod);
        let process = Process::start(
            launch.clone(),
            &mut files,
            VirtualTime::ZERO,
            &mut Stream::new(1, "kubelet/node-1"),
        )?;
        Ok(Self { process, own, pod, now: VirtualTime::ZERO, told: Vec::new() })
    }

    fn start(launch: &Launch) -> Self {
        Self::try_start(launch).unwrap()
    }

    fn script(text: &str) -> Self {
        Self::start(&launch("busybox:1.36", &["sh", "-c", text]))
    }

    /// Lets it run for so many seconds from the beginning.
    fn until(mut self, seconds: u64) -> Self {
        let end = VirtualTime::ZERO + Span::secs(seconds);
        while let Some(due) = self.process.next_due().filter(|due| *due <= end) {
            assert!(due >= self.now, "due in the past");
            self.now = due;
            let mut files = ContainerFs::new(&mut self.own, &mut self.pod);
            for happening in self.process.advance(due, &mut files) {
                let text = match happening {
                    Happening::Log(line) => line.to_string(),
                    Happening::Ask(ask) => format!("asks {:?}", ask.request),
                    Happening::Exited { code, reason } => format!("exited {code} {}", reason.as_str()),
                };
                self.told.push(format!("{} {text}", due.as_secs_f64()));
            }
        }
        self.now = end;
        self
    }

    fn term(mut self) -> Self {
        self.process.signal(Signal::Term, self.now);
        self
    }

    fn exec(&mut self, argv: &[&str]) -> Exec {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let mut files = ContainerFs::new(&mut self.own, &mut self.pod);
        self.process.exec(&argv, &mut files, self.now)
    }

    fn probe(&mut self, argv: &[&str]) -> (i32, String) {
        let exec = self.exec(argv);
        (exec.exit_code, exec.output)
    }

    fn get(&self, port: i32, path: &str) -> u16 {
        self.process.http(port, path, self.now).map_or(0, |answer| answer.code)
    }
}

/// What a script prints and how it ends, if it takes no time.
fn output(script: &str) -> String {
    let told = Container::script(script).until(0).told;
    told.iter().map(|line| line.strip_prefix("0 ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn prints(script: &str, expected: &str) {
    let end = if expected.is_empty() { "exited 0 Completed" } else { "\nexited 0 Completed" };
    assert_eq!(output(script), format!("{expected}{end}"), "{script}");
}

#[test]
fn the_liveness_example_of_the_documentation() {
    let script = "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600";
    let mut container =
        Container::start(&with_args("registry.k8s.io/busybox:1.27.2", &["/bin/sh", "-c", script]));
    container = container.until(29);
    assert_eq!(container.probe(&["cat", "/tmp/healthy"]), (0, String::new()));
    container = container.until(31);
    let missing = "cat: can't open '/tmp/healthy': No such file or directory\n".to_owned();
    assert_eq!(container.probe(&["cat", "/tmp/healthy"]), (1, missing));
    container = container.until(700);
    assert_eq!(container.told, ["630 exited 0 Completed"]);
}

#[test]
fn commands_that_crash() {
    assert_eq!(Container::script("echo boom; sleep 2; exit 1").until(9).told, ["0 boom", "2 exited 1 Error"]);
    assert_eq!(output("frobnicate"), "sh: frobnicate: not found\nexited 127 Error");
    assert_eq!(output("awk '{print $1}'"), "sh: awk: not simulated\nexited 127 Error");
    assert!(output("if true; then").ends_with("exited 2 Error"), "{}", output("if true; then"));
    assert!(output("a=(1 2)").contains("arrays are not simulated"));
    let error = Container::try_start(&launch("nginx", &["foo", "--bar"])).err().unwrap();
    assert_eq!(error.exit_code, 128);
    assert!(error.message.ends_with(
        "unable to start container process: error during container init: exec: \"foo\": executable file not found in \
         $PATH: unknown"
    ));
    assert!(Container::try_start(&launch("registry.k8s.io/pause:3.10", &["sh"])).is_err());
    assert_eq!(Container::start(&launch("busybox", &["/bin/false"])).until(1).told, ["0 exited 1 Error"]);
}

#[test]
fn sigterm_with_and_without_a_trap() {
    let told = |script: &str| Container::script(script).until(5).term().until(20).told;
    assert_eq!(told("sleep 3600"), ["5 exited 0 Completed"]);
    assert_eq!(told("trap '' TERM; sleep 3600"), [""; 0]);
    // The trap waits for the command in the foreground; `wait` does not.
    assert_eq!(told("trap 'echo bye; exit 3' TERM; sleep 10; echo no"), ["10 bye", "10 exited 3 Error"]);
    assert_eq!(told("trap 'echo bye; exit 3' TERM; sleep 10 & wait; echo no"), ["5 bye", "5 exited 3 Error"]);
    assert_eq!(told("trap 'echo got' TERM; sleep 10; echo on"), ["10 got", "10 on", "10 exited 0 Completed"]);
    assert_eq!(told("trap 'echo end' EXIT; sleep 6"), ["5 exited 0 Completed"]);
    let mut killed = Container::script("trap '' TERM; sleep 3600").until(1);
    killed.process.signal(Signal::Kill, killed.now);
    assert_eq!(killed.until(2).told, ["1 exited 137 Error"]);
}

#[test]
fn loops_take_their_time() {
    let container =
        Container::script("i=0; while [ $i -lt 3 ]; do echo \"$i $(date +%T)\"; i=$((i+1)); sleep 1.5; done");
    assert_eq!(
        container.until(9).told,
        ["0 0 08:00:00", "1.5 1 08:00:01", "3 2 08:00:03", "4.5 exited 0 Completed"]
    );
    let busy = Container::script("while true; do :; done").until(3);
    assert_eq!(busy.told, [""; 0]);
    assert_eq!(busy.process.cpu_milli(busy.now), 1_000);
}

#[test]
fn clones_go_on_equally() {
    let script =
        "for i in $(seq 5); do echo $i $RANDOM; sleep $i; done; echo $? >> /tmp/x; cat /tmp/x; exit 4";
    let whole = Container::script(script).until(100);
    let half = Container::script(script).until(7);
    let (one, other) = (half.clone().until(100), half.until(100));
    assert_eq!(one.told, whole.told);
    assert_eq!(one.told, other.told);
    assert_eq!(one.told.last().unwrap(), "15 exited 4 Error");
}

#[test]
fn scripts_of_many_kinds() {
    prints("echo -n a; printf '%s-%02d\\n' b 7; echo \"${X:-x} ${#HOME} $0 $#\"", "ab-07\nx 5 sh 0");
    prints("f() { local a=$1; echo \"f $a $*\"; return 3; }; f 1 2; echo $? ${a:-unset}", "f 1 1 2\n3 unset");
    prints("case abc in x) echo no;; a*|b) echo yes;; esac", "yes");
    prints("if [ -f /nope ]; then echo a; elif test -d /tmp; then echo b; else echo c; fi", "b");
    prints("for f in one 'two three'; do echo \"<$f>\"; done | tac", "<two three>\n<one>");
    prints(
        "echo one > /tmp/a; echo two >> /tmp/a; while read l; do echo \"[$l]\"; done < /tmp/a",
        "[one]\n[two]",
    );
    prints("cd /tmp && touch b.txt a.txt c.log && ls *.txt && pwd", "a.txt\nb.txt\n/tmp");
    prints("false || echo or; true && echo and; ! false && echo not", "or\nand\nnot");
    prints("x=$(echo a; echo b); echo $x; echo \"$x\" | wc -l", "a b\n2");
    prints("echo out; ls /nope 2>/dev/null; echo err >&2", "out\nerr");
    prints("ls /nope 2>&1 | grep -c 'No such'", "1");
    prints("(cd /etc; X=1; pwd); pwd; echo ${X:-none}", "/etc\n/\nnone");
    prints("for ((i=0; i<3; i++)); do ((i==1)) && continue; echo $i; done", "0\n2");
    prints("until [ ${n:=0} -ge 2 ]; do n=$((n+1)); [ $n = 2 ] && break; done; echo $n", "2");
    prints("[[ abc == a* && ! x =~ ^[0-9]+$ ]] && echo yes", "yes");
    prints("cat <<EOF\n$HOSTNAME $((6*7))\nEOF\ncat <<'EOF'\n$HOSTNAME\nEOF", "pod-1 42\n$HOSTNAME");
    prints("set -- a 'b c'; for x in \"$@\"; do echo \"$x\"; done; shift; echo $#", "a\nb c\n1");
    prints("export A=1; B=2 env | grep -E '^(A|B)='; echo ${B:-gone}", "A=1\nB=2\ngone");
    prints(
        "p=/a/b/c.tar.gz; echo ${p##*/} ${p%.*} ${p/b/X} ${p:1:3}",
        "c.tar.gz /a/b/c.tar /a/X/c.tar.gz a/b",
    );
    prints("sh -c 'echo $1 $0' name arg; bash -c 'exit 3' 2>/dev/null; echo $?", "arg name\n127");
    prints("echo hello | base64; echo aGVsbG8K | base64 -d", "aGVsbG8K\nhello");
    prints("echo abc | rev; wait 99; echo $?", "cba\n127");
    prints("seq 3 | tr '\\n' ' '; echo abc | sed 's/b/-&-/' | tr a-c A-C | cut -c1-3", "1 2 3 A-B");
    prints(
        "eval 'x=5; echo $x'; command -v cat nope; echo 'a b' > '/tmp/x y'; cat /tmp/x*",
        "5\n/usr/bin/cat\na b",
    );
    prints(
        "mkdir -p /d/e; cp -r /etc/hostname /d/e; mv /d/e/hostname /d/h; cat /d/h; rm -r /d; ls /d || true",
        "pod-1\nls: /d: No such file or directory",
    );
    prints("trap 'echo bye' EXIT; echo hi", "hi\nbye");
    prints("expr 1 + 2; i=3; let i+=4; echo $i; basename /a/b.sh .sh; echo ~/x", "3\n7\nb\n/root/x");
    assert_eq!(output("set -e; if false; then :; fi; false || true; false; echo no"), "exited 1 Error");
    assert_eq!(output("set -u; echo $NOPE; echo no"), "sh: NOPE: parameter not set\nexited 2 Error");
    assert_eq!(output("echo $((1/0)); echo no"), "sh: divide by zero\nexited 2 Error");
    assert_eq!(output("f() { f; }; f").lines().last(), Some("exited 2 Error"));
    assert_eq!(output("set -o pipefail; false | true"), "exited 1 Error");
}

#[test]
fn tasks_in_the_background() {
    let script = "(sleep 2; echo child; exit 5) & p=$!; echo started; wait $p; echo \"ended $?\"";
    assert_eq!(
        Container::script(script).until(9).told,
        ["0 started", "2 child", "2 ended 5", "2 exited 0 Completed"]
    );
    let script = "sleep 100 & kill $!; wait; echo done; timeout 3 sleep 10; echo $?";
    assert_eq!(Container::script(script).until(9).told, ["0 done", "3 143", "3 exited 0 Completed"]);
    let script = "echo a > /tmp/log; (sleep 2; echo b >> /tmp/log) & tail -n+1 -f /tmp/log";
    assert_eq!(Container::script(script).until(9).told, ["0 a", "3 b"]);
}

#[test]
fn servers_start_serve_and_drain() {
    let container = Container::start(&launch("nginx:1.27", &[]));
    assert_eq!((container.get(80, "/"), container.process.serves(80)), (0, true));
    let container = container.until(1);
    assert_eq!((container.get(80, "/"), container.get(80, "/nope"), container.get(8080, "/")), (200, 404, 0));
    assert!(container.process.tcp(80, container.now) && container.process.is_serving(container.now));
    let container = container.term();
    assert_eq!(container.get(80, "/"), 0);
    assert_eq!(container.until(2).told.last().unwrap(), "1.01 exited 0 Completed");
    // Flags alone do not make another program of it; a trap-less shell whose last command it is drains, too.
    for launch in [
        with_args("redis:7", &["--port", "7000"]),
        launch("redis:7", &["sh", "-c", "exec redis-server --port 7000"]),
    ] {
        let mut container = Container::start(&launch).until(1);
        assert!(container.process.tcp(7000, container.now) && !container.process.tcp(6379, container.now));
        assert_eq!(container.exec(&["redis-cli", "ping"]).exit_code, 1);
        assert_eq!(container.term().until(2).told.last().unwrap(), "1.05 exited 0 Completed");
    }
    let slow = Container::start(&Launch { slow_start: Span::secs(5), ..launch("shop/web:v1", &[]) }).until(5);
    assert_eq!((slow.get(80, "/"), slow.until(6).get(80, "/")), (0, 200));
}

#[test]
fn generic_servers_listen_where_the_pod_says() {
    let container =
        Container::start(&Launch { ports: vec![3000], ..launch("acme/api:7", &["./serve", "-v"]) }).until(1);
    assert_eq!((container.get(3000, "/any"), container.get(80, "/")), (200, 0));
    assert_eq!(container.process.http(3000, "/", container.now).unwrap().body, "acme/api 7 on pod-1\n");
    assert_eq!(container.process.grpc(3000, "", container.now), Ok(true));
    assert_eq!(
        container.told,
        ["0 kubeloop: not interpreted: ./serve -v; taken for the server of acme/api:7"]
    );
    let env = BTreeMap::from([("HEALTH_FAIL_AFTER".to_owned(), "20s".to_owned())]);
    let sick = Container::start(&Launch { env, ..launch("pizza/login:1.2.3", &[]) }).until(30);
    assert_eq!((sick.get(80, "/"), sick.get(80, "/healthz")), (200, 500));
    let alive =
        Container::start(&with_args("registry.k8s.io/e2e-test-images/agnhost:2.40", &["liveness"])).until(9);
    assert_eq!((alive.get(8080, "/healthz"), alive.until(11).get(8080, "/healthz")), (200, 500));
}

#[test]
fn databases_need_a_password_and_have_a_health_client() {
    let poor = Container::start(&launch("postgres:16", &[])).until(5);
    assert_eq!(poor.told[0], "0.2 Error: Database is uninitialized and superuser password is not specified.");
    assert_eq!(poor.told.last().unwrap(), "0.2 exited 1 Error");
    let env = BTreeMap::from([("POSTGRES_PASSWORD".to_owned(), "x".to_owned())]);
    let mut rich = Container::start(&Launch { env, ..launch("postgres:16", &[]) }).until(1);
    assert_eq!(rich.exec(&["pg_isready", "-U", "postgres"]).exit_code, 2);
    rich = rich.until(2);
    assert_eq!(rich.exec(&["sh", "-c", "exec pg_isready -U \"$POSTGRES_USER\" -h 127.0.0.1"]).exit_code, 0);
    assert!(rich.exec(&["redis-cli", "ping"]).error.unwrap().contains("executable file not found in $PATH"));
}

#[test]
fn memory_beyond_the_limit_kills() {
    let limited = |limit: u64, launch: Launch| Launch { memory_limit: Some(limit << 20), ..launch };
    let stress =
        || launch("polinux/stress", &["stress", "--vm", "1", "--vm-bytes", "250M", "--vm-hang", "1"]);
    let told = Container::start(&limited(100, stress())).until(5).told;
    assert!(told[0].ends_with("exited 137 OOMKilled") && told[0].as_str() < "1", "{told:?}");
    let fine = Container::start(&limited(300, stress())).until(5);
    assert_eq!((fine.told.len(), fine.process.memory_bytes(fine.now) >> 20), (0, 251));
    let env = BTreeMap::from([("MEMORY_LEAK".to_owned(), "10Mi".to_owned())]);
    let leaking =
        Container::start(&limited(74, Launch { env, ..launch("pizza/login:1.2.3", &[]) })).until(9).told;
    // 24 MiB once it serves, 50 more after five seconds.
    assert_eq!(leaking.last().unwrap(), "5.500001 exited 137 OOMKilled");
    let hungry = Container::start(&limited(64, launch("busybox", &["tail", "/dev/zero"]))).until(5).told;
    assert!(hungry[0].ends_with("exited 137 OOMKilled"));
}

#[test]
fn commands_beside_the_main_process() {
    let mut container = Container::start(&launch("nginx:1.27", &[])).until(1);
    let exec = container.exec(&["sh", "-c", "echo hi; sleep 2; echo there; exit 3"]);
    assert_eq!((exec.exit_code, exec.output.as_str(), exec.took), (3, "hi\nthere\n", Span::secs(2)));
    assert_eq!(container.exec(&["sleep", "infinity"]).took, Exec::ENDLESS);
    assert_eq!(container.exec(&["sh", "-c", "while :; do :; done"]).took, Exec::ENDLESS);
    assert_eq!(container.probe(&["curl", "-sf", "http://localhost:80/"]).0, 0);
    assert_eq!(container.probe(&["curl", "-sf", "http://localhost:81/"]).0, 7);
    assert_eq!(container.probe(&["sh", "-c", "echo '#!/bin/sh\nexit $1' > /tmp/x; /tmp/x 9"]).0, 9);
    container.exec(&["sh", "-c", "echo stopping > /proc/1/fd/1; sleep 5; nginx -s quit"]);
    let told = container.until(20).told;
    assert_eq!(told[1..], ["1 stopping", "6.01 exited 0 Completed"]);
    let mut ended = Container::script("true").until(1);
    assert!(ended.exec(&["true"]).error.is_some());
}

#[test]
fn images_without_a_command() {
    assert_eq!(Container::start(&launch("busybox", &[])).until(1).told, ["0 exited 0 Completed"]);
    assert_eq!(Container::start(&launch("hello-world", &[])).until(1).told[1], "0 Hello from Docker!");
    let job = launch("perl:5.34.0", &["perl", "-Mbignum=bpi", "-wle", "print bpi(30)"]);
    assert_eq!(
        Container::start(&job).until(9).told,
        ["6 3.14159265358979323846264338327", "6 exited 0 Completed"]
    );
    assert_eq!(
        Container::start(&with_args("busybox", &["echo", "hi"])).until(1).told,
        ["0 hi", "0 exited 0 Completed"]
    );
    assert!(
        Container::start(&with_args("hashicorp/http-echo", &["-text=hi"])).until(1).get(5678, "/") == 200
    );
}

#[test]
fn odd_scripts_do_no_harm() {
    let deep =
        |open: &str, close: &str, times: usize| format!("{}:{}", open.repeat(times), close.repeat(times));
    for script in [
        deep("( ", " )", 20),
        deep("( ", " )", 5_000),
        deep("$(", ")", 6),
        deep("\"$(echo ", ")\"", 6),
        deep("\"${A:-", "}\"", 6),
        deep("if true; then ", "; fi", 24),
        deep("case x in *) ", " esac", 6),
        deep("case x in *) ", " esac", 500),
        deep("! ", "", 5_000),
        format!("[ {} ]", "! ".repeat(5_000)),
        "x".repeat(100_000),
        "99999999999>x".to_owned(),
        "~99999999999999999999999".to_owned(),
        "echo {1..99999999999999999999}".to_owned(),
        "echo $((99999999999999999999))".to_owned(),
        "kill -9 $$; kill -9 1".to_owned(),
        ":(){ :|:& };:".to_owned(),
        "while :; do echo x >> /tmp/x; done & while :; do cat /tmp/x > /tmp/y; done".to_owned(),
        "trap 'kill $$' TERM; kill $$; echo $$".to_owned(),
        "\u{0} \u{7f} é ${é} $'\\xff'".to_owned(),
    ] {
        Container::script(&script).until(3);
    }
}
