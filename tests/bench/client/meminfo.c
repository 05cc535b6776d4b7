/* SPDX-License-Identifier: MIT */
#include "meminfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MSEC 60
#define SETTLED_KB 64   /* two looks at MemAvailable that differ by less */
#define SETTLE_LOOKS 12 /* but not for ever: others use the machine too */

long meminfo_kb(const char *path, const char *name)
{
    char line[256];
    long kb = 0;
    FILE *file = fopen(path, "re");

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            kb += strtol(line + strlen(name), NULL, 10);
    if (file != NULL)
        fclose(file);
    return kb;
}

/* Each processor keeps part of the count to itself; reading this (root only) brings it together. */
static void refresh_counts(void)
{
    char nothing[8];
    int fd = open("/proc/sys/vm/stat_refresh", O_RDONLY | O_CLOEXEC);

    if (fd == -1)
        return;
    if (read(fd, nothing, sizeof nothing) > 0)
        errno = 0;
    close(fd);
}

/* Free pages that processors have set aside for themselves, tens of megabytes after a few hundred
 * processes have ended, which do not count as available but serve the next ones. */
static long set_aside_kb(void)
{
    return meminfo_kb("/proc/zoneinfo", "              count:") * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Dead processes' memory comes back a moment after them. */
long meminfo_available_kb(void)
{
    struct timespec moment = {.tv_nsec = LOOK_MSEC * 1000000L};
    long before = 0;
    long now = 0;

    for (int look = 0; look < SETTLE_LOOKS; look++) {
        refresh_counts();
        now = meminfo_kb("/proc/meminfo", "MemAvailable:") + set_aside_kb();
        if (labs(now - before) < SETTLED_KB)
            break;
        before = now;
        nanosleep(&moment, NULL);
    }
    return now;
}
