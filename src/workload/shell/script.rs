//! A script as the interpreter wants it: a tree of shared nodes.
//!
//! The text is parsed by `brush-parser`. Its tree is translated once into [`Node`]s behind `Arc`s, so that an
//! interrupted run can hold its place in the tree, and a clone of it costs next to nothing. What the
//! interpreter cannot do (arrays, coprocesses, process substitution) is refused here, before the first
//! command runs, as a syntax error would be.

use std::sync::Arc;

use brush_parser::ast;
use brush_parser::word::WordPieceWithSource;
use brush_parser::{Parser, ParserOptions};
use smol_str::SmolStr;

use super::limits::check_size;

/// A word with its expansions.
pub(super) type Word = Arc<[WordPieceWithSource]>;

/// A command of a script, simple or compound.
#[derive(Debug)]
pub(super) enum Node {
    /// `A=1 name word... > file`
    Simple { assigns: Vec<Assign>, words: Vec<Word>, redirects: Vec<Redirect> },
    /// `a; b & c`
    List(Vec<Item>),
    /// `a && b || c`
    Chain { first: Arc<Node>, rest: Vec<(Link, Arc<Node>)> },
    /// `! a | b`
    Pipeline { stages: Vec<Arc<Node>>, negate: bool },
    /// `while a; do b; done`, `until ...`, `for ((a; b; c))`
    Loop { until: bool, condition: Arc<Node>, body: Arc<Node>, step: Option<Arc<Node>> },
    /// `for name in words; do body; done`; without words over the positional parameters.
    For { name: SmolStr, words: Option<Vec<Word>>, body: Arc<Node> },
    /// `case subject in pattern) body;; esac`
    Case { subject: Word, arms: Vec<Arm> },
    /// `if a; then b; elif c; then d; else e; fi`
    If { arms: Vec<(Arc<Node>, Arc<Node>)>, otherwise: Option<Arc<Node>> },
    /// `( a )`
    Subshell(Arc<Node>),
    /// A compound command with redirections.
    Redirected(Arc<Node>, Vec<Redirect>),
    /// `name() body`
    Function(SmolStr, Arc<Node>),
    /// `(( expression ))`
    Arithmetic(Word),
    /// `[[ expression ]]`
    Test(Condition),
}

/// One command of a list.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) node: Arc<Node>,
    /// Followed by `&`.
    pub(super) background: bool,
}

/// How a command of a chain hangs on the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    And,
    Or,
}

/// An assignment before a command.
#[derive(Debug)]
pub(super) struct Assign {
    pub(super) name: SmolStr,
    pub(super) value: Word,
    pub(super) append: bool,
}

/// One arm of a `case`.
#[derive(Debug)]
pub(super) struct Arm {
    pub(super) patterns: Vec<Word>,
    pub(super) body: Option<Arc<Node>>,
}

/// A redirection.
#[derive(Debug)]
pub(super) struct Redirect {
    /// Which descriptor; both output ones for `&>`.
    pub(super) from: Descriptor,
    pub(super) to: Target,
}

/// What a redirection redirects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Descriptor {
    In,
    Out,
    Err,
    OutAndErr,
}

/// Where a redirection leads.
#[derive(Debug)]
pub(super) enum Target {
    /// `< file`
    Read(Word),
    /// `> file`, `>> file`
    Write { path: Word, append: bool },
    /// `2>&1`
    Same(Word),
    /// A here-document or here-string.
    Text(Word),
}

/// The expression of `[[ ]]`.
#[derive(Debug)]
pub(super) enum Condition {
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
    Unary(ast::UnaryPredicate, Word),
    Binary(ast::BinaryPredicate, Word, Word),
}

/// Reads a script.
///
/// # Errors
/// Why it cannot be run, for the log.
pub(super) fn parse(text: &str) -> Result<Arc<Node>, String> {
    check_size(text)?;
    let program =
        Parser::new(text.as_bytes(), &options()).parse_program().map_err(|error| error.to_string())?;
    let mut items = Vec::new();
    for list in &program.complete_commands {
        items.extend(list_items(list)?);
    }
    Ok(Arc::new(Node::List(items)))
}

