/* The tokens of a JSON text: strings, numbers and words. */
#ifndef WIRE_JSON_TOKEN_H
#define WIRE_JSON_TOKEN_H

#include "wire/json/json_reader.h"

/* Keeps the first error. Always false. */
static inline bool
json_fail(struct json_reader *reader, enum json_error error, const char *at)
{
	if (reader->error == JSON_OK) {
		reader->error = error;
		reader->error_offset = (size_t)(at - reader->start);
	}
	return false;
}

/* An unexpected byte, or the end of the text. */
static inline bool
json_fail_at(struct json_reader *reader, enum json_error error, const char *at)
{
	return json_fail(reader, at == reader->end ? JSON_TRUNCATED : error,
	    at);
}

static inline void
json_skip_space(struct json_reader *reader)
{
	while (reader->at < reader->end &&
	       (*reader->at == ' ' || *reader->at == '\n' ||
		   *reader->at == '\r' || *reader->at == '\t'))
		reader->at++;
}

/* The next byte. NUL, which is valid nowhere, at the end. */
static inline char
json_peek(const struct json_reader *reader)
{
	return reader->at < reader->end ? *reader->at : '\0';
}

static inline bool
json_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Each reads the token at the reader's position. False: an error. */

/* From the opening quote to the closing one. */
bool json_read_string(struct json_reader *, struct json_string *out);

/*
 * RFC 8259 §6: no leading zeros, digits on both sides of the point. At most
 * JSON_NUMBER_BYTES long, and finite as a double: Python refuses integers of
 * 4 300 digits, Go numbers like 1e400, and a message is read by both.
 */
bool json_read_number(struct json_reader *);

/* null, true or false. */
bool json_read_word(struct json_reader *, const char *word);

#endif
