//! The calls that drivers answer, and the records in them.
//!
//! They are in a crate of their own, so that a client is compiled without its server.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod blocks;
mod chaos;
mod civil;
mod clock;
mod console;
mod copying;
mod edu;
mod ethernet;
mod gpio;
mod i2c;
mod network;
mod pwm;
mod sample;
mod screen;
mod storage;
mod stream;
mod thermometer;
mod timer;

pub use blocks::{BlocksClient, BlocksServer, PadsClient, PadsServer};
pub use chaos::ChaosKind;
pub use civil::DateTime;
pub use clock::{ClockClient, ClockServer};
pub use console::{ConsoleClient, ConsoleServer};
pub use copying::{CopyingClient, CopyingServer};
pub use edu::{EduAsyncServer, EduClient};
pub use ethernet::{
    EthernetClient, EthernetControllerAsyncServer, EthernetControllerClient,
    EthernetControllerServer, EthernetCounters, EthernetInfo, EthernetServer,
};
pub use gpio::{AwaitedLine, LINE_EVENT, Line, LineError, LineEvent, LinesClient, LinesServer};
pub use i2c::{
    I2C_MOST, I2C_OPERATIONS, I2cError, I2cTarget, TargetsAsyncServer, TargetsClient, i2c_shape,
};
pub use network::{Datagram, Endpoint, NetworkStatus, SocketsClient, SocketsServer, StreamState};
pub use pwm::{PwmClient, PwmError, PwmOutput, PwmServer, Wave};
pub use sample::{
    ButtonsClient, ButtonsServer, HoldInfo, HoldState, IDENTITY, Inputs, LedsClient, LedsServer,
    SAMPLES, SampleChildClient, SampleChildServer, SampleInfo, SampleParentClient,
    SampleParentServer, SampleState,
};
pub use screen::{ScreenAsyncServer, ScreenClient};
pub use storage::{FileInfo, Outcome, StorageClient, StorageError, StorageServer};
pub use stream::{ConsoleStream, StreamError, TcpStream};
pub use thermometer::{ThermometerAsyncServer, ThermometerClient};
pub use timer::{TimerClient, TimerServer};
