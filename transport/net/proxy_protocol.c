#include "transport/net/proxy_protocol.h"

#include <string.h>

#define LINE_BEGIN "PROXY "
#define LINE_BEGIN_LEN (sizeof(LINE_BEGIN) - 1)

/* Version 2: the signature, version and command, family, length. */
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define SIGNATURE_LEN (sizeof(SIGNATURE) - 1)
#define COMMAND_AT 12
#define FAMILY_AT 13
#define LENGTH_AT 14
#define FIXED_LEN 16

#define COMMAND_LOCAL 0x20
#define COMMAND_PROXY 0x21

#define FAMILY_NONE 0x00
#define FAMILY_TCP4 0x11
#define FAMILY_TCP6 0x21
#define FAMILY_UNIX 0x31

/* Two addresses, then two ports, in front of the extensions. */
#define ADDRESSES_TCP4 12
#define ADDRESSES_TCP6 36
#define ADDRESSES_UNIX 216

/* --- version 1 ------------------------------------------------------------ */

/* Takes a word and the blank behind it, if there is one. */
static struct str
word_take(struct str *line)
{
	const char *blank = memchr(line->data, ' ', line->len);
	size_t len = blank == NULL ? line->len : (size_t)(blank - line->data);
	struct str word = str_slice(line->data, len);

	if (blank != NULL)
		len++;
	*line = str_slice(line->data + len, line->len - len);
	return word;
}

