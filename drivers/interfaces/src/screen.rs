//! A task that draws on a display.

use leasehold_abi::Error;
use userlib::ipc::interface;

/// What whoever draws does on request.
#[interface]
pub trait Screen {
    /// Paints the whole picture again; gives how many bytes of the frame buffer it has.
    fn repaint(&mut self) -> Result<u32, Error>;
    /// Paints a test card, and leaves it until `repaint`, also on the next display.
    fn card(&mut self) -> Result<u32, Error>;
}
