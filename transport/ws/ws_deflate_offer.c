/* Negotiation of permessage-deflate: RFC 7692 §5, §7.1, RFC 6455 §9.1. */
#include <assert.h>
#include <stdio.h>

#include "transport/http/http.h"
#include "transport/ws/ws_deflate.h"

#define LEAST_BITS 8 /* §7.1.2; zlib deflates with 9 and more */
#define MOST_BITS 15

enum parameter {
	SERVER_NO_CONTEXT_TAKEOVER,
	CLIENT_NO_CONTEXT_TAKEOVER,
	SERVER_MAX_WINDOW_BITS,
	CLIENT_MAX_WINDOW_BITS,
	PARAMETERS
};

static const struct {
	const char *name;
	bool may_have_value;
	bool may_lack_value;
} parameters[PARAMETERS] = {
	[SERVER_NO_CONTEXT_TAKEOVER] = { "server_no_context_takeover", false,
	    true },
	[CLIENT_NO_CONTEXT_TAKEOVER] = { "client_no_context_takeover", false,
	    true },
	[SERVER_MAX_WINDOW_BITS] = { "server_max_window_bits", true, false },
	[CLIENT_MAX_WINDOW_BITS] = { "client_max_window_bits", true, true },
};

/* One extension of the list. */
struct offer {
	bool is_good; /* permessage-deflate with valid, known parameters */
	bool seen[PARAMETERS];
	int server_bits;
};

struct value {
	bool is_given;
	int number; /* -1: not a number without leading zeros */
	size_t digits;
};

/* --- the grammar: an error here makes the whole header invalid ------------ */

static void
offer_skip_blanks(struct str *text)
{
	while (text->len > 0 &&
	       (text->data[0] == ' ' || text->data[0] == '\t')) {
		text->data++;
		text->len--;
	}
}

static bool
take_char(struct str *text, char c)
{
	offer_skip_blanks(text);
	if (text->len == 0 || text->data[0] != c)
		return false;
	text->data++;
	text->len--;
	return true;
}

static bool
offer_take_token(struct str *text, struct str *out)
{
	offer_skip_blanks(text);
	*out = str_slice(text->data, 0);
	while (out->len < text->len && http_is_token_char(text->data[out->len]))
		out->len++;
	text->data += out->len;
	text->len -= out->len;
	return out->len > 0;
}

/* A decimal number without leading zeros, digit by digit: §7.1.2. */
static void
value_add_digit(struct value *value, char c)
{
	bool is_digit = c >= (value->digits == 0 ? '1' : '0') && c <= '9';

	value->digits++;
	if (!is_digit || value->number < 0 || value->number > MOST_BITS)
		value->number = -1;
	else
		value->number = value->number * 10 + (c - '0');
}

/* The content of a quoted value must be a token. */
static bool
take_quoted(struct str *text, struct value *out)
{
	for (;;) {
		char c;

		if (text->len == 0)
			return false;
		c = *text->data++;
		text->len--;
		if (c == '"')
			return out->digits > 0;
		if (c == '\\') {
			if (text->len == 0)
				return false;
			c = *text->data++;
			text->len--;
		}
		if (!http_is_token_char(c))
			return false;
		value_add_digit(out, c);
	}
}

static bool
take_value(struct str *text, struct value *out)
{
	struct str token;

	*out = (struct value){ .is_given = take_char(text, '=') };
	if (!out->is_given)
		return true;
	if (take_char(text, '"'))
		return take_quoted(text, out);
	if (!offer_take_token(text, &token))
		return false;
	for (size_t i = 0; i < token.len; i++)
		value_add_digit(out, token.data[i]);
	return true;
}

/* --- the parameters: an error here makes one offer invalid ---------------- */

static enum parameter
parameter_find(struct str name)
{
	enum parameter i = 0;

	while (i < PARAMETERS && !str_equal(name, str_from(parameters[i].name)))
		i++;
	return i;
}

static bool
offer_add_parameter(struct offer *offer, struct str name,
    const struct value *value)
{
	enum parameter parameter = parameter_find(name);

	if (parameter == PARAMETERS || offer->seen[parameter])
		return false;
	offer->seen[parameter] = true;
	if (!value->is_given)
		return parameters[parameter].may_lack_value;
	if (!parameters[parameter].may_have_value ||
	    value->number < LEAST_BITS || value->number > MOST_BITS)
		return false;
	if (parameter == SERVER_MAX_WINDOW_BITS)
		offer->server_bits = value->number;
	return true;
}

/* Reads one extension. Of others than permessage-deflate only the grammar. */
static bool
take_offer(struct str *text, struct offer *out)
{
	struct value value;
	struct str name;

	*out = (struct offer){ .server_bits = MOST_BITS };
	if (!offer_take_token(text, &name))
		return false;
	out->is_good = str_equal(name, STR("permessage-deflate"));
	while (take_char(text, ';')) {
		if (!offer_take_token(text, &name) || !take_value(text, &value))
			return false;
		if (out->is_good)
			out->is_good = offer_add_parameter(out, name, &value);
	}
	return true;
}

/*
 * §7.1.1: a server may require no context takeover in any case. §7.1.2.2:
 * without client_max_window_bits the client may use the largest window.
 */
static void
offer_accept(const struct offer *offer, struct ws_deflate *out)
{
	int len = snprintf(out->response, sizeof(out->response),
	    "permessage-deflate; server_no_context_takeover; "
	    "client_no_context_takeover");

	if (offer->seen[SERVER_MAX_WINDOW_BITS])
		snprintf(out->response + len,
		    sizeof(out->response) - (size_t)len,
		    "; server_max_window_bits=%d", offer->server_bits);
	out->server_window_bits = offer->server_bits;
	out->on = true;
}

bool
ws_deflate_negotiate(struct str offers, const struct ws_deflate_policy *policy,
    struct ws_deflate *out)
{
	struct offer offer;

	assert(policy->least_window_bits > LEAST_BITS &&
	       policy->least_window_bits <= MOST_BITS);
	*out = (struct ws_deflate){ .on = false };
	for (;;) {
		/* A list may have empty elements: RFC 9110 §5.6.1.2. */
		while (take_char(&offers, ','))
			continue;
		if (offers.len == 0)
			return true;
		if (!take_offer(&offers, &offer))
			break;
		if (offer.is_good && !out->on &&
		    offer.server_bits >= policy->least_window_bits)
			offer_accept(&offer, out);
		offer_skip_blanks(&offers);
		if (offers.len > 0 && offers.data[0] != ',')
			break;
	}
	out->on = false;
	return false;
}
