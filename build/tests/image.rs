//! From a manifest to the output folder, with real but tiny programs.

mod common;
#[path = "common/shows.rs"]
#[allow(dead_code, unused_macros, reason = "it is for faults of files, too")]
mod shows;

use common::{CHIP, MANIFEST, Repository, replace};
use leasehold_build::{Built, Workspace};
use object::{Object, ObjectSymbol};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A task: a constant, initialised and zeroed data, and a checked access.
const TASK: &str = r#"//! A task.
#![no_std]
#![no_main]
extern crate leasehold_saved as _;
use core::sync::atomic::{AtomicUsize, Ordering};
static COUNT: AtomicUsize = AtomicUsize::new(7);
static TABLE: [AtomicUsize; 64] = [const { AtomicUsize::new(0) }; 64];
#[unsafe(no_mangle)]
#[unsafe(link_section = ".text.start")]
extern "C" fn _start() -> ! {
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        TABLE[count % 64].store(checked(count), Ordering::Relaxed);
    }
}
#[inline(never)]
#[unsafe(link_section = ".text.checked")]
fn checked(value: usize) -> usize {
    value.rotate_left(3)
}
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
"#;

/// A kernel that includes its tables as text, so it is compiled again when they change.
const KERNEL: &str = r#"//! A kernel.
#![no_std]
#![no_main]
static CONFIG: &str = include_str!(env!("LEASEHOLD_CONFIG"));
#[used]
#[unsafe(link_section = ".vectors")]
static VECTORS: [u32; 2] = [0x1234_5678, 0x9abc_def0];
#[unsafe(no_mangle)]
#[unsafe(link_section = ".text.start")]
extern "C" fn _start() -> ! {
    loop {
        core::hint::black_box(CONFIG);
    }
}
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
"#;

const KERNEL_SCRIPT: &str = "
ENTRY(_start)
OFFSET = 0xffffffc000000000;
SECTIONS {
  . = OFFSET + LOAD;
  .text : AT(ADDR(.text) - OFFSET) { KEEP(*(.text.start)) *(.text .text.*) }
  .rodata : AT(ADDR(.rodata) - OFFSET) { *(.rodata .rodata.* .vectors) }
  . = ALIGN(4096);
  __kernel_end = .;
  /DISCARD/ : { *(.eh_frame .eh_frame_hdr) }
}
";

/// The fixture with sources to compile.
fn repository() -> Repository {
    repository_of(CHIP)
}

/// The same with another chip file.
fn repository_of(chip: &str) -> Repository {
    let repository = Repository::new(MANIFEST, chip);
    let root = "[workspace]\nresolver = \"3\"\nmembers = [\"drivers/*\", \"kernel\", \"saved\"]\n\
                [profile.release]\npanic = \"abort\"\nlto = true\n[profile.task]\ninherits = \"release\"\n[profile.dev]\npanic = \"abort\"\n";
    repository.write("Cargo.toml", root);
    // What the compiler calls on RISC-V, as `userlib` brings it to a task.
    let saved = include_str!("../../kernel/saved/src/lib.rs");
    for (folder, package, source) in [
        ("saved", "leasehold-saved", saved),
        ("drivers/supervisor", "supervisor", TASK),
        ("drivers/console", "console", TASK),
        ("drivers/edu", "edu", TASK),
        ("kernel", "leasehold-kernel", KERNEL),
    ] {
        let features = "[features]\nmps2 = []\nvirt-machine = []\nvirt-supervisor = []\n";
        let mut manifest =
            format!("[package]\nname = \"{package}\"\nedition = \"2024\"\n{features}");
        let root = if package == "leasehold-saved" {
            "lib"
        } else {
            manifest += "[dependencies]\nleasehold-saved = { path = \"SAVED\" }\n";
            "main"
        };
        let up = if folder == "kernel" {
            "../saved"
        } else {
            "../../saved"
        };
        repository.write(
            &format!("{folder}/Cargo.toml"),
            &manifest.replace("SAVED", up),
        );
        repository.write(&format!("{folder}/src/{root}.rs"), source);
    }
    repository.write("kernel/arch/riscv/sv39.ld", KERNEL_SCRIPT);
    let script = include_str!("../../kernel/arch/common/physical.ld");
    repository.write("kernel/arch/common/physical.ld", script);
    let script = include_str!("../../kernel/arch/arm/flash.ld");
    repository.write("kernel/arch/arm/flash.ld", script);
    repository
}

