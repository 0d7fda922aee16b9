//! Power that goes away: a disk with a cache, of which any part is lost.

use crate::Files;
use crate::cached::{Flush, MediumError};
use driver_interfaces::StorageError;
use embedded_sdmmc::{Block, BlockCount, BlockDevice, BlockIdx};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::format;
use std::rc::Rc;
use std::string::String;
use std::vec::Vec;

/// A sector that was written: its first byte, and its bytes before and after.
type Written = (usize, [u8; 512], [u8; 512]);

/// A disk whose writes stay in a cache until a flush.
#[derive(Clone)]
struct Cached {
    /// What a reader sees.
    bytes: Rc<RefCell<Vec<u8>>>,
    /// What was written since the last flush, in order.
    cache: Rc<RefCell<Vec<Written>>>,
    /// After so many requests the power is gone.
    left: Rc<Cell<u32>>,
}

fn random(state: &mut u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state >> 8
}

impl Cached {
    fn new() -> Self {
        Self {
            bytes: Rc::new(RefCell::new(disk_image::format(8).unwrap())),
            cache: Rc::default(),
            left: Rc::new(Cell::new(u32::MAX)),
        }
    }

    fn request(&self) -> Result<(), MediumError> {
        let left = self.left.get().checked_sub(1).ok_or(MediumError::Gone)?;
        self.left.set(left);
        Ok(())
    }

    /// The power is back: each sector that was not flushed is on the medium or not.
    fn lose(&self, state: &mut u32) {
        let mut bytes = self.bytes.borrow_mut();
        let writes: Vec<_> = self.cache.borrow_mut().drain(..).collect();
        for (at, before, _) in writes.iter().rev() {
            bytes[*at..*at + 512].copy_from_slice(before);
        }
        for (at, _, after) in writes {
            if random(state) & 1 == 0 {
                bytes[at..at + 512].copy_from_slice(&after);
            }
        }
    }
}

impl BlockDevice for Cached {
    type Error = MediumError;

    fn read(&self, blocks: &mut [Block], start: BlockIdx) -> Result<(), MediumError> {
        self.request()?;
        let bytes = self.bytes.borrow();
        for (number, block) in blocks.iter_mut().enumerate() {
            let at = (start.0 as usize + number) * 512;
            block.contents.copy_from_slice(&bytes[at..at + 512]);
        }
        Ok(())
    }

    fn write(&self, blocks: &[Block], start: BlockIdx) -> Result<(), MediumError> {
        self.request()?;
        let mut bytes = self.bytes.borrow_mut();
        for (number, block) in blocks.iter().enumerate() {
            let at = (start.0 as usize + number) * 512;
            let before = bytes[at..at + 512].try_into().unwrap();
            self.cache.borrow_mut().push((at, before, block.contents));
            bytes[at..at + 512].copy_from_slice(&block.contents);
        }
        Ok(())
    }

    fn num_blocks(&self) -> Result<BlockCount, MediumError> {
        Ok(BlockCount((self.bytes.borrow().len() / 512) as u32))
    }
}

impl Flush for Cached {
    fn flush(&self) -> Result<(), MediumError> {
        self.request()?;
        self.cache.borrow_mut().clear();
        Ok(())
    }
}

/// What a file may be: absent, or bytes.
type State = Option<Vec<u8>>;

/// What is known of the files.
#[derive(Default)]
struct Known {
    flushed: BTreeMap<String, Vec<u8>>,
}

impl Known {
    /// Each file is what was flushed. The one that was being changed is one of `possible`; from now on it is that.
    fn check(&mut self, files: &Files<Cached>, changing: Option<(&str, Vec<State>)>) {
        let read = |name: &str| {
            let mut bytes = Vec::new();
            let all = files.read(name, 0, 1 << 20, |_, part| {
                bytes.extend_from_slice(part);
                true
            });
            match all {
                Ok(_) => Some(bytes),
                Err(StorageError::NotFound) => None,
                Err(error) => panic!("{name}: {error}"),
            }
        };
        if let Some((name, possible)) = changing {
            let found = read(name);
            assert!(possible.contains(&found), "{name} is what nobody wrote");
            match found {
                Some(bytes) => self.flushed.insert(name.into(), bytes),
                None => self.flushed.remove(name),
            };
        }
        for (name, bytes) in &self.flushed {
            assert!(read(name).as_ref() == Some(bytes), "{name} is lost");
        }
    }
}

/// A change of a file, and what the file may be if the power goes meanwhile.
fn change(files: &Files<Cached>, known: &Known, state: &mut u32) -> (String, Vec<State>, bool) {
    let name = format!("F{}", random(state) % 12);
    let before = known.flushed.get(&name).cloned();
    let length = (random(state) % 9000) as usize;
    let fill = random(state) as usize;
    let bytes: Vec<u8> = (0..length)
        .map(|at| (at * 7 + at / 251 + fill) as u8)
        .collect();
    let put = |offset: u32| {
        files.write(&name, offset, length, |at, into| {
            into.copy_from_slice(&bytes[at..at + into.len()]);
            true
        })
    };
    let (done, possible) = match (random(state) % 4, &before) {
        (0, Some(_)) => (files.remove(&name).map(|()| 0), std::vec![before, None]),
        (1, Some(old)) if !old.is_empty() && old.len() < 40_000 => {
            let all = [&old[..], &bytes].concat();
            let done = put(old.len() as u32);
            (done, std::vec![before.clone(), Some(all)])
        }
        _ => {
            let done = put(0);
            let possible = match before {
                Some(_) => std::vec![before, Some(bytes)],
                None => std::vec![None, Some(Vec::new()), Some(bytes)],
            };
            (done, possible)
        }
    };
    let done = done.and_then(|_| files.flush());
    if let Err(error) = done {
        assert_eq!(error, StorageError::NoDisk);
    }
    (name, possible, done.is_ok())
}

