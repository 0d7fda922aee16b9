//! The device tree that the firmware passes: as much of it as a kernel may want to know before it drives anything.
//! Sources: Devicetree Specification 0.4, chapter 5; U-Boot dts/upstream/src/riscv/thead/th1520-lichee-pi-4a.dts
//! (names, memory), OpenSBI lib/utils/fdt/fdt_fixup.c (`mmode_resv`).

/// What a tree says.
#[derive(Clone, Copy, Debug)]
pub struct Description<'a> {
    /// `model`.
    pub model: &'a str,
    /// `compatible`.
    pub compatible: &'a [&'a str],
    /// First address and bytes of memory.
    pub memory: (u64, u64),
    /// What the firmware keeps: first address and bytes.
    pub firmware: (u64, u64),
    /// Whether it has what a firmware in machine mode asks for: the hart, its interrupts and timer, and the console.
    pub has_devices: bool,
}

impl Description<'static> {
    /// The board, with so much memory from address 0 on, below firmware at this place.
    #[must_use]
    pub fn lichee_pi_4a(memory: u64, firmware: (u64, u64)) -> Self {
        Self {
            model: "Sipeed Lichee Pi 4A",
            compatible: &[
                "sipeed,lichee-pi-4a",
                "sipeed,lichee-module-4a",
                "thead,th1520",
            ],
            memory: (0, memory),
            firmware,
            has_devices: false,
        }
    }
}

/// The hart's interrupt controller, for those that lead to it.
const HART_INTERRUPTS: u32 = 1;
/// Its lines: software, timer and external of machine mode, external of supervisor mode.
const SOFTWARE: u32 = 3;
const TIMER: u32 = 7;
const EXTERNAL: u32 = 11;
const SUPERVISOR_EXTERNAL: u32 = 9;

/// Tokens of the structure block.
const BEGIN: u32 = 1;
const END: u32 = 2;
const PROPERTY: u32 = 3;
const LAST: u32 = 9;
/// Bytes of the header, and of the empty list of reserved memory behind it.
const HEADER: usize = 40;
const RESERVED: usize = 16;

#[derive(Default)]
struct Blocks {
    structure: Vec<u8>,
    strings: Vec<u8>,
}

