//! Programs that are run to use up processors and memory.

use crate::object::quantity;
use crate::time::Span;
use crate::workload::server::{Load, Server};

use super::super::block::Block;
use super::super::simple::Flow;
use super::super::task::{Run, Task};
use super::{not_simulated, system};

/// `yes`, `dd if=/dev/zero of=/dev/null`, `sha256sum /dev/zero`: busy for ever.
pub(super) fn busy(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    let endless = argv.iter().any(|word| word.contains("/dev/zero") || word.contains("/dev/urandom"));
    let bounded = argv.iter().any(|word| word.starts_with("count="));
    let burns = argv[0].ends_with("yes") || (endless && !bounded);
    match burns {
        true => Flow::Block(Block::Forever { busy: true }),
        false => not_simulated(task, run, argv),
    }
}

/// `stress --vm 1 --vm-bytes 250M --cpu 2 --timeout 60s`.
pub(super) fn stress(task: &mut Task, run: &mut Run<'_, '_>, argv: &[String]) -> Flow {
    match load_of(&argv[1..]) {
        Some(load) => Flow::Block(Block::Serve(Box::new(Server::load(&run.world.launch, load, run.now)))),
        None => not_simulated(task, run, argv),
    }
}

/// What the arguments of `stress` (or of `vish/stress`, which has one dash) ask for; none if they are not understood.
pub(in crate::workload) fn load_of(args: &[String]) -> Option<Load> {
    let (mut workers, mut bytes_each, mut cpus_milli, mut timeout, mut total) =
        (0_u64, 256 << 20, 0_u64, None, 0_u64);
    let mut words = args.iter().flat_map(|word| match word.split_once('=') {
        Some((flag, value)) if flag.starts_with('-') => vec![flag, value],
        _ => vec![word.as_str()],
    });
    while let Some(flag) = words.next() {
        let bytes = |word: &str| bytes_of(word);
        match flag {
            "-m" | "--vm" => workers = words.next()?.parse().ok()?,
            "--vm-bytes" => bytes_each = bytes(words.next()?)?,
            "-c" | "--cpu" => cpus_milli = words.next()?.parse::<u64>().ok()?.checked_mul(1_000)?,
            "-cpus" => cpus_milli = words.next()?.parse::<u64>().ok()?.checked_mul(1_000)?,
            "-mem-total" => total = bytes(words.next()?)?,
            "-t" | "--timeout" => timeout = Some(system::seconds(words.next()?)?),
            "--vm-hang" | "--vm-keep" | "-i" | "--io" | "-d" | "--hdd" | "--vm-stride"
            | "-mem-alloc-size" | "-mem-alloc-sleep" | "--cpu-load" | "--backoff" | "--hdd-bytes"
            | "--cpu-method" | "--vm-method" => {
                words.next()?;
            }
            "-v" | "--verbose" | "-q" | "--quiet" | "--metrics-brief" | "-logtostderr" => {}
            _ => return None,
        }
    }
    let memory_bytes = workers.checked_mul(bytes_each)?.checked_add(total)?;
    Some(Load { memory_bytes, cpu_milli: cpus_milli + workers * 100, lasts: timeout, ramp: Span::secs(1) })
}

/// `250M` (which `stress` takes as binary), `950Mi`.
fn bytes_of(word: &str) -> Option<u64> {
    let upper = word.to_ascii_uppercase();
    let short = upper.ends_with(['K', 'M', 'G', 'T']);
    let milli = if short { quantity::milli(&format!("{upper}i")) } else { quantity::milli(word) };
    u64::try_from(milli? / 1_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Option<(u64, u64)> {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        load_of(&words).map(|load| (load.memory_bytes >> 20, load.cpu_milli))
    }

    #[test]
    fn arguments_of_stress_become_a_load() {
        assert_eq!(load("--vm 1 --vm-bytes 250M --vm-hang 1"), Some((250, 100)));
        assert_eq!(load("--vm=2 --vm-bytes=64Mi --cpu 1"), Some((128, 1_200)));
        assert_eq!(load("-cpus 2"), Some((0, 2_000)));
        assert_eq!(load("--frobnicate"), None);
    }
}
