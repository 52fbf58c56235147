/*
 * Messages that share a file are "{…}": its id, and a key behind it. The
 * commands do not read messages themselves.
 */
#ifndef TESTS_SUPPORT_COMMANDS_BRACES_H
#define TESTS_SUPPORT_COMMANDS_BRACES_H

#include "domain/file_message.h"

extern struct file_message braces;

#endif
