# The first instructions. See boot.rs.

.section .text.boot, "ax"
.globl _start
_start:
    csrw    sie, zero

    # Zero the .bss, whose ends are multiples of 8.
    lla     t0, __bss_start
    lla     t1, __bss_end
1:  bgeu    t0, t1, 2f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       1b
2:
    # The kernel's gigapages, in the upper half of the root table.
    lla     t0, LEASEHOLD_BOOT_PAGES
    li      t1, {BOOT_PAGES}
    lla     t2, {BOOT_TABLE}
5:  ld      t3, 0(t0)
    srli    t3, t3, 30
    andi    t4, t3, 255
    addi    t4, t4, 256
    slli    t4, t4, 3
    add     t4, t4, t2
    slli    t3, t3, 28
    ori     t3, t3, {LEAF}
    sd      t3, 0(t4)
    addi    t0, t0, 8
    addi    t1, t1, -1
    bnez    t1, 5b

    # Translation on. The next fetch, at a physical address, faults, and the
    # fault's handler is the next instruction at its address in the upper half.
    li      t2, {DIRECT_MAP}
    lla     t0, 3f
    add     t0, t0, t2
    csrw    stvec, t0
    lla     t0, {BOOT_TABLE}
    srli    t0, t0, 12
    li      t1, {SV39}
    or      t0, t0, t1
    sfence.vma
    csrw    satp, t0
    .balign 4
3:
    # Only now: the fault has changed it.
    li      t0, {STATUS}
    csrw    sstatus, t0
    lla     sp, {STACK} + {STACK_SIZE}
    csrw    sscratch, sp
    # The register file for the kernel's own faults.
    sd      sp, {KERNEL_STACK}(sp)
    lla     t0, leasehold_vector
    csrw    stvec, t0
    call    leasehold_boot
    tail    leasehold_resume
