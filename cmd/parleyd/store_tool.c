#include "cmd/parleyd/store_tool.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "cmd/parleyd/store_print.h"
#include "cmd/parleyd/store_stats.h"
#include "domain/count_of.h"

static const char usage[] =
    "parleyd store: look into a file store while no server has it open\n"
    "\n"
    "Usage: parleyd store check DIR\n"
    "       parleyd store stats DIR\n"
    "       parleyd store dump [--room ROOM] DIR\n"
    "       parleyd store repair DIR\n"
    "\n"
    "  check    read everything; say what is unfinished, damaged or lost\n"
    "  stats    how much there is, in which rooms\n"
    "  dump     every record, one JSON object in a line\n"
    "  repair   copy DIR to DIR.before-repair-1 (or -2, ...), then mend it as\n"
    "           the start of a server would\n"
    "\n"
    "Only repair writes. Exit status: 0 the store is whole, 1 its end is\n"
    "unfinished (as after a crash: nothing is lost), 2 it is damaged, 3 it\n"
    "cannot be read, 4 a server has it open, 74 not all could be printed. Of\n"
    "repair, 0: it is whole now.\n";

struct request {
	const char *word;
	const char *dir;
	const char *room; /* dump: of this one only; NULL: of all */
	FILE *out;
};

static void
print_finding(const struct recovery_finding *finding, void *arg)
{
	const struct request *request = arg;

	store_print_finding(request->out, finding);
}

static void
complain(const struct request *request, const char *what)
{
	fprintf(stderr, "parleyd: store %s: %s: %s\n", request->word,
	    request->dir, what);
}

/* Not made if it is not there. NULL: that was said. */
static struct disk *
open_disk(const struct request *request)
{
	struct stat status;

	if (stat(request->dir, &status) != 0) {
		complain(request, strerror(errno));
		return NULL;
	}
	if (!S_ISDIR(status.st_mode)) {
		complain(request, strerror(ENOTDIR));
		return NULL;
	}
	return system_disk_open(request->dir);
}

static int
conclude(const struct request *request, enum inspect_end end,
    const struct inspection *inspection)
{
	if (end == INSPECT_UNREADABLE || end == INSPECT_IN_USE)
		complain(request, inspection->why);
	return (int)end;
}

/* --- check, stats, dump --------------------------------------------------- */

static int
look(const struct request *request, const struct inspector *inspector,
    struct inspection *inspection)
{
	struct disk *disk = open_disk(request);
	enum inspect_end end;

	if (disk == NULL)
		return INSPECT_UNREADABLE;
	end = inspect_look(disk, inspector, inspection);
	disk_destroy(disk);
	return conclude(request, end, inspection);
}

static int
check(struct request *request)
{
	struct inspector inspector = { .found = print_finding, .arg = request };
	struct inspection inspection;
	int status = look(request, &inspector, &inspection);

	if (status <= INSPECT_DAMAGED)
		fprintf(request->out,
		    "%s: %" PRIu64 " records, next LSN %" PRIu64 ", %" PRIu64
		    " records lost\n",
		    status == INSPECT_WHOLE  ? "whole"
		    : status == INSPECT_TORN ? "torn tail"
					     : "damaged",
		    inspection.result.records, inspection.result.next_lsn,
		    inspection.result.lost_records);
	return status;
}

static int
stats(struct request *request)
{
	struct inspection inspection;
	struct store_stats counted;
	struct inspector inspector;
	int status;

	store_stats_init(&counted);
	inspector = store_stats_inspector(&counted);
	status = look(request, &inspector, &inspection);
	if (status <= INSPECT_DAMAGED) {
		store_print_figures(request->out, &inspection.result);
		store_stats_print(&counted, request->out);
	}
	store_stats_fini(&counted);
	return status;
}

static bool
is_wanted(const struct request *request, struct str room)
{
	return request->room == NULL ||
	       str_equal(room, str_from(request->room));
}

static void
dump_room(const struct room *room, uint64_t lsn, void *arg)
{
	const struct request *request = arg;

	if (is_wanted(request, str_from(room->id)))
		store_print_room(request->out, room, lsn);
}

static void
dump_room_gone(struct str room, uint64_t lsn, void *arg)
{
	const struct request *request = arg;

	if (is_wanted(request, room))
		store_print_room_gone(request->out, room, lsn);
}

static void
dump_message(struct str room, const struct message *message, uint64_t lsn,
    void *arg)
{
	const struct request *request = arg;

	if (is_wanted(request, room))
		store_print_message(request->out, room, message, lsn);
}

