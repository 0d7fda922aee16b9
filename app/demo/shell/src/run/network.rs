//! `net`, `ping`, `connect`, `fetch`: what the network stack does for the shell.

use crate::run::lookup::find;
use crate::run::say::{failed, no_task, unanswered};
use crate::session::Session;
use crate::url::{Url, address, endpoint};
use core::fmt::Write;
use core::hash::Hasher;
use driver_interfaces::{Endpoint, SocketsClient, TcpStream};
use embedded_io::{Read, Write as _};
use fnv::FnvHasher;
use leasehold_abi::Error;
use userlib::supervisor::Name;
use userlib::text::Text;
use userlib::time;

/// The stack's task.
const STACK: &str = "net";

/// How long to wait for an echo, a connection, or the next bytes of one, in milliseconds.
const ECHO_TIME: u32 = 2_000;
const OPEN_TIME: u32 = 10_000;
const DATA_TIME: u32 = 30_000;

/// Bytes that are received at once.
const CHUNK: usize = 2048;

/// Echo requests of one command.
const ECHOES: usize = 4;

/// `net`: addresses, and what was sent.
pub(crate) fn status(session: &mut Session) -> bool {
    let asked = SocketsClient::connect(STACK).and_then(|mut net| net.status());
    let status = match asked {
        Ok(status) => status,
        Err(error) => return unanswered(session, STACK, error),
    };
    let out = &mut session.screen;
    let [a, b, c, d, e, f] = status.hardware;
    let link = match (status.is_bound, status.has_link) {
        (0, _) => "no driver",
        (_, 0) => "no link",
        _ => "link",
    };
    let _ = writeln!(
        out,
        "controller {a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}, {link}, binding {}",
        status.bindings
    );
    let [a, b, c, d] = status.address;
    let [e, f, g, h] = status.router;
    let _ = match status.address {
        [0, 0, 0, 0] => writeln!(out, "no address yet"),
        _ => writeln!(
            out,
            "address {a}.{b}.{c}.{d}/{}, router {e}.{f}.{g}.{h}",
            status.prefix
        ),
    };
    let [received, sent] = status.frames;
    let _ = writeln!(
        out,
        "frames of this binding: {received} received, {sent} sent; sockets: {}",
        status.sockets
    );
    true
}

/// `ping ADDRESS`.
pub(crate) fn ping(session: &mut Session, to: &str) -> bool {
    let Some(to) = address(to) else {
        let _ = writeln!(session.screen, "'{to}' is no address like 10.0.2.2");
        return false;
    };
    let mut all = true;
    for _ in 0..ECHOES {
        let asked = SocketsClient::connect(STACK).and_then(|mut net| net.ping(to, ECHO_TIME));
        match asked {
            Ok(time) => {
                let _ = writeln!(session.screen, "echo after {time} us");
            }
            Err(error @ (Error::TimedOut | Error::NoDevice)) => {
                all = failed(&mut session.screen, "no echo", error);
            }
            Err(error) => return unanswered(session, STACK, error),
        }
        session.screen.flush();
    }
    all
}

/// A connection.
fn open(to: Endpoint) -> Result<TcpStream, Error> {
    let net = SocketsClient::connect(STACK)?;
    Ok(TcpStream::open(net, to, OPEN_TIME)?.with_patience(DATA_TIME))
}

/// Says why nothing came of a connection.
fn broke(session: &mut Session, error: Error) -> bool {
    let what = match error {
        Error::NotFound => "nobody listens there",
        Error::NoDevice => "no address yet",
        Error::Exhausted => "no socket is left",
        Error::Revoked => "the connection was reset",
        Error::Dead | Error::Unbound | Error::Denied => return unanswered(session, STACK, error),
        _ => return failed(&mut session.screen, "connection", error),
    };
    let _ = writeln!(session.screen, "{what}");
    false
}

/// `connect ADDRESS:PORT TEXT`: sends a line and shows what comes back.
pub(crate) fn connect(session: &mut Session, line: &str) -> bool {
    let line = line.trim_ascii();
    let (to, text) = line.split_once(' ').unwrap_or((line, ""));
    let Some(to) = endpoint(to) else {
        let _ = writeln!(session.screen, "'{to}' is no endpoint like 10.0.2.2:80");
        return false;
    };
    let done = open(to).and_then(|mut stream| {
        stream.write_all(text.as_bytes())?;
        stream.write_all(b"\r\n")?;
        stream.finish()?;
        let mut bytes = [0; CHUNK];
        loop {
            match stream.read(&mut bytes)? {
                0 => return Ok(()),
                count => session.screen.put(&bytes[..count]),
            }
        }
    });
    match done {
        Ok(()) => true,
        Err(error) => broke(session, error),
    }
}

/// After what a task is killed again.
#[derive(Clone, Copy)]
enum Every {
    Never,
    Milliseconds(u64),
    Bytes(u64),
}

impl Every {
    /// From a number of milliseconds, or a number of KiB with a `k`.
    fn read(text: &str) -> Option<Self> {
        let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number != 0);
        match text.strip_suffix('k') {
            None => number(text).map(Self::Milliseconds),
            Some(text) => Some(Self::Bytes(number(text)?.checked_mul(1024)?)),
        }
    }
}

/// How a command kills a task again and again while it works.
struct Killer<'a> {
    task: &'a str,
    every: Every,
    /// Of milliseconds or of bytes.
    next: u64,
    kills: u32,
    /// When it killed last, in milliseconds.
    last: Option<u64>,
}

/// What came of a transfer.
struct Transfer {
    status: u32,
    bytes: u64,
    hash: FnvHasher,
    kills: u32,
    /// The longest time without a byte, in milliseconds.
    stall: u64,
    took: u64,
}

