/* SPDX-License-Identifier: MIT */

/*
 * audit [--allow-tmp] SPOOL: is everything in this spool as spool/README.md says?
 *
 * Looks from outside, with nothing of spool/, and prints a line for each thing that is wrong; exit
 * status 1 when there is any. Numbers of a thread without gaps, each in new/ or in cur/; each file
 * one line of JSON that knows its own number, its thread and the digest of the one before; no id
 * twice; each stanza once in the journal, a thread's in order, times never falling; nothing left in
 * tmp/; each stanza filed as sent by its sender, and in nobody else's folder; each member with an
 * entry, nobody banned with one. With --allow-tmp a thread's newest stanza may be one that its writer
 * did not finish, and a member may be one whose coming or going was not finished.
 *
 * Beginnings may have been trimmed away, and drafts (names with a dot in front) may be left.
 */

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sha2.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/json.h"

#define RECORD 64
#define SEGMENT 65536
#define FILE_MAX (4 * 1024 * 1024)
#define NAME_SIZE 256

struct stanza {
    char thread[37];
    char id[37];
    char author[NAME_SIZE]; /* as the name of a directory */
    uint64_t seq;
    ino_t ino;
    unsigned journaled;
    bool unfinished; /* its writer has left it in tmp/ */
};

struct thread {
    char id[37];
    uint64_t first;
    uint64_t last;
    uint64_t journaled; /* the number of its newest record so far */
    size_t stanza;      /* the place of its first among all stanzas, which lie in order */
};

static struct stanza *stanzas;
static size_t stanza_count;
static struct stanza **sorted; /* in whatever order is wanted */
static struct thread *threads;
static size_t thread_count;
static bool allow_tmp;
static unsigned faults;
static char text[FILE_MAX + 1];

