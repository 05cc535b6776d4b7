/* SPDX-License-Identifier: MIT */
#include "segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dir.h"
#include "file.h"
#include "record.h"

#define NO_SEGMENT UINT64_MAX

int journal_segments(struct spool *spool, uint64_t *oldest, uint64_t *newest)
{
    struct dir dir;
    const char *name;
    uint64_t first;

    *oldest = NO_SEGMENT;
    *newest = 0;
    if (dir_over(&dir, spool->journal) == -1)
        return -1;
    while ((name = dir_next(&dir)) != NULL)
        if (path_seq_ok(name, &first) && first % JOURNAL_SEGMENT == 0) {
            *oldest = first < *oldest ? first : *oldest;
            *newest = first > *newest ? first : *newest;
        }
    errno = dir.error != 0 ? dir.error : ENOENT;
    return dir.error != 0 || *oldest == NO_SEGMENT ? -1 : 0;
}

/* ---- One of them ---- */

int segment_open(struct spool *spool, uint64_t first, int flags)
{
    char name[PATH_SIZE];

    path_segment(name, first);
    return file_open(spool->journal, name, flags);
}

bool segment_exists(struct spool *spool, uint64_t first)
{
    char name[PATH_SIZE];

    path_segment(name, first);
    return faccessat(spool->journal, name, F_OK, 0) == 0;
}

int64_t segment_count(int fd)
{
    struct stat info;

    return fstat(fd, &info) == -1 ? -1 : info.st_size / JOURNAL_RECORD;
}

int segment_read(int fd, uint64_t index, struct journal_record *record)
{
    char bytes[JOURNAL_RECORD];
    ssize_t got = pread(fd, bytes, sizeof bytes, (off_t)(index * JOURNAL_RECORD));

    if (got == (ssize_t)sizeof bytes && record_parse(record, bytes) == 0)
        return 0;
    if (got != -1)
        errno = EBADMSG;
    return -1;
}

int segment_newest(int fd, uint64_t first, int64_t count, struct cursor *place)
{
    struct journal_record last;

    for (; count > 0; count--)
        if (segment_read(fd, (uint64_t)count - 1, &last) == 0) {
            *place = (struct cursor){first + (uint64_t)count, last.ms};
            return 0;
        }
    return -1;
}

/* ---- The newest, without going over all of them ---- */

#define TAIL "tail"
#define TAIL_SIZE 64

/* What `tail` says while `first` is the newest. Whatever comes into journal/ or leaves it changes its ctime, which
 * nothing can set: then the hint is void. (A file system's clock ticks coarsely, and a power cut may take the new ctime
 * alone, so whoever believes it still looks whether the next segment is there.) Its length; -1: errno. */
static ssize_t print_tail(struct spool *spool, uint64_t first, char out[PATH_SIZE])
{
    struct stat info;

    if (fstat(spool->journal, &info) == -1)
        return -1;
    path_segment(out, first);
    return SEQ_DIGITS + snprintf(out + SEQ_DIGITS, PATH_SIZE - SEQ_DIGITS, " %lld.%09ld\n",
                                 (long long)info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
}

static bool recall(struct spool *spool, uint64_t *first)
{
    char text[TAIL_SIZE];
    char now[PATH_SIZE];

    if (file_read(spool->root, TAIL, text, sizeof text) <= SEQ_DIGITS)
        return false;
    text[SEQ_DIGITS] = '\0';
    if (!path_seq_ok(text, first) || *first % JOURNAL_SEGMENT != 0)
        return false;
    text[SEQ_DIGITS] = ' ';
    return print_tail(spool, *first, now) != -1 && strcmp(text, now) == 0 &&
           !segment_exists(spool, *first + JOURNAL_SEGMENT);
}

void segment_remember(struct spool *spool, uint64_t first)
{
    char text[PATH_SIZE];
    ssize_t len = print_tail(spool, first, text);
    int fd;

    if (len == -1)
        return;
    fd = file_open(spool->root, TAIL, O_WRONLY | O_CREAT);
    if (fd == -1)
        return;
    if (pwrite(fd, text, (size_t)len, 0) != len || ftruncate(fd, len) == -1) {
        /* All of them are listed again next time. */
    }
    close(fd);
}

static int search(struct spool *spool, int flags, struct segment *last)
{
    uint64_t oldest;
    uint64_t newest;

    last->searched = true;
    if (journal_segments(spool, &oldest, &newest) == -1)
        return errno == ENOENT ? 0 : -1;
    last->first = newest;
    last->fd = segment_open(spool, newest, flags);
    return last->fd == -1 ? -1 : 0;
}

int segment_last(struct spool *spool, int flags, struct segment *last)
{
    uint64_t first = 0;
    int fd = recall(spool, &first) ? segment_open(spool, first, flags) : -1;

    *last = (struct segment){.fd = fd, .first = fd == -1 ? 0 : first};
    if (fd == -1 && search(spool, flags, last) == -1)
        return -1;
    if (last->fd == -1)
        return 0;
    last->count = segment_count(last->fd);
    if (last->count == -1)
        file_close(last->fd);
    return last->count == -1 ? -1 : 0;
}
