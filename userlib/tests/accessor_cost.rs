//! What accesses cost, in the compiled code of every target of `rust-toolchain.toml` that is installed:
//! at a constant offset one load or one store, and no system call for access to what is kept.
#![forbid(unsafe_code)]
#![cfg(not(miri))] // it runs the compiler

mod assembly;

use assembly::{Access, Isa, Program};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A target, and the names of its instructions.
struct Target {
    name: &'static str,
    isa: Isa,
    /// Load of a pointer.
    pointer: &'static str,
    /// Loads of 1, 2 and 4 bytes.
    loads: [&'static str; 3],
    /// Stores of 1, 2 and 4 bytes.
    stores: [&'static str; 3],
}

const RISC_V: Target = Target {
    name: "",
    isa: Isa::RiscV,
    pointer: "lw",
    loads: ["lbu", "lhu", "lw"],
    stores: ["sb", "sh", "sw"],
};
const THUMB: Target = Target {
    name: "",
    isa: Isa::Thumb,
    pointer: "ldr",
    loads: ["ldrb", "ldrh", "ldr"],
    stores: ["strb", "strh", "str"],
};
/// What is known of; `rust-toolchain.toml` has no others.
const TARGETS: [Target; 5] = [
    Target {
        name: "riscv64imac-unknown-none-elf",
        pointer: "ld",
        ..RISC_V
    },
    Target {
        name: "riscv32imac-unknown-none-elf",
        ..RISC_V
    },
    Target {
        name: "thumbv7m-none-eabi",
        ..THUMB
    },
    Target {
        name: "thumbv7em-none-eabi",
        ..THUMB
    },
    Target {
        name: "thumbv8m.main-none-eabi",
        ..THUMB
    },
];

/// A crate of its own around `tests/code/accessors.rs`, so that it is built for a board without
/// what the tests depend on.
fn crate_folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("accessors");
    // Cargo says where this checkout is: another one may have compiled this program.
    let userlib = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs this"));
    std::fs::create_dir_all(&folder).expect("a folder");
    let manifest = format!(
        "[package]\nname = \"accessors\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [lib]\npath = {:?}\n[dependencies]\nuserlib = {{ path = {userlib:?} }}\n\
         [profile.release]\nopt-level = 3\ncodegen-units = 1\npanic = \"abort\"\n[workspace]\n",
        userlib.join("tests/code/accessors.rs"),
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).expect("a manifest");
    std::fs::copy(userlib.join("../Cargo.lock"), folder.join("Cargo.lock")).expect("a lock file");
    folder
}

/// The targets that the repository builds for, as far as the compiler can.
fn targets() -> Vec<&'static Target> {
    let list = include_str!("../../rust-toolchain.toml");
    let (_, list) = list.split_once("targets = [").expect("a list of targets");
    let (list, _) = list.split_once(']').expect("its end");
    let names = list.split('"').skip(1).step_by(2);
    let known = names.map(|name| {
        let target = TARGETS.iter().find(|target| target.name == name);
        target.unwrap_or_else(|| panic!("{name}: say here what its instructions are called"))
    });
    let (installed, missing): (Vec<_>, Vec<_>) = known.partition(|target| {
        let output = Command::new("rustc")
            .args(["--print", "target-libdir", "--target", target.name])
            .output()
            .expect("rustc runs");
        Path::new(String::from_utf8_lossy(&output.stdout).trim()).exists()
    });
    for target in missing {
        eprintln!("{}: not installed, so not checked", target.name);
    }
    assert!(!installed.is_empty(), "no target is installed");
    installed
}

/// Compiles for all of them at once; each target's program.
fn compile(targets: &[&Target]) -> Vec<Program> {
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(crate_folder())
        .args(["build", "--quiet", "--release", "--target-dir", "target"])
        .arg("--message-format=json")
        .stderr(Stdio::inherit())
        // In every crate, because what is generic is compiled where it is used.
        .env("RUSTFLAGS", "--emit=asm")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    for target in targets {
        command.args(["--target", target.name]);
    }
    let output = command.output().expect("cargo runs");
    assert!(output.status.success());
    let messages = String::from_utf8(output.stdout).expect("JSON");
    let program = |target: &&Target| {
        let mut program = Program::new(target.isa);
        let folder = format!("/{}/release/deps/lib", target.name);
        // What cargo made, or found made: `…/deps/libNAME-HASH.rmeta`, and the assembly beside it.
        for path in messages.split('"').filter(|text| text.ends_with(".rmeta")) {
            if let Some((root, file)) = path.split_once(&folder) {
                let folder = folder.trim_end_matches("lib");
                let path = Path::new(root).join(&folder[1..]).join(file);
                let assembly = std::fs::read_to_string(path.with_extension("s"));
                program.add(&assembly.expect("it was written"));
            }
        }
        program
    };
    targets.iter().map(program).collect()
}

