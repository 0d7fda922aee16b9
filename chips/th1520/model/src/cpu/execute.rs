//! The execution loop.

use super::Cpu;
use super::code::PLACES;
use super::decode::{decode, length};
use super::op::{Kind, Op};
use super::purpose::Kind as AccessKind;
use super::status;
use super::translate::Medium;
use super::trap::{Mode, Trap, cause};
use crate::board::Bus;
use crate::memory::Memory;

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The instructions that were allowed are done, or a device was accessed.
    Done,
    /// The hart waits for an interrupt.
    Wait,
    /// A trap to machine mode, with the firmware outside: at the program counter.
    Firmware(Trap),
    /// The hart hangs in an access that never ends.
    Hang,
}

/// What an instruction leaves to do.
enum Next {
    /// Find the page of the program counter and go on.
    Page,
    Trap(Trap),
    Exit(Exit),
}

impl Cpu {
    /// Runs at most so many instructions from a time in nanoseconds. Returns how many were done, those
    /// that trapped among them, and why the run ended.
    pub fn run(
        &mut self,
        memory: &mut Memory,
        bus: &mut dyn Bus,
        limit: u64,
        now: u64,
    ) -> (u64, Exit) {
        self.limit = limit;
        self.started = now;
        self.done = 0;
        let exit = loop {
            if self.attention {
                self.attention = false;
                if let Some(number) = self.interrupt() {
                    let trap = Trap::new(cause::INTERRUPT | number, 0);
                    if let Some(exit) = self.take(trap) {
                        break exit;
                    }
                }
            }
            if self.done >= self.limit {
                break Exit::Done;
            }
            let next = match self.fetch_page(memory, bus) {
                Ok(page) => self.run_page(page, memory, bus),
                Err(trap) => {
                    self.done += 1;
                    Next::Trap(trap)
                }
            };
            match next {
                Next::Page => {}
                Next::Exit(exit) => break exit,
                Next::Trap(trap) => {
                    if self.hangs {
                        break Exit::Hang;
                    }
                    // It took time, but was not completed.
                    self.retired = self.retired.wrapping_sub(1);
                    if let Some(exit) = self.take(trap) {
                        break exit;
                    }
                }
            }
        };
        let done = self.done;
        self.retired = self.retired.wrapping_add(done);
        self.started += done * self.pace;
        self.done = 0;
        (done, exit)
    }

    /// Takes a trap, or leaves it to the firmware outside.
    fn take(&mut self, trap: Trap) -> Option<Exit> {
        if self.is_delegated(trap.cause) {
            self.enter_supervisor(trap);
        } else if self.firmware_is_outside {
            return Some(Exit::Firmware(trap));
        } else {
            self.enter_machine(trap);
        }
        None
    }

    /// The page of decoded instructions at the program counter.
    fn fetch_page(&mut self, memory: &mut Memory, bus: &mut dyn Bus) -> Result<u32, Trap> {
        let entry = self.fetch_tlb.at(self.pc);
        if entry.key == self.pc >> 12 | self.fetch_context {
            return Ok(entry.index);
        }
        let (physical, page) = self.translate(self.pc, AccessKind::Fetch, memory, bus)?;
        let fault = Trap::new(cause::FETCH_ACCESS, self.pc);
        if page.medium == Medium::Device {
            return Err(fault);
        }
        let frame = memory.frame_at(physical).ok_or(fault)?;
        let (index, new) = self.code.page(physical);
        if new {
            memory.frame_mut(frame).code = true;
            if self.rules.coherent_fetch {
                // Stores to this page are to be seen from now on.
                self.store_tlb.clear();
            }
        }
        self.fetch_tlb
            .insert(self.pc, self.fetch_context, index, page.life);
        Ok(index)
    }

