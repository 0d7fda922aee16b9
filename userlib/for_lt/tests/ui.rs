//! What must not compile, with the messages that users get: `ui/*.rs` against `ui/*.stderr`.
//!
//! `TRYBUILD=overwrite` renews the messages, which belong to the pinned compiler.
#![cfg(not(any(miri, loom)))]

#[test]
fn compile_fail() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