fn build(repository: &Repository) -> Built {
    leasehold_build::build(&Workspace::new(repository.root()), "demo", "board").unwrap()
}

/// All files below a folder, by their names from there.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            names.extend(
                files(&path)
                    .into_iter()
                    .map(|below| format!("{name}/{below}")),
            );
        } else {
            names.insert(name);
        }
    }
    names
}

#[test]
fn a_build_writes_everything_and_a_second_one_changes_nothing() {
    let repository = repository();
    let built = build(&repository);
    let tasks = ["supervisor", "console", "edu", "child"].map(|task| format!("tasks/{task}.elf"));
    let mut expected: BTreeSet<String> = [
        "image.elf",
        "image.bin",
        "kernel.elf",
        "report.txt",
        "sizes.txt",
        "map.svg",
        "load.gdb",
        "debug.tar",
    ]
    .map(str::to_owned)
    .into();
    expected.extend(tasks.clone());
    assert_eq!(files(&built.folder), expected);

    let mut archive = tar::Archive::new(fs::File::open(built.folder.join("debug.tar")).unwrap());
    let inside: BTreeSet<String> = archive
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().display().to_string())
        .collect();
    for file in [
        "load.gdb",
        "manifest.toml",
        "chip.toml",
        "report.txt",
        "map.svg",
        "image.elf",
        "kernel.elf",
    ]
    .map(str::to_owned)
    .iter()
    .chain(&tasks)
    {
        assert!(
            inside.contains(&format!("demo-board/{file}")),
            "no {file} in {inside:?}"
        );
    }

    let config = fs::read_to_string(&built.sources.0).unwrap();
    for part in [
        "pub const TASKS: usize = 4;",
        "pub type Protection = leasehold_arch_riscv::Spaces<",
        "pub type Platform = crate::platform::virt_supervisor::VirtSupervisor;",
        "pub const CHIP: crate::platform::virt_supervisor::Config =",
        "    plic_context: 0x1,",
        "name: leasehold_core::name(\"child\"),",
        "pub const GUARD: usize = 4096;",
        "stack_top: 0x80405000,",
        "kind: leasehold_abi::GrantKind::BusMaster, base: 0x30000000, length: 0x100000",
        "release_ticks: 200000,",
    ] {
        assert!(config.contains(part), "no `{part}` in:\n{config}");
    }

    let first = fs::read(built.image()).unwrap();
    let archive = fs::read(built.folder.join("debug.tar")).unwrap();
    let again = build(&repository);
    assert_eq!(fs::read(again.image()).unwrap(), first);
    assert_eq!(fs::read(again.folder.join("debug.tar")).unwrap(), archive);
}

/// The fixture's chip with this arch, its target and its platform.
fn chip_of(arch: &str, target: &str) -> String {
    if arch == "riscv64-sv39" {
        return CHIP.to_owned();
    }
    let chip = replace(CHIP, "riscv64-sv39", arch);
    let chip = replace(&chip, "riscv64imac-unknown-none-elf", target);
    if arch == "riscv32-pmp" {
        let chip = replace(&chip, "virt-supervisor", "virt-machine");
        return replace(&chip, "plic-lines", "clint-base = 0x200_0000\nplic-lines");
    }
    let (before, rest) = chip.split_once("platform = ").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let kernel = "platform = \"mps2\"\nuart-base = 0x4000_4000\ntimer-base = 0x4000_0000\ntimer-line = 8\nlines = 64";
    format!("{before}{kernel}\n\n{after}")
}

/// An image's class, machine and first bytes at the kernel's place.
fn class_machine_and_start(built: &Built) -> (u8, u16, Vec<u8>) {
    let elf = fs::read(built.image()).unwrap();
    let machine = u16::from_le_bytes([elf[18], elf[19]]);
    let flat = fs::read(built.folder.join("image.bin")).unwrap();
    (elf[4], machine, flat[..8].to_vec())
}

