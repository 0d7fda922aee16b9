//! The TH1520 in supervisor mode: the PLIC of T-Head's C900 cores, a DesignWare UART, the firmware's timer. It has no
//! power switch that software without the board's other cores reaches: the watchdog resets it instead.

use super::Platform;
use crate::board::Memory;
use crate::image::{CHIP, CONFIG, KERNEL};
use crate::report::{decimal, hexadecimal};
use core::ops::Range;
use leasehold_abi::GrantKind;
use leasehold_arch_riscv::boot::{self, BOOT_PAGES, gigapage};
use leasehold_arch_riscv::{C910, Entry, csr, sbi};
use leasehold_devices::device_tree::{self, Refusal};
use leasehold_devices::{DwUart, DwWatchdog, Plic, Switch};

/// What the chip file says, with physical addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    /// First register of the interrupt controller.
    pub(crate) plic_base: usize,
    /// The controller's context for supervisor mode of the boot hart.
    pub(crate) plic_context: usize,
    /// Interrupt lines, line 0 (none) among them.
    pub(crate) plic_lines: usize,
    /// First register of the early console, a DesignWare UART.
    pub(crate) uart_base: usize,
    /// First register of a DesignWare watchdog.
    pub(crate) watchdog_base: usize,
    /// First register of the gates of clocks.
    pub(crate) clocks_base: usize,
    /// First register of the resets.
    pub(crate) resets_base: usize,
}

/// T-Head's `mvendorid`. Its C910 has 0 in `marchid` and `mimpid` (Linux `arch/riscv/errata/thead/errata.c`).
const VENDOR: usize = 0x5b7;
/// MAEE in `sxstatus`: entries of pages have attributes (openC910 RTL, `ct_cp0_regs.v`).
const ATTRIBUTES: usize = 1 << 21;

/// What the roots of the boards' trees are compatible with: mainline's (U-Boot
/// `dts/upstream/src/riscv/thead/th1520-lichee-pi-4a.dts`), and the vendor's (revyos/thead-kernel
/// `arch/riscv/boot/dts/thead/th1520.dtsi`).
const BOARDS: &[&str] = &["thead,th1520", "thead,light"];

/// The end of the addresses of memory in the kernel's map.
const MEMORY_END: usize = 1 << 38;

// The header by which `booti` knows an image (Linux Documentation/arch/riscv/boot-image-header.rst). The first eight
// bytes are one jump and one instruction that does nothing. The build fills in the size of the image in memory, for the
// linker does not know of the tasks.
core::arch::global_asm!(
    ".section .text.header, \"ax\"",
    ".option push",
    ".option norvc",
    "j _start",
    "nop",
    ".option pop",
    ".dword {offset}",
    ".dword 0",
    ".dword 0",
    ".word 2",
    ".word 0",
    ".dword 0",
    ".ascii \"RISCV\\0\\0\\0\"",
    ".ascii \"RSC\\x05\"",
    ".word 0",
    offset = const KERNEL,
);

/// Gate and reset of watchdog 0 (Linux `drivers/clk/thead/clk-th1520-ap.c`, `drivers/reset/reset-th1520.c`).
const WATCHDOG_GATE: usize = 0x208;
const WATCHDOG_GATE_BIT: u32 = 1 << 3;
const WATCHDOG_RESET: usize = 0x34;
const WATCHDOG_RESET_BIT: u32 = 1;

/// The gigapages that the kernel itself needs before the tasks' tables exist: the image and the devices, which are all
/// in one.
#[unsafe(no_mangle)]
static LEASEHOLD_BOOT_PAGES: [Entry; BOOT_PAGES] = [
    gigapage::<C910>(KERNEL),
    gigapage::<C910>(CHIP.plic_base),
    gigapage::<C910>(CHIP.uart_base),
    gigapage::<C910>(CHIP.watchdog_base),
];

/// The machine.
pub(crate) struct Th1520 {
    plic: Plic,
    console: DwUart,
    watchdog: DwWatchdog,
}

