# The first instructions. See boot.rs.

.section .text.boot, "ax"
.globl _start
_start:
    tail    leasehold_begin

.section .init.boot, "ax"
leasehold_begin:
    csrw    {ENABLE}, zero

    # Zero the .bss, whose ends are multiples of 8.
    lla     t0, __bss_start
    lla     t1, __bss_end
1:  bgeu    t0, t1, 2f
    STORE   zero, 0(t0)
    addi    t0, t0, {WORD}
    j       1b
2:
    PREPARE
    li      t0, {PREVIOUS_INTERRUPTS}
    csrw    {STATUS}, t0
    lla     sp, {STACK} + {STACK_SIZE}
    csrw    {SCRATCH}, sp
    # The register file for the kernel's own faults.
    STORE   sp, {KERNEL_STACK}(sp)
    lla     t0, leasehold_vector
    csrw    {VECTOR}, t0
    call    leasehold_boot
    tail    leasehold_resume
