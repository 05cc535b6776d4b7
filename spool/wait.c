/* SPDX-License-Identifier: MIT */
#include "wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "file.h"

/* dnotify's signal stays blocked but for the wait itself; it needs to be caught, not to do
 * anything. */
static void on_signal(int number)
{
    (void)number;
}

static int arm_dnotify(struct spool *spool)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t set;
    int fd = file_open_dir(spool->journal, ".");

    sigemptyset(&set);
    sigaddset(&set, SIGIO);
    if (fd != -1 && sigprocmask(SIG_BLOCK, &set, NULL) == 0 &&
        sigaction(SIGIO, &action, NULL) == 0 &&
        fcntl(fd, F_NOTIFY, DN_MODIFY | DN_CREATE | DN_MULTISHOT) == 0)
        return fd;
    file_close(fd);
    return -1;
}

/* inotify takes a path, and the directory is open: it is the same whatever its name is now. */
static int watch(int inotify, int fd)
{
    char path[32] = "/proc/self/fd/";
    size_t len = 14;

    for (int unit = 1000000; unit > 0; unit /= 10)
        if (fd >= unit || unit == 1)
            path[len++] = (char)('0' + fd / unit % 10);
    path[len] = '\0';
    return inotify_add_watch(inotify, path, IN_MODIFY | IN_CREATE);
}

static void arm_inotify(struct wait *wait, struct spool *spool)
{
    wait->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    wait->watch = wait->inotify == -1 ? -1 : watch(wait->inotify, spool->journal);
    if (wait->watch == -1) {
        file_close(wait->inotify);
        wait->inotify = -1;
    }
}

void wait_arm(struct wait *wait, struct spool *spool)
{
    *wait = (struct wait){-1, -1, -1};
    wait->dnotify = arm_dnotify(spool);
    if (wait->dnotify == -1)
        arm_inotify(wait, spool);
}

/* Throw the hints away; the journal is read anyhow. */
static void drain(int inotify)
{
    char events[1024];

    while (read(inotify, events, sizeof events) > 0)
        continue;
}

static int64_t at_most(const struct wait *wait)
{
    return wait->inotify == -1 && wait->dnotify == -1 ? WAIT_POLL_MSEC : WAIT_LOOK_MSEC;
}

int wait_for(struct wait *wait, int out, int64_t msec)
{
    /* No events asked of `out`: POLLERR and POLLHUP come unasked when its reader has closed. */
    struct pollfd fds[2] = {{.fd = out}, {.fd = wait->inotify, .events = POLLIN}};
    struct timespec timeout;
    sigset_t mask;

    if (msec > at_most(wait))
        msec = at_most(wait);
    if (msec < 0)
        msec = 0;
    timeout = (struct timespec){.tv_sec = msec / 1000, .tv_nsec = msec % 1000 * 1000000};
    sigprocmask(SIG_SETMASK, NULL, &mask);
    sigdelset(&mask, SIGIO);
    if (ppoll(fds, 2, &timeout, &mask) == -1)
        return 0; /* a signal: dnotify's, or a deadline's, which its owner notices */
    if (fds[1].revents != 0)
        drain(wait->inotify);
    return (fds[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

void wait_disarm(struct wait *wait)
{
    if (wait->inotify != -1) {
        inotify_rm_watch(wait->inotify, wait->watch);
        close(wait->inotify);
        wait->inotify = -1;
    }
    if (wait->dnotify != -1) {
        close(wait->dnotify); /* ends the notification */
        wait->dnotify = -1;
    }
}
