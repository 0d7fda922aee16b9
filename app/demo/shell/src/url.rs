//! Addresses, and just enough of HTTP/1.1 (RFC 9112) for a client that asks one question a connection.

use driver_interfaces::Endpoint;

/// The port of HTTP.
const HTTP: u16 = 80;

/// An address like `10.0.2.2`.
pub fn address(text: &str) -> Option<[u8; 4]> {
    let mut parts = text.split('.');
    let mut address = [0; 4];
    for byte in &mut address {
        let part = parts.next()?;
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        *byte = part.parse().ok().filter(|_| digits)?;
    }
    parts.next().is_none().then_some(address)
}

/// An endpoint like `10.0.2.2:80`.
pub fn endpoint(text: &str) -> Option<Endpoint> {
    let (host, port) = text.split_once(':')?;
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let port: u16 = port.parse().ok().filter(|_| digits)?;
    (port != 0).then_some(Endpoint::new(address(host)?, port))
}

/// Where a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Url<'a> {
    /// Who has it.
    pub to: Endpoint,
    /// What it is called there.
    pub path: &'a str,
}

impl<'a> Url<'a> {
    /// From `http://ADDRESS[:PORT][/PATH]`.
    pub fn parse(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix("http://")?;
        let end = rest.find('/').unwrap_or(rest.len());
        let (host, path) = rest.split_at(end);
        let to = match host.contains(':') {
            true => endpoint(host)?,
            false => Endpoint::new(address(host)?, HTTP),
        };
        let path = if path.is_empty() { "/" } else { path };
        Some(Self { to, path })
    }
}

/// An answer as it comes: first the head, whose status is kept, then the body.
#[derive(Debug, Default)]
pub struct Answer {
    /// How much of the head's end, an empty line, came last.
    end: u8,
    /// Bytes of the head so far.
    head: u32,
    /// The digits of the status, which are at a fixed place.
    digits: [u8; 3],
}

/// Where the status is: behind `HTTP/1.1 `.
const STATUS: u32 = 9;
/// Bytes of an empty line with the end of the line before.
const END: &[u8; 4] = b"\r\n\r\n";

impl Answer {
    /// Takes the next bytes; gives those of the body.
    pub fn take<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        for (at, byte) in bytes.iter().enumerate() {
            if usize::from(self.end) == END.len() {
                return &bytes[at..];
            }
            let digit = self.head.wrapping_sub(STATUS) as usize;
            if let Some(place) = self.digits.get_mut(digit) {
                *place = *byte;
            }
            self.head = self.head.saturating_add(1);
            self.end = match END.get(usize::from(self.end)) {
                Some(wanted) if wanted == byte => self.end + 1,
                _ => u8::from(*byte == END[0]),
            };
        }
        &[]
    }

    /// The status, once the head is there.
    pub fn status(&self) -> Option<u32> {
        if usize::from(self.end) != END.len() {
            return None;
        }
        let text = core::str::from_utf8(&self.digits).ok()?;
        text.parse().ok().filter(|status| *status >= 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_urls_are_read_or_refused() {
        assert_eq!(address("10.0.2.255"), Some([10, 0, 2, 255]));
        for wrong in [
            "",
            "10",
            "10.0.2",
            "10.0.2.2.1",
            "10.0.2.256",
            "10.0.2.",
            "a.b.c.d",
            "1.2.3.+4",
        ] {
            assert_eq!(address(wrong), None, "{wrong}");
        }
        let host = |port| Endpoint::new([10, 0, 2, 2], port);
        let url = |to, path| Some(Url { to, path });
        assert_eq!(Url::parse("http://10.0.2.2"), url(host(80), "/"));
        assert_eq!(
            Url::parse("http://10.0.2.2:8080/a/b"),
            url(host(8080), "/a/b")
        );
        for wrong in [
            "10.0.2.2/",
            "https://10.0.2.2/",
            "http://host/",
            "http://10.0.2.2:0/",
            "http://10.0.2.2:65536/",
            "http://:80/",
            "http://10.0.2.2:+80/",
        ] {
            assert_eq!(Url::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_answer_is_taken_apart_wherever_it_is_cut() {
        let whole = b"HTTP/1.1 404 Not Found\r\nA: b\r\n\r\nbody\r\n\r\n";
        for cut in 0..whole.len() {
            let mut answer = Answer::default();
            let (first, second) = whole.split_at(cut);
            let mut body = answer.take(first).to_vec();
            body.extend_from_slice(answer.take(second));
            assert_eq!(
                (answer.status(), &body[..]),
                (Some(404), &b"body\r\n\r\n"[..]),
                "{cut}"
            );
        }
        let mut answer = Answer::default();
        assert_eq!(answer.take(b"HTTP/1.1 200 OK\r\n"), b"");
        assert_eq!(answer.status(), None);
        let mut answer = Answer::default();
        answer.take(b"nonsense\r\n\r\n");
        assert_eq!(answer.status(), None);
    }

    /// Inputs of the tests below, if the variable `LEASEHOLD_INPUTS` has no other number.
    const INPUTS: u32 = 20_000;

    /// Calls this with so many random texts of these bytes, and with a random number.
    fn inputs(alphabet: &[u8], mut test: impl FnMut(&[u8], usize)) {
        let inputs = std::env::var("LEASEHOLD_INPUTS").ok();
        let inputs = inputs.map_or(INPUTS, |number| number.parse().expect("a number"));
        let mut state = 1_u64;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 16) as usize
        };
        let mut bytes = [0; 48];
        for _ in 0..inputs {
            let length = random() % bytes.len();
            for byte in &mut bytes[..length] {
                *byte = alphabet[random() % alphabet.len()];
            }
            test(&bytes[..length], random());
        }
    }

    #[test]
    fn what_is_read_of_any_text_means_the_same_again() {
        let mut urls = 0;
        inputs(b"0123456789....::///1+-a\xc3\xa4", |bytes, _| {
            let text = String::from_utf8_lossy(bytes);
            for text in [format!("http://{text}"), format!("http://1.2.3.{text}")] {
                let Some(url) = Url::parse(&text) else {
                    continue;
                };
                urls += 1;
                let [a, b, c, d] = url.to.address;
                let (port, path) = (url.to.port, url.path);
                let again = format!("http://{a}.{b}.{c}.{d}:{port}{path}");
                assert_eq!(Url::parse(&again), Some(url), "{text}");
                assert!(port != 0 && path.starts_with('/'), "{text}");
            }
        });
        assert!(urls > 100, "{urls} texts were one");
    }

    #[test]
    fn an_answer_of_any_bytes_has_its_body_behind_the_first_empty_line() {
        let mut heads = 0;
        inputs(b"\r\n\r\n\r\n102x", |bytes, random| {
            let mut answer = Answer::default();
            let (first, second) = bytes.split_at(random % (bytes.len() + 1));
            let mut body = answer.take(first).to_vec();
            body.extend_from_slice(answer.take(second));
            let end = bytes.windows(4).position(|four| four == END);
            heads += u32::from(end.is_some());
            let wanted = end.map_or(&[][..], |end| &bytes[end + 4..]);
            assert_eq!(body, wanted, "{bytes:?}");
            let status = bytes
                .get(9..12)
                .filter(|_| end.is_some_and(|end| end + 4 >= 12));
            let status = status.and_then(|digits| core::str::from_utf8(digits).ok());
            let status = status.and_then(|digits| digits.parse::<u32>().ok());
            assert_eq!(answer.status(), status.filter(|status| *status >= 100));
        });
        assert!(heads > 100, "{heads} had an end");
    }
}
