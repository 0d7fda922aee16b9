//! What the firmware's device tree says of a machine: which board it is, and whether an image may lie where it does
//! (Devicetree Specification 0.4, chapters 3 and 5).

use core::ops::Range;
use dtoolkit::Node;
use dtoolkit::fdt::Fdt;

/// Bytes of the header's beginning with magic number and size.
pub const HEAD: usize = 8;
/// The magic number.
const MAGIC: u32 = 0xd00d_feed;
/// A tree is not larger than this: the largest of the TH1520's boards has 200 KiB.
const MOST: usize = 4 << 20;
/// Why an image does not run on a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal<'a> {
    /// There is no tree at the address, or it is broken.
    NoTree,
    /// The board is another one; its model, or the first name that it is compatible with.
    OtherBoard(&'a str),
    /// No memory is where the image lies: the end of the last range that there is.
    NoMemory(u64),
    /// The image lies in memory that is reserved for something: its first and its last address.
    Reserved(u64, u64),
}

/// What a tree says of its machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine<'a> {
    /// Its model, or the first name that it is compatible with.
    pub name: &'a str,
    /// Bytes of the memory that the image lies in.
    pub memory: u64,
}

/// The size of a tree, by the head of its header.
#[must_use]
pub fn size(head: [u8; HEAD]) -> Option<usize> {
    let [a, b, c, d, rest @ ..] = head;
    let size = u32::from_be_bytes(rest) as usize;
    (u32::from_be_bytes([a, b, c, d]) == MAGIC && (HEAD..=MOST).contains(&size)).then_some(size)
}

/// Looks whether an image for one of `boards`, by the names that these are compatible with, may lie at `image`.
///
/// # Errors
/// Why not.
pub fn check<'a>(
    tree: &'a [u8],
    boards: &[&str],
    image: &Range<u64>,
) -> Result<Machine<'a>, Refusal<'a>> {
    let tree = Fdt::new(tree).map_err(|_| Refusal::NoTree)?;
    let root = tree.root();
    let names = || root.compatible().into_iter().flatten();
    let name = root.model().ok().flatten().or_else(|| names().next());
    let name = name.ok_or(Refusal::NoTree)?;
    if !names().any(|one| boards.contains(&one)) {
        return Err(Refusal::OtherBoard(name));
    }
    let memory = memory(tree, image)?;
    for reserved in tree.memory_reservations() {
        apart(reserved.address(), reserved.size(), image)?;
    }
    for node in tree.reserved_memory().into_iter().flatten() {
        // A node without places says only how much is wanted.
        for place in node.reg().ok().flatten().into_iter().flatten() {
            let (Ok(base), Ok(size)) = (place.address(), place.size()) else {
                return Err(Refusal::NoTree);
            };
            apart(base, size, image)?;
        }
    }
    Ok(Machine { name, memory })
}

/// The size of the range of memory that has all of the image.
fn memory<'a>(tree: Fdt<'a>, image: &Range<u64>) -> Result<u64, Refusal<'a>> {
    let mut last = 0;
    let root = tree.root();
    for node in root.children() {
        let name = node.name();
        if name != "memory" && !name.starts_with("memory@") {
            continue;
        }
        for place in node.reg().ok().flatten().into_iter().flatten() {
            let (Ok(base), Ok(size)) = (place.address::<u64>(), place.size::<u64>()) else {
                return Err(Refusal::NoTree);
            };
            let end = base.saturating_add(size);
            if base <= image.start && image.end <= end {
                return Ok(size);
            }
            last = last.max(end);
        }
    }
    Err(Refusal::NoMemory(last))
}

/// Whether the image is not in something reserved.
fn apart<'a>(base: u64, size: u64, image: &Range<u64>) -> Result<(), Refusal<'a>> {
    let end = base.saturating_add(size);
    if base < image.end && image.start < end {
        return Err(Refusal::Reserved(base, end - 1));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
