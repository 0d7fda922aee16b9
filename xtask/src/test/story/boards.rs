//! The names of the story's parts on each board, and the steps for its devices.

use super::step::{Step, refused, step};
use anyhow::{Context, Result};

/// One kind of board.
pub(super) struct Names {
    /// Whether the README's transcript is of this kind.
    pub(super) has_transcript: bool,
    /// What the auxiliary parent's device says that it is.
    pub(super) identity: &'static str,
    /// The two auxiliary devices.
    pub(super) devices: [&'static str; 2],
    /// The task that binds each.
    pub(super) children: [&'static str; 2],
    /// What else the tree of leases shows of them.
    pub(super) in_tree: &'static [&'static str],
    /// Devices that stay in the tree when the parent is gone.
    pub(super) others: &'static [&'static str],
    /// What `ps` shows of the tasks that must not notice: all but parent and misbehaver.
    pub(super) bystanders: &'static [&'static str],
    /// What goes on while the parent is gone.
    pub(super) meanwhile: fn() -> Vec<Step>,
    /// What the board's devices do.
    pub(super) devices_work: fn() -> Vec<Step>,
    /// Steps that need the host's time. They run on a machine that uses the host's time, after the parent has crashed.
    pub(super) by_host: fn() -> Vec<Step>,
    /// A device to unbind that only the shell uses, where there is one, and a line that needs it.
    pub(super) unbinds: Option<(&'static str, &'static str)>,
    /// Lines that need what the board lacks, and what is said.
    pub(super) lacks: &'static [(&'static str, &'static str)],
}

/// The names on a board.
///
/// # Errors
/// For a board that nobody has given any.
pub(super) fn names(board: &str) -> Result<&'static Names> {
    let kind = BOARDS.iter().find(|(name, _)| *name == board);
    Ok(kind
        .with_context(|| {
            format!("the story has no names for {board} (xtask/src/test/story/boards.rs)")
        })?
        .1)
}

static BOARDS: &[(&str, &Names)] = &[
    ("virt-rv64", &PCI),
    ("virt-rv32", &PCI),
    ("mps2-an385", &FPGAIO),
    ("mps2-an386", &FPGAIO),
    ("mps2-an505", &FPGAIO),
    ("th1520", &TH1520),
];

/// Boards with PCI: the parent drives `pci-testdev`, and one child has both devices.
static PCI: Names = Names {
    has_transcript: true,
    identity: "1b36:0005",
    devices: ["aux-parent.sample#0", "aux-parent.sample#1"],
    children: ["aux-child", "aux-child"],
    in_tree: &[],
    others: &["edu", "rtc"],
    bystanders: &["console", "rtc", "pci-host", "edu", "aux-child", "shell"],
    meanwhile: || vec![step("dma_works_meanwhile", "call edu.transfer 1024", &[])],
    devices_work: || {
        vec![
            step("dma_works_both_ways", "call edu.transfer 4095", &[]),
            step("random_bytes_come", "call virtio-rng.fill 64", &["64"]),
            // The device has the next buffer, and waits for its host.
            step(
                "a_driver_ends_with_a_buffer_queued",
                "crash virtio-rng",
                &["virtio-rng of generation 1 is gone"],
            ),
            step("it_is_started_again", "sleep 500", &["virtio-rng: bound"]),
            step(
                "random_bytes_come_again",
                "call virtio-rng.fill 100",
                &["100"],
            ),
            // By a clock of instructions the machine has no disk.
            refused(
                "without_a_disk_it_is_said",
                "ls",
                &["storage does not run: its device is not there"],
            ),
            step(
                "the_clock_tells_the_date",
                "call rtc.date",
                &["20", ":", "UTC"],
            ),
        ]
    },
    // `edu` computes in a thread of the emulator's, and the disk is the host's.
    by_host: || {
        vec![
            step("the_disk_has_no_file_yet", "ls", &[]).lacks(&["NOTE"]),
            step(
                "a_file_is_on_the_medium",
                "write note.txt bananas",
                &["note.txt: 8 bytes, on the medium"],
            ),
            step(
                "the_disk_s_driver_crashes",
                "crash virtio-blk",
                &["virtio-blk of generation 1 is gone"],
            ),
            step("the_file_is_there", "cat NOTE.TXT", &["bananas"]),
            step("it_is_listed", "ls", &["8  NOTE.TXT"]),
            step("there_is_room", "df", &["KiB free of"]),
            refused(
                "a_name_that_is_too_long_is_none",
                "write bananas-and-more.txt x",
                &[
                    "bananas-and-more.txt: not a file's name: eight characters, a dot and three more",
                ],
            ),
            refused(
                "a_file_that_is_not_there_is_said_to_be",
                "cat nothing",
                &["nothing: no such file"],
            ),
            step("it_is_removed", "rm note.txt", &[]),
            refused("and_gone", "cat note.txt", &["no such file"]),
            step("a_setting_is_kept", "set log-kib 8", &["log-kib is 8"]),
            step("it_is_shown", "settings", &["log-kib 8 "]),
            refused(
                "a_setting_out_of_range_is_refused",
                "set log-kib 1025",
                &["a number from 0 to 1024"],
            ),
            step("the_journal_writes_in_time", "sleep 2500", &[]),
            step(
                "the_log_is_on_the_disk",
                "cat log.txt",
                &["-- boot --", "virtio-blk: started again, generation 2"],
            ),
            step(
                "edu_computes_meanwhile",
                "call edu.factorial 10",
                &["3628800"],
            ),
            step("and_again", "call edu.factorial 20", &["2192834560"]),
        ]
    },
    unbinds: Some(("1234:11e8", "call edu.transfer 5")),
    lacks: &[
        ("call aux-leds.light 1", "no task 'aux-leds'"),
        ("call timer.alarm 1", "no task 'timer'"),
        ("call ethernet", "no task 'ethernet'"),
    ],
};

