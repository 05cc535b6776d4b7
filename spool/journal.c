/* SPDX-License-Identifier: MIT */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "clock.h"
#include "dir.h"
#include "file.h"
#include "record.h"
#include "segment.h"

/*
 * The place after the newest readable record; looks into the segment before when the newest has just
 * been begun. Where nothing can be read, the end without a time.
 */
static struct cursor find_newest(struct spool *spool, const struct segment *last)
{
    struct cursor place = {last->first + (uint64_t)last->count, 0};
    int before;

    if (last->fd == -1 || segment_newest(last->fd, last->first, last->count, &place) == 0 ||
        last->first < JOURNAL_SEGMENT)
        return place;
    before = segment_open(spool, last->first - JOURNAL_SEGMENT, O_RDONLY);
    if (before != -1)
        (void)segment_newest(before, last->first - JOURNAL_SEGMENT, segment_count(before), &place);
    file_close(before);
    return place;
}

/* Room for one more in the newest. -1: errno; nothing is open. */
static int make_room(struct spool *spool, struct segment *last)
{
    bool news = last->searched;

    while (last->fd == -1 || last->count >= JOURNAL_SEGMENT) {
        file_close(last->fd);
        last->first += last->fd == -1 ? 0 : JOURNAL_SEGMENT;
        last->fd = segment_open(spool, last->first, O_RDWR | O_CREAT);
        if (last->fd == -1)
            return -1;
        last->count = segment_count(last->fd); /* if not none: nothing is written over */
        if (last->count == -1) {
            file_close(last->fd);
            return -1;
        }
        news = true;
    }
    if (news)
        segment_remember(spool, last->first);
    return 0;
}

static int append_locked(struct spool *spool, struct journal_record *record, struct cursor *end)
{
    char bytes[JOURNAL_RECORD];
    struct segment last;
    int64_t ms;
    ssize_t done;

    if (segment_last(spool, O_RDWR, &last) == -1)
        return -1;
    if (make_room(spool, &last) == -1)
        return -1;
    ms = find_newest(spool, &last).ms;
    record->ms = clock_wall_us() / 1000;
    if (record->ms < ms)
        record->ms = ms;
    record_print(bytes, record);
    done = pwrite(last.fd, bytes, sizeof bytes, last.count * JOURNAL_RECORD);
    if (done != (ssize_t)sizeof bytes) {
        errno = done == -1 ? errno : ENOSPC; /* half a record is none: see segment_count */
        file_close(last.fd);
        return -1;
    }
    if (close(last.fd) == -1)
        return -1; /* it may be there all the same: whoever finishes this looks */
    if (end != NULL)
        *end = (struct cursor){last.first + (uint64_t)last.count + 1, record->ms};
    return 0;
}

int journal_append(struct spool *spool, struct journal_record *record, struct cursor *end)
{
    int result;
    int saved;

    if (spool_lock(spool, spool->journal) == -1)
        return -1;
    result = append_locked(spool, record, end);
    saved = errno;
    flock(spool->journal, LOCK_UN);
    errno = saved;
    return result;
}

int journal_end(struct spool *spool, struct cursor *end)
{
    struct segment last;

    if (segment_last(spool, O_RDONLY, &last) == -1)
        return -1;
    *end = find_newest(spool, &last);
    file_close(last.fd);
    return 0;
}

void journal_close(struct journal_reader *reader)
{
    file_close(reader->segment);
    reader->segment = -1;
    reader->page_count = 0;
}

/* Make `number`'s segment the open one. -1 (ENOENT): it does not exist. */
static int enter_segment(struct journal_reader *reader, uint64_t number)
{
    uint64_t first = number - number % JOURNAL_SEGMENT;

    if (reader->segment != -1 && reader->first == first)
        return 0;
    journal_close(reader);
    reader->segment = segment_open(reader->spool, first, O_RDONLY);
    reader->first = first;
    return reader->segment == -1 ? -1 : 0;
}

/* Fill the page with what begins at `number`. How many records, 0: none, -1. */
static ssize_t fill_page(struct journal_reader *reader, uint64_t number)
{
    ssize_t got = pread(reader->segment, reader->page, sizeof reader->page,
                        (off_t)((number - reader->first) * JOURNAL_RECORD));

    reader->page_first = number;
    reader->page_count = got == -1 ? 0 : (size_t)got / JOURNAL_RECORD;
    return got == -1 ? -1 : (ssize_t)reader->page_count;
}

static bool in_page(const struct journal_reader *reader, uint64_t number)
{
    return number >= reader->page_first && number - reader->page_first < reader->page_count;
}

/* Where reading goes on when the segment of `*next` is not there: 1 at a later one, 0 nowhere yet. */
static int pass_missing(struct journal_reader *reader, uint64_t *next)
{
    struct dir dir;
    const char *name;
    uint64_t first;
    uint64_t nearest = UINT64_MAX;

    if (dir_over(&dir, reader->spool->journal) == -1)
        return -1;
    while ((name = dir_next(&dir)) != NULL)
        if (path_seq_ok(name, &first) && first % JOURNAL_SEGMENT == 0 && first >= *next &&
            first < nearest)
            nearest = first;
    if (dir.error != 0) {
        errno = dir.error;
        return -1;
    }
    if (nearest == UINT64_MAX)
        return 0;
    *next = nearest;
    reader->gap = true;
    return 1;
}

