//! Files by name, over a file system that has handles.

use crate::cached::{Flush, MediumError};
use crate::layout::Layout;
use class_block::Failure;
use core::cell::Cell;
use core::ops::ControlFlow;
use driver_interfaces::{FileInfo, StorageError};
use embedded_sdmmc::{
    Block, BlockCount, BlockDevice, BlockIdx, DirEntry, Error, Mode, RawDirectory, RawFile,
    RawVolume, ShortFileName, TimeSource, Timestamp, VolumeIdx, VolumeManager,
};
use leasehold_abi::Padded;

/// Bytes that are copied at once.
const CHUNK: usize = 512;
/// A file that is being written to replace another. No client has one of this name.
const BESIDE: &str = "STORAGE.NEW";

/// Files get the first day that FAT knows: the task asks no clock.
#[derive(Debug)]
struct FirstDay;

impl TimeSource for FirstDay {
    fn get_timestamp(&self) -> Timestamp {
        Timestamp::from_fat(1 << 5 | 1, 0)
    }
}

/// One partition, one folder, one file at a time.
type Manager<D> = VolumeManager<D, FirstDay, 1, 1, 1>;

/// A disk, and its last error. The file system takes an error that it meets while it looks for a free cluster for a
/// full disk, and one that it meets while it looks for a file for a missing file.
struct Noting<D> {
    disk: D,
    error: Cell<Option<MediumError>>,
}

impl<D> Noting<D> {
    fn note<R>(&self, result: Result<R, MediumError>) -> Result<R, MediumError> {
        if let Err(error) = result {
            self.error.set(Some(error));
        }
        result
    }
}

impl<D: BlockDevice<Error = MediumError>> BlockDevice for Noting<D> {
    type Error = MediumError;

    fn read(&self, blocks: &mut [Block], start: BlockIdx) -> Result<(), MediumError> {
        self.note(self.disk.read(blocks, start))
    }

    fn write(&self, blocks: &[Block], start: BlockIdx) -> Result<(), MediumError> {
        self.note(self.disk.write(blocks, start))
    }

    fn num_blocks(&self) -> Result<BlockCount, MediumError> {
        self.note(self.disk.num_blocks())
    }
}

impl<D: Flush> Flush for Noting<D> {
    fn flush(&self) -> Result<(), MediumError> {
        self.note(self.disk.flush())
    }
}

/// The files in the first partition's root folder.
pub struct Files<D: BlockDevice<Error = MediumError>> {
    manager: Manager<Noting<D>>,
    volume: Cell<Option<RawVolume>>,
    /// What is known of the file system: where it has what, and how many clusters are free.
    known: Cell<Option<(Layout, u32)>>,
}

impl From<Error<MediumError>> for Why {
    fn from(error: Error<MediumError>) -> Self {
        Self(match error {
            Error::DeviceError(MediumError::Gone | MediumError::Failed(Failure::Gone)) => {
                StorageError::NoDisk
            }
            Error::DeviceError(MediumError::Failed(Failure::ReadOnly)) | Error::ReadOnly => {
                StorageError::ReadOnly
            }
            Error::DeviceError(MediumError::Failed(Failure::Range)) => StorageError::Format,
            Error::DeviceError(MediumError::Failed(_)) => StorageError::Media,
            Error::FilenameError(_) => StorageError::Name,
            Error::NotFound => StorageError::NotFound,
            Error::NotEnoughSpace | Error::DiskFull | Error::AllocationError => StorageError::Full,
            Error::OpenedDirAsFile | Error::DirAlreadyOpen | Error::DeleteNonEmptyDir => {
                StorageError::Folder
            }
            Error::FormatError(_)
            | Error::NoSuchVolume
            | Error::BadCluster
            | Error::UnterminatedFatChain => StorageError::Format,
            _ => StorageError::Other,
        })
    }
}

impl From<MediumError> for Why {
    fn from(error: MediumError) -> Self {
        Error::DeviceError(error).into()
    }
}

/// An error on its way to the client.
struct Why(StorageError);

