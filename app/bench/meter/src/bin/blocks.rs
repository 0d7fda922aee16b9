//! Reads and writes blocks of a disk, one at a time and eight, and then kills its driver and reads the first block of
//! the next.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
#![forbid(unsafe_code)]

use bench_meter::{Kills, PATIENCE, REST, ROUNDS, ended, mark};
use class_block::{BUFFER, Disk, DiskFamily, Operation, READY};
use userlib::future::{Lock, Posts, sleep, with_deadline};
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::{Error, ForLt};

/// The disk's driver.
const DRIVER: &str = "disk";
/// Requests at once.
const DEPTHS: [u64; 2] = [1, 8];

/// The meter: how often it has killed the driver.
#[derive(Default)]
struct Blocks {
    kills: Kills,
}

/// What one binding waits for.
struct State<'cap>(Lock<Posts<'cap>>);

/// Uses the disk.
fn with<R>(
    device: &Device<'_, Bound>,
    access: impl FnOnce(&Disk<'_>) -> Result<R, Error>,
) -> Result<R, Error> {
    device.registration_data_with::<DiskFamily, _>(|disk| access(&disk))?
}

/// Asks for so many blocks at once, and takes the answers.
async fn requests(
    device: &Device<'_, Bound>,
    posts: &mut Posts<'_>,
    depth: u64,
    operation: impl Fn(u64) -> Operation,
) -> Result<(), Error> {
    with(device, |disk| {
        for number in 0..depth {
            let slot = disk.slot().ok_or(Error::Exhausted)?;
            disk.ask(slot, operation(number))?;
        }
        disk.publish();
        Ok(())
    })?;
    let mut left = depth;
    while left != 0 {
        let waits = with(device, |disk| {
            while let Some((slot, result)) = disk.answer()? {
                result.map_err(|_| Error::NoDevice)?;
                disk.put_back(slot)?;
                left -= 1;
            }
            Ok(left != 0 && disk.wait()?)
        })?;
        if waits {
            posts.wait(READY).await;
        }
    }
    Ok(())
}

/// The block of this number.
const fn read(number: u64) -> Operation {
    let (sector, bytes) = (number * 8, BUFFER);
    Operation::Read { sector, bytes }
}

/// The same, to be written.
const fn write(number: u64) -> Operation {
    let (sector, bytes) = (number * 8, BUFFER);
    Operation::Write { sector, bytes }
}

impl Blocks {
    /// Measures what is to be measured in this binding.
    async fn measure(
        &self,
        device: &Device<'_, Bound>,
        posts: &mut Posts<'_>,
    ) -> Result<(), Error> {
        if self.kills.are_any() {
            requests(device, posts, 1, read).await?;
            mark();
        } else {
            for operation in [read, write] {
                for depth in DEPTHS {
                    for _ in 0..ROUNDS {
                        sleep(REST).await;
                        mark();
                        requests(device, posts, depth, operation).await?;
                        mark();
                    }
                }
            }
        }
        self.kills.next(DRIVER).await
    }
}

impl AsyncDriver for Blocks {
    type State = ForLt!(State<'_>);

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<State<'cap>, Error> {
        Ok(State(Lock::new(device.posts()?)))
    }

    async fn run<'cap>(&self, state: &State<'cap>, device: &Device<'cap, Bound>) {
        let mut posts = state.0.lock().await;
        let measured = with_deadline(PATIENCE, self.measure(device, &mut posts)).await;
        ended(measured.unwrap_or(Err(Error::TimedOut)));
    }
}

userlib::driver!(async Blocks);
