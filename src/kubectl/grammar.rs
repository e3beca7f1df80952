//! The grammar: verbs and flags as clap reads them, with kubectl's own words for what is wrong.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, Command, CommandFactory, FromArgMatches};

use super::output::{Output, Stream};
use super::preview::Look;
use super::running::Running;
use super::targets::Scope;
use super::verbs::{self, Verb};
use crate::engine::World;
use crate::manifests::NoFiles;
use crate::time::Span;

/// Columns of a help text.
const HELP_WIDTH: usize = 100;
/// How many letters a verb may differ in from the one that was meant (as cobra, kubectl's own parser, has it).
const NEAR: usize = 2;

/// kubectl controls the cluster.
#[derive(Debug, clap::Parser)]
#[command(
    name = "kubectl",
    bin_name = "kubectl",
    no_binary_name = true,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_version_flag = true
)]
struct Line {
    /// If present, the namespace scope for this CLI request
    #[arg(short, long, global = true, value_name = "NAMESPACE")]
    namespace: Option<String>,
    #[command(subcommand)]
    verb: Verbs,
}

macro_rules! verbs {
    ($( $verb:ident($args:ident); )*) => {
        #[derive(Debug, clap::Subcommand)]
        enum Verbs {
            $( $verb(verbs::$args), )*
        }

        impl Verbs {
            fn into_verb(self) -> Box<dyn Verb> {
                match self { $( Self::$verb(args) => Box::new(args), )* }
            }
        }
    };
}

verbs! {
    Get(Get);
    Describe(Describe);
    Create(Create);
    Apply(Apply);
    Delete(Delete);
    Run(Run);
    Scale(Scale);
    Set(Set);
    Rollout(Rollout);
    Logs(Logs);
    Label(Label);
    Annotate(Annotate);
    Taint(TaintVerb);
    Cordon(Cordon);
    Uncordon(Uncordon);
    Drain(Drain);
    Expose(Expose);
    Edit(Edit);
    Patch(PatchVerb);
    Replace(Replace);
    Wait(Wait);
    Explain(Explain);
    Events(Events);
    ApiResources(ApiResources);
    ClusterInfo(ClusterInfo);
    Version(Version);
}

/// Verbs of the real kubectl that are not here, and why.
const ABSENT: &[(&str, &str)] = &[
    ("exec", "there is no terminal into a container; `kubectl logs` shows what it prints"),
    ("attach", "there is no terminal into a container; `kubectl logs -f` shows what it prints"),
    ("debug", "there is no terminal into a container"),
    ("cp", "there is no machine to copy from or to"),
    ("port-forward", "there is no port of your machine to forward"),
    ("proxy", "there is no port of your machine to serve on"),
    ("top", "Metrics API not available"),
    ("auth", "there are no users here: everybody may do everything"),
    ("certificate", "there are no certificates here"),
    ("config", "there is one cluster, and you are connected to it"),
    ("autoscale", "there is no HorizontalPodAutoscaler here; use `kubectl scale`"),
    ("kustomize", "kustomizations are not read here; apply plain manifests"),
    ("diff", "use `kubectl apply --dry-run=server -f` and the dashboard's preview"),
    ("plugin", "there are no plugins here"),
    ("completion", "completion is built in: press Tab"),
];

/// The verbs with their subcommands and flags, as clap knows them.
pub(super) fn command() -> Command {
    go_like(Line::command()).term_width(HELP_WIDTH)
}

/// Whether a word is one of its verbs.
pub fn is_verb(word: &str) -> bool {
    command().find_subcommand(word).is_some()
}

/// Flags that are true or false may be written `--flag=false`, as Go's flags are.
fn go_like(command: Command) -> Command {
    let command = command.mut_args(|arg| match arg.get_action() {
        ArgAction::SetTrue => arg
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_value("false")
            .default_missing_value("true")
            .value_parser(clap::value_parser!(bool))
            .value_name("BOOL")
            .hide_default_value(true)
            .hide_possible_values(true),
        _ => arg,
    });
    command.mut_subcommands(go_like)
}

