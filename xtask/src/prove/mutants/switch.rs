//! What every switch asks: which mutant counts, if any.

use super::trial::{self, NONE};
use anyhow::{Context, Result};
use quote::ToTokens;
use std::collections::BTreeMap;
use syn::visit::Visit;

/// The module that is put behind the package's `lib.rs`.
///
/// With a mutant, the first test that fails ends the program: so most are tried in no time. A test runs on a thread of
/// its name.
///
/// # Errors
/// When a source is no Rust.
pub(super) fn of(sources: &BTreeMap<String, String>) -> Result<String> {
    let may_panic = expected_to_panic(sources)?;
    Ok(format!(
        "
pub(crate) mod mutants {{
    pub(crate) fn is(number: usize) -> bool {{
        static NUMBER: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
        *NUMBER.get_or_init(start) == number
    }}

    fn start() -> usize {{
        let number = std::env::var(\"{}\").ok().and_then(|number| number.parse().ok());
        let number = number.unwrap_or({NONE});
        if number != {NONE} {{
            let before = std::panic::take_hook();
            std::panic::set_hook(std::boxed::Box::new(move |panic| {{
                before(panic);
                let thread = std::thread::current();
                let test = thread.name().and_then(|name| name.rsplit(':').next());
                if !test.is_some_and(|test| {may_panic:?}.contains(&test)) {{
                    std::process::exit(101);
                }}
            }}));
        }}
        number
    }}
}}
",
        trial::VARIABLE
    ))
}

/// The names of the tests that are to panic, or to see that something does.
///
/// # Errors
/// When a source is no Rust.
fn expected_to_panic(sources: &BTreeMap<String, String>) -> Result<Vec<String>> {
    #[derive(Default)]
    struct Tests(Vec<String>);

    impl<'ast> Visit<'ast> for Tests {
        fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
            let panics = |attribute: &syn::Attribute| attribute.path().is_ident("should_panic");
            let catches = || item.to_token_stream().to_string().contains("catch_unwind");
            if item.attrs.iter().any(panics) || catches() {
                self.0.push(item.sig.ident.to_string());
            }
        }
    }

    let mut tests = Tests::default();
    for (file, source) in sources {
        tests.visit_file(&syn::parse_file(source).with_context(|| file.clone())?);
    }
    Ok(tests.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_are_to_panic_are_known_by_name() {
        let source = "\
#[test]
fn a() {}
mod tests {
    #[test]
    #[should_panic(expected = \"b\")]
    fn b() {}
    #[should_panic]
    #[test]
    fn c() {}
    #[test]
    fn d() {
        assert!(std::panic::catch_unwind(c).is_err());
    }
}";
        let sources = BTreeMap::from([("a.rs".to_owned(), source.to_owned())]);
        assert_eq!(expected_to_panic(&sources).expect("Rust"), ["b", "c", "d"]);
        let module = of(&sources).expect("Rust");
        syn::parse_file(&module).expect("Rust");
        assert!(
            module.contains(r#"["b", "c", "d"].contains(&test)"#),
            "{module}"
        );
    }
}
