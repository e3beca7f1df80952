//! Expansion: what `$NAME`, `$(command)`, `$((1 + 2))`, quotes and wildcards in a word stand for.
//!
//! An expansion cannot run commands, since a command may sleep. When it meets a command substitution whose
//! output is not known yet, it pauses with [`Pause::Substitute`]; the task runs that command and expands the
//! word again from its start, now knowing the output. For this to be safe, an expansion changes nothing by
//! itself: assignments (`${A:=1}`, `$((i++))`) are collected and committed when all of it has succeeded.

use std::collections::BTreeMap;

use brush_parser::word::{WordPiece, WordPieceWithSource};

use crate::time::VirtualTime;
use crate::workload::files::ContainerFs;

use super::arithmetic::{self, Variables};
use super::echo::unescape;
use super::fields::Fields;
use super::scope::Scope;
use super::script::{Word, parse_word};

/// How deep words in words (`${A:-${B:-...}}`) may be nested.
const DEEPEST: u32 = 32;

/// Why an expansion did not come to its end.
#[derive(Debug)]
pub(super) enum Pause {
    /// This command's output is needed first.
    Substitute(String),
    /// It is an error, with this text.
    Fail(String),
}

impl From<String> for Pause {
    fn from(message: String) -> Self {
        Self::Fail(message)
    }
}

/// What expansions read besides the scope.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings {
    /// `$$`
    pub(super) pid: u32,
    pub(super) now: VirtualTime,
    /// When the shell started (`$SECONDS`).
    pub(super) started: VirtualTime,
    /// The state behind `$RANDOM`.
    pub(super) random: u64,
}

/// How the text of a word is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Part of the script, outside quotes.
    Bare,
    /// Within double quotes.
    Quoted,
    /// Within an unquoted `${...}`: also split at blanks.
    Inner,
}

/// One expansion in progress.
pub(super) struct Expander<'t, 'f> {
    pub(super) scope: &'t Scope,
    pub(super) files: &'t ContainerFs<'f>,
    /// Outputs of the command substitutions that ran, in order.
    pub(super) captured: &'t [String],
    pub(super) around: Surroundings,
    used: usize,
    depth: u32,
    /// Variables that the expansion sets.
    assigned: BTreeMap<String, String>,
}

impl<'t, 'f> Expander<'t, 'f> {
    pub(super) fn new(
        scope: &'t Scope,
        files: &'t ContainerFs<'f>,
        captured: &'t [String],
        around: Surroundings,
    ) -> Self {
        Self { scope, files, captured, around, used: 0, depth: 0, assigned: BTreeMap::new() }
    }

    /// The fields of a command's or loop's words.
    pub(super) fn words(&mut self, words: &[Word]) -> Result<Vec<String>, Pause> {
        let mut all = Vec::new();
        for word in words {
            let separators = self.variable("IFS").unwrap_or_else(|| " \t\n".to_owned());
            let mut fields = Fields::split_at(separators);
            self.pieces(word, Quoting::Bare, &mut fields)?;
            all.extend(fields.into_names(self.files, &self.scope.folder));
        }
        Ok(all)
    }

    /// A word as one text: no splitting, no file names.
    pub(super) fn text(&mut self, word: &[WordPieceWithSource]) -> Result<String, Pause> {
        let mut fields = Fields::whole();
        self.pieces(word, Quoting::Bare, &mut fields)?;
        Ok(fields.into_text())
    }

    /// A word as a pattern, in which quoted characters stand for themselves.
    pub(super) fn pattern(&mut self, word: &[WordPieceWithSource]) -> Result<String, Pause> {
        let mut fields = Fields::whole();
        self.pieces(word, Quoting::Bare, &mut fields)?;
        Ok(fields.into_pattern())
    }

    /// The number that an arithmetic expression gives.
    pub(super) fn number(&mut self, word: &[WordPieceWithSource]) -> Result<i64, Pause> {
        let text = self.text(word)?;
        Ok(arithmetic::evaluate(&text, self)?)
    }

    /// As [`Self::number`], for text that has not been read as a word yet.
    pub(super) fn number_in(&mut self, text: &str) -> Result<i64, Pause> {
        let word = parse_word(text)?;
        self.number(&word)
    }

    /// What is to be set now that all has succeeded, and the new state behind `$RANDOM`.
    pub(super) fn finish(self) -> (BTreeMap<String, String>, u64) {
        (self.assigned, self.around.random)
    }