/* Whether the open segment is not the last: then nothing is appended to it any more, and what is
 * missing or damaged at its end (the tail lost in a power cut) stays so. */
static bool is_closed(const struct journal_reader *reader)
{
    return segment_exists(reader->spool, reader->first + JOURNAL_SEGMENT);
}

/* Fill the page with record `*next` of the open segment; pass over a lost end. 1, 0, -1. */
static int load_here(struct journal_reader *reader, uint64_t *next)
{
    ssize_t got = fill_page(reader, *next);

    if (got == 0 && is_closed(reader)) {
        got = fill_page(reader, *next); /* it may have been closed since the first look */
        if (got == 0) {
            *next = reader->first + JOURNAL_SEGMENT;
            reader->gap = true;
            if (enter_segment(reader, *next) == 0)
                return load_here(reader, next);
            return errno == ENOENT ? 0 : -1; /* trimmed this moment: pass_missing is next */
        }
    }
    return got > 0 ? 1 : (int)got;
}

/* Bring record `*next` into the page. 1; 0: it is not there yet; -1. */
static int load(struct journal_reader *reader, uint64_t *next)
{
    int later;

    if (in_page(reader, *next))
        return 1;
    if (enter_segment(reader, *next) == 0)
        return load_here(reader, next);
    later = errno == ENOENT ? pass_missing(reader, next) : -1;
    return later == 1 ? load(reader, next) : later;
}

/*
 * What cannot be read is passed over only together with a readable record behind it: a cursor among
 * damaged ones would be no place that journal_seek can know again, and the newest may only be being
 * written.
 */
int journal_next(struct journal_reader *reader, struct journal_record *record)
{
    uint64_t next = reader->at.next;
    bool gap = reader->gap;
    int found;

    while ((found = load(reader, &next)) == 1) {
        const char *bytes = reader->page + (next - reader->page_first) * JOURNAL_RECORD;
        next++;
        if (record_parse(record, bytes) == 0) {
            reader->gap = reader->gap || next != reader->at.next + 1;
            reader->at = (struct cursor){next, record->ms};
            return 1;
        }
    }
    reader->page_count = 0;
    reader->gap = gap;
    return found;
}

/* The ms of a record that exists, or of the first readable one behind it; INT64_MAX past the end. */
static int64_t ms_from(struct journal_reader *reader, uint64_t number)
{
    struct journal_record record;

    reader->at.next = number;
    return journal_next(reader, &record) == 1 ? record.ms : INT64_MAX;
}

/* The first record not older than `ms`: records are ordered by it. The cursor's own ms counts: what
 * came within the same has perhaps not been read, and twice is better than never. */
static int seek_time(struct journal_reader *reader, int64_t ms)
{
    uint64_t low;
    uint64_t high;
    struct cursor end;

    if (journal_end(reader->spool, &end) == -1)
        return -1;
    if (journal_segments(reader->spool, &low, &high) == -1)
        low = 0;
    high = end.next;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (ms_from(reader, middle) >= ms)
            high = middle;
        else
            low = middle + 1;
    }
    reader->at = (struct cursor){low, 0};
    if (low > 0 && enter_segment(reader, low - 1) == 0)
        (void)segment_newest(reader->segment, reader->first, (int64_t)(low - reader->first),
                             &reader->at);
    return 0;
}

int journal_seek(struct journal_reader *reader, struct spool *spool, struct cursor cursor)
{
    struct journal_record last = {.ms = 0};
    uint64_t oldest;
    uint64_t newest;
    bool failed;

    reader->spool = spool;
    reader->segment = -1;
    reader->page_count = 0;
    reader->gap = false;
    reader->at = cursor;
    if (cursor.next == 0) {
        /* The beginning is where the ledger begins now. */
        if (journal_segments(spool, &oldest, &newest) == -1)
            return errno == ENOENT ? 0 : -1;
        reader->at.next = oldest;
        reader->gap = oldest != 0;
        return 0;
    }
    if (enter_segment(reader, cursor.next - 1) == -1)
        failed = errno != ENOENT;
    else
        failed = segment_read(reader->segment, cursor.next - 1 - reader->first, &last) == -1 &&
                 errno != EBADMSG;
    if (!failed && last.ms == cursor.ms)
        return 0;
    if (failed || seek_time(reader, cursor.ms) == -1) {
        journal_close(reader);
        return -1;
    }
    reader->gap = true;
    return 0;
}

int journal_previous(struct journal_reader *reader, uint64_t *next, struct journal_record *record)
{
    while (*next > 0) {
        uint64_t number = *next - 1;
        if (!in_page(reader, number)) {
            uint64_t back = number % JOURNAL_SEGMENT % JOURNAL_PAGE;
            if (enter_segment(reader, number) == -1)
                return errno == ENOENT ? 0 : -1;
            if (fill_page(reader, number - back) == -1)
                return -1;
        }
        *next = number;
        if (in_page(reader, number) &&
            record_parse(record, reader->page + (number - reader->page_first) * JOURNAL_RECORD) ==
                0)
            return 1;
    }
    return 0;
}
