//! Files on a disk in memory; on the host `fsck.vfat`, where it is there, is asked too.

use crate::cached::{Flush, MediumError};
use crate::{Files, layout::Layout};
use class_block::Failure;
use driver_interfaces::StorageError;
use embedded_sdmmc::{Block, BlockCount, BlockDevice, BlockIdx};
use std::cell::{Cell, RefCell};
use std::process::Command;
use std::rc::Rc;
use std::vec::Vec;

/// A disk in memory.
#[derive(Clone)]
struct Ram {
    bytes: Rc<RefCell<Vec<u8>>>,
    /// After so many reads a read fails, and after so many writes a write, once.
    reads: Rc<Cell<usize>>,
    writes: Rc<Cell<usize>>,
}

impl Ram {
    fn new(mebibytes: u32) -> Self {
        Self {
            bytes: Rc::new(RefCell::new(disk_image::format(mebibytes).unwrap())),
            reads: Rc::new(Cell::new(usize::MAX)),
            writes: Rc::new(Cell::new(usize::MAX)),
        }
    }

    /// What `fsck.vfat` says of the partition; nothing where there is no such program.
    fn check(&self, name: &str) {
        let path = std::env::temp_dir().join(format!("storage-{}-{name}", std::process::id()));
        std::fs::write(&path, &self.bytes.borrow()[1 << 20..]).unwrap();
        let ran = Command::new("fsck.vfat").arg("-n").arg(&path).output();
        std::fs::remove_file(&path).unwrap();
        if let Ok(ran) = ran {
            let said = std::string::String::from_utf8_lossy(&ran.stdout).into_owned();
            assert!(ran.status.success(), "{said}");
        }
    }
}

/// Counts a request down to the one that fails.
fn fail_at(counter: &Cell<usize>) -> Result<(), MediumError> {
    let left = counter.get().checked_sub(1);
    counter.set(left.unwrap_or(usize::MAX));
    left.map(drop).ok_or(MediumError::Failed(Failure::Media))
}

impl BlockDevice for Ram {
    type Error = MediumError;

    fn read(&self, blocks: &mut [Block], start: BlockIdx) -> Result<(), MediumError> {
        fail_at(&self.reads)?;
        let bytes = self.bytes.borrow();
        for (number, block) in blocks.iter_mut().enumerate() {
            let at = (start.0 as usize + number) * 512;
            let there = bytes.get(at..at + 512);
            block
                .contents
                .copy_from_slice(there.ok_or(MediumError::Failed(Failure::Range))?);
        }
        Ok(())
    }

    fn write(&self, blocks: &[Block], start: BlockIdx) -> Result<(), MediumError> {
        fail_at(&self.writes)?;
        let mut bytes = self.bytes.borrow_mut();
        for (number, block) in blocks.iter().enumerate() {
            let at = (start.0 as usize + number) * 512;
            bytes[at..at + 512].copy_from_slice(&block.contents);
        }
        Ok(())
    }

    fn num_blocks(&self) -> Result<BlockCount, MediumError> {
        Ok(BlockCount((self.bytes.borrow().len() / 512) as u32))
    }
}

impl Flush for Ram {
    fn flush(&self) -> Result<(), MediumError> {
        Ok(())
    }
}

fn content(seed: usize, length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + seed * 13) as u8).collect()
}

fn write(files: &Files<Ram>, name: &str, offset: u32, bytes: &[u8]) -> Result<u32, StorageError> {
    files.write(name, offset, bytes.len(), |at, into| {
        into.copy_from_slice(&bytes[at..at + into.len()]);
        true
    })
}

fn read(files: &Files<Ram>, name: &str, offset: u32, most: usize) -> Result<Vec<u8>, StorageError> {
    let mut bytes = Vec::new();
    let count = files.read(name, offset, most, |at, from| {
        assert_eq!(at, bytes.len());
        bytes.extend_from_slice(from);
        true
    })?;
    assert_eq!(count as usize, bytes.len());
    Ok(bytes)
}

