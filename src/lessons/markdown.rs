//! Markdown into sections: what the learner reads, and the fenced blocks that hold data.
//!
//! A `##` heading begins a section. A fenced block is data if its info string says so (`predict id=...`,
//! `check`, `yaml file=web.yaml`, ...); any other is shown as it stands.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::fence::{self, Fence};
use super::lines::Lines;
use super::prose::{Block, Piece, Style, Text};
use crate::script::{Place, ScriptError};

/// A part of a lesson file: what stands before the first `##`, or what follows one.
#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    /// Its heading; empty for what stands before the first one.
    pub(super) title: String,
    /// `{#id}`.
    pub(super) id: Option<String>,
    /// Where it begins.
    pub(super) place: Place,
    /// What is read.
    pub(super) prose: Vec<Block>,
    /// The data.
    pub(super) fences: Vec<Fence>,
}

/// Takes a text apart. Its front matter is already blank.
pub(super) fn sections(text: &str) -> Result<Vec<Section>, ScriptError> {
    let options = Options::ENABLE_HEADING_ATTRIBUTES | Options::ENABLE_TABLES;
    let mut reader = Reader {
        lines: Lines::new(text),
        sections: vec![Section { place: Place { line: 1, column: 1 }, ..Section::default() }],
        containers: Vec::new(),
        lists: Vec::new(),
        table: None,
        line: Vec::new(),
        styles: Vec::new(),
        code: None,
        comment: String::new(),
    };
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        reader.event(event, range)?;
    }
    Ok(reader.sections)
}

struct Reader<'a> {
    lines: Lines<'a>,
    sections: Vec<Section>,
    /// Open quotes and list items.
    containers: Vec<Vec<Block>>,
    lists: Vec<(Option<u64>, Vec<Vec<Block>>)>,
    table: Option<(Vec<Text>, Vec<Vec<Text>>)>,
    /// The text that is being read.
    line: Text,
    styles: Vec<Style>,
    /// The info string and the text of the code block that is being read.
    code: Option<(String, String)>,
    /// The HTML that is being read.
    comment: String,
}

/// How a comment begins that is read in plain mode.
const IN_PLAIN: &str = "<!-- plain:";

