//! Reads 4 KiB of a file, and replaces them with a flush, as a client of `storage`.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
#![forbid(unsafe_code)]

use bench_meter::{PATIENCE, ROUNDS, ended, mark};
use driver_interfaces::{Outcome, StorageClient};
use userlib::{Error, time};

/// The file, and its bytes.
const NAME: &[u8] = b"FILE";
const BYTES: usize = 4096;

/// All bytes were read, or written.
fn whole(outcome: Outcome) -> Result<(), Error> {
    match outcome.result() {
        Ok(count) if count as usize == BYTES => Ok(()),
        _ => Err(Error::NoDevice),
    }
}

fn replace(storage: &mut StorageClient, bytes: &[u8]) -> Result<(), Error> {
    whole(storage.write(NAME, 0, bytes)?)?;
    storage.flush()?.result().map_err(|_| Error::NoDevice)?;
    Ok(())
}

fn measure() -> Result<(), Error> {
    let mut bytes = [b'x'; BYTES];
    let connect = || StorageClient::connect("storage").ok();
    let mut storage = time::poll_until(time::after(PATIENCE), connect)?;
    replace(&mut storage, &bytes)?;
    for _ in 0..ROUNDS {
        mark();
        whole(storage.read(NAME, 0, &mut bytes)?)?;
        mark();
    }
    for _ in 0..ROUNDS {
        mark();
        replace(&mut storage, &bytes)?;
        mark();
    }
    Ok(())
}

/// The task's main function.
fn files() {
    ended(measure());
    panic!("the machine is still on");
}

userlib::task!(files);
