//! Constants of a driver that the manifest sets.

/// Ends an entry of a list; the build writes it so.
const END: u8 = 0x1f;

/// A constant that the manifest of a board may set, with the value where nothing is set. It is a number, a `bool`, a
/// text, or a list of these.
///
/// The package declares it in its `Cargo.toml`, by name and type, and says what limits it: a range (`least`, `most`)
/// of a number, the `choices` or the length in bytes (`shortest`, `longest`) of a text, the number of entries
/// (`shortest`, `longest`) of a `list`. The manifest sets it by `settings = { baud = 9600 }` in the task's table, and
/// the build checks that. It is a constant like any other: the driver can check what follows from it when it is
/// compiled, and a number or a `bool` takes no memory.
///
/// ```toml
/// [package.metadata.settings]
/// baud = { type = "u32", least = 300, most = 921_600 }
/// flow-control = { type = "bool" }
/// greeting = { type = "text", longest = 32 }
/// address = { type = "u8", list = true, shortest = 6, longest = 6 }
/// names = { type = "text", list = true }
/// ```
/// ```
/// /// Bits a second.
/// const RATE: u32 = userlib::setting!("baud": u32 = 115_200);
/// const _: () = assert!(RATE >= 300);
/// assert_eq!(RATE, 115_200);
///
/// assert!(userlib::setting!("flow-control": bool = true));
/// assert_eq!(userlib::setting!("greeting": str = "hello"), "hello");
/// // A list of a fixed length is an array, any other a slice.
/// assert_eq!(userlib::setting!("address": [u8; 6] = [2, 0, 0, 0, 0, 1])[5], 1);
/// const NAMES: &[&str] = userlib::setting!("names": [str] = &["a", "b"]);
/// assert_eq!(NAMES.len(), 2);
/// ```
#[macro_export]
macro_rules! setting {
    ($name:literal: [$entry:ident; $length:expr] = $default:expr) => {
        const {
            match $crate::setting!(@text $name) {
                ::core::option::Option::None => $default,
                ::core::option::Option::Some(text) => {
                    ::core::assert!(
                        $crate::setting::entries(text) == $length,
                        ::core::concat!("the setting `", $name, "` has another length in Cargo.toml than here")
                    );
                    $crate::setting!(@list $name, text, $entry, $length)
                }
            }
        }
    };
    ($name:literal: [$entry:ident] = $default:expr) => {
        const {
            type Entry = $crate::setting!(@type $entry);
            const TEXT: ::core::option::Option<&str> = $crate::setting!(@text $name);
            const COUNT: usize = match TEXT {
                ::core::option::Option::None => 0,
                ::core::option::Option::Some(text) => $crate::setting::entries(text),
            };
            const LIST: [Entry; COUNT] = match TEXT {
                ::core::option::Option::None => [$crate::setting!(@first $entry); COUNT],
                ::core::option::Option::Some(text) => $crate::setting!(@list $name, text, $entry, COUNT),
            };
            const DEFAULT: &[Entry] = $default;
            match TEXT {
                ::core::option::Option::None => DEFAULT,
                ::core::option::Option::Some(_) => &LIST,
            }
        }
    };
    ($name:literal: $kind:ident = $default:expr) => {
        const {
            match $crate::setting!(@text $name) {
                ::core::option::Option::None => $default,
                ::core::option::Option::Some(text) => $crate::setting!(@one $name, text, $kind),
            }
        }
    };
    (@text $name:literal) => {
        ::core::option_env!(::core::concat!(
            "LEASEHOLD_SETTING_",
            ::core::env!("CARGO_PKG_NAME"),
            "_",
            $name
        ))
    };
    (@list $name:literal, $text:ident, $entry:ident, $length:expr) => {{
        let mut list = [$crate::setting!(@first $entry); $length];
        let mut at = 0;
        while at < $length {
            let entry = $crate::setting::entry($text, at);
            list[at] = $crate::setting!(@one $name, entry, $entry);
            at += 1;
        }
        list
    }};
    (@type str) => { &'static str };
    (@type $kind:ident) => { ::core::primitive::$kind };
    (@first str) => { "" };
    (@first bool) => { false };
    (@first $number:ident) => { 0 };
    (@one $name:literal, $text:ident, str) => { $text };
    (@one $name:literal, $text:ident, bool) => {
        match $text.as_bytes() {
            b"true" => true,
            b"false" => false,
            _ => $crate::setting!(@wrong $name),
        }
    };
    (@one $name:literal, $text:ident, $number:ident) => {
        match ::core::primitive::$number::from_str_radix($text, 10) {
            ::core::result::Result::Ok(number) => number,
            ::core::result::Result::Err(_) => $crate::setting!(@wrong $name),
        }
    };
    (@wrong $name:literal) => {
        ::core::panic!(::core::concat!(
            "the setting `",
            $name,
            "` has another type in Cargo.toml than here"
        ))
    };
}

/// How many entries a list has, as the build writes it.
#[doc(hidden)]
pub const fn entries(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut count, mut at) = (0, 0);
    while at < bytes.len() {
        count += (bytes[at] == END) as usize;
        at += 1;
    }
    count
}

/// An entry of such a list.
///
/// # Panics
/// When there is no such entry.
#[doc(hidden)]
pub const fn entry(text: &str, number: usize) -> &str {
    let bytes = text.as_bytes();
    let (mut passed, mut first) = (0, 0);
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == END {
            if passed == number {
                // The end of an entry is one of a character.
                return text.split_at(first).1.split_at(at - first).0;
            }
            passed += 1;
            first = at + 1;
        }
        at += 1;
    }
    panic!("a list has fewer entries")
}

#[cfg(test)]
mod tests {
    use super::{entries, entry};

    #[test]
    fn entries_are_found() {
        for (text, all) in [
            ("", &[][..]),
            ("\x1f", &[""]),
            ("1\x1f22\x1f", &["1", "22"]),
            ("a, b\x1f\x1fä\x1f", &["a, b", "", "ä"]),
        ] {
            assert_eq!(entries(text), all.len());
            for (number, one) in all.iter().enumerate() {
                assert_eq!(entry(text, number), *one);
            }
        }
    }

    #[test]
    #[should_panic(expected = "fewer entries")]
    fn there_is_no_entry_past_the_last() {
        entry("1\x1f", 1);
    }
}
