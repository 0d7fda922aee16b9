//! Consoles and connections as byte streams of `embedded-io` and `embedded-io-async`, so that crates written for either
//! run on top.

mod ahead;
mod asynchronous;
mod console;
mod error;
mod tcp;

pub use console::ConsoleStream;
pub use error::StreamError;
pub use tcp::TcpStream;