    /// Decodes the instruction at the program counter. One that goes over the end of its page is not kept, because the
    /// next page may be another one each time.
    #[inline(never)]
    fn decode_here(
        &mut self,
        page: u32,
        place: usize,
        memory: &mut Memory,
        bus: &mut dyn Bus,
    ) -> Result<Op, Trap> {
        let fault = Trap::new(cause::FETCH_ACCESS, self.pc);
        let (physical, _) = self.translate(self.pc, AccessKind::Fetch, memory, bus)?;
        let first = u16::from_le_bytes(memory.load(physical).ok_or(fault)?);
        if length(first) == 2 {
            let op = decode(u32::from(first));
            self.code.set(page, place, op);
            return Ok(op);
        }
        let crosses = place == PLACES - 1;
        let second = if crosses {
            let (next, page) = self.translate(self.pc + 2, AccessKind::Fetch, memory, bus)?;
            if page.medium == Medium::Device {
                return Err(Trap::new(cause::FETCH_ACCESS, self.pc + 2));
            }
            next
        } else {
            physical + 2
        };
        let second = u16::from_le_bytes(memory.load(second).ok_or(fault)?);
        let op = decode(u32::from(second) << 16 | u32::from(first));
        if !crosses {
            self.code.set(page, place, op);
        }
        Ok(op)
    }

