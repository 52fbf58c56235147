#include "cluster/broker_url.h"

#include <assert.h>
#include <stdio.h>

#include "domain/base/count_of.h"
#include "domain/base/str_take.h"

#define REDIS_PORT 6379
#define SENTINEL_PORT 26379
#define DATABASE_MOST 9999

static bool
url_take_prefix(struct str *text, struct str prefix)
{
	if (text->len < prefix.len ||
	    memcmp(text->data, prefix.data, prefix.len) != 0)
		return false;
	*text = str_slice(text->data + prefix.len, text->len - prefix.len);
	return true;
}

static bool
decimal_parse(struct str digits, unsigned most, unsigned *out)
{
	*out = 0;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return false;
		*out = *out * 10 + (unsigned)(digits.data[i] - '0');
		if (*out > most)
			return false;
	}
	return digits.len > 0;
}

static bool
host_name_copy(struct str text, char *out, size_t size)
{
	if (text.len == 0 || text.len >= size)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] <= ' ' || text.data[i] > '~')
			return false;
	snprintf(out, size, "%.*s", (int)text.len, text.data);
	return true;
}

/* Takes what precedes a character off the front; the rest follows it. */
static bool
part_split(struct str text, char at, struct str *before, struct str *after)
{
	const char *found = memchr(text.data, at, text.len);

	if (found == NULL)
		return false;
	*before = str_slice(text.data, (size_t)(found - text.data));
	*after = str_slice(found + 1, text.len - before->len - 1);
	return true;
}

/* "host", "host:6379", "[::1]:6379" */
static bool
host_append(struct broker_target *target, struct str text, unsigned port,
    const char **why)
{
	struct broker_host *host = &target->hosts[target->host_count];
	struct str name = text, rest = STR("");

	if (target->host_count == BROKER_HOSTS_MAX) {
		*why = "more than 8 sentinels";
		return false;
	}
	if (url_take_prefix(&text, STR("["))) {
		if (!part_split(text, ']', &name, &rest))
			name = STR("");
		else if (rest.len > 0 && !url_take_prefix(&rest, STR(":")))
			rest = STR("x");
	} else if (part_split(text, ':', &name, &rest) && rest.len == 0)
		rest = STR("x");
	*why = "expected HOST or HOST:PORT";
	if (!host_name_copy(name, host->name, sizeof(host->name)) ||
	    strpbrk(host->name, "/?#@[]") != NULL ||
	    (rest.len > 0 &&
		(!decimal_parse(rest, UINT16_MAX, &port) || port == 0)))
		return false;
	host->port = (uint16_t)port;
	target->host_count++;
	return true;
}

static bool
sentinel_append(struct broker_target *target, struct str text, const char **why)
{
	struct str host = text, primary;

	if (part_split(text, '/', &host, &primary) &&
	    !host_name_copy(primary, target->primary,
		sizeof(target->primary))) {
		*why = "expected the name of the primary behind the sentinels";
		return false;
	}
	return host_append(target, host, SENTINEL_PORT, why);
}

static bool
tcp_parse(struct broker_target *target, struct str text, const char **why)
{
	struct str host = text, database;

	if (part_split(text, '/', &host, &database) && database.len > 0 &&
	    !decimal_parse(database, DATABASE_MOST, &target->database)) {
		*why = "expected the number of a database behind the host";
		return false;
	}
	return host_append(target, host, REDIS_PORT, why);
}

static bool
unix_parse(struct broker_target *target, struct str text, const char **why)
{
	*why = "expected unix:/PATH";
	return text.len > 0 && text.data[0] == '/' &&
	       host_name_copy(text, target->hosts[target->host_count++].name,
		   BROKER_HOST_SIZE);
}

static const struct {
	struct str prefix;
	bool has_tls;
	enum broker_kind kind;
	bool (*parse)(struct broker_target *, struct str, const char **);
} schemes[] = {
	{ STR("redis://"), false, BROKER_TCP, tcp_parse },
	{ STR("rediss://"), true, BROKER_TCP, tcp_parse },
	{ STR("unix:"), false, BROKER_UNIX, unix_parse },
	{ STR("redis+sentinel://"), false, BROKER_SENTINEL, sentinel_append },
	{ STR("rediss+sentinel://"), true, BROKER_SENTINEL, sentinel_append },
};

static bool
target_parse(struct broker_target *target, struct str text, const char **why)
{
	size_t i = 0;

	memset(target, 0, sizeof(*target));
	if (memchr(text.data, '@', text.len) != NULL) {
		*why = "a URL has no password here: use broker.user and "
		       "broker.password_file";
		return false;
	}
	while (i < COUNT_OF(schemes) &&
	       !url_take_prefix(&text, schemes[i].prefix))
		i++;
	if (i == COUNT_OF(schemes)) {
		*why = "expected redis://HOST:PORT, unix:/PATH or "
		       "redis+sentinel://HOST:PORT/PRIMARY";
		return false;
	}
	if (schemes[i].has_tls && !BROKER_HAS_TLS) {
		*why = "this build has no TLS to Redis (hiredis before 1.0)";
		return false;
	}
	target->kind = schemes[i].kind;
	target->has_tls = schemes[i].has_tls;
	return schemes[i].parse(target, text, why);
}

/* Sentinels come before the name of their primary. */
static bool
target_is_complete(const struct broker_target *target)
{
	return target->kind != BROKER_SENTINEL || target->primary[0] != '\0';
}

bool
broker_targets_parse(struct broker_targets *out, struct str text,
    const char **why)
{
	struct broker_target *last = NULL;
	struct str item;

	memset(out, 0, sizeof(*out));
	while ((item = str_take(&text, STR(", \t"))).len > 0) {
		if (last != NULL && !target_is_complete(last)) {
			if (!sentinel_append(last, item, why))
				return false;
			continue;
		}
		if (out->count == BROKER_SHARDS_MAX) {
			*why = "more than 16 URLs";
			return false;
		}
		last = &out->at[out->count++];
		if (!target_parse(last, item, why))
			return false;
	}
	*why = out->count == 0 ? "expected a URL"
			       : "expected the name of the primary behind the "
				 "sentinels";
	return last != NULL && target_is_complete(last);
}

bool
broker_targets_have_tls(const struct broker_targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		if (targets->at[i].has_tls)
			return true;
	return false;
}

/*
 * FNV-1a, and the highest product of tag and shard wins (rendezvous), so that
 * one more shard moves only its part.
 */
size_t
broker_shard_of(size_t shards, struct str tag)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325), highest = 0;
	size_t shard = 0;

	assert(shards > 0);
	for (size_t i = 0; i < tag.len; i++)
		hash = (hash ^ (unsigned char)tag.data[i]) *
		       UINT64_C(0x100000001b3);
	for (size_t i = 0; i < shards && shards > 1; i++) {
		uint64_t weight =
		    (hash ^ (i + 1)) * UINT64_C(0x9e3779b97f4a7c15);

		weight =
		    (weight ^ (weight >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
		weight ^= weight >> 32;
		if (weight >= highest) {
			highest = weight;
			shard = i;
		}
	}
	return shard;
}
