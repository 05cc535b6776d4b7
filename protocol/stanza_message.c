/* SPDX-License-Identifier: MIT */
/* A message while it is read, from JSON or a form: its storage, and the rules both obey. */
#include <string.h>

#include "base/scratch.h"
#include "language.h"
#include "stanza_private.h"

/* A byte of a form can become six of JSON; of JSON, none grows. */
#define CONTENT_MAX (6 * STANZA_BODY_MAX + 1024)

BRIEF static char short_room[512];
SCRATCH static char content_room[CONTENT_MAX];
SCRATCH static char extra_room[STANZA_BODY_MAX + 1024];
SCRATCH static const char *to_users[STANZA_TO_MAX];
SCRATCH static char reaction_room[STANZA_BODY_MAX + 1024];

int stanza_fail(struct stanza_error *error, const char *field, const char *detail)
{
    struct buf name = buf_over(error->field, sizeof error->field - 1);
    struct buf why = buf_over(error->detail, sizeof error->detail - 1);

    buf_puts(&name, field);
    buf_puts(&why, detail);
    error->field[name.len] = '\0';
    error->detail[why.len] = '\0';
    return -1;
}

void stanza_message_begin(struct stanza_message *message)
{
    message->act = STANZA_SAYS;
    message->about_field = NULL;
    message->id[0] = '\0';
    message->thread[0] = '\0';
    message->to = to_users;
    message->to_count = 0;
    message->sets_subject = false;
    message->content =
        buf_over_two(short_room, sizeof short_room, content_room, sizeof content_room);
    message->extra = buf_over(extra_room, sizeof extra_room);
    message->reaction = buf_over(reaction_room, sizeof reaction_room);
}

bool stanza_uuid(char out[37], const char *text, size_t len)
{
    if (len != 36)
        return false;
    for (size_t i = 0; i < len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        char byte = text[i];
        if (byte >= 'A' && byte <= 'F')
            byte |= 0x20;
        if (dash ? byte != '-' : (byte < '0' || byte > '9') && (byte < 'a' || byte > 'f'))
            return false;
        out[i] = byte;
    }
    out[len] = '\0';
    return true;
}

int stanza_set_id(struct stanza_message *message, const char *id, size_t len,
                  struct stanza_error *error)
{
    if (len > 0 && !stanza_uuid(message->id, id, len)) {
        message->id[0] = '\0';
        return stanza_fail(error, "id", "Must be a UUID, or empty.");
    }
    return 0;
}

void stanza_take_thread(char out[37], const char *thread, size_t len)
{
    if (stanza_uuid(out, thread, len))
        return;
    /* What does not fit is no thread's name, and must not become one by being cut. */
    if (len >= 37) {
        thread = "?";
        len = 1;
    }
    memcpy(out, thread, len);
    out[len] = '\0';
}

void stanza_set_thread(struct stanza_message *message, const char *thread, size_t len)
{
    stanza_take_thread(message->thread, thread, len);
}

int stanza_add_to(struct stanza_message *message, const char *user, struct stanza_error *error)
{
    if (*user == '\0')
        return stanza_fail(error, "to", "A user must have a name.");
    if (message->to_count == STANZA_TO_MAX)
        return stanza_fail(error, "to", "Too many users.");
    message->to[message->to_count++] = user;
    return 0;
}

int stanza_put_type(struct stanza_message *message, const char *type, struct stanza_error *error)
{
    if (*type == '\0')
        type = "plain";
    if (strcmp(type, "plain") != 0 && strcmp(type, "html") != 0 && strcmp(type, "rst") != 0)
        return stanza_fail(error, "type", "Must be plain, html or rst.");
    buf_puts(&message->content, ",\"type\":");
    json_put_string(&message->content, type, strlen(type));
    return 0;
}

int stanza_put_language(struct stanza_message *message, const char *tag, size_t len,
                        struct stanza_error *error)
{
    char canonical[LANGUAGE_MAX];

    buf_puts(&message->content, ",\"language\":");
    if (len == 0) {
        buf_puts(&message->content, "null");
        return 0;
    }
    if (language_tag(canonical, tag, len) < 0)
        return stanza_fail(error, "language", "Must be a language tag as in RFC 5646.");
    json_put_string(&message->content, canonical, strlen(canonical));
    return 0;
}

int stanza_message_end(struct stanza_message *message, struct stanza_error *error)
{
    if (message->content.full || message->extra.full || message->reaction.full)
        return stanza_fail(error, "body", "Too large.");
    return 0;
}

void stanza_put_attribute(struct buf *out, const char *name, const struct json *json, int node)
{
    buf_puts(out, name);
    if (node >= 0)
        json_put_node(out, json, node);
    else
        buf_puts(out, "null");
}