/// An image's segments: physical addresses and lengths in the file (ELF-32, "Program Header").
fn segments(built: &Built) -> Vec<(u32, u32)> {
    let elf = fs::read(built.image()).unwrap();
    let word = |at: usize| u32::from_le_bytes(elf[at..at + 4].try_into().unwrap());
    let headers = (52..).step_by(32).take(usize::from(elf[44]));
    headers.map(|at| (word(at + 12), word(at + 16))).collect()
}

/// A chip with flash from 0x2000_0000 on.
fn chip_with_flash(room_for_data: &str) -> String {
    let chip = chip_of("armv7m-pmsa", "thumbv7m-none-eabi");
    let memory = format!(
        "[memory.flash]\nbase = 0x2000_0000\nsize = 0x0020_0000\n\n\
         [memory.kernel-data]\nbase = 0x8020_0000\nsize = {room_for_data}\n\n[memory.ram]"
    );
    let chip = replace(&chip, "[memory.ram]", &memory);
    let kernel = "[memory.kernel]\nbase = 0x2000_0000\nsize = 0x0010_0000";
    replace(
        &chip,
        "[memory.kernel]\nbase = 0x8020_0000\nsize = 0x0020_0000",
        kernel,
    )
}

#[test]
fn with_flash_all_that_is_loaded_lies_in_it_and_the_kernel_s_data_is_shortened() {
    let with_table = |room: &str| {
        let table = "static TABLE: [core::sync::atomic::AtomicU32; 4096] =\n    \
                     [const { core::sync::atomic::AtomicU32::new(0x7777_7777) }; 4096];\n#[used]";
        let kernel = replace(KERNEL, "#[used]", table);
        let kernel = replace(
            &kernel,
            "black_box(CONFIG);",
            "black_box((CONFIG, &TABLE));",
        );
        let repository = repository_of(&chip_with_flash(room));
        repository.write("kernel/src/main.rs", &kernel);
        repository
    };
    let repository = with_table("0x0001_0000");
    let built = build(&repository);
    let (flash, data) = (0x2000_0000..0x2020_0000, 0x8020_0000..0x8120_0000);
    let segments = segments(&built);
    assert!(segments.len() > 4, "{segments:x?}");
    assert!(
        segments
            .iter()
            .all(|(at, length)| flash.contains(at) && at + length <= flash.end)
    );
    let flat = fs::read(built.folder.join("image.bin")).unwrap();
    let words = flat.windows(4).filter(|word| *word == [0x77; 4]);
    assert!(words.count() < 16, "the table is in the image");
    let config = fs::read_to_string(&built.sources.0).unwrap();
    for (key, memory) in [("text", &flash), ("constants", &flash), ("data", &data)] {
        let prefix = format!("{key}: ");
        let bases = config.lines().filter_map(|line| {
            let value = line.trim().strip_prefix(&prefix)?;
            let value = value
                .strip_prefix("leasehold_core::Range::new(")
                .unwrap_or(value);
            let (base, _) = value.strip_prefix("0x")?.split_once(',')?;
            u32::from_str_radix(base, 16).ok()
        });
        let bases: Vec<u32> = bases.collect();
        assert_eq!(bases.len(), 4, "{key}");
        assert!(
            bases.iter().all(|base| memory.contains(base)),
            "{key}: {bases:x?}"
        );
    }
    let report = fs::read_to_string(built.folder.join("report.txt")).unwrap();
    assert!(
        report.contains("Flash 0x20000000..0x20200000, 2.0 MiB; "),
        "{report}"
    );
    assert!(
        report.contains("RAM 0x80000000..0x81000000, 16.0 MiB; "),
        "{report}"
    );

    let error = leasehold_build::build(
        &Workspace::new(with_table("0x2000").root()),
        "demo",
        "board",
    );
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("the kernel's data takes 16 KiB, more than the 8 KiB of memory.kernel-data"),
        "{error}"
    );
}

