/* SPDX-License-Identifier: MIT */

/*
 * attachment: put a file into a thread, and get it (Browser based Chat 1.0, section 3.1.5)
 *
 * REQUEST  POST attachment/<thread>?name=<file's name>, the file's bytes as the body with their
 *          media type (application/octet-stream without). GET or HEAD attachment/<thread>/<id>;
 *          Range, If-Range, If-None-Match. All logged in by the web server.
 * REPLY    200 {"success": true, "attachment": {"objectType", "id", "displayName", "mimeType",
 *          "fileSize", "url", "digest", "author", "published", "seq"}}: it is on the disk. The
 *          bytes: 200, 206, 304; to members who have joined before it came.
 * FILES    threads/<thread>/files/<id>, <id>.json; users/<user>/files/<id>.
 * ERRORS   400 no name or none of a file, no media type, short; 401; 404 no such thread, not in it,
 *          no such file; 405; 408; 411; 413; 415 a form; 416; 429 too many at once; 507 no space, or
 *          no more for this user.
 */

#include <errno.h>
#include <string.h>

#include "base/scratch.h"
#include "chat/endpoint.h"
#include "protocol/attachment.h"
#include "protocol/media.h"
#include "spool/clock.h"
#include "spool/files.h"
#include "spool/limit.h"
#include "spool/upload.h"
#include "spool/user.h"

#define PIECE 65536
#define RETRY_UPLOAD_SEC 5
#define RETRY_ROOM_SEC 3600 /* room comes when the site lets old files go */

_Static_assert(CGI_BODY_MSEC / 1000 + CGI_DEADLINE_SEC + 5 <= UPLOAD_IDLE_SEC,
               "a draft is not left alone longer than its writer says");
_Static_assert(ATTACHMENT_USER_SIZE > USER_NAME_MAX, "every author's name fits");

static struct endpoint endpoint;
static struct thread thread;
static struct attachment attachment;
static uint64_t joined;

static _Noreturn void nothing_here(void)
{
    cgi_die(404, "There is no such file, or you may not have it.");
}

/* ---- Putting ---- */

static void read_name(void)
{
    const struct form_field *field = form_get(&endpoint.cgi.query, "name");
    const char *why = "This field is required.";
    size_t len = field != NULL ? field->len : 0;
    const char *name = len > 0 ? media_name(field->value, &len, &why) : NULL;

    if (name != NULL)
        memcpy(attachment.name, name, len);
    else
        cgi_die_field("name", why);
    attachment.name[len] = '\0';
}

static void read_type(void)
{
    /* What forms send is no file, and a client that forgot to say what it sends says the second. */
    if (cgi_content_is(&endpoint.cgi, "multipart/form-data") ||
        cgi_content_is(&endpoint.cgi, "application/x-www-form-urlencoded"))
        cgi_die(415, "Send the file's bytes as they are, with their own media type.");
    if (media_type(attachment.type, endpoint.cgi.content_type) == -1)
        cgi_die_field("type", "This is no media type.");
}

static _Noreturn void no_room(void)
{
    cgi_die_later(507, RETRY_ROOM_SEC, "You have no room left for files on this site.");
}

/* Before the bytes come; both are asked again when they are there. */
static void check_room(uint64_t size)
{
    int full = files_room_of(&endpoint.spool, &endpoint.me, size);

    if (full == -1)
        cgi_die_errno("users: files");
    if (full == 1)
        no_room();
    if (limit_space_left(&endpoint.spool, size) == -1)
        cgi_die_errno("usage");
    full = limit_upload(&endpoint.spool, &endpoint.me);
    if (full == -1)
        cgi_die_errno("users: limits");
    if (full == 1)
        cgi_die_later(429, RETRY_UPLOAD_SEC, "You are sending too many files at once.");
}

static void take(struct upload *upload, struct cgi_body *body)
{
    SCRATCH static char piece[PIECE];
    ssize_t got;

    if (upload_begin(upload, &endpoint.spool, &thread, &endpoint.me) == -1)
        cgi_die_errno("threads: files");
    while ((got = cgi_body_next(body, piece, sizeof piece)) > 0)
        if (upload_write(upload, piece, (size_t)got) == -1)
            cgi_die_errno("threads: files");
    if (got == -1) {
        upload_abandon(upload);
        cgi_body_die();
    }
    if (upload_end(upload, attachment.digest) == -1)
        cgi_die_errno("threads: files");
}

