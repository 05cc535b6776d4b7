/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <errno.h>
#include <string.h>

/* kind, space, id, space, seq, space, ms, newline */
#define ID_AT 2
#define SEQ_AT (ID_AT + UUID_SIZE)
#define MS_AT (SEQ_AT + SEQ_DIGITS + 1)
#define MS_DIGITS 13

_Static_assert(MS_AT + MS_DIGITS + 1 == JOURNAL_RECORD, "a record is 64 bytes");

static void put_digits(char *out, uint64_t number, int digits)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        out[i] = (char)('0' + number % 10);
}

static int get_digits(const char *text, int digits, uint64_t *number)
{
    *number = 0;
    for (int i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        *number = *number * 10 + (uint64_t)(text[i] - '0');
    }
    return 0;
}

void record_print(char out[JOURNAL_RECORD], const struct journal_record *record)
{
    memset(out, ' ', JOURNAL_RECORD);
    out[0] = record->kind;
    memcpy(out + ID_AT, record->id, UUID_SIZE - 1);
    put_digits(out + SEQ_AT, record->seq, SEQ_DIGITS);
    put_digits(out + MS_AT, (uint64_t)record->ms, MS_DIGITS);
    out[JOURNAL_RECORD - 1] = '\n';
}

int record_parse(struct journal_record *record, const char bytes[JOURNAL_RECORD])
{
    uint64_t ms;

    if ((bytes[0] != JOURNAL_MESSAGE && bytes[0] != JOURNAL_PRESENCE) || bytes[1] != ' ' ||
        bytes[SEQ_AT - 1] != ' ' || bytes[MS_AT - 1] != ' ' || bytes[JOURNAL_RECORD - 1] != '\n')
        return -1;
    record->kind = bytes[0];
    memcpy(record->id, bytes + ID_AT, UUID_SIZE - 1);
    record->id[UUID_SIZE - 1] = '\0';
    if (!path_uuid_ok(record->id) || get_digits(bytes + SEQ_AT, SEQ_DIGITS, &record->seq) == -1 ||
        get_digits(bytes + MS_AT, MS_DIGITS, &ms) == -1)
        return -1;
    record->ms = (int64_t)ms;
    return 0;
}

/* Decimal digits up to `end`; the character after them, or NULL: none, or more than 15. */
static const char *decimal(const char *text, uint64_t *number)
{
    int digits = 0;

    for (*number = 0; text[digits] >= '0' && text[digits] <= '9'; digits++) {
        if (digits == 15)
            return NULL;
        *number = *number * 10 + (uint64_t)(text[digits] - '0');
    }
    return digits == 0 ? NULL : text + digits;
}

int cursor_parse(struct cursor *cursor, const char *text)
{
    uint64_t record;
    uint64_t ms = 0;
    const char *rest = decimal(text, &record);

    rest = rest == NULL || *rest != '-' ? NULL : decimal(rest + 1, &ms);
    if (rest == NULL || *rest != '\0' || record > SEQ_MAX) {
        errno = EINVAL;
        return -1;
    }
    cursor->next = ms == 0 && record == 0 ? 0 : record + 1;
    cursor->ms = (int64_t)ms;
    return 0;
}

size_t cursor_print(char out[CURSOR_SIZE], struct cursor cursor)
{
    uint64_t numbers[2] = {cursor.next == 0 ? 0 : cursor.next - 1, (uint64_t)cursor.ms};
    size_t len = 0;

    for (int i = 0; i < 2; i++) {
        int digits = 1;
        for (uint64_t n = numbers[i]; n >= 10; n /= 10)
            digits++;
        put_digits(out + len, numbers[i], digits);
        len += (size_t)digits;
        out[len++] = i == 0 ? '-' : '\0';
    }
    return len - 1;
}