#[test]
fn every_protection_hardware_gets_an_image_of_its_kind() {
    let vectors = [0x78, 0x56, 0x34, 0x12, 0xf0, 0xde, 0xbc, 0x9a];
    for (arch, target, machine) in [
        ("riscv32-pmp", "riscv32imac-unknown-none-elf", 243),
        ("armv7m-pmsa", "thumbv7m-none-eabi", 40),
        ("armv7m-pmsa", "thumbv7em-none-eabi", 40),
        ("armv8m-pmsa", "thumbv8m.main-none-eabi", 40),
    ] {
        let repository = repository_of(&chip_of(arch, target));
        let built = build(&repository);
        let (class, found, start) = class_machine_and_start(&built);
        assert_eq!((class, found), (1, machine), "{target}");
        if machine == 40 {
            assert_eq!(start, vectors, "{target}");
        }
        // A task starts with its first instruction, also where its entry point has Thumb's bit: else the build refuses.
        let config = fs::read_to_string(&built.sources.0).unwrap();
        let texts = config.lines().filter_map(|line| {
            let range = line
                .trim()
                .strip_prefix("text: leasehold_core::Range::new(0x")?;
            u64::from_str_radix(range.split_once(',')?.0, 16).ok()
        });
        let even: Vec<bool> = texts.map(|start| start % 2 == 0).collect();
        assert_eq!(even, [true; 4], "{target}: {config}");
    }
}

#[test]
fn code_that_does_not_compile_leaves_the_output_folder_alone() {
    let repository = repository();
    repository.write("drivers/edu/src/main.rs", "not rust");
    repository.write("out/demo/board/image.elf", "the last good one");
    let error = leasehold_build::build(&Workspace::new(repository.root()), "demo", "board");
    assert_eq!(error.unwrap_err().to_string(), "the tasks did not compile");
    assert_eq!(
        files(&repository.root().join("out")),
        ["demo/board/image.elf".to_owned()].into()
    );
}

#[test]
fn a_kernel_too_large_for_its_room_is_refused_with_what_to_change() {
    let repository = repository();
    let script = replace(
        KERNEL_SCRIPT,
        "__kernel_end = .",
        "__kernel_end = . + 0x200000",
    );
    repository.write("kernel/arch/riscv/sv39.ld", &script);
    let error = leasehold_build::build(&Workspace::new(repository.root()), "demo", "board");
    let error = error.unwrap_err().to_string();
    for part in [
        "more than the 2048 KiB of memory.kernel in chips/small/chip.toml",
        "page-tables",
    ] {
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
}

/// A task that steps over its guard, and over what lies below, with one local variable, and touches nothing on the way.
const LARGE: &str = r#"
#[inline(never)]
pub fn unpack(at: usize) -> u8 {
    let mut room = [const { core::mem::MaybeUninit::<u8>::uninit() }; 57_000];
    core::hint::black_box(&mut room)[at].write(1);
    checked(at) as u8
}
"#;

/// The fixture whose task `edu` has this piece as well, and calls the function `unpack` of it.
fn with_function(chip: &str, function: &str) -> Repository {
    let repository = repository_of(chip);
    let task = replace(
        TASK,
        ".store(checked(count)",
        ".store(unpack(count) as usize",
    );
    repository.write("drivers/edu/src/main.rs", &format!("{task}{function}"));
    repository
}

/// The golden text of the fault that is found in the compiled code.
fn build_shows(name: &str, repository: &Repository) {
    let error = leasehold_build::build(&Workspace::new(repository.root()), "demo", "board");
    shows::is_golden(name, &format!("{}\n", error.unwrap_err()), "error: ");
}

#[test]
fn a_local_variable_larger_than_the_stack_is_refused_by_the_function_s_name() {
    build_shows("frame_larger_than_the_stack", &with_function(CHIP, LARGE));
    for (arch, target) in [
        ("riscv32-pmp", "riscv32imac-unknown-none-elf"),
        ("armv7m-pmsa", "thumbv7m-none-eabi"),
        ("armv8m-pmsa", "thumbv8m.main-none-eabi"),
    ] {
        let repository = with_function(&chip_of(arch, target), LARGE);
        let error = leasehold_build::build(&Workspace::new(repository.root()), "demo", "board");
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("`edu::unpack` takes 57"),
            "{target}: {error}"
        );
        assert!(error.contains("of 2048 in all"), "{target}: {error}");
    }
}

