/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "command.h"

#define VERSION "0.1"

static int run(const struct command *command, bool given)
{
    (void)given;
    puts("spoolchat " VERSION);
    return command_flush(command);
}

const struct command command_version = {
    .name = "version",
    .summary = "which version this is",
    .manual = "usage: spoolchat version\n",
    .run = run,
};
