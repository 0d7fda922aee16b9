//! Programs that must not compile, with the messages that say why: one for each way to get at a
//! device past its lease that Rust's types are to close. See docs/soundness.md.

#![cfg(not(miri))]

#[test]
fn refused_with_a_reason() {
    let cases = trybuild::TestCases::new();
    // A case that passes makes the others go through code generation, where constants are checked.
    cases.pass("tests/ui/accepted.rs");
    cases.compile_fail("tests/ui/refused/*.rs");
}
