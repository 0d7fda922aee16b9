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

# Lets user mode reach what the image that the register file in a0 names says. Clobbers t0 and t1.
# The fence is for what the hart has cached of the entries before (Privileged Architecture, section 3.7.2).
.macro SWITCH site
    lw      t0, {SPACE}(a0)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    lw      t1, {ADDRESSES} + 4 * \n (t0)
    csrw    pmpaddr\n, t1
    .endr
    .irp n, 0, 1, 2, 3
    lw      t1, {CONFIGURATIONS} + 4 * \n (t0)
    csrw    pmpcfg\n, t1
    .endr
    sfence.vma
.endm

# All traps are the kernel's: none goes to supervisor mode, where nothing runs.
.macro PREPARE
    csrw    medeleg, zero
    csrw    mideleg, zero
.endm
