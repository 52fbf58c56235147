#include "domain/text/file_name.h"

#include <stdlib.h>
#include <string.h>

#include "domain/text/utf8.h"
#include "tests/suite.h"

static const struct {
	const char *wish;
	const char *name;
} names[] = {
	{ "a.txt", "a.txt" },
	{ "../../etc/passwd", "passwd" },
	{ "C:\\Users\\ann\\a.txt", "a.txt" },
	{ "/", "file" },
	{ "", "file" },
	{ "..", "file" },
	{ "...", "file" },
	{ ".bashrc", "bashrc" },
	{ "a.txt. .", "a.txt" },
	{ "a\r\nb\x01.txt", "ab.txt" },
	{ "a\"b<c>|?*.txt", "a_b_c____.txt" },
	{ "C:evil", "C_evil" },
	{ "caf\xc3\xa9.txt", "caf\xc3\xa9.txt" },
	{ "bad\xff\xfeutf8.txt", "badutf8.txt" },
	/* RIGHT-TO-LEFT OVERRIDE: cod.exe would look like exe.doc. */
	{ "cod\xe2\x80\xae.exe", "cod.exe" },
	{ "100%.txt", "100_.txt" },
};

START_TEST(makes_a_base_name)
{
	char out[128];

	file_name_sanitize(str_from(names[_i].wish), out, sizeof(out));
	ck_assert_str_eq(out, names[_i].name);
}
END_TEST

START_TEST(cuts_a_long_name_before_its_extension)
{
	char wish[3000], out[64];

	memset(wish, 'a', sizeof(wish));
	memcpy(wish + 900, ".tar.gz", 8);
	file_name_sanitize(str_from(wish), out, sizeof(out));
	ck_assert_uint_eq(strlen(out), 63);
	ck_assert_str_eq(out + 60, ".gz");
	memset(wish, ' ', sizeof(wish));
	memset(wish, 'a', 10);
	wish[900] = 'b';
	file_name_sanitize(str_slice(wish, sizeof(wish)), out, sizeof(out));
	ck_assert_str_eq(out, "aaaaaaaaaa");
}
END_TEST

/* Any bytes make a component of a path in valid UTF-8. */
START_TEST(random_bytes_make_a_valid_name)
{
	srand((unsigned)_i);
	for (int i = 0; i < 2000; i++) {
		char wish[200], out[64];
		size_t len = (size_t)rand() % sizeof(wish);

		for (size_t at = 0; at < len; at++)
			wish[at] = (char)(rand() % (_i == 0 ? 256 : 128));
		file_name_sanitize(str_slice(wish, len), out, sizeof(out));
		ck_assert(out[0] != '\0' && out[0] != '.');
		ck_assert(utf8_is_valid(str_from(out)));
		ck_assert_ptr_null(strpbrk(out, "/\\:*?\"<>|%\r\n\t"));
	}
}
END_TEST

static const struct {
	const char *header;
	const char *type;
} types[] = {
	{ "text/plain", "text/plain" },
	{ "Text/HTML; charset=utf-8", "text/html" },
	{ " image/png ", "image/png" },
	{ "image/svg+xml", "image/svg+xml" },
	{ "image", "" },
	{ "image/", "" },
	{ "/png", "" },
	{ "a/b/c", "" },
	{ "text/pl ain", "" },
	{ "text/plain\r\nx: y", "" },
	{ "image/*", "" },
	{ "", "" },
};

START_TEST(normalizes_types)
{
	char out[32];
	bool is_valid =
	    file_type_normalize(str_from(types[_i].header), out, sizeof(out));

	ck_assert_str_eq(out, types[_i].type);
	ck_assert(is_valid == (types[_i].type[0] != '\0'));
}
END_TEST

START_TEST(refuses_a_type_that_is_too_long)
{
	char out[10];

	ck_assert(file_type_normalize(STR("text/html"), out, sizeof(out)));
	ck_assert(!file_type_normalize(STR("text/plain"), out, sizeof(out)));
	ck_assert_str_eq(out, "");
}
END_TEST

