//! What a person is shown for a value of the right type that makes no sense.

mod common;
#[macro_use]
#[path = "common/shows.rs"]
mod shows;

use common::{CHIP, MANIFEST, Repository, replace};
use leasehold_build::plan::Bind;
use shows::shows_of;

faults! {
    // Programs.
    unknown_binary: shows manifest "package = \"console\"" => "package = \"console\"\nbinary = \"nope\"";
    package_of_a_library: shows manifest "package = \"console\"" => "package = \"library\"";
    unknown_processor: shows chip "ticks-per-second" => "floating-point = \"sifive-u55\"\nticks-per-second";
    unknown_target: shows chip "riscv64imac-unknown-none-elf" => "riscv64imax-unknown-none-elf";
    // Settings: the fixture's `edu` declares one.
    setting_of_no_package: shows manifest "package = \"console\"" => "package = \"console\"\nsettings = { baud = 1 }";
    setting_misspelt: shows manifest "arena = 4096" => "arena = 4096\nsettings = { buad = 1 }";
    setting_of_a_wrong_type: shows manifest "arena = 4096" => "arena = 4096\nsettings = { baud = \"fast\" }";
    setting_out_of_its_range: shows manifest "arena = 4096" => "arena = 4096\nsettings = { baud = 299 }";
    setting_past_its_type: shows manifest "arena = 4096" => "arena = 4096\nsettings = { width = 256 }";
    setting_that_is_true_or_false: shows manifest "arena = 4096" => "arena = 4096\nsettings = { echo = 1 }";
    setting_that_is_none_of_its_choices: shows manifest "arena = 4096" => "arena = 4096\nsettings = { parity = \"odd\" }";
    setting_that_is_no_list: shows manifest "arena = 4096" => "arena = 4096\nsettings = { address = 2 }";
    setting_with_a_short_list: shows manifest "arena = 4096" => "arena = 4096\nsettings = { address = [2, 0, 0] }";
    setting_with_a_wrong_entry: shows manifest "arena = 4096" => "arena = 4096\nsettings = { address = [2, 0, 0, 0, 0, 256] }";
    settings_that_differ_in_one_program: shows manifest "calls = [\"console\", \"supervisor\"]" => "calls = [\"console\", \"supervisor\"]\nsettings = { baud = 301 }\n\n[tasks.more]\npackage = \"edu\"\npriority = 9\nstack = 2048\ncalls = [\"supervisor\"]\nsettings = { baud = 300 }\n\n[tasks.child.restart]";
    // Lists.
    calls_of_nobody: warns manifest "calls = [\"console\", \"supervisor\"]" => "calls = []";
    calls_without_the_supervisor: warns manifest "calls = [\"console\", \"supervisor\"]" => "calls = [\"console\"]";
    no_calls_at_all: warns manifest "calls = [\"console\", \"supervisor\"]\n" => "";
    notifies_nobody: warns manifest "notifies = [\"console\"]" => "notifies = []";
    lends_to_nobody: warns manifest "notifies = [\"console\"]" => "lends = []";
    offers_of_nothing: warns manifest "notifies = [\"console\"]\noffers = [\"sample\"]\n\n[[tasks.edu.binds]]\npci = \"1234:11e8\"\ndma = true\ndma-pool = 8192\n\n[tasks.child]\npackage = \"edu\"\npriority = 2\nstack = 2048\ncalls = [\"console\", \"supervisor\"]\n\n[[tasks.child.binds]]\nauxiliary = \"edu.sample\"\nid = 1\n" => "offers = []\n";
    call_twice: shows manifest "calls = [\"supervisor\", \"console\"]" => "calls = [\"supervisor\", \"console\", \"supervisor\"]";
    notification_twice: shows manifest "notifies = [\"console\"]" => "notifies = [\"console\", \"console\"]";
    lends_twice: shows manifest "notifies = [\"console\"]" => "lends = [\"child\", \"child\"]";
    lends_to_itself: shows manifest "notifies = [\"console\"]" => "lends = [\"edu\"]";
    offer_twice: shows manifest "offers = [\"sample\"]" => "offers = [\"sample\", \"sample\"]";
    // Auxiliary devices.
    offer_without_a_name: shows manifest "offers = [\"sample\"]" => "offers = [\"sample\", \"\"]";
    offer_with_a_dot: shows manifest "offers = [\"sample\"]" => "offers = [\"sample\", \"edu.more\"]";
    offer_in_upper_case: shows manifest "offers = [\"sample\"]" => "offers = [\"sample\", \"Sample\"]";
    offer_too_long: shows manifest "offers = [\"sample\"]" => "offers = [\"sample\", \"a-name-that-is-much-too-long\"]";
    offer_without_a_device: shows manifest "calls = [\"console\", \"supervisor\"]\n\n[[tasks.child.binds]]\nauxiliary = \"edu.sample\"\nid = 1\n" => "calls = [\"supervisor\"]\noffers = [\"other\"]\n";
    offer_without_an_arena: shows manifest "arena = 4096\n" => "";
    auxiliary_of_its_own: shows manifest "calls = [\"console\", \"supervisor\"]" => "calls = [\"supervisor\"]\narena = 4096\noffers = [\"part\"]\n\n[[tasks.child.binds]]\nauxiliary = \"child.part\"";
    // PCI.
    pci_function_in_two_cases: shows manifest "auxiliary = \"edu.sample\"\nid = 1" => "pci = \"1234:11E8\"";
    pci_identifier_with_a_sign: shows manifest "1234:11e8" => "+123:11e8";
    pci_identifier_of_an_empty_place: shows manifest "1234:11e8" => "FFFF:11e8";
    pci_identifier_of_zeros: shows manifest "1234:11e8" => "0000:0000";
    pools_and_a_pool: shows manifest "dma-pool = 8192" => "dma-pool = 8192\ndma-pools = [4096]";
    pools_of_nothing: shows manifest "dma-pool = 8192" => "dma-pools = []";
    pool_of_several_not_positive: shows manifest "dma-pool = 8192" => "dma-pools = [8192, 0]";
    more_pools_than_a_binding_has: shows manifest "dma-pool = 8192" => "dma-pools = [8192, 8192, 8192, 8192, 4096]";
    pool_of_a_device_without_dma: shows manifest "device = \"uart0\"" => "device = \"uart0\"\ndma-pool = 4096";
    dma_cache_of_another_processor: shows chip "ticks-per-second = 1_000_000" => "ticks-per-second = 1_000_000\ndma-cache = \"zicbom\"";
    pool_without_dma: shows manifest "dma = true\n" => "";
    pool_with_dma_off: shows manifest "dma = true" => "dma = false";
    pool_larger_than_any_memory: shows manifest "dma-pool = 8192" => "dma-pool = 9223372036854775807";
    // Sizes, times and counts.
    stack_of_a_few_bytes: shows manifest "stack = 8192" => "stack = 16";
    name_that_looks_like_an_option: shows manifest "[tasks.child]" => "[tasks.-child]\npackage = \"edu\"\npriority = 9\nstack = 2048\ncalls = [\"supervisor\"]\n\n[tasks.child]";
    deadline_of_nothing: shows manifest "stack = 8192" => "stack = 8192\nrelease-ms = 0";
    supervisor_s_deadline_too_short: shows manifest "stack = 8192" => "stack = 8192\nrelease-ms = 100";
    supervisor_not_started: shows manifest "stack = 8192" => "stack = 8192\nautostart = false";
    more_ends_than_are_counted: shows manifest "arena = 4096" => "arena = 4096\nrestart.limit = 40";
    quarantine_at_once: shows manifest "arena = 4096" => "arena = 4096\nrestart.limit = 0";
    quarantine_never: shows manifest "arena = 4096" => "arena = 4096\nrestart.window-ms = 0";
    restart_of_what_never_does: shows manifest "arena = 4096" => "arena = 4096\nrestart = { policy = \"never\", backoff-ms = 20 }";
    unknown_policy: shows manifest "arena = 4096" => "arena = 4096\nrestart.policy = \"sometimes\"";
    no_window_at_once: shows manifest "device = \"uart0\"" => "device = \"uart0\"\nwindows = 0";
    more_windows_than_a_device_has: shows manifest "device = \"uart0\"" => "device = \"uart0\"\nwindows = 2";
    more_windows_than_a_function_has: shows manifest "dma-pool = 8192" => "dma-pool = 8192\nwindows = 9";
    more_windows_than_an_auxiliary_device_has: shows manifest "id = 1" => "id = 1\nwindows = 7";
    windows_that_nobody_lends: shows manifest "arena = 4096" => "arena = 4096\nwindows = 1";
    // The chip file.
    clock_past_all_sense: shows chip "ticks-per-second = 1_000_000" => "ticks-per-second = 9_000_000_000_000_000_000";
    room_of_the_kernel_that_is_empty: shows chip "base = 0x8020_0000\nsize = 0x0020_0000" => "base = 0x8020_0000\nsize = 0";
    kernel_above_4_gib: shows chip "base = 0x8000_0000\nsize = 0x0100_0000\n\n[memory.firmware]\nbase = 0x8000_0000\nsize = 0x0020_0000\n\n[memory.kernel]\nbase = 0x8020_0000" => "base = 0x1_0000_0000\nsize = 0x0100_0000\n\n[memory.kernel]\nbase = 0x1_0020_0000";
    flash_without_room_for_data: shows chip "[memory.ram]" => "[memory.flash]\nbase = 0x2000_0000\nsize = 0x0010_0000\n\n[memory.ram]";
    room_for_data_without_flash: shows chip "[memory.ram]" => "[memory.kernel-data]\nbase = 0x8040_0000\nsize = 0x0010_0000\n\n[memory.ram]";
    flash_with_pages: shows chip "[memory.ram]" => "[memory.flash]\nbase = 0x2000_0000\nsize = 0x0010_0000\n\n[memory.kernel-data]\nbase = 0x8040_0000\nsize = 0x0010_0000\n\n[memory.ram]";
    kernel_s_device_out_of_reach: shows chip "plic-base = 0x0c00_0000" => "plic-base = 0x40_8c00_0000";
    windows_seen_at_one_address: shows chip "base = 0x1000_0000, size = 0x100" => "base = 0x40_3000_0000, size = 0x100";
    window_seen_over_ram: shows chip "base = 0x1000_0000, size = 0x100" => "base = 0xc0_8000_0000, size = 0x100";
    window_over_the_end_of_what_is_seen: shows chip "base = 0x1000_0000, size = 0x100" => "base = 0x3f_ffff_f000, size = 0x2000";
    window_named_like_an_interrupt: shows chip "name = \"registers\"" => "name = \"irq0\"";
    window_without_a_name: shows chip "name = \"registers\"" => "name = \"\"";
    device_with_a_dot: shows chip "[devices.uart0]" => "[devices.\"uart.0\"]";
}

