/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_FIXTURE_H
#define TESTS_UNIT_FIXTURE_H

/*
 * What tests of the spool share: a fresh spool for every test, removed afterwards; a clock that the
 * test turns; people, threads and stanzas with the least grammar that will do; many processes at
 * once. A forked process must not use cmocka's assertions: it reports by its exit status.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spool/accept.h"
#include "spool/dir.h"
#include "spool/file.h"
#include "spool/id.h"
#include "spool/journal.h"
#include "spool/record.h"
#include "spool/spool.h"
#include "spool/thread.h"
#include "spool/user.h"

#define FIXTURE_SEC 60 /* a test that takes longer hangs */
#define FIXTURE_PATH 512
#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* In the list of tests: one that is given a fixture. */
#define SPOOL_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_up, fixture_down)

struct fixture {
    char base[FIXTURE_PATH]; /* has `spool`, `clock`, and what else a test puts there */
    struct spool spool;
};

/* ---- Files  */

static inline void fixture_path(const struct fixture *f, const char *name, char out[FIXTURE_PATH])
{
    assert_in_range(snprintf(out, FIXTURE_PATH, "%s/%s", f->base, name), 1, FIXTURE_PATH - 1);
}

static inline void fixture_write(int dir, const char *path, const char *text)
{
    unlinkat(dir, path, 0);
    if (file_create(dir, path, text, strlen(text), false) == -1)
        fail_msg("%s: %s", path, strerror(errno));
}

