/* SPDX-License-Identifier: MIT */

/*
 * fabricate ledger SPOOL COUNT [THREAD LAST]
 *     lengthen the journal until it has COUNT records: presence that nobody can read any more, or
 *     the stanzas of THREAD up to LAST
 * fabricate stanzas SPOOL THREAD COUNT
 *     give the thread, which has one stanza, COUNT of the same text; the older half in cur/
 * fabricate threads SPOOL COUNT USER...
 *     put these users into COUNT more threads
 *
 * Much, and soon: what years of talk would leave. It is for counting what programs do with it; what
 * stanzas say of themselves is not true.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RECORD 64
#define SEGMENT UINT64_C(65536)
#define LINKS_MAX 30000 /* of one file: file systems have a limit, ext4's is 65,000 */

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "fabricate: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t number(const char *text)
{
    char *end;
    uint64_t value = strtoull(text, &end, 10);

    errno = EINVAL;
    if (*text == '\0' || *end != '\0')
        give_up(text);
    return value;
}

/* All of now: not before what stands in the journal already. */
static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void print_record(char record[RECORD + 1], uint64_t index, const char *thread, uint64_t seq,
                         uint64_t ms)
{
    char id[37];

    snprintf(id, sizeof id, "00000000-0000-4000-8000-%012" PRIx64, index);
    snprintf(record, RECORD + 1, "%c %s %010" PRIu64 " %013" PRIu64 "\n",
             thread == NULL ? 'p' : 'm', thread == NULL ? id : thread, thread == NULL ? 0 : seq,
             ms);
}

/* One segment as far as `count` in all goes; what it has already stays. */
static void lengthen(uint64_t first, uint64_t count, const char *thread, uint64_t last)
{
    uint64_t ms = now_ms();
    uint64_t end = count < first + SEGMENT ? count : first + SEGMENT;
    char record[RECORD + 1];
    char path[PATH_MAX];
    struct stat info;
    FILE *file;

    snprintf(path, sizeof path, "journal/%010" PRIu64, first);
    file = fopen(path, "ae");
    if (file == NULL || fstat(fileno(file), &info) == -1)
        give_up(path);
    for (uint64_t i = first + (uint64_t)info.st_size / RECORD; i < end; i++) {
        uint64_t behind = count - 1 - i;
        print_record(record, i, thread, behind < last ? last - behind : 1, ms);
        fwrite(record, 1, RECORD, file);
    }
    if (fclose(file) == EOF)
        give_up(path);
}

static void ledger(uint64_t count, const char *thread, uint64_t last)
{
    for (uint64_t first = 0; first < count; first += SEGMENT)
        lengthen(first, count, thread, last);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    if (file == NULL || fputs(text, file) == EOF || fclose(file) == EOF)
        give_up(path);
}

static void path_of(char path[PATH_MAX], const char *thread, const char *folder, uint64_t seq)
{
    snprintf(path, PATH_MAX, "threads/%s/%s/%010" PRIu64, thread, folder, seq);
}

static void stanzas(const char *thread, uint64_t count)
{
    char source[PATH_MAX];
    char path[PATH_MAX];
    char text[65536];
    FILE *file;

    path_of(path, thread, "new", 1);
    file = fopen(path, "re");
    if (file == NULL)
        give_up(path);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    path_of(source, thread, "cur", 1);
    if (rename(path, source) == -1)
        give_up(source);
    for (uint64_t seq = 2; seq <= count; seq++) {
        path_of(path, thread, seq <= count / 2 ? "cur" : "new", seq);
        if (seq % LINKS_MAX == 0) {
            memcpy(source, path, sizeof source);
            write_file(source, text);
        } else if (link(source, path) == -1) {
            give_up(path);
        }
    }
    snprintf(path, sizeof path, "threads/%s/tail", thread);
    snprintf(text, sizeof text, "%010" PRIu64 "\n", count);
    write_file(path, text);
}

static void write_members(const char *id, char **users)
{
    char path[PATH_MAX];
    FILE *file;

    snprintf(path, sizeof path, "threads/%s/members", id);
    file = fopen(path, "we");
    if (file == NULL)
        give_up(path);
    for (; *users != NULL; users++)
        fprintf(file, "guest 0000000000 %s\n", *users);
    if (fclose(file) == EOF)
        give_up(path);
}

static void one_thread(uint64_t index, char **users)
{
    static const char *const folders[] = {"", "/tmp", "/new", "/cur", "/files"};
    char id[37];
    char path[PATH_MAX];

    snprintf(id, sizeof id, "00000000-0000-4000-9000-%012" PRIx64, index);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "threads/%s%s", id, folders[i]);
        if (mkdir(path, 0700) == -1)
            give_up(path);
    }
    write_members(id, users);
    snprintf(path, sizeof path, "threads/%s/thread.json", id);
    write_file(path, "{}\n");
    for (; *users != NULL; users++) {
        snprintf(path, sizeof path, "users/%s/threads/%s", *users, id);
        write_file(path, "0000000000\n");
    }
}

int main(int argc, char **argv)
{
    const char *what = argc > 3 ? argv[1] : "";

    if (argc > 3 && chdir(argv[2]) == -1)
        give_up(argv[2]);
    if (strcmp(what, "ledger") == 0 && argc == 4) {
        ledger(number(argv[3]), NULL, 0);
    } else if (strcmp(what, "ledger") == 0 && argc == 6) {
        ledger(number(argv[3]), argv[4], number(argv[5]));
    } else if (strcmp(what, "stanzas") == 0 && argc == 5) {
        stanzas(argv[3], number(argv[4]));
    } else if (strcmp(what, "threads") == 0 && argc > 4) {
        for (uint64_t i = number(argv[3]); i > 0; i--)
            one_thread(i, argv + 4);
    } else {
        fprintf(stderr, "usage: fabricate ledger SPOOL COUNT [THREAD LAST]\n"
                        "       fabricate stanzas SPOOL THREAD COUNT\n"
                        "       fabricate threads SPOOL COUNT USER...\n");
        return 2;
    }
    return 0;
}
