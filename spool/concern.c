/* SPDX-License-Identifier: MIT */
#include "concern.h"

#include <errno.h>
#include <string.h>

#include "file.h"
#include "friends.h"

static struct concern begin(const struct journal_record *record, uint64_t number)
{
    return (struct concern){.number = number, .ms = record->ms, .seq = record->seq};
}

void concern_message(struct concern *concern, const struct journal_record *record, uint64_t number)
{
    *concern = begin(record, number);
    memcpy(concern->thread, record->id, UUID_SIZE);
}

void concern_brief(struct concern *concern, const struct journal_record *record, uint64_t number,
                   const struct spool_grammar *grammar, const char *text, size_t len)
{
    char name[USER_NAME_MAX + 1];

    *concern = begin(record, number);
    concern->seq = 0;
    concern->nobody = grammar->author(text, len, name, sizeof name) == -1 ||
                      user_named(&concern->about, name) == -1;
    if (!concern->nobody &&
        grammar->thread(text, len, concern->thread, sizeof concern->thread) == -1)
        concern->thread[0] = '\0';
}

bool concern_member(const struct concern *concern, const struct user_entry *entry)
{
    /* Where the history is open the number is 0: then it is asked for, never pushed. */
    return (concern->seq == 0 || concern->seq > entry->seq) &&
           !user_entry_is_before(entry, concern->number, concern->ms);
}

bool concern_own(const struct concern *concern, const struct user *user)
{
    return strcmp(concern->about.dir, user->dir) == 0;
}

int concern_user(const struct concern *concern, struct spool *spool, const struct user *user,
                 const struct user_entry *entry)
{
    if (concern->nobody)
        return 0;
    if (concern->thread[0] == '\0') {
        int friends = concern_own(concern, user) ? 0 : user_friends(spool, user, &concern->about);
        /* A list that cannot be read has nobody in it; nothing is missing here. */
        return friends == -1 && !file_fault_passes(errno) ? 0 : friends;
    }
    return concern_own(concern, user) || (entry != NULL && concern_member(concern, entry));
}
