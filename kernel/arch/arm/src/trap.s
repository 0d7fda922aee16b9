@ The exception vectors. See trap.rs.

@ Loads the regions of the register file in r0 into the unit. Clobbers r0 to r3, r12, lr.
.macro LOAD_REGIONS
    ldr     r12, [r0, #{REGIONS}]
    movw    lr, #:lower16:({UNIT} + {REGION_REGISTERS})
    movt    lr, #:upper16:({UNIT} + {REGION_REGISTERS})
    .if {ARMV8M}
    @ The first store selects four regions; then two are written at a time.
    .irp    group, 0, 4
    movs    r0, #\group
    str     r0, [lr, #-4]
    ldm     r12!, {{r0-r3}}
    stm     lr!, {{r0-r3}}
    ldm     r12!, {{r0-r3}}
    stm     lr, {{r0-r3}}
    sub     lr, lr, #16
    .endr
    movs    r0, #{UNIT_ON}
    str     r0, [lr, #-{REGION_REGISTERS}]
    .else
    @ Each base register contains its region's number.
    .rept   4
    ldm     r12!, {{r0-r3}}
    stm     lr, {{r0-r3}}
    .endr
    .endif
.endm

@ Returns to thread mode and the process stack. After the barrier the regions are in force, before the frame is read.
.macro LEAVE
    mvn     lr, #2
    dsb
    bx      lr
.endm

    .section .text.trap.vector, "ax", %progbits
    .balign 4
HANDLER leasehold_call_vector
    ENTER
    ldr     r2, [r0, #FRAME_R12]
    cbnz    r2, 4f

    @ TaskSelf returns at once, and changes nothing. The handle lies behind the registers; r2 is 0, as the tag is.
    ldr     r1, [r3, #{HANDLE}]
    strd    r2, r1, [r0]
    strd    r2, r2, [r0, #8]
    mvn     lr, #2
    bx      lr

4:  UNIT_OFF
    cmp     r2, #{CALL}
    beq     1f
    cmp     r2, #{REPLY_RECEIVE}
    beq     2f
    cmp     r2, #{RECEIVE}
    beq     3f
    @ The last bit that is shifted out. A shift counts modulo 256; the kernel itself checks the number again.
    movw    r1, #:lower16:{QUICK}
    movt    r1, #:upper16:{QUICK}
    lsrs    r1, r2
    bcs     5f
    SAVE_PLACE

    @ The slow path: stores the message in memory, and returns in the general way.
HANDLER leasehold_slow_path
    stm     r3, {{r4-r11}}
    ldr     r2, [r0, #FRAME_R3]
    movs    r1, #0
    str     r1, [r3, #{TAG}]
    str     r2, [r3, #{SENT}]
    mov     r1, r3
    bl      leasehold_system_call

    @ Continues with the register file in r0.
HANDLER leasehold_resume
    str     r0, [sp]
    ldr     r1, [r0, #{FRAME}]
    msr     psp, r1
    ldr     r2, [r0, #{STATE}]
    cmp     r2, #0
    bne     6f
HANDLER leasehold_resume_called
    add     lr, r0, #{RESULTS}
    ldm     lr, {{r2-r4, r12, lr}}
    stm     r1, {{r2-r4, r12, lr}}
HANDLER leasehold_resume_all
    ldm     r0, {{r4-r11}}
    LOAD_REGIONS
    LEAVE

    @ A receive: three arguments, and it sends nothing.
3:  SAVE_PLACE
    stm     r3, {{r4-r11}}
    movs    r1, #0
    str     r1, [r3, #{TAG}]
    ldm     r0, {{r0-r2}}
    bl      leasehold_receive
    b       leasehold_resume

    @ The fast paths: the message stays in its registers.
1:  SAVE_PLACE
    ldm     r0, {{r0-r2}}
    bl      leasehold_call
    b       9f
2:  SAVE_PLACE
    ldm     r0, {{r0-r1}}
    bl      leasehold_reply_receive
9:  cbnz    r0, 8f
    ldr     r3, [sp]
    ldr     r0, [r3, #{FRAME}]
    b       leasehold_slow_path

    @ Copies the tag from frame to frame, with the results.
8:  ldr     r3, [sp]
    str     r0, [sp]
    ldr     r3, [r3, #{FRAME}]
    ldr     r2, [r3, #FRAME_R3]
    ldr     r3, [r0, #{FRAME}]
    msr     psp, r3
    mov     r12, #0
    strd    r12, r1, [r3]
    strd    r12, r2, [r3, #8]
    str     r12, [r3, #FRAME_R12]
    LOAD_REGIONS
    LEAVE

    @ Calls that return to their caller save nothing.
5:  mov     r1, r4
    mov     r2, r5
    bl      leasehold_quick_call
    .if {ARMV8M}
    movw    r12, #:lower16:{UNIT}
    movt    r12, #:upper16:{UNIT}
    movs    r1, #{UNIT_ON}
    str     r1, [r12]
    .endif
    LEAVE

    @ A state other than a call's is used once. For a task with floating-point registers it is an address.
6:  movs    r3, #0
    str     r3, [r0, #{STATE}]
    cmp     r2, #{INTERRUPTED}
    beq     leasehold_resume_all
    cmp     r2, #{SKIPPED}
    beq     leasehold_resume_skipped
    it      hi
    bxhi    r2

    @ A first frame: no flags, Thumb.
HANDLER leasehold_resume_fresh
    ldr     r12, [r0, #{PC}]
    mov     r2, #1 << 24
    movs    r3, #0
    strd    r12, r2, [r1, #FRAME_PC]
    strd    r3, r3, [r1]
    strd    r3, r3, [r1, #8]
    strd    r3, r3, [r1, #16]
    b       leasehold_resume_all
HANDLER leasehold_resume_skipped
    ldr     r12, [r0, #{PC}]
    str     r12, [r1, #FRAME_PC]
    movs    r3, #1
    str     r3, [r1, #4]
    b       leasehold_resume_all

    .balign 4
HANDLER leasehold_interrupt_vector
    ENTER
    UNIT_OFF
    SAVE_PLACE
    stm     r3, {{r4-r11}}
    movs    r1, #{INTERRUPTED}
    str     r1, [r3, #{STATE}]
    bl      leasehold_interrupt
    b       leasehold_resume

    @ A call or an interrupt whose frame is not in the task's own data. The interrupt still counts.
leasehold_stray:
    UNIT_OFF
    str     r0, [r3, #{FRAME}]
    mov     r0, r3
    bl      leasehold_stray_frame
    mrs     r1, ipsr
    cmp     r1, #15
    blo     leasehold_resume
    bl      leasehold_interrupt
    b       leasehold_resume

    @ Faults. Bit 3 of the return value says that thread mode, a task, was interrupted.
    .balign 4
HANDLER leasehold_fault_vector
    tst     lr, #8
    beq     leasehold_kernel_fault_vector
    EMPTY_STACK
    mrs     r0, psp
    ldr     r3, [sp]
    UNIT_OFF
    str     r0, [r3, #{FRAME}]
    stm     r3, {{r4-r11}}
    mov     r0, r3
    bl      leasehold_exception
    b       leasehold_resume

HANDLER leasehold_kernel_fault_vector
    UNIT_OFF
    mov     r0, sp
    bl      leasehold_kernel_fault
    udf     #0