/// The function loads the window's address from its argument, then does this and nothing else.
fn is_one(target: &Target, program: &Program, function: &str, mnemonic: &str, offset: usize) {
    let accesses = program.accesses(function);
    let body = program.body(function);
    assert_eq!(accesses.len(), 2, "{}: {body:?}", target.name);
    assert_eq!(
        accesses[0].mnemonic, target.pointer,
        "{}: {body:?}",
        target.name
    );
    let wanted = access(mnemonic, offset);
    assert_eq!(accesses[1], wanted, "{}: {body:?}", target.name);
    assert!(
        program.others(function).is_empty(),
        "{}: {body:?}",
        target.name
    );
}

fn access(mnemonic: &str, offset: usize) -> Access {
    let mnemonic = mnemonic.to_owned();
    Access { mnemonic, offset }
}

#[test]
fn accesses_cost_what_they_should() {
    let targets = targets();
    for (target, program) in targets.iter().zip(&compile(&targets)) {
        let name = target.name;
        // A driver has the window's address in a register; here it is loaded first.
        is_one(target, program, "read_once", target.loads[2], 0x10);
        is_one(target, program, "write_once", target.stores[2], 0x14);
        if target.pointer == "ld" {
            is_one(target, program, "read_wide", "ld", 0x28);
        }
        // Fields: masks are constants.
        let (load, store) = (target.loads[2], target.stores[2]);
        let read = [access(load, 0x30)];
        assert_eq!(program.accesses("field_read")[1..], read, "{name}");
        let write = [access(store, 0x30)];
        assert_eq!(program.accesses("field_write")[1..], write, "{name}");
        let clear = [access(store, 0x34)];
        assert_eq!(program.accesses("field_clear")[1..], clear, "{name}");
        is_one(target, program, "stored_read", load, 0x30);
        let nth = [access(store, 0x60)];
        assert_eq!(program.accesses("array_write")[1..], nth, "{name}");
        let modify = [access(load, 0x30), access(store, 0x30)];
        assert_eq!(program.accesses("field_modify")[1..], modify, "{name}");
        let several = program.accesses("several");
        let wanted = [
            access(target.stores[0], 0x20),
            access(target.stores[1], 0x26),
            access(target.loads[1], 0x22),
            access(target.loads[0], 0x28),
        ];
        assert_eq!(several[1..], wanted, "{name}: volatile accesses, in order");

        // A checked access: one call of one instruction.
        assert_eq!(
            program.calls("read_checked"),
            ["__leasehold_checked_load32"],
            "{name}"
        );
        let checked = program.accesses("__leasehold_checked_load32");
        assert_eq!(
            checked.len(),
            1,
            "{name}: {:?}",
            program.body("__leasehold_checked_load32")
        );
        assert!(!program.may_enter_kernel("read_checked", ""), "{name}");

        // Access to what is kept makes no system call. The last guard of a revoked value drops it,
        // and to drop a window is to give it back: the one thing left out, where there is a window.
        assert!(program.calls("try_access_value").is_empty(), "{name}");
        assert!(!program.may_enter_kernel("try_access_value", ""), "{name}");
        for function in ["try_access_window", "access_window"] {
            let calls = program.calls(function);
            assert!(
                calls.iter().all(|call| call.contains(UNCLAIM)),
                "{name}: {calls:?}"
            );
            assert!(
                !program.may_enter_kernel(function, UNCLAIM),
                "{name}: {function}"
            );
            assert!(
                program.may_enter_kernel(function, ""),
                "{name}: that would be seen"
            );
            let reads = program.accesses(function).into_iter();
            let reads = reads.filter(|read| *read == access(target.loads[2], 0x54));
            assert_eq!(reads.count(), 1, "{name}: {function}");
        }
        assert!(
            program.may_enter_kernel("system_call", UNCLAIM),
            "{name}: that would be seen"
        );
    }
}

/// What is in the name of the function that gives a claim back, on a drop.
const UNCLAIM: &str = "io..claim..Claim";
