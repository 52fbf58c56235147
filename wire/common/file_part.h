/*
 * The file that a message shares: its text is an object with the member "file",
 * and perhaps others, as "text". Public.
 */
#ifndef WIRE_FILE_PART_H
#define WIRE_FILE_PART_H

#include "domain/file_message.h"
#include "wire/common/wire_text.h"
#include "wire/json/json_reader.h"

/* Slices of the message; absent texts have no bodies. */
struct file_view {
	struct json_string text; /* of the message, besides the file */
	struct json_string id;
	struct json_string key;
	struct json_string name;
	struct json_string type;
	struct json_string url;
	uint64_t size;
	uint64_t width; /* of a picture; 0: not given */
	uint64_t height;
	bool is_automatic; /* "auto": readers are to load it at once */
};

/* A message that was posted has all of it. */
enum file_part_end file_view_read(struct str body, struct file_view *out);

/*
 * For clients that know no files: appends a JSON string with the text, the name
 * and the URL. False: the message has no file, nothing was appended.
 */
bool file_view_put_as_text(struct wire_text *, struct str body);

/*
 * Appends the members of an object that describes a file, without braces. The
 * URL follows the base, as "https://chat.example.org"; "" for a path.
 */
void file_members_put(struct wire_text *, const struct blob *, struct str base);

struct file_parts;

/* The implementation of struct file_message. NULL: no memory. */
struct file_parts *file_parts_create(void);
void file_parts_destroy(struct file_parts *);

/* The text is borrowed. */
void file_parts_set_base(struct file_parts *, struct str base);

struct file_message *file_parts_messages(struct file_parts *);

#endif
