//! Blocks of prose as Markdown.

use crate::lessons::prose::{Block, Piece, Style};

/// The text of some blocks.
pub(super) fn blocks(blocks: &[Block]) -> String {
    let read = blocks.iter().filter(|block| !matches!(block, Block::InPlain(_)));
    read.map(|one| format!("{}\n\n", block(one))).collect()
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(text) => format!("### {}", line(text)),
        Block::Paragraph(text) => line(text),
        Block::List(first, items) => {
            let item = |(index, item): (usize, &Vec<Block>)| {
                let mark =
                    first.map_or_else(|| "- ".to_owned(), |first| format!("{}. ", first + index as u64));
                indented(blocks(item).trim_end(), &mark)
            };
            items.iter().enumerate().map(item).collect::<Vec<_>>().join("\n")
        }
        Block::Quote(inner) => {
            let text = blocks(inner);
            text.trim_end().lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
        }
        Block::Code(language, text) => format!("```{language}\n{}\n```", text.trim_end()),
        Block::Table(head, rows) => {
            let row = |cells: &[Vec<Piece>]| {
                format!("| {} |", cells.iter().map(|cell| line(cell)).collect::<Vec<_>>().join(" | "))
            };
            let rule = format!("|{}", "---|".repeat(head.len()));
            let rows = rows.iter().map(|cells| row(cells));
            [row(head), rule].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
        }
        Block::Rule => "---".to_owned(),
        Block::InPlain(_) => String::new(),
    }
}

fn line(text: &[Piece]) -> String {
    let piece = |piece: &Piece| match piece.style {
        Style::Plain | Style::Link => piece.text.clone(),
        Style::Emphasis => format!("*{}*", piece.text),
        Style::Strong => format!("**{}**", piece.text),
        Style::Code => format!("`{}`", piece.text),
    };
    text.iter().map(piece).collect()
}

/// Lines behind a mark; those after the first stand under it.
pub(super) fn indented(text: &str, mark: &str) -> String {
    let blank = " ".repeat(mark.len());
    let indent = |(index, line): (usize, &str)| match index {
        0 => format!("{mark}{line}"),
        _ if line.is_empty() => String::new(),
        _ => format!("{blank}{line}"),
    };
    text.lines().enumerate().map(indent).collect::<Vec<_>>().join("\n")
}
