# The trap vector. See trap.rs. In it, tp points to the running task's register file. The instructions in capitals,
# which depend on the mode that the kernel runs in, are in supervisor.s and machine.s.

# The offset of register n in a register file; 0 is the program counter.
.equ PC, {X}
.equ RA, {X} + {WORD} * 1
.equ SP, {X} + {WORD} * 2
.equ GP, {X} + {WORD} * 3
.equ TP, {X} + {WORD} * 4
.equ S0, {X} + {WORD} * 8
.equ S1, {X} + {WORD} * 9
.equ A0, {X} + {WORD} * 10
.equ A1, {X} + {WORD} * 11
.equ A2, {X} + {WORD} * 12
.equ S11, {X} + {WORD} * 27
.equ T0, {X} + {WORD} * 5
.equ T1, {X} + {WORD} * 6

# Switches to the kernel's stack, and saves the task's tp, which is in the scratch register. Clobbers t0.
.macro TO_KERNEL_STACK
    LOAD    sp, {KERNEL_STACK}(tp)
    csrrw   t0, {SCRATCH}, sp
    STORE   t0, TP(tp)
.endm

# Saves the registers that TO_KERNEL_STACK and the first instructions have not saved. Clobbers t0.
.macro SAVE_ALL
    .irp n, 1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    STORE   x\n, {X} + {WORD} * \n (tp)
    .endr
    csrr    t0, {PC_REGISTER}
    STORE   t0, PC(tp)
    li      t0, 1
    STORE   t0, {INTERRUPTED}(tp)
    TO_KERNEL_STACK
.endm

.macro ZERO registers:vararg
    .irp register, \registers
    li      \register, 0
    .endr
.endm

# A partial save: the registers that a system call keeps, besides s2 to s10. Clobbers t0.
.macro SAVE_CALL
    STORE   gp, GP(tp)
    STORE   s0, S0(tp)
    STORE   s1, S1(tp)
    STORE   s11, S11(tp)
    csrr    t0, {PC_REGISTER}
    addi    t0, t0, 4
    STORE   t0, PC(tp)
    TO_KERNEL_STACK
.endm

# Enters the address space and the program counter of the register file in a0. Clobbers t0 to t2.
.macro ENTER_SPACE site
    LOAD    t0, PC(a0)
    csrw    {PC_REGISTER}, t0
    SWITCH  \site
    csrw    {SCRATCH}, a0
.endm

# Loads the registers that SAVE_CALL saved.
.macro LOAD_CALL
    LOAD    ra, RA(a0)
    LOAD    sp, SP(a0)
    LOAD    gp, GP(a0)
    LOAD    tp, TP(a0)
    LOAD    s0, S0(a0)
    LOAD    s1, S1(a0)
    LOAD    s11, S11(a0)
.endm

    .section .text.trap.vector, "ax"
    .globl  leasehold_vector
    .globl  leasehold_resume
    .balign 64
leasehold_vector:
    csrrw   tp, {SCRATCH}, tp
    STORE   sp, SP(tp)
    csrr    sp, {CAUSE}
    addi    sp, sp, -{ECALL_FROM_USER}
    bnez    sp, 5f
    STORE   ra, RA(tp)
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

    # The slow path: stores the message registers in memory, and returns in the general way.
leasehold_slow_path:
    .irp n, 18, 19, 20, 21, 22, 23, 24, 25, 26
    STORE   x\n, {X} + {WORD} * \n (tp)
    .endr
    jal     leasehold_system_call

    # Continues with the register file in a0.
leasehold_resume:
    LOAD    t0, {INTERRUPTED}(a0)
    bnez    t0, 7f
leasehold_resume_call:
    ENTER_SPACE 1
    .irp n, 18, 19, 20, 21, 22, 23, 24, 25, 26
    LOAD    x\n, {X} + {WORD} * \n (a0)
    .endr
    LOAD_CALL
    LOAD    a1, A1(a0)
    LOAD    a2, A2(a0)
    LOAD    a0, A0(a0)
    ZERO    a3, a4, a5, a6, a7, t0, t1, t2, t3, t4, t5, t6
    RETURN

    # The fast paths: the message stays in its registers.
1:  SAVE_CALL
    STORE   a0, A0(tp)
    STORE   a1, A1(tp)
    STORE   a2, A2(tp)
    jal     leasehold_call
    bnez    a0, 8f
    li      a7, {CALL}
    j       9f
2:  SAVE_CALL
    STORE   a0, A0(tp)
    STORE   a1, A1(tp)
    jal     leasehold_reply_receive
    bnez    a0, 8f
    li      a7, {REPLY_RECEIVE}
9:  LOAD    a0, A0(tp)
    LOAD    a1, A1(tp)
    LOAD    a2, A2(tp)
    j       leasehold_slow_path

8:  ENTER_SPACE 2
    LOAD_CALL
    ZERO    a0, a2, a3, a4, a5, a6, a7, t0, t1, t2, t3, t4, t5, t6
    RETURN

    # Calls that return to their caller save nothing else.
4:  TO_KERNEL_STACK
    jal     leasehold_task_self
    mv      a1, a0
    li      a0, 0
    li      a2, 0
12: csrr    t0, {PC_REGISTER}
    addi    t0, t0, 4
    csrw    {PC_REGISTER}, t0
    LOAD    ra, RA(tp)
    LOAD    sp, SP(tp)
    csrw    {SCRATCH}, tp
    LOAD    tp, TP(tp)
    ZERO    a3, a4, a5, a6, a7, t0, t1, t2, t3, t4, t5, t6
    RETURN
11: TO_KERNEL_STACK
    mv      a6, tp
    jal     leasehold_quick_call
    LOAD    a2, A2(tp)
    j       12b

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
    ENTER_SPACE 3
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    LOAD    x\n, {X} + {WORD} * \n (a0)
    .endr
    LOAD    a0, A0(a0)
    RETURN
14: jr      t0
