//! The power of a machine that writes files is cut, again and again, on one disk that is never repaired.
//!
//! The emulator is ended at a random moment. Its disk has a cache: each sector that was not flushed is on the medium
//! or lost, at random. Then everything that was acknowledged must be there, and the next boot goes on with that disk.

use super::app::{APP, AT_ONCE, FILES, Files, LIMIT, PLAN, SIZE, clean, content, files};
use super::written::{self, Counts};
use crate::build::Bootable;
use crate::disk;
use crate::disk::Disk;
use crate::guest::Guest;
use crate::machine::Line;
use crate::needs;
use crate::qemu::Clock;
use anyhow::{Context, Result, anyhow, bail, ensure};
use leasehold_build::Workspace;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Most lines after which the power is cut, and most microseconds after that line.
const LINES: u32 = 40;
const MICROSECONDS: u32 = 20_000;
/// Writes that may be acknowledged and not be on the serial line yet.
const UNSEEN: u32 = 12;

/// Random numbers, the same for the same seed: Numerical Recipes' constants, upper bits.
struct Random(u32);

impl Random {
    const fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % limit
    }
}

/// What came of all cuts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cuts {
    pub(crate) writes: u32,
    counts: Counts,
}

impl std::fmt::Display for Cuts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Counts {
            flushes,
            open,
            lost,
            ..
        } = self.counts;
        write!(
            formatter,
            "{} writes acknowledged, {flushes} flushes; {lost} of {open} sectors that were not flushed lost",
            self.writes
        )
    }
}

/// Cuts the power so many times.
///
/// # Errors
/// What was lost, with the cut's number.
pub(crate) fn play(
    workspace: &Workspace,
    bootable: &mut Bootable,
    (seed, cuts): (u32, u32),
) -> Result<Cuts> {
    let mut image = disk_image::format(SIZE).map_err(|why| anyhow!(why))?;
    let mut known = Files::new();
    let mut random = Random(seed);
    let mut all = Cuts::default();
    for cut in 0..cuts {
        let plan = seed.wrapping_add(cut);
        one(
            workspace,
            bootable,
            &mut image,
            (plan, &mut random),
            (&mut known, &mut all),
        )
        .with_context(|| format!("seed {seed}, cut {cut}"))?;
    }
    Ok(all)
}

/// Boots the app with this image, cuts its power, and judges what is left.
fn one(
    workspace: &Workspace,
    bootable: &mut Bootable,
    image: &mut [u8],
    (seed, random): (u32, &mut Random),
    (known, all): (&mut Files, &mut Cuts),
) -> Result<()> {
    // The plan has the first cluster and the first place in the folder, for good. No kill, and writes without end.
    disk_image::add_file(image, PLAN, format!("{seed} {} 0 1", u32::MAX).as_bytes());
    let board = bootable.built.plan.chip.chip.name.get_ref().clone();
    let file = |kind: &str| {
        Ok::<_, anyhow::Error>(disk::folder(workspace)?.join(format!("cut-{board}.{kind}")))
    };
    let (path, list) = (file("img")?, file("list")?);
    disk::write(&path, image)?;
    disk::write(&list, &[])?;
    bootable.disk = Some(Disk::listed(path.clone(), list.clone()));
    let acknowledged = until_cut(bootable, random)?;
    let list = std::fs::read(&list).context("the list of writes")?;
    let counts = written::replay(image, &list, || random.below(2) == 0)?;
    all.writes += acknowledged;
    all.counts.flushes += counts.flushes;
    all.counts.open += counts.open;
    all.counts.lost += counts.lost;
    let files = files(image)?;
    judge(known, &files, seed, acknowledged)?;
    disk::write(&path, image)?;
    repaired(&path, &files)?;
    *known = files;
    Ok(())
}

/// Runs the machine until the cut; gives how many writes it says were acknowledged.
fn until_cut(bootable: &Bootable, random: &mut Random) -> Result<u32> {
    let lines = 1 + random.below(LINES);
    let moment = Duration::from_micros(random.below(MICROSECONDS).into());
    let command = bootable.command(Clock::Real, Line::Pipes)?;
    let mut session = Guest::start(&command, bootable.symbols.clone())?;
    let mut acknowledged = 0;
    let mut is_cut = false;
    while let Some(line) = session
        .line_within(LIMIT)
        .with_context(|| format!("after {acknowledged} writes"))?
    {
        if let Some(number) = line.strip_prefix("acknowledged ") {
            // The cut may be in the middle of a line.
            if number.parse() == Ok(acknowledged + 1) {
                acknowledged += 1;
            }
        } else if line.starts_with("stopped: ") {
            bail!("write {acknowledged}: {line}");
        }
        if acknowledged >= lines && !is_cut {
            std::thread::sleep(moment);
            session.cut()?;
            is_cut = true;
        }
    }
    ensure!(is_cut, "{APP} ended by itself after {acknowledged} writes");
    Ok(acknowledged)
}

