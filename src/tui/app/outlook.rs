//! What is expected of a break before it is done.

use smol_str::SmolStr;

use super::{App, Effect, Overlay};
use crate::preview::{End, Forecast, Refused, Trial};
use crate::time::Span;
use crate::tui::breaks::{self, BreakEntry};
use crate::tui::screens;

/// Names that are listed before they are only counted.
const NAMED: usize = 3;

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

/// `pods a and b stop being ready; 2 started, 2 stopped; 3 of 90 requests fail; as wanted after ~4.2s`.
fn expected(forecast: &Forecast) -> String {
    let seen = &forecast.seen;
    let names: Vec<&str> = seen.became_unready.iter().take(NAMED).map(SmolStr::as_str).collect();
    let unready = match seen.became_unready.len() {
        0 => "no pod stops being ready by itself".to_owned(),
        count if count > names.len() => {
            format!("{} and {} more stop being ready", names.join(", "), count - names.len())
        }
        _ => format!("{} not ready", names.join(", ")),
    };
    let requests = match seen.requests {
        (0, 0) => String::new(),
        (ok, failed) => {
            format!("; {failed} of {} requests fail within {}", ok + failed, forecast.watched.whole())
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

    /// What can be broken about what is selected: the link of a station of the wire, or an object.
    pub(super) fn break_entries(&self) -> Vec<BreakEntry> {
        match screens::picked_station(self) {
            Some(component) => breaks::entries_for_link(&self.view, &component, "apiserver"),
            None => breaks::entries(&self.view, self.target().as_ref()),
        }
    }

    /// Shows the break menu at an entry, and asks what that would cause.
    pub(super) fn keep_break(&mut self, entries: Vec<BreakEntry>, at: usize) -> Option<Effect> {
        let input = entries.get(at).and_then(|entry| entry.input.clone().ok());
        self.overlay = Some(Overlay::Break(entries, at));
        self.outlook = if input.is_some() { Outlook::Busy } else { Outlook::None };
        input.map(|input| Effect::Foresee(Box::new(Trial::Do(Box::new(input)))))
    }
}
