/* SPDX-License-Identifier: MIT */

/* The least a CGI program can do: one header, no body. What it costs is what the server costs. */

#include <unistd.h>

int main(void)
{
    static const char head[] = "Content-Type: text/plain\r\n\r\n";

    return write(STDOUT_FILENO, head, sizeof head - 1) == (ssize_t)sizeof head - 1 ? 0 : 1;
}
