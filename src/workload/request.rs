//! Requests to and from containers.

use smol_str::SmolStr;

/// A request from inside a container. Whoever moves packets answers it with [`super::Process::answer`]; if nobody
/// does, the program gives up by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The process's own number for it.
    pub number: u64,
    /// What is asked.
    pub request: Request,
}

/// What a program in a container asks of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// An HTTP GET (`wget`, `curl`).
    Http {
        /// Host name or address.
        host: SmolStr,
        /// Port.
        port: i32,
        /// Path with query.
        path: SmolStr,
    },
    /// A TCP connection (`nc -z`).
    Tcp {
        /// Host name or address.
        host: SmolStr,
        /// Port.
        port: i32,
    },
    /// A name to be resolved (`nslookup`).
    Lookup {
        /// The name.
        name: SmolStr,
    },
}

/// What came of a [`Request`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An HTTP answer.
    Http(HttpAnswer),
    /// The connection was opened.
    Connected,
    /// The connection was refused.
    Refused,
    /// Nothing answered in time.
    TimedOut,
    /// The name's addresses.
    Addresses(Vec<SmolStr>),
    /// There is no such name.
    NoSuchName,
    /// Nobody can answer: the request comes from a command beside the main process ([`super::Process::exec`]).
    Unavailable,
}

/// An answer to an HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status code.
    pub code: u16,
    /// The body.
    pub body: SmolStr,
}

/// Nothing listens on the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

impl Request {
    /// Whether it stays within the pod.
    pub fn is_local(&self) -> bool {
        let (Request::Http { host, .. } | Request::Tcp { host, .. } | Request::Lookup { name: host }) = self;
        matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1" | "[::1]" | "0.0.0.0")
    }
}
