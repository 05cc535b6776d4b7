/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/now.h"
#include "base/scratch.h"
#include "file.h"

#define FILE_MAX 8192
#define PREFIX "SPOOLCHAT_"
#define KEY_MAX 32
/* The largest that max_body may be set to: what the programs have room for. */
#define BODY_CEILING (256 * 1024)
#define NUMBER_MAX 1000000000000000u
#define REASON_MAX 96   /* of a complaint, the part that says why */
#define FRESH_MSEC 1000 /* a file written so lately may be written again without showing it */

static const struct config defaults = {
    .sync = true,
    .wait = 25,
    .max_body = 65536,
    .max_attachment = 10485760,
    .user_files = 1000,
    .user_bytes = 104857600,
    .messages_per_minute = 60,
    .user_streams = 8,
    .max_streams = 20,
    .max_members = 1000,
    .user_tokens = 50,
    .token_ttl = 3600,
    .lease = 60,
};

static const struct key {
    const char *name;
    size_t place;
    uint64_t least; /* other than 0 */
    uint64_t most;
    bool bounded; /* 0, no limit, is `most` */
} keys[] = {
    {"wait", offsetof(struct config, wait), 1, 3600, true},
    {"max_body", offsetof(struct config, max_body), 1, BODY_CEILING, true},
    {"max_attachment", offsetof(struct config, max_attachment), 1, NUMBER_MAX, false},
    {"user_files", offsetof(struct config, user_files), 1, 1000000, false},
    {"user_bytes", offsetof(struct config, user_bytes), 1, NUMBER_MAX, false},
    {"messages_per_minute", offsetof(struct config, messages_per_minute), 1, 1000000, false},
    {"user_streams", offsetof(struct config, user_streams), 1, 10000, false},
    {"max_streams", offsetof(struct config, max_streams), 1, 100000, false},
    {"max_members", offsetof(struct config, max_members), 1, 1000, true},
    {"user_tokens", offsetof(struct config, user_tokens), 1, 1000, true},
    {"token_ttl", offsetof(struct config, token_ttl), 1, 31536000, true},
    {"lease", offsetof(struct config, lease), CONFIG_LEASE_MIN, 86400, true},
    {"retain_days", offsetof(struct config, retain_days), 1, 1000000, false},
    {"spool_max", offsetof(struct config, spool_max), 1, NUMBER_MAX, false},
};

static int number(const char *text, const struct key *key, uint64_t *out)
{
    uint64_t value = 0;

    if (*text == '\0')
        return -1;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || value > NUMBER_MAX)
            return -1;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    if (value != 0 && (value < key->least || value > key->most))
        return -1;
    *out = value == 0 && key->bounded ? key->most : value;
    return 0;
}

/* scheme://host[:port], as browsers send it. What none sends (*, a path, commas) would be passed over
 * in silence, and the operator believe that it counts. */
static bool is_origin(const char *word, size_t len)
{
    const char *host = memmem(word, len, "://", 3);
    size_t at = host != NULL ? (size_t)(host - word) + 3 : 0;

    if (at <= 3 || at == len)
        return false;
    for (; at < len; at++)
        if (strchr("/*,", word[at]) != NULL)
            return false;
    return true;
}

static int origins(struct config *config, const char *value)
{
    size_t len = strlen(value);

    if (len >= CONFIG_ORIGINS_MAX)
        return -1;
    for (const char *s = value; *s != '\0'; s++)
        if ((unsigned char)*s <= 0x20 && *s != ' ')
            return -1; /* it goes into a header */
    for (const char *s = value + strspn(value, " "); *s != '\0' && strcmp(value, "none") != 0;
         s += strcspn(s, " "), s += strspn(s, " "))
        if (!is_origin(s, strcspn(s, " ")))
            return -1;
    memcpy(config->allow_origin, strcmp(value, "none") == 0 ? "" : value,
           strcmp(value, "none") == 0 ? 1 : len + 1);
    return 0;
}

static int set_number(struct config *config, const struct key *key, const char *value,
                      char reason[REASON_MAX])
{
    if (number(value, key, (uint64_t *)(void *)((char *)config + key->place)) == 0)
        return 0;
    snprintf(reason, REASON_MAX,
             "not a value that this setting can have: %llu to %llu, or 0 for no limit",
             (unsigned long long)key->least, (unsigned long long)key->most);
    return -1;
}

static int set_word(struct config *config, const char *name, const char *value)
{
    if (strcmp(name, "allow_origin") == 0)
        return origins(config, value);
    config->sync = strcmp(value, "yes") == 0;
    return config->sync || strcmp(value, "no") == 0 ? 0 : -1;
}

