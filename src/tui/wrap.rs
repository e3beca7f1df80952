//! Texts in lines that fit.

use textwrap::{Options, WordSplitter};

/// A text in lines of at most so many cells, broken between words; a word longer than a line is broken, too. Line
/// breaks of the text stay. An empty text is one empty line.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    // Names of objects have hyphens, and are read more easily in one piece.
    let options = Options::new(width.max(1)).word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(text.trim(), options).into_iter().map(|line| line.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn lines_are_broken_between_words_and_names_stay_whole() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("the pod login-546954bf77 is gone", 18), ["the pod", "login-546954bf77", "is gone"]);
        assert_eq!(wrap("first\nsecond", 18), ["first", "second"]);
        assert_eq!(wrap("", 7), [""]);
    }
}
