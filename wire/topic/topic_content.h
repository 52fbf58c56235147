/* What a topic lets its members say: the rules of the FastAPI server. */
#ifndef WIRE_TOPIC_CONTENT_H
#define WIRE_TOPIC_CONTENT_H

#include <stdbool.h>

#include "wire/common/wire_text.h"

#define TOPIC_MESSAGE_CHARS 5000
/* What so many characters may take in UTF-8. */
#define TOPIC_MESSAGE_BYTES (TOPIC_MESSAGE_CHARS * 4)
/* What a clean message may take as JSON. */
#define TOPIC_MESSAGE_JSON (TOPIC_MESSAGE_CHARS * 5 + 2)

/*
 * Whether a message may be sent: 1 to 5000 characters, and nothing in it that
 * a browser could run. The text is valid UTF-8. Takes time in proportion to
 * its length, and none to speak of where it is too long.
 */
bool topic_content_is_allowed(struct str text);

/* Whether it stays as it is when it is cleaned. */
bool topic_content_is_clean(struct str text);

/*
 * As a JSON string, without control characters (tab and the ends of lines
 * stay), and without white space around it. It may be empty.
 */
void topic_content_put(struct wire_text *, struct str text);

#endif
