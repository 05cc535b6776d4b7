/* SPDX-License-Identifier: MIT */
#include "base/scratch.h"

#include <stdint.h>
#include <sys/mman.h>

/*
 * What lies between these two. Where a linker does not sort them they lie side by side, as they
 * stand here, and there is nothing to forget.
 */
static char begin[64] __attribute__((section(".bss.zz_scratch_a"), used));
static char end[64] __attribute__((section(".bss.zz_scratch_c"), used));

#define PAGE 4096

void scratch_forget(void)
{
    uintptr_t from = ((uintptr_t)begin + PAGE - 1) / PAGE * PAGE;
    uintptr_t to = (uintptr_t)end / PAGE * PAGE;

    if (from < to)
        (void)madvise((void *)from, to - from, MADV_DONTNEED); /* it only saves memory */
}
