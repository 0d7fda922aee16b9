//! What a person is shown for each mistake in a manifest or a chip file.

mod common;
#[macro_use]
#[path = "common/shows.rs"]
mod shows;

use common::{CHIP, MANIFEST, Repository, replace};
use shows::shows_of;

faults! {
    unknown_key: shows manifest "arena = 4096" => "arean = 4096";
    unknown_key_of_chip: shows chip "ticks-per-second" => "tick-per-second";
    wrong_type: shows manifest "stack = 8192" => "stack = \"8 KiB\"";
    wrong_type_of_list: shows manifest "calls = [\"console\", \"supervisor\"]" => "calls = \"console\"";
    missing_key: shows manifest "priority = 0\n" => "";
    not_toml: shows manifest "stack = 8192" => "stack = ";
    overlap_of_devices: shows chip "base = 0x1000_0000, size = 0x100" => "base = 0x300f_f000, size = 0x100";
    overlap_with_a_device_of_the_kernel: shows chip "plic-base = 0x0c00_0000" => "plic-base = 0x0fff_0000";
    arena_larger_than_any_memory: shows manifest "arena = 4096" => "arena = 9223372036854775807";
    clock_that_stands: shows chip "ticks-per-second = 1_000_000" => "ticks-per-second = 0";
    room_of_the_kernel_that_ends_anywhere: shows chip "base = 0x8020_0000\nsize = 0x0020_0000" => "base = 0x8020_0000\nsize = 0x0020_0001";
    more_lines_than_routes: shows chip "plic-lines = 96" => "plic-lines = 500";
    overlap_in_one_page: shows chip "[devices.pci]" => "[devices.uart1]\nwindows = [{ name = \"second\", base = 0x1000_0000, size = 8 }]\n\n[devices.pci]";
    overlap_with_ram: shows chip "base = 0x1000_0000, size = 0x100" => "base = 0x8000_0000, size = 0x100";
    overlap_of_kernel_and_firmware: shows chip "base = 0x8020_0000" => "base = 0x801f_f000";
    window_off_its_page: shows chip "base = 0x1000_0000, size = 0x100" => "base = 0x1000_0100, size = 0x100";
    interrupt_past_the_last: shows chip "interrupts = [10]" => "interrupts = [96]";
    interrupt_that_is_none: shows chip "interrupts = [10]" => "interrupts = [0]";
    interrupt_of_two_devices: shows chip "interrupts = [10]" => "interrupts = [33]";
    unknown_extension: shows chip "ticks-per-second" => "extensions = [\"zba\", \"zbc\"]\nticks-per-second";
    extension_twice: shows chip "ticks-per-second" => "extensions = [\"zba\", \"zba\"]\nticks-per-second";
    floating_point_without_a_unit: shows manifest "stack = 8192" => "stack = 8192\nfloating-point = true";
    observer_without_calls: shows manifest "calls = [\"supervisor\"]\n" => "observer = true\n";
    operator_that_is_an_observer: shows manifest "calls = [\"supervisor\"]\n" => "calls = [\"supervisor\"]\noperator = true\nobserver = true\n";
    operator_without_calls: shows manifest "calls = [\"supervisor\"]\n" => "operator = true\n";
    second_device_that_discovers: shows chip "[devices.uart0]" => "[devices.more]\ndiscovers = \"pci\"\nwindows = [{ name = \"config\", kind = \"config\", base = 0x5000_0000, size = 0x10_0000 }]\n\n[devices.uart0]";
    discovers_without_configuration_space: shows chip "interrupts = [10]" => "interrupts = [10]\ndiscovers = \"pci\"";
    unknown_bus: shows chip "discovers = \"pci\"" => "discovers = \"usb\"";
    label_of_a_name_of_leasehold_s_own: shows chip "name = \"registers\"" => "name = \"ecpwzda\"";
    unknown_device: shows manifest "device = \"uart0\"" => "device = \"uart\"";
    device_bound_twice: shows manifest "auxiliary = \"edu.sample\"\nid = 1" => "device = \"uart0\"";
    more_devices_than_a_task_can_bind: shows manifest "id = 1" => "id = 1\n\n[[tasks.child.binds]]\nauxiliary = \"edu.sample\"\nid = 2\n\n[[tasks.child.binds]]\nauxiliary = \"edu.sample\"\nid = 3\n\n[[tasks.child.binds]]\nauxiliary = \"edu.sample\"\nid = 4\n\n[[tasks.child.binds]]\nauxiliary = \"edu.sample\"\nid = 5";
    pci_function_bound_twice: shows manifest "auxiliary = \"edu.sample\"\nid = 1" => "pci = \"1234:11e8\"";
    pci_function_of_number_0_bound_twice: shows manifest "auxiliary = \"edu.sample\"\nid = 1" => "pci = \"1234:11E8\"\nnth = 0";
    no_pci_class: shows manifest "pci = \"1234:11e8\"" => "pci-class = \"01080\"";
    no_pci_slot: shows manifest "pci = \"1234:11e8\"" => "pci-slot = \"00:20.0\"";
    no_second_pci_identifier: shows manifest "1234:11e8" => "1234:11e8 1234";
    number_of_a_pci_slot: shows manifest "pci = \"1234:11e8\"" => "pci-slot = \"00:01.0\"\nnth = 1";
    number_past_a_pci_bus: shows manifest "pci = \"1234:11e8\"" => "pci = \"1234:11e8\"\nnth = 256";
    number_of_an_auxiliary_device: shows manifest "id = 1" => "nth = 1";
    no_pci_identifier: shows manifest "1234:11e8" => "1234-11e8";
    binding_of_nothing: shows manifest "auxiliary = \"edu.sample\"\n" => "";
    key_of_another_binding: shows manifest "id = 1" => "dma = true";
    heartbeat_without_a_pause: shows manifest "stack = 8192" => "stack = 8192\nheartbeat-ms = 0";
    heartbeat_of_the_supervisor: shows manifest "priority = 0\n" => "priority = 0\nheartbeat-ms = 100\n";
    auxiliary_bound_twice: shows manifest "device = \"uart0\"" => "auxiliary = \"edu.sample\"\nid = 1";
    auxiliary_not_offered: shows manifest "edu.sample" => "edu.simple";
    auxiliary_without_parent: shows manifest "edu.sample" => "education.sample";
    call_to_unknown_task: shows manifest "calls = [\"supervisor\", \"console\"]" => "calls = [\"consle\"]";
    call_downhill: shows manifest "calls = [\"supervisor\"]\n" => "calls = [\"edu\"]\n";
    call_to_itself: shows manifest "calls = [\"supervisor\"]\n" => "calls = [\"console\"]\n";
    notification_to_unknown_task: shows manifest "notifies = [\"console\"]" => "notifies = [\"shell\"]";
    dma_without_pool: shows manifest "dma-pool = 8192\n" => "";
    no_pci_on_the_board: shows chip "discovers = \"pci\"\n" => "";
    pool_not_positive: shows manifest "dma-pool = 8192" => "dma-pool = 0";
    pool_beside_dma: shows manifest "device = \"uart0\"" => "device = \"uart0\"\ndma = true\npool = 4096";
    pool_of_a_pci_function: shows manifest "dma = true\ndma-pool = 8192" => "pool = 8192";
    too_many_leases: shows manifest "chip = \"small\"" => "chip = \"small\"\nleases = 3";
    more_leases_than_handles: shows manifest "chip = \"small\"" => "chip = \"small\"\nleases = 5000";
    duplicate_label: shows manifest "offers = [\"sample\"]" => "offers = [\"sample\", \"mrhvtqga\"]";
    stack_not_positive: shows manifest "stack = 8192" => "stack = -4096";
    stack_not_aligned: shows manifest "stack = 8192" => "stack = 1000";
    unknown_chip: shows manifest "chip = \"small\"" => "chip = \"smal\"";
    unknown_arch: shows chip "riscv64-sv39" => "riscv64-sv48";
    target_of_another_arch: shows chip "riscv64imac-unknown-none-elf" => "riscv32imac-unknown-none-elf";
    unknown_platform: shows chip "virt-supervisor" => "virt-superviser";
    platform_of_another_arch: shows chip "virt-supervisor" => "mps2";
    platform_missing: shows chip "platform = \"virt-supervisor\"\n" => "";
    platform_lacks_a_field: shows chip "plic-context = 1\n" => "";
    platform_has_an_unknown_field: shows chip "plic-context = 1" => "plic-context = 1\nplic-contexts = 2";
    platform_field_of_a_wrong_type: shows chip "plic-context = 1" => "plic-context = \"one\"";
    unknown_package: shows manifest "package = \"console\"" => "package = \"consol\"";
    supervisor_not_alone: shows manifest "priority = 1" => "priority = 0";
    name_too_long: shows manifest "[tasks.child]" => "[tasks.the-child-of-the-edu]\npackage = \"edu\"\npriority = 9\nstack = 2048\n\n[tasks.child]";
    more_than_ram: shows manifest "arena = 4096" => "arena = 20_000_000";
}

