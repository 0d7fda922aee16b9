//! Tests of `Revocable`.
