/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_FILES_H
#define SPOOL_FILES_H

/* Attachments that are there: threads/<thread>/files/, and what of it is whose. */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "report.h"
#include "thread.h"

#define FILES_OBJECT_MAX 8192 /* bytes of the object that describes one */
#define FILES_ORPHAN_SEC 3600 /* bytes without an object: whoever was to write it is long dead */

/*
 * Open attachment `id` of the thread: a descriptor of its bytes, its object with a NUL behind it,
 * the number of its bytes. -1: ENOENT when there is none, or `id` is no UUID; EFBIG, errno.
 */
int files_open(struct thread *thread, const char *id, char object[FILES_OBJECT_MAX],
               size_t *object_len, uint64_t *size);

/*
 * Whether `bytes` more in one more file fit into what a user may have (`user_files`, `user_bytes`),
 * whose folder is open as `folder`. 0; 1: no; -1: errno.
 */
int files_room(struct spool *spool, int folder, uint64_t bytes);
/* The same beforehand, without a lock: a user who has none yet has room. */
int files_room_of(struct spool *spool, const struct user *user, uint64_t bytes);

/* Add the thread's attachments, and their bytes. -1: errno. */
int files_count(struct thread *thread, uint64_t *count, uint64_t *bytes);

/* Attachments older than `retain_days`. Nothing when the setting is 0. */
void files_trim(struct spool *spool, const struct report *report);

/* What killed programs have left: bytes that nobody describes, entries whose bytes are gone. */
void files_tidy(struct spool *spool, const struct report *report);

#endif
