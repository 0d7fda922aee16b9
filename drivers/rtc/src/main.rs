//! The task.
fn main() {}
