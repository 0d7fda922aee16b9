# Machine mode of RV32 with PMP: what the boot code and the trap vector are written with.

.macro LOAD register, place:vararg
    lw      \register, \place
.endm

.macro STORE register, place:vararg
    sw      \register, \place
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

# Lets user mode reach what the image that the register file in a0 names says. Clobbers t0 to t2.
.macro SWITCH site
    lw      t0, {SPACE}(a0)
    lw      t1, {LOADER}(t0)
    jalr    t2, t1
.endm

# All traps are the kernel's: none goes to supervisor mode, where nothing runs.
.macro PREPARE
    csrw    medeleg, zero
    csrw    mideleg, zero
.endm

    .section .text.trap.protect, "ax"
    # Loads the entries of the image at t0, of which the last in use is where an image has it begin: 8 bytes of
    # instructions for each. Those above it keep their addresses, but let nothing be done. Returns by t2. The fence is
    # for what the hart has cached of the entries before (Privileged Architecture, section 3.7.2).
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
