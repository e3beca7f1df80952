//! From a session to everything that a face needs to show it.

use super::Session;
use super::asked::{Asked, Reply, Truth};
use super::help::STUCK;
use super::shown::{
    ChoiceView, GoalState, GoalView, HostView, LessonView, MissView, QuestionKind, QuestionView, ScoreView,
    VerdictView,
};
use super::tracker::{Standing, Tracker};
use crate::engine::World;
use crate::expression::{Moments, Template};
use crate::lessons::lesson::{Body, Check, Lesson, Question, Since, Word};
use crate::lessons::pattern::Trigger;
use crate::lessons::plain_host::PlainHost;
use crate::lessons::prose::{Block, Style, texts_mut};

impl Session {
    /// The lesson as it is to be shown now.
    pub fn view(&self, world: &World) -> LessonView {
        let (lesson, course) = (&*self.lesson, &self.course);
        let shown = self.page.checked_sub(1).filter(|step| *step < lesson.steps.len());
        let steps = shown.map_or(0..lesson.steps.len(), |step| step..step + 1);
        let questions = shown.and_then(|step| lesson.steps.get(step)).map_or(&[][..], |step| &step.questions);
        let asked = questions.iter().filter_map(|question| Some((question, self.asked(&question.id)?)));
        let (heading, prose) = self.page_text(world);
        let given = if shown == Some(course.step) { course.help.given().to_vec() } else { Vec::new() };
        let hints = shown.and_then(|step| lesson.steps.get(step)).map_or(0, |step| step.hints.len());
        LessonView {
            id: lesson.id.clone(),
            number: lesson.number().to_owned(),
            title: lesson.title.clone(),
            part: lesson.part.clone(),
            page: (self.page, self.pages()),
            heading,
            prose,
            goals: steps.flat_map(|step| self.step_goals(step, world)).collect(),
            questions: asked.map(|(question, asked)| self.question_view(question, asked)).collect(),
            more_hints: given.len() < hints,
            hints: given,
            stuck: !self.is_over() && !self.holds_clock() && course.learner().stalled(world.now()) >= STUCK,
            score: self.score(),
            banners: self.files.banners(world),
            clock_held: self.holds_clock(),
            step_passed: shown.is_none_or(|step| step < course.step),
            passed: self.is_passed(),
            sandbox: self.sandbox.is_some(),
            timeline: course.diary.moments().to_vec(),
            host: course.host.as_ref().map(host_view),
            panels: lesson.view.clone(),
            allow: lesson.allow.clone(),
            speed: lesson.speed.clone(),
            seed: self.seed,
        }
    }

    /// The goals of all steps.
    pub fn all_goals(&self, world: &World) -> Vec<GoalView> {
        (0..self.lesson.steps.len()).flat_map(|step| self.step_goals(step, world)).collect()
    }

    fn step_goals(&self, step: usize, world: &World) -> Vec<GoalView> {
        let checks = self.lesson.steps.get(step).map_or(&[][..], |step| &step.checks);
        checks
            .iter()
            .zip(self.goals(step))
            .map(|(check, tracker)| self.goal_view(check, tracker, world))
            .collect()
    }

    /// The score so far: the goals of the steps that were passed, and those that are reached in this one.
    pub fn score(&self) -> ScoreView {
        let (step, course) = (self.course.step, &self.course);
        let steps = self.lesson.steps.iter().enumerate().take(step);
        let steps = steps.filter(|(index, _)| !course.skipped.contains(index));
        let passed: usize = steps.map(|(_, step)| step.checks.len()).sum();
        let reached =
            course.standings(step).filter(|standing| matches!(standing, Standing::Done(_) | Standing::Kept));
        ScoreView {
            reached: passed + reached.count(),
            goals: self.lesson.goals().count(),
            hints: course.help.asked,
        }
    }

    fn page_text(&self, world: &World) -> (String, Vec<Block>) {
        let lesson = &*self.lesson;
        match self.page.checked_sub(1) {
            None => (lesson.title.clone(), lesson.intro.clone()),
            Some(step) => match lesson.steps.get(step) {
                Some(step) => (step.title.clone(), step.prose.clone()),
                None => ("Debrief".to_owned(), self.debrief(lesson, world)),
            },
        }
    }

    /// The debrief with its expressions filled in, and what was simplified.
    fn debrief(&self, lesson: &Lesson, world: &World) -> Vec<Block> {
        let mut blocks = lesson.debrief.clone();
        texts_mut(&mut blocks, &mut |piece| {
            if piece.style != Style::Code
                && let Ok(template) = Template::parse(&piece.text, &[])
            {
                piece.text = template.render(world, &self.course.whole, &[]);
            }
        });
        blocks.push(Block::Rule);
        blocks.extend(lesson.simplified.iter().cloned());
        blocks
    }