/// Reads a word, such as the default value in `${A:-$B}`.
///
/// # Errors
/// Why it is no word.
pub(super) fn parse_word(text: &str) -> Result<Word, String> {
    check_size(text)?;
    let pieces = brush_parser::word::parse(text, &options()).map_err(|error| error.to_string())?;
    Ok(pieces.into())
}

/// How the parser is to read: with bash's extensions; tildes are expanded by [`super::expand`].
fn options() -> ParserOptions {
    ParserOptions { tilde_expansion_at_word_start: false, ..ParserOptions::default() }
}

fn unsupported<T>(what: &str) -> Result<T, String> {
    Err(format!("{what} are not simulated"))
}

fn word(word: &ast::Word) -> Result<Word, String> {
    parse_word(&word.value)
}

fn list(list: &ast::CompoundList) -> Result<Arc<Node>, String> {
    Ok(Arc::new(Node::List(list_items(list)?)))
}

fn list_items(list: &ast::CompoundList) -> Result<Vec<Item>, String> {
    let item = |ast::CompoundListItem(chain_of, separator): &ast::CompoundListItem| {
        let background = matches!(separator, ast::SeparatorOperator::Async);
        Ok(Item { node: chain(chain_of)?, background })
    };
    list.0.iter().map(item).collect()
}

fn chain(chain: &ast::AndOrList) -> Result<Arc<Node>, String> {
    let first = pipeline(&chain.first)?;
    if chain.additional.is_empty() {
        return Ok(first);
    }
    let link = |next: &ast::AndOr| match next {
        ast::AndOr::And(next) => Ok((Link::And, pipeline(next)?)),
        ast::AndOr::Or(next) => Ok((Link::Or, pipeline(next)?)),
    };
    let rest = chain.additional.iter().map(link).collect::<Result<_, String>>()?;
    Ok(Arc::new(Node::Chain { first, rest }))
}

fn pipeline(pipeline: &ast::Pipeline) -> Result<Arc<Node>, String> {
    let mut stages = pipeline.seq.iter().map(command).collect::<Result<Vec<_>, String>>()?;
    match stages.pop() {
        Some(only) if stages.is_empty() && !pipeline.bang => return Ok(only),
        last => stages.extend(last),
    }
    Ok(Arc::new(Node::Pipeline { stages, negate: pipeline.bang }))
}

fn command(command: &ast::Command) -> Result<Arc<Node>, String> {
    match command {
        ast::Command::Simple(command) => simple(command),
        ast::Command::Compound(command, redirects) => redirected(compound(command)?, redirects.as_ref()),
        ast::Command::Function(function) => {
            let ast::FunctionBody(body, redirects) = &function.body;
            let body = redirected(compound(body)?, redirects.as_ref())?;
            Ok(Arc::new(Node::Function(SmolStr::new(&function.fname.value), body)))
        }
        ast::Command::ExtendedTest(test, redirects) => {
            redirected(Arc::new(Node::Test(condition(&test.expr)?)), redirects.as_ref())
        }
    }
}

fn redirected(node: Arc<Node>, redirects: Option<&ast::RedirectList>) -> Result<Arc<Node>, String> {
    let Some(ast::RedirectList(list)) = redirects else { return Ok(node) };
    let redirects = list.iter().map(redirect).collect::<Result<_, String>>()?;
    Ok(Arc::new(Node::Redirected(node, redirects)))
}

fn simple(command: &ast::SimpleCommand) -> Result<Arc<Node>, String> {
    let (mut assigns, mut words, mut redirects) = (Vec::new(), Vec::new(), Vec::new());
    let prefix = command.prefix.iter().flat_map(|prefix| &prefix.0);
    for part in prefix {
        match part {
            ast::CommandPrefixOrSuffixItem::AssignmentWord(assign, _) => assigns.push(assignment(assign)?),
            ast::CommandPrefixOrSuffixItem::IoRedirect(to) => redirects.push(redirect(to)?),
            ast::CommandPrefixOrSuffixItem::Word(text) => words.push(word(text)?),
            ast::CommandPrefixOrSuffixItem::ProcessSubstitution(..) => {
                return unsupported("process substitutions");
            }
        }
    }
    if let Some(name) = &command.word_or_name {
        words.push(word(name)?);
    }
    let suffix = command.suffix.iter().flat_map(|suffix| &suffix.0);
    for part in suffix {
        match part {
            // After the command's name `a=b` is an ordinary word (`export a=b`).
            ast::CommandPrefixOrSuffixItem::AssignmentWord(_, text)
            | ast::CommandPrefixOrSuffixItem::Word(text) => words.push(word(text)?),
            ast::CommandPrefixOrSuffixItem::IoRedirect(to) => redirects.push(redirect(to)?),
            ast::CommandPrefixOrSuffixItem::ProcessSubstitution(..) => {
                return unsupported("process substitutions");
            }
        }
    }
    Ok(Arc::new(Node::Simple { assigns, words, redirects }))
}

