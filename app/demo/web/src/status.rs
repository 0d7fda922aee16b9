//! How a request ended, by the codes of RFC 9110.

/// A status code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Here it is.
    Ok = 200,
    /// It is done.
    NoContent = 204,
    /// What came is no request.
    BadRequest = 400,
    /// It is not for who asks.
    Forbidden = 403,
    /// There is nothing of this name.
    NotFound = 404,
    /// The resource has no such method.
    MethodNotAllowed = 405,
    /// The request did not come to its end.
    Timeout = 408,
    /// It cannot be done now.
    Conflict = 409,
    /// Nothing here takes such a body.
    ContentTooLarge = 413,
    /// The first line is too long.
    UriTooLong = 414,
    /// Nothing but that the body may come is said before it.
    ExpectationFailed = 417,
    /// Another server is meant.
    Misdirected = 421,
    /// The fields are too long or too many.
    FieldsTooLarge = 431,
    /// It should have worked.
    Internal = 500,
    /// The coding of the body is not known.
    NotImplemented = 501,
    /// A task that is needed is away.
    Unavailable = 503,
    /// It is not HTTP/1.
    VersionNotSupported = 505,
}

impl Status {
    /// The code.
    pub(crate) const fn code(self) -> u16 {
        self as u16
    }

    /// In words.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::NoContent => "No Content",
            Self::BadRequest => "Bad Request",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "Not Found",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::Timeout => "Request Timeout",
            Self::Conflict => "Conflict",
            Self::ContentTooLarge => "Content Too Large",
            Self::UriTooLong => "URI Too Long",
            Self::ExpectationFailed => "Expectation Failed",
            Self::Misdirected => "Misdirected Request",
            Self::FieldsTooLarge => "Request Header Fields Too Large",
            Self::Internal => "Internal Server Error",
            Self::NotImplemented => "Not Implemented",
            Self::Unavailable => "Service Unavailable",
            Self::VersionNotSupported => "HTTP Version Not Supported",
        }
    }
}
