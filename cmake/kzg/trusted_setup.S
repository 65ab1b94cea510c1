// The file GAVEL_KZG_SETUP, which setup_bytes.py writes.
    .section .rodata
    .balign 16
    .globl gavel_kzg_setup
    .hidden gavel_kzg_setup
    .type gavel_kzg_setup, %object
gavel_kzg_setup:
    .incbin GAVEL_KZG_SETUP
    .size gavel_kzg_setup, . - gavel_kzg_setup
    .section .note.GNU-stack, "", %progbits
