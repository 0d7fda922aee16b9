//! An image of a disk with one partition and an empty FAT16 file system in it, for the emulator.
//!
//! Source: Microsoft, *FAT32 File System Specification* 1.03: boot sector and BPB, *FAT Type Determination*, *FAT
//! Volume Initialization*.
#![forbid(unsafe_code)]

/// Bytes of a sector.
const SECTOR: usize = 512;
/// Where the partition begins, as partitioners do it: at 1 MiB.
const START: u32 = 2048;
/// The first byte of the partition.
pub const PARTITION: usize = START as usize * SECTOR;
/// Sectors before the FATs, FATs, and entries of the root folder.
const RESERVED: u32 = 1;
const FATS: u32 = 2;
const ROOT: u32 = 512;
/// Least and most clusters that make a FAT16.
const LEAST: u32 = 4085;
const MOST: u32 = 65524;

/// The image of a disk of so many MiB, from 8 to 1024.
///
/// ```
/// let image = disk_image::format(32).unwrap();
/// assert_eq!(image.len(), 32 << 20);
/// assert_eq!(image[510..512], [0x55, 0xaa]);
/// ```
///
/// # Errors
/// Says which sizes there are.
pub fn format(mebibytes: u32) -> Result<Vec<u8>, String> {
    if !(8..=1024).contains(&mebibytes) {
        return Err(format!(
            "a disk has 8 to 1024 MiB, and not {mebibytes}: its file system is a FAT16"
        ));
    }
    let all = mebibytes << 11;
    let sectors = all - START;
    // The smallest cluster that keeps their number below what FAT16 has.
    let (cluster, length) = (0..7)
        .map(|power| 1 << power)
        .map(|cluster| (cluster, length(sectors, cluster)))
        .find(|(cluster, length)| (LEAST..=MOST).contains(&clusters(sectors, *cluster, *length)))
        .ok_or("no size of cluster fits")?;
    let mut image = vec![0; mebibytes as usize * (1 << 20)];
    master_boot_record(&mut image[..SECTOR], sectors);
    let at = |sector: u32| (START + sector) as usize * SECTOR;
    boot_sector(&mut image[at(0)..at(1)], (sectors, cluster, length));
    for fat in 0..FATS {
        // The medium's kind, and no error.
        let first = at(RESERVED + fat * length);
        image[first..first + 4].copy_from_slice(&[0xf8, 0xff, 0xff, 0xff]);
    }
    Ok(image)
}

/// Puts a file of at most a sector into the root folder of an image that [`format()`] made and nobody has written to.
/// Its name has eleven characters: eight, and three after the dot that is not written.
///
/// # Panics
/// When it is longer.
pub fn add_file(image: &mut [u8], name: [u8; 11], bytes: &[u8]) {
    assert!(bytes.len() <= SECTOR, "one sector");
    let start = START as usize * SECTOR;
    let length = usize::from(image[start + 22]) | usize::from(image[start + 23]) << 8;
    let fat = start + RESERVED as usize * SECTOR;
    for copy in 0..FATS as usize {
        // Cluster 2 is its only one.
        put(image, fat + copy * length * SECTOR + 4, &[0xff, 0xff]);
    }
    let root = fat + FATS as usize * length * SECTOR;
    put(image, root, &name);
    put(image, root + 24, &[0x21, 0]);
    put(image, root + 26, &[2, 0]);
    put(image, root + 28, &(bytes.len() as u32).to_le_bytes());
    put(image, root + ROOT as usize * 32, bytes);
}

