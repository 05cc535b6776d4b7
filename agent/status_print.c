/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "protocol/json.h"
#include "status.h"

#define MINUTE_SEC 60
#define HOUR_SEC 3600
#define DAY_SEC 86400

static int64_t age_sec(const struct status *status)
{
    int64_t ms = status->now_ms - status->oldest_ms;

    return ms < 0 ? 0 : ms / 1000; /* the clock has stepped */
}

/* "3 d 4 h": the two greatest units. */
static void print_age(int64_t sec)
{
    long long s = sec;

    if (s >= DAY_SEC)
        printf("%lld d %lld h", s / DAY_SEC, s % DAY_SEC / HOUR_SEC);
    else if (s >= HOUR_SEC)
        printf("%lld h %lld min", s / HOUR_SEC, s % HOUR_SEC / MINUTE_SEC);
    else if (s >= MINUTE_SEC)
        printf("%lld min %lld s", s / MINUTE_SEC, s % MINUTE_SEC);
    else
        printf("%lld s", s);
}

static void print_bytes(uint64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double amount = (double)bytes;
    size_t unit = 0;

    while (amount >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        amount /= 1024;
        unit++;
    }
    printf(unit == 0 ? "%.0f %s" : "%.1f %s", amount, units[unit]);
}

static void print_agent(const struct status *status)
{
    printf("agent     ");
    if (status->agent == 0)
        printf("not running\n");
    else if (status->agent_pid == 0)
        printf("running\n");
    else
        printf("running, pid %ld\n", (long)status->agent_pid);
}

static void print_waiting(const struct status *status)
{
    printf("waiting   %llu\n", (unsigned long long)status->waiting);
    if (status->oldest_seq == 0)
        return;
    printf("oldest    ");
    print_age(age_sec(status));
    printf(", threads/%s/new/%0*llu\n", status->oldest_thread, SEQ_DIGITS,
           (unsigned long long)status->oldest_seq);
}

void status_print(const struct status *status)
{
    char cursor[CURSOR_SIZE];

    cursor_print(cursor, status->journal);
    printf("spool     %s\n", status->path);
    print_agent(status);
    printf("users     %llu, online %llu\n", (unsigned long long)status->users,
           (unsigned long long)status->online);
    printf("tokens    %llu\n", (unsigned long long)status->tokens);
    printf("threads   %llu\n", (unsigned long long)status->threads);
    printf("files     %llu, ", (unsigned long long)status->files);
    print_bytes(status->file_bytes);
    printf("\n");
    print_waiting(status);
    printf("journal   %s\n", cursor);
    printf("free      ");
    print_bytes(status->free_bytes);
    printf("\n");
}

/* ---- JSON ---- */

static void put_number(struct buf *out, const char *name, uint64_t number)
{
    buf_puts(out, name);
    buf_putu(out, number);
}

static void put_string(struct buf *out, const char *name, const char *string)
{
    size_t len = strlen(string);

    buf_puts(out, name);
    if (utf8_ok(string, len))
        json_put_string(out, string, len);
    else
        buf_puts(out, "null"); /* a path may be any bytes, JSON may not */
}

static void put_agent(struct buf *out, const struct status *status)
{
    buf_puts(out, status->agent == 0 ? ",\"agent_running\":false" : ",\"agent_running\":true");
    if (status->agent != 0 && status->agent_pid != 0)
        put_number(out, ",\"agent_pid\":", (uint64_t)status->agent_pid);
    else
        buf_puts(out, ",\"agent_pid\":null");
}

static void put_oldest(struct buf *out, const struct status *status)
{
    if (status->oldest_seq == 0) {
        buf_puts(out, ",\"oldest_waiting\":null");
        return;
    }
    put_string(out, ",\"oldest_waiting\":{\"thread\":", status->oldest_thread);
    put_number(out, ",\"seq\":", status->oldest_seq);
    put_number(out, ",\"age_seconds\":", (uint64_t)age_sec(status));
    buf_puts(out, "}");
}

void status_print_json(const struct status *status)
{
    static char text[8 * PATH_MAX];
    struct buf out = buf_over(text, sizeof text);
    char cursor[CURSOR_SIZE];

    cursor_print(cursor, status->journal);
    put_string(&out, "{\"spool\":", status->path);
    put_agent(&out, status);
    put_number(&out, ",\"users_known\":", status->users);
    put_number(&out, ",\"users_online\":", status->online);
    put_number(&out, ",\"tokens_alive\":", status->tokens);
    put_number(&out, ",\"threads\":", status->threads);
    put_number(&out, ",\"attachments\":", status->files);
    put_number(&out, ",\"attachment_bytes\":", status->file_bytes);
    put_number(&out, ",\"stanzas_waiting\":", status->waiting);
    put_oldest(&out, status);
    put_string(&out, ",\"journal_position\":", cursor);
    put_number(&out, ",\"free_bytes\":", status->free_bytes);
    buf_puts(&out, "}\n");
    fwrite(out.data, 1, out.len, stdout);
}