#[test]
fn a_device_without_dma_has_a_pool_all_the_same() {
    let manifest = replace(
        MANIFEST,
        "device = \"uart0\"",
        "device = \"uart0\"\npool = 5000",
    );
    let repository = Repository::new(&manifest, CHIP);
    let plan = leasehold_build::check(repository.root(), "demo", "board").unwrap();
    let Bind::Platform { pools, .. } = &plan.tasks[1].binds[0] else {
        panic!("{:?}", plan.tasks[1].binds);
    };
    let [pool] = pools[..] else {
        panic!("{pools:?}");
    };
    let grant = &plan.grants[usize::from(pool)];
    assert_eq!((grant.pool, grant.length), (Some(1), 8192));
}

#[test]
fn two_packages_with_a_program_of_one_name() {
    let manifest = replace(MANIFEST, "package = \"console\"", "package = \"twin\"");
    let repository = Repository::new(&manifest, CHIP);
    let text = "[package]\nname = \"twin\"\n\n[[bin]]\nname = \"edu\"\npath = \"src/main.rs\"\n";
    repository.write("drivers/twin/Cargo.toml", text);
    repository.write("drivers/twin/src/main.rs", "");
    shows_of("program_of_two_packages", &repository, "board");
}

#[test]
fn ram_may_go_on_above_4_gib() {
    let chip = replace(CHIP, "size = 0x0100_0000", "size = 0x2_0000_0000");
    let repository = Repository::new(MANIFEST, &chip);
    let plan = leasehold_build::check(repository.root(), "demo", "board").unwrap();
    assert_eq!(plan.chip.memory.ram.get_ref().end(), 0x2_8000_0000);
    assert_eq!(plan.chip.memory.for_image().end(), 1 << 32);
    // RAM below 4 GiB must be enough, however much there is above.
    let manifest = replace(MANIFEST, "arena = 4096", "arena = 2_147_483_648");
    let repository = Repository::new(&manifest, &chip);
    shows_of("more_than_ram_below_4_gib", &repository, "board");
}

