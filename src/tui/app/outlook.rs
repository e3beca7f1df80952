//! What is expected of a break before it is done.

use super::{App, Effect};
use crate::preview::{End, Forecast, Refused, Trial};
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

/// `2 pods stop being ready; 2 started, 2 stopped; 3 of 90 requests fail; as wanted after ~4.2s`.
fn expected(forecast: &Forecast) -> String {
    let seen = &forecast.seen;
    let unready = match (seen.became_unready.len(), seen.became_unready.first()) {
        (1, Some(pod)) => format!("{pod} stops being ready"),
        (0, _) => "no pod stops being ready by itself".to_owned(),
        (count, _) => format!("{count} pods stop being ready"),
    };
    let requests = match seen.requests {
        (0, 0) => String::new(),
        (ok, failed) => {
            format!("; {failed} of {} requests fail within {}", ok + failed, whole(forecast.watched))
        }
    };
    let end = match &forecast.end {
        End::Settled if seen.took == Span::ZERO => "what runs goes on as it is".to_owned(),
        End::Settled => format!("as wanted again after {}", forecast.settled_words()),
        End::NotWithin(limit, _) => format!("not healed within {limit}"),
    };
    let pods = if seen.started == 1 { "pod" } else { "pods" };
    format!("{unready}; {} {pods} started, {} stopped{requests}; {end}.", seen.started, seen.stopped)
}

/// A span in whole seconds, where there are some.
fn whole(span: Span) -> Span {
    if span < Span::secs(1) { span } else { Span::secs(span.as_secs()) }
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
