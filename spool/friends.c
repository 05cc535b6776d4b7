/* SPDX-License-Identifier: MIT */
#include "friends.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "map.h"

/* What stands on a line, if it can be a name. `line` has room for a NUL. */
static int give_name(char *line, size_t len, int (*each)(void *context, const char *name),
                     void *context)
{
    if (len > 0 && line[len - 1] == '\r')
        len--;
    line[len] = '\0';
    return len == 0 || len > USER_NAME_MAX || strlen(line) < len ? 0 : each(context, line);
}

/* A list of any length, a piece at a time. */
static int each_name(int fd, int (*each)(void *context, const char *name), void *context)
{
    char piece[4096];
    char line[USER_NAME_MAX + 3];
    size_t len = 0;
    ssize_t got = 0;
    int result = 0;

    while (result == 0 && (got = read(fd, piece, sizeof piece)) > 0)
        for (ssize_t i = 0; i < got && result == 0; i++) {
            if (piece[i] != '\n') {
                if (len < sizeof line - 1)
                    line[len++] = piece[i];
                continue;
            }
            result = give_name(line, len, each, context);
            len = 0;
        }
    if (result != 0 || got == -1)
        return result != 0 ? result : -1;
    return give_name(line, len, each, context);
}

int user_each_friend(struct spool *spool, const struct user *user,
                     int (*each)(void *context, const char *name), void *context)
{
    char path[PATH_SIZE];
    int result;
    int fd;

    path_user_file(path, user->dir, "friends");
    fd = file_open(spool->users, path, O_RDONLY);
    if (fd == -1)
        return -1;
    result = each_name(fd, each, context);
    file_close(fd);
    return result;
}

static int is_name(void *context, const char *name)
{
    const struct user *user = context;

    return strcmp(name, user->name) == 0;
}

int user_befriends(struct spool *spool, const struct user *user, const struct user *other)
{
    struct user wanted = *other;
    int result = user_each_friend(spool, user, is_name, &wanted);

    return result == -1 && errno == ENOENT ? 1 : result;
}

int user_friends(struct spool *spool, const struct user *one, const struct user *other)
{
    int result = user_befriends(spool, one, other);

    return result == 1 ? user_befriends(spool, other, one) : result;
}

/* ---- A list in short: two bits a name ---------------------------------------------------------- */

static void set_bit(struct friends *friends, uint32_t bit)
{
    friends->bits[bit / 64 % FRIENDS_WORDS] |= UINT64_C(1) << bit % 64;
}

static bool has_bit(const struct friends *friends, uint32_t bit)
{
    return friends->bits[bit / 64 % FRIENDS_WORDS] >> bit % 64 & 1;
}

static int put_name(void *context, const char *name)
{
    struct friends *friends = context;
    uint64_t hash = map_hash(name);

    set_bit(friends, (uint32_t)hash);
    set_bit(friends, (uint32_t)(hash >> 32));
    return 0;
}

void friends_recall(struct friends *friends, struct spool *spool, const struct user *user)
{
    *friends = (struct friends){0};
    friends->unread = user_each_friend(spool, user, put_name, friends) == -1;
    friends->all = friends->unread && errno == ENOENT;
}

bool friends_perhaps(const struct friends *friends, uint64_t name)
{
    return friends->unread ||
           (has_bit(friends, (uint32_t)name) && has_bit(friends, (uint32_t)(name >> 32)));
}
