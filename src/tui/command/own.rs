//! The dashboard's own commands: one grammar for parsing, completion and help.

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use super::export::Export;
use super::faults::BreakCommand;
use super::{Choice, Line};
use crate::kubectl;
use crate::manifests::nearest;
use crate::time::VirtualTime;
use crate::tui::pace::{Mode, Pace};
use crate::tui::screen::Screen;
use crate::tui::theme::Theme;

/// A line of the dashboard's own.
#[derive(Debug, Parser)]
#[command(
    multicall = true,
    term_width = 0,
    disable_help_flag = true,
    disable_help_subcommand = true,
    disable_version_flag = true
)]
struct Words {
    #[command(subcommand)]
    own: Own,
}

/// What the dashboard knows itself.
#[derive(Clone, Debug, Subcommand)]
pub enum Own {
    /// How fast time goes by: follow, max, 1x, 20x, 1/4x.
    Speed {
        /// The speed.
        #[arg(value_parser = Pace::parse)]
        speed: Mode,
    },
    /// Slow enough to see each step, quick through waits.
    Follow,
    /// Stop the clock; the API goes on answering.
    Pause,
    /// Let the clock go on.
    Resume,
    /// One event forward.
    Step,
    /// One event back, into the past.
    Back,
    /// On to the next thing that happens.
    Skip,
    /// To a moment: back into the past, or on until then.
    Goto {
        /// Since boot: 4:37.3, 39.4, 1m30s.
        #[arg(value_parser = VirtualTime::parse)]
        at: VirtualTime,
    },
    /// Stop the clock when something becomes true; without words, list what it stops at; "clear" forgets all.
    #[command(
        visible_alias = "breakpoint",
        after_help = "Examples:
  until pods('app=login').ready < 3
  until deployment('login').conditions.Progressing == 'False'
  until clear"
    )]
    Until {
        /// An expression, as scripts and lessons have them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        expression: Vec<String>,
    },
    /// Take back what you did last: what was broken by rewinding, what was changed by sending what was there before.
    Undo,
    /// From the past back to now.
    Live,
    /// In the past: go on from here, and forget what came after it.
    Fork,
    /// Break something, or mend it.
    #[command(visible_alias = "chaos")]
    Break {
        /// What.
        #[command(subcommand)]
        what: BreakCommand,
    },
    /// Add a worker node, or take one away.
    Node {
        /// What is done.
        #[arg(value_enum)]
        act: NodeAct,
        /// Its name.
        name: String,
    },
    /// Synthetic clients ask a Service: requests per second, 0 ends it.
    Traffic {
        /// The Service.
        service: String,
        /// Requests per second.
        per_second: u32,
    },
    /// Take a lesson; without a name, the course.
    Learn {
        /// Its number or name.
        lesson: Option<String>,
    },
    /// What the lessons that you passed leave you with, and what you believed; with words, the cards that have them.
    Cards {
        /// Words that a card must have.
        words: Vec<String>,
    },
    /// A command for the plain container host of a lesson: run, start, rm, update, ps.
    Docker {
        /// As docker takes them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Which panels are shown in a lesson: all, or those that it opens.
    Panels {
        /// all, or lesson.
        #[arg(value_parser = ["all", "lesson"])]
        which: String,
    },
    /// Show only rows that contain this; without it, all.
    Filter {
        /// The text.
        text: Option<String>,
    },
    /// Go to a screen.
    Screen {
        /// Its name or digit.
        #[arg(value_parser = screen)]
        screen: Screen,
    },
    /// The looks.
    Theme {
        /// Its name; without it, the next one.
        #[arg(value_parser = Theme::names().collect::<Vec<_>>())]
        name: Option<String>,
    },
    /// ASCII signs, or the usual ones again.
    Ascii,
    /// What really runs on the nodes, whatever the API says.
    XRay,
    /// Why is it so? The four questions about an object: why login, why node-1, why pod x4h2s.
    Why {
        /// Its name or the end of it, with its kind if need be; without it, what is selected.
        object: Vec<String>,
    },
    /// What is going on, and what comes next.
    Now,
    /// Everything that was said.
    Messages,
    /// The keys and commands; or what is said about one word.
    Help {
        /// A key, a command, a word.
        topic: Option<String>,
    },
    /// Write the screen, its frames or the run into a file.
    Export {
        /// What.
        #[command(subcommand)]
        what: Export,
    },
    /// Messages on the wire travel, or are only numbered.
    Motion,
    /// The seed and what else this run is made of.
    Seed,
    /// End.
    #[command(visible_alias = "exit")]
    Quit,
}

