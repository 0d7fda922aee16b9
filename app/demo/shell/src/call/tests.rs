//! What is typed, against descriptions that a server may give.

use super::shape::size;
use super::show::show;
use super::*;

const WORD: usize = size_of::<usize>();

/// The message and the buffers of a call, or what is wrong with it.
fn prepared(line: &str, words: &'static str) -> Result<Prepared, Wrong<'static>> {
    Method::read(line).unwrap().prepare(Words(words))
}

/// The bytes of the message's words.
fn message(line: &str, words: &'static str) -> Vec<u8> {
    let prepared = prepared(line, words).unwrap();
    let words = &prepared.words[..usize::from(prepared.count)];
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// What is wrong with a call.
fn wrong(line: &str, words: &'static str) -> String {
    prepared(line, words).unwrap_err().to_string()
}

fn shown(shape: &str, bytes: &[u8]) -> String {
    let mut text = String::new();
    show(shape, bytes, &mut text).unwrap();
    text
}

#[test]
fn words_may_have_spaces_in_quotes() {
    let words: Vec<_> = Words(" a  \"b c\" \"\" d\"e \"open ").collect();
    assert_eq!(words, ["a", "b c", "", "d\"e", "open "]);
}

#[test]
fn values_are_what_a_client_of_the_interface_sends() {
    use userlib::ipc::Writer;
    let mut writer = Writer::new();
    writer.put(&7_u8);
    writer.put(&-2_i32);
    writer.put(&[1_u16, 2, 3]);
    writer.put(&true);
    writer.put(&0x1234_5678_9abc_def0_u64);
    let (words, count) = writer.finish();
    let line = "m(a: u8, b: i32, c: [u16; 3], d: bool, e: u64) -> ()";
    let prepared = prepared(line, "7 -2 1 2 0x3 true 0x123456789abcdef0").unwrap();
    assert_eq!((prepared.words, prepared.count), (words, count));
}

#[test]
fn records_text_and_bytes_have_no_gaps() {
    let line = "m(r: {a: u8, b: [u8; 3], c: {n: text 4}}) -> ()";
    let mut wanted = vec![9, 0xab, 0xcd, 0xef, b'h', b'i', 0, 0];
    wanted.resize(wanted.len().next_multiple_of(WORD), 0);
    assert_eq!(message(line, "9 abcdEF hi"), wanted);
}

#[test]
fn ranges_are_those_of_the_types() {
    for (shape, least, most) in [
        ("u8", "0", "255"),
        ("i8", "-128", "127"),
        ("u16", "0", "65535"),
        ("i16", "-32768", "32767"),
        ("u32", "0", "4294967295"),
        ("i64", "-9223372036854775808", "9223372036854775807"),
        ("u64", "0", "18446744073709551615"),
    ] {
        let line = format!("m(n: {shape}) -> ()");
        let range = format!(" is not a number from {least} to {most}");
        for good in [least, most] {
            let words: &'static str = good.to_owned().leak();
            let bytes = message(&line, words);
            assert_eq!(shown(shape, &bytes), good, "{shape}");
        }
        let beyond = |number: &str| -> &'static str {
            let beyond = number.parse::<i128>().unwrap();
            let beyond = if number == least {
                beyond - 1
            } else {
                beyond + 1
            };
            beyond.to_string().leak()
        };
        for bad in [
            beyond(least),
            beyond(most),
            "five",
            "+1",
            "0x",
            "--1",
            "0x-1",
        ] {
            assert_eq!(wrong(&line, bad), format!("'{bad}'{range}"));
        }
    }
}

#[test]
fn what_does_not_fit_is_said() {
    let two = "m(a: u8, b: u8) -> ()";
    for words in ["", "1", "1 2 3"] {
        assert_eq!(wrong(two, words), "arguments are missing or too many");
    }
    assert_eq!(
        wrong("m(b: bool) -> ()", "1"),
        "'1' is not 'true' or 'false'"
    );
    assert_eq!(
        wrong("m(t: text 3) -> ()", "four"),
        "'four' has more than 3 bytes"
    );
    for bytes in ["12", "123", "12345", "123g", "+12345"] {
        let said = format!("'{bytes}' is not 2 bytes in hexadecimal");
        assert_eq!(wrong("m(b: bytes 2) -> ()", bytes), said);
    }
    // Nine words, a buffer, a result.
    for line in [
        "m(a: [u64; 9]) -> ()",
        "m(a: &[u8; 321]) -> ()",
        "m(a: u8) -> bytes 321",
    ] {
        let words = if line.contains("u64") {
            "1 2 3 4 5 6 7 8 9"
        } else {
            "1"
        };
        let said = wrong(line, words);
        assert!(
            said.contains("no room") || said.contains("321 bytes"),
            "{said}"
        );
    }
    assert!(wrong("m(a: &mut [u8]) -> ()", "4294967295").contains("no room"));
    assert!(
        wrong(
            "m(a: &mut [u8], b: &mut [u8], c: &mut [u8], d: &mut [u8]) -> [u64; 9]",
            "1 1 1 1"
        )
        .contains("no room")
    );
}

#[test]
fn a_server_that_tells_nonsense_gets_no_call() {
    for line in ["m", "m(", "m(a) ->", "(", ""] {
        assert!(Method::read(line).is_none(), "{line}");
    }
    for line in [
        "m(a) -> ()",
        "m(a: ) -> ()",
        "m(a: u7) -> ()",
        "m(a: u8b: u8) -> ()",
        "m(a: [u8]) -> ()",
        "m(a: [u8; ]) -> ()",
        "m(a: {b: u8) -> ()",
        "m(a: {b}) -> ()",
        "m(a: [[[[u16; 1]; 1]; 1]; 1]) -> ()",
        "m() -> f32",
        "m() -> ",
    ] {
        let words = if line.starts_with("m()") { "" } else { "1 2" };
        assert_eq!(
            prepared(line, words).unwrap_err(),
            Wrong::Description,
            "{line}"
        );
    }
    assert_eq!(size("[u64; 99999999999999999999999]", 64), Err(Wrong::Room));
    assert_eq!(size("[u64; 18446744073709551615]", 64), Err(Wrong::Room));
    assert_eq!(
        size("[bytes 18446744073709551615; 2]", 64),
        Err(Wrong::Room)
    );
}

#[test]
fn buffers_are_lent_and_shown() {
    let line = "m(out: &[u8], into: &mut [u8], r: &{a: u16, b: u8}) -> {big: [u64; 9]}";
    let method = Method::read(line).unwrap();
    let mut prepared = method.prepare(Words("\"two words\" 3 513 4")).unwrap();
    assert_eq!(prepared.count, 0);
    // A result that does not fit the message is lent last, as the client of an interface does it.
    assert_eq!(prepared.loans().len(), 4);
    let mut text = String::new();
    method.show(&prepared, &[], &mut text).unwrap();
    assert_eq!(text, "000000\nbig: [0, 0, 0, 0, 0, 0, 0, 0, 0]\n");
}

#[test]
fn results_are_shown_by_their_types() {
    let method = Method::read("m() -> {a: u8, b: [u8; 3], n: text 2, on: bool}").unwrap();
    let prepared = method.prepare(Words("")).unwrap();
    let mut bytes = vec![5, 1, 0xab, 0, 27, b'x', 1];
    bytes.resize(2 * WORD, 0);
    let words: Vec<usize> = bytes
        .chunks_exact(WORD)
        .map(|word| usize::from_le_bytes(word.try_into().unwrap()))
        .collect();
    let mut text = String::new();
    method.show(&prepared, &words, &mut text).unwrap();
    assert_eq!(text, "a: 5, b: 01ab00, n: ?x, on: true\n");
    let short = method.show(&prepared, &[], &mut text);
    assert_eq!(short, Err(Wrong::Description));
    let mut text = String::new();
    let method = Method::read("m() -> ()").unwrap();
    method.show(&prepared, &[], &mut text).unwrap();
    assert_eq!(text, "done\n");
    assert_eq!(
        shown("[[i16; 2]; 2]", &[255, 255, 1, 0, 0, 128, 0, 0]),
        "[[-1, 1], [-32768, 0]]"
    );
    assert_eq!(shown("bool", &[2]), "?");
}
