@ The vectors that are in use while a task with floating-point registers runs. See floating.rs. They save the registers,
@ switch the unit off, install the ordinary table and continue there, always on the slow path.

    .fpu    fpv4-sp-d16

@ Switches the unit on or off, and installs a vector table. Clobbers r2 and r12.
.macro FLOATING_UNIT access, table
    movw    r12, #:lower16:{ACCESS}
    movt    r12, #:upper16:{ACCESS}
    mov     r2, #\access
    str     r2, [r12]
    movw    r2, #:lower16:\table
    movt    r2, #:upper16:\table
    str     r2, [r12, #{VECTORS} - {ACCESS}]
    dsb
    isb
.endm

@ Clobbers r1 to r3 and r12.
.macro SAVE_FLOATING
    ldr     r3, [sp]
    ldr     r12, [r3, #{FLOATING}]
    vstmia  r12!, {{d0-d15}}
    vmrs    r1, fpscr
    str     r1, [r12]
    FLOATING_UNIT 0, leasehold_vectors
.endm

@ Those that belong to the register file in r0. Clobbers r2, r3 and r12.
.macro LOAD_FLOATING
    FLOATING_UNIT {ACCESS_ON}, leasehold_floating_vectors
    ldr     r3, [r0, #{FLOATING}]
    vldmia  r3!, {{d0-d15}}
    ldr     r2, [r3]
    vmsr    fpscr, r2
.endm

    .section .text.trap.floating, "ax", %progbits
    .balign 4
leasehold_floating_call_vector:
    SAVE_FLOATING
    ENTER
    UNIT_OFF
    SAVE_PLACE
    ldr     r1, =leasehold_floating_called
    str     r1, [r3, #{STATE}]
    b.w     leasehold_slow_path

leasehold_floating_interrupt_vector:
    SAVE_FLOATING
    ENTER
    UNIT_OFF
    SAVE_PLACE
    stm     r3, {{r4-r11}}
    ldr     r1, [r3, #{AFTER_INTERRUPT}]
    str     r1, [r3, #{STATE}]
    bl      leasehold_interrupt
    b.w     leasehold_resume

leasehold_floating_fault_vector:
    tst     lr, #8
    beq     1f
    EMPTY_STACK
    SAVE_FLOATING
    b.w     leasehold_fault_vector
1:  b.w     leasehold_kernel_fault_vector

    @ Continues such a task, with its register file in r0 and its frame in r1.
HANDLER leasehold_floating_called
    LOAD_FLOATING
    b.w     leasehold_resume_called
HANDLER leasehold_floating_interrupted
    LOAD_FLOATING
    b.w     leasehold_resume_all
HANDLER leasehold_floating_skipped
    LOAD_FLOATING
    b.w     leasehold_resume_skipped
HANDLER leasehold_floating_fresh
    FLOATING_UNIT {ACCESS_ON}, leasehold_floating_vectors
    movs    r2, #0
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vmov    d\n, r2, r2
    .endr
    vmsr    fpscr, r2
    b.w     leasehold_resume_fresh
    .ltorg

    @ The first two entries are used only at a reset.
    .section .rodata.trap.floating, "a", %progbits
    .balign 1024
leasehold_floating_vectors:
    .word   0, 0
    .word   leasehold_kernel_fault_vector
    .rept   5
    .word   leasehold_floating_fault_vector + 1
    .endr
    .rept   3
    .word   leasehold_kernel_fault_vector
    .endr
    .word   leasehold_floating_call_vector + 1
    .word   leasehold_floating_fault_vector + 1
    .rept   2
    .word   leasehold_kernel_fault_vector
    .endr
    .rept   1 + {LINES}
    .word   leasehold_floating_interrupt_vector + 1
    .endr
