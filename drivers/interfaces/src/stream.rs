//! Consoles and connections as byte streams of `embedded-io`, so that crates written for it run on top.

mod ahead;
mod console;
mod error;
mod tcp;

pub use console::ConsoleStream;
pub use error::StreamError;
pub use tcp::TcpStream;
