/* SPDX-License-Identifier: MIT */
#include "work.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "samples.h"

void work_read_users(struct work_users *users, const char *path)
{
    FILE *file = fopen(path, "re");
    struct work_user *user = users->user;

    users->count = 0;
    if (file == NULL)
        give_up(path, errno);
    while (users->count < WORK_USERS &&
           fscanf(file, "%63s %63s %63s", user->name, user->password, user->room) == 3) {
        user++;
        users->count++;
    }
    fclose(file);
    if (users->count == 0)
        give_up("no users in the file", 0);
}

static uint32_t run;

static void choose_run(void)
{
    if (getrandom(&run, sizeof run, 0) != (ssize_t)sizeof run)
        give_up("getrandom", errno);
}

void work_id(char id[WORK_ID_SIZE], uint64_t n)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, choose_run);
    snprintf(id, WORK_ID_SIZE, "%08x-0000-4000-8000-%012llx", run,
             (unsigned long long)n & 0xFFFFFFFFFFFF);
}

/* What stands for a mark, NULL when it is none of ours; its length with both signs in `len`. */
static const char *meaning(const char *mark, size_t *len, const struct work_user *user,
                           const char *id, const char *number)
{
    const struct {
        const char *mark;
        const char *text;
    } table[] = {
        {"@id@", id},
        {"@n@", number},
        {"@user@", user == NULL ? "" : user->name},
        {"@room@", user == NULL ? "" : user->room},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        *len = strlen(table[i].mark);
        if (strncmp(mark, table[i].mark, *len) == 0)
            return table[i].text;
    }
    return NULL;
}

ssize_t work_expand(char *out, size_t size, const char *template, const struct work_user *user,
                    uint64_t n)
{
    char id[WORK_ID_SIZE];
    char number[24];
    size_t at = 0;

    work_id(id, n);
    snprintf(number, sizeof number, "%llu", (unsigned long long)n);
    while (*template != '\0') {
        size_t taken = 1;
        const char *text = *template == '@' ? meaning(template, &taken, user, id, number) : NULL;
        size_t len = text != NULL ? strlen(text) : 1;
        if (at + len >= size)
            return -1;
        memcpy(out + at, text != NULL ? text : template, len);
        at += len;
        template += text != NULL ? taken : 1;
    }
    out[at] = '\0';
    return (ssize_t)at;
}
