#include "auth/users.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/base/array.h"
#include "domain/base/count_of.h"
#include "domain/base/id_map.h"
#include "domain/text/base64.h"
#include "wire/json/json_reader.h"
#include "wire/json/json_writer.h"

#define USERS_DEPTH 4
#define USERS_VERSION 1

/* A user with the key of its name. */
struct user_entry {
	struct user user; /* first: its address is this one */
	size_t skeleton_len;
	char skeleton[];
};

struct users {
	struct user_entry **entries;
	size_t count;
	size_t capacity;
	struct id_map by_skeleton;
};

static struct str
user_entry_key(const void *entry)
{
	const struct user_entry *user = entry;

	return str_slice(user->skeleton, user->skeleton_len);
}

const char *
users_result_text(enum users_result result)
{
	static const char *const texts[] = {
#define X(constant, text) text,
		USERS_RESULTS(X)
#undef X
	};

	return texts[result];
}

struct users *
users_create(void)
{
	struct users *users = calloc(1, sizeof(*users));

	if (users != NULL)
		id_map_init(&users->by_skeleton, user_entry_key);
	return users;
}

void
users_destroy(struct users *users)
{
	if (users == NULL)
		return;
	for (size_t i = 0; i < users->count; i++)
		free(users->entries[i]);
	free(users->entries);
	id_map_fini(&users->by_skeleton);
	free(users);
}

size_t
users_count(const struct users *users)
{
	return users->count;
}

struct user *
users_at(const struct users *users, size_t i)
{
	assert(i < users->count);
	return &users->entries[i]->user;
}

struct user *
users_find(const struct users *users, struct str name)
{
	char skeleton[MEMBER_SKELETON_SIZE];
	size_t len = member_name_skeleton(name, skeleton);

	return len == 0
		   ? NULL
		   : id_map_find(&users->by_skeleton, str_slice(skeleton, len));
}

/* --- changes -------------------------------------------------------------- */

/* False: no memory, nothing has changed. */
static bool
users_put(struct users *users, struct user_entry *entry)
{
	struct user_entry **entries = users->entries;

	if (users->count == users->capacity) {
		entries = array_grow(users->entries, users->count,
		    &users->capacity, sizeof(*entries));
		if (entries == NULL)
			return false;
		users->entries = entries;
	}
	if (!id_map_put(&users->by_skeleton, entry))
		return false;
	entries[users->count++] = entry;
	return true;
}

/* "guest" is the name of clients without an account. */
static bool
name_is_permitted(struct str name, char out[MEMBER_NAME_SIZE])
{
	char skeleton[MEMBER_SKELETON_SIZE];

	if (member_name_normalize(name, out) != CHAT_OK)
		return false;
	member_name_skeleton(str_from(out), skeleton);
	return strcmp(skeleton, "guest") != 0;
}

enum users_result
users_add(struct users *users, struct str name, enum user_role role,
    const struct password_hash *password, struct user **out)
{
	char normalized[MEMBER_NAME_SIZE], skeleton[MEMBER_SKELETON_SIZE];
	struct user_entry *entry;
	size_t len;

	if (!name_is_permitted(name, normalized))
		return USERS_NAME_INVALID;
	if (users_find(users, str_from(normalized)) != NULL)
		return USERS_EXISTS;
	len = member_name_skeleton(str_from(normalized), skeleton);
	entry = calloc(1, sizeof(*entry) + len);
	if (entry == NULL)
		return USERS_NO_MEMORY;
	memcpy(entry->skeleton, skeleton, len);
	entry->skeleton_len = len;
	memcpy(entry->user.name, normalized, strlen(normalized) + 1);
	entry->user.role = role;
	entry->user.password = *password;
	user_member_id(str_from(normalized), entry->user.member_id);
	if (!users_put(users, entry)) {
		free(entry);
		return USERS_NO_MEMORY;
	}
	if (out != NULL)
		*out = &entry->user;
	return USERS_OK;
}

