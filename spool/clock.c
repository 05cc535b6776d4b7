/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/now.h"

static char known[UUID_SIZE]; /* this boot's id, which no process outlives */

static int64_t ms_of(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000 + time->tv_nsec / 1000000;
}

#ifdef SPOOL_TEST_CLOCK
static const char *offset_file;

void clock_start(void)
{
    *known = '\0';
    offset_file = getenv("SPOOLCHAT_TEST_CLOCK");
}

static int64_t offset_sec(void)
{
    char text[32] = "";
    int fd = offset_file == NULL ? -1 : open(offset_file, O_RDONLY | O_CLOEXEC);

    if (fd == -1)
        return 0;
    if (read(fd, text, sizeof text - 1) == -1)
        text[0] = '\0';
    close(fd);
    return strtoll(text, NULL, 10);
}

int64_t clock_file_ms(const struct timespec *time)
{
    struct stat put;
    int64_t ms = ms_of(time);

    if (offset_file == NULL || stat(offset_file, &put) == -1 || ms <= ms_of(&put.st_mtim) ||
        ms > now_us(CLOCK_REALTIME) / 1000) /* written by clock_wall_us, not by the kernel */
        return ms;
    return ms + offset_sec() * 1000;
}
#else
void clock_start(void)
{
    *known = '\0';
}

static int64_t offset_sec(void)
{
    return 0;
}

int64_t clock_file_ms(const struct timespec *time)
{
    return ms_of(time);
}
#endif

int64_t clock_wall_us(void)
{
    return now_us(CLOCK_REALTIME) + offset_sec() * 1000000;
}

int64_t clock_boot_ms(void)
{
    return now_us(CLOCK_BOOTTIME) / 1000 + offset_sec() * 1000;
}

static bool read_boot_id(char id[UUID_SIZE])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd == -1 ? -1 : read(fd, id, UUID_SIZE - 1);

    if (fd != -1)
        close(fd);
    id[UUID_SIZE - 1] = '\0';
    return got == UUID_SIZE - 1 && path_uuid_ok(id);
}

void clock_boot_id(char id[UUID_SIZE])
{
    if (*known == '\0' && !read_boot_id(known))
        *known = '\0';
    memcpy(id, *known != '\0' ? known : CLOCK_NO_BOOT, UUID_SIZE);
}
