//! A device writes any bits: what not all of them are a value of cannot be in DMA memory, nor what
//! holds an address of this task.
use core::num::NonZeroU32;
use userlib::Error;
use userlib::dma::DmaPool;

fn take(pool: &mut DmaPool<'_>) -> Result<(), Error> {
    pool.buffer::<bool>(1)?;
    pool.buffer::<NonZeroU32>(1)?;
    pool.buffer::<&'static u32>(1)?;
    pool.buffer::<Box<u32>>(1)?;
    Ok(())
}

fn main() {}