#[test]
fn files_are_as_they_were_written_also_replaced_and_continued() {
    let ram = Ram::new(8);
    let files = Files::new(ram.clone());
    for (seed, length) in [0, 1, 511, 512, 513, 5_000, 40_000].into_iter().enumerate() {
        let bytes = content(seed, length);
        assert_eq!(write(&files, "A.TXT", 0, &bytes), Ok(length as u32));
        assert_eq!(read(&files, "a.txt", 0, usize::MAX), Ok(bytes.clone()));
        ram.check("replaced");
    }
    assert_eq!(write(&files, "A.TXT", 40_000, &content(9, 700)), Ok(40_700));
    let bytes = content(6, 40_000);
    assert_eq!(
        read(&files, "A.TXT", 39_990, 10),
        Ok(bytes[39_990..].to_vec())
    );
    assert_eq!(read(&files, "A.TXT", 40_000, 9_000), Ok(content(9, 700)));
    assert_eq!(read(&files, "A.TXT", 40_700, 10), Ok(Vec::new()));
    ram.check("continued");
}

#[test]
fn what_cannot_be_has_a_name() {
    let files = Files::new(Ram::new(8));
    write(&files, "A", 0, b"abc").unwrap();
    assert_eq!(read(&files, "B", 0, 1), Err(StorageError::NotFound));
    assert_eq!(read(&files, "A", 4, 1), Err(StorageError::Offset));
    assert_eq!(write(&files, "A", 2, b"x"), Err(StorageError::Offset));
    assert_eq!(write(&files, "B", 2, b"x"), Err(StorageError::NotFound));
    assert_eq!(files.remove("B"), Err(StorageError::NotFound));
    for name in [
        "",
        ".",
        "..",
        "A/B",
        "TOOLONGNAME",
        "A.LONG",
        "A*",
        "Storage.New",
    ] {
        assert_eq!(
            write(&files, name, 0, b""),
            Err(StorageError::Name),
            "{name}"
        );
    }
    let gone = files.write("C", 0, 10, |_, _| false);
    assert_eq!(gone, Err(StorageError::Buffer));
    assert_eq!(
        read(&files, "C", 0, 1),
        Err(StorageError::NotFound),
        "no part"
    );
    let gone = files.write("A", 0, 10, |_, _| false);
    assert_eq!(gone, Err(StorageError::Buffer));
    assert_eq!(read(&files, "A", 0, 10), Ok(b"abc".to_vec()), "as before");
    let gone = files.read("A", 0, 3, |_, _| false);
    assert_eq!(gone, Err(StorageError::Buffer));
    assert_eq!(files.list(1), Err(StorageError::NotFound));
    let (file, count) = files.list(0).unwrap();
    assert_eq!((file.name.as_str(), file.length, count), ("A", 3, 1));
}

