#include "domain/text/file_name.h"

#include <assert.h>

#include "domain/base/count_of.h"
#include "domain/base/str_trim.h"
#include "domain/text/unicode.h"
#include "domain/text/utf8.h"

/* --- names ---------------------------------------------------------------- */

/* The longest extension that is kept, with its dot. */
#define EXTENSION_MOST 16

static struct str
path_last_part(struct str path)
{
	size_t at = path.len;

	while (at > 0 && path.data[at - 1] != '/' && path.data[at - 1] != '\\')
		at--;
	return str_slice(path.data + at, path.len - at);
}

/* Writes what a name may have of a text; returns the length. */
static size_t
name_characters_copy(struct str text, char *out, size_t size)
{
	size_t at = 0, len = 0;

	while (at < text.len && len + 4 < size) {
		uint32_t character = utf8_next(text, &at);

		if (character == UTF8_INVALID ||
		    unicode_kind(character) == UNICODE_HIDDEN)
			continue;
		if (unicode_kind(character) == UNICODE_SPACE)
			character = ' ';
		else if (character < 0x80 &&
			 strchr("\"*:<>?|%", (int)character) != NULL)
			character = '_';
		len += utf8_put(character, out + len);
	}
	return len;
}

/* Dots in front hide a file; Windows drops dots and blanks at the end. */
static struct str
name_trim_dots(struct str name)
{
	while (name.len > 0 && (name.data[0] == '.' || name.data[0] == ' '))
		name = str_slice(name.data + 1, name.len - 1);
	while (name.len > 0 && (name.data[name.len - 1] == '.' ||
				   name.data[name.len - 1] == ' '))
		name.len--;
	return name;
}

static struct str
name_extension(struct str name)
{
	size_t at = name.len;

	while (at > 1 && name.data[at - 1] != '.' &&
	       name.len - at < EXTENSION_MOST)
		at--;
	return at > 1 && name.data[at - 1] == '.'
		   ? str_slice(name.data + at - 1, name.len - at + 1)
		   : STR("");
}

void
file_name_sanitize(struct str wish, char *out, size_t size)
{
	char text[1024];
	struct str name, extension;

	assert(size >= 64);
	wish = path_last_part(wish);
	name = name_trim_dots(str_slice(text,
	    name_characters_copy(wish, text, sizeof(text))));
	if (str_is_empty(name))
		name = STR("file");
	extension = name_extension(name);
	name = utf8_cut(str_slice(name.data, name.len - extension.len),
	    size - 1 - extension.len);
	if (str_is_empty(extension))
		name = name_trim_dots(name); /* again: where it was cut */
	*str_put(str_put(out, name), extension) = '\0';
}

/* --- types ---------------------------------------------------------------- */

/* RFC 9110 §5.6.2, in lower case. */
static bool
is_type_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$&^_.+-", c) != NULL);
}

static char
letter_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
type_is_valid(struct str type, bool may_be_pattern)
{
	size_t slashes = 0;

	for (size_t i = 0; i < type.len; i++) {
		if (type.data[i] == '/' && i > 0 && i + 1 < type.len)
			slashes++;
		else if (!is_type_char(type.data[i]) &&
			 !(may_be_pattern && type.data[i] == '*' &&
			     i + 1 == type.len && slashes == 1 &&
			     type.data[i - 1] == '/'))
			return false;
	}
	return slashes == 1;
}

bool
file_type_normalize(struct str header, char *out, size_t size)
{
	const char *end =
	    header.len == 0 ? NULL : memchr(header.data, ';', header.len);

	if (end != NULL)
		header.len = (size_t)(end - header.data);
	header = str_trim(header, STR_BLANKS);
	out[0] = '\0';
	if (header.len >= size)
		return false;
	for (size_t i = 0; i < header.len; i++)
		out[i] = letter_lower(header.data[i]);
	if (type_is_valid(str_slice(out, header.len), false)) {
		out[header.len] = '\0';
		return true;
	}
	out[0] = '\0';
	return false;
}

/* In the order of the comparisons: longer ones first. */
static const struct {
	const char *type;
	size_t at;
	struct str magic;
	size_t second_at; /* 0: there is no second part */
	struct str second;
} signatures[] = {
	{ "image/png", 0, STR("\x89PNG\r\n\x1a\n"), 0, STR("") },
	{ "image/jpeg", 0, STR("\xff\xd8\xff"), 0, STR("") },
	{ "image/gif", 0, STR("GIF87a"), 0, STR("") },
	{ "image/gif", 0, STR("GIF89a"), 0, STR("") },
	{ "image/webp", 0, STR("RIFF"), 8, STR("WEBP") },
	{ "audio/wav", 0, STR("RIFF"), 8, STR("WAVE") },
	{ "image/avif", 4, STR("ftypavif"), 0, STR("") },
	{ "image/heic", 4, STR("ftypheic"), 0, STR("") },
	{ "video/quicktime", 4, STR("ftypqt"), 0, STR("") },
	{ "audio/mp4", 4, STR("ftypM4A"), 0, STR("") },
	{ "video/mp4", 4, STR("ftyp"), 0, STR("") },
	{ "video/webm", 0, STR("\x1a\x45\xdf\xa3"), 0, STR("") },
	{ "audio/ogg", 0, STR("OggS"), 0, STR("") },
	{ "audio/flac", 0, STR("fLaC"), 0, STR("") },
	{ "audio/mpeg", 0, STR("ID3"), 0, STR("") },
	{ "application/pdf", 0, STR("%PDF-"), 0, STR("") },
	{ "application/zip", 0, STR("PK\x03\x04"), 0, STR("") },
	{ "application/gzip", 0, STR("\x1f\x8b"), 0, STR("") },
	{ "application/zstd", 0, STR("\x28\xb5\x2f\xfd"), 0, STR("") },
	{ "application/x-7z-compressed", 0, STR("7z\xbc\xaf\x27\x1c"), 0,
	    STR("") },
	{ "application/x-executable", 0,
	    STR("\x7f"
		"ELF"),
	    0, STR("") },
	{ "application/x-msdownload", 0, STR("MZ"), 0, STR("") },
};

