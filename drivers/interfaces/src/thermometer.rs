//! A thermometer.

use leasehold_abi::Error;
use userlib::ipc::interface;

/// What a thermometer does.
#[interface]
pub trait Thermometer {
    /// The temperature, in thousandths of a degree Celsius. `TimedOut`: the sensor gives no sample.
    fn temperature(&mut self) -> Result<i32, Error>;
}
