//! From an address of an image to `function (file:line)`, by the debug information of its programs.
//!
//! All programs of an image, the kernel included, have different addresses, so the address tells the program.

use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};
use addr2line::{Context, Frame};
use anyhow::Context as _;
use object::{Object, ObjectSection, SectionKind};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files of an image. They are read at once, because a later build has other addresses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Symbols {
    programs: Arc<Vec<Vec<u8>>>,
    root: PathBuf,
}

/// What the library reads: parts of a file that is in memory.
type Part<'a> = EndianSlice<'a, LittleEndian>;

impl Symbols {
    /// Those of the image in an output folder; `root` is the repository's, to which paths are shortened.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn read(output: &Path, root: &Path) -> anyhow::Result<Self> {
        let tasks = output.join("tasks");
        let mut paths = vec![output.join("kernel.elf")];
        for entry in fs::read_dir(&tasks).with_context(|| tasks.display().to_string())? {
            paths.push(entry.with_context(|| tasks.display().to_string())?.path());
        }
        let read = |path: &PathBuf| fs::read(path).with_context(|| path.display().to_string());
        Ok(Self {
            programs: Arc::new(paths.iter().map(read).collect::<anyhow::Result<_>>()?),
            root: root.canonicalize().unwrap_or_else(|_| root.to_owned()),
        })
    }

    /// The code at an address: the innermost function and its place. If that is in a library, the project's function
    /// that called it follows. None if no program has the address.
    pub(crate) fn at(&self, address: u64) -> Option<String> {
        self.programs
            .iter()
            .find_map(|program| self.in_program(program, address))
    }

    fn in_program(&self, program: &[u8], address: u64) -> Option<String> {
        let file = object::File::parse(program).ok()?;
        let code = |section: &object::Section<'_, '_>| {
            section.kind() == SectionKind::Text
                && address.wrapping_sub(section.address()) < section.size()
        };
        file.sections().find(code)?;
        let load = |id: SectionId| -> Result<Part<'_>, addr2line::gimli::Error> {
            let section = file.section_by_name(id.name());
            let data = section.and_then(|section| section.data().ok());
            Ok(EndianSlice::new(data.unwrap_or_default(), LittleEndian))
        };
        let context = Context::from_dwarf(Dwarf::load(load).ok()?).ok()?;
        let mut frames = context.find_frames(address).skip_all_loads().ok()?;
        let mut text = String::new();
        while let Ok(Some(frame)) = frames.next() {
            let (place, ours) = self.place(&frame);
            if text.is_empty() {
                text = function(&frame) + &place;
            } else if ours {
                // Writing to a string never fails.
                let _ = write!(text, " in {}{place}", function(&frame));
            }
            if ours {
                break;
            }
        }
        (!text.is_empty()).then_some(text)
    }

    /// ` (file:line)`, and whether that is a file of the project.
    fn place(&self, frame: &Frame<'_, Part<'_>>) -> (String, bool) {
        let Some((file, line)) = frame
            .location
            .as_ref()
            .and_then(|location| Some((location.file?, location.line)))
        else {
            return (String::new(), false);
        };
        let (file, ours) = self.shortened(file);
        match line {
            Some(line) => (format!(" ({file}:{line})"), ours),
            None => (format!(" ({file})"), ours),
        }
    }

    /// A path of the project from its root, one of a library from the library's folder; whether it is the project's.
    fn shortened<'p>(&self, path: &'p str) -> (&'p str, bool) {
        if let Some(rest) = self.root.to_str().and_then(|root| path.strip_prefix(root)) {
            return (rest.trim_start_matches('/'), true);
        }
        // `/rustc/COMMIT/library/…`, and `…/registry/src/INDEX/CRATE-VERSION/…` of cargo.
        let library = path
            .strip_prefix("/rustc/")
            .or_else(|| path.split_once("/registry/src/").map(|(_, rest)| rest))
            .and_then(|rest| rest.split_once('/'))
            .map(|(_, rest)| rest);
        (library.unwrap_or(path), false)
    }
}

/// The function's name as it is written in the source.
fn function(frame: &Frame<'_, Part<'_>>) -> String {
    let Some(function) = &frame.function else {
        return "?".to_owned();
    };
    match (function.demangle(), function.raw_name()) {
        (Ok(name), _) | (_, Ok(name)) => name.into_owned(),
        _ => "?".to_owned(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use object::ObjectSymbol;

    /// A function to be found.
    #[inline(never)]
    fn here() -> u32 {
        line!()
    }

    /// The symbols of this test program, and the address of a function of it.
    pub(crate) fn own() -> (Symbols, u64) {
        let program = fs::read(std::env::current_exe().unwrap()).unwrap();
        let file = object::File::parse(&program[..]).unwrap();
        let mangled = |name: &str| name.contains("symbols") && name.contains("4here");
        let symbol = file
            .symbols()
            .find(|symbol| symbol.name().is_ok_and(mangled));
        let address = symbol.expect("a symbol").address();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let symbols = Symbols {
            programs: Arc::new(vec![program]),
            root: root.canonicalize().unwrap(),
        };
        (symbols, address)
    }

    #[test]
    fn an_address_is_a_function_and_its_place() {
        let (symbols, address) = own();
        let name = symbols.at(address).unwrap();
        let (function, place) = name.split_once(" (").unwrap();
        assert_eq!(function, "xtask::symbols::tests::here");
        let (file, line) = place.split_once(':').unwrap();
        assert_eq!(file, "xtask/src/symbols.rs");
        let line: u32 = line.trim_end_matches(')').parse().unwrap();
        assert!(line.abs_diff(here()) <= 1, "{line}");
        assert_eq!(symbols.at(0), None);
        assert_eq!(symbols.at(u64::MAX), None);
    }

    #[test]
    fn paths_are_short() {
        let symbols = Symbols {
            root: PathBuf::from("/home/me/leasehold"),
            ..Symbols::default()
        };
        let short = |path| symbols.shortened(path);
        assert_eq!(
            short("/home/me/leasehold/drivers/rtc/src/lib.rs"),
            ("drivers/rtc/src/lib.rs", true)
        );
        assert_eq!(
            short("/rustc/f8297e351a40/library/core/src/ptr/mod.rs"),
            ("library/core/src/ptr/mod.rs", false)
        );
        assert_eq!(
            short("/home/me/.cargo/registry/src/index.crates.io-1/heapless-0.9.3/src/vec.rs"),
            ("heapless-0.9.3/src/vec.rs", false)
        );
        assert_eq!(short("/elsewhere/it.rs"), ("/elsewhere/it.rs", false));
    }
}
