//! What is expected of a break before it is done.

use super::{App, Effect};
use crate::preview::{End, Forecast, Observed, Refused, Trial};
use crate::time::Span;

/// What is expected of what is selected in the break menu.
#[derive(Clone, Debug, Default)]
pub enum Outlook {
    /// Nothing was asked.
    #[default]
    None,
    /// A copy of the cluster runs ahead.
    Busy,
    /// This is expected.
    Ready(Box<Forecast>),
    /// It cannot be done.
    Refused(String),
}

impl Outlook {
    /// In a sentence or two.
    pub fn words(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Busy => "Expected: it is being worked out ...".to_owned(),
            Self::Refused(reason) => format!("Expected: it is refused: {reason}"),
            Self::Ready(forecast) => format!("Expected: {}", expected(forecast)),
        }
    }
}

/// `2 pods stop being ready; 2 started, 2 stopped; 3 of 90 requests fail within 30s; as wanted after ~4.2s`.
fn expected(forecast: &Forecast) -> String {
    let seen = &forecast.seen;
    let unready = match (seen.became_unready.len(), seen.became_unready.first()) {
        (1, Some(pod)) => format!("{pod} stops being ready"),
        (0, _) => String::new(),
        (count, _) => format!("{count} pods stop being ready"),
    };
    let pods = match (seen.started, seen.stopped) {
        (0, 0) => String::new(),
        (started, 0) => format!("{} started", count_pods(started)),
        (0, stopped) => format!("{} stopped", count_pods(stopped)),
        (started, stopped) => format!("{} started, {stopped} stopped", count_pods(started)),
    };
    let requests = match seen.requests {
        (0, 0) => String::new(),
        (ok, failed) => {
            format!("{failed} of {} requests fail within {}", ok + failed, forecast.watched.whole())
        }
    };
    let parts = [unready, pods, requests, ending(forecast)];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{}.", parts.join("; "))
}

/// How it ends.
fn ending(forecast: &Forecast) -> String {
    let Observed { ready: (before, after), ready_again, ending, took, .. } = &forecast.seen;
    let stuck = match ending {
        0 => String::new(),
        ending => format!(", {ending} cannot be removed"),
    };
    match (&forecast.end, ready_again) {
        (End::Settled, _) if *took == Span::ZERO => "what runs goes on as it is".to_owned(),
        (End::Settled, _) if *after == 0 && *before > 0 => "no pod is wanted any more".to_owned(),
        (End::Settled, _) => format!("as wanted again after {}", forecast.settled_words()),
        (End::NotWithin(..), Some(again)) => {
            format!("{after} of {before} ready again after ~{}{stuck}", again.whole())
        }
        (End::NotWithin(limit, _), None) => format!("{after} of {before} ready after {limit}{stuck}"),
    }
}

fn count_pods(count: usize) -> String {
    if count == 1 { "1 pod".to_owned() } else { format!("{count} pods") }
}

impl App {
    /// What something that was tried would cause is known now.
    pub fn foreseen(&mut self, trial: &Trial, forecast: Result<Forecast, Refused>) {
        if matches!(trial, Trial::Apply(_)) {
            return self.foreseen_yaml(forecast);
        }
        self.outlook = match forecast {
            Ok(forecast) => Outlook::Ready(Box::new(forecast)),
            Err(Refused::Words(reason)) => Outlook::Refused(reason),
            Err(Refused::Document(problem)) => Outlook::Refused(problem.message),
        };
    }

    /// A copy of the cluster is to find out what something would cause, if there is anything to be tried.
    pub(super) fn await_outlook(&mut self, trial: Option<Trial>) -> Option<Effect> {
        self.outlook = if trial.is_some() { Outlook::Busy } else { Outlook::None };
        trial.map(|trial| Effect::Foresee(Box::new(trial)))
    }
}
