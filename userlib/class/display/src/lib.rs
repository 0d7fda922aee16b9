//! The class of displays: a driver lends the frame buffer of its device, and the task above it draws.
//!
//! The driver sets the mode and registers the auxiliary device [`DISPLAY`] with a [`Display`] as payload. The pixels
//! are a part of the device's own memory, so nothing is copied between the two tasks.
//!
//! # When the driver restarts
//! The frame buffer is revoked with the driver's lease. The new driver clears it, and registers a new device. Whoever
//! draws keeps what the picture shows in its own memory, never in the frame buffer, and paints all of it again for each
//! new binding. A frame that was half painted is lost.
//!
//! # Trust
//! Whoever draws believes nothing of what the driver says: [`Display::canvas`] checks that the picture lies in the
//! window, and says what is wrong otherwise. Each pixel is stored by an access that ends with `Revoked` when the window
//! is gone.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod canvas;
mod fault;
mod mode;

pub use canvas::Canvas;
pub use fault::Fault;
pub use mode::{Mode, PIXEL};

use userlib::ForLt;
use userlib::auxiliary::{Lendable, LentWindow};
use userlib::for_lt::Family;
use userlib::io::Window;

/// Name of the auxiliary device, after the driver's own and a dot.
pub const DISPLAY: &str = "display";

/// Payload of the auxiliary device: the picture and its pixels.
#[derive(Debug, Family, Lendable)]
#[for_lt(crate = userlib::for_lt)]
#[offer(DisplayOffer<'a>)]
pub struct Display<'a> {
    mode: Mode,
    pixels: Window<'a>,
}

/// What the driver gives for a [`Display`].
#[derive(Debug)]
pub struct DisplayOffer<'a> {
    /// The picture's shape.
    pub mode: Mode,
    /// Its pixels, and perhaps more behind them.
    pub pixels: LentWindow<'a>,
}

/// The family of [`Display`].
pub type DisplayFamily = ForLt!(Display<'_>);

impl Display<'_> {
    /// Something to draw on.
    ///
    /// # Errors
    /// The picture that the driver names is none, or cannot be drawn in the window that it lent.
    pub fn canvas(&self) -> Result<Canvas<'_>, Fault> {
        Canvas::new(self.mode, &self.pixels)
    }
}
