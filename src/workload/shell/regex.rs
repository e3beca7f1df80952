//! Regular expressions as `grep` and `sed` know them: a small matcher that goes back when it gets stuck.

use super::pattern::set_contains;

/// How often a match may go on or back before it counts as none: some expressions would take for ever.
const MOST_STEPS: u32 = 100_000;
/// How deep groups may be nested.
const DEEPEST: u32 = 16;
/// How many pieces a match may be made of: the matcher recurses for each.
const MOST_PIECES: u32 = 500;

/// A regular expression.
#[derive(Debug)]
pub(super) struct Regex {
    alternatives: Vec<Vec<Piece>>,
    /// `grep -i`
    ignore_case: bool,
}

/// An atom with how often it may stand.
#[derive(Debug)]
struct Piece {
    atom: Atom,
    least: usize,
    most: usize,
}

#[derive(Debug)]
enum Atom {
    Any,
    Literal(char),
    Set(Vec<char>),
    Start,
    End,
    Group(Vec<Vec<Piece>>),
}

impl Regex {
    /// An extended expression (`grep -E`, `[[ =~ ]]`).
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn extended(text: &str) -> Result<Self, String> {
        Self::read(text, true)
    }

    /// A basic expression (`grep`, `sed`), in which groups, `+`, `?` and `|` need a backslash.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn basic(text: &str) -> Result<Self, String> {
        Self::read(text, false)
    }

    /// A text that is to be found as it stands (`grep -F`).
    pub(super) fn literal(text: &str) -> Self {
        let once = |c| Piece { atom: Atom::Literal(c), least: 1, most: 1 };
        Self { alternatives: vec![text.chars().map(once).collect()], ignore_case: false }
    }

    /// Takes upper and lower case for the same.
    pub(super) fn ignore_case(mut self, ignore: bool) -> Self {
        self.ignore_case = ignore;
        self
    }

    /// Whether it matches somewhere in the text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.find(text).is_some()
    }

    /// The first match: where it starts and ends, in bytes.
    pub(super) fn find(&self, text: &str) -> Option<(usize, usize)> {
        let letters: Vec<char> = match self.ignore_case {
            true => text.chars().map(|c| c.to_ascii_lowercase()).collect(),
            false => text.chars().collect(),
        };
        let mut matcher = Matcher { text: &letters, ignore_case: self.ignore_case, steps: 0, depth: 0 };
        let found = (0..=letters.len()).find_map(|start| {
            let mut end = None;
            let matched = matcher.any(&self.alternatives, start, &mut |_, at| {
                end = Some(at);
                true
            });
            matched.then(|| end.map(|end| (start, end))).flatten()
        });
        let byte = |letter: usize| text.char_indices().nth(letter).map_or(text.len(), |(at, _)| at);
        found.map(|(start, end)| (byte(start), byte(end)))
    }

    fn read(text: &str, extended: bool) -> Result<Self, String> {
        let mut reader = Reader { rest: text.chars().collect(), at: 0, extended };
        let alternatives = reader.alternatives(0)?;
        match reader.at == reader.rest.len() {
            true => Ok(Self { alternatives, ignore_case: false }),
            false => Err("bad regex: unmatched bracket".to_owned()),
        }
    }
}

struct Reader {
    rest: Vec<char>,
    at: usize,
    extended: bool,
}

/// What the next characters of an expression mean.
#[derive(PartialEq)]
enum Token {
    Open,
    Close,
    Or,
    Repeat(usize, usize),
    Char(char),
    Literal(char),
}

