//! Where a FAT file system has what: for what `embedded-sdmmc` leaves out. It counts no free clusters; a file that it
//! removes keeps its clusters; it gives a file entries behind those of the last cluster; and when it takes the last
//! free one, it fails half done.
//!
//! Source: Microsoft, *FAT32 File System Specification* 1.03: boot sector and BPB, *FAT Type Determination*, *FAT Data
//! Structure*.

use driver_interfaces::StorageError;
use embedded_sdmmc::{Block, BlockDevice, BlockIdx};

/// Where the first partition is in the MBR: its first sector.
const FIRST_SECTOR: usize = 446 + 8;
/// Least clusters of FAT16 and of FAT32.
const LEAST_16: u32 = 4085;
const LEAST_32: u32 = 65525;
/// The first cluster that a file can have.
const FIRST: u32 = 2;
/// FAT sectors that are read at once.
const CHUNK: usize = 8;

/// A file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// First sector of the first FAT.
    fat: u32,
    /// Sectors of a FAT, and how many FATs there are.
    length: u32,
    fats: u32,
    clusters: u32,
    /// Sectors of a cluster.
    cluster: u32,
    /// Bytes of an entry: 2 or 4.
    entry: usize,
}

fn number(block: &Block, at: usize, bytes: usize) -> u32 {
    let mut value = [0; 4];
    value[..bytes].copy_from_slice(&block.contents[at..at + bytes]);
    u32::from_le_bytes(value)
}

fn read<D: BlockDevice>(disk: &D, sector: u32) -> Result<Block, D::Error> {
    let mut block = [Block::new()];
    disk.read(&mut block, BlockIdx(sector))?;
    let [block] = block;
    Ok(block)
}

impl Layout {
    /// That of the first partition.
    ///
    /// # Errors
    /// Those of the disk. Inside: `Format`.
    pub(crate) fn find<D: BlockDevice>(disk: &D) -> Result<Result<Self, StorageError>, D::Error> {
        let start = number(&read(disk, 0)?, FIRST_SECTOR, 4);
        Ok(Self::of(start, &read(disk, start)?).ok_or(StorageError::Format))
    }

    /// Of a boot sector.
    fn of(start: u32, boot: &Block) -> Option<Self> {
        let small_or = |at, large| match number(boot, at, 2) {
            0 => number(boot, large, 4),
            small => small,
        };
        let (all, length) = (small_or(19, 32), small_or(22, 36));
        let (cluster, fats) = (number(boot, 13, 1), number(boot, 16, 1));
        let root = (number(boot, 17, 2) * 32).div_ceil(512);
        let reserved = number(boot, 14, 2);
        let before = reserved
            .checked_add(length.checked_mul(fats)?)?
            .checked_add(root)?;
        let clusters = all.checked_sub(before)?.checked_div(cluster)?;
        let entry = match clusters {
            ..LEAST_16 => return None,
            LEAST_16..LEAST_32 => 2,
            _ => 4,
        };
        let has_room = u64::from(length) * 512 >= (u64::from(clusters) + 2) * entry as u64;
        let whole = number(boot, 11, 2) == 512 && fats != 0 && has_room;
        whole.then_some(Self {
            fat: start.checked_add(reserved)?,
            length,
            fats,
            clusters,
            cluster,
            entry,
        })
    }

    /// All clusters.
    pub(crate) const fn clusters(&self) -> u32 {
        self.clusters
    }

    /// So many clusters in KiB.
    pub(crate) fn kibibytes(&self, clusters: u32) -> u32 {
        (u64::from(clusters) * u64::from(self.cluster) / 2) as u32
    }

    /// Clusters of a file of this length.
    pub(crate) fn needed(&self, bytes: u64) -> u64 {
        bytes.div_ceil(u64::from(self.cluster) * 512)
    }

    /// What an entry says.
    fn entry_of(&self, block: &Block, at: usize) -> u32 {
        // The upper four bits of a large one are reserved.
        number(block, at, self.entry) & 0x0fff_ffff
    }

    /// Makes the entries behind the last cluster's, in its sector of each FAT, ones that nobody takes for free.
    ///
    /// # Errors
    /// Those of the disk.
    pub(crate) fn seal<D: BlockDevice>(&self, disk: &D) -> Result<(), D::Error> {
        let each = 512 / self.entry as u32;
        let end = self.clusters + FIRST;
        if end.is_multiple_of(each) {
            return Ok(());
        }
        let sector = end / each;
        let mut block = [read(disk, self.fat + sector)?];
        let behind = (end % each) as usize * self.entry;
        let mut entries = (behind..512).step_by(self.entry);
        if entries.all(|at| self.entry_of(&block[0], at) != 0) {
            return Ok(());
        }
        // A bad cluster; its lower half is that of FAT16.
        let bad = 0x0fff_fff7_u32.to_le_bytes();
        for at in (behind..512).step_by(self.entry) {
            block[0].contents[at..at + self.entry].copy_from_slice(&bad[..self.entry]);
        }
        self.write(disk, sector, &block)
    }