__attribute__((format(printf, 1, 2))) static void wrong(const char *format, ...)
{
    va_list args;

    faults++;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "audit: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* Room for one more in an array that doubles. */
static void *grow(void *array, size_t count, size_t size)
{
    void *bigger = array;

    if ((count & (count - 1)) == 0)
        bigger = realloc(array, (count == 0 ? 1 : count * 2) * size);
    if (bigger == NULL)
        give_up("memory");
    return bigger;
}

/* The length of a file's text, with a NUL behind it; -1 when it cannot be read. */
static ssize_t slurp(const char *path)
{
    FILE *file = fopen(path, "re");
    size_t len;

    if (file == NULL) {
        wrong("%s: %s", path, strerror(errno));
        return -1;
    }
    len = fread(text, 1, FILE_MAX, file);
    text[len] = '\0';
    fclose(file);
    return (ssize_t)len;
}

static bool digits(const char *string, size_t count)
{
    return strspn(string, "0123456789") == count;
}

static bool is_uuid(const char *string)
{
    return strlen(string) == 36 && strspn(string, "0123456789abcdef-") == 36 && string[8] == '-' &&
           string[13] == '-' && string[18] == '-' && string[23] == '-';
}

/* Every name in a folder, drafts aside, in order of their bytes. */
static void each_name(const char *folder, void (*each)(const char *folder, const char *name))
{
    struct dirent **names;
    int count = scandir(folder, &names, NULL, alphasort);

    if (count == -1)
        wrong("%s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        if (names[i]->d_name[0] != '.')
            each(folder, names[i]->d_name);
        free(names[i]);
    }
    if (count != -1)
        free(names);
}

/* ---- Threads ----------------------------------------------------------------------------------
 */

static void add_stanza(const char *folder, const char *name)
{
    const struct thread *thread = &threads[thread_count - 1];
    struct stanza *stanza;
    char path[PATH_MAX];
    struct stat info;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (strlen(name) != 10 || !digits(name, 10) || lstat(path, &info) == -1 ||
        !S_ISREG(info.st_mode)) {
        wrong("%s: not a stanza's name", path);
        return;
    }
    stanzas = grow(stanzas, stanza_count, sizeof *stanzas);
    stanza = &stanzas[stanza_count++];
    memset(stanza, 0, sizeof *stanza);
    memcpy(stanza->thread, thread->id, sizeof stanza->thread);
    stanza->seq = strtoull(name, NULL, 10);
    stanza->ino = info.st_ino;
}

static int by_seq(const void *one, const void *other)
{
    const struct stanza *a = one;
    const struct stanza *b = other;

    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

/* A name as users/ has it. */
static void encode(char out[NAME_SIZE], const char *name)
{
    size_t len = 0;

    for (const char *s = name; *s != '\0' && len + 4 < NAME_SIZE; s++) {
        bool plain = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@+,=.-",
                            *s) != NULL;
        if (plain && !(s == name && *s == '.'))
            out[len++] = *s;
        else
            len += (size_t)snprintf(out + len, 4, "%%%02X", (unsigned)(unsigned char)*s);
    }
    out[len] = '\0';
}

static void string_at(const struct json *json, int node, char *out, size_t size)
{
    if (node == -1 || json_string(json, node, out, size) == -1)
        *out = '\0';
}

/* What a stanza says of itself and of the one before, whose digest is `before` ("" when unknown).
 */
static void audit_json(struct stanza *stanza, const char *path, size_t len, const char *before)
{
    struct json_error error;
    struct json json;
    char thread[37];
    char author[NAME_SIZE];
    char prev[SHA256_DIGEST_STRING_LENGTH];
    uint64_t seq = 0;
    int message;

    if (json_parse(&json, text, len, &error) == -1) {
        wrong("%s: %s", path, error.detail);
        return;
    }
    message = json_get(&json, 0, "message");
    string_at(&json, json_get(&json, 0, "prev"), prev, sizeof prev);
    string_at(&json, json_get(&json, message, "id"), stanza->id, sizeof stanza->id);
    string_at(&json, json_get(&json, message, "thread"), thread, sizeof thread);
    string_at(&json, json_get(&json, json_get(&json, message, "sender"), "id"), author,
              sizeof author);
    if (json_get(&json, 0, "seq") == -1 || !json_whole(&json, json_get(&json, 0, "seq"), &seq) ||
        seq != stanza->seq)
        wrong("%s: its seq is not its name", path);
    if (stanza->seq == 1 ? json_kind(&json, json_get(&json, 0, "prev")) != JSON_NULL
                         : *before != '\0' && strcmp(prev, before) != 0)
        wrong("%s: prev is not the digest of the stanza before", path);
    if (strcmp(thread, stanza->thread) != 0)
        wrong("%s: in thread %s", path, thread);
    if (!is_uuid(stanza->id) || *author == '\0')
        wrong("%s: no id or no sender", path);
    encode(stanza->author, author);
    json_drop(&json);
}

static void audit_stanza(struct stanza *stanza, char digest[SHA256_DIGEST_STRING_LENGTH])
{
    char path[PATH_MAX];
    struct stat here;
    struct stat left;
    ssize_t len;

    snprintf(path, sizeof path, "threads/%s/new/%010" PRIu64, stanza->thread, stanza->seq);
    if (access(path, F_OK) == -1)
        snprintf(path, sizeof path, "threads/%s/cur/%010" PRIu64, stanza->thread, stanza->seq);
    len = slurp(path);
    if (len <= 0 || strlen(text) != (size_t)len || strchr(text, '\n') != text + len - 1)
        wrong("%s: not one line", path);
    else
        audit_json(stanza, path, (size_t)len, digest);
    if (len >= 0)
        SHA256Data((const uint8_t *)text, (size_t)len, digest);
    if (lstat(path, &here) == -1)
        return;
    snprintf(path, sizeof path, "threads/%s/tmp/%s", stanza->thread, stanza->id);
    stanza->unfinished = allow_tmp && lstat(path, &left) == 0 && left.st_ino == here.st_ino;
}

static void audit_numbers(struct thread *thread)
{
    char digest[SHA256_DIGEST_STRING_LENGTH] = "";

    for (size_t i = thread->stanza; i < stanza_count; i++) {
        uint64_t seq = stanzas[i].seq;
        if (i > thread->stanza && seq == stanzas[i - 1].seq)
            wrong("threads/%s: %" PRIu64 " is in new/ and in cur/", thread->id, seq);
        else if (i > thread->stanza && seq != stanzas[i - 1].seq + 1)
            wrong("threads/%s: nothing between %" PRIu64 " and %" PRIu64, thread->id,
                  stanzas[i - 1].seq, seq);
        audit_stanza(&stanzas[i], digest);
    }
    if (stanza_count > thread->stanza) {
        thread->first = stanzas[thread->stanza].seq;
        thread->last = stanzas[stanza_count - 1].seq;
    }
}

static void audit_member(const char *id, const char *line)
{
    char path[PATH_MAX];
    char role[16];
    char joined[16];
    char user[NAME_SIZE];

    if (sscanf(line, "%15s %15s %255s", role, joined, user) != 3 || strlen(joined) != 10 ||
        !digits(joined, 10)) {
        wrong("threads/%s/members: %s", id, line);
        return;
    }
    snprintf(path, sizeof path, "users/%s/threads/%s", user, id);
    if (strcmp(role, "banned") == 0) {
        if (access(path, F_OK) == 0)
            wrong("%s: there, but banned", path);
    } else if (access(path, F_OK) == -1 && !allow_tmp) {
        wrong("%s: missing, but a member", path);
    }
}

static void audit_members(const char *id)
{
    char path[PATH_MAX];
    char *rest = NULL;
    ssize_t len;

    snprintf(path, sizeof path, "threads/%s/members", id);
    len = slurp(path);
    if (len > 0 && text[len - 1] != '\n')
        wrong("%s: not whole", path);
    if (len <= 0)
        return; /* a room that everybody has left */
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        audit_member(id, line);
}

static void audit_description(const char *id)
{
    char path[PATH_MAX];
    struct json json;
    ssize_t len;

    snprintf(path, sizeof path, "threads/%s/thread.json", id);
    len = slurp(path);
    if (len == -1)
        return;
    if (json_parse(&json, text, (size_t)len, NULL) == -1)
        wrong("%s: no JSON", path);
    else
        json_drop(&json);
}

static void audit_left(const char *folder, const char *name)
{
    wrong("%s/%s: left behind", folder, name);
}

static void audit_thread(const char *folder, const char *id)
{
    struct thread *thread;
    char path[PATH_MAX];

    if (!is_uuid(id)) {
        wrong("%s/%s: not a thread's name", folder, id);
        return;
    }
    threads = grow(threads, thread_count, sizeof *threads);
    thread = &threads[thread_count++];
    *thread = (struct thread){.stanza = stanza_count};
    memcpy(thread->id, id, sizeof thread->id);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "threads/%s/%s", id, i == 0 ? "new" : "cur");
        each_name(path, add_stanza);
    }
    if (stanza_count > thread->stanza)
        qsort(stanzas + thread->stanza, stanza_count - thread->stanza, sizeof *stanzas, by_seq);
    audit_numbers(thread);
    snprintf(path, sizeof path, "threads/%s/tmp", id);
    if (!allow_tmp)
        each_name(path, audit_left);
    snprintf(path, sizeof path, "threads/%s/files", id);
    if (access(path, F_OK) == -1)
        wrong("%s: missing", path);
    audit_members(id);
    audit_description(id);
}