impl Reader {
    fn alternatives(&mut self, depth: u32) -> Result<Vec<Vec<Piece>>, String> {
        if depth > DEEPEST {
            return Err("bad regex: nested too deep".to_owned());
        }
        let mut all = vec![Vec::new()];
        loop {
            let before = self.at;
            let pieces = all.last_mut().ok_or("bad regex")?;
            let atom = match self.token()? {
                None => return Ok(all),
                Some(Token::Close) => {
                    self.at = before;
                    return Ok(all);
                }
                Some(Token::Or) => {
                    all.push(Vec::new());
                    continue;
                }
                Some(Token::Open) => {
                    let inner = self.alternatives(depth + 1)?;
                    if self.token()? != Some(Token::Close) {
                        return Err("bad regex: unmatched (".to_owned());
                    }
                    Atom::Group(inner)
                }
                // A repetition of nothing is the character itself.
                Some(Token::Repeat(..)) => Atom::Literal(self.rest[before]),
                Some(Token::Literal(c)) => Atom::Literal(c),
                Some(Token::Char('.')) => Atom::Any,
                Some(Token::Char('^')) if self.extended || pieces.is_empty() => Atom::Start,
                Some(Token::Char('$')) if self.ends_here() => Atom::End,
                Some(Token::Char('[')) => Atom::Set(self.set()?),
                Some(Token::Char(c)) => Atom::Literal(c),
            };
            let (mut least, mut most) = (1, 1);
            let after = self.at;
            match self.token()? {
                Some(Token::Repeat(low, high)) => (least, most) = (low, high),
                _ => self.at = after,
            }
            pieces.push(Piece { atom, least, most });
        }
    }

    fn token(&mut self) -> Result<Option<Token>, String> {
        let Some(first) = self.rest.get(self.at).copied() else { return Ok(None) };
        let escaped = first == '\\' && self.at + 1 < self.rest.len();
        let c = if escaped { self.rest[self.at + 1] } else { first };
        self.at += 1 + usize::from(escaped);
        // In a basic expression the backslash gives these their meaning; in an extended one it takes it.
        let special = escaped != self.extended;
        Ok(Some(match c {
            '*' if !escaped => Token::Repeat(0, usize::MAX),
            '(' if special => Token::Open,
            ')' if special => Token::Close,
            '|' if special => Token::Or,
            '+' if special => Token::Repeat(1, usize::MAX),
            '?' if special => Token::Repeat(0, 1),
            '{' if special => self.bounds()?,
            'd' | 's' | 'w' | 'b' | 'S' | 'W' | 'D' if escaped => {
                return Err(format!("bad regex: \\{c} is not simulated"));
            }
            c if escaped => Token::Literal(c),
            c => Token::Char(c),
        }))
    }

    /// `{2}`, `{2,}`, `{2,5}`.
    fn bounds(&mut self) -> Result<Token, String> {
        let rest: String = self.rest[self.at..].iter().collect();
        let close = if self.extended { "}" } else { "\\}" };
        let (inside, _) = rest.split_once(close).ok_or("bad regex: unmatched {")?;
        self.at += inside.chars().count() + close.len();
        let (low, high) = inside.split_once(',').unwrap_or((inside, inside));
        let number = |text: &str| text.parse::<usize>().map_err(|_| "bad regex: bad bounds".to_owned());
        Ok(Token::Repeat(number(low)?, if high.is_empty() { usize::MAX } else { number(high)? }))
    }

    fn set(&mut self) -> Result<Vec<char>, String> {
        let start = self.at;
        let mut end = start + usize::from(self.rest.get(start) == Some(&'^')) + 1;
        while let Some(c) = self.rest.get(end) {
            match c {
                // [:digit:] contains a bracket of its own.
                '[' if self.rest.get(end + 1) == Some(&':') => {
                    let close = self.rest[end..].windows(2).position(|pair| pair == [':', ']']);
                    end += close.ok_or("bad regex: unmatched [")?.max(2) + 2;
                }
                ']' => {
                    self.at = end + 1;
                    return Ok(self.rest[start..end].to_vec());
                }
                _ => end += 1,
            }
        }
        Err("bad regex: unmatched [".to_owned())
    }

    fn ends_here(&self) -> bool {
        let next = self.rest.get(self.at..).unwrap_or_default();
        self.extended || matches!(next, [] | ['\\', ')' | '|', ..])
    }
}

struct Matcher<'t> {
    text: &'t [char],
    ignore_case: bool,
    steps: u32,
    depth: u32,
}

