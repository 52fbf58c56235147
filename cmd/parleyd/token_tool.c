#include "cmd/parleyd/token_tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "auth/jws.h"
#include "wire/common/wire_text.h"
#include "wire/json/json_writer.h"

#define SECRET_MAX 4096

static const char usage[] =
    "parleyd token: make a signed token (HS256) for auth.kind = jwt\n"
    "\n"
    "Usage: parleyd token --key FILE --sub USER [OPTION]...\n"
    "\n"
    "  --key FILE   the secret, at least 32 bytes; the server's auth.key\n"
    "  --sub USER   the user's id\n"
    "  --name NAME  the display name, unless it is the id\n"
    "  --ttl TIME   how long it is valid: 90s, 30m, 12h, 7d (1h)\n"
    "  --can LIST   rights, separated by commas: read, post, create, rename,\n"
    "               list, join, dm, upload, moderate, admin (all but the\n"
    "               last two)\n"
    "  --rooms LIST the rooms in which they are valid: ids, or beginnings of\n"
    "               ids with a star, tea,builds-* (all)\n"
    "  --iss, --aud TEXT  issuer and audience, if the server checks them\n";

struct token_options {
	const char *key;
	const char *sub;
	const char *name;
	const char *ttl;
	const char *can;
	const char *rooms;
	const char *iss;
	const char *aud;
};

static int
token_error_print(const char *what, const char *detail)
{
	fprintf(stderr, "parleyd: token: %s%s\n", what, detail);
	return EX_USAGE;
}

/* Seconds; 0: not a duration. */
static time_t
ttl_read(const char *text)
{
	static const struct {
		char unit;
		time_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	char *end;
	long number = strtol(text, &end, 10);

	if (number <= 0 || number > 100000 || end[0] == '\0' || end[1] != '\0')
		return 0;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (units[i].unit == end[0])
			return number * units[i].seconds;
	return 0;
}

static void
claim_put(struct wire_text *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	wire_text_append(out, STR(","));
	json_put_string(out, str_from(name));
	wire_text_append(out, STR(":"));
	json_put_string(out, str_from(value));
}

/* "read,post" becomes "can":["read","post"]. */
static void
list_put(struct wire_text *out, const char *before, const char *name,
    const char *list)
{
	wire_text_append(out, str_from(before));
	json_put_string(out, str_from(name));
	before = ":[";
	while (*list != '\0') {
		size_t len = strcspn(list, ",");

		wire_text_append(out, str_from(before));
		json_put_string(out, str_slice(list, len));
		before = ",";
		list += len + (list[len] == ',');
	}
	wire_text_append_if(out, *before == ':', STR(":["));
	wire_text_append(out, STR("]"));
}

/* The claim `parley`. */
static void
rights_put(struct wire_text *out, const struct token_options *options)
{
	const char *before = ",\"parley\":{";

	if (options->can != NULL) {
		list_put(out, before, "can", options->can);
		before = ",";
	}
	if (options->rooms != NULL)
		list_put(out, before, "rooms", options->rooms);
	wire_text_append_if(out, options->can != NULL || options->rooms != NULL,
	    STR("}"));
}

static void
payload_write(struct wire_text *out, const struct token_options *options,
    time_t ttl_s)
{
	time_t now_s = time(NULL);

	wire_text_append(out, STR("{\"iat\":"));
	json_put_unsigned(out, (uint64_t)now_s);
	wire_text_append(out, STR(",\"exp\":"));
	json_put_unsigned(out, (uint64_t)(now_s + ttl_s));
	claim_put(out, "sub", options->sub);
	claim_put(out, "name", options->name);
	claim_put(out, "iss", options->iss);
	claim_put(out, "aud", options->aud);
	rights_put(out, options);
	wire_text_append(out, STR("}"));
}

/* The secret without its newline; 0: an error was printed. */
static size_t
token_secret_read(const char *path, char secret[SECRET_MAX])
{
	FILE *file = fopen(path, "re");
	size_t len;

	if (file == NULL) {
		fprintf(stderr, "parleyd: token: %s: %s\n", path,
		    strerror(errno));
		return 0;
	}
	len = fread(secret, 1, SECRET_MAX, file);
	fclose(file);
	if (len > 0 && secret[len - 1] == '\n')
		len--;
	if (len < JWS_SECRET_MIN) {
		fprintf(stderr,
		    "parleyd: token: %s: a secret needs at least "
		    "%d bytes\n",
		    path, JWS_SECRET_MIN);
		return 0;
	}
	return len;
}

static int
token_print(const struct token_options *options, time_t ttl_s, FILE *out)
{
	char secret[SECRET_MAX], token[JWS_TOKEN_MAX];
	size_t secret_len = token_secret_read(options->key, secret), len;
	struct wire_text payload;

	if (secret_len == 0)
		return EX_NOINPUT;
	wire_text_init(&payload);
	payload_write(&payload, options, ttl_s);
	len = payload.failed ? 0
			     : jws_sign(str_slice(secret, secret_len),
				   str_slice(payload.data, payload.len), token,
				   sizeof(token));
	wire_text_fini(&payload);
	if (len == 0)
		return token_error_print("the token is too long", "");
	fprintf(out, "%.*s\n", (int)len, token);
	return fflush(out) == 0 ? EXIT_SUCCESS : EX_IOERR;
}

int
token_tool_run(int argc, char *const *argv, FILE *out)
{
	struct token_options options = { .ttl = "1h" };
	const struct {
		const char *name;
		const char **value;
	} names[] = {
		{ "--key", &options.key },
		{ "--sub", &options.sub },
		{ "--name", &options.name },
		{ "--ttl", &options.ttl },
		{ "--can", &options.can },
		{ "--rooms", &options.rooms },
		{ "--iss", &options.iss },
		{ "--aud", &options.aud },
	};
	time_t ttl_s;

	for (int i = 0; i < argc; i += 2) {
		size_t n = 0;

		if (strcmp(argv[i], "--help") == 0) {
			fputs(usage, out);
			return EXIT_SUCCESS;
		}
		while (n < sizeof(names) / sizeof(*names) &&
		       strcmp(argv[i], names[n].name) != 0)
			n++;
		if (n == sizeof(names) / sizeof(*names) || i + 1 == argc)
			return token_error_print(
			    "unknown option, or missing value: ", argv[i]);
		*names[n].value = argv[i + 1];
	}
	if (options.key == NULL || options.sub == NULL ||
	    options.sub[0] == '\0')
		return token_error_print("--key and --sub are required", "");
	ttl_s = ttl_read(options.ttl);
	if (ttl_s == 0)
		return token_error_print("invalid value for --ttl: ",
		    options.ttl);
	return token_print(&options, ttl_s, out);
}