impl Platform for Th1520 {
    // SAFETY: the chip file says that these devices are there, and the kernel's gigapages of them are mapped for ever.
    const NEW: Self = unsafe {
        Self {
            plic: Plic::new(
                Memory::address(CHIP.plic_base),
                CHIP.plic_context,
                CHIP.plic_lines as u32,
            ),
            console: DwUart::new(Memory::address(CHIP.uart_base)),
            watchdog: DwWatchdog::new(
                Memory::address(CHIP.watchdog_base),
                Switch {
                    address: Memory::address(CHIP.clocks_base + WATCHDOG_GATE),
                    bit: WATCHDOG_GATE_BIT,
                },
                Switch {
                    address: Memory::address(CHIP.resets_base + WATCHDOG_RESET),
                    bit: WATCHDOG_RESET_BIT,
                },
            ),
        }
    };
    const DEVICES: &'static [usize] = &[
        CHIP.plic_base,
        CHIP.uart_base,
        CHIP.watchdog_base,
        CHIP.clocks_base,
        CHIP.resets_base,
    ];

    fn check_processor() {
        let [vendor, architecture, implementation] = sbi::identity();
        if vendor != VENDOR || architecture != 0 || implementation != 0 {
            sbi::print(
                b"\nleasehold: this image is for the TH1520 (vendor 0x5b7, architecture 0, ",
            );
            sbi::print(b"implementation 0), and this processor has vendor ");
            print_number(vendor);
            sbi::print(b", architecture ");
            print_number(architecture);
            sbi::print(b", implementation ");
            print_number(implementation);
            halt();
        }
        let status = csr::extended_status();
        if status & ATTRIBUTES == 0 {
            sbi::print(b"\nleasehold: this image needs attributes in page-table entries (MAEE), ");
            sbi::print(b"and the firmware has them off: sxstatus ");
            print_number(status);
            halt();
        }
    }

    #[cold]
    #[inline(never)]
    #[unsafe(link_section = ".init.text")]
    unsafe fn check_machine(&mut self, device_tree: usize) {
        self.print(b"leasehold: TH1520, sxstatus ");
        hexadecimal(csr::extended_status(), self);
        self.print(b"\n");
        // SAFETY: a priority, which a read does not change; the kernel's devices are mapped.
        let priority = unsafe { csr::try_read(Memory::address(CHIP.plic_base + 4)) };
        if priority.is_none() {
            self.print(b"leasehold: the firmware has not delegated the interrupt controller: ");
            self.print(b"bit 0 of 0xffd81ffffc must be 1\n");
            halt_here();
        }
        // SAFETY: the caller's promise.
        match unsafe { tree(device_tree) }
            .ok_or(Refusal::NoTree)
            .and_then(|tree| device_tree::check(tree, BOARDS, &image()))
        {
            Ok(machine) => {
                self.print(b"leasehold: ");
                self.print(machine.name.as_bytes());
                self.print(b", ");
                decimal((machine.memory >> 20) as usize, self);
                self.print(b" MiB of memory\n");
            }
            Err(refusal) => self.refuse(refusal, device_tree),
        }
    }

    unsafe fn start(&mut self) {
        self.plic.start();
        let (bits, lines) = self.plic.widths();
        self.print(b"leasehold: the interrupt controller has ");
        decimal(bits as usize, self);
        self.print(b" bits of priority and ");
        decimal(lines as usize, self);
        self.print(b" lines\n");
        csr::enable_external();
        csr::enable_counters();
    }

    #[inline(always)]
    fn now(&self) -> u64 {
        csr::time()
    }

    fn set_alarm(&mut self, at: u64) {
        sbi::set_timer(at);
        csr::enable_timer();
    }

    #[inline(always)]
    fn interrupt_pending(&self) -> bool {
        csr::interrupt_pending()
    }

    #[inline(always)]
    fn take_line(&mut self) -> Option<u32> {
        self.plic.take()
    }

    fn unmask_line(&mut self, line: u32) {
        self.plic.unmask(line);
    }

    fn mask_line(&mut self, line: u32) {
        self.plic.mask(line);
    }

    fn print(&mut self, bytes: &[u8]) {
        self.console.print(bytes);
    }

    /// The firmware's System Reset is not tried: the vendor's claims to have it, and hangs in an `ebreak` of machine
    /// mode (revyos/thead-opensbi `lib/utils/reset/fdt_reset_thead.c`); mainline's has none. The exit code is told in
    /// words, for whoever reads the line.
    fn off(&mut self, code: u32, reset: bool) -> ! {
        if !reset {
            self.print(b"leasehold: off with code ");
            decimal(code as usize, self);
            self.print(b"; the watchdog resets the board\n");
        }
        self.console.drain();
        self.watchdog.reset();
        halt_here()
    }
}

