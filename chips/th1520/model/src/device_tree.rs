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
        }
    }
}

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

    fn cells(&mut self) {
        for name in ["#address-cells", "#size-cells"] {
            self.property(name, &2_u32.to_be_bytes());
        }
    }

    fn place(&mut self, name: &str, (base, size): (u64, u64)) {
        self.begin(&format!("{name}@{base:x}"));
        self.property("reg", &[base.to_be_bytes(), size.to_be_bytes()].concat());
        self.word(END);
    }
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
