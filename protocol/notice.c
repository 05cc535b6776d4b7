/* SPDX-License-Identifier: MIT */
/* Receipts and chat states: read from JSON or a form, and written. */
#include "notice.h"

#include <string.h>

#include "stanza_private.h"

#define NUMBER_DIGITS 10 /* of any stanza's number */
#define NUMBER "Must be the number of a message, or 0."
#define STATE "Must be composing or paused."
#define REQUIRED "This field is required."

static int set_state(struct notice *notice, const char *state, struct stanza_error *error)
{
    notice->composing = strcmp(state, "composing") == 0;
    if (notice->composing || strcmp(state, "paused") == 0)
        return 1;
    return stanza_fail(error, "state", STATE);
}

/* What is no UUID is the name of no thread. */
static int set_thread(struct notice *notice, const char *field, const char *thread, size_t len,
                      struct stanza_error *error)
{
    if (len == 0)
        return stanza_fail(error, field, REQUIRED);
    if (!stanza_uuid(notice->thread, thread, len))
        notice->thread[0] = '\0';
    return 1;
}

static int take_body(struct notice *notice, const struct json *json, int body,
                     struct stanza_error *error)
{
    int thread = json_get(json, body, "thread");
    int what = json_get(json, body, notice->kind == NOTICE_RECEIPT ? "read" : "state");
    char text[64]; /* longer than what is right */
    int len = thread < 0 ? 0 : json_string(json, thread, text, sizeof text);

    if (thread >= 0 && json_kind(json, thread) != JSON_STRING &&
        json_kind(json, thread) != JSON_NULL)
        return stanza_fail(error, "thread", "Must be a string.");
    if (thread >= 0 && json_kind(json, thread) == JSON_NULL)
        len = 0;
    if (set_thread(notice, "thread", text, len < 0 ? sizeof text : (size_t)len, error) < 0)
        return -1;
    if (notice->kind == NOTICE_RECEIPT)
        return what >= 0 && json_whole(json, what, &notice->read)
                   ? 1
                   : stanza_fail(error, "read", NUMBER);
    if (what < 0 || json_string(json, what, text, sizeof text) < 0)
        return stanza_fail(error, "state", STATE);
    return set_state(notice, text, error);
}

static int take_stanza(struct notice *notice, const struct json *json, struct stanza_error *error)
{
    int type = json_get(json, 0, "type");
    const char *name;
    int body;

    if (type < 0 || (!json_equals(json, type, "receipt") && !json_equals(json, type, "chatstate")))
        return 0;
    notice->kind = json_equals(json, type, "receipt") ? NOTICE_RECEIPT : NOTICE_CHATSTATE;
    name = notice->kind == NOTICE_RECEIPT ? "receipt" : "chatstate";
    body = json_get(json, 0, name);
    if (body < 0 || json_kind(json, body) != JSON_OBJECT)
        return stanza_fail(error, name, "Must be an object.");
    return take_body(notice, json, body, error);
}

int notice_from_json(struct notice *notice, const char *text, size_t len,
                     struct stanza_error *error)
{
    struct json json;
    int result;

    *notice = (struct notice){.read = 0};
    if (json_parse(&json, text, len, NULL) < 0)
        return 0;
    result = take_stanza(notice, &json, error);
    json_drop(&json);
    return result;
}

static bool says_something(const struct form *form)
{
    static const char *const fields[] = {"message",  "subject",   "replaces",
                                         "retracts", "reacts_to", "reaction"};

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct form_field *field = form_get(form, fields[i]);
        if (field != NULL && field->len > 0)
            return true;
    }
    return false;
}

static int set_read(struct notice *notice, const struct form_field *read,
                    struct stanza_error *error)
{
    if (read->len > NUMBER_DIGITS || strspn(read->value, "0123456789") != read->len)
        return stanza_fail(error, "read", NUMBER);
    for (const char *at = read->value; *at != '\0'; at++)
        notice->read = notice->read * 10 + (uint64_t)(*at - '0');
    return 1;
}

int notice_from_form(struct notice *notice, const struct form *form, struct stanza_error *error)
{
    static const struct form_field absent = {.name = "", .value = "", .len = 0};
    const struct form_field *thread = form_get(form, "thread_id");
    const struct form_field *read = form_get(form, "read");
    const struct form_field *state = form_get(form, "state");

    *notice = (struct notice){.read = 0};
    thread = thread != NULL ? thread : &absent;
    read = read != NULL ? read : &absent;
    state = state != NULL ? state : &absent;
    if (read->len + state->len == 0 || says_something(form))
        return 0;
    if (set_thread(notice, "thread_id", thread->value, thread->len, error) < 0)
        return -1;
    if (read->len > 0 && state->len > 0)
        return stanza_fail(error, "state", "Send this and `read` each by itself.");
    notice->kind = read->len > 0 ? NOTICE_RECEIPT : NOTICE_CHATSTATE;
    return read->len > 0 ? set_read(notice, read, error) : set_state(notice, state->value, error);
}

void notice_put(struct buf *out, const struct notice *notice, int64_t time_us, const char *sender,
                size_t sender_len)
{
    const char *name = notice->kind == NOTICE_RECEIPT ? "receipt" : "chatstate";
    char time[STANZA_TIME_SIZE];

    stanza_time(time, time_us);
    buf_puts(out, "{\"timestamp\":\"");
    buf_puts(out, time);
    buf_puts(out, "\",\"type\":\"");
    buf_puts(out, name);
    buf_puts(out, "\",\"");
    buf_puts(out, name);
    buf_puts(out, "\":{\"thread\":\"");
    buf_puts(out, notice->thread);
    buf_puts(out, "\",\"entity\":");
    buf_put(out, sender, sender_len);
    if (notice->kind == NOTICE_RECEIPT) {
        buf_puts(out, ",\"read\":");
        buf_putu(out, notice->read);
    } else {
        buf_puts(out, notice->composing ? ",\"state\":\"composing\"" : ",\"state\":\"paused\"");
    }
    buf_puts(out, "}}\n");
}
