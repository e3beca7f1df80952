//! `kubeloop lesson record`.

use anyhow::Result;

use super::args::RecordArgs;
use crate::cli::Exit;
use crate::engine::Journal;
use crate::lessons::propose;
use crate::time::VirtualTime;

/// Proposes goals and a solution from a journal.
pub(super) fn record(args: &RecordArgs) -> Result<Exit> {
    let name = args.journal.display();
    let journal = match std::fs::read_to_string(&args.journal) {
        Ok(text) => Journal::parse(&text).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match journal {
        Ok(journal) => {
            print!("{}", propose(&journal, args.from.map(|from| VirtualTime::ZERO + from)));
            Ok(Exit::Done)
        }
        Err(error) => {
            eprintln!("{name}: {error}");
            Ok(Exit::BadInput)
        }
    }
}
