//! Finds the `unsafe` blocks of Rust sources, in the bodies of macros as well.

use anyhow::{Context, Result, anyhow};
use proc_macro2::{Delimiter, Group, LineColumn, TokenStream, TokenTree};
use std::iter::Peekable;
use std::path::Path;

/// One block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The innermost function that it is in, as it is written: `$name` in a macro.
    pub(super) function: String,
    /// Line of its brace, from 1, and column, from 0.
    pub(super) start: (usize, usize),
    /// The same of its closing brace.
    pub(super) end: (usize, usize),
    /// Whether a `#[cfg]` excludes it from the tests on this machine.
    pub(super) left_out: bool,
}

/// The blocks of a source text.
///
/// # Errors
/// When it is no Rust, or a `cfg` is not known here.
pub(super) fn blocks(path: &Path, source: &str) -> Result<Vec<Block>> {
    let tokens: TokenStream = source
        .parse()
        .map_err(|error| anyhow!("{}: {error}", path.display()))?;
    let mut found = Vec::new();
    walk(tokens, "", false, &mut found).with_context(|| path.display().to_string())?;
    Ok(found)
}

/// The position of the walk in an item or statement.
#[derive(Default)]
struct Cursor {
    /// A `cfg` before it leaves it out.
    left_out: bool,
    /// An item, which commas do not end.
    is_item: bool,
    /// A `let`, which braces do not end.
    is_let: bool,
    /// The function that it declares.
    function: Option<String>,
}

/// Words that begin an item.
const ITEMS: [&str; 10] = [
    "fn", "impl", "struct", "enum", "mod", "trait", "static", "const", "use", "type",
];

/// Finds blocks in tokens that are in `function`, and left out or not.
fn walk(
    tokens: TokenStream,
    function: &str,
    mut left_out: bool,
    found: &mut Vec<Block>,
) -> Result<()> {
    let mut tokens = tokens.into_iter().peekable();
    let mut place = Cursor::default();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                let is_inner = next_is(&mut tokens, '!');
                if let Some(attribute) = next_group(&mut tokens, Delimiter::Bracket)
                    && !is_in_force(attribute.stream())?
                {
                    left_out |= is_inner;
                    place.left_out |= !is_inner;
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => place = Cursor::default(),
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                if !place.is_item && !place.is_let {
                    place = Cursor::default();
                }
            }
            TokenTree::Ident(ident) => {
                let word = ident.to_string();
                place.is_item |= ITEMS.contains(&word.as_str());
                place.is_let |= word == "let";
                if word == "fn" {
                    let dollar = next_is(&mut tokens, '$');
                    if let Some(TokenTree::Ident(name)) = tokens.peek() {
                        let dollar = if dollar { "$" } else { "" };
                        place.function = Some(format!("{dollar}{name}"));
                    }
                }
                if word == "unsafe"
                    && let Some(TokenTree::Group(group)) = tokens.peek()
                    && group.delimiter() == Delimiter::Brace
                {
                    let point = |at: LineColumn| (at.line, at.column);
                    found.push(Block {
                        function: function.to_owned(),
                        start: point(group.span_open().start()),
                        end: point(group.span_close().start()),
                        left_out: left_out || place.left_out,
                    });
                }
            }
            TokenTree::Group(group) => {
                let is_braced = group.delimiter() == Delimiter::Brace;
                let declared = place.function.as_deref().filter(|_| is_braced);
                let inner = declared.unwrap_or(function);
                walk(group.stream(), inner, left_out || place.left_out, found)?;
                if is_braced && !place.is_let {
                    place = Cursor::default();
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    Ok(())
}

type Tokens = Peekable<proc_macro2::token_stream::IntoIter>;

/// Takes this character, if it is next.
fn next_is(tokens: &mut Tokens, wanted: char) -> bool {
    let is_it =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted);
    tokens.next_if(is_it).is_some()
}

/// Takes a group of this kind, if one is next.
fn next_group(tokens: &mut Tokens, wanted: Delimiter) -> Option<Group> {
    let is_it =
        |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == wanted);
    match tokens.next_if(is_it) {
        Some(TokenTree::Group(group)) => Some(group),
        _ => None,
    }
}

/// Whether what is after this attribute is compiled: false for a `cfg` that does not hold.
fn is_in_force(attribute: TokenStream) -> Result<bool> {
    let mut tokens = attribute.into_iter().peekable();
    match tokens.next() {
        Some(TokenTree::Ident(name)) if name == "cfg" => {
            let group = next_group(&mut tokens, Delimiter::Parenthesis);
            let group = group.context("`cfg` without a condition")?;
            let mut holds = conditions(group.stream())?;
            Ok(holds.pop().unwrap_or(true))
        }
        _ => Ok(true),
    }
}

