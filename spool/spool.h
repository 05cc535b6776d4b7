/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_SPOOL_H
#define SPOOL_SPOOL_H

/*
 * The spool, opened: a descriptor for each directory, taken before any input is read, so that
 * nothing outside is needed afterwards. README.md in this folder describes what lies there.
 */

#include "config.h"
#include "path.h"

/*
 * Nobody holds a thread's lock, or a file in tmp/, longer than this: every program that takes one
 * ends itself. Who removes tmp files by age (the agent) waits longer; see the assertion in tidy.c.
 */
#define SPOOL_WRITER_SEC 40

#define SPOOL_STANZA_MAX (2 * 1024 * 1024) /* bytes of a stanza's file */

/*
 * What the spool asks about a stanza's text, answered by whoever knows the grammar: whom it is
 * from; which thread a short-lived stanza (presence/) is for. 0, or -1 when the text is no stanza,
 * has no such thing, or that does not fit.
 *
 * `moves`: whether a short-lived stanza of a thread tells who comes or goes. NULL: each may.
 *
 * `amend`: what becomes of thread.json, whose text is `json`, by a stanza accepted into `thread`. 1:
 * `*out` points to its new text, in storage of the callee's; 0: it stays. Asked again after a
 * crash, so it must see whether the stanza, or a later one, has changed it before. May be NULL.
 */
struct spool_grammar {
    int (*author)(const char *line, size_t len, char *user, size_t size);
    int (*thread)(const char *line, size_t len, char *thread, size_t size);
    bool (*moves)(const char *line, size_t len);
    int (*amend)(const char *thread, const char *json, size_t json_len, const char *line,
                 size_t len, const char **out, size_t *out_len);
};

struct authors;

struct spool {
    int root;
    int journal;
    int threads;
    int users;
    int tokens;
    int online;
    int presence;
    int open;             /* the index of open rooms */
    char site[UUID_SIZE]; /* names threads (UUID v5), from the file `format` */
    struct config config;
    char complaint[CONFIG_COMPLAINT_MAX]; /* for the operator, when spool_open fails */
    /* For who has more to do than to go over all of it (walk.h); NULL: nobody. */
    int (*meanwhile)(void *context);
    void *meanwhile_context;
    bool impatient;          /* others wait for this process: see spool_lock */
    struct authors *authors; /* for who reads for many; NULL: nobody */
};

/* Where the spool is: SPOOLCHAT_SPOOL in the environment, else the compiled-in path. */
const char *spool_path(void);

/*
 * Open the spool that SPOOLCHAT_SPOOL names, else the compiled-in one; make it when it is not
 * there. Its mode must be 0700 and its owner who we are (EPERM). -1 with errno and `complaint`. It
 * stays open until the process ends.
 */
int spool_open(struct spool *spool);
/* The same, but what the caller has no use for stays closed (-1), unless the spool has to be made. */
#define SPOOL_ONLINE 1u
#define SPOOL_OPEN 2u
int spool_open_without(struct spool *spool, unsigned without);

/*
 * flock, exclusively. Most locks are held for parts of a millisecond, but by a program that is stopped for as
 * long as that is. An `impatient` spool waits SPOOL_PATIENCE_MSEC: -1 (EWOULDBLOCK).
 */
#define SPOOL_PATIENCE_MSEC 50
int spool_lock(const struct spool *spool, int fd);

#endif
