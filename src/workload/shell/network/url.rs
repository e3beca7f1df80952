//! URLs.

use smol_str::SmolStr;

use crate::workload::request::Request;

/// Where a URL leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    /// Host and port as they are written: `login:8080`.
    pub(super) authority: SmolStr,
    pub(super) host: SmolStr,
    pub(super) port: i32,
    pub(super) path: SmolStr,
}

impl Url {
    /// Reads a URL; none if it is not of the web. Without a scheme it is `http`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (rest, usual_port) = match text.split_once("://") {
            Some(("http", rest)) => (rest, 80),
            Some(("https", rest)) => (rest, 443),
            Some(_) => return None,
            None => (text, 80),
        };
        let (authority, path) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, usual_port),
        };
        let known = !host.is_empty();
        known.then(|| Self { authority: authority.into(), host: host.into(), port, path: path.into() })
    }

    /// The request for it.
    pub(super) fn request(&self) -> Request {
        Request::Http { host: self.host.clone(), port: self.port, path: self.path.clone() }
    }

    /// The last part of the path, by which a program names the file.
    pub(super) fn file_name(&self) -> &str {
        let path = self.path.split('?').next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default()
    }
}
