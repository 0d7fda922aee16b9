@ The first instructions. See boot.rs.

    .syntax unified
    .thumb

    .section .text.boot, "ax", %progbits
    .globl  _start
    .type   _start, %function
    .thumb_func
_start:
    @ Zero the .bss, whose ends are multiples of 16. The stack lies in it, and is empty.
    ldr     r0, =__bss_start
    ldr     r1, =__bss_end
    movs    r2, #0
1:  cmp     r0, r1
    bhs     2f
    str     r2, [r0], #4
    b       1b
    @ The initial data, if it is not loaded where it lies: records as build/src/initial.rs describes them. First words
    @ that follow, then words from further back.
2:  ldr     r0, =__data_load
    ldr     r1, =__data_start
    ldr     r2, =__data_end
    cmp     r0, r1
    beq     8f
4:  cmp     r1, r2
    bhs     8f
    ldrh    r3, [r0], #2
    ldrh    r4, [r0], #2
    ldr     r5, [r0], #4
5:  subs    r3, #1
    blo     6f
    ldr     r6, [r0], #4
    str     r6, [r1], #4
    b       5b
6:  subs    r5, r1, r5
7:  subs    r4, #1
    blo     4b
    ldr     r6, [r5], #4
    str     r6, [r1], #4
    b       7b
8:  ldr     r0, ={VECTORS}
    ldr     r1, =leasehold_vectors
    str     r1, [r0]
    bl      {SYSTEM_START}
    ldr     r0, ={INTERRUPT_CONTROL}
    ldr     r1, ={PEND_SERVICE}
    str     r1, [r0]
    dsb
    isb
3:  b       3b

    @ The kernel never returns to the code that this interrupts.
    .globl  leasehold_boot_vector
    .type   leasehold_boot_vector, %function
    .thumb_func
leasehold_boot_vector:
    ldr     r0, =leasehold_running
    msr     msp, r0
    @ Thread mode, which runs the tasks, is unprivileged from now on.
    movs    r0, #1
    msr     control, r0
    isb
    bl      leasehold_boot
    b       leasehold_resume
    .ltorg

    .section .vectors, "a", %progbits
    .globl  leasehold_vectors
    .balign 1024
leasehold_vectors:
    .word   leasehold_running
    .word   _start
    .word   leasehold_kernel_fault_vector
    .rept   5
    .word   leasehold_fault_vector
    .endr
    .rept   3
    .word   leasehold_kernel_fault_vector
    .endr
    .word   leasehold_call_vector
    .word   leasehold_fault_vector
    .word   leasehold_kernel_fault_vector
    .word   leasehold_boot_vector
    .rept   1 + {LINES}
    .word   leasehold_interrupt_vector
    .endr

    @ The kernel's stack. The word above it is the address of the running task's register file, for all handlers.
    .section .bss.stack, "aw", %nobits
    .balign 8
    .globl  leasehold_stack
leasehold_stack:
    .space  {STACK_SIZE}
    .globl  leasehold_running
leasehold_running:
    .space  8
