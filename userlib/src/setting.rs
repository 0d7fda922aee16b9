//! Constants of a driver that the manifest sets.

/// A constant that the manifest of a board may set: a number of this type, with the value where nothing is set.
///
/// The package declares it in its `Cargo.toml`, by name, type and, if it has one, a smaller range. The manifest sets it
/// by `settings = { baud = 9600 }` in the task's table, and the build checks that. It is a constant like any other: it
/// takes no memory, and the driver can check what follows from it when it is compiled.
///
/// ```toml
/// [package.metadata.settings]
/// baud = { type = "u32", least = 300, most = 921_600 }
/// ```
/// ```
/// /// Bits a second.
/// const RATE: u32 = userlib::setting!("baud": u32 = 115_200);
/// const _: () = assert!(RATE >= 300);
/// assert_eq!(RATE, 115_200);
/// ```
#[macro_export]
macro_rules! setting {
    ($name:literal: $number:ident = $default:expr) => {
        const {
            match ::core::option_env!(::core::concat!(
                "LEASEHOLD_SETTING_",
                ::core::env!("CARGO_PKG_NAME"),
                "_",
                $name
            )) {
                ::core::option::Option::None => $default,
                ::core::option::Option::Some(text) => {
                    match ::core::primitive::$number::from_str_radix(text, 10) {
                        ::core::result::Result::Ok(number) => number,
                        ::core::result::Result::Err(_) => ::core::panic!(::core::concat!(
                            "the setting `",
                            $name,
                            "` has another type in Cargo.toml than here"
                        )),
                    }
                }
            }
        }
    };
}
