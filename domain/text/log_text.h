/* Texts of clients in lines of the log. Public. */
#ifndef DOMAIN_LOG_TEXT_H
#define DOMAIN_LOG_TEXT_H

#include "domain/base/str.h"

#define LOG_TEXT_SIZE 256

/*
 * Writes a text between quotes: controls, other invisible characters, quotes,
 * backslashes and what is not UTF-8 become \xNN for each byte. What does not
 * fit is left out, and "…" is written instead. An absent text is empty.
 */
void log_text_write(struct str text, char out[LOG_TEXT_SIZE]);

#endif
