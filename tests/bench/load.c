/* SPDX-License-Identifier: MIT */

/*
 * load [OPTION]... URL: as many requests as clients can make, one after the other each
 *
 *   -c CLIENTS     at once (1)
 *   -s SECONDS     for so long (1), or
 *   -n REQUESTS    so many altogether
 *   -k             keep connections; else each request has its own
 *   -u FILE        lines "user password room"; requests take them in turn and log in
 *   -d BODY        POST it; else GET
 *   -t TYPE        of the body; a form unless said
 *   -l NAME=VALUE  copied into the result; may be repeated
 *
 * In URL and BODY stand @id@ (a new UUID a request), @n@ (its number), @user@ and @room@. Prints
 * one JSON object. Anything but a 200 counts as `others`, and one of them is told on stderr.
 */

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/http.h"
#include "client/samples.h"
#include "client/work.h"

#define CLIENTS_MAX 256
#define REQUEST_MAX (256 * 1024)

static struct {
    struct http_target target;
    const char *body;
    const char *type;
    struct work_users users;
    bool keep;
    size_t clients;
    uint64_t requests; /* 0: as many as the time allows */
    double seconds;
} job = {.type = "application/x-www-form-urlencoded", .clients = 1, .seconds = 1};

struct client {
    pthread_t thread;
    struct http http;
    struct samples samples;
    uint64_t others;
    int other; /* the last such status; -1: no reply */
    char text[REQUEST_MAX];
    char body[REQUEST_MAX / 2];
};

static atomic_uint_fast64_t next;
static int64_t end_ns;

/* The next request's text into client->text; its length. */
static size_t compose(struct client *client, uint64_t n)
{
    struct http_target *target = &job.target;
    const struct work_user *user =
        job.users.count == 0 ? NULL : &job.users.user[n % job.users.count];
    char path[sizeof target->path + 256];
    struct http_request request = {
        .target = target,
        .path = path,
        .user = user != NULL ? user->name : NULL,
        .password = user != NULL ? user->password : NULL,
        .type = job.type,
        .body = job.body != NULL ? client->body : NULL,
        .keep = job.keep,
    };
    ssize_t len;

    if (work_expand(path, sizeof path, target->path, user, n) == -1 ||
        (job.body != NULL &&
         work_expand(client->body, sizeof client->body, job.body, user, n) == -1) ||
        (len = http_print(client->text, sizeof client->text, &request)) == -1)
        give_up("the request is too long", 0);
    return (size_t)len;
}

/* The status, -1 when there was none. The time is the client's: from wanting to having all. */
static int one_request(struct client *client, size_t len)
{
    struct http *http = &client->http;
    int64_t begin_ns = now_ns();
    int status = -1;

    if (http_connect(http, &job.target) == 0 && http_send(http, client->text, len) == 0)
        status = http_head(http);
    if (status == -1 || http_finish(http) == -1) {
        http_close(http);
        return -1;
    }
    if (status == 200)
        samples_add(&client->samples, now_ns() - begin_ns);
    return status;
}

static void *run_client(void *context)
{
    struct client *client = context;

    for (;;) {
        uint64_t n = atomic_fetch_add(&next, 1);
        int status;
        if (job.requests != 0 ? n >= job.requests : now_ns() >= end_ns)
            break;
        status = one_request(client, compose(client, n));
        if (status != 200) {
            client->others++;
            client->other = status;
        }
    }
    http_close(&client->http);
    return NULL;
}

static struct client *start_clients(void)
{
    struct client *clients = calloc(job.clients, sizeof *clients);

    if (clients == NULL)
        give_up("clients", ENOMEM);
    for (size_t i = 0; i < job.clients; i++) {
        int error;
        http_init(&clients[i].http);
        error = pthread_create(&clients[i].thread, NULL, run_client, &clients[i]);
        if (error != 0)
            give_up("threads", error);
    }
    return clients;
}

static void report(const struct samples *all, uint64_t others, double seconds)
{
    labels_print();
    printf("\"clients\":%zu,\"kept\":%s,\"seconds\":%.3f,\"requests\":%zu,\"others\":%llu,"
           "\"per_second\":%.1f,\"median_ms\":%.3f,\"p99_ms\":%.3f}\n",
           job.clients, job.keep ? "true" : "false", seconds, all->count,
           (unsigned long long)others, (double)all->count / seconds,
           (double)samples_at(all, 0.5) / 1e6, (double)samples_at(all, 0.99) / 1e6);
}

static void run(void)
{
    int64_t begin_ns = now_ns();
    struct samples all = {0};
    uint64_t others = 0;
    struct client *clients;

    end_ns = begin_ns + (int64_t)(job.seconds * 1e9);
    clients = start_clients();
    for (size_t i = 0; i < job.clients; i++)
        pthread_join(clients[i].thread, NULL);
    double seconds = (double)(now_ns() - begin_ns) / 1e9;
    for (size_t i = 0; i < job.clients; i++) {
        samples_join(&all, &clients[i].samples);
        others += clients[i].others;
        if (clients[i].others > 0)
            fprintf(stderr, "load: %s: status %d\n", job.target.path, clients[i].other);
    }
    samples_sort(&all);
    report(&all, others, seconds);
}

static void take_option(int option)
{
    if (option == 'c')
        job.clients = strtoul(optarg, NULL, 10);
    else if (option == 's')
        job.seconds = strtod(optarg, NULL);
    else if (option == 'n')
        job.requests = strtoull(optarg, NULL, 10);
    else if (option == 'k')
        job.keep = true;
    else if (option == 'u')
        work_read_users(&job.users, optarg);
    else if (option == 'd')
        job.body = optarg;
    else if (option == 't')
        job.type = optarg;
    else if (option == 'l')
        label_add(optarg);
    else
        exit(2);
}

int main(int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "c:s:n:ku:d:t:l:")) != -1)
        take_option(option);
    if (optind != argc - 1 || http_target(&job.target, argv[optind]) == -1 || job.clients == 0 ||
        job.clients > CLIENTS_MAX)
        give_up("usage: load [OPTION]... http://127.0.0.1:PORT/PATH", 0);
    run();
    return 0;
}
