//! Command lines of programs that ask the network, as `getopt_long` reads them.

/// A part of a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// An option by its letter or long name, with its value if it takes one.
    Option(&'a str, Option<&'a str>),
    /// Anything else.
    Word(&'a str),
}

/// Takes a command line apart. Options follow each other in one word (`-qO-`); the value of an option is the rest of
/// its word, or the next word. `letters` and `names` are those that take a value.
pub(super) fn parts<'a>(argv: &'a [String], letters: &str, names: &[&str]) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let mut words = argv.iter().skip(1).map(String::as_str);
    while let Some(word) = words.next() {
        if word == "--" {
            parts.extend(words.map(Part::Word));
            break;
        }
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None if names.contains(&long) => (long, words.next()),
                None => (long, None),
            };
            parts.push(Part::Option(name, value));
            continue;
        }
        let Some(flags) = word.strip_prefix('-').filter(|flags| !flags.is_empty()) else {
            parts.push(Part::Word(word));
            continue;
        };
        for (at, letter) in flags.char_indices() {
            let end = at + letter.len_utf8();
            let name = &flags[at..end];
            if !letters.contains(letter) {
                parts.push(Part::Option(name, None));
                continue;
            }
            let value = if end < flags.len() { Some(&flags[end..]) } else { words.next() };
            parts.push(Part::Option(name, value));
            break;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_their_values() {
        let argv: Vec<String> = "wget -qO- -T 2 --timeout=3 --header X:y --spider http://web"
            .split(' ')
            .map(String::from)
            .collect();
        let expected = [
            Part::Option("q", None),
            Part::Option("O", Some("-")),
            Part::Option("T", Some("2")),
            Part::Option("timeout", Some("3")),
            Part::Option("header", Some("X:y")),
            Part::Option("spider", None),
            Part::Word("http://web"),
        ];
        assert_eq!(parts(&argv, "OT", &["timeout", "header"]), expected);
    }
}