/// What is done with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NodeAct {
    /// A new worker node joins.
    Add,
    /// Its machine and its Node object go.
    Remove,
}

/// Seconds with a fraction, or a span with units.
fn screen(text: &str) -> Result<Screen, String> {
    let wanted = text.to_lowercase();
    let found = Screen::ALL
        .iter()
        .find(|screen| screen.name(false).to_lowercase() == wanted || screen.digit().to_string() == wanted);
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = Screen::ALL.iter().map(|screen| screen.name(false)).collect();
        format!("there are {}", names.join(", "))
    })
}

impl Own {
    /// What it does, in a few words.
    pub fn words(&self) -> String {
        match self {
            Self::Speed { speed } => {
                let mut pace = Pace::default();
                pace.set(*speed);
                format!("time goes by at {}", pace.label())
            }
            Self::Goto { at } => format!("show the cluster {at} after its boot"),
            Self::Break { what } => what.words(),
            Self::Export { what } => what.words(),
            Self::Node { act: NodeAct::Add, name } => format!("{name} joins the cluster, empty"),
            Self::Node { act: NodeAct::Remove, name } => {
                format!("{name} goes for good; its pods are made anew elsewhere if something owns them")
            }
            Self::Until { expression } if !expression.is_empty() && expression != &["clear"] => {
                format!("the clock stops when this becomes true: {}", expression.join(" "))
            }
            Self::Traffic { service, per_second: 0 } => format!("clients stop asking {service}"),
            Self::Traffic { service, per_second } => {
                format!("clients ask {service} {per_second} times a second")
            }
            other => {
                let name = other.verb();
                let command = Words::command();
                let about =
                    command.find_subcommand(name).and_then(|verb| verb.get_about().map(ToString::to_string));
                about.unwrap_or_else(|| name.to_owned())
            }
        }
    }

    fn verb(&self) -> &'static str {
        match self {
            Self::Speed { .. } => "speed",
            Self::Follow => "follow",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Step => "step",
            Self::Back => "back",
            Self::Skip => "skip",
            Self::Goto { .. } => "goto",
            Self::Until { .. } => "until",
            Self::Undo => "undo",
            Self::Live => "live",
            Self::Fork => "fork",
            Self::Break { .. } => "break",
            Self::Node { .. } => "node",
            Self::Traffic { .. } => "traffic",
            Self::Learn { .. } => "learn",
            Self::Cards { .. } => "cards",
            Self::Docker { .. } => "docker",
            Self::Panels { .. } => "panels",
            Self::Filter { .. } => "filter",
            Self::Screen { .. } => "screen",
            Self::Theme { .. } => "theme",
            Self::Ascii => "ascii",
            Self::XRay => "x-ray",
            Self::Why { .. } => "why",
            Self::Now => "now",
            Self::Messages => "messages",
            Self::Help { .. } => "help",
            Self::Export { .. } => "export",
            Self::Motion => "motion",
            Self::Seed => "seed",
            Self::Quit => "quit",
        }
    }
}

/// The grammar of the dashboard's own words.
pub(super) fn grammar() -> clap::Command {
    Words::command()
}

/// How a line that is not whole yet goes on: `node <ACT> <NAME>`.
pub(super) fn usage(line: &str) -> Option<String> {
    let mut command = Words::command();
    let mut verb = None;
    for word in line.split_whitespace() {
        let Some(found) = command.find_subcommand(word) else { break };
        let (next, name) = (found.clone(), found.get_name().to_owned());
        command = next;
        verb = Some(verb.map_or(name.clone(), |before| format!("{before} {name}")));
    }
    let usage = command.bin_name(verb?).render_usage().to_string();
    Some(usage.replacen("Usage: ", "", 1))
}

