/* SPDX-License-Identifier: MIT */
#include "command.h"

static int run(const struct command *command, bool given)
{
    (void)given;
    command_list(false);
    return command_flush(command);
}

const struct command command_help = {
    .name = "help",
    .summary = "this list",
    .manual = "usage: spoolchat help\n",
    .run = run,
};
