//! Requests to the board's page from this machine: good ones, bad ones, and connections that say nothing.

use anyhow::{Context, Result, bail, ensure};
use demo_web_requests::{Case, cases, request};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

/// How long an answer may take. Nothing is judged by it.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long one connection gets for it before another is tried.
const TRY: Duration = Duration::from_secs(5);
const SHORT_TRY: Duration = Duration::from_millis(200);
/// More connections than the page's task has sockets.
const SILENT: usize = 12;

/// Gives each kind of request, and looks at the status of the answer. One crashes this driver.
///
/// # Errors
/// The first that was answered otherwise.
pub(super) fn statuses(port: u16, driver: &str) -> Result<()> {
    let host = format!("127.0.0.1:{port}");
    let mut cases = cases(&host);
    // What depends on the system.
    let crash = format!("POST /crash/{driver}");
    let own = format!("Origin: http://{host}\r\n");
    let system = [
        (crash.as_str(), own.as_str(), 204),
        ("POST /crash/shell", &own, 403),
        ("POST /crash/supervisor", &own, 403),
        ("POST /crash/nobody", &own, 404),
        (&crash, "", 403),
        (&crash, "Origin: http://evil.example\r\n", 403),
        ("PUT /upload", "", 200),
    ];
    cases.extend(system.map(|(first, fields, status)| Case {
        bytes: request(&host, first, fields),
        status,
    }));
    for case in cases {
        let found = ask(&mut connect(port)?, &case.bytes).with_context(|| case.to_string())?;
        ensure!(found == case.status, "{found} for {case}");
    }
    Ok(())
}

fn connect(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("nobody listens")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Gives a body by one connection, and does something in its middle; what is answered.
///
/// # Errors
/// When it is not taken.
pub(super) fn upload(
    port: u16,
    body: &[u8],
    between: impl FnOnce() -> Result<()>,
) -> Result<String> {
    let mut stream = connect(port)?;
    let (host, length) = (format!("127.0.0.1:{port}"), body.len());
    let fields = format!("Content-Length: {length}\r\nExpect: 100-continue\r\n");
    let status = ask(&mut stream, &request(&host, "PUT /upload", &fields))?;
    ensure!(status == 100, "status {status} before the body");
    let (first, second) = body.split_at(length / 2);
    stream.write_all(first)?;
    between()?;
    let (status, answer) = ask_for(&mut stream, second)?;
    ensure!(status == 200, "status {status}");
    // The connection stays.
    let status = ask(&mut stream, &state(port))?;
    ensure!(status == 200, "status {status} behind the body");
    String::from_utf8(answer).context("no text")
}

/// Sends a request, and reads the answer; gives its status.
fn ask(stream: &mut TcpStream, request: &[u8]) -> Result<u16> {
    ask_for(stream, request).map(|(status, _)| status)
}

/// The same, and the answer's body.
fn ask_for(stream: &mut TcpStream, request: &[u8]) -> Result<(u16, Vec<u8>)> {
    // The board may answer, and close, before it has all of a request that is too long. So only the answer counts.
    let _ = stream.write_all(request);
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(0) => bail!("the end after {:?}", String::from_utf8_lossy(&head)),
            Ok(_) => head.push(byte[0]),
            Err(error) => return Err(error).context("no answer"),
        }
    }
    let head = String::from_utf8(head).context("no text")?;
    let status = head.strip_prefix("HTTP/1.1 ").context("no status")?;
    let status: u16 = status.get(..3).context("no status")?.parse()?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    let length: u64 = length.map_or(Ok(0), str::parse)?;
    let mut body = Vec::new();
    if !request.starts_with(b"HEAD") {
        let read = stream.take(length).read_to_end(&mut body)?;
        ensure!(read as u64 == length, "{read} bytes of {length}");
    }
    Ok((status, body))
}

fn state(port: u16) -> Vec<u8> {
    request(&format!("127.0.0.1:{port}"), "GET /state", "")
}

/// Opens connections that say nothing, or half of a request; others get the page.
///
/// # Errors
/// When they do not.
pub(super) fn silence(port: u16) -> Result<()> {
    let mut silent = Vec::new();
    for number in 0..SILENT {
        let mut stream = connect(port)?;
        if number % 2 == 0 {
            stream.write_all(b"GET / HT")?;
        }
        silent.push(stream);
    }
    is_there(port)?;
    // Those that said half of it are not kept.
    let mut stream = silent.pop().context("the last")?;
    match stream.read(&mut [0; 4096]) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(()),
        Err(error) => Err(error).context("a silent connection is kept"),
    }
}

/// Waits until the page is served.
///
/// # Errors
/// When it is not.
pub(super) fn is_there(port: u16) -> Result<()> {
    reach(port, TRY).map(drop)
}

/// The same, by a client that soon tries another connection when one says nothing: what it says first may be lost, and
/// the emulator's network says it again only after seconds.
///
/// # Errors
/// When it is not.
pub(super) fn is_soon_there(port: u16) -> Result<()> {
    reach(port, SHORT_TRY).map(drop)
}

/// A connection over which the page was served.
fn reach(port: u16, each: Duration) -> Result<TcpStream> {
    let end = Instant::now() + PATIENCE;
    loop {
        // A stack that starts again resets what its former life had, and what comes before the page's task listens.
        // One that has no place for the connection yet does not answer; the emulator asks it again after some seconds.
        let asked = connect(port).and_then(|mut stream| {
            stream.set_read_timeout(Some(each))?;
            let status = ask(&mut stream, &state(port))?;
            Ok((stream, status))
        });
        match asked {
            Ok((stream, 200)) => return Ok(stream),
            Ok((_, status)) => bail!("status {status}"),
            Err(error) if Instant::now() > end => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Crashes a driver by a connection, which goes on.
///
/// # Errors
/// When it does not.
pub(super) fn crash(port: u16, driver: &str) -> Result<()> {
    let host = format!("127.0.0.1:{port}");
    let order = request(
        &host,
        &format!("POST /crash/{driver}"),
        &format!("Origin: http://{host}\r\n"),
    );
    let mut stream = reach(port, TRY)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    for _ in 0..2 {
        let status = ask(&mut stream, &order)?;
        ensure!(status == 204, "status {status}");
        let status = ask(&mut stream, &state(port))?;
        ensure!(status == 200, "status {status}");
    }
    Ok(())
}
