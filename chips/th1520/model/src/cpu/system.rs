//! Instructions of the SYSTEM opcode: CSR accesses, returns from traps, fences, waiting.

use super::Cpu;
use super::op::Op;
use super::status;
use super::trap::{Mode, Trap, cause};

impl Cpu {
    /// A CSR instruction. Says whether it wrote.
    #[inline(never)]
    pub(super) fn access_csr(&mut self, op: &Op) -> Result<bool, Trap> {
        let illegal = Trap::new(cause::ILLEGAL, u64::from(op.raw));
        let number = op.imm as u32 & 0xfff;
        let function = op.funct3();
        let operand = if function & 4 != 0 {
            u64::from(op.rs1)
        } else {
            self.x[usize::from(op.rs1)]
        };
        // Set and clear of nothing do not write; a swap always does.
        let writes = function & 3 == 1 || op.rs1 != 0;
        if !self.may_access(number, writes) {
            return Err(illegal);
        }
        let old = self.read_csr(number, self.now()).map_err(|_| illegal)?;
        if writes {
            // `mip` and `sip`: what devices hold is not written back as software's.
            let base = if matches!(number, 0x144 | 0x344) {
                self.csr.software
            } else {
                old
            };
            let value = match function & 3 {
                1 => operand,
                2 => base | operand,
                _ => base & !operand,
            };
            self.write_csr(number, value).map_err(|_| illegal)?;
        }
        self.x[usize::from(op.rd)] = old;
        Ok(writes)
    }

    /// `mret`, `sret`, `sfence.vma` and `wfi` are not for every mode.
    pub(super) fn needs(&self, op: &Op, least: Mode, trapped_by: u64) -> Result<(), Trap> {
        let trapped = self.mode == Mode::Supervisor && self.csr.mstatus & trapped_by != 0;
        if self.mode < least || trapped {
            Err(Trap::new(cause::ILLEGAL, u64::from(op.raw)))
        } else {
            Ok(())
        }
    }

    pub(super) fn fence_translations(&mut self, op: &Op) -> Result<(), Trap> {
        self.needs(op, Mode::Supervisor, status::TVM)?;
        let address = (op.rs1 != 0).then(|| self.x[usize::from(op.rs1)]);
        let asid = (op.rs2 != 0).then(|| self.x[usize::from(op.rs2)] as u16);
        self.load_tlb.fence(address, asid);
        self.store_tlb.fence(address, asid);
        self.fetch_tlb.fence(address, asid);
        Ok(())
    }
}