static void sort_stanzas(void)
{
    sorted = calloc(stanza_count + 1, sizeof(struct stanza *));
    if (sorted == NULL)
        give_up("memory");
    for (size_t i = 0; i < stanza_count; i++)
        sorted[i] = &stanzas[i];
}

static int by_id(const void *one, const void *other)
{
    const struct stanza *a = *(struct stanza *const *)one;
    const struct stanza *b = *(struct stanza *const *)other;
    int order = strcmp(a->thread, b->thread);

    return order != 0 ? order : strcmp(a->id, b->id);
}

static void audit_ids(void)
{
    qsort(sorted, stanza_count, sizeof(struct stanza *), by_id);
    for (size_t i = 1; i < stanza_count; i++)
        if (by_id(&sorted[i - 1], &sorted[i]) == 0)
            wrong("threads/%s: id %s twice, in %" PRIu64 " and %" PRIu64, sorted[i]->thread,
                  sorted[i]->id, sorted[i - 1]->seq, sorted[i]->seq);
}

/* ---- The journal ------------------------------------------------------------------------------
 */

static struct {
    uint64_t first; /* record that the journal begins with */
    uint64_t next;
    int64_t ms;
    bool any;
    bool ended; /* the segment before was not full */
} journal;

static int thread_by_id(const void *id, const void *thread)
{
    return strcmp(id, ((const struct thread *)thread)->id);
}

