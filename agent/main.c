/* SPDX-License-Identifier: MIT */

/*
 * spoolchat: the operator's program.
 *
 *   spoolchat COMMAND [OPTION]
 *
 * Exit status: 0 done; 1 failed, with the reason on stderr; 2 called in a way that it does not
 * know.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "spool/file.h"

#define ENTRY(name) &command_##name,

static const struct command *const commands[] = {COMMANDS(ENTRY)};
static const size_t command_count = sizeof commands / sizeof commands[0];

void command_list(bool error)
{
    FILE *out = error ? stderr : stdout;

    fprintf(out, "usage: spoolchat COMMAND [OPTION]\n\n");
    for (size_t i = 0; i < command_count; i++)
        fprintf(out, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out, "\n`spoolchat COMMAND --help` says more. The spool is SPOOLCHAT_SPOOL, else the "
                 "one compiled in.\n");
}

/* What is not there of a spool; NULL: nothing. status must not make one of a mistyped path. */
static const char *missing(void)
{
    int root = file_open_dir(AT_FDCWD, spool_path());
    int found = root == -1 ? -1 : faccessat(root, "format", F_OK, 0);

    file_close(root);
    if (found == 0 || errno != ENOENT)
        return NULL;
    return root == -1 ? "spool" : "format";
}

int command_open(const struct command *command, struct spool *spool, bool make)
{
    const char *object = make ? NULL : missing();

    if (object != NULL)
        fprintf(stderr, "%s: %s: %s\n", command->name, object, strerror(errno));
    else if (spool_open(spool) == -1)
        fprintf(stderr, "%s: %s: %s\n", command->name, spool->complaint, strerror(errno));
    else
        return 0;
    return -1;
}

int command_flush(const struct command *command)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_SUCCESS;
    fprintf(stderr, "%s: standard output: %s\n", command->name, strerror(errno));
    return EXIT_FAILURE;
}

static const struct command *find(const char *name)
{
    /* As one would try first. */
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int run(const struct command *command, char **options)
{
    bool given = false;

    for (; *options != NULL; options++) {
        if (strcmp(*options, "--help") == 0 || strcmp(*options, "-h") == 0) {
            fputs(command->manual, stdout);
            return command_flush(command);
        }
        if (command->option == NULL || strcmp(*options, command->option) != 0) {
            fprintf(stderr, "%s: unknown option '%s'\n%s", command->name, *options,
                    command->manual);
            return 2;
        }
        given = true;
    }
    return command->run(command, given);
}

int main(int argc, char **argv)
{
    const struct command *command = argc < 2 ? NULL : find(argv[1]);

    if (command != NULL)
        return run(command, argv + 2);
    if (argc >= 2)
        fprintf(stderr, "spoolchat: unknown command '%s'\n", argv[1]);
    command_list(true);
    return 2;
}
