/* SPDX-License-Identifier: MIT */

/*
 * latency [OPTION]... BASE: from just before a message is sent to its arrival with who waits for it
 *
 *   -u FILE        lines "user password room": the first user sends, the next one in the same room
 *                  waits
 *   -e             on one open event stream; else by long polls, one after the other
 *   -n SAMPLES     (300)
 *   -l NAME=VALUE  copied into the result; may be repeated
 *
 * BASE is the URL of the programs. One message is under way at a time; between its arrival and the
 * next there is a moment, never the same, in which the waiting side settles down to wait again, as
 * it would between what people say. Each request has its own connection, made before the clock
 * starts. Prints one JSON object.
 */

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/follow.h"
#include "client/http.h"
#include "client/samples.h"
#include "client/work.h"

#define PATIENCE_SEC 20
#define MOMENT_LEAST_US 8000
#define MOMENT_MORE_US 8000

static struct http_target base;
static struct work_users users;
static bool events;
static uint64_t wanted = 300;

/* What the two sides share. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static bool listening;
static uint64_t arrived;
static int64_t arrived_ns;

/* ---- The waiting side ------------------------------------------------------------------------ */

static void on_listening(void)
{
    pthread_mutex_lock(&lock);
    listening = true;
    pthread_cond_signal(&change);
    pthread_mutex_unlock(&lock);
}

static void on_arrival(int64_t ns)
{
    pthread_mutex_lock(&lock);
    arrived++;
    arrived_ns = ns;
    pthread_cond_signal(&change);
    pthread_mutex_unlock(&lock);
}

static const struct work_user *partner(void)
{
    for (size_t i = 1; i < users.count; i++)
        if (strcmp(users.user[i].room, users.user[0].room) == 0)
            return &users.user[i];
    give_up("latency: nobody else is in the first user's room", 0);
}

static void *subscriber(void *context)
{
    struct follow how = {
        .base = &base,
        .user = partner(),
        .events = events,
        .count = wanted,
        .listening = on_listening,
        .arrived = on_arrival,
    };

    follow(&how);
    return context;
}

/* ---- The sending side ------------------------------------------------------------------------ */

/* Until the other side listens and has `count` messages. When the last of them came. */
static int64_t await(uint64_t count)
{
    struct timespec until;
    int64_t ns;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_SEC;
    pthread_mutex_lock(&lock);
    while (!listening || arrived < count)
        if (pthread_cond_timedwait(&change, &lock, &until) == ETIMEDOUT)
            give_up("latency: a message did not arrive", 0);
    ns = arrived_ns;
    pthread_mutex_unlock(&lock);
    return ns;
}

static void a_moment(void)
{
    long us = MOMENT_LEAST_US + (long)(random() % MOMENT_MORE_US);
    struct timespec moment = {.tv_nsec = us * 1000};

    nanosleep(&moment, NULL);
}

static ssize_t compose(char *out, size_t size, uint64_t n)
{
    static const char template[] = "thread_id=@room@&message=message+number+@n@&id=@id@";
    char path[sizeof base.path + 16];
    char body[512];
    struct http_request request = {
        .target = &base,
        .path = path,
        .user = users.user[0].name,
        .password = users.user[0].password,
        .type = "application/x-www-form-urlencoded",
        .body = body,
    };

    snprintf(path, sizeof path, "%s/send-message", base.path);
    if (work_expand(body, sizeof body, template, &users.user[0], n) == -1)
        return -1;
    return http_print(out, size, &request);
}

/* Message number n. When it was sent. */
static int64_t post(uint64_t n)
{
    char request[4096];
    struct http http;
    ssize_t len = compose(request, sizeof request, n);
    int64_t sent_ns;

    http_init(&http);
    if (len == -1 || http_connect(&http, &base) == -1)
        give_up("latency: connection", errno);
    sent_ns = now_ns();
    if (http_send(&http, request, (size_t)len) == -1 || http_head(&http) != 200)
        give_up("latency: a message was not accepted", 0);
    http_close(&http);
    return sent_ns;
}

static void publisher(struct samples *samples)
{
    await(0);
    for (uint64_t n = 0; n < wanted; n++) {
        int64_t sent_ns;
        a_moment();
        sent_ns = post(n);
        samples_add(samples, await(n + 1) - sent_ns);
    }
}

static void report(struct samples *samples)
{
    samples_sort(samples);
    labels_print();
    printf("\"form\":\"%s\",\"samples\":%zu,\"least_ms\":%.3f,\"median_ms\":%.3f,\"p99_ms\":%.3f,"
           "\"most_ms\":%.3f}\n",
           events ? "event stream" : "long poll", samples->count,
           (double)samples_at(samples, 0) / 1e6, (double)samples_at(samples, 0.5) / 1e6,
           (double)samples_at(samples, 0.99) / 1e6, (double)samples_at(samples, 1) / 1e6);
}

static void take_option(int option)
{
    if (option == 'u')
        work_read_users(&users, optarg);
    else if (option == 'e')
        events = true;
    else if (option == 'n')
        wanted = strtoull(optarg, NULL, 10);
    else if (option == 'l')
        label_add(optarg);
    else
        exit(2);
}

int main(int argc, char **argv)
{
    struct samples samples = {0};
    pthread_t waiting;
    int option;
    int error;

    while ((option = getopt(argc, argv, "u:en:l:")) != -1)
        take_option(option);
    if (optind != argc - 1 || http_target(&base, argv[optind]) == -1 || users.count == 0)
        give_up("usage: latency -u FILE [OPTION]... http://127.0.0.1:PORT/nereid-chat", 0);
    error = pthread_create(&waiting, NULL, subscriber, NULL);
    if (error != 0)
        give_up("threads", error);
    publisher(&samples);
    pthread_join(waiting, NULL);
    report(&samples);
    return 0;
}
