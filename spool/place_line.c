/* SPDX-License-Identifier: MIT */

/* A place's line: "<token> <ms of beginning> <cursor there> <ms of life> <cursor>\n". */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "place_private.h"

static int parse(struct place *place, char *text)
{
    char *token = file_field(&text);
    int bad = file_number(file_field(&text), &place->began_ms);

    bad |= cursor_parse(&place->began, file_field(&text));
    bad |= file_number(file_field(&text), &place->alive_ms);
    bad |= cursor_parse(&place->at, file_field(&text));
    if (bad != 0 || strlen(token) >= PLACE_TOKEN_SIZE)
        return -1;
    memcpy(place->token, token, strlen(token) + 1);
    return 0;
}

int place_line_read(struct place *place)
{
    char text[PLACE_LINE_MAX + 1];
    ssize_t len = pread(place->fd, text, PLACE_LINE_MAX, 0);

    if (len == -1)
        return -1;
    text[len] = '\0';
    return parse(place, text);
}

/* Safe in a signal's handler, as clock_boot_ms with a test's clock would not be. */
static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Before the line changes: what must be as old as all doubt is now the one that was in between, or
 * the line itself, when that has stood for long enough. */
static void remember(struct place *place)
{
    int64_t now = now_ms();
    bool rested = now >= place->moved_ms + PLACE_DOUBT_MSEC;

    if (rested || now >= place->between_ms + PLACE_DOUBT_MSEC) {
        place->before = rested ? place->line : place->between;
        place->between = place->line;
        place->between_ms = now;
    }
    place->moved_ms = now;
}

static int spare_line(const struct place *place)
{
    int spare = 0;

    while (spare == place->line || spare == place->before || spare == place->between)
        spare++;
    return spare;
}

/* Changed in place; what was longer before is cut off by the newline. */
int place_line_write(struct place *place)
{
    int spare = spare_line(place);
    struct place_line *line = &place->lines[spare];
    char began[CURSOR_SIZE];
    char at[CURSOR_SIZE];

    place->alive_ms = clock_wall_us() / 1000;
    cursor_print(began, place->began);
    cursor_print(at, place->at);
    line->len =
        (size_t)snprintf(line->text, sizeof line->text, "%s %lld %s %lld %s\n", place->token,
                         (long long)place->began_ms, began, (long long)place->alive_ms, at);
    line->at = place->at;
    remember(place);
    if (pwrite(place->fd, line->text, line->len, 0) != (ssize_t)line->len)
        return -1;
    place->line = spare;
    return 0;
}

static bool is_line(const struct place *place, int line)
{
    return line >= 0 && line < (int)(sizeof place->lines / sizeof place->lines[0]);
}

bool place_is_sound(const struct place *place)
{
    bool sound = memchr(place->token, '\0', sizeof place->token) != NULL &&
                 is_line(place, place->line) && is_line(place, place->before) &&
                 is_line(place, place->between);

    for (size_t i = 0; i < sizeof place->lines / sizeof place->lines[0]; i++)
        sound = sound && place->lines[i].len <= PLACE_LINE_MAX;
    return sound;
}

int64_t place_doubtful(const struct place *place)
{
    int64_t left = place->moved_ms + PLACE_DOUBT_MSEC - now_ms();

    return left > 0 ? left : 0;
}

bool place_line_doubt(const struct place *place)
{
    return place_doubtful(place) > 0;
}

/* Nothing here reads or writes where the file stands, so a handler may move it: pwrite is not among
 * what it may call. */
void place_line_back(const struct place *place)
{
    const struct place_line *before = &place->lines[place->before];

    if (place_line_doubt(place) && lseek(place->fd, 0, SEEK_SET) == 0)
        (void)!write(place->fd, before->text, before->len);
}

static const struct place *guarded;

static void on_term(int number)
{
    place_line_back(guarded);
    signal(number, SIG_DFL);
    raise(number);
}

void place_guard(const struct place *place)
{
    guarded = place;
    if (place->fd != -1)
        signal(SIGTERM, on_term);
}
