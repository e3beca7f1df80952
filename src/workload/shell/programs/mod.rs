//! Programs: the small tools of a Unix image, and the image's own servers.
//!
//! Texts and exit codes are busybox's, which is what most examples run in. Options that change nothing here
//! are accepted; what would change the outcome and is not known makes the command fail with 127 and say so.

use smol_str::SmolStr;

use crate::workload::files::absolute;
use crate::workload::server::Server;

use super::block::Block;
use super::builtin;
use super::frame::Frame;
use super::simple::Flow;
use super::task::{Run, Task};

mod burn;
mod excerpt;
mod files;
mod health;
mod interpreter;
mod pi;
mod sed;
pub(in crate::workload::shell) mod system;
mod text;

/// A program: it gets its name and the words after it.
type Program = fn(&mut Task, &mut Run<'_, '_>, &[String]) -> Flow;

/// The folders of `$PATH`.
const PATH: [&str; 6] = ["/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"];

/// Commands of the shell that exist as programs, too.
const BUILTINS: [&str; 9] = ["echo", "printf", "test", "[", "true", "false", "pwd", "kill", "sync"];

/// Programs that a shell image has but that nobody wrote a simulation of.
const NOT_SIMULATED: [&str; 29] = [
    "apk",
    "apt",
    "apt-get",
    "awk",
    "bc",
    "chroot",
    "cmp",
    "crond",
    "diff",
    "find",
    "gunzip",
    "gzip",
    "ip",
    "less",
    "ln",
    "mkfifo",
    "mount",
    "netstat",
    "paste",
    "passwd",
    "pip",
    "split",
    "su",
    "tar",
    "top",
    "traceroute",
    "vi",
    "watch",
    "xargs",
];

/// Whether the image has a program of this name.
pub(super) fn exists(run: &Run<'_, '_>, name: &str) -> bool {
    let image = &run.world.launch.image;
    image.runs(name) || (image.has_tool(name) && is_interpreted(name))
}

/// Whether there is a simulation of this program.
pub(in crate::workload) fn is_interpreted(name: &str) -> bool {
    find(name).is_some() || BUILTINS.contains(&name)
}

/// A program's name without the folder it is usually in; none if it is somewhere else.
pub(in crate::workload) fn plain_name(path: &str) -> Option<&str> {
    if !path.contains('/') {
        return Some(path);
    }
    PATH.iter().find_map(|folder| path.strip_prefix(folder)).filter(|name| !name.contains('/'))
}

/// Runs a program.
pub(super) fn run(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let Some(path) = argv.first() else { return Flow::Status(0) };
    let image = run.world.launch.image.clone();
    if image.runs(path) {
        return serve(task, run, argv);
    }
    if let Some(name) = plain_name(path)
        && image.has_tool(name)
    {
        if let Some(program) = find(name) {
            return program(task, run, argv);
        }
        if let Some(command) = builtin::find(name).filter(|_| BUILTINS.contains(&name)) {
            return command(task, run, &argv[1..]);
        }
    }
    if path.contains('/') && run.files.exists(&absolute(&task.scope.folder, path)) {
        return interpreter::script(task, run, argv);
    }
    let really_there =
        plain_name(path).is_some_and(|name| NOT_SIMULATED.contains(&name) || image.has_tool(name));
    let what = if really_there { "not simulated" } else { "not found" };
    task.complain(run, &format!("sh: {path}: {what}"));
    Flow::Status(127)
}

/// The image's server in the foreground; `nginx` without `daemon off` goes to the background.
fn serve(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let name = argv.first().map_or("", |path| path.rsplit('/').next().unwrap_or(path));
    let args = argv.get(1..).unwrap_or_default();
    match args.first().map(String::as_str) {
        Some("-s") if name == "nginx" => {
            let signal = match args.get(1).map(String::as_str) {
                Some("stop") => "TERM",
                Some("quit") => "QUIT",
                _ => return Flow::Status(0),
            };
            run.signals.push((1, SmolStr::new_static(signal)));
            return Flow::Status(0);
        }
        Some("-v" | "-V" | "-t" | "-T" | "--version" | "--help") => {
            task.complain(run, &format!("{name}: {}", run.world.launch.image.name));
            return Flow::Status(0);
        }
        _ => {}
    }
    let daemonizes = name == "nginx" && !args.iter().any(|arg| arg.contains("daemon off"));
    if daemonizes {
        let mut foreground = argv.to_vec();
        foreground.extend(["-g", "daemon off;"].map(str::to_owned));
        task.start_background(run, Frame::Program(foreground));
        return Flow::Status(0);
    }
    let server = Server::new(&run.world.launch, args, run.now);
    Flow::Block(Block::Serve(Box::new(server)))
}

fn find(name: &str) -> Option<Program> {
    Some(match name {
        "sh" | "ash" | "bash" | "dash" => interpreter::shell,
        "env" => interpreter::env,
        "timeout" => interpreter::timeout,
        "nohup" | "setsid" | "nice" | "time" | "tini" | "dumb-init" => interpreter::wrapper,
        "cat" => text::cat,
        "head" => excerpt::head,
        "tail" => excerpt::tail,
        "tee" => text::tee,
        "wc" => text::wc,
        "grep" | "egrep" | "fgrep" => text::grep,
        "sort" | "uniq" | "tac" | "rev" => text::arrange,
        "cut" => text::cut,
        "tr" => text::tr,
        "sed" => sed::sed,
        "seq" => text::seq,
        "base64" => text::base64,
        "touch" => files::touch,
        "rm" | "rmdir" => files::rm,
        "mkdir" => files::mkdir,
        "ls" => files::ls,
        "cp" => files::cp,
        "mv" => files::mv,
        "chmod" | "chown" | "chgrp" => files::change_mode,
        "basename" | "dirname" => files::part,
        "realpath" | "readlink" => files::realpath,
        "mktemp" => files::mktemp,
        "sleep" | "usleep" => system::sleep,
        "date" => system::date,
        "hostname" => system::hostname,
        "printenv" => system::printenv,
        "id" | "whoami" | "uname" | "nproc" | "arch" | "tty" | "uptime" | "df" | "free" => system::facts,
        "ps" | "pidof" | "pgrep" => system::processes,
        "pkill" | "killall" => system::killall,
        "expr" => system::expr,
        "yes" | "dd" | "md5sum" | "sha1sum" | "sha256sum" | "sha512sum" => burn::busy,
        "stress" | "stress-ng" => burn::stress,
        "perl" => pi::perl,
        "wget" => super::network::wget,
        "curl" => super::network::curl,
        "nc" | "netcat" | "telnet" => super::network::nc,
        "nslookup" | "getent" | "ping" | "host" | "dig" => super::network::lookup,
        "httpd" | "python" | "python3" => interpreter::web_server,
        "pg_isready"
        | "redis-cli"
        | "mysqladmin"
        | "mariadb-admin"
        | "mysql"
        | "mongo"
        | "mongosh"
        | "etcdctl"
        | "rabbitmq-diagnostics"
        | "rabbitmqctl"
        | "psql"
        | "healthcheck.sh"
        | "grpc_health_probe" => health::check,
        _ => return None,
    })
}

/// Says that a program was given something that it has no simulation for.
pub(in crate::workload::shell) fn not_simulated(
    task: &mut Task,
    run: &mut Run<'_, '_>,
    argv: &[String],
) -> Flow {
    task.complain(run, &format!("sh: {}: not simulated", argv.join(" ")));
    Flow::Status(127)
}
