# Supervisor mode of RV64 with Sv39: the macros of boot code and trap vector.

.macro LOAD register, place:vararg
    ld      \register, \place
.endm

.macro STORE register, place:vararg
    sd      \register, \place
.endm

# A handle has 32 bits, and is zero-extended in a register.
.macro LOAD_HANDLE register, place:vararg
    lwu     \register, \place
.endm

.macro RETURN
    sret
.endm

# A store-conditional that fails, to the address in a register.
.macro BREAK_RESERVATION register
    .option push
    .option arch, +a
    sc.d    zero, zero, (\register)
    .option pop
.endm

# Enters the address space of a register file. Clobbers t0; also t1 if trap.rs has replaced the marked instruction by a
# jump to leasehold_flush.
.macro SWITCH site, file
    ld      t0, {SPACE}(\file)
leasehold_switch_\site:
    csrw    satp, t0
.endm

# As SWITCH, to the address space that was left. The kernel has dropped what it changed there.
.macro SAME_SPACE file
.endm

# Continues in the upper half. Clobbers most registers; keeps a0 and a1.
.macro PREPARE
    # The image looks whether it is for this processor.
    mv      s0, a0
    mv      s1, a1
    lla     sp, {STACK} + {STACK_SIZE}
    call    leasehold_processor
    mv      a0, s0
    mv      a1, s1

    # The kernel's gigapages, in the upper half of the root table: an entry has their number from bit 28 on.
    lla     t0, LEASEHOLD_BOOT_PAGES
    li      t1, {BOOT_PAGES}
    lla     t2, {BOOT_TABLE}
5:  ld      t3, 0(t0)
    srli    t4, t3, 28
    andi    t4, t4, 255
    addi    t4, t4, 256
    slli    t4, t4, 3
    add     t4, t4, t2
    sd      t3, 0(t4)
    addi    t0, t0, 8
    addi    t1, t1, -1
    bnez    t1, 5b

    # Switches translation on. The next fetch, at a physical address, faults. The fault's
    # handler is the next instruction, at its address in the upper half.
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
    # This runs in the upper half. The fault has changed sstatus.
.endm

    .section .text.trap.flush, "ax"
    # On harts without address space identifiers the marked instructions jump here.
    .globl  leasehold_flush
leasehold_flush:
    csrw    satp, t0
    sfence.vma
    jr      t1

    .section .rodata.trap, "a"
    .balign 8
    .globl  leasehold_switches
leasehold_switches:
    .dword  leasehold_switch_1, leasehold_switch_2, leasehold_switch_3
