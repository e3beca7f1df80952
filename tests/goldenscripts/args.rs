//! The arguments of a command.

use std::error::Error;
use std::str::FromStr;

use goldenscript::{ArgumentConsumer, Command};
use kubeloop::apiserver::{Filter, Sub};
use kubeloop::object::Kind;
use kubeloop::object::selector::Selector;
use kubeloop::time::Span;

/// What a command prints, or why it failed.
pub type Printed<T = String> = Result<T, Box<dyn Error>>;

/// The arguments of a command, taken one by one.
pub struct Args<'a>(ArgumentConsumer<'a>);

impl<'a> Args<'a> {
    /// All of them.
    pub fn of(command: &'a Command) -> Self {
        Self(command.consume_args())
    }

    /// The next one without a key; `what` it should be is said if there is none.
    pub fn next(&mut self, what: &str) -> Printed<&'a str> {
        self.0.next_pos().ok_or_else(|| format!("{what}?").into())
    }

    /// The next one without a key, if there is one.
    pub fn maybe(&mut self) -> Option<&'a str> {
        self.0.next_pos()
    }

    /// The one of this key.
    pub fn text(&mut self, key: &str) -> Option<&'a str> {
        self.0.take_key(key)
    }

    /// The one of this key, read.
    pub fn key<T: FromStr<Err: Error + 'static>>(&mut self, key: &str) -> Printed<Option<T>> {
        Ok(self.0.take_key(key).map(str::parse).transpose()?)
    }

    /// The next one with a key.
    pub fn pair(&mut self) -> Option<(&'a str, &'a str)> {
        self.0.next_key()
    }

    /// How long: `30s`.
    pub fn span(&mut self) -> Printed<Span> {
        Ok(Span::parse(self.next("how long")?)?)
    }

    /// The part of an object that is meant: `sub=status`.
    pub fn sub(&mut self) -> Printed<Sub> {
        match self.text("sub") {
            None => Ok(Sub::Main),
            Some("status") => Ok(Sub::Status),
            Some("scale") => Ok(Sub::Scale),
            Some("finalize") => Ok(Sub::Finalize),
            Some(other) => Err(format!("there is no subresource {other}").into()),
        }
    }

    /// Which objects: `namespace=`, `labels=`, `fields=`.
    pub fn filter(&mut self, kind: Kind) -> Printed<Filter> {
        let namespace = match self.text("namespace") {
            Some("all") => None,
            _ if !kind.is_namespaced() => None,
            other => Some(other.unwrap_or("default").into()),
        };
        let labels = Selector::parse(self.text("labels").unwrap_or(""))?;
        let fields = Selector::parse(self.text("fields").unwrap_or(""))?;
        Ok(Filter { namespace, labels, fields })
    }

    /// Nothing is left.
    pub fn end(&self) -> Printed<()> {
        self.0.reject_next()
    }
}

/// The kind that a word means: `pods`, `deploy`.
pub fn kind(word: &str) -> Printed<Kind> {
    Ok(Kind::from_resource(word).ok_or_else(|| format!("there is no kind {word}"))?)
}
