/* SPDX-License-Identifier: MIT */

/* A thread's thread.json, when what is said in the thread changes it. */

#include <errno.h>
#include <unistd.h>

#include "accept.h"
#include "base/scratch.h"
#include "file.h"

SCRATCH static char json[SPOOL_STANZA_MAX + 1];

int thread_amend(struct spool *spool, struct thread *thread, const struct spool_grammar *grammar,
                 const char *line, size_t len)
{
    const char *out;
    size_t out_len;
    ssize_t json_len;

    if (grammar->amend == NULL)
        return 0;
    json_len = file_read(thread->fd, "thread.json", json, sizeof json);
    if (json_len == -1)
        return file_is_damage(errno) ? 0 : -1; /* that must not stop a thread for ever */
    if (grammar->amend(thread->id, json, (size_t)json_len, line, len, &out, &out_len) != 1)
        return 0;
    if (file_replace(thread->fd, ".thread.json", "thread.json", out, out_len, spool->config.sync) ==
        -1)
        return -1;
    return spool->config.sync ? fsync(thread->fd) : 0;
}