impl From<StorageError> for Why {
    fn from(error: StorageError) -> Self {
        Self(error)
    }
}

impl<D: BlockDevice<Error = MediumError> + Flush> Files<D> {
    /// The files of a disk, which is not looked at yet.
    pub fn new(disk: D) -> Self {
        Self {
            manager: VolumeManager::new_with_limits(
                Noting {
                    disk,
                    error: Cell::new(None),
                },
                FirstDay,
                1,
            ),
            volume: Cell::new(None),
            known: Cell::new(None),
        }
    }

    /// Does something in the root folder.
    fn with_root<R>(
        &self,
        act: impl FnOnce(RawDirectory) -> Result<R, Why>,
    ) -> Result<R, StorageError> {
        self.manager.device(|disk| disk.error.set(None));
        let result = self.volume().and_then(|volume| {
            let root = self.manager.open_root_dir(volume)?;
            let result = act(root);
            self.manager.close_dir(root)?;
            result
        });
        result.map_err(|Why(error)| {
            let noted = self.manager.device(|disk| disk.error.get());
            let error = noted.map_or(error, |why| Why::from(why).0);
            if !matches!(error, StorageError::NotFound | StorageError::Name) {
                // What is known of the file system may be wrong.
                self.known.set(None);
                if let Some(volume) = self.volume.take() {
                    let _ = self.manager.close_volume(volume);
                }
            }
            error
        })
    }

    fn volume(&self) -> Result<RawVolume, Why> {
        if let Some(volume) = self.volume.get() {
            return Ok(volume);
        }
        let volume = self.manager.open_raw_volume(VolumeIdx(0))?;
        self.volume.set(Some(volume));
        Ok(volume)
    }

    /// Where the file system has what, and how many clusters are free.
    fn known(&self) -> Result<(Layout, u32), Why> {
        if let Some(known) = self.known.get() {
            return Ok(known);
        }
        let known = self.manager.device(|disk| -> Result<_, Why> {
            let layout = Layout::find(disk)??;
            Ok((layout, layout.free(disk)?))
        })?;
        self.known.set(Some(known));
        Ok(known)
    }

    /// Takes so many clusters for a file that grows to `after` bytes from `before`. One stays free: see [`Layout`].
    fn reserve(&self, before: u32, after: u64) -> Result<(), Why> {
        let (layout, free) = self.known()?;
        let needed = layout.needed(after) - layout.needed(before.into());
        if after > u32::MAX.into() || needed >= free.into() {
            return Err(StorageError::Full.into());
        }
        self.manager.device(|disk| layout.seal(disk))?;
        self.known.set(Some((layout, free - needed as u32)));
        Ok(())
    }

    fn find(&self, root: RawDirectory, name: &ShortFileName) -> Result<DirEntry, Why> {
        let entry = self.manager.find_directory_entry(root, name)?;
        if entry.attributes.is_directory() || entry.attributes.is_volume() {
            return Err(StorageError::Folder.into());
        }
        Ok(entry)
    }

    /// Does something with an open file, and closes it.
    fn with_file<R>(
        &self,
        (root, name, mode): (RawDirectory, &ShortFileName, Mode),
        act: impl FnOnce(RawFile) -> Result<R, Why>,
    ) -> Result<R, Why> {
        let file = self.manager.open_file_in_dir(root, name, mode)?;
        let mut result = act(file);
        if mode != Mode::ReadOnly && result.is_ok() {
            // Its clusters are on the medium before its entry names them.
            let flushed = self.manager.device(|disk| disk.flush());
            result = result.and_then(|value| flushed.map(|()| value).map_err(Why::from));
        }
        let closed = self.manager.close_file(file);
        let value = result?;
        closed?;
        Ok(value)
    }