/// A line of words, with or without `kubectl` in front: a command that is to be polled. What is wrong with the
/// line is its output, and then it is over.
pub fn parse(line: &str) -> Running {
    match read(line) {
        Ok(read) => {
            let words: Vec<String> = read.words.iter().map(|word| quoted(word)).collect();
            Running::new(read.line.verb.into_verb(), read.line.namespace, &words.join(" "))
        }
        Err((output, exit)) => Running::over(output, exit),
    }
}

/// One plain sentence of what a line would do.
pub fn preview(line: &str, world: &World) -> String {
    if words(line).is_ok_and(|words| words.is_empty()) {
        return "type a kubectl command, such as get pods".to_owned();
    }
    match read(line) {
        Ok(read) => {
            let scope = Scope { said: read.line.namespace.as_deref(), files: &NoFiles };
            let look = Look { world, scope };
            read.line.verb.into_verb().preview(&look)
        }
        Err((output, 0)) => output.text().lines().next().unwrap_or("").to_owned(),
        Err(_) if line.trim_end().ends_with('=') => unfinished(line.trim_end(), world),
        Err((output, _)) => {
            output.text().lines().next().unwrap_or("").trim_start_matches("error: ").to_owned()
        }
    }
}

/// Commands that only look, by their first word.
const LOOKS: &[&str] = &[
    "get",
    "describe",
    "logs",
    "explain",
    "events",
    "top",
    "version",
    "cluster-info",
    "api-resources",
    "api-versions",
    "diff",
    "wait",
    "auth",
    "config",
    "options",
];

/// Whether a line only looks and changes nothing.
pub fn only_looks(line: &str) -> bool {
    let line = line.trim();
    let mut words = line.strip_prefix("kubectl ").unwrap_or(line).split_whitespace();
    match words.next() {
        Some("rollout") => matches!(words.next(), Some("status" | "history")),
        Some(word) => LOOKS.contains(&word),
        None => true,
    }
}

/// What is still missing of a line that ends in `--flag=`, and what it is now, if that is known.
fn unfinished(line: &str, world: &World) -> String {
    let flag = line.split_whitespace().next_back().unwrap_or("").trim_end_matches('=');
    let asked = format!("say how much: {flag}=...");
    // With any number the line can be read, and so can what it is about.
    let Ok(read) = read(&format!("{line}0")) else { return asked };
    let scope = Scope { said: read.line.namespace.as_deref(), files: &NoFiles };
    let target = read.words.iter().find_map(|word| word.split_once('/')).and_then(|(kind, name)| {
        let kind = crate::object::Kind::from_resource(kind)?;
        world.object(&scope.target(kind, name))
    });
    let field = format!("/spec/{}", flag.trim_start_matches('-'));
    match target.and_then(|object| object.to_value().pointer(&field).cloned()) {
        Some(now) => format!("{asked} (now {now})"),
        None => asked,
    }
}

struct Read {
    line: Line,
    words: Vec<String>,
}

fn read(line: &str) -> Result<Read, (Output, u8)> {
    let words = words(line).map_err(failed)?;
    let mut command = command();
    let matches =
        command.try_get_matches_from_mut(&words).map_err(|error| explain(&error, &words, &command))?;
    match Line::from_arg_matches(&matches) {
        Ok(line) => Ok(Read { line, words }),
        Err(error) => Err(explain(&error, &words, &command)),
    }
}

/// The words of a line, as a shell would split it.
pub(super) fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words =
        shlex::split(line).ok_or("a quote is opened and not closed; close it or put a \\ in front")?;
    if words.first().is_some_and(|word| word == "kubectl" || word == "k") {
        words.remove(0);
    }
    let before_dashes = words.iter().take_while(|word| *word != "--");
    if let Some(sign) = before_dashes
        .clone()
        .find(|word| ["|", ">", ">>", "<", "&&", "||", ";", "&"].contains(&word.as_str()))
    {
        return Err(format!("there is no shell here: \"{sign}\" means nothing; one command at a time"));
    }
    Ok(words)
}

/// A word as it must be typed to be one word again.
fn quoted(word: &str) -> String {
    match word.is_empty() || word.contains(|c: char| c.is_whitespace() || "'\"\\".contains(c)) {
        true => shlex::try_quote(word).map_or_else(|_| word.to_owned(), std::borrow::Cow::into_owned),
        false => word.to_owned(),
    }
}