/// What has to match after a piece.
type Rest<'r> = &'r mut dyn FnMut(&mut Matcher<'_>, usize) -> bool;

impl Matcher<'_> {
    fn any(&mut self, alternatives: &[Vec<Piece>], at: usize, rest: Rest<'_>) -> bool {
        alternatives.iter().any(|pieces| self.all(pieces, at, rest))
    }

    fn all(&mut self, pieces: &[Piece], at: usize, rest: Rest<'_>) -> bool {
        match pieces.split_first() {
            None => rest(self, at),
            Some((piece, others)) => {
                self.repeat(piece, 0, at, &mut |matcher, at| matcher.all(others, at, rest))
            }
        }
    }

    fn repeat(&mut self, piece: &Piece, count: usize, at: usize, rest: Rest<'_>) -> bool {
        self.steps += 1;
        if self.steps > MOST_STEPS || self.depth > MOST_PIECES {
            return false;
        }
        self.depth += 1;
        let matched = self.repeat_from(piece, count, at, rest);
        self.depth -= 1;
        matched
    }

    fn repeat_from(&mut self, piece: &Piece, count: usize, at: usize, rest: Rest<'_>) -> bool {
        if let Atom::Group(alternatives) = &piece.atom {
            let more = count < piece.most
                && self.any(alternatives, at, &mut |matcher, next| {
                    // A group that matched nothing would repeat for ever.
                    (next > at || count < piece.least) && matcher.repeat(piece, count + 1, next, rest)
                });
            return more || (count >= piece.least && rest(self, at));
        }
        // Single characters: as many as there are, then fewer.
        let mut ends = vec![at];
        while let Some(next) =
            ends.last().filter(|_| ends.len() <= piece.most).and_then(|end| self.one(&piece.atom, *end))
        {
            let stuck = ends.last() == Some(&next);
            ends.push(next);
            if stuck {
                break;
            }
        }
        while ends.len() > piece.least {
            let Some(end) = ends.pop() else { break };
            self.steps += 1;
            if self.steps <= MOST_STEPS && rest(self, end) {
                return true;
            }
        }
        false
    }

    /// Where the text goes on if the atom matches here.
    fn one(&self, atom: &Atom, at: usize) -> Option<usize> {
        let c = self.text.get(at).copied();
        let same = |wanted: char| if self.ignore_case { wanted.to_ascii_lowercase() } else { wanted };
        match atom {
            Atom::Start => (at == 0).then_some(at),
            Atom::End => c.is_none().then_some(at),
            Atom::Any => c.map(|_| at + 1),
            Atom::Literal(wanted) => (c? == same(*wanted)).then_some(at + 1),
            Atom::Set(set) => {
                let c = c?;
                (set_contains(set, c) || (self.ignore_case && set_contains(set, c.to_ascii_uppercase())))
                    .then_some(at + 1)
            }
            Atom::Group(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extended_expressions_match() {
        for (regex, text, expected) in [
            ("^(GET|POST) /[a-z]+$", "GET /index", Some((0, 10))),
            ("^(GET|POST) /[a-z]+$", "PUT /index", None),
            ("a{2,3}", "caaaat", Some((1, 4))),
            ("(ab)*c", "ababc", Some((0, 5))),
            ("x?y", "y", Some((0, 1))),
            ("[^0-9]", "12é", Some((2, 4))),
            ("a.c", "abc", Some((0, 3))),
            ("\\.", "a.b", Some((1, 2))),
            ("()*x", "x", Some((0, 1))),
            ("", "any", Some((0, 0))),
        ] {
            assert_eq!(Regex::extended(regex).unwrap().find(text), expected, "{regex} {text}");
        }
        assert!(
            Regex::extended("(a").is_err()
                && Regex::extended("a)").is_err()
                && Regex::extended("[a").is_err()
        );
    }

    #[test]
    fn basic_expressions_need_backslashes() {
        assert!(Regex::basic("a+").unwrap().is_match("a+"));
        assert!(Regex::basic("a\\+b").unwrap().is_match("aab"));
        assert!(Regex::basic("*x").unwrap().is_match("*x"));
        assert!(Regex::basic("error").unwrap().ignore_case(true).is_match("An ERROR"));
        assert!(!Regex::literal("a.c").is_match("abc"));
    }

    #[test]
    fn hopeless_matches_give_up() {
        let text = "a".repeat(200);
        assert!(!Regex::extended("(a*)*b").unwrap().is_match(&text));
    }
}
