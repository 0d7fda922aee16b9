//! A group of pads: their function and their electrical settings.
//! Source: U-Boot drivers/pinctrl/pinctrl-th1520.c.

/// Where the functions lie.
const MUX: u64 = 0x400;
/// Bit of a pad's settings: its level comes in.
const INPUT: u32 = 1 << 9;

/// The group.
#[derive(Clone, Debug)]
pub struct Pads {
    settings: [u32; 32],
    functions: [u32; 8],
}

impl Pads {
    /// A group whose pads all have function 0.
    #[must_use]
    pub fn new() -> Self {
        Self {
            settings: [0; 32],
            functions: [0; 8],
        }
    }

    /// A pad's function, 0 to 15.
    #[must_use]
    pub fn function(&self, pad: usize) -> u32 {
        self.functions[pad / 8] >> (4 * (pad % 8)) & 15
    }

    /// Whether a pad's level comes in.
    #[must_use]
    pub fn is_input(&self, pad: usize) -> bool {
        self.settings[pad / 2] >> (16 * (pad % 2)) & INPUT != 0
    }

    /// Gives a pad a function, as firmware does before the kernel.
    pub fn set_function(&mut self, pad: usize, function: u32) {
        let shift = 4 * (pad % 8);
        let word = &mut self.functions[pad / 8];
        *word = *word & !(15 << shift) | function << shift;
    }

    fn place(&mut self, offset: u64) -> Option<&mut u32> {
        let (words, offset): (&mut [u32], u64) = if offset < MUX {
            (&mut self.settings, offset)
        } else {
            (&mut self.functions, offset - MUX)
        };
        words.get_mut(offset as usize / 4)
    }

    /// Reads a register.
    pub fn read(&mut self, offset: u64) -> Option<u32> {
        self.place(offset).map(|word| *word)
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u64, value: u32) -> Option<()> {
        self.place(offset).map(|word| *word = value)
    }
}

impl Default for Pads {
    fn default() -> Self {
        Self::new()
    }
}
