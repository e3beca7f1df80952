//! Shell patterns: `*`, `?`, `[a-z]`, with `\` before what is meant literally.

/// Whether the whole text matches the pattern.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    // One place to come back to suffices: a later `*` can take over all that an earlier one could.
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            back = Some((p, t));
            p += 1;
        } else if let Some(next) = matches_one(&pattern, p, text[t]) {
            (p, t) = (next, t + 1);
        } else if let Some((star, from)) = back {
            back = Some((star, from + 1));
            (p, t) = (star + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

/// Where the pattern goes on if its element at `p` takes this character.
fn matches_one(pattern: &[char], p: usize, c: char) -> Option<usize> {
    match *pattern.get(p)? {
        '?' => Some(p + 1),
        '\\' if p + 1 < pattern.len() => (pattern[p + 1] == c).then_some(p + 2),
        '[' => match set_end(pattern, p) {
            Some(end) => set_contains(&pattern[p + 1..end], c).then_some(end + 1),
            None => (c == '[').then_some(p + 1),
        },
        literal => (literal == c).then_some(p + 1),
    }
}

/// Where the `]` of a set is; one right at the start belongs to the set.
fn set_end(pattern: &[char], open: usize) -> Option<usize> {
    let mut first = open + 1;
    if matches!(pattern.get(first), Some('!' | '^')) {
        first += 1;
    }
    // A named class such as [:digit:] has a bracket of its own.
    let mut at = match pattern.get(first..)? {
        [']', ..] => first + 1,
        _ => first,
    };
    while let Some(c) = pattern.get(at) {
        match (c, named_class(&pattern[at..])) {
            (_, Some((_, length))) => at += length,
            (']', None) => return Some(at),
            _ => at += 1,
        }
    }
    None
}

/// Whether a set such as `!a-z0-9` has this character.
pub(super) fn set_contains(set: &[char], c: char) -> bool {
    let (negated, mut set) = match set.split_first() {
        Some(('!' | '^', rest)) => (true, rest),
        _ => (false, set),
    };
    let mut found = false;
    while let Some(first) = set.first() {
        if let Some((class, length)) = named_class(set) {
            found |= class(c);
            set = &set[length..];
        } else if let [low, '-', high, rest @ ..] = set {
            found |= (*low..=*high).contains(&c);
            set = rest;
        } else {
            found |= *first == c;
            set = &set[1..];
        }
    }
    found != negated
}

/// Whether a character belongs to a class.
type Class = fn(char) -> bool;

/// `[:digit:]` and the like, with the length of the text.
fn named_class(set: &[char]) -> Option<(Class, usize)> {
    let classes: [(&str, Class); 7] = [
        ("[:digit:]", |c| c.is_ascii_digit()),
        ("[:alpha:]", |c| c.is_ascii_alphabetic()),
        ("[:alnum:]", |c| c.is_ascii_alphanumeric()),
        ("[:space:]", |c| c.is_ascii_whitespace()),
        ("[:upper:]", |c| c.is_ascii_uppercase()),
        ("[:lower:]", |c| c.is_ascii_lowercase()),
        ("[:punct:]", |c| c.is_ascii_punctuation()),
    ];
    let named = classes.into_iter().find(|(name, _)| {
        name.chars().count() <= set.len() && name.chars().zip(set).all(|(wanted, found)| wanted == *found)
    });
    named.map(|(name, class)| (class, name.len()))
}

/// Puts a `\` before everything that a pattern would read otherwise.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Whether text contains something that a pattern does not take literally.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Cuts what matches off the start (or the end) of the text: the longest or the shortest that does.
pub(super) fn cut<'t>(text: &'t str, pattern: &str, at_start: bool, longest: bool) -> &'t str {
    let mut ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    // From the start, long cuts end late; from the end, they start early.
    if at_start == longest {
        ends.reverse();
    }
    for end in ends {
        let (head, tail) = text.split_at(end);
        let (part, rest) = if at_start { (head, tail) } else { (tail, head) };
        if matches(pattern, part) {
            return rest;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*b*c", "aXbYbc", true),
            ("a*b", "abc", false),
            ("?[0-9][!x]", "a5y", true),
            ("?[0-9][!x]", "a5x", false),
            ("[[:digit:]]*", "7up", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("[", "[", true),
            ("[]]", "]", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
        assert!(matches(&escape("a[*]?"), "a[*]?"));
    }

    #[test]
    fn affixes_are_cut_short_or_long() {
        assert_eq!(cut("/a/b/c.tar.gz", "*/", true, true), "c.tar.gz");
        assert_eq!(cut("/a/b/c.tar.gz", "*/", true, false), "a/b/c.tar.gz");
        assert_eq!(cut("c.tar.gz", ".*", false, true), "c");
        assert_eq!(cut("c.tar.gz", ".*", false, false), "c.tar");
        assert_eq!(cut("abc", "x", true, true), "abc");
    }
}
