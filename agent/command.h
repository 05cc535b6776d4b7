/* SPDX-License-Identifier: MIT */
#ifndef AGENT_COMMAND_H
#define AGENT_COMMAND_H

/*
 * The subcommands of `spoolchat`. Each is a file that defines its `struct command`; a new one costs
 * that file and its name in this list.
 */

#include <stdbool.h>

#include "spool/spool.h"

#define COMMANDS(X)                                                                                \
    X(agent)                                                                                       \
    X(status)                                                                                      \
    X(help)                                                                                        \
    X(version)

struct command {
    const char *name;
    const char *summary; /* one line for `spoolchat help` */
    const char *option;  /* the one there is besides --help, or NULL */
    const char *manual;  /* for `spoolchat <name> --help` */
    /* `given`: the option was. Returns the exit status. */
    int (*run)(const struct command *command, bool given);
};

#define DECLARE_COMMAND(name) extern const struct command command_##name;
COMMANDS(DECLARE_COMMAND)

/* The table for people, to stdout or stderr. */
void command_list(bool error);

/* spool_open, with what is wrong on stderr. Unless `make`, a spool that is not there stays so. */
int command_open(const struct command *command, struct spool *spool, bool make);

/* Everything printed has arrived? Complains, and returns the exit status. */
int command_flush(const struct command *command);

#endif