/// The files in the root folder of such an image, each by its name and a dot before the last three characters if there
/// are any.
///
/// # Errors
/// Says what is wrong with the file system.
pub fn files(image: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let start = START as usize * SECTOR;
    let word = |at: usize| -> Result<usize, String> {
        let bytes = image.get(at..at + 2).ok_or("the image is cut")?;
        Ok(usize::from(bytes[0]) | usize::from(bytes[1]) << 8)
    };
    let cluster = usize::from(image[start + 13]) * SECTOR;
    let fat = start + RESERVED as usize * SECTOR;
    let root = fat + FATS as usize * word(start + 22)? * SECTOR;
    let data = root + ROOT as usize * 32;
    let mut files = Vec::new();
    for entry in image[root..data].chunks(32) {
        let is_file = !matches!(entry[0], 0 | 0xe5) && entry[11] & 0x18 == 0;
        if !is_file {
            continue;
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        let (name, extension) = (text(&entry[..8]), text(&entry[8..11]));
        let dot = if extension.is_empty() { "" } else { "." };
        let name = format!("{name}{dot}{extension}");
        let length = u32::from_le_bytes([entry[28], entry[29], entry[30], entry[31]]) as usize;
        let mut at = usize::from(entry[26]) | usize::from(entry[27]) << 8;
        let mut bytes = Vec::new();
        while bytes.len() < length {
            if at < 2 {
                return Err(format!(
                    "{name}: its clusters end after {} bytes",
                    bytes.len()
                ));
            }
            let place = data + (at - 2) * cluster;
            let there = image.get(place..place + cluster);
            bytes.extend_from_slice(there.ok_or_else(|| format!("{name}: no cluster {at}"))?);
            at = word(fat + 2 * at)?;
            at = if at >= 0xfff8 { 0 } else { at };
        }
        bytes.truncate(length);
        files.push((name, bytes));
    }
    Ok(files)
}

/// Clusters of a file system with FATs of this length.
const fn clusters(sectors: u32, cluster: u32, length: u32) -> u32 {
    let before = RESERVED + FATS * length + ROOT * 32 / SECTOR as u32;
    sectors.saturating_sub(before) / cluster
}

/// Sectors of a FAT.
fn length(sectors: u32, cluster: u32) -> u32 {
    let mut length = 1;
    while length * (SECTOR as u32 / 2) < clusters(sectors, cluster, length) + 2 {
        length += 1;
    }
    length
}

fn put(block: &mut [u8], at: usize, bytes: &[u8]) {
    block[at..at + bytes.len()].copy_from_slice(bytes);
}

fn master_boot_record(block: &mut [u8], sectors: u32) {
    // FAT16 by sector number; places by cylinder are past what they can say.
    put(block, 446, &[0, 0xfe, 0xff, 0xff, 0x0e, 0xfe, 0xff, 0xff]);
    put(block, 454, &START.to_le_bytes());
    put(block, 458, &sectors.to_le_bytes());
    put(block, 510, &[0x55, 0xaa]);
}

fn boot_sector(block: &mut [u8], (sectors, cluster, length): (u32, u32, u32)) {
    put(block, 0, b"\xeb\x3c\x90LEASEHLD");
    put(block, 11, &(SECTOR as u16).to_le_bytes());
    block[13] = cluster as u8;
    put(block, 14, &(RESERVED as u16).to_le_bytes());
    block[16] = FATS as u8;
    put(block, 17, &(ROOT as u16).to_le_bytes());
    match u16::try_from(sectors) {
        Ok(small) => put(block, 19, &small.to_le_bytes()),
        Err(_) => put(block, 32, &sectors.to_le_bytes()),
    }
    block[21] = 0xf8;
    put(block, 22, &(length as u16).to_le_bytes());
    // Heads and sectors of a track, which nobody uses.
    put(block, 24, &[63, 0, 255, 0]);
    put(block, 28, &START.to_le_bytes());
    put(block, 36, &[0x80, 0, 0x29]);
    put(block, 39, &0x1ea5_e401_u32.to_le_bytes());
    put(block, 43, b"NO NAME    FAT16   ");
    put(block, 510, &[0x55, 0xaa]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_size_has_a_fat16_in_which_every_cluster_has_its_entry() {
        for mebibytes in [8, 9, 32, 33, 64, 100, 512, 1024] {
            let image = format(mebibytes).unwrap();
            let boot = &image[START as usize * SECTOR..];
            let word = |at: usize| u32::from(u16::from_le_bytes([boot[at], boot[at + 1]]));
            let sectors = (mebibytes << 11) - START;
            let (cluster, length) = (u32::from(boot[13]), word(22));
            let count = clusters(sectors, cluster, length);
            assert!((LEAST..=MOST).contains(&count), "{mebibytes}: {count}");
            assert!(length * 256 >= count + 2);
        }
    }

    #[test]
    fn a_file_that_is_added_is_there() {
        let mut image = format(32).unwrap();
        assert_eq!(files(&image), Ok(vec![]));
        add_file(&mut image, *b"PLAN    TXT", b"7 8 9");
        let there = ("PLAN.TXT".to_owned(), b"7 8 9".to_vec());
        assert_eq!(files(&image), Ok(vec![there]));
    }

    #[test]
    fn other_sizes_are_refused() {
        for mebibytes in [0, 7, 1025] {
            assert!(format(mebibytes).unwrap_err().contains("8 to 1024 MiB"));
        }
    }
}
