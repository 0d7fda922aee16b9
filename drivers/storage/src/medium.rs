//! The disk as a file system sees it: it is always there, and sometimes slow.

use crate::StorageDriver;
use crate::cached::{Flush, MediumError};
use class_block::{BUFFER, Operation, SECTOR};
use embedded_sdmmc::{Block, BlockCount, BlockDevice, BlockIdx};
use userlib::{sys, time};

/// How long a request may take, restarts of the driver included, in milliseconds. Longer than a driver lets its device
/// take, and than the longest back-off.
const PATIENCE: u64 = 90_000;

/// The disk of a task that steps its driver loop while it waits.
pub struct Medium<'t> {
    driver: &'t StorageDriver,
    step: &'t dyn Fn(),
}

/// What goes with a request.
enum Data<'b> {
    None,
    Into(&'b mut [Block]),
    From(&'b [Block]),
}

impl<'t> Medium<'t> {
    /// The disk that this driver is bound to, or will be.
    pub const fn new(driver: &'t StorageDriver, step: &'t dyn Fn()) -> Self {
        Self { driver, step }
    }

    /// Asks until it is answered.
    fn ask(&self, operation: Operation, mut data: Data<'_>) -> Result<(), MediumError> {
        let deadline = time::after(PATIENCE);
        self.driver.wait_until(Some(deadline));
        let result = loop {
            match self.once(operation, &mut data, deadline) {
                Some(result) => break result,
                None if sys::time() >= deadline => break Err(MediumError::Gone),
                None => {}
            }
        };
        self.driver.wait_until(None);
        if let Err(error) = result {
            userlib::log!("{operation:?}: {error}");
        }
        result
    }

    /// Asks once. None when the disk went away before it answered, or was not there: it is to be asked again.
    fn once(
        &self,
        operation: Operation,
        data: &mut Data<'_>,
        deadline: u64,
    ) -> Option<Result<(), MediumError>> {
        let driver = self.driver;
        let asked = driver.with(|disk| {
            let Some(slot) = disk.slot() else {
                return Ok(false);
            };
            if let Data::From(blocks) = data {
                for (number, block) in blocks.iter().enumerate() {
                    disk.fill(&slot, number * SECTOR, &block.contents)?;
                }
            }
            disk.ask(slot, operation)?;
            disk.publish();
            Ok(true)
        });
        match asked {
            Some(Ok(true)) => {}
            Some(Err(error)) => {
                driver.drop_disk(error.text());
                return None;
            }
            // None, or one of an earlier life of this task.
            Some(Ok(false)) | None => {
                (self.step)();
                return None;
            }
        }
        let binding = driver.bindings();
        loop {
            let seen = driver.with(|disk| {
                let Some((slot, result)) = disk.answer()? else {
                    return Ok(Err(disk.wait()?));
                };
                if let (Ok(()), Data::Into(blocks)) = (result, &mut *data) {
                    for (number, block) in blocks.iter_mut().enumerate() {
                        disk.copy(&slot, number * SECTOR, &mut block.contents)?;
                    }
                }
                disk.put_back(slot)?;
                Ok(Ok(result))
            });
            match seen {
                Some(Ok(Ok(result))) => return Some(result.map_err(MediumError::Failed)),
                Some(Ok(Err(true))) => (self.step)(),
                Some(Ok(Err(false))) => continue,
                Some(Err(error)) => {
                    driver.drop_disk(error.text());
                    return None;
                }
                None => return None,
            }
            if driver.bindings() != binding {
                // Another life of the driver: it has not heard of this.
                return None;
            }
            if sys::time() >= deadline {
                driver.drop_disk("the disk does not answer");
                return Some(Err(MediumError::Gone));
            }
        }
    }
}

/// Requests of at most a buffer each, by their first sectors.
fn parts(start: BlockIdx, blocks: usize) -> impl Iterator<Item = (u64, core::ops::Range<usize>)> {
    let most = BUFFER / SECTOR;
    (0..blocks).step_by(most).map(move |first| {
        let range = first..blocks.min(first + most);
        (u64::from(start.0) + first as u64, range)
    })
}

impl BlockDevice for Medium<'_> {
    type Error = MediumError;

    fn read(&self, blocks: &mut [Block], start: BlockIdx) -> Result<(), MediumError> {
        for (sector, range) in parts(start, blocks.len()) {
            let bytes = range.len() * SECTOR;
            self.ask(
                Operation::Read { sector, bytes },
                Data::Into(&mut blocks[range]),
            )?;
        }
        Ok(())
    }

    fn write(&self, blocks: &[Block], start: BlockIdx) -> Result<(), MediumError> {
        for (sector, range) in parts(start, blocks.len()) {
            let bytes = range.len() * SECTOR;
            self.ask(
                Operation::Write { sector, bytes },
                Data::From(&blocks[range]),
            )?;
        }
        Ok(())
    }

    fn num_blocks(&self) -> Result<BlockCount, MediumError> {
        let geometry = self.driver.geometry().ok_or(MediumError::Gone)?;
        Ok(BlockCount(geometry.sectors.min(u32::MAX.into()) as u32))
    }
}

impl Flush for Medium<'_> {
    fn flush(&self) -> Result<(), MediumError> {
        self.ask(Operation::Flush, Data::None)
    }
}
