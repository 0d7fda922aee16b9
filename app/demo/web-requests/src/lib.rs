//! Requests to the page's server, and the status that each gets whatever the system does.
//!
//! The server's host tests ask it directly, and the tests of the network send the same to a board.
#![forbid(unsafe_code)]

use std::fmt;

/// More bytes than the server takes as a head.
const MANY: usize = 5000;

/// A request with its status.
#[derive(Debug)]
pub struct Case {
    /// All that is sent.
    pub bytes: Vec<u8>,
    /// What it gets.
    pub status: u16,
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = &self.bytes[..self.bytes.len().min(100)];
        write!(formatter, "`{}`", first.escape_ascii())
    }
}

/// A request with these fields besides the host.
pub fn request(host: &str, first: &str, fields: &str) -> Vec<u8> {
    format!("{first} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n").into_bytes()
}

/// The requests, of a client that calls the server by this name.
pub fn cases(host: &str) -> Vec<Case> {
    let long = format!("GET /{}", "a".repeat(MANY));
    let many = "A: b\r\n".repeat(60);
    let large = format!("A: {}\r\n", "b".repeat(MANY));
    let with_host = [
        ("GET /", "", 200),
        ("HEAD /", "", 200),
        ("GET http://localhost:8080/", "", 200),
        ("GET http://localhost:8080", "", 200),
        ("GET /?a=b", "Content-Length: 0\r\n", 200),
        ("GET /state", "", 200),
        ("GET /state?log=0", "", 200),
        ("GET /state?log=99999999999999999999", "", 200),
        ("GET /state?log=-1&log", "", 200),
        ("GET", "", 400),
        ("GET x", "", 400),
        ("GET  /", "", 400),
        ("GET / /", "", 505),
        ("G\u{1}T /", "", 400),
        ("GET /", "Host: again\r\n", 400),
        ("GET /", "Content-Length: 1x\r\n", 400),
        ("GET /", "Content-Length:\r\n", 400),
        ("GET /", "Content-Length: 0\r\nContent-Length: 0\r\n", 400),
        ("GET /", " folded\r\n", 400),
        ("GET /", "no colon\r\n", 400),
        ("GET /", "Origin: \u{1}\r\n", 400),
        ("GET /crash/edu/", "", 405),
        ("GET /crash/edu", "", 405),
        ("POST /", "", 405),
        ("DELETE /state", "", 405),
        ("PUT /", "", 405),
        ("GET /upload", "", 405),
        ("POST /upload", "", 405),
        ("OPTIONS *", "", 404),
        ("GET /other", "", 404),
        ("GET /../etc/passwd", "", 404),
        ("POST /", "Content-Length: 5\r\n", 413),
        ("PUT /", "Content-Length: 5\r\n", 413),
        ("POST /upload", "Content-Length: 5\r\n", 413),
        ("PUT /upload", "Content-Length: 1073741825\r\n", 413),
        ("POST /", "Content-Length: 99999999999999999999999\r\n", 413),
        (&long, "", 414),
        ("GET /", "Expect: 100-continue\r\n", 417),
        ("PUT /upload", "Expect: 100-continue\r\n", 417),
        (
            "PUT /upload",
            "Expect: 200-ok\r\nContent-Length: 5\r\n",
            417,
        ),
        ("GET http://example.com/", "", 421),
        ("GET /", &many, 431),
        ("GET /", &large, 431),
        ("POST /", "Transfer-Encoding: chunked\r\n", 501),
    ]
    .map(|(first, fields, status)| Case {
        bytes: request(host, first, fields),
        status,
    });
    let whole = [
        (&b"nonsense\r\n\r\n"[..], 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\n\r\n", 421),
        (b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example:80\r\n\r\n",
            421,
        ),
    ]
    .map(|(bytes, status)| Case {
        bytes: bytes.to_vec(),
        status,
    });
    with_host.into_iter().chain(whole).collect()
}
