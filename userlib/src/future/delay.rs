//! Delays for drivers that others wrote: the traits `DelayNs` of `embedded-hal` and `embedded-hal-async`.

use super::sleep_until;
use crate::time;

/// Lets time pass, at least as much as was asked for: blocking by [`time::delay_microseconds`], asynchronously by
/// [`sleep_until`](super::sleep_until). It holds nothing, so a driver may make as many as it likes.
///
/// ```
/// use embedded_hal_async::delay::DelayNs;
/// use userlib::future::Delay;
///
/// /// A part of a published driver, say.
/// async fn warm_up(delay: &mut impl DelayNs) {
///     delay.delay_ms(5).await
/// }
/// async fn probe() {
///     warm_up(&mut Delay).await
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delay;

impl embedded_hal::delay::DelayNs for Delay {
    fn delay_ns(&mut self, nanoseconds: u32) {
        time::delay_microseconds(u64::from(nanoseconds.div_ceil(1000)));
    }

    fn delay_us(&mut self, microseconds: u32) {
        time::delay_microseconds(u64::from(microseconds));
    }

    fn delay_ms(&mut self, milliseconds: u32) {
        time::delay_microseconds(u64::from(milliseconds) * 1000);
    }
}

impl embedded_hal_async::delay::DelayNs for Delay {
    async fn delay_ns(&mut self, nanoseconds: u32) {
        pass(u64::from(nanoseconds.div_ceil(1000))).await;
    }

    async fn delay_us(&mut self, microseconds: u32) {
        pass(u64::from(microseconds)).await;
    }

    async fn delay_ms(&mut self, milliseconds: u32) {
        pass(u64::from(milliseconds) * 1000).await;
    }
}

async fn pass(microseconds: u64) {
    // The tick that has begun already does not count.
    sleep_until(time::after_microseconds(microseconds).saturating_add(1)).await;
}