static void
dump_trim(struct str room, uint64_t seq, uint64_t lsn, void *arg)
{
	const struct request *request = arg;

	if (is_wanted(request, room))
		store_print_trim(request->out, room, seq, lsn);
}

static int
dump(struct request *request)
{
	struct inspector inspector = { .room = dump_room,
		.room_gone = dump_room_gone,
		.message = dump_message,
		.trim = dump_trim,
		.arg = request };
	struct inspection inspection;

	return look(request, &inspector, &inspection);
}

/* --- repair --------------------------------------------------------------- */

/* The first name that is free. */
static bool
find_copy(const struct request *request, char out[PATH_MAX])
{
	size_t len = strlen(request->dir);
	struct stat status;

	while (len > 1 && request->dir[len - 1] == '/')
		len--;
	for (unsigned n = 1;; n++) {
		int used = snprintf(out, PATH_MAX, "%.*s.before-repair-%u",
		    (int)len, request->dir, n);

		if (used >= PATH_MAX)
			return false;
		if (stat(out, &status) != 0)
			return errno == ENOENT;
	}
}

static bool
copy(const struct request *request, struct disk *disk)
{
	char path[PATH_MAX];
	struct disk *to;
	int error;

	if (!find_copy(request, path)) {
		complain(request, "there is no name for a copy");
		return false;
	}
	to = system_disk_open(path);
	if (to == NULL)
		return false;
	error = inspect_copy(disk, to);
	disk_destroy(to);
	if (error != 0)
		complain(request, strerror(error));
	else
		fprintf(request->out, "copied to %s\n", path);
	return error == 0;
}

static int
mend(struct request *request, struct disk *disk)
{
	struct inspector inspector = { .found = print_finding, .arg = request };
	struct inspection inspection;
	enum inspect_end end;

	end = inspect_look(disk, &(struct inspector){ 0 }, &inspection);
	if (end == INSPECT_UNREADABLE || end == INSPECT_IN_USE)
		return conclude(request, end, &inspection);
	if (!copy(request, disk))
		return INSPECT_UNREADABLE;
	end = inspect_mend(disk, &inspector, &inspection);
	if (end == INSPECT_UNREADABLE || end == INSPECT_IN_USE)
		return conclude(request, end, &inspection);
	fprintf(request->out,
	    "repaired: %" PRIu64 " records lost, %" PRIu64 " bytes cut\n",
	    inspection.result.lost_records, inspection.result.torn_bytes);
	return INSPECT_WHOLE;
}

static int
repair(struct request *request)
{
	struct disk *disk = open_disk(request);
	int status;

	if (disk == NULL)
		return INSPECT_UNREADABLE;
	status = mend(request, disk);
	disk_destroy(disk);
	return status;
}

/* --- what was asked for --------------------------------------------------- */

static const struct {
	const char *word;
	int (*run)(struct request *);
	bool takes_room;
} verbs[] = {
	{ "check", check, false },
	{ "stats", stats, false },
	{ "dump", dump, true },
	{ "repair", repair, false },
};

/* False: there is something in it that has no place there. */
static bool
read_arguments(struct request *request, int argc, char *const *argv,
    bool takes_room)
{
	for (int i = 1; i < argc; i++) {
		if (takes_room && strcmp(argv[i], "--room") == 0 &&
		    i + 1 < argc)
			request->room = argv[++i];
		else if (argv[i][0] == '-' || request->dir != NULL)
			return false;
		else
			request->dir = argv[i];
	}
	return request->dir != NULL;
}

/* A dump that ends early is not to be taken for a whole one. */
static int
finish(const struct request *request, int status)
{
	if (fflush(request->out) == 0 && !ferror(request->out))
		return status;
	fprintf(stderr, "parleyd: store %s: not all could be printed\n",
	    request->word);
	return EX_IOERR;
}

static bool
asks_for_help(int argc, char *const *argv)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

int
store_tool_run(int argc, char *const *argv, FILE *out)
{
	struct request request = { .out = out };

	if (asks_for_help(argc, argv)) {
		fputs(usage, out);
		return 0;
	}
	for (size_t i = 0; argc > 0 && i < COUNT_OF(verbs); i++) {
		request.word = verbs[i].word;
		if (strcmp(argv[0], verbs[i].word) == 0 &&
		    read_arguments(&request, argc, argv, verbs[i].takes_room))
			return finish(&request, verbs[i].run(&request));
	}
	fputs("parleyd: store check|stats|dump|repair DIR; see parleyd store "
	      "--help\n",
	    stderr);
	return EX_USAGE;
}
