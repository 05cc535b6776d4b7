/* SPDX-License-Identifier: MIT */
#ifndef BASE_SCRATCH_H
#define BASE_SCRATCH_H

/*
 * Memory that costs a waiting process nothing. Buffers whose content nobody needs any
 * more when a program waits are marked SCRATCH and lie together: it gives their pages back. All of
 * 4 KB and more that can be is marked, for another reason: what is small then lies together, too, and
 * takes one or two pages instead of one each. Where most of what comes is short it has a short array among
 * the small ones, and only what does not fit touches a page of its own here.
 */

/* Marks a static array; the linker sorts marked ones to the end (the Makefile's --sort-section). */
#define SCRATCH __attribute__((section(".bss.zz_scratch_b")))

/* Marks what most processes never touch, and none may forget: it lies at the very end, out of the way. */
#define RARE __attribute__((section(".bss.zzz_rare")))

/* Forget what all of them hold: they read as zeros afterwards. */
void scratch_forget(void);

#endif
