//! What `new` writes compiles and passes; what it refuses leaves no trace.

use super::edit::add_to_list;
use super::tutorial::{Step, edit, steps};
use super::*;
use clap::Parser;
use leasehold_build::Workspace;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A copy of what `new` reads and changes, in a workspace of its own.
struct Copy(PathBuf);

impl Copy {
    fn new(name: &str) -> Self {
        let root =
            std::env::temp_dir().join(format!("leasehold-new-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for folder in ["app", "chips", "drivers"] {
            copy(&from.join(folder), &root.join(folder));
        }
        for file in ["Cargo.toml", "Cargo.lock"] {
            fs::copy(from.join(file), root.join(file)).unwrap();
        }
        Self(root)
    }

    fn workspace(&self) -> Workspace {
        Workspace::new(&self.0)
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap()
    }

    /// All files with their texts.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        fn visit(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    // An empty folder would be a trace too.
                    files.push((path.clone(), Vec::new()));
                    visit(&path, files);
                } else {
                    let text = fs::read(&path).unwrap();
                    files.push((path, text));
                }
            }
        }
        let mut files = Vec::new();
        visit(&self.0, &mut files);
        files.sort();
        files
    }

    /// Makes a workspace of these folders alone, whose other crates are those of this checkout, and runs cargo in it.
    fn cargo(&self, members: &[&str], arguments: &[&str]) {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut manifest: toml::Table = toml::from_str(&self.read("Cargo.toml")).unwrap();
        let workspace = manifest["workspace"].as_table_mut().unwrap();
        let members = members.iter().map(|member| toml::Value::from(*member));
        workspace.insert("members".into(), toml::Value::Array(members.collect()));
        workspace.remove("default-members");
        for (_, dependency) in workspace["dependencies"].as_table_mut().unwrap() {
            if let Some(path) = dependency.get_mut("path") {
                *path = checkout
                    .join(path.as_str().unwrap())
                    .to_string_lossy()
                    .into_owned()
                    .into();
            }
        }
        manifest.remove("profile");
        fs::write(
            self.0.join("Cargo.toml"),
            toml::to_string(&manifest).unwrap(),
        )
        .unwrap();
        // The templates name it by its place.
        let testing = self.0.join("userlib");
        if !testing.exists() {
            std::os::unix::fs::symlink(checkout.join("userlib"), testing).unwrap();
        }
        let output = Command::new(env!("CARGO"))
            .current_dir(&self.0)
            .args(arguments)
            .args(["--offline", "--quiet"])
            .env("CARGO_TARGET_DIR", checkout.join("target/new"))
            .env_remove("CARGO_MANIFEST_DIR")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, to).unwrap();
        }
    }
}

const TARGET: (&str, &str) = ("demo", "virt-rv64");

fn pci(id: &str) -> Device {
    Device::Pci(id.to_owned())
}

#[test]
fn what_is_written_compiles_and_its_tests_pass() {
    let copy = Copy::new("compiles");
    let workspace = copy.workspace();
    let qemu = Some("virtio-rng-pci");
    driver(&workspace, "my-rng", &pci("1AF4:1005"), TARGET, qemu, false).unwrap();
    let chip = Device::Chip("uart2".to_owned());
    driver(
        &workspace,
        "line",
        &chip,
        ("demo", "mps2-an385"),
        None,
        false,
    )
    .unwrap();
    app(&workspace, "weather", "mps2-an505").unwrap();
    board(&workspace, "my-board", "mps2-an386").unwrap();
    let plan = leasehold_build::check(&copy.0, "demo", "virt-rv32").unwrap();
    assert!(plan.qemu_devices.contains(&"virtio-rng-pci".to_owned()));
    let [rng, shell] = ["my-rng", "shell"].map(|name| {
        plan.tasks
            .iter()
            .position(|task| task.name == name)
            .unwrap()
    });
    assert_ne!(plan.tasks[shell].calls & 1 << rng, 0);
    assert_ne!(plan.tasks[0].notifies & 1 << rng, 0);
    for app in ["demo", "testsuite"] {
        leasehold_build::check(&copy.0, app, "my-board").unwrap();
    }
    assert!(copy.read("Cargo.toml").contains("\"app/weather/*\""));
    let members = ["drivers/my-rng", "drivers/line", "app/weather/main"];
    copy.cargo(&members, &["test"]);
}

