//! Programs that look names up: `nslookup`, `host`, `dig`, `getent hosts`, `ping`.
//!
//! `nslookup` of busybox is two programs. Up to 1.28 it asks the system's resolver, as everything else does. Since
//! then it asks the DNS server by itself: a name without a dot with each suffix of `/etc/resolv.conf`, any other name
//! just as it is (so `login.default` is not found), and it fails as soon as one of its questions has no answer. That
//! is why examples have `busybox:1.28`.

use smol_str::SmolStr;

use crate::network::dns::DNS_SERVER;
use crate::time::Span;
use crate::workload::request::{Answer, Named, Request};
use crate::workload::shell::programs::not_simulated;
use crate::workload::shell::simple::Flow;
use crate::workload::shell::task::{Run, Task};

use super::options::{Part, parts};
use super::{BESIDE, Outcome, Tool, ask};

/// How long they wait for the DNS server.
const PATIENCE: Span = Span::secs(5);
/// The last version of busybox whose `nslookup` asks the system's resolver.
const LAST_OLD_BUSYBOX: u32 = 28;
/// How long an answer may be kept (CoreDNS's `ttl 30`).
const TTL_SECS: u32 = 30;

/// A lookup that waits.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    show: Show,
}

/// How the answer is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Show {
    Nslookup(Nslookup),
    Host,
    Dig { short: bool },
    Getent,
    Ping,
}

/// Whose `nslookup` it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nslookup {
    Busybox,
    OldBusybox,
    Bind,
}

/// `nslookup NAME`, `getent hosts NAME`, `ping -c 1 NAME`.
pub(in crate::workload::shell) fn lookup(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let program = argv[0].rsplit('/').next().unwrap_or_default();
    let letters = if program == "ping" { "cwWisI" } else { "" };
    let (mut names, mut short) = (Vec::new(), false);
    // `dig` takes options with a plus, and `nslookup` words of several letters after one dash.
    let (flags, words): (Vec<String>, Vec<String>) =
        argv.iter().cloned().partition(|word| word.starts_with('+') || is_nslookup_flag(program, word));
    short |= flags.iter().any(|flag| flag == "+short");
    for part in parts(&words, letters, &[]) {
        match part {
            Part::Word("hosts" | "ahosts" | "ahostsv4") if program == "getent" => {}
            Part::Word(word) if !word.starts_with('@') => names.push(word),
            Part::Word(_) | Part::Option(..) => {}
        }
    }
    let show = match program {
        "getent" => Show::Getent,
        "ping" => Show::Ping,
        "host" => Show::Host,
        "dig" => Show::Dig { short },
        _ => Show::Nslookup(nslookup_of(run)),
    };
    match names.first() {
        Some(name) => {
            let request = Request::Lookup { name: SmolStr::new(name) };
            ask(run, request, Some(PATIENCE), Tool::Lookup(Lookup { show }))
        }
        None => not_simulated(task, run, argv),
    }
}

fn is_nslookup_flag(program: &str, word: &str) -> bool {
    program == "nslookup" && word.starts_with('-')
}

/// Which `nslookup` the image has.
fn nslookup_of(run: &Run<'_, '_>) -> Nslookup {
    let image = &run.world.launch.image;
    let minor = |tag: &str| tag.strip_prefix("1.")?.split(['.', '-']).next()?.parse::<u32>().ok();
    let is_busybox = image.entry.name.ends_with("busybox");
    match () {
        () if image.entry.name.ends_with("dnsutils") => Nslookup::Bind,
        () if is_busybox && minor(image.tag()).is_some_and(|minor| minor <= LAST_OLD_BUSYBOX) => {
            Nslookup::OldBusybox
        }
        () => Nslookup::Busybox,
    }
}

