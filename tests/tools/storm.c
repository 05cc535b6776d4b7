/* SPDX-License-Identifier: MIT */

/*
 * storm CGI-BIN COUNT: eight people write COUNT messages, four read, all at once.
 *
 * Everybody runs the programs in CGI-BIN as a web server would, on the spool of SPOOLCHAT_SPOOL.
 * Every other message goes into a thread that all are in, the rest into MANY others. Of the readers
 * two use long polls and two event streams, which they leave now and then; one of each is in every
 * thread, the others in half of the many. Writers read, too, from time to time.
 *
 * Exit status 0 when each of them got each stanza of their threads, once, and a thread's in order
 * of `seq`, each as it was sent, and nothing else. Users are w0 to w7 and r0 to r3.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WRITERS 8
#define READERS 4
#define MANY 16
#define THREADS (MANY + 1)
#define READ_EVERY 100      /* messages of a writer */
#define RECONNECT_AFTER 700 /* events */
#define DEADLINE_SEC 240
#define VARIABLES 48
#define ROOM (8 * 1024 * 1024)

struct request {
    const char *method;
    const char *endpoint;
    const char *query;
    const char *user;
    const char *body; /* NULL: none */
    const char *accept;
    const char *last_event_id;
};

struct thread {
    char id[37];
    uint64_t total; /* stanzas it will have */
};

/* What one of them has got. */
struct reading {
    char user[8];
    char cursor[40];
    uint64_t last[THREADS];
    unsigned polls;
};

static struct thread threads[THREADS];
static uint32_t *said; /* which message became stanza `seq` of thread t: shared by all */
static uint64_t count;
static const char *cgi_bin;
static char room[ROOM + 1];

extern char **environ;

static _Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static _Noreturn void fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    _exit(1);
}

static bool is_member(const char *user, int thread)
{
    return thread == MANY || user[0] == 'w' || user[1] % 2 == 0 || thread % 2 == 0;
}

/* Where message `n` goes. Of the many threads each has two writers at a time. */
static int thread_for(uint64_t n)
{
    return n % 2 == 0 ? MANY : (int)((n / 2 / WRITERS + n / 2 % WRITERS / 2) % MANY);
}

static uint32_t *said_at(int thread, uint64_t seq)
{
    return &said[(uint64_t)thread * (count + 1) + seq];
}

/* ---- A request ---------------------------------------------------------------------------------
 */

struct environment {
    char *variables[VARIABLES];
    char text[4096];
    size_t used;
    int count;
};

static void set(struct environment *env, const char *name, const char *value)
{
    int len;

    if (value == NULL)
        return;
    len = snprintf(env->text + env->used, sizeof env->text - env->used, "%s=%s", name, value);
    env->variables[env->count++] = env->text + env->used;
    env->used += (size_t)len + 1;
    if (env->used > sizeof env->text || env->count == VARIABLES)
        fail("the environment is too large");
}

static void fill(struct environment *env, const struct request *request)
{
    char length[24];

    env->used = 0;
    env->count = 0;
    set(env, "GATEWAY_INTERFACE", "CGI/1.1");
    set(env, "REQUEST_METHOD", request->method);
    set(env, "QUERY_STRING", request->query == NULL ? "" : request->query);
    set(env, "REMOTE_USER", request->user);
    set(env, "HTTP_ACCEPT", request->accept);
    set(env, "HTTP_LAST_EVENT_ID", request->last_event_id);
    if (request->body != NULL) {
        snprintf(length, sizeof length, "%zu", strlen(request->body));
        set(env, "CONTENT_LENGTH", length);
        set(env, "CONTENT_TYPE", "application/x-www-form-urlencoded");
    }
    for (char **variable = environ; *variable != NULL; variable++)
        if (strncmp(*variable, "SPOOLCHAT_", 10) == 0 && env->count < VARIABLES - 1)
            env->variables[env->count++] = *variable;
    env->variables[env->count] = NULL;
}

