//! A request as RFC 9112 has it: its head is parsed by `httparse`; what this server needs of it is checked here.

use crate::status::Status;
use crate::upload;
use httparse::Header;

/// Most bytes of a head.
pub(crate) const MOST_HEAD: usize = 4096;

/// What takes a body.
pub(crate) const UPLOAD: &str = "/upload";

/// Most fields of a head.
const FIELDS: usize = 48;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// A resource.
    Get,
    /// The head that `Get` would have.
    Head,
    /// That something is done.
    Post,
    /// That a body is taken.
    Put,
    /// What this server does not know.
    Other,
}

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request<'b> {
    /// What is asked for.
    pub(crate) method: Method,
    /// Of which resource: it begins with a slash.
    pub(crate) path: &'b str,
    /// What stands behind a question mark.
    pub(crate) query: &'b str,
    /// How the client calls this server, with the port.
    pub(crate) host: &'b str,
    /// Which page asks, if the browser says so.
    pub(crate) origin: Option<&'b str>,
    /// Bytes of its body.
    pub(crate) length: u64,
    /// Whether the client waits for a word before it sends the body.
    pub(crate) expects: bool,
    /// Whether the connection stays for another request.
    pub(crate) stays: bool,
}

/// What the bytes of a connection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parsed<'b> {
    /// More are to come.
    Part,
    /// No request: the answer, after which the connection is closed.
    Bad(Status),
    /// A request, and how many bytes its head has.
    Whole(Request<'b>, usize),
}

/// Reads the request at the beginning of these bytes, of which there can be [`MOST_HEAD`].
pub(crate) fn parse(bytes: &[u8]) -> Parsed<'_> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut head = httparse::Request::new(&mut fields);
    match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => match check(&head) {
            Ok(request) => Parsed::Whole(request, length),
            Err(status) => Parsed::Bad(status),
        },
        Ok(httparse::Status::Partial) if bytes.len() < MOST_HEAD => Parsed::Part,
        // Empty lines may stand before the first.
        Ok(httparse::Status::Partial) if bytes.trim_ascii_start().contains(&b'\n') => {
            Parsed::Bad(Status::FieldsTooLarge)
        }
        Ok(httparse::Status::Partial) => Parsed::Bad(Status::UriTooLong),
        Err(httparse::Error::TooManyHeaders) => Parsed::Bad(Status::FieldsTooLarge),
        Err(httparse::Error::Version) => Parsed::Bad(Status::VersionNotSupported),
        Err(_) => Parsed::Bad(Status::BadRequest),
    }
}

/// The value of a field that may stand once.
fn single<'b>(fields: &[Header<'b>], name: &str) -> Result<Option<&'b str>, Status> {
    let mut all = fields
        .iter()
        .filter(|field| field.name.eq_ignore_ascii_case(name));
    let Some(first) = all.next() else {
        return Ok(None);
    };
    if all.next().is_some() {
        return Err(Status::BadRequest);
    }
    let value = core::str::from_utf8(first.value).map_err(|_| Status::BadRequest)?;
    Ok(Some(value.trim_ascii()))
}

/// Makes a request of a whole head, or says why it is none.
fn check<'b>(head: &httparse::Request<'_, 'b>) -> Result<Request<'b>, Status> {
    let (Some(method), Some(target), Some(version)) = (head.method, head.path, head.version) else {
        return Err(Status::BadRequest);
    };
    let fields = &*head.headers;
    // A body could be a request that somebody else wants to be made, so nothing is guessed of its length.
    if single(fields, "transfer-encoding")?.is_some() {
        return Err(Status::NotImplemented);
    }
    let length = match single(fields, "content-length")? {
        None => 0,
        Some(length) if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Err(Status::BadRequest);
        }
        Some(length) => length.parse().map_err(|_| Status::ContentTooLarge)?,
    };
    let expect = single(fields, "expect")?;
    let expects = expect.is_some_and(|what| what.eq_ignore_ascii_case("100-continue"));
    if expect.is_some() && !(expects && length != 0) {
        return Err(Status::ExpectationFailed);
    }
    let field = single(fields, "host")?;
    // The target may have the host in it (RFC 9112, section 3.2.2).
    let (host, target) = match target.strip_prefix("http://") {
        Some(rest) => rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())),
        None => (field.unwrap_or(""), target),
    };
    if field.is_none() && version == 1 {
        return Err(Status::BadRequest);
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let method = match method {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        _ => Method::Other,
    };
    let path = if path.is_empty() { "/" } else { path };
    if !path.starts_with('/') && method != Method::Other {
        return Err(Status::BadRequest);
    }
    let most = match (method, path) {
        (Method::Put, UPLOAD) => upload::MOST,
        _ => 0,
    };
    if length > most {
        return Err(Status::ContentTooLarge);
    }
    let closes = fields
        .iter()
        .filter(|field| field.name.eq_ignore_ascii_case("connection"))
        .flat_map(|field| field.value.split(|byte| *byte == b','))
        .any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"));
    Ok(Request {
        method,
        path,
        query,
        host,
        origin: single(fields, "origin")?,
        length,
        expects,
        stays: version == 1 && !closes,
    })
}

impl Request<'_> {
    /// Whether the client calls this server by a name of its own machine, as one does who uses the emulator's
    /// forwarded port. A page of a foreign name that leads here has another one.
    pub(crate) fn is_for_loopback(&self) -> bool {
        let name = match self.host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => self.host,
        };
        matches!(name, "127.0.0.1" | "[::1]") || name.eq_ignore_ascii_case("localhost")
    }

    /// Whether its body is to be taken.
    pub(crate) fn is_upload(&self) -> bool {
        (self.method, self.path) == (Method::Put, UPLOAD) && self.is_for_loopback()
    }

    /// Whether a page of this server asks. Browsers name the page with each `POST`.
    pub(crate) fn is_from_own_page(&self) -> bool {
        let origin = self
            .origin
            .and_then(|origin| origin.strip_prefix("http://"));
        origin.is_some_and(|origin| origin.eq_ignore_ascii_case(self.host))
    }

    /// The number behind `name=` in the query.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.query.split('&').find_map(|part| {
            let (key, value) = part.split_once('=')?;
            let digits = value.bytes().all(|byte| byte.is_ascii_digit());
            value.parse().ok().filter(|_| key == name && digits)
        })
    }
}
