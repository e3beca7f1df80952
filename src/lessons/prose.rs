//! Prose: the text of a lesson as blocks that any face can lay out.
//!
//! Markdown becomes a few kinds of [`Block`]; a line of text is a list of [`Piece`]s, each with one [`Style`].
//! [`wrap`] lays blocks out in a given width, for terminals and for the check that a page fits a small one.

use unicode_width::UnicodeWidthStr;

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// As it is.
    #[default]
    Plain,
    /// `*so*`.
    Emphasis,
    /// `**so**`.
    Strong,
    /// `` `so` ``: a name, a command, a field.
    Code,
    /// The text of a link.
    Link,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// How it looks.
    pub style: Style,
}

impl Piece {
    /// A piece in a style.
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }

    /// A piece without a style.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Style::Plain)
    }
}

/// Text without line breaks.
pub type Text = Vec<Piece>;

/// A part of a page.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Block {
    /// A heading within a page.
    Heading(Text),
    /// Running text.
    Paragraph(Text),
    /// Items, numbered from the first number if there is one.
    List(Option<u64>, Vec<Vec<Block>>),
    /// Quoted blocks.
    Quote(Vec<Block>),
    /// Lines that are shown as they are: the language, and the text.
    Code(String, String),
    /// A table: the heads of its columns, and its rows.
    Table(Vec<Text>, Vec<Vec<Text>>),
    /// A line across.
    Rule,
    /// What is read in plain mode in the place of the block before.
    InPlain(Vec<Block>),
}

/// Blocks as they are read in plain mode.
pub fn in_plain(blocks: Vec<Block>) -> Vec<Block> {
    let mut read: Vec<Block> = Vec::new();
    for block in blocks {
        match block {
            Block::InPlain(instead) => {
                read.pop();
                read.extend(instead);
            }
            block => read.push(block),
        }
    }
    read
}

/// The text of a line without its styles.
pub fn flat(text: &[Piece]) -> String {
    text.iter().map(|piece| piece.text.as_str()).collect()
}

/// Every text in these blocks, with a way to change it.
pub fn texts_mut(blocks: &mut [Block], change: &mut dyn FnMut(&mut Piece)) {
    for block in blocks {
        match block {
            Block::Heading(text) | Block::Paragraph(text) => text.iter_mut().for_each(&mut *change),
            Block::List(_, items) => items.iter_mut().for_each(|item| texts_mut(item, change)),
            Block::Quote(inner) | Block::InPlain(inner) => texts_mut(inner, change),
            Block::Table(head, rows) => {
                let cells = head.iter_mut().chain(rows.iter_mut().flatten());
                cells.flatten().for_each(&mut *change);
            }
            Block::Code(..) | Block::Rule => {}
        }
    }
}

/// Every text in these blocks.
pub fn texts<'a>(blocks: &'a [Block], see: &mut dyn FnMut(&'a Piece)) {
    for block in blocks {
        match block {
            Block::Heading(text) | Block::Paragraph(text) => text.iter().for_each(&mut *see),
            Block::List(_, items) => items.iter().for_each(|item| texts(item, see)),
            Block::Quote(inner) | Block::InPlain(inner) => texts(inner, see),
            Block::Table(head, rows) => {
                head.iter().chain(rows.iter().flatten()).flatten().for_each(&mut *see)
            }
            Block::Code(..) | Block::Rule => {}
        }
    }
}

/// Lays blocks out in lines of at most `width` cells, with an empty line between blocks.
pub fn wrap(blocks: &[Block], width: usize) -> Vec<Text> {
    let mut lines: Vec<Text> = Vec::new();
    let on_screen = blocks.iter().filter(|block| !matches!(block, Block::InPlain(_)));
    for (index, block) in on_screen.enumerate() {
        if index > 0 {
            lines.push(Vec::new());
        }
        lines.extend(wrap_block(block, width));
    }
    lines
}

fn wrap_block(block: &Block, width: usize) -> Vec<Text> {
    match block {
        Block::Heading(text) => {
            let strong: Text = text.iter().map(|piece| Piece::new(&piece.text, Style::Strong)).collect();
            fill(&strong, width)
        }
        Block::Paragraph(text) => fill(text, width),
        Block::List(first, items) => {
            let mut lines = Vec::new();
            for (index, item) in items.iter().enumerate() {
                let mark = match first {
                    Some(first) => format!("{:>2}. ", first + index as u64),
                    None => " - ".to_owned(),
                };
                // Short items stand close together; blocks within an item keep their distance.
                lines.extend(indented(wrap(item, width.saturating_sub(mark.len())), &mark));
            }
            lines
        }
        Block::Quote(inner) => {
            let lines = wrap(inner, width.saturating_sub(2));
            let bar = |mut line: Text| {
                line.insert(0, Piece::plain("| "));
                line
            };
            lines.into_iter().map(bar).collect()
        }
        Block::Code(_, text) => {
            text.lines().map(|line| vec![Piece::plain("  "), Piece::new(line, Style::Code)]).collect()
        }
        Block::Table(head, rows) => wrap_table(head, rows, width),
        Block::Rule => vec![vec![Piece::plain("-".repeat(width.min(20)))]],
        Block::InPlain(_) => Vec::new(),
    }
}

