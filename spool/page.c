/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* So many missing in a row are not damage but retention's; then looking at each is no use. */
#define RUN_MAX 64

struct looking {
    struct thread *thread;
    const struct page_range *range;
    uint64_t total;  /* numbers in the range */
    uint64_t missed; /* in a row */
    bool gap;        /* since the last one found */
    size_t bytes;
};

/* The numbers of the range in the order they are looked at, from 0. */
static uint64_t number(const struct looking *looking, uint64_t place)
{
    const struct page_range *range = looking->range;

    return range->backward ? range->below - 1 - place : range->above + 1 + place;
}

/* The size of a stanza's file; 1: it is there; 0; -1. From new/ to cur/, as the agent moves them. */
static int look(const struct looking *looking, uint64_t place, size_t *size)
{
    void (*const folders[])(char out[PATH_SIZE], uint64_t seq) = {path_new, path_cur};
    struct stat info;

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char path[PATH_SIZE];
        folders[i](path, number(looking, place));
        if (fstatat(looking->thread->fd, path, &info, AT_SYMLINK_NOFOLLOW) == 0) {
            /* What is larger cannot be read, and so takes no room. */
            *size = info.st_size > SPOOL_STANZA_MAX ? 0 : (size_t)info.st_size;
            return 1;
        }
        if (errno != ENOENT)
            return -1;
    }
    return 0;
}

/*
 * Where what is there begins again, from `place` on: found by halving, for it is one end of the
 * thread that is gone. `total` when it is all of it. -1: errno.
 */
static int leap(const struct looking *looking, uint64_t *place)
{
    uint64_t beyond = looking->total;
    size_t size;

    while (*place < beyond) {
        uint64_t middle = *place + (beyond - *place) / 2;
        int found = look(looking, middle, &size);
        if (found == -1)
            return -1;
        if (found == 1)
            beyond = middle;
        else
            *place = middle + 1;
    }
    return 0;
}

/* The next that is there, from `*place` on. 1, 0: none; -1. */
static int next(struct looking *looking, uint64_t *place, size_t *size)
{
    for (; *place < looking->total; ++*place) {
        int found = look(looking, *place, size);
        if (found != 0) {
            looking->missed = 0;
            return found;
        }
        looking->gap = true;
        if (++looking->missed < RUN_MAX)
            continue;
        ++*place;
        if (leap(looking, place) == -1)
            return -1;
        looking->missed = 0;
        --*place; /* the loop looks at it again: it must be there to be counted */
    }
    return 0;
}

static bool takes(const struct looking *looking, const struct page *page, size_t size)
{
    return page->count == 0 ||
           (page->count < looking->range->most && size <= looking->range->bytes - looking->bytes);
}

static void turn(struct page *page)
{
    for (size_t i = 0; i < page->count / 2; i++) {
        uint64_t seq = page->seq[i];
        page->seq[i] = page->seq[page->count - 1 - i];
        page->seq[page->count - 1 - i] = seq;
    }
}

int page_find(struct thread *thread, const struct page_range *range, struct page *page)
{
    struct looking looking = {.thread = thread, .range = range};
    uint64_t place = 0;
    size_t size;
    int found;

    page->count = 0;
    page->gap = false;
    if (range->below > range->above + 1)
        looking.total = range->below - range->above - 1;
    while ((found = next(&looking, &place, &size)) == 1 && takes(&looking, page, size)) {
        page->gap = page->gap || looking.gap;
        looking.gap = false;
        looking.bytes = size < range->bytes - looking.bytes ? looking.bytes + size : range->bytes;
        page->seq[page->count++] = number(&looking, place++);
    }
    page->more = found == 1;
    /* The next page meets a gap that lies before its first one; behind the last page is none. */
    page->gap = page->gap || (found == 0 && looking.gap);
    if (range->backward)
        turn(page);
    return found == -1 ? -1 : 0;
}