/// The device tree at an address, if one is there.
///
/// # Safety
/// Call it at boot; the memory there must not change.
unsafe fn tree(address: usize) -> Option<&'static [u8]> {
    if address == 0 || address >= MEMORY_END {
        return None;
    }
    // SAFETY: the boot table is in use. Memory without a tree in it can be read too.
    unsafe {
        boot::map::<C910>(address);
        boot::map::<C910>(address + device_tree::HEAD);
        let start = Memory::address(address) as *const u8;
        let head = start.cast::<[u8; device_tree::HEAD]>().read_unaligned();
        let size = device_tree::size(head)?;
        boot::map::<C910>(address + size);
        Some(core::slice::from_raw_parts(start, size))
    }
}

/// Where the image lies, with all memory of its tasks.
fn image() -> Range<u64> {
    let mut end = KERNEL as u64;
    for task in CONFIG.tasks {
        for range in [task.text, task.constants, task.data] {
            end = end.max(range.base() as u64 + range.length() as u64);
        }
    }
    for grant in CONFIG.grants {
        if grant.kind == GrantKind::Memory {
            end = end.max(grant.base + grant.length);
        }
    }
    KERNEL as u64..end
}

impl Th1520 {
    fn refuse(&mut self, refusal: Refusal<'_>, tree: usize) -> ! {
        self.print(b"leasehold: stopped: ");
        match refusal {
            Refusal::NoTree => {
                self.print(b"there is no device tree at ");
                hexadecimal(tree, self);
            }
            Refusal::OtherBoard(name) => {
                self.print(b"this image is for boards with the TH1520, and this is ");
                self.print(name.as_bytes());
            }
            Refusal::NoMemory(end) => {
                self.told_image();
                self.print(b", and memory ends at ");
                hexadecimal(end as usize, self);
            }
            Refusal::Reserved(first, last) => {
                self.told_image();
                self.print(b", and the firmware reserves from ");
                hexadecimal(first as usize, self);
                self.print(b" to ");
                hexadecimal(last as usize, self);
            }
        }
        self.print(b"\n");
        halt_here()
    }

    fn told_image(&mut self) {
        let image = image();
        self.print(b"the image takes memory from ");
        hexadecimal(image.start as usize, self);
        self.print(b" to ");
        hexadecimal(image.end as usize, self);
    }
}

/// Waits for ever. The loop has no address that is kept in memory, so it works before translation too.
fn halt_here() -> ! {
    loop {
        csr::wait_for_interrupt();
    }
}

fn halt() -> ! {
    sbi::print(b"; stopped\n");
    halt_here()
}

/// A hexadecimal number, by the firmware's console.
fn print_number(value: usize) {
    sbi::print(b"0x");
    let mut shift = usize::BITS;
    let mut begun = false;
    while shift > 0 {
        shift -= 4;
        let digit = (value >> shift & 15) as u8;
        begun |= digit != 0 || shift == 0;
        if begun {
            sbi::print(&[if digit < 10 {
                b'0' + digit
            } else {
                b'a' + digit - 10
            }]);
        }
    }
}