/// A chip like the fixture's, a manifest like the fixture's.
const LIKE_CHIP: &str =
    "like = \"small\"\n\n[chip]\nname = \"other\"\ntarget = \"riscv64imac-unknown-none-elf\"\n";
const LIKE_MANIFEST: &str = "like = \"board\"\nchip = \"other\"\n";

/// The fixture with a second board, which is like the first but for one piece.
fn alike(manifest: &str, chip: &str) -> Repository {
    let repository = Repository::new(MANIFEST, CHIP);
    repository.write("app/demo/twin.toml", manifest);
    repository.write("chips/other/chip.toml", chip);
    repository
}

/// A fault of the second board.
fn alike_shows(name: &str, repository: &Repository) {
    shows_of(name, repository, "twin");
}

#[test]
fn a_board_that_is_like_another_has_its_tasks_and_its_hardware() {
    let repository = alike(LIKE_MANIFEST, &format!("{LIKE_CHIP}\n[qemu]\n"));
    let plan = leasehold_build::check(repository.root(), "demo", "twin").unwrap();
    assert_eq!((plan.board.as_str(), plan.tasks.len()), ("twin", 4));
    assert_eq!(plan.chip.chip.name.get_ref(), "other");
    assert_eq!(plan.devices.len(), 2);
    let alike: Vec<&str> = plan.alike.iter().map(|source| source.name()).collect();
    assert_eq!(alike, ["app/demo/twin.toml", "chips/other/chip.toml"]);
}