/// Boards with the FPGAIO block: one child has the LEDs, another buttons and counters.
static FPGAIO: Names = Names {
    has_transcript: false,
    identity: "fpgaio",
    devices: ["aux-parent.leds#0", "aux-parent.buttons#1"],
    children: ["aux-leds", "aux-buttons"],
    // Lent with the right to read only, whatever the parent may do.
    in_tree: &["32 B     r-- claimed   window0"],
    others: &["timer1", "ethernet"],
    bystanders: &[
        "console",
        "timer",
        "ethernet",
        "aux-leds",
        "aux-buttons",
        "shell",
    ],
    meanwhile: || {
        vec![
            refused(
                "no_led_is_lit_by_a_lease_that_is_over",
                "call aux-leds.light 3",
                &["the lease is revoked"],
            ),
            refused(
                "no_button_is_read_by_one",
                "call aux-buttons.inputs",
                &["the lease is revoked"],
            ),
            // 50 ms, in ticks of the kernel's clock, which has 20 or 25 MHz on these boards.
            step(
                "the_timer_interrupts_meanwhile",
                "call timer.alarm 50000",
                &[],
            )
            .at_least("", 1_000_000),
        ]
    },
    devices_work: || {
        vec![
            step("the_leds_are_lit", "call aux-leds.light 2", &["2"]).lacks(&["1"]),
            step("others_are_lit", "call aux-leds.light 1", &["1"]).lacks(&["2"]),
            step(
                "the_buttons_are_read",
                "call aux-buttons.inputs",
                &["buttons: 0, "],
            )
            .at_least("hundredths: ", 150),
            step(
                "a_wait_in_place_is_as_long_as_asked",
                "call timer.delay 100",
                &[],
            )
            .at_least("", 2_000),
            step(
                "the_controller_is_known",
                "call ethernet.identify",
                &["chip: 280, ", "byte_test: 2271560481, "],
            ),
        ]
    },
    by_host: Vec::new,
    unbinds: Some(("timer1", "call timer.alarm 1000")),
    lacks: &[
        ("call edu.factorial 5", "no task 'edu'"),
        ("call rtc.now", "no task 'rtc'"),
    ],
};

/// The TH1520: the parent has the temperature sensors, and one child has both devices.
static TH1520: Names = Names {
    has_transcript: false,
    identity: "sensors",
    devices: ["aux-parent.sample#0", "aux-parent.sample#1"],
    children: ["aux-child", "aux-child"],
    in_tree: &[],
    others: &["uart0"],
    bystanders: &["console", "control", "dmac", "aux-child", "shell"],
    meanwhile: || vec![step("dma_works_meanwhile", "call dmac.copy 1024", &[])],
    devices_work: || {
        vec![
            step("dma_works_beside_the_caches", "call dmac.copy 4096", &[]),
            refused(
                "no_copy_is_longer_than_its_buffer",
                "call dmac.copy 4097",
                &["invalid"],
            ),
        ]
    },
    by_host: Vec::new,
    unbinds: None,
    lacks: &[
        ("call edu.factorial 5", "no task 'edu'"),
        ("call rtc.now", "no task 'rtc'"),
        ("call aux-leds.light 1", "no task 'aux-leds'"),
        ("call timer.alarm 1", "no task 'timer'"),
        ("call ethernet", "no task 'ethernet'"),
    ],
};