impl Blocks {
    fn word(&mut self, word: u32) {
        self.structure.extend(word.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.structure.extend(bytes);
        let length = self.structure.len().next_multiple_of(4);
        self.structure.resize(length, 0);
    }

    fn begin(&mut self, name: &str) {
        self.word(BEGIN);
        self.bytes(&[name.as_bytes(), &[0]].concat());
    }

    fn property(&mut self, name: &str, value: &[u8]) {
        self.word(PROPERTY);
        self.word(value.len() as u32);
        self.word(self.strings.len() as u32);
        self.strings.extend([name.as_bytes(), &[0]].concat());
        self.bytes(value);
    }

    fn text(&mut self, name: &str, value: &str) {
        self.property(name, &[value.as_bytes(), &[0]].concat());
    }

    fn number(&mut self, name: &str, value: u32) {
        self.property(name, &value.to_be_bytes());
    }

    fn cells(&mut self) {
        for name in ["#address-cells", "#size-cells"] {
            self.number(name, 2);
        }
    }

    fn place(&mut self, name: &str, (base, size): (u64, u64)) {
        self.begin(&format!("{name}@{base:x}"));
        self.property("reg", &[base.to_be_bytes(), size.to_be_bytes()].concat());
        self.word(END);
    }
}

/// What a firmware in machine mode drives.
/// Source: U-Boot dts/upstream/src/riscv/thead/th1520.dtsi, for one hart; the console's clock as `uart0` has it there.
fn devices(blocks: &mut Blocks) {
    const CONSOLE: &str = "serial@ffe7014000";
    blocks.begin("chosen");
    blocks.text("stdout-path", &format!("/soc/{CONSOLE}"));
    blocks.word(END);
    blocks.begin("cpus");
    blocks.number("#address-cells", 1);
    blocks.number("#size-cells", 0);
    blocks.number("timebase-frequency", 3_000_000);
    blocks.begin("cpu@0");
    blocks.text("compatible", "thead,c910\0riscv");
    blocks.text("device_type", "cpu");
    blocks.text("riscv,isa", "rv64imafdc");
    blocks.text("mmu-type", "riscv,sv39");
    blocks.number("reg", 0);
    blocks.begin("interrupt-controller");
    blocks.text("compatible", "riscv,cpu-intc");
    blocks.property("interrupt-controller", &[]);
    blocks.number("#interrupt-cells", 1);
    blocks.number("phandle", HART_INTERRUPTS);
    (0..3).for_each(|_| blocks.word(END));
    blocks.begin("soc");
    blocks.text("compatible", "simple-bus");
    blocks.cells();
    blocks.property("ranges", &[]);
    let registers = |base: u64, size: u64| [base.to_be_bytes(), size.to_be_bytes()].concat();
    let lines = |lines: [u32; 2]| -> Vec<u8> {
        let words = lines.into_iter().flat_map(|line| [HART_INTERRUPTS, line]);
        words.flat_map(u32::to_be_bytes).collect()
    };
    blocks.begin("interrupt-controller@ffd8000000");
    blocks.text("compatible", "thead,th1520-plic\0thead,c900-plic");
    blocks.property("reg", &registers(0xff_d800_0000, 0x100_0000));
    let external = lines([EXTERNAL, SUPERVISOR_EXTERNAL]);
    blocks.property("interrupts-extended", &external);
    blocks.property("interrupt-controller", &[]);
    blocks.number("#address-cells", 0);
    blocks.number("#interrupt-cells", 2);
    blocks.number("riscv,ndev", 240);
    blocks.word(END);
    blocks.begin("timer@ffdc000000");
    blocks.text("compatible", "thead,th1520-clint\0thead,c900-clint");
    blocks.property("reg", &registers(0xff_dc00_0000, 0x1_0000));
    blocks.property("interrupts-extended", &lines([SOFTWARE, TIMER]));
    blocks.word(END);
    blocks.begin(CONSOLE);
    blocks.text("compatible", "snps,dw-apb-uart");
    blocks.property("reg", &registers(0xff_e701_4000, 0x100));
    blocks.number("clock-frequency", 100_000_000);
    blocks.number("current-speed", 115_200);
    blocks.number("reg-shift", 2);
    blocks.number("reg-io-width", 4);
    blocks.word(END);
    blocks.word(END);
}

/// The tree as bytes.
#[must_use]
pub fn encode(description: &Description<'_>) -> Vec<u8> {
    let mut blocks = Blocks::default();
    blocks.begin("");
    blocks.cells();
    let text = |text: &str| [text.as_bytes(), &[0]].concat();
    blocks.property("model", &text(description.model));
    let names: Vec<u8> = description
        .compatible
        .iter()
        .flat_map(|name| text(name))
        .collect();
    blocks.property("compatible", &names);
    blocks.place("memory", description.memory);
    blocks.begin("reserved-memory");
    blocks.cells();
    blocks.property("ranges", &[]);
    blocks.place("mmode_resv0", description.firmware);
    blocks.word(END);
    if description.has_devices {
        devices(&mut blocks);
    }
    blocks.word(END);
    blocks.word(LAST);
    let structure = HEADER + RESERVED;
    let strings = structure + blocks.structure.len();
    let header = [
        0xd00d_feed,
        strings + blocks.strings.len(),
        structure,
        strings,
        HEADER,
        17,
        16,
        0,
        blocks.strings.len(),
        blocks.structure.len(),
    ];
    let mut tree: Vec<u8> = header
        .iter()
        .flat_map(|word| (*word as u32).to_be_bytes())
        .collect();
    tree.extend([0; RESERVED]);
    tree.extend(blocks.structure);
    tree.extend(blocks.strings);
    tree
}
