# Call and reply when the other side waits, and a receive that waits. See trap.rs.
#
# Each does what `Kernel::fast_call`, `Kernel::fast_reply_receive` and `Kernel::receive` do, and a test of the kernel's
# core executes these lines beside those functions. So a line has one instruction that the test knows, and nothing
# depends on the instruction set's width but what LOAD, STORE and LOAD_HANDLE mean. Until the last branch to 9 nothing
# is changed.
#
# A task's register file lies at the start of its record, so what is relative to a file is a field of the record. What
# is relative to the table of records lies in front of it.

# `Call`: a0 is the destination, a1 and a2 describe the buffers. The server's file to a3, the caller's handle to a1.
.macro FAST_CALL
    LOAD    t0, {TASKS}(tp)
    LOAD    t1, {HIGHER}(t0)
    addi    t1, t1, 1
    bnez    t1, 9f
    sltiu   t1, a2, {MORE_BORROWS}
    beqz    t1, 9f
    # On a machine of 32 bits this is another task for an index that no task has; then the handles differ.
    andi    t1, a0, {LAST_INDEX}
    LOAD    t2, {CALLS}(tp)
    srl     t2, t2, t1
    andi    t2, t2, 1
    beqz    t2, 9f
    slli    a3, t1, {TASK_SHIFT}
    add     a3, a3, t0
    LOAD_HANDLE t2, {ACCEPTING}(a3)
    bne     t2, a0, 9f
    li      t2, 1
    sll     t3, t2, t1
    LOAD    t4, {BIT}(tp)
    not     t5, a0
    sw      t5, {ACCEPTING}(a3)
    sb      t2, {STATE}(a3)
    LOAD    t5, {IN_SERVICE}(a3)
    or      t5, t5, t4
    STORE   t5, {IN_SERVICE}(a3)
    li      t5, {AWAITING_REPLY}
    sb      t5, {STATE}(tp)
    STORE   t1, {PEER}(tp)
    STORE   a1, {BORROWS}(tp)
    STORE   a2, {BORROW_COUNT}(tp)
    LOAD    t5, {READY_SET}(t0)
    xor     t5, t5, t4
    or      t5, t5, t3
    STORE   t5, {READY_SET}(t0)
    STORE   t1, {CURRENT}(t0)
    LOAD_HANDLE a1, {HANDLE}(tp)
.endm

# `ReplyReceive`: a0 is the client, a1 the mask. The client's file to a3, 0 to a1.
.macro FAST_REPLY_RECEIVE
    LOAD    t0, {TASKS}(tp)
    LOAD    t1, {HIGHER}(t0)
    addi    t1, t1, 1
    bnez    t1, 9f
    andi    t1, a0, {LAST_INDEX}
    li      t2, 1
    sll     t3, t2, t1
    LOAD    t4, {IN_SERVICE}(tp)
    and     t5, t4, t3
    beqz    t5, 9f
    LOAD    t5, {WAITING}(tp)
    bnez    t5, 9f
    lw      t5, {PENDING}(tp)
    and     t5, t5, a1
    bnez    t5, 9f
    lbu     t5, {SERVING}(tp)
    beqz    t5, 9f
    LOAD    t5, {READY_SET}(t0)
    LOAD    t6, {BIT}(tp)
    xor     t5, t5, t6
    addi    t6, t3, -1
    and     t6, t6, t5
    bnez    t6, 9f
    slli    a3, t1, {TASK_SHIFT}
    add     a3, a3, t0
    LOAD_HANDLE t6, {FAST}(a3)
    bne     t6, a0, 9f
    sb      t2, {STATE}(a3)
    li      t6, -1
    STORE   t6, {PEER}(a3)
    xor     t4, t4, t3
    STORE   t4, {IN_SERVICE}(tp)
    lw      t6, {FAST}(tp)
    sw      t6, {ACCEPTING}(tp)
    sw      a1, {MASK}(tp)
    li      t6, {RECEIVING}
    sb      t6, {STATE}(tp)
    or      t5, t5, t3
    STORE   t5, {READY_SET}(t0)
    STORE   t1, {CURRENT}(t0)
    li      a1, 0
.endm

# The first task of the set in t1, to t1, as `schedule::first` finds it. Clobbers t2 to t4.
.macro FIRST_BY_TABLE
    lla     t2, {FIRST}
    LOAD    t3, {CODES}(t2)
    addi    t4, t1, -1
    xor     t4, t4, t1
    mul     t3, t3, t4
    srli    t3, t3, {SHIFT}
    add     t2, t2, t3
    lbu     t1, {POSITIONS}(t2)
.endm

# The same where Zbb is. FIRST_OF is the one of the two that `assembly.rs` takes.
.macro FIRST_BY_COUNTING
    ctz     t1, t1
.endm

# `Receive`: a0 is the mask. What is to be done before the wait is left to the slow path. The next task's file to a0.
.macro FAST_RECEIVE
    LOAD    t0, {TASKS}(tp)
    or      t1, a1, a2
    bnez    t1, 9f
    LOAD    t1, {HIGHER}(t0)
    addi    t1, t1, 1
    bnez    t1, 9f
    LOAD    t1, {WAITING}(tp)
    bnez    t1, 9f
    lbu     t1, {SERVING}(tp)
    beqz    t1, 9f
    lw      t1, {PENDING}(tp)
    and     t1, t1, a0
    bnez    t1, 9f
    LOAD    t1, {READY_SET}(t0)
    LOAD    t2, {BIT}(tp)
    xor     t1, t1, t2
    beqz    t1, 9f
    lw      t2, {FAST}(tp)
    sw      t2, {ACCEPTING}(tp)
    sw      a0, {MASK}(tp)
    li      t2, {RECEIVING}
    sb      t2, {STATE}(tp)
    STORE   t1, {READY_SET}(t0)
    FIRST_OF
    STORE   t1, {CURRENT}(t0)
    slli    a0, t1, {TASK_SHIFT}
    add     a0, a0, t0
.endm
