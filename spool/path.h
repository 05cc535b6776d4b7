/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_PATH_H
#define SPOOL_PATH_H

/*
 * Names on the disk: every id is looked at by a validator before it becomes part of a path, every
 * kind of path has one composer. Composers cannot truncate: their arguments have been validated.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UUID_SIZE 37   /* 36 characters and NUL */
#define DIGEST_SIZE 65 /* SHA-256 in hex and NUL */
#define SEQ_DIGITS 10  /* a stanza's name in new/ and cur/, a segment's name in journal/ */
#define SEQ_MAX 9999999999u
#define USER_NAME_MAX 200 /* bytes of REMOTE_USER */
#define USER_DIR_MAX 240  /* the same encoded; below NAME_MAX of every file system */
#define PATH_SIZE 320     /* room for every composed path */

/* A user: the name as the web server gives it, and the directory's name made of it. */
struct user {
    char name[USER_NAME_MAX + 1];
    char dir[USER_DIR_MAX + 1];
};

/*
 * Percent-encode `name`: [A-Za-z0-9_@+,=.-] stay, a leading dot does not. -1 (EINVAL): empty,
 * longer than the limits above, control characters, or no UTF-8.
 */
int user_named(struct user *user, const char *name);
/* The other way. -1 (EINVAL) when `dir` is not exactly what user_named makes of some name. */
int user_of_dir(struct user *user, const char *dir);

/* A UUID in lower case (RFC 9562, section 4), the only form in which ids are stored. */
bool path_uuid_ok(const char *id);
/* A SHA-256 in hex, as tokens are named. */
bool path_digest_ok(const char *name);
/* A name of SEQ_DIGITS digits; its number in `*seq`. */
bool path_seq_ok(const char *name, uint64_t *seq);

void path_new(char out[PATH_SIZE], uint64_t seq);                     /* new/<seq> */
void path_cur(char out[PATH_SIZE], uint64_t seq);                     /* cur/<seq> */
void path_tmp(char out[PATH_SIZE], const char *id);                   /* tmp/<id> */
void path_segment(char out[PATH_SIZE], uint64_t first);               /* <first record> */
void path_sent(char out[PATH_SIZE], const char *dir, const char *id); /* <user>/sent/<id> */
void path_user_thread(char out[PATH_SIZE], const char *dir, const char *thread);
void path_user_read(char out[PATH_SIZE], const char *dir, const char *thread);
void path_file(char out[PATH_SIZE], const char *id);                         /* files/<id> */
void path_file_draft(char out[PATH_SIZE], const char *id);                   /* files/.<id> */
void path_file_object(char out[PATH_SIZE], const char *id);                  /* files/<id>.json */
void path_user_owned(char out[PATH_SIZE], const char *dir, const char *id);  /* <user>/files/<id> */
void path_user_file(char out[PATH_SIZE], const char *dir, const char *file); /* <user>/<file> */
void path_user_token(char out[PATH_SIZE], const char *dir, const char *digest);

#endif
