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
    /// A TCP connection (`nc`).
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
    /// The address of the host's name. The answer proper is still to come.
    At(SmolStr),
    /// An HTTP answer.
    Http(HttpAnswer),
    /// The connection was opened.
    Connected,
    /// The connection was refused.
    Refused,
    /// The connection was opened, and closed without an answer: the server does not speak HTTP.
    Closed,
    /// There is no way to the address: no pod has it any more.
    Unreachable,
    /// Nothing answered in time.
    TimedOut,
    /// What the DNS server answered for each name that the pod's resolver may try, in its order.
    Names(Vec<Named>),
    /// There is no such name.
    NoSuchName,
    /// Nobody can answer: the request comes from a command beside the main process ([`super::Process::exec`]).
    Unavailable,
}

/// A full name for which the DNS server was asked, and what it answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The full name.
    pub name: SmolStr,
    /// Its address; none if there is no such name.
    pub address: Option<SmolStr>,
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
    /// The host that is asked, or asked for.
    pub fn host(&self) -> &str {
        let (Request::Http { host, .. } | Request::Tcp { host, .. } | Request::Lookup { name: host }) = self;
        host
    }

    /// The port; 0 for a lookup.
    pub fn port(&self) -> i32 {
        match self {
            Request::Http { port, .. } | Request::Tcp { port, .. } => *port,
            Request::Lookup { .. } => 0,
        }
    }

    /// The path; none for what is not HTTP.
    pub fn path(&self) -> Option<&SmolStr> {
        match self {
            Request::Http { path, .. } => Some(path),
            Request::Tcp { .. } | Request::Lookup { .. } => None,
        }
    }

    /// Whether it stays within the pod.
    pub fn is_local(&self) -> bool {
        matches!(self.host(), "localhost" | "127.0.0.1" | "::1" | "[::1]" | "0.0.0.0")
    }
}