void
users_remove(struct users *users, struct user *user)
{
	struct user_entry *entry = (struct user_entry *)user;
	size_t i = 0;

	while (users->entries[i] != entry)
		i++;
	assert(i < users->count);
	id_map_remove(&users->by_skeleton, user_entry_key(entry));
	users->count--;
	memmove(&users->entries[i], &users->entries[i + 1],
	    (users->count - i) * sizeof(*users->entries));
	free(entry);
}

/* --- writing -------------------------------------------------------------- */

static void
bytes_write(struct wire_text *out, const char *name, const uint8_t *bytes,
    size_t len)
{
	char text[BASE64URL_LEN(PASSWORD_HASH_SIZE)];

	assert(BASE64URL_LEN(len) <= sizeof(text));
	base64url_encode(bytes, len, text);
	wire_text_append(out, str_from(name));
	wire_text_append(out, STR("\""));
	wire_text_append(out, str_slice(text, BASE64URL_LEN(len)));
	wire_text_append(out, STR("\""));
}

static void
user_write(const struct user *user, struct wire_text *out)
{
	const struct password_hash *password = &user->password;

	wire_text_append(out, STR("{\"name\":"));
	json_put_string(out, str_from(user->name));
	wire_text_append(out, STR(",\"role\":"));
	json_put_string(out, user_role_word(user->role));
	wire_text_append_if(out, user->is_locked, STR(",\"locked\":true"));
	wire_text_append(out, STR(",\"scrypt\":{\"log_n\":"));
	json_put_unsigned(out, password->log_n);
	wire_text_append(out, STR(",\"r\":"));
	json_put_unsigned(out, password->r);
	wire_text_append(out, STR(",\"p\":"));
	json_put_unsigned(out, password->p);
	bytes_write(out, ",\"salt\":", password->salt, sizeof(password->salt));
	bytes_write(out, ",\"hash\":", password->hash, sizeof(password->hash));
	wire_text_append(out, STR("}}\n"));
}

void
users_write(const struct users *users, struct wire_text *out)
{
	wire_text_append(out, STR("{\"parley_users\":"));
	json_put_unsigned(out, USERS_VERSION);
	wire_text_append(out, STR("}\n"));
	for (size_t i = 0; i < users->count; i++)
		user_write(&users->entries[i]->user, out);
}

/* --- reading -------------------------------------------------------------- */

/*
 * Functions that read return what is wrong, a constant; NULL: nothing is.
 *
 * A user as it stands in its line.
 */
struct user_fields {
	struct json_value name, role, locked, scrypt;
};

struct hash_fields {
	struct json_value log_n, r, p, salt, hash;
};

struct field {
	struct str name;
	struct json_value *value;
};

/* Sets the values of the fields; those that are missing stay as they are. */
static const char *
fields_read(struct str text, const struct field *fields, size_t count,
    const char *unknown)
{
	struct json_reader reader;
	struct json_member member;

	json_open(&reader, text, USERS_DEPTH, NULL);
	while (json_next(&reader, &member)) {
		size_t i = 0;

		while (i < count &&
		       !json_string_is(&member.key, fields[i].name))
			i++;
		if (i == count)
			return unknown;
		*fields[i].value = member.value;
	}
	return reader.error == JSON_OK ? NULL
				       : json_error_text(reader.error).data;
}

static bool
field_read_number(const struct json_value *value, uint32_t *out)
{
	uint64_t number;

	if (value->text.data == NULL || value->type != JSON_NUMBER ||
	    !json_unsigned(value, UINT32_MAX, &number))
		return false;
	*out = (uint32_t)number;
	return true;
}

static bool
bytes_read(const struct json_value *value, uint8_t *out, size_t size)
{
	size_t len;

	return value->text.data != NULL && value->type == JSON_STRING &&
	       !value->string.escaped &&
	       base64url_decode(value->string.body, out, size, &len) &&
	       len == size;
}