#[test]
fn a_board_that_is_like_another_may_have_qemu_otherwise() {
    let qemu = "[qemu]\nbinary = \"qemu\"\nmachine = \"a\"\ncpu = \"b\"\n\n[memory.ram]";
    let repository = alike(
        LIKE_MANIFEST,
        &format!("{LIKE_CHIP}\n[qemu]\nmachine = \"c\"\n"),
    );
    repository.write(
        "chips/small/chip.toml",
        &replace(CHIP, "[memory.ram]", qemu),
    );
    let plan = leasehold_build::check(repository.root(), "demo", "twin").unwrap();
    let qemu = plan.chip.qemu.unwrap();
    assert_eq!(
        (qemu.machine.as_str(), qemu.cpu.as_deref()),
        ("c", Some("b"))
    );
}

#[test]
fn like_shows_its_faults_where_they_are() {
    let chip = replace(LIKE_CHIP, "\"small\"", "\"smaller\"");
    alike_shows("like_an_unknown_chip", &alike(LIKE_MANIFEST, &chip));
    let chip = format!("{LIKE_CHIP}\n[memory.ram]\nbase = 0\nsize = 1\n");
    alike_shows("like_and_a_key_of_the_other", &alike(LIKE_MANIFEST, &chip));
    let chip = format!("{LIKE_CHIP}\n[memroy.ram]\nbase = 0\nsize = 1\n");
    alike_shows("like_and_an_unknown_key", &alike(LIKE_MANIFEST, &chip));
    let chip = replace(LIKE_CHIP, "riscv64imac", "riscv32imac");
    alike_shows("like_with_a_wrong_target", &alike(LIKE_MANIFEST, &chip));
    let manifest = replace(LIKE_MANIFEST, "\"board\"", "\"bored\"");
    alike_shows("like_an_unknown_board", &alike(&manifest, LIKE_CHIP));
    let manifest = format!("{LIKE_MANIFEST}\n[tasks.one]\npackage = \"edu\"\n");
    alike_shows("like_and_tasks", &alike(&manifest, LIKE_CHIP));
    let repository = alike(LIKE_MANIFEST, LIKE_CHIP);
    let manifest = replace(LIKE_MANIFEST, "\"board\"", "\"twin\"");
    repository.write("app/demo/third.toml", &manifest);
    shows_of("like_of_a_like", &repository, "third");
    let manifest = replace(MANIFEST, "device = \"uart0\"", "device = \"uart7\"");
    let repository = alike(LIKE_MANIFEST, LIKE_CHIP);
    repository.write("app/demo/board.toml", &manifest);
    alike_shows("like_lacks_a_device", &repository);
}

