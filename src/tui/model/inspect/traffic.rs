//! The requests to a Service: how they went, who got them, which failed where and why.

use super::Line;
use crate::engine::World;
use crate::network::{Bucket, ServiceTraffic};
use crate::object::ObjectRef;
use crate::tui::glyphs::{Glyphs, Sign};
use crate::tui::model::traffic::{RECENT, budget, failures, last_of, rate_and_share, shares};
use crate::tui::theme::Role;

/// Seconds of the ribbon.
const SECONDS: usize = 60;
/// Reasons that are told.
const REASONS: usize = 12;

pub(super) fn lines(world: &World, object: &ObjectRef, glyphs: Glyphs) -> Vec<Line> {
    let look = world.traffic();
    let Some(traffic) = look.as_ref().and_then(|look| look.services.get(&object.key)) else {
        let how = format!("No synthetic clients ask it. :traffic {} 10 lets them.", object.key.name);
        return vec![Line::muted(how)];
    };
    let (share, failed) = rate_and_share(traffic, world.now());
    let role = if failed == 0 { Role::Ok } else { Role::Warn };
    let mut lines = vec![
        Line::new(role, format!("{}  {share} of the last {RECENT} answered", traffic.rate)),
        Line::new(role, ribbon(traffic, glyphs)),
        Line::muted(format!("a sign for each second, the newest on the right: {}", legend(glyphs))),
        Line::gap(),
        Line::head(format!("Who answered in the last {RECENT}")),
    ];
    lines.extend(
        shares(world, &object.key, traffic)
            .into_iter()
            .map(|(words, role)| Line::new(role, format!("  {words}"))),
    );
    lines.extend([Line::gap(), Line::head(format!("What failed: {} in all", traffic.failed))]);
    lines.push(Line::muted(format!("  {}", budget([traffic].into_iter()))));
    for failure in failures(world, traffic, REASONS) {
        let story = failure.story.map(|story| format!(", story #{story}")).unwrap_or_default();
        let mut line = Line::new(Role::Bad, format!("{}x {}", failure.count, failure.hop));
        line.leads_to = last_of(world, &failure.hop).map(|event| (object.clone(), event));
        lines.push(line);
        lines.push(Line::text(format!("   last at {}{story}", failure.last)));
        if !failure.proxy.is_empty() {
            lines.push(Line::text(format!("   that kube-proxy: {}", failure.proxy)));
        }
    }
    lines
}

/// One sign a second, newest last.
fn ribbon(traffic: &ServiceTraffic, glyphs: Glyphs) -> String {
    let skip = traffic.buckets.len().saturating_sub(SECONDS);
    traffic.buckets.iter().skip(skip).map(|bucket| glyphs.sign(sign(bucket))).collect()
}

fn sign(bucket: &Bucket) -> Sign {
    match (bucket.ok, bucket.failed) {
        (_, 0) => Sign::AllOk,
        (0, _) => Sign::AllFailed,
        _ => Sign::SomeFailed,
    }
}

fn legend(glyphs: Glyphs) -> String {
    let [ok, some, all] = [Sign::AllOk, Sign::SomeFailed, Sign::AllFailed].map(|sign| glyphs.sign(sign));
    format!("{ok} all answered  {some} some failed  {all} all failed")
}