/* -1: `reason` says what is wrong. */
static int set(struct config *config, const char *name, const char *value, char reason[REASON_MAX])
{
    bool known = strcmp(name, "allow_origin") == 0 || strcmp(name, "sync") == 0;

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(name, keys[i].name) == 0)
            return set_number(config, &keys[i], value, reason);
    if (known && set_word(config, name, value) == 0)
        return 0;
    snprintf(reason, REASON_MAX,
             known ? "not a value that this setting can have" : "no such setting");
    return -1;
}

static char *trim(char *text)
{
    size_t len;

    text += strspn(text, " \t\r");
    len = strlen(text);
    while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
        text[--len] = '\0';
    return text;
}

/* One line, changed in place. */
static int set_line(struct config *config, char *line, char reason[REASON_MAX])
{
    char *value;

    line[strcspn(line, "#")] = '\0';
    line = trim(line);
    if (*line == '\0')
        return 0;
    value = strchr(line, '=');
    if (value == NULL) {
        snprintf(reason, REASON_MAX, "not key = value");
        return -1;
    }
    *value++ = '\0';
    return set(config, trim(line), trim(value), reason);
}

static int read_file(struct config *config, int root, char *complaint)
{
    SCRATCH static char text[FILE_MAX];
    char reason[REASON_MAX];
    char *rest = text;
    ssize_t len = file_read(root, "config", text, sizeof text);

    if (len == -1 && errno == ENOENT)
        return 0;
    if (len == -1 || strlen(text) != (size_t)len) {
        errno = len == -1 ? errno : EINVAL;
        snprintf(complaint, CONFIG_COMPLAINT_MAX, "config");
        return -1;
    }
    for (unsigned line = 1; rest != NULL; line++) {
        char *next = strchr(rest, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (set_line(config, rest, reason) == -1) {
            snprintf(complaint, CONFIG_COMPLAINT_MAX, "config: line %u: %s", line, reason);
            errno = EINVAL;
            return -1;
        }
        rest = next;
    }
    return 0;
}

/* What other parts of the house take from the environment under the same prefix. */
static bool is_ours(const char *key)
{
    return strcmp(key, "spool") != 0 && strcmp(key, "test_clock") != 0;
}

static int set_variable(struct config *config, const char *variable, char *complaint)
{
    char reason[REASON_MAX];
    char key[KEY_MAX];
    const char *name = variable + sizeof PREFIX - 1;
    size_t len = strcspn(name, "=");

    if (len >= sizeof key)
        len = sizeof key - 1;
    for (size_t i = 0; i < len; i++)
        key[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
    key[len] = '\0';
    if (name[strcspn(name, "=")] == '\0' || !is_ours(key) ||
        set(config, key, name + strcspn(name, "=") + 1, reason) == 0)
        return 0;
    snprintf(complaint, CONFIG_COMPLAINT_MAX, "environment: " PREFIX "%.*s: %s", (int)len, name,
             reason);
    errno = EINVAL;
    return -1;
}

int config_read(struct config *config, int root, char complaint[CONFIG_COMPLAINT_MAX])
{
    *config = defaults;
    if (read_file(config, root, complaint) == -1)
        return -1;
    for (char **variable = environ; variable != NULL && *variable != NULL; variable++)
        if (strncmp(*variable, PREFIX, sizeof PREFIX - 1) == 0 &&
            set_variable(config, *variable, complaint) == -1)
            return -1;
    return 0;
}

static bool is_same(const struct stat *one, const struct stat *other)
{
    return one->st_ino == other->st_ino && one->st_size == other->st_size &&
           one->st_ctim.tv_sec == other->st_ctim.tv_sec &&
           one->st_ctim.tv_nsec == other->st_ctim.tv_nsec;
}

static bool is_fresh(const struct stat *info)
{
    int64_t changed_ms = (int64_t)info->st_ctim.tv_sec * 1000 + info->st_ctim.tv_nsec / 1000000;

    return now_us(CLOCK_REALTIME) / 1000 < changed_ms + FRESH_MSEC;
}

int config_renew(struct config *config, struct config_file *file, int root,
                 char complaint[CONFIG_COMPLAINT_MAX])
{
    struct config now;
    struct stat info = {0};
    bool same;

    if (fstatat(root, "config", &info, AT_SYMLINK_NOFOLLOW) == -1)
        info = (struct stat){0};
    same = file->read && is_same(&info, &file->info);
    if (same && !is_fresh(&info))
        return 0;
    file->read = false;
    if (config_read(&now, root, complaint) == -1)
        return -1;
    *config = now;
    *file = (struct config_file){info, true};
    return same ? 0 : 1;
}
