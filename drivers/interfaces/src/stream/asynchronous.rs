//! The streams for crates that await them. A read or a write is a call, which stops the task until the reply, as any
//! call to another task does, and ends with it (L8). So these futures are ready when they are polled first, and any
//! executor will do.

use super::{ConsoleStream, TcpStream};

/// Gives a stream the traits of `embedded-io-async`.
macro_rules! asynchronous {
    ($stream:ty) => {
        impl embedded_io_async::Read for $stream {
            async fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Self::Error> {
                embedded_io::Read::read(self, bytes)
            }
        }

        impl embedded_io_async::Write for $stream {
            async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
                embedded_io::Write::write(self, bytes)
            }

            async fn flush(&mut self) -> Result<(), Self::Error> {
                embedded_io::Write::flush(self)
            }
        }
    };
}

asynchronous!(ConsoleStream);
asynchronous!(TcpStream);