impl Transfer {
    fn new() -> Self {
        Self {
            status: 0,
            bytes: 0,
            hash: FnvHasher::default(),
            kills: 0,
            stall: 0,
            took: 0,
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.hash.write(bytes);
    }
}

impl Killer<'_> {
    /// Kills, if it is time after so many bytes.
    fn act(&mut self, session: &mut Session, bytes: u64) {
        let (now, step) = match self.every {
            Every::Never => return,
            Every::Milliseconds(step) => (time::milliseconds(), step),
            Every::Bytes(step) => (bytes, step),
        };
        if now >= self.next {
            self.next = now + step;
            let at = time::milliseconds();
            if session.supervisor.crash(Name::new(self.task)).is_ok() {
                self.kills += 1;
                self.last = Some(at);
            }
        }
    }
}

/// `fetch URL [TASK MS]`: gets a page, and crashes a task every so many milliseconds meanwhile, or every so many
/// KiB with a `k` behind the number.
pub(crate) fn fetch(session: &mut Session, line: &str) -> bool {
    transfer(session, line, false)
}

/// `post URL BYTES [TASK MS]`: sends so many bytes, likewise.
pub(crate) fn post(session: &mut Session, line: &str) -> bool {
    transfer(session, line, true)
}

fn transfer(session: &mut Session, line: &str, sends: bool) -> bool {
    let mut words = line.split_ascii_whitespace();
    let url = words.next().and_then(Url::parse);
    let number = |word: Option<&str>| word.and_then(|word| word.parse::<u64>().ok());
    let length = match sends {
        true => number(words.next()),
        false => Some(0),
    };
    let (task, every) = (words.next(), words.next());
    let every = match every {
        None if task.is_none() => Some(Every::Never),
        every => every.and_then(Every::read),
    };
    let (Some(url), Some(length), Some(every)) = (url, length, every) else {
        let usage = match sends {
            true => "post http://ADDRESS[:PORT]/PATH BYTES [TASK MS]",
            false => "fetch http://ADDRESS[:PORT]/PATH [TASK MS]",
        };
        let _ = writeln!(session.screen, "usage: {usage}");
        return false;
    };
    if let Some(task) = task
        && find(task).is_none()
    {
        return no_task(session, task);
    }
    let mut killer = Killer {
        task: task.unwrap_or(""),
        every,
        next: match every {
            Every::Never => 0,
            Every::Milliseconds(step) => time::milliseconds() + step,
            Every::Bytes(step) => step,
        },
        kills: 0,
        last: None,
    };
    let done = run(session, &url, sends.then_some(length), &mut killer);
    match done {
        Err(error) => {
            if let Some(last) = killer.last {
                let waited = time::milliseconds() - last;
                let _ = writeln!(
                    session.screen,
                    "the connection ended {waited} ms after the last kill"
                );
            }
            broke(session, error)
        }
        Ok(done) => {
            let _ = writeln!(
                session.screen,
                "status {}, {} bytes, hash {:016x}, {} ms, longest stall {} ms, {} kills",
                done.status,
                done.bytes,
                done.hash.finish(),
                done.took,
                done.stall,
                done.kills
            );
            done.status == 200
        }
    }
}

/// What is sent: bytes that repeat late.
fn fill(chunk: &mut [u8], from: u64) {
    for (at, byte) in chunk.iter_mut().enumerate() {
        let number = from + at as u64;
        *byte = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
    }
}

/// Sends a request, and its body, and receives the answer.
fn run(
    session: &mut Session,
    url: &Url<'_>,
    length: Option<u64>,
    killer: &mut Killer<'_>,
) -> Result<Transfer, Error> {
    let mut stream = open(url.to)?;
    let mut head = Text::<256>::new();
    let [a, b, c, d] = url.to.address;
    let method = length.map_or("GET", |_| "POST");
    let _ = write!(
        head,
        "{method} {} HTTP/1.1\r\nHost: {a}.{b}.{c}.{d}\r\nConnection: close\r\n",
        url.path
    );
    if let Some(length) = length {
        let _ = write!(head, "Content-Length: {length}\r\n");
    }
    head.push("\r\n");
    if head.is_cut() {
        return Err(Error::Invalid);
    }
    stream.write_all(head.as_bytes())?;
    let begun = time::milliseconds();
    let mut moved = begun;
    let mut done = Transfer::new();
    let mut bytes = [0; CHUNK];
    let mut stall = |done: &mut Transfer| {
        let now = time::milliseconds();
        done.stall = done.stall.max(now - moved);
        moved = now;
    };
    while let Some(left) = length.and_then(|length| length.checked_sub(done.bytes)) {
        if left == 0 {
            break;
        }
        let count = left.min(CHUNK as u64) as usize;
        fill(&mut bytes[..count], done.bytes);
        let sent = stream.write(&bytes[..count])?;
        done.add(&bytes[..sent]);
        stall(&mut done);
        killer.act(session, done.bytes);
    }
    let mut answer = crate::url::Answer::default();
    loop {
        let received = stream.read(&mut bytes)?;
        // How long the answer to a page takes that was sent is the server's.
        if length.is_none() {
            stall(&mut done);
        }
        if received == 0 {
            break;
        }
        let body = answer.take(&bytes[..received]);
        if length.is_none() {
            done.add(body);
        }
        killer.act(session, done.bytes);
    }
    done.status = answer.status().ok_or(Error::Protocol)?;
    done.kills = killer.kills;
    done.took = time::milliseconds() - begun;
    Ok(done)
}
