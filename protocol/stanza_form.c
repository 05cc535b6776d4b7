/* SPDX-License-Identifier: MIT */
/* Messages as forms. A browser sends a field that was left empty, so empty is absent here. */
#include <string.h>

#include "stanza_private.h"

static const struct form_field *field_of(const struct form *form, const char *name)
{
    static const struct form_field absent = {.name = "", .value = "", .len = 0};
    const struct form_field *field = form_get(form, name);

    return field != NULL ? field : &absent;
}

static void put_text(struct buf *out, const char *name, const struct form_field *field)
{
    buf_puts(out, name);
    if (field->len > 0)
        json_put_string(out, field->value, field->len);
    else
        buf_puts(out, "null");
}

static int take_to(struct stanza_message *message, const struct form *form,
                   struct stanza_error *error)
{
    for (size_t i = 0; i < form->count; i++) {
        const struct form_field *field = &form->field[i];
        if (strcmp(field->name, "to") == 0 && field->len > 0 &&
            stanza_add_to(message, field->value, error) < 0)
            return -1;
    }
    return 0;
}

/* At most one of replaces, retracts, reacts_to; with the last, reaction. */
static int take_act(struct stanza_message *message, const struct form *form,
                    struct stanza_error *error)
{
    static const struct {
        const char *field;
        enum stanza_act act;
    } acts[] = {
        {"replaces", STANZA_REPLACES},
        {"retracts", STANZA_RETRACTS},
        {"reacts_to", STANZA_REACTS},
    };
    const struct form_field *reaction = field_of(form, "reaction");

    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        const struct form_field *field = field_of(form, acts[i].field);
        if (field->len > 0 &&
            stanza_set_act(message, acts[i].act, acts[i].field, field->value, error) < 0)
            return -1;
    }
    if (message->act == STANZA_REACTS)
        return stanza_set_reaction(message, "reaction", reaction->value, reaction->len, error);
    if (reaction->len > 0)
        return stanza_fail(error, "reacts_to", "This field is required.");
    return 0;
}

int stanza_message_from_form(struct stanza_message *message, const struct form *form,
                             struct stanza_error *error)
{
    const struct form_field *thread = field_of(form, "thread_id");
    const struct form_field *text = field_of(form, "message");
    const struct form_field *subject = field_of(form, "subject");
    const struct form_field *language = field_of(form, "language");
    const struct form_field *id = field_of(form, "id");

    stanza_message_begin(message);
    if (take_act(message, form, error) < 0)
        return -1;
    if (stanza_is_mute(message)) {
        if (text->len + subject->len > 0)
            return stanza_fail(error, text->len > 0 ? "message" : "subject",
                               "A retraction and a reaction say nothing else.");
    } else if (text->len + subject->len == 0) {
        return stanza_fail(error, "message", "This field is required.");
    }
    if (stanza_set_id(message, id->value, id->len, error) < 0 || take_to(message, form, error) < 0)
        return -1;
    stanza_set_thread(message, thread->value, thread->len);
    message->sets_subject = message->act == STANZA_SAYS && subject->len > 0 && text->len == 0;
    put_text(&message->content, "\"subject\":", subject);
    put_text(&message->content, ",\"text\":", text);
    if (stanza_put_type(message, field_of(form, "type")->value, error) < 0 ||
        stanza_put_language(message, language->value, language->len, error) < 0)
        return -1;
    buf_puts(&message->content, ",\"attachments\":[]");
    return stanza_message_end(message, error);
}