/// The fixture on a board with an Armv7-M protection unit.
fn small_unit(manifest: &str) -> Repository {
    small_unit_of(manifest, CHIP)
}

/// The same of another chip file.
fn small_unit_of(manifest: &str, chip: &str) -> Repository {
    let (before, rest) = chip.split_once("platform = ").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let kernel = "platform = \"mps2\"\nuart-base = 1\ntimer-base = 2\ntimer-line = 3\nlines = 64\n";
    let chip = format!("{before}{kernel}\n{after}");
    let chip = replace(&chip, "riscv64-sv39", "armv7m-pmsa");
    let chip = replace(&chip, "riscv64imac-unknown-none-elf", "thumbv7m-none-eabi");
    Repository::new(manifest, &chip)
}

#[test]
fn a_protection_unit_holds_only_so_much() {
    let manifest = replace(MANIFEST, "device = \"uart0\"", "device = \"pci\"");
    let four = "pci = \"1234:11e8\"\ndma = true\ndma-pool = 8192\n\n[[tasks.edu.binds]]\ndevice = \"uart0\"\n\n[[tasks.edu.binds]]\npci = \"1234:0005\"";
    let edu = "pci = \"1234:11e8\"\ndma = true\ndma-pool = 8192";
    let manifest = replace(&manifest, edu, four);
    shows_of("too_many_windows", &small_unit(&manifest), "board");
    // The number in the manifest is used.
    let fewer = replace(&manifest, "\"1234:0005\"", "\"1234:0005\"\nwindows = 1");
    let plan = leasehold_build::check(small_unit(&fewer).root(), "demo", "board").unwrap();
    let entries: Vec<u32> = plan.tasks.iter().map(|task| task.entries).collect();
    assert_eq!(entries, [3, 4, 8, 5]);
    let lent = "stack = 2048\nlends = [\"supervisor\", \"console\"]\ncalls";
    let lent = MANIFEST.replacen("stack = 2048\ncalls", lent, 1);
    let plan = leasehold_build::check(small_unit(&lent).root(), "demo", "board").unwrap();
    assert_eq!(plan.tasks[1].entries, 5);
}

#[test]
fn more_tasks_than_a_word_of_32_bits_has_room_for() {
    let with = |fillers: usize| {
        (0..fillers).fold(MANIFEST.to_owned(), |manifest, number| {
            manifest
                + &format!(
                    "\n[tasks.filler-{number}]\npackage = \"edu\"\npriority = 3\nstack = 512\n"
                )
        })
    };
    let plan = leasehold_build::check(small_unit(&with(28)).root(), "demo", "board").unwrap();
    assert_eq!(plan.tasks.len(), 32);
    shows_of("too_many_tasks", &small_unit(&with(29)), "board");
}

#[test]
fn what_does_not_fit_a_protection_unit_or_its_alignment() {
    let manifest = replace(
        MANIFEST,
        "chip = \"small\"",
        "chip = \"small\"\npage-tables = 40",
    );
    shows_of("page_tables_without_pages", &small_unit(&manifest), "board");
    let far = replace(
        CHIP,
        "base = 0x1000_0000, size = 0x100",
        "base = 0xffff_f000, size = 0x2000",
    );
    shows_of("window_past_4_gib", &small_unit_of(MANIFEST, &far), "board");
    // Two regions of 5 MiB each: eighths of 1 MiB, so both fit beside 2 MiB for the kernel in 16 MiB
    // by their sizes, but not by their places.
    let manifest = replace(MANIFEST, "stack = 8192", "stack = 5_242_880");
    let manifest = replace(&manifest, "stack = 4096", "stack = 5_242_880");
    let manifest = replace(&manifest, "arena = 4096", "arena = 1_048_576");
    shows_of("more_than_ram_in_regions", &small_unit(&manifest), "board");
}

