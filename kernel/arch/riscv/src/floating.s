# The vector that is in use while a task with floating-point registers runs. See floating.rs. It saves the registers,
# switches the unit off, installs the ordinary vector and continues there, always on the slow path.

    .option push
    .option arch, +d

# Switches the unit on, and installs this vector. Clobbers t1.
.macro ENTER_FLOATING
    li      t1, {UNIT}
    csrs    {STATUS}, t1
    lla     t1, leasehold_floating_vector
    csrw    {VECTOR}, t1
.endm

.macro LOAD_FLOATING
    ENTER_FLOATING
    LOAD    t1, {FLOATING}(a0)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fld     f\n, {F} + 8 * \n (t1)
    .endr
    LOAD    t1, {FCSR}(t1)
    fscsr   t1
.endm

    .section .text.trap.floating, "ax"
    .globl  leasehold_floating_fresh
    .balign 64
leasehold_floating_vector:
    csrr    tp, {SCRATCH}
    STORE   t0, T0(tp)
    STORE   t1, T1(tp)
    LOAD    t0, {FLOATING}(tp)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fsd     f\n, {F} + 8 * \n (t0)
    .endr
    frcsr   t1
    STORE   t1, {FCSR}(t0)
    li      t0, {UNIT}
    csrc    {STATUS}, t0
    lla     t0, leasehold_vector
    csrw    {VECTOR}, t0
    LOAD    t0, T0(tp)
    LOAD    t1, T1(tp)
    csrr    gp, {CAUSE}
    addi    gp, gp, -{ECALL_FROM_USER}
    bnez    gp, 1f
    SAVE_MESSAGE_CALL
    lla     t0, leasehold_floating_call
    STORE   t0, {INTERRUPTED}(tp)
    j       leasehold_slow_path
1:  SAVE_ALL
    lla     t0, leasehold_floating_all
    STORE   t0, {INTERRUPTED}(tp)
    j       leasehold_trapped

    # Continues such a task, with its register file in a0: for the first time, after a call, after anything else.
leasehold_floating_fresh:
    ENTER_FLOATING
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fcvt.d.w f\n, zero
    .endr
    fscsr   zero
    j       leasehold_resume_call
leasehold_floating_call:
    LOAD_FLOATING
    j       leasehold_resume_call
leasehold_floating_all:
    LOAD_FLOATING
    j       leasehold_resume_all
    .option pop
