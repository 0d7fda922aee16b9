//! A server of HTTP/1.1 for the board: it gives a page, and takes one. A page whose name is a number has so many bytes.

use anyhow::{Context, Result};
use fnv::FnvHasher;
use std::hash::Hasher;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Bytes of a page.
pub(super) const BYTES: usize = 1 << 20;
/// Bytes of it that are sent at once.
const PART: usize = 64 << 10;
/// Longest head of a request.
const MOST_HEAD: usize = 4096;

/// What a client posted last: its length and its hash.
type Posted = Arc<Mutex<Option<(usize, String)>>>;

/// The server, on a port of the loopback device. It serves until this program ends.
pub(crate) struct Server {
    port: u16,
    posted: Posted,
}

impl Server {
    /// On a free port.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn start() -> Result<Self> {
        let listener = listener()?;
        let port = listener.local_addr()?.port();
        let posted = Posted::default();
        let kept = posted.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = kept.clone();
                // A client that breaks off is the board's to report.
                thread::spawn(move || serve(stream, &kept));
            }
        });
        Ok(Self { port, posted })
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// What was posted last, once.
    pub(super) fn last(&self) -> Option<(usize, String)> {
        let mut posted = self.posted.lock().unwrap_or_else(PoisonError::into_inner);
        posted.take()
    }
}

fn listener() -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port on the loopback device")
}

/// A port on which nobody listens.
///
/// # Errors
/// When there is none.
pub(super) fn free_port() -> Result<u16> {
    Ok(listener()?.local_addr()?.port())
}

/// A page of so many bytes, of which no two pieces are alike.
pub(super) fn page(length: usize) -> Vec<u8> {
    part(0..length)
}

/// A part of a page.
fn part(range: std::ops::Range<usize>) -> Vec<u8> {
    range
        .map(|at| {
            ((at as u64)
                .wrapping_mul(0xd134_2543_de82_ef95)
                .rotate_left(17)
                >> 56) as u8
        })
        .collect()
}

/// FNV-1a of 64 bits.
pub(super) fn hash(bytes: &[u8]) -> String {
    let mut hash = FnvHasher::default();
    hash.write(bytes);
    format!("{:016x}", hash.finish())
}

/// The number in the first line of a request for `/NUMBER`.
fn length(head: &str) -> Option<usize> {
    let rest = head.strip_prefix("GET /")?;
    rest.split_once(' ')?.0.parse().ok()
}

/// Serves one request.
fn serve(mut stream: TcpStream, posted: &Posted) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < MOST_HEAD {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let body = if head.starts_with("POST ") {
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "))
            .and_then(|length| length.parse().ok())
            .unwrap_or(0);
        let mut bytes = vec![0; length];
        stream.read_exact(&mut bytes)?;
        let came = (bytes.len(), hash(&bytes));
        *posted.lock().unwrap_or_else(PoisonError::into_inner) = Some(came);
        0
    } else {
        length(&head).unwrap_or(BYTES)
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body
    );
    stream.write_all(head.as_bytes())?;
    // A long page is made while it is sent, so that the first byte does not wait for the last.
    for from in (0..body).step_by(PART) {
        stream.write_all(&part(from..body.min(from + PART)))?;
    }
    Ok(())
}