fn assignment(assign: &ast::Assignment) -> Result<Assign, String> {
    match (&assign.name, &assign.value) {
        (ast::AssignmentName::VariableName(name), ast::AssignmentValue::Scalar(value)) => {
            Ok(Assign { name: SmolStr::new(name), value: word(value)?, append: assign.append })
        }
        _ => unsupported("arrays"),
    }
}

fn redirect(redirect: &ast::IoRedirect) -> Result<Redirect, String> {
    use ast::IoFileRedirectKind as Kind;
    let output = |number: Option<ast::IoFd>| match number {
        None | Some(1) => Ok(Descriptor::Out),
        Some(2) => Ok(Descriptor::Err),
        Some(_) => unsupported("descriptors other than 0, 1 and 2"),
    };
    let (from, to) = match redirect {
        ast::IoRedirect::OutputAndError(path, append) => {
            (Descriptor::OutAndErr, Target::Write { path: word(path)?, append: *append })
        }
        ast::IoRedirect::HereString(_, text) => (Descriptor::In, Target::Text(word(&newline_after(text))?)),
        ast::IoRedirect::HereDocument(_, document) => (Descriptor::In, here_document(document)?),
        ast::IoRedirect::File(number, kind, target) => {
            let target = match target {
                ast::IoFileRedirectTarget::Filename(name) | ast::IoFileRedirectTarget::Duplicate(name) => {
                    word(name)?
                }
                ast::IoFileRedirectTarget::Fd(number) => parse_word(&number.to_string())?,
                ast::IoFileRedirectTarget::ProcessSubstitution(..) => {
                    return unsupported("process substitutions");
                }
            };
            match kind {
                Kind::Read | Kind::ReadAndWrite => (Descriptor::In, Target::Read(target)),
                Kind::Write | Kind::Clobber => {
                    (output(*number)?, Target::Write { path: target, append: false })
                }
                Kind::Append => (output(*number)?, Target::Write { path: target, append: true }),
                Kind::DuplicateOutput => (output(*number)?, Target::Same(target)),
                Kind::DuplicateInput => return unsupported("duplicated inputs"),
            }
        }
    };
    Ok(Redirect { from, to })
}

/// A here-string gets a newline at its end.
fn newline_after(text: &ast::Word) -> ast::Word {
    ast::Word::new(&format!("{}$'\\n'", text.value))
}

fn here_document(document: &ast::IoHereDocument) -> Result<Target, String> {
    use brush_parser::word::WordPiece;
    let text = match document.remove_tabs {
        true => {
            document.doc.value.lines().map(|line| format!("{}\n", line.trim_start_matches('\t'))).collect()
        }
        false => document.doc.value.clone(),
    };
    check_size(&text)?;
    let pieces = match document.requires_expansion {
        true => brush_parser::word::parse_heredoc(&text, &options()).map_err(|error| error.to_string())?,
        false => {
            let end_index = text.len();
            vec![WordPieceWithSource { piece: WordPiece::SingleQuotedText(text), start_index: 0, end_index }]
        }
    };
    Ok(Target::Text(pieces.into()))
}