impl Lookup {
    pub(super) fn conclude(&self, outcome: &Outcome, task: &mut Task, run: &mut Run<'_, '_>) -> i32 {
        let name = outcome.request.host();
        let tried = match &outcome.answer {
            Answer::Names(tried) => tried.as_slice(),
            Answer::NoSuchName => &[],
            Answer::Unavailable => {
                task.complain(run, BESIDE);
                return 1;
            }
            _ => {
                task.print(run, ";; connection timed out; no servers could be reached\n\n");
                return 1;
            }
        };
        // What the system's resolver finds is the first of the names that exists.
        let found = tried.iter().find_map(|named| Some((named.name.as_str(), named.address.as_deref()?)));
        let (status, text) = match self.show {
            Show::Nslookup(Nslookup::Busybox) => busybox(name, tried),
            Show::Nslookup(Nslookup::OldBusybox) => match old_busybox(name, found) {
                (0, text) => (0, text),
                (status, text) => {
                    task.print(run, &text);
                    task.complain(run, &format!("nslookup: can't resolve '{name}'"));
                    return status;
                }
            },
            Show::Nslookup(Nslookup::Bind) => bind(name, found),
            Show::Host => match found {
                Some((full, address)) => (0, format!("{full} has address {address}\n")),
                None => (1, format!("Host {name} not found: 3(NXDOMAIN)\n")),
            },
            Show::Dig { short } => (0, dig(name, tried, short)),
            Show::Getent => match found {
                Some((full, address)) => (0, format!("{address:<15} {full}\n")),
                None => (2, String::new()),
            },
            Show::Ping => match found {
                Some((_, address)) => (0, format!("PING {name} ({address}): 56 data bytes\n")),
                None => {
                    task.complain(run, &format!("ping: bad address '{name}'"));
                    return 1;
                }
            },
        };
        task.print(run, &text);
        status
    }
}

/// One block for each question and its answer; first for addresses, then for those of IPv6, of which there are none.
fn busybox(name: &str, tried: &[Named]) -> (i32, String) {
    let mut text = format!("Server:\t\t{DNS_SERVER}\nAddress:\t{DNS_SERVER}:53\n\n");
    if name.parse::<core::net::Ipv4Addr>().is_ok() {
        return reverse(name, tried, text);
    }
    // With suffixes, or as it is: that is the last one of those that the resolver would try.
    let (with_suffix, plain) = tried.split_at(tried.len().saturating_sub(1));
    let asked = if name.contains('.') { plain } else { with_suffix };
    let mut status = 0;
    for is_ipv6 in [false, true] {
        for Named { name, address } in asked {
            match address {
                None => {
                    status = 1;
                    text.push_str(&format!("** server can't find {name}: NXDOMAIN\n"));
                }
                Some(address) if !is_ipv6 => text.push_str(&format!("Name:\t{name}\nAddress: {address}\n")),
                Some(_) => {}
            }
            text.push('\n');
        }
    }
    (status, text)
}

/// The name of an address.
fn reverse(address: &str, tried: &[Named], mut text: String) -> (i32, String) {
    let backwards: Vec<&str> = address.rsplit('.').collect();
    let question = format!("{}.in-addr.arpa", backwards.join("."));
    match tried.first() {
        Some(named) => text.push_str(&format!("{question}\tname = {}\n\n", named.name)),
        None => text.push_str(&format!("** server can't find {question}: NXDOMAIN\n\n")),
    }
    (i32::from(tried.is_empty()), text)
}

fn old_busybox(name: &str, found: Option<(&str, &str)>) -> (i32, String) {
    let server = format!(
        "Server:    {DNS_SERVER}\nAddress 1: {DNS_SERVER} kube-dns.kube-system.svc.cluster.local\n\n"
    );
    match found {
        Some((full, address)) => (0, format!("{server}Name:      {name}\nAddress 1: {address} {full}\n")),
        None => (1, server),
    }
}

fn bind(name: &str, found: Option<(&str, &str)>) -> (i32, String) {
    let server = format!("Server:\t\t{DNS_SERVER}\nAddress:\t{DNS_SERVER}#53\n\n");
    match found {
        Some((full, address)) => (0, format!("{server}Name:\t{full}\nAddress: {address}\n\n")),
        None => (1, format!("{server}** server can't find {name}: NXDOMAIN\n\n")),
    }
}

/// The answers of `dig`, which tries no suffixes. It does not count as a failure that there is none.
fn dig(name: &str, tried: &[Named], short: bool) -> String {
    let named = tried.iter().find(|named| named.name == name.trim_end_matches('.'));
    match named.and_then(|named| named.address.as_deref()) {
        Some(address) if short => format!("{address}\n"),
        Some(address) => format!("{}.\t\t{TTL_SECS}\tIN\tA\t{address}\n", name.trim_end_matches('.')),
        None => String::new(),
    }
}