    /// A variable's value, seen from within this expansion.
    pub(super) fn variable(&mut self, name: &str) -> Option<String> {
        if let Some(value) = self.assigned.get(name) {
            return Some(value.clone());
        }
        match name {
            "RANDOM" => {
                // Knuth's MMIX generator; the upper bits are the good ones.
                self.around.random = self
                    .around
                    .random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                Some((self.around.random >> 49).to_string())
            }
            "SECONDS" => Some((self.around.now - self.around.started).as_secs().to_string()),
            "PPID" => Some("0".to_owned()),
            _ => self.scope.get(name).map(str::to_owned),
        }
    }

    /// Sets a variable when the expansion succeeds.
    pub(super) fn assign(&mut self, name: &str, value: String) {
        self.assigned.insert(name.to_owned(), value);
    }

    /// Expands the pieces of a word into `out`.
    pub(super) fn pieces(
        &mut self,
        pieces: &[WordPieceWithSource],
        quoting: Quoting,
        out: &mut Fields,
    ) -> Result<(), Pause> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Pause::Fail("expansion is nested too deep".to_owned()));
        }
        for (at, piece) in pieces.iter().enumerate() {
            match &piece.piece {
                WordPiece::Text(text) if at == 0 && quoting == Quoting::Bare => self.with_tilde(text, out),
                piece => self.piece(piece, quoting, out)?,
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Expands the word of a `${...}` that is still text.
    pub(super) fn inner_word(&mut self, text: &str, quoting: Quoting, out: &mut Fields) -> Result<(), Pause> {
        let quoting = if quoting == Quoting::Quoted { Quoting::Quoted } else { Quoting::Inner };
        self.pieces(&parse_word(text)?, quoting, out)
    }

    fn piece(&mut self, piece: &WordPiece, quoting: Quoting, out: &mut Fields) -> Result<(), Pause> {
        let quoted = quoting == Quoting::Quoted;
        match piece {
            WordPiece::Text(text) if quoting == Quoting::Inner => out.expanded(text, false),
            WordPiece::Text(text) => out.literal(text, quoted),
            WordPiece::SingleQuotedText(text) => out.literal(text, true),
            WordPiece::AnsiCQuotedText(text) => out.literal(&unescape(text).0, true),
            WordPiece::EscapeSequence(text) => match text.strip_prefix('\\') {
                Some("\n") | None => {}
                Some(escaped) => out.literal(escaped, true),
            },
            WordPiece::DoubleQuotedSequence(inner) | WordPiece::GettextDoubleQuotedSequence(inner) => {
                if !self.is_empty_list(inner) {
                    out.open();
                }
                self.pieces(inner, Quoting::Quoted, out)?;
            }
            WordPiece::ParameterExpansion(parameter) => self.parameter(parameter, quoting, out)?,
            WordPiece::CommandSubstitution(command) | WordPiece::BackquotedCommandSubstitution(command) => {
                let output =
                    self.captured.get(self.used).ok_or_else(|| Pause::Substitute(command.clone()))?;
                self.used += 1;
                out.expanded(output, quoted);
            }
            WordPiece::ArithmeticExpression(expression) => {
                let number = self.number_in(&expression.value)?;
                out.expanded(&number.to_string(), quoted);
            }
            WordPiece::TildeExpansion(_) => out.literal("~", true),
        }
        Ok(())
    }

    /// `~` and `~/...` at the start of a word.
    fn with_tilde(&mut self, text: &str, out: &mut Fields) {
        match text.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                let home = self.variable("HOME").unwrap_or_else(|| "/root".to_owned());
                out.literal(&home, true);
                out.literal(rest, false);
            }
            _ => out.literal(text, false),
        }
    }

    /// Whether this is a lone `$@` without parameters: `"$@"` is then no field at all.
    fn is_empty_list(&self, inner: &[WordPieceWithSource]) -> bool {
        use brush_parser::word::{Parameter, ParameterExpr, SpecialParameter};
        let all = SpecialParameter::AllPositionalParameters { concatenate: false };
        let [WordPieceWithSource { piece: WordPiece::ParameterExpansion(expression), .. }] = inner else {
            return false;
        };
        matches!(expression, ParameterExpr::Parameter { parameter: Parameter::Special(special), .. }
            if self.scope.args.is_empty() && special.to_string() == all.to_string())
    }
}

impl Variables for Expander<'_, '_> {
    fn read(&self, name: &str) -> Option<String> {
        let assigned = self.assigned.get(name).map(String::as_str);
        let seconds =
            || (name == "SECONDS").then(|| (self.around.now - self.around.started).as_secs().to_string());
        assigned.or_else(|| self.scope.get(name)).map(str::to_owned).or_else(seconds)
    }

    fn write(&mut self, name: &str, value: i64) {
        self.assign(name, value.to_string());
    }
}