static bool
proxy_port_is_valid(struct str text)
{
	unsigned port = 0;

	if (text.len == 0 || text.len > 5 ||
	    (text.len > 1 && text.data[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		port = port * 10 + (unsigned)(text.data[i] - '0');
	}
	return port <= UINT16_MAX;
}

/* An address of this family, in its own form. */
static bool
source_parse(struct str text, bool is_v4, struct host_address *out)
{
	return host_address_parse(text, out) &&
	       (memchr(text.data, ':', text.len) == NULL) == is_v4;
}

/* The line behind "PROXY ", without its end. */
static enum proxy_result
line_decode(struct proxy_decoder *decoder, struct str line, const char **why)
{
	struct host_address destination;
	struct str family = word_take(&line);
	bool is_v4 = str_equal(family, STR("TCP4"));

	if (str_equal(family, STR("UNKNOWN")))
		return PROXY_DONE;
	*why = "not TCP4, TCP6 or UNKNOWN";
	if (!is_v4 && !str_equal(family, STR("TCP6")))
		return PROXY_BAD;
	*why = "not an address of its family";
	if (!source_parse(word_take(&line), is_v4, &decoder->client) ||
	    !source_parse(word_take(&line), is_v4, &destination))
		return PROXY_BAD;
	*why = "not a port";
	if (!proxy_port_is_valid(word_take(&line)) ||
	    !proxy_port_is_valid(line))
		return PROXY_BAD;
	return PROXY_DONE;
}

/* One byte more of a line. */
static enum proxy_result
line_add(struct proxy_decoder *decoder, char c, const char **why)
{
	size_t len = decoder->len;

	if (len < LINE_BEGIN_LEN && c != LINE_BEGIN[len]) {
		*why = "not a PROXY header";
		return PROXY_BAD;
	}
	if (len == PROXY_LINE_MAX) {
		*why = "its line is too long";
		return PROXY_BAD;
	}
	decoder->data[decoder->len++] = c;
	if (c != '\n')
		return PROXY_MORE;
	if (decoder->data[len - 1] != '\r') {
		*why = "its line ends without CR";
		return PROXY_BAD;
	}
	return line_decode(decoder,
	    str_slice(decoder->data + LINE_BEGIN_LEN, len - 1 - LINE_BEGIN_LEN),
	    why);
}

/* --- version 2 ------------------------------------------------------------ */

static uint8_t
byte_at(const struct proxy_decoder *decoder, size_t at)
{
	return (uint8_t)decoder->data[at];
}

/* The size of the whole header, once its fixed part is there. */
static size_t
header_size(const struct proxy_decoder *decoder)
{
	return FIXED_LEN + (size_t)(byte_at(decoder, LENGTH_AT) << 8 |
				    byte_at(decoder, LENGTH_AT + 1));
}

/* The bytes of addresses that a family needs; -1: there is no such family. */
static int
addresses_size(uint8_t family)
{
	switch (family) {
	case FAMILY_NONE:
		return 0;
	case FAMILY_TCP4:
		return ADDRESSES_TCP4;
	case FAMILY_TCP6:
		return ADDRESSES_TCP6;
	case FAMILY_UNIX:
		return ADDRESSES_UNIX;
	default:
		return -1;
	}
}

/* The fixed part is whole. */
static enum proxy_result
fixed_check(const struct proxy_decoder *decoder, const char **why)
{
	int addresses = addresses_size(byte_at(decoder, FAMILY_AT));
	size_t size = header_size(decoder);

	if (byte_at(decoder, COMMAND_AT) != COMMAND_LOCAL &&
	    byte_at(decoder, COMMAND_AT) != COMMAND_PROXY)
		*why = "its version or command is unknown";
	else if (size > PROXY_HEADER_MAX)
		*why = "it is longer than 4096 bytes";
	else if (byte_at(decoder, COMMAND_AT) == COMMAND_LOCAL)
		return PROXY_MORE;
	else if (addresses < 0)
		*why = "its family is unknown";
	else if (size < FIXED_LEN + (size_t)addresses)
		*why = "it is too short for its addresses";
	else
		return PROXY_MORE;
	return PROXY_BAD;
}

/* The header is whole: reads the client's address. */
static enum proxy_result
header_decode(struct proxy_decoder *decoder, const char **why)
{
	const uint8_t *source = (const uint8_t *)decoder->data + FIXED_LEN;

	if (byte_at(decoder, COMMAND_AT) == COMMAND_LOCAL)
		return PROXY_DONE;
	switch (byte_at(decoder, FAMILY_AT)) {
	case FAMILY_TCP4:
		decoder->client = host_address_from_bytes(source, 4);
		break;
	case FAMILY_TCP6:
		decoder->client = host_address_from_bytes(source, 16);
		break;
	default:
		return PROXY_DONE;
	}
	if (!host_address_is_unspecified(&decoder->client))
		return PROXY_DONE;
	*why = "its address is unspecified";
	return PROXY_BAD;
}

/* One byte more of a header. */
static enum proxy_result
proxy_header_add(struct proxy_decoder *decoder, char c, const char **why)
{
	size_t at = decoder->len++;
	enum proxy_result result = PROXY_MORE;

	if (at < SIGNATURE_LEN && c != SIGNATURE[at]) {
		*why = "not a PROXY header";
		return PROXY_BAD;
	}
	/* Extensions are not looked at. */
	if (at < sizeof(decoder->data))
		decoder->data[at] = c;
	if (at + 1 == FIXED_LEN)
		result = fixed_check(decoder, why);
	if (result == PROXY_MORE && at + 1 >= FIXED_LEN &&
	    at + 1 == header_size(decoder))
		return header_decode(decoder, why);
	return result;
}

/* --- both ----------------------------------------------------------------- */

enum proxy_result
proxy_decoder_feed(struct proxy_decoder *decoder, const char *data, size_t len,
    size_t *used, const char **why)
{
	enum proxy_result result = PROXY_MORE;

	*used = 0;
	while (*used < len && result == PROXY_MORE) {
		char c = data[(*used)++];
		bool is_line = decoder->len == 0
				   ? c == LINE_BEGIN[0]
				   : decoder->data[0] == LINE_BEGIN[0];

		result = is_line ? line_add(decoder, c, why)
				 : proxy_header_add(decoder, c, why);
	}
	return result;
}
