//! A question that was asked: the answer, and what the cluster then says about it.

use super::experiment;
use crate::engine::View;
use crate::expression::Moments;
use crate::lessons::lesson::{Body, Hold, PredictOption, Question, Reveal};
use crate::lessons::pattern::{Hit, Look, Trigger};
use crate::time::VirtualTime;
use crate::trace::EventId;

/// How sure somebody is of an answer.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Sure {
    /// It is a guess.
    Guess,
    /// Fairly.
    #[default]
    Fairly,
    /// Certain.
    Certain,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reply {
    /// An option of a prediction, from 0.
    Option(usize),
    /// The items in the order in which they were put, as they stand in the file.
    Order(Vec<usize>),
    /// The cells of a table, row by row.
    Cells(Vec<Vec<bool>>),
    /// Whatever is right: solutions that are played without a learner know everything.
    Perfect,
}

/// What the cluster said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// When.
    pub at: VirtualTime,
    /// What was so.
    pub truth: Truth,
    /// How much of the answer was right, and how much there was.
    pub right: (usize, usize),
    /// What is said about it.
    pub feedback: Vec<String>,
}

/// What was so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// The options that held; exactly one if all is well.
    Options(Vec<usize>),
    /// The items in the order in which they happened, and those that did not happen.
    Order(Vec<usize>, Vec<usize>),
    /// The cells, row by row.
    Cells(Vec<Vec<bool>>),
}

/// A question in the course of a lesson.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The answer.
    pub(super) reply: Option<Reply>,
    /// How sure the learner was.
    pub(super) sure: Sure,
    /// What the cluster said.
    pub(super) verdict: Option<Verdict>,
    answered_at: VirtualTime,
    /// The learner's first act since the question was asked.
    acted_at: Option<VirtualTime>,
    /// The first moment of each item since the question was asked.
    firsts: Vec<Option<Hit>>,
    /// Whether its reveal held when it was answered already.
    revealed_early: bool,
    /// Whether its reveal had not come when the step was passed.
    revealed_late: bool,
}

impl Asked {
    /// A question that is open.
    pub(super) fn new(question: &Question) -> Self {
        let items = match &question.body {
            Body::Order(items, _) => items.len(),
            Body::Predict(_) | Body::Matrix(_) => 0,
        };
        Self {
            reply: None,
            sure: Sure::default(),
            verdict: None,
            answered_at: VirtualTime::ZERO,
            acted_at: None,
            firsts: vec![None; items],
            revealed_early: false,
            revealed_late: false,
        }
    }

