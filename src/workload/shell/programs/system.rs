//! Programs about time, the machine and processes.

use crate::time::{Span, VirtualTime};

use super::super::block::Block;
use super::super::signals::signal_of;
use super::super::simple::Flow;
use super::super::task::{Run, Task};
use super::not_simulated;

/// The shortest sleep: starting the program takes that long on a real machine, and a loop of shorter ones
/// would be a flood of instants.
const SHORTEST_SLEEP: Span = Span::millis(1);

/// A length as `sleep` takes it: `5`, `0.5`, `2m`, `1h`, `1d`; none if it is no length.
pub(in crate::workload::shell) fn seconds(word: &str) -> Option<Span> {
    let (number, unit_micros) = match word.char_indices().last()? {
        (at, 's') => (&word[..at], 1_000_000_u64),
        (at, 'm') => (&word[..at], 60_000_000),
        (at, 'h') => (&word[..at], 3_600_000_000),
        (at, 'd') => (&word[..at], 86_400_000_000),
        _ => (word, 1_000_000),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if number.is_empty() || number == "." || !digits(whole) || !digits(fraction) {
        return None;
    }
    // Exact in integers: the fraction is cut after six digits.
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let millionths: u64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    let micros = whole.checked_mul(unit_micros)?.checked_add(millionths * (unit_micros / 1_000_000))?;
    Some(Span::micros(micros))
}

/// `sleep 1 0.5 2m`: the sum; `infinity` for ever.
pub(super) fn sleep(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let mut total = Span::ZERO;
    if argv.len() < 2 {
        task.complain(run, "sleep: missing operand");
        return Flow::Status(1);
    }
    for word in &argv[1..] {
        let span = match (argv[0].as_str(), word.as_str()) {
            (_, "infinity" | "inf") => return Flow::Block(Block::Forever { busy: false }),
            ("usleep", micros) => micros.parse().ok().map(Span::micros),
            (_, word) => seconds(word),
        };
        let Some(span) = span else {
            task.complain(run, &format!("sleep: invalid number '{word}'"));
            return Flow::Status(1);
        };
        total = total + span;
    }
    match total {
        Span::ZERO => Flow::Status(0),
        total => Flow::Block(Block::Until {
            at: run.now + total.max(SHORTEST_SLEEP),
            status: Some(0),
            busy: false,
        }),
    }
}

/// `date`, `date +%s`, `date -Iseconds`: the cluster's clock, in UTC.
pub(super) fn date(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let mut format = "%a %b %e %H:%M:%S UTC %Y";
    for word in &argv[1..] {
        match word.as_str() {
            "-u" | "--utc" => {}
            "-R" => format = "%a, %d %b %Y %H:%M:%S +0000",
            "-I" | "--iso-8601" => format = "%Y-%m-%d",
            "-Iseconds" | "--iso-8601=seconds" => format = "%Y-%m-%dT%H:%M:%S+00:00",
            other => match other.strip_prefix('+') {
                Some(given) => format = given,
                None => return not_simulated(task, run, argv),
            },
        }
    }
    match formatted(run.now, format) {
        Some(text) => {
            task.print(run, &format!("{text}\n"));
            Flow::Status(0)
        }
        None => not_simulated(task, run, argv),
    }
}

fn formatted(now: VirtualTime, format: &str) -> Option<String> {
    let stamp = now.timestamp();
    // %N (nanoseconds) is GNU's own.
    let format = format.replace("%N", &format!("{:09}", stamp.subsec_nanosecond()));
    let zoned = stamp.to_zoned(k8s_openapi::jiff::tz::TimeZone::UTC);
    k8s_openapi::jiff::fmt::strtime::format(&format, &zoned).ok()
}

pub(super) fn hostname(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let name = run.world.launch.hostname.clone();
    match argv.get(1).map(String::as_str) {
        None | Some("-s" | "-f") => {
            task.print(run, &format!("{name}\n"));
            Flow::Status(0)
        }
        _ => not_simulated(task, run, argv),
    }
}

pub(super) fn printenv(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let environment: Vec<(String, String)> =
        task.scope.environment().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut status = 0;
    if argv.len() < 2 {
        let lines: String = environment.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        task.print(run, &lines);
    }
    for wanted in argv.iter().skip(1) {
        match environment.iter().find(|(name, _)| name == wanted) {
            Some((_, value)) => task.print(run, &format!("{value}\n")),
            None => status = 1,
        }
    }
    Flow::Status(status)
}

/// Programs that print something that is always the same here.
pub(super) fn facts(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let flag = argv.get(1).map_or("", String::as_str);
    let text = match (argv[0].rsplit('/').next().unwrap_or(""), flag) {
        ("id", "-u" | "-g") => "0".to_owned(),
        ("id", "") => "uid=0(root) gid=0(root) groups=0(root)".to_owned(),
        ("whoami", _) | ("id", "-un") => "root".to_owned(),
        ("uname", "" | "-s") => "Linux".to_owned(),
        ("uname", "-a") => format!("Linux {} 6.8.0 #1 SMP x86_64 GNU/Linux", run.world.launch.hostname),
        ("uname", "-n") => run.world.launch.hostname.to_string(),
        ("uname", "-r") => "6.8.0".to_owned(),
        ("uname", "-m") | ("arch", "") => "x86_64".to_owned(),
        ("nproc", _) => "4".to_owned(),
        ("uptime", _) => format!(" up {} seconds", (run.now - run.world.started).as_secs()),
        ("tty", _) => {
            task.print(run, "not a tty\n");
            return Flow::Status(1);
        }
        _ => return not_simulated(task, run, argv),
    };
    task.print(run, &format!("{text}\n"));
    Flow::Status(0)
}

/// `ps`, `pidof`, `pgrep`: the main process, which is the one that matters in a container.
pub(super) fn processes(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let main = run.world.main_name();
    if argv[0].ends_with("ps") {
        task.print(run, &format!("PID   USER     TIME  COMMAND\n    1 root      0:00 {main}\n"));
        return Flow::Status(0);
    }
    let wanted = argv.iter().skip(1).find(|word| !word.starts_with('-'));
    match wanted.is_some_and(|wanted| main.contains(wanted.as_str())) {
        true => {
            task.print(run, "1\n");
            Flow::Status(0)
        }
        false => Flow::Status(1),
    }
}

/// `pkill NAME`, `killall NAME`.
pub(super) fn killall(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let mut signal = "TERM";
    let mut status = 1;
    for word in argv.iter().skip(1) {
        match word.strip_prefix('-') {
            Some(flag) => match signal_of(flag) {
                Some((name, _)) => signal = name,
                None if matches!(flag, "f" | "x" | "q") => {}
                None => return not_simulated(task, run, argv),
            },
            None if run.world.main_name().contains(word.as_str()) => {
                run.signals.push((1, signal.into()));
                status = 0;
            }
            None => {}
        }
    }
    Flow::Status(status)
}

/// `expr 1 + 2`: one operation on numbers, a comparison, or `length TEXT`.
pub(super) fn expr(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let words: Vec<&str> = argv[1..].iter().map(String::as_str).collect();
    let value = match words[..] {
        [only] => Some(only.to_owned()),
        ["length", text] => Some(text.chars().count().to_string()),
        [first, ref rest @ ..] if rest.len() % 2 == 0 => {
            // From left to right, which is all that counting loops need.
            rest.chunks(2).try_fold(first.to_owned(), |left, pair| operation(&left, pair[0], pair[1]))
        }
        _ => None,
    };
    let Some(value) = value else { return not_simulated(task, run, argv) };
    task.print(run, &format!("{value}\n"));
    Flow::Status(i32::from(value.is_empty() || value == "0"))
}

fn operation(left: &str, operator: &str, right: &str) -> Option<String> {
    let numbers = left.parse::<i64>().ok().zip(right.parse::<i64>().ok());
    let order = match numbers {
        Some((left, right)) => left.cmp(&right),
        None => left.cmp(right),
    };
    let truth = |holds: bool| Some(i64::from(holds).to_string());
    match operator {
        "=" | "==" => truth(order.is_eq()),
        "!=" => truth(order.is_ne()),
        "<" => truth(order.is_lt()),
        "<=" => truth(order.is_le()),
        ">" => truth(order.is_gt()),
        ">=" => truth(order.is_ge()),
        _ => {
            let (left, right) = numbers?;
            let value = match operator {
                "+" => left.checked_add(right),
                "-" => left.checked_sub(right),
                "*" => left.checked_mul(right),
                "/" => left.checked_div(right),
                "%" => left.checked_rem(right),
                _ => None,
            };
            value.map(|value| value.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_sleep_are_exact() {
        for (word, micros) in [
            ("5", Some(5_000_000)),
            ("0.1", Some(100_000)),
            (".5", Some(500_000)),
            ("1.5m", Some(90_000_000)),
            ("2h", Some(7_200_000_000)),
            ("0.0000019", Some(1)),
            ("", None),
            (".", None),
            ("s", None),
            ("-1", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(seconds(word), micros.map(Span::micros), "{word}");
        }
    }
}
