//! The compiler's own frame sizes (`-Z emit-stack-sizes`), compared with those read from the instructions.

use super::super::functions::functions;
use crate::arch::Arch;
use crate::elf::Elf;
use crate::workspace::Workspace;
use object::{Object, ObjectSection};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Functions with frames of all kinds.
const SOURCE: &str = include_str!("compiled_source.rs");

/// What saves the registers of functions on RISC-V.
const SAVED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../kernel/saved/src/lib.rs");

/// The targets of all boards, with the processors of those tasks that use floating point.
const TARGETS: [(Arch, &str, &str); 7] = [
    (Arch::Sv39, "riscv64imac-unknown-none-elf", "generic-rv64"),
    (Arch::Sv39, "riscv64imac-unknown-none-elf", "sifive-u54"),
    (Arch::Pmp, "riscv32imac-unknown-none-elf", "generic-rv32"),
    (Arch::PmsaV7, "thumbv7m-none-eabi", "cortex-m3"),
    (Arch::PmsaV7, "thumbv7em-none-eabi", "cortex-m4"),
    (Arch::PmsaV8, "thumbv8m.main-none-eabi", "cortex-m33"),
    (Arch::PmsaV8, "thumbv8m.main-none-eabi", "generic"),
];

#[test]
fn no_frame_is_larger_than_what_is_read_off_the_instructions() {
    let folder = std::env::temp_dir().join(format!("leasehold-stack-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let source = folder.join("source.rs");
    std::fs::write(&source, SOURCE).unwrap();
    for (arch, target, processor) in TARGETS {
        for level in ["0", "3", "s", "z"] {
            let path = compile(&folder, &source, arch, target, processor, level);
            check(
                arch,
                &path,
                &format!("{target} {processor} opt-level {level}"),
            );
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

fn compile(
    folder: &Path,
    source: &Path,
    arch: Arch,
    target: &str,
    processor: &str,
    level: &str,
) -> PathBuf {
    let run = |command: &mut Command| {
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
    };
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let object = |source: &Path, name: &str| {
        let object = folder.join(name);
        run(Command::new(&rustc)
            .env("RUSTC_BOOTSTRAP", "1")
            .args([
                "--edition=2024",
                "--crate-type=lib",
                "--emit=obj",
                "-Cpanic=abort",
                "-Awarnings",
            ])
            .args([
                "-Zemit-stack-sizes",
                "-Zfunction-sections=no",
                "-Ccodegen-units=1",
            ])
            .args(["--target", target, &format!("-Ctarget-cpu={processor}")])
            .args([&format!("-Copt-level={level}"), "-o"])
            .args([&object, source])
            .args(features(arch)));
        object
    };
    let objects = [
        object(source, "source.o"),
        object(SAVED.as_ref(), "saved.o"),
    ];
    let program = folder.join("source.elf");
    // The functions of `core` that it calls are absent; nothing here is run.
    let workspace = Workspace::new(env!("CARGO_MANIFEST_DIR"));
    run(Command::new(workspace.linker().unwrap())
        .args([
            "-flavor",
            "gnu",
            "-m",
            arch.emulation(),
            "-Ttext=0x10000",
            "-e",
            "0",
        ])
        .args(["--unresolved-symbols=ignore-all", "-o"])
        .arg(&program)
        .args(objects));
    program
}

/// As the build compiles for RISC-V.
fn features(arch: Arch) -> Option<&'static str> {
    let riscv = matches!(arch, Arch::Sv39 | Arch::Pmp);
    riscv.then_some("-Ctarget-feature=+relax,+save-restore")
}

fn check(arch: Arch, path: &Path, what: &str) {
    let elf = Elf::read(path).unwrap();
    let functions = functions(arch, &elf.code);
    let data = std::fs::read(path).unwrap();
    let file = object::File::parse(data.as_slice()).unwrap();
    let section = file.section_by_name(".stack_sizes").unwrap();
    let mut rest = section.data().unwrap();
    let mut checked = 0;
    while !rest.is_empty() {
        let (address, after) = rest.split_at(if arch.is_64_bit() { 8 } else { 4 });
        let mut bytes = [0; 8];
        bytes[..address.len()].copy_from_slice(address);
        let address = arch.instruction(u64::from_le_bytes(bytes));
        let (size, after) = number(after);
        rest = after;
        let function = &functions[&address];
        let frame = function
            .frame
            .unwrap_or_else(|| panic!("{what}: {function:?}"));
        assert!(frame >= size, "{what}: {size} bytes, not {function:?}");
        // The sizes are equal, except for alignment.
        assert!(
            frame <= size + 8192,
            "{what}: {size} bytes, not {function:?}"
        );
        checked += 1;
    }
    assert!(checked >= 12, "{what}: {checked} functions");
    for (name, least) in [
        ("large_local", 57_000),
        ("more_than_a_page", 5_000),
        ("aligned", 4_096),
    ] {
        let function = functions.values().find(|function| function.name == name);
        assert!(
            function.unwrap().frame.unwrap() >= least,
            "{what}: {function:?}"
        );
    }
}

/// An unsigned number of DWARF (LEB128), and what follows.
fn number(bytes: &[u8]) -> (u64, &[u8]) {
    let length = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    let (number, rest) = bytes.split_at(length);
    let digits = number.iter().rev();
    (
        digits.fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7f)),
        rest,
    )
}
