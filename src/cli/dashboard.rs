//! The dashboard: what the flags, the config file and the environment say about it.

use std::io::IsTerminal;

use super::args::DashboardArgs;
use super::{Exit, config};
use crate::engine::ClusterConfig;
use crate::live::{Options, dashboard};
use crate::record::export;

/// Requests per second to the shop's front door.
const LOGIN_RATE: u32 = 10;

/// Opens the dashboard.
pub(super) fn open(args: &DashboardArgs) -> anyhow::Result<Exit> {
    if !std::io::stdout().is_terminal() {
        eprintln!(
            "kubeloop: the dashboard needs a terminal; `kubeloop run SCRIPT` plays a script without one"
        );
        return Ok(Exit::BadInput);
    }
    let Some(settings) = config::load(&config::flags(args))? else { return Ok(Exit::BadInput) };
    let record = match args.record.as_deref().map(export::create).transpose() {
        Ok(record) => record,
        Err(problem) => {
            eprintln!("kubeloop: {problem}");
            return Ok(Exit::BadInput);
        }
    };
    dashboard(Options {
        manifests: args.manifests.clone(),
        config: ClusterConfig::with_nodes(args.nodes, args.seed),
        traffic: vec![("default/login".into(), LOGIN_RATE)],
        settings,
        record,
    })?;
    Ok(Exit::Done)
}
