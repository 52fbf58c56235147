#include "transport/http/path.h"

#include "tests/suite.h"
#include "wire/dialect.h"

static const struct dialect narrow = { .name = "narrow" };
static const struct dialect wide = { .name = "wide", .every_path = true };

static const struct {
	const struct dialect *listener;
	const char *path;
	const char *dialect; /* NULL: none */
} paths[] = {
	{ &narrow, "/ws", "narrow" },
	{ &narrow, "/ws/command", "command" },
	{ &narrow, "/ws/action", "action" },
	{ &wide, "/ws/topic", "topic" },
	{ &narrow, "/ws/", NULL },
	{ &narrow, "/ws/narrow", NULL }, /* not among dialects() */
	{ &narrow, "/ws/command/", NULL },
	{ &narrow, "/ws/Command", NULL },
	{ &narrow, "/wss", NULL },
	{ &narrow, "/w", NULL },
	{ &narrow, "/", NULL },
	{ &narrow, "", NULL },
	{ &wide, "/ws", "wide" },
	{ &wide, "/ws/command", "command" },
	{ &wide, "/ws/anything", "wide" },
	{ &wide, "/", "wide" },
	{ &wide, "/livez", "wide" },
	{ &wide, "*", "wide" },
	{ NULL, "/ws", NULL },
	{ NULL, "/", NULL },
	{ NULL, "/ws/command", "command" },
};

START_TEST(a_path_selects_the_dialect)
{
	const struct dialect *found =
	    path_dialect(paths[_i].listener, str_from(paths[_i].path));

	if (paths[_i].dialect == NULL)
		ck_assert_ptr_null(found);
	else {
		ck_assert_ptr_nonnull(found);
		ck_assert_str_eq(found->name, paths[_i].dialect);
	}
}
END_TEST

SUITE(path)
{
	tcase_add_loop_test(tests, a_path_selects_the_dialect, 0,
	    COUNT_OF(paths));
}
