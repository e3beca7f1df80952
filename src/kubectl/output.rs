//! What a command prints, and how kubectl words what went wrong.

use crate::apiserver::Status;

/// The address that kubectl names when nobody answers: the API server's port on the control plane.
pub const SERVER: &str = "127.0.0.1:6443";

/// Where a text is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Results.
    Out,
    /// Errors, warnings and remarks.
    Err,
}

/// What a command printed, in the order of printing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    parts: Vec<(Stream, String)>,
}

impl Output {
    /// Prints a line to the standard output.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.print(Stream::Out, &format!("{}\n", text.as_ref()));
    }

    /// Prints a line to the standard error.
    pub fn error(&mut self, text: impl AsRef<str>) {
        self.print(Stream::Err, &format!("{}\n", text.as_ref().trim_end_matches('\n')));
    }

    /// Prints a text as it is.
    pub fn print(&mut self, stream: Stream, text: &str) {
        match self.parts.last_mut() {
            Some((last, there)) if *last == stream => there.push_str(text),
            _ if text.is_empty() => {}
            _ => self.parts.push((stream, text.to_owned())),
        }
    }

    /// The parts in order, with where each was printed.
    pub fn parts(&self) -> impl Iterator<Item = (Stream, &str)> {
        self.parts.iter().map(|(stream, text)| (*stream, text.as_str()))
    }

    /// What was printed to one stream.
    pub fn of(&self, stream: Stream) -> String {
        self.parts().filter(|(of, _)| *of == stream).map(|(_, text)| text).collect()
    }

    /// Everything that was printed, as a terminal shows it.
    pub fn text(&self) -> String {
        self.parts().map(|(_, text)| text).collect()
    }

    /// Takes over what another output holds.
    pub fn append(&mut self, other: Self) {
        for (stream, text) in other.parts {
            self.print(stream, &text);
        }
    }
}

/// Why a command failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The API server refused.
    Refused(Box<Status>),
    /// kubectl itself has something to say; it is printed after `error: `.
    Said(String),
    /// The same, printed as it is.
    Plain(String),
    /// Several things failed.
    Several(Vec<Fault>),
}

impl From<Box<Status>> for Fault {
    fn from(status: Box<Status>) -> Self {
        Self::Refused(status)
    }
}

impl Fault {
    /// kubectl has something to say.
    pub fn said(text: impl Into<String>) -> Self {
        Self::Said(text.into())
    }

    /// Something is missing or does not fit on the command line (`UsageErrorf`).
    pub fn usage(verb: &str, text: impl AsRef<str>) -> Self {
        Self::Said(format!("{}\nSee 'kubectl {verb} -h' for help and examples", text.as_ref()))
    }

    /// One fault for several; none if there are none.
    ///
    /// # Errors
    /// When there are some.
    pub fn all(mut faults: Vec<Self>) -> Result<(), Self> {
        match faults.len() {
            0 => Ok(()),
            1 => Err(faults.remove(0)),
            _ => Err(Self::Several(faults)),
        }
    }

    /// Whether the API server said that there is no such object.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(status) if status.reason == "NotFound")
    }

    /// The text that kubectl prints last (`checkErr` in `kubectl/pkg/cmd/util/helpers.go`).
    pub fn text(&self) -> String {
        match self {
            Self::Refused(status) if status.reason == "Invalid" => invalid(status),
            Self::Refused(status) => sentence(status),
            Self::Said(text) if text.starts_with("error: ") => text.clone(),
            Self::Said(text) => format!("error: {text}"),
            Self::Plain(text) => text.clone(),
            Self::Several(faults) => faults.iter().map(Self::entry).collect::<Vec<_>>().join("\n"),
        }
    }

    /// As one of several, or inside a sentence.
    pub fn entry(&self) -> String {
        match self {
            Self::Refused(status) => sentence(status),
            Self::Said(text) => text.clone(),
            other => other.text(),
        }
    }
}

/// The API server's refusal in one sentence (`StandardErrorMessage`).
fn sentence(status: &Status) -> String {
    match (status.code, status.reason) {
        (0, _) => {
            format!(
                "The connection to the server {SERVER} was refused - did you specify the right host or port?"
            )
        }
        (_, "") => format!("Error from server: {}", status.message),
        (_, reason) => format!("Error from server ({reason}): {}", status.message),
    }
}

/// An object that breaks the API's rules: each finding on its own line if there are several.
fn invalid(status: &Status) -> String {
    if status.kind.is_empty() && status.name.is_empty() && status.causes.is_empty() {
        return format!("The request is invalid: {}", status.message);
    }
    let title = match status.kind.is_empty() && status.name.is_empty() {
        true => "The request is invalid".to_owned(),
        false => format!("The {} \"{}\" is invalid", status.kind, status.name),
    };
    let mut findings: Vec<String> = Vec::new();
    for cause in &status.causes {
        let finding = format!("{}: {}", cause.field, cause.message);
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    match findings.as_slice() {
        [] => title,
        [one] => format!("{title}: {one}"),
        many => {
            let lines: String = many.iter().map(|finding| format!("* {finding}\n")).collect();
            format!("{title}: \n{lines}").trim_end().to_owned()
        }
    }
}
