//! How the rules in the kernel differ from those that are needed, in numbers and in words.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::{Op, ServiceRules, Table};
use crate::client::{Plan, Verdict};
use crate::object::Key;

/// Compares the rules for all Services with those that there are.
pub(super) fn compare_all(table: &Arc<Table>, installed: &Arc<Table>) -> Plan<Op> {
    let mut differing = table.differing(installed);
    let Some(first) = differing.next() else {
        return Plan::idle(Verdict::nothing("the rules are those that the services need"));
    };
    let others = differing.count();
    let why = match others {
        0 => format_smolstr!("the rules for {} differ", first.name),
        others => format_smolstr!("the rules for {} and {others} others differ", first.name),
    };
    let (want, have) = (table.services.len(), installed.services.len());
    let verdict = Verdict::new(
        format_smolstr!("rules for {want} services"),
        format_smolstr!("rules for {have}"),
        format_smolstr!("{} differ", others + 1),
        why.clone(),
    );
    Plan::idle(verdict).locally(Op::InstallAll(table.clone()), format_smolstr!("write all rules: {why}"))
}

/// Compares the rules for one Service with those that there are.
pub(super) fn verdict(service: &Key, wanted: &ServiceRules, installed: Option<&ServiceRules>) -> Verdict {
    let (want, have) = (wanted.addresses(), installed.map(ServiceRules::addresses).unwrap_or_default());
    let missing = |of: &[SmolStr], from: &[SmolStr]| -> Vec<SmolStr> {
        of.iter().filter(|ip| !from.contains(*ip)).cloned().collect()
    };
    let (add, remove) = (missing(&want, &have), missing(&have, &want));
    let mut todo = Vec::new();
    if !add.is_empty() {
        todo.push(format!("add {}", add.join(", ")));
    }
    if !remove.is_empty() {
        todo.push(format!("remove {}", remove.join(", ")));
    }
    let ending = wanted.ports.iter().any(|port| port.terminating);
    let why = match (installed, todo.is_empty()) {
        (Some(installed), true) if installed == wanted => {
            format!("the rules send to the same {} pods", want.len())
        }
        (_, true) if want.is_empty() => format!("nobody is ready behind {}: reject what comes", service.name),
        (_, true) if ending => "no pod is ready, use those that still serve while they end".to_owned(),
        (_, true) => "the ports or the pods' state changed".to_owned(),
        _ if ending => {
            format!("no pod is ready, use those that still serve while they end: {}", todo.join("; "))
        }
        _ => todo.join("; "),
    };
    let gap = match (add.len(), remove.len()) {
        (0, 0) if installed == Some(wanted) => "=".to_owned(),
        (0, 0) => "changed".to_owned(),
        (add, 0) => format!("-{add}"),
        (0, remove) => format!("+{remove}"),
        (add, remove) => format!("-{add} +{remove}"),
    };
    Verdict::new(format!("{} pods", want.len()), format!("{} in the rules", have.len()), gap, why)
}
