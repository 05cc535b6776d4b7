/* SPDX-License-Identifier: MIT */
#include "path.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"

static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("_@+,=.-", c) != NULL);
}

static bool name_ok(const char *name)
{
    size_t len = strnlen(name, USER_NAME_MAX + 1);

    if (len == 0 || len > USER_NAME_MAX || !utf8_ok(name, len))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7F)
            return false;
    return true;
}

static int encode(char *dir, const char *name)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t at = 0;

    for (const char *s = name; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        bool stays = is_plain(c) && !(c == '.' && s == name);
        if (at + (stays ? 1 : 3) > USER_DIR_MAX)
            return -1;
        if (stays) {
            dir[at++] = (char)c;
            continue;
        }
        dir[at++] = '%';
        dir[at++] = hex[c >> 4];
        dir[at++] = hex[c & 15];
    }
    dir[at] = '\0';
    return 0;
}

int user_named(struct user *user, const char *name)
{
    if (!name_ok(name) || encode(user->dir, name) == -1) {
        errno = EINVAL;
        return -1;
    }
    memcpy(user->name, name, strlen(name) + 1);
    return 0;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int user_of_dir(struct user *user, const char *dir)
{
    char name[USER_NAME_MAX + 1];
    size_t at = 0;

    errno = EINVAL;
    for (const char *s = dir; *s != '\0'; s++) {
        int c = (unsigned char)*s;
        if (at == USER_NAME_MAX)
            return -1;
        if (c == '%') {
            int high = hex_value(s[1]);
            int low = high == -1 ? -1 : hex_value(s[2]);
            if (low == -1)
                return -1;
            c = high * 16 + low;
            s += 2;
        }
        name[at++] = (char)c;
    }
    name[at] = '\0';
    /* Only the one spelling that user_named makes is a user's; "%61" is not another alice. */
    return user_named(user, name) == 0 && strcmp(user->dir, dir) == 0 ? 0 : -1;
}

bool path_uuid_ok(const char *id)
{
    size_t i = 0;

    for (; i < UUID_SIZE && id[i] != '\0'; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool digit = (id[i] >= '0' && id[i] <= '9') || (id[i] >= 'a' && id[i] <= 'f');
        if (dash ? id[i] != '-' : !digit)
            return false;
    }
    return i == UUID_SIZE - 1;
}

bool path_digest_ok(const char *name)
{
    return strspn(name, "0123456789abcdef") == DIGEST_SIZE - 1 && name[DIGEST_SIZE - 1] == '\0';
}

bool path_seq_ok(const char *name, uint64_t *seq)
{
    uint64_t number = 0;
    size_t i = 0;

    for (; i < SEQ_DIGITS && name[i] >= '0' && name[i] <= '9'; i++)
        number = number * 10 + (uint64_t)(name[i] - '0');
    *seq = number;
    return i == SEQ_DIGITS && name[i] == '\0';
}

static char *put(char *out, const char *string)
{
    size_t len = strlen(string);
    memcpy(out, string, len + 1);
    return out + len;
}

static void put_seq(char *out, uint64_t seq)
{
    for (int i = SEQ_DIGITS - 1; i >= 0; i--, seq /= 10)
        out[i] = (char)('0' + seq % 10);
    out[SEQ_DIGITS] = '\0';
}

void path_new(char out[PATH_SIZE], uint64_t seq)
{
    put_seq(put(out, "new/"), seq);
}

void path_cur(char out[PATH_SIZE], uint64_t seq)
{
    put_seq(put(out, "cur/"), seq);
}

void path_tmp(char out[PATH_SIZE], const char *id)
{
    put(put(out, "tmp/"), id);
}

void path_segment(char out[PATH_SIZE], uint64_t first)
{
    put_seq(out, first);
}

void path_sent(char out[PATH_SIZE], const char *dir, const char *id)
{
    put(put(put(out, dir), "/sent/"), id);
}

void path_user_thread(char out[PATH_SIZE], const char *dir, const char *thread)
{
    put(put(put(out, dir), "/threads/"), thread);
}

void path_user_read(char out[PATH_SIZE], const char *dir, const char *thread)
{
    put(put(put(out, dir), "/read/"), thread);
}

void path_file(char out[PATH_SIZE], const char *id)
{
    put(put(out, "files/"), id);
}

void path_file_draft(char out[PATH_SIZE], const char *id)
{
    put(put(out, "files/."), id);
}

void path_file_object(char out[PATH_SIZE], const char *id)
{
    put(put(put(out, "files/"), id), ".json");
}

void path_user_owned(char out[PATH_SIZE], const char *dir, const char *id)
{
    put(put(put(out, dir), "/files/"), id);
}

void path_user_file(char out[PATH_SIZE], const char *dir, const char *file)
{
    put(put(put(out, dir), "/"), file);
}

void path_user_token(char out[PATH_SIZE], const char *dir, const char *digest)
{
    put(put(put(out, dir), "/tokens/"), digest);
}