static bool
bytes_have(struct str bytes, size_t at, struct str magic)
{
	return bytes.len >= at + magic.len &&
	       memcmp(bytes.data + at, magic.data, magic.len) == 0;
}

/* What the first bytes of a file show; NULL: nothing that is known. */
static const char *
file_type_sniff(struct str bytes)
{
	for (size_t i = 0; i < COUNT_OF(signatures); i++)
		if (bytes_have(bytes, signatures[i].at, signatures[i].magic) &&
		    (signatures[i].second_at == 0 ||
			bytes_have(bytes, signatures[i].second_at,
			    signatures[i].second)))
			return signatures[i].type;
	return NULL;
}

/* The last character may be cut. */
static bool
bytes_are_text(struct str bytes)
{
	struct utf8_state state = { 0 };

	for (size_t i = 0; i < bytes.len; i++)
		if ((unsigned char)bytes.data[i] < ' ' &&
		    strchr("\t\n\f\r\x1b", bytes.data[i]) == NULL)
			return false;
	return bytes.len == 0 || (memchr(bytes.data, '\0', bytes.len) == NULL &&
				     utf8_feed(&state, bytes.data, bytes.len));
}

/* The part before the slash, with it. */
static struct str
type_family(const char *type)
{
	return str_slice(type, strcspn(type, "/") + 1);
}

/* Browsers may display types of these families by themselves. */
static bool
type_is_displayed(const char *type)
{
	static const struct str families[] = { STR("image/"), STR("audio/"),
		STR("video/") };

	for (size_t i = 0; i < COUNT_OF(families); i++)
		if (str_equal(type_family(type), families[i]))
			return true;
	return false;
}

static bool
declared_is_credible(const char *declared, const char *sniffed,
    struct str bytes)
{
	if (type_is_displayed(declared))
		return sniffed != NULL &&
		       str_equal(type_family(declared), type_family(sniffed)) &&
		       !file_type_is_safe_picture(str_from(sniffed)) &&
		       !file_type_is_safe_picture(str_from(declared));
	if (str_equal(type_family(declared), STR("text/")))
		return sniffed == NULL && bytes_are_text(bytes);
	/* Office files are archives. */
	return sniffed == NULL || !type_is_displayed(sniffed);
}

const char *
file_type_choose(const char *declared, struct str bytes)
{
	static const char any[] = "application/octet-stream";
	const char *sniffed = file_type_sniff(bytes);

	if (declared[0] != '\0' && strcmp(declared, any) != 0 &&
	    declared_is_credible(declared, sniffed, bytes))
		return declared;
	if (sniffed != NULL)
		return sniffed;
	return bytes.len > 0 && bytes_are_text(bytes) ? "text/plain" : any;
}

bool
file_type_is_safe_picture(struct str type)
{
	static const struct str pictures[] = { STR("image/png"),
		STR("image/jpeg"), STR("image/gif"), STR("image/webp"),
		STR("image/avif") };

	for (size_t i = 0; i < COUNT_OF(pictures); i++)
		if (str_equal(type, pictures[i]))
			return true;
	return false;
}

/* Takes the next entry off the list. */
static bool
types_next(struct str *list, struct str *entry)
{
	const char *comma;

	if (list->len == 0)
		return false;
	comma = memchr(list->data, ',', list->len);
	entry->data = list->data;
	entry->len = comma == NULL ? list->len : (size_t)(comma - list->data);
	list->data += entry->len;
	list->len -= entry->len;
	if (comma != NULL) {
		list->data++;
		list->len--;
	}
	*entry = str_trim(*entry, STR_BLANKS);
	return true;
}

static bool
type_matches(struct str pattern, struct str type)
{
	if (pattern.len == 0 || pattern.data[pattern.len - 1] != '*')
		return str_equal(pattern, type);
	return type.len >= pattern.len - 1 &&
	       memcmp(type.data, pattern.data, pattern.len - 1) == 0;
}

bool
file_type_is_listed(struct str list, struct str type)
{
	struct str pattern;

	if (str_is_empty(list))
		return true;
	while (types_next(&list, &pattern))
		if (type_matches(pattern, type))
			return true;
	return false;
}

bool
file_types_are_valid(struct str list)
{
	struct str pattern;

	while (types_next(&list, &pattern))
		if (!type_is_valid(pattern, true))
			return false;
	return true;
}
