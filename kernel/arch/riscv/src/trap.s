# The trap vector. See trap.rs. In it, tp points to the running task's register file.

# Where register number n lies in a register file; 0 is the program counter.
.equ PC, {X}
.equ RA, {X} + 8 * 1
.equ SP, {X} + 8 * 2
.equ GP, {X} + 8 * 3
.equ TP, {X} + 8 * 4
.equ S0, {X} + 8 * 8
.equ S1, {X} + 8 * 9
.equ A0, {X} + 8 * 10
.equ A1, {X} + 8 * 11
.equ A2, {X} + 8 * 12
.equ S11, {X} + 8 * 27

# To the kernel's stack; the task's tp, which is in sscratch, to its place. Clobbers t0.
.macro TO_KERNEL_STACK
    ld      sp, {KERNEL_STACK}(tp)
    csrrw   t0, sscratch, sp
    sd      t0, TP(tp)
.endm

# Saves what TO_KERNEL_STACK and the first instructions have not. Clobbers t0.
.macro SAVE_ALL
    .irp n, 1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    sd      x\n, {X} + 8 * \n (tp)
    .endr
    csrr    t0, sepc
    sd      t0, PC(tp)
    li      t0, 1
    sd      t0, {INTERRUPTED}(tp)
    TO_KERNEL_STACK
.endm

.macro ZERO registers:vararg
    .irp register, \registers
    li      \register, 0
    .endr
.endm

# A partial save: what a system call keeps, beside s2 to s10. Clobbers t0.
.macro SAVE_CALL
    sd      gp, GP(tp)
    sd      s0, S0(tp)
    sd      s1, S1(tp)
    sd      s11, S11(tp)
    csrr    t0, sepc
    addi    t0, t0, 4
    sd      t0, PC(tp)
    TO_KERNEL_STACK
.endm

# Enters the address space and the program counter of the register file in a0. Clobbers t0, and
# t1 where trap.rs has put a jump to leasehold_flush in the place of the marked instruction.
.macro ENTER_SPACE site
    ld      t0, PC(a0)
    csrw    sepc, t0
    ld      t0, {SPACE}(a0)
leasehold_switch_\site:
    csrw    satp, t0
    csrw    sscratch, a0
.endm

# Loads what SAVE_CALL saved.
.macro LOAD_CALL
    ld      ra, RA(a0)
    ld      sp, SP(a0)
    ld      gp, GP(a0)
    ld      tp, TP(a0)
    ld      s0, S0(a0)
    ld      s1, S1(a0)
    ld      s11, S11(a0)
.endm

    .section .text.trap.vector, "ax"
    .globl  leasehold_vector
    .globl  leasehold_resume
    .balign 64
leasehold_vector:
    csrrw   tp, sscratch, tp
    sd      sp, SP(tp)
    csrr    sp, scause
    addi    sp, sp, -{ECALL_FROM_USER}
    bnez    sp, 5f
    sd      ra, RA(tp)
    beqz    a7, 4f
    li      t0, {CALL}
    beq     a7, t0, 1f
    li      t0, {REPLY_RECEIVE}
    beq     a7, t0, 2f
    # A shift counts modulo 64; the kernel itself checks the number again.
    li      t0, {QUICK}
    srl     t0, t0, a7
    andi    t0, t0, 1
    bnez    t0, 11f
    SAVE_CALL

    # The slow path: the message registers to memory, and a general return.
3:  .irp n, 18, 19, 20, 21, 22, 23, 24, 25, 26
    sd      x\n, {X} + 8 * \n (tp)
    .endr
    jal     leasehold_system_call

    # Goes on with the register file in a0.
leasehold_resume:
    ld      t0, {INTERRUPTED}(a0)
    bnez    t0, 7f
    ENTER_SPACE 1
    .irp n, 18, 19, 20, 21, 22, 23, 24, 25, 26
    ld      x\n, {X} + 8 * \n (a0)
    .endr
    LOAD_CALL
    ld      a1, A1(a0)
    ld      a2, A2(a0)
    ld      a0, A0(a0)
    ZERO    a3, a4, a5, a6, a7, t0, t1, t2, t3, t4, t5, t6
    sret

    # The fast paths: the message stays where it is.
1:  SAVE_CALL
    sd      a0, A0(tp)
    sd      a1, A1(tp)
    sd      a2, A2(tp)
    jal     leasehold_call
    bnez    a0, 8f
    li      a7, {CALL}
    j       9f
2:  SAVE_CALL
    sd      a0, A0(tp)
    sd      a1, A1(tp)
    jal     leasehold_reply_receive
    bnez    a0, 8f
    li      a7, {REPLY_RECEIVE}
9:  ld      a0, A0(tp)
    ld      a1, A1(tp)
    ld      a2, A2(tp)
    j       3b

8:  ENTER_SPACE 2
    LOAD_CALL
    ZERO    a0, a2, a3, a4, a5, a6, a7, t0, t1, t2, t3, t4, t5, t6
    sret

    # Calls that return to where they came from save nothing else.
4:  TO_KERNEL_STACK
    jal     leasehold_task_self
    mv      a1, a0
    li      a0, 0
    li      a2, 0
12: csrr    t0, sepc
    addi    t0, t0, 4
    csrw    sepc, t0
    ld      ra, RA(tp)
    ld      sp, SP(tp)
    csrw    sscratch, tp
    ld      tp, TP(tp)
    ZERO    a3, a4, a5, a6, a7, t0, t1, t2, t3, t4, t5, t6
    sret
11: TO_KERNEL_STACK
    mv      a6, tp
    jal     leasehold_quick_call
    ld      a2, A2(tp)
    j       12b

    # Interrupts have the highest bit of scause set.
5:  SAVE_ALL
    csrr    a0, scause
    bltz    a0, 6f
    csrr    a1, stval
    mv      a2, tp
    jal     leasehold_exception
    j       leasehold_resume
6:  jal     leasehold_interrupt
    j       leasehold_resume

    # All registers count. The failing store ends a reservation that the task before may have, so that
    # this one's SC does not succeed after another task's store (Unprivileged ISA, section 8.2).
7:  addi    t0, a0, {INTERRUPTED}
    .option push
    .option arch, +a
    sc.d    zero, zero, (t0)
    .option pop
    sd      zero, {INTERRUPTED}(a0)
    ENTER_SPACE 3
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ld      x\n, {X} + 8 * \n (a0)
    .endr
    ld      a0, A0(a0)
    sret

    # What the marked instructions become on harts without address space identifiers.
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