impl Reader<'_> {
    fn event(&mut self, event: Event, range: Range<usize>) -> Result<(), ScriptError> {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => return self.end(tag, range),
            Event::Text(text) => match &mut self.code {
                Some((_, code)) => code.push_str(&text),
                None => self.text(&text, self.styles.last().copied().unwrap_or_default()),
            },
            Event::Code(text) => self.text(&text, Style::Code),
            Event::SoftBreak | Event::HardBreak => self.text(" ", Style::Plain),
            Event::Rule => self.add(Block::Rule),
            Event::Html(html) => self.comment.push_str(&html),
            Event::InlineHtml(html) if html.starts_with("<!--") => {}
            Event::InlineHtml(html) => {
                let message =
                    format!("{html} is HTML, which is not shown; a key stands within backticks: `<why>`");
                return Err(self.lines.place(range.start).error(message));
            }
            other => self.text(&format!("{other:?}"), Style::Plain),
        }
        Ok(())
    }

    fn start(&mut self, tag: Tag, range: Range<usize>) {
        match tag {
            Tag::Heading { level: HeadingLevel::H2, id, .. } => {
                let id = id.map(|id| id.to_string());
                let place = self.lines.place(range.start);
                self.sections.push(Section { id, place, ..Section::default() });
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                let info = match kind {
                    CodeBlockKind::Fenced(info) => info.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((info, String::new()));
            }
            Tag::List(first) => {
                self.flush();
                self.lists.push((first, Vec::new()));
            }
            Tag::Item | Tag::BlockQuote(_) => {
                self.flush();
                self.containers.push(Vec::new());
            }
            Tag::Table(_) => self.table = Some((Vec::new(), Vec::new())),
            Tag::TableRow => {
                if let Some((_, rows)) = &mut self.table {
                    rows.push(Vec::new());
                }
            }
            Tag::Emphasis => self.styles.push(Style::Emphasis),
            Tag::Strong => self.styles.push(Style::Strong),
            Tag::Link { .. } => self.styles.push(Style::Link),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) -> Result<(), ScriptError> {
        match tag {
            TagEnd::Heading(HeadingLevel::H2) => {
                let title = super::prose::flat(&std::mem::take(&mut self.line));
                if let Some(section) = self.sections.last_mut() {
                    section.title = title;
                }
            }
            TagEnd::Heading(_) => {
                let text = std::mem::take(&mut self.line);
                self.add(Block::Heading(text));
            }
            TagEnd::Paragraph => self.flush(),
            TagEnd::HtmlBlock => return self.comment_ends(),
            TagEnd::CodeBlock => return self.code_ends(range),
            TagEnd::Item => {
                self.flush();
                let blocks = self.containers.pop().unwrap_or_default();
                if let Some((_, items)) = self.lists.last_mut() {
                    items.push(blocks);
                }
            }
            TagEnd::List(_) => {
                if let Some((first, items)) = self.lists.pop() {
                    self.add(Block::List(first, items));
                }
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                let blocks = self.containers.pop().unwrap_or_default();
                self.add(Block::Quote(blocks));
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.line);
                match &mut self.table {
                    Some((_, rows)) if !rows.is_empty() => {
                        rows.last_mut().into_iter().for_each(|row| row.push(cell.clone()))
                    }
                    Some((head, _)) => head.push(cell),
                    None => {}
                }
            }
            TagEnd::Table => {
                if let Some((head, rows)) = self.table.take() {
                    self.add(Block::Table(head, rows));
                }
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Link => {
                self.styles.pop();
            }
            _ => {}
        }
        Ok(())
    }

    /// Comments are the author's own, but for those that are read in plain mode.
    fn comment_ends(&mut self) -> Result<(), ScriptError> {
        let comment = std::mem::take(&mut self.comment);
        let inner = comment.trim().strip_prefix(IN_PLAIN).and_then(|rest| rest.strip_suffix("-->"));
        if let Some(inner) = inner {
            let prose = sections(inner)?.into_iter().flat_map(|section| section.prose);
            self.add(Block::InPlain(prose.collect()));
        }
        Ok(())
    }

    fn code_ends(&mut self, range: Range<usize>) -> Result<(), ScriptError> {
        let Some((info, text)) = self.code.take() else { return Ok(()) };
        let place = self.lines.place(range.start);
        let Some(fence) = fence::read(&info, &text, place)? else {
            let language = info.split_whitespace().next().unwrap_or("").to_owned();
            self.add(Block::Code(language, text));
            return Ok(());
        };
        if place.column != 1 || !self.containers.is_empty() {
            return Err(place.error(format!("begin the {} block in the first column", fence.kind)));
        }
        if !self.lines.slice(range).trim_end().ends_with(['`', '~']) {
            return Err(place.error(format!("the {} block is not closed; end it with ```", fence.kind)));
        }
        if let Some(section) = self.sections.last_mut() {
            section.fences.push(fence);
        }
        Ok(())
    }

    fn text(&mut self, text: &str, style: Style) {
        match self.line.last_mut() {
            Some(last) if last.style == style => last.text.push_str(text),
            _ => self.line.push(Piece::new(text, style)),
        }
    }

    /// Text that stands in an item without a paragraph around it becomes one.
    fn flush(&mut self) {
        if !self.line.is_empty() {
            let text = std::mem::take(&mut self.line);
            self.add(Block::Paragraph(text));
        }
    }

    fn add(&mut self, block: Block) {
        let place = match (self.containers.last_mut(), self.sections.last_mut()) {
            (Some(container), _) => container,
            (None, Some(section)) => &mut section.prose,
            (None, None) => return,
        };
        place.push(block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lessons::prose::flat;

    #[test]
    fn headings_prose_and_data_are_told_apart() {
        let text = "One *two*\nthree.\n\n- a\n- b\n\n```sh\nls\n```\n\n## Do it {#do}\nNow.\n\n```check\n- goal: x\n```\n";
        let sections = sections(text).unwrap();
        assert_eq!(sections.len(), 2);
        let Block::Paragraph(first) = &sections[0].prose[0] else { panic!("{:?}", sections[0].prose) };
        assert_eq!((flat(first).as_str(), first[1].style), ("One two three.", Style::Emphasis));
        assert!(matches!(&sections[0].prose[1], Block::List(None, items) if items.len() == 2));
        assert!(
            matches!(&sections[0].prose[2], Block::Code(language, text) if language == "sh" && text == "ls\n")
        );
        assert_eq!(
            (sections[1].title.as_str(), sections[1].id.as_deref(), sections[1].place.line),
            ("Do it", Some("do"), 11)
        );
        assert_eq!((sections[1].fences[0].kind.name(), sections[1].fences[0].place.line), ("check", 14));
    }

    #[test]
    fn comments_are_the_authors_own_but_for_what_is_read_in_plain_mode() {
        let text = "a\n\n<!-- mine -->\n\n1. b\n2. c\n\n<!-- plain:\nType `d`.\n\nThen e.\n-->\nf\n";
        let prose = sections(text).unwrap().remove(0).prose;
        let [Block::Paragraph(_), Block::List(..), Block::InPlain(inner), Block::Paragraph(_)] = &prose[..]
        else {
            panic!("{prose:?}")
        };
        assert_eq!(inner.len(), 2);
        assert!(sections("Press <why> now.\n").unwrap_err().message.contains("within backticks"));
    }

    #[test]
    fn an_open_block_and_a_misspelt_one_are_refused() {
        assert!(sections("```check\n- goal: x\n").unwrap_err().message.contains("not closed"));
        assert!(sections("```chek\n```\n").unwrap_err().message.contains("did you mean `check`"));
        assert!(
            sections("- a\n  ```check\n  - goal: x\n  ```\n").unwrap_err().message.contains("first column")
        );
    }
}