    /// What the cluster said, if it did.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.verdict.as_ref()
    }

    /// Whether its reveal held when it was answered already.
    pub fn is_revealed_early(&self) -> bool {
        self.revealed_early
    }

    /// Whether its reveal had not come when the step was passed.
    pub fn is_revealed_late(&self) -> bool {
        self.revealed_late
    }

    /// Whether it holds the clock; `acted` says whether the learner did anything in the step.
    pub(super) fn holds_clock(&self, question: &Question, acted: bool) -> bool {
        self.reply.is_none()
            && match question.hold {
                Hold::Start => true,
                Hold::BeforeApply => acted,
                Hold::No => false,
            }
    }

    /// Takes an answer.
    pub(super) fn answer(
        &mut self,
        question: &Question,
        reply: Reply,
        sure: Sure,
        look: &Look,
    ) -> Result<(), String> {
        if self.reply.is_some() {
            return Err("this question was answered already".to_owned());
        }
        fits(&question.body, &reply)?;
        if let Reveal::When(Trigger::Holds(expression)) = &question.reveal {
            self.revealed_early = look.holds(expression);
        }
        self.reply = Some(reply);
        self.sure = sure;
        self.answered_at = look.world.now();
        Ok(())
    }

    /// Looks at an instant; `acted` says whether the learner did something in it. Judges when it is time.
    pub(super) fn look(&mut self, question: &Question, look: &Look, acted: bool, base: &View) {
        if self.verdict.is_some() {
            return;
        }
        if acted {
            self.acted_at.get_or_insert(look.world.now());
        }
        if let Body::Order(items, _) = &question.body {
            for (item, first) in items.iter().zip(&mut self.firsts) {
                if first.is_none() {
                    *first = item.when.seen(look, None);
                }
            }
        }
        if self.reply.is_none() {
            return;
        }
        let now = look.world.now();
        let is_time = match &question.reveal {
            Reveal::Passed => false,
            Reveal::AtOnce => true,
            Reveal::When(trigger) => trigger.seen(look, None).is_some(),
            Reveal::After(span) => {
                self.acted_at.is_some_and(|acted| now.since(acted.max(self.answered_at)) >= *span)
            }
        };
        if is_time {
            self.judge(question, look, base);
        }
    }

    /// The step is passed: whoever is not judged yet is judged now.
    pub(super) fn judge_at_the_end(&mut self, question: &Question, look: &Look, base: &View) {
        if self.verdict.is_none() {
            self.revealed_late = !matches!(question.reveal, Reveal::Passed);
            self.judge(question, look, base);
        }
    }

    /// Judges now.
    fn judge(&mut self, question: &Question, look: &Look, base: &View) {
        let Some(reply) = &self.reply else { return };
        if self.verdict.is_some() {
            return;
        }
        let (truth, right, feedback) = match &question.body {
            Body::Predict(options) => judge_prediction(options, reply, look),
            Body::Order(items, say) => {
                let (truth, missing) = self.order();
                let right = match reply {
                    Reply::Order(order) => order.iter().zip(&truth).filter(|(put, is)| put == is).count(),
                    _ => items.len(),
                };
                (Truth::Order(truth, missing), (right, items.len()), said(say.as_ref(), look))
            }
            Body::Matrix(matrix) => {
                let truth = experiment::table(matrix, base, look.files);
                let all = matrix.rows.len() * matrix.columns.len();
                let right = match reply {
                    Reply::Cells(cells) => {
                        let pairs = cells.iter().flatten().zip(truth.iter().flatten());
                        pairs.filter(|(put, is)| put == is).count()
                    }
                    _ => all,
                };
                (Truth::Cells(truth), (right, all), said(matrix.say.as_ref(), look))
            }
        };
        self.verdict = Some(Verdict { at: look.world.now(), truth, right, feedback });
    }

    /// The items in the order in which they happened; those that did not happen come last.
    fn order(&self) -> (Vec<usize>, Vec<usize>) {
        let key = |index: &usize| {
            let first = self.firsts.get(*index).copied().flatten();
            first.map_or((VirtualTime::NEVER, EventId(u64::MAX)), |hit| {
                (hit.at, hit.event.unwrap_or(EventId(u64::MAX)))
            })
        };
        let mut truth: Vec<usize> = (0..self.firsts.len()).collect();
        truth.sort_by_key(key);
        let missing =
            truth.iter().copied().filter(|index| self.firsts.get(*index).copied().flatten().is_none());
        (truth.clone(), missing.collect())
    }
}

fn fits(body: &Body, reply: &Reply) -> Result<(), String> {
    let fits = match (body, reply) {
        (_, Reply::Perfect) => true,
        (Body::Predict(options), Reply::Option(option)) => *option < options.len(),
        (Body::Order(items, _), Reply::Order(order)) => {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            sorted.into_iter().eq(0..items.len())
        }
        (Body::Matrix(matrix), Reply::Cells(cells)) => {
            cells.len() == matrix.rows.len() && cells.iter().all(|row| row.len() == matrix.columns.len())
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err("this answer does not fit the question".to_owned()) }
}

type Judged = (Truth, (usize, usize), Vec<String>);

fn judge_prediction(options: &[PredictOption], reply: &Reply, look: &Look) -> Judged {
    let held: Vec<usize> = options
        .iter()
        .enumerate()
        .filter(|(_, option)| look.holds(&option.holds))
        .map(|(index, _)| index)
        .collect();
    let chosen = match reply {
        Reply::Option(option) => Some(*option),
        _ => held.first().copied(),
    };
    let right = chosen.is_some_and(|chosen| held.contains(&chosen));
    let shown = chosen.into_iter().chain(held.iter().copied().filter(|held| !right && Some(*held) != chosen));
    let mut feedback: Vec<String> = shown
        .filter_map(|index| options.get(index))
        .flat_map(|option| said(option.say.as_ref(), look))
        .collect();
    if held.is_empty() {
        feedback.push("None of the options is what happened: you took a way that nobody foresaw.".to_owned());
    }
    (Truth::Options(held), (usize::from(right), 1), feedback)
}

fn said(say: Option<&crate::expression::Template>, look: &Look) -> Vec<String> {
    say.map(|say| say.render(look.world, look.moments, &[])).into_iter().collect()
}

/// The moments of an experiment: everything counts from its beginning.
pub(super) fn moments_from(now: VirtualTime) -> Moments {
    Moments { start: now, since: now, ..Moments::default() }
}
