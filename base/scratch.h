/* SPDX-License-Identifier: MIT */
#ifndef BASE_SCRATCH_H
#define BASE_SCRATCH_H

/*
 * Memory that costs a waiting process nothing. Buffers whose content means nothing once the
 * function that fills them is left are marked SCRATCH and lie together; a program that is about to
 * wait gives their pages back.
 */

/* Marks a static array; the linker sorts marked ones to the end (the Makefile's --sort-section). */
#define SCRATCH __attribute__((section(".bss.zz_scratch_b")))

/* Forget what all of them hold: they read as zeros afterwards. */
void scratch_forget(void);

#endif
