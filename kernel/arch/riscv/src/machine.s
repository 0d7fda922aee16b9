# Machine mode of RV32 with PMP: the macros of boot code and trap vector.

.macro LOAD register, place:vararg
    lw      \register, \place
.endm

.macro STORE register, place:vararg
    sw      \register, \place
.endm

.macro LOAD_HANDLE register, place:vararg
    lw      \register, \place
.endm

.macro RETURN
    mret
.endm

# A store-conditional that fails, to the address in a register.
.macro BREAK_RESERVATION register
    .option push
    .option arch, +a
    sc.w    zero, zero, (\register)
    .option pop
.endm

# Loads the protection image that a register file names. Clobbers t0 to t2.
.macro SWITCH site, file
    lw      t0, {SPACE}(\file)
    lw      t1, {LOADER}(t0)
    jalr    t2, t1
.endm

# As SWITCH, to the address space that was left: its entries may have changed.
.macro SAME_SPACE file
    lw      t0, {SPACE}(\file)
    lw      t1, {LOADER}(t0)
    jalr    t2, t1
.endm

# All traps go to the kernel, none to supervisor mode, where nothing runs.
.macro PREPARE
    csrw    medeleg, zero
    csrw    mideleg, zero
.endm

    .section .text.trap.protect, "ax"
    # Loads the entries of the image at t0. Each takes 8 bytes of instructions; the image gives the address to begin at,
    # that of its last entry in use. Entries behind that keep their addresses, but have no rights. Returns by t2. The
    # fence drops what the hart has cached of the old entries (Privileged Architecture, section 3.7.2).
    .globl  leasehold_protect
    .option push
    .option norvc
    .irp n, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0
    lw      t1, {ADDRESSES} + 4 * \n (t0)
    csrw    pmpaddr\n, t1
    .endr
leasehold_protect:
    .option pop
    .irp n, 0, 1, 2, 3
    lw      t1, {CONFIGURATIONS} + 4 * \n (t0)
    csrw    pmpcfg\n, t1
    .endr
    sfence.vma
    jr      t2