/// Each file is what was written last before write `m`, for an `m` that is at least what was acknowledged. The file of
/// write `m` itself may be that of before, or a part of the new one that was a write of its own. One that was not there
/// before may be missing or empty.
pub(super) fn judge(known: &Files, files: &Files, seed: u32, acknowledged: u32) -> Result<()> {
    let mut before = known.clone();
    let mut why = None;
    for number in 0..acknowledged + UNSEEN {
        let name = format!("F{}", number % FILES);
        let bytes = content(seed, number);
        if number >= acknowledged {
            let differs = |name: &String| files.get(name) != before.get(name);
            let others = before.keys().chain(files.keys());
            match others
                .filter(|other| **other != name)
                .find(|other| differs(other))
            {
                Some(other) => why = why.or(Some(format!("{other} is not what was flushed"))),
                None if may_be(files.get(&name), before.get(&name), &bytes) => return Ok(()),
                None => why = why.or(Some(format!("{name} is what nobody wrote"))),
            }
        }
        before.insert(name, bytes);
    }
    bail!("after {acknowledged} writes: {}", why.unwrap_or_default())
}

/// Whether a file that is being written may be found so.
fn may_be(found: Option<&Vec<u8>>, before: Option<&Vec<u8>>, after: &[u8]) -> bool {
    let Some(found) = found else {
        return before.is_none();
    };
    let is_part = found.len() % AT_ONCE == 0 && (!found.is_empty() || before.is_none());
    let is_new = (is_part || found.len() == after.len()) && after.starts_with(found);
    Some(found) == before || is_new
}

/// Lets `fsck.vfat` repair a copy: afterwards it has nothing to say, and each file is still there.
fn repaired(image: &Path, files: &Files) -> Result<()> {
    let partition = image.with_extension("partition");
    let mut bytes = std::fs::read(image)?;
    std::fs::write(&partition, &bytes[disk_image::PARTITION..])?;
    let checker = needs::checker().context("no fsck.vfat")?;
    let ran = Command::new(checker).arg("-a").arg(&partition).output();
    let ran = ran.with_context(|| format!("cannot run {checker}"))?;
    let after = std::fs::read(&partition)?;
    std::fs::remove_file(&partition)?;
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    // 1: something was repaired.
    ensure!(
        matches!(ran.status.code(), Some(0 | 1)),
        "fsck.vfat -a: {said}"
    );
    bytes[disk_image::PARTITION..].copy_from_slice(&after);
    let copy = image.with_extension("repaired");
    disk::write(&copy, &bytes)?;
    let outcome = clean(&copy);
    std::fs::remove_file(&copy)?;
    outcome.with_context(|| format!("after a repair that said {said}"))?;
    let left = self::files(&bytes)?;
    for (name, bytes) in files {
        ensure!(
            left.get(name) == Some(bytes),
            "{name} is lost by a repair: {said}"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files after the first `number` writes.
    fn after(number: u32) -> Files {
        (0..number)
            .map(|number| (format!("F{}", number % FILES), content(3, number)))
            .collect()
    }

    #[test]
    fn what_was_acknowledged_must_be_there() {
        for number in [0, 5, 20, 40] {
            for seen in 0..UNSEEN {
                let acknowledged = u32::saturating_sub(number, seen);
                judge(&Files::new(), &after(number), 3, acknowledged).unwrap();
            }
            assert!(judge(&Files::new(), &after(number), 3, number + 2).is_err());
        }
        let mut files = after(20);
        files.insert("F9".to_owned(), content(3, 8));
        assert!(judge(&Files::new(), &files, 3, 20).is_err());
    }

    #[test]
    fn the_file_that_is_being_written_may_be_in_part_or_missing_and_no_other() {
        let mut files = after(5);
        files.remove("F4");
        judge(&Files::new(), &files, 3, 4).unwrap();
        files.insert("F4".to_owned(), Vec::new());
        judge(&Files::new(), &files, 3, 4).unwrap();
        assert!(judge(&Files::new(), &files, 3, 5).is_err());
        let mut files = after(20);
        files.insert("F4".to_owned(), b"nonsense".to_vec());
        assert!(judge(&Files::new(), &files, 3, 20).is_err());
    }

    #[test]
    fn a_file_that_is_being_replaced_is_never_missing() {
        let new = content(3, 21);
        assert!(new.len() > AT_ONCE);
        for (is, is_right) in [
            (Some(content(3, 5)), true),
            (Some(new[..AT_ONCE].to_vec()), true),
            (Some(new.clone()), true),
            (Some(new[..AT_ONCE / 2].to_vec()), false),
            (Some(Vec::new()), false),
            (None, false),
        ] {
            let mut files = after(21);
            files.remove("F5");
            files.extend(is.map(|bytes| ("F5".to_owned(), bytes)));
            assert_eq!(judge(&Files::new(), &files, 3, 21).is_ok(), is_right);
        }
    }
}