    /// Runs inside one page.
    fn run_page(&mut self, page: u32, memory: &mut Memory, bus: &mut dyn Bus) -> Next {
        let base = self.pc & !0xfff;
        let mut place = (self.pc as usize & 0xfff) / 2;
        macro_rules! pc {
            () => {
                base.wrapping_add(2 * place as u64)
            };
        }
        loop {
            if self.done >= self.limit {
                self.pc = pc!();
                return Next::Page;
            }
            let mut op = self.code.op(page, place);
            if op.kind == Kind::Undecoded {
                self.pc = pc!();
                op = match self.decode_here(page, place, memory, bus) {
                    Ok(op) => op,
                    Err(trap) => {
                        self.done += 1;
                        return Next::Trap(trap);
                    }
                };
            }
            self.done += 1;
            let imm = i64::from(op.imm) as u64;
            macro_rules! rs1 {
                () => {
                    self.x[usize::from(op.rs1 & 63)]
                };
            }
            macro_rules! rs2 {
                () => {
                    self.x[usize::from(op.rs2 & 63)]
                };
            }
            macro_rules! rd {
                ($value:expr) => {{
                    let value = $value;
                    self.x[usize::from(op.rd & 63)] = value;
                }};
            }
            macro_rules! word {
                ($value:expr) => {
                    rd!(($value) as i32 as u64)
                };
            }
            macro_rules! go {
                ($target:expr) => {{
                    let target = $target;
                    if target & !0xfff == base {
                        place = (target as usize & 0xfff) / 2;
                        continue;
                    }
                    self.pc = target;
                    return Next::Page;
                }};
            }
            macro_rules! branch {
                ($condition:expr) => {
                    if $condition {
                        go!(pc!().wrapping_add(imm))
                    }
                };
            }
            macro_rules! attempt {
                ($result:expr) => {
                    match $result {
                        Ok(value) => value,
                        Err(trap) => return Next::Trap(trap),
                    }
                };
            }
            macro_rules! load {
                ($width:literal, $type:ty, $wide:ty) => {{
                    self.pc = pc!();
                    let address = rs1!().wrapping_add(imm);
                    let bytes = attempt!(self.load::<$width>(address, memory, bus));
                    rd!(<$type>::from_le_bytes(bytes) as $wide as u64)
                }};
            }
            macro_rules! store {
                ($type:ty) => {{
                    self.pc = pc!();
                    let address = rs1!().wrapping_add(imm);
                    let bytes = (rs2!() as $type).to_le_bytes();
                    attempt!(self.store(address, bytes, memory, bus))
                }};
            }
            // Ends the page's run behind this instruction.
            macro_rules! leave {
                () => {{
                    self.pc = pc!().wrapping_add(u64::from(op.length));
                    return Next::Page;
                }};
            }
            match op.kind {
                Kind::Undecoded | Kind::Illegal => {
                    self.pc = pc!();
                    return Next::Trap(Trap::new(cause::ILLEGAL, u64::from(op.raw)));
                }
                Kind::Lui => rd!(imm),
                Kind::Auipc => rd!(pc!().wrapping_add(imm)),
                Kind::Jal => {
                    let from = pc!();
                    rd!(from.wrapping_add(u64::from(op.length)));
                    go!(from.wrapping_add(imm))
                }
                Kind::Jalr => {
                    let target = rs1!().wrapping_add(imm) & !1;
                    rd!(pc!().wrapping_add(u64::from(op.length)));
                    go!(target)
                }
                Kind::Beq => branch!(rs1!() == rs2!()),
                Kind::Bne => branch!(rs1!() != rs2!()),
                Kind::Blt => branch!((rs1!() as i64) < rs2!() as i64),
                Kind::Bge => branch!(rs1!() as i64 >= rs2!() as i64),
                Kind::Bltu => branch!(rs1!() < rs2!()),
                Kind::Bgeu => branch!(rs1!() >= rs2!()),
                Kind::Lb => load!(1, i8, i64),
                Kind::Lh => load!(2, i16, i64),
                Kind::Lw => load!(4, i32, i64),
                Kind::Ld => load!(8, u64, u64),
                Kind::Lbu => load!(1, u8, u64),
                Kind::Lhu => load!(2, u16, u64),
                Kind::Lwu => load!(4, u32, u64),
                Kind::Sb => store!(u8),
                Kind::Sh => store!(u16),
                Kind::Sw => store!(u32),
                Kind::Sd => store!(u64),
                Kind::Addi => rd!(rs1!().wrapping_add(imm)),
                Kind::Slti => rd!(u64::from((rs1!() as i64) < imm as i64)),
                Kind::Sltiu => rd!(u64::from(rs1!() < imm)),
                Kind::Xori => rd!(rs1!() ^ imm),
                Kind::Ori => rd!(rs1!() | imm),
                Kind::Andi => rd!(rs1!() & imm),
                Kind::Slli => rd!(rs1!() << (imm & 63)),
                Kind::Srli => rd!(rs1!() >> (imm & 63)),
                Kind::Srai => rd!((rs1!() as i64 >> (imm & 63)) as u64),
                Kind::Addiw => word!(rs1!().wrapping_add(imm)),
                Kind::Slliw => word!((rs1!() as u32) << (imm & 31)),
                Kind::Srliw => word!(rs1!() as u32 >> (imm & 31)),
                Kind::Sraiw => word!(rs1!() as i32 >> (imm & 31)),
                Kind::Add => rd!(rs1!().wrapping_add(rs2!())),
                Kind::Sub => rd!(rs1!().wrapping_sub(rs2!())),
                Kind::Sll => rd!(rs1!() << (rs2!() & 63)),
                Kind::Slt => rd!(u64::from((rs1!() as i64) < rs2!() as i64)),
                Kind::Sltu => rd!(u64::from(rs1!() < rs2!())),
                Kind::Xor => rd!(rs1!() ^ rs2!()),
                Kind::Srl => rd!(rs1!() >> (rs2!() & 63)),
                Kind::Sra => rd!((rs1!() as i64 >> (rs2!() & 63)) as u64),
                Kind::Or => rd!(rs1!() | rs2!()),
                Kind::And => rd!(rs1!() & rs2!()),
                Kind::Addw => word!(rs1!().wrapping_add(rs2!())),
                Kind::Subw => word!(rs1!().wrapping_sub(rs2!())),
                Kind::Sllw => word!((rs1!() as u32) << (rs2!() & 31)),
                Kind::Srlw => word!(rs1!() as u32 >> (rs2!() & 31)),
                Kind::Sraw => word!(rs1!() as i32 >> (rs2!() & 31)),
                Kind::Mul => rd!(rs1!().wrapping_mul(rs2!())),
                Kind::Mulh => {
                    let product = i128::from(rs1!() as i64) * i128::from(rs2!() as i64);
                    rd!((product >> 64) as u64)
                }
                Kind::Mulhsu => {
                    let product = i128::from(rs1!() as i64).wrapping_mul(i128::from(rs2!()));
                    rd!((product >> 64) as u64)
                }
                Kind::Mulhu => {
                    let product = u128::from(rs1!()) * u128::from(rs2!());
                    rd!((product >> 64) as u64)
                }
                // Division by zero gives all ones and the dividend; the one overflow wraps.
                Kind::Div => rd!(match rs2!() as i64 {
                    0 => u64::MAX,
                    by => (rs1!() as i64).wrapping_div(by) as u64,
                }),
                Kind::Divu => rd!(rs1!().checked_div(rs2!()).unwrap_or(u64::MAX)),
                Kind::Rem => rd!(match rs2!() as i64 {
                    0 => rs1!(),
                    by => (rs1!() as i64).wrapping_rem(by) as u64,
                }),
                Kind::Remu => rd!(rs1!().checked_rem(rs2!()).unwrap_or(rs1!())),
                Kind::Mulw => word!(rs1!().wrapping_mul(rs2!())),
                Kind::Divw => word!(match rs2!() as i32 {
                    0 => -1,
                    by => (rs1!() as i32).wrapping_div(by),
                }),
                Kind::Divuw => {
                    word!(
                        (rs1!() as u32)
                            .checked_div(rs2!() as u32)
                            .unwrap_or(u32::MAX)
                    )
                }
                Kind::Remw => word!(match rs2!() as i32 {
                    0 => rs1!() as i32,
                    by => (rs1!() as i32).wrapping_rem(by),
                }),
                Kind::Remuw => {
                    word!(
                        (rs1!() as u32)
                            .checked_rem(rs2!() as u32)
                            .unwrap_or(rs1!() as u32)
                    )
                }
                Kind::Fence => {}
                Kind::FenceI => {
                    if !self.rules.coherent_fetch {
                        self.drop_code();
                    }
                    leave!()
                }
                Kind::Atomic => {
                    self.pc = pc!();
                    attempt!(self.atomic(&op, memory, bus));
                }
                Kind::FloatLoad => {
                    self.pc = pc!();
                    attempt!(self.float_load(&op, memory, bus));
                }
                Kind::FloatStore => {
                    self.pc = pc!();
                    attempt!(self.float_store(&op, memory, bus));
                }
                Kind::Float => {
                    self.pc = pc!();
                    attempt!(self.float(&op));
                }
                Kind::Csr => {
                    self.pc = pc!();
                    if attempt!(self.access_csr(&op)) {
                        leave!()
                    }
                }
                Kind::Cache => {
                    self.pc = pc!();
                    attempt!(self.cache(&op, memory, bus));
                    leave!()
                }
                Kind::Ecall => {
                    self.pc = pc!();
                    return Next::Trap(Trap::new(cause::CALL + self.mode as u64, 0));
                }
                Kind::Ebreak => {
                    self.pc = pc!();
                    return Next::Trap(Trap::new(cause::BREAKPOINT, self.pc));
                }
                Kind::Mret => {
                    self.pc = pc!();
                    attempt!(self.needs(&op, Mode::Machine, 0));
                    self.return_machine();
                    return Next::Page;
                }
                Kind::Sret => {
                    self.pc = pc!();
                    attempt!(self.needs(&op, Mode::Supervisor, status::TSR));
                    self.return_supervisor();
                    return Next::Page;
                }
                Kind::SfenceVma => {
                    self.pc = pc!();
                    attempt!(self.fence_translations(&op));
                    leave!()
                }
                Kind::Wfi => {
                    self.pc = pc!();
                    attempt!(self.needs(&op, Mode::Supervisor, status::TW));
                    self.pc = pc!().wrapping_add(u64::from(op.length));
                    return Next::Exit(Exit::Wait);
                }
            }
            place += usize::from(op.length) / 2;
            if place >= PLACES {
                self.pc = pc!();
                return Next::Page;
            }
        }
    }
}

impl Cpu {
    /// The instruction at the program counter, if it can be fetched: 16 bits of a compressed one.
    pub fn instruction(&mut self, memory: &mut Memory, bus: &mut dyn Bus) -> Option<u32> {
        let fetch = |cpu: &mut Self, address, memory: &mut Memory, bus: &mut dyn Bus| {
            let (physical, _) = cpu
                .translate(address, AccessKind::Fetch, memory, bus)
                .ok()?;
            memory.load(physical).map(u16::from_le_bytes)
        };
        let first = fetch(self, self.pc, memory, bus)?;
        if length(first) == 2 {
            return Some(u32::from(first));
        }
        let second = fetch(self, self.pc.wrapping_add(2), memory, bus)?;
        Some(u32::from(second) << 16 | u32::from(first))
    }
}
