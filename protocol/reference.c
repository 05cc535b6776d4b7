/* SPDX-License-Identifier: MIT */
/* Stored lines as what others refer to, and the references in them. */
#include "reference.h"

#include <string.h>

#include "stanza_private.h"

static bool take_string(const struct json *json, int object, const char *name, char *out,
                        size_t size)
{
    int node = json_get(json, object, name);

    return node >= 0 && json_string(json, node, out, size) >= 0;
}

static bool take_reference(struct stanza_reference *reference, const struct json *json, int node)
{
    int seq = json_get(json, node, "seq");

    return seq >= 0 && json_whole(json, seq, &reference->seq) &&
           take_string(json, node, "id", reference->id, sizeof reference->id) &&
           take_string(json, node, "sender", reference->sender, sizeof reference->sender);
}

static bool take_target(struct reference_target *target, const struct json *json)
{
    int type = json_get(json, 0, "type");
    int seq = json_get(json, 0, "seq");
    int body = json_get(json, 0, "message");

    if (!stanza_type_is_numbered(json, type) || seq < 0 ||
        !json_whole(json, seq, &target->self.seq))
        return false;
    target->is_message = json_equals(json, type, "message");
    target->replaces = take_reference(&target->original, json, json_get(json, body, "replaces"));
    return take_string(json, body, "id", target->self.id, sizeof target->self.id) &&
           take_string(json, body, "thread", target->thread, sizeof target->thread) &&
           take_string(json, json_get(json, body, "sender"), "id", target->self.sender,
                       sizeof target->self.sender);
}

int reference_target(struct reference_target *target, const char *line, size_t len)
{
    struct json json;
    bool taken;

    if (json_parse(&json, line, len, NULL) < 0)
        return -1;
    taken = take_target(target, &json);
    json_drop(&json);
    return taken ? 0 : -1;
}

bool reference_may_be(const char *line, size_t len, const char *id)
{
    return memmem(line, len, id, strlen(id)) != NULL;
}

int reference_again(struct stanza_reference *stored, const struct stanza_reference *wanted,
                    const char *line, size_t len)
{
    struct json json;
    int body;
    bool taken;

    if (json_parse(&json, line, len, NULL) < 0)
        return -1;
    body = json_get(&json, 0, "message");
    taken = take_reference(stored, &json, json_get(&json, body, "replaces")) ||
            take_reference(stored, &json, json_get(&json, body, "retracts")) ||
            take_reference(stored, &json, json_get(&json, json_get(&json, body, "reaction"), "to"));
    json_drop(&json);
    if (!taken)
        return -1;
    return (wanted->seq != 0 ? wanted->seq == stored->seq : strcmp(wanted->id, stored->id) == 0)
               ? 0
               : -1;
}
