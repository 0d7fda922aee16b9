# The trap vector. See trap.rs. In it, tp points to the running task's register file, and gp is free. The instructions
# in capitals, which depend on the mode that the kernel runs in, are in supervisor.s and machine.s.

# The offset of register n in a register file; 0 is the program counter.
.equ PC, {X}
.equ RA, {X} + {WORD} * 1
.equ SP, {X} + {WORD} * 2
.equ S0, {X} + {WORD} * 8
.equ S1, {X} + {WORD} * 9
.equ A0, {X} + {WORD} * 10
.equ A1, {X} + {WORD} * 11
.equ A2, {X} + {WORD} * 12
.equ S11, {X} + {WORD} * 27
.equ T0, {X} + {WORD} * 5
.equ T1, {X} + {WORD} * 6

# Saves what the first instructions have not. Clobbers t0.
.macro SAVE_ALL
    .irp n, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    STORE   x\n, {X} + {WORD} * \n (tp)
    .endr
    csrr    t0, {PC_REGISTER}
    STORE   t0, PC(tp)
    li      t0, 1
    STORE   t0, {INTERRUPTED}(tp)
    LOAD    sp, {KERNEL_STACK}(tp)
.endm

.macro ZERO registers:vararg
    .irp register, \registers
    li      \register, 0
    .endr
.endm

# Saves where a call goes on. Clobbers gp.
.macro SAVE_PLACE
    csrr    gp, {PC_REGISTER}
    addi    gp, gp, 4
    STORE   gp, PC(tp)
    STORE   sp, SP(tp)
.endm

# What a message call on the slow path keeps, and the message.
.macro SAVE_MESSAGE_CALL
    SAVE_PLACE
    .irp n, 1, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
    STORE   x\n, {X} + {WORD} * \n (tp)
    .endr
    LOAD    sp, {KERNEL_STACK}(tp)
.endm

# Enters the address space and the program counter of a register file. Clobbers t0 to t2.
.macro ENTER_SPACE site, file
    LOAD    t0, PC(\file)
    csrw    {PC_REGISTER}, t0
    SWITCH  \site, \file
    csrw    {SCRATCH}, \file
.endm

    .section .text.trap.vector, "ax"
    .globl  leasehold_vector
    .globl  leasehold_resume
    .balign 64
leasehold_vector:
    csrr    tp, {SCRATCH}
    csrr    gp, {CAUSE}
    addi    gp, gp, -{ECALL_FROM_USER}
    bnez    gp, 5f
    li      gp, {CALL}
    beq     a7, gp, 1f
    li      gp, {REPLY_RECEIVE}
    beq     a7, gp, 2f
    beqz    a7, 4f
    li      gp, {MESSAGE_CALLS}
    bleu    a7, gp, 3f
    # A shift counts modulo 64; the kernel itself checks the number again.
    li      gp, {QUICK}
    srl     gp, gp, a7
    andi    gp, gp, 1
    bnez    gp, 11f

    # Calls without a message. Rust code keeps s0 to s11, so they are saved only when another task is the next.
    SAVE_PLACE
    STORE   ra, RA(tp)
    LOAD    sp, {KERNEL_STACK}(tp)
    jal     leasehold_system_call
    bne     a0, tp, 10f
    LOAD    t0, PC(tp)
    csrw    {PC_REGISTER}, t0
    SAME_SPACE tp
    LOAD    ra, RA(tp)
    LOAD    sp, SP(tp)
    LOAD    a0, A0(tp)
    LOAD    a1, A1(tp)
    LOAD    a2, A2(tp)
    ZERO    a3, a4, a5, a6, a7, t0, t1, t2, t3, t4, t5, t6, gp, tp
    RETURN
10: .irp n, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
    STORE   x\n, {X} + {WORD} * \n (tp)
    .endr

    # Continues with the register file in a0.
leasehold_resume:
    LOAD    t0, {INTERRUPTED}(a0)
    bnez    t0, 7f
