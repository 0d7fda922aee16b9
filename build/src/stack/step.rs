//! What one instruction does to the stack, and what is known while instructions are read in order.

/// Where the processor continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// With the next instruction.
    Next,
    /// A call: at this address, or at one from a register.
    Call(Option<u64>),
    /// With a piece of this function that lies at this address, and then with the next instruction: one of the routines
    /// of `-msave-restore`, or an outlined function.
    Piece(u64),
    /// Elsewhere: at this address, or at one from a register or a table.
    Jump(Option<u64>),
    /// At this address, or with the next instruction.
    Branch(u64),
    /// At an address from a register or a table, or with the next instruction.
    BranchAnywhere,
    /// It returns, or execution ends here.
    End,
}

/// One instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Bytes of the instruction.
    pub(super) length: u64,
    /// Where it leads.
    pub(super) flow: Flow,
    /// It stores the return address relative to the stack pointer.
    pub(super) saves: bool,
}

impl Step {
    /// An instruction of so many bytes without any such effect.
    pub(super) const fn plain(length: u64) -> Self {
        Self {
            length,
            flow: Flow::Next,
            saves: false,
        }
    }

    /// The same, with where it leads.
    pub(super) const fn to(length: u64, flow: Flow) -> Self {
        Self {
            length,
            flow,
            saves: false,
        }
    }
}

/// What a register is known to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// This number.
    Constant(i64),
    /// An address at most so many bytes below the stack pointer at the function's start.
    Below(i64),
    /// The bits of the stack pointer from this one on, shifted down to bit 0.
    High(u32),
}

/// What is known of a function while its instructions are read in order.
#[derive(Debug)]
pub(super) struct State {
    registers: [Option<Value>; 32],
    /// The register that addresses the function's frame, once it is set. Unlike other registers it is trusted for the
    /// rest of the function, because a compiler writes nothing else to it before the function's end.
    frame_pointer: usize,
    frame_base: Option<i64>,
    /// The farthest that the stack pointer can be below its value at the function's start, in bytes.
    pub(super) frame: i64,
    /// Pieces of the function that lie elsewhere, as often as it enters them. The stack that they take stays taken.
    pub(super) shared: Vec<u64>,
    /// It changes the stack pointer in a way that this module cannot follow.
    pub(super) unknown: bool,
    /// Thumb: instructions of an IT block that are left.
    pub(super) conditional: u32,
}

impl State {
    /// At the start of a function, whose frame pointer would be this register.
    pub(super) const fn new(frame_pointer: usize) -> Self {
        Self {
            registers: [None; 32],
            frame_pointer,
            frame_base: None,
            frame: 0,
            shared: Vec::new(),
            unknown: false,
            conditional: 0,
        }
    }

    /// Forgets all registers, because other code may jump here.
    pub(super) fn forget(&mut self) {
        self.registers = [None; 32];
    }

    /// What a register holds.
    pub(super) fn get(&self, register: usize) -> Option<Value> {
        let base = self.frame_base.filter(|_| register == self.frame_pointer);
        self.registers[register].or(base.map(Value::Below))
    }

    /// The number in a register.
    pub(super) fn constant(&self, register: usize) -> Option<i64> {
        match self.get(register) {
            Some(Value::Constant(value)) => Some(value),
            _ => None,
        }
    }

    /// A register gets a value, known or not.
    pub(super) fn set(&mut self, register: usize, value: Option<Value>) {
        let value = value.filter(|_| self.conditional == 0);
        if register == self.frame_pointer
            && let Some(Value::Below(below)) = value
        {
            self.frame_base = Some(self.frame_base.map_or(below, |base| base.max(below)));
        }
        self.registers[register] = value;
    }

    /// The stack pointer goes down by so many bytes. If it goes up, this is ignored, so the frame is never too small.
    pub(super) fn lower(&mut self, bytes: i64) {
        self.frame = self.frame.saturating_add(bytes.max(0));
    }

    /// The stack pointer gets the value of a register, less `bytes`.
    pub(super) fn restore(&mut self, register: usize, bytes: i64) {
        match self.get(register) {
            Some(Value::Below(below)) => self.frame = self.frame.max(below.saturating_add(bytes)),
            _ => self.unknown = true,
        }
    }

    /// The value of the stack pointer, and `bytes` more.
    pub(super) fn above(&self, bytes: i64) -> Option<Value> {
        Some(Value::Below(self.frame.saturating_sub(bytes)))
    }

    /// The stack pointer goes down by a register's number; up where that is negative.
    pub(super) fn lower_by(&mut self, register: usize) {
        match self.constant(register) {
            Some(value) => self.lower(value),
            None => self.unknown = true,
        }
    }

    /// The stack pointer goes up by so many times a register's number; down where that is negative.
    pub(super) fn raise_by(&mut self, register: usize, times: i64) {
        match self.constant(register) {
            Some(value) => self.lower(value.saturating_mul(-times)),
            None => self.unknown = true,
        }
    }
}