static inline bool fixture_exists(int dir, const char *path)
{
    return faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* How many entries a directory has; those that begin with a dot count, too. */
static inline int fixture_entries(int parent, const char *path)
{
    int fd = file_open_dir(parent, path);
    DIR *dir = fd == -1 ? NULL : fdopendir(fd);
    int count = -2; /* . and .. */

    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

static inline int fixture_remove_one(const char *path, const struct stat *info, int kind,
                                     struct FTW *ftw)
{
    (void)info;
    (void)kind;
    (void)ftw;
    return remove(path);
}

/* ---- The spool and its clock  */

/* Seconds by which both clocks are ahead. */
static inline void fixture_clock(const struct fixture *f, long sec)
{
    char path[FIXTURE_PATH];
    char text[32];

    fixture_path(f, "clock", path);
    snprintf(text, sizeof text, "%ld\n", sec);
    fixture_write(AT_FDCWD, path, text);
}

static inline void fixture_clean_environment(void)
{
    for (size_t i = 0; environ != NULL && environ[i] != NULL;) {
        char name[128];
        if (strncmp(environ[i], "SPOOLCHAT_", 10) != 0) {
            i++;
            continue;
        }
        snprintf(name, sizeof name, "%.*s", (int)strcspn(environ[i], "="), environ[i]);
        if (unsetenv(name) == -1)
            break;
        i = 0;
    }
}

/* A place and an environment, but no spool yet. */
static inline int fixture_up_empty(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const char *where = getenv("TMPDIR");
    char path[FIXTURE_PATH];

    alarm(FIXTURE_SEC);
    if (f == NULL)
        return -1;
    *state = f;
    snprintf(f->base, sizeof f->base, "%s/spoolchat-XXXXXX", where == NULL ? "/tmp" : where);
    if (mkdtemp(f->base) == NULL)
        return -1;
    fixture_clean_environment();
    fixture_path(f, "spool", path);
    setenv("SPOOLCHAT_SPOOL", path, 1);
    fixture_path(f, "clock", path);
    setenv("SPOOLCHAT_TEST_CLOCK", path, 1);
    setenv("SPOOLCHAT_SYNC", "no", 1);
    f->spool = (struct spool){-1, -1, -1, -1, -1, -1, -1, -1, "", {0}, "", NULL, NULL, false, NULL};
    return 0;
}

static inline int fixture_up(void **state)
{
    if (fixture_up_empty(state) == -1)
        return -1;
    return spool_open(&((struct fixture *)*state)->spool);
}

static inline void fixture_close_spool(struct spool *spool)
{
    int fds[] = {spool->root,   spool->journal, spool->threads,  spool->users,
                 spool->tokens, spool->online,  spool->presence, spool->open};

    for (size_t i = 0; i < COUNT(fds); i++)
        file_close(fds[i]);
}

static inline int fixture_down(void **state)
{
    struct fixture *f = *state;
    int result = nftw(f->base, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);

    fixture_close_spool(&f->spool);
    fixture_clean_environment();
    free(f);
    return result;
}

/* ---- Many at once  */

/*
 * Run `child` in `count` processes that begin together, and wait. How many returned 0. Each is to
 * open the spool for itself: locks belong to an open file, which a fork shares.
 */
static inline int fixture_fork(int count, int (*child)(void *context, int index), void *context)
{
    int gate[2];
    int good = 0;

    assert_int_equal(pipe(gate), 0);
    for (int i = 0; i < count; i++) {
        pid_t pid = fork();
        assert_int_not_equal(pid, -1);
        if (pid == 0) {
            char byte;
            alarm(FIXTURE_SEC);
            close(gate[1]);
            while (read(gate[0], &byte, 1) > 0)
                continue;
            _exit(child(context, i));
        }
    }
    close(gate[0]);
    close(gate[1]);
    for (int i = 0; i < count; i++) {
        int status;
        assert_int_not_equal(wait(&status), -1);
        good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return good;
}

/* ---- People and threads  */

static inline struct user fixture_user(const char *name)
{
    struct user user;

    if (user_named(&user, name) == -1)
        fail_msg("%s is no user", name);
    return user;
}

static inline struct user fixture_known(struct fixture *f, const char *name)
{
    struct user user = fixture_user(name);

    assert_int_equal(user_make(&f->spool, &user), 0);
    return user;
}

/* A room of those whose names stand in `names`, separated by spaces. */
static inline void fixture_room(struct fixture *f, const char *names, char id[UUID_SIZE])
{
    struct user users[16];
    size_t count = 0;
    char text[256];
    char *rest = text;
    char *name;

    snprintf(text, sizeof text, "%s", names);
    while ((name = strsep(&rest, " ")) != NULL && count < COUNT(users))
        users[count++] = fixture_user(name);
    id_random(id);
    assert_int_equal(thread_make(&f->spool, id, true, users, count, "{}\n", 3), 0);
}

/* ---- Stanzas: "<sender's directory> <seq> <prev or -> <time> <text>\n"  */

struct note {
    const char *text;
    int fault;  /* errno for render to fail with, 0 */
    size_t pad; /* bytes to add to the line */
    const struct user *user;
    char *line;
};

static inline int note_author(const char *line, size_t len, char *user, size_t size)
{
    char dir[USER_DIR_MAX + 1];
    struct user author;
    size_t end = strcspn(line, " \n");

    if (end >= sizeof dir || end >= len)
        return -1;
    memcpy(dir, line, end);
    dir[end] = '\0';
    if (user_of_dir(&author, dir) == -1 || strlen(author.name) >= size)
        return -1;
    memcpy(user, author.name, strlen(author.name) + 1);
    return 0;
}

static inline int note_render(void *context, uint64_t seq, const char *prev, int64_t time_us,
                              const char **line, size_t *len)
{
    struct note *note = context;
    size_t size = strlen(note->text) + note->pad + 512;
    int used;

    if (note->fault != 0) {
        errno = note->fault;
        return -1;
    }
    free(note->line);
    note->line = malloc(size);
    if (note->line == NULL)
        return -1;
    used =
        snprintf(note->line, size, "%s %llu %s %lld %s", note->user->dir, (unsigned long long)seq,
                 prev == NULL ? "-" : prev, (long long)time_us, note->text);
    memset(note->line + used, '.', note->pad);
    memcpy(note->line + used + note->pad, "\n", 2);
    *line = note->line;
    *len = (size_t)used + note->pad + 1;
    return 0;
}

/* What a line says: behind its fourth space. */
static inline const char *note_text(const char *line)
{
    for (int i = 0; i < 4 && line != NULL; i++) {
        line = strchr(line, ' ');
        line = line == NULL ? NULL : line + 1;
    }
    return line == NULL ? "" : line;
}

static inline int note_repeats(void *context, const char *line, size_t len, uint64_t *seq)
{
    const struct note *note = context;
    const char *text = note_text(line);

    (void)len;
    *seq = strtoull(line + strcspn(line, " "), NULL, 10);
    return strncmp(text, note->text, strlen(note->text)) == 0 &&
           text[strlen(note->text) + note->pad] == '\n';
}

/* "bob @<thread> ...": of a thread. */
static inline int note_thread(const char *line, size_t len, char *thread, size_t size)
{
    const char *at = memchr(line, '@', len);

    if (at == NULL || size < UUID_SIZE || (size_t)(line + len - at) < UUID_SIZE)
        return -1;
    memcpy(thread, at + 1, UUID_SIZE - 1);
    thread[UUID_SIZE - 1] = '\0';
    return 0;
}

static const struct spool_grammar note_grammar = {.author = note_author, .thread = note_thread};

/* thread_accept of a note; its return value and errno. May be used in a forked process. */
static inline int note_post(struct spool *spool, const char *thread_id, const char *id,
                            const struct user *user, struct note *note)
{
    struct thread thread;
    struct post post = {.user = user,
                        .id = id,
                        .grammar = &note_grammar,
                        .render = note_render,
                        .repeats = note_repeats,
                        .context = note};
    int result;

    note->user = user;
    if (thread_open(spool, &thread, thread_id) == -1)
        return -1;
    result = thread_accept(spool, &thread, &post);
    thread_close(&thread);
    return result;
}

/* The usual one: under a new id, expected to succeed. */
static inline void fixture_say(struct fixture *f, const char *thread, const char *name,
                               const char *text)
{
    struct user user = fixture_user(name);
    struct note note = {.text = text};
    char id[UUID_SIZE];

    id_random(id);
    if (note_post(&f->spool, thread, id, &user, &note) != 0)
        fail_msg("%s could not say %s: %s", name, text, strerror(errno));
    free(note.line);
}

/* ---- The journal  */

/* All records from the beginning; how many. */
static inline size_t fixture_records(struct fixture *f, struct journal_record *out, size_t most)
{
    struct journal_reader reader;
    struct journal_record record;
    size_t count = 0;
    int found;

    assert_int_equal(journal_seek(&reader, &f->spool, (struct cursor){0, 0}), 0);
    while ((found = journal_next(&reader, &record)) == 1) {
        if (count < most)
            out[count] = record;
        count++;
    }
    assert_int_equal(found, 0);
    journal_close(&reader);
    return count;
}

/* Until what is changed from now on is so at another time than what came into journal/ last: a kernel's clock for
 * files may stand still for some ms. */
static inline void fixture_tick(struct fixture *f)
{
    struct stat journal;
    struct stat root;

    assert_int_equal(fstat(f->spool.journal, &journal), 0);
    do {
        assert_int_equal(fchmod(f->spool.root, 0700), 0);
        assert_int_equal(fstat(f->spool.root, &root), 0);
    } while (root.st_ctim.tv_sec == journal.st_ctim.tv_sec &&
             root.st_ctim.tv_nsec == journal.st_ctim.tv_nsec);
}

/* Put bytes where record `number` stands, whatever is before it. */
static inline void fixture_plant_bytes(struct fixture *f, uint64_t number, const void *bytes,
                                       size_t len)
{
    char path[PATH_SIZE];
    int fd;

    path_segment(path, number - number % JOURNAL_SEGMENT);
    if (!fixture_exists(f->spool.journal, path))
        fixture_tick(f);
    fd = openat(f->spool.journal, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_not_equal(fd, -1);
    assert_int_equal(pwrite(fd, bytes, len, (off_t)(number % JOURNAL_SEGMENT * JOURNAL_RECORD)),
                     len);
    close(fd);
}

/* A message record of thread "00000000-...", its number as seq. */
static inline void fixture_plant(struct fixture *f, uint64_t number, int64_t ms)
{
    struct journal_record record = {JOURNAL_MESSAGE, "00000000-0000-4000-8000-000000000000", number,
                                    ms};
    char bytes[JOURNAL_RECORD];

    record_print(bytes, &record);
    fixture_plant_bytes(f, number, bytes, sizeof bytes);
}

#endif
