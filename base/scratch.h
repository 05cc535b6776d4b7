/* SPDX-License-Identifier: MIT */
#ifndef BASE_SCRATCH_H
#define BASE_SCRATCH_H

/*
 * Where static arrays lie, which the linker sorts by name (the Makefile's --sort-section). A page that is touched for
 * the first time costs 2 to 4 us, a hundredth of what a program of ours takes; a page that waits, its memory. So what is
 * small and used each time comes first, and begins with a page (pages.ld): in a program that sends it lies on two. Then
 * comes what is most often short (BRIEF), of which only the beginning is touched; then what is large. Where most of what
 * comes is short it has a short array, and only what does not fit a page of its own behind.
 */

/* Arrays of some hundred bytes, which are seldom used to their end. */
#define BRIEF __attribute__((section(".bss.zy_brief")))

/* Large arrays, of 4 KB and more, whose content nobody needs any more when a program waits: it gives their pages back. */
#define SCRATCH __attribute__((section(".bss.zz_scratch_b")))

/* The first of them, on the page where BRIEF ends: what is very short needs no other. */
#define SCRATCH_FIRST __attribute__((section(".bss.zz_scratch_ab")))

/* What most processes never touch, and none may forget. */
#define RARE __attribute__((section(".bss.zzz_rare")))

/* Forget what all SCRATCH arrays hold: they read as zeros afterwards. */
void scratch_forget(void);

#endif
