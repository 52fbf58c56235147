#include <stdio.h>
#include <string.h>

#include "auth/auth_method.h"
#include "auth/rights.h"
#include "tests/suite.h"
#include "transport/http/http_conn.h"

static int64_t
proxy_zero_ms(struct clock *clock)
{
	(void)clock;
	return 0;
}

static const struct clock_ops clock_ops = { proxy_zero_ms, proxy_zero_ms };
static struct clock still_clock = { &clock_ops };
static struct auth_context context;
static struct admission admission; /* asks nothing */
static struct auth_method *method;
static struct loop loop;
static struct conn conn = { .loop = &loop };
static struct http_exchange exchange;

static struct {
	char user[300];
	char name[300];
	unsigned rights;
	int status; /* 200: accepted; 0: not decided */
	const char *why;
} decision;

static void
candidate_accept(struct candidate *candidate, const struct principal *principal)
{
	(void)candidate;
	decision.status = 200;
	decision.rights = principal->rights;
	snprintf(decision.user, sizeof(decision.user), "%.*s",
	    (int)principal->user_id.len, principal->user_id.data);
	snprintf(decision.name, sizeof(decision.name), "%.*s",
	    (int)principal->name.len, principal->name.data);
	ck_assert_uint_eq(principal->member_id.len, PRINCIPAL_MEMBER_ID_LEN);
}

static void
candidate_refuse(struct candidate *candidate, int status, const char *why)
{
	(void)candidate;
	decision.status = status;
	decision.why = why;
}

static const struct candidate_ops candidate_ops = {
	.accept = candidate_accept,
	.refuse = candidate_refuse,
};

static void
setup(struct str rights_header)
{
	struct authenticator_config config = {
		.kind = AUTH_PROXY,
		.proxy_user_header = STR("X-Forwarded-User"),
		.proxy_name_header = STR("X-Name"),
		.proxy_rights_header = rights_header,
	};
	char why[64];

	context.clock = &still_clock;
	context.admission = &admission;
	method = auth_proxy_ops.create(&config, &context, why, sizeof(why));
	ck_assert_ptr_nonnull(method);
	memset(&exchange, 0, sizeof(exchange));
	exchange.conn = &conn;
	exchange.is_forwarded = true;
}

static void
proxy_admit(const char *headers)
{
	struct candidate candidate = { &candidate_ops, &exchange, NULL };
	struct http_limits limits = { 4096, 64 };
	struct http_request request;
	char text[2048];

	memset(&decision, 0, sizeof(decision));
	snprintf(text, sizeof(text), "GET /ws HTTP/1.1\r\nHost: h\r\n%s\r\n",
	    headers);
	ck_assert_int_eq(http_parse(text, strlen(text), &limits, &request), 0);
	auth_proxy_ops.admit(method, &candidate, &request);
}

START_TEST(the_proxy_names_the_user)
{
	setup(STR_ABSENT);
	proxy_admit("x-forwarded-user: u1\r\nX-Name: Zoë\r\n");
	ck_assert_int_eq(decision.status, 200);
	ck_assert_str_eq(decision.user, "u1");
	ck_assert_str_eq(decision.name, "Zoë");
	ck_assert_uint_eq(decision.rights, RIGHTS_USUAL);
	proxy_admit("X-Forwarded-User: u1\r\nX-Name:\r\n");
	ck_assert_str_eq(decision.name, "u1");
	auth_proxy_ops.destroy(method);
}
END_TEST

#define POST (RIGHT_CONNECT | RIGHT_POST | RIGHT_DM)

static const struct {
	const char *words;
	int status;
	unsigned rights;
} rights[] = {
	{ "", 403, 0 },
	{ "unknown", 403, 0 },
	{ "connect", 200, RIGHT_CONNECT },
	{ "post", 200, POST },
	{ "post, unknown ,rename", 200, POST | RIGHT_RENAME },
	{ "rename\r\nX-Rights: post", 200, POST | RIGHT_RENAME },
};

START_TEST(the_proxy_gives_rights)
{
	char headers[128];

	setup(STR("X-Rights"));
	snprintf(headers, sizeof(headers),
	    "X-Forwarded-User: u1\r\nX-Rights: %s\r\n", rights[_i].words);
	proxy_admit(headers);
	ck_assert_int_eq(decision.status, rights[_i].status);
	ck_assert_uint_eq(decision.rights, rights[_i].rights);
	proxy_admit("X-Forwarded-User: u1\r\n");
	ck_assert_int_eq(decision.status, 403);
	proxy_admit("X-Forwarded-User: u1\r\nX-Rights: moderator\r\n");
	ck_assert_uint_eq(decision.rights,
	    user_role_rights(USER_ROLE_MODERATOR));
	auth_proxy_ops.destroy(method);
}
END_TEST

static const struct {
	const char *headers;
	const char *why;
} refused[] = {
	{ "", "User header missing\n" },
	{ "X-Forwarded-User:\r\n", "User header missing\n" },
	{ "X-Forwarded-User: a\r\nX-Forwarded-User: b\r\n",
	    "User header malformed\n" },
	{ "X-Forwarded-User: \xff\r\n", "User header malformed\n" },
	{ "X-Forwarded-User: a\r\nX-Name: b\r\nX-Name: c\r\n",
	    "Name header malformed\n" },
};

START_TEST(refuses_what_names_no_user)
{
	setup(STR_ABSENT);
	proxy_admit(refused[_i].headers);
	ck_assert_int_eq(decision.status, 401);
	ck_assert_str_eq(decision.why, refused[_i].why);
	auth_proxy_ops.destroy(method);
}
END_TEST

START_TEST(believes_trusted_proxies_alone)
{
	setup(STR_ABSENT);
	exchange.is_forwarded = false;
	proxy_admit("X-Forwarded-User: u1\r\n");
	ck_assert_int_eq(decision.status, 403);
	auth_proxy_ops.destroy(method);
}
END_TEST

SUITE(proxy_method)
{
	tcase_add_test(tests, the_proxy_names_the_user);
	tcase_add_loop_test(tests, the_proxy_gives_rights, 0, COUNT_OF(rights));
	tcase_add_loop_test(tests, refuses_what_names_no_user, 0,
	    COUNT_OF(refused));
	tcase_add_test(tests, believes_trusted_proxies_alone);
}