#[test]
fn a_full_disk_is_an_error_and_room_comes_back() {
    let ram = Ram::new(8);
    let files = Files::new(ram.clone());
    let (free, all) = files.space().unwrap();
    assert!(free == all && all > 6_000);
    let large = content(1, 2 << 20);
    let mut written = 0;
    let full = loop {
        match write(&files, &format!("F{written}"), 0, &large) {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((full, written), (StorageError::Full, 3));
    let left = files.space().unwrap().0;
    assert!(left < 2048, "{left}");
    ram.check("full");
    assert_eq!(write(&files, "F0", 0, &large), Err(StorageError::Full));
    assert_eq!(read(&files, "F0", 0, 3 << 20), Ok(large), "as before");
    for number in 0..written {
        assert_eq!(files.list(number).unwrap().1, written);
    }
    for number in 0..written {
        files.remove(&format!("F{number}")).unwrap();
    }
    assert_eq!(files.space(), Ok((free, all)), "all of it");
    assert_eq!(files.list(0), Err(StorageError::NotFound));
    ram.check("removed");
}

#[test]
fn what_has_no_room_in_place_of_a_file_leaves_that_file() {
    let ram = Ram::new(8);
    let files = Files::new(ram.clone());
    let free = files.space().unwrap().0 as usize;
    write(&files, "A", 0, &content(1, 3000)).unwrap();
    let (mut number, mut size) = (0, free << 9);
    while size > 500 {
        match write(&files, &format!("F{number}"), 0, &content(2, size)) {
            Ok(_) => number += 1,
            Err(_) => size /= 2,
        }
    }
    let larger = write(&files, "A", 0, &content(3, 9000));
    assert_eq!(larger, Err(StorageError::Full));
    assert_eq!(read(&files, "A", 0, 9999), Ok(content(1, 3000)));
    ram.check("full");
}

/// Small files until nothing is left, in the order in which clusters come at the end of the table; then once more, with
/// holes at its beginning.
#[test]
fn no_cluster_is_taken_that_is_none_and_none_is_lost_when_the_last_are_taken() {
    let ram = Ram::new(8);
    let files = Files::new(ram.clone());
    let (free, all) = files.space().unwrap();
    write(&files, "LARGE", 0, &content(1, (free as usize - 20) << 10)).unwrap();
    for round in 0..3 {
        let mut number = 0;
        while let Ok(length) = write(&files, &format!("F{number}"), 0, &content(number, 700)) {
            assert_eq!(length, 700);
            number += 1;
        }
        assert!(number >= 18 / 2, "{number}");
        ram.check("small");
        for at in 0..number {
            assert_eq!(
                read(&files, &format!("F{at}"), 0, 999),
                Ok(content(at, 700))
            );
            files.remove(&format!("F{at}")).unwrap();
        }
        let again = Files::new(ram.clone());
        assert_eq!(files.space(), again.space(), "counted or kept, {round}");
    }
    files.remove("LARGE").unwrap();
    assert_eq!(files.space(), Ok((free, all)));
    ram.check("all");
}

#[test]
fn an_error_of_the_disk_is_told_and_the_files_go_on_after_it() {
    for writes in 0..12 {
        let ram = Ram::new(8);
        let files = Files::new(ram.clone());
        write(&files, "KEPT", 0, &content(3, 3_000)).unwrap();
        ram.writes.set(writes);
        let result = write(&files, "NEW", 0, &content(4, 1_500));
        if result.is_err() {
            assert_eq!(result, Err(StorageError::Media), "{writes}");
        }
        ram.writes.set(usize::MAX);
        assert_eq!(read(&files, "KEPT", 0, 9_000), Ok(content(3, 3_000)));
        assert_eq!(write(&files, "LATER", 0, &content(5, 900)), Ok(900));
        assert_eq!(read(&files, "LATER", 0, 900), Ok(content(5, 900)));
    }
}

#[test]
fn noise_instead_of_a_file_system_is_an_error() {
    let mut random = 7_u32;
    for round in 0..200 {
        let ram = Ram::new(8);
        for _ in 0..=round % 8 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // In the master boot record's entry, or the boot sector.
            let at = match random >> 20 & 1 {
                0 => 446 + (random >> 24) as usize % 66,
                _ => (1 << 20) + (random >> 24) as usize % 64,
            };
            ram.bytes.borrow_mut()[at] = random as u8;
        }
        let _ = Layout::find(&ram).map(|found| found.map(|layout| layout.free(&ram)));
    }
}

/// The first FAT's entry of a cluster in the image that `disk_image` makes.
fn entry_at(cluster: usize) -> usize {
    disk_image::PARTITION + 512 + cluster * 2
}

#[test]
fn what_hangs_on_a_file_behind_its_end_is_another_file_s() {
    for removes in [true, false] {
        let ram = Ram::new(8);
        let files = Files::new(ram.clone());
        let (one, two) = (content(1, 512), content(2, 512));
        write(&files, "ONE", 0, &one).unwrap();
        write(&files, "TWO", 0, &two).unwrap();
        // As a cut of power leaves it: the first cluster's entry is on the medium, that of what followed it is not.
        {
            let mut bytes = ram.bytes.borrow_mut();
            assert_eq!(bytes[entry_at(2)..entry_at(4)], [0xff; 4]);
            bytes[entry_at(2)..entry_at(3)].copy_from_slice(&[3, 0]);
        }
        let files = Files::new(ram.clone());
        if removes {
            files.remove("ONE").unwrap();
            assert_eq!(ram.bytes.borrow()[entry_at(3)..entry_at(4)], [0xff; 2]);
        } else {
            write(&files, "ONE", 512, &content(3, 700)).unwrap();
            let all = [one, content(3, 700)].concat();
            assert_eq!(read(&files, "ONE", 0, 2000), Ok(all));
        }
        assert_eq!(read(&files, "TWO", 0, 2000), Ok(two));
        ram.check("behind");
    }
}

#[test]
fn an_error_of_the_disk_is_no_full_disk() {
    let ram = Ram::new(8);
    let files = Files::new(ram.clone());
    write(&files, "ONE", 0, &content(1, 512)).unwrap();
    // Whichever request fails, of data, of a FAT or of the folder.
    for counter in [&ram.reads, &ram.writes] {
        let mut failures = 0;
        loop {
            counter.set(failures);
            let written = write(&files, "ONE", 0, &content(failures, 4000));
            counter.set(usize::MAX);
            let Err(error) = written else {
                break;
            };
            assert_eq!(error, StorageError::Media, "after {failures} requests");
            failures += 1;
        }
        assert!(failures > 8, "{failures} requests");
    }
}