/// The same with flash from 0x2000_0000 on.
fn with_flash(manifest: &str, size: &str) -> Repository {
    let memory = format!(
        "[memory.flash]\nbase = 0x2000_0000\nsize = {size}\n\n\
         [memory.kernel-data]\nbase = 0x8020_0000\nsize = 0x0010_0000\n\n[memory.ram]"
    );
    let chip = replace(CHIP, "[memory.ram]", &memory);
    let chip = replace(
        &chip,
        "[memory.kernel]\nbase = 0x8020_0000",
        "[memory.kernel]\nbase = 0x2000_0000",
    );
    small_unit_of(manifest, &chip)
}

#[test]
fn flash_is_another_memory_than_ram_with_the_kernel_in_it() {
    let plan = leasehold_build::check(with_flash(MANIFEST, "0x0020_0000").root(), "demo", "board");
    assert_eq!(
        plan.unwrap().chip.memory.kernel_ram().get_ref().base,
        0x8020_0000
    );
    let repository = with_flash(MANIFEST, "0x0010_0000");
    shows_of("kernel_larger_than_flash", &repository, "board");
    let repository = with_flash(MANIFEST, "0x8000_0000");
    shows_of("flash_over_ram", &repository, "board");
}

#[test]
fn what_is_the_kernel_s_own_on_an_arm_board() {
    let with = |from: &str, to: &str| small_unit_of(MANIFEST, &replace(CHIP, from, to));
    let line = with("interrupts = [10]", "interrupts = [3]");
    shows_of("line_of_the_kernel", &line, "board");
    let registers = with(
        "base = 0x1000_0000, size = 0x100",
        "base = 0xe000_e000, size = 0x100",
    );
    shows_of("registers_of_the_processor", &registers, "board");
    let chip = "chips/small/chip.toml";
    let repository = small_unit(MANIFEST);
    let text = std::fs::read_to_string(repository.root().join(chip)).unwrap();
    repository.write(chip, &replace(&text, "timer-line = 3", "timer-line = 64"));
    shows_of("line_of_the_kernel_past_the_last", &repository, "board");
}

#[test]
fn a_size_past_all_sense_is_told_on_hardware_without_pages() {
    let manifest = replace(MANIFEST, "arena = 4096", "arena = 9223372036854775807");
    let error = leasehold_build::check(small_unit(&manifest).root(), "demo", "board");
    let shown = error.expect_err("a fault").to_string();
    assert!(shown.contains("is larger than any memory"), "{shown}");
}

#[test]
fn a_manifest_under_another_chip_s_name() {
    let repository = alike(LIKE_MANIFEST, LIKE_CHIP);
    repository.write("app/demo/other.toml", MANIFEST);
    shows_of("manifest_for_another_board", &repository, "other");
}

#[test]
fn the_fixture_itself_has_no_fault() {
    let repository = Repository::new(MANIFEST, CHIP);
    let plan = leasehold_build::check(repository.root(), "demo", "board").unwrap();
    let names: Vec<&str> = plan.tasks.iter().map(|task| task.name.as_str()).collect();
    assert_eq!(names, ["supervisor", "console", "edu", "child"]);
    assert_eq!(plan.tasks[2].calls, 0b11);
    assert_eq!(plan.tasks[2].notifies, 0b10);
    assert_eq!(plan.tasks[2].lends, 0b1);
    assert!(plan.tasks[0].autostart);
}

#[test]
fn names_are_no_paths() {
    let repository = Repository::new(MANIFEST, CHIP);
    let fault = |app: &str, board: &str| {
        let plan = leasehold_build::check(repository.root(), app, board);
        plan.map(drop).unwrap_err().to_string()
    };
    for app in ["demo/", "./demo", "../app/demo"] {
        let expected = format!("there is no app `{app}`; the apps are: demo");
        assert_eq!(fault(app, "board"), expected);
    }
    let error = fault("demo", "../demo/board");
    assert!(error.contains("has no board `../demo/board`"), "{error}");
    assert!(leasehold_build::check(repository.root(), "demo", "board").is_ok());
}

