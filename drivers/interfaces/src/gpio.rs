//! Lines of general-purpose I/O, each on a lease of its own, and one of them for crates that know `embedded-hal`.

use core::fmt;
use embedded_hal::digital::{self, ErrorKind, ErrorType, InputPin, OutputPin, StatefulOutputPin};
use embedded_hal_async::digital::Wait;
use leasehold_abi::{Error, Notifications};
use userlib::future::Posts;
use userlib::ipc::interface;
use userlib::runtime::{Bound, Device};

/// What the parent of a port's lines posts to who awaits an event of a line.
pub const LINE_EVENT: Notifications = Notifications::peer(11);

/// What is awaited of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum LineEvent {
    /// It is low.
    Low = 0,
    /// It is high.
    High = 1,
    /// It falls.
    Falling = 2,
    /// It rises.
    Rising = 3,
    /// It falls or rises.
    Edge = 4,
}

impl LineEvent {
    /// The event of this number.
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Low,
            1 => Self::High,
            2 => Self::Falling,
            3 => Self::Rising,
            4 => Self::Edge,
            _ => return None,
        })
    }
}

/// What the parent of a port's lines does. Each line is an auxiliary device of it, and `line` is the
/// [`label`](leasehold_abi::label) of that.
///
/// When the lease of a line ends, it is an input without an interrupt again. All methods: `Denied`: the caller does not
/// have the line on lease; `NotFound`: no such line is offered; `Unbound`: the port's clock or registers are not there.
#[interface]
pub trait Lines {
    /// Makes a line an output, low with 0.
    fn drive(&mut self, line: u32, high: u32) -> Result<(), Error>;
    /// Makes a line an input; nothing is awaited any more.
    fn sense(&mut self, line: u32) -> Result<(), Error>;
    /// The level at a line: 1 is high.
    fn level(&mut self, line: u32) -> Result<u32, Error>;
    /// The level that an output was last given: 1 is high.
    fn driven(&mut self, line: u32) -> Result<u32, Error>;
    /// Posts [`LINE_EVENT`] to the caller once, when this [`LineEvent`] comes. What was awaited before is forgotten. An
    /// edge counts from now on. `Busy`: the line is an output. `Denied` also where the manifest does not let the parent
    /// notify the caller; `Invalid`: no such event.
    fn arm(&mut self, line: u32, event: u32) -> Result<(), Error>;
    /// Whether the event that was armed last has come: 1 if it has.
    fn came(&mut self, line: u32) -> Result<u32, Error>;
}

/// Why a line could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineError(pub Error);

impl digital::Error for LineError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl core::error::Error for LineError {}

/// A line as a pin of `embedded-hal`, for the task that has it on lease. It is an output from the first level on that
/// it is given, and an input before.
#[derive(Debug)]
pub struct Line {
    lines: LinesClient,
    label: u32,
}

impl Line {
    /// The line of this auxiliary device, whose parent is the task `parent`.
    ///
    /// # Errors
    /// Those of a connection.
    pub fn new(device: &Device<'_, Bound>, parent: &'static str) -> Result<Self, Error> {
        Ok(Self {
            lines: LinesClient::connect(parent)?,
            label: device.label(),
        })
    }

    fn set(&mut self, high: bool) -> Result<(), LineError> {
        let driven = self.lines.drive(self.label, high.into());
        driven.map_err(LineError)
    }
}

impl ErrorType for Line {
    type Error = LineError;
}

impl OutputPin for Line {
    fn set_low(&mut self) -> Result<(), LineError> {
        self.set(false)
    }

    fn set_high(&mut self) -> Result<(), LineError> {
        self.set(true)
    }
}

impl StatefulOutputPin for Line {
    fn is_set_high(&mut self) -> Result<bool, LineError> {
        let driven = self.lines.driven(self.label).map_err(LineError)?;
        Ok(driven != 0)
    }

    fn is_set_low(&mut self) -> Result<bool, LineError> {
        self.is_set_high().map(|high| !high)
    }
}

impl InputPin for Line {
    fn is_high(&mut self) -> Result<bool, LineError> {
        let level = self.lines.level(self.label).map_err(LineError)?;
        Ok(level != 0)
    }

    fn is_low(&mut self) -> Result<bool, LineError> {
        self.is_high().map(|high| !high)
    }
}

/// An input that can be awaited, in an asynchronous driver.
#[derive(Debug)]
pub struct AwaitedLine<'cap> {
    line: Line,
    posts: Posts<'cap>,
}

impl<'cap> AwaitedLine<'cap> {
    /// The line of this auxiliary device, whose parent is the task `parent`: an input from now on.
    ///
    /// # Errors
    /// Those of a connection, of [`Device::posts`], and of the parent.
    pub fn new(device: &Device<'cap, Bound>, parent: &'static str) -> Result<Self, Error> {
        let mut line = Line::new(device, parent)?;
        line.lines.sense(line.label)?;
        Ok(Self {
            line,
            posts: device.posts()?,
        })
    }

    async fn event(&mut self, event: LineEvent) -> Result<(), LineError> {
        let Self { line, posts } = self;
        line.lines
            .arm(line.label, event as u32)
            .map_err(LineError)?;
        // One that was posted for an earlier wait ends none.
        while line.lines.came(line.label).map_err(LineError)? == 0 {
            posts.wait(LINE_EVENT).await;
        }
        Ok(())
    }
}

impl ErrorType for AwaitedLine<'_> {
    type Error = LineError;
}

impl InputPin for AwaitedLine<'_> {
    fn is_high(&mut self) -> Result<bool, LineError> {
        self.line.is_high()
    }

    fn is_low(&mut self) -> Result<bool, LineError> {
        self.line.is_low()
    }
}

impl Wait for AwaitedLine<'_> {
    async fn wait_for_high(&mut self) -> Result<(), LineError> {
        self.event(LineEvent::High).await
    }

    async fn wait_for_low(&mut self) -> Result<(), LineError> {
        self.event(LineEvent::Low).await
    }

    async fn wait_for_rising_edge(&mut self) -> Result<(), LineError> {
        self.event(LineEvent::Rising).await
    }

    async fn wait_for_falling_edge(&mut self) -> Result<(), LineError> {
        self.event(LineEvent::Falling).await
    }

    async fn wait_for_any_edge(&mut self) -> Result<(), LineError> {
        self.event(LineEvent::Edge).await
    }
}