fn compound(command: &ast::CompoundCommand) -> Result<Arc<Node>, String> {
    Ok(match command {
        ast::CompoundCommand::BraceGroup(group) => list(&group.list)?,
        ast::CompoundCommand::Subshell(inner) => Arc::new(Node::Subshell(list(&inner.list)?)),
        ast::CompoundCommand::WhileClause(clause) => while_loop(clause, false)?,
        ast::CompoundCommand::UntilClause(clause) => while_loop(clause, true)?,
        ast::CompoundCommand::IfClause(clause) => if_clause(clause)?,
        ast::CompoundCommand::CaseClause(clause) => case_clause(clause)?,
        ast::CompoundCommand::Arithmetic(command) => arithmetic(&command.expr)?,
        ast::CompoundCommand::ArithmeticForClause(clause) => counting_loop(clause)?,
        ast::CompoundCommand::ForClause(clause) => {
            // `for x in; do` runs over nothing, but the parser gives no words for it, as for `for x; do`.
            let words = clause.values.as_ref().map(|words| words.iter().map(word).collect());
            let words: Option<Vec<Word>> = words.transpose()?;
            let name = SmolStr::new(&clause.variable_name);
            Arc::new(Node::For { name, words, body: list(&clause.body.list)? })
        }
        ast::CompoundCommand::Coprocess(_) => return unsupported("coprocesses"),
    })
}

fn while_loop(clause: &ast::WhileOrUntilClauseCommand, until: bool) -> Result<Arc<Node>, String> {
    let ast::WhileOrUntilClauseCommand(condition, body, _) = clause;
    Ok(Arc::new(Node::Loop { until, condition: list(condition)?, body: list(&body.list)?, step: None }))
}

fn arithmetic(expression: &ast::UnexpandedArithmeticExpr) -> Result<Arc<Node>, String> {
    Ok(Arc::new(Node::Arithmetic(parse_word(&expression.value)?)))
}

fn counting_loop(clause: &ast::ArithmeticForClauseCommand) -> Result<Arc<Node>, String> {
    let part = |expression: &Option<ast::UnexpandedArithmeticExpr>| {
        let given = expression.as_ref().filter(|expression| !expression.value.trim().is_empty());
        given.map(arithmetic).transpose()
    };
    // A missing condition is true.
    let condition = match part(&clause.condition)? {
        Some(condition) => condition,
        None => Arc::new(Node::Arithmetic(parse_word("1")?)),
    };
    let body = list(&clause.body.list)?;
    let looping = Arc::new(Node::Loop { until: false, condition, body, step: part(&clause.updater)? });
    let start = part(&clause.initializer)?.into_iter();
    let items = start.chain([looping]).map(|node| Item { node, background: false }).collect();
    Ok(Arc::new(Node::List(items)))
}

fn if_clause(clause: &ast::IfClauseCommand) -> Result<Arc<Node>, String> {
    let mut arms = vec![(list(&clause.condition)?, list(&clause.then)?)];
    let mut otherwise = None;
    for arm in clause.elses.iter().flatten() {
        match &arm.condition {
            Some(condition) => arms.push((list(condition)?, list(&arm.body)?)),
            None => otherwise = Some(list(&arm.body)?),
        }
    }
    Ok(Arc::new(Node::If { arms, otherwise }))
}

fn case_clause(clause: &ast::CaseClauseCommand) -> Result<Arc<Node>, String> {
    let arm = |item: &ast::CaseItem| {
        if !matches!(item.post_action, ast::CaseItemPostAction::ExitCase) {
            return unsupported("case arms that fall through");
        }
        let patterns = item.patterns.iter().map(word).collect::<Result<_, String>>()?;
        Ok(Arm { patterns, body: item.cmd.as_ref().map(list).transpose()? })
    };
    let arms = clause.cases.iter().map(arm).collect::<Result<_, String>>()?;
    Ok(Arc::new(Node::Case { subject: word(&clause.value)?, arms }))
}

fn condition(expression: &ast::ExtendedTestExpr) -> Result<Condition, String> {
    use ast::ExtendedTestExpr as Test;
    let boxed = |inner: &Test| condition(inner).map(Box::new);
    Ok(match expression {
        Test::And(left, right) => Condition::And(boxed(left)?, boxed(right)?),
        Test::Or(left, right) => Condition::Or(boxed(left)?, boxed(right)?),
        Test::Not(inner) => Condition::Not(boxed(inner)?),
        Test::Parenthesized(inner) => condition(inner)?,
        Test::UnaryTest(predicate, operand) => Condition::Unary(predicate.clone(), word(operand)?),
        Test::BinaryTest(predicate, left, right) => {
            Condition::Binary(predicate.clone(), word(left)?, word(right)?)
        }
    })
}
