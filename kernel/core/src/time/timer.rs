//! The timer that each task has.

use crate::{Hardware, Kernel};
use leasehold_abi::{Error, Notifications};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// [`Call::SetTimer`](leasehold_abi::Call::SetTimer).
    pub(crate) fn set_timer(&mut self, deadline: u64, bits: usize) -> Result<(), Error> {
        let current = self.current;
        let bits = Notifications::from_register(bits);
        if bits.intersects(Notifications::KERNEL) {
            return Err(Error::Invalid);
        }
        if bits.is_empty() {
            self.timers.clear(current);
        } else if deadline <= self.now() {
            self.timers.clear(current);
            self.post(current, bits);
        } else {
            let record = &mut self.tasks[current];
            record.timer = deadline;
            record.timer_bits = bits;
            self.timers.set(current, deadline);
            self.alarm_by(deadline);
        }
        Ok(())
    }
}
