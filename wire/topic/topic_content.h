/* Which messages a topic accepts: the rules of the FastAPI server. */
#ifndef WIRE_TOPIC_CONTENT_H
#define WIRE_TOPIC_CONTENT_H

#include <stdbool.h>

#include "wire/common/wire_text.h"

#define TOPIC_MESSAGE_CHARS 5000
/* Longest in UTF-8. */
#define TOPIC_MESSAGE_BYTES (TOPIC_MESSAGE_CHARS * 4)
/* Longest as a JSON string, once cleaned. */
#define TOPIC_MESSAGE_JSON (TOPIC_MESSAGE_CHARS * 5 + 2)

/*
 * Whether a message is accepted: 1 to 5000 characters, nothing that a browser
 * could execute. The text is valid UTF-8. Linear in its length; constant for
 * texts that are too long.
 */
bool topic_content_is_allowed(struct str text);

/* Whether cleaning would not change it. */
bool topic_content_is_clean(struct str text);

/*
 * Appends it as a JSON string, without control characters (tab and line ends
 * stay) and surrounding white space. It may become empty.
 */
void topic_content_put(struct wire_text *, struct str text);

#endif
