/* The table of errors. */
#ifndef DOMAIN_ERROR_H
#define DOMAIN_ERROR_H

/* X(constant, word for programs, text for people) */
#define CHAT_ERRORS(X)                                                         \
	X(CHAT_OK, "ok", "Done")                                               \
	X(CHAT_BAD_JSON, "bad_json", "Not a valid JSON object")                \
	X(CHAT_BAD_FIELD, "bad_field", "A field is missing or not valid")      \
	X(CHAT_UNKNOWN_COMMAND, "unknown_command", "Unknown command")          \
	X(CHAT_ROOM_NOT_FOUND, "room_not_found", "Room does not exist")        \
	X(CHAT_ROOM_EXISTS, "room_exists", "Room exists already")              \
	X(CHAT_ROOM_FULL, "room_full", "Room is full")                         \
	X(CHAT_NOT_IN_ROOM, "not_in_room", "Not in this room")                 \
	X(CHAT_TOO_MANY_ROOMS, "too_many_rooms", "Too many rooms")             \
	X(CHAT_MEMBER_NOT_FOUND, "member_not_found", "Member not found")       \
	X(CHAT_MEMBER_EXISTS, "member_exists", "Member exists already")        \
	X(CHAT_NAME_INVALID, "name_invalid", "Name is not allowed")            \
	X(CHAT_MESSAGE_NOT_FOUND, "message_not_found", "No such message")      \
	X(CHAT_TOO_MANY_ATTRIBUTES, "too_many_attributes",                     \
	    "Too much to remember about this room")                            \
	X(CHAT_MESSAGE_TOO_LARGE, "message_too_large", "Message is too large") \
	X(CHAT_MESSAGE_REFUSED, "message_refused",                             \
	    "Message contains a word that is not allowed")                     \
	X(CHAT_FILE_NOT_FOUND, "file_not_found", "No such file")               \
	X(CHAT_FILE_EXISTS, "file_exists", "File exists already")              \
	X(CHAT_FILE_TOO_LARGE, "file_too_large", "File is too large")          \
	X(CHAT_FILE_TYPE_REFUSED, "file_type_refused",                         \
	    "Files of this type are not allowed")                              \
	X(CHAT_FILE_OFFSET, "file_offset",                                     \
	    "The upload goes on at another offset")                            \
	X(CHAT_QUOTA_REACHED, "quota_reached",                                 \
	    "The files of this user take too much space")                      \
	X(CHAT_FILES_FULL, "files_full", "No space for more files")            \
	X(CHAT_RATE_LIMITED, "rate_limited", "Too many commands")              \
	X(CHAT_TOO_MANY_CONNECTIONS, "too_many_connections",                   \
	    "Too many connections of this user")                               \
	X(CHAT_UNAUTHORIZED, "unauthorized", "Not authenticated")              \
	X(CHAT_FORBIDDEN, "forbidden", "Not allowed")                          \
	X(CHAT_UNAVAILABLE, "unavailable", "Not possible at the moment")       \
	X(CHAT_STORE_FAILED, "store_failed", "Perhaps not stored, try again")

enum chat_error {
#define X(constant, word, text) constant,
	CHAT_ERRORS(X)
#undef X
};

/* How many there are. */
enum {
	CHAT_ERROR_KINDS = 0
#define X(constant, word, text) +1
	    CHAT_ERRORS(X)
#undef X
};

/* The word for programs: "room_not_found". */
const char *chat_error_word(enum chat_error);

/* One sentence for people; not a format. */
const char *chat_error_text(enum chat_error);

#endif