static const char *
hash_read(const struct json_value *value, struct password_hash *out)
{
	struct hash_fields in = { 0 };
	const struct field fields[] = {
		{ STR("log_n"), &in.log_n },
		{ STR("r"), &in.r },
		{ STR("p"), &in.p },
		{ STR("salt"), &in.salt },
		{ STR("hash"), &in.hash },
	};
	const char *why;

	if (value->text.data == NULL || value->type != JSON_OBJECT)
		return "scrypt: expected an object";
	why = fields_read(value->text, fields, COUNT_OF(fields),
	    "scrypt: unknown field: expected log_n, r, p, salt, hash");
	if (why != NULL)
		return why;
	if (!field_read_number(&in.log_n, &out->log_n) ||
	    !field_read_number(&in.r, &out->r) ||
	    !field_read_number(&in.p, &out->p) || !password_hash_is_sound(out))
		return "scrypt: log_n, r, p: missing, or too small or large";
	if (!bytes_read(&in.salt, out->salt, sizeof(out->salt)))
		return "scrypt.salt: expected 16 bytes in base64url";
	if (!bytes_read(&in.hash, out->hash, sizeof(out->hash)))
		return "scrypt.hash: expected 32 bytes in base64url";
	return NULL;
}

static bool
role_read(const struct json_value *value, enum user_role *out)
{
	return value->text.data != NULL && value->type == JSON_STRING &&
	       !value->string.escaped &&
	       user_role_read(value->string.body, out) &&
	       *out != USER_ROLE_GUEST;
}

static const char *
user_read(struct users *users, struct str line)
{
	struct user_fields in = { 0 };
	const struct field fields[] = {
		{ STR("name"), &in.name },
		{ STR("role"), &in.role },
		{ STR("locked"), &in.locked },
		{ STR("scrypt"), &in.scrypt },
	};
	const char *why = fields_read(line, fields, COUNT_OF(fields),
	    "unknown field: expected name, role, locked, scrypt");
	char name[MEMBER_NAME_SIZE];
	struct password_hash password;
	struct user *user;
	enum user_role role;
	enum users_result result;
	size_t len;

	if (why != NULL)
		return why;
	if (in.name.text.data == NULL || in.name.type != JSON_STRING ||
	    !json_string_copy(&in.name.string, name, sizeof(name), &len))
		return "name: expected a text, not too long";
	if (!role_read(&in.role, &role))
		return "role: expected user, moderator or admin";
	if (in.locked.text.data != NULL && in.locked.type != JSON_BOOLEAN)
		return "locked: expected true or false";
	why = hash_read(&in.scrypt, &password);
	if (why != NULL)
		return why;
	result = users_add(users, str_slice(name, len), role, &password, &user);
	if (result == USERS_OK)
		user->is_locked = in.locked.text.data != NULL &&
				  str_equal(in.locked.text, STR("true"));
	else if (result == USERS_NAME_INVALID)
		return "name: not a valid name";
	else if (result == USERS_EXISTS)
		return "name: an earlier line has it, or one like it";
	return result == USERS_OK ? NULL : users_result_text(result);
}

static const char *
version_read(struct str line)
{
	struct json_value version = { 0 };
	const struct field field = { STR("parley_users"), &version };
	uint32_t number;

	if (fields_read(line, &field, 1, "") != NULL ||
	    !field_read_number(&version, &number))
		return "expected {\"parley_users\":1}: not a users file";
	return number == USERS_VERSION ? NULL : "of a newer version of parley";
}

/* The next line, without its newline. */
static struct str
line_take(struct str *content)
{
	const char *end = memchr(content->data, '\n', content->len);
	size_t len = end == NULL ? content->len : (size_t)(end - content->data);
	struct str line = str_slice(content->data, len);

	len += end != NULL;
	*content = str_slice(content->data + len, content->len - len);
	return line;
}

struct users *
users_read(struct str content, char *why, size_t size)
{
	struct users *users = users_create();
	const char *found = NULL;
	size_t number = 0;

	if (users == NULL) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	do {
		struct str line = line_take(&content);

		if (number++ == 0)
			found = version_read(line);
		else if (line.len > 0)
			found = user_read(users, line);
	} while (found == NULL && content.len > 0);
	if (found == NULL)
		return users;
	snprintf(why, size, "line %zu: %s", number, found);
	users_destroy(users);
	return NULL;
}