#[test]
fn a_function_whose_frame_cannot_be_told_is_refused_unless_the_manifest_says_otherwise() {
    let wild = r#"
#[inline(never)]
pub fn unpack(at: usize) -> u8 {
    unsafe { core::arch::asm!("mv sp, {}", in(reg) at) };
    checked(at) as u8
}
"#;
    let repository = with_function(CHIP, wild);
    build_shows("frame_that_cannot_be_told", &repository);
    let unchecked = MANIFEST.replace("stack = 2048", "stack = 2048\nunchecked-stack = true");
    repository.write("app/demo/board.toml", &unchecked);
    build(&repository);
}

#[test]
fn a_large_stack_may_have_large_frames_and_keeps_what_others_lend_far_below() {
    let manifest = MANIFEST.replace("stack = 2048", "stack = 65536");
    for (arch, target) in [
        ("riscv64-sv39", "riscv64imac-unknown-none-elf"),
        ("riscv32-pmp", "riscv32imac-unknown-none-elf"),
        ("armv7m-pmsa", "thumbv7m-none-eabi"),
        ("armv8m-pmsa", "thumbv8m.main-none-eabi"),
    ] {
        let repository = with_function(&chip_of(arch, target), LARGE);
        repository.write("app/demo/board.toml", &manifest);
        let built = build(&repository);
        let report = fs::read_to_string(built.folder.join("report.txt")).unwrap();
        // `child` is the same program as `edu`, which lends, and lies above it.
        let line = report
            .lines()
            .find(|line| line.trim_start().starts_with("child") && line.ends_with("edu::unpack"));
        let words: Vec<&str> = line.unwrap().split_whitespace().collect();
        let [reach, room] = [words[2], words[3]].map(|word| word.parse::<u64>().unwrap());
        assert!(reach >= 2 * 57_000 && room >= reach, "{target}: {report}");
    }
}

/// Two functions, of which the link script gives the name in each pair to one (`userlib/src/manifest.rs`).
const NEEDED: &str = r#"
unsafe extern "Rust" {
    safe fn __window_limit() -> u8;
    safe fn __is_reached_elsewhere() -> u8;
}
#[unsafe(no_mangle)]
fn __window_limit_of_manifest() -> u8 { 1 }
#[unsafe(no_mangle)]
fn __window_limit_of_none() -> u8 { 2 }
#[unsafe(no_mangle)]
fn __is_reached_by_another() -> u8 { 3 }
#[unsafe(no_mangle)]
fn __is_reached_by_none() -> u8 { 4 }
pub fn unpack(_: usize) -> u8 {
    __window_limit() + __is_reached_elsewhere()
}
"#;

#[test]
fn a_task_has_the_code_that_its_manifest_needs_and_no_other() {
    let limited = replace(
        MANIFEST,
        "dma-pool = 8192\n",
        "dma-pool = 8192\nwindows = 1\n\n[[tasks.edu.binds]]\npci = \"1af4:1000\"\n",
    );
    for (arch, target) in [
        ("riscv64-sv39", "riscv64imac-unknown-none-elf"),
        ("armv7m-pmsa", "thumbv7m-none-eabi"),
    ] {
        let repository = with_function(&chip_of(arch, target), NEEDED);
        repository.write("app/demo/board.toml", &limited);
        let built = build(&repository);
        // `child` is the same program as `edu`, with one binding that has no limit.
        for (task, limit, reached) in [
            (
                "edu",
                "__window_limit_of_manifest",
                "__is_reached_by_another",
            ),
            ("child", "__window_limit_of_none", "__is_reached_by_none"),
        ] {
            let elf = fs::read(built.folder.join(format!("tasks/{task}.elf"))).unwrap();
            let elf = object::File::parse(elf.as_slice()).unwrap();
            let names: BTreeSet<&str> = (elf.symbols())
                .filter_map(|symbol| symbol.name().ok())
                .filter(|name| name.contains("_of_") || name.contains("_by_"))
                .collect();
            assert_eq!(names, BTreeSet::from([limit, reached]), "{target}: {task}");
            let address = |wanted| {
                let mut symbols = elf.symbols();
                let symbol = symbols.find(|symbol| symbol.name() == Ok(wanted));
                symbol.unwrap().address()
            };
            assert_eq!(address("__window_limit"), address(limit));
            assert_eq!(address("__is_reached_elsewhere"), address(reached));
        }
    }
}
