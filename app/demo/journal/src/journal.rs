//! The log in a file, which begins anew when it is full.

use crate::settings::{self, LOG};
use crate::store::{Store, Why};
use driver_interfaces::StorageError;

/// The log.
pub const NEW: &str = "LOG.TXT";
/// What was in it before it began anew.
pub const OLD: &str = "LOG.OLD";
/// What a boot writes first.
pub const BOOT: &[u8] = b"-- boot --\r\n";

/// Bytes that are copied at once.
const CHUNK: usize = 512;

/// The file of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Journal {
    /// Its length.
    length: u32,
    /// The longest that it may be.
    most: u32,
}

impl Journal {
    /// Looks at the settings and at the file.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub fn open(store: &mut impl Store) -> Result<Self, Why> {
        let mut text = [0; settings::MOST];
        let count = match store.read(settings::FILE, 0, &mut text) {
            Err(Why::Storage(StorageError::NotFound)) => 0,
            read => read?,
        };
        let text = text.get(..count).unwrap_or_default();
        let most = LOG.value(core::str::from_utf8(text).unwrap_or_default()) * 1024;
        let length = store.length(NEW)?.unwrap_or(0);
        Ok(Self { length, most })
    }

    /// Whether nothing is to be kept.
    pub const fn is_off(&self) -> bool {
        self.most == 0
    }

    /// Adds lines. When there is no room for them, the file becomes the old one, and a new one begins.
    ///
    /// # Errors
    /// Why they cannot be written. What is known of the file is wrong then.
    pub fn add(&mut self, store: &mut impl Store, lines: &[u8]) -> Result<(), Why> {
        if self.length != 0 && self.length + lines.len() as u32 > self.most {
            let mut done = 0;
            while done < self.length {
                let mut bytes = [0; CHUNK];
                let count = store.read(NEW, done, &mut bytes)?;
                let bytes = bytes.get(..count).filter(|bytes| !bytes.is_empty());
                // The file is shorter than it was.
                let bytes = bytes.ok_or(Why::Storage(StorageError::Offset))?;
                done = store.write(OLD, done, bytes)?;
            }
            self.length = 0;
        }
        self.length = store.write(NEW, self.length, lines)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Files in memory.
    #[derive(Default)]
    struct Files(BTreeMap<String, Vec<u8>>);

    impl Store for Files {
        fn length(&mut self, name: &str) -> Result<Option<u32>, Why> {
            Ok(self.0.get(name).map(|bytes| bytes.len() as u32))
        }

        fn read(&mut self, name: &str, offset: u32, into: &mut [u8]) -> Result<usize, Why> {
            let bytes = self.0.get(name).ok_or(StorageError::NotFound)?;
            let rest = bytes.get(offset as usize..).ok_or(StorageError::Offset)?;
            let count = rest.len().min(into.len());
            into[..count].copy_from_slice(&rest[..count]);
            Ok(count)
        }

        fn write(&mut self, name: &str, offset: u32, bytes: &[u8]) -> Result<u32, Why> {
            let file = self.0.entry(name.to_owned()).or_default();
            if offset == 0 {
                file.clear();
            }
            if file.len() != offset as usize {
                return Err(StorageError::Offset.into());
            }
            file.extend(bytes);
            Ok(file.len() as u32)
        }

        fn flush(&mut self) -> Result<(), Why> {
            Ok(())
        }
    }

    #[test]
    fn lines_are_added_across_boots_and_both_files_are_bounded() {
        let mut files = Files::default();
        files
            .0
            .insert(settings::FILE.to_owned(), b"log-kib 1\r\n".to_vec());
        let line = |number: usize| format!("{number:099}\n").into_bytes();
        for number in 0..25 {
            // A boot for each line.
            let mut journal = Journal::open(&mut files).unwrap();
            journal.add(&mut files, &line(number)).unwrap();
        }
        let all = [&files.0[OLD][..], &files.0[NEW]].concat();
        assert_eq!(files.0[OLD].len(), 1000);
        assert_eq!(all, (10..25).flat_map(line).collect::<Vec<_>>());
    }

    #[test]
    fn a_file_that_somebody_else_changed_is_an_error_and_looked_at_again() {
        let mut files = Files::default();
        let mut journal = Journal::open(&mut files).unwrap();
        journal.add(&mut files, b"one\n").unwrap();
        files.0.remove(NEW);
        let lost = journal.add(&mut files, b"two\n");
        assert_eq!(lost, Err(Why::Storage(StorageError::Offset)));
        files.0.remove(NEW);
        let mut journal = Journal::open(&mut files).unwrap();
        journal.add(&mut files, b"two\n").unwrap();
        assert_eq!(files.0[NEW], b"two\n");
        assert!(!journal.is_off());
    }

    #[test]
    fn a_setting_turns_it_off() {
        let mut files = Files::default();
        files
            .0
            .insert(settings::FILE.to_owned(), b"log-kib 0".to_vec());
        assert!(Journal::open(&mut files).unwrap().is_off());
    }
}