#define PNG STR("\x89PNG\r\n\x1a\n....")
#define ZIP STR("PK\x03\x04....")
#define HTML STR("<script>alert(1)</script>")
#define WEBP STR("RIFF\x01\x02\x03\x04WEBPVP8 ")
#define MP4              \
	STR("\0\0\0\x18" \
	    "ftypisom")

static const struct {
	const char *declared;
	struct str bytes;
	const char *type;
} choices[] = {
	{ "image/png", PNG, "image/png" },
	{ "", PNG, "image/png" },
	{ "text/plain", PNG, "image/png" },
	{ "image/jpeg", PNG, "image/png" },
	{ "image/png", HTML, "text/plain" },
	{ "image/svg+xml", HTML, "text/plain" },
	{ "text/html", HTML, "text/html" },
	{ "application/x-thing", HTML, "application/x-thing" },
	{ "application/octet-stream", HTML, "text/plain" },
	{ "", STR("\x00\x01"), "application/octet-stream" },
	{ "text/plain", STR("\x00\x01"), "application/octet-stream" },
	{ "application/vnd.oasis.opendocument.text", ZIP,
	    "application/vnd.oasis.opendocument.text" },
	{ "text/csv", ZIP, "application/zip" },
	{ "image/webp", WEBP, "image/webp" },
	{ "video/mp4", MP4, "video/mp4" },
	{ "video/x-m4v", MP4, "video/x-m4v" },
	{ "", STR(""), "application/octet-stream" },
	{ "text/plain", STR(""), "text/plain" },
};

START_TEST(chooses_a_type)
{
	ck_assert_str_eq(file_type_choose(choices[_i].declared,
			     choices[_i].bytes),
	    choices[_i].type);
}
END_TEST

/* No byte behind what has arrived is looked at. */
START_TEST(sniffs_files_of_any_length)
{
	for (size_t i = 0; i < COUNT_OF(choices); i++)
		for (size_t len = 0; len <= choices[i].bytes.len; len++) {
			char *bytes = malloc(len + 1);

			memcpy(bytes, choices[i].bytes.data, len);
			file_type_choose("", str_slice(bytes, len));
			free(bytes);
		}
}
END_TEST

START_TEST(only_pictures_without_scripts_are_safe)
{
	ck_assert(file_type_is_safe_picture(STR("image/png")));
	ck_assert(!file_type_is_safe_picture(STR("image/svg+xml")));
	ck_assert(!file_type_is_safe_picture(STR("text/html")));
	ck_assert(!file_type_is_safe_picture(STR("application/pdf")));
}
END_TEST

START_TEST(finds_types_in_lists)
{
	struct str list = STR("image/*, application/pdf");

	ck_assert(file_type_is_listed(list, STR("image/gif")));
	ck_assert(file_type_is_listed(list, STR("application/pdf")));
	ck_assert(!file_type_is_listed(list, STR("application/pdfx")));
	ck_assert(!file_type_is_listed(list, STR("imagex/gif")));
	ck_assert(file_type_is_listed(STR(""), STR("a/b")));
	ck_assert(file_types_are_valid(list));
	ck_assert(file_types_are_valid(STR("")));
	ck_assert(!file_types_are_valid(STR("image")));
	ck_assert(!file_types_are_valid(STR("*/*")));
	ck_assert(!file_types_are_valid(STR("a/b,,c/d")));
}
END_TEST

SUITE(file_name)
{
	tcase_add_loop_test(tests, makes_a_base_name, 0, COUNT_OF(names));
	tcase_add_test(tests, cuts_a_long_name_before_its_extension);
	tcase_add_loop_test(tests, random_bytes_make_a_valid_name, 0, 2);
	tcase_add_loop_test(tests, normalizes_types, 0, COUNT_OF(types));
	tcase_add_test(tests, refuses_a_type_that_is_too_long);
	tcase_add_loop_test(tests, chooses_a_type, 0, COUNT_OF(choices));
	tcase_add_test(tests, sniffs_files_of_any_length);
	tcase_add_test(tests, only_pictures_without_scripts_are_safe);
	tcase_add_test(tests, finds_types_in_lists);
}