/// The verbs, with what each does.
pub fn verbs() -> Vec<Choice> {
    let command = Words::command();
    let about = |verb: &clap::Command| verb.get_about().map(ToString::to_string).unwrap_or_default();
    command
        .get_subcommands()
        .map(|verb| Choice { text: verb.get_name().to_owned(), note: about(verb) })
        .collect()
}

fn is_own(word: &str) -> bool {
    Words::command()
        .get_subcommands()
        .any(|verb| verb.get_name() == word || verb.get_all_aliases().any(|alias| alias == word))
}

/// Whether a word is a whole verb, of the dashboard or of kubectl.
pub(super) fn is_verb(word: &str) -> bool {
    is_own(word) || kubectl::is_verb(word)
}

/// What a line means. `sim` may stand before the dashboard's own words, `kubectl` before the others.
///
/// # Errors
/// What is wrong with it, in a few lines.
pub fn parse(line: &str) -> Result<Line, String> {
    let line = line.trim();
    let line = line.strip_prefix("sim ").unwrap_or(line);
    if let Some(expression) = expression_of(line) {
        // The quotes and signs of an expression are its own.
        return Ok(Line::Own(Own::Until { expression: vec![expression.to_owned()] }));
    }
    if line == "goto live" {
        return Ok(Line::Own(Own::Live));
    }
    let words = shlex::split(line).ok_or("a quote is not closed")?;
    let Some(first) = words.first() else { return Err("type a command; ? lists the keys".to_owned()) };
    if !is_own(first) {
        // A slip of one of the dashboard's own words is none of kubectl's.
        let own: Vec<String> = verbs().into_iter().map(|verb| verb.text).collect();
        let meant = nearest(first, own.iter().map(String::as_str)).filter(|_| !kubectl::is_verb(first));
        return match meant {
            Some(meant) => Err(format!("unknown command \"{first}\"; did you mean {meant}?")),
            None => Ok(Line::Kubectl(line.to_owned())),
        };
    }
    match Words::try_parse_from(&words) {
        Ok(Words { own }) => Ok(Line::Own(own)),
        Err(error) => Err(brief(&error.to_string())),
    }
}

/// The expression of `until EXPR`.
fn expression_of(line: &str) -> Option<&str> {
    let (verb, rest) = line.split_once(char::is_whitespace)?;
    let rest = rest.trim();
    let is_expression =
        ["until", "breakpoint"].contains(&verb) && !rest.is_empty() && !rest.starts_with("--");
    is_expression.then_some(rest)
}

/// clap's words without its headings.
fn brief(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("For more"));
    lines.map(|line| line.strip_prefix("error: ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_words_and_kubectls_are_told_apart() {
        assert!(matches!(parse("speed 20x"), Ok(Line::Own(Own::Speed { .. }))));
        assert!(
            matches!(parse("sim goto 39.4"), Ok(Line::Own(Own::Goto { at })) if at == VirtualTime::from_micros(39_400_000))
        );
        assert!(parse("goto a:b").is_err_and(|problem| problem.contains("4:37.3")));
        let stop = parse("until pods('app=login').ready < 3");
        assert!(
            matches!(stop, Ok(Line::Own(Own::Until { expression })) if expression == ["pods('app=login').ready < 3"])
        );
        assert!(matches!(parse("get pods"), Ok(Line::Kubectl(line)) if line == "get pods"));
        assert!(parse("speed 3x").is_err_and(|problem| problem.contains("follow")));
        assert!(parse("break nod node-1 power-off").is_err_and(|problem| problem.contains("node")));
        assert!(parse("say 'what").is_err());
        for (slip, meant) in [
            ("spede 20x", "speed"),
            ("brek scheduler stop", "break"),
            ("expotr svg", "export"),
            ("gto 5", "goto"),
        ] {
            assert!(parse(slip).is_err_and(|problem| problem.ends_with(&format!("did you mean {meant}?"))));
        }
        assert!(matches!(parse("gte pods"), Ok(Line::Kubectl(_))), "kubectl says so itself");
    }

    #[test]
    fn every_verb_parses_under_its_own_name() {
        for verb in verbs() {
            assert!(is_own(&verb.text) && !verb.note.is_empty(), "{}", verb.text);
        }
    }
}
