/* SPDX-License-Identifier: MIT */
#include "range.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* A number at `*at`, which moves behind it; what is too great for one is the greatest there is.
 * Whether there was any. */
static bool number(const char **at, uint64_t *value)
{
    const char *from = *at;

    *value = 0;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        uint64_t digit = (uint64_t)(**at - '0');
        *value = *value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *value * 10 + digit;
    }
    return *at > from;
}

static int clip(struct range *range, uint64_t first, uint64_t last, uint64_t size)
{
    if (first >= size)
        return -1;
    range->first = first;
    range->last = last < size ? last : size - 1;
    return 1;
}

int range_parse(struct range *range, const char *header, uint64_t size)
{
    static const char unit[] = "bytes=";
    const char *at = header + sizeof unit - 1;
    uint64_t first;
    uint64_t last;
    bool has_first;
    bool has_last;

    if (strncasecmp(header, unit, sizeof unit - 1) != 0)
        return 0;
    at += strspn(at, " \t");
    has_first = number(&at, &first);
    if (*at++ != '-')
        return 0;
    has_last = number(&at, &last);
    at += strspn(at, " \t");
    if (*at != '\0' || (!has_first && !has_last))
        return 0;
    if (!has_first) /* the last so many bytes */
        return last == 0 ? -1 : clip(range, last < size ? size - last : 0, UINT64_MAX, size);
    if (has_last && last < first)
        return 0;
    return clip(range, first, has_last ? last : UINT64_MAX, size);
}

bool range_if(const char *header, const char *etag)
{
    return *header == '\0' || strcmp(header, etag) == 0;
}

bool range_none_match(const char *header, const char *etag)
{
    static const char separators[] = ", \t";

    if (strcmp(header, "*") == 0)
        return true;
    /* Ours has no separator in it, so it cannot begin in the middle of another tag's word. */
    for (header += strspn(header, separators); *header != '\0';
         header += strspn(header, separators)) {
        size_t len = strcspn(header, separators);
        size_t weak = len > 2 && strncmp(header, "W/", 2) == 0 ? 2 : 0;
        if (len - weak == strlen(etag) && strncmp(header + weak, etag, len - weak) == 0)
            return true;
        header += len;
    }
    return false;
}
