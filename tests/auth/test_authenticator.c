#include "auth/authenticator.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "auth/file_content.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

static char dir[64], key_path[96], users_path[96], why[512];

static int64_t
zero_ms(struct clock *clock)
{
	(void)clock;
	return 0;
}

static const struct clock_ops clock_ops = { zero_ms, zero_ms };
static struct clock still_clock = { &clock_ops };

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/parley-auth-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(key_path, sizeof(key_path), "%s/key", dir);
	snprintf(users_path, sizeof(users_path), "%s/users", dir);
	ck_assert(file_content_replace(key_path,
	    STR("0123456789abcdef0123456789abcdef\n")));
	ck_assert(file_content_replace(users_path,
	    STR("{\"parley_users\":1}\n")));
}

static void
teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static struct authenticator_config
config_of(enum auth_kind kind)
{
	return (struct authenticator_config){
		.kind = kind,
		.key_file = str_from(key_path),
		.users_file = str_from(users_path),
		.session_s = 60,
	};
}

START_TEST(changes_its_kind)
{
	struct authenticator_config config;
	struct authenticator *auth;

	setup();
	config = config_of((enum auth_kind)(_i / 3));
	auth = authenticator_create(&config, &still_clock, why, sizeof(why));
	ck_assert_msg(auth != NULL, "%s", why);
	config = config_of((enum auth_kind)(_i % 3));
	ck_assert(authenticator_configure(auth, &config, why, sizeof(why)));
	/* A wrong configuration changes nothing. */
	unlink(key_path);
	unlink(users_path);
	if (config.kind != AUTH_OPEN) {
		ck_assert(!authenticator_configure(auth, &config, why,
		    sizeof(why)));
		ck_assert_ptr_nonnull(strstr(why, "No such file"));
	}
	authenticator_destroy(auth);
	teardown();
}
END_TEST

START_TEST(a_wrong_file_of_revocations_changes_nothing)
{
	struct authenticator_config config;
	struct authenticator *auth;
	char path[96];

	setup();
	snprintf(path, sizeof(path), "%s/revoked", dir);
	config = config_of(AUTH_JWT);
	config.revoked_file = str_from(path);
	ck_assert_ptr_null(authenticator_create(&config, &still_clock, why,
	    sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "auth.revoked "));
	ck_assert_ptr_nonnull(strstr(why, "No such file"));
	ck_assert(file_content_replace(path, STR("jti one\n")));
	auth = authenticator_create(&config, &still_clock, why, sizeof(why));
	ck_assert_ptr_nonnull(auth);
	ck_assert(file_content_replace(path, STR("jti one\njti\n")));
	ck_assert(!authenticator_configure(auth, &config, why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "line 2: jti needs an id"));
	config.revoked_file = STR_ABSENT;
	ck_assert(authenticator_configure(auth, &config, why, sizeof(why)));
	authenticator_destroy(auth);
	teardown();
}
END_TEST

/* The n-th allocation fails. */
START_TEST(without_memory_there_is_a_reason)
{
	struct authenticator_config config;
	struct authenticator *auth;
	bool failed;

	if (!malloc_can_fail())
		return;
	setup();
	config = config_of((enum auth_kind)(_i % 3));
	/* OpenSSL does not begin without memory. */
	authenticator_destroy(authenticator_create(&config, &still_clock, why,
	    sizeof(why)));
	why[0] = '\0';
	malloc_fail_at((unsigned)_i / 3 + 1);
	auth = authenticator_create(&config, &still_clock, why, sizeof(why));
	failed = malloc_has_failed();
	malloc_fail_at(0);
	ck_assert(auth != NULL || (failed && why[0] != '\0'));
	authenticator_destroy(auth);
	teardown();
}
END_TEST

SUITE(authenticator)
{
	tcase_add_loop_test(tests, changes_its_kind, 0, 9);
	tcase_add_test(tests, a_wrong_file_of_revocations_changes_nothing);
	tcase_add_loop_test(tests, without_memory_there_is_a_reason, 0, 90);
}