static void audit_place(uint64_t number, const char *id, uint64_t seq)
{
    struct thread *thread = NULL;

    if (thread_count > 0)
        thread = bsearch(id, threads, thread_count, sizeof *threads, thread_by_id);
    if (thread == NULL || seq == 0 || seq > thread->last) {
        wrong("journal: record %" PRIu64 ": no stanza %s %" PRIu64, number, id, seq);
        return;
    }
    if (thread->journaled != 0 && seq != thread->journaled + 1)
        wrong("journal: record %" PRIu64 ": %s %" PRIu64 " after %" PRIu64, number, id, seq,
              thread->journaled);
    thread->journaled = seq;
    if (seq >= thread->first && thread->stanza + (seq - thread->first) < stanza_count)
        stanzas[thread->stanza + (seq - thread->first)].journaled++;
}

static void audit_record(uint64_t number, const char bytes[RECORD])
{
    char line[RECORD];
    int64_t ms;

    memcpy(line, bytes, RECORD - 1);
    line[RECORD - 1] = '\0';
    line[38] = line[38] == ' ' ? '\0' : 'x';
    if ((line[0] != 'm' && line[0] != 'p') || line[1] != ' ' || !is_uuid(line + 2) ||
        !digits(line + 39, 10) || line[49] != ' ' || !digits(line + 50, 13) ||
        bytes[RECORD - 1] != '\n') {
        wrong("journal: record %" PRIu64 ": damaged", number);
        return;
    }
    ms = strtoll(line + 50, NULL, 10);
    if (ms < journal.ms)
        wrong("journal: record %" PRIu64 ": older than the one before", number);
    journal.ms = ms;
    if (line[0] == 'm')
        audit_place(number, line + 2, strtoull(line + 39, NULL, 10));
}

static void audit_segment(const char *folder, const char *name)
{
    uint64_t first = strtoull(name, NULL, 10);
    char path[PATH_MAX];
    ssize_t len;

    if (strlen(name) != 10 || !digits(name, 10) || first % SEGMENT != 0) {
        wrong("%s/%s: not a segment's name", folder, name);
        return;
    }
    if (journal.any && (journal.ended || first != journal.next))
        wrong("%s/%s: records are missing before it", folder, name);
    if (!journal.any)
        journal.first = first;
    journal.any = true;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    len = slurp(path);
    if (len % RECORD != 0 || len > SEGMENT * RECORD)
        wrong("%s: %zd bytes", path, len);
    for (ssize_t at = 0; at + RECORD <= len; at += RECORD)
        audit_record(first + (uint64_t)at / RECORD, text + at);
    journal.next = first + SEGMENT;
    journal.ended = len < SEGMENT * RECORD;
}

static void audit_journaled(void)
{
    for (size_t i = 0; i < stanza_count; i++) {
        bool may_miss = stanzas[i].unfinished || journal.first > 0;
        if (stanzas[i].journaled > 1 || (stanzas[i].journaled == 0 && !may_miss))
            wrong("journal: %s %" PRIu64 " is in it %u times", stanzas[i].thread, stanzas[i].seq,
                  stanzas[i].journaled);
    }
}

/* ---- Users ------------------------------------------------------------------------------------
 */