fn failed(text: String) -> (Output, u8) {
    let mut output = Output::default();
    output.error(format!("error: {text}"));
    (output, 1)
}

/// What clap found, in kubectl's words.
fn explain(error: &clap::Error, words: &[String], command: &Command) -> (Output, u8) {
    let said = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(" ")),
        _ => None,
    };
    let path = path(words, command);
    let usage = format!("See '{path} --help' for usage.");
    match error.kind() {
        ErrorKind::DisplayHelp => {
            let mut output = Output::default();
            output.print(Stream::Out, &error.render().to_string());
            (output, 0)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            let mut output = Output::default();
            output.print(Stream::Out, &error.render().to_string());
            // kubectl alone shows its help and is content.
            (output, u8::from(!words.is_empty()))
        }
        ErrorKind::InvalidSubcommand => {
            let word = said(ContextKind::InvalidSubcommand).unwrap_or_default();
            match ABSENT.iter().find(|(verb, _)| *verb == word) {
                Some(("top", why)) => failed((*why).to_owned()),
                Some((verb, why)) => failed(format!("kubectl {verb} is not there: {why}")),
                None => failed(unknown_command(&word, &path, command)),
            }
        }
        ErrorKind::UnknownArgument => {
            let argument = said(ContextKind::InvalidArg).unwrap_or_default();
            let near = said(ContextKind::SuggestedArg);
            let near = near.map(|near| format!("\nDid you mean {near}?")).unwrap_or_default();
            let text = match argument.strip_prefix('-') {
                Some(long) if long.starts_with('-') => {
                    let name = argument.split('=').next().unwrap_or(&argument);
                    format!("unknown flag: {name}")
                }
                Some(short) => {
                    let letter: String = short.chars().take(1).collect();
                    format!("unknown shorthand flag: '{letter}' in {argument}")
                }
                None => format!("unknown argument \"{argument}\""),
            };
            failed(format!("{text}{near}\n{usage}"))
        }
        ErrorKind::ValueValidation => {
            let (flag, value) = (said(ContextKind::InvalidArg), said(ContextKind::InvalidValue));
            let (flag, value) = (flag.unwrap_or_default(), value.unwrap_or_default());
            let flag = flag.split([' ', '=', '[']).next().unwrap_or_default();
            let why = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            let why = match why.contains("digit") {
                true => format!("strconv.ParseInt: parsing \"{value}\": invalid syntax"),
                false => why,
            };
            failed(format!("invalid argument \"{value}\" for \"{flag}\" flag: {why}\n{usage}"))
        }
        _ => {
            let rendered = error.render().to_string();
            let text = rendered.split("\n\nUsage:").next().unwrap_or(&rendered);
            let text = text.split("\n\nFor more information").next().unwrap_or(text);
            failed(format!("{}\n{usage}", text.trim_start_matches("error: ").trim_end()))
        }
    }
}

/// The verbs that were understood: `kubectl rollout status`.
fn path(words: &[String], command: &Command) -> String {
    let (mut here, mut path) = (command, String::from("kubectl"));
    for word in words {
        let Some(next) = here.find_subcommand(word) else { break };
        here = next;
        path.push(' ');
        path.push_str(word);
    }
    path
}

fn unknown_command(word: &str, path: &str, command: &Command) -> String {
    let mut here = command;
    for verb in path.split(' ').skip(1) {
        here = here.find_subcommand(verb).unwrap_or(here);
    }
    let names = here.get_subcommands().map(Command::get_name);
    let mut near: Vec<(usize, &str)> = names
        .map(|name| (strsim::damerau_levenshtein(word, name), name))
        .filter(|(distance, name)| *distance <= NEAR || name.starts_with(word))
        .collect();
    near.sort_unstable();
    let mut text = format!("unknown command \"{word}\" for \"{path}\"");
    if !near.is_empty() {
        text.push_str("\n\nDid you mean this?");
        for (_, name) in near {
            text.push_str(&format!("\n\t{name}"));
        }
    }
    text
}

/// A length of time as Go reads it: `30s`, `1m30s`, `0`.
///
/// # Errors
/// When it is none.
pub(super) fn duration(text: &str) -> Result<Span, String> {
    match text {
        "0" => Ok(Span::ZERO),
        text => Span::parse(text),
    }
}