#[test]
fn what_is_refused_changes_nothing() {
    let copy = Copy::new("refused");
    let workspace = copy.workspace();
    let before = copy.files();
    let chip = |name: &str| Device::Chip(name.to_owned());
    let refused: [(&str, Result<()>); 11] = [
        (
            "already",
            driver(&workspace, "edu", &pci("1af4:1005"), TARGET, None, false),
        ),
        (
            "already",
            driver(&workspace, "fpgaio", &pci("1af4:1005"), TARGET, None, false),
        ),
        (
            "no name",
            driver(&workspace, "My", &pci("1af4:1005"), TARGET, None, false),
        ),
        (
            "no name",
            driver(&workspace, "../x", &pci("1af4:1005"), TARGET, None, false),
        ),
        (
            "four hexadecimal",
            driver(&workspace, "rng", &pci("1af4"), TARGET, None, false),
        ),
        (
            "1234:11e8",
            driver(&workspace, "rng", &pci("1234:11e8"), TARGET, None, false),
        ),
        (
            "no device `uart9`",
            driver(&workspace, "line", &chip("uart9"), TARGET, None, false),
        ),
        (
            "uart0",
            driver(&workspace, "line", &chip("uart0"), TARGET, None, false),
        ),
        (
            "no app `nothing`",
            driver(
                &workspace,
                "rng",
                &pci("1af4:1005"),
                ("nothing", "virt-rv64"),
                None,
                false,
            ),
        ),
        ("already", app(&workspace, "bench", "virt-rv64")),
        (
            "no board `nothing`",
            board(&workspace, "my-board", "nothing"),
        ),
    ];
    for (said, outcome) in refused {
        let error = format!("{:#}", outcome.unwrap_err());
        assert!(error.contains(said), "{said}: {error}");
    }
    assert!(board(&workspace, "virt-rv32", "virt-rv64").is_err());
    assert!(copy.files() == before, "a refusal left a trace");
}

#[test]
fn a_list_keeps_its_layout() {
    let text = "[a]\nx = 1 # one\nlist = [\"b\", # ]\n    \"c\"]\n\n[a.b]\nlist = []\n";
    assert_eq!(
        add_to_list(text, "a", "list", "\"d\"").unwrap(),
        "[a]\nx = 1 # one\nlist = [\"b\", # ]\n    \"c\",\n    \"d\",\n]\n\n[a.b]\nlist = []\n"
    );
    assert_eq!(
        add_to_list(text, "a.b", "list", "1").unwrap(),
        text.replace("list = []", "list = [1]")
    );
    assert_eq!(
        add_to_list(text, "a.b", "other", "1").unwrap(),
        text.replace("[a.b]\n", "[a.b]\nother = [1]\n")
    );
    assert_eq!(
        add_to_list("[a]\nlist = [\n    1,\n]\n", "a", "list", "2").unwrap(),
        "[a]\nlist = [\n    1,\n    2,\n]\n"
    );
    assert!(add_to_list(text, "c", "list", "1").is_err());
}

#[test]
fn the_tutorial_s_steps_work() {
    let copy = Copy::new("tutorial");
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = fs::read_to_string(checkout.join("CONTRIBUTING.md")).unwrap();
    let mut done = Vec::new();
    for step in steps(&text).unwrap() {
        let line = match step {
            Step::Edit { file, text } => {
                edit(&copy.0, &file, &text).unwrap();
                done.push("edit");
                continue;
            }
            Step::Type(line) => line,
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["cargo", "xtask", "new", ..] => {
                let arguments = crate::Arguments::try_parse_from(&words[1..]).unwrap();
                let crate::Verb::New(what) = arguments.verb else {
                    panic!("{line}")
                };
                crate::new(&copy.workspace(), what).unwrap();
                done.push("new");
            }
            ["cargo", "test", "-p", package] => {
                copy.cargo(&["drivers/sd"], &["test", "--package", package]);
                done.push("test");
            }
            // `cargo xtask test --only tutorial` boots it.
            ["cargo", "xtask", "run", ..] => {
                let plan = leasehold_build::check(&copy.0, "demo", "virt-rv64").unwrap();
                assert!(plan.tasks.iter().any(|task| task.name == "sd"));
                done.push("run");
            }
            _ => panic!("a step that nobody replays: {line}"),
        }
    }
    assert_eq!(done, ["new", "test", "edit", "edit", "test", "run"]);
}

#[test]
fn a_tutorial_that_cannot_be_replayed_is_refused() {
    assert!(steps("").is_err());
    assert!(steps("<!-- tutorial -->\n").is_err());
    let tutorial = |steps: &str| format!("<!-- tutorial -->\n{steps}<!-- end of tutorial -->");
    assert!(steps(&tutorial("Text.\n```rust\nfn f() {}\n```\n")).is_err());
    let copy = Copy::new("edit");
    fs::write(copy.0.join("a.rs"), "one\n{\ntwo\n}\n").unwrap();
    edit(&copy.0, "a.rs", "{\nthree\n}\n").unwrap();
    assert_eq!(copy.read("a.rs"), "one\n{\nthree\n}\n");
    assert!(edit(&copy.0, "a.rs", "nothing\n}\n").is_err());
    assert!(edit(&copy.0, "a.rs", "}\n{\n").is_err());
}
