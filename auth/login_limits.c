#include "auth/login_limits.h"

#include <assert.h>
#include <string.h>

#include "domain/member.h"
#include "wire/common/siphash.h"

#define MINUTE_MS 60000

void
login_limits_init(struct login_limits *limits, const uint64_t seed[2])
{
	memset(limits, 0, sizeof(*limits));
	memcpy(limits->seed, seed, sizeof(limits->seed));
}

static uint64_t
key_of(const struct login_limits *limits, struct str text)
{
	uint64_t key = siphash(limits->seed, text);

	return key == 0 ? 1 : key;
}

uint64_t
login_limits_address_key(const struct login_limits *limits, uint64_t address)
{
	return key_of(limits,
	    str_slice((const char *)&address, sizeof(address)));
}

/* Names that mean one user have one key. */
uint64_t
login_limits_user_key(const struct login_limits *limits, struct str name)
{
	char text[1 + MEMBER_SKELETON_SIZE] = "u";
	size_t len = member_name_skeleton(name, text + 1);

	return key_of(limits, len == 0 ? name : str_slice(text, 1 + len));
}

static void
limit_forget(const struct login_limits *limits, struct login_limit *limit,
    int64_t now_ms)
{
	uint32_t elapsed_ms = (uint32_t)now_ms - limit->stamp_ms;

	limit->stamp_ms = (uint32_t)now_ms;
	limit->used -=
	    (float)elapsed_ms * (float)limits->per_minute / MINUTE_MS;
	if (limit->used < 0)
		limit->used = 0;
}

/* The place of a key; NULL: it has none. */
static struct login_limit *
limit_find(struct login_limits *limits, uint64_t key)
{
	struct login_limit *set = limits->table[key % LOGIN_LIMITS_SETS];

	assert(key != 0);
	for (int i = 0; i < LOGIN_LIMITS_WAYS; i++)
		if (set[i].key == key)
			return &set[i];
	return NULL;
}

/* The one of its set that has used least. */
static struct login_limit *
limit_replace(struct login_limits *limits, uint64_t key, int64_t now_ms)
{
	struct login_limit *set = limits->table[key % LOGIN_LIMITS_SETS];
	struct login_limit *least = &set[0];

	for (int i = 0; i < LOGIN_LIMITS_WAYS; i++) {
		if (set[i].key == 0) {
			least = &set[i];
			break;
		}
		limit_forget(limits, &set[i], now_ms);
		if (set[i].used < least->used)
			least = &set[i];
	}
	*least = (struct login_limit){ key, 0, (uint32_t)now_ms };
	return least;
}

static struct login_limit *
limit_need(struct login_limits *limits, uint64_t key, int64_t now_ms)
{
	struct login_limit *limit = limit_find(limits, key);

	if (limit == NULL)
		limit = limit_replace(limits, key, now_ms);
	limit_forget(limits, limit, now_ms);
	return limit;
}

int64_t
login_limits_take(struct login_limits *limits, uint64_t key, int64_t now_ms)
{
	float most = (float)limits->per_minute;
	struct login_limit *limit;

	if (limits->per_minute == 0)
		return 0;
	limit = limit_need(limits, key, now_ms);
	if (limit->used + 1 <= most) {
		limit->used++;
		return 0;
	}
	return (int64_t)((limit->used + 1 - most) * MINUTE_MS / most) + 1;
}

/* So that others are not refused for long after a flood at several nodes. */
void
login_limits_note(struct login_limits *limits, uint64_t key, int64_t now_ms)
{
	float most = (float)limits->per_minute;
	struct login_limit *limit;

	if (limits->per_minute == 0 || key == 0)
		return;
	limit = limit_need(limits, key, now_ms);
	limit->used = limit->used + 1 < most ? limit->used + 1 : most;
}

void
login_limits_give_back(struct login_limits *limits, uint64_t key,
    int64_t now_ms)
{
	struct login_limit *limit = limit_find(limits, key);

	if (limit == NULL)
		return;
	limit_forget(limits, limit, now_ms);
	limit->used = limit->used > 1 ? limit->used - 1 : 0;
}
