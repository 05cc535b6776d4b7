/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOGIN_MAX 128
#define LINE_MAX_LEN 1024

int http_target(struct http_target *target, const char *url)
{
    int at = 0;

    if (sscanf(url, "http://%63[0-9.]:%5u%n", target->host, &target->port, &at) != 2 ||
        url[at] != '/' || strlen(url + at) >= sizeof target->path)
        return -1;
    memcpy(target->path, url + at, strlen(url + at) + 1);
    return 0;
}

void http_init(struct http *http)
{
    http->fd = -1;
    http->have = 0;
    http->at = 0;
}

int http_connect(struct http *http, const struct http_target *target)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)target->port)};
    int on = 1;

    if (http->fd != -1)
        return 0;
    http->have = 0;
    http->at = 0;
    http->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (http->fd != -1 && inet_pton(AF_INET, target->host, &address.sin_addr) == 1 &&
        setsockopt(http->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
        connect(http->fd, (struct sockaddr *)&address, sizeof address) == 0)
        return 0;
    http_close(http);
    return -1;
}

void http_close(struct http *http)
{
    int saved = errno;

    if (http->fd != -1)
        close(http->fd);
    http->fd = -1;
    errno = saved;
}

/* ---- The request ----------------------------------------------------------------------------- */

/* RFC 4648, section 4. */
static void base64(char *out, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t left = strlen(text); left > 0; text += 3, left = left > 3 ? left - 3 : 0) {
        unsigned bits = (unsigned)(unsigned char)text[0] << 16;
        if (left > 1)
            bits |= (unsigned)(unsigned char)text[1] << 8;
        if (left > 2)
            bits |= (unsigned char)text[2];
        *out++ = digits[bits >> 18];
        *out++ = digits[bits >> 12 & 63];
        *out++ = left > 1 ? digits[bits >> 6 & 63] : '=';
        *out++ = left > 2 ? digits[bits & 63] : '=';
    }
    *out = '\0';
}

static int print_login(char out[2 * LOGIN_MAX], const struct http_request *request)
{
    char login[LOGIN_MAX];
    char code[2 * LOGIN_MAX - 32];
    int len;

    *out = '\0';
    if (request->user == NULL || *request->user == '\0')
        return 0;
    if (strcmp(request->user, HTTP_TOKEN) == 0) {
        len = snprintf(out, 2 * LOGIN_MAX, "Authorization: Bearer %s\r\n", request->password);
        return len < 0 || len >= 2 * LOGIN_MAX ? -1 : 0;
    }
    len = snprintf(login, sizeof login, "%s:%s", request->user, request->password);
    if (len < 0 || (size_t)len >= sizeof login)
        return -1;
    base64(code, login);
    snprintf(out, 2 * LOGIN_MAX, "Authorization: Basic %s\r\n", code);
    return 0;
}

ssize_t http_print(char *out, size_t size, const struct http_request *request)
{
    const struct http_target *target = request->target;
    const char *path = request->path != NULL ? request->path : target->path;
    char login[2 * LOGIN_MAX];
    char content[LINE_MAX_LEN] = "";
    int len;

    if (print_login(login, request) == -1)
        return -1;
    if (request->body != NULL)
        snprintf(content, sizeof content, "Content-Type: %s\r\nContent-Length: %zu\r\n",
                 request->type, strlen(request->body));
    len = snprintf(out, size, "%s %s HTTP/1.1\r\nHost: %s:%u\r\n%sAccept: %s\r\n%s%s%s\r\n%s",
                   request->body != NULL ? "POST" : "GET", path, target->host, target->port, login,
                   request->accept != NULL ? request->accept : "*/*",
                   request->more != NULL ? request->more : "", content,
                   request->keep ? "" : "Connection: close\r\n",
                   request->body != NULL ? request->body : "");
    return len < 0 || (size_t)len >= size ? -1 : len;
}

int http_send(struct http *http, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(http->fd, text, len, MSG_NOSIGNAL);
        if (sent == -1)
            return -1;
        text += sent;
        len -= (size_t)sent;
    }
    return 0;
}

