/* SPDX-License-Identifier: MIT */
/*
 * users/<user>/tokens/: a link to each token of the user, so that whoever wants to know theirs looks
 * at nobody else's. tokens/ alone says what is valid: the link is made after it and removed after it,
 * and one that is left over counts for nothing.
 */
#include "token.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scratch.h"
#include "dir.h"
#include "file.h"

#define USER_TOKENS_MAX 1024 /* more than the setting can be */

static int link_to(struct spool *spool, const char *name, const struct user *user)
{
    char path[PATH_SIZE];

    path_user_token(path, user->dir, name);
    return linkat(spool->tokens, name, spool->users, path, 0);
}

int token_index(struct spool *spool, const char *name, const struct user *user)
{
    char folder[PATH_SIZE];

    if (link_to(spool, name, user) == 0)
        return 0;
    if (errno != ENOENT)
        return -1;
    /* Their first token; without a folder of their own, their first request. */
    path_user_file(folder, user->dir, "");
    if (mkdirat(spool->users, folder, 0700) == -1 && errno != EEXIST)
        return -1;
    path_user_file(folder, user->dir, "tokens");
    if (mkdirat(spool->users, folder, 0700) == -1 && errno != EEXIST)
        return -1;
    return link_to(spool, name, user);
}

static void unindex(struct spool *spool, const char *name, const struct user *user)
{
    char path[PATH_SIZE];

    path_user_token(path, user->dir, name);
    (void)unlinkat(spool->users, path, 0); /* what is left counts for nothing */
}

int token_remove(struct spool *spool, const char *name, const struct user *user)
{
    int result = unlinkat(spool->tokens, name, 0);
    int error = errno;

    if (result == 0 || error == ENOENT)
        unindex(spool, name, user);
    errno = error;
    return result;
}

/* -1: nobody has had a token there (ENOENT), errno. */
static int open_index(struct dir *dir, struct spool *spool, const struct user *user)
{
    char path[PATH_SIZE];

    path_user_file(path, user->dir, "tokens");
    return dir_open(dir, spool->users, path);
}

/* Whether the user's `name` is a live token of theirs. -1: errno. */
static int is_live(struct spool *spool, const char *name, const struct user *user,
                   struct token_entry *entry)
{
    struct user holder;

    if (token_read(spool, name, &holder, entry) == -1)
        return file_is_damage(errno) ? 0 : -1;
    return entry->left_ms > 0 && strcmp(holder.dir, user->dir) == 0;
}

/* Into its place among those that end later. Without room the one that ends first makes it. */
static void insert(struct token_entry *out, size_t size, size_t *count,
                   const struct token_entry *entry)
{
    size_t at = *count;

    while (at > 0 && out[at - 1].left_ms > entry->left_ms)
        at--;
    if (*count < size) {
        memmove(out + at + 1, out + at, (*count - at) * sizeof *out);
        out[at] = *entry;
        ++*count;
    } else if (at > 0) {
        memmove(out, out + 1, (at - 1) * sizeof *out);
        out[at - 1] = *entry;
    }
}

int token_list(struct spool *spool, const struct user *user, struct token_entry *out, size_t size,
               size_t *count)
{
    struct dir dir;
    struct token_entry entry;
    const char *name;
    int live = 0;

    *count = 0;
    if (open_index(&dir, spool, user) == -1)
        return errno == ENOENT ? 0 : -1;
    while (live != -1 && (name = dir_next(&dir)) != NULL) {
        live = path_digest_ok(name) ? is_live(spool, name, user, &entry) : 0;
        if (live == 1)
            insert(out, size, count, &entry);
    }
    return dir_close(&dir) == -1 || live == -1 ? -1 : 0;
}

/* Take what is no live token any more out of the folder. How many entries there are then; -1: errno. */
static int64_t sweep(struct spool *spool, const struct user *user, bool really)
{
    struct dir dir;
    struct token_entry entry;
    const char *name;
    int64_t count = 0;

    if (open_index(&dir, spool, user) == -1)
        return -1;
    while ((name = dir_next(&dir)) != NULL) {
        struct user holder;
        if (!path_digest_ok(name))
            continue;
        count++;
        if (!really || is_live(spool, name, user, &entry) != 0)
            continue;
        count--;
        if (token_read(spool, name, &holder, &entry) == 0 && strcmp(holder.dir, user->dir) == 0)
            (void)token_remove(spool, name, user);
        else
            unindex(spool, name, user);
    }
    return dir_close(&dir) == -1 ? -1 : count;
}

int token_trim(struct spool *spool, const char *name, const struct user *user)
{
    SCRATCH static struct token_entry live[USER_TOKENS_MAX];
    size_t most = spool->config.user_tokens;
    size_t count;
    int64_t names = sweep(spool, user, false);

    if (names > (int64_t)most)
        names = sweep(spool, user, true);
    if (names <= (int64_t)most)
        return names == -1 ? -1 : 0;
    if (token_list(spool, user, live, USER_TOKENS_MAX, &count) == -1)
        return -1;
    for (size_t i = 0, left = count; i < count && left > most; i++)
        if (strcmp(live[i].id, name) != 0) {
            (void)token_remove(spool, live[i].id, user);
            left--;
        }
    return 0;
}
