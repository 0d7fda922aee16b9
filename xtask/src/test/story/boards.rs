//! The names of the story's parts on each board, and the steps for its devices.

use super::steps::{Step, refused, step};
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
    /// A device to unbind that only the shell uses, where there is one; a line that needs it, and what comes of the
    /// line while it is bound.
    pub(super) unbinds: Option<(&'static str, &'static str, &'static str)>,
    /// Lines that need what the board lacks, and what that is.
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
    meanwhile: || {
        vec![step(
            "dma_works_meanwhile",
            "dma 1024",
            &["1024 bytes", "equal"],
        )]
    },
    devices_work: || {
        vec![
            step("dma_works_both_ways", "dma 4095", &["4095 bytes", "equal"]),
            step("the_clock_tells_the_date", "date", &["20", ":", "UTC"]),
        ]
    },
    // `edu` computes in a thread of the emulator's.
    by_host: || {
        vec![
            step("edu_computes_meanwhile", "fact 10", &["10! = 3628800"]),
            step("and_again", "fact 20", &["modulo 2^32"]),
        ]
    },
    unbinds: Some(("1234:11e8", "dma 5", "5 bytes")),
    lacks: &[
        ("leds 1", "LEDs"),
        ("timer 1", "timer for drivers"),
        ("eth", "Ethernet controller"),
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
                "leds 3",
                &["the lease is revoked"],
            ),
            refused(
                "no_button_is_read_by_one",
                "buttons",
                &["the lease is revoked"],
            ),
            step("the_timer_interrupts_meanwhile", "timer 50", &[])
                .at_least("interrupted after ", 50),
        ]
    },
    devices_work: || {
        vec![
            step("the_leds_are_lit", "leds 2", &["LEDs lit: 0b10"]),
            step("others_are_lit", "leds 1", &["LEDs lit: 0b01"]),
            step(
                "the_buttons_are_read",
                "buttons",
                &["buttons pressed: 0b00"],
            )
            .at_least(" s, ", 150),
            step("a_wait_in_place_is_as_long_as_asked", "timer 1", &[]).at_least("took ", 100),
            step(
                "the_controller_is_known",
                "eth",
                &["chip 0118", "byte test 87654321"],
            ),
        ]
    },
    by_host: Vec::new,
    unbinds: Some(("timer1", "timer 1", "the timer interrupted")),
    lacks: &[
        ("fact 5", "edu device"),
        ("dma 16", "edu device"),
        ("date", "real-time clock"),
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
    bystanders: &["console", "aux-child", "shell"],
    meanwhile: Vec::new,
    devices_work: Vec::new,
    by_host: Vec::new,
    unbinds: None,
    lacks: &[
        ("fact 5", "edu device"),
        ("date", "real-time clock"),
        ("leds 1", "LEDs"),
        ("timer 1", "timer for drivers"),
        ("eth", "Ethernet controller"),
    ],
};
