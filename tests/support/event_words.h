/* What the texts of tests call events. */
#ifndef TESTS_SUPPORT_EVENT_WORDS_H
#define TESTS_SUPPORT_EVENT_WORDS_H

#include "domain/event.h"

extern const char *const event_words[EVENT_KINDS];

#endif
