//! Texts in lines that fit.

use textwrap::{Options, WordSplitter};

/// A text in lines of at most so many cells, broken between words; a word longer than a line is broken, too. Line
/// breaks of the text stay. An empty text is one empty line.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    // Names of objects have hyphens, and are read more easily in one piece.
    let options = Options::new(width.max(1)).word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(text.trim(), options).into_iter().map(|line| line.into_owned()).collect()
}

/// A line with blanks in place of its tabs, as terminals show them.
pub fn without_tabs(line: &str) -> String {
    const STOP: usize = 8;
    let mut text = String::new();
    for (index, part) in line.split('\t').enumerate() {
        if index > 0 {
            let cells = text.chars().count();
            text.extend(std::iter::repeat_n(' ', STOP - cells % STOP));
        }
        text.push_str(part);
    }
    text
}

/// Lines, each broken where it is too long. What is indented stays so, also where it goes on in the next line.
pub fn wrap_each(lines: &[String], width: usize) -> Vec<String> {
    let broken = |line: &String| {
        let indent: String = line.chars().take_while(|letter| *letter == ' ').collect();
        let parts = wrap(line, width.saturating_sub(indent.len()));
        parts.into_iter().map(move |part| format!("{indent}{part}"))
    };
    lines.iter().flat_map(broken).collect()
}

/// As much of a text as one line holds, cut between words, with a sign that something was cut; rather before a
/// clause than a little way into it.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let first = wrap(text, width.saturating_sub(2).max(1)).into_iter().next().unwrap_or_default();
    let clause = first.rfind([',', ';', '.', ':']).filter(|at| at + 1 >= first.len() * 3 / 4);
    let whole = clause.map_or(first.as_str(), |at| &first[..at]);
    format!("{whole} ~").chars().take(width).collect()
}

#[cfg(test)]
mod tests {
    use super::{cut, without_tabs, wrap, wrap_each};

    #[test]
    fn lines_are_broken_between_words_and_names_stay_whole() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("the pod login-546954bf77 is gone", 18), ["the pod", "login-546954bf77", "is gone"]);
        assert_eq!(wrap("first\nsecond", 18), ["first", "second"]);
        assert_eq!(wrap("", 7), [""]);
        let lines = ["  one two".to_owned(), String::new(), "three".to_owned()];
        assert_eq!(wrap_each(&lines, 7), ["  one", "  two", "", "three"]);
    }

    #[test]
    fn tabs_end_where_terminals_end_them() {
        assert_eq!(without_tabs("args\t<[]string>"), "args    <[]string>");
        assert_eq!(without_tabs("\t12345678\tx"), "        12345678        x");
    }

    #[test]
    fn a_line_is_cut_between_words_and_shows_it() {
        assert_eq!(cut("one two three", 13), "one two three");
        assert_eq!(cut("one two three", 12), "one two ~");
        assert_eq!(cut("one two three, or four", 20), "one two three ~");
        assert_eq!(cut("one, two three four", 18), "one, two three ~");
        assert_eq!(cut("one two three", 1), "o");
        assert_eq!(cut("one", 0), "");
    }
}
