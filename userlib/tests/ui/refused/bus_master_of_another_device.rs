//! An address for one device is given out because another may be a bus master.
use userlib::dma::{BusMaster, DmaBuffer};

fn address(buffer: &DmaBuffer<'_, u32>, master: &BusMaster<'_>) -> u64 {
    buffer.device_address(master)
}

fn main() {
    std::hint::black_box(address as fn(&DmaBuffer<'static, u32>, &BusMaster<'static>) -> u64);
}
