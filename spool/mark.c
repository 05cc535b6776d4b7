/* SPDX-License-Identifier: MIT */
#include "mark.h"

#include <string.h>

#include "file.h"
#include "id.h"
#include "mend.h"

#define MARK "mended"

int mark_read(struct spool *spool, struct cursor *mark)
{
    char text[CURSOR_SIZE + 2];

    if (file_read(spool->root, MARK, text, sizeof text) == -1)
        return -1;
    text[strcspn(text, "\n")] = '\0';
    return cursor_parse(mark, text);
}

int mark_write(struct spool *spool, struct cursor end)
{
    char draft[UUID_SIZE + 1] = ".";
    char text[CURSOR_SIZE + 1];
    struct cursor mark;
    size_t len;

    if (mark_read(spool, &mark) == 0 && mark.next == end.next && mark.ms == end.ms)
        return 0;
    id_random(draft + 1);
    len = cursor_print(text, end);
    text[len++] = '\n';
    return file_replace(spool->root, draft, MARK, text, len, false);
}

int mend_mark(struct spool *spool)
{
    struct cursor end;

    return journal_end(spool, &end) == -1 ? -1 : mark_write(spool, end);
}
