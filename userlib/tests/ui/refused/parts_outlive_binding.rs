//! Nothing that is claimed of a device, or lent by it, is more than the binding's.
use userlib::Error;
use userlib::auxiliary::{LendRegion, LentMutex};
use userlib::dma::{DmaBuffer, DmaPool};
use userlib::interrupt::Interrupt;
use userlib::pci::ConfigSpace;
use userlib::runtime::{Bound, Device};

fn interrupt<'cap>(device: &Device<'cap, Bound>) -> Result<Interrupt<'static>, Error> {
    device.interrupt(0)
}

fn config<'cap>(device: &Device<'cap, Bound>) -> Result<ConfigSpace<'static>, Error> {
    device.config_space(0)
}

fn region<'cap>(device: &Device<'cap, Bound>) -> Result<LendRegion<'static>, Error> {
    device.lend_region(0, 0)
}

fn lock<'cap>(region: &LendRegion<'cap>) -> Result<LentMutex<'static, u32>, Error> {
    region.mutex(1)
}

fn pool<'cap>(device: &Device<'cap, Bound>) -> Result<DmaPool<'static>, Error> {
    device.dma_pool()
}

fn buffer<'cap>(pool: &mut DmaPool<'cap>) -> Result<DmaBuffer<'static, u32>, Error> {
    pool.buffer(1)
}

fn main() {}