leasehold_resume_call:
    ENTER_SPACE 1, a0
    .irp n, 1, 2, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 11, 12, 10
    LOAD    x\n, {X} + {WORD} * \n (a0)
    .endr
    ZERO    a3, a4, a5, a6, a7, t0, t1, t2, t3, t4, t5, t6, gp, tp
    RETURN

    # The fast paths: the message stays where it is.
    .option push
    .option arch, +m
1:  FAST_CALL
    j       8f
2:  FAST_REPLY_RECEIVE
    .option pop
8:  SAVE_PLACE
    STORE   s0, S0(tp)
    STORE   s1, S1(tp)
    ENTER_SPACE 2, a3
    LOAD    sp, SP(a3)
    LOAD    s0, S0(a3)
    LOAD    s1, S1(a3)
    ZERO    ra, s11, a0, a2, a3, a4, a5, a6, a7, t0, t1, t2, t3, t4, t5, t6, gp, tp
    RETURN

    # The slow path: the message registers to memory, and a general return.
    # Which is the last of them, or a receive.
3:  bne     a7, gp, 12f
9:  SAVE_MESSAGE_CALL
leasehold_slow_path:
    li      t0, {RECEIVE}
    beq     a7, t0, 16f
    li      t0, {REPLY_RECEIVE}
    beq     a7, t0, 15f
    jal     leasehold_system_call
    j       leasehold_resume
15: mv      s0, a1
    jal     leasehold_reply
    mv      a0, s0
    li      a1, {NOTHING}
    li      a2, 0
16: jal     leasehold_receive
    j       leasehold_resume

    # A receive has no message to keep, and leaves none when a notification ends it.
    .option push
    .option arch, +m
12: FAST_RECEIVE
    .option pop
    SAVE_PLACE
    STORE   s0, S0(tp)
    STORE   s1, S1(tp)
    LOAD    t0, {INTERRUPTED}(a0)
    bnez    t0, 7f
    j       leasehold_resume_call
9:  SAVE_PLACE
    STORE   s0, S0(tp)
    STORE   s1, S1(tp)
    LOAD    sp, {KERNEL_STACK}(tp)
    jal     leasehold_receive
    LOAD    t0, {INTERRUPTED}(a0)
    beqz    t0, leasehold_resume_call
    j       7f

    # Who the caller is.
4:  csrr    gp, {PC_REGISTER}
    addi    gp, gp, 4
    csrw    {PC_REGISTER}, gp
    LOAD_HANDLE a1, {HANDLE}(tp)
    ZERO    a0, a2, a3, a4, a5, a6, a7, t0, t1, t2, t3, t4, t5, t6, gp, tp
    RETURN

    # Calls that return to where they came from save nothing else.
11: STORE   sp, SP(tp)
    STORE   ra, RA(tp)
    LOAD    sp, {KERNEL_STACK}(tp)
    mv      a6, tp
    jal     leasehold_quick_call
    csrr    t0, {PC_REGISTER}
    addi    t0, t0, 4
    csrw    {PC_REGISTER}, t0
    LOAD    a2, A2(tp)
    LOAD    ra, RA(tp)
    LOAD    sp, SP(tp)
    ZERO    a3, a4, a5, a6, a7, t0, t1, t2, t3, t4, t5, t6, gp, tp
    RETURN

    # Interrupts have the highest bit of the cause set.
5:  SAVE_ALL
leasehold_trapped:
    csrr    a0, {CAUSE}
    bltz    a0, 6f
    csrr    a1, {VALUE}
    mv      a2, tp
    jal     leasehold_exception
    j       leasehold_resume
6:  jal     leasehold_interrupt
    j       leasehold_resume

    # All registers count; the floating-point ones may have been loaded already. The failing store ends a reservation
    # that an earlier task may have left. Otherwise this task's SC could succeed after another task's store
    # (Unprivileged ISA, section 8.2).
7:  bltz    t0, 14f
leasehold_resume_all:
    BREAK_RESERVATION a0
    STORE   zero, {INTERRUPTED}(a0)
    ENTER_SPACE 3, a0
    .irp n, 1, 2, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    LOAD    x\n, {X} + {WORD} * \n (a0)
    .endr
    LOAD    a0, A0(a0)
    ZERO    gp, tp
    RETURN
14: jr      t0
