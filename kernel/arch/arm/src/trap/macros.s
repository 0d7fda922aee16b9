@ Macros of both kinds of exception vectors, the ordinary ones and those for floating point. See trap.rs.

    .syntax unified
    .thumb

.ifndef FRAME_PC
@ Offsets of words in the frame that an exception pushes.
.equ FRAME_R3, 12
.equ FRAME_R12, 16
.equ FRAME_PC, 24

@ Puts the frame's address into r0, and the register file's into r3. Clobbers r1, r2.
.macro ENTER
    mrs     r0, psp
    ldr     r3, [sp]
    ldrd    r1, r2, [r3, #{LIMITS}]
    subs    r1, r0, r1
    cmp     r1, r2
    bhi     leasehold_stray
.endm

@ The kernel's stack is empty when a task faults. But if a task's frame claims to be no task's, Armv7-M has popped it and pushes
@ another one, perhaps onto the kernel's stack (B1.5.8; QEMU 7.2, target/arm/m_helper.c, `do_v7m_exception_exit`). Clobbers r0.
.macro EMPTY_STACK
    movw    r0, #:lower16:leasehold_running
    movt    r0, #:upper16:leasehold_running
    mov     sp, r0
.endm

@ If read-only regions bind the kernel too, the unit is off while the kernel works: from the barriers on. Clobbers r1 and r12.
.macro UNIT_OFF
    .if {ARMV8M}
    movw    r12, #:lower16:{UNIT}
    movt    r12, #:upper16:{UNIT}
    movs    r1, #0
    str     r1, [r12]
    dsb
    isb
    .endif
.endm

@ Saves the frame's address and the program counter: everything that a call keeps besides r4 to r11. Clobbers r1.
.macro SAVE_PLACE
    ldr     r1, [r0, #FRAME_PC]
    strd    r0, r1, [r3, #{FRAME}]
.endm

.macro HANDLER name
    .globl  \name
    .type   \name, %function
    .thumb_func
\name:
.endm
.endif