/// Whether each condition of a list holds where the tests run.
fn conditions(tokens: TokenStream) -> Result<Vec<bool>> {
    let mut tokens = tokens.into_iter().peekable();
    let mut all = Vec::new();
    while let Some(token) = tokens.next() {
        let TokenTree::Ident(name) = token else {
            continue;
        };
        let name = name.to_string();
        if let Some(group) = next_group(&mut tokens, Delimiter::Parenthesis) {
            let inner = conditions(group.stream())?;
            all.push(match name.as_str() {
                "not" => !inner.iter().any(|holds| *holds),
                "any" => inner.contains(&true),
                "all" => !inner.contains(&false),
                _ => return Err(anyhow!("unknown condition `{name}(…)`")),
            });
        } else if next_is(&mut tokens, '=') {
            let value = tokens.next().map(|value| value.to_string());
            let value = value.unwrap_or_default();
            let value = value.trim_matches('"');
            all.push(match name.as_str() {
                "target_os" => value == std::env::consts::OS,
                "target_arch" => value == std::env::consts::ARCH,
                "target_pointer_width" => value == usize::BITS.to_string(),
                "feature" => false,
                _ => return Err(anyhow!("unknown condition `{name} = …`")),
            });
        } else {
            all.push(match name.as_str() {
                "test" | "miri" | "debug_assertions" | "unix" => true,
                "loom" | "doc" | "doctest" => false,
                _ => return Err(anyhow!("unknown condition `{name}`")),
            });
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<(String, usize, bool)> {
        let blocks = blocks(Path::new("x.rs"), source).expect("Rust");
        let part = |block: Block| (block.function, block.start.0, block.left_out);
        blocks.into_iter().map(part).collect()
    }

    fn block(function: &str, line: usize, left_out: bool) -> (String, usize, bool) {
        (function.to_owned(), line, left_out)
    }

    #[test]
    fn blocks_are_found_and_nothing_else() {
        let source = r##"
            //! Not `unsafe { }`.
            const TEXT: &str = "unsafe { }";
            #[unsafe(no_mangle)]
            unsafe extern "C" { static X: u8; }
            unsafe impl Send for Y {}
            unsafe fn f() -> [u8; 2] { unsafe { g() } }
            fn outer() {
                let a = unsafe { 1 } + unsafe { 2 };
                fn inner() { unsafe { 3 } }
                || unsafe { 4 };
            }
            macro_rules! m { ($name:ident) => { fn $name() { unsafe { 5 } } } }
            static S: u8 = unsafe { 6 };
        "##;
        let wanted = [
            block("f", 7, false),
            block("outer", 9, false),
            block("outer", 9, false),
            block("inner", 10, false),
            block("outer", 11, false),
            block("$name", 13, false),
            block("", 14, false),
        ];
        assert_eq!(found(source), wanted);
    }

    #[test]
    fn what_is_left_out_is_told_apart() {
        let source = r#"
            #[cfg(target_os = "none")]
            fn board<A, B>() { unsafe { 1 } }
            #[cfg(not(target_os = "none"))]
            fn host() {
                #[cfg(any(target_arch = "riscv64", target_arch = "arm"))]
                unsafe { 2 }
                #[cfg(target_pointer_width = "32")]
                let [a, b] = unsafe { 3 } + unsafe { 4 };
                unsafe { 5 }
            }
            #[cfg(all(test, not(loom)))]
            mod tests { fn t() { unsafe { 6 } } }
            struct S { #[cfg(loom)] a: u8, b: [u8; unsafe { 7 }] }
            mod boards { #![cfg(target_os = "none")] fn u() { unsafe { 8 } } }
        "#;
        let wanted = [
            block("board", 3, true),
            block("host", 7, true),
            block("host", 9, true),
            block("host", 9, true),
            block("host", 10, false),
            block("t", 13, false),
            block("", 14, false),
            block("u", 15, true),
        ];
        assert_eq!(found(source), wanted);
    }

    #[test]
    fn an_unknown_condition_is_an_error() {
        let error = blocks(Path::new("x.rs"), "#[cfg(moon)] fn f() {}").expect_err("unknown");
        assert_eq!(format!("{error:#}"), "x.rs: unknown condition `moon`");
    }
}