    /// Gives at most `length` bytes from `offset` on to `give`, with their place; gives how many.
    pub(crate) fn read(
        &self,
        name: &str,
        offset: u32,
        length: usize,
        mut give: impl FnMut(usize, &[u8]) -> bool,
    ) -> Result<u32, StorageError> {
        let name = file_name(name)?;
        self.with_root(|root| {
            let size = self.find(root, &name)?.size;
            let left = size.checked_sub(offset).ok_or(StorageError::Offset)?;
            let length = length.min(left as usize);
            self.with_file((root, &name, Mode::ReadOnly), |file| {
                self.manager.file_seek_from_start(file, offset)?;
                let mut done = 0;
                while done < length {
                    let mut bytes = [0; CHUNK];
                    let wanted = CHUNK.min(length - done);
                    let count = self.manager.read(file, &mut bytes[..wanted])?;
                    if count == 0 {
                        break;
                    }
                    if !give(done, &bytes[..count]) {
                        return Err(StorageError::Buffer.into());
                    }
                    done += count;
                }
                Ok(done as u32)
            })
        })
    }

    /// Writes `length` bytes that `take` fills in; gives the file's length.
    pub(crate) fn write(
        &self,
        name: &str,
        offset: u32,
        length: usize,
        mut take: impl FnMut(usize, &mut [u8]) -> bool,
    ) -> Result<u32, StorageError> {
        let name = file_name(name)?;
        self.with_root(|root| {
            let (mode, replaced) = match self.find(root, &name) {
                Ok(entry) if offset != 0 && entry.size == offset => {
                    self.end(&entry)?;
                    (Mode::ReadWriteAppend, None)
                }
                Ok(_) if offset != 0 => return Err(StorageError::Offset.into()),
                Ok(entry) => {
                    if entry.attributes.is_read_only() {
                        return Err(StorageError::ReadOnly.into());
                    }
                    (Mode::ReadWriteCreate, Some(entry))
                }
                Err(Why(StorageError::NotFound)) if offset == 0 => (Mode::ReadWriteCreate, None),
                Err(why) => return Err(why),
            };
            // A file that is there stays as it is until the new one is whole.
            let name = match replaced {
                Some(_) => self.beside(root)?,
                None => name,
            };
            self.reserve(offset, u64::from(offset) + length as u64)?;
            let written = self.with_file((root, &name, mode), |file| {
                let mut done = 0;
                while done < length {
                    let mut bytes = [0; CHUNK];
                    let wanted = CHUNK.min(length - done);
                    if !take(done, &mut bytes[..wanted]) {
                        return Err(StorageError::Buffer.into());
                    }
                    self.manager.write(file, &bytes[..wanted])?;
                    done += wanted;
                }
                Ok(offset + done as u32)
            });
            match (&written, replaced) {
                (Ok(_), Some(replaced)) => self.replace(root, &name, &replaced)?,
                (Err(Why(StorageError::Full | StorageError::Buffer)), _) if offset == 0 => {
                    if let Ok(entry) = self.find(root, &name) {
                        // Nothing rather than a part.
                        self.remove_entry(root, &name, &entry)?;
                    }
                }
                _ => {}
            }
            written
        })
    }

    /// The name of a file that is to replace another, when there is none of that name: a cut of power may have left
    /// one.
    fn beside(&self, root: RawDirectory) -> Result<ShortFileName, Why> {
        let name = ShortFileName::create_from_str(BESIDE).map_err(|_| StorageError::Name)?;
        match self.find(root, &name) {
            Ok(entry) => self.remove_entry(root, &name, &entry)?,
            Err(Why(StorageError::NotFound)) => {}
            Err(why) => return Err(why),
        }
        Ok(name)
    }

