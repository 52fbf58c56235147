/* Where a request head ends: RFC 9112 §2.2. */
#include "transport/http/http.h"

/* The status of a head that is too long where it is. */
static int
too_long(const struct http_scanner *scanner)
{
	return scanner->lines == 0 ? 414 : 431;
}

/*
 * Whether a byte may follow those before it on its line. §2.2 lets a server
 * take a bare LF; we have no reason to. One empty line in front of a request
 * is skipped, as old clients send it behind a body.
 */
static bool
may_stand(const struct http_scanner *scanner, const char *data)
{
	size_t at = scanner->scanned;
	bool at_start = at == scanner->line_start;
	bool after_cr = !at_start && data[at - 1] == '\r';
	uint8_t c = (uint8_t)data[at];

	if (after_cr || c == '\n')
		return after_cr && c == '\n';
	if (at_start && (c == ' ' || c == '\t'))
		return false; /* §5.2: a folded line */
	if (at_start && c == '\r')
		return scanner->lines > 0 || at == 0;
	return c >= 0x20 ? c != 0x7f : c == '\t' || c == '\r';
}

/* Moves on to the next byte that may not stand anywhere in a line. */
static void
scan_plain(struct http_scanner *scanner, const char *data, size_t most)
{
	size_t at = scanner->scanned;

	if (at == scanner->line_start || data[at - 1] == '\r')
		return;
	scanner->scanned = at + http_printable(data + at, most - at);
}

enum http_scan_result
http_scan(struct http_scanner *scanner, const struct http_limits *limits,
    const char *data, size_t len, size_t *head_len, int *status)
{
	size_t most = len < limits->request_bytes ? len : limits->request_bytes;

	for (; scanner->scanned < most; scanner->scanned++) {
		size_t at;

		scan_plain(scanner, data, most);
		at = scanner->scanned;
		if (at == most)
			break;
		if (!may_stand(scanner, data)) {
			*status = 400;
			return HTTP_SCAN_BAD;
		}
		if (data[at] != '\n')
			continue;
		if (at == 1) {
			scanner->line_start = at + 1;
			continue;
		}
		if (at == scanner->line_start + 1) {
			*head_len = at + 1;
			return HTTP_SCAN_DONE;
		}
		/* The first line is that of the request. */
		if (scanner->lines++ > limits->request_headers) {
			*status = 431;
			return HTTP_SCAN_BAD;
		}
		scanner->line_start = at + 1;
	}
	if (most < limits->request_bytes)
		return HTTP_SCAN_MORE;
	*status = too_long(scanner);
	return HTTP_SCAN_BAD;
}