fn indented(lines: Vec<Text>, mark: &str) -> Vec<Text> {
    let blank = " ".repeat(mark.len());
    let indent = |(index, mut line): (usize, Text)| {
        line.insert(0, Piece::plain(if index == 0 { mark } else { &blank }));
        line
    };
    lines.into_iter().enumerate().map(indent).collect()
}

/// Breaks a text into lines at its spaces. A word that is longer than a line stands on its own.
fn fill(text: &[Piece], width: usize) -> Vec<Text> {
    let (mut lines, mut line, mut used): (Vec<Text>, Text, usize) = (Vec::new(), Vec::new(), 0);
    for word in words(text) {
        let length: usize = word.iter().map(|piece| piece.text.width()).sum();
        if used > 0 && used + 1 + length > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            append(&mut line, Piece::plain(" "));
            used += 1;
        }
        used += length;
        for piece in word {
            append(&mut line, piece);
        }
    }
    lines.push(line);
    lines
}

/// The words of a text: runs of pieces without a space between them.
fn words(text: &[Piece]) -> Vec<Text> {
    let (mut words, mut word): (Vec<Text>, Text) = (Vec::new(), Vec::new());
    for piece in text {
        for (index, part) in piece.text.split(char::is_whitespace).enumerate() {
            if index > 0 && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            if !part.is_empty() {
                word.push(Piece::new(part, piece.style));
            }
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn append(line: &mut Text, piece: Piece) {
    match line.last_mut() {
        Some(last) if last.style == piece.style => last.text.push_str(&piece.text),
        _ => line.push(piece),
    }
}

/// A table with columns as wide as their widest cell; the widest columns are narrowed until it fits.
fn wrap_table(head: &[Text], rows: &[Vec<Text>], width: usize) -> Vec<Text> {
    let columns = head.len().max(rows.iter().map(Vec::len).max().unwrap_or(0));
    let mut widths = vec![1; columns];
    for row in std::iter::once(head).chain(rows.iter().map(Vec::as_slice)) {
        for (column, cell) in row.iter().enumerate() {
            widths[column] = widths[column].max(flat(cell).width());
        }
    }
    let room = width.saturating_sub(2 * columns.saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        match widths.iter_mut().max() {
            Some(widest) if *widest > 4 => *widest -= 1,
            _ => break,
        }
    }
    let strong = |cell: &Text| cell.iter().map(|piece| Piece::new(&piece.text, Style::Strong)).collect();
    let head: Vec<Text> = head.iter().map(strong).collect();
    let mut lines = wrap_row(&head, &widths);
    for row in rows {
        lines.extend(wrap_row(row, &widths));
    }
    lines
}

fn wrap_row(row: &[Text], widths: &[usize]) -> Vec<Text> {
    let cells: Vec<Vec<Text>> = row.iter().zip(widths).map(|(cell, width)| fill(cell, *width)).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |number: usize| {
        let mut line = Text::new();
        for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let text = cell.get(number).cloned().unwrap_or_default();
            let missing = width.saturating_sub(flat(&text).width());
            text.into_iter().for_each(|piece| append(&mut line, piece));
            if column + 1 < cells.len() {
                append(&mut line, Piece::plain(" ".repeat(missing + 2)));
            }
        }
        line
    };
    (0..height).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(blocks: &[Block], width: usize) -> Vec<String> {
        wrap(blocks, width).iter().map(|line| flat(line)).collect()
    }

    #[test]
    fn text_is_broken_at_spaces_and_keeps_its_styles() {
        let text = vec![
            Piece::plain("Kubernetes keeps the "),
            Piece::new("count", Style::Emphasis),
            Piece::plain("."),
        ];
        let blocks = [
            Block::Paragraph(text),
            Block::List(Some(1), vec![vec![Block::Paragraph(vec![Piece::plain("one two")])]]),
        ];
        assert_eq!(lines(&blocks, 16), ["Kubernetes keeps", "the count.", "", " 1. one two"]);
        let styles: Vec<Style> = wrap(&blocks, 16)[1].iter().map(|piece| piece.style).collect();
        assert_eq!(styles, [Style::Plain, Style::Emphasis, Style::Plain]);
    }

    #[test]
    fn in_plain_mode_another_block_is_read_in_the_place_of_one() {
        let paragraph = |text: &str| Block::Paragraph(vec![Piece::plain(text)]);
        let blocks = [paragraph("one"), Block::InPlain(vec![paragraph("two")]), paragraph("three")];
        assert_eq!(lines(&blocks, 16), ["one", "", "three"]);
        assert_eq!(lines(&in_plain(blocks.to_vec()), 16), ["two", "", "three"]);
    }

    #[test]
    fn tables_are_narrowed_until_they_fit() {
        let cell = |text: &str| vec![Piece::plain(text)];
        let table = Block::Table(
            vec![cell("a"), cell("what it means")],
            vec![vec![cell("pod"), cell("a process or some")]],
        );
        assert_eq!(lines(&[table], 14), ["a    what it", "     means", "pod  a process", "     or some"]);
    }
}
