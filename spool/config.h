/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_CONFIG_H
#define SPOOL_CONFIG_H

/*
 * The operator's settings: "key = value" lines in the spool's `config` file (# begins a comment),
 * or SPOOLCHAT_<KEY> in the environment, which wins. Nothing is ignored: what is not understood is
 * an error that names itself.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define CONFIG_ORIGINS_MAX 1024
#define CONFIG_COMPLAINT_MAX 160
#define CONFIG_LEASE_MIN 30 /* s */

/*
 * 0 means no limit; where the programs have a bound of their own, config_read gives that instead.
 * README.md has the table for the operator.
 */
struct config {
    bool sync;                             /* fsync before a 200 */
    uint64_t wait;                         /* s, a long poll at most */
    uint64_t max_body;                     /* bytes of a request */
    uint64_t max_attachment;               /* bytes */
    uint64_t user_files;                   /* attachments a user */
    uint64_t user_bytes;                   /* of these, together */
    uint64_t messages_per_minute;          /* a user */
    uint64_t user_streams;                 /* a user, at a time */
    uint64_t max_streams;                  /* the site, waiting by themselves */
    uint64_t max_members;                  /* a thread */
    uint64_t user_tokens;                  /* a user, live ones */
    uint64_t token_ttl;                    /* s */
    uint64_t lease;                        /* s without a sign of life until someone is offline */
    uint64_t retain_days;                  /* days a stanza is kept */
    uint64_t spool_max;                    /* bytes of all stanzas and attachments */
    char allow_origin[CONFIG_ORIGINS_MAX]; /* space-separated origins; "" none */
};

/*
 * Defaults, then the file in the spool's root directory `root`, then the environment. -1 with errno
 * and a sentence for the operator in `complaint`, which names the line or variable (EINVAL).
 */
int config_read(struct config *config, int root, char complaint[CONFIG_COMPLAINT_MAX]);

/* The file as it was when it was read last; all zero: never. For who runs for long. */
struct config_file {
    struct stat info;
    bool read;
};

/* The same when the file has changed: 1; 0: it has not. -1: `config` stays as it was. */
int config_renew(struct config *config, struct config_file *file, int root,
                 char complaint[CONFIG_COMPLAINT_MAX]);

#endif
