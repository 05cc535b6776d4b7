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

int stanza_message_from_form(struct stanza_message *message, const struct form *form,
                             struct stanza_error *error)
{
    const struct form_field *thread = field_of(form, "thread_id");
    const struct form_field *text = field_of(form, "message");
    const struct form_field *subject = field_of(form, "subject");
    const struct form_field *language = field_of(form, "language");
    const struct form_field *id = field_of(form, "id");

    stanza_message_begin(message);
    if (text->len == 0 && subject->len == 0)
        return stanza_fail(error, "message", "This field is required.");
    if (stanza_set_id(message, id->value, id->len, error) < 0 || take_to(message, form, error) < 0)
        return -1;
    stanza_set_thread(message, thread->value, thread->len);
    message->sets_subject = subject->len > 0 && text->len == 0;
    put_text(&message->content, "\"subject\":", subject);
    put_text(&message->content, ",\"text\":", text);
    if (stanza_put_type(message, field_of(form, "type")->value, error) < 0 ||
        stanza_put_language(message, language->value, language->len, error) < 0)
        return -1;
    buf_puts(&message->content, ",\"attachments\":[]");
    return stanza_message_end(message, error);
}