#[test]
fn what_was_flushed_outlives_any_cut_of_power_on_a_disk_that_is_never_repaired() {
    for seed in 0..6 {
        let state = &mut (seed * 77 + 5);
        let disk = Cached::new();
        let mut known = Known::default();
        for _ in 0..100 {
            disk.left.set(random(state) % 400);
            let files = Files::new(disk.clone());
            let (name, possible) = loop {
                let (name, mut possible, done) = change(&files, &known, state);
                if !done {
                    break (name, possible);
                }
                match possible.pop().flatten() {
                    Some(bytes) => known.flushed.insert(name, bytes),
                    None => known.flushed.remove(&name),
                };
            };
            disk.lose(state);
            disk.left.set(u32::MAX);
            let files = Files::new(disk.clone());
            known.check(&files, Some((&name, possible)));
        }
        let image = disk.bytes.borrow();
        assert!(disk_image::files(&image).unwrap().len() >= known.flushed.len());
    }
}

/// Writes a file and flushes it.
fn put(files: &Files<Cached>, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
    let take = |at: usize, into: &mut [u8]| {
        into.copy_from_slice(&bytes[at..at + into.len()]);
        true
    };
    files.write(name, 0, bytes.len(), take)?;
    files.flush()
}

fn get(files: &Files<Cached>, name: &str) -> Result<Vec<u8>, StorageError> {
    let mut bytes = Vec::new();
    files.read(name, 0, 1 << 20, |_, part| {
        bytes.extend_from_slice(part);
        true
    })?;
    Ok(bytes)
}

/// A small file, as that of settings, is replaced; the power goes before each request, and of the sectors that were not
/// flushed by then each choice is on the medium. The file is what it was or what it was to be, and nothing is wrong
/// with what is written later.
#[test]
fn a_file_that_is_being_replaced_is_as_before_or_as_after() {
    const NAME: &str = "SETTINGS.TXT";
    // So many that the next entry is in another sector.
    const OTHERS: u32 = 16;
    let (before, after) = (&b"log-kib 64\r\n"[..], &b"log-kib 8\r\n"[..]);
    let (mut cuts, mut found) = (0, [0; 2]);
    for requests in 0.. {
        let disk = Cached::new();
        let files = Files::new(disk.clone());
        put(&files, NAME, before).unwrap();
        for other in 0..OTHERS {
            put(&files, &format!("E{other}"), b"").unwrap();
        }
        disk.left.set(requests);
        let done = put(&Files::new(disk.clone()), NAME, after).is_ok();
        let writes: Vec<_> = disk.cache.borrow_mut().drain(..).collect();
        assert!(writes.len() <= 8, "{} sectors", writes.len());
        eprintln!(
            "{requests}: {:?}",
            writes
                .iter()
                .map(|w| (w.0 / 512, w.1.iter().zip(w.2).position(|(a, b)| *a != b)))
                .collect::<Vec<_>>()
        );
        for choice in 0..1_u32 << writes.len() {
            let mut bytes = disk.bytes.borrow().clone();
            for (at, old, _) in writes.iter().rev() {
                bytes[*at..*at + 512].copy_from_slice(old);
            }
            for (number, (at, _, new)) in writes.iter().enumerate() {
                if choice >> number & 1 != 0 {
                    bytes[*at..*at + 512].copy_from_slice(new);
                }
            }
            // A cluster that is free, or another file's too, is taken by one of these.
            for later in [["ONE", NAME, "TWO"], [NAME, "ONE", "TWO"]] {
                let which = format!("{requests} requests, choice {choice:#b}, {later:?}");
                let again = Cached::new();
                again.bytes.replace(bytes.clone());
                let files = Files::new(again.clone());
                let is = get(&files, NAME).expect(&which);
                let place = [before, after].iter().position(|one| *one == is);
                found[place.expect(&which)] += 1;
                assert!(!done || is == after, "{which}: what was flushed is lost");
                let (listed, count) = files.list(0).unwrap();
                assert_eq!((listed.name.as_str(), count), (NAME, 1 + OTHERS), "{which}");
                let mut known = BTreeMap::from([(NAME, is)]);
                for name in later {
                    // A mount each, so that the first free cluster is taken.
                    let files = Files::new(again.clone());
                    put(&files, name, name.as_bytes()).expect(&which);
                    known.insert(name, name.into());
                    for (name, bytes) in &known {
                        assert_eq!(get(&files, name).as_ref(), Ok(bytes), "{which}");
                    }
                }
            }
            cuts += 1;
        }
        if done {
            break;
        }
    }
    assert!(
        cuts > 20 && found.iter().all(|count| *count > 5),
        "{cuts} {found:?}"
    );
}