/* Each stanza in its sender's folder... */
static void audit_filed(void)
{
    char path[PATH_MAX];
    struct stat info;

    for (size_t i = 0; i < stanza_count; i++) {
        snprintf(path, sizeof path, "users/%s/sent/%s", stanzas[i].author, stanzas[i].id);
        if (lstat(path, &info) == -1 ? !stanzas[i].unfinished : info.st_ino != stanzas[i].ino)
            wrong("%s: is not %s %" PRIu64, path, stanzas[i].thread, stanzas[i].seq);
    }
}

static int by_ino(const void *one, const void *other)
{
    const struct stanza *a = *(struct stanza *const *)one;
    const struct stanza *b = *(struct stanza *const *)other;

    return a->ino < b->ino ? -1 : a->ino > b->ino;
}

/* ...and nothing in a folder that is not its sender's, or not one of a thread's files any more. */
static void audit_sent(const char *folder, const char *name)
{
    char path[PATH_MAX];
    struct stat info;
    struct stanza key;
    struct stanza *wanted = &key;
    struct stanza **found;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (lstat(path, &info) == -1 || info.st_nlink == 1)
        return; /* its thread has let go of it */
    key.ino = info.st_ino;
    found = bsearch(&wanted, sorted, stanza_count, sizeof(struct stanza *), by_ino);
    if (found == NULL) {
        wrong("%s/%s: is no stanza of a thread", folder, name);
        return;
    }
    snprintf(path, sizeof path, "users/%s/sent", (*found)->author);
    if (strcmp(path, folder) != 0 || strcmp((*found)->id, name) != 0)
        wrong("%s/%s: is %s by %s", folder, name, (*found)->id, (*found)->author);
}

static void audit_entry(const char *folder, const char *name)
{
    char path[PATH_MAX];
    size_t record;
    size_t ms;
    ssize_t len;
    int end = 0;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    len = slurp(path);
    /* A number; and for who came later, a cursor. */
    if (!is_uuid(name) || len < 11 || !digits(text, 10) || text[len - 1] != '\n' ||
        (len > 11 &&
         (sscanf(text + 10, " %zu-%zu%n", &record, &ms, &end) != 2 || text[10 + end] != '\n')))
        wrong("%s: damaged", path);
}

static void audit_user(const char *folder, const char *user)
{
    char path[PATH_MAX];
    size_t record;
    size_t ms;
    ssize_t len;

    snprintf(path, sizeof path, "%s/%s/delivered", folder, user);
    if (access(path, F_OK) == -1)
        return; /* made by hand, or the making has not come to its end */
    len = slurp(path);
    record = strspn(text, "0123456789");
    ms = text[record] == '-' ? strspn(text + record + 1, "0123456789") : 0;
    if (record == 0 || ms == 0 || (size_t)len != record + ms + 2 || text[len - 1] != '\n')
        wrong("%s: damaged", path);
    snprintf(path, sizeof path, "%s/%s/threads", folder, user);
    each_name(path, audit_entry);
    snprintf(path, sizeof path, "%s/%s/sent", folder, user);
    each_name(path, audit_sent);
}

static void audit_format(void)
{
    if (slurp("format") != 49 || strncmp(text, "spoolchat 1 ", 12) != 0 || text[48] != '\n')
        wrong("format: damaged");
}

int main(int argc, char **argv)
{
    allow_tmp = argc == 3 && strcmp(argv[1], "--allow-tmp") == 0;
    if (argc != (allow_tmp ? 3 : 2)) {
        fprintf(stderr, "usage: audit [--allow-tmp] SPOOL\n");
        return 2;
    }
    if (chdir(argv[argc - 1]) == -1)
        give_up(argv[argc - 1]);
    audit_format();
    each_name("threads", audit_thread);
    sort_stanzas();
    audit_ids();
    each_name("journal", audit_segment);
    audit_journaled();
    audit_filed();
    qsort(sorted, stanza_count, sizeof(struct stanza *), by_ino);
    each_name("users", audit_user);
    free(sorted);
    free(stanzas);
    free(threads);
    return faults > 0;
}