#[test]
fn the_chips_and_manifests_of_the_project_have_no_fault() {
    let package = shows::package();
    let root = package.parent().unwrap();
    let mut checked = 0;
    for (app, boards) in leasehold_build::list::apps(root) {
        for board in boards {
            let plan = leasehold_build::check(root, &app, &board).unwrap();
            assert!(plan.warnings.is_empty(), "{}", plan.warnings);
            supervisor_has_most_slots(&plan);
            checked += 1;
        }
    }
    assert!(checked > 0);
    let chips = leasehold_build::list::chips(root);
    let fixture = Repository::new(MANIFEST, CHIP);
    for chip in &chips {
        let path = format!("chips/{chip}/chip.toml");
        fixture.write(&path, &std::fs::read_to_string(root.join(&path)).unwrap());
    }
    for chip in &chips {
        let supervisor = "[tasks.one]\npackage = \"supervisor\"\npriority = 0\nstack = 4096\n";
        let manifest = format!("chip = \"{chip}\"\n\n{supervisor}");
        fixture.write(&format!("app/demo/{chip}.toml"), &manifest);
        leasehold_build::check(fixture.root(), "demo", chip).unwrap();
    }
    assert!(chips.len() > 4, "{chips:?}");
}

/// A task that makes the supervisor lend without end must wear itself out first. So the supervisor has more slots than
/// all tasks together that offer devices, by one for each binding.
fn supervisor_has_most_slots(plan: &leasehold_build::plan::Plan) {
    let binds: usize = plan.tasks.iter().map(|task| task.binds.len()).sum();
    let offering = plan.tasks.iter().filter(|task| !task.offers.is_empty());
    let others: u32 = offering.map(|task| task.shares.leases).sum();
    let supervisor = plan.tasks[0].shares.leases;
    assert!(
        supervisor >= others + binds as u32,
        "{supervisor} beside {others}"
    );
}

#[test]
fn a_table_as_small_as_may_be_leaves_the_supervisor_most_slots() {
    let fixture = Repository::new(&format!("leases = 16\n{MANIFEST}"), CHIP);
    let plan = leasehold_build::check(fixture.root(), "demo", "board").unwrap();
    supervisor_has_most_slots(&plan);
}

#[test]
fn every_fault_is_shown_at_once() {
    let manifest = replace(MANIFEST, "stack = 8192", "stack = 0");
    let manifest = replace(&manifest, "device = \"uart0\"", "device = \"uart7\"");
    let repository = Repository::new(&manifest, CHIP);
    let shown = leasehold_build::check(repository.root(), "demo", "board")
        .unwrap_err()
        .to_string();
    assert_eq!(shown.matches("error: ").count(), 2, "{shown}");
}

#[test]
fn a_fault_leaves_the_output_folder_alone() {
    let manifest = replace(MANIFEST, "stack = 8192", "stack = 0");
    let repository = Repository::new(&manifest, CHIP);
    repository.write("out/demo/board/image.elf", "the last good one");
    let workspace = leasehold_build::Workspace::new(repository.root());
    leasehold_build::build(&workspace, "demo", "board").expect_err("a fault");
    let folder: Vec<_> = std::fs::read_dir(repository.root().join("out/demo"))
        .unwrap()
        .collect();
    assert_eq!(folder.len(), 1, "{folder:?}");
    let image = std::fs::read(repository.root().join("out/demo/board/image.elf")).unwrap();
    assert_eq!(image, b"the last good one");
}

#[test]
fn an_unknown_app_or_board_names_those_there_are() {
    let repository = Repository::new(MANIFEST, CHIP);
    let ask = |app, board| {
        leasehold_build::check(repository.root(), app, board)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        ask("dmeo", "board"),
        "there is no app `dmeo`; the apps are: demo"
    );
    assert_eq!(
        ask("demo", "virt"),
        "app `demo` has no board `virt` (app/demo/virt.toml); its boards are: board"
    );
}
