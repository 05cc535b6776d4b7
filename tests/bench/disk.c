/* SPDX-License-Identifier: MIT */

/*
 * disk DIR: what a new small file costs in a directory, in microseconds: made, written and closed;
 * and with fsync before that. The medians, as one JSON object. The files stay: on ext4 without a
 * journal making files is slow for minutes after others were removed nearby.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "client/samples.h"

#define FILES 200
#define BYTES 640 /* a message of everyday length, as it is stored */

static void make(int dir, int number, bool sync)
{
    static const char bytes[BYTES];
    char name[32];
    int fd;

    snprintf(name, sizeof name, "%s.%d", sync ? "synced" : "file", number);
    fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd == -1 || write(fd, bytes, sizeof bytes) != BYTES || (sync && fsync(fd) == -1) ||
        close(fd) == -1)
        give_up(name, errno);
}

static double median_us(int dir, bool sync)
{
    struct samples samples = {0};

    for (int i = 0; i < FILES; i++) {
        int64_t begin_ns = now_ns();
        make(dir, i, sync);
        samples_add(&samples, now_ns() - begin_ns);
    }
    samples_sort(&samples);
    return (double)samples_at(&samples, 0.5) / 1e3;
}

int main(int argc, char **argv)
{
    int dir;

    if (argc != 2)
        give_up("usage: disk DIR", 0);
    dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir == -1)
        give_up(argv[1], errno);
    double plain_us = median_us(dir, false);
    printf("{\"create_us\":%.1f,\"create_synced_us\":%.1f}\n", plain_us, median_us(dir, true));
    return 0;
}