#[test]
fn what_a_binding_may_claim_is_told_to_its_task() {
    let manifest = replace(MANIFEST, "dma-pool = 8192", "dma-pool = 8192\nwindows = 2");
    let manifest = replace(&manifest, "id = 1", "id = 1\nwindows = 1");
    let repository = Repository::new(&manifest, CHIP);
    let plan = leasehold_build::check(repository.root(), "demo", "board").unwrap();
    let limits: Vec<(u32, u32)> = plan
        .tasks
        .iter()
        .flat_map(|task| &task.window_limits)
        .map(|limit| (limit.id, limit.windows))
        .collect();
    assert_eq!(limits, [(0x1234_11e8, 2), (1, 1)]);
}

#[test]
fn a_task_has_room_for_each_line_that_it_may_claim() {
    let chip = replace(CHIP, "interrupts = [10]", "interrupts = [10, 11]");
    let repository = Repository::new(MANIFEST, &chip);
    let plan = leasehold_build::check(repository.root(), "demo", "board").unwrap();
    let lines = plan.tasks.iter();
    let lines: Vec<(&str, usize)> = lines
        .map(|task| (task.name.as_str(), plan.interrupts(task)))
        .filter(|(_, lines)| *lines != 0)
        .collect();
    assert_eq!(lines, [("console", 2), ("edu", 1)]);
}