    /// Whether a file can have this cluster.
    const fn has(&self, cluster: u32) -> bool {
        cluster >= FIRST && cluster < self.clusters + FIRST
    }

    /// Writes a sector of each FAT.
    fn write<D: BlockDevice>(
        &self,
        disk: &D,
        sector: u32,
        block: &[Block],
    ) -> Result<(), D::Error> {
        for copy in 0..self.fats {
            disk.write(block, BlockIdx(self.fat + copy * self.length + sector))?;
        }
        Ok(())
    }

    /// Clusters that are free.
    ///
    /// # Errors
    /// Those of the disk.
    pub(crate) fn free<D: BlockDevice>(&self, disk: &D) -> Result<u32, D::Error> {
        let each = 512 / self.entry;
        let last = self.clusters + FIRST;
        let sectors = (last as usize).div_ceil(each);
        let mut free = 0;
        for first in (0..sectors).step_by(CHUNK) {
            let mut blocks: [Block; CHUNK] = core::array::from_fn(|_| Block::new());
            let some = &mut blocks[..CHUNK.min(sectors - first)];
            disk.read(some, BlockIdx(self.fat + first as u32))?;
            for (number, block) in some.iter().enumerate() {
                for at in 0..each {
                    let cluster = ((first + number) * each + at) as u32;
                    let is_free = self.entry_of(block, at * self.entry) == 0;
                    free += u32::from(self.has(cluster) && is_free);
                }
            }
        }
        Ok(free)
    }

    /// The first cluster of a file, by its entry in a folder.
    ///
    /// # Errors
    /// Those of the disk.
    pub(crate) fn first<D: BlockDevice>(
        &self,
        disk: &D,
        (block, offset): (BlockIdx, u32),
    ) -> Result<u32, D::Error> {
        let block = read(disk, block.0)?;
        let at = (offset as usize % 512) & !31;
        let high = if self.entry == 4 {
            number(&block, at + 20, 2) << 16
        } else {
            0
        };
        Ok(number(&block, at + 26, 2) | high)
    }

    /// Lets an entry in a folder say that its file begins with this cluster, and has so many bytes: by one write.
    ///
    /// # Errors
    /// Those of the disk.
    pub(crate) fn set<D: BlockDevice>(
        &self,
        disk: &D,
        (block, offset): (BlockIdx, u32),
        (first, bytes): (u32, u32),
    ) -> Result<(), D::Error> {
        let mut sector = [read(disk, block.0)?];
        let at = (offset as usize % 512) & !31;
        let entry = &mut sector[0].contents[at..at + 32];
        let [low @ .., high_low, high_high] = first.to_le_bytes();
        if self.entry == 4 {
            entry[20..22].copy_from_slice(&[high_low, high_high]);
        }
        entry[26..28].copy_from_slice(&low);
        entry[28..32].copy_from_slice(&bytes.to_le_bytes());
        disk.write(&sector, block)
    }

    /// Lets a file's clusters end after as many as its length needs.
    ///
    /// # Errors
    /// Those of the disk.
    pub(crate) fn end<D: BlockDevice>(
        &self,
        disk: &D,
        first: u32,
        needed: u64,
    ) -> Result<(), D::Error> {
        let each = 512 / self.entry as u32;
        let mut cluster = first;
        let mut left = needed;
        while self.has(cluster) {
            let sector = cluster / each;
            let mut block = [read(disk, self.fat + sector)?];
            while self.has(cluster) && cluster / each == sector {
                left = left.saturating_sub(1);
                let at = (cluster % each) as usize * self.entry;
                let next = self.entry_of(&block[0], at);
                if left == 0 {
                    if self.has(next) {
                        let end = 0x0fff_ffff_u32.to_le_bytes();
                        block[0].contents[at..at + self.entry].copy_from_slice(&end[..self.entry]);
                        self.write(disk, sector, &block)?;
                    }
                    return Ok(());
                }
                cluster = next;
            }
        }
        Ok(())
    }

    /// Frees the clusters of a file that no folder has any more, at most as many as its length needs; gives how many.
    ///
    /// # Errors
    /// Those of the disk.
    pub(crate) fn release<D: BlockDevice>(
        &self,
        disk: &D,
        first: u32,
        needed: u64,
    ) -> Result<u32, D::Error> {
        let mut freed = 0;
        let mut left = needed;
        let each = 512 / self.entry as u32;
        let mut cluster = first;
        // A chain that goes in a circle ends where it is free.
        while left != 0 && self.has(cluster) {
            let sector = cluster / each;
            let mut block = [read(disk, self.fat + sector)?];
            let mut changed = false;
            while left != 0 && self.has(cluster) && cluster / each == sector {
                left -= 1;
                let at = (cluster % each) as usize * self.entry;
                let next = self.entry_of(&block[0], at);
                block[0].contents[at..at + self.entry].fill(0);
                freed += u32::from(next != 0);
                changed |= next != 0;
                cluster = next;
            }
            if !changed {
                break;
            }
            self.write(disk, sector, &block)?;
        }
        Ok(freed)
    }
}
