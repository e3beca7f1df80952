//! A session as an asciicast (version 2): what was on the screen, with the seconds at which it was.
//!
//! The frames are kept in memory in segments, each of which begins with its whole picture, so that the oldest segment
//! can go when there are too many. A file that was named at the start gets every frame as it comes.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::time::Duration;

use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Size;
use serde_json::json;

/// A segment ends after so many bytes.
const SEGMENT: usize = 4 << 20;
/// Segments kept; the oldest one goes.
const SEGMENTS: usize = 8;

/// The frames of a session.
#[derive(Default)]
pub struct Tape {
    segments: VecDeque<Segment>,
    file: Option<File>,
}

struct Segment {
    /// Of the picture with which it begins.
    first_size: Size,
    /// Now.
    size: Size,
    bytes: usize,
    began: Duration,
    /// The whole picture after the first frame.
    picture: String,
    events: Vec<(Duration, Event)>,
}

enum Event {
    Output(String),
    Resized(Size),
}

impl Tape {
    /// A tape that goes into a file, too.
    pub fn into_file(file: Option<File>) -> Self {
        Self { file, ..Self::default() }
    }

    /// A frame went to the terminal: when, counted from the start of the session, the bytes, and the whole picture.
    pub fn frame(&mut self, at: Duration, bytes: &[u8], picture: &Buffer) {
        let size = picture.area.as_size();
        let text = String::from_utf8_lossy(bytes).into_owned();
        let first = self.segments.is_empty();
        if self.segments.back().is_none_or(|segment| segment.bytes > SEGMENT) {
            let segment = Segment {
                first_size: size,
                size,
                bytes: 0,
                began: at,
                picture: whole(picture),
                events: Vec::new(),
            };
            if first {
                self.write(&(header(size) + &line(Duration::ZERO, &Event::Output(segment.picture.clone()))));
            }
            self.segments.push_back(segment);
            if self.segments.len() > SEGMENTS {
                self.segments.pop_front();
            }
        }
        let Some(segment) = self.segments.back_mut() else { return };
        segment.bytes += text.len();
        let mut lines = String::new();
        let before = std::mem::replace(&mut segment.size, size);
        let resized = (before != size).then_some(Event::Resized(size));
        for event in resized.into_iter().chain([Event::Output(text)]) {
            lines.push_str(&line(at, &event));
            segment.events.push((at, event));
        }
        if !first {
            self.write(&lines);
        }
    }

    /// The asciicast of what is kept.
    pub fn text(&self) -> String {
        let Some(oldest) = self.segments.front() else { return header(Size::new(80, 24)) };
        let mut text =
            header(oldest.first_size) + &line(Duration::ZERO, &Event::Output(oldest.picture.clone()));
        // The first frame of the oldest segment is in its picture.
        let events = self.segments.iter().flat_map(|segment| &segment.events).skip(1);
        text.extend(events.map(|(at, event)| line(at.saturating_sub(oldest.began), event)));
        text
    }

    fn write(&mut self, text: &str) {
        if let Some(file) = &mut self.file
            && file.write_all(text.as_bytes()).is_err()
        {
            // A full disk must not end the session; it is only not recorded any more.
            self.file = None;
        }
    }
}

fn header(size: Size) -> String {
    let value = json!({"version": 2, "width": size.width, "height": size.height, "title": "kubeloop"});
    format!("{value}\n")
}

fn line(at: Duration, event: &Event) -> String {
    let seconds = (at.as_secs_f64() * 1e6).round() / 1e6;
    let value = match event {
        Event::Output(text) => json!([seconds, "o", text]),
        Event::Resized(size) => json!([seconds, "r", format!("{}x{}", size.width, size.height)]),
    };
    format!("{value}\n")
}

/// The bytes that paint a whole picture on an empty screen.
fn whole(picture: &Buffer) -> String {
    let mut bytes = Vec::new();
    let width = usize::from(picture.area.width).max(1);
    let cells = picture.content.iter().enumerate();
    let placed = cells.map(|(index, cell)| ((index % width) as u16, (index / width) as u16, cell));
    // Writing into memory does not fail.
    let _drawn = CrosstermBackend::new(&mut bytes).draw(placed);
    format!("\u{1b}[?25l\u{1b}[2J\u{1b}[H{}", String::from_utf8_lossy(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(tape: &mut Tape, millis: u64, text: &str, width: u16) {
        let picture = Buffer::with_lines([format!("{text:<width$}", width = usize::from(width))]);
        tape.frame(Duration::from_millis(millis), text.as_bytes(), &picture);
    }

    fn lines(tape: &Tape) -> Vec<serde_json::Value> {
        tape.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    #[test]
    fn it_begins_with_the_whole_picture_and_goes_on_with_frames() {
        let mut tape = Tape::default();
        frame(&mut tape, 500, "one", 10);
        frame(&mut tape, 750, "two", 10);
        frame(&mut tape, 1000, "three", 12);
        let lines = lines(&tape);
        assert_eq!((&lines[0]["version"], &lines[0]["width"]), (&json!(2), &json!(10)));
        assert!(lines[1][2].as_str().is_some_and(|text| text.contains("[2J") && text.contains("one")));
        assert_eq!(lines[2], json!([0.25, "o", "two"]));
        assert_eq!(lines[3], json!([0.5, "r", "12x1"]));
        assert_eq!(lines[4], json!([0.5, "o", "three"]));
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn the_oldest_segment_goes_and_the_rest_still_begins_with_a_picture() {
        let mut tape = Tape::default();
        let long = "x".repeat(SEGMENT / 2);
        for index in 0..(SEGMENTS as u64 + 4) * 3 {
            let picture = Buffer::with_lines([format!("frame {index}")]);
            tape.frame(Duration::from_secs(index), long.as_bytes(), &picture);
        }
        assert_eq!(tape.segments.len(), SEGMENTS);
        let lines = lines(&tape);
        assert!(
            lines[1][2].as_str().is_some_and(|text| text.contains("frame ") && !text.contains("frame 0"))
        );
        assert_eq!(lines[1][0], json!(0.0));
    }

    #[test]
    fn a_file_gets_the_same_lines_as_they_come() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s.cast");
        let mut tape = Tape::into_file(Some(File::create(&path).expect("a file")));
        frame(&mut tape, 0, "one", 10);
        frame(&mut tape, 250, "two", 10);
        assert_eq!(std::fs::read_to_string(&path).expect("a cast"), tape.text());
    }
}