    /// Gives the file of this entry the bytes of the one that was written beside it, by one write of a sector, and then
    /// frees the clusters that it had. The medium has each step before the next. So the file is as before or as after,
    /// and two entries never have the same clusters; in between, those of the new file are in no entry.
    fn replace(
        &self,
        root: RawDirectory,
        beside: &ShortFileName,
        entry: &DirEntry,
    ) -> Result<(), Why> {
        let new = self.find(root, beside)?;
        let (layout, free) = self.known()?;
        let first = |entry: &DirEntry| {
            let place = (entry.entry_block, entry.entry_offset);
            self.manager.device(|disk| layout.first(disk, place))
        };
        let (new_first, old_first) = (first(&new)?, first(entry)?);
        self.manager.delete_entry_in_dir(root, beside)?;
        let freed = self.manager.device(|disk| {
            disk.flush()?;
            let place = (entry.entry_block, entry.entry_offset);
            layout.set(disk, place, (new_first, new.size))?;
            disk.flush()?;
            layout.release(disk, old_first, layout.needed(entry.size.into()))
        })?;
        self.known.set(Some((layout, free + freed)));
        Ok(())
    }

    /// Removes a file.
    pub(crate) fn remove(&self, name: &str) -> Result<(), StorageError> {
        let name = file_name(name)?;
        self.with_root(|root| {
            let entry = self.find(root, &name)?;
            self.remove_entry(root, &name, &entry)
        })
    }

    /// Lets the clusters of a file end where the file does: what was being added to it when the power went may hang
    /// on it, and be another file's by now.
    fn end(&self, entry: &DirEntry) -> Result<(), Why> {
        let place = (entry.entry_block, entry.entry_offset);
        let (layout, _) = self.known()?;
        Ok(self.manager.device(|disk| {
            let first = layout.first(disk, place)?;
            layout.end(disk, first, layout.needed(entry.size.into()))
        })?)
    }

    /// Takes a file out of its folder, and then frees its clusters: if that is cut short, they are only lost. The
    /// medium has the first before the second: an entry that names free clusters would name another file's one day.
    fn remove_entry(
        &self,
        root: RawDirectory,
        name: &ShortFileName,
        entry: &DirEntry,
    ) -> Result<(), Why> {
        let place = (entry.entry_block, entry.entry_offset);
        let (layout, free) = self.known()?;
        let first = self.manager.device(|disk| layout.first(disk, place))?;
        self.manager.delete_entry_in_dir(root, name)?;
        let freed = self.manager.device(|disk| {
            disk.flush()?;
            layout.release(disk, first, layout.needed(entry.size.into()))
        })?;
        self.known.set(Some((layout, free + freed)));
        Ok(())
    }

    /// The file of this number, and how many there are.
    pub(crate) fn list(&self, index: u32) -> Result<(FileInfo, u32), StorageError> {
        let mut found = None;
        let mut count = 0;
        self.with_root(|root| {
            self.manager.iterate_dir(root, |entry| {
                let attributes = entry.attributes;
                let is_other =
                    attributes.is_directory() || attributes.is_volume() || attributes.is_lfn();
                if !is_other && info(entry).name != *BESIDE {
                    if count == index {
                        found = Some(info(entry));
                    }
                    count += 1;
                }
                ControlFlow::Continue(())
            })?;
            Ok(())
        })?;
        Ok((found.ok_or(StorageError::NotFound)?, count))
    }

    /// KiB that are free, and that there are.
    pub(crate) fn space(&self) -> Result<(u32, u32), StorageError> {
        self.with_root(|_| {
            let (layout, free) = self.known()?;
            Ok((layout.kibibytes(free), layout.kibibytes(layout.clusters())))
        })
    }

    /// All on the medium.
    pub(crate) fn flush(&self) -> Result<(), StorageError> {
        self.with_root(|_| Ok(self.manager.device(|disk| disk.flush())?))
    }
}

fn file_name(name: &str) -> Result<ShortFileName, StorageError> {
    if name.is_empty() || name.starts_with('.') || name.eq_ignore_ascii_case(BESIDE) {
        return Err(StorageError::Name);
    }
    ShortFileName::create_from_str(name).map_err(|_| StorageError::Name)
}

fn info(entry: &DirEntry) -> FileInfo {
    let mut name = userlib::text::Text::<12>::new();
    let _ = core::fmt::Write::write_fmt(&mut name, format_args!("{}", entry.name));
    FileInfo {
        name: Padded::new(name.as_str()),
        length: entry.size,
    }
}