/* ---- The reply ------------------------------------------------------------------------------- */

/* More into an empty room. 1; 0: the connection has ended; -1. */
static int fill(struct http *http)
{
    ssize_t got = recv(http->fd, http->room, sizeof http->room, 0);

    http->at = 0;
    http->have = got > 0 ? (size_t)got : 0;
    return got > 0 ? 1 : (int)got;
}

/* One line without its end. -1: the connection ended first, or the line is too long. */
static int take_line(struct http *http, char line[LINE_MAX_LEN])
{
    size_t len = 0;

    for (;;) {
        if (http->at == http->have && fill(http) != 1)
            return -1;
        char c = http->room[http->at++];
        if (c == '\n')
            break;
        if (len == LINE_MAX_LEN - 1)
            return -1;
        line[len++] = c;
    }
    if (len > 0 && line[len - 1] == '\r')
        len--;
    line[len] = '\0';
    return 0;
}

/* A header's value when it is the one named, else NULL. */
static const char *value_of(const char *line, const char *name)
{
    size_t len = strlen(name);

    if (strncasecmp(line, name, len) != 0 || line[len] != ':')
        return NULL;
    line += len + 1;
    return line + strspn(line, " \t");
}

static void take_header(struct http *http, const char *line)
{
    const char *value;

    if ((value = value_of(line, "Content-Length")) != NULL && http->framing != HTTP_CHUNKED) {
        http->framing = HTTP_LENGTH;
        http->left = strtoull(value, NULL, 10);
    } else if ((value = value_of(line, "Transfer-Encoding")) != NULL) {
        http->framing = HTTP_CHUNKED;
        http->left = 0;
    } else if ((value = value_of(line, "Connection")) != NULL) {
        http->kept = strcasecmp(value, "close") != 0;
    }
}

int http_head(struct http *http)
{
    char line[LINE_MAX_LEN];
    unsigned minor;

    if (take_line(http, line) == -1 || sscanf(line, "HTTP/1.%1u %3d", &minor, &http->status) != 2)
        return -1;
    http->kept = minor == 1;
    http->framing = HTTP_TO_END;
    http->left = 0;
    http->first_chunk = true;
    do {
        if (take_line(http, line) == -1)
            return -1;
        take_header(http, line);
    } while (*line != '\0');
    if (http->status == 204 || http->status == 304)
        http->framing = HTTP_LENGTH;
    http->over = http->framing == HTTP_LENGTH && http->left == 0;
    return http->status;
}

/* The length of the next chunk into `left`; the last one has none, and perhaps trailers. */
static int next_chunk(struct http *http)
{
    char line[LINE_MAX_LEN];

    if (!http->first_chunk && take_line(http, line) == -1)
        return -1;
    http->first_chunk = false;
    if (take_line(http, line) == -1)
        return -1;
    http->left = strtoull(line, NULL, 16);
    http->over = http->left == 0;
    while (http->over && *line != '\0')
        if (take_line(http, line) == -1)
            return -1;
    return 0;
}

ssize_t http_body(struct http *http, char *out, size_t size)
{
    size_t len;

    if (!http->over && http->framing == HTTP_CHUNKED && http->left == 0 && next_chunk(http) == -1)
        return -1;
    if (http->over)
        return 0;
    if (http->at == http->have) {
        int more = fill(http);
        http->over = more == 0 && http->framing == HTTP_TO_END;
        if (more != 1)
            return http->over ? 0 : -1;
    }
    len = http->have - http->at < size ? http->have - http->at : size;
    if (http->framing != HTTP_TO_END) {
        len = len < http->left ? len : (size_t)http->left;
        http->left -= len;
        http->over = http->framing == HTTP_LENGTH && http->left == 0;
    }
    memcpy(out, http->room + http->at, len);
    http->at += len;
    return (ssize_t)len;
}

int http_finish(struct http *http)
{
    char rest[4096];
    ssize_t got;

    while ((got = http_body(http, rest, sizeof rest)) > 0)
        continue;
    if (got == -1 || !http->kept || http->framing == HTTP_TO_END)
        http_close(http);
    return (int)got;
}