    fn goal_view(&self, check: &Check, tracker: &Tracker, world: &World) -> GoalView {
        let moments = match check.since {
            Since::Start => &self.course.whole,
            Since::Step | Since::Trigger(_) => &self.course.recent,
        };
        let state = match tracker.standing() {
            Standing::Open => GoalState::Open,
            Standing::Holding(_) => GoalState::Holding,
            Standing::Kept => GoalState::Kept,
            Standing::Done(_) => GoalState::Done,
            Standing::Missed => GoalState::Missed,
        };
        let progress = match (&check.word, tracker.standing()) {
            (Word::Hold(span, _), Standing::Holding(from)) => {
                Some((world.now().since(from).as_secs(), span.as_secs()))
            }
            (Word::Hold(span, _), Standing::Done(_)) => Some((span.as_secs(), span.as_secs())),
            (Word::Hold(span, _), _) => Some((0, span.as_secs())),
            (Word::Order(triggers), _) => Some((tracker.seen() as u64, triggers.len() as u64)),
            _ => None,
        };
        let current = match &check.shown {
            Some(template) => template.render(world, moments, &[]),
            None => self.current(&check.word, tracker, world, moments),
        };
        GoalView {
            goal: check.goal.clone(),
            state,
            progress,
            current,
            wanted: check.wanted.clone().unwrap_or_else(|| wanted(&check.word)),
            missed: tracker.miss().map(|miss| MissView {
                t: miss.at.since(self.start).as_secs_f64(),
                text: miss.text.clone(),
                why: miss.why.clone(),
            }),
        }
    }

    fn current(&self, word: &Word, tracker: &Tracker, world: &World, moments: &Moments) -> String {
        match word {
            Word::That(expression)
            | Word::Always(expression)
            | Word::Hold(_, expression)
            | Word::Saw(Trigger::Holds(expression))
            | Word::Never(Trigger::Holds(expression)) => expression.evaluate(world, moments).operands_text(),
            Word::Saw(_) if tracker.is_reached() => "it happened".to_owned(),
            Word::Saw(_) => "not yet".to_owned(),
            Word::Never(_) if tracker.is_reached() => "it did not happen".to_owned(),
            Word::Never(_) => "it happened".to_owned(),
            Word::Order(triggers) => format!("{} of {}", tracker.seen(), triggers.len()),
            Word::Live(file) => self
                .files
                .differs(file, world)
                .into_iter()
                .next()
                .unwrap_or_else(|| "nothing differs".to_owned()),
        }
    }

    fn question_view(&self, question: &Question, asked: &Asked) -> QuestionView {
        let chosen = match &asked.reply {
            Some(Reply::Option(option)) => Some(*option),
            _ => None,
        };
        let held = match asked.verdict.as_ref().map(|verdict| &verdict.truth) {
            Some(Truth::Options(held)) => Some(held),
            _ => None,
        };
        let plain = |text: &String| ChoiceView { text: text.clone(), chosen: false, held: None, busts: None };
        let (kind, choices) = match &question.body {
            Body::Predict(options) => {
                let choice = |(index, option): (usize, &crate::lessons::lesson::PredictOption)| ChoiceView {
                    text: option.text.clone(),
                    chosen: chosen == Some(index),
                    held: held.map(|held| held.contains(&index)),
                    busts: held.and(option.busts.as_ref()).map(|busts| busts.name.clone()),
                };
                (QuestionKind::Predict, options.iter().enumerate().map(choice).collect())
            }
            Body::Order(items, _) => {
                let shuffled = shuffled(items.len(), self.seed, &question.id);
                (QuestionKind::Order(shuffled), items.iter().map(|item| plain(&item.text)).collect())
            }
            Body::Matrix(matrix) => {
                let rows = matrix.rows.iter().map(|row| row.text.clone()).collect();
                (
                    QuestionKind::Matrix(rows),
                    matrix.columns.iter().map(|column| plain(&column.text)).collect(),
                )
            }
        };
        let verdict = asked.verdict.as_ref().map(|verdict| VerdictView {
            t: verdict.at.since(self.start).as_secs_f64(),
            right: verdict.right,
            feedback: verdict.feedback.clone(),
            order: match &verdict.truth {
                Truth::Order(order, _) => Some(order.clone()),
                _ => None,
            },
            cells: match &verdict.truth {
                Truth::Cells(cells) => Some(cells.clone()),
                _ => None,
            },
        });
        QuestionView {
            id: question.id.clone(),
            ask: question.ask.clone(),
            kind,
            choices,
            answered: asked.reply.as_ref().map(|_| asked.sure),
            order: match &asked.reply {
                Some(Reply::Order(order)) => Some(order.clone()),
                _ => None,
            },
            cells: match &asked.reply {
                Some(Reply::Cells(cells)) => Some(cells.clone()),
                _ => None,
            },
            verdict,
        }
    }
}

/// The wanted value in words.
fn wanted(word: &Word) -> String {
    match word {
        Word::That(expression) | Word::Always(expression) => expression.source().to_owned(),
        Word::Hold(span, expression) => format!("{} for {span}", expression.source()),
        Word::Saw(trigger) => trigger.source().to_owned(),
        Word::Never(trigger) => format!("never {}", trigger.source()),
        Word::Order(triggers) => triggers.iter().map(Trigger::source).collect::<Vec<_>>().join(", then "),
        Word::Live(file) => format!("as {file} says"),
    }
}

/// The numbers below `count` in an order that the seed decides, never the order of the file if there is another.
fn shuffled(count: usize, seed: u64, id: &str) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|index| crate::random::fnv1a(format!("{seed}/{id}/{index}").as_bytes()));
    if order.is_sorted() {
        order.reverse();
    }
    order
}

fn host_view(host: &PlainHost) -> HostView {
    let containers = host.containers().iter().map(|container| {
        let down = host.downtime(container).as_secs();
        (
            container.name.clone(),
            container.image.clone(),
            host.status(container),
            container.is_running(),
            down,
        )
    });
    HostView {
        powered: host.is_powered(),
        containers: containers.collect(),
        chores: host.chores().to_vec(),
        diary: host.diary().to_vec(),
    }
}