/* One answer for a thread that is not there and for one that is somebody else's. */
static _Noreturn void die_outside(void)
{
    if (errno == ENOENT)
        cgi_die(404, "No such thread, or you are not in it.");
    cgi_die_errno("threads");
}

static void describe(struct upload *upload)
{
    memcpy(attachment.id, upload->id, UUID_SIZE);
    memcpy(attachment.thread, thread.id, UUID_SIZE);
    memcpy(attachment.author, endpoint.me.name, sizeof endpoint.me.name);
    attachment.size = upload->size;
    attachment.time_us = clock_wall_us();
    /* A long upload may have been begun by who has been sent away since. */
    if (user_joined(&endpoint.spool, &endpoint.me, thread.id, &joined) == -1) {
        int saved = errno;
        upload_abandon(upload);
        errno = saved;
        die_outside();
    }
    /* Without the lock it may be too low by one: then it is for fewer, never for more. */
    if (thread_tail(&thread, &attachment.seq) == -1) {
        upload_abandon(upload);
        cgi_die_errno("threads");
    }
}

static _Noreturn void put(void)
{
    uint64_t most = endpoint.spool.config.max_attachment;
    char text[FILES_OBJECT_MAX];
    struct buf reply = buf_over(text, sizeof text);
    struct upload upload;
    struct cgi_body body;
    size_t object;
    int result;

    read_name();
    read_type();
    cgi_body_open(&endpoint.cgi, &body, most != 0 ? most : UINT64_MAX);
    check_room(body.left);
    take(&upload, &body);
    describe(&upload);
    buf_puts(&reply, "{\"success\":true,\"attachment\":");
    object = reply.len;
    attachment_put(&reply, &attachment);
    buf_puts(&reply, "\n");
    result = upload_commit(&upload, reply.data + object, reply.len - object);
    if (result == 1)
        no_room();
    if (result == -1)
        cgi_die_errno("threads: files");
    reply.len--;
    buf_puts(&reply, "}\n");
    cgi_reply(200, "application/json", reply.data, reply.len);
}

/* ---- Getting ---- */

static _Noreturn void get(const char *id)
{
    char text[FILES_OBJECT_MAX];
    char etag[DIGEST_SIZE + 2];
    char room[64 + 4 * MEDIA_NAME_MAX];
    struct buf disposition = buf_over(room, sizeof room);
    struct cgi_file file = {.type = attachment.type, .etag = etag, .disposition = room};
    size_t len;

    file.fd = files_open(&thread, id, text, &len, &file.size);
    if (file.fd == -1 && errno == ENOENT)
        nothing_here();
    if (file.fd == -1)
        cgi_die_errno("threads: files");
    if (attachment_parse(&attachment, text, len) == -1 || attachment.size != file.size) {
        errno = EBADMSG;
        cgi_die_errno("threads: files");
    }
    if (attachment.seq < joined)
        nothing_here();
    etag[0] = '"';
    memcpy(etag + 1, attachment.digest, DIGEST_SIZE - 1);
    memcpy(etag + DIGEST_SIZE, "\"", 2);
    media_disposition_put(&disposition, media_is_inline(attachment.type), attachment.name);
    buf_put(&disposition, "", 1);
    cgi_reply_file(&endpoint.cgi, &file);
}

/* ---- Both ---- */

static void find_thread(const char *path, size_t len)
{
    char id[UUID_SIZE] = "";

    if (len == UUID_SIZE - 1)
        memcpy(id, path, len);
    id[len == UUID_SIZE - 1 ? len : 0] = '\0';
    if (thread_open(&endpoint.spool, &thread, id) == 0 &&
        user_joined(&endpoint.spool, &endpoint.me, id, &joined) == 0)
        return;
    die_outside();
}

int main(void)
{
    const char *path;
    size_t len;
    bool is_post;

    endpoint_start(&endpoint, "attachment", "GET, HEAD, POST");
    path = endpoint.cgi.path;
    endpoint.cgi.path = "";
    endpoint_login(&endpoint);
    len = strcspn(path, "/");
    is_post = strcmp(endpoint.cgi.method, "POST") == 0;
    find_thread(path, len);
    if (is_post == (path[len] == '/'))
        nothing_here();
    if (is_post)
        put();
    get(path + len + 1);
}