/* Begin; its output can be read from `*output`. The body fits into a pipe. */
static pid_t start(const struct request *request, int *output)
{
    struct environment env;
    posix_spawn_file_actions_t actions;
    char path[4096];
    char *argv[] = {path, NULL};
    int in[2];
    int out[2];
    pid_t pid;

    fill(&env, request);
    snprintf(path, sizeof path, "%s/%s", cgi_bin, request->endpoint);
    if (pipe2(in, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1)
        fail("pipe: %s", strerror(errno));
    if (request->body != NULL &&
        write(in[1], request->body, strlen(request->body)) != (ssize_t)strlen(request->body))
        fail("body: %s", strerror(errno));
    close(in[1]);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    errno = posix_spawn(&pid, path, &actions, NULL, argv, env.variables);
    if (errno != 0)
        fail("%s: %s", path, strerror(errno));
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    *output = out[0];
    return pid;
}

static void finish(pid_t pid, const char *endpoint)
{
    int status;

    if (waitpid(pid, &status, 0) != pid || status != 0)
        fail("%s: ended with %d", endpoint, status);
}

/* Do it, whole: the reply is in `room`. It must be a 200. */
static void perform(const struct request *request)
{
    int output;
    pid_t pid = start(request, &output);
    size_t len = 0;
    ssize_t got;

    while ((got = read(output, room + len, ROOM - len)) > 0)
        len += (size_t)got;
    room[len] = '\0';
    close(output);
    finish(pid, request->endpoint);
    if (strncmp(room, "Status: 200 ", 12) != 0)
        fail("%s: %s for %s: %s", request->endpoint, request->query, request->user, room);
}

/* What stands behind `name` in a reply, up to a quote or comma. */
static const char *behind(const char *text, const char *name)
{
    const char *found = strstr(text, name);

    if (found != NULL)
        return found + strlen(name);
    fail("no %s in: %s", name, text);
}

/* ---- Reading -----------------------------------------------------------------------------------
 */

/* One stanza of the canonical line's form. */
static void take_stanza(struct reading *reading, const char *line)
{
    uint64_t seq = strtoull(behind(line, "\"seq\":"), NULL, 10);
    const char *id = behind(line, "\"thread\":\"");
    const char *text = behind(line, "\"text\":\"");
    unsigned long said_as = strtoul(text, NULL, 10);
    int thread = 0;

    while (thread < MANY && strncmp(threads[thread].id, id, 36) != 0)
        thread++;
    if (strncmp(threads[thread].id, id, 36) != 0 || !is_member(reading->user, thread))
        fail("%s: got what is not theirs: %.200s", reading->user, line);
    if (seq != reading->last[thread] + 1)
        fail("%s: thread %d: %" PRIu64 " after %" PRIu64, reading->user, thread, seq,
             reading->last[thread]);
    if (seq > threads[thread].total)
        fail("%s: thread %d: %" PRIu64 " was never sent", reading->user, thread, seq);
    /* It may be here before its sender has the answer, which is what fills `said`. */
    if (*said_at(thread, seq) != 0 && *said_at(thread, seq) != said_as)
        fail("%s: thread %d: %" PRIu64 " is not what was sent", reading->user, thread, seq);
    reading->last[thread] = seq;
}

static bool has_all(const struct reading *reading)
{
    for (int t = 0; t < THREADS; t++)
        if (is_member(reading->user, t) && reading->last[t] != threads[t].total)
            return false;
    return true;
}

static void keep_cursor(struct reading *reading, const char *from)
{
    size_t len = strspn(from, "0123456789-");

    if (len == 0)
        fail("%s: no cursor: %.80s", reading->user, from);
    snprintf(reading->cursor, sizeof reading->cursor, "%.*s", (int)len, from);
}

/* One long poll. How many messages came. */
static unsigned poll_once(struct reading *reading, unsigned wait)
{
    char query[128];
    unsigned messages = 0;
    const char *at = room;

    snprintf(query, sizeof query, "since=%s&wait=%u", reading->cursor, wait);
    perform(&(struct request){
        .method = "GET", .endpoint = "stream", .query = query, .user = reading->user});
    reading->polls++;
    if (strstr(room, "\"limited\":true") != NULL)
        fail("%s: limited", reading->user);
    while ((at = strstr(at, "\"type\":\"message\",\"seq\":")) != NULL) {
        take_stanza(reading, at);
        messages++;
        at++;
    }
    at = strrchr(room, ']'); /* the cursor stands behind the stanzas */
    keep_cursor(reading, behind(at == NULL ? room : at, "\"cursor\":\""));
    return messages;
}

/* The last word: it acknowledges all, and there is nothing more. */
static void close_reading(struct reading *reading)
{
    if (poll_once(reading, 0) != 0)
        fail("%s: got something after everything", reading->user);
}

static void long_poller(struct reading *reading)
{
    while (!has_all(reading))
        poll_once(reading, 10);
    close_reading(reading);
}

/* The whole events in `room`, of which `*len` bytes are filled; how many. What is left moves to the
 * front. */
static unsigned take_events(struct reading *reading, size_t *len)
{
    char *begin = room;
    char *end;
    unsigned events = 0;

    room[*len] = '\0';
    while ((end = strstr(begin, "\n\n")) != NULL) {
        *end = '\0';
        if (strstr(begin, "event: limited") != NULL)
            fail("%s: limited", reading->user);
        if (strstr(begin, "\"type\":\"message\",\"seq\":") != NULL)
            take_stanza(reading, strstr(begin, "\"type\":\"message\",\"seq\":"));
        if (strncmp(begin, "id: ", 4) == 0 || strstr(begin, "\nid: ") != NULL)
            keep_cursor(reading, strstr(begin, "id: ") + 4);
        begin = end + 2;
        events++;
    }
    *len -= (size_t)(begin - room);
    memmove(room, begin, *len);
    return events;
}

/* One connection, left after RECONNECT_AFTER events. */
static void event_connection(struct reading *reading)
{
    char since[64];
    int output;
    pid_t pid;
    size_t len = 0;
    ssize_t got = 1;
    unsigned events = 0;
    int status;

    snprintf(since, sizeof since, "%s", reading->cursor);
    pid = start(&(struct request){.method = "GET",
                                  .endpoint = "stream",
                                  .query = "since=0-0",
                                  .user = reading->user,
                                  .accept = "text/event-stream",
                                  .last_event_id = since},
                &output);
    while (events < RECONNECT_AFTER && !has_all(reading) &&
           (got = read(output, room + len, ROOM - len)) > 0) {
        len += (size_t)got;
        events += take_events(reading, &len);
    }
    /* The agent cuts who reads too slowly, who comes back then with the cursor. */
    if (got == -1 || (got == 0 && events == 0))
        fail("%s: the stream has ended", reading->user);
    /* By turns it is told by a closed pipe, or not at all. */
    if (reading->polls++ % 2 == 0)
        kill(pid, SIGKILL);
    close(output);
    waitpid(pid, &status, 0);
}

static void event_reader(struct reading *reading)
{
    while (!has_all(reading))
        event_connection(reading);
    close_reading(reading);
}

/* ---- Writing -----------------------------------------------------------------------------------
 */

/* Message `n`, whose sender is known by it. */
static void say(const char *user, uint64_t n)
{
    char body[256];
    int thread = thread_for(n);
    uint64_t seq;

    snprintf(body, sizeof body,
             "thread_id=%s&message=%" PRIu64 "&id=00000000-0000-4000-8000-%012" PRIx64,
             threads[thread].id, n + 1, n);
    perform(&(struct request){
        .method = "POST", .endpoint = "send-message", .user = user, .body = body});
    seq = strtoull(behind(room, "\"seq\":"), NULL, 10);
    if (seq == 0 || seq > threads[thread].total)
        fail("%s: message %" PRIu64 " became %" PRIu64, user, n, seq);
    if (__atomic_exchange_n(said_at(thread, seq), (uint32_t)n + 1, __ATOMIC_SEQ_CST) != 0)
        fail("%s: thread %d: two answers with %" PRIu64, user, thread, seq);
}

/* Each writer says every WRITERS-th pair of messages: one to all, one elsewhere. */
static void writer(struct reading *reading, int number)
{
    unsigned since_read = 0;

    for (uint64_t n = 0; n < count; n++) {
        if ((int)(n / 2 % WRITERS) != number)
            continue;
        say(reading->user, n);
        if (++since_read % READ_EVERY == 0)
            poll_once(reading, 0);
    }
    while (!has_all(reading))
        poll_once(reading, 10);
    close_reading(reading);
}

/* ---- Everybody ---------------------------------------------------------------------------------
 */

/* Rooms, so that each has an id of its own whoever is in it. */
static void make_thread(int thread)
{
    char body[256];
    size_t len = (size_t)snprintf(body, sizeof body, "subject=%d", thread);

    for (int i = 1; i < WRITERS + READERS; i++) {
        char user[8];
        snprintf(user, sizeof user, "%c%d", i < WRITERS ? 'w' : 'r', i < WRITERS ? i : i - WRITERS);
        if (is_member(user, thread))
            len += (size_t)snprintf(body + len, sizeof body - len, "&user=%s", user);
    }
    perform(&(struct request){
        .method = "POST", .endpoint = "start-session", .user = "w0", .body = body});
    memcpy(threads[thread].id, behind(room, "\"thread_id\":\""), 36);
}

static _Noreturn void be(int number)
{
    struct reading reading = {.cursor = "0-0"};
    int reader = number - WRITERS;

    alarm(DEADLINE_SEC);
    snprintf(reading.user, sizeof reading.user, "%c%d", reader < 0 ? 'w' : 'r',
             reader < 0 ? number : reader);
    if (reader < 0)
        writer(&reading, number);
    else if (reader < READERS / 2)
        long_poller(&reading);
    else
        event_reader(&reading);
    _exit(0);
}

static int run_all(void)
{
    int failed = 0;

    for (int i = 0; i < WRITERS + READERS; i++) {
        pid_t pid = fork();
        if (pid == 0)
            be(i);
        if (pid == -1)
            fail("fork: %s", strerror(errno));
    }
    for (int i = 0; i < WRITERS + READERS; i++) {
        int status;
        wait(&status);
        failed += status != 0;
        if (WIFSIGNALED(status))
            fprintf(stderr, "one was ended by signal %d\n", WTERMSIG(status));
    }
    return failed;
}

int main(int argc, char **argv)
{
    struct timespec begin;
    struct timespec end;
    int failed;

    if (argc != 3 || (count = strtoull(argv[2], NULL, 10)) == 0) {
        fprintf(stderr, "usage: storm CGI-BIN COUNT\n");
        return 2;
    }
    cgi_bin = argv[1];
    for (uint64_t n = 0; n < count; n++)
        threads[thread_for(n)].total++;
    said = mmap(NULL, THREADS * (count + 1) * sizeof *said, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (said == MAP_FAILED)
        fail("memory: %s", strerror(errno));
    for (int t = 0; t < THREADS; t++)
        make_thread(t);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    failed = run_all();
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%" PRIu64 " messages in %lld s, %d of %d failed\n", count,
           (long long)(end.tv_sec - begin.tv_sec), failed, WRITERS + READERS);
    return failed != 0;
}
