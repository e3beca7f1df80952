//! The description of a PodDisruptionBudget.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::Subject;
use super::writer::Writer;
use crate::apiserver::table::label_selector;
use crate::kubectl::output::Fault;
use crate::object::Object;

pub(super) fn describe(subject: &Subject<'_>, w: &mut Writer) -> Result<(), Fault> {
    let Object::PodDisruptionBudget(budget) = subject.object else { return Ok(()) };
    let (spec, status) = (budget.spec.clone().unwrap_or_default(), budget.status.clone().unwrap_or_default());
    w.name(&budget.metadata);
    let text = |amount: &IntOrString| match amount {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => text.clone(),
    };
    match (&spec.min_available, &spec.max_unavailable) {
        (Some(least), _) => w.field(0, "Min available", text(least)),
        (None, Some(most)) => w.field(0, "Max unavailable", text(most)),
        (None, None) => {}
    }
    w.field(0, "Selector", spec.selector.as_ref().map_or_else(|| "<unset>".to_owned(), label_selector));
    w.line(0, "Status:");
    for (what, count) in [
        ("Allowed disruptions", status.disruptions_allowed),
        ("Current", status.current_healthy),
        ("Desired", status.desired_healthy),
        ("Total", status.expected_pods),
    ] {
        w.field(2, what, count.unwrap_or(0));
    }
    subject.events(w)
}
