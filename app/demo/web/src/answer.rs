//! Answers: which resource a request is about, and what comes back.

use crate::request::{Method, Request, UPLOAD};
use crate::state;
use crate::status::Status;
use crate::system::System;
use crate::upload::Upload;
use core::fmt::Write;
use leasehold_abi::Error;
use userlib::text::Text;

/// The page: one document, which loads nothing else.
const PAGE: &str = include_str!("page.html");

/// Bytes of an answer's head.
const HEAD: usize = 512;
/// Bytes of its body. With the head it has room in a stream of `net`, so sending never has to wait.
const BODY: usize = 15 * 1024;

const _: () = assert!(PAGE.len() <= BODY, "the page has room in an answer");

/// Fields of every answer. The page's own script and style are in it; nothing else is loaded or run, and no other page
/// may show it in a frame.
const FIELDS: &str = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
    Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
    connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n";

/// Memory for one answer.
pub(crate) struct Room {
    bytes: [u8; HEAD + BODY],
}

impl core::fmt::Debug for Room {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Room")
    }
}

/// What is in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Html,
    Json,
    Text,
}

/// An answer whose body is written.
struct Answer {
    status: Status,
    kind: Kind,
    /// Bytes of the body.
    length: usize,
    /// The methods that there are, for one that is not.
    allow: &'static str,
}

/// How a client came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// By the port that the emulator forwards from the loopback device of its machine.
    Loopback,
    /// By any other.
    Other,
}

impl Default for Room {
    fn default() -> Self {
        Self::new()
    }
}

impl Room {
    /// Empty.
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; HEAD + BODY],
        }
    }

    fn text(&mut self, status: Status, text: impl core::fmt::Display) -> Answer {
        let text = Text::<200>::of(format_args!("{text}\n"));
        Answer {
            status,
            kind: Kind::Text,
            length: self.put(text.as_bytes()),
            allow: "",
        }
    }

    fn put(&mut self, body: &[u8]) -> usize {
        let room = &mut self.bytes[HEAD..];
        let length = body.len().min(room.len());
        room[..length].copy_from_slice(&body[..length]);
        length
    }

    /// Answers what is no request, or did not come to its end. The connection is closed then.
    pub(crate) fn refuse(&mut self, status: Status) -> &[u8] {
        let answer = self.text(status, status.text());
        self.finish(&answer, false, false)
    }

    /// Answers a request whose body has come.
    pub(crate) fn took(&mut self, upload: &Upload) -> &[u8] {
        let answer = self.text(Status::Ok, upload);
        self.finish(&answer, upload.stays(), false)
    }

    /// Answers a request without a body. If it has one, nobody takes it, and the connection is to be closed.
    pub(crate) fn answer(
        &mut self,
        request: &Request<'_>,
        way: Way,
        system: &mut impl System,
    ) -> &[u8] {
        let answer = self.body(request, way, system);
        let stays = request.stays && request.length == 0;
        self.finish(&answer, stays, request.method == Method::Head)
    }

    fn body(&mut self, request: &Request<'_>, way: Way, system: &mut impl System) -> Answer {
        if !request.is_for_loopback() {
            return self.text(Status::Misdirected, "this server has another name");
        }
        let reads = matches!(request.method, Method::Get | Method::Head);
        match request.path {
            "/" if reads => Answer {
                status: Status::Ok,
                kind: Kind::Html,
                length: self.put(PAGE.as_bytes()),
                allow: "",
            },
            "/state" if reads => {
                let cursor = request.number("log").unwrap_or(0);
                match state::write(system, cursor, &mut self.bytes[HEAD..]) {
                    Ok(length) => Answer {
                        status: Status::Ok,
                        kind: Kind::Json,
                        length,
                        allow: "",
                    },
                    Err(error) => self.text(Status::Internal, error),
                }
            }
            "/" | "/state" => self.not_allowed("GET, HEAD"),
            UPLOAD => self.not_allowed("PUT"),
            path => match path.strip_prefix("/crash/") {
                Some(_) if request.method != Method::Post => self.not_allowed("POST"),
                Some(name) => self.crash(request, way, name, system),
                None => self.text(Status::NotFound, "there is nothing of this name"),
            },
        }
    }

    fn not_allowed(&mut self, allow: &'static str) -> Answer {
        Answer {
            allow,
            ..self.text(Status::MethodNotAllowed, "not by this method")
        }
    }

    fn crash(
        &mut self,
        request: &Request<'_>,
        way: Way,
        name: &str,
        system: &mut impl System,
    ) -> Answer {
        if way != Way::Loopback {
            return self.text(Status::Forbidden, "only from the emulator's own machine");
        }
        if !request.is_from_own_page() {
            return self.text(Status::Forbidden, "only from this server's page");
        }
        if !system.may_crash() {
            return self.text(Status::Forbidden, "this task may not call the crasher");
        }
        match system.crash(name) {
            Ok(()) => Answer {
                status: Status::NoContent,
                kind: Kind::Text,
                length: 0,
                allow: "",
            },
            Err(Error::Denied) => self.text(Status::Forbidden, "it is no driver"),
            Err(Error::NotFound) => self.text(Status::NotFound, "there is no such task"),
            Err(Error::Busy) => self.text(Status::Conflict, "it is not running"),
            Err(Error::Dead) => self.text(Status::Unavailable, "the crasher is away"),
            Err(error) => self.text(Status::Internal, error),
        }
    }

    /// Writes the head before the body; gives all that is to be sent.
    fn finish(&mut self, answer: &Answer, stays: bool, only_head: bool) -> &[u8] {
        let mut head = Text::<HEAD>::new();
        let (status, length) = (answer.status, answer.length);
        let kind = match answer.kind {
            Kind::Html => "text/html; charset=utf-8",
            Kind::Json => "application/json",
            Kind::Text => "text/plain; charset=utf-8",
        };
        // A text takes everything; that it was not cut is tested.
        let _ = write!(head, "HTTP/1.1 {} {}\r\n", status.code(), status.text());
        if status != Status::NoContent {
            let _ = write!(head, "Content-Type: {kind}\r\nContent-Length: {length}\r\n");
        }
        if !answer.allow.is_empty() {
            let _ = write!(head, "Allow: {}\r\n", answer.allow);
        }
        if !stays {
            head.push("Connection: close\r\n");
        }
        head.push(FIELDS);
        head.push("\r\n");
        debug_assert!(!head.is_cut(), "room for the head");
        let start = HEAD - head.as_bytes().len();
        self.bytes[start..HEAD].copy_from_slice(head.as_bytes());
        let end = if only_head { HEAD } else { HEAD + length };
        &self.bytes[start..end]
    }
}
