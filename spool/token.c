/* SPDX-License-Identifier: MIT */
#include "token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "dir.h"
#include "file.h"
#include "id.h"

#define TEXT_MAX (USER_DIR_MAX + UUID_SIZE + 64)

/* What a token file says, in this order: "alice 1763817600123 <boot id> 5023417\n". */
struct issue {
    char dir[USER_DIR_MAX + 1];
    int64_t wall_ms;
    char boot[UUID_SIZE];
    int64_t boot_ms;
};

static int parse(struct issue *issue, char *text)
{
    char *dir = file_field(&text);
    char *wall = file_field(&text);
    char *boot = file_field(&text);
    char *since = file_field(&text);

    if (strlen(dir) > USER_DIR_MAX || !path_uuid_ok(boot) ||
        file_number(wall, &issue->wall_ms) == -1 || file_number(since, &issue->boot_ms) == -1)
        return -1;
    memcpy(issue->dir, dir, strlen(dir) + 1);
    memcpy(issue->boot, boot, UUID_SIZE);
    return 0;
}

/* Below zero: from the future, as after a restored backup; such a token has no age and is not
 * valid. */
static int64_t age_ms(const struct issue *issue)
{
    char boot[UUID_SIZE];

    clock_boot_id(boot);
    if (strcmp(boot, issue->boot) == 0 && strcmp(boot, CLOCK_NO_BOOT) != 0)
        return clock_boot_ms() - issue->boot_ms;
    return clock_wall_us() / 1000 - issue->wall_ms;
}

int token_read(struct spool *spool, const char *name, struct user *user, struct token_entry *entry)
{
    char text[TEXT_MAX];
    struct issue issue;
    int64_t age;

    if (file_read(spool->tokens, name, text, sizeof text) == -1)
        return -1;
    if (parse(&issue, text) == -1 || user_of_dir(user, issue.dir) == -1) {
        errno = EBADMSG;
        return -1;
    }
    age = age_ms(&issue);
    snprintf(entry->id, sizeof entry->id, "%s", name);
    entry->issued_ms = issue.wall_ms;
    entry->left_ms = age < 0 ? 0 : (int64_t)spool->config.token_ttl * 1000 - age;
    return 0;
}

int token_left(struct spool *spool, const char *name, struct user *user, int64_t *left_ms)
{
    struct token_entry entry;

    if (token_read(spool, name, user, &entry) == -1)
        return -1;
    *left_ms = entry.left_ms;
    return 0;
}

int token_issue(struct spool *spool, const struct user *user, char token[UUID_SIZE])
{
    char name[DIGEST_SIZE];
    char boot[UUID_SIZE];
    char text[TEXT_MAX];
    int len;

    id_random(token);
    id_digest(name, token, UUID_SIZE - 1);
    clock_boot_id(boot);
    len = snprintf(text, sizeof text, "%s %lld %s %lld\n", user->dir,
                   (long long)(clock_wall_us() / 1000), boot, (long long)clock_boot_ms());
    if (file_create(spool->tokens, name, text, (size_t)len, false) == -1)
        return -1;
    if (token_index(spool, name, user) == -1) { /* nobody has it yet */
        len = errno;
        unlinkat(spool->tokens, name, 0);
        errno = len;
        return -1;
    }
    /* What is too much now is so at the next one, too. */
    (void)token_trim(spool, name, user);
    return 0;
}

int token_held(struct spool *spool, const char *name, struct user *user, int64_t *left_ms)
{
    if (token_left(spool, name, user, left_ms) == -1) {
        errno = errno == EBADMSG || errno == EFBIG ? ENOENT : errno;
        return -1;
    }
    errno = ENOENT;
    if (*left_ms <= 0)
        return -1;
    /* Whose folder somebody has removed is nobody: their token shall not make them anew. */
    return faccessat(spool->users, user->dir, F_OK, 0) == 0 ? 0 : -1;
}

int token_holder(struct spool *spool, const char *token, struct user *user, int64_t *left_ms)
{
    char name[DIGEST_SIZE];

    errno = ENOENT;
    if (!path_uuid_ok(token))
        return -1;
    id_digest(name, token, UUID_SIZE - 1);
    return token_held(spool, name, user, left_ms);
}

int token_revoke_id(struct spool *spool, const char *id, const struct user *user)
{
    struct user holder;
    int64_t left;

    errno = ENOENT;
    if (!path_digest_ok(id))
        return -1;
    if (token_left(spool, id, &holder, &left) == -1) {
        errno = errno == EBADMSG || errno == EFBIG ? ENOENT : errno;
        return -1;
    }
    if (left <= 0 || strcmp(holder.dir, user->dir) != 0) {
        errno = ENOENT;
        return -1;
    }
    return token_remove(spool, id, user);
}

int token_revoke(struct spool *spool, const char *token, const struct user *user)
{
    char name[DIGEST_SIZE];

    errno = ENOENT;
    if (!path_uuid_ok(token))
        return -1;
    id_digest(name, token, UUID_SIZE - 1);
    return token_revoke_id(spool, name, user);
}

int token_each(struct spool *spool,
               int (*each)(void *context, const char *name, const struct user *user,
                           int64_t left_ms),
               void *context)
{
    struct dir dir;
    const char *name;
    int result = 0;

    if (dir_open(&dir, spool->tokens, ".") == -1)
        return -1;
    while (result == 0 && (name = dir_next(&dir)) != NULL) {
        struct user user;
        int64_t left;
        if (path_digest_ok(name) && token_left(spool, name, &user, &left) == 0)
            result = each(context, name, &user, left);
    }
    return dir_close(&dir) == -1 ? -1 : result;
}