#[test]
fn a_program_is_told_whom_its_task_may_call_notify_or_lend_to() {
    let manifest = replace(
        MANIFEST,
        "notifies = [\"console\"]",
        "notifies = [\"console\", \"child\"]",
    );
    let repository = Repository::new(&manifest, CHIP);
    let plan = leasehold_build::check(repository.root(), "demo", "board").unwrap();
    let told = |name: &str| -> Vec<&str> {
        let task = plan.tasks.iter().find(|task| task.name == name).unwrap();
        let found = task.peers.iter().map(|peer| {
            let found = &plan.tasks[peer.rank as usize];
            assert_eq!(peer.label, leasehold_abi::label(&found.name));
            found.name.as_str()
        });
        found.collect()
    };
    assert_eq!(told("supervisor"), [""; 0]);
    assert_eq!(told("edu"), ["supervisor", "console", "child"]);
    assert_eq!(told("child"), ["supervisor", "console"]);
}

#[test]
fn a_setting_and_words_for_the_emulator_reach_the_plan() {
    let from = "calls = [\"console\", \"supervisor\"]";
    let manifest = replace(
        MANIFEST,
        from,
        &format!(
            "{from}\nsettings = {{ baud = 300, width = 255, echo = true, parity = \"even\", address = [2, 0, 0, 0, 0, 1] }}"
        ),
    );
    let words = "[qemu]\noptions = [\"-object\", \"rng-builtin,id=host\"]\ndevices = [\"edu\"]\n\
                 [qemu.classes]\noptions = [\"-netdev\", \"user,id=net0\"]\ndevices = [\"e1000\"]\n";
    let manifest = replace(
        &manifest,
        "[tasks.supervisor]",
        &format!("{words}\n[tasks.supervisor]"),
    );
    let repository = Repository::new(&manifest, CHIP);
    let plan = leasehold_build::check(repository.root(), "demo", "board").unwrap();
    let setting = |name: &str| plan.settings[&("edu".to_owned(), name.to_owned())].as_str();
    assert_eq!((setting("baud"), setting("width")), ("300", "255"));
    assert_eq!((setting("echo"), setting("parity")), ("true", "even"));
    let entries = setting("address").split_terminator('\x1f');
    assert_eq!(entries.collect::<Vec<_>>(), ["2", "0", "0", "0", "0", "1"]);
    assert_eq!(plan.qemu_options, ["-object", "rng-builtin,id=host"]);
    assert_eq!(plan.qemu_devices, ["edu"]);
    assert_eq!(plan.qemu_classes.options, ["-netdev", "user,id=net0"]);
    assert_eq!(plan.qemu_classes.devices, ["e1000"]);
}

/// A declaration in `Cargo.toml` that no value could fit is shown there, whether the manifest sets it or not.
#[test]
fn setting_that_is_declared_wrongly() {
    let repository = Repository::new(MANIFEST, CHIP);
    repository.write(
        "drivers/edu/Cargo.toml",
        "[package]\nname = \"edu\"\n\n[package.metadata.settings]\nbaud = { type = \"u32\", lest = 300 }\n",
    );
    shows_of("setting_that_is_declared_wrongly", &repository, "board");
}

/// A device of the chip may have pools, too, and a binding several; each is a grant with its own name.
#[test]
fn pools_become_grants() {
    let manifest = replace(MANIFEST, "dma-pool = 8192", "dma-pools = [8192, 4096]");
    let manifest = replace(
        &manifest,
        "device = \"uart0\"",
        "device = \"uart0\"\ndma = true\ndma-pool = 100",
    );
    let repository = Repository::new(&manifest, CHIP);
    let plan = leasehold_build::check(repository.root(), "demo", "board").unwrap();
    let pools = plan.grants.iter().filter(|grant| grant.pool.is_some());
    let pools: Vec<(&str, u64)> = pools.map(|grant| (&*grant.name, grant.length)).collect();
    assert_eq!(
        pools,
        [("console.dma", 4096), ("edu.dma", 8192), ("edu.dma1", 4096)]
    );
    let of = |name: &str| {
        let task = plan.tasks.iter().find(|task| task.name == name).unwrap();
        match &task.binds[0] {
            Bind::Platform { pools, .. } | Bind::Pci { pools, .. } => pools.clone(),
            Bind::Auxiliary { .. } => Vec::new(),
        }
    };
    let first = plan.grants.len() as u16 - 3;
    assert_eq!(of("console"), [first]);
    assert_eq!(of("edu"), [first + 1, first + 2]);
}
